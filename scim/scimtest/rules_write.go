package scimtest

import (
	"slices"
	"time"
)

// putRules are about PUT: section G of the checklist.
var putRules = []Rule{
	{ID: "G01", Level: Must, Source: "RFC 7644 §3.5",
		Sentence: "PUT is supported.",
		Failure:  "Okta's custom apps (AIW), and Keycloak in its PUT mode, cannot change groups.",
		check: func(p *probe) {
			g := p.create()
			g.put(p.group(g.name)).succeeds()
		}},
	{ID: "G02", Level: Must, Source: "RFC 7644 §3.2 and §3.5.1",
		Sentence: "PUT never creates a group: an unknown id returns 404.",
		Failure:  "Clients bring back groups that were deleted.",
		check: func(p *probe) {
			p.putWorks()
			p.put404().fault(404)
		}},
	{ID: "G03", Level: Must, Source: "RFC 7644 §3.5.1",
		Sentence: "PUT replaces the attributes in its body, and members as a whole.",
		Failure:  "Former members stay, or others are lost.",
		check: func(p *probe) {
			m := p.ids(3)
			g := p.putWorks(m[0], m[1])
			name := g.otherName()
			g.put(p.group(name, m[1], m[2])).succeeds()
			g.is("/displayName", name)
			g.has(m[1], m[2])
		}},
	{ID: "G06", Level: Must, Source: "RFC 7644 §3.5.1",
		Sentence: "PUT ignores readOnly attributes in its body, such as id and meta.",
		Failure:  "Clients that send back what they have read, as Okta does, are refused.",
		check: func(p *probe) {
			g := p.putWorks()
			created := g.read().str("/meta/created")
			body := with(p.group(g.name), "id", nobody, "meta", object{"resourceType": "User",
				"created": "2001-02-03T04:05:06Z"})
			g.put(body).succeeds()
			r := g.read()
			r.is("/id", g.id)
			r.is("/meta/created", created)
		}},
	{ID: "G07", Level: Stated, Source: "RFC 7644 §3.5.1",
		Sentence: "PUT without displayName returns 400.",
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
		Sentence: "null and [] in a PUT clear an attribute.",
		Failure:  "Clients empty groups with an empty list: their members stay.",
		check: func(p *probe) {
			g := p.putWorks(p.ids(2)...)
			g.put(with(p.group(g.name), "externalId", p.stem()+"e", "members", elements(p.ids(1)...))).succeeds()
			g.put(with(p.group(g.name), "externalId", nil, "members", []any{})).succeeds()
			g.read().lacks("/externalId", "/members")
		}},
	{ID: "G09", Level: Stated, Source: "RFC 7644 §3.5.1",
		Sentence: "A successful PUT returns 200 with the group.",
		Failure:  "Clients that read the group from the response, as Okta's custom apps may, do not know what became of it.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.putWorks()
			r := g.put(p.group(g.name, m...)).must(200)
			r.is("/id", g.id)
			r.is("/displayName", g.name)
		}},
	{ID: "G10", Level: Stated, Source: "RFC 7644 §3.12, tables 8 and 9",
		Sentence: "A PUT that takes the name of another group returns 409 and uniqueness.",
		Failure:  "Two groups have one name, and clients change the wrong one.",
		check: func(p *probe) {
			g := p.putWorks()
			first := p.clash()
			g.put(p.group(first.name)).fault(409, "uniqueness")
		}},
	{ID: "G11", Level: Stated, Source: "RFC 7644 §3.14",
		Sentence: "PUT with another version in If-Match returns 412 and changes nothing; with the current version it " +
			"succeeds.",
		Failure: "Clients overwrite each other's changes.",
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
		Failure:  "Entra ID pushes no groups, and other clients send all members for each change.",
		check: func(p *probe) {
			if !p.supports("patch", true) {
				p.wrong("ServiceProviderConfig says that PATCH is not supported")
				return
			}
			g := p.create()
			p.do("PATCH", g.path(), patchOf(op("replace", "displayName", p.name()))).succeeds()
		}},
	{ID: "H02", Level: Stated, Source: "RFC 7644 §3.5.2",
		Sentence: "A PATCH without the schema PatchOp returns 400.",
		Failure:  "Accepting it harms nobody: some clients leave schemas out.",
		check: func(p *probe) {
			g := p.patchWorks()
			p.do("PATCH", g.path(), object{"Operations": []object{op("replace", "displayName", p.name())}}).
				refused(400, "", "invalidSyntax", "invalidValue")
		}},
	{ID: "H03", Level: Stated, Source: "RFC 7644 §3.5.2",
		Sentence: "A PATCH without operations returns 400.",
		Failure:  "A client that forgets them believes that it has changed something.",
		check: func(p *probe) {
			g := p.patchWorks()
			p.do("PATCH", g.path(), object{"schemas": []string{messages + "PatchOp"}}).refused(400, "", "invalidSyntax",
				"invalidValue")
			p.do("PATCH", g.path(), patchOf()).refused(400, "", "invalidSyntax", "invalidValue")
		}},
	{ID: "H04", Level: Stated, Source: "RFC 7644 §3.5.2",
		Sentence: "An operation other than add, remove and replace returns 400.",
		Failure:  "A client believes that the operation was done.",
		check: func(p *probe) {
			g := p.patchWorks()
			g.patch(op("move", "displayName", p.name())).fault(400, "", "invalidSyntax", "invalidValue")
			g.patch(object{"path": "displayName", "value": p.name()}).fault(400, "", "invalidSyntax", "invalidValue")
		}},
	{ID: "H05", Level: Stated, Source: "RFC 7644 §3.5.2.2",
		Sentence: "remove without a path returns 400 and noTarget.",
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
		Sentence: "A malformed path returns 400 and invalidPath, and a malformed filter in it invalidFilter or " +
			"invalidPath.",
		Failure: "A client with a wrong mapping believes that it has changed something.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.patchWorks(m...)
			g.patch(op("replace", "displayName..x", "y")).fault(400, "invalidPath")
			g.patch(op("remove", "members[value eq")).fault(400, "invalidPath", "invalidFilter")
			g.patch(op("remove", "members[value xx \"y\"]")).fault(400, "invalidPath", "invalidFilter")
			g.has(m...)
		}},
	{ID: "H07", Level: Must, Source: "RFC 7644 §3.5.2",
		Sentence: "A PATCH of a readOnly attribute returns 400.",
		Failure:  "A client believes that it has changed the id or the times of a group.",
		check: func(p *probe) {
			g := p.patchWorks()
			for _, o := range []object{op("replace", "id", nobody), op("replace", "meta.created", "2001-02-03T04:05:06Z")} {
				g.patch(o).fault(400) // mutability, if a scimType; some know no such path
			}
			g.read().is("/id", g.id)
		}},
	{ID: "H08", Level: Stated, Source: "RFC 7644 §3.5.2 and §3.10",
		Sentence: "Paths can be qualified with the URN of the schema.",
		Failure:  "Clients that qualify names are refused, or change nothing.",
		check: func(p *probe) {
			m := p.ids(2)
			g := p.patchWorks(m[0])
			name := p.name()
			if g.patch(op("replace", p.schema+":displayName", name), op("add", p.schema+":members",
				elements(m[1]))).succeeds() != nil {
				g.is("/displayName", name)
				g.has(m...)
			}
		}},
	{ID: "H09", Level: Stated, Source: "RFC 7644 §3.5.2",
		Sentence: "Operations are applied in order, each to the result of the previous one.",
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
		Sentence: "A PATCH succeeds as a whole or changes nothing.",
		Failure:  "A client that repeats a failed request makes some changes twice.",
		check: func(p *probe) {
			m := p.ids(2)
			g := p.patchWorks(m[0])
			for _, bad := range []object{op("remove", "displayName"), op("replace", member(nobody), object{"value": "x"}),
				op("bogus", "x")} {
				r := g.patch(op("add", "members", elements(m[1])), op("remove", member(m[0])), op("replace", "displayName",
					p.name()), bad)
				if r.ok() {
					p.block("an operation that fails is accepted (H04, H21, H29)")
				}
			}
			g.has(m[0])
			g.is("/displayName", g.name)
		}},
	{ID: "H11", Level: Must, Source: "RFC 7644 §3.5.2 and §3.12",
		Sentence: "A PATCH that fails returns an Error.",
		Failure:  "Clients cannot tell their administrators why it failed.",
		check: func(p *probe) {
			r := p.patchWorks().patch(op("bogus", "x"))
			if r.ok() {
				p.block("an operation that is none is accepted (H04)")
			}
			r.isError()
		}},
	{ID: "H12", Level: Must, Source: "RFC 7644 §3.5.2",
		Sentence: "A successful PATCH returns 204, or 200 with the group; with attributes it returns 200.",
		Failure:  "Clients do not know what became of the group.",
		check: func(p *probe) {
			g := p.patchWorks()
			name := g.otherName()
			switch r := g.patch(op("replace", "displayName", name)).must(200, 204); {
			case r.status == 200:
				r.is("/displayName", name)
			case len(r.body) > 0:
				r.wrong("204 has a body")
			}
			r := p.do("PATCH", g.path()+"?attributes=displayName", patchOf(op("replace", "displayName", g.name)))
			r.must(200).is("/displayName", g.name)
		}},
	{ID: "H14", Level: Stated, Source: "RFC 7644 §3.5.2.1",
		Sentence: "add without a value returns 400.",
		Failure:  "A client believes that it has added something.",
		check: func(p *probe) {
			g := p.patchWorks()
			g.patch(op("add", "members")).refused(400, "", "invalidValue", "invalidSyntax")
			g.patch(op("add", "displayName")).fault(400, "", "invalidValue", "invalidSyntax", "mutability")
		}},
	{ID: "H15", Level: Stated, Source: "RFC 7644 §3.5.2.1",
		Sentence: "add without a path adds the attributes in its value.",
		Failure:  "Clients that send no path add nothing.",
		check: func(p *probe) {
			m := p.ids(2)
			g := p.patchWorks(m[0])
			g.patch(op("add", "", object{"externalId": p.stem() + "e", "members": elements(m[1])})).succeeds()
			g.is("/externalId", p.stem()+"e")
			g.has(m...)
		}},
	{ID: "H16", Level: Stated, Source: "RFC 7644 §3.5.2.1",
		Sentence: "add appends members, and replaces a single value.",
		Failure:  "Each new member removes the others.",
		check: func(p *probe) {
			m := p.ids(3)
			g := p.patchWorks(m[0])
			name := g.otherName()
			g.patch(op("add", "members", elements(m[1], m[2])), op("add", "displayName", name)).succeeds()
			g.has(m...)
			g.is("/displayName", name)
		}},
	{ID: "H18", Level: Must, Source: "RFC 7644 §3.5.2.1",
		Sentence: "Adding an existing member succeeds and changes nothing, not even lastModified.",
		Failure: "Clients that repeat a request get an error or a duplicate member; those that compare versions read " +
			"the group again.",
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
		Sentence: "remove clears a single value, and removes all members.",
		Failure:  "Keycloak empties groups this way: their members stay.",
		check: func(p *probe) {
			g := p.patchWorks(p.ids(2)...)
			g.patch(op("add", "externalId", p.stem()+"e")).succeeds()
			g.patch(op("remove", "externalId")).succeeds()
			g.is("/externalId", nil)
			g.patch(op("remove", "members")).succeeds()
			g.has()
		}},
	{ID: "H20", Level: Must, Source: "RFC 7644 §3.5.2.2",
		Sentence: "remove with a value path removes the matching members and no others.",
		Failure: "Okta, Entra ID and authentik remove members this way: others lose their access, or former members " +
			"keep it.",
		check: func(p *probe) {
			m := p.ids(3)
			g := p.patchWorks(m...)
			g.patch(op("remove", member(m[1]))).succeeds()
			g.has(m[0], m[2])
			g.patch(op("remove", member(m[0])), op("remove", member(m[2]))).succeeds()
			g.has()
		}},
	{ID: "H21", Level: Must, Source: "RFC 7644 §3.5.2.2",
		Sentence: "Removing displayName returns 400 and mutability.",
		Failure:  "Groups lose their names.",
		check: func(p *probe) {
			g := p.patchWorks()
			g.patch(op("remove", "displayName")).fault(400, "mutability")
			g.is("/displayName", g.name)
		}},
	{ID: "H22", Level: Stated, Source: "RFC 7644 §3.5.2.2",
		Sentence: "Removing a user who is not a member succeeds and changes nothing.",
		Failure:  "Clients that repeat a request, or whose member was removed elsewhere, fail in each cycle.",
		check: func(p *probe) {
			m := p.ids(2)
			g := p.patchWorks(m[0])
			g.patch(op("remove", member(m[1]))).succeeds()
			g.has(m[0])
		}},
	{ID: "H24", Level: Must, Source: "RFC 7644 §3.5.2.3",
		Sentence: "replace without a path replaces the attributes in its value and no others.",
		Failure:  "Okta renames groups this way with each change of members: members are lost, or the name stays.",
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
		Failure:  "Keycloak, and Okta's full push, send all members this way: former members stay.",
		check: func(p *probe) {
			m := p.ids(3)
			g := p.patchWorks(m[0], m[1])
			name := g.otherName()
			g.patch(op("replace", "members", elements(m[1], m[2])), op("replace", "displayName", name)).succeeds()
			g.has(m[1], m[2])
			g.is("/displayName", name)
		}},
	{ID: "H26", Level: Must, Source: "RFC 7644 §3.5.2.3",
		Sentence: "replace of an attribute without a value adds it.",
		Failure:  "Clients that always send replace cannot set an attribute for the first time.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.patchWorks()
			g.patch(op("replace", "externalId", p.stem()+"e"), op("replace", "members", elements(m...))).succeeds()
			g.is("/externalId", p.stem()+"e")
			g.has(m...)
		}},
	{ID: "H29", Level: Must, Source: "RFC 7644 §3.5.2.3",
		Sentence: "replace with a value path that matches nothing returns 400 and noTarget.",
		Failure:  "A client believes that it has changed a member.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.patchWorks(m...)
			g.patch(op("replace", member(nobody), object{"value": nobody})).fault(400, "noTarget")
			g.has(m...)
		}},
	{ID: "H32", Level: Stated, Source: "RFC 7644 §3.14",
		Sentence: "PATCH with another version in If-Match returns 412 and changes nothing; with the current version " +
			"it succeeds.",
		Failure: "Clients overwrite each other's changes.",
		check: func(p *probe) {
			g := p.patchWorks()
			version := g.etag()
			change := patchOf(op("replace", "displayName", p.name()))
			p.do("PATCH", g.path(), change, "If-Match", `W/"scimtest"`).fault(412)
			g.is("/displayName", g.name)
			p.do("PATCH", g.path(), change, "If-Match", version).succeeds()
		}},
	{ID: "H33", Level: Stated, Source: "RFC 7644 §3.12, tables 8 and 9",
		Sentence: "A PATCH that takes the name of another group returns 409 and uniqueness.",
		Failure:  "Two groups have one name, and clients change the wrong one.",
		check: func(p *probe) {
			g := p.patchWorks()
			first := p.clash()
			g.patch(op("replace", "displayName", first.name)).fault(409, "uniqueness")
			g.is("/displayName", g.name)
		}},
	{ID: "H34", Level: Stated, Source: "RFC 7643 §3.1, RFC 9110 §8.8",
		Sentence: "The version changes whenever the group or its members change, and lastModified never goes back.",
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
		Sentence: "DELETE returns 204 without a body.",
		Failure:  "Clients take the response for a failure, and delete the group again.",
		check: func(p *probe) {
			g := p.create()
			if r := p.do("DELETE", g.path(), nil); r.want(204) && len(r.body) > 0 {
				r.wrong("there is a body")
			}
		}},
	{ID: "I02", Level: Must, Source: "RFC 7644 §3.6",
		Sentence: "Every request for a deleted group returns 404.",
		Failure:  "Clients do not notice that the group is gone; Entra ID reads the group after it has deleted it.",
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
		Sentence: "A deleted group is in no list.",
		Failure:  "Clients find it, adopt it, and get 404.",
		check: func(p *probe) {
			p.needs("filter")
			g := p.deleted()
			p.find("displayName eq "+quote(g.name)).must(200).is("/totalResults", 0)
			p.find("id eq "+quote(g.id)).must(200).is("/totalResults", 0)
		}},
	{ID: "I04", Level: Should, Source: "RFC 7644 §3.6",
		Sentence: "The name of a deleted group can be used again.",
		Failure:  "A group that comes back into scope is never provisioned.",
		check: func(p *probe) {
			g := p.deleted()
			p.post("/Groups", with(p.group(g.name), "externalId", p.stem()+"e")).succeeds()
		}},
	{ID: "I05", Level: Stated, Source: "RFC 7643 §3.1",
		Sentence: "The id of a deleted group is never assigned again.",
		Failure:  "Clients that remember the id change another group.",
		check: func(p *probe) {
			g := p.deleted()
			if again := p.createAs(p.group(p.name())); again.id == g.id {
				again.response.wrong("the id is that of the deleted group")
			}
		}},
	{ID: "I06", Level: Stated, Source: "RFC 7644 §3.14",
		Sentence: "DELETE with another version in If-Match returns 412 and keeps the group.",
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
