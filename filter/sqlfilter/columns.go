package sqlfilter

import "github.com/scimgroups/scimgroups/filter"

// Columns says where the attributes of a resource are in the tables of a query.
// All texts in it are SQL, written by the program.
type Columns struct {
	// Attributes are those with one value, under the name that
	// [filter.Attribute.String] gives them: "displayName", "meta.created",
	// "urn:example:2.0:Group:domain".
	Attributes map[string]Column
	// Elements are those with many values, under the same names.
	Elements map[string]Elements
	// Resources are the rows of the query themselves, for conditions on indexed
	// columns that are joined with OR: each is looked for by itself. Of it From, Key,
	// Ref and Scope count; without a Key the database has to see to such conditions.
	Resources Elements
	// Keys is an expression for what [Keys] made of the extensions of the
	// resource: jsonb in PostgreSQL, text in SQLite; NULL if there are none. It is
	// used for the attributes of extensions that are in neither map. "" says that
	// there is no such column.
	Keys string
}

// Kind is what a [Column] holds.
type Kind uint8

// The kinds of columns.
const (
	// Text is text: strings, references and binary values in base64.
	Text Kind = iota
	// Boolean is a boolean, or 0 and 1 in SQLite.
	Boolean
	// Integer is a whole number of at most 64 bits.
	Integer
	// Micros is a dateTime as a whole number of microseconds since 1970 in UTC.
	Micros
	// Timestamp is a PostgreSQL timestamp with time zone.
	Timestamp
)

// Column is where an attribute with one value is.
type Column struct {
	Kind Kind
	// Expr is the column, qualified where it has to be, or any other expression
	// that has no side effects. Text has to compare exactly with =, as it does
	// but for PostgreSQL's nondeterministic collations and SQLite's NOCASE.
	Expr string
	// Nullable says that Expr can be NULL; the attribute has no value then.
	Nullable bool
	// EmptyIsAbsent says that the attribute has no value where the text is empty.
	EmptyIsAbsent bool
	// Folded is an expression for what [filter.Fold] makes of the text; ""
	// if there is none. It is NULL where Expr is.
	Folded string
	// Bytewise says that Expr and Folded compare by their bytes: the collation is
	// "C" in PostgreSQL, BINARY in SQLite. Where they do not, comparisons of order
	// name that collation, and cannot use the column's index.
	Bytewise bool
	// Indexed says that an index finds the few rows with one value: of Folded, or
	// of Expr if that is "". See [Clause.Selective] and [Elements].
	Indexed bool
	// Written is an expression for the text of a dateTime in
	// [filter.TimeFormat], in UTC, for the operators co, sw and ew; "" leaves
	// these to the caller.
	Written string
}

// Elements is where the values of a multi-valued attribute are: rows of another
// table, or of a function.
type Elements struct {
	// From is what stands after FROM, with an alias.
	From string
	// Join is a condition that is true for the rows of From that belong to the
	// resource; "" if From itself depends on the resource.
	Join string
	// Key IN (SELECT Ref FROM From WHERE Scope AND …) is another way to say the
	// same, which is taken for a condition on an indexed column: the elements are
	// looked for first. Ref is a column of From, Key one of the resource, and
	// neither is ever NULL. Scope is a condition that all rows meet which can
	// belong to any resource of the query, such as the tenant; it may speak of the
	// first parameters, see [Where], and is "" if there is none. If Key is "",
	// Join is used always.
	Key, Ref, Scope string
	// Columns are the sub-attributes by their names as the schema spells them;
	// "value" for an attribute that is not complex.
	Columns map[string]Column
}

// Find answers where an attribute is; false if it has no column of its own.
func (c Columns) Find(a *filter.Attribute) (Column, bool) {
	column, ok := c.Attributes[a.String()]
	return column, ok
}
