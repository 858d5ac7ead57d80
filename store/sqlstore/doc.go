// Package sqlstore keeps groups in SQLite, PostgreSQL or MariaDB, over the *sql.DB that
// the host has opened with the driver of its choice:
//
//	db, err := sql.Open("pgx", "postgres://…")                    // github.com/jackc/pgx/v5/stdlib
//	groups, err := sqlstore.Open(ctx, db, sqlstore.Options{Dialect: sqlstore.PostgreSQL})
//
// The package imports no driver. It is tested with pgx, modernc.org/sqlite and
// github.com/go-sql-driver/mysql. It knows the errors of a driver by their methods
// SQLState() string and Code() int, and those of the last one by their fields.
//
// # What a change costs
//
// A group is a row, and so is each of its members, keyed by tenant, group and value.
// An update is one transaction: it locks the row of the group, calls the function that
// edits the head, applies the member edits as statements over sets, and writes the row
// if anything changed.
//
// In PostgreSQL, a change that only adds and removes members by their values takes two
// round trips, in a group of ten members as in one of a million: a read of the head and
// of the named members, and one statement that makes the change if the version is still
// the same. If there is nothing to change, the read is all. If another process changes
// the group at that moment, the store falls back to the transaction (BEGIN, SELECT …
// FOR NO KEY UPDATE, INSERT, UPDATE, COMMIT). It always uses the transaction for
// changes that name more than a thousand members, that are written to an outbox, or
// that put groups into groups with [store.NestingAcyclic], and at isolation levels above
// READ COMMITTED.
//
// Merging members (for the display of SCIM 1.1, say) reads those of them that are
// present, and takes eight round trips at most. Replacing a membership reads all members
// that are present, and writes the difference. Emptying a group with more members than a
// [store.Change] lists does not read them. An outbox adds one INSERT to a change.
//
// Filters, sorting and paging happen in the database too, by package
// filter/sqlfilter. Extension attributes are kept as JSON, along with a second document
// that holds them as filters compare them. Neither has an index, so a filter on nothing
// but an extension attribute reads every group of the tenant. So does a total that no
// index narrows down: it is exact, and counting a million groups takes the database a
// while. Only operators on the text of a number (weight co "7") and the order of
// "schemas" are evaluated in this package, over a stream of the groups that the rest of
// the filter selects.
//
// # Limits
//
// displayName (folded), externalId and the value of a member have at most 1,500 bytes,
// which is what an index of PostgreSQL holds. Numbers in extensions have at most 1,000
// digits on either side of the decimal point, and lose their exponent. No text contains
// a NUL. A value that exceeds these limits is a [store.InvalidError]. The limits are the
// same in every database, so that one can be exchanged for another.
//
// # Failures
//
// A transaction that the database refuses in favor of others (serialization failures,
// deadlocks, SQLITE_BUSY) is repeated with a growing random pause for up to
// [Options.RetryFor]. A transaction whose connection is lost before the commit is
// repeated up to a dozen times. After that the error is [store.ErrUnavailable].
//
// If the connection is lost during the commit, or during the one statement of a change
// of named members, the store finds out the outcome on another connection: each change
// leaves a random number in the row of the group. Only if that fails too, or if another
// writer has changed the group in between, is the error [ErrOutcomeUnknown].
//
// # SQLite
//
// Every write begins with BEGIN IMMEDIATE, whatever the driver is configured to send,
// and the writers of one process take turns. Open the database in WAL mode, so that
// readers do not wait, with a busy_timeout:
//
//	file:groups.db?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)
//
// With synchronous(NORMAL), a change that was acknowledged survives the end of the
// process, but not always that of the machine. A database in memory needs
// SetMaxOpenConns(1), since each connection has a database of its own otherwise.
//
// # PostgreSQL and scaling out
//
// Any number of processes may share a database. They agree by row locks and unique
// indexes alone: there are no advisory locks, no triggers, no sequences and no foreign
// keys. Every key begins with the tenant, except that of the outbox, which is read
// across all tenants and ends with it. Ids are made by the application. Distributed
// databases that speak the SQL of PostgreSQL ask for the same: CockroachDB, YugabyteDB,
// and Citus with the tenant as the distribution column. The tests do not run on these.
//
// The store is correct under READ COMMITTED and every higher level. Under SERIALIZABLE,
// the only level that some of these databases have, transactions of different processes
// that meet in one group fail and are repeated, so one group takes fewer changes per
// second; different groups do not affect each other. The writers of one process queue
// for a group before they take a connection, so that a busy group does not use up the
// pool.
//
// Keep the pool within what the server allows: set SetMaxOpenConns to max_connections
// divided by the number of processes, SetMaxIdleConns to the same, and
// SetConnMaxIdleTime to some minutes. A pooler in transaction mode works if the driver
// uses no prepared statements that outlive a transaction (pgx:
// default_query_exec_mode=exec).
//
// Connections keep the plans of their statements, which PostgreSQL makes for tables as
// large as it believes them to be: empty ones, while a first import fills them. The
// store therefore has PostgreSQL analyze each table when it reaches a hundred rows, four
// times as many, and so on up to a hundred thousand, and when Open finds a table that
// was never analyzed. The request that does this waits for some ten milliseconds. Beyond
// that, autovacuum analyzes the tables, and should be on. After copying rows into the
// tables, run ANALYZE. A role that does not own the tables cannot analyze them, which is
// not an error. Statements hide the tenant from the planner, so that it does not take a
// tenant that is newer than the last analysis for empty. With the extension citus, which
// routes statements by the tenant, they do not.
//
// # MariaDB and MySQL
//
// The tests run on MariaDB 10.11. The statements keep to what MariaDB 10.6 and MySQL
// 8.0.30 document, but the tests have not run on MySQL, on Galera or on another release
// of MariaDB. Connections must use the character set utf8mb4, which Open checks, and
// should fill parameters in themselves, which saves a round trip for each statement:
//
//	db, err := sql.Open("mysql", "user:password@tcp(host)/groups?interpolateParams=true")
//	groups, err := sqlstore.Open(ctx, db, sqlstore.Options{Dialect: sqlstore.MariaDB})
//
// Transactions that write run at READ COMMITTED, or at SERIALIZABLE if Options.Isolation
// says so. REPEATABLE READ is refused, since its statements see rows of different times.
// Setting transaction_isolation to that level on the connections saves a round trip. Every
// change is a transaction, and a statement that adds or removes members is preceded by one
// that reads and locks rows.
//
// Keys are varbinary, so that they compare by their bytes. Names of tables are in the
// database of the connection: there is no Options.Schema. Statements that create tables
// commit by themselves, and each of them can be repeated.
//
// # Groups in groups, and the outbox
//
// [Options.Nesting] takes effect in the transaction of the change. A change that adds a
// group locks its row as a foreign key would (FOR KEY SHARE; in MariaDB LOCK IN SHARE
// MODE), so that it is not deleted meanwhile. A deletion locks the group and all groups
// that hold it, in the order of their ids. Cycles are looked for upwards from the group,
// and only by changes that put a group into it. These run one at a time within a tenant:
// they queue for a row of the tenant, and no other change does.
//
// With [OpenOutbox], a change is written to a table in the same transaction, for a
// reader that must not miss one. Entries stay until they are acknowledged or pruned. A
// service that turns the outbox on must have a reader, or call PruneOutbox now and then.
//
// # Migrations
//
// Open brings the tables up to date, and several processes may do so at once.
// Migrations are run by github.com/pressly/goose/v3; DECISIONS.md says why. Outside of
// MariaDB, each one is one transaction that inserts its version, so one of several
// processes commits, and the others find it done. A process that dies leaves no lock
// behind.
//
// [PrintSQL] prints the SQL, and [Migrations] returns it as files, for hosts that run
// migrations themselves and set [Options.SkipMigrations].
package sqlstore
