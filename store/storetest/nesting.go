package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/scimgroups/scimgroups/store"
)

// nests skips the test unless the store is said to do one of these with groups
// that are members.
func (k *kit) nests(kinds ...store.Nesting) {
	k.Helper()
	if k.o.Nesting == nil {
		k.Skip("Options.Nesting is not set")
	}
	if !slices.Contains(kinds, *k.o.Nesting) {
		k.Skip("the store nests in another way")
	}
}

// empty creates groups without members.
func (k *kit) empty(names ...string) []string {
	k.Helper()
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = k.create(store.Group{DisplayName: name}).ID
	}
	return out
}

// put returns an Update that adds members with nothing but a Value.
func put(values ...string) store.Update {
	return store.Update{Members: store.MemberEdits{{Op: store.AddMembers, Members: bare(values...)}}}
}

func bare(values ...string) []store.Member {
	out := make([]store.Member, len(values))
	for i := range values {
		out[i].Value = values[i]
	}
	return out
}

// member returns a member of a group, or one without a Value.
func (k *kit) member(group, value string) store.Member {
	k.Helper()
	for _, m := range k.get(group).Members {
		if m.Value == value {
			return m
		}
	}
	return store.Member{}
}

// refuses ends the test unless the change is refused because value would be in a
// circle, and left the group as it was.
func (k *kit) refuses(group string, u store.Update, value string) {
	k.Helper()
	before := k.shown(group)
	_, err := k.s.Update(k.ctx, group, u)
	var cycle *store.CycleError
	if !errors.As(err, &cycle) || cycle.Value != value {
		k.Fatalf("the error is %v, and should be a CycleError for %q", err, value)
	}
	k.still(group, before)
}

// graph is the groups among the members of all groups, by their ids.
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

// circular reports whether one of the groups is a member of itself.
func circular(graph map[string][]string) bool {
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
	{"a member without a Type whose Value is the id of a group becomes a Group, however it is added", func(k *kit) {
		k.nests(store.NestingTyped, store.NestingAcyclic)
		g := k.empty("a", "b", "c")
		person := k.value(1)
		made := k.create(store.Group{DisplayName: "d", Members: bare(g[0], person)}).ID
		c := k.update(made, put(g[1]))
		if want := []store.Member{{Value: g[1], Type: "Group"}}; showMembers(c.Added) != showMembers(want) {
			k.Errorf("the Change says that %s were added", showMembers(c.Added))
		}
		other := k.create(store.Group{DisplayName: "e"}).ID
		k.edit(
			other,
			store.MemberEdit{
				Op:      store.ReplaceMembers,
				Members: []store.Member{{Value: g[2], Display: "C"}, {Value: person}, {Value: g[0]}},
			},
		)
		k.edit(
			made,
			store.MemberEdit{
				Op:      store.AddMembers,
				Merge:   true,
				Members: []store.Member{{Value: g[2]}, {Value: g[1], Display: "B"}, {Value: person}},
			},
		)
		for group, want := range map[string][]store.Member{
			made: {{Value: g[0], Type: "Group"}, {Value: g[1], Type: "Group", Display: "B"}, {Value: g[2],
				Type: "Group"}, {Value: person}},
			other: {{Value: g[0], Type: "Group"}, {Value: g[2], Type: "Group", Display: "C"}, {Value: person}},
		} {
			if got := k.get(group).Members; showMembers(got) != showMembers(want) {
				k.Errorf("the members are\n%s\nand should be\n%s", showMembers(got), showMembers(want))
			}
		}
	}},
	{"edits see the Type that a member is given", func(k *kit) {
		k.nests(store.NestingTyped, store.NestingAcyclic)
		g := k.empty("a", "b", "c")
		k.edit(
			g[0],
			store.MemberEdit{Op: store.AddMembers, Members: bare(g[1], g[2])},
			store.MemberEdit{
				Op:        store.SetMatching,
				Where:     where(k.T, `type eq "Group"`),
				Set:       store.MemberSet{Display: text("x")},
				MustMatch: true,
			},
			store.MemberEdit{Op: store.RemoveMembers, Values: []string{g[2]}},
		)
		if got, want := k.get(
			g[0],
		).Members, []store.Member{
			{Value: g[1], Type: "Group", Display: "x"},
		}; showMembers(
			got,
		) != showMembers(
			want,
		) {
			k.Errorf("the members are %s", showMembers(got))
		}
	}},
	{"a group that is removed and added again without a Type changes nothing", func(k *kit) {
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
	{"a member that comes with a Type keeps it, and what is no group gets none", func(k *kit) {
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
			k.Errorf("the members are\n%s\nand should be\n%s", showMembers(got), showMembers(members))
		}
	}},
	{"members stay what clients say that they are", func(k *kit) {
		k.nests(store.NestingOff)
		g := k.empty("a", "b")
		members := []store.Member{{Value: g[0]}, {Value: g[1]}, {Value: k.value(1)}}
		k.edit(g[0], store.MemberEdit{Op: store.AddMembers, Members: members})
		k.update(g[1], put(g[0]))
		k.delete(g[1])
		if got := k.get(g[0]).Members; showMembers(got) != showMembers(members) {
			k.Errorf("the members are\n%s\nand should be\n%s", showMembers(got), showMembers(members))
		}
	}},
	{"a group that is deleted is removed from the groups that it was a member of, whose versions rise", func(k *kit) {
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
				k.Errorf(
					"the members of %q are %s, and should be %s",
					after.DisplayName,
					showMembers(after.Members),
					showMembers(want),
				)
			}
			if (after.Version > before[i].Version) != (i != 3) || after.LastModified.Before(before[i].LastModified) ||
				!after.Created.Equal(before[i].Created) {
				k.Errorf(
					"%q was version %d of %v and is version %d of %v",
					after.DisplayName,
					before[i].Version,
					before[i].LastModified,
					after.Version,
					after.LastModified,
				)
			}
		}
		if found := k.all("members.value eq " + quote(g[0])); len(found) != 0 {
			k.Errorf("it is still found in %q", ids(found))
		}
		if found := k.all("members.value eq " + quote(person)); len(found) != 2 {
			k.Errorf("another member is found in %d groups", len(found))
		}
		k.update(g[1], put(k.value(2))) // and they can still be changed
	}},
	{"a Delete whose condition does not hold leaves the groups that hold the group as they are", func(k *kit) {
		k.nests(store.NestingTyped, store.NestingAcyclic)
		g := k.empty("a", "b")
		k.update(g[0], put(g[1]))
		before := k.shown(g[0])
		_, err := k.s.Delete(k.ctx, g[1], &store.Condition{})
		k.fails(err, store.ErrVersionMismatch)
		k.still(g[0], before)
	}},
	{"groups that hold themselves or each other can be deleted, at once too", func(k *kit) {
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
			k.Errorf("%d groups are left", len(left))
		}
	}},
	{"a Delete and an Update that adds the group at once leave no Group that is none", func(k *kit) {
		k.nests(store.NestingTyped, store.NestingAcyclic)
		if k.o.MemberValue != nil {
			k.Skip("members are given")
		}
		holder := k.empty("holder")[0]
		for round := range 40 {
			id := k.empty(fmt.Sprint("doomed ", round))[0]
			var wg sync.WaitGroup
			wg.Go(func() { k.update(holder, put(id)) })
			wg.Go(func() { k.delete(id) })
			wg.Wait()
			if m := k.member(holder, id); m.Type != "" {
				k.Fatalf("the group holds %+v, which was deleted", m)
			}
		}
	}},
	{"groups may hold each other and themselves where circles are not refused", func(k *kit) {
		k.nests(store.NestingTyped, store.NestingOff)
		g := k.empty("a", "b")
		k.update(g[0], put(g[0], g[1]))
		k.update(g[1], put(g[0]))
		if got := len(k.get(g[0]).Members); got != 2 {
			k.Errorf("there are %d members", got)
		}
	}},
	{
		"a group cannot become a member of itself, directly or through others, and nothing of the change is done",
		func(k *kit) {
			k.nests(store.NestingAcyclic)
			g := k.empty("a", "b", "c", "d")
			k.refuses(g[0], put(g[0]), g[0])
			for i := range 3 { // a holds b, which holds c, which holds d
				k.update(g[i], put(g[i+1]))
			}
			for i := range g {
				for j := range i + 1 {
					k.refuses(g[i], store.Update{Head: func(head *store.Group) error {
						head.DisplayName, head.ExternalID = "other", "other"
						return nil
					}, Members: store.MemberEdits{{Op: store.AddMembers, Members: append(k.people(1), bare(g[j])...)}}}, g[j])
					k.refuses(
						g[i],
						store.Update{
							Members: store.MemberEdits{{Op: store.ReplaceMembers, Members: bare(g[j], k.value(1))}},
						},
						g[j],
					)
					k.refuses(
						g[i],
						store.Update{
							Members: store.MemberEdits{
								{
									Op:      store.AddMembers,
									Members: []store.Member{{Value: g[j], Type: []string{"Group", "User"}[j%2]}},
								},
							},
						},
						g[j],
					)
				}
			}
			if found := k.all("members.value eq " + quote(k.value(1))); len(found) != 0 {
				k.Errorf("%d groups kept something of a change that was refused", len(found))
			}
		},
	},
	{"what is no circle is not refused", func(k *kit) {
		k.nests(store.NestingAcyclic)
		g := k.empty("a", "b", "c", "d")
		k.update(g[0], put(g[1], g[2])) // two ways from a to d
		k.update(g[1], put(g[3]))
		k.update(g[2], put(g[3]))
		k.update(g[0], put(g[3]))
		k.update(g[0], put(g[1])) // is there already
		top := k.create(store.Group{DisplayName: "top", Members: bare(g...)}).ID
		k.edit(
			g[3],
			store.MemberEdit{Op: store.AddMembers, Members: bare(top)},
			store.MemberEdit{Op: store.RemoveMembers, Values: []string{top}},
		)
		k.refuses(g[3], put(top), top)

		// Turned round, once what was in the way is gone.
		k.edit(g[0], store.MemberEdit{Op: store.ClearMembers})
		k.edit(g[1], store.MemberEdit{Op: store.RemoveMembers, Values: []string{g[3]}})
		k.update(g[3], put(g[1], g[0]))
		k.refuses(g[1], put(g[3]), g[3])
		k.delete(g[3])
		k.update(g[1], put(g[0]))
		if circular(k.graph()) {
			k.Errorf("there is a circle")
		}
	}},
	{"of two Updates at once that would close a circle exactly one is refused", func(k *kit) {
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
				k.Fatalf("round %d: %d of them were done", round, won)
			}
		}
		if circular(k.graph()) {
			k.Errorf("there is a circle")
		}
	}},
	{"of Updates at once that would close a ring all but one are done", func(k *kit) {
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
				k.Fatalf("round %d: %d of %d were done", round, won, n)
			}
		}
		if circular(k.graph()) {
			k.Errorf("there is a circle")
		}
	}},
	{"whatever is done at once, no circle comes of it", func(k *kit) {
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
		if circular(k.graph()) {
			k.Errorf("there is a circle")
		}
	}},
}

// refusals does try for every number below n at once, and returns how many had no
// error. The others must have had a CycleError.
func (k *kit) refusals(n int, try func(i int) error) (won int) {
	k.Helper()
	for _, err := range atOnce(n, try) {
		var cycle *store.CycleError
		if err == nil {
			won++
		} else if !errors.As(err, &cycle) {
			k.Fatalf("the error is %v, and should be a CycleError", err)
		}
	}
	return won
}
