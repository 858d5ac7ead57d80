package memory

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/store"
)

// named returns a store whose groups have their names as ids, and which refuses cycles.
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

func TestNoGroupIsCreatedOrDeletedWhileMembersAreAdded(t *testing.T) {
	s := named(t, store.Group{DisplayName: "parent"}, store.Group{DisplayName: "child"})
	for name, c := range map[string]struct {
		member string
		alone  bool
	}{
		"adding a person lets other groups change":    {"person", false},
		"adding a group keeps other groups unchanged": {"child", true},
	} {
		t.Run(name, func(t *testing.T) {
			shown := false
			change := &store.MemberChange{Added: []store.Member{{Value: c.member}}}
			again, err := s.join("parent", change, typed, func() error {
				shown = true
				if s.nest.TryLock() {
					s.nest.Unlock()
					t.Error("a group can be created or deleted")
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

func typed() bool { return true }

// The added member is not a group when the change begins, and is one when it gets the lock.
func TestAMemberThatBecomesAGroupBeforeItIsAddedClosesNoCycle(t *testing.T) {
	s := named(t,
		store.Group{DisplayName: "parent"},
		store.Group{DisplayName: "child", Members: []store.Member{{Value: "parent"}}})
	child := s.find("child")
	s.byID.Delete("child")
	s.nest.Lock()
	done := make(chan error)
	go func() {
		change := &store.MemberChange{Added: []store.Member{{Value: "child"}}}
		again, err := s.join("parent", change, typed, func() error { return errors.New("the change is shown") })
		if again {
			err = nil
		}
		done <- err
	}()
	time.Sleep(20 * time.Millisecond) // join waits by then; if not, it finds the cycle at once
	s.byID.Store("child", child)
	s.nest.Unlock()
	var cycle *store.CycleError
	if err := <-done; err != nil && !errors.As(err, &cycle) {
		t.Error(err)
	}
}

func TestAChangeWaitsForReadersOfTheGroup(t *testing.T) {
	s := named(t, store.Group{DisplayName: "a", Members: []store.Member{{Value: "m"}}})
	g := s.find("a")
	for name, change := range map[string]func(){
		"before it is visible": func() {
			add := store.MemberEdit{Op: store.AddMembers, Members: []store.Member{{Value: "n"}}}
			if _, err := s.Update(t.Context(), "a", store.Update{Members: store.MemberEdits{add}}); err != nil {
				t.Error(err)
			}
		},
		// A snapshot changes the tree, and readers take snapshots too.
		"before it takes a snapshot": func() {
			var many store.MemberChange
			for i := range smallChange + 1 {
				many.Added = append(many.Added, store.Member{Value: fmt.Sprint("new ", i)})
			}
			g.prepare(&many, s.principals.add(valuesOf(many.Added), g), &s.types)
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
				t.Error("the change does not wait")
			case <-time.After(20 * time.Millisecond):
			}
			g.mu.Unlock()
			<-done
		})
	}
}
