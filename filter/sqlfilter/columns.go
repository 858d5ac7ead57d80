package sqlfilter

// Columns defines where the attributes of a resource are in the tables of a query. All
// texts in it are SQL that the program writes.
type Columns struct {
	// Attributes are the attributes with one value, under the name that
	// [filter.Attribute.String] gives them: "displayName", "meta.created",
	// "urn:example:2.0:Group:domain".
	Attributes map[string]Column
	// Elements are the multi-valued attributes, under the same names.
	Elements map[string]Elements
	// Resources is the table of the resources themselves. With it conditions on indexed
	// columns that are joined with OR are looked up one by one. Only From, Key, Ref,
	// Scope and ScopeArgs are used. Without a Key the conditions are left to the
	// database.
	Resources Elements
	// Keys is an expression for the document that [Keys] returns for the extensions of
	// the resource: jsonb in PostgreSQL, text in SQLite, json in MariaDB; NULL if there
	// are none. It is used for the attributes of extensions that are in neither map.
	// Empty means that there is no such column.
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

// Column defines where an attribute with one value is.
type Column struct {
	Kind Kind
	// Expr is the column, qualified where necessary, or another expression without
	// side effects. In PostgreSQL and SQLite a text must compare exactly with =: its
	// collation must not be nondeterministic or NOCASE.
	Expr string
	// Nullable means that Expr can be NULL; the attribute has no value then.
	Nullable bool
	// EmptyIsAbsent means that the attribute has no value if the text is empty.
	EmptyIsAbsent bool
	// Folded is an expression for the result of [filter.Fold] for the text. It is NULL
	// if Expr is. Empty means that there is none.
	Folded string
	// Bytewise means that Expr and Folded compare and sort by their bytes: the
	// collation is BINARY in SQLite, "C" in PostgreSQL, utf8mb4_nopad_bin in MariaDB
	// and utf8mb4_0900_bin in MySQL. Otherwise only equality can use the column's
	// index.
	Bytewise bool
	// Indexed means that an index finds the few rows with one value of Folded, or of
	// Expr if Folded is empty. See [Clause].Selective and [Elements].
	Indexed bool
	// Written is an expression for a dateTime as text in [filter.TimeFormat], in UTC,
	// for the operators co, sw and ew. Empty leaves these to Clause.Rest.
	Written string
}

// Elements defines where the values of a multi-valued attribute are: in the rows of
// another table or of a function.
type Elements struct {
	// From is the table for FROM, with an alias.
	From string
	// Join is the condition for the rows of From that belong to the resource. It is
	// empty if From itself depends on the resource.
	Join string
	// Key and Ref are columns of the resource and of From that are equal for its
	// elements; neither is ever NULL. Key IN (SELECT Ref FROM From WHERE Scope AND …) is
	// used for a condition on an indexed column, so that the elements are looked up
	// first. If Key is empty, Join is always used.
	Key, Ref string
	// Scope is a condition that every row of From meets that can belong to a resource
	// of the query, such as one on the tenant. Each ? in it is a parameter with a value
	// of ScopeArgs. Without ScopeArgs the text is used as it is, and may have the
	// parameters that the caller reserves (see [Where]). Empty means that there is no
	// such condition.
	Scope     string
	ScopeArgs []any
	// Columns are the columns of the sub-attributes, by their names as the schema
	// spells them; "value" for an attribute that is not complex.
	Columns map[string]Column
}
