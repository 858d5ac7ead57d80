package scimtest

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
)

const interopDraft = "draft-zollner-scim-interop-profile of 2026-11-02"

// interopRules are what the interoperability profile adds to the RFCs.
var interopRules = []Rule{
	{ID: "P01", Level: Must, Source: interopDraft,
		Sentence: "ServiceProviderConfig claims conformance to the profile.",
		Failure:  "Clients do not rely on the profile, even if the service conforms.",
		check: func(p *probe) {
			p.get("/ServiceProviderConfig").must(200).is("/interopProfileConformant", true)
		}},
	{ID: "P02", Level: Must, Source: interopDraft,
		Sentence: "The id of a resource type equals its name.",
		Failure:  "Clients that look up a resource type by its name do not find it.",
		check: func(p *probe) {
			if t := p.groupType(); t["id"] != t["name"] {
				p.wrong("the id is %s and the name %s", text(t["id"]), text(t["name"]))
			}
		}},
	{ID: "P03", Level: Must, Source: interopDraft,
		Sentence: "The schema has canonicalValues for the type of members, and only those are returned.",
		Failure:  "Clients do not know which kinds of members there are.",
		check: func(p *probe) {
			r := p.get("/Schemas/" + coreSchema).must(200)
			var canonical []any
			for _, a := range r.list("/attributes") {
				if name, _ := at(a, "/name"); name == "members" {
					list, _ := at(a, "/subAttributes")
					sub, _ := list.([]any)
					i := slices.IndexFunc(sub, func(s any) bool { name, _ := at(s, "/name"); return name == "type" })
					if i < 0 {
						return
					}
					values, _ := at(sub[i], "/canonicalValues")
					canonical, _ = values.([]any)
				}
			}
			if len(canonical) == 0 {
				r.wrong("members.type has no canonicalValues")
				return
			}
			g := p.create(p.ids(1)...).read()
			if t := g.value("/members/0/type"); t != nil && !slices.Contains(canonical, t) {
				g.wrong("the type of a member is %s", text(t))
			}
		}},
	{ID: "P05", Level: Must, Source: interopDraft,
		Sentence: "Filters and conflicts treat the letter case of names alike.",
		Failure:  "Clients find no group, and cannot create it either.",
		check: func(p *probe) {
			p.needs("filter")
			g := p.create()
			other := strings.ToUpper(g.name)
			found := len(p.find("displayName eq "+quote(other)).must(200).found()) > 0
			if r := p.post("/Groups", p.group(other)); found && r.status != 409 || !found && !r.ok() {
				r.wrong("a filter %s the group by the other letter case, and a second one is %d", map[bool]string{true: "finds",
					false: "does not find"}[found], r.status)
			}
		}},
	{ID: "P06", Level: Must, Source: interopDraft,
		Sentence: "A POST with an undefined attribute, or sub-attribute of a member, returns 400 and invalidSyntax.",
		Failure:  "A client with a wrong mapping does not learn that an attribute was dropped.",
		check: func(p *probe) {
			m := p.ids(1)
			p.post("/Groups", with(p.group(p.name()), "scimtestNothing", "x")).refused(400, "invalidSyntax")
			p.post("/Groups", with(p.group(p.name()), "members", undefinedIn(m[0]))).refused(400, "invalidSyntax")
		}},
	{ID: "P07", Level: Must, Source: interopDraft,
		Sentence: "A PATCH of an undefined attribute returns 400 and invalidSyntax or, by RFC 7644, invalidPath.",
		Failure:  "A client with a wrong mapping does not learn that an attribute was dropped.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.patchWorks()
			g.patch(op("add", "scimtestNothing", "x")).refused(400, "invalidSyntax", "invalidPath")
			g.patch(op("add", "members", undefinedIn(m[0]))).refused(400, "invalidSyntax", "invalidPath")
		}},
	{ID: "P08", Level: Must, Source: interopDraft,
		Sentence: "A POST or a PATCH with an undefined schema returns 400 and invalidSyntax.",
		Failure:  "A client with a wrong mapping does not learn that attributes were dropped.",
		check: func(p *probe) {
			schemas := []string{p.schema, "urn:scimtest:nothing"}
			p.post("/Groups", with(p.group(p.name()), "schemas", schemas)).refused(400, "invalidSyntax")
			r := p.patchWorks().patch(op("add", "schemas", schemas[1:]))
			r.refused(400, "invalidSyntax", "invalidValue", "mutability")
		}},
	{ID: "P09", Level: Must, Source: interopDraft,
		Sentence: "A filter with an undefined attribute returns 400 and invalidFilter.",
		Failure:  "A client with a wrong mapping finds nothing, and creates the group again.",
		check: func(p *probe) {
			p.needs("filter")
			p.find(`scimtestNothing eq "x"`).fault(400, "invalidFilter")
		}},
	{ID: "P11", Level: Must, Source: interopDraft,
		Sentence: "Filters support eq and and.",
		Failure:  "Clients cannot look up groups.",
		check: func(p *probe) {
			if !p.supports("filter", true) {
				p.wrong("ServiceProviderConfig says that filters are not supported")
			}
			g := p.createAs(with(p.group(p.name()), "externalId", p.stem()+"e"))
			p.find("displayName eq " + quote(g.name) + " and externalId eq " + quote(p.stem()+"e")).finds(g)
		}},
	{ID: "P13", Level: Must, Source: interopDraft,
		Sentence: "A count of 100 is honored.",
		Failure:  "Clients that count in pages of 100 skip groups.",
		check:    func(p *probe) { p.pageOf100() }},
	{ID: "P14", Level: Should, Source: interopDraft,
		Sentence: "Without count, a page has at least 100 groups if there are that many.",
		Failure:  "Clients need more requests than they expect.",
		check: func(p *probe) {
			p.pageOf100()
			if r := p.get("/Groups?attributes=displayName").must(200); len(r.found()) < 100 {
				r.wrong("the page has %d groups of %d", len(r.found()), r.total())
			}
		}},
	{ID: "P15", Level: Must, Source: interopDraft,
		Sentence: "A count above the maximum of the service is accepted.",
		Failure:  "Clients that ask for all groups get none.",
		check: func(p *probe) {
			p.create()
			p.get("/Groups?attributes=id&count=1000000").want(200)
		}},
	{ID: "P16", Level: Must, Source: interopDraft,
		Sentence: "A PATCH operation without a path returns 400 and invalidSyntax.",
		Failure:  "Accepting it harms nobody: Okta and Entra ID send such operations.",
		check: func(p *probe) {
			g := p.patchWorks()
			g.patch(op("replace", "", object{"displayName": p.name()})).refused(400, "invalidSyntax")
			g.patch(op("remove", "")).refused(400, "invalidSyntax", "noTarget") // the latter by RFC 7644
		}},
	{ID: "P17", Level: Must, Source: interopDraft,
		Sentence: "add and replace of a single value are equivalent.",
		Failure:  "Clients that use only one of them cannot set, or cannot change, the value.",
		check: func(p *probe) {
			g := p.patchWorks()
			for i, kind := range []string{"add", "add", "replace", "replace"} {
				id := fmt.Sprint(p.stem(), i)
				g.patch(op(kind, "externalId", id)).succeeds()
				g.is("/externalId", id)
				if i == 1 {
					g.patch(op("remove", "externalId")).succeeds()
				}
			}
		}},
	{ID: "P21", Level: Must, Source: interopDraft,
		Sentence: "A group without members is kept.",
		Failure:  "Clients that empty a group and fill it again lose it.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.patchWorks(m...)
			g.patch(op("remove", member(m[0]))).succeeds()
			g.get().want(200)
			g.has()
		}},
	{ID: "P23", Level: Must, Source: interopDraft,
		Sentence: "HTTP Basic is not offered.",
		Failure:  "Clients hold passwords that do not expire.",
		check: func(p *probe) {
			if p.hasType("httpbasic") {
				p.wrong("ServiceProviderConfig has HTTP Basic")
			}
		}},
	{ID: "P24", Level: Must, Source: interopDraft + ", RFC 7644 §7.2",
		Sentence: "The service is reached over TLS 1.2 or newer, and refuses older versions.",
		Failure:  "Tokens and members can be read in transit.",
		check: func(p *probe) {
			if p.target.Handler != nil {
				p.skip("a Handler is checked without TLS")
			}
			u, err := url.Parse(p.base)
			if err != nil {
				p.block("the URL cannot be read: %v", err)
			}
			if u.Scheme != "https" {
				if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || ip.IsLoopback() {
					p.skip("the service is checked from its own machine, without TLS")
				}
				p.wrong("the URL is %s", p.base)
				return
			}
			address := u.Host
			if u.Port() == "" {
				address += ":443"
			}
			old := &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, InsecureSkipVerify: true}
			if c, err := (&tls.Dialer{Config: old}).DialContext(p.ctx, "tcp", address); err == nil {
				c.Close()
				p.wrong("TLS 1.1 or older is accepted")
			}
		}},
}

// undefinedIn is a list of one member with a sub-attribute that no schema has.
func undefinedIn(value string) []object {
	return []object{{"value": value, "scimtestNothing": "x"}}
}

const ipsieDraft = "IPSIE Account Lifecycle SCIM 2.0 Profile, draft 00 of September 2026"

// ipsieRules are what the profile of IPSIE adds for services with groups.
var ipsieRules = []Rule{
	{ID: "Q01", Level: Must, Source: ipsieDraft,
		Sentence: "Clients authenticate with OAuth 2.0.",
		Failure:  "Identity services cannot obtain a token.",
		check: func(p *probe) {
			if !p.hasType("oauth2", "oauthbearertoken") {
				p.wrong("ServiceProviderConfig has no authentication scheme oauth2 or oauthbearertoken")
			}
		}},
	{ID: "Q03", Level: Must, Source: ipsieDraft,
		Sentence: "25 requests in a second are served.",
		Failure:  "Identity services are throttled, and fall behind.",
		check: func(p *probe) {
			const burst = 25
			if err := sleep(p.ctx, p.book(burst)); err != nil {
				panic(interrupted{err})
			}
			url := p.base + "/Groups?count=1"
			var wait sync.WaitGroup
			replies, errs := make([]*reply, burst), make([]error, burst)
			for i := range burst {
				wait.Go(func() { replies[i], errs[i] = p.once(p.ctx, "GET", url, "", nil) })
			}
			wait.Wait()
			for i, r := range replies {
				switch {
				case p.ctx.Err() != nil:
					panic(interrupted{p.ctx.Err()})
				case errs[i] != nil:
					p.wrong("of 25 requests at once, one has no response: %v", errs[i])
					return
				case r.status != 200:
					newResponse(p, r, r.show("GET", url, "", nil)).wrong("25 requests at once are too many")
					return
				}
			}
		}},
	{ID: "Q04", Level: Must, Source: ipsieDraft,
		Sentence: "429 has Retry-After.",
		Failure:  "Clients repeat the request at once, and are throttled again.",
		check: func(p *probe) {
			if p.throttledOnes() == nil {
				p.skip("no request of the run was too much")
			}
			for _, e := range p.throttledOnes() {
				if e.Status == 429 && len(e.Headers) == 0 {
					p.findings = append(p.findings, Finding{"there is no Retry-After", e})
					p.outcome = Failed
					return
				}
			}
		}},
	{ID: "Q05", Level: Must, Source: ipsieDraft,
		Sentence: "Bulk requests are supported.",
		Failure:  "Identity services cannot fill the service in reasonable time.",
		check: func(p *probe) {
			if !p.supports("bulk", false) {
				p.wrong("ServiceProviderConfig says that bulk requests are not supported")
			}
		}},
	{ID: "Q06", Level: Must, Source: ipsieDraft,
		Sentence: "A PATCH can change several attributes.",
		Failure:  "Changes that belong together are made one by one, or not at all.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.patchWorks()
			name := p.name()
			g.patch(op("replace", "displayName", name), op("add", "externalId", p.stem()+"e"), op("add", "members",
				elements(m...))).succeeds()
			g.is("/displayName", name)
			g.is("/externalId", p.stem()+"e")
			g.has(m...)
		}},
	{ID: "Q07", Level: Must, Source: ipsieDraft,
		Sentence: "A PATCH can have 50 operations that add or remove members.",
		Failure:  "Changes of members are lost.",
		check: func(p *probe) {
			m := p.ids(50)
			g := p.patchWorks()
			var adds, removes []object
			for _, id := range m {
				adds = append(adds, op("add", "members", elements(id)))
				removes = append(removes, op("remove", member(id)))
			}
			g.patch(adds...).succeeds()
			g.has(m...)
			g.patch(removes...).succeeds()
			g.has()
		}},
	{ID: "Q08", Level: Must, Source: ipsieDraft,
		Sentence: "A group can be created without members.",
		Failure:  "Identity services cannot create a group first and fill it later.",
		check:    func(p *probe) { p.post("/Groups", p.group(p.name())).must(201) }},
	{ID: "Q09", Level: Should, Source: ipsieDraft,
		Sentence: "Names of groups are unique.",
		Failure:  "Administrators map the wrong group to a role.",
		check: func(p *probe) {
			p.post("/Groups", p.group(p.create().name)).fault(409, "uniqueness")
		}},
	{ID: "Q10", Level: Must, Source: ipsieDraft,
		Sentence: "Filters support displayName, externalId and members[value eq …].",
		Failure:  "Identity services cannot find groups, or the groups of a user.",
		check: func(p *probe) {
			m := p.ids(2)
			g := p.createAs(with(p.group(p.name(), m[0]), "externalId", p.stem()+"e"))
			p.find("displayName eq " + quote(g.name)).finds(g)
			p.find("externalId eq " + quote(p.stem()+"e")).finds(g)
			p.find("members[value eq "+quote(m[0])+"]").includes(g, true)
			p.find("members[value eq "+quote(m[1])+"]").includes(g, false)
		}},
	{ID: "Q11", Level: Must, Source: ipsieDraft,
		Sentence: "Errors reveal nothing about the implementation.",
		Failure:  "Attackers learn what the service is built with.",
		check: func(p *probe) {
			g := p.create()
			for _, r := range []*response{
				p.get(groupPath(nobody)), p.get(groupPath("'\"; --")), p.post("/Groups", `{"schemas":`), p.post("/Groups", "\xff"),
				p.find("displayName eq"), p.find("displayName eq 1e999"), p.do("PATCH", g.path(), `{"Operations":[{"op":1}]}`),
			} {
				lower := strings.ToLower(string(r.body))
				for _, trace := range []string{"goroutine ", "panic:", "traceback", "stack trace", "stacktrace", "exception in",
					" at java.", ".java:", ".go:",
					".py\"", ".rb:", "sqlstate", "syntax error at or near", "nullpointer", "select * from", "ora-0"} {
					if strings.Contains(lower, trace) {
						r.wrong("the body has %q", trace)
					}
				}
			}
		}},
}

// throttledOnes returns the responses that said that a request was too much.
func (s *session) throttledOnes() []*Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.throttled)
}
