package memory

import (
	"context"
	"slices"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// isGroup reports whether a group has this id.
func (s *Store) isGroup(id string) bool { return s.find(id) != nil }

// typedAs reports whether typed still has the Types that the members given without a Type
// should get.
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

// join calls show, which makes a change of the members of a group, in one step with the
// conditions of the change: typed still reports that the Types of the members are right,
// and, if cycles are refused, the change makes none. If a condition no longer holds because
// other groups have changed, join returns again, and the caller has to repeat the change.
// The added members are in s.principals already.
//
// While members are added, join holds nest for reading, so no group is created or deleted
// meanwhile. If groups are added to a group and cycles are refused, it holds nest for
// writing. Then no other member is added, so the groups that contain this one, which are
// found one by one, include all that contain it at the end of the search. Memberships that
// were removed during the search do no harm: without them there are no more cycles.
func (s *Store) join(
	id string, c *store.MemberChange, typed func() bool, show func() error,
) (again bool, err error) {
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
		if err := s.checkCycle(id, c.Added); err != nil {
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

// checkCycle returns a [store.CycleError] if cycles are refused and one of the added members
// is the group with this id or contains it. The caller holds nest for writing.
func (s *Store) checkCycle(id string, added []store.Member) error {
	if s.nesting != store.NestingAcyclic || len(added) == 0 {
		return nil
	}
	above := map[string]bool{id: true}
	for todo := []string{id}; len(todo) > 0; todo = todo[1:] {
		for _, g := range s.principals.groupsOf(todo[0]) {
			// The index may list groups that do not have the member.
			if !above[g.id] && g.headWith(todo[0]) != nil {
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

// leave removes a deleted group from the groups that contain it. A change that added the
// group before it was deleted has put it into s.principals by now.
//
// leave locks one group at a time, and the caller holds no writer, so two groups that
// contain each other can be deleted concurrently. It takes no context, since a Delete that
// has begun must finish.
func (s *Store) leave(id string) {
	for _, g := range s.principals.groupsOf(id) {
		s.removeMember(g, id)
	}
	s.mu.Lock()
	close(s.leaving[id])
	delete(s.leaving, id)
	s.mu.Unlock()
}

// removeMember removes a member from g, if it has it.
func (s *Store) removeMember(g *group, value string) {
	g.writer <- struct{}{}
	defer g.unlock()
	before := g.headWith(value)
	if before == nil {
		return
	}
	after := newHead(adapter.Touch(before.group, s.options.Clock()), before)
	// The change adds no member and changes no name, so it cannot fail.
	_, _ = s.commit(g, before, after, &store.MemberChange{Removed: []string{value}}, nil)
}

// awaitLeave waits until no group contains a deleted group with this id. Otherwise a new
// group with the id would take its place.
func (s *Store) awaitLeave(ctx context.Context, id string) error {
	s.mu.RLock()
	done := s.leaving[id]
	s.mu.RUnlock()
	if done == nil {
		return nil
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
