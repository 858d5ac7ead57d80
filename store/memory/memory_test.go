package memory_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

func create(t testing.TB, s *memory.Store, g store.Group) store.Group {
	t.Helper()
	g, err := s.Create(context.Background(), g)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestWhileTheFunctionOfAnUpdateRunsNobodyWaitsButWritersOfTheGroup(t *testing.T) {
	s := memory.New()
	ctx := t.Context()
	g := create(t, s, store.Group{DisplayName: "a", Members: []store.Member{{Value: "m"}}})
	other := create(t, s, store.Group{DisplayName: "b"})
	rename := func(head *store.Group) (store.MemberEdits, error) {
		head.DisplayName += "x"
		return nil, nil
	}
	_, err := s.Update(ctx, g.ID, func(head *store.Group) (store.MemberEdits, error) {
		// All of this would block for ever if it had to wait for this function.
		if got, err := s.Get(ctx, g.ID, store.Selection{Members: true, Extensions: true}); err != nil || len(got.Members) != 1 {
			t.Error(got, err)
		}
		if page, err := s.List(ctx, store.Query{Limit: 10, Select: store.Selection{Members: true}}); err != nil || len(page.Groups) != 2 {
			t.Error(page, err)
		}
		if _, err := s.ScanMembers(ctx, g.ID, "", 10); err != nil {
			t.Error(err)
		}
		if _, err := s.Update(ctx, other.ID, rename); err != nil {
			t.Error(err)
		}
		third := create(t, s, store.Group{DisplayName: "c"})
		if err := s.Delete(ctx, third.ID, nil); err != nil {
			t.Error(err)
		}

		// A writer of the group waits, until its context is done.
		brief, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		for _, write := range []func() error{
			func() error { _, err := s.Update(brief, g.ID, rename); return err },
			func() error { return s.Delete(brief, g.ID, nil) },
		} {
			wg.Go(func() {
				if err := write(); !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
		cancel()
		wg.Wait()
		return rename(head)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestIDsFromNames(t *testing.T) {
	s := memory.New(memory.Options{IDFromName: true})
	ctx := t.Context()
	conflicts := func(g store.Group, err error) {
		t.Helper()
		var conflict *store.ConflictError
		if !errors.As(err, &conflict) || conflict.Attribute != "displayName" {
			t.Errorf("%+v, %v", g, err)
		}
	}
	g := create(t, s, store.Group{DisplayName: "Team / Köln"})
	if g.ID != "Team / Köln" {
		t.Errorf("the id is %q", g.ID)
	}
	conflicts(s.Create(ctx, store.Group{DisplayName: "TEAM / KÖLN"}))
	if _, err := s.Update(ctx, g.ID, func(head *store.Group) (store.MemberEdits, error) {
		head.DisplayName = "Team Bonn"
		return nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(ctx, "Team / Köln", store.Selection{}); err != nil || got.DisplayName != "Team Bonn" {
		t.Errorf("%+v, %v: the id has to stay", got, err)
	}
	conflicts(s.Create(ctx, store.Group{DisplayName: "Team / Köln"})) // the id of the other
	conflicts(s.Create(ctx, store.Group{DisplayName: "team bonn"}))   // the name of the other
	for _, name := range []string{"", ".search", "a bulkId", strings.Repeat("x", 201), "\xff"} {
		var invalid *store.InvalidError
		if _, err := s.Create(ctx, store.Group{DisplayName: name}); !errors.As(err, &invalid) || invalid.Attribute != "displayName" {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestNewIDOfTheHost(t *testing.T) {
	ids := []string{"first", "second", "first", "", "bulkId:1"}
	var seen []store.Group
	s := memory.New(memory.Options{NewID: func(g store.Group) string {
		seen = append(seen, g)
		return ids[len(seen)-1]
	}})
	for i, id := range ids[:2] {
		if g := create(t, s, store.Group{DisplayName: fmt.Sprint("group ", i), ExternalID: "x"}); g.ID != id {
			t.Errorf("the id is %q", g.ID)
		}
	}
	if seen[1].DisplayName != "group 1" || seen[1].ExternalID != "x" {
		t.Errorf("NewID was given %+v", seen[1])
	}
	var conflict *store.ConflictError
	if _, err := s.Create(t.Context(), store.Group{DisplayName: "third"}); err == nil || errors.As(err, &conflict) {
		t.Errorf("an id that is taken: %v", err)
	}
	for range 2 {
		var invalid *store.InvalidError
		if _, err := s.Create(t.Context(), store.Group{DisplayName: "other"}); !errors.As(err, &invalid) || invalid.Attribute != "id" {
			t.Errorf("an id that is not valid: %v", err)
		}
	}
	if page, err := s.List(t.Context(), store.Query{}); err != nil || page.Total != 2 {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestVersionsRiseThoughTheClockStandsStillOrGoesBack(t *testing.T) {
	now := time.Date(2024, 1, 1, 0, 0, 0, 999, time.UTC)
	s := memory.New(memory.Options{IDFromName: true, Clock: func() time.Time { return now }})
	var last store.Version
	for i := range 5 {
		g := create(t, s, store.Group{DisplayName: "a"})
		if g.Version <= last || g.LastModified.Nanosecond() != 0 {
			t.Errorf("version %d after %d, %v", g.Version, last, g.LastModified)
		}
		now = now.Add(-time.Hour)
		c, err := s.Update(t.Context(), "a", func(head *store.Group) (store.MemberEdits, error) {
			head.ExternalID = fmt.Sprint(i)
			return nil, nil
		})
		if err != nil || c.Group.Version <= g.Version || c.Group.LastModified.Before(g.LastModified) {
			t.Errorf("%+v after %+v, %v", c.Group, g, err)
		}
		last = c.Group.Version
		if err := s.Delete(t.Context(), "a", nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAChangeOfOneMemberAllocatesTheSameInAGroupOfAnySize(t *testing.T) {
	allocations := func(size int) float64 {
		s := memory.New()
		g := store.Group{DisplayName: "a"}
		for i := range size {
			g.Members = append(g.Members, store.Member{Value: fmt.Sprintf("%08d", i)})
		}
		id := create(t, s, g).ID
		i := 0
		return testing.AllocsPerRun(200, func() {
			i++
			value := fmt.Sprintf("%08d-", i)
			for _, e := range []store.MemberEdit{{Op: store.AddMembers, Members: []store.Member{{Value: value}}}, {Op: store.RemoveMembers, Values: []string{value}}} {
				if _, err := s.Update(context.Background(), id, func(*store.Group) (store.MemberEdits, error) { return store.MemberEdits{e}, nil }); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	// The trees of a large group now and then split a node.
	if small, large := allocations(10), allocations(50_000); large > small+10 {
		t.Errorf("%v allocations in a group of 10, %v in one of 50,000", small, large)
	}
}

func ExampleNew() {
	groups := memory.New()
	g, err := groups.Create(context.Background(), store.Group{DisplayName: "Developers"})
	if err != nil {
		panic(err)
	}
	change, err := groups.Update(context.Background(), g.ID, func(head *store.Group) (store.MemberEdits, error) {
		head.DisplayName = "Engineers"
		return store.MemberEdits{{Op: store.AddMembers, Members: []store.Member{{Value: "2819c223", Type: "User"}}}}, nil
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(change.Group.DisplayName, change.Changed, change.Added[0].Value)
	// Output: Engineers true 2819c223
}
