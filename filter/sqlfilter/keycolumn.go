package sqlfilter

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/scimgroups/scimgroups/filter"
)

// keyList is a list in the document of [Keys], as rows.
type keyList struct {
	from  string // what stands after FROM
	value string // one value of the list
	// outer is the list of the attribute, for the list of a sub-attribute.
	outer *keyList
}

// any says that a value of the list meets the condition, which is about value.
func (l keyList) any(inner condition) condition {
	from := l.from
	if l.outer != nil {
		from = l.outer.from + ", " + from
	}
	sql := func(inner string) string {
		if inner == never {
			return never
		}
		return "EXISTS (SELECT 1 FROM " + from + " WHERE " + inner + ")"
	}
	if inner.exact() {
		return exactly(sql(inner.wide))
	}
	return condition{wide: sql(inner.wide), narrow: sql(inner.narrow)}
}

// keysOf is the list of the values of an attribute that is found by its keys.
func (b *builder) keysOf(a *filter.Attribute) (keyList, bool) {
	if !a.Extension || b.columns.Keys == "" || a.Parent != nil {
		return keyList{}, false
	}
	return b.each(b.columns.Keys, a.Schema, a.Name), true
}

// each makes rows of the list at the end of the path.
func (b *builder) each(document string, path ...string) keyList {
	b.aliases++
	alias := "k" + strconv.Itoa(b.aliases)
	return keyList{from: b.rows(document, path) + " AS " + alias, value: alias + ".value"}
}

func (b *builder) rows(document string, path []string) string {
	if b.dialect == PostgreSQL {
		return "jsonb_array_elements(" + b.member(document, path) + ")"
	}
	return "json_each(" + document + ", " + b.text(jsonPath(path)) + ")"
}

// member is the value at the end of the path in a jsonb.
func (b *builder) member(document string, path []string) string {
	for _, name := range path {
		document += " -> " + b.text(name)
	}
	return "(" + document + ")"
}

// jsonPath is a path in SQLite. Names between quotes are taken as they are.
func jsonPath(path []string) string {
	var p strings.Builder
	p.WriteByte('$')
	for _, name := range path {
		p.WriteString(`."` + name + `"`)
	}
	return p.String()
}

// anyKey is a comparison with the values of a list.
func (b *builder) anyKey(c *filter.Compare, list keyList) condition {
	switch {
	case c.Op == filter.Pr, c.Op == filter.Ne && c.Literal.Kind() == filter.NullLiteral:
		return list.any(present(list.value))
	case c.Literal.Kind() == filter.NullLiteral:
		return not(list.any(present(list.value)))
	case c.Op == filter.Ne:
		return or(list.any(not(b.keyEquals(c, list.value))), not(list.any(exactly(always))))
	}
	return list.any(b.keyHit(c, list.value))
}

// key is a comparison with the one value that an element consists of.
func (b *builder) key(c *filter.Compare, value string) condition {
	switch {
	case c.Op == filter.Pr, c.Op == filter.Ne && c.Literal.Kind() == filter.NullLiteral:
		return present(value)
	case c.Literal.Kind() == filter.NullLiteral:
		return not(present(value))
	case c.Op == filter.Ne:
		return not(b.keyEquals(c, value))
	}
	return b.keyHit(c, value)
}

func present(value string) condition { return exactly("(" + value + " ->> 'p') IS NOT NULL") }

// keyEquals is the comparison with eq instead of ne. A value of another type
// than the attribute has is not equal to anything.
func (b *builder) keyEquals(c *filter.Compare, value string) condition {
	equal := *c
	equal.Op = filter.Eq
	return b.keyHit(&equal, value)
}

// keyHit compares one value with the literal; it is false for a value of another
// type than the attribute has.
func (b *builder) keyHit(c *filter.Compare, value string) condition {
	literal := c.Literal
	typed := func(expr string, hit condition) condition {
		return and(exactly(expr+" IS NOT NULL"), hit)
	}
	textual := operators[c.Op] == ""
	switch c.Attribute.Type {
	case filter.Boolean:
		x := "(" + value + " ->> 'b')"
		return typed(x, exactly(x+" = "+b.text(strconv.FormatBool(literal.Boolean()))))
	case filter.Integer, filter.Decimal:
		if textual {
			return unknown // it looks at the number as it was written
		}
		x := "(" + value + " ->> 'n')"
		return typed(x, exactly(b.characters(c.Op, x, anyNumber.SortKey(json.Number(literal.Text())), false)))
	case filter.DateTime:
		if !textual {
			t, ok := literal.Time()
			x := "(" + value + " ->> 't')"
			if !ok || outside(t) {
				return unknown
			}
			return typed(x, exactly(b.characters(c.Op, x, anyInstant.SortKey(literal.Text()), false)))
		}
	case filter.Complex:
		return unknown
	}
	text := literal.Text()
	if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
		return unknown
	}
	if c.Attribute.CaseExact {
		x := "(" + value + " ->> 's')"
		return typed(x, exactly("("+b.characters(c.Op, x, text, false)+")"))
	}
	x := "coalesce(" + value + " ->> 'f', " + value + " ->> 's')"
	return typed(x, exactly("("+b.characters(c.Op, x, literal.Folded(), false)+")"))
}

// outside says that the key of an instant is not sure to compare rightly.
func outside(t time.Time) bool { return t.UTC().Year() < 0 || t.UTC().Year() > 9999 }

// Order is an expression that resources sort by.
type Order struct {
	// SQL is the expression, and Args are the values of its parameters.
	SQL  string
	Args []any
	// Nullable says that SQL is NULL or '' for a resource without a value. SCIM
	// puts those last, and first if the order is descending (RFC 7644 §3.4.2.3).
	Nullable bool
	// Numeric says that SQL is a whole number (of microseconds, say), not a text.
	Numeric bool
	// Bytewise says that SQL sorts by bytes without more ado.
	Bytewise bool
}

// OrderBy answers how to sort by an attribute, in the order that package filter
// compares values in; false if the columns do not say. The numbers of the
// parameters start after reserved.
func OrderBy(a *filter.Attribute, d Dialect, c Columns, reserved int) (Order, bool) {
	if column, ok := c.Find(a); ok {
		o := Order{SQL: column.Expr, Nullable: true, Bytewise: column.Bytewise}
		switch {
		case column.Kind == Micros || column.Kind == Integer:
			o.Numeric, o.Nullable, o.Bytewise = true, column.Nullable, true
			return o, true
		case column.Kind != Text:
			return Order{}, false
		case a.CaseExact:
			return o, true
		case column.Folded != "":
			o.SQL = column.Folded
			return o, true
		}
		return Order{}, false
	}
	top := a.Top()
	if !top.Extension || c.Keys == "" {
		return Order{}, false
	}
	field := "'s'"
	switch a.Type {
	case filter.Boolean:
		field = "'b'"
	case filter.Integer, filter.Decimal:
		field = "'n'"
	case filter.DateTime:
		field = "'t'"
	case filter.Complex:
		return Order{}, false
	}
	b := builder{dialect: d, columns: c}
	first := b.first(c.Keys, top.Schema, top.Name)
	if a != top && !a.Element() {
		first = b.first(first+" -> 'o'", a.Name)
	}
	x := "(" + first + " ->> " + field + ")"
	if field == "'s'" && !a.CaseExact {
		x = "coalesce(" + first + " ->> 'f', " + first + " ->> 's')"
	}
	o := Order{Nullable: true}
	o.SQL, o.Args = b.number(x, reserved)
	return o, true
}

// first is the value that counts in the list at the end of the path.
func (b *builder) first(document string, path ...string) string {
	if b.dialect == PostgreSQL {
		return "(" + b.member(document, path) + " -> 0)"
	}
	return "(" + document + " -> " + b.text(jsonPath(path)+"[0]") + ")"
}
