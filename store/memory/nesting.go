package memory

import (
	"context"
	"slices"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// isGroup reports whether there is a group with this id.
func (s *Store) isGroup(id string) bool { return s.find(id) != nil }

// typedAs reports whether the members that were given without a Type are typed as
// they have to be now.
func typedAs(given, typed []store.Member, isGroup func(id string) bool) bool {
	for i := range given {
		if given[i].Type == "" && isGroup(given[i].Value) != (typed[i].Type != "") {
			return false
		}
	}
	return true
}

// editsTypedAs is typedAs for edits.
func (s *Store) editsTypedAs(given, typed store.MemberEdits) bool {
	for i := range given {
		if !typedAs(given[i].Members, typed[i].Members, s.isGroup) &&
			(given[i].Op == store.AddMembers || given[i].Op == store.ReplaceMembers) {
			return false
		}
	}
	return true
}

// join makes a change of the members of a group, which show does, in one step with
// what it depends on: that typed still holds, as to which members are groups, and
// that there is no circle if the options refuse them. It asks for all of it to be
// done again if that is not so any more. Those that are added are in the index of
// people already.
//
// While members are added, nest is held for reading, so that no group comes or
// goes meanwhile, or, if groups are put into a group and circles are refused, for
// writing: then no other member is added, and the groups above this one, which are
// found one by one, are those of one moment but for some that may have been left.
// If there was no circle with these, there is none without them.
func (s *Store) join(id string, c *store.MemberChange, typed func() bool, show func() error) (again bool, err error) {
	if s.nesting == store.NestingOff || len(c.Added)+len(c.Altered) == 0 {
		return false, show()
	}
	nested := func() bool {
		return s.nesting == store.NestingAcyclic &&
			slices.ContainsFunc(c.Added, func(m store.Member) bool { return s.isGroup(m.Value) })
	}
	if nested() {
		s.nest.Lock()
		defer s.nest.Unlock()
		if err := s.circle(id, c.Added); err != nil {
			return false, err
		}
	} else {
		s.nest.RLock()
		defer s.nest.RUnlock()
		if nested() {
			return true, nil
		}
	}
	if !typed() {
		return true, nil
	}
	return false, show()
}

// circle returns a [store.CycleError] if circles are refused and one of the members
// is the group with this id, or one that it is in. nest is held for writing.
func (s *Store) circle(id string, added []store.Member) error {
	if s.nesting != store.NestingAcyclic || len(added) == 0 {
		return nil
	}
	above := map[string]bool{id: true}
	for todo := []string{id}; len(todo) > 0; todo = todo[1:] {
		for _, g := range s.people.groupsOf(todo[0]) {
			// The index may say more than what is true.
			if !above[g.id] && g.holding(todo[0]) != nil {
				above[g.id] = true
				todo = append(todo, g.id)
			}
		}
	}
	for i := range added {
		if above[added[i].Value] {
			return &store.CycleError{Value: added[i].Value}
		}
	}
	return nil
}

// leave removes a group that is gone from the groups that it was a member of. A
// change that put it there before it was gone, and knew it for a group, has
// entered it into the index of people by now.
//
// It takes one writer at a time, and the caller has none, so that two groups that
// hold each other can be deleted at once. It does not heed a context: what has
// begun is finished.
func (s *Store) leave(id string) {
	for _, g := range s.people.groupsOf(id) {
		s.expel(g, id)
	}
	s.mu.Lock()
	close(s.leaving[id])
	delete(s.leaving, id)
	s.mu.Unlock()
}

// expel removes a member.
func (s *Store) expel(g *group, value string) {
	g.writer <- struct{}{}
	defer g.unlock()
	before := g.holding(value)
	if before == nil {
		return
	}
	after := newHead(adapter.Touch(before.group, s.options.Clock()), before)
	// Nothing is added and no name changes, so that nothing can be in the way.
	_, _ = s.commit(g, before, after, &store.MemberChange{Removed: []string{value}}, nil)
}

// awaitLeave waits until a group that had this id, and was deleted, is a member of
// nothing any more; a new one would take its place.
func (s *Store) awaitLeave(ctx context.Context, id string) error {
	s.mu.RLock()
	left := s.leaving[id]
	s.mu.RUnlock()
	if left == nil {
		return nil
	}
	select {
	case <-left:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
