package scim_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// bulkOf returns a BulkRequest of operations.
func bulkOf(operations ...string) string { return bulkWith("", operations...) }

// bulkWith returns a BulkRequest with more attributes before Operations.
func bulkWith(attributes string, operations ...string) string {
	if attributes != "" {
		attributes += ","
	}
	return message(messageURN+"BulkRequest", attributes+`"Operations":[`+strings.Join(operations, ",")+`]`)
}

// operation returns an operation of a BulkRequest. data may be "".
func operation(method, path, data string, more ...string) string {
	out := `{"method":"` + method + `","path":` + strconv.Quote(path)
	for _, m := range more {
		out += "," + m
	}
	if data != "" {
		out += `,"data":` + data
	}
	return out + "}"
}

// post returns an operation that creates a group with members of these values.
func post(bulkID, name string, members ...string) string {
	list := ""
	for _, m := range members {
		list += `,{"value":` + strconv.Quote(m) + `}`
	}
	if list != "" {
		list = `,"members":[` + list[1:] + `]`
	}
	return operation("POST", "/Groups", group(`"displayName":`+strconv.Quote(name)+list), `"bulkId":`+strconv.Quote(bulkID))
}

// patchOf returns a PATCH in a BulkRequest.
func patchOf(path string, operations ...string) string {
	return operation("PATCH", path, patchOp(operations...))
}

func addMember(value string) string {
	return `{"op":"add","path":"members","value":[{"value":` + strconv.Quote(value) + `}]}`
}

// bulk sends a BulkRequest and checks that it is processed.
func bulk(t testing.TB, h http.Handler, body string) answer {
	t.Helper()
	a := do(t, h, "POST", "/Bulk", body).is(t, 200, "")
	if schemas := a.str("/schemas/0"); schemas != messageURN+"BulkResponse" {
		t.Errorf("schemas is %q", schemas)
	}
	return a
}

// statuses returns the statuses of the results, with the scimTypes of faults: "201 409/uniqueness".
func (a answer) statuses() string {
	var out []string
	results, _ := a.doc["Operations"].([]any)
	for _, r := range results {
		status, _ := follow(r, "/status")
		s := fmt.Sprint(status)
		if typ, ok := follow(r, "/response/scimType"); ok {
			s += "/" + fmt.Sprint(typ)
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

// idAt returns the id in the location of the i-th result.
func (a answer) idAt(t testing.TB, i int) string {
	t.Helper()
	location := a.str("/Operations/" + strconv.Itoa(i) + "/location")
	_, id, ok := strings.Cut(location, "/Groups/")
	if !ok {
		t.Fatalf("result %d has the location %q: %s", i, location, shortened(a.text))
	}
	return id
}

func saysStatuses(t testing.TB, a answer, want string) {
	t.Helper()
	if got := a.statuses(); got != want {
		t.Errorf("the results are %s, want %s\n%s", got, want, shortened(a.text))
	}
}

func total(t testing.TB, h http.Handler) int {
	t.Helper()
	a := do(t, h, "GET", "/Groups?count=0", "").ok(t)
	return a.int("/totalResults")
}

// A bulkId may stand wherever the id of a group may.
func TestBulkResolvesBulkIDsEverywhere(t *testing.T) {
	const base = "https://example.com/scim/v2"
	for _, c := range []struct {
		name string
		ops  func(existing string) []string // the first one makes "a", the last is about the existing group or another
		// holder is the index of the result whose group holds the one of "a"; -1 is the existing group.
		holder int
	}{
		{"in members.value of a POST", func(string) []string { return []string{post("a", "A"), post("b", "B", "bulkId:a")} }, 1},
		{"in members.value of a POST before it", func(string) []string { return []string{post("b", "B", "bulkId:a"), post("a", "A")} }, 0},
		{"in members.value of a PUT", func(id string) []string {
			return []string{post("a", "A"), operation("PUT", "/Groups/"+id, group(`"displayName":"Existing","members":[{"value":"bulkId:a"}]`))}
		}, -1},
		{"in members.value of a PUT before it", func(id string) []string {
			return []string{operation("PUT", "/Groups/"+id, group(`"displayName":"Existing","members":[{"value":"bulkId:a"}]`)), post("a", "A")}
		}, -1},
		{"in a PATCH", func(id string) []string {
			return []string{post("a", "A"), patchOf("/Groups/"+id, addMember("bulkId:a"))}
		}, -1},
		{"in a PATCH before it", func(id string) []string {
			return []string{patchOf("/Groups/"+id, addMember("bulkId:a")), post("a", "A")}
		}, -1},
		{"in a PATCH without a path", func(id string) []string {
			return []string{post("a", "A"), patchOf("/Groups/"+id, `{"op":"add","value":{"members":[{"value":"bulkId:a"}]}}`)}
		}, -1},
		{"in an absolute $ref alone", func(id string) []string {
			return []string{post("a", "A"), patchOf("/Groups/"+id, `{"op":"add","path":"members","value":[{"$ref":"`+base+`/Groups/bulkId:a"}]}`)}
		}, -1},
		{"in a relative $ref alone of a POST before it", func(string) []string {
			return []string{operation("POST", "/Groups", group(`"displayName":"B","members":[{"$ref":"../Groups/bulkId:a"}]`), `"bulkId":"b"`), post("a", "A")}
		}, 0},
		{"in value and $ref", func(string) []string {
			return []string{post("a", "A"), operation("POST", "/Groups", group(`"displayName":"B","members":[{"value":"bulkId:a","type":"Group","$ref":"`+base+`/Groups/bulkId:a"}]`), `"bulkId":"b"`)}
		}, 1},
		{"in the path of a PATCH", func(string) []string {
			return []string{post("b", "B"), post("a", "A"), patchOf("/Groups/bulkId:b", addMember("bulkId:a"))}
		}, 0},
		{"in the path of a PATCH that comes first", func(string) []string {
			return []string{patchOf("/Groups/bulkId:b", addMember("bulkId:a")), post("b", "B"), post("a", "A")}
		}, 1},
		{"in the path of a PUT", func(string) []string {
			return []string{post("b", "B"), post("a", "A"), operation("PUT", "/Groups/bulkId:b", group(`"displayName":"B2","members":[{"value":"bulkId:a"}]`))}
		}, 0},
		{"in a value path that keeps it", func(id string) []string {
			return []string{post("a", "A"), patchOf("/Groups/"+id, addMember("bulkId:a"), addMember("x"), `{"op":"remove","path":"members[not (value eq \"bulkId:a\")]"}`)}
		}, -1},
		{"in a value path with a sub-attribute", func(id string) []string {
			return []string{post("a", "A"), patchOf("/Groups/"+id, addMember("bulkId:a"), `{"op":"replace","path":"members[value eq \"bulkId:a\"].display","value":"A"}`)}
		}, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHandler(t, scim.Config{BaseURL: base})
			existing := create(t, h, "Existing")
			operations := c.ops(existing)
			a := bulk(t, h, bulkOf(operations...))
			made := names(t, h, `displayName eq "A"`)
			if len(made) != 1 {
				t.Fatalf("A was not made: %s", a.text)
			}
			list := do(t, h, "GET", "/Groups"+query("filter", `displayName eq "A"`), "")
			id, holder := list.str("/Resources/0/id"), existing
			if c.holder >= 0 {
				holder = a.idAt(t, c.holder)
			}
			equal(t, "members", membersOf(t, h, holder), []string{id})
			if strings.Contains(state(t, h, holder), "bulkId") {
				t.Errorf("a bulkId is left: %s", state(t, h, holder))
			}
			for i := range operations {
				if s := a.str("/Operations/" + strconv.Itoa(i) + "/status"); s != "200" && s != "201" {
					t.Errorf("operation %d: %s", i, shortened(a.text))
				}
			}
		})
	}
	t.Run("in the path of a DELETE", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		saysStatuses(t, bulk(t, h, bulkOf(post("a", "A"), operation("DELETE", "/Groups/bulkId:a", ""))), "201 204")
		if n := total(t, h); n != 0 {
			t.Errorf("%d groups are left", n)
		}
	})
	t.Run("in a value path with another bulkId that begins with it", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		holder := create(t, h, "Holder", "x")
		a := bulk(t, h, bulkOf(post("a", "A"), post("ab", "AB"),
			patchOf("/Groups/"+holder, addMember("bulkId:a"), addMember("bulkId:ab")),
			patchOf("/Groups/"+holder, `{"op":"remove","path":"members[value eq \"bulkId:a\" or value eq \"bulkId:ab\"]"}`)))
		saysStatuses(t, a, "201 201 200 200")
		equal(t, "members", membersOf(t, h, holder), []string{"x"})
	})
}

func TestBulkResolvesBulkIDsInReferencesOfExtensions(t *testing.T) {
	const urn = "urn:example:scim:schemas:extension:2.0:Tree"
	tree := `[{"id":"` + urn + `","name":"Tree","attributes":[
		{"name":"parent","type":"complex","subAttributes":[{"name":"value","type":"string","caseExact":true},{"name":"$ref","type":"reference","referenceTypes":["Group"],"caseExact":true}]},
		{"name":"related","type":"string","multiValued":true,"caseExact":true}]}]`
	with := func(bulkID, name, attributes string) string {
		return operation("POST", "/Groups", group(`"displayName":"`+name+`","`+urn+`":{`+attributes+`}`), `"bulkId":"`+bulkID+`"`)
	}
	setup := func(t *testing.T) http.Handler {
		return newHandler(t, scim.Config{Extensions: extensions(t, tree), BaseURL: "https://example.com/scim/v2"})
	}
	parent := "/" + urn + "/parent/value"
	parentOf := func(t *testing.T, h http.Handler, id string) string {
		t.Helper()
		a := do(t, h, "GET", "/Groups/"+id, "").ok(t)
		return a.str(parent)
	}
	t.Run("to a group that is made before", func(t *testing.T) {
		h := setup(t)
		a := bulk(t, h, bulkOf(post("p", "P"), with("c", "C", `"parent":{"value":"bulkId:p","$ref":"../Groups/bulkId:p"},"related":["x","bulkId:p"]`)))
		saysStatuses(t, a, "201 201")
		do(t, h, "GET", "/Groups/"+a.idAt(t, 1), "").has(t, map[string]any{
			parent: a.idAt(t, 0), "/" + urn + "/parent/$ref": "../Groups/" + a.idAt(t, 0), "/" + urn + "/related": []any{"x", a.idAt(t, 0)}})
	})
	t.Run("to a group that is made later", func(t *testing.T) {
		h := setup(t)
		a := bulk(t, h, bulkOf(with("c", "C", `"parent":{"value":"bulkId:p"}`), post("p", "P")))
		saysStatuses(t, a, "201 201")
		if got := parentOf(t, h, a.idAt(t, 0)); got != a.idAt(t, 1) {
			t.Errorf("parent is %q, want %q", got, a.idAt(t, 1))
		}
	})
	t.Run("in a PATCH before the group is made", func(t *testing.T) {
		h := setup(t)
		c := create(t, h, "C")
		a := bulk(t, h, bulkOf(patchOf("/Groups/"+c, `{"op":"add","path":"`+urn+`:parent","value":{"value":"bulkId:p"}}`), post("p", "P")))
		saysStatuses(t, a, "200 201")
		if got := parentOf(t, h, c); got != a.idAt(t, 1) {
			t.Errorf("parent is %q", got)
		}
	})
	t.Run("in a circle, which is resolved or refused, but never stored as it is", func(t *testing.T) {
		h := setup(t)
		bulk(t, h, bulkOf(with("a", "A", `"parent":{"value":"bulkId:b"}`), with("b", "B", `"parent":{"value":"bulkId:a"}`)))
		if a := do(t, h, "GET", "/Groups", ""); strings.Contains(a.text, "bulkId") {
			t.Errorf("a bulkId is left: %s", a.text)
		}
	})
	t.Run("in a group itself, which is refused", func(t *testing.T) {
		h := setup(t)
		saysStatuses(t, bulk(t, h, bulkOf(with("a", "A", `"parent":{"value":"bulkId:a"}`), with("b", "B", `"related":["bulkId:b"]`))), "409 409")
		if n := total(t, h); n != 0 {
			t.Errorf("%d groups are left", n)
		}
	})
	t.Run("to a group that is a member, too, and made later", func(t *testing.T) {
		h := setup(t)
		a := bulk(t, h, bulkOf(operation("POST", "/Groups", group(`"displayName":"A","members":[{"value":"bulkId:b"}],"`+urn+`":{"related":["bulkId:b"]}`), `"bulkId":"a"`), post("b", "B")))
		saysStatuses(t, a, "201 201")
		do(t, h, "GET", "/Groups/"+a.idAt(t, 0), "").has(t, map[string]any{"/" + urn + "/related": []any{a.idAt(t, 1)}, "/members/0/value": a.idAt(t, 1)})
	})
	t.Run("to nothing, which is refused", func(t *testing.T) {
		h := setup(t)
		saysStatuses(t, bulk(t, h, bulkOf(with("a", "A", `"parent":{"value":"bulkId:none"}`))), "409")
		if n := total(t, h); n != 0 {
			t.Errorf("%d groups are left", n)
		}
	})
}

// Ids may contain what has a meaning in JSON, paths and filters.
func TestBulkResolvesBulkIDsToUnusualIDs(t *testing.T) {
	for _, id := range []string{`a/b c`, `50% off?`, `Müller & Söhne`, `say "hello"`, `back\slash`, `x" or value pr or value eq "y`} {
		t.Run(id, func(t *testing.T) {
			groups := memory.NewWith(memory.Options{IDFromName: true})
			h := newHandler(t, scim.Config{Groups: groups, BaseURL: "https://example.com/scim/v2"})
			create(t, h, "Holder", "x", "z")
			members := func() []string {
				g, err := groups.Get(t.Context(), "Holder", store.Selection{Members: true})
				if err != nil {
					t.Fatal(err)
				}
				var out []string
				for _, m := range g.Members {
					out = append(out, m.Value)
				}
				slices.Sort(out)
				return out
			}
			want := []string{"x", "z", id}
			slices.Sort(want)
			saysStatuses(t, bulk(t, h, bulkOf(post("a", id), patchOf("/Groups/Holder", addMember("bulkId:a")))), "201 200")
			equal(t, "with it", members(), want)
			a := bulk(t, h, bulkOf(operation("DELETE", "/Groups/"+pathEscaped(id), ""), post("a", id),
				patchOf("/Groups/Holder", `{"op":"remove","path":"members[value eq \"bulkId:a\"]"}`)))
			saysStatuses(t, a, "204 201 200")
			equal(t, "without it", members(), []string{"x", "z"})
			saysStatuses(t, bulk(t, h, bulkOf(operation("DELETE", "/Groups/"+pathEscaped(id), ""), post("a", id),
				patchOf("/Groups/Holder", `{"op":"add","path":"members","value":[{"$ref":"https://example.com/scim/v2/Groups/bulkId:a"}]}`))), "204 201 200")
			equal(t, "by its $ref", members(), want)
			saysStatuses(t, bulk(t, h, bulkOf(operation("DELETE", "/Groups/"+pathEscaped(id), ""), post("a", id),
				patchOf("/Groups/bulkId:a", addMember("m")))), "204 201 200")
		})
	}
}

func pathEscaped(id string) string {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	out := ""
	for i := range len(id) {
		if strings.IndexByte(plain, id[i]) >= 0 {
			out += id[i : i+1]
		} else {
			out += fmt.Sprintf("%%%02X", id[i])
		}
	}
	return out
}

func TestBulkResolvesCircles(t *testing.T) {
	t.Run("of one group with itself", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		a := bulk(t, h, bulkOf(post("a", "A", "bulkId:a")))
		saysStatuses(t, a, "201")
		equal(t, "members", membersOf(t, h, a.idAt(t, 0)), []string{a.idAt(t, 0)})
	})
	t.Run("of two groups, as RFC 7644 §3.7.1 has them", func(t *testing.T) {
		h := newHandler(t, scim.Config{BaseURL: "https://example.com/v2"})
		op := func(bulkID, name, member string) string {
			return operation("POST", "/Groups", group(`"displayName":"`+name+`","members":[{"type":"Group","value":"bulkId:`+member+`"}]`), `"bulkId":"`+bulkID+`"`)
		}
		a := bulk(t, h, bulkOf(op("qwerty", "Group A", "ytrewq"), op("ytrewq", "Group B", "qwerty")))
		saysStatuses(t, a, "201 201")
		ids := []string{a.idAt(t, 0), a.idAt(t, 1)}
		for i, id := range ids {
			g := do(t, h, "GET", "/Groups/"+id, "").has(t, map[string]any{
				"/members/0/value": ids[1-i], "/members/0/type": "Group", "/members/0/$ref": "https://example.com/v2/Groups/" + ids[1-i]})
			if version := a.str("/Operations/" + strconv.Itoa(i) + "/version"); version != g.header.Get("ETag") {
				t.Errorf("the result has the version %s, the group %s", version, g.header.Get("ETag"))
			}
		}
	})
	t.Run("of three groups, each with both others and a user", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		a := bulk(t, h, bulkOf(post("a", "A", "bulkId:b", "u", "bulkId:c"), post("b", "B", "bulkId:a", "bulkId:c", "u"), post("c", "C", "u", "bulkId:a", "bulkId:b")))
		saysStatuses(t, a, "201 201 201")
		for i := range 3 {
			want := []string{"u", a.idAt(t, (i+1)%3), a.idAt(t, (i+2)%3)}
			slices.Sort(want)
			equal(t, "members", membersOf(t, h, a.idAt(t, i)), want)
		}
	})
	for kind, newStore := range stores {
		t.Run("of 1,000 groups in a "+kind, func(t *testing.T) {
			const n = 1000
			h := newHandler(t, scim.Config{Groups: newStore()})
			var operations []string
			for i := range n {
				operations = append(operations, post("g"+strconv.Itoa(i), "Group "+strconv.Itoa(i), "bulkId:g"+strconv.Itoa((i+1)%n)))
			}
			a := bulk(t, h, bulkOf(operations...))
			if strings.Count(a.text, `"status":"201"`) != n {
				t.Fatalf("not all were made: %s", shortened(a.text))
			}
			seen, id := 0, a.idAt(t, 0)
			for {
				found := membersOf(t, h, id)
				if len(found) != 1 {
					t.Fatalf("the group %s has the members %q", id, found)
				}
				seen++
				if id = found[0]; id == a.idAt(t, 0) || seen > n {
					break
				}
			}
			if seen != n {
				t.Errorf("the circle has %d groups", seen)
			}
		})
	}
	t.Run("written with escapes", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		a := bulk(t, h, bulkOf(strings.Replace(post("a", "A", "bulkId:b"), "bulkId:b", `bulkId\u003ab`, 1), strings.Replace(post("b", "B", "bulkId:a"), "bulkId:a", `\u0062ulkId:a`, 1)))
		saysStatuses(t, a, "201 201")
		equal(t, "members", membersOf(t, h, a.idAt(t, 0)), []string{a.idAt(t, 1)})
		equal(t, "members", membersOf(t, h, a.idAt(t, 1)), []string{a.idAt(t, 0)})
	})
	t.Run("of groups whose members have a canonical form", func(t *testing.T) {
		h := newHandler(t, scim.Config{Members: scim.Members{Canonical: strings.ToLower}})
		a := bulk(t, h, bulkOf(post("a", "A", "bulkId:b", "USER"), post("b", "B", "bulkId:a")))
		saysStatuses(t, a, "201 201")
		equal(t, "members", membersOf(t, h, a.idAt(t, 0)), []string{a.idAt(t, 1), "user"})
		equal(t, "members", membersOf(t, h, a.idAt(t, 1)), []string{a.idAt(t, 0)})
	})
	t.Run("of a new group and one that is there", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		there := create(t, h, "There")
		a := bulk(t, h, bulkOf(patchOf("/Groups/"+there, addMember("bulkId:a")), post("a", "A", there)))
		saysStatuses(t, a, "200 201")
		equal(t, "members", membersOf(t, h, there), []string{a.idAt(t, 1)})
		equal(t, "members", membersOf(t, h, a.idAt(t, 1)), []string{there})
	})
}

// Groups that all refer to each other get their members in one change each. A chain in
// the worst order, of which each pass runs one operation, stays fast.
func TestBulkLinksEachGroupOnce(t *testing.T) {
	const dense, chain = 150, 600
	const urn = "urn:example:scim:schemas:extension:2.0:Tree"
	var updates atomic.Int64
	h := newHandler(t, scim.Config{
		Groups: &hookedStore{GroupStore: memory.New(), before: func(method string) error {
			if method == "Update" {
				updates.Add(1)
			}
			return nil
		}},
		Extensions: extensions(t, `[{"id":"`+urn+`","name":"Tree","attributes":[{"name":"related","type":"string","multiValued":true,"caseExact":true}]}]`),
	})
	var operations, all []string
	for i := range dense {
		all = append(all, fmt.Sprintf("bulkId:d%d", i))
	}
	for i := range dense {
		operations = append(operations, post(fmt.Sprintf("d%d", i), fmt.Sprintf("Dense %d", i), all...))
	}
	for i := range chain {
		operations = append(operations, operation("POST", "/Groups", group(fmt.Sprintf(`"displayName":"Chain %d","%s":{"related":["bulkId:d0","bulkId:c%d"]}`, i, urn, i+1)), fmt.Sprintf(`"bulkId":"c%d"`, i)))
	}
	operations = append(operations, post(fmt.Sprintf("c%d", chain), "End"))
	a := bulk(t, h, bulkOf(operations...))
	if n := strings.Count(a.text, `"status":"201"`); n != dense+chain+1 {
		t.Fatalf("%d groups were made: %s", n, shortened(a.text))
	}
	if n := updates.Load(); n != dense {
		t.Errorf("%d updates for %d groups", n, dense)
	}
	if n := len(membersOf(t, h, a.idAt(t, 0))); n != dense {
		t.Errorf("the first group has %d members", n)
	}
}

// An operation that depends on one that fails fails too, and leaves nothing half done.
func TestBulkLeavesNothingHalfLinked(t *testing.T) {
	bad := operation("POST", "/Groups", group(`"externalId":"without a name"`), `"bulkId":"bad"`)
	for _, c := range []struct {
		name     string
		request  string
		statuses string
		left     []string
	}{
		{"a reference to nothing", bulkOf(post("a", "A", "bulkId:none")), "409", nil},
		{"a reference to a POST that failed", bulkOf(bad, post("a", "A", "bulkId:bad")), "400/invalidValue 409", nil},
		{"a reference to a POST that will fail", bulkOf(post("a", "A", "bulkId:bad"), bad), "409 400/invalidValue", nil},
		{"a reference from a PATCH to a POST that will fail", bulkOf(post("a", "A"), patchOf("/Groups/bulkId:a", addMember("bulkId:bad")), bad), "201 409 400/invalidValue", []string{"A"}},
		{"a path to a POST that failed", bulkOf(bad, patchOf("/Groups/bulkId:bad", addMember("u"))), "400/invalidValue 409", nil},
		{"a path to nothing", bulkOf(operation("DELETE", "/Groups/bulkId:none", "")), "409", nil},
		{"a chain to a POST that failed", bulkOf(bad, post("b", "B", "bulkId:bad"), post("a", "A", "bulkId:b")), "400/invalidValue 409 409", nil},
		{"a chain to a POST that will fail", bulkOf(post("a", "A", "bulkId:b"), post("b", "B", "bulkId:bad"), bad), "409 409 400/invalidValue", nil},
		{"a long chain to a POST that will fail", bulkOf(post("a", "A", "bulkId:b"), post("b", "B", "bulkId:c"), post("c", "C", "bulkId:d"), post("d", "D", "bulkId:bad"), bad), "409 409 409 409 400/invalidValue", nil},
		{"a circle with a leg to a POST that failed", bulkOf(bad, post("a", "A", "bulkId:b"), post("b", "B", "bulkId:a", "bulkId:bad")), "400/invalidValue 409 409", nil},
		{"a circle with a leg to a POST that will fail", bulkOf(post("a", "A", "bulkId:b"), post("b", "B", "bulkId:a", "bulkId:bad"), bad), "409 409 400/invalidValue", nil},
		{"what does not depend on it is made", bulkOf(post("a", "A", "bulkId:bad"), bad, post("c", "C")), "409 400/invalidValue 201", []string{"C"}},
		{"a group made after one that waits for a POST that will fail", bulkOf(post("a", "A", "bulkId:bad"), post("c", "C", "bulkId:a"), bad), "409 409 400/invalidValue", nil},
		{"a name that is taken", bulkOf(post("a", "A", "bulkId:b"), post("b", "a")), "409 409/uniqueness", nil},
	} {
		for kind, newStore := range stores {
			t.Run(c.name+" in a "+kind, func(t *testing.T) {
				h := newHandler(t, scim.Config{Groups: newStore()})
				a := bulk(t, h, c.request)
				saysStatuses(t, a, c.statuses)
				list := do(t, h, "GET", "/Groups?sortBy=displayName", "")
				equal(t, "groups", list.names(), c.left)
			})
		}
	}
	t.Run("groups that wait when the job ends at its errors", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		a := bulk(t, h, bulkWith(`"failOnErrors":1`, post("a", "A", "bulkId:b"), bad, post("b", "B")))
		if strings.HasPrefix(a.statuses(), "201") {
			t.Errorf("A was made, but its member never is: %s", a.text)
		}
		if n := total(t, h); n != 0 {
			t.Errorf("%d groups are left", n)
		}
	})
	t.Run("a circle where circles are not allowed", func(t *testing.T) {
		h := newHandler(t, scim.Config{Groups: memory.NewWith(memory.Options{Nesting: store.NestingAcyclic})})
		there := create(t, h, "X")
		a := bulk(t, h, bulkOf(post("a", "A", "bulkId:b"), post("b", "B", "bulkId:a"), patchOf("/Groups/"+there, addMember("bulkId:a")), post("c", "C", "bulkId:a")))
		saysStatuses(t, a, "400/invalidValue 409 409 409")
		equal(t, "groups", names(t, h, "displayName pr"), []string{"X"})
	})
	t.Run("groups that wait when the time is over", func(t *testing.T) {
		groups := memory.New()
		creates := 0
		slow := &hookedStore{GroupStore: groups}
		h := newHandler(t, scim.Config{Groups: slow, Logger: quiet(), Limits: scim.Limits{Timeout: 50 * time.Millisecond}})
		slow.before = func(method string) error {
			if creates++; method == "Create" && creates == 2 {
				time.Sleep(100 * time.Millisecond)
				return context.DeadlineExceeded
			}
			return nil
		}
		a := do(t, h, "POST", "/Bulk", bulkOf(post("a", "A", "bulkId:b"), post("b", "B"), post("c", "C"))).is(t, 200, "")
		if got := a.statuses(); got != "409 503 503" {
			t.Errorf("the results are %s: %s", got, a.text)
		}
		if page, err := groups.List(t.Context(), store.Query{Limit: 10}); err != nil || len(page.Groups) != 0 {
			t.Errorf("left are %v, %v", page.Groups, err)
		}
	})
	t.Run("groups that wait, long after others were taken back", func(t *testing.T) {
		defer scim.SetUndoWithin(50 * time.Millisecond)()
		groups := memory.New()
		h := newHandler(t, scim.Config{Groups: &hookedStore{GroupStore: groups, before: func(method string) error {
			if method == "Create" {
				time.Sleep(40 * time.Millisecond)
			}
			return nil
		}}})
		a := bulk(t, h, bulkOf(post("a", "A", "bulkId:bad"), bad, post("b", "B", "bulkId:worse"), post("c", "C"), post("d", "D"), strings.Replace(bad, `"bad"`, `"worse"`, 1)))
		saysStatuses(t, a, "409 400/invalidValue 409 201 201 400/invalidValue")
		if page, err := groups.List(t.Context(), store.Query{Limit: 10}); err != nil || len(page.Groups) != 2 {
			t.Errorf("left are %v, %v", page.Groups, err)
		}
	})
	t.Run("what comes after the errors that are too many", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		a := bulk(t, h, bulkWith(`"failOnErrors":2`, bad, patchOf("/Groups/bulkId:bad", addMember("u")), post("c", "C")))
		saysStatuses(t, a, "400/invalidValue 409")
		if n := total(t, h); n != 0 {
			t.Errorf("%d groups are there", n)
		}
	})
	t.Run("groups of a tenant that is not told a second time", func(t *testing.T) {
		groups, asked := memory.New(), 0
		h := newHandler(t, scim.Config{SelectTenant: func(*http.Request, scim.Subject) (scim.Tenant, error) {
			if asked++; asked > 1 {
				return scim.Tenant{}, store.ErrUnavailable
			}
			return scim.Tenant{Name: "t", Groups: groups}, nil
		}})
		a := bulk(t, h, bulkOf(post("a", "A", "bulkId:b"), post("b", "B", "bulkId:bad"), bad))
		saysStatuses(t, a, "409 409 400/invalidValue")
		if page, err := groups.List(t.Context(), store.Query{Limit: 10}); err != nil || len(page.Groups) != 0 {
			t.Errorf("left are %v, %v", page.Groups, err)
		}
	})
	t.Run("a store that panics when the half is taken back", func(t *testing.T) {
		groups := &hookedStore{GroupStore: memory.New(), before: func(method string) error {
			if method == "Delete" {
				panic("no deletes today")
			}
			return nil
		}}
		h := newHandler(t, scim.Config{Groups: groups, Logger: quiet()})
		a := do(t, h, "POST", "/Bulk", bulkOf(post("a", "A", "bulkId:bad"), bad, post("c", "C"))).is(t, 200, "")
		if got := a.statuses(); !strings.HasSuffix(got, " 400/invalidValue 201") || strings.HasPrefix(got, "201") {
			t.Errorf("the results are %s: %s", got, a.text)
		}
	})
	t.Run("an id that the service gives stands in no error", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		a := bulk(t, h, bulkOf(post("a", "A", "bulkId:none")))
		if detail := a.str("/Operations/0/response/detail"); !strings.Contains(detail, "none") {
			t.Errorf("the error does not name the bulkId: %q", detail)
		}
	})
}

func TestBulkKeepsTheOrderOfOperationsOnAGroup(t *testing.T) {
	for _, c := range []struct {
		name string
		ops  func(id string) []string
		want []string // members; A is the id of the group of that bulkId
	}{
		{"add and remove", func(id string) []string {
			return []string{patchOf("/Groups/"+id, addMember("x")), patchOf("/Groups/"+id, `{"op":"remove","path":"members[value eq \"x\"]"}`)}
		}, []string{"old"}},
		{"remove and add", func(id string) []string {
			return []string{patchOf("/Groups/"+id, `{"op":"remove","path":"members"}`), patchOf("/Groups/"+id, addMember("x"))}
		}, []string{"x"}},
		{"an operation that waits and one that need not", func(id string) []string {
			return []string{patchOf("/Groups/"+id, addMember("bulkId:a")), patchOf("/Groups/"+id, `{"op":"remove","path":"members"}`), post("a", "A")}
		}, []string{}},
		{"an operation that waits and one that need not, with its path written in another way", func(id string) []string {
			return []string{patchOf("/Groups/"+id, addMember("bulkId:a")), patchOf("Groups/"+id+"/", `{"op":"remove","path":"members"}`), post("a", "A")}
		}, []string{}},
		{"an operation that need not wait and one that does", func(id string) []string {
			return []string{patchOf("/Groups/"+id, `{"op":"remove","path":"members"}`), patchOf("/Groups/"+id, addMember("bulkId:a")), post("a", "A")}
		}, []string{"A"}},
		{"a PUT that waits between two PATCHes", func(id string) []string {
			return []string{patchOf("/Groups/"+id, addMember("x")), operation("PUT", "/Groups/"+id, group(`"displayName":"G","members":[{"value":"bulkId:a"}]`)), patchOf("/Groups/"+id, addMember("y")), post("a", "A")}
		}, []string{"A", "y"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHandler(t, scim.Config{})
			id := create(t, h, "G", "old")
			a := bulk(t, h, bulkOf(c.ops(id)...))
			list := do(t, h, "GET", "/Groups"+query("filter", `displayName eq "A"`), "")
			var want []string
			for _, m := range c.want {
				if m == "A" {
					m = list.str("/Resources/0/id")
				}
				want = append(want, m)
			}
			slices.Sort(want)
			equal(t, "members", membersOf(t, h, id), want)
			if strings.Contains(a.text, `"response"`) {
				t.Errorf("not all went well: %s", shortened(a.text))
			}
		})
	}
	t.Run("results stand in the order of the request", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		id := create(t, h, "G")
		a := bulk(t, h, bulkOf(patchOf("/Groups/"+id, addMember("bulkId:b")), post("b", "B", "bulkId:c"), operation("DELETE", "/Groups/"+id, ""), post("c", "C")))
		saysStatuses(t, a, "200 201 204 201")
		a.has(t, map[string]any{"/Operations/1/bulkId": "b", "/Operations/3/bulkId": "c", "/Operations/2/method": "DELETE"})
	})
	t.Run("a name that is freed can be taken", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		id := create(t, h, "G")
		saysStatuses(t, bulk(t, h, bulkOf(operation("DELETE", "/Groups/"+id, ""), post("g", "g"))), "204 201")
	})
}

// A bulkId in text that cannot refer to a resource is text.
func TestBulkKeepsTextThatLooksLikeABulkID(t *testing.T) {
	for name, second := range map[string]string{
		"a name of somebody unknown":     operation("POST", "/Groups", group(`"displayName":"Ask bulkId:nobody"`), `"bulkId":"b"`),
		"a name of one that is there":    operation("POST", "/Groups", group(`"displayName":"Ask bulkId:a"`), `"bulkId":"b"`),
		"an externalId":                  operation("POST", "/Groups", group(`"displayName":"Ask bulkId","externalId":"bulkId:nobody"`), `"bulkId":"b"`),
		"a name of a member":             operation("POST", "/Groups", group(`"displayName":"Ask bulkId","members":[{"value":"u","display":"bulkId:nobody"}]`), `"bulkId":"b"`),
		"a name that ends in the prefix": operation("POST", "/Groups", group(`"displayName":"Ask bulkId:"`), `"bulkId":"b"`),
	} {
		t.Run(name, func(t *testing.T) {
			h := newHandler(t, scim.Config{})
			a := bulk(t, h, bulkOf(post("a", "A"), second))
			saysStatuses(t, a, "201 201")
			if found := names(t, h, `displayName sw "Ask bulkId"`); len(found) != 1 || strings.Contains(second, "nobody") && !strings.Contains(state(t, h, a.idAt(t, 1)), "nobody") {
				t.Errorf("the text has changed: %q", found)
			}
		})
	}
}

// Resources of types that another handler serves cannot be changed in bulk.
func TestBulkRefusesOtherResourceTypes(t *testing.T) {
	users := userType()
	users[0].Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the handler of users was called") })
	h := newHandler(t, scim.Config{ResourceTypes: users})
	saysStatuses(t, bulk(t, h, bulkOf(operation("POST", "/Users", "{}", `"bulkId":"u"`), operation("DELETE", "/Users/1", ""), post("g", "G", "bulkId:u"))), "501 501 409")
}

func TestBulkRefusesMalformedRequests(t *testing.T) {
	h := newHandler(t, scim.Config{Limits: scim.Limits{MaxBulkOperations: 3, MaxBody: 2000, Body: patch.Limits{MaxDepth: 10}}})
	sendAll(t, h, []request{
		{"no body", "POST", "/Bulk", "", 400, "invalidSyntax", nil},
		{"a body that is no object", "POST", "/Bulk", "[]", 400, "invalidSyntax", nil},
		{"schemas is missing", "POST", "/Bulk", `{"Operations":[]}`, 400, "invalidSyntax", nil},
		{"schemas is that of a PATCH", "POST", "/Bulk", patchOp(addMember("x")), 400, "invalidSyntax", nil},
		{"Operations is missing", "POST", "/Bulk", message(messageURN+"BulkRequest", ""), 400, "invalidSyntax", nil},
		{"Operations is null", "POST", "/Bulk", message(messageURN+"BulkRequest", `"Operations":null`), 400, "invalidSyntax", nil},
		{"Operations is no list", "POST", "/Bulk", message(messageURN+"BulkRequest", `"Operations":{}`), 400, "invalidSyntax", nil},
		{"an operation is no object", "POST", "/Bulk", bulkOf(`7`), 400, "invalidSyntax", nil},
		{"a method is no string", "POST", "/Bulk", bulkOf(`{"method":7}`), 400, "invalidSyntax", nil},
		{"failOnErrors is no number", "POST", "/Bulk", bulkWith(`"failOnErrors":"1"`), 400, "invalidSyntax", nil},
		{"another media type", "POST", "/Bulk", bulkOf(), 415, "", []string{"Content-Type", "text/plain"}},
		{"too many operations", "POST", "/Bulk", bulkOf(post("a", "A"), post("b", "B"), post("c", "C"), post("d", "D")), 413, "", nil},
		{"a body that is too large", "POST", "/Bulk", bulkOf(post("a", strings.Repeat("A", 2000))), 413, "", nil},
		{"a body that nests too deep", "POST", "/Bulk", bulkOf(operation("POST", "/Groups", strings.Repeat("[", 10)+strings.Repeat("]", 10))), 400, "invalidSyntax", nil},
		{"a GET", "GET", "/Bulk", "", 405, "", nil},
		{"a PUT", "PUT", "/Bulk", bulkOf(), 405, "", nil},
		{"a bulk of nothing is fine", "POST", "/Bulk", bulkOf(), 200, "", nil},
		{"names in another letter case are fine", "POST", "/Bulk", `{"Schemas":["` + strings.ToUpper(messageURN) + `BULKREQUEST"],"operations":[{"Method":"post","PATH":"/Groups","bulkid":"q","Data":` + group(`"displayName":"Q"`) + `}]}`, 200, "", nil},
	})
	if n := total(t, h); n != 1 {
		t.Errorf("%d groups were made, not one", n)
	}
}

// The fault of one operation does not affect the others.
func TestBulkReportsTheFaultOfEachOperation(t *testing.T) {
	config := scim.Config{
		BaseURL: "https://example.com/scim/v2",
		Auth: scim.Auth{Authorize: func(_ context.Context, a scim.Access) error {
			if a.Operation == scim.OperationDelete || a.GroupID == "forbidden" {
				return scim.ErrForbidden
			}
			return nil
		}},
	}
	data := group(`"displayName":"X"`)
	for _, c := range []struct{ name, operation, status string }{
		{"no method", `{"path":"/Groups"}`, "400/invalidSyntax"},
		{"no path", `{"method":"POST","bulkId":"x","data":` + data + `}`, "400/invalidSyntax"},
		{"nothing at all", `{}`, "400/invalidSyntax"},
		{"null", `null`, "400/invalidSyntax"},
		{"a POST without bulkId", operation("POST", "/Groups", data), "400/invalidSyntax"},
		{"a POST without data", operation("POST", "/Groups", "", `"bulkId":"x"`), "400/invalidSyntax"},
		{"a POST with data that is null", operation("POST", "/Groups", "null", `"bulkId":"x"`), "400/invalidSyntax"},
		{"a POST with data that is no object", operation("POST", "/Groups", `"x"`, `"bulkId":"x"`), "400/invalidSyntax"},
		{"a POST without schemas", operation("POST", "/Groups", `{"displayName":"X"}`, `"bulkId":"x"`), "400/invalidSyntax"},
		{"a PUT without data", operation("PUT", "/Groups/{id}", ""), "400/invalidSyntax"},
		{"a PATCH without data", operation("PATCH", "/Groups/{id}", ""), "400/invalidSyntax"},
		{"a PATCH with data that is no PatchOp", operation("PATCH", "/Groups/{id}", data), "400/invalidSyntax"},
		{"a PATCH with a faulty path", patchOf("/Groups/{id}", `{"op":"add","path":"colour","value":"red"}`), "400/invalidPath"},
		{"a group that is not there", patchOf("/Groups/none", addMember("x")), "404"},
		{"a DELETE of a group that is not there is forbidden first", operation("DELETE", "/Groups/none", ""), "403"},
		{"a method for the wrong path", operation("PUT", "/Groups", data), "405"},
		{"a POST to a group", operation("POST", "/Groups/{id}", data, `"bulkId":"x"`), "405"},
		{"a GET", operation("GET", "/Groups/{id}", ""), "405"},
		{"a method of one's own", operation("MERGE", "/Groups/{id}", data), "405"},
		{"a POST of a user", operation("POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"u"}`, `"bulkId":"x"`), "501|404"},
		{"a PATCH of a user", operation("PATCH", "/Users/1", patchOp(addMember("x"))), "501|404"},
		{"a bulk in a bulk", operation("POST", "/Bulk", bulkOf(), `"bulkId":"x"`), "501|404"},
		{"a search", operation("POST", "/Groups/.search", search(""), `"bulkId":"x"`), "501|404"},
		{"discovery", operation("GET", "/Schemas", ""), "501|404"},
		{"an endpoint that nobody has", operation("POST", "/Nowhere", data, `"bulkId":"x"`), "404"},
		{"a path above the base", operation("DELETE", "/../Groups/{id}", ""), "404|403"},
		{"a path with a query", operation("PATCH", "/Groups/{id}?attributes=id", patchOp(addMember("x"))), "404|400/invalidSyntax"},
		{"another host", operation("DELETE", "https://elsewhere.example.com/scim/v2/Groups/{id}", ""), "404|403|400"},
		{"what the subject may not do", operation("DELETE", "/Groups/{id}", ""), "403"},
		{"a group that the subject may not touch", patchOf("/Groups/forbidden", addMember("x")), "403"},
		{"a name that is taken", post("x", "TAKEN"), "409/uniqueness"},
		{"a version that is not the group's", operation("PATCH", "/Groups/{id}", patchOp(addMember("x")), `"version":"W/\"1\""`), "412"},
		{"a version without quotes that is not the group's", operation("PUT", "/Groups/{id}", data, `"version":"1"`), "412"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHandler(t, config)
			id := create(t, h, "Taken", "m")
			before := state(t, h, id)
			a := bulk(t, h, bulkOf(post("first", "First"), strings.ReplaceAll(c.operation, "{id}", id), post("last", "Last")))
			got := strings.Fields(a.statuses())
			if len(got) != 3 || got[0] != "201" || got[2] != "201" || got[1] != oneOf(got[1], c.status) {
				t.Errorf("the results are %q, want %s in the middle: %s", got, c.status, shortened(a.text))
			}
			a.has(t, map[string]any{"/Operations/1/response/schemas": []any{messageURN + "Error"}, "/Operations/1/version": nil})
			if s := a.str("/Operations/1/response/status"); s != a.str("/Operations/1/status") {
				t.Errorf("the status of the error is %q", s)
			}
			if after := state(t, h, id); after != before {
				t.Errorf("the group has changed: %s", after)
			}
		})
	}
	t.Run("a duplicate bulkId", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		a := bulk(t, h, bulkOf(post("a", "A"), post("a", "B"), patchOf("/Groups/bulkId:a", addMember("x"))))
		saysStatuses(t, a, "201 400/invalidValue 200")
		equal(t, "members", membersOf(t, h, a.idAt(t, 0)), []string{"x"})
	})
	for name, body := range map[string]string{
		"Operations":                          strings.Replace(bulkOf(post("a", "A")), `"Operations":`, `"operations":[`+post("b", "B")+`],"Operations":`, 1),
		"the path of an operation":            bulkOf(operation("POST", "/Groups", group(`"displayName":"A"`), `"bulkId":"a"`, `"path":"/Users"`)),
		"the data of an operation":            bulkOf(operation("POST", "/Groups", group(`"displayName":"A"`), `"bulkId":"a"`, `"Data":{}`)),
		"failOnErrors, which is null at last": bulkWith(`"failOnErrors":1,"failOnErrors":null`, post("a", "A")),
	} {
		t.Run("a request that has a name twice does nothing: "+name, func(t *testing.T) {
			h := newHandler(t, scim.Config{})
			do(t, h, "POST", "/Bulk", body).is(t, 400, "invalidSyntax")
			equal(t, "groups", names(t, h, "displayName pr"), nil)
		})
	}
	t.Run("an operation whose data has a name twice does nothing, and others do", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		a := bulk(t, h, bulkOf(operation("POST", "/Groups", group(`"displayName":"A","displayName":"B"`), `"bulkId":"a"`), post("c", "C")))
		saysStatuses(t, a, "400/invalidSyntax 201")
		equal(t, "groups", names(t, h, "displayName pr"), []string{"C"})
	})
	t.Run("one bulkId of a PATCH as of a POST is no harm", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		a := bulk(t, h, bulkOf(post("a", "A"), operation("PATCH", "/Groups/bulkId:a", patchOp(addMember("x")), `"bulkId":"a"`)))
		saysStatuses(t, a, "201 200")
		a.has(t, map[string]any{"/Operations/1/bulkId": "a"})
	})
}

func TestBulkSurvivesAPanicOfTheStore(t *testing.T) {
	calls := 0
	groups := &hookedStore{GroupStore: memory.New(), before: func(method string) error {
		if calls++; calls == 3 {
			panic("broken: " + sensitive)
		}
		return nil
	}}
	log := newRecords()
	h := newHandler(t, scim.Config{Groups: groups, Logger: slog.New(log)})
	a := bulk(t, h, bulkOf(post("a", "A"), post("b", "B"), post("c", "C"), post("d", "D"), patchOf("/Groups/bulkId:a", addMember("bulkId:d"))))
	saysStatuses(t, a, "201 201 500 201 200")
	if strings.Contains(a.text, sensitive) {
		t.Errorf("the response tells the panic: %s", a.text)
	}
	if lines := log.lines(t); len(lines) != 1 {
		t.Errorf("%d lines were logged: %v", len(lines), lines)
	}
	equal(t, "groups", names(t, h, "displayName pr"), []string{"A", "B", "D"})
}

func TestBulkAuthorizesEachOperation(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	h := newHandler(t, scim.Config{
		Groups: memory.NewWith(memory.Options{IDFromName: true}),
		Auth: scim.Auth{Authorize: func(_ context.Context, a scim.Access) error {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, string(a.Operation)+" "+a.GroupID)
			return nil
		}},
	})
	bulk(t, h, bulkOf(post("a", "A"), operation("PUT", "/Groups/bulkId:a", group(`"displayName":"A"`)), patchOf("/Groups/A", addMember("x")), operation("DELETE", "/Groups/A", ""), operation("POST", "/Users", "{}", `"bulkId":"u"`)))
	equal(t, "asked", asked, []string{"create ", "replace A", "patch A", "delete A"})
}

func TestBulkStaysInOneTenant(t *testing.T) {
	one, two := memory.New(), memory.New()
	h := newHandler(t, scim.Config{SelectTenant: func(r *http.Request, _ scim.Subject) (scim.Tenant, error) {
		if r.Header.Get("X-Tenant") == "two" {
			return scim.Tenant{Name: "two", Groups: two}, nil
		}
		return scim.Tenant{Name: "one", Groups: one}, nil
	}})
	a := do(t, h, "POST", "/Groups", group(`"displayName":"Of two"`), "X-Tenant", "two").is(t, 201, "")
	result := bulk(t, h, bulkOf(patchOf("/Groups/"+a.str("/id"), addMember("x")), post("a", "Of two", "bulkId:b"), post("b", "B", "bulkId:a")))
	saysStatuses(t, result, "404 201 201")
	do(t, h, "GET", "/Groups", "", "X-Tenant", "two").has(t, map[string]any{"/totalResults": 1, "/Resources/0/members": nil})
}

func TestConcurrentBulkRequestsLoseNothing(t *testing.T) {
	for kind, newStore := range stores {
		t.Run(kind, func(t *testing.T) {
			h := newHandler(t, scim.Config{Groups: newStore()})
			var ids []string
			for _, name := range numbered("Group", 3) {
				ids = append(ids, create(t, h, name, "gone"))
			}
			const clients, rounds = 8, 12
			var group sync.WaitGroup
			for client := range clients {
				group.Go(func() {
					var operations []string
					for round := range rounds {
						id := ids[(client+round)%len(ids)]
						operations = append(operations, patchOf("/Groups/"+id, addMember(fmt.Sprintf("u-%d-%d", client, round))))
					}
					bulkID := fmt.Sprintf("own-%d", client)
					operations = append(operations, post(bulkID, "Own "+bulkID, "bulkId:"+bulkID), patchOf("/Groups/"+ids[0], addMember("bulkId:"+bulkID)),
						patchOf("/Groups/"+ids[1], `{"op":"remove","path":"members[value eq \"gone\"]"}`))
					a := bulk(t, h, bulkOf(operations...))
					if strings.Contains(a.text, `"response"`) {
						t.Errorf("client %d: %s", client, shortened(a.text))
					}
				})
			}
			group.Wait()
			seen := map[string]bool{}
			for i, id := range ids {
				for _, m := range membersOf(t, h, id) {
					seen[m] = true
					if i == 1 && m == "gone" {
						t.Error("the member that was removed is there")
					}
				}
			}
			for client := range clients {
				for round := range rounds {
					if m := fmt.Sprintf("u-%d-%d", client, round); !seen[m] {
						t.Errorf("%s is lost", m)
					}
				}
			}
			if len(seen) != clients*rounds+clients+1 {
				t.Errorf("%d members", len(seen))
			}
			if n := total(t, h); n != len(ids)+clients {
				t.Errorf("%d groups", n)
			}
		})
	}
}
