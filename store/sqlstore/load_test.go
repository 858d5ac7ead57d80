package sqlstore_test

import (
	"fmt"
	"testing"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/sqlstore"
)

// loadGroups inserts n groups of one member each into the tables: group-0000001 … with
// externalId ext-0000001 and member user-0000001. They are created a microsecond apart.
func loadGroups(t testing.TB, f fixture, n int) {
	t.Helper()
	series := fmt.Sprintf(`WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < %d)`, n)
	number := `printf('%07d', n)`
	if f.options.Dialect == sqlstore.PostgreSQL {
		series = fmt.Sprintf(`WITH s(n) AS (SELECT generate_series(1, %d))`, n)
		number = `lpad(n::text, 7, '0')`
	}
	exec(t, f, fmt.Sprintf(`INSERT INTO %s (tenant, id, external_id, display_name, display_fold, name_twin, created, modified, version, change_id)
		%s SELECT '', 'id-' || %[3]s, 'ext-' || %[3]s, 'Group-' || %[3]s, 'group-' || %[3]s, '', n, n, 1, 0 FROM s`,
		f.table("groups"), series, number))
	exec(t, f, fmt.Sprintf(`INSERT INTO %s (tenant, group_id, value, type, display, ref)
		%s SELECT '', 'id-' || %[3]s, 'user-' || %[3]s, 'User', '', '' FROM s`,
		f.table("members"), series, number))
	settle(t, f)
}

// loadMembers inserts n members of a group into the table.
func loadMembers(t testing.TB, f fixture, id string, n int) {
	t.Helper()
	series := fmt.Sprintf(`WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < %d)`, n)
	number := `printf('%07d', n)`
	if f.options.Dialect == sqlstore.PostgreSQL {
		series = fmt.Sprintf(`WITH s(n) AS (SELECT generate_series(1, %d))`, n)
		number = `lpad(n::text, 7, '0')`
	}
	exec(t, f, fmt.Sprintf(`INSERT INTO %s (tenant, group_id, value, type, display, ref)
		%s SELECT '', '%s', 'user-' || %[4]s, 'User', '', '' FROM s`, f.table("members"), series, id, number))
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
	exec(t, f, `VACUUM ANALYZE `+f.table("groups"))
	exec(t, f, `VACUUM ANALYZE `+f.table("members"))
}

func exec(t testing.TB, f fixture, statement string) {
	t.Helper()
	if _, err := f.db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
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
