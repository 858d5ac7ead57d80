package memory_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

func put(members ...store.Member) store.Update {
	return store.Update{Members: store.MemberEdits{{Op: store.AddMembers, Members: members}}}
}

func TestCreateUnderTheIDOfAMember(t *testing.T) {
	s := memory.NewWith(memory.Options{IDFromName: true, Nesting: store.NestingAcyclic})
	create(t, s, store.Group{DisplayName: "a", Members: []store.Member{{Value: "b"}}})
	create(t, s, store.Group{DisplayName: "top", Members: []store.Member{{Value: "a"}}})
	var cycle *store.CycleError
	for _, members := range [][]store.Member{
		{{Value: "b"}},
		{{Value: "a"}},
		{{Value: "x"}, {Value: "top", Type: "User"}},
	} {
		_, err := s.Create(t.Context(), store.Group{DisplayName: "b", Members: members})
		if !errors.As(err, &cycle) || cycle.Value != members[len(members)-1].Value {
			t.Errorf("%v: %v", members, err)
		}
	}
	create(t, s, store.Group{DisplayName: "b"})
	if _, err := s.Update(t.Context(), "b", put(store.Member{Value: "top"})); !errors.As(err, &cycle) {
		t.Error(err)
	}
	got, err := s.Get(t.Context(), "a", store.Selection{Members: true})
	if err != nil || len(got.Members) != 1 || got.Members[0].Type != "" {
		t.Errorf("the creation of a group changed a member: %+v, %v", got, err)
	}
	replace := store.MemberEdit{Op: store.ReplaceMembers, Members: []store.Member{{Value: "b"}}}
	c, err := s.Update(t.Context(), "a", store.Update{Members: store.MemberEdits{replace}})
	if err != nil || len(c.Altered) != 1 || c.Altered[0].Type != "Group" {
		t.Errorf("ReplaceMembers did not set the Type: %+v, %v", c, err)
	}
	if found, err := s.GroupsOf(t.Context(), store.MembershipQuery{Member: "x"}); err != nil || len(found) != 0 {
		t.Errorf("a refused group left a member: %+v, %v", found, err)
	}
}

func TestCreateWaitsUntilADeletedGroupWithTheIDIsNoLongerAMember(t *testing.T) {
	s := memory.NewWith(memory.Options{IDFromName: true, Nesting: store.NestingAcyclic})
	create(t, s, store.Group{DisplayName: "b"})
	create(t, s, store.Group{DisplayName: "a", Members: []store.Member{{Value: "b"}}})
	deleted, made := make(chan error, 1), make(chan error, 1)
	_, err := s.Update(t.Context(), "a", store.Update{Head: func(*store.Group) error {
		go func() {
			_, err := s.Delete(context.Background(), "b", nil)
			deleted <- err
		}()
		for {
			if _, err := s.Get(t.Context(), "b", store.Selection{}); errors.Is(err, store.ErrNotFound) {
				break
			}
		}
		brief, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Create(brief, store.Group{DisplayName: "b"}); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		go func() {
			_, err := s.Create(context.Background(), store.Group{DisplayName: "b"})
			made <- err
		}()
		// No other call waits.
		create(t, s, store.Group{DisplayName: "c"})
		if _, err := s.Update(t.Context(), "c", put(store.Member{Value: "a"}, store.Member{Value: "d"})); err != nil {
			t.Error(err)
		}
		return nil
	}, Members: store.MemberEdits{{Op: store.AddMembers, Members: []store.Member{{Value: "c2"}}}}})
	if err := errors.Join(err, <-deleted, <-made); err != nil {
		t.Fatal(err)
	}
	got, err := s.Get(t.Context(), "a", store.Selection{Members: true})
	if err != nil || len(got.Members) != 1 || got.Members[0].Value != "c2" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestConcurrentDeletesAndNesting(t *testing.T) {
	for _, nesting := range []store.Nesting{store.NestingTyped, store.NestingAcyclic} {
		s := memory.NewWith(memory.Options{NewID: func(g store.Group) string { return g.DisplayName }, Nesting: nesting})
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := range 150 {
					a, b, c := fmt.Sprint(i%5), fmt.Sprint((i+w)%5), fmt.Sprint((i*w)%5)
					members := []store.Member{{Value: b}, {Value: c}, {Value: "person"}}
					var err error
					switch (i + w) % 4 {
					case 0:
						_, err = s.Create(context.Background(), store.Group{DisplayName: a, Members: members})
					case 1:
						_, err = s.Delete(context.Background(), a, nil)
					default:
						_, err = s.Update(context.Background(), a, put(members...))
					}
					var cycle *store.CycleError
					var conflict *store.ConflictError
					expected := errors.Is(err, store.ErrNotFound) || errors.As(err, &cycle) || errors.As(err, &conflict)
					if err != nil && !expected {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		page, err := s.List(t.Context(), store.Query{Limit: 10, Select: store.Selection{Members: true}})
		if err != nil {
			t.Fatal(err)
		}
		groups := map[string]bool{}
		for _, g := range page.Groups {
			groups[g.ID] = true
		}
		for _, g := range page.Groups {
			for _, m := range g.Members {
				if m.Type != "" && !groups[m.Value] {
					t.Errorf("%q contains %+v, which is not a group", g.ID, m)
				}
			}
			found, err := s.GroupsOf(t.Context(), store.MembershipQuery{Member: g.ID, Transitive: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range found {
				if nesting == store.NestingAcyclic && m.Group.ID == g.ID {
					t.Errorf("%q contains itself", g.ID)
				}
			}
		}
		for id := range groups {
			if _, err := s.Delete(t.Context(), id, nil); err != nil {
				t.Error(err)
			}
		}
		if found, err := s.GroupsOf(t.Context(), store.MembershipQuery{Member: "person"}); err != nil || len(found) != 0 {
			t.Errorf("%+v, %v", found, err)
		}
	}
}

func TestAllocationsOfANestedGroupDoNotGrowWithTheGroup(t *testing.T) {
	s := memory.New()
	child := create(t, s, store.Group{DisplayName: "child"}).ID
	allocations := func(size int) float64 {
		g := store.Group{DisplayName: fmt.Sprint("parent of ", size)}
		for i := range size {
			g.Members = append(g.Members, store.Member{Value: strings.Repeat("x", 28) + fmt.Sprintf("%08d", i)})
		}
		parent := create(t, s, g).ID
		return testing.AllocsPerRun(200, func() {
			for _, e := range []store.MemberEdit{
				{Op: store.AddMembers, Members: []store.Member{{Value: child}}},
				{Op: store.RemoveMembers, Values: []string{child}},
			} {
				if _, err := s.Update(context.Background(), parent, store.Update{Members: store.MemberEdits{e}}); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	if small, large := allocations(10), allocations(50_000); large > small+10 {
		t.Errorf("%v allocations in a group of 10, %v in one of 50,000", small, large)
	}
}
