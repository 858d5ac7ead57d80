package scimtest

import "net/http"

// readRules are about GET /Groups/{id}: section D of the checklist.
var readRules = []Rule{
	{ID: "D01", Level: Stated, Source: "RFC 7644 §3.4.1, erratum 8367",
		Sentence: "A group is found by its id and by nothing else.",
		Failure:  "Clients read another group than they mean, or none.",
		check: func(p *probe) {
			g := p.createAs(with(p.group(p.name()), "externalId", p.stem()+"e"))
			r := g.get().must(200)
			r.is("/id", g.id)
			r.is("/displayName", g.name)
			p.get(groupPath(p.stem() + "e")).want(404)
			if g.id != g.name {
				p.get(groupPath(g.name)).want(404)
			}
		}},
	{ID: "D02", Level: Stated, Source: "RFC 7644 §3.12",
		Sentence: "An unknown group returns 404.",
		Failure:  "Clients do not notice that a group is gone, and never create it again.",
		check:    func(p *probe) { p.get(groupPath(nobody)).fault(404) }},
	{ID: "D03", Level: Stated, Source: "RFC 7644 §3.9, RFC 7643 §8.7.1",
		Sentence: "A group is returned with its members.",
		Failure:  "Clients that compare members with their own, such as authentik, add all of them again in each cycle.",
		check: func(p *probe) {
			if returned := p.published("members", "returned"); returned != nil && returned != "default" && returned != "always" {
				p.skip("the schema says that members are returned: %v", returned)
			}
			m := p.ids(2)
			g := p.create(m...)
			g.has(m...)
			g.read().is("/displayName", g.name)
		}},
	{ID: "D04", Level: Must, Source: "RFC 7644 §3.4.2.5 and §3.9",
		Sentence: "POST, PUT and PATCH honor attributes.",
		Failure:  "Clients that ask for a small part of a large group get all of it.",
		check: func(p *probe) {
			m := p.ids(1)
			little := func(r *response) {
				if r.succeeds(); r.object() == nil {
					return
				}
				r.lacks("/members")
				if r.str("/id") == "" || r.str("/displayName") == "" {
					r.wrong("id or displayName is missing")
				}
			}
			body := p.group(p.name(), m...)
			r := p.post("/Groups?attributes=displayName", body)
			little(r)
			g := p.adopt(r, body)
			if p.supports("patch", true) {
				little(p.do("PATCH", g.path()+"?attributes=displayName", patchOf(op("replace", "displayName", p.name()))))
			}
			if r := p.do("PUT", g.path()+"?attributes=displayName", p.group(p.name(), m...)); !r.noMethod() {
				little(r)
			}
		}},
	{ID: "D05", Level: Must, Source: "RFC 7644 §3.9",
		Sentence: "With attributes, a response has the named attributes and those that are always returned, " +
			"including in lists.",
		Failure: "Clients that ask for names get whole groups, and time out on large ones.",
		check: func(p *probe) {
			g := p.createAs(with(p.group(p.name(), p.ids(1)...), "externalId", p.stem()+"e"))
			r := p.get(g.path() + "?attributes=displayName").must(200)
			r.is("/id", g.id)
			r.is("/displayName", g.name)
			r.lacks("/members", "/externalId")
			p.needs("filter")
			if r = p.find("displayName eq "+quote(g.name), "attributes=id"); r.ok() && len(r.list("/Resources")) == 1 {
				r.is("/Resources/0/id", g.id)
				r.lacks("/Resources/0/members", "/Resources/0/displayName")
			}
		}},
	{ID: "D06", Level: Must, Source: "RFC 7644 §3.9 and §3.4.2.5",
		Sentence: "excludedAttributes removes the named attributes but never the id, including in lists.",
		Failure:  "Entra ID reads all groups with excludedAttributes=members, and may time out on large ones.",
		check: func(p *probe) {
			g := p.create(p.ids(1)...)
			r := p.get(g.path() + "?excludedAttributes=members,id").must(200)
			r.is("/id", g.id)
			r.is("/displayName", g.name)
			r.lacks("/members")
			p.needs("filter")
			if r = p.find("displayName eq "+quote(g.name), "excludedAttributes=members"); r.ok() &&
				len(r.list("/Resources")) == 1 {
				r.is("/Resources/0/displayName", g.name)
				r.lacks("/Resources/0/members")
			}
		}},
	{ID: "D08", Level: Stated, Source: "RFC 7644 §3.10",
		Sentence: "Names in attributes are case-insensitive, and can be qualified with a URN or name a sub-attribute.",
		Failure:  "Clients that qualify names get groups without the attributes that they asked for.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.create(m...)
			p.get(g.path()+"?attributes="+p.schema+":displayName").is("/displayName", g.name)
			p.get(g.path()+"?attributes=DISPLAYNAME,scimtestUnknown").is("/displayName", g.name)
			r := p.get(g.path() + "?attributes=members.value")
			r.is("/members/0/value", m[0])
			r.lacks("/displayName")
		}},
	{ID: "D09", Level: Stated, Source: "RFC 7644 §3.14",
		Sentence: "If-None-Match with the current version returns 304 without a body.",
		Failure:  "Clients read again what they already have.",
		check: func(p *probe) {
			p.needs("etag")
			g := p.create()
			tag := g.read().header.Get("ETag")
			if tag == "" {
				p.block("there is no ETag (B12)")
			}
			if r := g.get("If-None-Match", tag); r.want(304) && len(r.body) > 0 {
				r.wrong("there is a body")
			}
			g.get("If-None-Match", `W/"scimtest"`).want(200)
		}},
}

// published returns a characteristic of an attribute in the schema of groups, or nil.
func (p *probe) published(attribute, characteristic string) any {
	for _, a := range p.get("/Schemas/" + coreSchema).list("/attributes") {
		if name, _ := at(a, "/name"); name == attribute {
			v, _ := at(a, "/"+characteristic)
			return v
		}
	}
	return nil
}

// noMethod reports whether a service does not know a method or an endpoint.
func (r *response) noMethod() bool {
	return r.status == http.StatusNotFound || r.status == http.StatusMethodNotAllowed ||
		r.status == http.StatusNotImplemented
}
