package sqlstore_test

import (
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/scimgroups/scimgroups/internal/databasetest"
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
	mariadbEngine      = engine{"MariaDB", sqlstore.MariaDB, sql.LevelDefault}
	mariadbSerialized  = engine{"MariaDB at SERIALIZABLE", sqlstore.MariaDB, sql.LevelSerializable}

	engines     = []engine{sqliteEngine, committedEngine, serializableEngine, mariadbEngine, mariadbSerialized}
	bothEngines = []engine{sqliteEngine, committedEngine, mariadbEngine}
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

// fixture is an empty database for one test.
type fixture struct {
	db      *sql.DB
	options sqlstore.Options
	outbox  bool // whether open opens stores with an outbox
}

// open opens a store on the fixture.
func (f fixture) open(t testing.TB, change ...func(*sqlstore.Options)) *sqlstore.Store {
	t.Helper()
	if f.outbox {
		return f.openOutbox(t, change...).Store
	}
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
	switch {
	case f.options.Schema != "":
		return `"` + f.options.Schema + `"."` + sqlstore.DefaultPrefix + name + `"`
	case f.options.Dialect == sqlstore.MariaDB:
		return "`" + sqlstore.DefaultPrefix + name + "`"
	}
	return `"` + sqlstore.DefaultPrefix + name + `"`
}

// fixture makes an empty database: a file in SQLite, a schema in PostgreSQL, a database
// in MariaDB. The last two are dropped when the test ends.
func (e engine) fixture(t testing.TB) fixture {
	t.Helper()
	f := fixture{options: sqlstore.Options{Dialect: e.dialect, Isolation: e.isolation}}
	if e.dialect == sqlstore.SQLite {
		f.db = openSQLite(t, filepath.Join(t.TempDir(), "groups.db"))
		return f
	}
	if e.dialect == sqlstore.MariaDB {
		f.db = openMariaDB(t, databasetest.MariaDB(t))
		return f
	}
	f.db = postgres(t)
	f.options.Schema = databasetest.Name()
	databasetest.Drop(t, f.db, f.options.Schema)
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

// openMariaDB opens a pool as the package page recommends.
func openMariaDB(t testing.TB, config *mysql.Config) *sql.DB {
	t.Helper()
	config = config.Clone()
	config.InterpolateParams = true
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	t.Cleanup(func() { db.Close() })
	return db
}

var shared struct {
	sync.Once
	pool *sql.DB
	err  error
}

// postgres returns a pool that all tests share, or skips the test.
func postgres(t testing.TB) *sql.DB {
	t.Helper()
	// There is no need to wait for the disk.
	u := databasetest.PostgreSQL.URL(t, url.Values{"synchronous_commit": {"off"}})
	shared.Do(func() {
		if shared.pool, shared.err = sql.Open("pgx", u.String()); shared.err == nil {
			shared.pool.SetMaxOpenConns(24)
			shared.pool.SetMaxIdleConns(24)
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.pool
}

// long skips a test that takes minutes.
func long(t testing.TB) {
	t.Helper()
	if os.Getenv("SCIMGROUPS_LONG") != "1" {
		t.Skip("takes long; set SCIMGROUPS_LONG=1")
	}
}
