// Package sqlfilter translates filters into conditions of SQL over any tables: those
// of package store/sqlstore, or a host's own tables of users, devices or groups.
//
// [Columns] says where the attributes are. [Where] returns a condition, its arguments,
// and what the condition cannot say:
//
//	c := sqlfilter.Where(f, sqlfilter.PostgreSQL, columns, 0)
//	rows, err := db.Query("SELECT … FROM users AS u WHERE "+c.SQL, c.Args...)
//	// and if c.Rest is not nil: keep only the rows that c.Rest matches
//
// The text of the SQL comes from the program alone. Each string of a filter is an
// argument, and none becomes a pattern of LIKE, so that there is nothing to escape.
//
// # Exact conditions
//
// The condition selects every row that the filter matches. Where SQL cannot say exactly
// the same it selects more rows, and the caller must match them with [Clause].Rest.
// This holds below "not" as well: each part of the filter is translated both to a
// condition that is never too narrow and to one that is never too wide, and "not"
// exchanges the two.
//
// Conditions are never NULL and have the meaning that package filter defines: texts
// compare by their bytes, whatever the collation, and ne is true for an attribute
// without a value.
//
// # Letter case
//
// No database folds strings as [filter.Fold] does. A column that is compared without
// regard to case should have a second one beside it with the folded text, which the
// application writes ([Column].Folded). Then every condition is exact and can use an
// index. Otherwise rows with ASCII text are selected exactly, and all others are left to
// Rest.
//
// # JSON
//
// Attributes without a column, such as those of extensions, are compared by their
// [Keys]: a JSON document that the application makes of the attributes and stores
// beside them. It has folded strings, and numbers and dateTimes in a form that sorts as
// text, so that all operators are exact in every dialect, and so is the order of a list
// ([OrderBy]).
package sqlfilter
