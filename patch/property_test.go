package patch_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// named is what a request names for removal.
type named struct {
	things   map[string]bool               // "members", "tags", "owner.name", "members/ada", "tags/a", "contacts/a", "contacts/a.display"
	contacts []func(store.Member) []string // what value paths into contacts name, of each element
	members  []func(store.Member) []string // likewise
}

func (n *named) add(things ...string) {
	for _, thing := range things {
		n.things[thing] = true
	}
}

// random makes random PATCH requests together with what they name. There are few values,
// so that requests often name what a group has.
type random struct{ *rand.Rand }

func pick[T any](r random, choices ...T) T { return choices[r.IntN(len(choices))] }

func (r random) sometimes() bool { return r.IntN(3) == 0 }

// list picks some of the choices, or none.
func (r random) list(choices ...string) (out []string) {
	for _, c := range choices {
		if r.IntN(3) == 0 {
			out = append(out, c)
		}
	}
	return out
}

func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// recase writes a name in another letter case.
func (r random) recase(s string) string {
	return pick(r, s, s, s, strings.ToUpper(s), strings.ToLower(s))
}

var (
	memberValues  = []string{"ada", "bob", "cyd", "dan"}
	memberTypes   = []string{"User", "Group"}
	tagValues     = []string{"a", "b", "c"}
	contactValues = []string{"k", "l", "m"}
	contactTypes  = []string{"work", "home"}
)

// group is a random group. Elements of contacts are identified by value.
func (r random) group() store.Group {
	g := store.Group{ID: "g1", DisplayName: "D", ExternalID: pick(r, "", "e")}
	for _, v := range memberValues {
		if r.IntN(4) > 0 {
			g.Members = append(g.Members, store.Member{Value: v, Type: pick(r, memberTypes...), Display: pick(r, "", "X")})
		}
	}
	e := map[string]any{}
	set := func(name string, v any) {
		if r.IntN(4) > 0 {
			e[name] = v
		}
	}
	set("domain", "d")
	set("level", json.Number("9007199254740993"))
	set("origin", "o")
	set("serial", "s")
	for _, name := range []string{"tags", "keys"} {
		var list []any
		for _, v := range r.list(tagValues...) {
			list = append(list, v)
		}
		if list != nil {
			e[name] = list
		}
	}
	owner := map[string]any{"name": "n"}
	if r.sometimes() {
		owner["mail"] = "m"
	}
	if r.sometimes() {
		owner["roles"] = []any{"x", "y"}
	}
	set("owner", owner)
	var contacts []any
	for i, v := range contactValues {
		c := map[string]any{"value": v, "type": pick(r, contactTypes...)}
		if r.sometimes() {
			c["display"] = "X"
		}
		if i == 0 {
			c["primary"] = true
		}
		if r.IntN(4) > 0 {
			contacts = append(contacts, c)
		}
	}
	if contacts != nil {
		e["contacts"] = contacts
	}
	if len(e) > 0 {
		g.Extensions = store.Extensions{team: e}
	}
	return g
}

// operation is one operation, as JSON, and notes what it names.
func (r random) operation(n *named) string {
	switch r.IntN(11) {
	case 0, 1, 2:
		return r.wholeMembers(n)
	case 3:
		return r.selected(n, "members", memberValues, memberTypes, &n.members)
	case 4:
		return r.selected(n, team+":contacts", contactValues, contactTypes, &n.contacts)
	case 5, 6:
		return r.listed(n)
	case 7:
		return r.single(n)
	case 8:
		return r.owner(n)
	case 9:
		return r.wholeExtension(n)
	}
	return r.contacts(n)
}

func (r random) object(op, path, value string) string {
	o := `{"` + r.recase("op") + `":"` + r.recase(op) + `"`
	if path != "" {
		o += `,"path":` + toJSON(path)
	} else if r.sometimes() {
		o += `,"path":null`
	}
	if value != "" {
		o += `,"value":` + value
	}
	return o + "}"
}

// wholeMembers is an operation on members without a value path, in each form
// that clients are known to use.
func (r random) wholeMembers(n *named) string {
	values := r.list(memberValues...)
	var list []any
	for _, v := range values {
		switch m := map[string]any{"value": v}; r.IntN(4) {
		case 0:
			list = append(list, v)
		case 1:
			m["$ref"], m["display"], m["x"] = nil, nil, 1
			list = append(list, m)
		case 2:
			m["type"], m["display"] = pick(r, memberTypes...), pick(r, "", "Y")
			list = append(list, m)
		default:
			list = append(list, m)
		}
	}
	value := toJSON(list)
	if list == nil {
		value = "[]"
	}
	if len(list) == 1 && r.sometimes() {
		value = toJSON(list[0])
	}
	op := pick(r, "add", "remove", "remove", "replace")
	path := r.recase(pick(r, "members", "members", coreURN+":members", ""))
	if path == "" {
		value = `{"` + r.recase("members") + `":` + value + `}`
	} else if op == "remove" && r.sometimes() {
		value = `{"members":` + pick(r, value, value, "null") + `}`
	}
	switch {
	case op == "replace":
		n.add("members")
		if path != "" && r.sometimes() {
			value = "null"
		}
	case op == "remove" && path != "" && r.IntN(8) == 0:
		n.add("members") // nothing but a path
		value = pick(r, "", "null")
	case op == "remove":
		for _, v := range values {
			n.add("members/" + v)
		}
	case r.sometimes():
		if path != "" {
			value = pick(r, "null", "[]")
		}
	}
	return r.object(op, path, value)
}

// selected is an operation on elements that a value path selects.
func (r random) selected(n *named, attribute string, values, types []string, names *[]func(store.Member) []string) string {
	v, w, typ := pick(r, values...), pick(r, values...), pick(r, types...)
	text, selects := "", func(store.Member) bool { return false }
	switch r.IntN(6) {
	case 0, 1:
		text, selects = fmt.Sprintf(`value eq %q`, v), func(m store.Member) bool { return m.Value == v }
	case 2:
		text, selects = fmt.Sprintf(`value eq %q or value eq %q`, v, w), func(m store.Member) bool { return m.Value == v || m.Value == w }
	case 3:
		text, selects = fmt.Sprintf(`type eq %q`, typ), func(m store.Member) bool { return m.Type == typ }
	case 4:
		text, selects = fmt.Sprintf(`not (value eq %q)`, v), func(m store.Member) bool { return m.Value != v }
	case 5:
		text, selects = fmt.Sprintf(`value eq %q and type eq %q`, v, typ), func(m store.Member) bool { return m.Value == v && m.Type == typ }
	}
	path := r.recase(attribute) + "[" + text + "]"
	name := func(suffix string) {
		*names = append(*names, func(m store.Member) []string {
			if !selects(m) {
				return nil
			}
			return []string{attribute[strings.LastIndexByte(attribute, ':')+1:] + "/" + m.Value + suffix}
		})
	}
	switch r.IntN(6) {
	case 0, 1:
		name("")
		return r.object("remove", path, pick(r, "", "", "null", "[]", `[{"value":"ada"}]`))
	case 2:
		name(".display")
		return r.object("remove", path+".display", "")
	case 3:
		return r.object("add", path+"."+r.recase("display"), `"Z"`)
	case 4:
		return r.object("add", path, pick(r, `{"display":"Z"}`, `{}`, `{"display":null}`))
	}
	name(".display")
	return r.object("replace", path, pick(r, `{"display":"Z"}`, `{"display":null}`))
}

// place writes the path of an attribute of the extension, or none and the value
// in an object.
func (r random) place(op, attribute, value string) string {
	if value != "" && op != "remove" {
		switch r.IntN(4) {
		case 0:
			return r.object(op, "", `{`+toJSON(r.recase(team+":"+attribute))+`:`+value+`}`)
		case 1:
			return r.object(op, "", `{`+toJSON(r.recase(team))+`:{`+toJSON(r.recase(attribute))+`:`+value+`}}`)
		}
	}
	return r.object(op, r.recase(team+":"+attribute), value)
}

// listed is an operation on a multi-valued simple attribute.
func (r random) listed(n *named) string {
	a := pick(r, "tags", "keys")
	values := r.list(tagValues...)
	value := "[]"
	if values != nil {
		value = toJSON(values)
	}
	if len(values) == 1 && r.sometimes() {
		value = toJSON(values[0])
	}
	switch op := pick(r, "add", "add", "remove", "remove", "replace"); {
	case op == "replace":
		n.add(a)
		return r.place(op, a, pick(r, value, value, "null"))
	case op == "remove" && r.IntN(5) == 0:
		n.add(a)
		return r.place(op, a, pick(r, "", "null"))
	case op == "remove" && r.sometimes():
		v := pick(r, tagValues...)
		n.add(a + "/" + v)
		return r.object(op, team+":"+a+`[value eq "`+v+`"]`, "")
	case op == "remove":
		for _, v := range values {
			n.add(a + "/" + v)
		}
		return r.place(op, a, value)
	default:
		return r.place(op, a, pick(r, value, value, "null"))
	}
}

// single is an operation on a single-valued simple attribute.
func (r random) single(n *named) string {
	op := pick(r, "add", "remove", "replace")
	a := pick(r, "externalId", "domain", "level", "origin", "serial", "displayName")
	value := map[string]string{"level": "9007199254740993", "origin": `"o"`}[a]
	if value == "" {
		value = `"new"`
	}
	if r.sometimes() {
		value = "null"
	}
	if op != "add" {
		n.add(a) // the path names all of it
	}
	if op == "remove" {
		value = ""
	}
	if a == "externalId" || a == "displayName" {
		if op != "remove" && r.sometimes() {
			return r.object(op, "", `{"`+a+`":`+value+`}`)
		}
		return r.object(op, a, value)
	}
	return r.place(op, a, value)
}

// owner is an operation on a single-valued complex attribute.
func (r random) owner(n *named) string {
	switch r.IntN(8) {
	case 0:
		return r.place("add", "owner", pick(r, `{"name":"new"}`, `{"mail":"new","roles":["z"]}`, `{"name":null}`, `{}`, `null`, `{"roles":[]}`))
	case 1:
		n.add("owner.name")
		return r.place("replace", "owner", pick(r, `{"name":"new"}`, `{"name":null}`, `{}`))
	case 2:
		n.add("owner.roles")
		return r.place("replace", "owner", pick(r, `{"roles":["z"]}`, `{"roles":[]}`))
	case 3:
		n.add("owner")
		return r.place("remove", "owner", "")
	case 4:
		n.add("owner.mail")
		return r.place("remove", "owner.mail", "")
	case 5:
		n.add("owner.roles/x")
		return r.place("remove", "owner.roles", `["x"]`)
	case 6:
		return r.place("remove", "owner.roles", `[]`)
	}
	return r.place("add", "owner.roles", pick(r, `["z"]`, `"x"`, `[]`, `null`))
}

// contacts is an operation on a multi-valued complex attribute without a value
// path.
func (r random) contacts(n *named) string {
	v, typ := pick(r, contactValues...), pick(r, contactTypes...)
	switch r.IntN(8) {
	case 0, 1:
		return r.place("add", "contacts", pick(r, `[{"value":"new","primary":true}]`, `{"value":"`+v+`","type":"work"}`, `[]`, `null`))
	case 2:
		n.add("contacts")
		return r.place("replace", "contacts", pick(r, `[{"value":"`+v+`"}]`, `[]`, `null`))
	case 3:
		n.add("contacts/" + v)
		return r.place("remove", "contacts", pick(r, `[{"value":"`+v+`"}]`, `{"value":"`+v+`","display":null}`))
	case 4:
		n.contacts = append(n.contacts, func(m store.Member) []string {
			if m.Type != typ {
				return nil
			}
			return []string{"contacts/" + m.Value}
		})
		return r.place("remove", "contacts", `[{"type":"`+typ+`"}]`)
	case 5:
		return r.place("remove", "contacts", pick(r, `[]`, `{}`, `[{}]`, `[{"display":null}]`, `[{"value":null,"type":null}]`))
	case 6:
		for _, v := range contactValues {
			n.add("contacts/" + v + ".display")
		}
		return r.place("remove", "contacts.display", "")
	}
	return r.place("add", "contacts.display", pick(r, `"Z"`, `null`))
}

// wholeExtension is an operation on an extension by its URN.
func (r random) wholeExtension(n *named) string {
	path, value := r.recase(team), `{"domain":"new","tags":["b"],"level":null}`
	switch op := pick(r, "add", "replace", "remove"); {
	case op == "add":
		return r.object(op, path, pick(r, value, "null", "{}"))
	case op == "replace" && r.sometimes():
		n.add("domain", "level", "origin", "tags", "keys", "owner", "contacts")
		return r.object(op, path, "null")
	case op == "replace":
		n.add("domain", "tags", "level")
		return r.object(op, path, value)
	case r.sometimes():
		n.add("domain", "level", "origin", "tags", "keys", "owner", "contacts")
		return r.object(op, path, pick(r, "", "null"))
	default:
		n.add("domain", "tags/b") // and not level, which is null
		return r.object(op, path, pick(r, `{"domain":"d","tags":["b"]}`, `{}`, `[]`))
	}
}

// quirks is a random set of quirks.
func (r random) quirks() (out patch.Quirks) {
	for q := range patch.Lenient.All() {
		if r.IntN(4) > 0 {
			out |= q
		}
	}
	return out
}

// request is the operations of a random body and what each of them names.
func (r random) request() (operations []string, names []*named) {
	for range 1 + r.IntN(4) {
		n := &named{things: map[string]bool{}}
		operations, names = append(operations, r.operation(n)), append(names, n)
	}
	return operations, names
}

// contents lists what a group has: attributes, elements and sub-attributes by
// the names that [named] uses.
func contents(g store.Group) map[string]bool {
	out := map[string]bool{}
	put := func(name string, ok bool) {
		if ok {
			out[name] = true
		}
	}
	put("displayName", g.DisplayName != "")
	put("externalId", g.ExternalID != "")
	for _, m := range g.Members {
		put("members/"+m.Value, true)
		put("members/"+m.Value+".type", m.Type != "")
		put("members/"+m.Value+".display", m.Display != "")
	}
	for name, v := range g.Extensions[team] {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				if object, ok := item.(map[string]any); ok {
					for sub := range object {
						put(fmt.Sprintf("%s/%s.%s", name, object["value"], sub), true)
					}
					put(fmt.Sprintf("%s/%s", name, object["value"]), true)
				} else {
					put(fmt.Sprintf("%s/%s", name, item), true)
				}
			}
		case map[string]any:
			for sub, item := range v {
				put(name+"."+sub, true)
				list, _ := item.([]any)
				for _, element := range list {
					put(fmt.Sprintf("%s.%s/%s", name, sub, element), true)
				}
			}
		default:
			put(name, true)
		}
	}
	return out
}

// names reports whether the request names a thing, or something that it is part
// of.
func (n *named) names(thing string) bool {
	for i := range thing {
		if (thing[i] == '/' || thing[i] == '.') && n.things[thing[:i]] {
			return true
		}
	}
	if n.things[thing] {
		return true
	}
	// Removing the last element of a list removes the list.
	return thing == "owner.roles"
}

// resolved is n with what its value paths name of a group.
func (n *named) resolved(g store.Group) *named {
	n = &named{things: maps.Clone(n.things), contacts: n.contacts, members: n.members}
	for _, m := range g.Members {
		for _, f := range n.members {
			n.add(f(m)...)
		}
	}
	list, _ := g.Extensions[team]["contacts"].([]any)
	for _, item := range list {
		c := item.(map[string]any)
		for _, f := range n.contacts {
			n.add(f(store.Member{Value: c["value"].(string), Type: c["type"].(string)})...)
		}
	}
	return n
}

// TestNothingIsRemovedUnlessAnOperationNamesIt is the promise of this package: no
// member, no value and no sub-attribute that a group has before a PATCH is
// missing afterwards unless an operation names it. An operation names
//
//   - with a remove that has nothing but a path, or null beside it: all that the
//     path speaks of;
//   - with a remove that has a value: the members or values in it, and none if
//     there are none in it, whatever the form (a list, one value, wrapped, without
//     a path);
//   - with a remove whose path has a value filter: what the filter matches;
//   - with a replace: the attribute or sub-attribute that it gives another value,
//     of the elements that a value filter matches if there is one;
//   - with an add: nothing.
//
// It holds under every set of quirks, for requests of every kind.
func TestNothingIsRemovedUnlessAnOperationNamesIt(t *testing.T) {
	r := random{rand.New(rand.NewPCG(7, 7))}
	table := newTable(t, false)
	failed := map[string]bool{}
	applied := 0
	for round := 0; round < 20_000 && len(failed) < 10; round++ {
		operations, names := r.request()
		c := only(r.quirks()).compiler(table)
		before := r.group()
		missing, ok := removedUnnamed(c, before, operations, names)
		if ok {
			applied++
		}
		if missing == "" {
			continue
		}
		// Leave out the operations that do not matter.
		for i := len(operations) - 1; i >= 0; i-- {
			fewer, fewerNames := slices.Delete(slices.Clone(operations), i, i+1), slices.Delete(slices.Clone(names), i, i+1)
			if m, _ := removedUnnamed(c, before, fewer, fewerNames); m != "" {
				operations, names, missing = fewer, fewerNames, m
			}
		}
		if text := strings.Join(operations, "\n"); !failed[strings.ToLower(text)] {
			failed[strings.ToLower(text)] = true
			t.Errorf("round %d: %s is gone by\n%s\nof %s", round, missing, text, toJSON(before))
		}
	}
	if applied < 5_000 && len(failed) == 0 {
		t.Errorf("only %d requests could be applied", applied)
	}
}

// removedUnnamed applies a request and returns something that it removed and does
// not name; ok is false if it could not be applied.
func removedUnnamed(c *patch.Compiler, before store.Group, operations []string, names []*named) (missing string, ok bool) {
	e, err := c.Patch(patchOp(strings.Join(operations, ",")))
	if err != nil {
		return "", false
	}
	after, err := change(e, before.Clone())
	if err != nil {
		return "", false
	}
	has := contents(after)
	for thing := range contents(before) {
		if !has[thing] && !slices.ContainsFunc(names, func(n *named) bool { return n.resolved(before).names(thing) }) {
			missing = max(missing, thing)
		}
	}
	return missing, true
}

func TestACompilerChangesNoBody(t *testing.T) {
	r := random{rand.New(rand.NewPCG(8, 8))}
	c := newCompiler(t, lenient)
	for range 5_000 {
		operations, _ := r.request()
		body := patchOp(strings.Join(operations, ","))
		before := bytes.Clone(body)
		e, err := c.Patch(body)
		if !bytes.Equal(before, body) {
			t.Fatalf("%s became %s", before, body)
		}
		if err != nil {
			continue
		}
		// The Edit does not keep it either.
		g := r.group()
		want, wantErr := change(e, g.Clone())
		for i := range body {
			body[i] = 'x'
		}
		got, gotErr := change(e, g.Clone())
		if (wantErr == nil) != (gotErr == nil) || wantErr == nil && !reflect.DeepEqual(want, got) {
			t.Fatalf("%s: the Edit changed with the body: %v", before, cmp.Diff(want, got))
		}
	}
}

func TestAnEditCanBeAppliedAgain(t *testing.T) {
	r := random{rand.New(rand.NewPCG(9, 9))}
	c := newCompiler(t, lenient)
	applied := 0
	for range 10_000 {
		operations, _ := r.request()
		e, err := c.Patch(patchOp(strings.Join(operations, ",")))
		if err != nil {
			continue
		}
		g := r.group()
		first, firstErr := change(e, g.Clone())
		want := first.Clone()
		scribble(first.Extensions)
		for i := range first.Members {
			first.Members[i] = store.Member{Value: "scribbled"}
		}
		second, secondErr := change(e, g.Clone())
		if (firstErr == nil) != (secondErr == nil) {
			t.Fatalf("%s\nfirst %v, then %v", operations, firstErr, secondErr)
		}
		if firstErr != nil {
			continue
		}
		applied++
		if diff := cmp.Diff(want, second, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%s\nof %s: (-first +second)\n%s", operations, toJSON(g), diff)
		}
		// The Edit shares no memory with the groups to which it is applied.
		head := adapter.Head(r.group())
		if _, err := applyTo(e, &head); err != nil {
			continue
		}
		scribble(second.Extensions)
		if strings.Contains(toJSON(head), "scribbled") {
			t.Fatalf("%s: two groups share memory", operations)
		}
	}
	if applied < 2_000 {
		t.Errorf("only %d requests could be applied", applied)
	}
}

func TestAnEditCanBeAppliedConcurrently(t *testing.T) {
	e, err := newCompiler(t, tolerant).Patch(patchOp(strings.ReplaceAll(
		`{"op":"add","path":"@:contacts","value":[{"value":"z","primary":true}]},
		{"op":"add","path":"@:owner","value":{"roles":["z"]}},
		{"op":"replace","value":{"displayName":"A","members":[{"value":"ada"}],"@:tags":["x"]}}`, "@", team)))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan store.Group)
	for range 8 {
		go func() {
			g, err := change(e, engineers())
			if err != nil {
				t.Error(err)
			}
			done <- g.Clone()
			scribble(g.Extensions)
		}()
	}
	first := <-done
	for range 7 {
		if diff := cmp.Diff(first, <-done); diff != "" {
			t.Error(diff)
		}
	}
}

// TestAFaultyOperationLeavesNoEdit puts one faulty operation into requests that
// are fine: nothing of them is compiled, and the error names the place.
func TestAFaultyOperationLeavesNoEdit(t *testing.T) {
	faulty := []string{
		`{"op":"remove"}`, `{"op":"move","path":"members"}`, `{"path":"members"}`, `{"op":"remove","path":"displayName"}`,
		`{"op":"add","path":"members","value":[{"display":"x"}]}`, `{"op":"add","path":"nick","value":1}`,
		`{"op":"remove","path":"members[value eq]"}`, `{"op":"add","path":"` + team + `:level","value":"x"}`,
		`{"op":"replace","path":"` + team + `:serial","value":"x"}`, `{"op":"add","path":"members"}`,
	}
	r := random{rand.New(rand.NewPCG(10, 10))}
	c := newCompiler(t, tolerant)
	tried := 0
	for range 5_000 {
		operations, _ := r.request()
		if _, err := c.Patch(patchOp(strings.Join(operations, ","))); err != nil {
			continue
		}
		tried++
		at := r.IntN(len(operations) + 1)
		operations = slices.Insert(operations, at, pick(r, faulty...))
		e, err := c.Patch(patchOp(strings.Join(operations, ",")))
		var se scimerrors.ScimError
		if e != nil || !errors.As(err, &se) || !strings.HasPrefix(se.Detail, fmt.Sprintf("Operations[%d]", at)) {
			t.Fatalf("%s\ngot an Edit: %t, error %v, want one of Operations[%d]", strings.Join(operations, "\n"), e != nil, err, at)
		}
	}
	if tried < 500 {
		t.Errorf("only %d requests could be tried", tried)
	}
}

func TestAnEditThatCannotBeAppliedFails(t *testing.T) {
	c := newCompiler(t, tolerant)
	for _, o := range []struct{ operations, scimType, word string }{
		{`{"op":"replace","path":"displayName","value":"A"},{"op":"replace","path":"id","value":"other"}`, "mutability", "id"},
		{`{"op":"replace","path":"displayName","value":"A"},{"op":"replace","path":"` + team + `:tags[value eq \"x\"]","value":"y"}`, "noTarget", "tags"},
		{`{"op":"replace","path":"` + team + `:origin","value":"other"},{"op":"remove","path":"members"}`, "mutability", "origin"},
	} {
		e, err := c.Patch(patchOp(o.operations))
		if err != nil {
			t.Fatal(err)
		}
		head := adapter.Head(withTeam(t, `{"origin":"o"}`))
		edits, err := applyTo(e, &head)
		checkFault(t, err, o.scimType, o.word)
		if edits != nil {
			t.Errorf("%s: there are edits beside the error", o.operations)
		}
	}
}

func TestACompilerCanBeUsedConcurrently(t *testing.T) {
	c := newCompiler(t, options{Options: patch.Options{Filter: filter.Limits{MaxTerms: 10}}, Request: lenient.Request})
	done := make(chan bool)
	for i := range 4 {
		go func() {
			defer func() { done <- true }()
			r := random{rand.New(rand.NewPCG(uint64(i), 11))}
			for range 500 {
				operations, _ := r.request()
				if e, err := c.Patch(patchOp(strings.Join(operations, ","))); err == nil {
					_, _ = change(e, r.group())
				}
			}
		}()
	}
	for range 4 {
		<-done
	}
}
