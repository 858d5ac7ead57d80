package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/store"
)

// mariaDB has any number of writers, which lock the head of a group, and sets as JSON
// lists, which are plain text to every driver. It keeps to the SQL that MariaDB 10.6 and
// MySQL 8.0.30 share: no statement other than SELECT returns rows.
//
// Keys are varbinary, which compares by bytes and takes no more room in an index than
// the bytes of the text. A STRAIGHT_JOIN keeps the order of its tables.
var mariaDB = dialect{
	replacements: []string{
		"{in values}", `IN (SELECT s.value FROM ` + jsonTable(3, "value longtext", "$") + `)`,
		"{among}", `IN (SELECT s.value FROM ` + jsonTable(2, "value longtext", "$") + `)`,
		"{values}", jsonTable(3, "value longtext", "$"),
		"{set}", jsonTable(3, "value longtext", "$[0]", "type longtext", "$[1]", "display longtext", "$[2]",
			"ref longtext", "$[3]", "type_fold longtext", "$[4]", "display_fold longtext", "$[5]"),
		"{entries}", jsonTable(3, "made bigint", "$[0]", "number bigint", "$[1]", "entry longtext", "$[2]"),
		"{keys}", jsonTable(1, "made bigint", "$[0]", "change_id bigint", "$[1]", "number bigint", "$[2]"),
		// FORCE INDEX: in new tables, an index that serves the tenant alone costs no more.
		"{holders}", `STRAIGHT_JOIN {members} AS m FORCE INDEX ({members by value}) ON m.tenant = ?1 AND m.value = a.id`,
		"{heads}", `STRAIGHT_JOIN {groups} AS g ON g.tenant = ?1 AND g.id = a.id`,
		"{of tenant}", `m.tenant = ?1`,
		"{jsonb}", ``, "{text}", ``,
		"{refer}", ``, // see adaptMariaDB
		"{lock}", ` FOR UPDATE`,
	},
	noJSON: `NULL`,
	noText: `NULL`,
	schemaURNs: `json_table(json_merge_preserve(json_array({core}), coalesce(json_keys(g.extensions), '[]')),
		'$[*]' COLUMNS (value longtext CHARACTER SET utf8mb4 PATH '$')) AS u`,
	micros: `concat(date_format(timestamp'1970-01-01 00:00:00' + INTERVAL {c} MICROSECOND, '%Y-%m-%dT%H:%i:%s'),
		CASE WHEN {c} % 1000000 = 0 THEN '' ELSE trim(TRAILING '0' FROM
		date_format(timestamp'1970-01-01 00:00:00' + INTERVAL {c} MICROSECOND, '.%f')) END, 'Z')`,
	// The order keeps two deletions of groups that hold each other from most deadlocks.
	headsLocked: `SELECT {head} FROM (SELECT ?2 AS id UNION SELECT m.group_id FROM {members} AS m
		WHERE m.tenant = ?1 AND m.value = ?2) AS h STRAIGHT_JOIN {groups} AS g ON g.tenant = ?1 AND g.id = h.id
		ORDER BY g.id FOR UPDATE`,
	headsLockedAlone: selectHead + ` FOR UPDATE`,
	tableExists: "SELECT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = database()" +
		" AND concat('`', table_name, '`') = ?1)",
	lockNesting: true,
	quote:       "`",
	noLimit:     int64(math.MaxInt64),

	check:        checkMariaDB,
	adapt:        adaptMariaDB,
	placeholders: func(text string) string { return text },
	number:       numberPositions,
	binding:      func(on runner) runner { return positional{on} },
	hideTenant:   func(text string) string { return text },
	cast:         func(x string) string { return "CAST(" + x + " AS CHAR)" },
	concat:       func(texts ...string) string { return "concat(" + strings.Join(texts, ", ") + ")" },
	compare:      compareColumns,
	deleting: func(where, columns string) returning {
		return returning{
			read: `SELECT m.` + strings.ReplaceAll(columns, ", ", ", m.") + ` FROM {members} AS m WHERE ` + where +
				` FOR UPDATE`,
			write: `DELETE m FROM {members} AS m WHERE ` + where,
		}
	},
	typed: func(parameter, _ string) string { return parameter },
	seldom: func(x string, numeric bool) string {
		if numeric {
			return "(" + x + " + 0)"
		}
		return "concat(" + x + ", '')"
	},
	scope:    func(condition string) string { return condition },
	valueSet: func(values []string) string { return jsonText(values) },
	rowSet:   func(rows [][]any) []any { return []any{jsonText(rows)} },
	key:      func(key string) string { return key },
	transact: transactMariaDB,
	routed:   func(context.Context, *sql.DB) bool { return false },
}

// jsonTable returns the table s of a JSON list, a parameter. columns are names with
// types, each with the path of its values.
func jsonTable(parameter int, columns ...string) string {
	var list []string
	for i := 0; i < len(columns); i += 2 {
		column := strings.ReplaceAll(columns[i], "longtext", "longtext CHARACTER SET utf8mb4")
		list = append(list, column+" PATH '"+columns[i+1]+"'")
	}
	return "json_table(?" + strconv.Itoa(parameter) + ", '$[*]' COLUMNS (" + strings.Join(list, ", ") + ")) AS s"
}

// adaptMariaDB implements the adapt of the dialect. DELETE and UPDATE would look at all
// rows for a subquery after IN, and so join the set.
func adaptMariaDB(t *statements, fill func(string) string, typed bool) {
	these := `m.tenant = ?1 AND m.group_id = ?2`
	const one = `(SELECT ?3 AS value, ?4 AS type, ?5 AS display, ?6 AS ref, ?7 AS type_fold, ?8 AS display_fold) AS s`
	// The groups among the members are locked as a foreign key locks the row that it
	// refers to. None of them is deleted before the transaction ends, so a later deletion
	// sees the groups that hold it. A deletion locks the primary key. A shared lock is
	// taken only in the index that is read, which may be any one that has the columns,
	// and would not meet the deletion there.
	const byID = `{groups} AS k FORCE INDEX (PRIMARY)`
	adding := func(set, columns string) returning {
		kind, isGroup, groups := `s.type`, `FALSE`, ``
		if typed {
			kind = `CASE WHEN length(s.type) = 0 AND k.id IS NOT NULL THEN '` + store.ResourceType + `' ELSE s.type END`
			isGroup, groups = `k.id IS NOT NULL`, ` LEFT JOIN `+byID+` ON k.tenant = ?1 AND k.id = s.value`
		}
		from := ` FROM ` + set + ` LEFT JOIN {members} AS m ON ` + these + ` AND m.value = s.value` + groups +
			` WHERE m.value IS NULL`
		return returning{
			read: fill(`SELECT ` + columns + kind + `, ` + isGroup + from + ` LOCK IN SHARE MODE`),
			write: fill(`INSERT INTO {members} (tenant, group_id, value, type, display, ref, type_fold, display_fold)
				SELECT ?1, ?2, s.value, ` + kind + `, s.display, s.ref, s.type_fold, s.display_fold` + from),
		}
	}
	t.groupsAmong = fill(`SELECT k.id FROM ` + byID + ` WHERE k.tenant = ?1 AND k.id {among} LOCK IN SHARE MODE`)
	t.addMember = adding(one, ``)
	t.addMembers = adding(`{set}`, `s.value, `)
	t.setMembers = fill(`UPDATE {set} STRAIGHT_JOIN {members} AS m ON ` + these + ` AND m.value = s.value
		SET m.type = s.type, m.display = s.display, m.ref = s.ref, m.type_fold = s.type_fold,
		m.display_fold = s.display_fold`)
	among := ` FROM {values} STRAIGHT_JOIN {members} AS m ON ` + these + ` AND m.value = s.value`
	t.membersAmong = fill(`SELECT {member}` + among)
	t.remove = returning{read: fill(`SELECT {member}` + among + ` FOR UPDATE`), write: fill(`DELETE m` + among)}
	t.dropMembers = fill(`DELETE m FROM {members} AS m WHERE ` + these)
	touched := `{values} STRAIGHT_JOIN {groups} AS g ON g.tenant = ?1 AND g.id = s.value`
	const later = `CASE WHEN g.modified < ?2 THEN ?2 ELSE g.modified + 1 END`
	t.touchGroups = returning{
		read: fill(`SELECT g.id, g.external_id, g.display_name, g.extensions, g.created, ` + later + `, g.version + 1
			FROM ` + touched + ` FOR UPDATE`),
		write: fill(`UPDATE ` + touched + ` SET g.modified = ` + later + `, g.version = g.version + 1, g.change_id = ?4`),
	}
	t.lockNesting = fill(`INSERT INTO {nesting} (tenant, changes) VALUES (?1, 1)
		ON DUPLICATE KEY UPDATE changes = changes + 1`)
	t.ackOutbox = fill(`DELETE o FROM {keys} STRAIGHT_JOIN {outbox} AS o
		ON o.made = s.made AND o.change_id = s.change_id AND o.number = s.number`)
	t.pruneOutbox = fill(`DELETE FROM {outbox} WHERE made < ?1 ORDER BY made, change_id, number LIMIT ?2`)
	t.membersOf = ""
}

// compareColumns is [dialect].compare without a comparison of rows, for which the
// database uses no index.
func compareColumns(columns []string, operator string, values []string) string {
	last := len(columns) - 1
	text := columns[last] + " " + operator + " " + values[last]
	strict := operator[:1]
	for i := last - 1; i >= 0; i-- {
		c, v := columns[i], values[i]
		text = "(" + c + " " + strict + "= " + v + " AND (" + c + " " + strict + " " + v + " OR " + text + "))"
	}
	return text
}

// numberPositions implements the number of the dialect: package sqlfilter writes ? for
// each parameter, in their order.
func numberPositions(text string, reserved int) string {
	parts := strings.Split(text, "?")
	var b strings.Builder
	b.WriteString(parts[0])
	for _, part := range parts[1:] {
		b.WriteByte('?')
		if part == "" || part[0] < '0' || part[0] > '9' {
			reserved++
			b.WriteString(strconv.Itoa(reserved))
		}
		b.WriteString(part)
	}
	return b.String()
}

// positional runs statements on a database whose parameters have no numbers. It has the
// server end them at the deadline of the context: the driver only closes the connection
// then, which the server does not notice before the statement ends.
type positional struct{ on runner }

func (p positional) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	text, args = byPosition(text, args)
	return p.on.ExecContext(ctx, limited(ctx, text), args...)
}

func (p positional) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	text, args = byPosition(text, args)
	return p.on.QueryContext(ctx, limited(ctx, text), args...)
}

func (p positional) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	text, args = byPosition(text, args)
	return p.on.QueryRowContext(ctx, limited(ctx, text), args...)
}

// byPosition returns a statement without the numbers of its parameters, and an argument
// for each of them.
func byPosition(text string, args []any) (string, []any) {
	var b strings.Builder
	var placed []any
	for {
		before, after, found := strings.Cut(text, "?")
		b.WriteString(before)
		if !found {
			return b.String(), placed
		}
		b.WriteByte('?')
		n, digits := 0, 0
		for digits < len(after) && after[digits] >= '0' && after[digits] <= '9' {
			n = 10*n + int(after[digits]-'0')
			digits++
		}
		placed = append(placed, args[n-1])
		text = after[digits:]
	}
}

// Settings of single statements. Recursion ends by itself, since the groups that hold a
// group are finite, but MariaDB cuts it off after 1,000 steps unless told otherwise. By
// default, texts sort by their first 1,024 bytes, and a displayName may be longer.
const (
	endlessRecursion = "max_recursive_iterations=4294967295"
	longSortKeys     = "max_sort_length=4096"
	// serverDelay is how much later than the context the server ends a statement, so
	// that it is the context that ends it.
	serverDelay = 100 * time.Millisecond
)

// limited returns a statement with its settings, in a comment that MySQL does not read.
// MySQL has a hint for the deadline of a SELECT instead.
func limited(ctx context.Context, text string) string {
	var settings []string
	if deadline, ok := ctx.Deadline(); ok {
		left := max(time.Until(deadline), 0) + serverDelay
		settings = append(settings, fmt.Sprintf("max_statement_time=%.3f", left.Seconds()))
		if rest, ok := strings.CutPrefix(text, "SELECT "); ok {
			text = fmt.Sprintf("SELECT /*+ MAX_EXECUTION_TIME(%d) */ %s", left.Milliseconds(), rest)
		}
	}
	if strings.HasPrefix(text, "WITH RECURSIVE ") {
		settings = append(settings, endlessRecursion)
	}
	if strings.Contains(text, " ORDER BY ") {
		settings = append(settings, longSortKeys)
	}
	if settings == nil {
		return text
	}
	return "/*M!100600 SET STATEMENT " + strings.Join(settings, ", ") + " FOR */ " + text
}

// checkMariaDB implements the check of the dialect. It sets the isolation level of
// transactions that write, or leaves it out where connections have it anyway, since
// naming it takes a round trip.
func checkMariaDB(ctx context.Context, db *sql.DB, o *Options) error {
	switch o.Isolation {
	case sql.LevelDefault:
		o.Isolation = sql.LevelReadCommitted
	case sql.LevelReadCommitted, sql.LevelSerializable:
	default:
		// Some of its statements see an old state, others the rows as they are now.
		return fmt.Errorf("Options.Isolation: MariaDB must have READ COMMITTED or SERIALIZABLE, not %s", o.Isolation)
	}
	is := map[string]string{}
	err := query(ctx, db, `SHOW SESSION VARIABLES WHERE Variable_name IN ('character_set_client',
		'character_set_connection', 'character_set_results', 'tx_isolation', 'transaction_isolation')`, nil,
		func(rows *sql.Rows) error {
			var name, value string
			err := rows.Scan(&name, &value)
			is[name] = value
			return err
		})
	if err != nil {
		return err
	}
	for _, name := range []string{"character_set_client", "character_set_connection", "character_set_results"} {
		if is[name] != "utf8mb4" {
			return fmt.Errorf("the connections have %s=%s and must have utf8mb4; set charset=utf8mb4 in the data source name",
				name, is[name])
		}
	}
	session := is["transaction_isolation"]
	if session == "" {
		session = is["tx_isolation"]
	}
	if strings.EqualFold(strings.ReplaceAll(session, "-", " "), o.Isolation.String()) {
		o.Isolation = sql.LevelDefault
	}
	return nil
}

// transactMariaDB implements the transact of the dialect.
func transactMariaDB(ctx context.Context, conn *sql.Conn, o *sql.TxOptions, work func(tx runner) error) error {
	return transactPostgreSQL(ctx, conn, o, func(tx runner) error { return work(positional{tx}) })
}

// Numbers of errors of MariaDB and MySQL (https://mariadb.com/kb/en/mariadb-error-codes/).
const (
	mysqlDatabaseExists   = 1007
	mysqlDiskFull         = 1021
	mysqlChanged          = 1020 // under innodb_snapshot_isolation
	mysqlTooManyConns     = 1040
	mysqlOutOfMemory      = 1041
	mysqlNotReady         = 1047 // a node of Galera that is cut off
	mysqlTableExists      = 1050
	mysqlShutdown         = 1053
	mysqlColumnExists     = 1060
	mysqlIndexExists      = 1061
	mysqlDuplicate        = 1062
	mysqlTableFull        = 1114
	mysqlAborted          = 1152
	mysqlPacket           = 1153 // a statement is larger than max_allowed_packet
	mysqlReadError        = 1158
	mysqlWriteTimeout     = 1161
	mysqlCommit           = 1180
	mysqlTooManyOfUser    = 1203
	mysqlLockWait         = 1205 // rolls back the statement, not the transaction
	mysqlDeadlock         = 1213
	mysqlOption           = 1290 // --read-only
	mysqlInterrupted      = 1317
	mysqlWrongString      = 1366
	mysqlTooLong          = 1406
	mysqlReadOnly         = 1792
	mysqlReadOnlyMode     = 1836
	mysqlKilled           = 1927
	mysqlStatementTime    = 1969 // MariaDB
	mysqlExecutionTime    = 3024 // MySQL
	mysqlOutOfRange       = 1264
	mysqlLockNotAvailable = 3572
)

// classifyMySQL returns the fault that an error number of MariaDB or MySQL stands for.
func classifyMySQL(number uint16) fault {
	switch number {
	case mysqlDuplicate:
		return uniqueFault
	case mysqlDeadlock, mysqlLockWait, mysqlChanged, mysqlLockNotAvailable:
		return contention
	case mysqlCommit:
		return ambiguous
	case mysqlShutdown, mysqlAborted, mysqlKilled:
		return disconnected
	case mysqlDiskFull, mysqlTooManyConns, mysqlOutOfMemory, mysqlNotReady, mysqlTableFull, mysqlTooManyOfUser,
		mysqlOption, mysqlReadOnly, mysqlReadOnlyMode, mysqlInterrupted, mysqlStatementTime, mysqlExecutionTime:
		return unavailable
	case mysqlPacket, mysqlTooLong, mysqlWrongString, mysqlOutOfRange:
		return valueFault
	case mysqlDatabaseExists, mysqlTableExists, mysqlColumnExists, mysqlIndexExists:
		return existingFault
	}
	if number >= mysqlReadError && number <= mysqlWriteTimeout {
		return disconnected
	}
	return otherFault
}
