package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/scimgroups/scimgroups/filter"
)

// DefaultMemberships is the Limit of a [MembershipQuery] that has none.
const DefaultMemberships = 1000

// GroupsOf answers the groups that q.Member is a member of, up to q.Limit of them,
// in ascending order of their ids; fewer only at the end. A group that holds a
// group is found by the id of that, whatever Type the member has. Circles do no
// harm: a group in one is among the groups that it is a member of. Something that
// is a member of nothing, or that nobody knows, has none.
//
// It asks s itself if that is a [MembershipFinder]. Else it lists the groups that
// have the member, and for q.Transitive those that have these, and so on: one
// List for every 50 groups that are found at least, and all of them for each page.
// Then it is no single moment that it shows. Errors are those of s.
func GroupsOf(ctx context.Context, s GroupStore, q MembershipQuery) ([]Membership, error) {
	if q.Limit <= 0 {
		q.Limit = DefaultMemberships
	}
	if finder, ok := s.(MembershipFinder); ok {
		return finder.GroupsOf(ctx, q)
	}
	if !q.Transitive {
		var found []Membership
		err := eachHolder(ctx, s, []string{q.Member}, q.After, q.Limit, func(head Group) {
			found = append(found, Membership{Group: head, Direct: true})
		})
		if err != nil {
			return nil, err
		}
		return found[:min(q.Limit, len(found))], nil
	}
	found := map[string]Membership{}
	level, direct := []string{q.Member}, true
	for len(level) > 0 {
		var next []string
		for some := range slices.Chunk(level, 50) {
			err := eachHolder(ctx, s, some, "", 0, func(head Group) {
				if _, known := found[head.ID]; !known {
					found[head.ID] = Membership{Group: head, Direct: direct}
					next = append(next, head.ID)
				}
			})
			if err != nil {
				return nil, err
			}
		}
		level, direct = next, false
	}
	sorted := slices.SortedFunc(maps.Values(found), func(a, b Membership) int { return strings.Compare(a.Group.ID, b.Group.ID) })
	start, _ := slices.BinarySearchFunc(sorted, q.After, func(m Membership, after string) int {
		if m.Group.ID <= after {
			return -1
		}
		return 1
	})
	sorted = sorted[start:]
	return sorted[:min(q.Limit, len(sorted))], nil
}

// holderAttributes are what eachHolder filters by.
var holderAttributes = sync.OnceValue(func() (a struct{ id, value *filter.Attribute }) {
	table, err := filter.NewTable(filter.Definition{Core: Schema()})
	if err != nil {
		panic(err) // the embedded schema is broken
	}
	a.id, a.value = table.Lookup("id"), table.Lookup("members.value")
	return a
})

// eachHolder calls yield with the head of every group that has one of the values
// as a member and whose id is greater than after: in ascending order of their ids,
// and, if limit is not 0, not many more than so many.
func eachHolder(ctx context.Context, s GroupStore, values []string, after string, limit int, yield func(head Group)) error {
	a := holderAttributes()
	var one []filter.Node
	for _, value := range values {
		is, err := filter.NewCompare(a.value, filter.Eq, value)
		if err != nil {
			return err
		}
		one = append(one, is)
	}
	where := filter.AnyOf(one...)
	if after != "" {
		behind, err := filter.NewCompare(a.id, filter.Gt, after)
		if err != nil {
			return err
		}
		where = filter.AllOf(where, behind)
	}
	q := Query{Filter: filter.New(where), SortBy: a.id, Limit: DefaultMemberships, SkipTotal: true}
	if limit != 0 {
		q.Limit = min(limit, q.Limit)
	}
	for n := 0; ; {
		page, err := s.List(ctx, q)
		if err != nil {
			return err
		}
		for i := range page.Groups {
			yield(page.Groups[i].Select(Selection{}))
		}
		if n += len(page.Groups); page.Next == "" || limit != 0 && n >= limit {
			return nil
		}
		q.From = page.Next
	}
}
