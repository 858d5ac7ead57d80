package sqlstore_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/scimgroups/scimgroups/store/sqlstore"
)

// engine is a kind of database that tests run on, with the isolation level of
// transactions that write.
type engine struct {
	name      string
	dialect   sqlstore.Dialect
	isolation sql.IsolationLevel
}

var (
	sqliteEngine       = engine{"SQLite", sqlstore.SQLite, sql.LevelDefault}
	committedEngine    = engine{"PostgreSQL at READ COMMITTED", sqlstore.PostgreSQL, sql.LevelReadCommitted}
	serializableEngine = engine{"PostgreSQL at SERIALIZABLE", sqlstore.PostgreSQL, sql.LevelSerializable}

	engines     = []engine{sqliteEngine, committedEngine, serializableEngine}
	bothEngines = []engine{sqliteEngine, committedEngine}
)

// onEach runs a test on each of the engines.
func onEach(t *testing.T, engines []engine, test func(t *testing.T, e engine)) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			test(t, e)
		})
	}
}

// fixture is an empty database of its own.
type fixture struct {
	db      *sql.DB
	options sqlstore.Options
}

// open opens a store on the fixture.
func (f fixture) open(t testing.TB, change ...func(*sqlstore.Options)) *sqlstore.Store {
	t.Helper()
	o := f.options
	for _, c := range change {
		c(&o)
	}
	s, err := sqlstore.Open(t.Context(), f.db, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// table is the name of a table in SQL.
func (f fixture) table(name string) string {
	if f.options.Schema != "" {
		return `"` + f.options.Schema + `"."` + sqlstore.DefaultPrefix + name + `"`
	}
	return `"` + sqlstore.DefaultPrefix + name + `"`
}

// fixture makes an empty database: a file in SQLite, a schema in PostgreSQL that
// is dropped in the end.
func (e engine) fixture(t testing.TB) fixture {
	t.Helper()
	f := fixture{options: sqlstore.Options{Dialect: e.dialect, Isolation: e.isolation}}
	if e.dialect == sqlstore.SQLite {
		f.db = openSQLite(t, filepath.Join(t.TempDir(), "groups.db"))
		return f
	}
	f.db = postgres(t)
	f.options.Schema = "test_" + strings.ToLower(rand.Text()[:12])
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := f.db.ExecContext(ctx, `DROP SCHEMA IF EXISTS "`+f.options.Schema+`" CASCADE`); err != nil {
			t.Error(err)
		}
	})
	return f
}

func openSQLite(t testing.TB, file string) *sql.DB {
	t.Helper()
	parameters := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(NORMAL)", "busy_timeout(5000)"}}
	db, err := sql.Open("sqlite", "file:"+file+"?"+parameters.Encode())
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(8)
	t.Cleanup(func() { db.Close() })
	return db
}

const defaultDSN = "postgres://postgres@127.0.0.1:5432/test?sslmode=disable"

// postgresDSN is where PostgreSQL is, or why there is none.
var postgresDSN = sync.OnceValues(func() (string, error) {
	if dsn := os.Getenv("SCIMGROUPS_POSTGRES"); dsn != "" {
		return dsn, nil
	}
	conn, err := net.DialTimeout("tcp", "127.0.0.1:5432", time.Second)
	if err != nil {
		return "", fmt.Errorf("SCIMGROUPS_POSTGRES is not set and nothing answers at %s", defaultDSN)
	}
	conn.Close()
	return defaultDSN, nil
})

var sharedPool = sync.OnceValues(func() (*sql.DB, error) {
	dsn, err := postgresDSN()
	if err != nil {
		return nil, err
	}
	if u, err := url.Parse(dsn); err == nil && u.Host != "" {
		// Tests do not turn the machine off, and there is no need to wait for the disk.
		q := u.Query()
		q.Set("synchronous_commit", "off")
		u.RawQuery = q.Encode()
		dsn = u.String()
	}
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(24)
	db.SetMaxIdleConns(24)
	return db, db.Ping()
})

// postgres is a pool that all tests share. Without a server the test is skipped,
// unless SCIMGROUPS_REQUIRE_POSTGRES=1 says that there has to be one.
func postgres(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sharedPool()
	if err != nil {
		if os.Getenv("SCIMGROUPS_REQUIRE_POSTGRES") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return db
}

// long skips a test that takes minutes.
func long(t testing.TB) {
	t.Helper()
	if os.Getenv("SCIMGROUPS_LONG") != "1" {
		t.Skip("takes long; set SCIMGROUPS_LONG=1")
	}
}
