package sqlfilter

import "strconv"

// Dialect is the SQL of a kind of database.
type Dialect uint8

// The dialects.
const (
	// SQLite is SQLite 3.38 or newer. Parameters are written ?1, ?2 …
	SQLite Dialect = iota + 1
	// PostgreSQL is PostgreSQL 13 or newer, and what speaks its SQL. Parameters
	// are written $1, $2 …
	PostgreSQL
)

// String is the name of the dialect in lower case.
func (d Dialect) String() string {
	switch d {
	case SQLite:
		return "sqlite"
	case PostgreSQL:
		return "postgresql"
	}
	return "unknown"
}

func (d Dialect) placeholder(n int) string {
	if d == PostgreSQL {
		return "$" + strconv.Itoa(n)
	}
	return "?" + strconv.Itoa(n)
}

// cast names the type of a parameter, which PostgreSQL does not always infer.
func (d Dialect) cast(text, kind string) string {
	if d == PostgreSQL {
		return text + "::" + kind
	}
	return text
}

// bytewise makes a text compare by its bytes.
func (d Dialect) bytewise(x string) string {
	if d == PostgreSQL {
		return x + ` COLLATE "C"`
	}
	return x + ` COLLATE BINARY`
}

// lower is x with its ASCII letters in lower case, and nothing else.
func (d Dialect) lower(x string) string {
	if d == PostgreSQL {
		return "lower(" + d.bytewise(x) + ")"
	}
	return "lower(" + x + ")"
}

// ascii says that x has no other characters.
func (d Dialect) ascii(x string) string {
	if d == PostgreSQL {
		return "octet_length(" + x + ") = char_length(" + x + ")"
	}
	return "length(CAST(" + x + " AS BLOB)) = length(" + x + ")"
}

// contains says that text x contains y.
func (d Dialect) contains(x, y string) string {
	if d == PostgreSQL {
		return "strpos(" + d.bytewise(x) + ", " + y + ") > 0"
	}
	return "instr(" + x + ", " + y + ") > 0"
}

// endsWith says that text x ends with y, which is not empty.
func (d Dialect) endsWith(x, y string) string {
	if d == PostgreSQL {
		return "right(" + x + ", char_length(" + y + ")) = " + y
	}
	return "substr(" + x + ", -length(" + y + ")) = " + y
}
