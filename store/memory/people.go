package memory

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/tidwall/btree"
)

// principal is something that is a member of groups. There is one for each Value,
// so that the text is kept once however many groups it is in.
type principal struct {
	value  string
	groups groupSet
}

// people finds the groups of a member. It may say more than what is true at the
// moment: a group is entered before its members change and struck out after.
type people struct {
	mu   sync.RWMutex
	tree *btree.BTreeG[*principal] // by value
}

func newPeople() *people {
	return &people{
		tree: btree.NewBTreeGOptions(
			func(a, b *principal) bool { return a.value < b.value },
			btree.Options{NoLocks: true},
		),
	}
}

// chunk is how many members are entered or struck out at a time, so that a
// reader does not wait for a change of very many.
const chunk = 512

// enter says that g is going to have the members with these values, of which it
// has none, and returns who they are.
func (p *people) enter(values []string, g *group) []*principal {
	out := make([]*principal, 0, len(values))
	for part := range slices.Chunk(values, chunk) {
		p.mu.Lock()
		for _, value := range part {
			who, ok := p.tree.Get(&principal{value: value})
			if !ok {
				// A copy, so that the text that a request came in is not kept for it.
				who = &principal{value: strings.Clone(value)}
				p.tree.Set(who)
			}
			who.groups.add(g)
			out = append(out, who)
		}
		p.mu.Unlock()
	}
	return out
}

// strike says that these are not members of g any more, and forgets those who
// are in no group.
func (p *people) strike(gone []*principal, g *group) {
	for part := range slices.Chunk(gone, chunk) {
		p.mu.Lock()
		for _, who := range part {
			who.groups.remove(g)
			if who.groups.len() == 0 {
				p.tree.Delete(who)
			}
		}
		p.mu.Unlock()
	}
}

// groupsOf returns the groups that have the value as a member, each once, and
// perhaps some that do not have it yet or any more.
func (p *people) groupsOf(value string) []*group {
	p.mu.RLock()
	found := p.having(nil, value)
	p.mu.RUnlock()
	return distinct(found)
}

// having appends the groups that have the value as a member. mu is held, over all
// look-ups that belong together: else a group in which one value is replaced by
// another at that moment could be missed though it always has one of them.
func (p *people) having(found []*group, value string) []*group {
	if who, ok := p.tree.Get(&principal{value: value}); ok {
		found = who.groups.appendTo(found)
	}
	return found
}

// distinct puts groups in the order of their creation in this process, each
// once.
func distinct(groups []*group) []*group {
	slices.SortFunc(groups, compareGroups)
	return slices.Compact(groups)
}

func compareGroups(a, b *group) int { return cmp.Compare(a.number, b.number) }

// groupSet is a set of groups: eight bytes for a single one, an ordered slice for
// some, a tree for many.
type groupSet struct {
	one  *group
	more *groups
}

type groups struct {
	slice []*group
	tree  *btree.BTreeG[*group]
}

// sliceLimit is where a set becomes a tree.
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
	if i, there := slices.BinarySearchFunc(s.more.slice, g, compareGroups); !there {
		s.more.slice = slices.Insert(s.more.slice, i, g)
	}
	if len(s.more.slice) > sliceLimit {
		s.more.tree = btree.NewBTreeGOptions(
			func(a, b *group) bool { return a.number < b.number },
			btree.Options{NoLocks: true},
		)
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
	if i, there := slices.BinarySearchFunc(s.more.slice, g, compareGroups); there {
		s.more.slice = slices.Delete(s.more.slice, i, i+1)
	}
	if len(s.more.slice) == 1 {
		s.one, s.more = s.more.slice[0], nil
	}
}
