package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// sqlite has one writer at a time, and sets as JSON lists, which are plain text to
// every driver.
var sqlite = dialect{
	replacements: []string{
		"{in values}", `IN (SELECT value FROM json_each(?3))`,
		"{among}", `IN (SELECT value FROM json_each(?2))`,
		"{set}", `(SELECT s.value ->> 0 AS value, s.value ->> 1 AS type, s.value ->> 2 AS display, s.value ->> 3 AS ref,
			s.value ->> 4 AS type_fold, s.value ->> 5 AS display_fold FROM json_each(?3) AS s) AS s`,
		"{entries}", `(SELECT s.value ->> 0 AS made, s.value ->> 1 AS number, s.value ->> 2 AS entry FROM
			json_each(?3) AS s) AS s`,
		"{keys}", `SELECT s.value ->> 0, s.value ->> 1, s.value ->> 2 FROM json_each(?1) AS s`,
		// SQLite has no LATERAL, but it takes the tables of a CROSS JOIN in turn.
		"{holders}", `CROSS JOIN {members} AS m WHERE m.tenant = ?1 AND m.value = a.id`,
		"{heads}", `CROSS JOIN {groups} AS g WHERE g.tenant = ?1 AND g.id = a.id`,
		"{of tenant}", `+m.tenant = ?1`, // see scope
		"{jsonb}", ``, "{text}", ``, "{refer}", ``, "{lock}", ``,
	},
	noJSON:     `NULL`,
	noText:     `NULL`,
	schemaURNs: `(SELECT {core} AS value UNION ALL SELECT j.key FROM json_each(g.extensions) AS j) AS u`,
	micros: `(strftime('%Y-%m-%dT%H:%M:%S', {c} / 1000000, 'unixepoch') || CASE WHEN {c} % 1000000 = 0 THEN ''
		ELSE '.' || rtrim(substr(CAST(1000000 + {c} % 1000000 AS TEXT), 2), '0') END || 'Z')`,
	headsLocked:      selectHead,
	headsLockedAlone: selectHead,
	isGroup:          `EXISTS (SELECT 1 FROM {groups} AS g WHERE g.tenant = ?1 AND g.id = {value})`,
	tableExists:      `SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND '"' || name || '"' = ?1)`,
	noLimit:          -1,
	quote:            `"`,

	placeholders: func(text string) string { return text },
	hideTenant:   func(text string) string { return text },
	cast:         func(x string) string { return "CAST(" + x + " AS TEXT)" },
	concat:       pipes,
	compare:      compareRows,
	deleting:     deleteReturning,
	typed:        func(parameter, _ string) string { return parameter },
	seldom:       func(x string, _ bool) string { return "+" + x },
	// The plus keeps SQLite, which knows nothing of the data, from taking all members of
	// the tenant for fewer than those with one value.
	scope:    func(condition string) string { return "+" + condition },
	valueSet: func(values []string) string { return jsonText(values) },
	rowSet:   func(rows [][]any) []any { return []any{jsonText(rows)} },
	key:      func(string) string { return "" }, // one writer for the whole file
	transact: transactSQLite,
	routed:   func(context.Context, *sql.DB) bool { return false },
}

// transactSQLite implements the transact of the dialect. The lock of a writer has to be
// taken before anything is read, whatever the driver of the host does at BEGIN.
func transactSQLite(
	ctx context.Context,
	conn *sql.Conn,
	o *sql.TxOptions,
	work func(tx runner) error,
) (err error) {
	begin := "BEGIN IMMEDIATE"
	if o.ReadOnly {
		begin = "BEGIN"
	}
	if _, err := conn.ExecContext(ctx, begin); err != nil {
		return err
	}
	finish := func(statement string) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishIn)
		defer cancel()
		_, err := conn.ExecContext(ctx, statement)
		return err
	}
	open := true
	defer func() {
		if !open {
			return
		}
		if err := finish("ROLLBACK"); err != nil {
			// SQLite may have rolled back by itself; in any case the connection must not
			// go back into the pool with a transaction.
			conn.Raw(func(any) error { return driver.ErrBadConn })
		}
	}()
	if err := work(conn); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return settle(context.Cause(ctx))
	}
	if err := finish("COMMIT"); err != nil {
		if classify(err) == contention {
			return err // still open, and rolled back by the above
		}
		// The rollback above may come too late for a commit that failed half-way.
		return &unansweredError{err}
	}
	open = false
	return nil
}
