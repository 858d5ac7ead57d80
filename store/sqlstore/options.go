package sqlstore

import (
	"database/sql"
	"fmt"
	"regexp"
	"time"

	"github.com/scimgroups/scimgroups/filter/sqlfilter"
	"github.com/scimgroups/scimgroups/store"
)

// Dialect is the kind of database.
type Dialect = sqlfilter.Dialect

// The dialects.
const (
	// SQLite is SQLite 3.38 or newer, with any driver.
	SQLite = sqlfilter.SQLite
	// PostgreSQL is PostgreSQL 13 or newer and what speaks its SQL.
	PostgreSQL = sqlfilter.PostgreSQL
)

// DefaultPrefix begins the names of tables and indexes if Options.Prefix is
// empty.
const DefaultPrefix = "scim_"

// Options say how a [Store] keeps its groups. Only Dialect has to be given.
type Options struct {
	// Dialect is the kind of database; there is no default.
	Dialect Dialect
	// Schema is the PostgreSQL schema of the tables; it is created if it is not
	// there. Empty means the first of the search_path. SQLite has none.
	Schema string
	// Prefix begins the name of every table and index; "" means [DefaultPrefix].
	// Schema and Prefix consist of ASCII letters, digits and underscores, do not
	// begin with a digit and have at most 40 characters. They are quoted: letter
	// case counts.
	Prefix string
	// AllowDuplicateNames lets groups of one tenant have the same displayName. It
	// may be turned on at any time, and off if all names are different by then;
	// Open fails otherwise. All processes must agree on it.
	AllowDuplicateNames bool
	// NewID makes the id of a new group; nil means [store.NewID]. It is called
	// again if the transaction has to be repeated. An id that is in use is
	// answered as a conflict of the displayName, from which such ids are made.
	NewID func(store.Group) string
	// Clock is the time; nil means time.Now.
	Clock func() time.Time
	// SkipMigrations makes Open leave the schema as it is, for people who run
	// what [PrintSQL] prints themselves.
	SkipMigrations bool
	// Isolation is the isolation level of transactions that write in PostgreSQL.
	// The default is what the database is set to. All levels from READ COMMITTED
	// up are right; SERIALIZABLE costs retries where writers meet. SQLite has one
	// level only.
	Isolation sql.IsolationLevel
	// RetryFor is how long a transaction is repeated that the database refused for
	// the sake of others (serialization failures, deadlocks, SQLITE_BUSY), within
	// the deadline of the caller; 0 means 10 s. After that it fails with
	// [store.ErrUnavailable].
	RetryFor time.Duration
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,39}$`)

func (o Options) complete() (Options, error) {
	if o.Dialect != SQLite && o.Dialect != PostgreSQL {
		return o, fmt.Errorf("sqlstore: Options.Dialect must be SQLite or PostgreSQL")
	}
	if o.Schema != "" && o.Dialect == SQLite {
		return o, fmt.Errorf("sqlstore: Options.Schema: SQLite has no schemas, use Prefix")
	}
	if o.Schema != "" && !identifier.MatchString(o.Schema) {
		return o, fmt.Errorf("sqlstore: Options.Schema %q is not an identifier", o.Schema)
	}
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	if !identifier.MatchString(o.Prefix) {
		return o, fmt.Errorf("sqlstore: Options.Prefix %q is not an identifier", o.Prefix)
	}
	if o.NewID == nil {
		o.NewID = func(store.Group) string { return store.NewID() }
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.RetryFor <= 0 {
		o.RetryFor = 10 * time.Second
	}
	return o, nil
}

// names are the quoted names of the tables.
type names struct {
	o Options
}

// Groups is the table of groups.
func (n names) Groups() string { return n.table("groups") }

// Members is the table of members.
func (n names) Members() string { return n.table("members") }

// Migrations is the table of the migrations that were run.
func (n names) Migrations() string { return n.table("migrations") }

// Index is the name of an index, which is never qualified in PostgreSQL.
func (n names) Index(name string) string { return `"` + n.o.Prefix + name + `"` }

func (n names) table(name string) string {
	if n.o.Schema != "" {
		return `"` + n.o.Schema + `"."` + n.o.Prefix + name + `"`
	}
	return `"` + n.o.Prefix + name + `"`
}
