package sqlstore

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"
)

// postgreSQL has any number of writers, which lock the head of a group, and sets as
// array literals, one for each column, which are plain text to every driver.
var postgreSQL = dialect{
	replacements: []string{
		"{in values}", `= ANY (?3::text[])`,
		"{among}", `= ANY (?2::text[])`,
		"{set}", `unnest(?3::text[], ?4::text[], ?5::text[], ?6::text[], ?7::text[], ?8::text[])
			AS s(value, type, display, ref, type_fold, display_fold)`,
		"{entries}", `unnest(?3::bigint[], ?4::bigint[], ?5::text[]) AS s(made, number, entry)`,
		"{keys}", `SELECT made, change_id, number FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[]) AS
			s(made, change_id, number)`,
		// OFFSET and LIMIT keep the planner from joining in another way: whatever it
		// thinks of the numbers, each look-up is one in an index.
		"{holders}", `CROSS JOIN LATERAL (SELECT m.group_id FROM {members} AS m WHERE m.tenant = ?1 AND
			m.value = a.id OFFSET 0) AS m`,
		"{heads}", `CROSS JOIN LATERAL (SELECT g.* FROM {groups} AS g WHERE g.tenant = ?1 AND g.id = a.id LIMIT 1) AS g`,
		"{of tenant}", `m.tenant = ?1`,
		"{jsonb}", `::jsonb`,
		"{text}", `::text COLLATE "C"`,
		// The locks are those of foreign keys: a group that is changed can be referred
		// to, and a group that is deleted cannot.
		"{refer}", ` ORDER BY g.id FOR KEY SHARE`,
		"{lock}", ` FOR NO KEY UPDATE`,
	},
	noJSON:     `NULL::jsonb`,
	noText:     `NULL::text`,
	bytewise:   ` COLLATE "C"`,
	schemaURNs: `(SELECT {core} AS value UNION ALL SELECT jsonb_object_keys(g.extensions)) AS u`,
	micros: `(to_char(timestamp '1970-01-01' + {c} / 1000000 * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS') ||
		CASE WHEN {c} % 1000000 = 0 THEN '' ELSE '.' || rtrim(substr((1000000 + {c} % 1000000)::text, 2), '0') END || 'Z')`,
	// The order keeps two deletions of groups that hold each other from a deadlock.
	headsLocked: `SELECT {head} FROM {groups} AS g JOIN (SELECT ?2{text} AS id UNION
		SELECT m.group_id FROM {members} AS m WHERE m.tenant = ?1 AND m.value = ?2) AS h ON h.id = g.id
		WHERE g.tenant = ?1 ORDER BY g.id FOR UPDATE OF g`,
	headsLockedAlone: selectHead + ` FOR UPDATE`,
	// The groups among the members are locked as a foreign key locks what it refers to:
	// none of them is deleted before the transaction ends, so that a later deletion
	// sees the groups that hold it.
	known:   `WITH known AS (` + selectGroups + `) `,
	isGroup: `{value} IN (SELECT known.id FROM known)`,
	// The sets are hidden from the planner, which would otherwise plan each execution anew
	// since one value is less than it expects.
	named: `SELECT g.id, g.external_id, g.display_name, CASE WHEN ?3::boolean THEN g.extensions END,
		g.created, g.modified, g.version,
		(SELECT json_agg(m.value) FROM {members} AS m` + these + ` AND m.value = ANY ((SELECT ?4::text[])::text[])),
		(SELECT json_agg(k.id) FROM {groups} AS k WHERE k.tenant = ?1 AND k.id = ANY ((SELECT ?5::text[])::text[]))
		FROM {groups} AS g WHERE g.tenant = ?1 AND g.id = ?2`,
	namedOne: `SELECT g.id, g.external_id, g.display_name, CASE WHEN ?3::boolean THEN g.extensions END,
		g.created, g.modified, g.version, EXISTS (SELECT 1 FROM {members} AS m` + these + ` AND m.value = ?4::text),
		EXISTS (SELECT 1 FROM {groups} AS k WHERE k.tenant = ?1 AND k.id = ?4::text)
		FROM {groups} AS g WHERE g.tenant = ?1 AND g.id = ?2`,
	addNamed: `WITH ` + directHead + ` RETURNING t.id), ` + directAdd +
		`unnest(?6::text[], ?7::text[], ?8::text[], ?9::text[], ?10::text[], ?11::text[])` + directEnd,
	addOneNamed: `WITH ` + directHead + ` RETURNING t.id), added AS (` + insert +
		`SELECT ?1, ?2, ?6, ?7, ?8, ?9, ?10, ?11 FROM touched) SELECT count(*) FROM touched`,
	removeNamed: `WITH ` + directHead + ` RETURNING t.id), ` + directRemove + `?6::text[])) SELECT count(*) FROM touched`,
	// The groups among the members are locked, and must all be present.
	changeNamed: `WITH known AS MATERIALIZED (SELECT k.id FROM {groups} AS k WHERE k.tenant = ?1 AND
		k.id = ANY (?6::text[]) ORDER BY k.id FOR KEY SHARE NOWAIT), ` + directHead +
		` AND (SELECT count(*) FROM known) = cardinality(?6::text[]) RETURNING t.id), ` +
		directRemove + `?7::text[])), ` + directAdd +
		`unnest(?8::text[], ?9::text[], ?10::text[], ?11::text[], ?12::text[], ?13::text[])` + directEnd,
	tableExists: `SELECT to_regclass($1) IS NOT NULL`,
	lockNesting: true,
	lateral:     true,
	schemas:     true,
	quote:       `"`,

	placeholders: func(text string) string { return strings.ReplaceAll(text, "?", "$") },
	// The planner then expects as many rows as a tenant has on average; see statistics.
	hideTenant: func(text string) string {
		return strings.ReplaceAll(text, "tenant = ?1", "tenant = (SELECT ?1::text)")
	},
	cast:     func(x string) string { return x + "::text" },
	concat:   pipes,
	compare:  compareRows,
	deleting: deleteReturning,
	typed:    func(parameter, kind string) string { return parameter + "::" + kind },
	seldom: func(x string, numeric bool) string {
		if numeric {
			return "(" + x + " + 0)"
		}
		return "(" + x + " || '')"
	},
	scope:    func(condition string) string { return condition },
	valueSet: arrayOf,
	rowSet:   arraysOf,
	key:      func(key string) string { return key },
	transact: transactPostgreSQL,
	// Citus sends statements to where their tenant is, and has to see it.
	routed: func(ctx context.Context, db *sql.DB) (citus bool) {
		err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus')`).Scan(&citus)
		return citus && err == nil
	},
	analyze: `ANALYZE (SKIP_LOCKED) `,
	rows:    `SELECT reltuples FROM pg_class WHERE oid = to_regclass($1)`,
}

// The parts of direct changes, which do not wait for locks. In touched is the head if
// this statement has locked and changed it.
const (
	directHead = `touched AS (UPDATE {groups} AS t SET modified = ?4::bigint, version = ?3::bigint + 1,
		change_id = ?5::bigint WHERE t.tenant = ?1 AND t.id = (SELECT g.id FROM {groups} AS g WHERE g.tenant = ?1 AND
		g.id = ?2 AND g.version = ?3::bigint FOR NO KEY UPDATE SKIP LOCKED)`
	directRemove = `removed AS (DELETE FROM {members} AS m USING touched` + these + ` AND m.value = ANY (`
	directAdd    = `added AS (` + insert + `SELECT ?1, ?2, s.value, s.type, s.display, s.ref, s.type_fold, s.display_fold
		FROM touched CROSS JOIN `
	directEnd = ` AS s(value, type, display, ref, type_fold, display_fold)) SELECT count(*) FROM touched`
)

// arrayOf returns the literal of an array.
func arrayOf(values []string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		appendElement(&b, v)
	}
	b.WriteByte('}')
	return b.String()
}

// arraysOf returns the literals of arrays, one for each column of the rows.
func arraysOf(rows [][]any) []any {
	columns := make([]strings.Builder, len(rows[0]))
	for i, row := range rows {
		for j, v := range row {
			b := &columns[j]
			if i == 0 {
				b.WriteByte('{')
			} else {
				b.WriteByte(',')
			}
			switch v := v.(type) {
			case string:
				appendElement(b, v)
			case int64:
				b.WriteString(strconv.FormatInt(v, 10))
			default:
				b.WriteString("NULL")
			}
		}
	}
	out := make([]any, len(columns))
	for j := range columns {
		columns[j].WriteByte('}')
		out[j] = columns[j].String()
	}
	return out
}

// appendElement writes an element of an array literal
// (https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO).
func appendElement(b *strings.Builder, v string) {
	b.WriteByte('"')
	for {
		i := strings.IndexAny(v, `"\`)
		if i < 0 {
			break
		}
		b.WriteString(v[:i])
		b.WriteByte('\\')
		b.WriteByte(v[i])
		v = v[i+1:]
	}
	b.WriteString(v)
	b.WriteByte('"')
}

// transactPostgreSQL implements the transact of the dialect.
func transactPostgreSQL(
	ctx context.Context,
	conn *sql.Conn,
	o *sql.TxOptions,
	work func(tx runner) error,
) (err error) {
	// database/sql rolls a transaction back when its context ends, and the driver
	// cuts its commit off. Until the commit begins that is right.
	txCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, cancel)
	defer stop()
	tx, err := conn.BeginTx(txCtx, o)
	if err != nil {
		return err
	}
	committed := false
	defer func() {
		if !committed {
			tx.Rollback() // with the connection gone, the server has done it
		}
	}()
	if err := work(tx); err != nil {
		return err
	}
	if !stop() {
		return settle(context.Cause(ctx))
	}
	committed = true
	timer := time.AfterFunc(finishIn, cancel)
	defer timer.Stop()
	return commitFault(tx.Commit())
}

// commitFault tells a commit that the server refused from one whose end is not
// known.
func commitFault(err error) error {
	if err == nil {
		return nil
	}
	if fromServer(err) {
		switch classify(err) {
		case disconnected, ambiguous:
		default:
			return err // the server's word that there is no commit
		}
	}
	// No word of the driver is good enough. That of pgx, for one, is "conn closed"
	// and safe to retry when the connection ends before the outcome of a commit is known.
	return &unansweredError{err}
}
