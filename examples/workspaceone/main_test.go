package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/scimtest"
	"github.com/scimgroups/scimgroups/scim/workspaceone"
	"github.com/scimgroups/scimgroups/store"
)

func TestTheTranscriptOfWorkspaceONEAccessPasses(t *testing.T) {
	onEachStore(t, func(t *testing.T, _ workspaceone.Groups, service *http.ServeMux) {
		scimtest.Recorded(t, "workspace-one-access").Replay(t, scimtest.Target{Handler: service, URL: base, Token: transcriptToken})
	})
}

// One test for each sentence of the documentation of Workspace ONE Access (the
// swagger.json and the wiki of github.com/vmware/idm) and of what its clients were
// seen to send. Users and Roles are not the business of this service.
var sentences = []struct {
	name string
	test func(c *client)
}{
	{"the API is at /SAAS/jersey/manager/api/scim", func(c *client) {
		c.do("GET", "/Groups", "").is(200)
	}},
	{"groups have no PUT", func(c *client) {
		id := c.create("a").id()
		a := c.do("PUT", "/Groups/"+id, `{`+schemas1+`,"displayName":"b"}`).is(405)
		if allow := a.header.Get("Allow"); strings.Contains(allow, "PUT") || !strings.Contains(allow, "PATCH") {
			c.t.Error("Allow is", allow)
		}
		c.override = "PUT"
		c.do("POST", "/Groups/"+id, `{`+schemas1+`,"displayName":"b"}`).is(405)
	}},
	{"/Schemas needs a filter by name eq, and answers anything else 400", func(c *client) {
		c.do("GET", "/Schemas?filter=name+eq+%22Group%22", "").is(200).has(`"id":"urn:scim:schemas:core:1.0:Group"`).has(`"totalResults":1`)
		c.do("GET", "/Schemas", "").is(400)
		c.do("GET", "/Schemas?filter=name+co+%22Group%22", "").is(400)
		c.do("GET", "/Schemas?filter=id+eq+%22Group%22", "").is(400)
	}},
	{"a request without a bearer token, or with a wrong one, is answered 401", func(c *client) {
		c.token = ""
		c.do("GET", "/Groups", "").is(401)
		c.token = "wrong"
		c.do("GET", "/Groups", "").is(401)
	}},
	{"answers are application/json", func(c *client) {
		for _, a := range []*answer{c.create("a"), c.do("GET", "/Groups", ""), c.do("GET", "/Groups/x", "")} {
			if got := a.header.Get("Content-Type"); got != "application/json" {
				c.t.Error("the media type is", got)
			}
		}
	}},
	{"attributes is a list with commas, in which names may have their URN", func(c *client) {
		c.createWith("a", `{"email":"a@acme.com","domain":"acme.com"}`)
		c.do("GET", "/Groups?attributes=displayName,"+extension+":email", "").is(200).
			has(`"email":"a@acme.com"`).hasNot("domain").hasNot("meta").hasNot("members").has(`"id":`)
	}},
	{"attributes may name meta.version and end in a comma", func(c *client) {
		id := c.create("a").id()
		c.do("GET", "/Groups/"+id+"?attributes=displayName,meta.version,", "").is(200).has(`"version":`).hasNot("created").hasNot(extension + `":{`)
	}},
	{"attributes may name a sub-attribute of the extension", func(c *client) {
		child := c.create("child").id()
		c.create("parent", child)
		c.do("GET", "/Groups/"+child+"?attributes="+extension+":parents.display", "").is(200).has(`"parents":[{"display":"parent"}]`)
	}},
	{"a filter has eq, co, sw, gt, ge, lt and le", func(c *client) {
		c.create("a")
		c.create("b")
		for text, want := range map[string]string{`displayName eq "a"`: "a", `displayName co "b"`: "b", `displayName sw "B"`: "b",
			`displayName gt "a"`: "b", `displayName ge "a"`: "a b", `displayName lt "b"`: "a", `displayName le "b"`: "a b", `displayName pr`: "a b"} {
			if got := c.find(text).names(); got != want {
				c.t.Errorf("%s answers %q", text, got)
			}
		}
	}},
	{"a list has 20 groups unless count says otherwise", func(c *client) {
		for i := range 21 {
			c.create("g" + strconv.Itoa(i))
		}
		c.do("GET", "/Groups", "").is(200).has(`"itemsPerPage":20`).has(`"totalResults":21`)
		c.do("POST", "/Groups/.search", `{}`).is(200).has(`"itemsPerPage":20`)
		c.do("GET", "/Groups?count=5&startIndex=20", "").is(200).has(`"itemsPerPage":2`)
	}},
	{"sortOrder is ascending or descending", func(c *client) {
		c.create("b")
		c.create("a")
		if got := c.do("GET", "/Groups?sortBy=displayName&sortOrder=ascending", "").names(); got != "a b" {
			c.t.Error("ascending is", got)
		}
		if got := c.do("GET", "/Groups?sortBy=displayName&sortOrder=descending", "").names(); got != "b a" {
			c.t.Error("descending is", got)
		}
	}},
	{"a bad filter or sortBy is answered 400", func(c *client) {
		c.find(`displayName eq`).is(400)
		c.find(`displayName xx "a"`).is(400)
		c.find(`nothing eq "a"`).is(400)
		c.do("GET", "/Groups?sortBy=nothing", "").is(400)
	}},
	{"an unusable count or startIndex is answered 404", func(c *client) {
		c.do("GET", "/Groups?count=many", "").is(404)
		c.do("GET", "/Groups?startIndex=first", "").is(404)
	}},
	{"a group is created with schemas and displayName, and answered 201 with the asked attributes", func(c *client) {
		c.do("POST", "/Groups?attributes=displayName", `{`+schemas1+`,"displayName":"test-group"}`).is(201).
			has(`"displayName":"test-group"`).has(`"id":`).hasNot("meta")
	}},
	{"a displayName that is taken is answered 409", func(c *client) {
		c.create("a")
		c.do("POST", "/Groups", `{`+schemas1+`,"displayName":"A"}`).is(409)
	}},
	{"a missing or invalid displayName is answered 400", func(c *client) {
		c.do("POST", "/Groups", `{`+schemas1+`}`).is(400)
		c.do("POST", "/Groups", `{`+schemas1+`,"displayName":""}`).is(400)
		c.do("POST", "/Groups", `{`+schemas1+`,"displayName":7}`).is(400)
	}},
	{"a group is read with the asked attributes", func(c *client) {
		id := c.create("a", "u1").id()
		c.do("GET", "/Groups/"+id+"?attributes=displayName", "").is(200).has(`"displayName":"a"`).hasNot("members")
		c.do("GET", "/Groups/nothing", "").is(404)
	}},
	{"a group is deleted with 204, and then answered 404", func(c *client) {
		id := c.create("a").id()
		c.do("DELETE", "/Groups/"+id, "").is(204)
		c.do("DELETE", "/Groups/"+id, "").is(404)
	}},
	{"a search has no schemas, and its attributes and excludedAttributes are strings with commas", func(c *client) {
		c.createWith("internal-1", `{"email":"a@acme.com"}`)
		c.do("POST", "/Groups/.search", `{"filter":"displayName co \"internal\"","attributes":"displayName","sortBy":"displayName"}`).
			is(200).has(`"displayName":"internal-1"`).hasNot("meta")
		c.do("POST", "/Groups/.search", `{"excludedAttributes":"meta,`+extension+`:email,"}`).is(200).hasNot(`"meta"`).hasNot("a@acme.com")
		c.do("POST", "/Groups/.search", `{"filter":"displayName"}`).is(400)
		c.do("POST", "/Groups/.search", `{"startIndex":0,"count":20}`).is(200).has(`"totalResults":1`)
	}},
	{"a PATCH has only what changes, and is answered 204", func(c *client) {
		id := c.create("a", "u1").id()
		c.patch(id, `{`+schemas1+`,"externalId":"x"}`).is(204)
		c.get(id).has(`"externalId":"x"`).has(`"displayName":"a"`).has(`"u1"`)
	}},
	{"a PATCH that is no JSON is answered 400", func(c *client) {
		c.patch(c.create("a").id(), `{"displayName":`).is(400)
	}},
	{"a POST with X-HTTP-Method-Override: PATCH is a PATCH", func(c *client) {
		id := c.create("a").id()
		c.override = "PATCH"
		c.do("POST", "/Groups/"+id, `{`+schemas1+`,"members":[{"value":"u1","type":"User"}]}`).is(204)
		c.do("POST", "/Groups/"+id, `{`+schemas1+`,"members":[{"value":"u2","type":"User"}]}`).is(204)
		c.do("POST", "/Groups/"+id, `{`+schemas1+`,"members":[{"value":"u1","type":"User","operation":"delete"}]}`).is(204)
		if got := c.get(id).members(); got != "u2" {
			c.t.Error("the members are", got)
		}
	}},
	{"a PATCH may come without schemas", func(c *client) {
		id := c.create("a").id()
		c.patch(id, `{"members":[{"value":"u1"}]}`).is(204)
		c.patch(id, `{"displayName":"b"}`).is(204)
		if got := c.get(id).has(`"displayName":"b"`).members(); got != "u1" {
			c.t.Error("the members are", got)
		}
	}},
	{"the name inside an object, a slip of the documentation, is answered 400 and not overlooked", func(c *client) {
		c.patch(c.create("a").id(), `{"name":{"displayName":"updated group name"}}`).is(400)
	}},
	{"members may be one object", func(c *client) {
		id := c.create("a").id()
		c.patch(id, `{`+schemas1+`,"members":{"value":"u1","type":"User"}}`).is(204)
		if got := c.get(id).members(); got != "u1" {
			c.t.Error("the members are", got)
		}
	}},
	{"a list has totalResults, startIndex, itemsPerPage, Resources and the core schema", func(c *client) {
		a := c.do("GET", "/Groups", "").is(200).has(schemas1)
		for _, name := range []string{"totalResults", "startIndex", "itemsPerPage", "Resources"} {
			if _, there := a.json[name]; !there {
				c.t.Error("there is no", name)
			}
		}
	}},
	{"a group has a UUID, an externalId, members with value, type and display, and meta without resourceType", func(c *client) {
		id := c.do("POST", "/Groups", `{`+schemas1+`,"displayName":"a","externalId":"x","members":[{"value":"u1","type":"User","display":"Ada"}]}`).is(201).id()
		if len(id) != 36 || strings.Count(id, "-") != 4 {
			c.t.Error("the id is", id)
		}
		a := c.get(id).has(`"externalId":"x"`).has(`"value":"u1"`).has(`"type":"User"`).has(`"display":"Ada"`).hasNot("resourceType").
			has(`"schemas":["urn:scim:schemas:core:1.0","` + extension + `"]`)
		meta := a.json["meta"].(map[string]any)
		for _, name := range []string{"created", "lastModified", "location", "version"} {
			if meta[name] == nil {
				c.t.Error("meta has no", name)
			}
		}
		if meta["location"] != c.url+"/Groups/"+id {
			c.t.Error("the location is", meta["location"])
		}
	}},
	{"a new group is internal and of the System Domain", func(c *client) {
		e := c.get(c.create("a").id()).extension()
		if e["internalGroupType"] != "INTERNAL" || e["domain"] != "System Domain" {
			c.t.Error("the extension is", e)
		}
	}},
	{"a new group keeps the type and domain that it comes with", func(c *client) {
		id := c.createWith("a", `{"internalGroupType":"EXTERNAL","domain":"acme.com"}`).id()
		e := c.get(id).extension()
		if e["internalGroupType"] != "EXTERNAL" || e["domain"] != "acme.com" {
			c.t.Error("the extension is", e)
		}
	}},
	{"internalGroupType is EXTERNAL, DYNAMIC, INTERNAL or ALL_USERS", func(c *client) {
		for _, kind := range []string{"EXTERNAL", "DYNAMIC", "INTERNAL", "ALL_USERS"} {
			c.createWith(kind, `{"internalGroupType":"`+kind+`"}`)
			if got := c.find(`internalGroupType eq "` + kind + `"`).names(); got != kind {
				c.t.Errorf("%s finds %q", kind, got)
			}
		}
	}},
	{"compositionRules are JSON in a string, and come back as they were", func(c *client) {
		rules := `{"addedUserIds":[],"excludedUserIds":[],"rule":{"type":"internalGroup","groupId":"00000000-0000-0000-0000-000000000001"}}`
		quoted, _ := json.Marshal(rules)
		id := c.createWith("a", `{"compositionRules":`+string(quoted)+`}`).id()
		if got := c.get(id).extension()["compositionRules"]; got != rules {
			c.t.Error("the rules are", got)
		}
	}},
	{"parents are the whole ancestry of a group, with value and display", func(c *client) {
		child := c.create("child").id()
		mother := c.create("mother", child).id()
		c.create("grandmother", mother)
		father := c.create("father", child).id()
		a := c.get(child)
		if got := a.has(`"value":"` + father + `"`).parents(); got != "mother grandmother father" {
			c.t.Error("the parents are", got)
		}
		if got := c.get(mother).parents(); got != "grandmother" {
			c.t.Error("the parents of the mother are", got)
		}
		c.find(`displayName eq "child"`).is(200).has(`"display":"grandmother"`)
		c.patch(father, `{"members":[{"value":"`+child+`","operation":"delete"}]}`).is(204)
		if got := c.get(child).parents(); got != "mother grandmother" {
			c.t.Error("the parents are", got)
		}
	}},
	{"parents are read-only", func(c *client) {
		id := c.createWith("a", `{"parents":[{"value":"x","display":"forged"}]}`).id()
		c.patch(id, `{"`+extension+`":{"parents":[{"value":"x","display":"forged"}],"description":"d"}}`)
		c.get(id).hasNot("forged").hasNot("parents")
	}},
	{"groups are found and sorted by their parents, in pages too", func(c *client) {
		child, other := c.create("child").id(), c.create("other").id()
		mother := c.create("mother", child, other).id()
		c.create("grandmother", mother)
		for text, want := range map[string]string{
			`parents.display eq "mother"`:                                                 "child other",
			`parents.value eq "` + mother + `"`:                                           "child other",
			`parents[display eq "grandmother" and type eq "Group"]`:                       "child mother other",
			extension + `:parents pr`:                                                     "child mother other",
			`not (parents pr)`:                                                            "grandmother",
			`parents.display eq "mother" and displayName sw "o"`:                          "other",
			`parents.display eq "grandmother" and members.value eq "` + child + `"`:       "mother",
			`parents.display co "moth" and internalGroupType eq "INTERNAL" and id pr`:     "child mother other",
			`parents.display eq "nobody" or members.value eq "` + mother + `"`:            "grandmother",
			`parents.display eq "mother" and ` + extension + `:domain eq "System Domain"`: "child other",
		} {
			if got := c.find(text).names(); got != want {
				c.t.Errorf("%s answers %q, want %q", text, got, want)
			}
		}
		if got := c.do("GET", "/Groups?filter=parents+pr&sortBy=displayName&startIndex=2&count=1", "").has(`"totalResults":3`).names(); got != "mother" {
			c.t.Error("the page is", got)
		}
		if got := c.do("GET", "/Groups?sortBy=parents.display&attributes=displayName", "").names(); got != "mother child other grandmother" {
			c.t.Error("the order is", got)
		}
	}},
	{"errors are a list of code, message and parameters", func(c *client) {
		a := c.do("GET", "/Groups/nothing", "").is(404)
		list, _ := a.json["errors"].([]any)
		if len(list) != 1 || len(a.json) != 1 {
			c.t.Fatal("the error is", a.text)
		}
		e := list[0].(map[string]any)
		if _, there := e["parameters"]; e["code"] != "not.found" || e["message"] == "" || !there || e["parameters"] != nil {
			c.t.Error("the error is", a.text)
		}
	}},
	{"an attribute of the extension may be named without its URN in a filter", func(c *client) {
		c.create("a")
		c.createWith("b", `{"domain":"acme.com"}`)
		if got := c.find(`domain eq "System Domain"`).names(); got != "a" {
			c.t.Error("the groups are", got)
		}
		if got := c.find(`domain eq "acme.com"`).names(); got != "b" {
			c.t.Error("the groups are", got)
		}
	}},
	{"externalId can be searched with co, and names are in any letter case", func(c *client) {
		c.do("POST", "/Groups", `{`+schemas1+`,"displayName":"a","externalId":"aad-77"}`).is(201)
		if got := c.find(`EXTERNALID co "77"`).names(); got != "a" {
			c.t.Error("the groups are", got)
		}
	}},
	{"a count of 10000 is served, and a name is found in any letter case", func(c *client) {
		c.create("all users")
		if got := c.do("GET", "/Groups?count=10000&filter=displayName+eq+%22ALL+USERS%22", "").names(); got != "all users" {
			c.t.Error("the groups are", got)
		}
	}},
	{"startIndex=0 is the first page, and pageSize is ignored", func(c *client) {
		c.create("a")
		c.create("b")
		if got := c.do("GET", "/Groups?startIndex=0&pageSize=1&sortBy=displayName", "").names(); got != "a b" {
			c.t.Error("the groups are", got)
		}
	}},
	{"members are part of a group with value and display", func(c *client) {
		id := c.create("a").id()
		c.patch(id, `{"members":[{"value":"u1","display":"Ada"}]}`).is(204)
		c.get(id).has(`"value":"u1"`).has(`"display":"Ada"`)
	}},
	{"the service has no /Me, and Users and Roles are served elsewhere", func(c *client) {
		c.do("GET", "/Me", "").is(501)
		c.do("GET", "/Users", "").is(404)
		c.do("GET", "/Roles", "").is(404)
	}},
}

func TestEverySentenceAboutWorkspaceONEAccessHolds(t *testing.T) {
	onEachStore(t, func(t *testing.T, groups workspaceone.Groups, service *http.ServeMux) {
		for _, s := range sentences {
			t.Run(s.name, func(t *testing.T) {
				c, _ := newClients(t, service)
				s.test(c)
				deleteAll(t, groups)
			})
		}
	})
}

func deleteAll(t *testing.T, groups workspaceone.Groups) {
	t.Helper()
	page, err := groups.List(t.Context(), store.Query{Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	for i := range page.Groups {
		if _, err := groups.Delete(t.Context(), page.Groups[i].ID, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// Each attribute of the extension can be set, found, sorted by, asked for, changed
// and cleared.
func TestEveryAttributeOfTheExtensionIsWhole(t *testing.T) {
	onEachStore(t, func(t *testing.T, groups workspaceone.Groups, service *http.ServeMux) {
		for _, a := range []struct{ name, first, second string }{
			{"distinguishedName", `"CN=all-admin-users,CN=Users,DC=acme,DC=com"`, `"CN=b,DC=acme,DC=com"`},
			{"internalGroupType", `"DYNAMIC"`, `"EXTERNAL"`},
			{"domain", `"acme.com"`, `"bcme.com"`},
			{"description", `"a, and \"more\""`, `"b"`},
			{"compositionRules", `"{\"addedUserIds\":[]}"`, `"{\"rule\":{}}"`},
			{"compositionRulesV2", `false`, `true`},
			{"userStoreUuid", `"0c21a7e2-0000-4000-8000-000000000001"`, `"0c21a7e2-0000-4000-8000-000000000002"`},
			{"email", `"a@acme.com"`, `"b@acme.com"`},
		} {
			t.Run(a.name, func(t *testing.T) {
				c, _ := newClients(t, service)
				defer deleteAll(t, groups)
				second := c.createWith("second", `{"`+a.name+`":`+a.second+`}`).id()
				c.createWith("first", `{"`+a.name+`":`+a.first+`}`)
				if got := c.find(a.name + ` eq ` + a.first).names(); got != "first" {
					t.Error("without its URN it finds", got)
				}
				if got := c.find(extension + `:` + a.name + ` eq ` + a.second).names(); got != "second" {
					t.Error("with its URN it finds", got)
				}
				if got := c.do("GET", "/Groups?sortBy="+extension+":"+a.name, "").names(); got != "first second" {
					t.Error("the order is", got)
				}
				c.do("GET", "/Groups/"+second+"?attributes="+extension+":"+a.name, "").is(200).
					has(`"` + extension + `":{"` + a.name + `":` + a.second + `}`).hasNot("displayName")
				c.patch(second, `{"`+extension+`":{"`+a.name+`":`+a.first+`}}`).is(204)
				if got := c.find(a.name + ` eq ` + a.first + ` and displayName eq "second"`).names(); got != "second" {
					t.Error("after the change it finds", got)
				}
				c.patch(second, `{"meta":{"attributes":["`+extension+`:`+a.name+`"]}}`).is(204)
				if value, there := c.get(second).extension()[a.name]; there {
					t.Error("after it was cleared it is", value)
				}
			})
		}
	})
}

// One test for each sentence about groups of SCIM 1.1 (draft-scim-api-01, §3.3.2),
// in its plain flavour.
var sentences11 = []struct {
	name string
	test func(c *client)
}{
	{"a PATCH is a partial resource that is merged", func(c *client) {
		id := c.create("a", "u1").id()
		c.patch(id, `{`+schemas1+`,"displayName":"b"}`).is(204)
		c.get(id).has(`"displayName":"b"`).has(`"u1"`)
	}},
	{"values are merged by their value", func(c *client) {
		id := c.create("a", "u1", "u2").id()
		c.patch(id, `{`+schemas1+`,"members":[{"value":"u2"},{"value":"u3"}]}`).is(204)
		if got := c.get(id).members(); got != "u1 u2 u3" {
			c.t.Error("the members are", got)
		}
	}},
	{"operation delete removes a value, and is neither kept nor answered", func(c *client) {
		id := c.create("a", "u1").id()
		c.patch(id, `{`+schemas1+`,"members":[{"value":"u1","operation":"delete"},{"value":"u2"},{"value":"u9","operation":"delete"}]}`).is(204)
		if got := c.get(id).hasNot("operation").members(); got != "u2" {
			c.t.Error("the members are", got)
		}
		c.patch(id, `{`+schemas1+`,"members":[{"value":"u2","operation":"explode"}]}`).is(400)
	}},
	{"meta.attributes clears before the rest is merged", func(c *client) {
		id := c.create("a", "u1", "u2").id()
		c.patch(id, `{`+schemas1+`,"meta":{"attributes":["members","externalId"]},"members":[{"value":"u3"}]}`).is(204)
		if got := c.get(id).members(); got != "u3" {
			c.t.Error("the members are", got)
		}
	}},
	{"a PATCH is answered 204, or 200 with what was asked for", func(c *client) {
		id := c.create("a").id()
		c.patch(id, `{"externalId":"x"}`).is(204)
		c.patch(id+"?attributes=externalId", `{"externalId":"y"}`).is(200).has(`"externalId":"y"`)
	}},
	{"errors are a list of description and code, which is a string", func(c *client) {
		c.do("GET", "/Groups/nothing", "").is(404).has(`{"Errors":[{"description":`).has(`"code":"404"`)
	}},
	{"the core schema is also that of a list", func(c *client) {
		c.do("GET", "/Groups", "").is(200).has(`{` + schemas1)
	}},
	{"the configuration is at /ServiceProviderConfigs", func(c *client) {
		c.do("GET", "/ServiceProviderConfigs", "").is(200).has(schemas1).has(`"patch":{"supported":true}`)
	}},
	{"the schema of groups is at /Schemas/Group", func(c *client) {
		c.do("GET", "/Schemas/Group", "").is(200).has(`"endpoint":"/Groups"`)
	}},
	{"a filter has eq, co, sw, pr, gt, ge, lt and le", func(c *client) {
		c.create("a")
		c.create("b")
		for text, want := range map[string]string{`displayName eq "a"`: "a", `displayName co "b"`: "b", `displayName sw "B"`: "b", `displayName pr`: "a b",
			`displayName gt "a"`: "b", `displayName ge "a"`: "a b", `displayName lt "b"`: "a", `displayName le "b"`: "a b"} {
			if got := c.find(text).names(); got != want {
				c.t.Errorf("%s answers %q", text, got)
			}
		}
	}},
	{"X-HTTP-Method-Override is obeyed", func(c *client) {
		id := c.create("a").id()
		c.override = "DELETE"
		c.do("POST", "/Groups/"+id, "").is(204)
	}},
	{"a PUT replaces a group", func(c *client) {
		id := c.create("a", "u1").id()
		c.do("PUT", "/Groups/"+id, `{`+schemas1+`,"displayName":"b","members":[{"value":"u2"}]}`).is(200).has(`"u2"`).hasNot(`"u1"`)
	}},
	{"meta.version is the ETag", func(c *client) {
		a := c.get(c.create("a").id())
		if got := a.json["meta"].(map[string]any)["version"]; got != a.header.Get("ETag") {
			c.t.Error("the version is", got)
		}
	}},
	{"a PATCH with Operations is that of SCIM 2.0, every other one is a merge", func(c *client) {
		id := c.create("a", "u1").id()
		c.patch(id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members"}]}`).is(204)
		c.patch(id, `{"members":[{"value":"u2"}]}`).is(204)
		if got := c.get(id).members(); got != "u2" {
			c.t.Error("the members are", got)
		}
	}},
}

func TestEverySentenceAboutSCIM11Holds(t *testing.T) {
	onEachStore(t, func(t *testing.T, groups workspaceone.Groups, _ *http.ServeMux) {
		service, err := scim.NewHandler(scim.Config{
			Groups:     workspaceone.NewDirectory(groups),
			Auth:       scim.Auth{Authenticator: scim.BearerTokens(transcriptToken)},
			Dialect:    scim.SCIM11,
			Extensions: []filter.Extension{workspaceone.Extension()},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sentences11 {
			t.Run(s.name, func(t *testing.T) {
				c, _ := newClients(t, service)
				s.test(c)
				deleteAll(t, groups)
			})
		}
	})
}

func TestParentsAreNeverStored(t *testing.T) {
	onEachStore(t, func(t *testing.T, groups workspaceone.Groups, service *http.ServeMux) {
		one, two := newClients(t, service)
		child := one.create("child").id()
		one.create("parent", child)
		forged := `"` + extension + `":{"parents":[{"value":"x"}],"description":"d"}`
		one.patch(child, `{`+forged+`}`)
		two.do("PUT", "/Groups/"+child, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","`+extension+`"],"displayName":"child",`+forged+`}`).is(200)
		if got := two.get(child).parents(); got != "parent" {
			t.Error("the parents are", got)
		}
		g, err := groups.Get(t.Context(), child, store.Selection{Extensions: true})
		if err != nil {
			t.Fatal(err)
		}
		if attributes := g.Extensions[extension]; attributes["parents"] != nil || attributes["description"] != "d" {
			t.Error("the store has", attributes)
		}
	})
}

func TestACircleOfGroupsDoesNoHarm(t *testing.T) {
	onEachStore(t, func(t *testing.T, _ workspaceone.Groups, service *http.ServeMux) {
		c, _ := newClients(t, service)
		a := c.create("a").id()
		b := c.create("b", a).id()
		c.patch(a, `{"members":[{"value":"`+b+`","type":"Group"}]}`).is(204)
		if got := c.get(a).parents(); got != "a b" {
			t.Error("the parents are", got)
		}
		if got := c.find(`parents pr`).names(); got != "a b" {
			t.Error("the groups are", got)
		}
	})
}

func TestTheClientsOfBothProtocolsSeeEachOthersChanges(t *testing.T) {
	onEachStore(t, func(t *testing.T, _ workspaceone.Groups, service *http.ServeMux) {
		one, two := newClients(t, service)
		id := one.create("developers", "u1").id()
		two.get(id).has(schemas2[:len(schemas2)-1]).has(`"resourceType":"Group"`).has(`"domain":"System Domain"`).has(`"u1"`)
		two.patch(id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
			{"op":"add","path":"members","value":[{"value":"u2"}]},
			{"op":"replace","path":"`+extension+`:domain","value":"acme.com"},
			{"op":"replace","path":"displayName","value":"engineers"}]}`).is(204)
		if got := one.find(`domain eq "acme.com"`).names(); got != "engineers" {
			t.Error("the 1.1 client finds", got)
		}
		before := two.get(id).header.Get("ETag")
		one.patch(id, `{"members":[{"value":"u1","operation":"delete"},{"value":"u3"}]}`).is(204)
		a := two.get(id)
		if got := a.members(); got != "u2 u3" {
			t.Error("the 2.0 client sees", got)
		}
		if a.header.Get("ETag") == before {
			t.Error("the version did not change")
		}
		other := two.create("others").id()
		one.do("POST", "/Groups", `{`+schemas1+`,"displayName":"OTHERS"}`).is(409)
		if got := one.get(other).extension()["internalGroupType"]; got != "INTERNAL" {
			t.Error("a group of the 2.0 client is", got)
		}
		one.do("DELETE", "/Groups/"+id, "").is(204)
		two.do("GET", "/Groups/"+id, "").is(404).has(`"urn:ietf:params:scim:api:messages:2.0:Error"`)
		one.do("GET", "/Groups/"+id, "").is(404).has(`"errors"`)
	})
}

// Clients of both protocols write to one group at a time, and nothing is lost.
func TestTheClientsOfBothProtocolsWorkAtTheSameTime(t *testing.T) {
	onEachStore(t, func(t *testing.T, _ workspaceone.Groups, service *http.ServeMux) {
		one, two := newClients(t, service)
		id := one.create("developers", "leaver-1", "leaver-2").id()
		const writers, each = 4, 15
		failed := make(chan string, 2*writers*each)
		done := make(chan bool)
		for w := range writers {
			for c, body := range map[*client]func(value string) string{
				one: func(v string) string { return `{"members":[{"value":"one-` + v + `"}]}` },
				two: func(v string) string {
					return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":"two-` + v + `"}]}]}`
				},
			} {
				go func() {
					for i := range each {
						if a := c.patch(id, body(strconv.Itoa(w*each+i))); a.status != 204 {
							failed <- a.text
						}
					}
					done <- true
				}()
			}
		}
		for range 2 * writers {
			<-done
		}
		close(failed)
		for text := range failed {
			t.Error(text)
		}
		one.patch(id, `{"members":[{"value":"leaver-1","operation":"delete"}]}`).is(204)
		two.patch(id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members[value eq \"leaver-2\"]"}]}`).is(204)
		for _, c := range []*client{one, two} {
			got := c.get(id).hasNot("leaver").members()
			if n := len(strings.Fields(got)); n != 2*writers*each {
				t.Errorf("there are %d members: %s", n, got)
			}
		}
	})
}

func TestTheProgramServesUntilItIsStopped(t *testing.T) {
	t.Setenv("WORKSPACEONE_SECRET", "")
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-addr", "127.0.0.1:0", "-store", "memory:", "-url", "https://access.example.com/"}, writer)
		writer.Close()
	}()
	lines := bufio.NewScanner(reader)
	line := func(prefix string) string {
		if !lines.Scan() {
			t.Fatal(<-ended)
		}
		value, ok := strings.CutPrefix(lines.Text(), prefix)
		if !ok {
			t.Fatal(lines.Text())
		}
		return value
	}
	secret, url := line("secret: "), line("listening on ")
	r, err := http.NewRequestWithContext(ctx, "POST", url+tokenPath+"?grant_type=client_credentials", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("provisioning", secret)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&token); err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, url: url + base, token: token.AccessToken}
	c.create("a").has(`"location":"https://access.example.com` + base + `/Groups/`)
	c.token = "x." + c.token
	c.do("GET", "/Groups", "").is(401)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestArgumentsThatMeanNothingAreRefused(t *testing.T) {
	for _, args := range [][]string{{"-nothing"}, {"more"}, {"-store", "paper:"}, {"-store", "sqlite:"}, {"-store", "memory:", "-url", "access"}} {
		if err := run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}
