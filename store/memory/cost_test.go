package memory_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// allocated returns the number of bytes that a List allocates, and its page.
func allocated(t *testing.T, s *memory.Store, q store.Query) (bytes uint64, page store.Page) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	page, err := s.List(t.Context(), q)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	return after.TotalAlloc - before.TotalAlloc, page
}

// List holds only the page in memory, whatever its offset, and however often the filter
// names the same groups.
func TestListTakesMemoryForItsPage(t *testing.T) {
	const groups = 20_000
	s := memory.New()
	for i := range groups {
		create(t, s, store.Group{
			DisplayName: fmt.Sprintf("Group %05d", i),
			ExternalID:  fmt.Sprint(i % 100),
			Members:     []store.Member{{Value: "everybody"}},
		})
	}
	table, err := filter.NewTable(filter.Definition{Core: store.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	everybody := `members.value eq "everybody"`
	last := store.Query{Limit: 10, Offset: groups - 10}
	descending := last
	descending.SortBy, descending.Descending = table.Lookup("displayName"), true
	for _, c := range []struct {
		name   string
		query  store.Query
		filter string
		total  int
		first  string // displayName
		most   uint64
	}{
		{"the first page of a filter", store.Query{Limit: 10}, `displayName pr`, groups, "Group 00000", 100_000},
		{"the last page of a filter", last, `displayName pr`, groups, "Group 19990", 100_000},
		{"the last page of a filter, sorted", descending, `displayName pr`, groups, "Group 00009", 100_000},
		{"the total alone", store.Query{}, `displayName sw "Group 1"`, 10_000, "", 100_000},
		{
			"a page without a total", store.Query{Limit: 10, Offset: 500, SkipTotal: true},
			`displayName sw "Group 1"`, -1, "Group 10500", 100_000,
		},
		{
			"a filter that names all groups 201 times", store.Query{Limit: 1},
			`displayName eq "x" or ` + strings.Repeat(everybody+" or ", 200) + everybody,
			groups, "Group 00000", 20_000_000,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.query.Filter, err = table.Filter(c.filter, nil); err != nil {
				t.Fatal(err)
			}
			bytes, page := allocated(t, s, c.query)
			first := ""
			if len(page.Groups) > 0 {
				first = page.Groups[0].DisplayName
			}
			if page.Total != c.total || first != c.first || len(page.Groups) != c.query.Limit {
				t.Errorf("total %d, %d groups, first %q", page.Total, len(page.Groups), first)
			}
			if bytes > c.most {
				t.Errorf("List allocated %d bytes, want at most %d", bytes, c.most)
			}
		})
	}
}
