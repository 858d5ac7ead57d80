package scim_test

import (
	"testing"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// Section C of the checklist: POST /Groups.
func TestChecklistC(t *testing.T) {
	h := withSite(t)
	t.Run("C01 what is readOnly is ignored", func(t *testing.T) {
		do(t, h, "POST", "/Groups", group(`"displayName":"C01","id":"x","meta":{"version":"y"},`+site(`"stamp":"z","site":"s"`))).is(t, 201, "").
			has(t, map[string]any{"/" + siteURN: map[string]string{"site": "s"}})
	})
	t.Run("C02 what is left out is unassigned", func(t *testing.T) {
		a := do(t, h, "POST", "/Groups", group(`"displayName":"C02","members":[],"externalId":null`)).is(t, 201, "")
		equal(t, "attributes", a.keys(), []string{"displayName", "id", "meta", "schemas"})
	})
	t.Run("C03 success is 201", func(t *testing.T) {
		do(t, h, "POST", "/Groups", group(`"displayName":"C03"`)).is(t, 201, "")
	})
	t.Run("C04 the answer is the group, under the projection that is asked for", func(t *testing.T) {
		a := do(t, h, "POST", "/Groups", group(`"displayName":"C04","externalId":"e","members":[{"value":"u"}]`)).is(t, 201, "")
		if got := state(t, h, a.str("/id")); got != a.text {
			t.Errorf("POST answered\n%s\nGET\n%s", a.text, got)
		}
		a = do(t, h, "POST", "/Groups?attributes=externalId", group(`"displayName":"C04b","externalId":"e"`)).is(t, 201, "")
		equal(t, "attributes", a.keys(), []string{"externalId", "id", "schemas"})
		a = do(t, h, "POST", "/Groups?excludedAttributes=members,meta", group(`"displayName":"C04c","members":[{"value":"u"}]`)).is(t, 201, "")
		equal(t, "attributes", a.keys(), []string{"displayName", "id", "schemas"})
	})
	t.Run("C05 Location and meta.location are the same URI", func(t *testing.T) {
		a := do(t, h, "POST", "/Groups", group(`"displayName":"C05"`)).is(t, 201, "")
		if l := a.header.Get("Location"); l == "" || l != a.str("/meta/location") {
			t.Errorf("Location %q, meta.location %q", l, a.str("/meta/location"))
		}
	})
	t.Run("C06 a conflict is 409 uniqueness and makes nothing", func(t *testing.T) {
		do(t, h, "POST", "/Groups", group(`"displayName":"C06"`)).is(t, 201, "")
		do(t, h, "POST", "/Groups", group(`"displayName":"c06","members":[{"value":"nobody"}]`)).is(t, 409, "uniqueness")
		equal(t, "groups", names(t, h, `displayName eq "C06" or members.value eq "nobody"`), []string{"C06"})
	})
	for _, r := range []request{
		{"C07 no JSON", "POST", "", "nonsense", 400, "invalidSyntax", nil},
		{"C07 JSON that ends too early", "POST", "", `{"schemas":`, 400, "invalidSyntax", nil},
		{"C07 text after the JSON", "POST", "", group(`"displayName":"C07"`) + "x", 400, "invalidSyntax", nil},
		{"C07 a list", "POST", "", `[]`, 400, "invalidSyntax", nil},
		{"C07 null", "POST", "", `null`, 400, "invalidSyntax", nil},
		{"C07 no body", "POST", "", "", 400, "invalidSyntax", nil},
		{"C07 an unknown attribute", "POST", "", group(`"displayName":"C07","colour":"red"`), 400, "invalidSyntax", nil},
		{"C07 an attribute twice", "POST", "", group(`"displayName":"C07","DISPLAYNAME":"C07b"`), 400, "invalidSyntax", nil},
		{"C07 displayName is missing", "POST", "", group(`"externalId":"x"`), 400, "invalidValue", nil},
		{"C07 displayName is null", "POST", "", group(`"displayName":null`), 400, "invalidValue", nil},
		{"C07 displayName is empty", "POST", "", group(`"displayName":""`), 400, "invalidValue", nil},
		{"C07 displayName is a number", "POST", "", group(`"displayName":1`), 400, "invalidValue", nil},
		{"C07 displayName is a list", "POST", "", group(`"displayName":["C07"]`), 400, "invalidValue", nil},
		{"C07 externalId is an object", "POST", "", group(`"displayName":"C07","externalId":{}`), 400, "invalidValue", nil},
		{"C07 members is a boolean", "POST", "", group(`"displayName":"C07","members":true`), 400, "invalidValue", nil},
		{"C07 members has a list in it", "POST", "", group(`"displayName":"C07","members":[["u"]]`), 400, "invalidValue", nil},
		{"C07 a member's type is a number", "POST", "", group(`"displayName":"C07","members":[{"value":"u","type":1}]`), 400, "invalidValue", nil},
		{"C07 an extension is a string", "POST", "", group(`"displayName":"C07","` + siteURN + `":"x"`), 400, "invalidValue", nil},
		{"C08 schemas is missing", "POST", "", `{"displayName":"C08"}`, 400, "invalidSyntax", nil},
		{"C08 schemas is empty", "POST", "", `{"schemas":[],"displayName":"C08"}`, 400, "invalidSyntax", nil},
		{"C08 schemas is a string", "POST", "", `{"schemas":"` + groupURN + `","displayName":"C08"}`, 400, "invalidSyntax", nil},
		{"C08 schemas lacks that of groups", "POST", "", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"displayName":"C08"}`, 400, "invalidSyntax", nil},
		{"C09 a member needs the value that the schema requires", "POST", "", group(`"displayName":"C09","members":[{"type":"User"}]`), 400, "invalidValue", nil},
		{"C09 the value of a member is not empty", "POST", "", group(`"displayName":"C09","members":[{"value":""}]`), 400, "invalidValue", nil},
	} {
		t.Run(r.name, func(t *testing.T) {
			do(t, h, r.method, "/Groups", r.body).is(t, r.status, r.scimType)
			equal(t, "groups", names(t, h, `displayName sw "C07" or displayName sw "C08" or displayName sw "C09"`), nil)
		})
	}
	t.Run("C10 what is immutable may be set at creation", func(t *testing.T) {
		do(t, h, "POST", "/Groups", group(`"displayName":"C10",`+site(`"born":"1999"`))).is(t, 201, "").
			has(t, map[string]any{"/" + siteURN + "/born": "1999"})
	})
	t.Run("C11 members need not exist, unless the store says so", func(t *testing.T) {
		create(t, h, "C11", "nobody")
		strict := newHandler(t, scim.Config{Groups: &hookedStore{GroupStore: memory.New(), before: func(method string) error {
			if method == "Create" || method == "Update" {
				return &store.UnknownMemberError{Values: []string{"nobody"}}
			}
			return nil
		}}})
		do(t, strict, "POST", "/Groups", group(`"displayName":"C11","members":[{"value":"nobody"}]`)).is(t, 400, "invalidValue")
	})
}
