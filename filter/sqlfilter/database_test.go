package sqlfilter_test

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/scimgroups/scimgroups/filter/sqlfilter"
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
	dsn := os.Getenv("SCIMGROUPS_POSTGRES")
	if dsn == "" {
		dsn = "postgres://postgres@127.0.0.1:5432/test?sslmode=disable"
		conn, err := net.DialTimeout("tcp", "127.0.0.1:5432", time.Second)
		if err != nil {
			if os.Getenv("SCIMGROUPS_REQUIRE_POSTGRES") == "1" {
				t.Fatal(err)
			}
			t.Skipf("SCIMGROUPS_POSTGRES is not set and nothing answers at %s", dsn)
		}
		conn.Close()
	}
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	schema := "test_" + strings.ToLower(rand.Text()[:12])
	for _, statement := range []string{`CREATE SCHEMA %s`, `SET search_path = %s`} {
		if _, err := db.Exec(fmt.Sprintf(statement, schema)); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if _, err := db.Exec(`DROP SCHEMA ` + schema + ` CASCADE`); err != nil {
			t.Error(err)
		}
		db.Close()
	})
	return db
}
