package patch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

func TestOperationsOnMembers(t *testing.T) {
	const ada, bob, ops = " ada:User:Ada", " bob:User:Bob", " ops:Group:"
	const g = "Engineers e-1"
	at := func(op, path, value string) string {
		b, _ := json.Marshal(path)
		o := `{"op":"` + op + `","path":` + string(b)
		if value != "" {
			o += `,"value":` + value
		}
		return o + "}"
	}
	runCore(t, []coreCase{
		{name: "add adds members with their sub-attributes", operations: at("add", "members", `[{"value":"eve","type":"User","display":"Eve","$ref":"https://x/eve"}]`), want: g + ada + bob + " eve:User:Eve:https://x/eve" + ops},
		{name: "an add of a present member changes nothing", operations: at("add", "members", `[{"value":"ada","type":"Group","display":"Countess"}]`), want: engineersText},
		{name: "a member that is named twice counts once, the first time", operations: at("add", "members", `[{"value":"eve","display":"1"},{"value":"eve","display":"2"}]`), want: g + ada + bob + " eve::1" + ops},
		{name: "a member that is added in two operations counts once, the first time", operations: at("add", "members", `[{"value":"eve","display":"1"}]`) + "," + at("add", "members", `[{"value":"eve","display":"2"}]`), want: g + ada + bob + " eve::1" + ops},
		{name: "an add of an empty list adds none", operations: at("add", "members", `[]`), want: engineersText},
		{name: "an add of null adds none", operations: at("add", "members", `null`), want: engineersText},
		{name: "the letter case of a value matters", operations: at("add", "members", `[{"value":"ADA"}]`), want: g + " ADA::" + ada + bob + ops},
		{name: "names of sub-attributes may be in any letter case", operations: at("add", "MEMBERS", `[{"VALUE":"eve","Type":"User"}]`), want: g + ada + bob + " eve:User:" + ops},

		{name: "replace makes the members the only ones", operations: at("replace", "members", `[{"value":"ada"},{"value":"eve"}]`), want: g + ada + " eve::"},
		{name: "a replace with the same members changes nothing", operations: at("replace", "members", `[{"value":"ops"},{"value":"bob"},{"value":"ada"}]`), want: engineersText},
		{name: "a replace after an add forgets it", operations: at("add", "members", `[{"value":"eve"}]`) + "," + at("replace", "members", `[{"value":"ada"}]`), want: g + ada},
		{name: "an add after a replace is added to it", operations: at("replace", "members", `[{"value":"ada"}]`) + "," + at("add", "members", `[{"value":"eve"}]`), want: g + ada + " eve::"},
		{name: "a remove after a replace is taken from it", operations: at("replace", "members", `[{"value":"ada"},{"value":"eve"}]`) + "," + at("remove", "members", `[{"value":"eve"},{"value":"bob"}]`), want: g + ada},
		{name: "a clear after everything leaves none", operations: at("add", "members", `[{"value":"eve"}]`) + "," + at("remove", "members", `[{"value":"ada"}]`) + "," + at("remove", "members", ""), want: g},
		{name: "an add after a clear leaves those alone", operations: at("remove", "members", "") + "," + at("add", "members", `[{"value":"eve"}]`), want: g + " eve::"},

		{name: "a remove with a path removes what it matches", operations: at("remove", `members[type eq "user"]`, ""), want: g + ops},
		{name: "a value beside a path with a filter does not widen it", operations: at("remove", `members[value eq "ada"]`, `[{"value":"bob"}]`), want: g + bob + ops},
		{name: "a path may use not and parentheses", operations: at("remove", `members[not (value eq "ada" or type eq "Group")]`, ""), want: g + ada + ops},
		{name: "a path may use co on display", operations: at("remove", `members[display co "DA"]`, ""), want: g + bob + ops},
		{name: "a path may ask for what a member does not have", operations: at("remove", `members[not (display pr)]`, ""), want: g + ada + bob},
		{name: "a path that matches what an earlier operation added", operations: at("add", "members", `[{"value":"eve","type":"Device"}]`) + "," + at("remove", `members[type eq "Device"]`, ""), want: engineersText},
		{name: "a path does not match what a later operation adds", operations: at("remove", `members[type eq "Device"]`, "") + "," + at("add", "members", `[{"value":"eve","type":"Device"}]`), want: g + ada + bob + " eve:Device:" + ops},
		{name: "a path does not match what an earlier operation removed", operations: at("remove", "members", `[{"value":"ada"}]`) + "," + at("replace", `members[value eq "ada"].display`, `"A"`), scimType: "noTarget"},
		{name: "escapes in a value are decoded", operations: at("add", "members", `[{"value":"a\"b\\c"}]`) + "," + at("remove", `members[value eq "a\"b\\c"]`, ""), want: engineersText},

		{name: "replace sets display of the member that is selected", operations: at("replace", `members[value eq "ada"].display`, `"A"`), want: g + " ada:User:A" + bob + ops},
		{name: "add sets display of the member that is selected", operations: at("add", `members[value eq "ops"].display`, `"O"`), want: g + ada + bob + " ops:Group:O"},
		{name: "a remove of display leaves the member", operations: at("remove", `members[value eq "ada"].display`, ""), want: g + " ada:User:" + bob + ops},
		{name: "a remove of display of an absent member is no error", operations: at("remove", `members[value eq "eve"].display`, ""), want: engineersText},
		{name: "a replace of display without a filter is for every member", operations: at("replace", "members.display", `"X"`), want: g + " ada:User:X bob:User:X ops:Group:X"},
		{name: "a remove of display without a filter is for every member", operations: at("remove", "members.display", ""), want: g + " ada:User: bob:User:" + ops},
		{name: "a replace of the selected member sets what its value has", operations: at("replace", `members[value eq "ada"]`, `{"value":"ada","display":"A"}`), want: g + " ada:User:A" + bob + ops},
		{name: "a replace with null unassigns display", operations: at("replace", `members[value eq "ada"].display`, `null`), want: g + " ada:User:" + bob + ops},
		{name: "an add with a null display adds nothing and removes nothing", operations: at("add", `members[value eq "ada"]`, `{"display":null}`), want: engineersText},
		{name: "type can be given to a member that has none", operations: at("add", "members", `[{"value":"eve"}]`) + "," + at("add", `members[value eq "eve"].type`, `"User"`), want: g + ada + bob + " eve:User:" + ops},
		{name: "the type that a member has can be set again", operations: at("replace", `members[value eq "ada"].type`, `"User"`), want: engineersText},
		{name: "the value that a member has can be set again", operations: at("replace", `members[value eq "ada"].value`, `"ada"`), want: engineersText},

		{name: "a replace of members that no path matches has no target", operations: at("replace", `members[value eq "eve"]`, `{"display":"E"}`), scimType: "noTarget"},
		{name: "a replace of a sub-attribute that no path matches has no target", operations: at("replace", `members[value eq "eve"].display`, `"E"`), scimType: "noTarget"},
		{name: "an add to a member that is not there has no target", operations: at("add", `members[value eq "eve"].display`, `"E"`), scimType: "noTarget"},
		{name: "another value of a member is refused", operations: at("replace", `members[value eq "ada"].value`, `"eve"`), scimType: "mutability", words: []string{"members.value", "Operations[0]"}},
		{name: "another value in the object of a member is refused", operations: at("replace", `members[value eq "ada"]`, `{"value":"eve"}`), scimType: "mutability", words: []string{"members.value"}},
		{name: "one value for several members is refused", operations: at("replace", `members[type eq "User"].value`, `"ada"`), scimType: "mutability", words: []string{"members.value"}},
		{name: "a remove of value is refused", operations: at("remove", `members[value eq "ada"].value`, ""), scimType: "mutability", words: []string{"members.value"}},
		{name: "a remove of all values is refused", operations: at("remove", "members.value", ""), scimType: "mutability", words: []string{"members.value"}},
		{name: "a remove of type is refused", operations: at("remove", `members[value eq "ada"].type`, ""), scimType: "mutability", words: []string{"members.type"}},
		{name: "another type is refused", operations: at("replace", `members[value eq "ada"].type`, `"Group"`), scimType: "mutability"},
		{name: "a display that is no string is refused", operations: at("replace", `members[value eq "ada"].display`, `1`), scimType: "invalidValue", words: []string{"members.display"}},
		{name: "a string for a selected member is refused", operations: at("replace", `members[value eq "ada"]`, `"bob"`), scimType: "invalidValue", words: []string{"members"}},
		{name: "a list for a selected member is refused", operations: at("replace", `members[value eq "ada"]`, `[{"display":"x"}]`), scimType: "invalidValue", words: []string{"members"}},
		{name: "an add of null to a sub-attribute is refused", operations: at("add", `members[value eq "ada"].display`, `null`), scimType: "invalidValue", words: []string{"members.display"}},
		{name: "a member without value is refused", operations: at("add", "members", `[{"display":"x"}]`), scimType: "invalidValue", words: []string{"members"}},
		{name: "a member with an empty value is refused", operations: at("add", "members", `[{"value":""}]`), scimType: "invalidValue", words: []string{"members"}},
		{name: "a member that is null is refused", operations: at("add", "members", `[{"value":"eve"},null]`), scimType: "invalidValue", words: []string{"members"}},
		{name: "a member to remove without value is refused", operations: at("remove", "members", `[{"display":"Ada"}]`), scimType: "invalidValue", words: []string{"members"}},
		{name: "an empty object to remove is refused", operations: at("remove", "members", `{}`), scimType: "invalidValue", words: []string{"members"}},
		{name: "an empty string to remove is refused", operations: at("remove", "members", `""`), scimType: "invalidValue", words: []string{"members"}},
		{name: "a list in a list is refused", operations: at("add", "members", `[["eve"]]`), scimType: "invalidValue", words: []string{"members"}},
		{name: "a type that is no string is refused", operations: at("add", "members", `[{"value":"eve","type":1}]`), scimType: "invalidValue", words: []string{"type"}},
		{name: "a value that is an object is refused", operations: at("add", "members", `[{"value":{"value":"eve"}}]`), scimType: "invalidValue", words: []string{"members.value"}},
	})
}

func TestNamesThatDifferInLetterCaseGiveTheSameEditEveryTime(t *testing.T) {
	c := newCompiler(t, tolerant)
	body := patchOp(`{"op":"replace","path":"members[value eq \"ada\"]","value":{"display":"A","DISPLAY":"B","Display":"C"}}`)
	seen := map[string]bool{}
	for range 100 {
		e, err := c.Patch(body)
		if err != nil {
			seen[err.Error()] = true
			continue
		}
		g, err := change(e, engineers())
		seen[fmt.Sprint(describe(g), err)] = true
	}
	if len(seen) != 1 {
		t.Errorf("there are %d results: %v", len(seen), seen)
	}
}

// editsOf compiles operations and returns their edits.
func editsOf(t *testing.T, operations ...string) store.MemberEdits {
	t.Helper()
	e, err := newCompiler(t, tolerant).Patch(patchOp(strings.Join(operations, ",")))
	if err != nil {
		t.Fatal(err)
	}
	head := store.Group{ID: "g1"}
	edits, err := applyTo(e, &head)
	if err != nil {
		t.Fatal(err)
	}
	return edits
}

func addOne(value string) string {
	return `{"op":"add","path":"members","value":[{"value":"` + value + `"}]}`
}

func removeOne(value string) string {
	return `{"op":"remove","path":"members[value eq \"` + value + `\"]"}`
}

func TestAThousandOperationsOnOneMemberEachMakeOneEdit(t *testing.T) {
	for _, c := range []struct {
		name string
		one  func(string) string
		op   store.MemberOp
	}{{"add", addOne, store.AddMembers}, {"remove", removeOne, store.RemoveMembers}} {
		var operations, values []string
		for i := range 1000 {
			values = append(values, fmt.Sprint("u", i))
			operations = append(operations, c.one(values[i]))
		}
		edits := editsOf(t, operations...)
		if len(edits) != 1 || edits[0].Op != c.op {
			t.Fatalf("%s: there are %d edits, the first one %d", c.name, len(edits), edits[0].Op)
		}
		got := edits[0].Values
		for _, m := range edits[0].Members {
			got = append(got, m.Value)
		}
		if diff := cmp.Diff(values, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestOperationsOnMembersAreCombined(t *testing.T) {
	m := func(values ...string) (members []store.Member) {
		for _, v := range values {
			members = append(members, store.Member{Value: v})
		}
		return members
	}
	const clear = `{"op":"remove","path":"members"}`
	matching := `{"op":"remove","path":"members[type eq \"User\"]"}`
	for _, c := range []struct {
		name       string
		operations []string
		want       store.MemberEdits
	}{
		{"nothing to do is no edit", []string{`{"op":"add","path":"members","value":[]}`}, nil},
		{"adds and removes of different members are one of each", []string{addOne("a"), removeOne("b"), addOne("c"), removeOne("d"), addOne("e")},
			store.MemberEdits{{Op: store.RemoveMembers, Values: []string{"b", "d"}}, {Op: store.AddMembers, Members: m("a", "c", "e")}}},
		{"an add that is taken back leaves the remove", []string{addOne("a"), addOne("b"), removeOne("a")},
			store.MemberEdits{{Op: store.RemoveMembers, Values: []string{"a"}}, {Op: store.AddMembers, Members: m("b")}}},
		{"a remove before the add of the same member stays before it", []string{removeOne("a"), addOne("a")},
			store.MemberEdits{{Op: store.RemoveMembers, Values: []string{"a"}}, {Op: store.AddMembers, Members: m("a")}}},
		{"a clear makes what was before it pointless", []string{addOne("a"), removeOne("b"), clear},
			store.MemberEdits{{Op: store.ClearMembers}}},
		{"adds after a replace are folded by themselves", []string{`{"op":"replace","path":"members","value":[{"value":"a"}]}`, addOne("b"), addOne("a"), removeOne("c")},
			store.MemberEdits{{Op: store.ReplaceMembers, Members: m("a")}, {Op: store.RemoveMembers, Values: []string{"c"}}, {Op: store.AddMembers, Members: m("b", "a")}}},
		{"duplicate members of one operation are single after the next", []string{`{"op":"add","path":"members","value":[{"value":"a"},{"value":"a"}]}`, addOne("b")},
			store.MemberEdits{{Op: store.AddMembers, Members: m("a", "b")}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, editsOf(t, c.operations...), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("an edit by a filter keeps its place", func(t *testing.T) {
		var ops []store.MemberOp
		for _, e := range editsOf(t, addOne("a"), removeOne("b"), matching, addOne("c")) {
			ops = append(ops, e.Op)
		}
		want := []store.MemberOp{store.RemoveMembers, store.AddMembers, store.RemoveMatching, store.AddMembers}
		if diff := cmp.Diff(want, ops); diff != "" {
			t.Error(diff)
		}
	})
}

// roster is the naive model of a group's members: an ordered list to which operations are
// applied one by one.
type roster []store.Member

func (r roster) find(value string) int {
	return slices.IndexFunc(r, func(m store.Member) bool { return m.Value == value })
}

func (r *roster) add(members []store.Member) {
	for _, m := range members {
		if r.find(m.Value) < 0 {
			*r = append(*r, m)
		}
	}
}

func (r *roster) removeIf(f func(store.Member) bool) { *r = slices.DeleteFunc(*r, f) }

func (r *roster) set(selects func(store.Member) bool, display string) error {
	matched := false
	for i := range *r {
		if selects((*r)[i]) {
			(*r)[i].Display, matched = display, true
		}
	}
	if !matched {
		return store.ErrNoTarget
	}
	return nil
}

// memberOperation is an operation as a client writes it and as the model
// supports it.
type memberOperation struct {
	json  string
	apply func(*roster) error
}

// memberRandom makes random operations over few members, so that they meet.
type memberRandom struct {
	*rand.Rand
	bare     bool // members have nothing but a value
	replaces bool // clear and replace are among the operations
	matches  bool // so are those that look at type and display
}

func (r memberRandom) value() string { return string(rune('a' + r.IntN(6))) }

func (r memberRandom) display() string {
	if r.bare {
		return ""
	}
	return []string{"", "X", "Y"}[r.IntN(3)]
}

func (r memberRandom) member() store.Member {
	m := store.Member{Value: r.value(), Display: r.display()}
	if !r.bare {
		m.Type = []string{"", "User", "Group"}[r.IntN(3)]
	}
	return m
}

func (r memberRandom) members(most int) (members []store.Member) {
	for range r.IntN(most + 1) {
		members = append(members, r.member())
	}
	return members
}

func membersJSON(members []store.Member) string {
	list := make([]map[string]string, 0, len(members))
	for _, m := range members {
		o := map[string]string{"value": m.Value}
		if m.Type != "" {
			o["type"] = m.Type
		}
		if m.Display != "" {
			o["display"] = m.Display
		}
		list = append(list, o)
	}
	b, _ := json.Marshal(list)
	return string(b)
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func (r memberRandom) operation() memberOperation {
	kinds := []int{0, 0, 0, 1, 1, 2, 3}
	if r.replaces {
		kinds = append(kinds, 4, 5)
	}
	if r.matches {
		kinds = append(kinds, 6, 7, 8)
	}
	switch kinds[r.IntN(len(kinds))] {
	case 0:
		members := r.members(3)
		return memberOperation{`{"op":"add","path":"members","value":` + membersJSON(members) + `}`,
			func(l *roster) error { l.add(members); return nil }}
	case 1:
		members := r.members(3)
		return memberOperation{`{"op":"remove","path":"members","value":` + membersJSON(members) + `}`,
			func(l *roster) error {
				l.removeIf(func(m store.Member) bool { return roster(members).find(m.Value) >= 0 })
				return nil
			}}
	case 2:
		v, w := r.value(), r.value()
		return memberOperation{`{"op":"remove","path":` + quoted(`members[value eq "`+v+`" or value eq "`+w+`"]`) + `}`,
			func(l *roster) error {
				l.removeIf(func(m store.Member) bool { return m.Value == v || m.Value == w })
				return nil
			}}
	case 3:
		v, display := r.value(), r.display()
		return memberOperation{`{"op":"replace","path":` + quoted(`members[value eq "`+v+`"].display`) + `,"value":` + quoted(display) + `}`,
			func(l *roster) error { return l.set(func(m store.Member) bool { return m.Value == v }, display) }}
	case 4:
		return memberOperation{`{"op":"remove","path":"members"}`, func(l *roster) error { *l = nil; return nil }}
	case 5:
		members := r.members(4)
		return memberOperation{`{"op":"replace","path":"members","value":` + membersJSON(members) + `}`,
			func(l *roster) error { *l = nil; l.add(members); return nil }}
	case 6:
		typ := []string{"User", "Group"}[r.IntN(2)]
		return memberOperation{`{"op":"remove","path":` + quoted(`members[type eq "`+typ+`"]`) + `}`,
			func(l *roster) error { l.removeIf(func(m store.Member) bool { return m.Type == typ }); return nil }}
	case 7:
		display := []string{"X", "Y"}[r.IntN(2)]
		return memberOperation{`{"op":"remove","path":` + quoted(`members[display eq "`+display+`" and not (value eq "a")]`) + `}`,
			func(l *roster) error {
				l.removeIf(func(m store.Member) bool { return m.Display == display && m.Value != "a" })
				return nil
			}}
	}
	display := r.display()
	return memberOperation{`{"op":"replace","path":"members[value gt \"c\"].display","value":` + quoted(display) + `}`,
		func(l *roster) error { return l.set(func(m store.Member) bool { return m.Value > "c" }, display) }}
}

// compareWithModel compiles random sequences of operations, applies the edits to random
// members, and calls compare with the result and that of the model.
func compareWithModel(t *testing.T, r memberRandom, compare func(known map[store.Member]bool, got, want []store.Member) string) {
	t.Helper()
	c := newCompiler(t, tolerant)
	for round := range 5_000 {
		var model roster
		model.add(r.members(6))
		before := slices.Clone([]store.Member(model))
		var operations []string
		var wantErr error
		known := make(map[store.Member]bool) // each state of each member
		for range 1 + r.IntN(8) {
			o := r.operation()
			operations = append(operations, o.json)
			for _, m := range model {
				known[m] = true
			}
			if wantErr == nil {
				wantErr = o.apply(&model)
			}
		}
		e, err := c.Patch(patchOp(strings.Join(operations, ",")))
		if err != nil {
			t.Fatalf("round %d: %s: %v", round, operations, err)
		}
		edits, err := applyTo(e, &store.Group{})
		if err != nil {
			t.Fatalf("round %d: %s: %v", round, operations, err)
		}
		got, _, err := adapter.ApplyEdits(before, edits)
		problem := ""
		if !errors.Is(err, wantErr) || (err == nil) != (wantErr == nil) {
			problem = fmt.Sprintf("got error %v, want %v", err, wantErr)
		} else if err == nil {
			problem = compare(known, got, model)
		}
		if problem != "" {
			t.Fatalf("round %d: %s\n%s\nbefore %+v\nedits %+v", round, problem, strings.Join(operations, "\n"), before, edits)
		}
	}
}

func sameMembers(_ map[store.Member]bool, got, want []store.Member) string {
	byValue := cmpopts.SortSlices(func(a, b store.Member) bool { return a.Value < b.Value })
	return cmp.Diff(want, got, byValue, cmpopts.EquateEmpty())
}

func TestCombinedOperationsEqualOneAfterTheOther(t *testing.T) {
	t.Run("exactly, without clear and replace", func(t *testing.T) {
		compareWithModel(t, memberRandom{Rand: rand.New(rand.NewPCG(1, 1)), matches: true}, sameMembers)
	})
	t.Run("exactly, with all operations, on members that have only a value", func(t *testing.T) {
		compareWithModel(t, memberRandom{Rand: rand.New(rand.NewPCG(2, 2)), bare: true, replaces: true, matches: true}, sameMembers)
	})
	// A replace keeps the sub-attributes of the members that stay, or that a later
	// operation brings back, where the request gives them no other: what the
	// client does not send is not lost, and a group that ends as it was has not
	// changed. Their type is immutable and is kept even if the request gives
	// another.
	t.Run("with clear and replace, except the sub-attributes of members that stay", func(t *testing.T) {
		compareWithModel(t, memberRandom{Rand: rand.New(rand.NewPCG(3, 3)), replaces: true}, func(known map[store.Member]bool, got, want []store.Member) string {
			got = slices.Clone(got)
			for i := range got {
				at := roster(want).find(got[i].Value)
				if at < 0 {
					continue
				}
				for m := range known {
					if m.Value != got[i].Value {
						continue
					}
					if got[i].Type == m.Type {
						got[i].Type = want[at].Type
					}
					if want[at].Display == "" && got[i].Display == m.Display {
						got[i].Display = ""
					}
				}
			}
			return sameMembers(nil, got, want)
		})
	})
}

func TestMembersAreFoundByTheirValueWithoutLookingAtTheOthers(t *testing.T) {
	for _, path := range []string{
		`members[value eq "ada"]`,
		`members[value eq "ada" or value eq "bob"]`,
		`urn:ietf:params:scim:schemas:core:2.0:Group:members[VALUE EQ "ada"]`,
	} {
		edits := editsOf(t, `{"op":"remove","path":`+quoted(path)+`}`)
		if len(edits) != 1 || edits[0].Op != store.RemoveMembers {
			t.Errorf("%s: %+v", path, edits)
		}
	}
}
