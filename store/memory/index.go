package memory

import (
	"iter"

	"github.com/tidwall/btree"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// index is a list of all groups in the order of [adapter.Rank] for one attribute.
type index struct{ tree *btree.BTreeG[entry] }

// entry is a group with the key under which it was added. An entry for a lookup has a probe
// in place of a group.
type entry struct {
	key   string
	group *group
	probe *adapter.Rank
}

func (e entry) rank() adapter.Rank {
	if e.probe != nil {
		return *e.probe
	}
	return adapter.Rank{Key: e.key, Created: e.group.created, ID: e.group.id}
}

func newIndex() index {
	return index{btree.NewBTreeGOptions(func(a, b entry) bool {
		if c := adapter.CompareKeys(a.key, b.key); c != 0 {
			return c < 0
		}
		if a.group != nil && a.group == b.group {
			return false
		}
		return a.rank().Compare(b.rank()) < 0
	}, btree.Options{NoLocks: true})}
}

func (x index) add(key string, g *group)    { x.tree.Set(entry{key: key, group: g}) }
func (x index) remove(key string, g *group) { x.tree.Delete(entry{key: key, group: g}) }
func (x index) len() int                    { return x.tree.Len() }
func (x index) snapshot() index             { return index{x.tree.Copy()} }

// find appends the groups with this key, which must not be "".
func (x index) find(found []*group, key string) []*group {
	x.tree.Ascend(entry{key: key, probe: &adapter.Rank{Key: key}}, func(e entry) bool {
		if e.key != key {
			return false
		}
		found = append(found, e.group)
		return true
	})
	return found
}

// taken reports whether a group other than g has the key.
func (x index) taken(key string, g *group) bool {
	for _, other := range x.find(nil, key) {
		if other != g {
			return true
		}
	}
	return false
}

// cursor iterates over an index in the order of a query.
type cursor struct {
	index index
	query *store.Query
}

// at returns an iterator over the groups of the list from index n.
func (c cursor) at(n int) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		if n >= c.index.len() {
			return
		}
		if c.query.Descending {
			n = c.index.len() - 1 - n
		}
		first, ok := c.index.tree.GetAt(n)
		if ok {
			c.walk(first, c.query.Descending, yield)
		}
	}
}

// from returns an iterator over the groups after the place, or, backward, over the groups
// before it in reverse order.
func (c cursor) from(p adapter.Place, backward bool) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		pivot := entry{key: p.Key, probe: &p.Rank}
		down := c.query.Descending != backward
		if p.ID == "" { // the end of the list
			if !backward {
				return
			}
			var ok bool
			if pivot, ok = c.index.tree.Max(); c.query.Descending {
				pivot, ok = c.index.tree.Min()
			}
			if !ok {
				return
			}
		}
		c.walk(pivot, down, func(e entry) bool {
			if p.Precedes(*c.query, e.rank()) != backward {
				return true // the group of the place itself is on the other side
			}
			return yield(e)
		})
	}
}

func (c cursor) walk(pivot entry, down bool, yield func(entry) bool) {
	if down {
		c.index.tree.Descend(pivot, yield)
	} else {
		c.index.tree.Ascend(pivot, yield)
	}
}
