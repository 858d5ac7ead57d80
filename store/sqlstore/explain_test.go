package sqlstore_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/sqlstore"
)

// scans matches the scan of a whole table in a plan: "Seq Scan" in PostgreSQL, in SQLite a
// SCAN of a table, and in MariaDB the types ALL and index, or for members a key of the
// length of the tenant alone. All statements name the tables g, m or k.
var scans = regexp.MustCompile(`(?m)Seq Scan on \S*(groups|members)|^SCAN [gm]\b|` +
	`\| [gmk] \| (ALL|index) \||\| m \| \w+ \| \w+ \| 202 \|`)

// loadNested fills a tenant with n groups, straight into the tables: group-0000001
// … with externalId ext-0000001, each with a user that is in no other group, and
// with up to ten other groups as members.
func loadNested(t testing.TB, f fixture, n int) {
	t.Helper()
	loadHeads(t, f, n)
	members := `INSERT INTO ` + f.table("members") + ` (tenant, group_id, value, type, display, ref) %s
		SELECT '', %s, %s, '', '', '' FROM s %s`
	exec(t, f, fmt.Sprintf(members, f.series(n), f.named("id-", "n"), f.named("user-", "n"), ""))
	exec(t, f, fmt.Sprintf(members, f.series(n), f.named("id-", "n / 10"), f.named("id-", "n"), "WHERE n >= 10"))
	settle(t, f)
}

func TestNoQueryScansTable(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		f := e.fixture(t)
		s := f.open(t)
		loadNested(t, f, 20_000)
		table := groupTable(t)

		plans := map[string]string{}
		indexes := map[string]string{} // the index that a plan must use
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
		for _, transitive := range []bool{false, true} {
			name := fmt.Sprintf("memberships, transitive %t", transitive)
			text, err := s.ExplainGroupsOf(t.Context(), store.MembershipQuery{Member: "user-0012345", Transitive: transitive, After: "id-0000100", Limit: 1000})
			plan(name, text, err)
			indexes[name] = "members_holders"
		}
		text, err = s.ExplainCircle(t.Context(), "id-0012345", "id-0000001", "id-0000002")
		plan("a search for circles", text, err)
		indexes["a search for circles"] = "members_holders"
		text, err = s.ExplainDelete(t.Context(), "id-0012345")
		plan("the removal of a group from those that hold it", text, err)
		indexes["the removal of a group from those that hold it"] = "members_holders"
		text, err = s.ExplainAdd(t.Context(), "id-0012345", "user-0000001", "id-0000002", "user-0000003")
		plan("the search for groups among members", text, err)
		text, err = s.ExplainDirect(t.Context(), "id-0012345", []string{"user-0000001", "id-0000002"}, []string{"user-0000003", "user-0000004"})
		plan("a change of named members", text, err)
		byID := "groups_"
		if f.options.Dialect == sqlstore.MariaDB {
			byID = "PRIMARY"
		}
		for condition, index := range map[string]string{
			`displayName eq "group-0000007"`: "groups_name", `externalId eq "ext-0000007"`: "groups_external",
			`id eq "id-0000007"`:              byID,
			`members.value eq "user-0000007"`: "members_holders", `members[value eq "user-0000007"]`: "members_holders", `members eq "user-0000007"`: "members_holders",
			`members[value eq "user-0000007" and type eq "User"] and displayName co "g"`: "members_holders",
			`displayName eq "group-0000007" or displayName eq "group-0000009"`:           "groups_name",
			`displayName eq "group-0000007" or members.value eq "user-0000009"`:          "members_holders",
			`members.value eq "user-0000007" or externalId eq "ext-0000009"`:             "groups_external",
			`id eq "id-0000007" and members.value eq "user-0000009"`:                     byID,
			`(id eq "id-0000007" or id eq "id-0000009") and displayName sw "g"`:          byID,
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
			// MariaDB looks up constant keys while it plans, and stops if there is no such row.
			if strings.Contains(text, "Impossible WHERE noticed after reading const tables") {
				continue
			}
			if index := indexes[name]; scans.MatchString(text) || !strings.Contains(text, index) || index != "" && strings.Contains(text, "groups_created") {
				t.Errorf("%s scans a table:\n%s", name, text)
			}
			// Groups without a value come last in an order by externalId. That makes two
			// parts, which are sorted together after each has been cut to a page.
			if strings.Contains(name, "page of a list") && !strings.Contains(name, "externalId") && strings.Contains(text, "TEMP B-TREE") {
				t.Errorf("%s sorts more than a page:\n%s", name, text)
			}
		}
	})
}
