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
	// MariaDB is MariaDB 10.6.9 or newer. The statements are also those of MySQL 8.0.30,
	// on which the tests have not run.
	MariaDB = sqlfilter.MariaDB
)

// DefaultPrefix begins the names of tables and indexes if Options.Prefix is
// empty.
const DefaultPrefix = "scim_"

// Options configure a [Store]. Only Dialect is required.
type Options struct {
	// Dialect is the kind of database; there is no default.
	Dialect Dialect
	// Schema is the PostgreSQL schema of the tables. It is created if it does not exist.
	// SQLite and MariaDB have no schemas. Defaults to the first of the search_path.
	Schema string
	// Prefix begins the name of every table and index. Schema and Prefix consist of
	// ASCII letters, digits and underscores, do not begin with a digit and have at most
	// 40 characters. They are quoted, so letter case counts. Prefix defaults to
	// [DefaultPrefix].
	Prefix string
	// AllowDuplicateNames allows groups of one tenant to have the same displayName. It
	// may be turned on at any time. When it is turned off, Open fails if there are
	// duplicate names. All processes must agree on it.
	AllowDuplicateNames bool
	// NewID returns the id of a new group. It may be called again if the transaction is
	// repeated. An id that is in use is reported as a conflict of the displayName, since
	// such ids are made from it. Defaults to [adapter.NewID].
	NewID func(store.Group) string
	// Clock returns the current time. Defaults to time.Now.
	Clock func() time.Time
	// SkipMigrations makes Open leave the tables as they are, for hosts that run the SQL
	// that [PrintSQL] prints themselves.
	SkipMigrations bool
	// Isolation is the isolation level of transactions that write. In PostgreSQL every
	// level from READ COMMITTED up is correct, in MariaDB READ COMMITTED and SERIALIZABLE
	// are. Higher ones cost round trips, and SERIALIZABLE costs retries when writers meet.
	// SQLite has one level only. Defaults to READ COMMITTED in MariaDB, and to the level
	// that the database is set to otherwise.
	Isolation sql.IsolationLevel
	// Nesting is how the store treats groups that are members of groups. All processes
	// must agree on it. If NewID returns ids that users may have too, such as names, it
	// must be [store.NestingOff].
	//
	// With [store.NestingAcyclic], changes that put groups into groups run one at a time
	// within a tenant, and take two more statements. With a NewID of the host, that holds
	// for all changes that add members, since ids may be known before their groups exist.
	// Defaults to [store.NestingTyped].
	Nesting store.Nesting
	// OutboxMembers is the largest number of members that an entry of the outbox lists;
	// see [OpenOutbox]. The entry of a larger change is Truncated. Defaults to 1,000.
	OutboxMembers int
	// RetryFor is how long a transaction is repeated that the database refuses in favor
	// of others (serialization failures, deadlocks, SQLITE_BUSY), within the deadline of
	// the caller. After that it fails with [store.ErrUnavailable]. Defaults to 10 s.
	RetryFor time.Duration

	// outbox reports whether changes are written to the outbox.
	outbox bool

	// hostIDs reports whether NewID is the host's.
	hostIDs bool

	// routed reports whether the database routes statements by their tenant. Open sets it.
	routed bool

	// sql is what belongs to Dialect.
	sql *dialect
}

// defaultOutboxMembers is the default of OutboxMembers.
const defaultOutboxMembers = 1000

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,39}$`)

func (o Options) complete() (Options, error) {
	o.sql = dialects[o.Dialect]
	if o.sql == nil {
		return o, fmt.Errorf("sqlstore: Options.Dialect must be SQLite, PostgreSQL or MariaDB")
	}
	if o.Schema != "" && !o.sql.schemas {
		return o, fmt.Errorf("sqlstore: Options.Schema: only PostgreSQL has schemas, use Prefix")
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

// names returns the quoted names of the tables.
type names struct {
	o Options
}

// Groups is the table of groups.
func (n names) Groups() string { return n.table("groups") }

// Members is the table of members.
func (n names) Members() string { return n.table("members") }

// Outbox is the table of the entries of the outbox.
func (n names) Outbox() string { return n.table("outbox") }

// Nesting is the table of the locks of tenants; PostgreSQL only.
func (n names) Nesting() string { return n.table("nesting") }

// Migrations is the table of the migrations that were run.
func (n names) Migrations() string { return n.table("migrations") }

// Stored is the name of an index that exists.
func (n names) Stored(index string) string { return n.table(index) }

// Index is the name of an index to create, which PostgreSQL does not allow to be
// qualified.
func (n names) Index(name string) string { return n.quoted(n.o.Prefix + name) }

func (n names) table(name string) string {
	if n.o.Schema != "" {
		return n.quoted(n.o.Schema) + "." + n.quoted(n.o.Prefix+name)
	}
	return n.quoted(n.o.Prefix + name)
}

func (n names) quoted(name string) string { return n.o.sql.quote + name + n.o.sql.quote }
