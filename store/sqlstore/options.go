package sqlstore

import (
	"database/sql"
	"fmt"
	"regexp"
	"time"

	"github.com/scimgroups/scimgroups/filter/sqlfilter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// Dialect is the kind of database.
type Dialect = sqlfilter.Dialect

// The dialects.
var (
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
	// NewID makes the id of a new group; nil means [adapter.NewID]. It is called
	// again if the transaction has to be repeated. An id that is in use is
	// reported as a conflict of the displayName, from which such ids are made.
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
	// Nesting says what the store makes of groups that are members of groups; the
	// zero value is [store.NestingTyped]. All processes must agree on it. Where NewID
	// makes ids that users may have as well, from names say, it has to be
	// [store.NestingOff].
	//
	// With [store.NestingAcyclic] changes that put groups into groups come one after
	// the other within a tenant, and take two statements more. With a NewID of the
	// host, all changes that add members do, since ids may be known there before
	// there is a group.
	Nesting store.Nesting
	// OutboxMembers is how many members an entry of the outbox holds (see
	// [OpenOutbox]); of a change of more it says that it is Truncated. 0 means 1,000.
	OutboxMembers int
	// RetryFor is how long a transaction is repeated that the database refused for
	// the sake of others (serialization failures, deadlocks, SQLITE_BUSY), within
	// the deadline of the caller; 0 means 10 s. After that it fails with
	// [store.ErrUnavailable].
	RetryFor time.Duration

	// outbox says that changes are written down.
	outbox bool

	// hostIDs says that NewID is the host's.
	hostIDs bool

	// routed says that statements are sent to where their tenant is; Open finds out.
	routed bool

	// sql is what belongs to Dialect.
	sql *dialect
}

// defaultOutboxMembers is OutboxMembers if it is not given.
const defaultOutboxMembers = 1000

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,39}$`)

func (o Options) complete() (Options, error) {
	o.sql = dialects[o.Dialect]
	if o.sql == nil {
		return o, fmt.Errorf("sqlstore: Options.Dialect must be SQLite or PostgreSQL")
	}
	if o.Schema != "" && !o.sql.schemas {
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
	if o.Nesting > store.NestingOff {
		return o, fmt.Errorf("sqlstore: Options.Nesting %d is not one of store.Nesting", o.Nesting)
	}
	if o.OutboxMembers <= 0 {
		o.OutboxMembers = defaultOutboxMembers
	}
	if o.NewID != nil {
		o.hostIDs = true
	} else {
		o.NewID = func(store.Group) string { return adapter.NewID() }
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

// Outbox is the table of the changes that are to be told.
func (n names) Outbox() string { return n.table("outbox") }

// Nesting is the table of the locks of tenants; PostgreSQL only.
func (n names) Nesting() string { return n.table("nesting") }

// Migrations is the table of the migrations that were run.
func (n names) Migrations() string { return n.table("migrations") }

// Stored is the name of an index that is there.
func (n names) Stored(index string) string { return n.table(index) }

// Index is the name of an index that is created, which is never qualified in
// PostgreSQL.
func (n names) Index(name string) string { return `"` + n.o.Prefix + name + `"` }

func (n names) table(name string) string {
	if n.o.Schema != "" {
		return `"` + n.o.Schema + `"."` + n.o.Prefix + name + `"`
	}
	return `"` + n.o.Prefix + name + `"`
}
