package sqlstore_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/store"
)

// TestConcurrentProcessesLoseNoMember adds members through stores that were opened
// separately, whose writers do not queue for each other, like those of several processes.
func TestConcurrentProcessesLoseNoMember(t *testing.T) {
	onEach(t, engines, func(t *testing.T, e engine) {
		stores := processes(t, e.fixture(t), 3)
		g, err := stores[0].Create(t.Context(), store.Group{DisplayName: "one"})
		if err != nil {
			t.Fatal(err)
		}
		const writers, adds = 12, 10
		var wait sync.WaitGroup
		for w := range writers {
			wait.Go(func() {
				last := store.Version(0)
				for n := range adds {
					change, err := stores[w%len(stores)].Update(t.Context(), g.Group.ID, add(fmt.Sprintf("m-%d-%d", w, n)))
					if err != nil || len(change.Added) != 1 {
						t.Errorf("add: %+v, %v", change, err)
						return
					}
					if change.Group.Version <= last {
						t.Errorf("version %d comes after %d", change.Group.Version, last)
					}
					last = change.Group.Version
				}
			})
		}
		wait.Wait()
		got, err := stores[1].Get(t.Context(), g.Group.ID, store.Selection{Members: true})
		if err != nil || len(got.Members) != writers*adds || got.Version != g.Group.Version+writers*adds {
			t.Errorf("%d members at version %d, %v", len(got.Members), got.Version, err)
		}
	})
}

// TestConcurrentAddsAndRemovesLoseNothing has writers of several processes add members to
// one group and remove them again, each its own. Every member is as the last acknowledged
// change left it, and every change raised the version by one.
func TestConcurrentAddsAndRemovesLoseNothing(t *testing.T) {
	onEach(t, engines, func(t *testing.T, e engine) {
		stores := processes(t, e.fixture(t), 2)
		g, err := stores[0].Create(t.Context(), store.Group{DisplayName: "one"})
		if err != nil {
			t.Fatal(err)
		}
		id := g.Group.ID
		const writers, rounds, each = 6, 25, 4
		var wait sync.WaitGroup
		var mu sync.Mutex
		changes := 0
		want := map[string]bool{}
		for w := range writers {
			wait.Go(func() {
				s := stores[w%len(stores)]
				present := map[string]bool{}
				for n := range rounds {
					var values []string
					edits := store.MemberEdits{{Op: store.AddMembers}, {Op: store.RemoveMembers}}
					added, removed := 0, 0
					for i := range each {
						value := fmt.Sprintf("m-%d-%d", w, (n*3+i*i)%11)
						if slices.Contains(values, value) {
							continue
						}
						values = append(values, value)
						if i%2 == n%2 {
							edits[0].Members = append(edits[0].Members, store.Member{Value: value})
							if !present[value] {
								added++
							}
							present[value] = true
						} else {
							edits[1].Values = append(edits[1].Values, value)
							if present[value] {
								removed++
							}
							delete(present, value)
						}
					}
					change, err := s.Update(t.Context(), id, store.Update{Members: edits})
					if err != nil || len(change.Added) != added || len(change.Removed) != removed {
						t.Errorf("added %d, want %d; removed %d, want %d; %v", len(change.Added), added, len(change.Removed), removed,
							err)
						return
					}
					mu.Lock()
					if change.Changed {
						changes++
					}
					mu.Unlock()
				}
				mu.Lock()
				maps.Copy(want, present)
				mu.Unlock()
			})
		}
		wait.Wait()
		got, err := stores[1].Get(t.Context(), id, store.Selection{Members: true})
		if err != nil || got.Version != g.Group.Version+store.Version(changes) {
			t.Errorf("version %d after %d changes of %d, %v", got.Version, changes, g.Group.Version, err)
		}
		for _, m := range got.Members {
			if !want[m.Value] {
				t.Errorf("member %s has been removed, and is present", m.Value)
			}
			delete(want, m.Value)
		}
		if len(want) > 0 {
			t.Errorf("members %v are lost", slices.Sorted(maps.Keys(want)))
		}
	})
}

// TestRemoveSeesConcurrentAdd removes a member that another writer adds in
// a transaction that commits while the removal waits.
func TestRemoveSeesConcurrentAdd(t *testing.T) {
	f := committedEngine.fixture(t)
	stores := processes(t, f, 2)
	g, err := stores[0].Create(t.Context(), store.Group{DisplayName: "one", Members: []store.Member{{Value: "other"}}})
	if err != nil {
		t.Fatal(err)
	}
	id := g.Group.ID
	removed := make(chan error, 1)
	_, err = stores[0].Update(t.Context(), id, store.Update{
		Members: store.MemberEdits{{Op: store.AddMembers, Members: []store.Member{{Value: "late"}}}},
		// The head is locked, and this transaction commits later.
		Head: func(*store.Group) error {
			go func() {
				change, err := stores[1].Update(context.WithoutCancel(t.Context()), id, store.Update{Members: store.MemberEdits{
					{Op: store.RemoveMembers, Values: []string{"late", "other"}},
				}})
				if err == nil && len(change.Removed) != 2 {
					err = fmt.Errorf("removed %v", change.Removed)
				}
				removed <- err
			}()
			time.Sleep(100 * time.Millisecond)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-removed; err != nil {
		t.Error(err)
	}
	if n, err := stores[0].CountMembers(t.Context(), id); err != nil || n != 0 {
		t.Errorf("%d members are left, %v", n, err)
	}
}

func TestAMillionMembers(t *testing.T) {
	long(t)
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		const size = 1_000_000
		s := e.fixture(t).open(t)
		members := make([]store.Member, size)
		for i := range members {
			members[i] = store.Member{Value: fmt.Sprintf("m-%07d", i), Type: "User"}
		}
		g, err := s.Create(t.Context(), store.Group{DisplayName: "million", Members: members})
		if err != nil {
			t.Fatal(err)
		}
		seen, after, piece := 0, "", make([]store.Member, 1000)
		for {
			n, err := s.ScanMembers(t.Context(), g.Group.ID, after, piece)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range piece[:n] {
				if m != members[seen] {
					t.Fatalf("member %d is %+v", seen, m)
				}
				seen++
			}
			if n < len(piece) {
				break
			}
			after = piece[n-1].Value
		}
		if seen != size {
			t.Fatalf("saw %d members", seen)
		}
		if got, err := s.Get(t.Context(), g.Group.ID, store.Selection{Members: true, MaxMembers: 1000}); err != nil ||
			!got.MembersOmitted || got.Members != nil {
			t.Errorf("Get with MaxMembers: %t, %d, %v", got.MembersOmitted, len(got.Members), err)
		}
		members[7].Value = "new"
		change, err := s.Update(t.Context(), g.Group.ID, store.Update{Members: store.MemberEdits{{Op: store.ReplaceMembers,
			Members: members}}})
		if err != nil || len(change.Added) != 1 || len(change.Removed) != 1 || len(change.Altered) != 0 {
			t.Errorf("replace: %d, %d, %d, %v", len(change.Added), len(change.Removed), len(change.Altered), err)
		}
		if _, err := s.Delete(t.Context(), g.Group.ID, nil); err != nil {
			t.Error(err)
		}
	})
}
