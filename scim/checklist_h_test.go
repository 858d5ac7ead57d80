package scim_test

import (
	"testing"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store/memory"
)

// Section H of the checklist: PATCH /Groups/{id}. A case starts from a group of
// its own with the members a (User, "Ann") and b, and some of the extension.
func TestChecklistH(t *testing.T) {
	h := withSite(t)
	create(t, h, "Taken")
	n := 0
	fresh := func(t *testing.T) string {
		t.Helper()
		n++
		return createWith(t, h, `"displayName":"H`+text(t, n)+`","externalId":"e","members":[{"value":"a","type":"User","display":"Ann"},{"value":"b"}],`+
			site(`"site":"Pier","born":"1999","tags":["x","y"],"owner":{"name":"O","mail":"m"},"rooms":[{"value":"r1","type":"big","primary":true,"seats":9},{"value":"r2","type":"small"}]`))
	}
	s := "/" + siteURN

	// What succeeds, and what is there afterwards.
	for _, c := range []struct {
		name, body string
		want       map[string]any
	}{
		{"H01 PATCH is supported", patchOp(`{"op":"replace","path":"externalId","value":"f"}`), map[string]any{"/externalId": "f"}},
		{"H04 op has any letter case", patchOp(`{"op":"Replace","path":"externalId","value":"f"}`, `{"op":"ADD","path":"members","value":[{"value":"c"}]}`), map[string]any{"/externalId": "f", "/members/2/value": "c"}},
		{"H06 a value path with a sub-attribute", patchOp(`{"op":"replace","path":"members[value eq \"a\"].display","value":"Anna"}`), map[string]any{"/members/0/display": "Anna"}},
		{"H07 an immutable attribute without a value may be added", patchOp(`{"op":"add","path":"members[value eq \"b\"].type","value":"User"}`), map[string]any{"/members/1/type": "User"}},
		{"H08 fully qualified paths of the core", patchOp(`{"op":"replace","path":"`+groupURN+`:externalId","value":"f"}`, `{"op":"add","path":"`+groupURN+`:members","value":{"value":"c"}}`), map[string]any{"/externalId": "f", "/members/2/value": "c"}},
		{"H08 fully qualified paths of an extension", patchOp(`{"op":"replace","path":"` + siteURN + `:site","value":"Dock"}`), map[string]any{s + "/site": "Dock"}},
		{"H08 a bare URN as the path", patchOp(`{"op":"add","path":"` + siteURN + `","value":{"floor":2}}`), map[string]any{s + "/floor": 2, s + "/site": "Pier"}},
		{"H08 a URN as a name in the value", patchOp(`{"op":"add","value":{"` + siteURN + `":{"floor":2}}}`), map[string]any{s + "/floor": 2, s + "/site": "Pier"}},
		{"H09 operations apply in order", patchOp(`{"op":"add","path":"members","value":{"value":"c"}}`, `{"op":"remove","path":"members"}`, `{"op":"add","path":"members","value":{"value":"d"}}`, `{"op":"replace","path":"externalId","value":"1"}`, `{"op":"replace","path":"externalId","value":"2"}`),
			map[string]any{"/members": []map[string]string{{"value": "d"}}, "/externalId": "2"}},
		{"H09 a member that is added and removed is gone", patchOp(`{"op":"add","path":"members","value":{"value":"c"}}`, `{"op":"remove","path":"members[value eq \"c\"]"}`), map[string]any{"/members/2": nil}},
		{"H09 a member that is removed and added is there", patchOp(`{"op":"remove","path":"members[value eq \"b\"]"}`, `{"op":"add","path":"members","value":{"value":"b"}}`), map[string]any{"/members/1/value": "b"}},
		{"H13 a new primary resets the others", patchOp(`{"op":"replace","path":"` + siteURN + `:rooms[value eq \"r2\"].primary","value":true}`),
			map[string]any{s + "/rooms/0/primary": nilOrFalse{}, s + "/rooms/1/primary": true}},
		{"H13 an added primary resets the others", patchOp(`{"op":"add","path":"` + siteURN + `:rooms","value":[{"value":"r3","primary":true}]}`),
			map[string]any{s + "/rooms/0/primary": nilOrFalse{}, s + "/rooms/2/primary": true}},
		{"H15 add without a path merges", patchOp(`{"op":"add","value":{"externalId":"f","members":[{"value":"c"}]}}`), map[string]any{"/externalId": "f", "/members/0/value": "a", "/members/2/value": "c"}},
		{"H16 add appends to lists and replaces single values", patchOp(`{"op":"add","path":"`+siteURN+`:tags","value":["z"]}`, `{"op":"add","path":"externalId","value":"f"}`), map[string]any{s + "/tags": []string{"x", "y", "z"}, "/externalId": "f"}},
		{"H16 add creates what is not there", patchOp(`{"op":"add","path":"` + siteURN + `:area","value":1.5}`), map[string]any{s + "/area": 1.5}},
		{"H17 add to a complex attribute merges sub-attributes", patchOp(`{"op":"add","path":"` + siteURN + `:owner","value":{"mail":"n"}}`), map[string]any{s + "/owner": map[string]string{"name": "O", "mail": "n"}}},
		{"H19 remove of a single value unassigns", patchOp(`{"op":"remove","path":"externalId"}`, `{"op":"remove","path":"`+siteURN+`:site"}`), map[string]any{"/externalId": nil, s + "/site": nil}},
		{"H19 remove of a list unassigns", patchOp(`{"op":"remove","path":"members"}`, `{"op":"remove","path":"`+siteURN+`:tags"}`), map[string]any{"/members": nil, s + "/tags": nil}},
		{"H20 remove with a value path removes what matches", patchOp(`{"op":"remove","path":"members[value eq \"a\"]"}`, `{"op":"remove","path":"`+siteURN+`:rooms[type eq \"big\"]"}`), map[string]any{"/members": []map[string]string{{"value": "b"}}, s + "/rooms": []map[string]string{{"value": "r2", "type": "small"}}}},
		{"H20 remove of the last one unassigns", patchOp(`{"op":"remove","path":"members[value pr]"}`, `{"op":"remove","path":"`+siteURN+`:rooms[value sw \"r\"]"}`), map[string]any{"/members": nil, s + "/rooms": nil}},
		{"H20 remove of a sub-attribute removes that alone", patchOp(`{"op":"remove","path":"`+siteURN+`:rooms[value eq \"r1\"].seats"}`, `{"op":"remove","path":"`+siteURN+`:owner.mail"}`), map[string]any{s + "/rooms/0": map[string]any{"primary": true, "type": "big", "value": "r1"}, s + "/owner": map[string]string{"name": "O"}}},
		{"H24 replace without a path replaces what is listed", patchOp(`{"op":"replace","value":{"externalId":"f","` + siteURN + `:site":"Dock"}}`), map[string]any{"/externalId": "f", s + "/site": "Dock", s + "/born": "1999", "/members/1/value": "b"}},
		{"H25 replace replaces a whole list and a single value", patchOp(`{"op":"replace","path":"members","value":[{"value":"z"}]}`, `{"op":"replace","path":"`+siteURN+`:tags","value":["q"]}`), map[string]any{"/members": []map[string]string{{"value": "z"}}, s + "/tags": []string{"q"}}},
		{"H26 replace of what is not there adds it", patchOp(`{"op":"replace","path":"` + siteURN + `:floor","value":4}`), map[string]any{s + "/floor": 4}},
		{"H27 replace of a complex attribute leaves other sub-attributes", patchOp(`{"op":"replace","path":"` + siteURN + `:owner","value":{"mail":"n"}}`), map[string]any{s + "/owner": map[string]string{"name": "O", "mail": "n"}}},
		{"H28 replace with a value path changes all that match", patchOp(`{"op":"replace","path":"`+siteURN+`:rooms[value pr].seats","value":5}`, `{"op":"replace","path":"members[value pr].display","value":"D"}`), map[string]any{s + "/rooms/0/seats": 5, s + "/rooms/1/seats": 5, "/members/0/display": "D", "/members/1/display": "D"}},
		{"H28 replace of matching elements", patchOp(`{"op":"replace","path":"` + siteURN + `:rooms[type eq \"small\"]","value":{"value":"r9"}}`), map[string]any{s + "/rooms/1/value": "r9", s + "/rooms/0/value": "r1"}},
		{"H31 a value path without the space before the string", patchOp(`{"op":"remove","path":"members[value eq\"a\"]"}`), map[string]any{"/members": []map[string]string{{"value": "b"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := fresh(t)
			before := do(t, h, "GET", "/Groups/"+id, "")
			a := do(t, h, "PATCH", "/Groups/"+id, c.body).is(t, 204, "")
			after := do(t, h, "GET", "/Groups/"+id, "")
			for pointer, want := range c.want {
				if _, ok := want.(nilOrFalse); !ok {
					continue
				}
				if v, _ := after.at(pointer); v == true {
					t.Errorf("%s is true", pointer)
				}
				delete(c.want, pointer)
			}
			after.has(t, c.want)
			if a.header.Get("ETag") != after.header.Get("ETag") {
				t.Errorf("PATCH answered ETag %s, GET %s", a.header.Get("ETag"), after.header.Get("ETag"))
			}
			if same := before.text == after.text; same != (before.header.Get("ETag") == after.header.Get("ETag")) {
				t.Errorf("same %t, ETag %s and %s", same, before.header.Get("ETag"), after.header.Get("ETag"))
			}
		})
	}

	// What fails, and changes nothing, though an operation before it would.
	first := `{"op":"add","path":"members","value":[{"value":"new"}]},{"op":"replace","path":"externalId","value":"new"},`
	for _, c := range []struct{ name, body, scimType string }{
		{"H02 schemas is missing", `{"Operations":[{"op":"add","path":"externalId","value":"x"}]}`, "invalidSyntax"},
		{"H02 schemas is another", message(groupURN, `"Operations":[{"op":"add","path":"externalId","value":"x"}]`), "invalidSyntax"},
		{"H03 Operations is missing", message(messageURN+"PatchOp", ``), "invalidSyntax"},
		{"H03 Operations is empty", patchOp(), "invalidSyntax"},
		{"H03 Operations is an object", message(messageURN+"PatchOp", `"Operations":{"op":"add","path":"externalId","value":"x"}`), "invalidSyntax"},
		{"H04 op is missing", patchOp(first + `{"path":"externalId","value":"x"}`), "invalidSyntax"},
		{"H04 op is unknown", patchOp(first + `{"op":"move","path":"externalId","value":"x"}`), "invalidSyntax"},
		{"H04 op is null", patchOp(first + `{"op":null,"path":"externalId","value":"x"}`), "invalidSyntax"},
		{"H04 an operation is null", patchOp(first + `null`), "invalidSyntax"},
		{"H05 remove without a path", patchOp(first + `{"op":"remove"}`), "noTarget"},
		{"H05 remove with an empty path", patchOp(first + `{"op":"remove","path":""}`), "noTarget"},
		{"H06 a path that is none", patchOp(first + `{"op":"replace","path":"members[","value":"x"}`), "invalidFilter|invalidPath"},
		{"H06 a path with a space", patchOp(first + `{"op":"replace","path":"display Name","value":"x"}`), "invalidPath"},
		{"H06 an unknown attribute", patchOp(first + `{"op":"replace","path":"colour","value":"x"}`), "invalidPath"},
		{"H06 an unknown sub-attribute", patchOp(first + `{"op":"replace","path":"members[value eq \"a\"].colour","value":"x"}`), "invalidPath"},
		{"H06 a bad filter in a path", patchOp(first + `{"op":"remove","path":"members[value like \"a\"]"}`), "invalidFilter"},
		{"H06 an unknown attribute in the filter of a path", patchOp(first + `{"op":"remove","path":"members[colour eq \"a\"]"}`), "invalidFilter"},
		{"H06 brackets after a simple attribute", patchOp(first + `{"op":"remove","path":"displayName[value eq \"a\"]"}`), "invalidPath|invalidFilter"},
		{"H07 meta is readOnly", patchOp(first + `{"op":"replace","path":"meta.version","value":"x"}`), "mutability"},
		{"H07 id is readOnly", patchOp(first + `{"op":"replace","path":"id","value":"x"}`), "mutability"},
		{"H07 a readOnly attribute of an extension", patchOp(first + `{"op":"replace","path":"` + siteURN + `:stamp","value":"x"}`), "mutability"},
		{"H07 an immutable attribute with a value", patchOp(first + `{"op":"replace","path":"` + siteURN + `:born","value":"2000"}`), "mutability"},
		{"H07 an immutable attribute is not removed", patchOp(first + `{"op":"remove","path":"` + siteURN + `:born"}`), "mutability"},
		{"H07 the type of a member", patchOp(first + `{"op":"replace","path":"members[value eq \"a\"].type","value":"Group"}`), "mutability"},
		{"H07 the value of a member", patchOp(first + `{"op":"replace","path":"members[value eq \"a\"].value","value":"c"}`), "mutability"},
		{"H07 a value of the wrong type", patchOp(first + `{"op":"replace","path":"externalId","value":7}`), "invalidValue"},
		{"H07 a value of the wrong type in an extension", patchOp(first + `{"op":"replace","path":"` + siteURN + `:floor","value":"x"}`), "invalidValue"},
		{"H10 the last operation fails in the store", patchOp(first + `{"op":"replace","path":"members[value eq \"nobody\"]","value":{"display":"x"}}`), "noTarget"},
		{"H11 a failure has an Error body", patchOp(first + `{"op":"remove","path":"displayName"}`), "mutability"},
		{"H14 add without a value", patchOp(first + `{"op":"add","path":"externalId"}`), "invalidValue"},
		{"H14 add without path and value", patchOp(first + `{"op":"add"}`), "invalidValue"},
		{"H15 add without a path needs an object", patchOp(first + `{"op":"add","value":"x"}`), "invalidValue"},
		{"H17 add to a complex attribute needs sub-attributes", patchOp(first + `{"op":"add","path":"` + siteURN + `:owner","value":"x"}`), "invalidValue"},
		{"H20 a sub-attribute of members cannot be removed", patchOp(first + `{"op":"remove","path":"members[value eq \"a\"].value"}`), "mutability"},
		{"H21 displayName cannot be removed", patchOp(first + `{"op":"remove","path":"displayName"}`), "mutability"},
		{"H21 displayName cannot be null", patchOp(first + `{"op":"replace","path":"displayName","value":null}`), "mutability|invalidValue"},
		{"H21 id cannot be removed", patchOp(first + `{"op":"remove","path":"id"}`), "mutability"},
		{"H21 meta cannot be removed", patchOp(first + `{"op":"remove","path":"meta"}`), "mutability"},
		{"H24 replace without a path needs an object", patchOp(first + `{"op":"replace","value":["x"]}`), "invalidValue"},
		{"H29 replace with a value path that matches nothing", patchOp(first + `{"op":"replace","path":"` + siteURN + `:rooms[value eq \"none\"].seats","value":1}`), "noTarget"},
		{"H29 replace of members that match nothing", patchOp(first + `{"op":"replace","path":"members[value eq \"none\"].display","value":"x"}`), "noTarget"},
		{"H30 add with a value path that matches nothing", patchOp(first + `{"op":"add","path":"` + siteURN + `:rooms[value eq \"none\"].seats","value":1}`), "noTarget"},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := fresh(t)
			unchanged(t, h, id, func() {
				a := do(t, h, "PATCH", "/Groups/"+id, c.body)
				a.is(t, 400, oneOf(a.str("/scimType"), c.scimType))
			})
		})
	}
	t.Run("H08 an extension that gets its first attribute is in schemas, and gone with its last", func(t *testing.T) {
		id := create(t, h, "H08 schemas")
		p := "/Groups/" + id
		do(t, h, "PATCH", p, patchOp(`{"op":"add","path":"`+siteURN+`:site","value":"x"}`)).is(t, 204, "")
		do(t, h, "GET", p, "").has(t, map[string]any{"/schemas": []string{groupURN, siteURN}})
		do(t, h, "PATCH", p, patchOp(`{"op":"remove","path":"`+siteURN+`"}`)).is(t, 204, "")
		do(t, h, "GET", p, "").has(t, map[string]any{"/schemas": []string{groupURN}, s: nil})
	})
	t.Run("H12 success is 204, or 200 with the group if attributes are named or by option", func(t *testing.T) {
		id := fresh(t)
		op := patchOp(`{"op":"replace","path":"externalId","value":"f"}`)
		do(t, h, "PATCH", "/Groups/"+id, op).is(t, 204, "")
		a := do(t, h, "PATCH", "/Groups/"+id+"?attributes=externalId", op).is(t, 200, "").has(t, map[string]any{"/externalId": "f"})
		equal(t, "attributes", a.keys(), []string{"externalId", "id", "schemas", siteURN}[:len(a.keys())])
		always := newHandler(t, scim.Config{Tolerate: scim.Tolerate{Quirks: patch.PatchAnswers200}})
		id = create(t, always, "H12", "u")
		a = do(t, always, "PATCH", "/Groups/"+id, op).is(t, 200, "")
		if got := state(t, always, id); got != a.text {
			t.Errorf("PATCH answered\n%s\nGET\n%s", a.text, got)
		}
	})
	for _, c := range []struct{ name, op string }{
		{"H18 a member that is there", `{"op":"add","path":"members","value":[{"value":"a"}]}`},
		{"H18 a value that is there", `{"op":"add","path":"externalId","value":"e"}`},
		{"H18 an element that is there", `{"op":"add","path":"` + siteURN + `:tags","value":["x"]}`},
		{"H22 a member that is not there", `{"op":"remove","path":"members[value eq \"nobody\"]"}`},
		{"H22 an element that is not there", `{"op":"remove","path":"` + siteURN + `:rooms[value eq \"none\"]"}`},
		{"H34 the same set of members", `{"op":"replace","path":"members","value":[{"value":"b"},{"value":"a"}]}`},
	} {
		t.Run(c.name+" leaves version and lastModified", func(t *testing.T) {
			id := fresh(t)
			unchanged(t, h, id, func() { do(t, h, "PATCH", "/Groups/"+id, patchOp(c.op)).is(t, 204, "") })
		})
	}
	t.Run("H23 remove of members with a value removes those, and in Strict mode is refused", func(t *testing.T) {
		id := fresh(t)
		op := patchOp(`{"op":"remove","path":"members","value":[{"value":"a"}]}`)
		do(t, h, "PATCH", "/Groups/"+id, op).is(t, 204, "")
		equal(t, "members", membersOf(t, h, id), []string{"b"})
		strict := newHandler(t, scim.Config{Tolerate: scim.Tolerate{Quirks: patch.Strict}})
		id = create(t, strict, "H23", "a", "b")
		unchanged(t, strict, id, func() { do(t, strict, "PATCH", "/Groups/"+id, op).is(t, 400, "invalidSyntax") })
	})
	t.Run("H30 add with a value path that matches nothing creates the element by option", func(t *testing.T) {
		lenient := newHandler(t, scim.Config{Tolerate: scim.Tolerate{Quirks: tolerant()}, Extensions: extensions(t, siteExtension)})
		id := create(t, lenient, "H30")
		do(t, lenient, "PATCH", "/Groups/"+id, patchOp(`{"op":"add","path":"`+siteURN+`:rooms[type eq \"new\"].seats","value":1}`)).is(t, 204, "")
		do(t, lenient, "GET", "/Groups/"+id, "").has(t, map[string]any{s + "/rooms": []map[string]any{{"seats": 1, "type": "new"}}})
	})
	t.Run("H32 If-Match with another version is 412 and changes nothing", func(t *testing.T) {
		id := fresh(t)
		tag := do(t, h, "GET", "/Groups/"+id, "").header.Get("ETag")
		op := func(v string) string { return patchOp(`{"op":"replace","path":"externalId","value":"` + v + `"}`) }
		do(t, h, "PATCH", "/Groups/"+id, op("1"), "If-Match", tag).is(t, 204, "")
		unchanged(t, h, id, func() { do(t, h, "PATCH", "/Groups/"+id, op("2"), "If-Match", tag).is(t, 412, "") })
	})
	t.Run("H33 a name that is taken is 409 and changes nothing", func(t *testing.T) {
		id := fresh(t)
		unchanged(t, h, id, func() {
			do(t, h, "PATCH", "/Groups/"+id, patchOp(first+`{"op":"replace","path":"displayName","value":"taken"}`)).is(t, 409, "uniqueness")
		})
	})
	t.Run("H34 a change moves version and lastModified", func(t *testing.T) {
		h := newHandler(t, scim.Config{Groups: memory.NewWith(memory.Options{Clock: ticking()})})
		id := create(t, h, "H34")
		before := do(t, h, "GET", "/Groups/"+id, "")
		do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"add","path":"members","value":[{"value":"a"}]}`)).is(t, 204, "")
		after := do(t, h, "GET", "/Groups/"+id, "")
		if before.str("/meta/version") == after.str("/meta/version") || before.str("/meta/lastModified") >= after.str("/meta/lastModified") ||
			before.str("/meta/created") != after.str("/meta/created") {
			t.Errorf("%s\n%s", before.text, after.text)
		}
	})
}

// nilOrFalse stands for false, which may also be absent.
type nilOrFalse struct{}
