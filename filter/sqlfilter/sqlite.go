package sqlfilter

import (
	"strings"

	"github.com/scimgroups/scimgroups/filter"
)

// SQLite is SQLite 3.38 or newer. Parameters are written ?1, ?2 …
var SQLite Dialect = sqlite{}

type sqlite struct{ common }

func (sqlite) String() string { return "sqlite" }

func (sqlite) parameter(mark string, _ any) string { return mark }

func (sqlite) bind(text string, args []any, reserved int) (string, []any) {
	return bindNumbers("?", text, args, reserved)
}

func (sqlite) choosesLookUps() bool { return false }

func (sqlite) bytewise(x string) string { return x + " COLLATE BINARY" }

func (d sqlite) compare(x string, op filter.Op, y string, bytewise bool) string {
	return compareCollated(d, x, op, y, bytewise)
}

func (sqlite) lower(x string) string { return "lower(" + x + ")" }

func (sqlite) ascii(x string) string { return "length(CAST(" + x + " AS BLOB)) = length(" + x + ")" }

func (sqlite) contains(x, y string) string { return "instr(" + x + ", " + y + ") > 0" }

func (sqlite) endsWith(x, y string) string { return "substr(" + x + ", -length(" + y + ")) = " + y }

func (sqlite) timestamp(int64) (any, bool) { return nil, false }

func (sqlite) rows(document string, path []string, arg func(string) string) string {
	return "json_each(" + document + ", " + arg(sqlitePath(path)) + ")"
}

func (sqlite) first(document string, path []string, arg func(string) string) string {
	return "(" + document + " -> " + arg(sqlitePath(path)+"[0]") + ")"
}

// sqlitePath returns a JSON path. Names between quotes are taken as they are.
func sqlitePath(path []string) string {
	var p strings.Builder
	p.WriteByte('$')
	for _, name := range path {
		p.WriteString(`."` + name + `"`)
	}
	return p.String()
}
