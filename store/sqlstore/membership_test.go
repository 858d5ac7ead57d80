package sqlstore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/sqlstore"
)

// processes opens the same database several times. The writers of the stores do not queue
// for each other.
func processes(t *testing.T, f fixture, n int, change ...func(*sqlstore.Options)) []*sqlstore.Store {
	t.Helper()
	out := []*sqlstore.Store{f.open(t, change...)}
	for len(out) < n {
		if f.options.Dialect == sqlstore.SQLite {
			var file string
			if err := f.db.QueryRow(`SELECT file FROM pragma_database_list`).Scan(&file); err != nil {
				t.Fatal(err)
			}
			f.db = openSQLite(t, filepath.Clean(file))
		}
		out = append(out, f.open(t, change...))
	}
	return out
}

func names(n int, prefix string) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint(prefix, i))
	}
	return out
}

func createAll(t *testing.T, s store.GroupStore, names ...string) (ids []string) {
	t.Helper()
	for _, name := range names {
		g, err := s.Create(t.Context(), store.Group{DisplayName: name})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, g.Group.ID)
	}
	return ids
}

// held holds the members of each group.
func held(t *testing.T, s store.GroupStore, ids []string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, id := range ids {
		g, err := s.Get(t.Context(), id, store.Selection{Members: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range g.Members {
			out[id] = append(out[id], m.Value)
		}
	}
	return out
}

// reaches reports whether a group holds another one, directly or indirectly.
func reaches(holds map[string][]string, from, to string, seen map[string]bool) bool {
	for _, id := range holds[from] {
		if id == to {
			return true
		}
		if !seen[id] {
			seen[id] = true
			if reaches(holds, id, to, seen) {
				return true
			}
		}
	}
	return false
}

func TestConcurrentProcessesCloseNoCycle(t *testing.T) {
	onEach(t, engines, func(t *testing.T, e engine) {
		stores := processes(t, e.fixture(t), 2, func(o *sqlstore.Options) { o.Nesting = store.NestingAcyclic })
		for round := range 12 { // a holds b, and b holds a
			g := createAll(t, stores[0], names(2, fmt.Sprint(round, "-"))...)
			var wait sync.WaitGroup
			errs := make([]error, 2)
			for i := range errs {
				wait.Go(func() {
					_, errs[i] = stores[i].Update(t.Context(), g[i], add(g[1-i]))
				})
			}
			wait.Wait()
			var cycle *store.CycleError
			if (errs[0] == nil) == (errs[1] == nil) || !errors.As(errors.Join(errs...), &cycle) {
				t.Fatalf("one is refused: %v, %v", errs[0], errs[1])
			}
		}
		g := createAll(t, stores[0], names(6, "g")...)
		var wait sync.WaitGroup
		for w := range 6 {
			r := rand.New(rand.NewPCG(1, uint64(w)))
			wait.Go(func() {
				for range 12 {
					_, err := stores[w%2].Update(t.Context(), g[r.IntN(len(g))], add(g[r.IntN(len(g))], "user"))
					if cycle := (*store.CycleError)(nil); err != nil && !errors.As(err, &cycle) {
						t.Errorf("Update: %v", err)
					}
				}
			})
		}
		wait.Wait()
		holds := held(t, stores[0], g)
		for _, id := range g {
			if reaches(holds, id, id, map[string]bool{}) {
				t.Errorf("%s is in itself: %v", id, holds)
			}
		}
	})
}

// TestGroupWithIDKnownBeforeClosesNoCycle has ids made by the host, so that a group can be a
// member before it is created.
func TestGroupWithIDKnownBeforeClosesNoCycle(t *testing.T) {
	onEach(t, engines, func(t *testing.T, e engine) {
		stores := processes(t, e.fixture(t), 2, func(o *sqlstore.Options) {
			o.Nesting = store.NestingAcyclic
			o.NewID = func(g store.Group) string { return g.DisplayName }
		})
		for round := range 12 {
			a, b := fmt.Sprint("a", round), fmt.Sprint("b", round)
			createAll(t, stores[0], a)
			var wait sync.WaitGroup
			var adding, creating error
			wait.Go(func() { _, adding = stores[0].Update(t.Context(), a, add(b)) })
			wait.Go(func() {
				_, creating = stores[1].Create(t.Context(), store.Group{DisplayName: b, Members: []store.Member{{Value: a}}})
			})
			wait.Wait()
			var cycle *store.CycleError
			if (adding == nil) == (creating == nil) || !errors.As(errors.Join(adding, creating), &cycle) {
				t.Fatalf("one is refused: %v, %v", adding, creating)
			}
		}
	})
}

func TestConcurrentDeletesLeaveNoDeletedGroupAsMember(t *testing.T) {
	onEach(t, engines, func(t *testing.T, e engine) {
		stores := processes(t, e.fixture(t), 2)
		holders := createAll(t, stores[0], names(3, "holder")...)
		for round := range 10 {
			id := createAll(t, stores[0], fmt.Sprint("doomed", round))[0]
			var wait sync.WaitGroup
			for i, holder := range holders {
				wait.Go(func() {
					change, err := stores[i%2].Update(t.Context(), holder, store.Update{Members: store.MemberEdits{{
						Op:      []store.MemberOp{store.AddMembers, store.ReplaceMembers}[round%2],
						Members: []store.Member{{Value: id, Type: []string{"", "Group", ""}[i]}, {Value: "user"}},
					}}})
					if err != nil || change.Group.ID != holder {
						t.Errorf("Update: %+v, %v", change, err)
					}
				})
			}
			wait.Go(func() {
				if _, err := stores[1].Delete(t.Context(), id, nil); err != nil {
					t.Errorf("Delete: %v", err)
				}
			})
			wait.Wait()
			for i, holder := range holders {
				g, err := stores[0].Get(t.Context(), holder, store.Selection{Members: true})
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range g.Members {
					// A member that was added after the deletion keeps the Type that was given.
					if m.Value == id && m.Type != []string{"", "Group", ""}[i] {
						t.Errorf("a group holds %+v, which was deleted", m)
					}
				}
			}
		}
	})
}

func TestConcurrentDeletesOfGroupsThatHoldEachOther(t *testing.T) {
	onEach(t, engines, func(t *testing.T, e engine) {
		stores := processes(t, e.fixture(t), 2)
		for round := range 4 {
			g := createAll(t, stores[0], names(4, fmt.Sprint(round, "-"))...)
			for _, id := range g {
				if _, err := stores[0].Update(t.Context(), id, add(g...)); err != nil {
					t.Fatal(err)
				}
			}
			var wait sync.WaitGroup
			for i, id := range g {
				wait.Go(func() {
					if _, err := stores[i%2].Delete(t.Context(), id, nil); err != nil {
						t.Errorf("Delete: %v", err)
					}
				})
			}
			wait.Wait()
		}
		if page, err := stores[0].List(t.Context(), store.Query{}); err != nil || page.Total != 0 {
			t.Errorf("%d groups are left, %v", page.Total, err)
		}
	})
}

func TestGroupsOfStaysWithinTenant(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		// The ids are the same in both.
		root := e.fixture(t).open(t, func(o *sqlstore.Options) {
			o.NewID = func(g store.Group) string {
				return g.DisplayName
			}
		})
		one, two := root.Tenant("one"), root.Tenant("two")
		createAll(t, one, "a", "b", "c")
		createAll(t, two, "a", "b", "c")
		put := func(s store.GroupStore, id string, values ...string) {
			t.Helper()
			if _, err := s.Update(t.Context(), id, add(values...)); err != nil {
				t.Fatal(err)
			}
		}
		put(one, "a", "user")
		put(one, "b", "a")
		put(two, "c", "a", "b")
		put(two, "a", "other")
		for _, c := range []struct {
			s          store.GroupStore
			member     string
			transitive bool
			want       []string
		}{
			{one, "user", false, []string{"a"}}, {one, "user", true, []string{"a", "b"}}, {two, "user", true, nil},
			{one, "a", true, []string{"b"}}, {two, "a", false, []string{"c"}}, {two, "other", true, []string{"a", "c"}},
			{one, "us\x00er", true, nil}, {root, "a", true, nil},
		} {
			found, err := c.s.(store.MembershipFinder).GroupsOf(t.Context(), store.MembershipQuery{Member: c.member,
				Transitive: c.transitive})
			var ids []string
			for _, m := range found {
				ids = append(ids, m.Group.ID)
			}
			if err != nil || !slices.Equal(ids, c.want) {
				t.Errorf("%q, transitive %t, is in %q, %v", c.member, c.transitive, ids, err)
			}
		}
		// A group of one tenant is no group in the other.
		if _, err := one.Delete(t.Context(), "a", nil); err != nil {
			t.Fatal(err)
		}
		if got := held(t, two, []string{"c"})["c"]; !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("the other tenant's group holds %q", got)
		}
		if _, err := one.GroupsOf(t.Context(), store.MembershipQuery{Member: "a", After: "\xff"}); !errors.Is(err,
			store.ErrBadPosition) {
			t.Errorf("after what is no text: %v", err)
		}
	})
}

func TestNestingOffKeepsTypesAsGiven(t *testing.T) {
	onEach(t, engines, func(t *testing.T, e engine) {
		s := e.fixture(t).open(t, func(o *sqlstore.Options) { o.Nesting = store.NestingOff })
		g := createAll(t, s, "a", "b")
		if _, err := s.Update(t.Context(), g[0], add(g[1])); err != nil {
			t.Fatal(err)
		}
		for _, members := range [][]store.Member{{{Value: g[0]}, {Value: g[1]}}, {{Value: g[1], Display: "B"},
			{Value: "user"}}} {
			change, err := s.Update(t.Context(), g[0], store.Update{Members: store.MemberEdits{{Op: store.ReplaceMembers,
				Members: members}}})
			if err != nil || len(change.Added) != 1 {
				t.Errorf("replace: %+v, %v", change, err)
			}
		}
		before, err := s.Get(t.Context(), g[0], store.Selection{Members: true})
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(before.Members, func(a, b store.Member) int { return strings.Compare(a.Display, b.Display) })
		if want := []store.Member{{Value: "user"}, {Value: g[1], Display: "B"}}; !slices.Equal(before.Members, want) {
			t.Errorf("the members are %+v", before.Members)
		}
		if _, err := s.Delete(t.Context(), g[1], nil); err != nil {
			t.Fatal(err)
		}
		after, err := s.Get(t.Context(), g[0], store.Selection{Members: true})
		if err != nil || len(after.Members) != 2 || after.Version != before.Version {
			t.Errorf("then there is %+v, %v", after, err)
		}
	})
}
