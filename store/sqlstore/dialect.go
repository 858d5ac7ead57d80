package sqlstore

import (
	"context"
	"database/sql"
	"strings"
)

// dialect is what differs between the databases: texts that become part of
// statements, and functions. There is one file for each.
type dialect struct {
	// replacements are the texts of statements that stand in braces, by pairs. They
	// may contain further ones.
	//
	//	{in values}  the condition that a column is among a set of values, parameter 3
	//	{among}      the same for parameter 2
	//	{set}        a set of members, the parameters from 3 on, as a table s
	//	{entries}    a set of outbox entries, likewise
	//	{keys}       a query for a set of keys of outbox entries, the parameters from 1 on
	//	{holders}    joins the groups that hold group a, as m
	//	{heads}      joins the head of group a, as g
	//	{of tenant}  the condition that m.tenant is the tenant, next to a more selective one
	//	{jsonb}      makes a JSON document of a text
	//	{text}       makes a text of a parameter
	//	{refer}      ends a query for groups: keeps them from being deleted
	//	{lock}       ends a query for a group: keeps others from changing it
	replacements []string
	// noJSON is NULL in a column of JSON documents, noText in one of texts.
	noJSON, noText string
	// bytewise makes a text sort by its bytes.
	bytewise string
	// schemaURNs is a table u for FROM whose column value has the URNs of the schemas of
	// group g; {core} is that of all groups.
	schemaURNs string
	// micros is column {c}, in microseconds, in [filter.TimeFormat].
	micros string
	// headsLocked reads and locks the head of a group and of those that hold it.
	// headsLockedAlone does so where groups are not known as members.
	headsLocked, headsLockedAlone string
	// known begins a statement that adds members, with {condition} for their values;
	// isGroup is the condition that {value}, the value of one of them, is the id of a
	// group.
	known, isGroup string
	// named and the others are the statements of direct changes; see directChange. They
	// are empty where a transaction costs no round trips.
	named, namedOne, addNamed, addOneNamed, removeNamed, changeNamed string
	// tableExists is a query for whether a table exists, by its name.
	tableExists string
	// lockNesting reports whether several transactions may write at once, so that
	// looking for a circle takes a lock.
	lockNesting bool
	// lateral reports whether the members of several groups are read by one statement.
	lateral bool
	// schemas reports whether tables can be in a schema.
	schemas bool
	// quote stands before and after the name of a table.
	quote string
	// noLimit is a LIMIT without effect.
	noLimit any

	// check, if not nil, returns an error if the store cannot work with the connections
	// of db. It may complete the options.
	check func(ctx context.Context, db *sql.DB, o *Options) error
	// adapt, if not nil, replaces statements that the database writes in another way.
	adapt func(t *statements, fill func(string) string, typed bool)
	// placeholders writes the parameters ?1, ?2 … of a statement. No statement of this
	// package has a question mark for anything else.
	placeholders func(text string) string
	// number, if not nil, gives numbers to the parameters in a text of package
	// sqlfilter, which follow a number of reserved ones.
	number func(text string, reserved int) string
	// binding, if not nil, returns a runner for statements as placeholders leaves them.
	binding func(on runner) runner
	// hideTenant hides the tenant, the first parameter, from the planner.
	hideTenant func(text string) string
	// cast makes a text of an expression.
	cast func(x string) string
	// concat joins texts.
	concat func(texts ...string) string
	// compare compares columns with values in lexicographic order. The operator is <, <=, >
	// or >=.
	compare func(columns []string, operator string, values []string) string
	// deleting deletes the members m that a condition holds for, and returns the columns
	// given, without m.
	deleting func(where, columns string) returning
	// typed gives a parameter its type.
	typed func(parameter, kind string) string
	// seldom is an expression that the planner does not use an index for where it has a
	// choice.
	seldom func(x string, numeric bool) string
	// scope is the condition that a member is of the tenant, from that in plain SQL.
	scope func(condition string) string
	// valueSet makes a parameter of a set of values.
	valueSet func(values []string) string
	// rowSet makes parameters of rows of text, whole numbers and nil, at least one row.
	rowSet func(rows [][]any) []any
	// key is what writers in one process queue for, from the key of a group.
	key func(key string) string
	// transact runs work in a transaction: to write, or to read one state of the
	// database.
	transact func(ctx context.Context, conn *sql.Conn, o *sql.TxOptions, work func(tx runner) error) error
	// routed reports whether the database sends statements to where their tenant is.
	routed func(ctx context.Context, db *sql.DB) bool
	// analyze is the statement that analyzes a table, and rows a query for the number of
	// rows that it found. They are empty where the planner needs no statistics.
	analyze, rows string
}

// dialects are the dialects of this package.
var dialects = map[Dialect]*dialect{SQLite: &sqlite, PostgreSQL: &postgreSQL, MariaDB: &mariaDB}

// bind returns a runner for the statements of this package.
func (d *dialect) bind(on runner) runner {
	if d.binding == nil {
		return on
	}
	return d.binding(on)
}

// numbered returns a text of package sqlfilter with numbers for its parameters.
func (d *dialect) numbered(text string, reserved int) string {
	if d.number == nil {
		return text
	}
	return d.number(text, reserved)
}

// returning is a statement that writes rows and returns them. If the database cannot do
// that, read is a statement that returns them beforehand, with the same arguments.
type returning struct{ read, write string }

// run writes the rows and calls each for every one of them.
func (r returning) run(ctx context.Context, db runner, args []any, each func(*sql.Rows) error) error {
	if r.read == "" {
		return query(ctx, db, r.write, args, each)
	}
	some := false
	err := query(ctx, db, r.read, args, func(rows *sql.Rows) error {
		some = true
		return each(rows)
	})
	if err == nil && some {
		_, err = db.ExecContext(ctx, r.write, args...)
	}
	return err
}

// pipes is [dialect].concat in standard SQL.
func pipes(texts ...string) string { return "(" + strings.Join(texts, " || ") + ")" }

// compareRows is [dialect].compare in standard SQL.
func compareRows(columns []string, operator string, values []string) string {
	return "(" + strings.Join(columns, ", ") + ") " + operator + " (" + strings.Join(values, ", ") + ")"
}

// deleteReturning is [dialect].deleting where DELETE has RETURNING, which does not know
// the alias in SQLite.
func deleteReturning(where, columns string) returning {
	return returning{write: `DELETE FROM {members} AS m WHERE ` + where + ` RETURNING ` + columns}
}

// bareColumns are headColumns with no extensions.
func (d *dialect) bareColumns() string {
	return `g.id, g.external_id, g.display_name, ` + d.noJSON + ` AS extensions, g.created, g.modified, g.version`
}
