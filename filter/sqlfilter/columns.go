package sqlfilter

// Columns says where the attributes of a resource are in the tables of a query.
// All texts in it are SQL, written by the program.
type Columns struct {
	// Attributes are the attributes with one value, under the name that
	// [filter.Attribute.String] gives them: "displayName", "meta.created",
	// "urn:example:2.0:Group:domain".
	Attributes map[string]Column
	// Elements are the multi-valued attributes, under the same names.
	Elements map[string]Elements
	// Resources are the rows of the query themselves, for conditions on indexed
	// columns that are joined with OR: each is looked for by itself. Only From, Key,
	// Ref and Scope count; without a Key the conditions are left to the database.
	Resources Elements
	// Keys is an expression for what [Keys] made of the extensions of the resource:
	// jsonb in PostgreSQL, text in SQLite, json in MariaDB; NULL if there are none. It
	// is used for the attributes of extensions that are in neither map. Empty means
	// that there is no such column.
	Keys string
}

// Kind is what a [Column] holds.
type Kind uint8

// The kinds of columns.
const (
	// Text is text: strings, references and binary values in base64.
	Text Kind = iota
	// Boolean is a boolean, or 0 and 1.
	Boolean
	// Integer is a whole number of at most 64 bits.
	Integer
	// Micros is a dateTime as a whole number of microseconds since 1970 in UTC.
	Micros
	// Timestamp is a dateTime with microseconds: timestamp with time zone in
	// PostgreSQL, datetime(6) in UTC in MariaDB. SQLite has none.
	Timestamp
)

// Column is where an attribute with one value is.
type Column struct {
	Kind Kind
	// Expr is the column, qualified where it has to be, or any other expression
	// that has no side effects. Text must compare exactly with = in PostgreSQL and
	// SQLite, as it does unless its collation is nondeterministic or NOCASE.
	Expr string
	// Nullable says that Expr can be NULL; the attribute has no value then.
	Nullable bool
	// EmptyIsAbsent says that the attribute has no value where the text is empty.
	EmptyIsAbsent bool
	// Folded is an expression for what [filter.Fold] makes of the text. It is NULL
	// where Expr is. Empty means that there is none.
	Folded string
	// Bytewise says that Expr and Folded compare and sort by their bytes: the
	// collation is BINARY in SQLite and "C" in PostgreSQL; in MariaDB the type is
	// varbinary, or the collation utf8mb4_nopad_bin, or utf8mb4_0900_bin in MySQL.
	// Otherwise comparisons of order, and in MariaDB all but equality, cannot use the
	// column's index.
	Bytewise bool
	// Indexed says that an index finds the few rows with one value: of Folded, or
	// of Expr if that is empty. See [Clause].Selective and [Elements].
	Indexed bool
	// Written is an expression for the text of a dateTime in [filter.TimeFormat], in
	// UTC, for the operators co, sw and ew. Empty leaves these to the caller.
	Written string
}

// Elements is where the values of a multi-valued attribute are: rows of another
// table, or of a function.
type Elements struct {
	// From is what stands after FROM, with an alias.
	From string
	// Join is a condition that is true for the rows of From that belong to the
	// resource. It is empty if From itself depends on the resource.
	Join string
	// Key IN (SELECT Ref FROM From WHERE Scope AND …) is another way to say the
	// same, which is used for a condition on an indexed column: the elements are
	// looked for first. Ref is a column of From, Key one of the resource, and
	// neither is ever NULL. If Key is empty, Join is used always.
	Key, Ref string
	// Scope is a condition that all rows meet which can belong to any resource of
	// the query, such as the tenant. Each ? in it stands for one of ScopeArgs; without
	// ScopeArgs the text is used as it is, so that it may use parameters that the
	// caller has reserved. Empty means that there is none.
	Scope     string
	ScopeArgs []any
	// Columns are the sub-attributes by their names as the schema spells them;
	// "value" for an attribute that is not complex.
	Columns map[string]Column
}
