package scimtest

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// detailTypes are the values of scimType (RFC 7644 table 9, RFC 9865 table 3).
var detailTypes = []string{"invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath",
	"noTarget", "invalidValue", "invalidVers", "sensitive", "invalidCursor", "expiredCursor", "invalidCount"}

// nobody is the id of no group.
const nobody = "scimtest-no-such-group"

// formatRules are about all requests and responses: section A of the checklist.
var formatRules = []Rule{
	{ID: "A02", Level: Must, Source: "RFC 7644 §2",
		Sentence: "A request without credentials returns 401 with WWW-Authenticate.",
		Failure:  "Clients and administrators cannot tell that a token is missing or wrong, or which scheme is expected.",
		check: func(p *probe) {
			r := p.get("/Groups?count=1", p.anonymous()...)
			if r.ok() {
				p.skip("the service serves requests without credentials (N01)")
			}
			if r.want(401) && r.header.Get("WWW-Authenticate") == "" {
				r.wrong("there is no WWW-Authenticate")
			}
		}},
	{ID: "A07", Level: Must, Source: "RFC 7644 §3.8",
		Sentence: "Text in any script is preserved, and bodies are JSON in UTF-8.",
		Failure:  "Groups whose names are not ASCII are garbled and can no longer be found by name.",
		check: func(p *probe) {
			name := p.name() + " Größe 監視 🚀"
			r := p.createAs(p.group(name)).read()
			r.is("/displayName", name)
			_, charset, ok := strings.Cut(strings.ToLower(r.header.Get("Content-Type")), "charset=")
			if ok && strings.Trim(charset, `"`) != "utf-8" {
				r.wrong("the charset is %s", charset)
			}
		}},
	{ID: "A08", Level: Must, Source: "RFC 7644 §3.8",
		Sentence: "Accept: application/scim+json is supported.",
		Failure:  "Okta and authentik send this header and cannot read groups.",
		check: func(p *probe) {
			r := p.create().get("Accept", mediaType)
			if r.want(200) && r.object() == nil {
				r.wrong("the body is no JSON object")
			}
		}},
	{ID: "A09", Level: Should, Source: "RFC 7644 §3.8",
		Sentence: "Accept: application/json is supported.",
		Failure:  "Clients built on general HTTP libraries cannot read groups.",
		check: func(p *probe) {
			r := p.create().get("Accept", "application/json")
			if r.want(200) && r.object() == nil {
				r.wrong("the body is no JSON object")
			}
		}},
	{ID: "A10", Level: Stated, Source: "RFC 7644 §3.8",
		Sentence: "Without Accept, the media type is application/scim+json.",
		Failure:  "Clients that check the media type do not read the response.",
		check: func(p *probe) {
			p.create().get("Accept", "").isMedia()
		}},
	{ID: "A11", Level: Should, Source: "RFC 7644 §8.1",
		Sentence: "Created groups, lists and errors have the media type application/scim+json.",
		Failure:  "Clients that check the media type do not read the response; of an error they show only the status.",
		check: func(p *probe) {
			p.create().response.isMedia()
			p.get("/Groups?count=1").isMedia()
			p.get(groupPath(nobody)).isMedia()
		}},
	{ID: "A12", Level: Must, Source: "RFC 7644 §3.1",
		Sentence: "The response to a write shows the group as the service stores it.",
		Failure:  "Clients remember values that the service does not have, and correct them in each cycle, or never.",
		check: func(p *probe) {
			members := p.ids(2)
			g := p.createAs(with(p.group(p.name(), members...), "externalId", p.name()))
			p.agree(g.response, g.read())
			r := g.put(with(p.group(g.name, members[1]), "externalId", p.name()))
			if r.ok() {
				p.agree(r, g.read())
			}
		}},
	{ID: "A13", Level: Should, Source: "RFC 7644 §3.4.2",
		Sentence: "Unknown query parameters are ignored.",
		Failure:  "Entra ID may fail to connect: the flag of its tenant URL (aadOptscim062020) can reach the service.",
		check: func(p *probe) {
			g := p.create()
			p.get(g.path() + "?scimtest=1&aadOptscim062020").want(200)
			p.get("/Groups?count=1&scimtest=1&pageSize=10").want(200)
		}},
	{ID: "A16", Level: Must, Source: "RFC 7643 §2.3.8",
		Sentence: "Nothing depends on the order of attributes in a body.",
		Failure:  "Clients whose JSON library reorders names are refused.",
		check: func(p *probe) {
			name := p.name()
			p.post("/Groups", `{"displayName":`+quote(name)+`,"schemas":[`+quote(p.schema)+`]}`).succeeds()
			name = p.name()
			p.post("/Groups", `{"schemas":[`+quote(p.schema)+`],"displayName":`+quote(name)+`}`).succeeds()
			g := p.create()
			p.needs("patch")
			p.do("PATCH", g.path(),
				`{"Operations":[{"value":`+quote(g.name+"b")+`,"path":"displayName","op":"replace"}],"schemas":[`+
					quote(messages+"PatchOp")+`]}`).succeeds()
			g.is("/displayName", g.name+"b")
		}},
	{ID: "A17", Level: Stated, Source: "RFC 7643 §2.1, RFC 7644 §3.10",
		Sentence: "Attribute names are case-insensitive in bodies and paths.",
		Failure:  "Clients that write DisplayName or displayname are refused, or change nothing.",
		check: func(p *probe) {
			name := p.name()
			g := p.createAs(object{"schemas": []string{p.schema}, "DISPLAYNAME": name, "externalID": name})
			g.is("/displayName", name)
			g.is("/externalId", name)
			if g.patch(op("replace", "DisplayName", name+"b")).succeeds() != nil {
				g.is("/displayName", name+"b")
			}
		}},
	{ID: "A19", Level: Must, Source: "RFC 7643 §2.5",
		Sentence: "null, [] and an absent attribute are equivalent.",
		Failure:  "Clients that send null for what they do not know, as Entra ID and Okta do, are refused, or store null.",
		check: func(p *probe) {
			g := p.createAs(with(p.group(p.name()), "externalId", nil, "members", []any{}))
			g.read().lacks("/externalId", "/members")
		}},
	{ID: "A20", Level: Must, Source: "RFC 7644 §3.12, erratum 6893",
		Sentence: "Every error has a JSON body with the schema Error, whose status is a string and matches the response.",
		Failure:  "Clients cannot tell their administrators why a request failed.",
		check: func(p *probe) {
			seen := false
			for _, r := range []*response{
				p.get(groupPath(nobody)), p.post("/Groups", `{"schemas":`), p.find("displayName eq"), p.get("/ScimtestThings"),
			} {
				if r.status >= 400 { // other rules are about whether it is
					seen = true
					r.isError()
				}
			}
			if !seen {
				p.block("nothing is refused (D02, C07, E09)")
			}
		}},
	{ID: "A21", Level: Should, Source: "RFC 7644 §3.12, table 8",
		Sentence: "A malformed request returns a 4xx status, never 500.",
		Failure:  "Clients take a 500 for a temporary fault, and repeat the request for days.",
		check: func(p *probe) {
			g := p.create()
			type request struct{ method, path, body string }
			requests := []request{}
			for _, body := range []string{`null`, `[]`, `"x"`, `1`, `{}`, `{"schemas":"x"}`, `{"schemas":[1]}`, `{"schemas":{}}`,
				`{"schemas":[` + quote(p.schema) + `],"displayName":[]}`, `{"schemas":[` + quote(p.schema) + `],"displayName":{}}`,
				`{"schemas":[` + quote(p.schema) + `],"displayName":""}`, "\xff\xfe", `{"a":"\ud800"}`, strings.Repeat("[", 5000)} {
				requests = append(requests, request{"POST", "/Groups", body}, request{"PUT", g.path(), body}, request{"PATCH",
					g.path(), body})
			}
			for _, operation := range []string{`null`, `{}`, `{"op":1}`, `{"op":"add","path":1}`,
				`{"op":"add","path":"members","value":1}`,
				`{"op":"add","path":"members","value":[null]}`, `{"op":"add","path":"members","value":[{"value":{}}]}`,
				`{"op":"add","path":"members[","value":1}`, `{"op":"add","path":"","value":1}`, `{"op":"replace","value":null}`,
				`{"op":"remove","path":"members[value eq \"\"]"}`} {
				requests = append(requests, request{"PATCH", g.path(), `{"schemas":[` + quote(messages+"PatchOp") +
					`],"Operations":[` + operation + `]}`})
			}
			for _, query := range []string{"filter=%22", "filter=(((", "filter=displayName+eq+1e999", "filter=%ff",
				"filter=a.b.c+eq+1",
				"count=x", "count=99999999999999999999", "startIndex=-99999999999999999999", "sortBy=a[b]", "attributes=,,,",
				"cursor=%00"} {
				requests = append(requests, request{"GET", "/Groups?" + query, ""})
			}
			for _, q := range requests {
				var body any
				if q.body != "" {
					body = q.body
				}
				if r := p.do(q.method, q.path, body); r.status >= 500 && r.status != 501 {
					r.wrong("status %d", r.status)
				}
			}
		}},
	{ID: "A22", Level: Stated, Source: "RFC 7644 §3.12 table 9, RFC 9865 §2.1",
		Sentence: "scimType has one of the values that the standard defines.",
		Failure:  "Clients that act on scimType do not know what to do.",
		check: func(p *probe) {
			g := p.create()
			for _, r := range []*response{
				p.get(groupPath(nobody)), p.post("/Groups", `{"schemas":`), p.find("displayName eq"), p.find("displayName regex 1"),
				p.post("/Groups", object{"schemas": []string{p.schema}}), p.post("/Groups", p.group(g.name)), p.put404(),
			} {
				if t := r.value("/scimType"); r.status >= 400 && t != nil && !slices.Contains(detailTypes, r.str("/scimType")) {
					r.wrong("scimType is %s", text(t))
				}
			}
		}},
	{ID: "A25", Level: Must, Source: "RFC 7644 §1.2",
		Sentence: "URLs in responses are percent-encoded.",
		Failure:  "Clients that follow Location or meta.location get 400 or 404.",
		check: func(p *probe) {
			g := p.createAs(p.group(p.name() + " Größe/%41"))
			for name, link := range map[string]string{"Location": g.response.header.Get("Location"),
				"meta.location": g.read().str("/meta/location")} {
				_, err := url.Parse(link)
				if err != nil || strings.ContainsFunc(link, func(c rune) bool {
					return c <= ' ' || c > '~' ||
						strings.ContainsRune(`"<>\^{|}`, c)
				}) {
					g.response.wrong("%s is no URI: %q", name, link)
				}
			}
		}},
}

// anonymous returns headers that remove the credentials of requests, and skips the rule
// if the target needs none.
func (p *probe) anonymous() []string {
	if p.credential() == "" && len(p.target.Header) == 0 {
		p.skip("the run has no credentials")
	}
	headers := []string{"Authorization", ""}
	for name := range p.target.Header {
		headers = append(headers, name, "")
	}
	return headers
}

// put404 replaces a group that does not exist.
func (p *probe) put404() *response { return p.do("PUT", groupPath(nobody), p.group(p.name())) }

// isMedia notes whether the body is of another media type.
func (r *response) isMedia() {
	media, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(media), mediaType) {
		r.wrong("the media type is %q", r.header.Get("Content-Type"))
	}
}

// isError notes whether the body is not that of an error.
func (r *response) isError() bool {
	var body struct {
		Schemas []string
		Status  string
	}
	switch err := json.Unmarshal(r.reply.body, &body); {
	case r.object() == nil:
		r.wrong("the body is no JSON object")
	case err != nil:
		r.wrong("the body is no Error: %v", err)
	case !slices.Contains(body.Schemas, messages+"Error"):
		r.wrong("schemas does not have %sError", messages)
	case body.Status != either([]int{r.status}):
		r.wrong("status in the body is %q", body.Status)
	default:
		return true
	}
	return false
}

// agree notes whether the response to a write shows another group than is read.
func (p *probe) agree(write, read *response) {
	if write.object() == nil {
		return // C04 and G09 are about that
	}
	for _, pointer := range []string{"/id", "/displayName", "/externalId"} {
		write.is(pointer, read.value(pointer))
	}
	if got, want := memberValues(write.json), memberValues(read.json); !slices.Equal(got, want) {
		write.wrong("members are %q, and %q when they are read", got, want)
	}
}
