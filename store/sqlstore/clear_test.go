package sqlstore_test

import (
	"runtime"
	"slices"
	"testing"

	"github.com/scimgroups/scimgroups/store"
)

// TestClearOfLargeGroupDoesNotReadMembers empties groups that have about as many
// members as a Change lists, alone and along with other edits.
func TestClearOfLargeGroupDoesNotReadMembers(t *testing.T) {
	const most = store.MaxChangeMembers
	clear := store.MemberEdit{Op: store.ClearMembers}
	adding := func(values ...string) store.MemberEdit {
		e := add(values...).Members[0]
		for i := range e.Members {
			e.Members[i].Type = "User"
		}
		return e
	}
	removing := func(values ...string) store.MemberEdit {
		return store.MemberEdit{Op: store.RemoveMembers, Values: values}
	}
	present, other := "user-0000001", "user-0000002"
	for _, e := range bothEngines {
		t.Run(e.name, func(t *testing.T) {
			f := e.fixture(t)
			s := f.open(t)
			for name, c := range map[string]struct {
				size           int
				edits          store.MemberEdits
				added, removed int
				truncated      bool
				left           int
			}{
				"clear with a large bound": {most + 1, store.MemberEdits{{Op: store.ClearMembers, Max: most + 1}}, 0, most + 1,
					true, 0},
				"replace by nothing": {most + 1, store.MemberEdits{{Op: store.ReplaceMembers}}, 0, most + 1, true, 0},
				"add so many back that they are listed": {most + 1, store.MemberEdits{clear, adding(present)},
					0, most, false, 1},
				"after other edits": {most + 5, store.MemberEdits{adding("new", present), removing(other), clear, clear,
					adding(other)},
					0, most + 4, true, 1},
			} {
				t.Run(name, func(t *testing.T) {
					g, err := s.Create(t.Context(), store.Group{DisplayName: name})
					if err != nil {
						t.Fatal(err)
					}
					loadMembers(t, f, g.Group.ID, c.size)
					var before, after runtime.MemStats
					runtime.ReadMemStats(&before)
					change, err := s.Update(t.Context(), g.Group.ID, store.Update{Members: c.edits})
					runtime.ReadMemStats(&after)
					if err != nil {
						t.Fatal(err)
					}
					if change.NumAdded != c.added || change.NumRemoved != c.removed || change.NumAltered != 0 ||
						change.Truncated != c.truncated {
						t.Errorf("%d added, %d removed, %d altered, truncated %t; want %d, %d, 0, %t", change.NumAdded,
							change.NumRemoved, change.NumAltered, change.Truncated, c.added, c.removed, c.truncated)
					}
					if c.truncated != (change.Removed == nil) || change.Truncated && change.Added != nil {
						t.Errorf("truncated %t, but %d added and %d removed are listed", change.Truncated, len(change.Added),
							len(change.Removed))
					}
					if !c.truncated && (len(change.Removed) != c.removed ||
						slices.Contains(change.Removed, present) != (c.left == 0)) {
						t.Errorf("%d removed are listed, want %d", len(change.Removed), c.removed)
					}
					if n := after.TotalAlloc - before.TotalAlloc; c.truncated && n > 1<<20 {
						t.Errorf("%d bytes were allocated", n)
					}
					if n, err := s.CountMembers(t.Context(), g.Group.ID); err != nil || n != c.left {
						t.Errorf("%d members are left, %v; want %d", n, err, c.left)
					}
				})
			}
		})
	}
}
