package sqlfilter

import (
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/filter"
)

// MariaDB is MariaDB 10.6.9 or newer, and MySQL 8.0.30 or newer; the tests have run on
// MariaDB 10.11 alone. Parameters are written ?, so that Args has a value for each of
// them, in the order of the text. The character set of connections must be utf8mb4.
//
// Without an index texts sort by their first 1,024 bytes, or as many as the variable
// max_sort_length says.
var MariaDB Dialect = mariadb{}

type mariadb struct{}

func (mariadb) String() string { return "mariadb" }

func (mariadb) parameter(mark string, _ any) string { return mark }

func (mariadb) bind(text string, args []any, _ int) (string, []any) {
	return bindPositions(text, args)
}

func (mariadb) choosesLookUps() bool { return true }

// union puts the queries into a derived table, which is read once. A union right after
// IN would be evaluated for each row.
func (mariadb) union(key string, queries []string) string {
	return key + " IN (SELECT * FROM (" + strings.Join(queries, " UNION ALL ") + ") AS united)"
}

// utf8mb4 returns text x in the character set of parameters.
func (mariadb) utf8mb4(x string) string { return "CONVERT(" + x + " USING utf8mb4)" }

// bytewise returns a binary string, which compares with a text by bytes. (A collation
// that does so without padding has different names in MariaDB and MySQL.)
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

// notEmpty uses the length, since spaces equal the empty text in most collations.
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
	list := "json_extract(" + document + ", " + arg(mariadbPath(path)) + ")"
	return "json_table(" + list + ", '$[*]' COLUMNS (value json PATH '$'))"
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
