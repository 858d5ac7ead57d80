package memory

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/store"
)

// named makes a store whose groups have their names as ids, and refuses circles.
func named(t *testing.T, groups ...store.Group) *Store {
	t.Helper()
	s := NewWith(Options{Nesting: store.NestingAcyclic, NewID: func(g store.Group) string { return g.DisplayName }})
	for _, g := range groups {
		if _, err := s.Create(t.Context(), g); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestWhileMembersAreAddedNoGroupComesOrGoes(t *testing.T) {
	s := named(t, store.Group{DisplayName: "parent"}, store.Group{DisplayName: "child"})
	for name, c := range map[string]struct {
		member string
		alone  bool
	}{
		"and people are added to other groups":                   {"person", false},
		"and where it is a group, none is added to other groups": {"child", true},
	} {
		t.Run(name, func(t *testing.T) {
			shown := false
			again, err := s.join("parent", &store.MemberChange{Added: []store.Member{{Value: c.member}}}, func() bool { return true }, func() error {
				shown = true
				if s.nest.TryLock() {
					s.nest.Unlock()
					t.Error("a group can come or go")
				}
				others := s.nest.TryRLock()
				if others {
					s.nest.RUnlock()
				}
				if others == c.alone {
					t.Errorf("members can be added to other groups: %t", others)
				}
				return nil
			})
			if again || err != nil || !shown {
				t.Errorf("again %t, shown %t, %v", again, shown, err)
			}
		})
	}
}

// What was no group when the change began is one when it is its turn.
func TestAMemberThatBecomesAGroupBeforeItIsAddedClosesNoCircle(t *testing.T) {
	s := named(t, store.Group{DisplayName: "parent"}, store.Group{DisplayName: "child", Members: []store.Member{{Value: "parent"}}})
	child := s.find("child")
	s.byID.Delete("child")
	s.nest.Lock()
	done := make(chan error)
	go func() {
		again, err := s.join("parent", &store.MemberChange{Added: []store.Member{{Value: "child"}}}, func() bool { return true }, func() error { return errors.New("it is shown") })
		if again {
			err = nil
		}
		done <- err
	}()
	time.Sleep(20 * time.Millisecond) // it waits by then; if not, it finds the circle at once
	s.byID.Store("child", child)
	s.nest.Unlock()
	var cycle *store.CycleError
	if err := <-done; err != nil && !errors.As(err, &cycle) {
		t.Error(err)
	}
}

func TestAChangeWaitsForWhoIsReadingTheGroup(t *testing.T) {
	s := named(t, store.Group{DisplayName: "a", Members: []store.Member{{Value: "m"}}})
	g := s.find("a")
	for name, change := range map[string]func(){
		"to show what it has done": func() {
			_, err := s.Update(t.Context(), "a", store.Update{Members: store.MemberEdits{{Op: store.AddMembers, Members: []store.Member{{Value: "n"}}}}})
			if err != nil {
				t.Error(err)
			}
		},
		// Which is a change of the tree, that readers make too.
		"to take a snapshot for a change of many": func() {
			var many store.MemberChange
			for i := range smallChange + 1 {
				many.Added = append(many.Added, store.Member{Value: fmt.Sprint("new ", i)})
			}
			g.prepare(&many, s.people.enter(valuesOf(many.Added), g), &s.types)
		},
	} {
		t.Run(name, func(t *testing.T) {
			g.mu.Lock()
			done := make(chan struct{})
			go func() {
				defer close(done)
				change()
			}()
			select {
			case <-done:
				t.Error("it does not wait")
			case <-time.After(20 * time.Millisecond):
			}
			g.mu.Unlock()
			<-done
		})
	}
}
