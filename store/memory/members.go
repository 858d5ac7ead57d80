package memory

import (
	"iter"
	"sync"

	"github.com/tidwall/btree"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// item is a membership in 16 bytes: who, and what is known besides the Value,
// which is nil if that is nothing and shared if it is only a common Type.
type item struct {
	who     *principal
	details *details
}

type details struct{ typ, display, ref string }

func (i item) member() (m store.Member) {
	i.fill(&m)
	return m
}

// fill sets all of m.
func (i item) fill(m *store.Member) {
	m.Value = i.who.value
	if d := i.details; d != nil {
		m.Type, m.Display, m.Ref = d.typ, d.display, d.ref
	} else {
		m.Type, m.Display, m.Ref = "", "", ""
	}
}

// commonTypes shares the details of members that have nothing but one of the
// first few types.
type commonTypes struct {
	mu    sync.RWMutex
	types map[string]*details
}

// maxCommonTypes bounds what clients can make the store remember.
const maxCommonTypes = 64

func (c *commonTypes) details(m *store.Member) *details {
	d := &details{m.Type, m.Display, m.Ref}
	if *d == (details{}) {
		return nil
	}
	if d.display != "" || d.ref != "" {
		return d
	}
	c.mu.RLock()
	shared := c.types[d.typ]
	c.mu.RUnlock()
	if shared != nil {
		return shared
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if shared := c.types[d.typ]; shared != nil {
		return shared
	}
	if len(c.types) < maxCommonTypes {
		if c.types == nil {
			c.types = map[string]*details{}
		}
		c.types[d.typ] = d
	}
	return d
}

// members is the members of a group. Nil is empty.
type members struct {
	tree *btree.BTreeG[item] // in ascending order of Value
}

func newMembers() *members {
	return &members{tree: btree.NewBTreeGOptions(func(a, b item) bool {
		return a.who != b.who && a.who.value < b.who.value
	}, btree.Options{NoLocks: true})}
}

// snapshot is the members as they are now. It takes constant time; the nodes of
// the tree are copied by whoever changes one of the two afterwards.
func (m *members) snapshot() *members {
	if m == nil {
		return nil
	}
	return &members{tree: m.tree.Copy()}
}

func (m *members) len() int {
	if m == nil {
		return 0
	}
	return m.tree.Len()
}

// set adds a membership, or takes the place of that of the same member.
func (m *members) set(i item) { m.tree.Load(i) } // Set, but faster at the end

func (m *members) remove(who *principal) { m.tree.Delete(item{who: who}) }

func (m *members) get(value string) (item, bool) {
	if m == nil {
		return item{}, false
	}
	return m.tree.Get(item{who: &principal{value: value}})
}

// Find and All make members a [adapter.MemberSource].
func (m *members) Find(value string) (store.Member, bool) {
	i, ok := m.get(value)
	if !ok {
		return store.Member{}, false
	}
	return i.member(), true
}

func (m *members) All() iter.Seq[store.Member] {
	return func(yield func(store.Member) bool) {
		if m != nil {
			m.tree.Scan(func(i item) bool { return yield(i.member()) })
		}
	}
}

// after fills into with members whose Value is greater than after, and returns
// how many they are.
func (m *members) after(after string, into []store.Member) (n int) {
	if m == nil || len(into) == 0 {
		return 0
	}
	m.tree.Ascend(item{who: &principal{value: after}}, func(i item) bool {
		if n == 0 && i.who.value == after {
			return true
		}
		i.fill(&into[n])
		n++
		return n < len(into)
	})
	return n
}

// list is all members.
func (m *members) list() []store.Member {
	if m.len() == 0 {
		return nil
	}
	out, n := make([]store.Member, m.len()), 0
	m.tree.Scan(func(i item) bool {
		i.fill(&out[n])
		n++
		return true
	})
	return out
}

// elements lets a filter look at the members without a list of them being made.
type elements members

// Each implements [filter.Elements].
func (e *elements) Each(yield func(filter.Resource) bool) {
	var m store.Member
	e.tree.Scan(func(i item) bool {
		m = i.member()
		return yield(&m)
	})
}

// Find implements [filter.Elements].
func (e *elements) Find(value string) (filter.Resource, bool) {
	m, ok := (*members)(e).Find(value)
	return &m, ok
}
