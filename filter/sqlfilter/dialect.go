package sqlfilter

import (
	"strconv"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
)

// Dialect is the SQL of a kind of database: [SQLite], [PostgreSQL] or [MariaDB].
type Dialect interface {
	// String returns the name of the dialect in lower case.
	String() string

	// parameter returns the parameter for a value v, given its mark in the text of a
	// condition, with the name of its type if the database does not infer that.
	parameter(mark string, v any) string
	// bind replaces the marks in text, which are indexes of args, and returns the
	// arguments that the text then has. reserved is as for Where.
	bind(text string, args []any, reserved int) (string, []any)
	// choosesLookUps reports whether the database chooses by itself between several
	// subqueries that find few rows. Otherwise it would evaluate all of them.
	choosesLookUps() bool
	// union returns the condition that key is found by one of the queries, each of
	// which selects one column.
	union(key string, queries []string) string

	// bytewise returns text x as it compares and sorts by its bytes.
	bytewise(x string) string
	// compare returns the condition that text x compares with text y as op says, byte
	// by byte. bytewise says that x does so by itself.
	compare(x string, op filter.Op, y string, bytewise bool) string
	// notEmpty returns the condition that text x is not empty.
	notEmpty(x string) string
	// lower returns text x, which is ASCII, in lower case.
	lower(x string) string
	// ascii returns the condition that text x is ASCII.
	ascii(x string) string
	// contains returns the condition that text x contains text y.
	contains(x, y string) string
	// endsWith returns the condition that text x ends with text y, which is not empty.
	endsWith(x, y string) string
	// timestamp returns the argument that a column of kind Timestamp compares with, given an
	// instant in UTC and in microseconds; false if there are no such columns.
	timestamp(micros int64) (any, bool)

	// rows returns the list at the end of a path in a JSON document as a table for
	// FROM, with the column value. path has the names of members; arg returns a
	// parameter for a text.
	rows(document string, path []string, arg func(string) string) string
	// first returns the first value of the list at the end of a path.
	first(document string, path []string, arg func(string) string) string
	// object returns the member o of a value: the document of its sub-attributes.
	object(value string) string
	// field returns another member of a value as text; NULL if the value has none.
	field(value, name string) string
}

// mark returns the mark of an argument in the text of a condition.
func mark(index int) string { return "\x00" + strconv.Itoa(index) + "\x00" }

// bindNumbers is [Dialect].bind for databases whose parameters have numbers: an
// argument is one parameter however often it occurs.
func bindNumbers(prefix, text string, args []any, reserved int) (string, []any) {
	parts := strings.Split(text, "\x00")
	numbers := map[string]int{}
	var used []any
	for i := 1; i < len(parts); i += 2 {
		n := numbers[parts[i]]
		if n == 0 {
			used = append(used, args[index(parts[i])])
			n = len(used)
			numbers[parts[i]] = n
		}
		parts[i] = prefix + strconv.Itoa(reserved+n)
	}
	return strings.Join(parts, ""), used
}

// bindPositions is [Dialect].bind for databases whose parameters have no numbers:
// each occurrence of an argument is one parameter, in the order of the text.
func bindPositions(text string, args []any) (string, []any) {
	parts := strings.Split(text, "\x00")
	var used []any
	for i := 1; i < len(parts); i += 2 {
		used = append(used, args[index(parts[i])])
		parts[i] = "?"
	}
	return strings.Join(parts, ""), used
}

// index returns the index in a mark.
func index(mark string) int {
	i, err := strconv.Atoi(mark)
	if err != nil {
		panic("sqlfilter: a text of Columns has a NUL byte")
	}
	return i
}

// common has the methods that SQLite and PostgreSQL share.
type common struct{}

func (common) union(key string, queries []string) string {
	return key + " IN (" + strings.Join(queries, " UNION ALL ") + ")"
}

func (common) notEmpty(x string) string { return x + " <> ''" }

func (common) object(value string) string { return "(" + value + " -> 'o')" }

func (common) field(value, name string) string { return "(" + value + " ->> '" + name + "')" }

// compareCollated is [Dialect].compare where equality is of bytes whatever the
// collation, and order is not.
func compareCollated(d Dialect, x string, op filter.Op, y string, bytewise bool) string {
	if !bytewise && op != filter.Eq && op != filter.Ne {
		x = d.bytewise(x)
	}
	return x + operators[op] + y
}
