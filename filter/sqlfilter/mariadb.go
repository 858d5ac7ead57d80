package sqlfilter

import (
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/filter"
)

// MariaDB is MariaDB 10.6 or newer, and MySQL 8.0.30 or newer, of which no test has
// been run. Parameters are written ?, so that Args are in the order of the text, and
// more than one of them may have the same value. The character set of connections is
// utf8mb4.
//
// Without an index a text sorts by its first 1,024 bytes; the variable max_sort_length
// raises that.
var MariaDB Dialect = mariadb{}

type mariadb struct{}

func (mariadb) String() string { return "mariadb" }

func (mariadb) parameter(mark string, _ any) string { return mark }

func (mariadb) bind(text string, args []any, _ int) (string, []any) {
	return bindPositions(text, args)
}

func (mariadb) choosesLookUps() bool { return true }

// union puts the queries into a derived table, which is read first. A union right
// after IN is evaluated for each row.
func (mariadb) union(key string, queries []string) string {
	return key + " IN (SELECT * FROM (" + strings.Join(queries, " UNION ALL ") + ") AS united)"
}

// utf8mb4 returns text x in the character set of parameters.
func (mariadb) utf8mb4(x string) string { return "CONVERT(" + x + " USING utf8mb4)" }

// bytewise makes a binary string, which compares with text as bytes. Collations that
// compare the bytes of texts without padding have other names in MySQL.
func (d mariadb) bytewise(x string) string { return "CAST(" + d.utf8mb4(x) + " AS BINARY)" }

func (d mariadb) compare(x string, op filter.Op, y string, bytewise bool) string {
	switch {
	case bytewise:
		return x + operators[op] + y
	case op == filter.Eq:
		return "(" + x + " = " + y + " AND " + d.bytewise(x) + " = " + y + ")" // an index finds the first
	}
	return d.bytewise(x) + operators[op] + y
}

// notEmpty does not compare with ”, to which spaces are equal in most collations.
func (mariadb) notEmpty(x string) string { return "length(" + x + ") > 0" }

func (d mariadb) lower(x string) string { return "lower(" + d.utf8mb4(x) + " COLLATE utf8mb4_bin)" }

func (d mariadb) ascii(x string) string {
	return "length(" + d.utf8mb4(x) + ") = char_length(" + d.utf8mb4(x) + ")"
}

func (d mariadb) contains(x, y string) string { return "locate(" + y + ", " + d.bytewise(x) + ") > 0" }

func (d mariadb) endsWith(x, y string) string {
	return "right(" + d.bytewise(x) + ", length(" + y + ")) = " + y
}

func (mariadb) timestamp(micros int64) (any, bool) {
	t := time.UnixMicro(micros).UTC()
	return t.Format("2006-01-02 15:04:05.000000"), !outside(t)
}

func (mariadb) rows(document string, path []string, arg func(string) string) string {
	return "json_table(json_extract(" + document + ", " + arg(mariadbPath(path)) + "), '$[*]' COLUMNS (value json PATH '$'))"
}

func (mariadb) first(document string, path []string, arg func(string) string) string {
	return "json_extract(" + document + ", " + arg(mariadbPath(path)+"[0]") + ")"
}

func (mariadb) object(value string) string { return "json_extract(" + value + ", '$.o')" }

func (mariadb) field(value, name string) string {
	return "json_unquote(json_extract(" + value + ", '$." + name + "'))"
}

var escapeName = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// mariadbPath returns a JSON path, in which names are JSON strings.
func mariadbPath(path []string) string {
	var p strings.Builder
	p.WriteByte('$')
	for _, name := range path {
		p.WriteString(`."` + escapeName.Replace(name) + `"`)
	}
	return p.String()
}
