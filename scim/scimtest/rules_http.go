package scimtest

import "strings"

// httpRules are about HTTP itself: section M of the checklist.
var httpRules = []Rule{
	{ID: "M01", Level: Must, Source: "RFC 9110 §15.5.6",
		Sentence: "405 has Allow.",
		Failure:  "Clients cannot tell which methods are supported.",
		check: func(p *probe) {
			for _, r := range []*response{p.post("/ServiceProviderConfig", object{}), p.do("PUT", "/Groups", object{})} {
				if r.status == 405 && r.header.Get("Allow") == "" {
					r.wrong("there is no Allow")
				}
			}
		}},
	{ID: "M03", Level: Must, Source: "RFC 9110 §9.1 and §9.3.2",
		Sentence: "HEAD returns what GET returns, without a body.",
		Failure:  "Monitors take the service for dead.",
		check: func(p *probe) {
			g := p.create()
			get := g.read()
			r := p.do("HEAD", g.path(), nil)
			r.want(200)
			for _, name := range []string{"Content-Type", "ETag"} {
				if r.header.Get(name) != get.header.Get(name) {
					r.wrong("%s is %q, and %q with GET", name, r.header.Get(name), get.header.Get(name))
				}
			}
		}},
	{ID: "M04", Level: Must, Source: "RFC 9110 §13.1.2",
		Sentence: "PUT with the current version in If-None-Match returns 412.",
		Failure:  "Clients overwrite what they meant to keep.",
		check: func(p *probe) {
			g := p.putWorks()
			g.put(p.group(p.name()), "If-None-Match", g.etag()).fault(412)
			g.is("/displayName", g.name)
		}},
	{ID: "M06", Level: Must, Source: "RFC 9110 §13.2.1",
		Sentence: "A precondition has no effect on a request that fails anyway.",
		Failure:  "Clients take a deleted group for one that has changed.",
		check: func(p *probe) {
			p.needs("etag")
			p.do("DELETE", groupPath(nobody), nil, "If-Match", `W/"scimtest"`).fault(404)
		}},
	{ID: "M09", Level: Must, Source: "RFC 6750 §3 and §3.1",
		Sentence: "A Bearer challenge has a parameter, and no error if no credentials were sent.",
		Failure:  "OAuth clients cannot parse the challenge, or discard a valid token.",
		check: func(p *probe) {
			r := p.get("/Groups?count=1", p.anonymous()...)
			if r.status != 401 {
				p.skip("the service serves requests without credentials (N01)")
			}
			for _, challenge := range r.header.Values("WWW-Authenticate") {
				scheme, parameters, _ := strings.Cut(challenge, " ")
				switch {
				case !strings.EqualFold(scheme, "Bearer"):
				case !strings.Contains(parameters, "="):
					r.wrong("the challenge %q has no parameter", challenge)
				case strings.Contains(" "+strings.ReplaceAll(parameters, ",", " "), " error="):
					r.wrong("the challenge %q has an error", challenge)
				}
			}
		}},
	{ID: "M10", Level: Must, Source: "RFC 9967 §2.5.1.1",
		Sentence: "Prefer: respond-async is ignored, or returns 202 with Set-Txn.",
		Failure:  "Clients wait for an event that never comes.",
		check: func(p *probe) {
			r := p.post("/Groups", p.group(p.name()), "Prefer", "respond-async")
			if r.want(201, 202) && r.status == 202 && r.header.Get("Set-Txn") == "" {
				r.wrong("there is no Set-Txn")
			}
		}},
}
