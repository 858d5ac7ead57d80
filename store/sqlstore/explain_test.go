package sqlstore_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/store"
)

// scans finds a walk through a whole table in a plan: "Seq Scan" in PostgreSQL,
// and in SQLite a SCAN of a table, which g and m are in all statements.
var scans = regexp.MustCompile(`(?m)Seq Scan on \S*(groups|members)|^SCAN [gm]\b`)

func TestNoQueryScansATable(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		f := e.fixture(t)
		s := f.open(t)
		loadGroups(t, f, 20_000)
		table := groupTable(t)

		plans := map[string]string{}
		indexes := map[string]string{} // that a plan has to use
		plan := func(name, text string, err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			plans[name] = text
		}
		text, err := s.ExplainGet(t.Context(), "id-0000007")
		plan("a group by its id", text, err)
		text, err = s.ExplainScan(t.Context(), "id-0000007", "user-1", 100)
		plan("a piece of the members", text, err)
		for condition, index := range map[string]string{
			`displayName eq "group-0000007"`: "groups_name", `externalId eq "ext-0000007"`: "groups_external", `id eq "id-0000007"`: "groups_",
			`members.value eq "user-0000007"`: "members_value", `members[value eq "user-0000007"]`: "members_value", `members eq "user-0000007"`: "members_value",
			`members[value eq "user-0000007" and type eq "User"] and displayName co "g"`: "members_value",
		} {
			indexes[condition], indexes["the total of "+condition] = index, index
			q := store.Query{Filter: compiled(t, table, condition), Limit: 100}
			text, err := s.ExplainList(t.Context(), q)
			plan(condition, text, err)
			text, err = s.ExplainCount(t.Context(), q)
			plan("the total of "+condition, text, err)
		}
		for _, by := range []string{"", "displayName", "externalId", "id", "meta.created", "meta.lastModified"} {
			for _, descending := range []bool{false, true} {
				q := store.Query{Limit: 10, SkipTotal: true, Descending: descending}
				if by != "" {
					q.SortBy = table.Lookup(by)
				}
				name := fmt.Sprintf("page of a list by %q, descending %t", by, descending)
				text, err := s.ExplainList(t.Context(), q)
				plan("first "+name, text, err)
				for _, which := range []string{"second ", "third "} {
					page, err := s.List(t.Context(), q)
					if err != nil {
						t.Fatal(err)
					}
					q.From = page.Next
					text, err = s.ExplainList(t.Context(), q)
					plan(which+name, text, err)
				}
				page, err := s.List(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				q.From = page.Previous
				text, err = s.ExplainList(t.Context(), q)
				plan("previous "+name, text, err)
			}
		}
		for name, text := range plans {
			if index := indexes[name]; scans.MatchString(text) || !strings.Contains(text, index) || index != "" && strings.Contains(text, "groups_created") {
				t.Errorf("%s scans a table:\n%s", name, text)
			}
		}
	})
}
