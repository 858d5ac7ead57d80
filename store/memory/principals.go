package memory

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/tidwall/btree"
)

// principal is a member of at least one group. There is one for each Value, so the text
// is stored once, however many groups have the member.
type principal struct {
	value  string
	groups groupSet
}

// principals is the index from a member to its groups. It may list a group that does not
// have the member: a group is added before its members change, and removed afterwards.
type principals struct {
	mu   sync.RWMutex
	tree *btree.BTreeG[*principal] // by value
}

func newPrincipals() *principals {
	less := func(a, b *principal) bool { return a.value < b.value }
	return &principals{tree: btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})}
}

// chunk is the number of members that are added or removed under one lock. It bounds the
// time that a reader waits for a large change.
const chunk = 512

// add adds g to the groups of these values, none of which is a member of g yet, and
// returns their principals.
func (p *principals) add(values []string, g *group) []*principal {
	out := make([]*principal, 0, len(values))
	for part := range slices.Chunk(values, chunk) {
		p.mu.Lock()
		for _, value := range part {
			member, ok := p.tree.Get(&principal{value: value})
			if !ok {
				// The clone does not keep the text of a whole request in memory.
				member = &principal{value: strings.Clone(value)}
				p.tree.Set(member)
			}
			member.groups.add(g)
			out = append(out, member)
		}
		p.mu.Unlock()
	}
	return out
}

// remove removes g from the groups of these principals, and deletes each principal that is
// then in no group.
func (p *principals) remove(removed []*principal, g *group) {
	for part := range slices.Chunk(removed, chunk) {
		p.mu.Lock()
		for _, member := range part {
			member.groups.remove(g)
			if member.groups.len() == 0 {
				p.tree.Delete(member)
			}
		}
		p.mu.Unlock()
	}
}

// groupsOf returns the groups that have the value as a member, each once. The result may
// include groups that do not have it yet, or no longer have it.
func (p *principals) groupsOf(value string) []*group {
	p.mu.RLock()
	found := p.appendGroups(nil, value)
	p.mu.RUnlock()
	return distinct(found)
}

// appendGroups appends the groups that have the value as a member. The caller holds mu for
// all values of one filter: otherwise a group whose member a is replaced by b between two
// lookups would not be found, although it has one of them at every moment.
func (p *principals) appendGroups(found []*group, value string) []*group {
	if member, ok := p.tree.Get(&principal{value: value}); ok {
		found = member.groups.appendTo(found)
	}
	return found
}

// distinct sorts groups by their creation in this process, and removes duplicates.
func distinct(groups []*group) []*group {
	slices.SortFunc(groups, compareGroups)
	return slices.Compact(groups)
}

func compareGroups(a, b *group) int { return cmp.Compare(a.number, b.number) }

// groupSet is an ordered set of groups. A set of one takes eight bytes; larger sets are a
// slice, and above sliceLimit a tree.
type groupSet struct {
	one  *group
	more *groups
}

type groups struct {
	slice []*group
	tree  *btree.BTreeG[*group]
}

// sliceLimit is the largest number of groups in the slice of a set.
const sliceLimit = 256

func (s *groupSet) len() int {
	switch {
	case s.one != nil:
		return 1
	case s.more == nil:
		return 0
	case s.more.tree != nil:
		return s.more.tree.Len()
	}
	return len(s.more.slice)
}

func (s *groupSet) appendTo(out []*group) []*group {
	switch {
	case s.one != nil:
		return append(out, s.one)
	case s.more == nil:
		return out
	case s.more.tree != nil:
		s.more.tree.Scan(func(g *group) bool {
			out = append(out, g)
			return true
		})
		return out
	}
	return append(out, s.more.slice...)
}

func (s *groupSet) add(g *group) {
	if s.more == nil {
		if s.one == nil || s.one == g {
			s.one = g
			return
		}
		s.more = &groups{slice: []*group{s.one}}
		s.one = nil
	}
	if s.more.tree != nil {
		s.more.tree.Set(g)
		return
	}
	if i, ok := slices.BinarySearchFunc(s.more.slice, g, compareGroups); !ok {
		s.more.slice = slices.Insert(s.more.slice, i, g)
	}
	if len(s.more.slice) > sliceLimit {
		less := func(a, b *group) bool { return a.number < b.number }
		s.more.tree = btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})
		for _, g := range s.more.slice {
			s.more.tree.Load(g)
		}
		s.more.slice = nil
	}
}

func (s *groupSet) remove(g *group) {
	if s.more == nil {
		if s.one == g {
			s.one = nil
		}
		return
	}
	if s.more.tree != nil {
		s.more.tree.Delete(g)
		if s.more.tree.Len() <= sliceLimit/2 {
			s.more.slice = s.more.tree.Items()
			s.more.tree = nil
		}
		return
	}
	if i, ok := slices.BinarySearchFunc(s.more.slice, g, compareGroups); ok {
		s.more.slice = slices.Delete(s.more.slice, i, i+1)
	}
	if len(s.more.slice) == 1 {
		s.one, s.more = s.more.slice[0], nil
	}
}
