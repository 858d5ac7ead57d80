package sqlfilter

import (
	"time"

	"github.com/scimgroups/scimgroups/filter"
)

// PostgreSQL is PostgreSQL 13 or newer, and what speaks its SQL. Parameters are
// written $1, $2 …
var PostgreSQL Dialect = postgresql{}

type postgresql struct{ common }

func (postgresql) String() string { return "postgresql" }

func (postgresql) parameter(mark string, v any) string {
	switch v.(type) {
	case string:
		return mark + "::text"
	case int64:
		return mark + "::bigint"
	case time.Time:
		return mark + "::timestamptz"
	}
	return mark
}

func (postgresql) bind(text string, args []any, reserved int) (string, []any) {
	return bindNumbers("$", text, args, reserved)
}

func (postgresql) choosesLookUps() bool { return true }

func (postgresql) bytewise(x string) string { return x + ` COLLATE "C"` }

func (d postgresql) compare(x string, op filter.Op, y string, bytewise bool) string {
	return compareCollated(d, x, op, y, bytewise)
}

func (d postgresql) lower(x string) string { return "lower(" + d.bytewise(x) + ")" }

func (postgresql) ascii(x string) string { return "octet_length(" + x + ") = char_length(" + x + ")" }

func (d postgresql) contains(x, y string) string {
	return "strpos(" + d.bytewise(x) + ", " + y + ") > 0"
}

func (postgresql) endsWith(x, y string) string {
	return "right(" + x + ", char_length(" + y + ")) = " + y
}

func (postgresql) timestamp(micros int64) (any, bool) { return time.UnixMicro(micros).UTC(), true }

func (d postgresql) rows(document string, path []string, arg func(string) string) string {
	return "jsonb_array_elements(" + d.member(document, path, arg) + ")"
}

func (d postgresql) first(document string, path []string, arg func(string) string) string {
	return "(" + d.member(document, path, arg) + " -> 0)"
}

// member returns the value at the end of a path.
func (postgresql) member(document string, path []string, arg func(string) string) string {
	for _, name := range path {
		document += " -> " + arg(name)
	}
	return "(" + document + ")"
}
