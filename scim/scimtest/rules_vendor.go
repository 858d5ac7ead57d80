package scimtest

import (
	"slices"
	"strings"
)

const opseraDocs = "Opsera, API reference of SCIM2 Groups (docs.opsera.ai, 2026)"

// opseraRules are what clients of Opsera's SCIM2 Groups expect.
var opseraRules = []Rule{
	{ID: "O01", Level: Need, Source: opseraDocs,
		Sentence: "The id of a group is its name.",
		Failure:  "Clients of Opsera, which address groups by name, find none.",
		check: func(p *probe) {
			g := p.create()
			g.response.is("/id", g.name)
			p.get(groupPath(g.name)).want(200)
		}},
	{ID: "O02", Level: Need, Source: opseraDocs,
		Sentence: "A POST without the schema of groups, or without displayName, returns 400.",
		Failure:  "Clients do not learn what is missing.",
		check: func(p *probe) {
			p.post("/Groups", object{"displayName": p.name()}).want(400)
			p.post("/Groups", object{"schemas": []string{p.schema}}).want(400)
		}},
	{ID: "O03", Level: Need, Source: opseraDocs,
		Sentence: "Lists contain the members of groups.",
		Failure:  "Clients take all groups for empty.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.create(m...)
			p.find("displayName eq "+quote(g.name)).must(200).is("/Resources/0/members/0/value", m[0])
		}},
	{ID: "O04", Level: Need, Source: opseraDocs,
		Sentence: "sortBy and sortOrder sort lists.",
		Failure:  "Clients show groups in another order than they asked for.",
		check: func(p *probe) {
			groups, filter := p.several(3, nil)
			want := idsOf(groups)
			slices.Reverse(want)
			if r := p.find(filter, "sortBy=displayName", "sortOrder=descending").must(200); !slices.Equal(r.found(), want) {
				r.wrong("the order is %s", names(r))
			}
		}},
	{ID: "O05", Level: Need, Source: opseraDocs,
		Sentence: "/ServiceProviderConfig needs no token.",
		Failure:  "Clients that first look up what the service supports fail.",
		check:    func(p *probe) { p.get("/ServiceProviderConfig", p.anonymous()...).want(200) }},
}

const workspaceONEDocs = "Workspace ONE Access (swagger.json and wiki of github.com/vmware/idm), vmware/priam " +
	"(source code)"

// workspaceONERules are what clients of Workspace ONE Access expect, which speak a
// dialect of SCIM 1.1.
var workspaceONERules = []Rule{
	{ID: "W01", Level: Need, Source: workspaceONEDocs,
		Sentence: "Groups and lists have the schema urn:scim:schemas:core:1.0.",
		Failure:  "Clients of SCIM 1.1 do not read them.",
		check: func(p *probe) {
			g := p.create()
			if r := g.read(); !slices.Contains(r.list("/schemas"), any(coreSchema11)) {
				r.wrong("schemas is %s", text(r.value("/schemas")))
			}
			if r := p.find("displayName eq " + quote(g.name)); r.want(200) && !slices.Contains(r.list("/schemas"),
				any(coreSchema11)) {
				r.wrong("schemas is %s", text(r.value("/schemas")))
			}
		}},
	{ID: "W02", Level: Need, Source: workspaceONEDocs,
		Sentence: "Errors have a list of errors with code and message.",
		Failure:  "Clients cannot tell why a request failed.",
		check: func(p *probe) {
			r := p.get(groupPath(nobody)).must(404)
			if r.str("/errors/0/code") == "" && r.str("/errors/0/message") == "" {
				r.wrong("the body is no such error")
			}
		}},
	{ID: "W03", Level: Need, Source: workspaceONEDocs,
		Sentence: "A PATCH is a partial group: members are added, and removed with operation \"delete\".",
		Failure:  "Clients cannot change members.",
		check: func(p *probe) {
			m := p.ids(3)
			g := p.create(m[0])
			p.do("PATCH", g.path(), object{"schemas": []string{p.schema}, "members": elements(m[1], m[2])}).succeeds()
			g.has(m...)
			p.do("PATCH", g.path(), object{"schemas": []string{p.schema}, "members": []object{{"value": m[1],
				"operation": "delete"}}}).succeeds()
			g.has(m[0], m[2])
			name := p.name()
			p.do("PATCH", g.path(), object{"displayName": name}).succeeds()
			g.is("/displayName", name)
			g.has(m[0], m[2])
		}},
	{ID: "W04", Level: Need, Source: workspaceONEDocs,
		Sentence: "meta.attributes in a PATCH clears attributes.",
		Failure:  "Clients cannot empty a group.",
		check: func(p *probe) {
			g := p.create(p.ids(2)...)
			p.do("PATCH", g.path(), object{"schemas": []string{p.schema},
				"meta": object{"attributes": []string{"members"}}}).succeeds()
			g.has()
		}},
	{ID: "W05", Level: Need, Source: workspaceONEDocs,
		Sentence: "A POST with X-HTTP-Method-Override: PATCH is a PATCH.",
		Failure:  "priam cannot change groups.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.create()
			p.post(g.path(), object{"schemas": []string{p.schema}, "members": elements(m...)}, "X-HTTP-Method-Override",
				"PATCH").succeeds()
			g.has(m...)
		}},
	{ID: "W06", Level: Need, Source: workspaceONEDocs,
		Sentence: "A search accepts attributes as one string with commas, and needs no schemas.",
		Failure:  "Clients cannot search.",
		check: func(p *probe) {
			g := p.create(p.ids(1)...)
			r := p.post("/Groups/.search", object{"filter": "displayName co " + quote(g.name),
				"attributes": "displayName,meta.version", "sortBy": "displayName"})
			r.finds(g)
			r.lacks("/Resources/0/members")
		}},
	{ID: "W07", Level: Need, Source: workspaceONEDocs,
		Sentence: "A POST with the name of another group returns 409.",
		Failure:  "Clients create groups twice.",
		check: func(p *probe) {
			p.post("/Groups", p.group(p.create().name)).want(409)
		}},
	{ID: "W08", Level: Need, Source: workspaceONEDocs,
		Sentence: "A startIndex of 0 and unknown parameters are accepted.",
		Failure:  "Synchronizing scripts cannot read groups.",
		check: func(p *probe) {
			g := p.create()
			p.find("displayName eq "+quote(g.name), "startIndex=0", "pageSize=500").finds(g)
		}},
	{ID: "W09", Level: Need, Source: workspaceONEDocs,
		Sentence: "The list of attributes can end with a comma.",
		Failure:  "Clients that end it so get an error.",
		check: func(p *probe) {
			g := p.create(p.ids(1)...)
			r := p.get(g.path() + "?attributes=displayName,meta.version,").must(200)
			r.is("/displayName", g.name)
			r.lacks("/members")
			if strings.Contains(string(r.body), "resourceType") {
				r.wrong("meta has more than was asked for")
			}
		}},
	{ID: "W10", Level: Need, Source: workspaceONEDocs,
		Sentence: "A deleted group returns 404.",
		Failure:  "Clients delete it again and again.",
		check: func(p *probe) {
			g := p.deleted()
			g.get().want(404)
			p.do("DELETE", g.path(), nil).want(404)
		}},
}
