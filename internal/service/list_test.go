package service_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

func p[T any](v T) *T { return &v }

func TestQueriesAreCompiled(t *testing.T) {
	s := newService(t)
	for _, c := range []struct {
		name string
		q    service.Query
		want string // filter | sortBy, descending | offset, limit; or the scimType of the fault
	}{
		{"nothing", service.Query{}, " | false | 0 10"},
		{"a page", service.Query{StartIndex: p(11), Count: p(5)}, " | false | 10 5"},
		{"a count that is too large", service.Query{Count: p(math.MaxInt)}, " | false | 0 50"},
		{"a negative count", service.Query{Count: p(-1)}, " | false | 0 0"},
		{"a negative startIndex", service.Query{StartIndex: p(math.MinInt)}, " | false | 0 10"},
		{"the last startIndex", service.Query{StartIndex: p(1000), Count: p(5)}, " | false | 999 5"},
		{"a startIndex that is too large", service.Query{StartIndex: p(1001), Count: p(5)}, " | false | 1000 0"},
		{"startIndex and cursor", service.Query{StartIndex: p(1), ByCursor: true}, "invalidCursor"},
		{"a filter", service.Query{Filter: p(`displayName eq "A"`)}, `displayName eq "A" | false | 0 10`},
		{"a filter that does not parse", service.Query{Filter: p(`displayName`)}, "invalidFilter"},
		{"an empty filter", service.Query{Filter: p("")}, "invalidFilter"},
		{"an unknown attribute", service.Query{Filter: p(`userName eq "a"`)}, "invalidFilter"},
		{"an unknown attribute of any type", service.Query{Filter: p(`userName eq "a"`), AnyType: true}, `false | false | 0 10`},
		{"a member in capitals", service.Query{Filter: p(`members.value eq "U1"`)}, `members.value eq "u1" | false | 0 10`},
		{"a reference", service.Query{Filter: p(`members.$ref eq "` + base + `/People/U1"`)}, `members[type eq "User" and value eq "u1"] | false | 0 10`},
		{"a relative reference", service.Query{Filter: p(`members.$ref eq "../Groups/1"`)}, `members[type eq "Group" and value eq "1"] | false | 0 10`},
		{"a location", service.Query{Filter: p(`meta.location eq "` + base + `/Groups/1"`)}, `id eq "1" | false | 0 10`},
		{"a location of a user", service.Query{Filter: p(`meta.location eq "` + base + `/People/1"`)}, `false | false | 0 10`},
		{"a location that is there", service.Query{Filter: p(`meta.location pr`)}, `true | false | 0 10`},
		{"a location that contains", service.Query{Filter: p(`meta.location co "1"`)}, "invalidFilter"},
		{"an order", service.Query{SortBy: "displayName", SortOrder: "Descending"}, ` | displayName true | 0 10`},
		{"the order of locations", service.Query{SortBy: "meta.location"}, ` | id false | 0 10`},
		{"the order of members", service.Query{SortBy: "members"}, "invalidPath"},
		{"the order of an unknown attribute", service.Query{SortBy: "colour"}, "invalidPath"},
		{"the order of an unknown attribute of any type", service.Query{SortBy: "colour", AnyType: true}, " | false | 0 10"},
		{"a complex attribute", service.Query{SortBy: "meta"}, "invalidPath"},
		{"an unknown order", service.Query{SortBy: "id", SortOrder: "up"}, "invalidValue"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, _, err := s.Query(&c.q)
			got := ""
			switch {
			case err != nil:
				got = string(service.FaultOf(err).ScimType)
			default:
				if q.Filter != nil {
					got = q.Filter.String()
				}
				by := ""
				if q.SortBy != nil {
					by = q.SortBy.String() + " "
				}
				got += fmt.Sprintf(" | %s%v | %d %d", by, q.Descending, q.Offset, q.Limit)
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestQuirksOfFiltersAreReported(t *testing.T) {
	s := newService(t)
	q := service.Query{Filter: p(`displayName eq crew`)}
	if _, _, err := s.Query(&q); err == nil {
		t.Error("a value without quotes is accepted")
	}
	q.Quirks = patch.Lenient
	if _, tolerated, err := s.Query(&q); err != nil || tolerated != patch.UnquotedFilterValues {
		t.Errorf("tolerated are %v, %v", tolerated, err)
	}
}

func TestAFilterMaySelectNothingInsteadOfFailing(t *testing.T) {
	s := newService(t, func(c *service.Config) {
		c.SelectsNothing = func(text string) bool { return strings.Contains(text, "%22") }
	})
	if q, _, err := s.Query(&service.Query{Filter: p(`displayName eq %22A%22`)}); err != nil || q.Filter.String() != "false" {
		t.Errorf("got %v, %v", q.Filter, err)
	}
	if _, _, err := s.Query(&service.Query{Filter: p(`displayName eq A`)}); err == nil {
		t.Error("another filter selects nothing too")
	}
}

func TestAListReadsWhatItShows(t *testing.T) {
	w := newWorld(t, func(c *service.Config) { c.MaxIndex = 2 })
	for _, name := range []string{"a", "b", "c"} {
		w.create(name, "u1")
	}
	page, err := w.List(t.Context(), w.groups, store.Query{Limit: 2}, false)
	if err != nil || page.Total != 3 || len(page.Groups) != 2 || page.Groups[0].Members != nil {
		t.Errorf("got %+v, %v", page, err)
	}
	if page, err = w.List(t.Context(), w.groups, store.Query{Limit: 2}, true); err != nil || len(page.Groups[0].Members) != 1 {
		t.Errorf("got %+v, %v", page, err)
	}
	if _, err = w.List(t.Context(), w.groups, store.Query{Offset: 2}, true); status(err) != 400 {
		t.Errorf("a startIndex above the bound, where there are groups: %v", err)
	}
	if _, err = w.List(t.Context(), w.groups, store.Query{Offset: 3}, true); err != nil {
		t.Errorf("a startIndex above the bound, where there are none: %v", err)
	}
}

func TestMembersOfLargeGroupsAreLeftOutOfLists(t *testing.T) {
	w := newWorld(t, func(c *service.Config) { c.MaxListMembers = 1 })
	w.create("a", "u1")
	w.create("b", "u1", "u2")
	page, err := w.List(t.Context(), w.groups, store.Query{Limit: 2}, true)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range []int{1, 0} {
		if g := page.Groups[i]; len(g.Members) != n || g.MembersOmitted {
			t.Errorf("group %d has %d members, omitted %v", i, len(g.Members), g.MembersOmitted)
		}
	}
}

func TestMembersAreReadInPieces(t *testing.T) {
	w := newWorld(t)
	var values []string
	for i := range 2500 {
		values = append(values, fmt.Sprintf("u%04d", i))
	}
	id := w.create("a", values...)
	g, _, err := w.Get(t.Context(), w.groups, id, true, service.Preconditions{})
	if err != nil || !g.MembersOmitted {
		t.Fatalf("members are omitted: %v, %v", g.MembersOmitted, err)
	}
	read := func(m *service.Members) (sizes []int, err error) {
		var got []string
		for piece, err := m.Next(t.Context(), &g, nil); len(piece) > 0 || err != nil; piece, err = m.Next(t.Context(), &g, piece) {
			if err != nil {
				return sizes, err
			}
			sizes = append(sizes, len(piece))
			for i := range piece {
				got = append(got, piece[i].Value)
			}
		}
		if strings.Join(got, " ") != strings.Join(values, " ") {
			t.Errorf("%d members were read", len(got))
		}
		return sizes, nil
	}
	if sizes, err := read(&service.Members{Groups: w.groups}); err != nil || fmt.Sprint(sizes) != "[1000 1000 500]" {
		t.Errorf("the pieces are %v, %v", sizes, err)
	}
	if _, err := w.groups.Delete(t.Context(), id, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := read(&service.Members{Groups: w.groups}); status(err) != 404 {
		t.Errorf("of a group that was deleted: %v", err)
	}
	if _, err := read(&service.Members{Groups: w.groups, Listed: true}); status(err) != 503 {
		t.Errorf("of a group in a list that was deleted: %v", err)
	}
}

func TestGetDecidesConditions(t *testing.T) {
	w := newWorld(t)
	id := w.create("a", "u1")
	g, _, err := w.Get(t.Context(), w.groups, id, true, service.Preconditions{})
	if err != nil || len(g.Members) != 1 {
		t.Fatalf("got %+v, %v", g, err)
	}
	for name, c := range map[string]struct {
		id                   string
		ifMatch, ifNoneMatch []string
		unchanged            bool
		status               int
	}{
		"a version that the client has":     {id, nil, []string{g.Version.String()}, true, 0},
		"a version that the client lacks":   {id, nil, []string{`W/"1"`}, false, 0},
		"a version that the client wants":   {id, []string{g.Version.String()}, nil, false, 0},
		"another version":                   {id, []string{`W/"1"`}, nil, false, 412},
		"a group that does not exist":       {"none", nil, nil, false, 404},
		"a group that cannot exist":         {"a\x00", nil, nil, false, 404},
		"a version of a group that is gone": {"none", []string{"*"}, nil, false, 404},
	} {
		head, unchanged, err := w.Get(t.Context(), w.groups, c.id, true, service.ParsePreconditions(c.ifMatch, c.ifNoneMatch))
		if unchanged != c.unchanged || status(err) != c.status || unchanged && head.Version != g.Version {
			t.Errorf("%s: got %+v, %v, %v", name, head, unchanged, err)
		}
	}
}

// plain is a store without optional interfaces.
type plain struct{ store.GroupStore }

func TestAStoreThatCannotScanReadsMembersAtOnce(t *testing.T) {
	w := newWorld(t)
	id := w.create("a", "u1", "u2")
	g, _, err := w.Get(context.Background(), plain{w.groups}, id, true, service.Preconditions{})
	if err != nil || len(g.Members) != 2 || g.MembersOmitted {
		t.Errorf("got %+v, %v", g, err)
	}
}
