// Package sqlfilter turns a compiled SCIM filter into the WHERE clause of a
// query over any tables: those of package store/sqlstore, or a host's own for
// its users, devices or groups.
//
// The caller describes with [Columns] where the attributes are; [Where] answers
// with a condition, its arguments, and what is left to do:
//
//	c := sqlfilter.Where(f, sqlfilter.PostgreSQL, columns, 0)
//	rows, err := db.Query("SELECT … FROM users AS u WHERE "+c.SQL, c.Args...)
//	// and if c.Rest is not nil: keep only the rows that c.Rest matches
//
// What is in the SQL text comes from the program alone. Every string of the
// filter is an argument, and no LIKE pattern is made of any, so that there is
// nothing to escape.
//
// # Exact, or more than that
//
// The condition selects every row that the filter matches. Where SQL cannot say
// exactly the same it selects more, and [Clause.Rest] is what the caller has to
// match the rows with. This holds below "not" as well: each part of the filter
// is translated both to a condition that is never too narrow and to one that is
// never too wide, and "not" exchanges them.
//
// Conditions never are NULL, and mean what package filter means: bytes are
// compared, not the words of a collation, and ne holds for what has no value.
//
// # Letter case
//
// No database folds strings as [filter.Fold] does. A column that is compared
// without regard to case should have a second one beside it that holds the
// folded text, written by the application ([Column.Folded]); then everything is
// exact and can use an index. Without it rows with ASCII text are selected
// exactly, and all others are left to Rest.
//
// # JSON
//
// What has no column of its own, such as the attributes of extensions, is
// compared by its [Keys]: a JSON document that the application makes of the
// attributes and stores beside them. It holds folded strings, and numbers and
// dateTimes in a form that sorts as text, so that all operators are exact on
// them in both dialects, and so is the order of a list ([Order]).
package sqlfilter
