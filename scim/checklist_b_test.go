package scim_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// Section B of the checklist: how a resource is represented.
func TestChecklistB(t *testing.T) {
	h := withSite(t)
	id := createWith(t, h, `"displayName":"Tour Guides","externalId":"Ext-1","members":[{"value":"u1","type":"User","display":"Ann"}],`+site(`"site":"Pier","code":"aB"`))
	path := "/Groups/" + id

	t.Run("B01 schemas is in every representation, in lists and under every projection", func(t *testing.T) {
		for _, q := range []string{"", "?attributes=id", "?attributes=nothing", "?excludedAttributes=schemas,id,members", "?attributes=members.value"} {
			do(t, h, "GET", path+q, "").is(t, 200, "").has(t, map[string]any{"/id": id, "/schemas/0": groupURN})
			do(t, h, "GET", "/Groups"+q, "").is(t, 200, "").has(t, map[string]any{"/Resources/0/id": id, "/Resources/0/schemas/0": groupURN})
		}
	})
	t.Run("B02 schemas has the base schema and the extensions with values, none twice", func(t *testing.T) {
		do(t, h, "GET", path, "").has(t, map[string]any{"/schemas": []string{groupURN, siteURN}})
		a := do(t, h, "POST", "/Groups", `{"schemas":["`+groupURN+`","`+groupURN+`","urn:example:other"],"displayName":"Plain"}`).is(t, 201, "")
		a.has(t, map[string]any{"/schemas": []string{groupURN}})
	})
	t.Run("B03 the id is there always, is the service's own and stays", func(t *testing.T) {
		a := do(t, h, "POST", "/Groups?excludedAttributes=id", group(`"id":"chosen","displayName":"Own id"`)).is(t, 201, "")
		own := a.str("/id")
		if own == "" || own == "chosen" || own == id {
			t.Errorf("id is %q", own)
		}
		do(t, h, "PUT", "/Groups/"+own, group(`"id":"chosen","displayName":"Own id 2"`)).is(t, 200, "").has(t, map[string]any{"/id": own})
	})
	t.Run("B04 no id contains bulkId", func(t *testing.T) {
		h := newHandler(t, scim.Config{Groups: memory.NewWith(memory.Options{NewID: func(store.Group) string { return "my-BULKID-1" }}), Logger: quiet()})
		do(t, h, "POST", "/Groups", group(`"displayName":"x"`)) // 400 or 500, but never made
		if a := do(t, h, "GET", "/Groups", ""); a.int("/totalResults") != 0 {
			t.Error(a.text)
		}
		h = newHandler(t, scim.Config{Groups: memory.NewWith(memory.Options{IDFromName: true})})
		do(t, h, "POST", "/Groups", group(`"displayName":"the bulkid group"`)).is(t, 400, "invalidValue")
	})
	t.Run("B05 the id is caseExact, readOnly and returned always", func(t *testing.T) {
		do(t, h, "GET", "/Groups/"+strings.ToUpper(id), "").is(t, 404, "")
		equal(t, "names", names(t, h, `id eq "`+strings.ToUpper(id)+`"`), nil)
		do(t, h, "PATCH", path, patchOp(`{"op":"replace","path":"id","value":"other"}`)).is(t, 400, "mutability")
		do(t, h, "GET", path+"?excludedAttributes=id", "").has(t, map[string]any{"/id": id})
	})
	t.Run("B06 externalId is never invented, need not be unique, is caseExact and filterable", func(t *testing.T) {
		a := do(t, h, "POST", "/Groups", group(`"displayName":"No external id"`)).is(t, 201, "").has(t, map[string]any{"/externalId": nil})
		do(t, h, "PATCH", "/Groups/"+a.str("/id"), patchOp(`{"op":"add","path":"externalId","value":"Ext-1"}`)).is(t, 204, "")
		equal(t, "exact", names(t, h, `externalId eq "Ext-1"`), []string{"No external id", "Tour Guides"})
		equal(t, "another letter case", names(t, h, `externalId eq "ext-1"`), nil)
	})
	t.Run("B07 a client's id and meta are ignored", func(t *testing.T) {
		a := do(t, h, "POST", "/Groups", group(`"displayName":"Meta","meta":{"resourceType":"User","created":"1999-01-01T00:00:00Z","version":"W/\"x\"","location":"http://x/"}`)).is(t, 201, "")
		if a.str("/meta/created") < "2026" || a.str("/meta/resourceType") != "Group" || strings.HasPrefix(a.str("/meta/location"), "http://x") {
			t.Error(a.text)
		}
	})
	t.Run("B08 meta.resourceType is Group", func(t *testing.T) {
		do(t, h, "GET", path, "").has(t, map[string]any{"/meta/resourceType": "Group"})
	})
	t.Run("B09 created and lastModified are dateTimes, equal until the first change", func(t *testing.T) {
		a := do(t, h, "POST", "/Groups", group(`"displayName":"Times"`)).is(t, 201, "")
		created, err := time.Parse(time.RFC3339Nano, a.str("/meta/created"))
		if err != nil || a.str("/meta/lastModified") != a.str("/meta/created") {
			t.Errorf("%v: %s", err, a.text)
		}
		b := do(t, h, "PUT", "/Groups/"+a.str("/id"), group(`"displayName":"Times 2"`)).is(t, 200, "")
		modified, err := time.Parse(time.RFC3339Nano, b.str("/meta/lastModified"))
		if err != nil || !modified.After(created) || b.str("/meta/created") != a.str("/meta/created") {
			t.Errorf("%v: %s", err, b.text)
		}
	})
	t.Run("B10 meta.location is the canonical URI and equals Content-Location", func(t *testing.T) {
		a := do(t, h, "GET", path, "")
		if want := "https://example.com/scim/v2/Groups/" + id; a.str("/meta/location") != want || a.header.Get("Content-Location") != want {
			t.Errorf("%q, %q, want %s", a.str("/meta/location"), a.header.Get("Content-Location"), want)
		}
	})
	t.Run("B11 meta.version equals the ETag and is weak", func(t *testing.T) {
		a := do(t, h, "GET", path, "")
		if v := a.str("/meta/version"); v != a.header.Get("ETag") || !strings.HasPrefix(v, `W/"`) {
			t.Errorf("meta.version %q, ETag %q", v, a.header.Get("ETag"))
		}
	})
	t.Run("B12 the ETag is a header of every answer that is about one group", func(t *testing.T) {
		id := create(t, h, "Tagged")
		for _, r := range []request{
			{"", "GET", "", "", 200, "", nil}, {"", "HEAD", "", "", 200, "", nil},
			{"", "PATCH", "", patchOp(`{"op":"add","path":"externalId","value":"1"}`), 204, "", nil},
			{"", "PUT", "?attributes=displayName", group(`"displayName":"Tagged 2"`), 200, "", nil},
		} {
			if a := do(t, h, r.method, "/Groups/"+id+r.path, r.body).is(t, r.status, ""); a.header.Get("ETag") == "" {
				t.Errorf("%s without ETag", r.method)
			}
		}
	})
	published := func(t *testing.T, name string) any {
		a := do(t, h, "GET", "/Schemas/"+groupURN, "").is(t, 200, "")
		list, _ := a.doc["attributes"].([]any)
		for _, attribute := range list {
			if n, _ := follow(attribute, "/name"); n == name {
				return attribute
			}
		}
		t.Fatalf("no attribute %s", name)
		return nil
	}
	t.Run("B13 displayName is a required string, not caseExact, readWrite", func(t *testing.T) {
		a := answer{doc: map[string]any{"a": published(t, "displayName")}}
		a.has(t, map[string]any{"/a/required": true, "/a/type": "string", "/a/multiValued": false, "/a/caseExact": false, "/a/mutability": "readWrite", "/a/returned": "default"})
	})
	t.Run("B14 members is complex, multi-valued and readWrite, its sub-attributes immutable, display readOnly", func(t *testing.T) {
		a := answer{doc: map[string]any{"a": published(t, "members")}}
		a.has(t, map[string]any{"/a/multiValued": true, "/a/type": "complex", "/a/mutability": "readWrite"})
		subs, _ := a.at("/a/subAttributes")
		mutability := map[any]any{}
		for _, sub := range subs.([]any) {
			n, _ := follow(sub, "/name")
			mutability[n], _ = follow(sub, "/mutability")
		}
		if got := text(t, []any{mutability["value"], mutability["$ref"], mutability["type"], mutability["display"]}); got != `["immutable","immutable","immutable","readOnly"]` {
			t.Error(got)
		}
	})
	t.Run("B15 members.value is kept exactly, and $ref is the URI of a resource of its type", func(t *testing.T) {
		device := schemaOf(t, `{"id":"urn:ietf:params:scim:schemas:core:2.0:Device","name":"Device","attributes":[]}`)
		h := newHandler(t, scim.Config{BaseURL: "https://example.com/scim/v2", ResourceTypes: append(userType(),
			scim.ResourceType{Name: "Device", Endpoint: "/Devices", Schema: device})})
		id := createWith(t, h, `"displayName":"R","members":[{"value":"A-u","type":"User"},{"value":"B-g","type":"Group"},{"value":"C-d","type":"Device"},{"value":"D-x"}]`)
		do(t, h, "GET", "/Groups/"+id, "").has(t, map[string]any{
			"/members/0": map[string]string{"$ref": "https://example.com/scim/v2/Users/A-u", "type": "User", "value": "A-u"},
			"/members/1": map[string]string{"$ref": "https://example.com/scim/v2/Groups/B-g", "type": "Group", "value": "B-g"},
			"/members/2": map[string]string{"$ref": "https://example.com/scim/v2/Devices/C-d", "type": "Device", "value": "C-d"},
			"/members/3": map[string]string{"value": "D-x"},
		})
	})
	t.Run("B16 $ref may be relative, and is left out for types that nobody serves", func(t *testing.T) {
		id := createWith(t, h, `"displayName":"Relative","members":[{"value":"u","$ref":"Users/u"},{"value":"g","$ref":"../Groups/g"}]`)
		do(t, h, "GET", "/Groups/"+id+query("attributes", "members"), "").has(t, map[string]any{
			"/members/0": map[string]string{"$ref": "https://example.com/scim/v2/Groups/g", "type": "Group", "value": "g"},
			"/members/1": map[string]string{"type": "User", "value": "u"},
		})
	})
	t.Run("B17 URIs with and without the version are the same", func(t *testing.T) {
		id := createWith(t, h, `"displayName":"Versions","members":[{"value":"u9","type":"User"}]`)
		for _, uri := range []string{"https://example.com/scim/v2/Users/u9", "https://example.com/scim/Users/u9", "/Users/u9", "/v2/Users/u9", "Users/u9", "../Users/u9"} {
			equal(t, uri, names(t, h, `members.$ref eq "`+uri+`"`), []string{"Versions"})
			unchanged(t, h, id, func() {
				do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"add","path":"members","value":[{"$ref":"`+uri+`"}]}`)).is(t, 204, "")
			})
		}
	})
	t.Run("B18 the sub-attributes of members are the predefined ones", func(t *testing.T) {
		a := answer{doc: map[string]any{"a": published(t, "members")}}
		subs, _ := a.at("/a/subAttributes")
		for _, sub := range subs.([]any) {
			if n, _ := follow(sub, "/name"); !slices.Contains([]any{"value", "$ref", "type", "display"}, n) {
				t.Errorf("members has %v", n)
			}
		}
	})
	t.Run("B19 no member is there twice", func(t *testing.T) {
		id := createWith(t, h, `"displayName":"Twice","members":[{"value":"u"},{"value":"u","type":"User"},{"value":"v"}]`)
		do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"add","path":"members","value":[{"value":"v","type":"User"},{"value":"w"},{"value":"w"}]}`)).is(t, 204, "")
		equal(t, "members", membersOf(t, h, id), []string{"u", "v", "w"})
	})
	t.Run("B20 at most one value is primary", func(t *testing.T) {
		do(t, h, "POST", "/Groups", group(`"displayName":"Two primaries",`+site(`"rooms":[{"value":"a","primary":true},{"value":"b","primary":true}]`))).is(t, 400, "invalidValue")
		do(t, h, "POST", "/Groups", group(`"displayName":"One primary",`+site(`"rooms":[{"value":"a","primary":true},{"value":"b"}]`))).is(t, 201, "")
	})
	t.Run("B21 extension attributes are in the object that their URN names", func(t *testing.T) {
		do(t, h, "GET", path, "").has(t, map[string]any{"/" + siteURN: map[string]string{"site": "Pier", "code": "aB"}, "/site": nil})
		do(t, h, "POST", "/Groups", group(`"displayName":"Outside","site":"x"`)).is(t, 400, "invalidSyntax")
	})
	t.Run("B22 a required extension must be there with its required attributes", func(t *testing.T) {
		unit := `[{"id":"urn:example:unit","name":"Unit","required":true,"attributes":[{"name":"unit","type":"string","multiValued":false,"required":true,"mutability":"readWrite","returned":"default","uniqueness":"none"}]}]`
		h := newHandler(t, scim.Config{Extensions: extensions(t, unit)})
		do(t, h, "POST", "/Groups", group(`"displayName":"x"`)).is(t, 400, "invalidValue")
		a := do(t, h, "POST", "/Groups", group(`"displayName":"x","urn:example:unit":{"unit":"u"}`)).is(t, 201, "")
		do(t, h, "PUT", "/Groups/"+a.str("/id"), group(`"displayName":"x"`)).is(t, 400, "invalidValue")
		do(t, h, "PATCH", "/Groups/"+a.str("/id"), patchOp(`{"op":"remove","path":"urn:example:unit:unit"}`)).is(t, 400, "mutability")
		do(t, h, "PATCH", "/Groups/"+a.str("/id"), patchOp(`{"op":"remove","path":"urn:example:unit"}`)).is(t, 400, "mutability")
		do(t, h, "GET", "/ResourceTypes/Group", "").has(t, map[string]any{"/schemaExtensions/0": map[string]any{"schema": "urn:example:unit", "required": true}})
	})
	t.Run("B23 a schema with a complex sub-attribute is refused", func(t *testing.T) {
		text := `[{"id":"urn:example:deep","name":"Deep","attributes":[{"name":"a","type":"complex","multiValued":false,"required":false,"mutability":"readWrite","returned":"default","subAttributes":[
			{"name":"b","type":"complex","multiValued":false,"required":false,"mutability":"readWrite","returned":"default","subAttributes":[
			{"name":"c","type":"string","multiValued":false,"required":false,"mutability":"readWrite","returned":"default","uniqueness":"none"}]}]}]}]`
		e, err := scim.ParseExtensions([]byte(text))
		if err == nil {
			_, err = scim.NewHandler(scim.Config{Groups: memory.New(), Auth: scim.Auth{Authenticator: scim.Anonymous}, Extensions: e})
		}
		if err == nil {
			t.Error("it was taken")
		}
	})
	t.Run("B24 integers, decimals, booleans, binaries, dateTimes and references are what they are", func(t *testing.T) {
		for i, value := range []string{`"floor":9007199254740993`, `"floor":-2`, `"area":1.50`, `"open":false`, `"badge":"aGVsbG8="`, `"since":"2026-01-02T03:04:05+01:00"`, `"page":"https://example.com/x"`} {
			a := do(t, h, "POST", "/Groups", group(`"displayName":"Good `+string(rune('a'+i))+`",`+site(value))).is(t, 201, "")
			if !strings.Contains(a.text, value) && !strings.HasPrefix(value, `"since"`) {
				t.Errorf("%s became %s", value, a.text)
			}
		}
		for _, value := range []string{`"floor":1.5`, `"floor":"1"`, `"area":"x"`, `"open":"yes"`, `"open":1`, `"badge":"***"`, `"since":"yesterday"`, `"site":7`, `"tags":"x y"`, `"owner":"x"`, `"rooms":"x"`} {
			a := do(t, h, "POST", "/Groups", group(`"displayName":"Bad",`+site(value)))
			if name, _, _ := strings.Cut(value[1:], `"`); a.status == 201 && name == "tags" {
				do(t, h, "DELETE", "/Groups/"+a.str("/id"), "") // one value of a list may be taken for the list
			} else if a.is(t, 400, "invalidValue"); !strings.Contains(a.str("/detail"), name) {
				t.Errorf("%s: the detail does not name the attribute: %s", value, a.text)
			}
		}
	})
	t.Run("B25 what is writeOnly or returned never is in no answer", func(t *testing.T) {
		secrets := site(`"secret":"pst-1","hidden":"pst-2","site":"s"`)
		a := do(t, h, "POST", "/Groups?attributes="+siteURN+":secret,"+siteURN+":hidden,"+siteURN, group(`"displayName":"Secret",`+secrets)).is(t, 201, "")
		p := "/Groups/" + a.str("/id")
		for _, a := range []answer{a,
			do(t, h, "GET", p, ""), do(t, h, "GET", p+"?attributes="+siteURN+":secret", ""), do(t, h, "GET", "/Groups", ""),
			do(t, h, "PUT", p, group(`"displayName":"Secret",`+secrets)),
			do(t, h, "PATCH", p+"?attributes="+siteURN, patchOp(`{"op":"replace","path":"`+siteURN+`:secret","value":"pst-3"}`)),
			do(t, h, "POST", "/.search", search(`"attributes":["`+siteURN+`:hidden","`+siteURN+`"]`)),
		} {
			if a.ok(t); strings.Contains(a.text, "pst-") {
				t.Error(a.text)
			}
		}
	})
	t.Run("B26 the letter case of values is kept", func(t *testing.T) {
		do(t, h, "GET", path, "").has(t, map[string]any{"/externalId": "Ext-1", "/displayName": "Tour Guides", "/" + siteURN + "/code": "aB"})
	})
	t.Run("B27 returned request appears when it is named or was written", func(t *testing.T) {
		cost := "/" + siteURN + "/cost"
		a := do(t, h, "POST", "/Groups", group(`"displayName":"Costs",`+site(`"cost":"9"`))).is(t, 201, "").has(t, map[string]any{cost: "9"})
		p := "/Groups/" + a.str("/id")
		do(t, h, "GET", p, "").has(t, map[string]any{cost: nil})
		do(t, h, "GET", p+"?attributes="+siteURN+":cost", "").has(t, map[string]any{cost: "9"})
		do(t, h, "PUT", p, group(`"displayName":"Costs",`+site(`"cost":"8"`))).has(t, map[string]any{cost: "8"})
		do(t, h, "PATCH", p+"?excludedAttributes=members", patchOp(`{"op":"replace","path":"`+siteURN+`:cost","value":"7"}`)).has(t, map[string]any{cost: "7"})
		do(t, h, "PATCH", p+"?excludedAttributes=members", patchOp(`{"op":"replace","path":"externalId","value":"7"}`)).has(t, map[string]any{cost: nil})
	})
	t.Run("B28 displayName is unique within a tenant, not across tenants", func(t *testing.T) {
		tenants := map[string]store.GroupStore{"a.example": memory.New(), "b.example": memory.New()}
		h := newHandler(t, scim.Config{SelectTenant: func(r *http.Request, _ scim.Subject) (scim.Tenant, error) {
			if s, ok := tenants[r.Host]; ok {
				return scim.Tenant{Name: r.Host, Groups: s}, nil
			}
			return scim.Tenant{}, store.ErrNotFound
		}})
		for i, host := range []string{"a.example", "b.example", "a.example", "c.example"} {
			r, err := http.NewRequestWithContext(context.Background(), "POST", "http://"+host+"/Groups", strings.NewReader(group(`"displayName":"x"`)))
			if err != nil {
				t.Fatal(err)
			}
			if a, want := serve(t, h, r), []int{201, 201, 409, 404}[i]; a.status != want {
				t.Errorf("%d: %s: %d, want %d", i, host, a.status, want)
			}
		}
	})
}

// names are the displayNames of the groups that a filter selects, sorted; they
// are the same for GET and for .search.
func names(t testing.TB, h http.Handler, filter string) []string {
	t.Helper()
	a := do(t, h, "GET", "/Groups"+query("filter", filter), "")
	b := do(t, h, "POST", "/Groups/.search", search(`"filter":`+text(t, filter)))
	if a.text != b.text {
		t.Errorf("%s: GET says\n%s\n.search\n%s", filter, a.text, b.text)
	}
	if a.status != 200 {
		t.Errorf("%s: %d %s", filter, a.status, a.text)
		return nil
	}
	out := a.names()
	slices.Sort(out)
	if len(out) == 0 {
		return nil
	}
	return out
}

var errHost = errors.New("host-text")
