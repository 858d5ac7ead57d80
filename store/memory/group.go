package memory

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// group is a group in the store.
//
// Who changes it holds writer from before the function of the Update is called
// until all is done. Readers take the head as it is, or lock mu for the moment in
// which they take a head and the members that belong to it. Locks are taken in
// the order writer, Store.nest, Store.mu, mu; nobody waits for a writer while it
// has one or any of the others.
type group struct {
	id      string
	created time.Time
	number  uint64        // counts the groups of the store, for an order that stays
	writer  chan struct{} // holds one token while somebody writes

	head atomic.Pointer[head] // set under mu
	gone atomic.Bool          // deleted; set under writer and mu

	mu      sync.Mutex
	members *members // replaced or changed under mu
}

func newGroup(h *head, number uint64) *group {
	g := &group{id: h.group.ID, created: h.group.Created, number: number, writer: make(chan struct{}, 1)}
	g.head.Store(h)
	return g
}

// lock waits until nobody else writes, or ctx is done.
func (g *group) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err // select would choose either of two that are ready
	}
	select {
	case g.writer <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *group) unlock() { <-g.writer }

// view is a group at one moment.
type view struct {
	of      *group
	head    *head
	members *members // nil if the view was taken without
}

// view takes the head and, if they are wanted, the members that go with it. It
// returns false if the group is gone.
func (g *group) view(members bool) (view, bool) {
	if !members {
		// No lock, as a list of many groups would spend most of its time on them.
		there := !g.gone.Load()
		return view{head: g.head.Load()}, there
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return view{head: g.head.Load(), members: g.members.snapshot()}, !g.gone.Load()
}

// rank is the rank of the group in the list of q.
func (v *view) rank(q *store.Query) adapter.Rank { return adapter.RankOf(*q, &v.head.group) }

// selected returns what sel asks for of a view that was taken with the members.
func (v *view) selected(sel store.Selection) store.Group {
	g := v.head.selected(sel.Extensions)
	if g.MembersOmitted = omits(sel, v.members); !g.MembersOmitted {
		g.Members = v.members.list()
	}
	return g
}

// omits reports whether there are more members than sel wants.
func omits(sel store.Selection, m *members) bool {
	return sel.MaxMembers > 0 && m.len() > sel.MaxMembers
}

// read returns what sel asks for, all of one moment, and the head that it was read
// with; nil if the group is gone.
func (g *group) read(sel store.Selection) (answer store.Group, of *head) {
	if !sel.Members {
		of = g.head.Load()
		return of.selected(sel.Extensions), of
	}
	g.mu.Lock()
	if of = g.head.Load(); g.gone.Load() {
		of = nil
	}
	var few []store.Member
	var many *members
	omitted := omits(sel, g.members)
	switch {
	case omitted:
	case g.members.len() <= smallChange:
		// Cheaper than a snapshot, which would have the next writer copy nodes.
		few = g.members.list()
	default:
		many = g.members.snapshot()
	}
	g.mu.Unlock()
	if of == nil {
		return store.Group{}, nil
	}
	answer = of.selected(sel.Extensions)
	answer.MembersOmitted = omitted
	if answer.Members = few; many != nil {
		answer.Members = many.list()
	}
	return answer, of
}

// Attribute lets a filter look at the group ([filter.Resource]) without its
// members being put into a list, or its name being folded for every look.
func (v *view) Attribute(a *filter.Attribute) filter.Value {
	if !a.Extension {
		switch a.Name {
		case "displayName":
			return filter.FoldedValue(v.head.group.DisplayName, v.head.folded)
		case "members":
			if v.members.len() == 0 {
				return filter.Value{}
			}
			return filter.ElementsValue((*elements)(v.members))
		}
	}
	return v.head.group.Attribute(a)
}

// smallChange is how many members are changed in place, while readers wait. A
// greater change is made to a copy, which then takes the place of the tree.
const smallChange = 64

// holding returns the head if the group has the member at this moment, else nil.
func (g *group) holding(value string) *head {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.members.get(value); !ok || g.gone.Load() {
		return nil
	}
	return g.head.Load()
}

// prepare returns a function that makes the change to the members, to be called
// under mu by who holds writer, and those who are then gone. The people of added
// are who[i].
func (g *group) prepare(c *store.MemberChange, who []*principal, types *commonTypes) (apply func(), gone []*principal) {
	for _, value := range c.Removed {
		if i, ok := g.members.get(value); ok {
			gone = append(gone, i.who)
		}
	}
	altered := make([]item, len(c.Altered))
	for n := range c.Altered {
		i, _ := g.members.get(c.Altered[n].Value)
		altered[n] = item{i.who, types.details(&c.Altered[n])}
	}
	change := func(m *members) *members {
		if len(gone) < m.len() {
			for _, p := range gone {
				m.remove(p)
			}
		} else if m = nil; len(who) > 0 { // nothing of the old ones stays
			m = newMembers()
		}
		for n := range who {
			m.set(item{who[n], types.details(&c.Added[n])})
		}
		for _, i := range altered {
			m.set(i)
		}
		return m
	}
	if len(gone)+len(who)+len(altered) <= smallChange {
		return func() { g.members = change(g.members) }, gone
	}
	g.mu.Lock() // a snapshot is a change of the trees
	copied := g.members.snapshot()
	g.mu.Unlock()
	copied = change(copied)
	return func() { g.members = copied }, gone
}
