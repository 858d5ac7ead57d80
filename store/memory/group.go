package memory

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// group is a group in the store.
//
// A change of the group holds writer from before it calls the Head function of the Update
// until it is complete. Readers load the head alone, or hold mu while they take a head and
// the members that belong to it. Locks are acquired in the order writer, Store.nest,
// Store.mu, mu. A goroutine that holds any of them never waits for a writer.
type group struct {
	id      string
	created time.Time
	number  uint64        // position in the order of creation
	writer  chan struct{} // holds one token while a change is made

	head    atomic.Pointer[head] // set under mu
	deleted atomic.Bool          // set under writer and mu

	mu      sync.Mutex
	members *members // replaced or changed under mu
}

func newGroup(h *head, number uint64) *group {
	g := &group{id: h.group.ID, created: h.group.Created, number: number, writer: make(chan struct{}, 1)}
	g.head.Store(h)
	return g
}

// lock acquires writer. It returns the error of ctx if ctx is done first.
func (g *group) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err // if both cases are ready, select chooses one at random
	}
	select {
	case g.writer <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *group) unlock() { <-g.writer }

// view is the state of a group at one moment.
type view struct {
	group   *group
	head    *head
	members *members // nil if the view is without members
}

// view returns the head and, on request, the members that belong to it. It returns false
// if the group is deleted.
func (g *group) view(members bool) (view, bool) {
	if !members {
		// A list of many groups would spend most of its time on locks.
		ok := !g.deleted.Load()
		return view{group: g, head: g.head.Load()}, ok
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return view{group: g, head: g.head.Load(), members: g.members.snapshot()}, !g.deleted.Load()
}

// rank returns the rank of the group in the list of q.
func (v *view) rank(q *store.Query) adapter.Rank { return adapter.RankOf(*q, &v.head.group) }

// selected returns the parts of the group that sel selects. The view must have members.
func (v *view) selected(sel store.Selection) store.Group {
	g := v.head.selected(sel.Extensions)
	if g.MembersOmitted = omits(sel, v.members); !g.MembersOmitted {
		g.Members = v.members.list()
	}
	return g
}

// omits reports whether m has more than sel.MaxMembers members.
func omits(sel store.Selection, m *members) bool {
	return sel.MaxMembers > 0 && m.len() > sel.MaxMembers
}

// read returns the parts that sel selects, as of one moment, and the head at that moment,
// which is nil if the group is deleted.
func (g *group) read(sel store.Selection) (selected store.Group, h *head) {
	if !sel.Members {
		h = g.head.Load()
		return h.selected(sel.Extensions), h
	}
	g.mu.Lock()
	if h = g.head.Load(); g.deleted.Load() {
		h = nil
	}
	var few []store.Member
	var many *members
	omitted := omits(sel, g.members)
	switch {
	case omitted:
	case g.members.len() <= smallChange:
		// Cheaper than a snapshot, after which the next writer copies nodes.
		few = g.members.list()
	default:
		many = g.members.snapshot()
	}
	g.mu.Unlock()
	if h == nil {
		return store.Group{}, nil
	}
	selected = h.selected(sel.Extensions)
	selected.MembersOmitted = omitted
	if selected.Members = few; many != nil {
		selected.Members = many.list()
	}
	return selected, h
}

// smallChange is the largest number of members that are changed in place, while readers
// wait. A larger change is made to a copy, which then replaces the tree.
const smallChange = 64

// headWith returns the head if the group has the member now, or nil.
func (g *group) headWith(value string) *head {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.members.get(value); !ok || g.deleted.Load() {
		return nil
	}
	return g.head.Load()
}

// prepare prepares the change c of the members, where added holds the principals of c.Added.
// The caller holds writer. The result apply makes the change, and must be called under mu;
// removed holds the principals that are then no longer members.
func (g *group) prepare(
	c *store.MemberChange, added []*principal, types *commonTypes,
) (apply func(), removed []*principal) {
	for _, value := range c.Removed {
		if i, ok := g.members.get(value); ok {
			removed = append(removed, i.principal)
		}
	}
	altered := make([]item, len(c.Altered))
	for n := range c.Altered {
		i, _ := g.members.get(c.Altered[n].Value)
		altered[n] = item{i.principal, types.details(&c.Altered[n])}
	}
	change := func(m *members) *members {
		if len(removed) < m.len() {
			for _, p := range removed {
				m.remove(p)
			}
		} else if m = nil; len(added) > 0 { // all old members are removed
			m = newMembers()
		}
		for n := range added {
			m.set(item{added[n], types.details(&c.Added[n])})
		}
		for _, i := range altered {
			m.set(i)
		}
		return m
	}
	if len(removed)+len(added)+len(altered) <= smallChange {
		return func() { g.members = change(g.members) }, removed
	}
	g.mu.Lock() // a snapshot changes the tree
	copied := g.members.snapshot()
	g.mu.Unlock()
	copied = change(copied)
	return func() { g.members = copied }, removed
}
