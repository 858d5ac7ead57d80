package scim_test

import (
	"testing"

	"github.com/scimgroups/scimgroups/scim"
)

// Section G of the checklist: PUT /Groups/{id}.
func TestChecklistG(t *testing.T) {
	h := withSite(t)
	create(t, h, "Taken")
	id := createWith(t, h, `"displayName":"G","externalId":"e","members":[{"value":"a","type":"User"},{"value":"b"}],`+site(`"site":"Pier","born":"1999"`))
	path := "/Groups/" + id

	t.Run("G01 PUT is supported", func(t *testing.T) {
		do(t, h, "PUT", path, group(`"displayName":"G","members":[{"value":"a","type":"User"},{"value":"b"}]`)).is(t, 200, "")
	})
	t.Run("G02 PUT never creates", func(t *testing.T) {
		do(t, h, "PUT", "/Groups/none", group(`"displayName":"None"`)).is(t, 404, "")
		equal(t, "groups", names(t, h, `displayName eq "None"`), nil)
		do(t, h, "PUT", "/Groups", group(`"displayName":"None"`)).is(t, 405, "")
	})
	t.Run("G03 values replace those that are there, members as a set", func(t *testing.T) {
		do(t, h, "PUT", path, group(`"displayName":"G3","externalId":"f","members":[{"value":"c"},{"value":"b"}],`+site(`"site":"Dock"`))).is(t, 200, "").
			has(t, map[string]any{"/displayName": "G3", "/externalId": "f", "/" + siteURN + "/site": "Dock"})
		equal(t, "members", membersOf(t, h, id), []string{"b", "c"})
	})
	t.Run("G04 what is left out is cleared, or members kept by option", func(t *testing.T) {
		do(t, h, "PUT", path, group(`"displayName":"G"`)).is(t, 200, "").
			has(t, map[string]any{"/externalId": nil, "/members": nil, "/" + siteURN + "/site": nil})
		keep := newHandler(t, scim.Config{Members: scim.Members{KeepOnPut: true}})
		id := create(t, keep, "K", "u")
		do(t, keep, "PUT", "/Groups/"+id, group(`"displayName":"K2"`)).is(t, 200, "").has(t, map[string]any{"/members/0/value": "u", "/displayName": "K2"})
	})
	t.Run("G05 an immutable value must be the same or absent", func(t *testing.T) {
		do(t, h, "PUT", path, group(`"displayName":"G",`+site(`"born":"1999"`))).is(t, 200, "")
		do(t, h, "PUT", path, group(`"displayName":"G"`)).is(t, 200, "").has(t, map[string]any{"/" + siteURN + "/born": "1999"})
		unchanged(t, h, id, func() {
			do(t, h, "PUT", path, group(`"displayName":"G",`+site(`"born":"2000"`))).is(t, 400, "mutability")
		})
		other := create(t, h, "G05")
		do(t, h, "PUT", "/Groups/"+other, group(`"displayName":"G05",`+site(`"born":"2000"`))).is(t, 200, "").
			has(t, map[string]any{"/" + siteURN + "/born": "2000"})
	})
	t.Run("G05 the type of a member that stays does not change", func(t *testing.T) {
		id := createWith(t, h, `"displayName":"G05 types","members":[{"value":"a","type":"User"}]`)
		a := do(t, h, "PUT", "/Groups/"+id, group(`"displayName":"G05 types","members":[{"value":"a","type":"Group"}]`))
		if a.status != 400 || a.str("/scimType") != "mutability" {
			a.is(t, 200, "").has(t, map[string]any{"/members/0/type": "User"})
		}
	})
	t.Run("G06 readOnly values are ignored", func(t *testing.T) {
		a := do(t, h, "PUT", path, group(`"id":"other","displayName":"G","meta":{"created":"1999-01-01T00:00:00Z"},`+site(`"stamp":"x"`))).is(t, 200, "")
		a.has(t, map[string]any{"/id": id, "/" + siteURN + "/stamp": nil})
		if a.str("/meta/created") < "2026" {
			t.Error(a.text)
		}
	})
	t.Run("G07 required attributes must be there", func(t *testing.T) {
		unchanged(t, h, id, func() {
			do(t, h, "PUT", path, group(`"externalId":"x"`)).is(t, 400, "invalidValue")
			do(t, h, "PUT", path, group(`"displayName":null`)).is(t, 400, "invalidValue")
			do(t, h, "PUT", path, `{"displayName":"x"}`).is(t, 400, "invalidSyntax")
		})
	})
	t.Run("G08 null and an empty list clear", func(t *testing.T) {
		for _, empty := range []string{"null", "[]"} {
			do(t, h, "PUT", path, group(`"displayName":"G","externalId":"x","members":[{"value":"a"}],`+site(`"tags":["t"]`))).is(t, 200, "")
			do(t, h, "PUT", path, group(`"displayName":"G","externalId":null,"members":`+empty+`,`+site(`"tags":`+empty))).is(t, 200, "").
				has(t, map[string]any{"/members": nil, "/externalId": nil, "/" + siteURN + "/tags": nil})
		}
	})
	t.Run("G09 success is 200 with the whole group", func(t *testing.T) {
		a := do(t, h, "PUT", path, group(`"displayName":"G","members":[{"value":"z"}]`)).is(t, 200, "")
		if got := state(t, h, id); got != a.text {
			t.Errorf("PUT answered\n%s\nGET\n%s", a.text, got)
		}
	})
	t.Run("G10 a name that is taken is 409 and changes nothing", func(t *testing.T) {
		unchanged(t, h, id, func() {
			do(t, h, "PUT", path, group(`"displayName":"TAKEN","members":[{"value":"q"}]`)).is(t, 409, "uniqueness")
		})
		do(t, h, "PUT", path, group(`"displayName":"g"`)).is(t, 200, "") // its own name in another letter case
	})
	t.Run("G11 If-Match with another version is 412 and changes nothing", func(t *testing.T) {
		unchanged(t, h, id, func() {
			do(t, h, "PUT", path, group(`"displayName":"G11"`), "If-Match", `W/"1"`).is(t, 412, "")
		})
		tag := do(t, h, "GET", path, "").header.Get("ETag")
		do(t, h, "PUT", path, group(`"displayName":"G11"`), "If-Match", tag).is(t, 200, "")
		do(t, h, "PUT", path, group(`"displayName":"G12"`), "If-Match", tag).is(t, 412, "")
		do(t, h, "PUT", path, group(`"displayName":"G12"`), "If-Match", "*").is(t, 200, "")
	})
}
