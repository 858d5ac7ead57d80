package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/scimgroups/scimgroups/store"
)

// nests skips the test unless Options.Nesting is one of kinds.
func (k *kit) nests(kinds ...store.Nesting) {
	k.Helper()
	if k.o.Nesting == nil {
		k.Skip("Options.Nesting is nil; switched on by one of ", names(kinds))
	}
	if !slices.Contains(kinds, *k.o.Nesting) {
		k.Skip("Options.Nesting is another; switched on by one of ", names(kinds))
	}
}

// names returns the names of the constants.
func names(kinds []store.Nesting) (out []string) {
	for _, kind := range kinds {
		out = append(out, []string{"store.NestingTyped", "store.NestingAcyclic", "store.NestingOff"}[kind])
	}
	return out
}

// empty creates groups without members and returns their ids.
func (k *kit) empty(names ...string) []string {
	k.Helper()
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = k.create(store.Group{DisplayName: name}).ID
	}
	return out
}

// put returns an Update that adds members that have only a Value.
func put(values ...string) store.Update {
	return store.Update{Members: store.MemberEdits{{Op: store.AddMembers, Members: bare(values...)}}}
}

// bare returns members that have only a Value.
func bare(values ...string) []store.Member {
	out := make([]store.Member, len(values))
	for i := range values {
		out[i].Value = values[i]
	}
	return out
}

// member returns the member of a group with this Value, or the zero Member.
func (k *kit) member(group, value string) store.Member {
	k.Helper()
	for _, m := range k.get(group).Members {
		if m.Value == value {
			return m
		}
	}
	return store.Member{}
}

// refuses ends the test unless Update returns a CycleError for value and leaves the
// group unchanged.
func (k *kit) refuses(group string, u store.Update, value string) {
	k.Helper()
	before := k.shown(group)
	_, err := k.s.Update(k.ctx, group, u)
	var cycle *store.CycleError
	if !errors.As(err, &cycle) || cycle.Value != value {
		k.Fatalf("the error is %v, want a CycleError for %q", err, value)
	}
	k.still(group, before)
}

// graph returns, for the id of each group, the ids of the groups among its members.
func (k *kit) graph() map[string][]string {
	k.Helper()
	out := map[string][]string{}
	groups := k.all("")
	for i := range groups {
		out[groups[i].ID] = nil
	}
	for i := range groups {
		for _, m := range groups[i].Members {
			if _, ok := out[m.Value]; ok {
				out[groups[i].ID] = append(out[groups[i].ID], m.Value)
			}
		}
	}
	return out
}

// cyclic reports whether one of the groups is a member of itself, directly or through
// others.
func cyclic(graph map[string][]string) bool {
	for start := range graph {
		seen := map[string]bool{}
		for todo := graph[start]; len(todo) > 0; todo = todo[1:] {
			if todo[0] == start {
				return true
			}
			if !seen[todo[0]] {
				seen[todo[0]] = true
				todo = append(slices.Clone(todo), graph[todo[0]]...)
			}
		}
	}
	return false
}

var nesting = []sentence{
	{"Create and Update give the Type Group to a member without a Type whose Value is the id of a group", func(k *kit) {
		k.nests(store.NestingTyped, store.NestingAcyclic)
		g := k.empty("a", "b", "c")
		person := k.value(1)
		made := k.create(store.Group{DisplayName: "d", Members: bare(g[0], person)}).ID
		c := k.update(made, put(g[1]))
		if want := []store.Member{{Value: g[1], Type: "Group"}}; showMembers(c.Added) != showMembers(want) {
			k.Errorf("the Change has the added members %s", showMembers(c.Added))
		}
		other := k.create(store.Group{DisplayName: "e"}).ID
		k.edit(other, store.MemberEdit{Op: store.ReplaceMembers, Members: []store.Member{
			{Value: g[2], Display: "C"}, {Value: person}, {Value: g[0]},
		}})
		k.edit(made, store.MemberEdit{Op: store.AddMembers, Merge: true, Members: []store.Member{
			{Value: g[2]}, {Value: g[1], Display: "B"}, {Value: person},
		}})
		for group, want := range map[string][]store.Member{
			made: {
				{Value: g[0], Type: "Group"},
				{Value: g[1], Type: "Group", Display: "B"},
				{Value: g[2], Type: "Group"},
				{Value: person},
			},
			other: {
				{Value: g[0], Type: "Group"},
				{Value: g[2], Type: "Group", Display: "C"},
				{Value: person},
			},
		} {
			if got := k.get(group).Members; showMembers(got) != showMembers(want) {
				k.Errorf("the members are\n%s\nwant\n%s", showMembers(got), showMembers(want))
			}
		}
	}},
	{"Update shows its edits the Type that it gives to a member", func(k *kit) {
		k.nests(store.NestingTyped, store.NestingAcyclic)
		g := k.empty("a", "b", "c")
		x := store.MemberSet{Display: text("x")}
		k.update(g[0], store.Update{Members: store.MemberEdits{
			{Op: store.AddMembers, Members: bare(g[1], g[2])},
			{Op: store.SetMatching, Where: where(k.T, `type eq "Group"`), Set: x, MustMatch: true},
			{Op: store.RemoveMembers, Values: []string{g[2]}},
		}})
		want := []store.Member{{Value: g[1], Type: "Group", Display: "x"}}
		if got := k.get(g[0]).Members; showMembers(got) != showMembers(want) {
			k.Errorf("the members are %s", showMembers(got))
		}
	}},
	{"RemoveMembers followed by AddMembers of a group without a Type changes nothing", func(k *kit) {
		k.nests(store.NestingTyped, store.NestingAcyclic)
		g := k.empty("a", "b")
		k.update(g[0], put(g[1]))
		before := k.shown(g[0])
		for _, edits := range []store.MemberEdits{
			{{Op: store.RemoveMembers, Values: []string{g[1]}}, {Op: store.AddMembers, Members: bare(g[1])}},
			{{Op: store.ReplaceMembers, Members: bare(g[1])}},
			{{Op: store.ClearMembers}, {Op: store.AddMembers, Members: bare(g[1])}},
		} {
			if c := k.edit(g[0], edits...); c.Changed {
				k.Errorf("after %s the Change is %+v", showEdits(edits), c)
			}
		}
		k.still(g[0], before)
	}},
	{"Update keeps a given Type, and gives none to a member that is not a group", func(k *kit) {
		k.nests(store.NestingTyped, store.NestingAcyclic)
		g := k.empty("a", "b", "c")
		k.delete(g[2])
		members := []store.Member{
			{Value: g[1], Type: "Other"},
			{Value: k.value(1)},
			{Value: k.value(2), Type: "Device"},
		}
		if k.o.MemberValue == nil {
			members = append(members, store.Member{Value: g[2]}, store.Member{Value: "x" + g[1]})
		}
		k.edit(g[0], store.MemberEdit{Op: store.AddMembers, Members: members})
		if got := k.get(g[0]).Members; showMembers(got) != showMembers(members) {
			k.Errorf("the members are\n%s\nwant\n%s", showMembers(got), showMembers(members))
		}
	}},
	{"Update and Delete keep members as given with NestingOff", func(k *kit) {
		k.nests(store.NestingOff)
		g := k.empty("a", "b")
		members := []store.Member{{Value: g[0]}, {Value: g[1]}, {Value: k.value(1)}}
		k.edit(g[0], store.MemberEdit{Op: store.AddMembers, Members: members})
		k.update(g[1], put(g[0]))
		k.delete(g[1])
		if got := k.get(g[0]).Members; showMembers(got) != showMembers(members) {
			k.Errorf("the members are\n%s\nwant\n%s", showMembers(got), showMembers(members))
		}
	}},
	{"Delete removes the group from the groups that contain it, and raises their versions", func(k *kit) {
		k.nests(store.NestingTyped, store.NestingAcyclic)
		g := k.empty("in two", "one", "two", "three")
		person := k.value(1)
		k.update(g[1], put(g[0], person))
		k.update(g[2], put(g[0], g[1], g[3]))
		k.update(g[3], put(person))
		var before []store.Group
		for _, id := range g {
			before = append(before, k.get(id))
		}
		k.delete(g[0])
		for i, want := range [][]store.Member{1: {{Value: person}}, 2: {{Value: g[1], Type: "Group"},
			{Value: g[3], Type: "Group"}}, 3: {{Value: person}}} {
			if i == 0 {
				continue
			}
			after := k.get(g[i])
			if showMembers(after.Members) != showMembers(want) {
				k.Errorf("the members of %q are %s, want %s",
					after.DisplayName, showMembers(after.Members), showMembers(want))
			}
			if (after.Version > before[i].Version) != (i != 3) || after.LastModified.Before(before[i].LastModified) ||
				!after.Created.Equal(before[i].Created) {
				k.Errorf("%q was version %d of %v and is version %d of %v", after.DisplayName,
					before[i].Version, before[i].LastModified, after.Version, after.LastModified)
			}
		}
		if found := k.all("members.value eq " + quote(g[0])); len(found) != 0 {
			k.Errorf("List still finds the member in %q", ids(found))
		}
		if found := k.all("members.value eq " + quote(person)); len(found) != 2 {
			k.Errorf("List finds another member in %d groups", len(found))
		}
		k.update(g[1], put(k.value(2))) // the group can still be changed
	}},
	{"Delete does not change the groups that contain the group if the condition does not hold", func(k *kit) {
		k.nests(store.NestingTyped, store.NestingAcyclic)
		g := k.empty("a", "b")
		k.update(g[0], put(g[1]))
		before := k.shown(g[0])
		_, err := k.s.Delete(k.ctx, g[1], &store.Condition{})
		k.fails(err, store.ErrVersionMismatch)
		k.still(g[0], before)
	}},
	{"Delete removes groups that contain themselves or each other, even concurrently", func(k *kit) {
		k.nests(store.NestingTyped)
		for round := range 8 {
			g := k.empty(fmt.Sprint("a", round), fmt.Sprint("b", round), fmt.Sprint("c", round))
			for i := range g {
				k.update(g[i], put(g...))
			}
			var wg sync.WaitGroup
			for _, id := range g {
				wg.Go(func() {
					if _, err := k.s.Delete(k.ctx, id, nil); err != nil {
						k.Errorf("Delete: %v", err)
					}
				})
			}
			wg.Wait()
		}
		if left := k.all(""); len(left) != 0 {
			k.Errorf("%d groups remain", len(left))
		}
	}},
	{"Delete concurrent with an Update that adds the group leaves no member of Type Group", func(k *kit) {
		k.nests(store.NestingTyped, store.NestingAcyclic)
		if k.o.MemberValue != nil {
			k.Skip("the store must know each member; switched on if Options.MemberValue is nil")
		}
		holder := k.empty("holder")[0]
		for round := range 40 {
			id := k.empty(fmt.Sprint("doomed ", round))[0]
			var wg sync.WaitGroup
			wg.Go(func() { k.update(holder, put(id)) })
			wg.Go(func() { k.delete(id) })
			wg.Wait()
			if m := k.member(holder, id); m.Type != "" {
				k.Fatalf("the group contains %+v, which was deleted", m)
			}
		}
	}},
	{"Update lets groups contain each other and themselves without NestingAcyclic", func(k *kit) {
		k.nests(store.NestingTyped, store.NestingOff)
		g := k.empty("a", "b")
		k.update(g[0], put(g[0], g[1]))
		k.update(g[1], put(g[0]))
		if got := len(k.get(g[0]).Members); got != 2 {
			k.Errorf("there are %d members", got)
		}
	}},
	{
		"Update returns a CycleError for a group that would be a member of itself, and changes nothing",
		func(k *kit) {
			k.nests(store.NestingAcyclic)
			g := k.empty("a", "b", "c", "d")
			k.refuses(g[0], put(g[0]), g[0])
			for i := range 3 { // a contains b, b contains c, c contains d
				k.update(g[i], put(g[i+1]))
			}
			for i := range g {
				for j := range i + 1 {
					k.refuses(g[i], store.Update{Head: func(head *store.Group) error {
						head.DisplayName, head.ExternalID = "other", "other"
						return nil
					}, Members: store.MemberEdits{{Op: store.AddMembers, Members: append(k.people(1), bare(g[j])...)}}}, g[j])
					typed := []store.Member{{Value: g[j], Type: []string{"Group", "User"}[j%2]}}
					for _, e := range []store.MemberEdit{
						{Op: store.ReplaceMembers, Members: bare(g[j], k.value(1))},
						{Op: store.AddMembers, Members: typed},
					} {
						k.refuses(g[i], store.Update{Members: edits(e)}, g[j])
					}
				}
			}
			if found := k.all("members.value eq " + quote(k.value(1))); len(found) != 0 {
				k.Errorf("%d groups have a member of a refused change", len(found))
			}
		},
	},
	{"Update accepts nested groups without a cycle", func(k *kit) {
		k.nests(store.NestingAcyclic)
		g := k.empty("a", "b", "c", "d")
		k.update(g[0], put(g[1], g[2])) // two paths from a to d
		k.update(g[1], put(g[3]))
		k.update(g[2], put(g[3]))
		k.update(g[0], put(g[3]))
		k.update(g[0], put(g[1])) // present already
		top := k.create(store.Group{DisplayName: "top", Members: bare(g...)}).ID
		k.update(g[3], store.Update{Members: store.MemberEdits{
			{Op: store.AddMembers, Members: bare(top)},
			{Op: store.RemoveMembers, Values: []string{top}},
		}})
		k.refuses(g[3], put(top), top)

		// The reverse order is allowed once the obstacles are removed.
		k.edit(g[0], store.MemberEdit{Op: store.ClearMembers})
		k.edit(g[1], store.MemberEdit{Op: store.RemoveMembers, Values: []string{g[3]}})
		k.update(g[3], put(g[1], g[0]))
		k.refuses(g[1], put(g[3]), g[3])
		k.delete(g[3])
		k.update(g[1], put(g[0]))
		if cyclic(k.graph()) {
			k.Errorf("there is a cycle")
		}
	}},
	{"Update refuses exactly one of two concurrent changes that would close a cycle", func(k *kit) {
		k.nests(store.NestingAcyclic)
		for round := range 25 {
			g := k.empty(fmt.Sprint("a", round), fmt.Sprint("b", round), fmt.Sprint("c", round))
			holds := [][2]string{{g[0], g[1]}, {g[1], g[0]}}
			if round%2 == 1 { // through a third
				k.update(g[0], put(g[2]))
				holds = [][2]string{{g[2], g[1]}, {g[1], g[0]}}
			}
			if won := k.refusals(2, func(i int) error {
				_, err := k.s.Update(k.ctx, holds[i][0], put(holds[i][1]))
				return err
			}); won != 1 {
				k.Fatalf("round %d: %d of 2 succeeded", round, won)
			}
		}
		if cyclic(k.graph()) {
			k.Errorf("there is a cycle")
		}
	}},
	{"Update refuses exactly one of eight concurrent changes that would close a ring", func(k *kit) {
		k.nests(store.NestingAcyclic)
		const n = 8
		for round := range 6 {
			var names []string
			for i := range n {
				names = append(names, fmt.Sprint(round, " ", i))
			}
			g := k.empty(names...)
			if won := k.refusals(n, func(i int) error {
				_, err := k.s.Update(k.ctx, g[i], put(g[(i+1)%n]))
				return err
			}); won != n-1 {
				k.Fatalf("round %d: %d of %d succeeded", round, won, n)
			}
		}
		if cyclic(k.graph()) {
			k.Errorf("there is a cycle")
		}
	}},
	{"Update makes no cycle, whatever runs concurrently", func(k *kit) {
		k.nests(store.NestingAcyclic)
		g := k.empty("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
		var wg sync.WaitGroup
		for w := range 4 {
			r := rand.New(rand.NewPCG(31, uint64(w)))
			wg.Go(func() {
				for range 40 {
					a, b, c := g[r.IntN(len(g))], g[r.IntN(len(g))], g[r.IntN(len(g))]
					edit := store.MemberEdit{
						Op:      store.MemberOp(1 + r.IntN(2)),
						Members: bare(b, c),
						Values:  []string{b, c},
						Merge:   r.IntN(3) == 0,
					}
					if r.IntN(6) == 0 {
						edit.Op = store.ReplaceMembers
					}
					_, err := k.s.Update(k.ctx, a, store.Update{Members: store.MemberEdits{edit}})
					if cycle := (*store.CycleError)(nil); err != nil && !errors.As(err, &cycle) {
						k.Errorf("Update: %v", err)
					}
				}
			})
		}
		wg.Wait()
		if cyclic(k.graph()) {
			k.Errorf("there is a cycle")
		}
	}},
}

// refusals calls try concurrently for every number below n, and returns the number
// of calls without an error. The others must return a CycleError.
func (k *kit) refusals(n int, try func(i int) error) (won int) {
	k.Helper()
	for _, err := range atOnce(n, try) {
		var cycle *store.CycleError
		if err == nil {
			won++
		} else if !errors.As(err, &cycle) {
			k.Fatalf("the error is %v, want a CycleError", err)
		}
	}
	return won
}
