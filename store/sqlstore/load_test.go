package sqlstore_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/sqlstore"
)

// series returns a table s for statements that fill tables. Its column n has the numbers
// from 1 to last.
func (f fixture) series(last int) string {
	switch f.options.Dialect {
	case sqlstore.PostgreSQL:
		return fmt.Sprintf(`WITH s(n) AS (SELECT generate_series(1, %d))`, last)
	case sqlstore.MariaDB:
		return fmt.Sprintf(`WITH s(n) AS (SELECT seq FROM seq_1_to_%d)`, last)
	}
	return fmt.Sprintf(`WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < %d)`, last)
}

// named returns an expression for a prefix and a number of seven digits.
func (f fixture) named(prefix, number string) string {
	switch f.options.Dialect {
	case sqlstore.PostgreSQL:
		return fmt.Sprintf(`'%s' || lpad((%s)::text, 7, '0')`, prefix, number)
	case sqlstore.MariaDB:
		return fmt.Sprintf(`concat('%s', lpad(floor(%s), 7, '0'))`, prefix, number)
	}
	return fmt.Sprintf(`'%s' || printf('%%07d', %s)`, prefix, number)
}

// loadHeads inserts n groups without members into the table.
func loadHeads(t testing.TB, f fixture, n int) {
	t.Helper()
	exec(t, f, fmt.Sprintf(`INSERT INTO %s (tenant, id, external_id, display_name, display_fold, name_twin, created,
		modified, version, change_id) %s SELECT '', %s, %s, %s, %s, '', n, n, 1, 0 FROM s`, f.table("groups"), f.series(n),
		f.named("id-", "n"), f.named("ext-", "n"), f.named("Group-", "n"), f.named("group-", "n")))
}

// loadGroups inserts n groups of one member each into the tables: group-0000001 … with
// externalId ext-0000001 and member user-0000001. They are created a microsecond apart.
func loadGroups(t testing.TB, f fixture, n int) {
	t.Helper()
	loadHeads(t, f, n)
	exec(t, f, fmt.Sprintf(`INSERT INTO %s (tenant, group_id, value, type, display, ref)
		%s SELECT '', %s, %s, 'User', '', '' FROM s`, f.table("members"), f.series(n), f.named("id-", "n"), f.named("user-", "n")))
	settle(t, f)
}

// loadMembers inserts n members of a group into the table.
func loadMembers(t testing.TB, f fixture, id string, n int) {
	t.Helper()
	exec(t, f, fmt.Sprintf(`INSERT INTO %s (tenant, group_id, value, type, display, ref)
		%s SELECT '', '%s', %s, 'User', '', '' FROM s`, f.table("members"), f.series(n), id, f.named("user-", "n")))
	settle(t, f)
}

// settle does what the database does by itself in time.
func settle(t testing.TB, f fixture) {
	t.Helper()
	if f.options.Dialect == sqlstore.SQLite {
		// There is no ANALYZE: a host that does not run it must be fast too. But the log of
		// one large transaction is not what a server usually has.
		exec(t, f, `PRAGMA wal_checkpoint(TRUNCATE)`)
		return
	}
	if f.options.Dialect == sqlstore.MariaDB {
		return // its statistics follow the data
	}
	exec(t, f, `VACUUM ANALYZE `+f.table("groups"))
	exec(t, f, `VACUUM ANALYZE `+f.table("members"))
}

func exec(t testing.TB, f fixture, statement string) {
	t.Helper()
	for _, one := range strings.Split(statement, ";\n") { // MariaDB takes one at a time
		if strings.TrimSpace(one) == "" {
			continue
		}
		if _, err := f.db.ExecContext(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
}

func groupTable(t testing.TB, extensions ...filter.Extension) *filter.Table {
	t.Helper()
	table, err := filter.NewTable(filter.Definition{Core: store.Schema(), Extensions: extensions})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func compiled(t testing.TB, table *filter.Table, text string) *filter.Filter {
	t.Helper()
	f, err := table.Filter(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
