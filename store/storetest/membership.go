package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

var counting = []sentence{
	{"Get and List with MaxMembers return all members, or MembersOmitted and none", func(k *kit) {
		sizes := map[string]int{}
		for _, n := range []int{0, 1, 3, 4, 9} {
			numbers := make([]int, n)
			for i := range numbers {
				numbers[i] = i
			}
			sizes[k.create(store.Group{DisplayName: fmt.Sprint("group of ", n), Members: k.people(numbers...)}).ID] = n
		}
		for _, most := range []int{0, 1, 3, 4, 8, 9, 1000} {
			for _, members := range []bool{true, false} {
				sel := store.Selection{Members: members, MaxMembers: most}
				check := func(g store.Group, method string) {
					n := sizes[g.ID]
					switch {
					case g.MembersOmitted && (most == 0 || n <= most || !members || len(g.Members) != 0):
						k.Errorf("%s with %+v of a group of %d: MembersOmitted, and %d members", method, sel, n, len(g.Members))
					case members && !g.MembersOmitted && len(g.Members) != n:
						k.Errorf("%s with %+v of a group of %d: %d members", method, sel, n, len(g.Members))
					}
				}
				for id := range sizes {
					g, err := k.s.Get(k.ctx, id, sel)
					if err != nil {
						k.Fatal(err)
					}
					check(g, "Get")
				}
				for _, f := range []string{"", `displayName sw "group"`, "not (members.value eq " + quote(k.value(99)) + ")"} {
					q := store.Query{Limit: 100, Select: sel}
					if f != "" {
						q.Filter = parse(k.T, f)
					}
					page := k.list(q)
					if len(page.Groups) != len(sizes) {
						k.Errorf("%s returned %d groups", describe(q), len(page.Groups))
					}
					for _, g := range page.Groups {
						check(g, "List of "+f)
					}
				}
			}
		}
	}},
	{"List and Update see the members that MaxMembers omits", func(k *kit) {
		g := k.create(store.Group{DisplayName: "a", Members: k.people(1, 2, 3)})
		q := store.Query{
			Limit:  10,
			Select: store.Selection{Members: true, MaxMembers: 2},
			Filter: parse(k.T, "members.value eq "+quote(k.value(2))+" and members[value eq "+quote(k.value(3))+"]"),
		}
		if found := k.list(q).Groups; len(found) != 1 || found[0].ID != g.ID {
			k.Errorf("%s finds %q", describe(q), ids(found))
		}
		if c := k.edit(g.ID, store.MemberEdit{Op: store.AddMembers, Members: k.people(2)}); c.Changed {
			k.Errorf("the Change is %+v", c)
		}
	}},
	{"CountMembers returns the number of members", func(k *kit) {
		counter := k.counts()
		g := k.create(store.Group{DisplayName: "a", Members: k.people(1, 2, 1)})
		k.create(store.Group{DisplayName: "b", Members: k.people(1, 2, 3, 4)})
		r := rand.New(rand.NewPCG(41, 42))
		for range 40 {
			if n, err := counter.CountMembers(k.ctx, g.ID); err != nil || n != len(k.get(g.ID).Members) {
				k.Fatalf("CountMembers returned %d, %v for\n%s", n, err, show(k.get(g.ID)))
			}
			edits := k.randomEdits(r)
			for i := range edits {
				edits[i].MustMatch = false
			}
			_, _ = k.s.Update(k.ctx, g.ID, store.Update{Members: edits}) // some fail
		}
		k.edit(g.ID, store.MemberEdit{Op: store.ClearMembers})
		if n, err := counter.CountMembers(k.ctx, g.ID); n != 0 || err != nil {
			k.Errorf("CountMembers returned %d, %v for an empty group", n, err)
		}
	}},
	{
		"CountMembers returns ErrNotFound if there is no such group, and the error of a context that is done",
		func(k *kit) {
			counter := k.counts()
			g := k.create(store.Group{DisplayName: "a", Members: k.people(1)})
			ctx, cancel := context.WithCancel(k.ctx)
			cancel()
			_, err := counter.CountMembers(ctx, g.ID)
			k.fails(err, context.Canceled)
			k.delete(g.ID)
			for _, id := range []string{g.ID, "", "no such id"} {
				_, err := counter.CountMembers(k.ctx, id)
				k.fails(err, store.ErrNotFound)
			}
		},
	},
}

// counts returns the store as a [store.MemberCounter], or skips the test.
func (k *kit) counts() store.MemberCounter {
	k.Helper()
	counter, ok := k.s.(store.MemberCounter)
	if !ok {
		k.Skip("the store cannot count members; switched on if it implements store.MemberCounter")
	}
	return counter
}

// unable hides the optional interfaces of a store.
type unable struct{ store.GroupStore }

// memberships calls check for the store, if it is a [store.MembershipFinder], and
// for the store without its optional interfaces.
func (k *kit) memberships(check func(s store.GroupStore)) {
	if _, ok := k.s.(store.MembershipFinder); ok {
		check(k.s)
	}
	check(unable{k.s})
}

var finding = []sentence{
	{"GroupsOf returns the groups that have a member, directly and through other groups, in pages", func(k *kit) {
		r := rand.New(rand.NewPCG(51, 52))
		var groups []string
		for i := range 24 {
			g := store.Group{DisplayName: fmt.Sprint("group ", i), ExternalID: fmt.Sprint(i % 3)}
			groups = append(groups, k.create(g).ID)
		}
		for step := range 5 {
			for range 12 {
				k.mayPut(groups[r.IntN(len(groups))], groups[r.IntN(len(groups))], k.value(r.IntN(6)))
			}
			if step == 3 {
				k.delete(groups[0])
				groups = groups[1:]
			}
			all := k.all("")
			for _, member := range append(k.values(0, 1, 2, 3, 4, 5, 6), groups...) {
				for _, transitive := range []bool{false, true} {
					want := holders(all, member, transitive)
					k.memberships(func(s store.GroupStore) {
						for _, limit := range []int{0, 1 + r.IntN(4)} {
							k.found(s, store.MembershipQuery{Member: member, Transitive: transitive, Limit: limit}, want)
						}
					})
				}
			}
		}
	}},
	{"GroupsOf ends in spite of cycles, and returns a group of a cycle for itself", func(k *kit) {
		g := k.empty("a", "b", "c")
		person := k.value(1)
		for i := range g {
			k.mayPut(g[i], g[(i+1)%3])
			k.mayPut(g[i], g[i])
		}
		k.mayPut(g[0], person)
		all := k.all("")
		for _, member := range append(slices.Clone(g), person) {
			want := holders(all, member, true)
			k.memberships(func(s store.GroupStore) {
				k.found(s, store.MembershipQuery{Member: member, Transitive: true}, want)
			})
		}
	}},
	{"GroupsOf returns pages of any Limit for a member of 300 groups", func(k *kit) {
		// The member is in 300 groups, which are in another one.
		top := k.empty("top")[0]
		person := k.value(1)
		var in []string
		for i := range 300 {
			in = append(in, k.create(store.Group{DisplayName: fmt.Sprint("group ", i), Members: bare(person)}).ID)
		}
		k.mayPut(top, in...)
		all := k.all("")
		for _, transitive := range []bool{false, true} {
			want := holders(all, person, transitive)
			k.memberships(func(s store.GroupStore) {
				for _, limit := range []int{0, 299, 301, 5000} {
					k.found(s, store.MembershipQuery{Member: person, Transitive: transitive, Limit: limit}, want)
				}
			})
		}
	}},
	{"GroupsOf returns nothing for a member of no group, and the error of a context that is done", func(k *kit) {
		g := k.create(store.Group{DisplayName: "a", Members: k.people(1)})
		k.memberships(func(s store.GroupStore) {
			for _, member := range []string{"", "nobody", g.ID, strings.ToUpper(k.value(1)) + "X", "displayName pr"} {
				for _, transitive := range []bool{false, true} {
					k.found(s, store.MembershipQuery{Member: member, Transitive: transitive}, nil)
				}
			}
			ctx, cancel := context.WithCancel(k.ctx)
			cancel()
			_, err := store.GroupsOf(ctx, s, store.MembershipQuery{Member: k.value(1)})
			k.fails(err, context.Canceled)
		})
	}},
}

// mayPut adds members to a group, one by one. The store may refuse cycles. mayPut
// skips the test if groups cannot be members.
func (k *kit) mayPut(group string, values ...string) {
	k.Helper()
	for _, value := range values {
		_, err := k.s.Update(k.ctx, group, put(value))
		var cycle *store.CycleError
		var unknown *store.UnknownMemberError
		if errors.As(err, &unknown) {
			k.Skip("groups cannot be members; switched on if the store accepts the id of a group as a Value")
		}
		if err != nil && !errors.As(err, &cycle) {
			k.Fatalf("Update: %v", err)
		}
	}
}

// found ends the test unless GroupsOf returns want, page by page.
func (k *kit) found(s store.GroupStore, q store.MembershipQuery, want []store.Membership) {
	k.Helper()
	show := func(list []store.Membership) (out []string) {
		for _, m := range list {
			g := &m.Group
			out = append(out, fmt.Sprintf("%s %t %s %s %d", g.ID, m.Direct, g.DisplayName, g.ExternalID, g.Version))
			if len(g.Members) != 0 {
				k.Fatalf("GroupsOf returned the members of %q", g.DisplayName)
			}
		}
		return out
	}
	limit := q.Limit
	if limit == 0 {
		limit = store.DefaultMemberships
	}
	var got []store.Membership
	for {
		page, err := store.GroupsOf(k.ctx, s, q)
		if err != nil {
			k.Fatalf("GroupsOf(%+v): %v", q, err)
		}
		if len(page) > limit || len(got)+len(page) > len(want)+limit {
			k.Fatalf("GroupsOf(%+v) returned %d groups after %d, want %d", q, len(page), len(got), len(want))
		}
		got = append(got, page...)
		if len(page) < limit {
			break
		}
		q.After = page[len(page)-1].Group.ID
	}
	if !slices.Equal(show(got), show(want)) {
		k.Fatalf("GroupsOf(%+v) of %T returned\n%s\nwant\n%s",
			q, s, strings.Join(show(got), "\n"), strings.Join(show(want), "\n"))
	}
}

// holders is the model of GroupsOf. It examines all groups until it finds no more.
func holders(all []store.Group, member string, transitive bool) (out []store.Membership) {
	in := map[string]bool{} // id → directly
	has := func(g *store.Group, value string) bool {
		return slices.ContainsFunc(g.Members, func(m store.Member) bool { return m.Value == value })
	}
	for i := range all {
		if has(&all[i], member) {
			in[all[i].ID] = true
		}
	}
	for more := transitive; more; {
		more = false
		for i := range all {
			if _, known := in[all[i].ID]; known {
				continue
			}
			for id := range in {
				if has(&all[i], id) {
					in[all[i].ID], more = false, true
					break
				}
			}
		}
	}
	for i := range all {
		if direct, ok := in[all[i].ID]; ok {
			out = append(out, store.Membership{Group: adapter.Head(all[i]), Direct: direct})
		}
	}
	slices.SortFunc(out, func(a, b store.Membership) int { return strings.Compare(a.Group.ID, b.Group.ID) })
	return out
}
