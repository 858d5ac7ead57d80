package sqlstore_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/scimgroups/scimgroups/store"
)

// Stores that were opened apart do not take turns with each other, as those of
// several processes do not.
func TestWritersOfSeveralProcessesLoseNothing(t *testing.T) {
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
		if got, err := s.Get(t.Context(), g.Group.ID, store.Selection{Members: true, MaxMembers: 1000}); err != nil || !got.MembersOmitted || got.Members != nil {
			t.Errorf("Get with MaxMembers: %t, %d, %v", got.MembersOmitted, len(got.Members), err)
		}
		members[7].Value = "new"
		change, err := s.Update(t.Context(), g.Group.ID, store.Update{Members: store.MemberEdits{{Op: store.ReplaceMembers, Members: members}}})
		if err != nil || len(change.Added) != 1 || len(change.Removed) != 1 || len(change.Altered) != 0 {
			t.Errorf("replace: %d, %d, %d, %v", len(change.Added), len(change.Removed), len(change.Altered), err)
		}
		if _, err := s.Delete(t.Context(), g.Group.ID, nil); err != nil {
			t.Error(err)
		}
	})
}
