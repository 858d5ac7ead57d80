// Package sqlstore keeps groups in SQLite or PostgreSQL, over the *sql.DB that
// the host has opened with the driver of its choice:
//
//	db, err := sql.Open("pgx", "postgres://…")                    // github.com/jackc/pgx/v5/stdlib
//	groups, err := sqlstore.Open(ctx, db, sqlstore.Options{Dialect: sqlstore.PostgreSQL})
//
// The package imports no driver. It is tested with pgx and with
// modernc.org/sqlite, and knows the errors of a driver by their methods
// SQLState() string and Code() int.
//
// # What a change costs
//
// A group is a row, and so is each of its members, keyed by tenant, group and
// value. An update is one transaction: lock the row of the group, run the
// function, apply the edits as statements over sets, write the row if anything
// changed. A change that only adds and removes members by their values takes two round
// trips to PostgreSQL instead, in a group of ten as in one of a million: a read of the
// head and of the members named, and one statement that makes the change if the version
// is still the same. It takes one if there is nothing to change. If another process
// changes the group at that moment, the transaction follows (BEGIN, SELECT … FOR NO KEY
// UPDATE, INSERT, UPDATE, COMMIT), as it does for changes that name more than a thousand
// members, that are written to an outbox, or that put groups into groups with
// [store.NestingAcyclic], and at the levels above READ COMMITTED. Merging what is said
// of members (displays of SCIM 1.1, say) reads those of them that are present, and takes
// eight round trips at most. Replacing a membership reads the members that are present,
// and writes the difference. Emptying a group with more members than a Change lists
// does not read them. An outbox adds one INSERT to a change.
//
// Filters, sorting and paging happen in the database too, by package
// filter/sqlfilter. Extension attributes are kept as JSON, with a second document
// beside it that holds them as filters compare them; there is no index on
// either, so a filter on nothing but an extension attribute reads every group of
// the tenant. So does a total that no index narrows down: it is exact, and
// counting a million groups takes the database a while. Only operators on
// the text of a number (weight co "7") and the order of "schemas" are decided
// here, over a stream of what the rest of the filter selects.
//
// # Limits
//
// displayName (folded), externalId and the value of a member have at most 1,500
// bytes, which is what an index of PostgreSQL holds; numbers in extensions have
// at most 1,000 digits on either side of the decimal point, and lose their
// exponent; no text has a NUL in it. What breaks these is a
// [store.InvalidError]. Both dialects have the same limits, so that one can be
// exchanged for the other.
//
// # When things go wrong
//
// What the database refuses for the sake of other transactions
// (serialization failures, deadlocks, SQLITE_BUSY) is repeated with a growing
// random pause for up to [Options.RetryFor], and so is what was under way on a
// connection that is lost before the commit, a dozen times. After that it is
// [store.ErrUnavailable]. If the connection is lost during the commit, or during the one
// statement that makes a change of named members, the store
// looks on another one what became of it: each change leaves a random number in
// the row of the group. Only if that fails too, or another writer has changed the
// group in between, the error is [ErrOutcomeUnknown].
//
// # SQLite
//
// Every write begins with BEGIN IMMEDIATE, whatever the driver is told, and
// writers of one process take turns. Open the database in WAL mode, so that
// readers do not wait, with a busy_timeout:
//
//	file:groups.db?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)
//
// With synchronous(NORMAL) a change that was acknowledged survives the end of
// the process, but not always that of the machine. A database in memory needs
// SetMaxOpenConns(1), since each connection has its own otherwise.
//
// # PostgreSQL and scaling out
//
// Any number of processes may share a database. Everything that they have to
// agree on is a row lock or a unique index: there are no advisory locks, no
// triggers, no sequences and no foreign keys, every key begins with the tenant
// (but for that of the outbox, which is read over all tenants and ends with it),
// and ids are made by the application. That is also what distributed databases
// with the SQL of PostgreSQL ask for, such as CockroachDB, YugabyteDB, and Citus
// with the tenant as the distribution column; the tests do not run on these. It is
// right under READ COMMITTED and every higher level. Under SERIALIZABLE, the only
// one of some of these databases, transactions of different processes that meet in
// one group fail and are repeated, so that one group takes fewer changes in a
// second; different groups do not get in each other's way. Writers of one process
// queue for a group before they take a connection, so that a busy group does not
// use up the pool.
//
// Keep the pool within what the server allows: SetMaxOpenConns at
// max_connections over the number of processes, SetMaxIdleConns the same,
// SetConnMaxIdleTime at some minutes. A pooler in transaction mode works if the
// driver does without prepared statements that outlive a transaction (pgx:
// default_query_exec_mode=exec).
//
// Connections keep the plans of their statements, which PostgreSQL makes for tables
// as large as it believes them to be: empty ones, while a first import fills them.
// The store therefore has it analyze each table when it has a hundred rows, four
// times as many, and so on up to a hundred thousand (some request then waits for some
// ten milliseconds), and when Open finds one that never was analyzed. From there on
// autovacuum does, and should be on. Who copies rows into the tables runs ANALYZE
// afterwards. A role that does not own the tables cannot, and gets no error either.
// Statements hide the tenant from the planner, so that one which came after the last
// analysis is not taken for empty; but not where the extension citus is there, which
// routes statements by it.
//
// # Groups in groups, and the outbox
//
// What [Options.Nesting] asks for happens in the transaction of the change. Who
// adds a group locks its row as a foreign key would (FOR KEY SHARE), so that it is
// not deleted meanwhile; who deletes a group locks it and all that hold it, in
// the order of their ids. Circles are looked for upwards from the group, by those
// only who put a group into it, and by one after the other within a tenant: they
// queue for a row of the tenant, and no other change does.
//
// With [OpenOutbox] a change is written down in the same transaction, for a reader
// who must not miss one. Entries stay until they are acknowledged or pruned: a
// service that turns the outbox on has a reader, or calls PruneOutbox now and then.
//
// # Migrations
//
// Open brings the tables up to date, and several processes may do so at once.
// Migrations are run by github.com/pressly/goose/v3; DECISIONS.md says why. Each one is
// one transaction that inserts its version, so of several processes one commits, and
// the others find it done. Nothing is locked that a process which dies could leave
// behind.
//
// [PrintSQL] prints the SQL, and [Migrations] gives it as files, for people who
// run migrations themselves and set [Options.SkipMigrations].
package sqlstore
