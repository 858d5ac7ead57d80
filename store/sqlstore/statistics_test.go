package sqlstore_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/internal/databasetest"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/sqlstore"
)

// TestPlansMadeForEmptyTablesAreReplaced shows that the number of blocks that a request
// reads does not grow with the tables in a new database. PostgreSQL has no statistics of
// it yet, makes plans for small tables, and keeps them for each connection.
func TestPlansMadeForEmptyTablesAreReplaced(t *testing.T) {
	for name, c := range map[string]growth{
		"where a large group comes first":                {first: 100_000, groups: 1_500},
		"in a tenant that comes after another":           {groups: 300, last: 60_000, tenant: true},
		"where a large group comes last":                 {groups: 1_500, last: 30_000},
		"where there are small groups only":              {groups: 2_000},
		"where there are few groups":                     {groups: 150},
		"where a large group comes in the middle of few": {groups: 140, last: 1_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testGrowth(t, c)
		})
	}
}

// TestRoutedStatementsShowTheirTenant checks the statement for Citus, which locks a row
// only if the statement names its tenant.
func TestRoutedStatementsShowTheirTenant(t *testing.T) {
	o := sqlstore.Options{Dialect: sqlstore.PostgreSQL}
	for routed, tenant := range map[bool]string{true: `g.tenant = $1 AND`, false: `g.tenant = (SELECT $1::text) AND`} {
		if text := sqlstore.LockOfHead(o, routed); !strings.Contains(text, tenant) {
			t.Errorf("%s does not have %s", text, tenant)
		}
	}
}

// growth is the number of small groups that are created in a new database, and the number
// of members of a large group that is created first or last. 0 means no such group.
type growth struct {
	first, groups, last int
	tenant              bool // whether another tenant has 30,000 members before
}

func testGrowth(t *testing.T, c growth) {
	f := committedEngine.fixture(t)
	groups, connection := onOneConnection(t, f)
	for _, table := range []string{"groups", "members"} {
		exec(t, f, `ALTER TABLE `+f.table(table)+` SET (autovacuum_enabled = off)`)
	}
	if c.tenant {
		other := groups.Tenant("other")
		for i := range 30 {
			g := store.Group{DisplayName: fmt.Sprint("group ", i)}
			for m := range 1_000 {
				g.Members = append(g.Members, store.Member{Value: fmt.Sprintf("user %d of %d", m, i)})
			}
			if _, err := other.Create(t.Context(), g); err != nil {
				t.Fatal(err)
			}
		}
	}
	small := make([]store.Group, c.groups)
	newGroup := func(i int) {
		t.Helper()
		g, err := groups.Create(t.Context(), store.Group{DisplayName: fmt.Sprint("group ", i), ExternalID: fmt.Sprint("x", i),
			Members: []store.Member{{Value: fmt.Sprint("user ", i)}, {Value: fmt.Sprint("other ", i)}}})
		if err != nil {
			t.Fatal(err)
		}
		small[i] = g.Group
	}
	table := groupTable(t)
	uses := map[string]func(i int) error{
		"an added member": func(i int) error {
			_, err := groups.Update(t.Context(), small[i].ID, store.Update{Members: store.MemberEdits{{Op: store.AddMembers,
				Members: []store.Member{{Value: "newcomer"}}}}})
			return err
		},
		"two added members": func(i int) error {
			_, err := groups.Update(t.Context(), small[i].ID, store.Update{Members: store.MemberEdits{{Op: store.AddMembers,
				Members: []store.Member{{Value: "n1"}, {Value: "n2"}}}}})
			return err
		},
		"removed members": func(i int) error {
			_, err := groups.Update(t.Context(), small[i].ID,
				store.Update{Members: store.MemberEdits{{Op: store.RemoveMembers, Values: []string{"newcomer"}},
					{Op: store.RemoveMembers, Values: []string{"n1", "n2"}}}})
			return err
		},
		"a group with its members": func(i int) error {
			_, err := groups.Get(t.Context(), small[i].ID, store.Selection{Members: true})
			return err
		},
		"a piece of the members": func(i int) error {
			_, err := groups.ScanMembers(t.Context(), small[i].ID, "other", make([]store.Member, 10))
			return err
		},
		"the groups of a member": func(i int) error {
			_, err := store.GroupsOf(t.Context(), groups, store.MembershipQuery{Member: fmt.Sprint("user ", i),
				Transitive: true})
			return err
		},
	}
	for _, condition := range []string{`displayName eq "group %d"`, `externalId eq "x%d"`, `members.value eq "user %d"`} {
		uses[condition] = func(i int) error {
			_, err := groups.List(t.Context(), store.Query{Filter: compiled(t, table, fmt.Sprintf(condition, i)), Limit: 10})
			return err
		}
	}
	// A connection keeps the plan of a statement from the sixth execution on.
	for i := range 10 {
		newGroup(i)
		for name, use := range uses {
			if err := use(i); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	large := func(name string, n int) {
		t.Helper()
		if n == 0 {
			return
		}
		members := make([]store.Member, n)
		for i := range members {
			members[i].Value = fmt.Sprintf("user of the %s group %d", name, i)
		}
		if _, err := groups.Create(t.Context(), store.Group{DisplayName: name, Members: members}); err != nil {
			t.Fatal(err)
		}
	}
	large("first", c.first)
	for i := 10; i < len(small); i++ {
		newGroup(i)
	}
	large("last", c.last)
	uses["a new group"] = func(i int) error {
		_, err := groups.Create(t.Context(), store.Group{DisplayName: fmt.Sprint("late group ", i),
			Members: []store.Member{{Value: "late"}}})
		return err
	}
	for name, use := range uses {
		before := blocks(t, connection, f)
		const times = 20
		for i := range times {
			if err := use(100 + i); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if n := (blocks(t, connection, f) - before) / times; n > 100 {
			t.Errorf("%s: %d blocks are read", name, n)
		}
	}
}

// onOneConnection opens a store on a pool of one connection.
func onOneConnection(t *testing.T, f fixture) (*sqlstore.Store, *sql.DB) {
	t.Helper()
	db, err := sql.Open("pgx", databasetest.PostgreSQL.URL(t, url.Values{"synchronous_commit": {"off"}}).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	f.db = db
	return f.open(t), db
}

// blocks returns the number of blocks of the tables and indexes of the fixture that the
// connection has read so far, from the disk or not.
func blocks(t *testing.T, connection *sql.DB, f fixture) (n int) {
	t.Helper()
	for _, statement := range []string{`SELECT pg_stat_force_next_flush()`, `SELECT 1`} {
		if _, err := connection.ExecContext(t.Context(), statement); err != nil {
			t.Skip("this needs PostgreSQL 15: ", err)
		}
	}
	err := connection.QueryRowContext(t.Context(),
		`SELECT sum(heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0))
		FROM pg_statio_user_tables WHERE schemaname = $1`, f.options.Schema).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
