package scimtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// clientRules are what clients rely on and no standard demands.
var clientRules = []Rule{
	{ID: "N01", Level: Need, Source: "RFC 7644 §2.2 lets a service serve requests without credentials; whoever " +
		"runs it rarely means to",
		Sentence: "Requests without credentials, or with wrong ones, are refused.",
		Failure:  "Anybody can read and change the groups.",
		check: func(p *probe) {
			p.get("/Groups?count=1", p.anonymous()...).want(401, 403)
			if p.target.Token != "" {
				p.get("/Groups?count=1", "Authorization", "Bearer "+p.target.Token+"x").want(401, 403)
			}
		}},
	{ID: "N02", Level: Need, Source: "Entra ID (documentation), authentik, JumpCloud, Opsera: names of groups are unique",
		Sentence: "A second group with the same name returns 409, even in another letter case.",
		Failure:  "Entra ID will create duplicates, since it matches by name, and cannot tell them apart afterwards.",
		check: func(p *probe) {
			first := p.create()
			p.post("/Groups", p.group(first.name)).want(409)
			p.post("/Groups", p.group(strings.ToUpper(first.name))).want(409)
		}},
	{ID: "N03", Level: Need, Source: "Entra ID without aadOptscim062020 (documentation)",
		Sentence: "Add, Remove and Replace are accepted as op.",
		Failure:  "Entra ID can create groups but not change them.",
		check: func(p *probe) {
			m := p.ids(2)
			g := p.patchWorks(m[0])
			name := p.name()
			g.patch(op("Add", "members", elements(m[1])), op("Replace", "displayName", name), op("Remove",
				member(m[0]))).succeeds()
			g.is("/displayName", name)
			g.has(m[1])
		}},
	{ID: "N04", Level: Need, Source: "Entra ID without aadOptscim062020 (documentation), JumpCloud, ssosync, " +
		"authentik before 2025",
		Sentence: "remove of members with a value removes those members and no others.",
		Failure:  "Entra ID empties the group when it removes one member, or cannot remove members.",
		check: func(p *probe) {
			m := p.ids(3)
			g := p.patchWorks(m...)
			r := g.patch(op("Remove", "members", []object{{"$ref": nil, "value": m[0]}}))
			g.has(m[1], m[2])
			r.succeeds()
		}},
	{ID: "N05", Level: Need, Source: "Entra ID (documentation), Okta",
		Sentence: "Members with a null $ref, or with display, are accepted.",
		Failure:  "Entra ID and Okta cannot add members.",
		check: func(p *probe) {
			m := p.ids(2)
			g := p.patchWorks()
			g.patch(op("add", "members", []object{{"$ref": nil, "value": m[0]}, {"value": m[1],
				"display": "somebody@example.com"}})).succeeds()
			g.has(m...)
		}},
	{ID: "N06", Level: Need, Source: "Entra ID (SCIM validator)",
		Sentence: "A filter on displayName ignores letter case.",
		Failure:  "Entra ID's validator fails, and a group whose name changed in letter case is created again.",
		check: func(p *probe) {
			p.needs("filter")
			g := p.create()
			p.find("displayName eq " + quote(strings.ToUpper(g.name))).finds(g)
		}},
	{ID: "N07", Level: Need, Source: "Entra ID (documentation)",
		Sentence: "Microsoft's schema of groups in a POST is ignored.",
		Failure:  "Entra ID cannot create groups.",
		check: func(p *probe) {
			name := p.name()
			schemas := []string{p.schema, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"}
			body := with(p.group(name), "schemas", schemas, "externalId", p.stem()+"e", "meta", object{"resourceType": "Group"})
			p.post("/Groups", body).must(201).is("/displayName", name)
		}},
	{ID: "N08", Level: Need, Source: "Entra ID (documentation), clients of AWS IAM Identity Center",
		Sentence: "A filter by id and members tells whether a user is a member.",
		Failure:  "Entra ID cannot tell who is a member, and adds or removes members again.",
		check: func(p *probe) {
			p.needs("filter")
			m := p.ids(2)
			g := p.create(m[0])
			probe := func(value string) *response {
				return p.find("id eq "+quote(g.id)+" and members eq "+quote(value), "attributes=id").must(200)
			}
			probe(m[0]).is("/totalResults", 1)
			probe(m[1]).is("/totalResults", 0)
		}},
	{ID: "N09", Level: Need, Source: "Entra ID with aadOptscim062020 (documentation)",
		Sentence: "Names in the value of a replace without a path can be qualified with a URN.",
		Failure:  "Entra ID changes some attributes, and believes that it has changed all of them.",
		check: func(p *probe) {
			g := p.patchWorks()
			name := p.name()
			g.patch(op("replace", "", object{p.schema + ":displayName": name, "externalId": p.stem() + "e"})).succeeds()
			g.is("/displayName", name)
			g.is("/externalId", p.stem()+"e")
		}},
	{ID: "N10", Level: Need, Source: "authentik, connector-scimrest of midPoint (source code)",
		Sentence: "A list has Resources even if it is empty.",
		Failure:  "authentik and a connector of midPoint fail on such lists.",
		check: func(p *probe) {
			p.needs("filter")
			r := p.find("displayName eq " + quote(p.name())).must(200)
			if _, ok := r.value("/Resources").([]any); !ok {
				r.wrong("Resources is %s", text(r.value("/Resources")))
			}
		}},
	{ID: "N11", Level: Need, Source: "Okta (documentation)",
		Sentence: "The value of a replace without a path can contain the id.",
		Failure:  "Okta cannot rename groups or push members.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.patchWorks(m...)
			name := p.name()
			g.patch(op("replace", "", object{"id": g.id, "displayName": name})).succeeds()
			g.is("/displayName", name)
			g.has(m...)
		}},
	{ID: "N12", Level: Need, Source: "authentik (source code)",
		Sentence: "The value of a replace without a path can be the whole group, with schemas and id.",
		Failure:  "authentik can create groups but not rename them.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.patchWorks(m...)
			name := p.name()
			g.patch(op("replace", "", object{"schemas": []string{p.schema}, "id": g.id, "externalId": p.stem() + "e",
				"displayName": name})).succeeds()
			g.is("/displayName", name)
			g.is("/externalId", p.stem()+"e")
			g.has(m...)
		}},
	{ID: "N13", Level: Need, Source: "authentik (source code)",
		Sentence: "A null path is an absent path.",
		Failure:  "authentik fails for groups with many members, whose changes it sends in chunks.",
		check: func(p *probe) {
			g := p.patchWorks()
			name := p.name()
			g.patch(with(op("replace", "", object{"displayName": name}), "path", nil)).succeeds()
			g.is("/displayName", name)
		}},
	{ID: "N14", Level: Need, Source: "authentik (source code), Okta (256 members in a request were seen: ory/polis#4080)",
		Sentence: "A PATCH can have a hundred operations, or add hundreds of members.",
		Failure:  "authentik adds each member by one operation, Okta up to 256 at once: larger groups are never filled.",
		check: func(p *probe) {
			m := p.ids(256)
			g := p.patchWorks()
			var operations []object
			for _, id := range m[:100] {
				operations = append(operations, op("add", "members", elements(id)))
			}
			g.patch(operations...).succeeds()
			g.patch(op("add", "members", elements(m[100:]...))).succeeds()
			g.has(m...)
		}},
	{ID: "N15", Level: Need, Source: "Okta (documentation), Keycloak (source code of its extensions)",
		Sentence: "replace of members with an empty list removes all members.",
		Failure:  "When Okta pushes an empty group its members stay, and keep their access.",
		check: func(p *probe) {
			g := p.patchWorks(p.ids(2)...)
			g.patch(op("replace", "members", []any{})).succeeds()
			g.has()
		}},
	{ID: "N16", Level: Need, Source: "Okta's custom apps (captured), Keycloak (source code of its extensions)",
		Sentence: "PUT without members removes all members.",
		Failure:  "Keycloak leaves members out if there are none: the last ones keep their access.",
		check: func(p *probe) {
			g := p.putWorks(p.ids(2)...)
			g.put(p.group(g.name)).succeeds()
			g.has()
		}},
	{ID: "N17", Level: Need, Source: "Keycloak and others that join URLs (source code)",
		Sentence: "Paths with double slashes, or a trailing slash, are accepted.",
		Failure:  "Clients whose base URL ends with a slash get 404.",
		check: func(p *probe) {
			g := p.create()
			for _, path := range []string{"//Groups?count=1", "/Groups/?count=1", "/" + g.path(), g.path() + "/"} {
				if r := p.get(path); r.status != http.StatusPermanentRedirect && r.status != http.StatusTemporaryRedirect {
					r.want(200)
				}
			}
		}},
	{ID: "N18", Level: Need, Source: "OneLogin (captured: goauthentik/authentik#11249)",
		Sentence: "URLs with a trailing & or ? are accepted.",
		Failure:  "OneLogin cannot find groups, or cannot change them.",
		check: func(p *probe) {
			g := p.create()
			p.get("/Groups?count=1&").want(200)
			p.get(g.path() + "?").want(200)
		}},
	{ID: "N19", Level: Need, Source: "Rippling, Quickbase (documentation)",
		Sentence: "The value of an add to members can be a single object.",
		Failure:  "Rippling cannot add members.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.patchWorks()
			g.patch(op("add", "members", object{"value": m[0]})).succeeds()
			g.has(m...)
		}},
	{ID: "N20", Level: Need, Source: "Okta, OneLogin, JumpCloud (captured, documentation)",
		Sentence: "Bodies can be application/json, and can have a charset.",
		Failure: "OneLogin and JumpCloud, which send application/json, or Okta and Entra ID, which send a charset, " +
			"cannot write.",
		check: func(p *probe) {
			for _, media := range []string{"application/json", mediaType + "; charset=utf-8", "application/json;charset=UTF-8"} {
				p.post("/Groups", p.group(p.name()), "Content-Type", media).want(201)
			}
		}},
	{ID: "N21", Level: Need, Source: "Okta (documentation): it counts pages of 100",
		Sentence: "A page has 100 groups if count is 100 and there are that many.",
		Failure:  "Okta adds 100 to startIndex after each page, whatever its length: it skips groups.",
		check:    func(p *probe) { p.pageOf100() }},
	{ID: "N22", Level: Need, Source: "Entra ID, Okta, Rippling change groups concurrently (fleetdm/fleet#50724, " +
		"valon-technologies/gestalt#3162)",
		Sentence: "No member is lost when several are added concurrently.",
		Failure:  "Members are lost at random.",
		check: func(p *probe) {
			m := p.ids(8)
			g := p.patchWorks()
			var wait sync.WaitGroup
			var mu sync.Mutex
			var refused []*response
			for _, id := range m {
				wait.Go(func() {
					body := fmt.Sprintf(`{"schemas":[%s],"Operations":[{"op":"add","path":"members","value":[{"value":%s}]}]}`,
						quote(messages+"PatchOp"), quote(id))
					r, err := p.send(p.ctx, "PATCH", p.base+g.path(), body, nil)
					mu.Lock()
					defer mu.Unlock()
					switch {
					case p.ctx.Err() != nil:
					case err != nil:
						p.wrong("there is no response: %v", err)
					case r.status >= 300:
						refused = append(refused, newResponse(p, r, r.show("PATCH", p.base+g.path(), body, nil)))
					}
				})
			}
			wait.Wait()
			if len(refused) > 0 {
				refused[0].wrong("of %d members who were added at the same time, %d were refused", len(m), len(refused))
				return
			}
			g.has(m...)
		}},
	{ID: "N23", Level: Need, Source: "FusionAuth/fusionauth-issues#2784: members after the first hundred were lost",
		Sentence: "A group of 150 members keeps all of them when one is added or it is renamed.",
		Failure:  "Large groups lose members with each change.",
		check: func(p *probe) {
			m := p.ids(151)
			g := p.patchWorks(m[:150]...)
			g.patch(op("add", "members", elements(m[150]))).succeeds()
			g.patch(op("replace", "displayName", p.name())).succeeds()
			g.has(m...)
		}},
	{ID: "N24", Level: Need, Source: "Okta's custom apps (captured)",
		Sentence: "PUT accepts members with a null display.",
		Failure:  "Okta's custom apps cannot change groups.",
		check: func(p *probe) {
			m := p.ids(1)
			g := p.putWorks()
			g.put(with(p.group(g.name), "id", g.id, "members", []object{{"value": m[0], "display": nil}})).must(200)
			g.has(m...)
		}},
	{ID: "N25", Level: Need, Source: "Entra ID: groups in groups (Azure samples)",
		Sentence: "A group can be a member of a group.",
		Failure:  "Entra ID cannot provision nested groups.",
		check: func(p *probe) {
			child, parent := p.create(), p.patchWorks()
			parent.patch(op("add", "members", elements(child.id))).succeeds()
			parent.has(child.id)
		}},
}

// pageOf100 notes whether the service has pages of less than 100 groups.
func (p *probe) pageOf100() {
	r := p.get("/Groups?startIndex=1&count=100&attributes=displayName").must(200)
	for missing := 100 - r.total(); missing > 0; missing-- {
		p.create()
	}
	r = p.get("/Groups?startIndex=1&count=100&attributes=displayName").must(200)
	if n := len(r.list("/Resources")); n != 100 {
		r.wrong("the page has %d groups of %d, and should have 100", n, r.total())
	}
}

// hasType reports whether an authentication scheme of a type is published.
func (p *probe) hasType(types ...string) bool {
	list, _ := at(p.config, "/authenticationSchemes")
	schemes, _ := list.([]any)
	return slices.ContainsFunc(schemes, func(s any) bool {
		t, _ := at(s, "/type")
		name, _ := t.(string)
		return slices.Contains(types, strings.ToLower(name))
	})
}
