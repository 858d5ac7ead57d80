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
	"github.com/scimgroups/scimgroups/store/adapter"
)

// Store implements [store.GroupStore], [store.MemberScanner],
// [store.MemberCounter] and [store.MembershipFinder]. [New] and [NewWith] return one.
type Store struct {
	options    Options
	nesting    store.Nesting // of the options, or the default
	byID       sync.Map      // id → *group
	principals *principals
	types      commonTypes
	count      atomic.Uint64 // number of groups ever created
	nest       sync.RWMutex  // see [Store.join]

	mu        sync.RWMutex // guards the indexes, and changes of byID
	creation  index        // key ""
	ids       index        // key id
	names     index        // key folded displayName
	externals index        // key externalId
	floor     store.Version
	leaving   map[string]chan struct{} // by id of a deleted group that is still a member; closed by leave
}

var (
	_ store.GroupStore       = (*Store)(nil)
	_ store.MemberScanner    = (*Store)(nil)
	_ store.MemberCounter    = (*Store)(nil)
	_ store.MembershipFinder = (*Store)(nil)
)

// New returns an empty store with the zero [Options].
func New() *Store { return NewWith(Options{}) }

// NewWith returns an empty store with the given options.
func NewWith(o Options) *Store {
	s := &Store{
		options:    o,
		principals: newPrincipals(),
		creation:   newIndex(),
		ids:        newIndex(),
		names:      newIndex(),
		externals:  newIndex(),
		leaving:    map[string]chan struct{}{},
	}
	s.nesting = s.options.Nesting
	if s.options.IDFromName && s.nesting == store.NestingTyped {
		s.nesting = store.NestingOff
	}
	if s.options.NewID == nil {
		s.options.NewID = func(store.Group) string { return adapter.NewID() }
	}
	if s.options.Clock == nil {
		s.options.Clock = time.Now
	}
	return s
}

// find returns the group with this id, or nil.
func (s *Store) find(id string) *group {
	g, ok := s.byID.Load(id)
	if !ok {
		return nil
	}
	return g.(*group)
}

// Create implements [store.GroupStore].
func (s *Store) Create(ctx context.Context, g store.Group) (store.Change, error) {
	if err := ctx.Err(); err != nil {
		return store.Change{}, err
	}
	id, err := s.newID(g)
	if err != nil {
		return store.Change{}, err
	}
	g, change := adapter.New(g, id, s.options.Clock())
	for {
		if err := s.awaitLeave(ctx, id); err != nil {
			return store.Change{}, err
		}
		h, added, again, err := s.add(g)
		if err != nil {
			return store.Change{}, err
		}
		if !again {
			change.Group.Version = h.group.Version
			if !change.Truncated {
				change.Added = slices.Clone(added)
			}
			return change, nil
		}
	}
}

// add stores a new group, and returns its head and its members. If other groups have
// changed meanwhile, it returns again, and has to be called again.
func (s *Store) add(g store.Group) (h *head, added []store.Member, again bool, err error) {
	given := g.Members
	isGroup := func(id string) bool { return id == g.ID || s.isGroup(id) }
	if s.nesting != store.NestingOff {
		g.Members = adapter.TypeMembers(g.Members, isGroup)
	}
	h = newHead(g, nil)
	made := newGroup(h, s.count.Add(1))

	// The members are indexed before the group is visible. Until then it is marked as
	// deleted, so readers ignore it.
	made.deleted.Store(true)
	change := store.MemberChange{Added: g.Members}
	members := s.principals.add(valuesOf(g.Members), made)
	defer func() {
		if again || err != nil {
			s.principals.remove(members, made)
		}
	}()
	apply, _ := made.prepare(&change, members, &s.types)
	made.mu.Lock()
	apply()
	made.mu.Unlock()

	if s.nesting != store.NestingOff {
		s.nest.Lock()
		defer s.nest.Unlock()
		if !typedAs(given, g.Members, isGroup) {
			return nil, nil, true, nil
		}
		if err := s.checkCycle(g.ID, g.Members); err != nil {
			return nil, nil, false, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leaving[g.ID] != nil {
		return nil, nil, true, nil
	}
	if err := s.vacant(h, made); err != nil {
		return nil, nil, false, err
	}
	if h.group.Version <= s.floor {
		// The clock went back or has not advanced.
		raised := *h
		raised.group.Version = s.floor + 1
		h = &raised
	}
	made.mu.Lock()
	made.head.Store(h)
	made.deleted.Store(false)
	made.mu.Unlock()
	s.creation.add("", made)
	s.ids.add(g.ID, made)
	s.names.add(h.folded, made)
	s.externals.add(h.group.ExternalID, made)
	s.byID.Store(g.ID, made)
	return h, g.Members, false, nil
}

// newID returns a valid id for a new group.
func (s *Store) newID(g store.Group) (string, error) {
	id := g.DisplayName
	if !s.options.IDFromName {
		g.Members = slices.Clone(g.Members)
		g.Extensions = g.Extensions.Clone()
		id = s.options.NewID(g)
	}
	err := adapter.ValidID(id)
	if invalid := (*store.InvalidError)(nil); s.options.IDFromName && errors.As(err, &invalid) {
		return "", &store.InvalidError{Attribute: "displayName", Reason: invalid.Reason}
	}
	return id, err
}

// vacant returns an error if the id or the name of a new group belongs to another group.
// The caller holds mu.
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
	selected, h := g.read(sel)
	if h == nil {
		return store.Group{}, store.ErrNotFound
	}
	return selected, nil
}

// ScanMembers implements [store.MemberScanner].
func (s *Store) ScanMembers(ctx context.Context, id, after string, into []store.Member) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	g := s.find(id)
	if g == nil {
		return 0, store.ErrNotFound
	}
	v, ok := g.view(true)
	if !ok {
		return 0, store.ErrNotFound
	}
	return v.members.after(after, into), nil
}

// write returns the group with its writer held. The caller must call unlock.
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
		if !g.deleted.Load() {
			return g, nil
		}
		// The group was deleted meanwhile; another may have its id now.
		g.unlock()
	}
}

// Update implements [store.GroupStore].
func (s *Store) Update(ctx context.Context, id string, u store.Update) (store.Change, error) {
	g, err := s.write(ctx, id)
	if err != nil {
		return store.Change{}, err
	}
	defer g.unlock() // deferred because u.Head may panic

	before := g.head.Load()
	if err := u.If.Check(before.group.Version); err != nil {
		return store.Change{}, err
	}
	edited := &before.group
	if u.Head != nil {
		head := before.selected(true)
		if err := u.Head(&head); err != nil {
			return store.Change{}, err
		}
		edited = &head
	}
	if err := ctx.Err(); err != nil {
		return store.Change{}, err
	}
	for {
		change, again, err := s.change(g, before, edited, &u)
		if err != nil {
			return store.Change{}, err
		}
		if !again {
			return change, nil
		}
	}
}

// change changes a group whose writer the caller holds; edited has the fields that u.Head
// has set. If other groups have changed meanwhile, change returns again, and has to be
// called again.
func (s *Store) change(
	g *group, before *head, edited *store.Group, u *store.Update,
) (change store.Change, again bool, err error) {
	typed := u.Members
	if s.nesting != store.NestingOff {
		typed = adapter.TypeEdits(u.Members, s.isGroup)
	}
	change.MemberChange, err = adapter.Plan(typed, g.members)
	if err != nil {
		return change, false, err
	}
	change.FormerName = before.group.DisplayName
	after := before
	sameHead := u.Head == nil || adapter.SameHead(&before.group, edited)
	if change.Changed = !sameHead || !change.IsZero(); change.Changed {
		next := adapter.Touch(before.group, s.options.Clock())
		if !sameHead {
			next.ExternalID, next.DisplayName, next.Extensions = edited.ExternalID, edited.DisplayName, edited.Extensions.Clone()
			change.Attributes = adapter.ChangedAttributes(&before.group, &next)
		}
		after = newHead(next, before)
		stillTyped := func() bool { return s.editsTypedAs(u.Members, typed) }
		again, err = s.commit(g, before, after, &change.MemberChange, stillTyped)
	}
	change.Group = after.selected(u.Head != nil || u.Extensions)
	adapter.Count(&change.MemberChange, store.MaxChangeMembers)
	return change, again, err
}

// commit makes the change visible in one step; typed and again are those of [Store.join].
func (s *Store) commit(
	g *group, before, after *head, c *store.MemberChange, typed func() bool,
) (again bool, err error) {
	slices.SortFunc(c.Added, func(a, b store.Member) int { return strings.Compare(a.Value, b.Value) })
	added := s.principals.add(valuesOf(c.Added), g)
	apply, removed := g.prepare(c, added, &s.types)
	show := func() {
		g.mu.Lock()
		apply()
		g.head.Store(after)
		g.mu.Unlock()
	}
	again, err = s.join(g.id, c, typed, func() error {
		if before.folded != after.folded || before.group.ExternalID != after.group.ExternalID {
			return s.reindex(g, before, after, show)
		}
		show()
		return nil
	})
	if again || err != nil {
		s.principals.remove(added, g)
		return again, err
	}
	s.principals.remove(removed, g)
	return false, nil
}

// reindex indexes the group by its new name and externalId, and calls show. It returns a
// [store.ConflictError] if the name is taken.
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
func (s *Store) Delete(ctx context.Context, id string, c *store.Condition) (store.Change, error) {
	change, err := s.drop(ctx, id, c)
	if err != nil {
		return store.Change{}, err
	}
	if s.nesting != store.NestingOff {
		s.leave(id)
	}
	return change, nil
}

// drop removes the group from the store, but not yet from the groups that contain it.
func (s *Store) drop(ctx context.Context, id string, c *store.Condition) (store.Change, error) {
	g, err := s.write(ctx, id)
	if err != nil {
		return store.Change{}, err
	}
	defer g.unlock()
	h := g.head.Load()
	change, err := adapter.Deleted(h.group, c)
	if err != nil {
		return store.Change{}, err
	}
	members := s.remove(g, h)
	if members.len() > 0 {
		removed := make([]*principal, 0, members.len())
		members.tree.Scan(func(i item) bool {
			removed = append(removed, i.principal)
			return true
		})
		s.principals.remove(removed, g)
	}
	return change, nil
}

// remove removes the group from the indexes and returns its members.
func (s *Store) remove(g *group, h *head) *members {
	if s.nesting != store.NestingOff {
		s.nest.Lock()
		defer s.nest.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nesting != store.NestingOff {
		s.leaving[g.id] = make(chan struct{})
	}
	s.byID.Delete(g.id)
	s.creation.remove("", g)
	s.ids.remove(g.id, g)
	s.names.remove(h.folded, g)
	s.externals.remove(h.group.ExternalID, g)
	s.floor = max(s.floor, h.group.Version)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.deleted.Store(true)
	had := g.members
	g.members = nil
	return had
}

func valuesOf(members []store.Member) []string {
	out := make([]string, len(members))
	for i := range members {
		out[i] = members[i].Value
	}
	return out
}
