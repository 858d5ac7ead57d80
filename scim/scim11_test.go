package scim_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/workspaceone"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

const (
	core11 = "urn:scim:schemas:core:1.0"
	ws1    = "urn:scim:schemas:extension:workspace:1.0"
)

// old sends a request of SCIM 1.1 and checks of the answer what must hold for
// every one: application/json, one JSON object, and nothing of SCIM 2.0 in it.
func old(t testing.TB, h http.Handler, method, path, body string, headers ...string) answer {
	t.Helper()
	r := httptest.NewRequest(method, "/scim/v1"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	r.URL.Path = strings.TrimPrefix(r.URL.Path, "/scim/v1")
	r.URL.RawPath = strings.TrimPrefix(r.URL.RawPath, "/scim/v1")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header(), text: w.Body.String()}
	if a.status == http.StatusNoContent || method == http.MethodHead {
		if a.text != "" {
			t.Errorf("%d has content: %s", a.status, a.text)
		}
		return a
	}
	if kind := a.header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("Content-Type is %q", kind)
	}
	if err := json.Unmarshal([]byte(a.text), &a.doc); err != nil {
		t.Errorf("%s %s: the content of %d is no JSON object: %v\n%s", method, path, a.status, err, shortened(a.text))
	}
	for _, newer := range []string{"urn:ietf", "scimType", `"operation"`} {
		if strings.Contains(a.text, newer) && !strings.Contains(path, "Schemas") {
			t.Errorf("%s is in the answer to %s %s: %s", newer, method, path, shortened(a.text))
		}
	}
	return a
}

// code checks the status and what the dialect's error says of it.
func (a answer) code(t testing.TB, status int, pointer, want string) answer {
	t.Helper()
	if a.status != status {
		t.Errorf("got %d, want %d: %s", a.status, status, shortened(a.text))
	}
	if got := a.str(pointer); status >= 400 && got != want {
		t.Errorf("%s is %q, want %q: %s", pointer, got, want, a.text)
	}
	return a
}

func status11(t testing.TB, a answer, status int) answer {
	t.Helper()
	return a.code(t, status, "/Errors/0/code", strconv.Itoa(status))
}

func handler11(t testing.TB, groups store.GroupStore) http.Handler {
	t.Helper()
	return newHandler(t, scim.Config{Groups: groups, Dialect: scim.SCIM11, Extensions: extensions(t, siteExtension)})
}

func group11(attributes string) string { return message(core11, attributes) }

func members11(t testing.TB, h http.Handler, id string) []string {
	t.Helper()
	a := old(t, h, "GET", "/Groups/"+pathEscaped(id), "").ok(t)
	return a.values()
}

// The partial groups that SCIM 1.1 patches with (draft-scim-api-01 §3.3.2), over
// HTTP: merged by value, "operation":"delete", meta.attributes.
func TestSCIM11MergesAPartialGroup(t *testing.T) {
	for _, c := range []struct {
		name, body string
		status     int
		members    []string // sorted
		display    string   // of the group
	}{
		{"members are added to those that are there", group11(`"members":[{"value":"c","type":"User"}]`), 204, []string{"a", "b", "c"}, "G"},
		{"a member that is there stays once", group11(`"members":[{"value":"a"},{"value":"c"},{"value":"c"}]`), 204, []string{"a", "b", "c"}, "G"},
		{"a member with operation delete is removed", group11(`"members":[{"value":"a","operation":"delete"}]`), 204, []string{"b"}, "G"},
		{"operation has no letter case", group11(`"members":[{"value":"a","Operation":"DELETE"}]`), 204, []string{"b"}, "G"},
		{"operation null is none", group11(`"members":[{"value":"c","operation":null}]`), 204, []string{"a", "b", "c"}, "G"},
		{"a member that is not there can be removed", group11(`"members":[{"value":"z","operation":"delete"}]`), 204, []string{"a", "b"}, "G"},
		{"members are added and removed in one request", group11(`"members":[{"value":"a","operation":"delete"},{"value":"c"}]`), 204, []string{"b", "c"}, "G"},
		{"the order within a request counts", group11(`"members":[{"value":"c"},{"value":"c","operation":"delete"},{"value":"a","operation":"delete"},{"value":"a"}]`), 204, []string{"a", "b"}, "G"},
		{"another operation is refused", group11(`"members":[{"value":"c","operation":"add"}]`), 400, []string{"a", "b"}, "G"},
		{"schemas may be missing", `{"members":[{"value":"c"}]}`, 204, []string{"a", "b", "c"}, "G"},
		{"the name alone can be changed", `{"displayName":"H"}`, 204, []string{"a", "b"}, "H"},
		{"members may be one object", `{"members":{"value":"c","type":"User"}}`, 204, []string{"a", "b", "c"}, "G"},
		{"one object can be deleted", `{"members":{"value":"a","operation":"delete"}}`, 204, []string{"b"}, "G"},
		{"an empty list changes nothing", `{"members":[]}`, 204, []string{"a", "b"}, "G"},
		{"null changes nothing", `{"members":null}`, 204, []string{"a", "b"}, "G"},
		{"an empty group changes nothing", `{}`, 204, []string{"a", "b"}, "G"},
		{"meta.attributes clears", `{"meta":{"attributes":["members"]}}`, 204, []string{}, "G"},
		{"meta.attributes clears before the merge", `{"members":[{"value":"c"}],"meta":{"attributes":["members"]}}`, 204, []string{"c"}, "G"},
		{"names in meta.attributes have no letter case", `{"META":{"Attributes":["MEMBERS"]},"members":[{"value":"b"}]}`, 204, []string{"b"}, "G"},
		{"the name cannot be cleared", `{"meta":{"attributes":["displayName"]}}`, 400, []string{"a", "b"}, "G"},
		{"the name can be cleared and set", `{"displayName":"H","meta":{"attributes":["displayName"]}}`, 204, []string{"a", "b"}, "H"},
		{"an unknown name in meta.attributes is refused", `{"meta":{"attributes":["members","colour"]}}`, 400, []string{"a", "b"}, "G"},
		{"an empty name in meta.attributes is refused", `{"meta":{"attributes":[""]}}`, 400, []string{"a", "b"}, "G"},
		{"meta.attributes that is no list is refused", `{"meta":{"attributes":7}}`, 400, []string{"a", "b"}, "G"},
		{"id and the rest of meta are ignored", `{"id":"other","meta":{"version":"W/\"1\"","created":"2010-01-01T00:00:00Z"},"displayName":"H"}`, 204, []string{"a", "b"}, "H"},
		{"a PatchOp of SCIM 2.0 is understood", patchOp(addMember("c"), `{"op":"remove","path":"members[value eq \"a\"]"}`), 204, []string{"b", "c"}, "G"},
		{"an unknown attribute is refused", `{"colour":"red","members":[{"value":"c"}]}`, 400, []string{"a", "b"}, "G"},
		{"a member without a value is refused", `{"members":[{"display":"X"}]}`, 400, []string{"a", "b"}, "G"},
		{"a member that is null is refused", `{"members":[null]}`, 400, []string{"a", "b"}, "G"},
		{"a body that is no JSON is refused", `{"members":`, 400, []string{"a", "b"}, "G"},
		{"a body that is a list is refused", `[]`, 400, []string{"a", "b"}, "G"},
		{"no body is refused", ``, 400, []string{"a", "b"}, "G"},
	} {
		for _, by := range []string{"PATCH", "POST"} {
			t.Run(c.name+" by "+by, func(t *testing.T) {
				h := handler11(t, memory.New())
				a := old(t, h, "POST", "/Groups", group11(`"displayName":"G","members":[{"value":"a"},{"value":"b"}]`)).ok(t)
				id := a.str("/id")
				tag := a.header.Get("ETag")
				headers := []string{"X-HTTP-Method-Override", "PATCH"}
				if by == "PATCH" {
					headers = nil
				}
				status11(t, old(t, h, by, "/Groups/"+id, c.body, headers...), c.status)
				g := old(t, h, "GET", "/Groups/"+id, "").ok(t)
				equal(t, "members", g.values(), c.members)
				if g.str("/displayName") != c.display {
					t.Errorf("the name is %q", g.str("/displayName"))
				}
				if changed := !slices.Equal(c.members, []string{"a", "b"}) || c.display != "G"; changed == (g.header.Get("ETag") == tag) {
					t.Errorf("the version was %s and is %s", tag, g.header.Get("ETag"))
				}
			})
		}
	}
}

func TestSCIM11MergesExtensions(t *testing.T) {
	h := handler11(t, memory.New())
	at := "/" + siteURN
	a := old(t, h, "POST", "/Groups", group11(`"displayName":"G",`+site(`"site":"S","code":"c","tags":["x","y"],"owner":{"name":"N","mail":"m"},"rooms":[{"value":"1","seats":4},{"value":"2"}]`))).ok(t)
	id := a.str("/id")
	for _, c := range []struct {
		name, body string
		want       map[string]any
	}{
		{"single values are replaced, others stay", `{` + site(`"site":"T"`) + `}`, map[string]any{at + "/site": "T", at + "/code": "c"}},
		{"a name with its URN is understood", `{"` + siteURN + `:code":"d"}`, map[string]any{at + "/code": "d", at + "/site": "T"}},
		{"values of a simple list are added", `{` + site(`"tags":["z","x"]`) + `}`, map[string]any{at + "/tags": []any{"x", "y", "z"}}},
		{"values of a simple list are deleted", `{` + site(`"tags":[{"value":"y","operation":"delete"}]`) + `}`, map[string]any{at + "/tags": []any{"x", "z"}}},
		{"complex values are merged by their value", `{` + site(`"rooms":[{"value":"1","type":"lab"},{"value":"3"}]`) + `}`, map[string]any{at + "/rooms": []any{
			map[string]any{"value": "1", "seats": 4, "type": "lab"}, map[string]any{"value": "2"}, map[string]any{"value": "3"}}}},
		{"complex values are deleted by their value", `{` + site(`"rooms":[{"value":"2","type":"what ever","operation":"delete"}]`) + `}`, map[string]any{at + "/rooms": []any{
			map[string]any{"value": "1", "seats": 4, "type": "lab"}, map[string]any{"value": "3"}}}},
		{"a single complex value is merged", `{` + site(`"owner":{"mail":"n"}`) + `}`, map[string]any{at + "/owner": map[string]any{"name": "N", "mail": "n"}}},
		{"meta.attributes clears one by its URN", `{"meta":{"attributes":["` + siteURN + `:code","` + siteURN + `:tags"]}}`, map[string]any{at + "/code": nil, at + "/tags": nil, at + "/site": "T"}},
		{"meta.attributes clears a sub-attribute", `{"meta":{"attributes":["` + siteURN + `:owner.mail"]}}`, map[string]any{at + "/owner": map[string]any{"name": "N"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if a := old(t, h, "PATCH", "/Groups/"+id, c.body); a.status != 204 {
				t.Fatalf("got %d %s", a.status, a.text)
			}
			g := old(t, h, "GET", "/Groups/"+id, "")
			g.has(t, c.want)
		})
	}
}

func TestSCIM11OnTheWire(t *testing.T) {
	h := handler11(t, memory.NewWith(memory.Options{Clock: ticking()}))
	made := old(t, h, "POST", "/Groups", group11(`"displayName":"G","externalId":"E","members":[{"value":"u","display":"Ann","type":"User"}]`))
	status11(t, made, 201)
	id := made.str("/id")
	t.Run("a group has the schema of 1.1 and no resourceType", func(t *testing.T) {
		a := old(t, h, "GET", "/Groups/"+id, "").has(t, map[string]any{"/schemas": []any{core11}, "/displayName": "G", "/externalId": "E", "/members/0/value": "u", "/members/0/display": "Ann", "/members/0/type": "User", "/meta/resourceType": nil})
		keys := []string{}
		meta, _ := a.doc["meta"].(map[string]any)
		for name := range meta {
			keys = append(keys, name)
		}
		sort.Strings(keys)
		equal(t, "meta", keys, []string{"created", "lastModified", "location", "version"})
		if a.str("/meta/version") != a.header.Get("ETag") || a.header.Get("ETag") == "" {
			t.Errorf("meta.version is %q, the ETag %q", a.str("/meta/version"), a.header.Get("ETag"))
		}
		if location := made.header.Get("Location"); location != a.str("/meta/location") || !strings.HasSuffix(location, "/Groups/"+id) {
			t.Errorf("Location is %q", location)
		}
	})
	t.Run("a list has the schema of 1.1", func(t *testing.T) {
		for _, a := range []answer{old(t, h, "GET", "/Groups", ""), old(t, h, "POST", "/Groups/.search", `{}`)} {
			status11(t, a, 200).has(t, map[string]any{"/schemas": []any{core11}, "/totalResults": 1, "/itemsPerPage": 1, "/startIndex": 1, "/Resources/0/schemas": []any{core11}, "/Resources/0/id": id})
		}
	})
	t.Run("filters have the operators of 1.1", func(t *testing.T) {
		for filter, n := range map[string]int{`displayName eq "g"`: 1, `displayName co "G"`: 1, `displayName sw "x"`: 0, `externalId pr`: 1, `displayName gt "A"`: 1, `displayName ge "G"`: 1,
			`displayName lt "A"`: 0, `displayName le "G"`: 1, `members.value eq "u"`: 1, `meta.lastModified gt "2000-01-01T00:00:00Z"`: 1, `displayName eq "g" and externalId eq "E"`: 1, `(displayName eq "x" or externalId eq "E")`: 1,
			core11 + `:displayName eq "G"`: 1} {
			status11(t, old(t, h, "GET", "/Groups"+query("filter", filter), ""), 200).has(t, map[string]any{"/totalResults": n})
		}
	})
	t.Run("errors are Errors with a description and a code in a string", func(t *testing.T) {
		for _, r := range []request{
			{"", "GET", "/Groups/none", "", 404, "", nil}, {"", "GET", "/Groups?filter=x+xx", "", 400, "", nil}, {"", "POST", "/Groups", group11(`"displayName":"G"`), 409, "", nil},
			{"", "POST", "/Groups", group11(``), 400, "", nil}, {"", "POST", "/Groups", `{"displayName":"N"}`, 400, "", nil}, {"", "GET", "/Nowhere", "", 404, "", nil}, {"", "DELETE", "/Groups", "", 405, "", nil},
			{"", "GET", "/Groups?count=x", "", 400, "", nil}, {"", "GET", "/Groups?startIndex=x", "", 400, "", nil}, {"", "PUT", "/Groups/" + id, group11(`"displayName":"G"`), 412, "", []string{"If-Match", `W/"1"`}},
			{"", "GET", "/Me", "", 501, "", nil}, {"", "POST", "/Bulk", "{}", 501, "", nil}, {"", "GET", "/ResourceTypes", "", 404, "", nil},
		} {
			a := status11(t, old(t, h, r.method, r.path, r.body, r.headers...), r.status)
			if a.str("/Errors/0/description") == "" || len(a.doc) != 1 {
				t.Errorf("the error is %s", a.text)
			}
		}
	})
	t.Run("who is not let in gets the same envelope and a challenge", func(t *testing.T) {
		h := newHandler(t, scim.Config{Dialect: scim.SCIM11, Auth: scim.Auth{Authenticator: scim.BearerTokens("t")}})
		if a := status11(t, old(t, h, "GET", "/Groups", ""), 401); a.header.Get("WWW-Authenticate") == "" {
			t.Error("there is no challenge")
		}
	})
	t.Run("the configuration is at ServiceProviderConfigs", func(t *testing.T) {
		status11(t, old(t, h, "GET", "/ServiceProviderConfigs", ""), 200).has(t, map[string]any{"/schemas": []any{core11}, "/patch/supported": true, "/bulk/supported": false, "/filter/supported": true,
			"/filter/maxResults": 1000, "/changePassword/supported": false, "/sort/supported": true, "/etag/supported": true, "/xmlDataFormat/supported": false, "/pagination": nil, "/authenticationSchemes": []any{}})
	})
	t.Run("the schema of groups is found by its name and its URN", func(t *testing.T) {
		for _, path := range []string{"/Schemas/Group", "/Schemas/" + core11, "/Schemas/" + core11 + ":Group", "/Schemas" + query("filter", `name eq "Group"`), "/Schemas" + query("filter", `NAME EQ "group"`)} {
			a := status11(t, old(t, h, "GET", path, ""), 200)
			doc := a.doc
			if one, ok := a.at("/Resources/0"); ok {
				doc = one.(map[string]any)
			}
			if doc["name"] != "Group" || doc["id"] != core11+":Group" || doc["schema"] != core11 || doc["endpoint"] != "/Groups" || strings.Contains(a.text, "urn:ietf") {
				t.Errorf("%s: %s", path, shortened(a.text))
			}
		}
		status11(t, old(t, h, "GET", "/Schemas"+query("filter", `name eq "Nobody"`), ""), 200).has(t, map[string]any{"/totalResults": 0, "/Resources": []any{}})
		status11(t, old(t, h, "GET", "/Schemas/Nobody", ""), 404)
		for _, bad := range []string{`name ne "Group"`, `name co "G"`, `id eq "x"`, `name eq 7`, `name eq`, ``, `name eq "Group" and name eq "Group"`, `not (name eq "Group")`, `name.x eq "Group"`} {
			status11(t, old(t, h, "GET", "/Schemas"+query("filter", bad), ""), 400)
		}
	})
	t.Run("members that are multi-valued have a name for one", func(t *testing.T) {
		a := old(t, h, "GET", "/Schemas/Group", "")
		list, _ := a.doc["attributes"].([]any)
		found := false
		for _, attribute := range list {
			if name, _ := follow(attribute, "/name"); name == "members" {
				child, _ := follow(attribute, "/multiValuedAttributeChildName")
				found = child == "member"
			}
		}
		if !found {
			t.Errorf("the schema is %s", shortened(a.text))
		}
	})
	t.Run("a cursor is a parameter that nobody knows", func(t *testing.T) {
		status11(t, old(t, h, "GET", "/Groups?cursor=x&startIndex=1", ""), 200).has(t, map[string]any{"/startIndex": 1, "/nextCursor": nil})
	})
	t.Run("a POST is what X-HTTP-Method-Override says", func(t *testing.T) {
		status11(t, old(t, h, "POST", "/Groups/"+id, group11(`"displayName":"H","members":[{"value":"v"}]`), "X-HTTP-Method-Override", "PUT"), 200)
		equal(t, "members", members11(t, h, id), []string{"v"})
		status11(t, old(t, h, "POST", "/Groups/"+id, "", "X-HTTP-Method-Override", "DELETE"), 204)
		status11(t, old(t, h, "GET", "/Groups/"+id, ""), 404)
	})
	t.Run("a GET with that header is a GET", func(t *testing.T) {
		status11(t, old(t, h, "GET", "/Groups", "", "X-HTTP-Method-Override", "DELETE"), 200)
	})
	t.Run("schemas of 2.0 are taken too", func(t *testing.T) {
		status11(t, old(t, h, "POST", "/Groups", group(`"displayName":"Newer"`)), 201).has(t, map[string]any{"/schemas": []any{core11}})
	})
	t.Run("a 2.0 Handler does not speak 1.1", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		do(t, h, "POST", "/Groups", group11(`"displayName":"G"`)).is(t, 400, "invalidSyntax")
		do(t, h, "PATCH", "/Groups/"+create(t, h, "G"), group11(`"members":[{"value":"a"}]`)).is(t, 400, "invalidSyntax")
		do(t, h, "GET", "/ServiceProviderConfigs", "").is(t, 404, "")
	})
}

func TestClientsOfBothVersionsSeeTheChangesOfEachOther(t *testing.T) {
	for kind, newStore := range stores {
		t.Run(kind, func(t *testing.T) {
			groups := newStore()
			site := extensions(t, siteExtension)
			newer := newHandler(t, scim.Config{Groups: groups, Extensions: site})
			older := newHandler(t, scim.Config{Groups: groups, Extensions: site, Dialect: scim.SCIM11})
			id := create(t, newer, "G", "a")
			equal(t, "members for 1.1", members11(t, older, id), []string{"a"})
			a := old(t, older, "POST", "/Groups/"+id, group11(`"members":[{"value":"b"},{"value":"a","operation":"delete"}],"`+siteURN+`":{"site":"S"}`), "X-HTTP-Method-Override", "PATCH")
			status11(t, a, 204)
			b := do(t, newer, "GET", "/Groups/"+id, "").has(t, map[string]any{"/" + siteURN + "/site": "S"})
			equal(t, "members for 2.0", b.values(), []string{"b"})
			if tag := a.header.Get("ETag"); tag != b.header.Get("ETag") {
				t.Errorf("the version is %s for 1.1 and %s for 2.0", tag, b.header.Get("ETag"))
			}
			do(t, newer, "PATCH", "/Groups/"+id, patchOp(addMember("c")), "If-Match", b.header.Get("ETag")).is(t, 204, "")
			status11(t, old(t, older, "PATCH", "/Groups/"+id, `{"displayName":"H"}`, "If-Match", b.header.Get("ETag")), 412)
			equal(t, "members for 1.1", members11(t, older, id), []string{"b", "c"})
			status11(t, old(t, older, "POST", "/Groups", group11(`"displayName":"g"`)), 409)
			status11(t, old(t, older, "DELETE", "/Groups/"+id, ""), 204)
			do(t, newer, "GET", "/Groups/"+id, "").is(t, 404, "")
		})
	}
}

func handlerWS1(t testing.TB, groups store.GroupStore) http.Handler {
	t.Helper()
	return newHandler(t, scim.Config{Groups: groups, Dialect: scim.WorkspaceONE, Extensions: []filter.Extension{workspaceone.Extension()}, Limits: scim.Limits{DefaultCount: 20}})
}

func statusWS1(t testing.TB, a answer, status int) answer {
	t.Helper()
	codes := map[int]string{400: "bad.request", 401: "unauthorized", 403: "forbidden", 404: "not.found", 405: "method.not.allowed", 409: "conflict", 500: "internal.error", 501: "not.implemented"}
	return a.code(t, status, "/errors/0/code", codes[status])
}

// A group as Workspace ONE Access has it, parents included, which only the store
// sets.
func groupWS1(name, domain string) store.Group {
	return store.Group{DisplayName: name, ExternalID: "ext-" + name, Members: []store.Member{{Value: "u1", Display: "Ann", Type: "User"}},
		Extensions: store.Extensions{ws1: {
			"distinguishedName": "CN=" + name + ",CN=Users,DC=acme,DC=com", "internalGroupType": "EXTERNAL", "domain": domain, "description": "Group " + name,
			"compositionRules": `{"addedUserIds":[],"excludedUserIds":[],"rule":{"type":"internalGroup","groupId":"x"}}`, "compositionRulesV2": true,
			"userStoreUuid": "store-" + name, "email": strings.ToLower(name) + "@acme.com",
			"parents": []any{map[string]any{"value": "p1", "display": "ALL USERS"}, map[string]any{"value": "p2", "display": "Top " + name, "primary": true}}}}}
}

func TestWorkspaceONEOnTheWire(t *testing.T) {
	groups := memory.New()
	h := handlerWS1(t, groups)
	var ids []string
	for _, g := range []store.Group{groupWS1("Admins", "acme.com"), groupWS1("Staff", "System Domain")} {
		made, err := groups.Create(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, made.Group.ID)
	}
	t.Run("there is no PUT, by method or by header", func(t *testing.T) {
		a := statusWS1(t, old(t, h, "PUT", "/Groups/"+ids[0], group11(`"displayName":"X"`)), 405)
		if allow := a.header.Get("Allow"); strings.Contains(allow, "PUT") || !strings.Contains(allow, "PATCH") {
			t.Errorf("Allow is %q", allow)
		}
		statusWS1(t, old(t, h, "POST", "/Groups/"+ids[0], group11(`"displayName":"X"`), "X-HTTP-Method-Override", "PUT"), 405)
	})
	t.Run("schemas have to be asked for by name", func(t *testing.T) {
		statusWS1(t, old(t, h, "GET", "/Schemas"+query("filter", `name eq "Group"`), ""), 200).has(t, map[string]any{"/totalResults": 1, "/Resources/0/name": "Group", "/Resources/0/schema": core11})
		statusWS1(t, old(t, h, "GET", "/Schemas", ""), 400)
		for _, bad := range []string{``, `name co "Group"`, `id eq "Group"`, `name eq Group`} {
			statusWS1(t, old(t, h, "GET", "/Schemas"+query("filter", bad), ""), 400)
		}
	})
	t.Run("a group has its extension whole", func(t *testing.T) {
		a := statusWS1(t, old(t, h, "GET", "/Groups/"+ids[0], ""), 200).has(t, map[string]any{
			"/schemas": []any{core11, ws1}, "/externalId": "ext-Admins", "/displayName": "Admins", "/meta/resourceType": nil,
			"/members/0/value": "u1", "/members/0/display": "Ann", "/members/0/type": "User"})
		want := groupWS1("Admins", "acme.com").Extensions[ws1]
		if got := text(t, a.doc[ws1]); got != text(t, want) {
			t.Errorf("the extension is\n%s, want\n%s", got, text(t, want))
		}
	})
	t.Run("a list has totalResults, startIndex, itemsPerPage, Resources and the schema of 1.1", func(t *testing.T) {
		a := statusWS1(t, old(t, h, "GET", "/Groups", ""), 200)
		equal(t, "keys", a.keys(), []string{"Resources", "itemsPerPage", "schemas", "startIndex", "totalResults"})
		a.has(t, map[string]any{"/schemas": []any{core11}})
	})
	t.Run("attributes are a list with commas, URNs, sub-attributes and a comma too many", func(t *testing.T) {
		for list, want := range map[string][]string{
			"displayName": {"displayName", "id", "schemas"}, "displayName,": {"displayName", "id", "schemas"},
			"displayName," + ws1 + ":email": {"displayName", "id", "schemas", ws1}, "meta.version,": {"id", "meta", "schemas"},
			core11 + ":displayName": {"displayName", "id", "schemas"}, ws1 + ":parents.value": {"id", "schemas", ws1},
			"members.value,externalId": {"externalId", "id", "members", "schemas"}, "email": {"id", "schemas", ws1}, ws1: {"id", "schemas", ws1},
		} {
			one := statusWS1(t, old(t, h, "GET", "/Groups/"+ids[0]+query("attributes", list), ""), 200)
			equal(t, "keys for "+list, one.keys(), want)
			all := statusWS1(t, old(t, h, "GET", "/Groups"+query("attributes", list), ""), 200)
			first, _ := all.at("/Resources/0")
			doc, _ := first.(map[string]any)
			listed := answer{doc: doc}
			equal(t, "keys in a list for "+list, listed.keys(), want)
		}
		a := old(t, h, "GET", "/Groups/"+ids[0]+query("attributes", ws1+":parents.value"), "")
		if got := text(t, a.doc[ws1]); got != `{"parents":[{"value":"p1"},{"value":"p2"}]}` {
			t.Errorf("the extension is %s", got)
		}
		a = old(t, h, "POST", "/Groups?attributes="+ws1+":domain,displayName", group11(`"displayName":"Projected","`+ws1+`":{"domain":"acme.com","description":"d"}`))
		statusWS1(t, a, 201).has(t, map[string]any{"/displayName": "Projected", "/" + ws1 + "/domain": "acme.com", "/" + ws1 + "/description": nil, "/meta": nil})
		statusWS1(t, old(t, h, "DELETE", "/Groups/"+a.str("/id"), ""), 204)
	})
	t.Run("every single-valued attribute filters, sorts and is patched, prefixed or not", func(t *testing.T) {
		for attribute, values := range map[string][2]string{"distinguishedName": {"CN=Admins,CN=Users,DC=acme,DC=com", "x"}, "domain": {"ACME.com", "other.com"}, "description": {"group admins", "y"},
			"userStoreUuid": {"store-Admins", "z"}, "email": {"Admins@acme.com", "a@b.c"}, "internalGroupType": {"", "DYNAMIC"}, "compositionRules": {"", `{"rule":{}}`}} {
			for _, name := range []string{attribute, strings.ToUpper(attribute), ws1 + ":" + attribute} {
				if values[0] != "" {
					statusWS1(t, old(t, h, "GET", "/Groups"+query("filter", name+` eq `+text(t, values[0])), ""), 200).has(t, map[string]any{"/totalResults": 1, "/Resources/0/id": ids[0]})
				}
				statusWS1(t, old(t, h, "GET", "/Groups"+query("filter", name+` pr`), ""), 200).has(t, map[string]any{"/totalResults": 2})
				statusWS1(t, old(t, h, "GET", "/Groups"+query("sortBy", name, "sortOrder", "descending"), ""), 200).has(t, map[string]any{"/totalResults": 2})
			}
			made, err := groups.Create(t.Context(), groupWS1("Patched "+attribute, "acme.com"))
			if err != nil {
				t.Fatal(err)
			}
			statusWS1(t, old(t, h, "PATCH", "/Groups/"+made.Group.ID, `{"`+ws1+`":{"`+attribute+`":`+text(t, values[1])+`}}`), 204)
			old(t, h, "GET", "/Groups/"+made.Group.ID, "").has(t, map[string]any{"/" + ws1 + "/" + attribute: values[1], "/" + ws1 + "/compositionRulesV2": true})
			statusWS1(t, old(t, h, "PATCH", "/Groups/"+made.Group.ID, `{"meta":{"attributes":["`+ws1+":"+attribute+`"]}}`), 204)
			old(t, h, "GET", "/Groups/"+made.Group.ID, "").has(t, map[string]any{"/" + ws1 + "/" + attribute: nil})
			statusWS1(t, old(t, h, "DELETE", "/Groups/"+made.Group.ID, ""), 204)
		}
		statusWS1(t, old(t, h, "GET", "/Groups"+query("filter", `compositionRulesV2 eq true`), ""), 200).has(t, map[string]any{"/totalResults": 2})
		statusWS1(t, old(t, h, "PATCH", "/Groups/"+ids[1], `{"`+ws1+`":{"compositionRulesV2":false}}`), 204)
		statusWS1(t, old(t, h, "GET", "/Groups"+query("filter", `compositionRulesV2 eq false`), ""), 200).has(t, map[string]any{"/totalResults": 1})
	})
	t.Run("sortBy sorts", func(t *testing.T) {
		a := old(t, h, "GET", "/Groups"+query("sortBy", "email", "sortOrder", "descending"), "")
		equal(t, "names", a.names(), []string{"Staff", "Admins"})
		a = old(t, h, "GET", "/Groups"+query("sortBy", ws1+":domain", "sortOrder", "ascending"), "")
		equal(t, "names", a.names(), []string{"Admins", "Staff"})
	})
	t.Run("parents can be looked for, and only the store sets them", func(t *testing.T) {
		for filter, n := range map[string]int{`parents.value eq "p1"`: 2, ws1 + `:parents.display co "Top Staff"`: 1, `parents[value eq "p2" and display sw "Top A"]`: 1, `parents.primary eq true`: 2} {
			statusWS1(t, old(t, h, "GET", "/Groups"+query("filter", filter), ""), 200).has(t, map[string]any{"/totalResults": n})
		}
		statusWS1(t, old(t, h, "PATCH", "/Groups/"+ids[0], `{"`+ws1+`":{"parents":[{"value":"p9"}],"description":"changed"}}`), 204)
		a := old(t, h, "GET", "/Groups/"+ids[0], "").has(t, map[string]any{"/" + ws1 + "/parents/0/value": "p1", "/" + ws1 + "/parents/2": nil, "/" + ws1 + "/description": "changed"})
		_ = a
		b := old(t, h, "POST", "/Groups", group11(`"displayName":"With parents","`+ws1+`":{"parents":[{"value":"p9"}]}`))
		statusWS1(t, b, 201).has(t, map[string]any{"/" + ws1: nil})
		statusWS1(t, old(t, h, "DELETE", "/Groups/"+b.str("/id"), ""), 204)
	})
	t.Run("what clients are seen to send is served", func(t *testing.T) {
		for path, n := range map[string]int{
			"/Groups" + query("filter", `domain eq "System Domain"`):                                             1,
			"/Groups" + query("filter", `externalId co "ext-"`):                                                  2,
			"/Groups" + query("filter", `DisplayName co "ADM"`):                                                  1,
			"/Groups" + query("count", "10000", "filter", `displayName eq "ADMINS"`):                             1,
			"/Groups" + query("startIndex", "0"):                                                                 2,
			"/Groups" + query("startIndex", "0", "pageSize", "500", "sortBy", "displayName"):                     2,
			"/Groups" + query("filter", `displayName sw "a" and externalId ge "a"`):                              1,
			"/Groups" + query("filter", `displayName gt "B"`):                                                    1,
			"/Groups" + query("filter", `displayName lt "B" or displayName le "Staff"`):                          2,
			"/Groups" + query("attributes", "displayName,"+ws1+":email,", "count", "1", "sortBy", "displayName"): 2,
		} {
			statusWS1(t, old(t, h, "GET", path, ""), 200).has(t, map[string]any{"/totalResults": n, "/startIndex": 1})
		}
	})
	t.Run("an unusable count or startIndex is 404, a bad filter, sortBy or attribute is 400", func(t *testing.T) {
		for path, status := range map[string]int{
			"/Groups?count=abc": 404, "/Groups?startIndex=abc": 404, "/Groups?count=1.5": 404, "/Groups?startIndex=": 200, "/Groups?count=-1": 404, "/Groups?startIndex=-1": 404, "/Groups?count=0": 200,
			"/Groups?filter=displayName+xx+%22a%22": 400, "/Groups?filter=": 400, "/Groups" + query("filter", `colour eq "red"`): 400, "/Groups?sortBy=colour": 400, "/Groups?sortOrder=up": 400,
			"/Groups?attributes=colour": 400,
		} {
			if a := old(t, h, "GET", path, ""); a.status != status {
				t.Errorf("%s is %d, want %d: %s", path, a.status, status, shortened(a.text))
			}
		}
		statusWS1(t, old(t, h, "POST", "/Groups/.search", `{"count":"many"}`), 400)
	})
	t.Run("a search has strings with commas and no schemas", func(t *testing.T) {
		a := statusWS1(t, old(t, h, "POST", "/Groups/.search", `{"filter":"displayName co \"a\"","attributes":"displayName","sortBy":"displayName"}`), 200)
		equal(t, "names", a.names(), []string{"Admins", "Staff"})
		a.has(t, map[string]any{"/Resources/0/members": nil, "/startIndex": 1})
		statusWS1(t, old(t, h, "POST", "/Groups/.search", `{"excludedAttributes":"members, meta","startIndex":0,"count":20}`), 200).has(t, map[string]any{"/Resources/0/meta": nil})
		statusWS1(t, old(t, h, "POST", "/Groups/.search", ``), 400)
		statusWS1(t, old(t, h, "POST", "/Groups/.search", `{"filter":"nonsense"}`), 400)
	})
	t.Run("a group is made with 201, a taken name is 409, no name is 400", func(t *testing.T) {
		a := statusWS1(t, old(t, h, "POST", "/Groups", `{"schemas":["urn:scim:schemas:core:1.0"],"displayName":"test-group"}`), 201)
		statusWS1(t, old(t, h, "POST", "/Groups", `{"schemas":["urn:scim:schemas:core:1.0"],"displayName":"Test-Group"}`), 409)
		for _, bad := range []string{`{"schemas":["urn:scim:schemas:core:1.0"]}`, `{"schemas":["urn:scim:schemas:core:1.0"],"displayName":""}`, `{"schemas":["urn:scim:schemas:core:1.0"],"displayName":7}`, `{`} {
			statusWS1(t, old(t, h, "POST", "/Groups", bad), 400)
		}
		statusWS1(t, old(t, h, "DELETE", "/Groups/"+a.str("/id"), ""), 204)
		statusWS1(t, old(t, h, "DELETE", "/Groups/"+a.str("/id"), ""), 404)
	})
	t.Run("members are patched as priam and the scripts do it", func(t *testing.T) {
		id := ids[0]
		for _, c := range []struct {
			body    string
			headers []string
			method  string
			want    []string
		}{
			{`{"schemas":["urn:scim:schemas:core:1.0"],"members":[{"value":"u2","type":"User"}]}`, []string{"X-HTTP-Method-Override", "PATCH"}, "POST", []string{"u1", "u2"}},
			{`{"schemas":["urn:scim:schemas:core:1.0"],"members":[{"value":"u2","type":"User","operation":"delete"}]}`, []string{"X-HTTP-Method-Override", "PATCH"}, "POST", []string{"u1"}},
			{`{"members":[{"value":"u3"}]}`, nil, "PATCH", []string{"u1", "u3"}},
			{`{"members":{"value":"u4","type":"User"}}`, nil, "PATCH", []string{"u1", "u3", "u4"}},
		} {
			statusWS1(t, old(t, h, c.method, "/Groups/"+id, c.body, c.headers...), 204)
			equal(t, "members", members11(t, h, id), c.want)
		}
		statusWS1(t, old(t, h, "PATCH", "/Groups/"+id, `{"members":`), 400)
		statusWS1(t, old(t, h, "PATCH", "/Groups/none", `{"members":[]}`), 404)
	})
	t.Run("the error envelope has code, message and parameters", func(t *testing.T) {
		closed := newHandler(t, scim.Config{Dialect: scim.WorkspaceONE, Auth: scim.Auth{Authenticator: scim.BearerTokens("t")}})
		for _, a := range []answer{statusWS1(t, old(t, h, "GET", "/Groups/none", ""), 404), statusWS1(t, old(t, closed, "GET", "/Groups", ""), 401)} {
			if message := a.str("/errors/0/message"); message == "" || !strings.Contains(a.text, `"parameters":null`) || len(a.doc) != 1 {
				t.Errorf("the error is %s", a.text)
			}
		}
		broken := newHandler(t, scim.Config{Groups: failing(scim.ErrForbidden), Dialect: scim.WorkspaceONE})
		statusWS1(t, old(t, broken, "GET", "/Groups/x", ""), 403)
	})
}

func TestWorkspaceONEWithATypeOfTheSlipInItsDocumentation(t *testing.T) {
	h := handlerWS1(t, memory.New())
	a := old(t, h, "POST", "/Groups", group11(`"displayName":"G"`))
	// Its reference shows {"name":{"displayName":…}}, which means nothing.
	statusWS1(t, old(t, h, "PATCH", "/Groups/"+a.str("/id"), `{"name":{"displayName":"updated group name"}}`), 400)
	old(t, h, "GET", "/Groups/"+a.str("/id"), "").has(t, map[string]any{"/displayName": "G"})
}

// Opsera's API, as far as its page says what it does.
func TestOpseraOnTheWire(t *testing.T) {
	h := newHandler(t, scim.Config{Groups: memory.NewWith(memory.Options{IDFromName: true}), Dialect: scim.Opsera, Auth: scim.Auth{PublicDiscovery: true, Authenticator: scim.BearerTokens("t")},
		Limits: scim.Limits{MaxCount: 100}, ResourceTypes: userType(), BaseURL: "https://api.example.com/scim/v2"})
	auth := []string{"Authorization", "Bearer t"}
	send := func(t testing.TB, method, path, body string) answer {
		t.Helper()
		return do(t, h, method, path, body, auth...)
	}
	odd := []string{"developers", "Site A/Ops", "50% off", "Müller & Söhne", "日本", "a?b#c", strings.Repeat("ü", 200)}
	for _, name := range odd {
		t.Run("the id is the name "+shortened(name)[:min(12, len(name))], func(t *testing.T) {
			a := send(t, "POST", "/Groups", group(`"displayName":`+text(t, name)+`,"members":[{"value":`+text(t, name)+`,"type":"Group"}]`)).is(t, 201, "")
			at := "https://api.example.com/scim/v2/Groups/" + url.PathEscape(name)
			a.has(t, map[string]any{"/id": name, "/meta/location": at, "/members/0/$ref": at})
			if a.header.Get("Location") != at {
				t.Errorf("Location is %q", a.header.Get("Location"))
			}
			send(t, "GET", "/Groups/"+pathEscaped(name), "").is(t, 200, "").has(t, map[string]any{"/displayName": name})
			send(t, "POST", "/Groups", group(`"displayName":`+text(t, name))).is(t, 409, "uniqueness")
			send(t, "PATCH", "/Groups/"+pathEscaped(name), patchOp(addMember("u"))).is(t, 200, "").has(t, map[string]any{"/id": name})
			send(t, "PUT", "/Groups/"+pathEscaped(name), group(`"displayName":`+text(t, name)+`,"members":[{"value":"u"}]`)).is(t, 200, "")
		})
	}
	t.Run("a rename is refused", func(t *testing.T) {
		send(t, "PATCH", "/Groups/developers", patchOp(`{"op":"replace","path":"displayName","value":"engineers"}`)).is(t, 400, "mutability")
		send(t, "PUT", "/Groups/developers", group(`"displayName":"engineers"`)).is(t, 400, "mutability")
		send(t, "GET", "/Groups/engineers", "").is(t, 404, "")
	})
	t.Run("a list filters, sorts and has members", func(t *testing.T) {
		send(t, "GET", "/Groups"+query("filter", `displayName eq "developers"`, "sortBy", "displayName", "sortOrder", "ascending", "startIndex", "1"), "").is(t, 200, "").has(t, map[string]any{"/totalResults": 1, "/Resources/0/members/0/value": "u"})
		send(t, "POST", "/Groups/.search", search(`"filter":"displayName eq \"developers\""`)).is(t, 200, "").has(t, map[string]any{"/totalResults": 1})
		send(t, "POST", "/Groups/.search", "").is(t, 400, "invalidSyntax")
		send(t, "GET", "/Groups?cursor", "").is(t, 200, "").has(t, map[string]any{"/startIndex": 1, "/nextCursor": nil})
	})
	t.Run("a POST without schemas or name is 400", func(t *testing.T) {
		send(t, "POST", "/Groups", `{"displayName":"x"}`).is(t, 400, "invalidSyntax")
		send(t, "POST", "/Groups", group(``)).is(t, 400, "invalidValue")
	})
	t.Run("the configuration is for everybody, and the rest for those with a token", func(t *testing.T) {
		do(t, h, "GET", "/ServiceProviderConfig", "").is(t, 200, "").has(t, map[string]any{"/filter/maxResults": 100, "/patch/supported": true, "/bulk/supported": false,
			"/sort/supported": false, "/etag/supported": false, "/changePassword/supported": false})
		do(t, h, "GET", "/Groups", "").is(t, 401, "")
		send(t, "POST", "/Bulk", bulkOf()).is(t, 501, "")
	})
	t.Run("a page has 100 groups unless it is asked for less", func(t *testing.T) {
		for i := range 101 {
			send(t, "POST", "/Groups", group(`"displayName":"n`+strconv.Itoa(i)+`"`)).is(t, 201, "")
		}
		send(t, "GET", "/Groups", "").has(t, map[string]any{"/itemsPerPage": 100})
		send(t, "GET", "/Groups?count=7", "").has(t, map[string]any{"/itemsPerPage": 7})
	})
	t.Run("a group is deleted once", func(t *testing.T) {
		send(t, "DELETE", "/Groups/"+pathEscaped(odd[1]), "").is(t, 204, "")
		send(t, "DELETE", "/Groups/"+pathEscaped(odd[1]), "").is(t, 404, "")
	})
}
