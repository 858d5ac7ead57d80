package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// editCase is a change of the group whose members are those of [kit.three].
type editCase struct {
	says  string
	edits func(k *kit) store.MemberEdits
	err   error
	// changed says whether the members differ afterwards. The model says how.
	changed bool
}

func text(s string) *string { return &s }

func edits(e ...store.MemberEdit) store.MemberEdits { return e }

// three returns a User with a display, a Group without one, and a member that has
// only a Value.
func (k *kit) three() []store.Member {
	return []store.Member{
		{Value: k.value(1), Type: "User", Display: "One"},
		{Value: k.value(2), Type: "Group"},
		{Value: k.value(3)},
	}
}

// whereValue returns a filter that matches member n alone.
func (k *kit) whereValue(n int) *filter.Filter {
	return where(k.T, "value eq "+quote(k.value(n)))
}

var editCases = []editCase{
	{"Update without edits changes nothing", func(*kit) store.MemberEdits { return nil }, nil, false},
	{"AddMembers adds absent members", func(k *kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.AddMembers, Members: []store.Member{
			{Value: k.value(4), Type: "User", Display: "Four", Ref: "https://example.com/4"},
			{Value: k.value(5)},
		}}}
	}, nil, true},
	{"AddMembers does not change present members", func(k *kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.AddMembers, Members: []store.Member{
			{Value: k.value(1), Type: "Other", Display: "Other"},
			{Value: k.value(3), Type: "User"},
		}}}
	}, nil, false},
	{"AddMembers adds the first of duplicate members", func(k *kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.AddMembers, Members: []store.Member{
			{Value: k.value(4), Display: "first"},
			{Value: k.value(4), Display: "second"},
		}}}
	}, nil, true},
	{
		"AddMembers with Merge adds absent members, and gives present ones a display, and a type and $ref if they lack one",
		func(k *kit) store.MemberEdits {
			return store.MemberEdits{{Op: store.AddMembers, Merge: true, Members: []store.Member{
				{Value: k.value(4), Type: "User", Display: "Four"},
				{Value: k.value(1), Type: "Other", Display: "Uno"},
				{Value: k.value(5)},
				{Value: k.value(3), Type: "User", Ref: "https://example.com/3"},
			}}}
		}, nil, true,
	},
	{"AddMembers with Merge changes nothing if present members have all that is given", func(k *kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.AddMembers, Merge: true, Members: []store.Member{
			{Value: k.value(1), Display: "One"},
			{Value: k.value(2), Type: "User"},
			{Value: k.value(3)},
		}}}
	}, nil, false},
	{"AddMembers with Merge uses the first of duplicate members", func(k *kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.AddMembers, Merge: true, Members: []store.Member{
			{Value: k.value(4)},
			{Value: k.value(2), Display: "first"},
			{Value: k.value(4), Display: "second"},
			{Value: k.value(2), Display: "second", Ref: "https://example.com/2"},
		}}}
	}, nil, true},
	{"AddMembers with Merge applies to the result of the edits before it", func(k *kit) store.MemberEdits {
		return store.MemberEdits{
			{Op: store.RemoveMembers, Values: k.values(1)},
			{Op: store.AddMembers, Members: k.people(4)},
			{Op: store.AddMembers, Merge: true, Members: []store.Member{
				{Value: k.value(1), Display: "Uno"},
				{Value: k.value(2), Display: "a"},
				{Value: k.value(4), Display: "Four"},
			}},
			{Op: store.AddMembers, Merge: true, Members: []store.Member{{Value: k.value(2), Display: "b"}}},
			{Op: store.AddMembers, Members: []store.Member{{Value: k.value(2), Display: "c"}}},
		}
	}, nil, true},
	{"AddMembers without members changes nothing", func(*kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.AddMembers}}
	}, nil, false},
	{"RemoveMembers removes present members", func(k *kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.RemoveMembers, Values: k.values(1, 3, 9)}}
	}, nil, true},
	{"RemoveMembers of absent members changes nothing", func(k *kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.RemoveMembers, Values: append(k.values(8, 9), k.value(1)+"x", "")}}
	}, nil, false},
	{"AddMembers followed by RemoveMembers of the same member changes nothing", func(k *kit) store.MemberEdits {
		return store.MemberEdits{
			{Op: store.AddMembers, Members: k.people(4)},
			{Op: store.RemoveMembers, Values: k.values(4)},
		}
	}, nil, false},
	{"RemoveMembers followed by AddMembers of the same member changes nothing", func(k *kit) store.MemberEdits {
		return store.MemberEdits{
			{Op: store.RemoveMembers, Values: k.values(1)},
			{Op: store.AddMembers, Members: k.three()[:1]},
		}
	}, nil, false},
	{"RemoveMembers followed by AddMembers with fewer sub-attributes alters the member", func(k *kit) store.MemberEdits {
		return store.MemberEdits{
			{Op: store.RemoveMembers, Values: k.values(1)},
			{Op: store.AddMembers, Members: k.people(1)},
		}
	}, nil, true},
	{"ClearMembers removes all members", func(*kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.ClearMembers}}
	}, nil, true},
	{"ClearMembers removes up to Max members", func(*kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.ClearMembers, Max: 3}}
	}, nil, true},
	{"ClearMembers of more than Max members returns ErrClearRefused", func(k *kit) store.MemberEdits {
		return store.MemberEdits{
			{Op: store.AddMembers, Members: k.people(1, 4)},
			{Op: store.ClearMembers, Max: 3},
		}
	}, store.ErrClearRefused, false},
	{"ClearMembers compares Max with the result of the edits before it", func(k *kit) store.MemberEdits {
		return store.MemberEdits{
			{Op: store.RemoveMembers, Values: k.values(1, 2, 9)},
			{Op: store.ClearMembers, Max: 1},
			{Op: store.AddMembers, Members: k.people(5)},
			{Op: store.ClearMembers, Max: 1},
		}
	}, nil, true},
	{"ClearMembers followed by AddMembers of the same members changes nothing", func(k *kit) store.MemberEdits {
		return store.MemberEdits{
			{Op: store.ClearMembers},
			{Op: store.AddMembers, Members: k.three()},
		}
	}, nil, false},
	{"ClearMembers followed by AddMembers leaves the added members", func(k *kit) store.MemberEdits {
		return store.MemberEdits{
			{Op: store.AddMembers, Members: k.people(7)},
			{Op: store.ClearMembers},
			{Op: store.AddMembers, Members: k.people(5, 1)},
		}
	}, nil, true},
	{"ReplaceMembers with the same members changes nothing", func(k *kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.ReplaceMembers, Members: k.three()}}
	}, nil, false},
	{"ReplaceMembers with nothing but the same Values changes nothing", func(k *kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.ReplaceMembers, Members: k.people(3, 2, 1, 2)}}
	}, nil, false},
	{
		"ReplaceMembers gives present members a display, and a type and $ref if they lack one",
		func(k *kit) store.MemberEdits {
			return store.MemberEdits{{Op: store.ReplaceMembers, Members: []store.Member{
				{Value: k.value(1), Type: "Other", Display: "Uno"},
				{Value: k.value(2), Type: "Other"},
				{Value: k.value(3), Ref: "https://example.com/3"},
			}}}
		}, nil, true,
	},
	{"ReplaceMembers keeps the type of present members", func(k *kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.ReplaceMembers, Members: []store.Member{
			{Value: k.value(1), Type: "Other"},
			{Value: k.value(2), Type: "User"},
			{Value: k.value(3)},
		}}}
	}, nil, false},
	{"ReplaceMembers adds and removes members", func(k *kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.ReplaceMembers, Members: []store.Member{
			{Value: k.value(2)},
			{Value: k.value(4), Display: "Four"},
		}}}
	}, nil, true},
	{"ReplaceMembers without members removes all members", func(*kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.ReplaceMembers}}
	}, nil, true},
	{"RemoveMatching removes every member that matches", func(k *kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.RemoveMatching, Where: where(k.T, `type eq "user" or type eq "Group"`)}}
	}, nil, true},
	{"RemoveMatching removes by Value", func(k *kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.RemoveMatching, Where: k.whereValue(2), MustMatch: true}}
	}, nil, true},
	{"RemoveMatching without Where removes all members", func(*kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.RemoveMatching, MustMatch: true}}
	}, nil, true},
	{"RemoveMatching of all members returns ErrClearRefused if there are more than Max", func(k *kit) store.MemberEdits {
		return store.MemberEdits{
			{Op: store.AddMembers, Members: k.people(4)},
			{Op: store.RemoveMatching, Where: where(k.T, `value pr`), Max: 3},
		}
	}, store.ErrClearRefused, false},
	{"RemoveMatching of more than Max members, but not of all, removes them", func(k *kit) store.MemberEdits {
		others := where(k.T, `not (value eq `+quote(k.value(3))+`)`)
		return store.MemberEdits{{Op: store.RemoveMatching, Where: others, Max: 1}}
	}, nil, true},
	{"RemoveMatching of all members removes up to Max", func(k *kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.RemoveMatching, Where: where(k.T, `value pr`), Max: 3}}
	}, nil, true},
	{"RemoveMatching without a match changes nothing", func(k *kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.RemoveMatching, Where: where(k.T, `type eq "Device"`)}}
	}, nil, false},
	{"RemoveMatching with MustMatch returns ErrNoTarget without a match", func(k *kit) store.MemberEdits {
		return store.MemberEdits{
			{Op: store.AddMembers, Members: k.people(4)},
			{Op: store.RemoveMatching, Where: k.whereValue(9), MustMatch: true},
		}
	}, store.ErrNoTarget, false},
	{"RemoveMatching with MustMatch returns ErrNoTarget for a removed member", func(k *kit) store.MemberEdits {
		return store.MemberEdits{
			{Op: store.RemoveMembers, Values: k.values(1)},
			{Op: store.RemoveMatching, Where: k.whereValue(1), MustMatch: true},
		}
	}, store.ErrNoTarget, false},
	{"RemoveMatching sees members that edits before it added", func(k *kit) store.MemberEdits {
		return store.MemberEdits{
			{Op: store.AddMembers, Members: []store.Member{{Value: k.value(4), Type: "Device"}}},
			{Op: store.RemoveMatching, Where: where(k.T, `type eq "Device"`), MustMatch: true},
		}
	}, nil, false},
	{"SetMatching sets display repeatedly", func(k *kit) store.MemberEdits {
		x, y := store.MemberSet{Display: text("x")}, store.MemberSet{Display: text("y")}
		return store.MemberEdits{
			{Op: store.SetMatching, Where: where(k.T, `type pr`), Set: x, MustMatch: true},
			{Op: store.SetMatching, Where: where(k.T, `display eq "x"`), Set: y, MustMatch: true},
		}
	}, nil, true},
	{"SetMatching removes display", func(k *kit) store.MemberEdits {
		none := store.MemberSet{Display: text("")}
		return store.MemberEdits{{Op: store.SetMatching, Where: k.whereValue(1), Set: none}}
	}, nil, true},
	{"SetMatching to the present values changes nothing", func(k *kit) store.MemberEdits {
		same := store.MemberSet{Display: text("One"), Type: text("User")}
		return store.MemberEdits{{Op: store.SetMatching, Where: where(k.T, `type eq "User"`), Set: same}}
	}, nil, false},
	{"SetMatching to another value and back changes nothing", func(k *kit) store.MemberEdits {
		x, one := store.MemberSet{Display: text("x")}, store.MemberSet{Display: text("One")}
		return store.MemberEdits{
			{Op: store.SetMatching, Where: where(k.T, `type eq "User"`), Set: x},
			{Op: store.SetMatching, Where: where(k.T, `display eq "x"`), Set: one},
		}
	}, nil, false},
	{"SetMatching without Where applies to all members", func(*kit) store.MemberEdits {
		return store.MemberEdits{{Op: store.SetMatching, Set: store.MemberSet{Display: text("all")}}}
	}, nil, true},
	{"SetMatching sets the type and $ref of a member that lacks them", func(k *kit) store.MemberEdits {
		set := store.MemberSet{Type: text("User"), Ref: text("https://example.com/3")}
		return store.MemberEdits{{Op: store.SetMatching, Where: k.whereValue(3), Set: set}}
	}, nil, true},
	{"SetMatching of a different type returns ErrImmutable", func(k *kit) store.MemberEdits {
		return store.MemberEdits{
			{Op: store.RemoveMembers, Values: k.values(2)},
			{Op: store.SetMatching, Set: store.MemberSet{Type: text("Group"), Display: text("x")}},
		}
	}, store.ErrImmutable, false},
	{"SetMatching of an empty type returns ErrImmutable", func(k *kit) store.MemberEdits {
		none := store.MemberSet{Type: text("")}
		return store.MemberEdits{{Op: store.SetMatching, Where: k.whereValue(1), Set: none}}
	}, store.ErrImmutable, false},
	{"SetMatching returns ErrImmutable for a $ref that an edit before it set", func(*kit) store.MemberEdits {
		return store.MemberEdits{
			{Op: store.SetMatching, Set: store.MemberSet{Ref: text("https://example.com/a")}},
			{Op: store.SetMatching, Set: store.MemberSet{Ref: text("https://example.com/b")}},
		}
	}, store.ErrImmutable, false},
	{"SetMatching without a match changes nothing", func(k *kit) store.MemberEdits {
		set := store.MemberSet{Type: text("x")}
		return store.MemberEdits{{Op: store.SetMatching, Where: where(k.T, `type eq "Device"`), Set: set}}
	}, nil, false},
	{"SetMatching with MustMatch returns ErrNoTarget without a match", func(*kit) store.MemberEdits {
		return store.MemberEdits{
			{Op: store.ClearMembers},
			{Op: store.SetMatching, Set: store.MemberSet{Display: text("x")}, MustMatch: true},
		}
	}, store.ErrNoTarget, false},
}

// editing has a sentence for each of editCases, and some about many edits.
var editing = append(fromCases(editCases), []sentence{
	{"Update and List compare Value exactly", func(k *kit) {
		if k.o.MemberValue != nil {
			k.Skip("the store must know each member; switched on if Options.MemberValue is nil")
		}
		g := k.create(store.Group{DisplayName: "a", Members: []store.Member{
			{Value: "abc"}, {Value: "ABC"}, {Value: "Abc"}, {Value: "e\u0301"}, {Value: "é"},
		}})
		k.change(g.ID, edits(store.MemberEdit{Op: store.RemoveMembers, Values: []string{"Abc", "aBC"}}))
		k.change(g.ID, edits(store.MemberEdit{Op: store.AddMembers, Members: []store.Member{{Value: "aBc"}}}))
		x := store.MemberSet{Display: text("x")}
		for _, f := range []string{`value eq "AbC"`, `value eq "aBc"`} {
			k.change(g.ID, edits(store.MemberEdit{Op: store.SetMatching, Where: where(k.T, f), Set: x, MustMatch: true}))
		}
		k.change(g.ID, store.MemberEdits{
			{Op: store.AddMembers, Members: []store.Member{{Value: "abC"}}},
			{Op: store.RemoveMembers, Values: []string{"abc"}},
			{Op: store.RemoveMatching, Where: where(k.T, `value eq "ABC"`), MustMatch: true},
		})
		for f, want := range map[string]int{
			`members.value eq "aBc"`: 1, `members.value eq "ABc"`: 0, `members eq "abC"`: 1, `members eq "abc"`: 0,
			`members[value eq "aBc" and display pr]`: 1, `members[value eq "abC" and display pr]`: 0,
			`members[value sw "aB"]`: 1, `members[value sw "AB"]`: 0,
			`members.value eq "e\u0301"`: 1, `members.value eq "é"`: 1, `members.value eq "É"`: 0,
			`members.value eq "E\u0301"`: 0,
		} {
			if got := len(k.all(f)); got != want {
				k.Errorf("filter %s matches %d groups", f, got)
			}
		}
	}},
	{"Update adds, replaces and removes exactly 10,000 members in one edit", func(k *kit) {
		const n = 10_000
		numbers := make([]int, n)
		for i, j := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
			numbers[i] = j
		}
		g := k.create(store.Group{DisplayName: "a", Members: k.people(1, 2)})
		k.change(g.ID, edits(store.MemberEdit{Op: store.AddMembers, Members: k.people(numbers...)}))
		k.change(g.ID, edits(store.MemberEdit{Op: store.AddMembers, Members: k.people(numbers...)}))
		named := k.people(numbers...)
		for i := range named {
			named[i].Display = fmt.Sprint(i % 7)
		}
		k.change(g.ID, edits(store.MemberEdit{Op: store.AddMembers, Merge: true, Members: named}))
		k.change(g.ID, edits(store.MemberEdit{Op: store.RemoveMembers, Values: k.values(numbers[:n/3]...)}))
		k.change(g.ID, edits(store.MemberEdit{Op: store.ReplaceMembers, Members: k.people(numbers[:n/2]...)}))
		for _, i := range []int{0, n / 2} {
			if found := k.all("members.value eq " + quote(k.value(numbers[i]))); len(found) != 1-i/(n/2) {
				k.Errorf("member %d is found in %d groups", i, len(found))
			}
		}
		other := k.create(store.Group{DisplayName: "b", Members: k.people(numbers...)})
		if got := len(k.get(other.ID).Members); got != n {
			k.Errorf("a group created with %d members has %d", n, got)
		}
		k.change(g.ID, edits(store.MemberEdit{Op: store.ClearMembers}))
	}},
	{"Update applies random edits as a plain model does", func(k *kit) {
		r := rand.New(rand.NewPCG(3, 4))
		g := k.create(store.Group{DisplayName: "a"})
		for range 120 {
			k.change(g.ID, k.randomEdits(r))
		}
	}},
}...)

func fromCases(cases []editCase) (out []sentence) {
	for _, c := range cases {
		out = append(out, sentence{c.says, func(k *kit) {
			g := k.create(store.Group{DisplayName: "a", Members: k.three()})
			want, err := model(k.three(), c.edits(k))
			if !errors.Is(err, c.err) || (err == nil && showMembers(want) != showMembers(k.three())) != c.changed {
				k.Fatalf("invalid test case: the model returns %v, %s", err, showMembers(want))
			}
			k.change(g.ID, c.edits(k))
			if c.err != nil {
				// The group can still be changed.
				k.edit(g.ID, store.MemberEdit{Op: store.AddMembers, Members: k.people(6)})
			}
		}})
	}
	return out
}

// change applies edits to a group. It ends the test unless the group and the Change
// are those of the model.
func (k *kit) change(id string, edits store.MemberEdits) {
	k.Helper()
	before := k.get(id)
	want, wantErr := model(before.Members, edits)
	c, err := k.s.Update(k.ctx, id, store.Update{Members: edits})
	if wantErr != nil {
		k.fails(err, wantErr)
		k.same(before)
		return
	}
	if err != nil {
		k.Fatalf("Update: %v", err)
	}
	after := k.get(id)
	if showMembers(after.Members) != showMembers(want) {
		k.Fatalf(
			"the edits\n%sof\n%s\nresult in\n%s\nwant\n%s",
			brief(showEdits(edits)),
			brief(showMembers(before.Members)),
			brief(showMembers(after.Members)),
			brief(showMembers(want)),
		)
	}
	diff := difference(before.Members, want)
	if got, want := showChange(c.MemberChange), showChange(diff); got != want {
		k.Fatalf("the Change of\n%sis\n%s\nwant\n%s", brief(showEdits(edits)), brief(got), brief(want))
	}
	if c.Changed == diff.IsZero() {
		k.Fatalf("Changed is %t after\n%s", c.Changed, brief(showEdits(edits)))
	}
	if !c.Changed {
		k.same(before)
		return
	}
	if after.Version <= before.Version || after.LastModified.Before(before.LastModified) {
		k.Fatalf(
			"version %d after %d, lastModified %v after %v",
			after.Version,
			before.Version,
			after.LastModified,
			before.LastModified,
		)
	}
	c.Group.Members = after.Members
	if show(c.Group) != show(after) {
		k.Fatalf("the Change has the head\n%s\nwant\n%s", brief(show(c.Group)), brief(show(after)))
	}
}

// brief truncates long text.
func brief(s string) string {
	if len(s) > 2000 {
		return fmt.Sprintf("%s… (%d bytes)\n", s[:2000], len(s))
	}
	return s
}

// randomEdits makes up to four edits about ten members.
func (k *kit) randomEdits(r *rand.Rand) (out store.MemberEdits) {
	pick := func(options ...string) string { return options[r.IntN(len(options))] }
	for range 1 + r.IntN(4) {
		e := store.MemberEdit{
			Op:        store.MemberOp(1 + r.IntN(6)),
			MustMatch: r.IntN(3) == 0,
			Max:       r.IntN(8),
			Merge:     r.IntN(2) == 0,
		}
		for range r.IntN(5) {
			n := r.IntN(10)
			e.Values = append(e.Values, k.value(n))
			e.Members = append(
				e.Members,
				store.Member{
					Value:   k.value(n),
					Type:    pick("", "", "User", "Group"),
					Display: pick("", "", "a", "b"),
					Ref:     pick("", "", "", "https://example.com/r"),
				},
			)
		}
		if r.IntN(4) > 0 {
			e.Where = where(k.T, pick(
				"value eq "+quote(
					k.value(r.IntN(10)),
				),
				`type eq "User"`,
				`display eq "a"`,
				`not (type pr)`,
				`display pr or type eq "group"`,
				"value eq "+quote(k.value(r.IntN(10)))+" or value eq "+quote(k.value(r.IntN(10))),
				"value eq "+quote(k.value(r.IntN(10)))+` and type pr`,
				"value gt "+quote(k.value(5)),
				`$ref pr`,
			))
		}
		if e.Op == store.SetMatching {
			if r.IntN(4) == 0 {
				e.Set.Type = text(pick("User", "Group"))
			}
			if r.IntN(6) == 0 {
				e.Set.Ref = text("https://example.com/r")
			}
			if r.IntN(2) == 0 {
				e.Set.Display = text(pick("", "a", "b"))
			}
		}
		out = append(out, e)
	}
	return out
}
