package scimtest

import (
	"slices"
	"time"
)

// putRules are about PUT: section G of the checklist.
var putRules = []Rule{
	{ID: "G01", Level: Must, Source: "RFC 7644 §3.5",
		Sentence: "PUT is supported.",
		Failure:  "Okta's custom apps (AIW) and Keycloak in its PUT mode change nothing.",
		check: func(p *probe) {
			g := p.create()
			g.put(p.group(g.name)).succeeds()
		}},
	{ID: "G02", Level: Must, Source: "RFC 7644 §3.2 and §3.5.1",
		Sentence: "PUT creates nothing: an id that does not exist is 404.",
		Failure:  "Clients bring back groups that were deleted.",
		check: func(p *probe) {
			p.putWorks()
			p.put404().fault(404)
		}},
	{ID: "G03", Level: Must, Source: "RFC 7644 §3.5.1",
		Sentence: "PUT replaces what its body has, members as a whole.",
		Failure:  "Members who left stay, or others are lost.",
		check: func(p *probe) {
			m := p.ids(3)
			g := p.putWorks(m[0], m[1])
			name := p.name()
			g.put(p.group(name, m[1], m[2])).succeeds()
			g.is("/displayName", name)
			g.has(m[1], m[2])
		}},
	{ID: "G06", Level: Must, Source: "RFC 7644 §3.5.1",
		Sentence: "PUT ignores what is readOnly: id and meta in its body.",
		Failure:  "Clients that send back what they have read, as Okta does, are refused.",
		check: func(p *probe) {
			g := p.putWorks()
			created := g.read().str("/meta/created")
			body := with(p.group(g.name), "id", nobody, "meta", object{"resourceType": "User", "created": "2001-02-03T04:05:06Z"})
			g.put(body).succeeds()
			r := g.read()
			r.is("/id", g.id)
			r.is("/meta/created", created)
		}},
	{ID: "G07", Level: Must, Source: "RFC 7644 §3.5.1",
		Sentence: "PUT without displayName is 400.",
		Failure:  "Groups lose their names.",
		check: func(p *probe) {
			g := p.putWorks()
			r := g.put(object{"schemas": []string{p.schema}, "members": []any{}})
			if r.ok() && g.read().str("/displayName") == g.name {
				p.tolerates(r.exchange, "it is accepted, and the name is kept")
				return
			}
			r.fault(400, "", "invalidValue", "invalidSyntax", "mutability")
		}},
	{ID: "G08", Level: Stated, Source: "RFC 7644 §3.5.1",
		Sentence: "null and [] in a PUT clear.",
		Failure:  "Okta empties groups like that: their members stay.",
		check: func(p *probe) {
			g := p.putWorks(p.ids(2)...)
			g.put(with(p.group(g.name), "externalId", p.stem()+"e", "members", elements(p.ids(1)...))).succeeds()
			g.put(with(p.group(g.name), "externalId", nil, "members", []any{})).succeeds()
			g.read().lacks("/externalId", "/members")
		}},
	{ID: "G09", Level: Stated, Source: "RFC 7644 §3.5.1",
		Sentence: "A successful PUT is 200 with the group.",
		Failure:  "Okta takes a PUT without the group for a failure.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.putWorks()
			r := g.put(p.group(g.name, m...)).must(200)
			r.is("/id", g.id)
			r.is("/displayName", g.name)
		}},
	{ID: "G10", Level: Stated, Source: "RFC 7644 §3.12, tables 8 and 9",
		Sentence: "A PUT that takes the name of another group is 409, with uniqueness.",
		Failure:  "Two groups of one name: clients change the wrong one.",
		check: func(p *probe) {
			g := p.putWorks()
			first := p.clash()
			g.put(p.group(first.name)).fault(409, "uniqueness")
		}},
	{ID: "G11", Level: Stated, Source: "RFC 7644 §3.14",
		Sentence: "PUT with another version in If-Match is 412 and changes nothing; with that of the group it succeeds.",
		Failure:  "Clients overwrite each other's changes.",
		check: func(p *probe) {
			g := p.putWorks()
			version := g.etag()
			g.put(p.group(p.name()), "If-Match", `W/"scimtest"`).fault(412)
			g.is("/displayName", g.name)
			g.put(p.group(p.name()), "If-Match", version).succeeds()
		}},
}

// putWorks creates a group with members that PUT can change.
func (p *probe) putWorks(members ...string) *fixture {
	g := p.create(members...)
	if r := g.put(p.group(g.name, members...)); r.noMethod() {
		p.block("there is no PUT (G01): status %d", r.status)
	}
	return g
}

// etag returns the version of a group as If-Match takes it.
func (g *fixture) etag() string {
	g.p.needs("etag")
	version := g.read().version()
	if version == "" {
		g.p.block("there is no ETag (B12)")
	}
	return version
}

// patchRules are about PATCH: section H of the checklist.
var patchRules = []Rule{
	{ID: "H01", Level: Should, Source: "RFC 7644 §3.5",
		Sentence: "PATCH is supported.",
		Failure:  "Entra ID pushes no groups, and others send all members for each change.",
		check: func(p *probe) {
			if !p.supports("patch", true) {
				p.wrong("ServiceProviderConfig says that PATCH is not supported")
				return
			}
			g := p.create()
			p.do("PATCH", g.path(), patchOf(op("replace", "displayName", p.name()))).succeeds()
		}},
	{ID: "H02", Level: Must, Source: "RFC 7644 §3.5.2",
		Sentence: "A PATCH without the schema of PatchOp is 400.",
		Failure:  "Nobody is harmed if it is accepted: several clients leave schemas out.",
		check: func(p *probe) {
			g := p.patchWorks()
			p.do("PATCH", g.path(), object{"Operations": []object{op("replace", "displayName", p.name())}}).
				refused(400, "", "invalidSyntax", "invalidValue")
		}},
	{ID: "H03", Level: Must, Source: "RFC 7644 §3.5.2",
		Sentence: "A PATCH without operations is 400.",
		Failure:  "A client that forgets them believes that it has changed something.",
		check: func(p *probe) {
			g := p.patchWorks()
			p.do("PATCH", g.path(), object{"schemas": []string{messages + "PatchOp"}}).refused(400, "", "invalidSyntax", "invalidValue")
			p.do("PATCH", g.path(), patchOf()).refused(400, "", "invalidSyntax", "invalidValue")
		}},
	{ID: "H04", Level: Must, Source: "RFC 7644 §3.5.2",
		Sentence: "An operation other than add, remove and replace is 400.",
		Failure:  "A client believes that it was done.",
		check: func(p *probe) {
			g := p.patchWorks()
			g.patch(op("move", "displayName", p.name())).fault(400, "", "invalidSyntax", "invalidValue")
			g.patch(object{"path": "displayName", "value": p.name()}).fault(400, "", "invalidSyntax", "invalidValue")
		}},
	{ID: "H05", Level: Must, Source: "RFC 7644 §3.5.2.2",
		Sentence: "remove without a path is 400 and noTarget.",
		Failure:  "A client that forgets the path empties the group, or believes that it has removed something.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.patchWorks(m...)
			r := g.patch(op("remove", ""))
			if r.ok() && g.has(m...) && g.is("/displayName", g.name) {
				p.tolerates(r.exchange, "it is accepted, and changes nothing")
				return
			}
			r.fault(400, "noTarget")
		}},
	{ID: "H06", Level: Stated, Source: "RFC 7644 §3.5.2 and §3.12",
		Sentence: "A path that is none is 400 and invalidPath, a bad filter in it invalidFilter or invalidPath.",
		Failure:  "A client with a wrong mapping believes that it has changed something.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.patchWorks(m...)
			g.patch(op("replace", "displayName..x", "y")).fault(400, "invalidPath")
			g.patch(op("remove", "members[value eq")).fault(400, "invalidPath", "invalidFilter")
			g.patch(op("remove", "members[value xx \"y\"]")).fault(400, "invalidPath", "invalidFilter")
			g.has(m...)
		}},
	{ID: "H07", Level: Must, Source: "RFC 7644 §3.5.2",
		Sentence: "A PATCH of what is readOnly is 400 and mutability.",
		Failure:  "A client believes that it has changed the id or the times of a group.",
		check: func(p *probe) {
			g := p.patchWorks()
			for _, o := range []object{op("replace", "id", nobody), op("replace", "meta.created", "2001-02-03T04:05:06Z")} {
				g.patch(o).fault(400, "", "mutability")
			}
			g.read().is("/id", g.id)
		}},
	{ID: "H08", Level: Must, Source: "RFC 7644 §3.5.2 and §3.10",
		Sentence: "Paths may have the URN of the schema.",
		Failure:  "Clients that qualify names change nothing, or are refused.",
		check: func(p *probe) {
			m := p.ids(2)
			g := p.patchWorks(m[0])
			name := p.name()
			if g.patch(op("replace", p.schema+":displayName", name), op("add", p.schema+":members", elements(m[1]))).succeeds() != nil {
				g.is("/displayName", name)
				g.has(m...)
			}
		}},
	{ID: "H09", Level: Stated, Source: "RFC 7644 §3.5.2",
		Sentence: "Operations are applied in order, each to the result of the one before.",
		Failure:  "Clients that remove and add in one request lose members, or keep them.",
		check: func(p *probe) {
			m := p.ids(3)
			g := p.patchWorks(m[0])
			first, last := p.name(), p.name()
			g.patch(op("replace", "displayName", first), op("add", "members", elements(m[1])), op("remove", member(m[1])),
				op("remove", "members"), op("add", "members", elements(m[2])), op("replace", "displayName", last)).succeeds()
			g.is("/displayName", last)
			g.has(m[2])
		}},
	{ID: "H10", Level: Must, Source: "RFC 7644 §3.5.2",
		Sentence: "A PATCH succeeds as a whole, or changes nothing.",
		Failure:  "Clients repeat what failed: members come back, or changes are made twice.",
		check: func(p *probe) {
			m := p.ids(2)
			g := p.patchWorks(m[0])
			for _, bad := range []object{op("remove", "displayName"), op("replace", member(nobody), object{"value": "x"}), op("bogus", "x")} {
				r := g.patch(op("add", "members", elements(m[1])), op("remove", member(m[0])), op("replace", "displayName", p.name()), bad)
				if r.ok() {
					p.block("an operation that fails is accepted (H04, H21, H29)")
				}
			}
			g.has(m[0])
			g.is("/displayName", g.name)
		}},
	{ID: "H11", Level: Must, Source: "RFC 7644 §3.5.2 and §3.12",
		Sentence: "A PATCH that fails has an Error body.",
		Failure:  "Clients cannot show their administrators why it failed.",
		check: func(p *probe) {
			r := p.patchWorks().patch(op("bogus", "x"))
			if r.ok() {
				p.block("an operation that is none is accepted (H04)")
			}
			r.isError()
		}},
	{ID: "H12", Level: Must, Source: "RFC 7644 §3.5.2",
		Sentence: "A PATCH that succeeds is 204, or 200 with the group; with attributes it is 200.",
		Failure:  "Clients do not know what became of the group.",
		check: func(p *probe) {
			g := p.patchWorks()
			name := p.name()
			switch r := g.patch(op("replace", "displayName", name)).must(200, 204); {
			case r.status == 200:
				r.is("/displayName", name)
			case len(r.body) > 0:
				r.wrong("204 has a body")
			}
			r := p.do("PATCH", g.path()+"?attributes=displayName", patchOf(op("replace", "displayName", g.name)))
			r.must(200).is("/displayName", g.name)
		}},
	{ID: "H14", Level: Must, Source: "RFC 7644 §3.5.2.1",
		Sentence: "add without a value is 400.",
		Failure:  "A client believes that it has added something.",
		check: func(p *probe) {
			g := p.patchWorks()
			g.patch(op("add", "members")).refused(400, "", "invalidValue", "invalidSyntax")
			g.patch(op("add", "displayName")).fault(400, "", "invalidValue", "invalidSyntax", "mutability")
		}},
	{ID: "H15", Level: Stated, Source: "RFC 7644 §3.5.2.1",
		Sentence: "add without a path adds the attributes of its value.",
		Failure:  "Clients that send no path, as Entra ID may, add nothing.",
		check: func(p *probe) {
			m := p.ids(2)
			g := p.patchWorks(m[0])
			g.patch(op("add", "", object{"externalId": p.stem() + "e", "members": elements(m[1])})).succeeds()
			g.is("/externalId", p.stem()+"e")
			g.has(m...)
		}},
	{ID: "H16", Level: Stated, Source: "RFC 7644 §3.5.2.1",
		Sentence: "add appends members, and replaces a single value.",
		Failure:  "Members are lost with each one that is added.",
		check: func(p *probe) {
			m := p.ids(3)
			g := p.patchWorks(m[0])
			name := p.name()
			g.patch(op("add", "members", elements(m[1], m[2])), op("add", "displayName", name)).succeeds()
			g.has(m...)
			g.is("/displayName", name)
		}},
	{ID: "H18", Level: Must, Source: "RFC 7644 §3.5.2.1",
		Sentence: "Adding a member who is one succeeds and changes nothing, not even lastModified.",
		Failure:  "Clients that repeat a request get an error, or a second member; those that compare versions read the group again.",
		check: func(p *probe) {
			m := p.ids(2)
			g := p.patchWorks(m...)
			before := g.read()
			if t, ok := dateTime(before.str("/meta/lastModified")); ok && t.Nanosecond() == 0 {
				if sleep(p.ctx, 1100*time.Millisecond) != nil { // until it would be another one
					panic(interrupted{p.ctx.Err()})
				}
			}
			g.patch(op("add", "members", elements(m[1]))).succeeds()
			g.has(m...)
			after := g.read()
			after.is("/meta/lastModified", before.value("/meta/lastModified"))
			if before.version() != "" && after.version() != before.version() {
				after.wrong("the version was %s and is %s", before.version(), after.version())
			}
		}},
	{ID: "H19", Level: Must, Source: "RFC 7644 §3.5.2.2",
		Sentence: "remove removes a single value, and all members.",
		Failure:  "Keycloak empties groups like that: their members stay.",
		check: func(p *probe) {
			g := p.patchWorks(p.ids(2)...)
			g.patch(op("add", "externalId", p.stem()+"e")).succeeds()
			g.patch(op("remove", "externalId")).succeeds()
			g.is("/externalId", nil)
			g.patch(op("remove", "members")).succeeds()
			g.has()
		}},
	{ID: "H20", Level: Must, Source: "RFC 7644 §3.5.2.2",
		Sentence: "remove with a value path removes the members that match, and no others.",
		Failure:  "Okta, Entra ID and authentik remove members like that: the others lose their access, or those who left keep it.",
		check: func(p *probe) {
			m := p.ids(3)
			g := p.patchWorks(m...)
			g.patch(op("remove", member(m[1]))).succeeds()
			g.has(m[0], m[2])
			g.patch(op("remove", member(m[0])), op("remove", member(m[2]))).succeeds()
			g.has()
		}},
	{ID: "H21", Level: Must, Source: "RFC 7644 §3.5.2.2",
		Sentence: "Removing displayName is 400 and mutability.",
		Failure:  "Groups lose their names.",
		check: func(p *probe) {
			g := p.patchWorks()
			g.patch(op("remove", "displayName")).fault(400, "mutability")
			g.is("/displayName", g.name)
		}},
	{ID: "H22", Level: Stated, Source: "RFC 7644 §3.5.2.2",
		Sentence: "Removing somebody who is no member succeeds and changes nothing.",
		Failure:  "Clients that repeat a request, or whose member was removed elsewhere, fail in each cycle.",
		check: func(p *probe) {
			m := p.ids(2)
			g := p.patchWorks(m[0])
			g.patch(op("remove", member(m[1]))).succeeds()
			g.has(m[0])
		}},
	{ID: "H24", Level: Must, Source: "RFC 7644 §3.5.2.3",
		Sentence: "replace without a path replaces the attributes of its value, and no others.",
		Failure:  "Okta renames groups like that with each change of members: these are lost, or the name stays.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.patchWorks(m...)
			name := p.name()
			g.patch(op("replace", "", object{"displayName": name, "externalId": p.stem() + "e"})).succeeds()
			g.is("/displayName", name)
			g.is("/externalId", p.stem()+"e")
			g.has(m...)
		}},
	{ID: "H25", Level: Stated, Source: "RFC 7644 §3.5.2.3",
		Sentence: "replace replaces a single value, and all members.",
		Failure:  "Keycloak and Okta's full push send all members like that: those who left stay.",
		check: func(p *probe) {
			m := p.ids(3)
			g := p.patchWorks(m[0], m[1])
			name := p.name()
			g.patch(op("replace", "members", elements(m[1], m[2])), op("replace", "displayName", name)).succeeds()
			g.has(m[1], m[2])
			g.is("/displayName", name)
		}},
	{ID: "H26", Level: Must, Source: "RFC 7644 §3.5.2.3",
		Sentence: "replace of what has no value adds it.",
		Failure:  "Clients that only replace, as Entra ID does, cannot set what is not there yet.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.patchWorks()
			g.patch(op("replace", "externalId", p.stem()+"e"), op("replace", "members", elements(m...))).succeeds()
			g.is("/externalId", p.stem()+"e")
			g.has(m...)
		}},
	{ID: "H29", Level: Must, Source: "RFC 7644 §3.5.2.3",
		Sentence: "replace with a value path that matches nothing is 400 and noTarget.",
		Failure:  "A client believes that it has changed a member.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.patchWorks(m...)
			g.patch(op("replace", member(nobody), object{"value": nobody})).fault(400, "noTarget")
			g.has(m...)
		}},
	{ID: "H32", Level: Stated, Source: "RFC 7644 §3.14",
		Sentence: "PATCH with another version in If-Match is 412 and changes nothing; with that of the group it succeeds.",
		Failure:  "Clients overwrite each other's changes.",
		check: func(p *probe) {
			g := p.patchWorks()
			version := g.etag()
			change := patchOf(op("replace", "displayName", p.name()))
			p.do("PATCH", g.path(), change, "If-Match", `W/"scimtest"`).fault(412)
			g.is("/displayName", g.name)
			p.do("PATCH", g.path(), change, "If-Match", version).succeeds()
		}},
	{ID: "H33", Level: Stated, Source: "RFC 7644 §3.12, tables 8 and 9",
		Sentence: "A PATCH that takes the name of another group is 409, with uniqueness.",
		Failure:  "Two groups of one name: clients change the wrong one.",
		check: func(p *probe) {
			g := p.patchWorks()
			first := p.clash()
			g.patch(op("replace", "displayName", first.name)).fault(409, "uniqueness")
			g.is("/displayName", g.name)
		}},
	{ID: "H34", Level: Stated, Source: "RFC 7643 §3.1, RFC 9110 §8.8",
		Sentence: "The version changes with the group, its members too, and lastModified does not go back.",
		Failure:  "Clients that read only what has changed do not see the change.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.patchWorks()
			version := g.etag()
			for _, o := range []object{op("add", "members", elements(m...)), op("replace", "displayName", p.name())} {
				before := g.read()
				g.patch(o).succeeds()
				after := g.read()
				if after.version() == version {
					after.wrong("the version is still %s", version)
				}
				version = after.version()
				from, _ := dateTime(before.str("/meta/lastModified"))
				if to, ok := dateTime(after.str("/meta/lastModified")); !ok || to.Before(from) {
					after.wrong("lastModified was %s and is %s", before.str("/meta/lastModified"), after.str("/meta/lastModified"))
				}
			}
		}},
}

// patchWorks creates a group with members that PATCH can change.
func (p *probe) patchWorks(members ...string) *fixture {
	p.needs("patch")
	g := p.create(members...)
	if r := g.patch(op("replace", "displayName", g.name)); r.noMethod() {
		p.block("there is no PATCH (H01): status %d", r.status)
	}
	return g
}

// deleteRules are about DELETE: section I of the checklist.
var deleteRules = []Rule{
	{ID: "I01", Level: Must, Source: "RFC 7644 §3.6",
		Sentence: "A group that was deleted is 204, without a body.",
		Failure:  "Clients take it for a failure, and delete it again.",
		check: func(p *probe) {
			g := p.create()
			if r := p.do("DELETE", g.path(), nil); r.want(204) && len(r.body) > 0 {
				r.wrong("there is a body")
			}
		}},
	{ID: "I02", Level: Must, Source: "RFC 7644 §3.6",
		Sentence: "Each request for a group that was deleted is 404.",
		Failure:  "Clients do not notice that the group is gone; Entra ID's test of the app fails.",
		check: func(p *probe) {
			g := p.deleted()
			g.get().fault(404)
			g.put(p.group(g.name)).fault(404)
			if p.supports("patch", true) {
				g.patch(op("replace", "displayName", g.name)).fault(404)
			}
			p.do("DELETE", g.path(), nil).fault(404)
		}},
	{ID: "I03", Level: Must, Source: "RFC 7644 §3.6",
		Sentence: "A group that was deleted is in no list.",
		Failure:  "Clients find it, adopt it, and get 404.",
		check: func(p *probe) {
			p.needs("filter")
			g := p.deleted()
			p.find("displayName eq "+quote(g.name)).must(200).is("/totalResults", 0)
			p.find("id eq "+quote(g.id)).must(200).is("/totalResults", 0)
		}},
	{ID: "I04", Level: Should, Source: "RFC 7644 §3.6",
		Sentence: "The name of a group that was deleted is free.",
		Failure:  "Clients cannot create it again: a group that comes back into scope is never provisioned.",
		check: func(p *probe) {
			g := p.deleted()
			p.post("/Groups", with(p.group(g.name), "externalId", p.stem()+"e")).succeeds()
		}},
	{ID: "I05", Level: Stated, Source: "RFC 7643 §3.1",
		Sentence: "The id of a group that was deleted is not given again.",
		Failure:  "Clients that remember the id change another group.",
		check: func(p *probe) {
			g := p.deleted()
			if again := p.createAs(p.group(p.name())); again.id == g.id {
				again.response.wrong("the id is that of the deleted group")
			}
		}},
	{ID: "I06", Level: Stated, Source: "RFC 7644 §3.14",
		Sentence: "DELETE with another version in If-Match is 412, and the group stays.",
		Failure:  "Clients delete what somebody else has just changed.",
		check: func(p *probe) {
			g := p.create()
			g.etag()
			p.do("DELETE", g.path(), nil, "If-Match", `W/"scimtest"`).fault(412)
			g.get().want(200)
		}},
}

// deleted creates a group and deletes it.
func (p *probe) deleted() *fixture {
	g := p.createAs(with(p.group(p.name()), "externalId", p.stem()+"e"))
	if r := p.do("DELETE", g.path(), nil); !r.ok() {
		p.block("the group cannot be deleted (I01): status %d", r.status)
	}
	p.made = slices.DeleteFunc(p.made, func(path string) bool { return path == g.path() })
	return g
}
