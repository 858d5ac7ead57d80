package sqlfilter_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/scimgroups/scimgroups/filter/sqlfilter"
	"github.com/scimgroups/scimgroups/internal/databasetest"
)

// dialects are what the tests run on.
var dialects = []sqlfilter.Dialect{sqlfilter.SQLite, sqlfilter.PostgreSQL}

// database opens an empty database on one connection.
func database(t *testing.T, d sqlfilter.Dialect) *sql.DB {
	t.Helper()
	if d == sqlfilter.SQLite {
		db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "test.db"))
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		t.Cleanup(func() { db.Close() })
		return db
	}
	u, _, _ := databasetest.PostgreSQL.Schema(t)
	db, err := sql.Open("pgx", u.String())
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}
