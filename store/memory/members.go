package memory

import (
	"iter"
	"sync"

	"github.com/tidwall/btree"

	"github.com/scimgroups/scimgroups/store"
)

// item is a membership in 16 bytes.
type item struct {
	principal *principal
	details   *details
}

// details holds the sub-attributes of a membership besides the Value. It is nil if there
// are none, and shared if there is only a common Type.
type details struct{ typ, display, ref string }

func (i item) member() (m store.Member) {
	i.fill(&m)
	return m
}

// fill sets all fields of m.
func (i item) fill(m *store.Member) {
	m.Value = i.principal.value
	if d := i.details; d != nil {
		m.Type, m.Display, m.Ref = d.typ, d.display, d.ref
	} else {
		m.Type, m.Display, m.Ref = "", "", ""
	}
}

// commonTypes shares the details of members that have a Type and nothing else, for the
// first maxCommonTypes types.
type commonTypes struct {
	mu    sync.RWMutex
	types map[string]*details
}

// maxCommonTypes bounds the memory that clients can fill with types.
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

// members is the set of members of a group. A nil *members is empty.
type members struct {
	tree *btree.BTreeG[item] // in ascending order of Value
}

func newMembers() *members {
	return &members{tree: btree.NewBTreeGOptions(func(a, b item) bool {
		return a.principal != b.principal && a.principal.value < b.principal.value
	}, btree.Options{NoLocks: true})}
}

// snapshot returns a copy of m in constant time. A later change of either copies the tree
// nodes that it touches.
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

// set adds a membership, or replaces that of the same member.
func (m *members) set(i item) { m.tree.Load(i) } // equals Set, but appends faster

func (m *members) remove(p *principal) { m.tree.Delete(item{principal: p}) }

func (m *members) get(value string) (item, bool) {
	if m == nil {
		return item{}, false
	}
	return m.tree.Get(item{principal: &principal{value: value}})
}

// Find implements [adapter.MemberSource].
func (m *members) Find(value string) (store.Member, bool) {
	i, ok := m.get(value)
	if !ok {
		return store.Member{}, false
	}
	return i.member(), true
}

// All implements [adapter.MemberSource].
func (m *members) All() iter.Seq[store.Member] {
	return func(yield func(store.Member) bool) {
		if m != nil {
			m.tree.Scan(func(i item) bool { return yield(i.member()) })
		}
	}
}

// after fills into with the members whose Value is greater than after, in ascending order,
// and returns their number.
func (m *members) after(after string, into []store.Member) (n int) {
	if m == nil || len(into) == 0 {
		return 0
	}
	m.tree.Ascend(item{principal: &principal{value: after}}, func(i item) bool {
		if n == 0 && i.principal.value == after {
			return true
		}
		i.fill(&into[n])
		n++
		return n < len(into)
	})
	return n
}

// list returns all members.
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
