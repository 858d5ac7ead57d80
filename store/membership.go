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

// MembershipQuery asks for the groups that have a member, as the groups attribute of a
// user lists them (RFC 7643 §4.1.2).
type MembershipQuery struct {
	// Member is the id of the member: a user, a group or anything else.
	Member string
	// Transitive includes the groups that contain those groups.
	Transitive bool
	// After is the id of the last group of the previous page. Limit is the largest
	// number of groups to return. Defaults to [DefaultMemberships].
	After string
	Limit int
}

// Membership is one group that has a member.
type Membership struct {
	// Group is the head of the group, without extensions.
	Group Group
	// Direct reports whether the group contains the member itself.
	Direct bool
}

// MembershipFinder is implemented by a [GroupStore] that can find the groups of a member
// by itself. [GroupsOf] works with any store.
type MembershipFinder interface {
	// GroupsOf does what the function [GroupsOf] does. A q.Limit of 0 means
	// [DefaultMemberships].
	GroupsOf(ctx context.Context, q MembershipQuery) ([]Membership, error)
}

// GroupsOf returns up to q.Limit groups that q.Member is a member of, in ascending order
// of their ids, and fewer only at the end. A member is a group if its Value is the id of
// one, whatever its Type. A group in a cycle is a member of itself. The result is empty
// for a member that is unknown or in no group.
//
// If s is a [MembershipFinder], GroupsOf calls it. Otherwise it lists the groups that have
// the member and, if q.Transitive is set, the groups that have those groups, and so on. It
// calls List for every 50 groups found, and starts anew for each page. The result is then
// not a consistent snapshot. Errors are those of s.
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
	sorted := slices.SortedFunc(
		maps.Values(found),
		func(a, b Membership) int { return strings.Compare(a.Group.ID, b.Group.ID) },
	)
	start, _ := slices.BinarySearchFunc(sorted, q.After, func(m Membership, after string) int {
		if m.Group.ID <= after {
			return -1
		}
		return 1
	})
	sorted = sorted[start:]
	return sorted[:min(q.Limit, len(sorted))], nil
}

// holderAttributes returns the attributes that eachHolder filters by.
var holderAttributes = sync.OnceValue(func() (a struct{ id, value *filter.Attribute }) {
	table, err := filter.NewTable(filter.Definition{Core: Schema()})
	if err != nil {
		panic(err) // the embedded schema is broken
	}
	a.id, a.value = table.Lookup("id"), table.Lookup("members.value")
	return a
})

// eachHolder calls yield with the head of every group that has a member with one of the
// values and whose id is greater than after, in ascending order of ids. If limit is not 0,
// it stops after the page that reaches limit.
func eachHolder(
	ctx context.Context,
	s GroupStore,
	values []string,
	after string,
	limit int,
	yield func(head Group),
) error {
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
			head := page.Groups[i]
			head.Members, head.MembersOmitted, head.Extensions = nil, false, nil
			yield(head)
		}
		if n += len(page.Groups); page.Next == "" || limit != 0 && n >= limit {
			return nil
		}
		q.From = page.Next
	}
}
