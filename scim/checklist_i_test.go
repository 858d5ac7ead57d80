package scim_test

import (
	"testing"

	"github.com/scimgroups/scimgroups/scim"
)

// Section I of the checklist: DELETE /Groups/{id}.
func TestChecklistI(t *testing.T) {
	h := newHandler(t, scim.Config{})
	keep := create(t, h, "Keep", "u")
	gone := createWith(t, h, `"displayName":"Gone","externalId":"e","members":[{"value":"u"}]`)
	create(t, h, "Parent", gone, "u")

	t.Run("I06 If-Match with another version is 412 and keeps the group", func(t *testing.T) {
		do(t, h, "DELETE", "/Groups/"+gone, "", "If-Match", `W/"1"`).is(t, 412, "")
		do(t, h, "DELETE", "/Groups/"+gone, "", "If-None-Match", "*").is(t, 412, "")
		do(t, h, "GET", "/Groups/"+gone, "").is(t, 200, "")
	})
	t.Run("I01 success is 204 without content", func(t *testing.T) {
		tag := do(t, h, "GET", "/Groups/"+gone, "").header.Get("ETag")
		if a := do(t, h, "DELETE", "/Groups/"+gone, "", "If-Match", tag).is(t, 204, ""); a.header.Get("Content-Type") != "" {
			t.Errorf("Content-Type is %q", a.header.Get("Content-Type"))
		}
	})
	t.Run("I02 afterwards every operation on the id is 404", func(t *testing.T) {
		for _, r := range []request{
			{"", "GET", "", "", 404, "", nil}, {"", "HEAD", "", "", 404, "", nil}, {"", "DELETE", "", "", 404, "", nil},
			{"", "PUT", "", group(`"displayName":"x"`), 404, "", nil},
			{"", "PATCH", "", patchOp(`{"op":"add","path":"externalId","value":"x"}`), 404, "", nil},
		} {
			do(t, h, r.method, "/Groups/"+gone, r.body).is(t, r.status, "")
		}
	})
	t.Run("I03 it is in no list and no total", func(t *testing.T) {
		do(t, h, "GET", "/Groups", "").has(t, map[string]any{"/totalResults": 2})
		equal(t, "by member", names(t, h, `members.value eq "u"`), []string{"Keep", "Parent"})
		equal(t, "by name", names(t, h, `displayName eq "Gone"`), nil)
		equal(t, "by externalId", names(t, h, `externalId eq "e"`), nil)
		equal(t, "by id", names(t, h, `id eq "`+gone+`"`), nil)
	})
	t.Run("I04 its name is free", func(t *testing.T) {
		createWith(t, h, `"displayName":"GONE","externalId":"e"`)
	})
	t.Run("I05 its id is not given again", func(t *testing.T) {
		a := do(t, h, "GET", "/Groups"+query("filter", `displayName eq "gone"`), "")
		if again := a.str("/Resources/0/id"); again == gone || again == keep {
			t.Errorf("the id %s is given twice", again)
		}
	})
	t.Run("I07 a membership of the group elsewhere is the client's to remove", func(t *testing.T) {
		a := do(t, h, "GET", "/Groups"+query("filter", `displayName eq "Parent"`), "")
		id := a.str("/Resources/0/id")
		do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"remove","path":"members[value eq \"`+gone+`\"]"}`)).is(t, 204, "")
		equal(t, "members", membersOf(t, h, id), []string{"u"})
	})
}
