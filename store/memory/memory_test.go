package memory_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

func create(t testing.TB, s *memory.Store, g store.Group) store.Group {
	t.Helper()
	c, err := s.Create(context.Background(), g)
	if err != nil {
		t.Fatal(err)
	}
	return c.Group
}

func TestOnlyWritersOfTheGroupWaitForHead(t *testing.T) {
	s := memory.New()
	ctx := t.Context()
	g := create(t, s, store.Group{DisplayName: "a", Members: []store.Member{{Value: "m"}}})
	other := create(t, s, store.Group{DisplayName: "b"})
	rename := store.Update{Head: func(head *store.Group) error {
		head.DisplayName += "x"
		return nil
	}}
	_, err := s.Update(ctx, g.ID, store.Update{Head: func(head *store.Group) error {
		// Each of these calls would block forever if it waited for this function.
		everything := store.Selection{Members: true, Extensions: true}
		if got, err := s.Get(ctx, g.ID, everything); err != nil || len(got.Members) != 1 {
			t.Error(got, err)
		}
		if page, err := s.List(ctx, store.Query{Limit: 10, Select: everything}); err != nil || len(page.Groups) != 2 {
			t.Error(page, err)
		}
		if _, err := s.ScanMembers(ctx, g.ID, "", make([]store.Member, 10)); err != nil {
			t.Error(err)
		}
		if _, err := s.Update(ctx, other.ID, rename); err != nil {
			t.Error(err)
		}
		third := create(t, s, store.Group{DisplayName: "c"})
		if _, err := s.Delete(ctx, third.ID, nil); err != nil {
			t.Error(err)
		}

		// A writer of the group waits until its context is done.
		brief, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		for _, write := range []func() error{
			func() error { _, err := s.Update(brief, g.ID, rename); return err },
			func() error { _, err := s.Delete(brief, g.ID, nil); return err },
		} {
			wg.Go(func() {
				if err := write(); !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
		cancel()
		wg.Wait()
		return rename.Head(head)
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestIDFromName(t *testing.T) {
	s := memory.NewWith(memory.Options{IDFromName: true})
	ctx := t.Context()
	conflicts := func(g store.Change, err error) {
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
	if _, err := s.Update(ctx, g.ID, store.Update{Head: func(head *store.Group) error {
		head.DisplayName = "Team Bonn"
		return nil
	}}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(ctx, "Team / Köln", store.Selection{}); err != nil || got.DisplayName != "Team Bonn" {
		t.Errorf("the id is not permanent: %+v, %v", got, err)
	}
	conflicts(s.Create(ctx, store.Group{DisplayName: "Team / Köln"})) // the id of the first group
	conflicts(s.Create(ctx, store.Group{DisplayName: "team bonn"}))   // the name of the first group
	for _, name := range []string{"", ".search", "a bulkId", strings.Repeat("x", 201), "\xff"} {
		var invalid *store.InvalidError
		_, err := s.Create(ctx, store.Group{DisplayName: name})
		if !errors.As(err, &invalid) || invalid.Attribute != "displayName" {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestNewID(t *testing.T) {
	ids := []string{"first", "second", "first", "", "bulkId:1"}
	var seen []store.Group
	s := memory.NewWith(memory.Options{NewID: func(g store.Group) string {
		seen = append(seen, g)
		return ids[len(seen)-1]
	}})
	for i, id := range ids[:2] {
		if g := create(t, s, store.Group{DisplayName: fmt.Sprint("group ", i), ExternalID: "x"}); g.ID != id {
			t.Errorf("the id is %q", g.ID)
		}
	}
	if seen[1].DisplayName != "group 1" || seen[1].ExternalID != "x" {
		t.Errorf("NewID is called with %+v", seen[1])
	}
	var conflict *store.ConflictError
	if _, err := s.Create(t.Context(), store.Group{DisplayName: "third"}); err == nil || errors.As(err, &conflict) {
		t.Errorf("the id of another group: %v", err)
	}
	for range 2 {
		var invalid *store.InvalidError
		_, err := s.Create(t.Context(), store.Group{DisplayName: "other"})
		if !errors.As(err, &invalid) || invalid.Attribute != "id" {
			t.Errorf("an invalid id: %v", err)
		}
	}
	if page, err := s.List(t.Context(), store.Query{}); err != nil || page.Total != 2 {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestVersionsRiseWhenTheClockDoesNot(t *testing.T) {
	now := time.Date(2024, 1, 1, 0, 0, 0, 999, time.UTC)
	s := memory.NewWith(memory.Options{IDFromName: true, Clock: func() time.Time { return now }})
	var last store.Version
	for i := range 5 {
		g := create(t, s, store.Group{DisplayName: "a"})
		if g.Version <= last || g.LastModified.Nanosecond() != 0 {
			t.Errorf("version %d after %d, %v", g.Version, last, g.LastModified)
		}
		now = now.Add(-time.Hour)
		c, err := s.Update(t.Context(), "a", store.Update{Head: func(head *store.Group) error {
			head.ExternalID = fmt.Sprint(i)
			return nil
		}})
		if err != nil || c.Group.Version <= g.Version || c.Group.LastModified.Before(g.LastModified) {
			t.Errorf("%+v after %+v, %v", c.Group, g, err)
		}
		last = c.Group.Version
		if _, err := s.Delete(t.Context(), "a", nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAllocationsOfAMemberChangeDoNotGrowWithTheGroup(t *testing.T) {
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
			for _, e := range []store.MemberEdit{
				{Op: store.AddMembers, Members: []store.Member{{Value: value}}},
				{Op: store.RemoveMembers, Values: []string{value}},
			} {
				if _, err := s.Update(context.Background(), id, store.Update{Members: store.MemberEdits{e}}); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	// The trees of a large group split a node occasionally.
	if small, large := allocations(10), allocations(50_000); large > small+10 {
		t.Errorf("%v allocations in a group of 10, %v in one of 50,000", small, large)
	}
}

// List always finds a group that begins to match one part of a filter as it ceases to
// match another, whichever index has it.
func TestListFindsAGroupThatMatchesChangingPartsOfAFilter(t *testing.T) {
	table, err := filter.NewTable(filter.Definition{Core: store.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	f, err := table.Filter(`displayName eq "a" or externalId eq "x" or members.value eq "m"`+
		` or externalId eq "z" or members.value eq "n"`, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := memory.New()
	for i := range 100 {
		create(t, s, store.Group{
			DisplayName: fmt.Sprint("other ", i),
			ExternalID:  fmt.Sprint("y", i),
			Members:     []store.Member{{Value: fmt.Sprint("p", i)}},
		})
	}
	g := create(t, s, store.Group{DisplayName: "a"})
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			name, externalID := "b", ""
			var members []store.Member
			switch i % 8 {
			case 0:
				externalID = "x"
			case 1:
				name = "a"
			default:
				members = []store.Member{{Value: []string{"m", "n"}[i%2]}}
			}
			_, err := s.Update(t.Context(), g.ID, store.Update{Head: func(head *store.Group) error {
				head.DisplayName, head.ExternalID = name, externalID
				return nil
			}, Members: store.MemberEdits{{Op: store.ReplaceMembers, Members: members}}})
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 20_000 {
		page, err := s.List(t.Context(), store.Query{Filter: f, Limit: 10, SkipTotal: true})
		if err != nil || len(page.Groups) != 1 {
			t.Errorf("%d groups, %v", len(page.Groups), err)
			break
		}
	}
	close(stop)
	writer.Wait()
	if page, err := s.List(t.Context(), store.Query{Filter: f, Limit: 10}); err != nil || len(page.Groups) != 1 {
		t.Errorf("%d groups, %v", len(page.Groups), err)
	}
}

func TestAllocationsOfListDoNotGrowWithTheNumberOfGroups(t *testing.T) {
	table, err := filter.NewTable(filter.Definition{Core: store.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	few, many := memory.New(), memory.New()
	for i := range 3_000 {
		g := store.Group{DisplayName: fmt.Sprintf("Group %d", i), ExternalID: fmt.Sprint(i)}
		if i < 100 {
			create(t, few, g)
		}
		create(t, many, g)
	}
	for _, text := range []string{
		`displayName co "nobody"`,
		`externalId sw "x" and displayName ne "y"`,
		`meta.created lt "2000-01-01T00:00:00Z"`,
		`not (displayName pr) or id ew "-"`,
	} {
		f, err := table.Filter(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		allocations := func(s *memory.Store) float64 {
			return testing.AllocsPerRun(20, func() {
				page, err := s.List(context.Background(), store.Query{Filter: f, Limit: 10})
				if err != nil || page.Total != 0 {
					t.Fatal(page.Total, err)
				}
			})
		}
		if a, b := allocations(few), allocations(many); b > a+2 {
			t.Errorf("%s: %v allocations to examine 100 groups, %v to examine 3,000", text, a, b)
		}
	}
}

// A filter allocates nothing for each member that it examines, and a change only what the
// store keeps of each member that it adds.
func TestAllocationsPerMember(t *testing.T) {
	table, err := filter.NewTable(filter.Definition{Core: store.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	f, err := table.Filter(`members[display co "nobody" and type eq "User"]`, nil)
	if err != nil {
		t.Fatal(err)
	}
	people := func(n int) []store.Member {
		members := make([]store.Member, n)
		for i := range members {
			members[i] = store.Member{Value: fmt.Sprintf("member %06d", i), Type: "User"}
		}
		return members
	}
	filtered := func(members int) float64 {
		s := memory.New()
		create(t, s, store.Group{DisplayName: "a", Members: people(members)})
		return testing.AllocsPerRun(100, func() {
			if page, err := s.List(context.Background(), store.Query{Filter: f, Limit: 10}); err != nil || page.Total != 0 {
				t.Fatal(page.Total, err)
			}
		})
	}
	changed := func(members int) float64 {
		s := memory.New()
		id := create(t, s, store.Group{DisplayName: "a"}).ID
		edits := []store.MemberEdits{{{Op: store.AddMembers, Members: people(members)}}, {{Op: store.ClearMembers}}}
		return testing.AllocsPerRun(20, func() {
			for _, e := range edits {
				if _, err := s.Update(context.Background(), id, store.Update{Members: e}); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	for _, test := range []struct {
		what string
		take func(members int) float64
		each float64
	}{
		{"examined by a filter", filtered, 0},
		// A principal, its value, its place in the plan, and its share of tree nodes.
		{"added and removed", changed, 6.3},
	} {
		few, many := test.take(100), test.take(2_000)
		each := (many - few) / 1_900
		if each > test.each+0.05 {
			t.Errorf("a member that is %s takes %.3f allocations, want %v", test.what, each, test.each)
		}
		t.Logf("a member that is %s takes %.3f allocations", test.what, each)
	}
}

func ExampleNew() {
	groups := memory.New()
	g, err := groups.Create(context.Background(), store.Group{DisplayName: "Developers"})
	if err != nil {
		panic(err)
	}
	change, err := groups.Update(context.Background(), g.Group.ID, store.Update{Head: func(head *store.Group) error {
		head.DisplayName = "Engineers"
		return nil
	}, Members: store.MemberEdits{{Op: store.AddMembers, Members: []store.Member{{Value: "2819c223", Type: "User"}}}}})
	if err != nil {
		panic(err)
	}
	fmt.Println(change.Group.DisplayName, change.Changed, change.Added[0].Value)
	// Output: Engineers true 2819c223
}
