package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scimgroups/scimgroups/store"
)

// Store implements [store.GroupStore] and [store.MemberScanner]; see the
// package. It is made by [New].
type Store struct {
	options Options
	byID    sync.Map // id → *group
	people  *people
	types   commonTypes
	count   atomic.Uint64 // groups ever made

	mu        sync.RWMutex // guards the indexes, and changes of byID
	creation  index        // key ""
	ids       index        // key id
	names     index        // key folded displayName
	externals index        // key externalId
	floor     store.Version
}

var (
	_ store.GroupStore    = (*Store)(nil)
	_ store.MemberScanner = (*Store)(nil)
)

// New makes an empty store. At most one Options may be given.
func New(options ...Options) *Store {
	s := &Store{people: newPeople(), creation: newIndex(), ids: newIndex(), names: newIndex(), externals: newIndex()}
	if len(options) > 0 {
		s.options = options[0]
	}
	if s.options.NewID == nil {
		s.options.NewID = func(store.Group) string { return store.NewID() }
	}
	if s.options.Clock == nil {
		s.options.Clock = time.Now
	}
	return s
}

// find answers the group with this id, or nil.
func (s *Store) find(id string) *group {
	g, ok := s.byID.Load(id)
	if !ok {
		return nil
	}
	return g.(*group)
}

// Create implements [store.GroupStore].
func (s *Store) Create(ctx context.Context, g store.Group) (store.Group, error) {
	if err := ctx.Err(); err != nil {
		return store.Group{}, err
	}
	id, err := s.newID(g)
	if err != nil {
		return store.Group{}, err
	}
	g = g.New(id, s.options.Clock())
	h := newHead(g)
	made := newGroup(h, s.count.Add(1))

	// The members are in the index before the group can be seen; nobody finds it
	// there, because it counts as gone.
	made.gone = true
	change := store.MemberChange{Added: g.Members}
	who := s.people.enter(valuesOf(g.Members), made)
	apply, _ := made.prepare(&change, who, &s.types)
	made.mu.Lock()
	apply()
	made.mu.Unlock()

	s.mu.Lock()
	err = s.vacant(h, made)
	if err == nil {
		if h.group.Version <= s.floor {
			// The clock went back, or stands still.
			raised := *h
			raised.group.Version = s.floor + 1
			h = &raised
		}
		made.mu.Lock()
		made.head.Store(h)
		made.gone = false
		made.mu.Unlock()
		s.creation.add("", made)
		s.ids.add(id, made)
		s.names.add(h.folded, made)
		s.externals.add(h.group.ExternalID, made)
		s.byID.Store(id, made)
	}
	s.mu.Unlock()
	if err != nil {
		s.people.strike(who, made)
		return store.Group{}, err
	}
	return h.answer(true), nil
}

// newID chooses an id for a new group and checks it.
func (s *Store) newID(g store.Group) (string, error) {
	id := g.DisplayName
	if !s.options.IDFromName {
		g.Members = slices.Clone(g.Members)
		g.Extensions = g.Extensions.Clone()
		id = s.options.NewID(g)
	}
	err := store.ValidID(id)
	if invalid := (*store.InvalidError)(nil); s.options.IDFromName && errors.As(err, &invalid) {
		return "", &store.InvalidError{Attribute: "displayName", Reason: invalid.Reason}
	}
	return id, err
}

// vacant answers an error if the id or the name of a new group belongs to
// another. mu is held.
func (s *Store) vacant(h *head, g *group) error {
	if !s.options.AllowDuplicateNames && s.names.taken(h.folded, g) {
		return &store.ConflictError{Attribute: "displayName"}
	}
	if s.find(g.id) == nil {
		return nil
	}
	if s.options.IDFromName {
		return &store.ConflictError{Attribute: "displayName"}
	}
	return fmt.Errorf("memory: the new id %q belongs to another group", g.id)
}

// Get implements [store.GroupStore].
func (s *Store) Get(ctx context.Context, id string, sel store.Selection) (store.Group, error) {
	if err := ctx.Err(); err != nil {
		return store.Group{}, err
	}
	g := s.find(id)
	if g == nil {
		return store.Group{}, store.ErrNotFound
	}
	if !sel.Members {
		return g.head.Load().answer(sel.Extensions), nil
	}
	v, there := g.view(true)
	if !there {
		return store.Group{}, store.ErrNotFound
	}
	return v.group(sel), nil
}

// ScanMembers implements [store.MemberScanner].
func (s *Store) ScanMembers(ctx context.Context, id, after string, limit int) ([]store.Member, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	g := s.find(id)
	if g == nil {
		return nil, store.ErrNotFound
	}
	v, there := g.view(true)
	if !there {
		return nil, store.ErrNotFound
	}
	return v.members.after(after, limit), nil
}

// write finds the group and makes the caller its only writer, until it calls
// unlock.
func (s *Store) write(ctx context.Context, id string) (*group, error) {
	for {
		g := s.find(id)
		if g == nil {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			return nil, store.ErrNotFound
		}
		if err := g.lock(ctx); err != nil {
			return nil, err
		}
		if !g.gone {
			return g, nil
		}
		// It was deleted while we waited; there may be another with its id by now.
		g.unlock()
	}
}

// Update implements [store.GroupStore].
func (s *Store) Update(ctx context.Context, id string, fn store.UpdateFunc) (store.Change, error) {
	g, err := s.write(ctx, id)
	if err != nil {
		return store.Change{}, err
	}
	defer g.unlock() // by defer, as fn may panic

	before := g.head.Load()
	edited := before.answer(true)
	edits, err := fn(&edited)
	if err != nil {
		return store.Change{}, err
	}
	if err := ctx.Err(); err != nil {
		return store.Change{}, err
	}
	change := store.Change{}
	change.MemberChange, err = edits.Plan(g.members)
	if err != nil {
		return store.Change{}, err
	}
	if change.IsZero() && store.HeadsEqual(&before.group, &edited) {
		change.Group = before.answer(true)
		return change, nil
	}
	change.Changed = true
	next := before.group.Touched(s.options.Clock())
	next.ExternalID, next.DisplayName, next.Extensions = edited.ExternalID, edited.DisplayName, edited.Extensions.Clone()
	after := newHead(next)
	if err := s.commit(g, before, after, &change.MemberChange); err != nil {
		return store.Change{}, err
	}
	change.Group = after.answer(true)
	return change, nil
}

// commit makes the change visible, all of it in one moment.
func (s *Store) commit(g *group, before, after *head, c *store.MemberChange) error {
	slices.SortFunc(c.Added, func(a, b store.Member) int { return strings.Compare(a.Value, b.Value) })
	who := s.people.enter(valuesOf(c.Added), g)
	apply, gone := g.prepare(c, who, &s.types)
	show := func() {
		g.mu.Lock()
		apply()
		g.head.Store(after)
		g.mu.Unlock()
	}
	if before.folded == after.folded && before.group.ExternalID == after.group.ExternalID {
		show()
	} else if err := s.reindex(g, before, after, show); err != nil {
		s.people.strike(who, g)
		return err
	}
	s.people.strike(gone, g)
	return nil
}

// reindex enters the group under its new name and externalId, if the name is
// free, and shows the change.
func (s *Store) reindex(g *group, before, after *head, show func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before.folded != after.folded {
		if !s.options.AllowDuplicateNames && s.names.taken(after.folded, g) {
			return &store.ConflictError{Attribute: "displayName"}
		}
		s.names.remove(before.folded, g)
		s.names.add(after.folded, g)
	}
	if before.group.ExternalID != after.group.ExternalID {
		s.externals.remove(before.group.ExternalID, g)
		s.externals.add(after.group.ExternalID, g)
	}
	show()
	return nil
}

// Delete implements [store.GroupStore].
func (s *Store) Delete(ctx context.Context, id string, check func(head store.Group) error) error {
	g, err := s.write(ctx, id)
	if err != nil {
		return err
	}
	defer g.unlock()
	h := g.head.Load()
	if check != nil {
		if err := check(h.answer(true)); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	s.byID.Delete(id)
	s.creation.remove("", g)
	s.ids.remove(id, g)
	s.names.remove(h.folded, g)
	s.externals.remove(h.group.ExternalID, g)
	s.floor = max(s.floor, h.group.Version)
	g.mu.Lock()
	g.gone = true
	members := g.members
	g.members = nil
	g.mu.Unlock()
	s.mu.Unlock()

	if members.len() > 0 {
		who := make([]*principal, 0, members.len())
		members.tree.Scan(func(i item) bool {
			who = append(who, i.who)
			return true
		})
		s.people.strike(who, g)
	}
	return nil
}

func valuesOf(members []store.Member) []string {
	out := make([]string, len(members))
	for i := range members {
		out[i] = members[i].Value
	}
	return out
}
