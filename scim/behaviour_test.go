package scim_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store/memory"
)

// outcome is what a request does to a group with the members a (User, "Ann"), b
// and c under some configuration.
type outcome struct {
	name     string
	config   scim.Config
	method   string // "" is PATCH
	body     string
	status   int // 0 is 204 for a PATCH and 200 for a PUT
	scimType string
	members  string // afterwards, with spaces; "=" if nothing changes at all
}

func remove(value string) string { return `{"op":"remove","path":"members","value":` + value + `}` }

// What the RFCs leave open about writing a group is decided as it is documented.
func TestBehaviourOfWrites(t *testing.T) {
	strict, lenient := scim.Config{Tolerate: scim.Tolerate{Quirks: patch.Strict}}, scim.Config{Tolerate: scim.Tolerate{Quirks: tolerant()}}
	careful := scim.Config{Limits: scim.Limits{Body: patch.Limits{MaxClear: 2}}}
	all := `[{"value":"c"},{"value":"a","type":"User","display":"Ann"},{"value":"b"}]`
	var none scim.Config
	for _, o := range []outcome{
		{"remove of an absent member by path changes nothing", none, "", patchOp(`{"op":"remove","path":"members[value eq \"x\"]"}`), 0, "", "="},
		{"remove of an absent member by another sub-attribute changes nothing", none, "", patchOp(`{"op":"remove","path":"members[display eq \"x\"]"}`), 0, "", "="},
		{"remove of an absent member in Strict mode changes nothing", strict, "", patchOp(`{"op":"remove","path":"members[value eq \"x\"]"}`), 0, "", "="},
		{"remove of members without value clears", none, "", patchOp(`{"op":"remove","path":"members"}`), 0, "", ""},
		{"remove of members with null clears", none, "", patchOp(remove(`null`)), 0, "", ""},
		{"remove of members in Strict mode clears", strict, "", patchOp(`{"op":"remove","path":"members"}`), 0, "", ""},
		{"remove of members of a large group is refused by option", careful, "", patchOp(`{"op":"remove","path":"members"}`), 400, "invalidValue", "="},

		{"remove with a list removes those (Entra ID)", none, "", patchOp(`{"op":"Remove","path":"members","value":[{"$ref":null,"value":"a"},{"value":"x"}]}`), 0, "", "b c"},
		{"remove with one object removes that", none, "", patchOp(remove(`{"value":"a"}`)), 0, "", "b c"},
		{"remove with wrapped members removes those", none, "", patchOp(remove(`{"members":[{"value":"a"},{"value":"b"}]}`)), 0, "", "c"},
		{"remove with wrapped members in another letter case removes those", none, "", patchOp(remove(`{"Members":[{"value":"a"}]}`)), 0, "", "b c"},
		{"remove with one wrapped object removes that", none, "", patchOp(remove(`{"members":{"value":"a"}}`)), 0, "", "b c"},
		{"remove with bare strings removes those", none, "", patchOp(remove(`["a","b"]`)), 0, "", "c"},
		{"remove with an empty list removes nothing", none, "", patchOp(remove(`[]`)), 0, "", "="},
		{"remove with an empty wrapped list removes nothing", none, "", patchOp(remove(`{"members":[]}`)), 0, "", "="},
		{"remove with an object that names nobody is refused", none, "", patchOp(remove(`{}`)), 400, "invalidValue", "="},
		{"remove with a member that is null is refused", none, "", patchOp(remove(`[null]`)), 400, "invalidValue", "="},
		{"remove with a list of objects without value is refused", none, "", patchOp(remove(`[{"display":"Ann"}]`)), 400, "invalidValue", "="},
		{"remove with a list is refused in Strict mode and clears nothing", strict, "", patchOp(remove(`[{"value":"a"}]`)), 400, "invalidSyntax", "="},
		{"remove with an empty list is refused in Strict mode and clears nothing", strict, "", patchOp(remove(`[]`)), 400, "invalidSyntax", "="},
		{"remove with a list in Lenient mode removes those", lenient, "", patchOp(remove(`[{"value":"a"}]`)), 0, "", "b c"},
		{"remove with an empty list in Lenient mode removes nothing", lenient, "", patchOp(remove(`[]`)), 0, "", "="},
		{"remove with wrapped null removes nothing", none, "", patchOp(remove(`{"members":null}`)), 0, "", "="},

		{"add of a member that is there changes nothing", none, "", patchOp(`{"op":"add","path":"members","value":[{"value":"a"}]}`), 0, "", "="},
		{"duplicates in one request count once", none, "", patchOp(`{"op":"add","path":"members","value":[{"value":"d"},{"value":"d"},{"value":"a"}]}`), 0, "", "a b c d"},
		{"duplicates over operations count once", none, "", patchOp(`{"op":"add","path":"members","value":[{"value":"d"}]}`, `{"op":"add","path":"members","value":[{"value":"d"}]}`), 0, "", "a b c d"},
		{"replace with the same set changes nothing", none, "", patchOp(`{"op":"replace","path":"members","value":` + all + `}`), 0, "", "="},
		{"replace without a path with the same set changes nothing", none, "", patchOp(`{"op":"replace","value":{"members":` + all + `}}`), 0, "", "="},
		{"remove and add of the same member changes nothing", none, "", patchOp(`{"op":"remove","path":"members[value eq \"b\"]"}`, `{"op":"add","path":"members","value":[{"value":"b"}]}`), 0, "", "="},
		{"PUT of the same changes nothing", none, "PUT", group(`"displayName":"G","members":` + all), 0, "", "="},

		{"replace of members[…] without a match is noTarget", none, "", patchOp(`{"op":"replace","path":"members[value eq \"x\"]","value":{"display":"X"}}`), 400, "noTarget", "="},
		{"replace of members[…].display without a match is noTarget", none, "", patchOp(`{"op":"replace","path":"members[value eq \"x\"].display","value":"X"}`), 400, "noTarget", "="},
		{"replace without a match in Lenient mode is noTarget", lenient, "", patchOp(`{"op":"replace","path":"members[value eq \"x\"].display","value":"X"}`), 400, "noTarget", "="},

		{"replace of members with an empty list clears", none, "", patchOp(`{"op":"replace","path":"members","value":[]}`), 0, "", ""},
		{"replace of members with null clears", none, "", patchOp(`{"op":"replace","path":"members","value":null}`), 0, "", ""},
		{"replace without a path with members null clears", none, "", patchOp(`{"op":"replace","value":{"members":null}}`), 0, "", ""},
		{"replace without a path with an empty list clears", none, "", patchOp(`{"op":"replace","value":{"members":[]}}`), 0, "", ""},
		{"replace with an empty list is refused by option", careful, "", patchOp(`{"op":"replace","path":"members","value":[]}`), 400, "invalidValue", "="},
		{"PUT without members clears", none, "PUT", group(`"displayName":"G"`), 0, "", ""},
		{"PUT with an empty list clears", none, "PUT", group(`"displayName":"G","members":[]`), 0, "", ""},
		{"PUT without members keeps them by option", scim.Config{Members: scim.Members{KeepOnPut: true}}, "PUT", group(`"displayName":"G"`), 0, "", "="},
		{"PUT with an empty list clears even then", scim.Config{Members: scim.Members{KeepOnPut: true}}, "PUT", group(`"displayName":"G","members":[]`), 0, "", ""},
		{"PUT without members is refused by option", careful, "PUT", group(`"displayName":"G"`), 400, "invalidValue", "="},

		{"id, meta and schemas in a value without a path are ignored", none, "", patchOp(`{"op":"replace","value":{"id":"other","meta":{"version":"x"},"schemas":["x"],"externalId":"e","members":[{"value":"a"}]}}`), 0, "", "a"},
		{"nothing but id and meta changes nothing", none, "", patchOp(`{"op":"replace","value":{"id":"other","meta":{}}}`, `{"op":"add","value":{"id":"other"}}`), 0, "", "="},
		{"another id by path is refused", none, "", patchOp(`{"op":"replace","path":"id","value":"other"}`), 400, "mutability", "="},
		{"the own id by path is fine", none, "", patchOp(`{"op":"replace","path":"id","value":"{id}"}`), 0, "", "="},
		{"remove of a required attribute is refused", none, "", patchOp(`{"op":"remove","path":"displayName"}`), 400, "mutability", "="},
		{"a new value of a member is refused", none, "", patchOp(`{"op":"replace","path":"members[value eq \"a\"].value","value":"z"}`), 400, "mutability", "="},

		{"op, path and names have no letter case", none, "", `{"SCHEMAS":["` + strings.ToUpper(messageURN) + `PATCHOP"],"OPERATIONS":[{"Op":"aDd","Path":"MEMBERS","Value":[{"VALUE":"d"}]},{"op":"REMOVE","path":"Members[Value EQ \"a\"]"}]}`, 0, "", "b c d"},
		{"a path with a URN has no letter case", strict, "", patchOp(`{"op":"add","path":"` + strings.ToUpper(groupURN) + `:MEMBERS","value":[{"value":"d"}]}`), 0, "", "a b c d"},

		{"remove without a path that names members removes those", none, "", patchOp(`{"op":"remove","value":{"members":[{"value":"a"}]}}`), 0, "", "b c"},
		{"remove without a path of no members removes nothing", none, "", patchOp(`{"op":"remove","value":{"members":[]}}`), 0, "", "="},
		{"remove without a path is refused in Strict mode", strict, "", patchOp(`{"op":"remove","value":{"members":[{"value":"a"}]}}`), 400, "noTarget", "="},
		{"remove without a path that names more than members is refused", none, "", patchOp(`{"op":"remove","value":{"members":[{"value":"a"}],"externalId":"e"}}`), 400, "noTarget", "="},
		{"remove without a path with members null is refused", none, "", patchOp(`{"op":"remove","value":{"members":null}}`), 400, "noTarget", "="},

		{"an unknown path is refused", none, "", patchOp(`{"op":"add","path":"members","value":{"value":"d"}}`, `{"op":"add","path":"colour","value":"red"}`), 400, "invalidPath", "="},
		{"an unknown path is ignored by option", scim.Config{Tolerate: scim.Tolerate{Quirks: patch.UnknownAttributes}}, "", patchOp(`{"op":"add","path":"members","value":{"value":"d"}}`, `{"op":"add","path":"colour","value":"red"}`), 0, "", "a b c d"},
		{"an unknown path is ignored in Lenient mode", lenient, "", patchOp(`{"op":"remove","path":"colour"}`, `{"op":"replace","value":{"colour":"red"}}`), 0, "", "="},

		{"a member as one object", strict, "", patchOp(`{"op":"add","path":"members","value":{"value":"d"}}`), 0, "", "a b c d"},
		{"a member as a bare string", none, "", patchOp(`{"op":"add","path":"members","value":"d"}`), 0, "", "a b c d"},
		{"members as bare strings and numbers", none, "", patchOp(`{"op":"add","path":"members","value":["d",7]}`), 0, "", "7 a b c d"},
		{"a member whose value is a number", none, "", patchOp(`{"op":"add","path":"members","value":[{"value":7}]}`), 0, "", "7 a b c"},
		{"a member as a bare string is refused in Strict mode", strict, "", patchOp(`{"op":"add","path":"members","value":["d"]}`), 400, "invalidValue", "="},
		{"a member whose value is a number is refused in Strict mode", strict, "", patchOp(`{"op":"add","path":"members","value":[{"value":7}]}`), 400, "invalidValue", "="},
		{"a member as a bare string in a PUT", none, "PUT", group(`"displayName":"G","members":["z"]`), 0, "", "z"},

		{"schemas is missing", none, "", `{"Operations":[` + remove(`[{"value":"a"}]`) + `]}`, 400, "invalidSyntax", "="},
		{"schemas is missing in Lenient mode", lenient, "", `{"Operations":[` + remove(`[{"value":"a"}]`) + `]}`, 0, "", "b c"},
		{"schemas lacks PatchOp", none, "", message("urn:example:x", `"Operations":[`+remove(`[{"value":"a"}]`)+`]`), 400, "invalidSyntax", "="},
		{"a foreign URI beside PatchOp is ignored", strict, "", `{"schemas":["http://schemas.microsoft.com/x","` + messageURN + `PatchOp"],"Operations":[{"op":"remove","path":"members[value eq \"a\"]"}]}`, 0, "", "b c"},
		{"PUT without schemas", none, "PUT", `{"displayName":"G"}`, 400, "invalidSyntax", "="},
		{"PUT without schemas in Lenient mode", lenient, "PUT", `{"displayName":"G","members":[{"value":"a"}]}`, 0, "", "a"},
		{"PUT with the schema of users", none, "PUT", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"displayName":"G"}`, 400, "invalidSyntax", "="},
		{"PUT with a foreign URI too", strict, "PUT", `{"schemas":["http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group","` + groupURN + `"],"displayName":"G","members":[{"value":"a"}]}`, 0, "", "a"},

		{"one bare operation is refused", none, "", remove(`[{"value":"a"}]`), 400, "invalidSyntax", "="},
		{"one bare operation in Lenient mode", lenient, "", remove(`[{"value":"a"}]`), 0, "", "b c"},
		{"a filter value without quotes is refused", none, "", patchOp(`{"op":"remove","path":"members[value eq a]"}`), 400, "invalidFilter", "="},
		{"a filter value without quotes in Lenient mode", lenient, "", patchOp(`{"op":"remove","path":"members[value eq a]"}`), 0, "", "b c"},

		{"members.value is exact", none, "", patchOp(`{"op":"remove","path":"members[value eq \"A\"]"}`, `{"op":"add","path":"members","value":["B"]}`), 0, "", "B a b c"},
		{"members.value is in canonical form by option", scim.Config{Members: scim.Members{Canonical: strings.ToLower}}, "", patchOp(`{"op":"remove","path":"members[value eq \"A\"]"}`, remove(`["B"]`), `{"op":"add","path":"members","value":["C","D"]}`), 0, "", "c d"},
	} {
		t.Run(o.name, func(t *testing.T) {
			h := newHandler(t, o.config)
			id := createWith(t, h, `"displayName":"G","members":[{"value":"a","type":"User","display":"Ann"},{"value":"b"},{"value":"c"}]`)
			method, status := o.method, o.status
			if method == "" {
				method = "PATCH"
			}
			if status == 0 {
				status = map[string]int{"PATCH": 204, "PUT": 200}[method]
			}
			before := do(t, h, "GET", "/Groups/"+id, "")
			a := do(t, h, method, "/Groups/"+id, strings.ReplaceAll(o.body, "{id}", id)).is(t, status, o.scimType)
			after := do(t, h, "GET", "/Groups/"+id, "")
			if o.members == "=" {
				if before.text != after.text {
					t.Errorf("the group has changed:\n%s\n%s", before.text, after.text)
				}
			} else {
				equal(t, "members", after.values(), strings.Fields(o.members))
				if before.header.Get("ETag") == after.header.Get("ETag") {
					t.Errorf("the version is still %s", after.header.Get("ETag"))
				}
			}
			if status < 300 && a.header.Get("ETag") != after.header.Get("ETag") {
				t.Errorf("%s answered ETag %q, GET %q", method, a.header.Get("ETag"), after.header.Get("ETag"))
			}
		})
	}
	t.Run("remove of members of an empty group changes nothing", func(t *testing.T) {
		for _, config := range []scim.Config{none, strict, careful} {
			h := newHandler(t, config)
			id := create(t, h, "empty")
			unchanged(t, h, id, func() {
				do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"remove","path":"members"}`)).is(t, 204, "")
				do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"replace","path":"members","value":[]}`)).is(t, 204, "")
				do(t, h, "PUT", "/Groups/"+id, group(`"displayName":"empty"`)).is(t, 200, "")
			})
		}
	})
	t.Run("a PATCH body has no limit on what may be removed one by one", func(t *testing.T) {
		h := newHandler(t, careful)
		id := create(t, h, "G", "a", "b", "c")
		do(t, h, "PATCH", "/Groups/"+id, patchOp(remove(`["a","b","c"]`))).is(t, 204, "")
		equal(t, "members", membersOf(t, h, id), []string{})
	})
}

func TestBehaviourOfSchemasInOtherBodies(t *testing.T) {
	h, lenient := newHandler(t, scim.Config{}), newHandler(t, scim.Config{Tolerate: scim.Tolerate{Quirks: tolerant()}})
	for _, schemas := range []string{``, `"schemas":null,`, `"schemas":[],`, `"schemas":["urn:example:x"],`, `"schemas":"` + groupURN + `",`} {
		do(t, h, "POST", "/Groups", `{`+schemas+`"displayName":"x"}`).is(t, 400, "invalidSyntax")
		do(t, h, "POST", "/Groups/.search", `{`+schemas+`"count":1}`).is(t, 400, "invalidSyntax")
		do(t, h, "POST", "/.search", `{`+schemas+`"count":1}`).is(t, 400, "invalidSyntax")
	}
	do(t, h, "GET", "/Groups", "").has(t, map[string]any{"/totalResults": 0})
	do(t, lenient, "POST", "/Groups", `{"displayName":"x"}`).is(t, 201, "")
	do(t, lenient, "POST", "/Groups", `{"schemas":["urn:example:x"],"displayName":"y"}`).is(t, 201, "")
	do(t, lenient, "POST", "/.search", `{"count":1}`).is(t, 200, "")
	do(t, h, "POST", "/Groups", `{"schemas":["http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group","`+groupURN+`"],"displayName":"x"}`).is(t, 201, "")
	do(t, h, "POST", "/.search", `{"schemas":["urn:example:x","`+messageURN+`SearchRequest"]}`).is(t, 200, "")
}

// These hold in every mode.
func TestBehaviourOfURLsAndHeaders(t *testing.T) {
	for mode, quirks := range map[string]patch.Quirks{"default": 0, "strict": patch.Strict, "lenient": tolerant()} {
		t.Run(mode, func(t *testing.T) {
			h := newHandler(t, scim.Config{Tolerate: scim.Tolerate{Quirks: quirks}, BaseURL: "https://example.com/scim/v2"})
			id := create(t, h, "G", "a")
			plain := state(t, h, id)
			for _, path := range []string{"/Groups/" + id + "/", "//Groups/" + id, "/Groups//" + id, "/Groups/" + id + "?", "/Groups/" + id + "?&", "/Groups/" + id + "?&&x=1&", "/Groups/" + id + "??"} {
				if a := do(t, h, "GET", path, "").is(t, 200, ""); a.text != plain {
					t.Errorf("%s: %s", path, a.text)
				}
			}
			filter := query("filter", `displayName eq "G"`)
			for _, path := range []string{"/Groups/" + filter, "//Groups" + filter, "/Groups//" + filter, "/Groups" + filter + "&", "/Groups?&" + filter[1:], "/Groups" + filter + "&aadOptscim062020", "/Groups" + filter + "&unknown=1"} {
				do(t, h, "GET", path, "").is(t, 200, "").has(t, map[string]any{"/totalResults": 1})
			}
			if a := do(t, h, "HEAD", "/Groups/"+id, "").is(t, 200, ""); a.header.Get("ETag") == "" {
				t.Error("HEAD without ETag")
			}
			for _, contentType := range []string{"application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "application/scim+json; charset=utf-8", "APPLICATION/SCIM+JSON", "-"} {
				do(t, h, "PATCH", "/Groups/"+id+"?", patchOp(`{"op":"add","path":"members","value":[{"value":"a"}]}`), "Content-Type", contentType).is(t, 204, "")
				do(t, h, "PUT", "/Groups/"+id+"/?", group(`"displayName":"G","members":[{"value":"a"}]`), "Content-Type", contentType).is(t, 200, "")
			}
			do(t, h, "GET", "/Groups?filter=displayName+eq+%22G%22&filter=id+pr", "").is(t, 400, "invalidSyntax")
			do(t, h, "GET", "/Groups?filter=%zz", "").is(t, 400, "invalidSyntax")
		})
	}
}

func TestBehaviourOfFilters(t *testing.T) {
	h, lenient := newHandler(t, scim.Config{}), newHandler(t, scim.Config{Tolerate: scim.Tolerate{Quirks: tolerant()}})
	for _, h := range []http.Handler{h, lenient} {
		create(t, h, "G", "a")
		equal(t, "letter case", names(t, h, `DisplayName Eq "g" And Members[Value eq "a"]`), []string{"G"})
		do(t, h, "GET", "/Groups"+query("filter", `colour eq "red"`), "").is(t, 400, "invalidFilter")
		do(t, h, "POST", "/Groups/.search", search(`"filter":"colour eq \"red\""`)).is(t, 400, "invalidFilter")
		do(t, h, "POST", "/.search", search(`"filter":"colour eq \"red\""`)).is(t, 200, "").has(t, map[string]any{"/totalResults": 0})
	}
	do(t, h, "GET", "/Groups"+query("filter", `displayName eq G`), "").is(t, 400, "invalidFilter")
	do(t, lenient, "GET", "/Groups"+query("filter", `displayName eq 'G'`), "").is(t, 200, "").has(t, map[string]any{"/totalResults": 1})

	canonical := newHandler(t, scim.Config{Members: scim.Members{Canonical: strings.ToLower}})
	create(t, canonical, "G", "USER-1")
	for _, filter := range []string{`members.value eq "User-1"`, `members[value eq "uSER-1"]`, `members eq "USER-1"`} {
		equal(t, filter, names(t, canonical, filter), []string{"G"})
		equal(t, filter, names(t, h, filter), nil)
	}
}

func TestBehaviourOfDisplay(t *testing.T) {
	h := newHandler(t, scim.Config{})
	id := createWith(t, h, `"displayName":"G","members":[{"value":"a","display":"Ann"}]`)
	do(t, h, "GET", "/Groups/"+id, "").has(t, map[string]any{"/members/0/display": "Ann"})
	do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"add","path":"members","value":[{"value":"b","display":"b@example.com"}]}`)).is(t, 204, "")
	do(t, h, "GET", "/Groups/"+id, "").has(t, map[string]any{"/members/1/display": "b@example.com"})
}

func TestBehaviourOfPatchAnswers(t *testing.T) {
	op := patchOp(`{"op":"add","path":"members","value":[{"value":"b"}]}`)
	h, always := newHandler(t, scim.Config{}), newHandler(t, scim.Config{Tolerate: scim.Tolerate{Quirks: patch.PatchAnswers200}})
	for _, c := range []struct {
		h      http.Handler
		query  string
		status int
	}{{h, "", 204}, {h, "?unknown=1", 204}, {h, "?attributes=displayName", 200}, {h, "?excludedAttributes=members", 200}, {always, "", 200}, {always, "?attributes=id", 200}} {
		id := create(t, c.h, "G"+strconv.Itoa(c.status)+c.query, "a")
		a := do(t, c.h, "PATCH", "/Groups/"+id+c.query, op).is(t, c.status, "")
		if a.header.Get("ETag") != do(t, c.h, "GET", "/Groups/"+id, "").header.Get("ETag") {
			t.Errorf("%q: ETag is %q", c.query, a.header.Get("ETag"))
		}
		if c.status == 200 && (a.str("/id") != id || (a.doc["members"] != nil) != (c.query == "")) {
			t.Errorf("%q: %s", c.query, a.text)
		}
	}
}

func TestBehaviourOfNames(t *testing.T) {
	h := newHandler(t, scim.Config{})
	id := create(t, h, "Developers")
	do(t, h, "POST", "/Groups", group(`"displayName":"DEVELOPERS"`)).is(t, 409, "uniqueness")
	other := create(t, h, "Other")
	do(t, h, "PATCH", "/Groups/"+other, patchOp(`{"op":"replace","value":{"displayName":"developers"}}`)).is(t, 409, "uniqueness")
	do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"replace","value":{"displayName":"developers"}}`)).is(t, 204, "") // its own

	several := newHandler(t, scim.Config{Groups: memory.NewWith(memory.Options{AllowDuplicateNames: true})})
	create(t, several, "Developers")
	create(t, several, "Developers")
	do(t, several, "GET", "/Groups"+query("filter", `displayName eq "developers"`), "").has(t, map[string]any{"/totalResults": 2})
}

func TestBehaviourOfUnknownMembers(t *testing.T) {
	h := newHandler(t, scim.Config{})
	id := create(t, h, "G", "nobody")
	equal(t, "members", membersOf(t, h, id), []string{"nobody"})
}

func TestBehaviourOfListParameters(t *testing.T) {
	h := newHandler(t, scim.Config{Limits: scim.Limits{MaxCount: 5, DefaultCount: 3}})
	for i := range 7 {
		create(t, h, fmt.Sprintf("g%d", 6-i))
	}
	for q, want := range map[string][]string{
		"":                      {"g6", "g5", "g4"}, // creation order
		"?startIndex=0":         {"g6", "g5", "g4"},
		"?startIndex=-5":        {"g6", "g5", "g4"},
		"?startIndex=6":         {"g1", "g0"},
		"?count=-1":             {},
		"?count=0":              {},
		"?count=1000":           {"g6", "g5", "g4", "g3", "g2"},
		"?count=2&startIndex=3": {"g4", "g3"},
		"?sortBy=displayName":   {"g0", "g1", "g2"},
	} {
		a := do(t, h, "GET", "/Groups"+q, "").is(t, 200, "").has(t, map[string]any{"/totalResults": 7})
		equal(t, q, a.names(), want)
	}
	do(t, h, "GET", "/Groups?count=abc", "").is(t, 400, "invalidValue")
	do(t, h, "GET", "/Groups?startIndex=abc", "").is(t, 400, "invalidValue")
}

// Without sortBy, changes of a group do not move it.
func TestBehaviourOfTheOrderOfLists(t *testing.T) {
	h := newHandler(t, scim.Config{})
	first := create(t, h, "z")
	createWith(t, h, `"displayName":"y","externalId":"2"`)
	createWith(t, h, `"displayName":"x","externalId":"1"`)
	do(t, h, "PATCH", "/Groups/"+first, patchOp(`{"op":"replace","path":"displayName","value":"a"}`)).is(t, 204, "")
	for q, want := range map[string][]string{
		"":                   {"a", "y", "x"},
		"?sortBy=externalId": {"x", "y", "a"},
		"?sortBy=externalId&sortOrder=descending": {"a", "y", "x"},
	} {
		a := do(t, h, "GET", "/Groups"+q, "").is(t, 200, "")
		equal(t, q, a.names(), want)
	}
}

func TestBehaviourOfMethodOverride(t *testing.T) {
	op := patchOp(`{"op":"add","path":"members","value":[{"value":"b"}]}`)
	h, lenient := newHandler(t, scim.Config{}), newHandler(t, scim.Config{Tolerate: scim.Tolerate{Quirks: tolerant()}})
	id := create(t, h, "G")
	unchanged(t, h, id, func() {
		do(t, h, "POST", "/Groups/"+id, op, "X-HTTP-Method-Override", "PATCH").is(t, 405, "")
	})
	id = create(t, lenient, "G")
	do(t, lenient, "POST", "/Groups/"+id, op, "X-HTTP-Method-Override", "PATCH").is(t, 204, "")
	equal(t, "members", membersOf(t, lenient, id), []string{"b"})
	do(t, lenient, "GET", "/Groups/"+id, "", "X-HTTP-Method-Override", "DELETE").is(t, 200, "")
}

// What a configuration leaves open is an error when the Handler is built.
func TestBehaviourOfIncompleteConfigurations(t *testing.T) {
	for name, config := range map[string]scim.Config{
		"without a store":                 {Auth: scim.Auth{Authenticator: scim.Anonymous}},
		"without authentication":          {Groups: memory.New()},
		"without a token":                 {Groups: memory.New(), Auth: scim.Auth{Authenticator: scim.BearerTokens()}},
		"with an empty token":             {Groups: memory.New(), Auth: scim.Auth{Authenticator: scim.BearerTokens("a", "")}},
		"without a function":              {Groups: memory.New(), Auth: scim.Auth{Authenticator: scim.AuthenticatorFunc(scim.AuthenticationScheme{}, nil)}},
		"with a base without host":        {Groups: memory.New(), Auth: scim.Auth{Authenticator: scim.Anonymous}, BaseURL: "example.com/scim"},
		"with a base that is not escaped": {Groups: memory.New(), Auth: scim.Auth{Authenticator: scim.Anonymous}, BaseURL: `https://example.com/a"c`},
		"with a taken endpoint":           {Groups: memory.New(), Auth: scim.Auth{Authenticator: scim.Anonymous}, ResourceTypes: []scim.ResourceType{{Name: "X", Endpoint: "/Groups", Schema: userType()[0].Schema}}},
		"with a negative bound of bodies": {Groups: memory.New(), Auth: scim.Auth{Authenticator: scim.Anonymous}, Limits: scim.Limits{Body: patch.Limits{MaxClear: -1}}},
		"with a negative limit":           {Groups: memory.New(), Auth: scim.Auth{Authenticator: scim.Anonymous}, Limits: scim.Limits{MaxCount: -1}},
		"with a negative batch":           {Groups: memory.New(), Auth: scim.Auth{Authenticator: scim.Anonymous}, Members: scim.Members{ResolveBatch: -1}},
		"with a negative timeout":         {Groups: memory.New(), Auth: scim.Auth{Authenticator: scim.Anonymous}, Limits: scim.Limits{Timeout: -1}},
		"with a negative body of another": {Groups: memory.New(), Auth: scim.Auth{Authenticator: scim.Anonymous}, ResourceTypes: []scim.ResourceType{{Name: "X", Endpoint: "/X", Schema: userType()[0].Schema, Handler: http.NotFoundHandler(), MaxBody: -1}}},
	} {
		if _, err := scim.NewHandler(config); err == nil {
			t.Errorf("a Handler %s was built", name)
		}
	}
}

// tolerant is Lenient with PATCH answered as it is by default.
func tolerant() patch.Quirks {
	return patch.Lenient &^ patch.PatchAnswers200
}

func TestLenientAnswersEveryPatchWithTheGroup(t *testing.T) {
	h := newHandler(t, scim.Config{Tolerate: scim.Tolerate{Quirks: patch.Lenient}})
	id := create(t, h, "G")
	do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"replace","path":"displayName","value":"H"}`)).is(t, 200, "")
}
