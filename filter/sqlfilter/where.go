package sqlfilter

import (
	"slices"
	"strconv"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
)

// Clause is what [Where] makes of a filter.
type Clause struct {
	// SQL is a condition that is true for every row that the filter matches, and
	// never NULL. It can stand between AND and AND.
	SQL string
	// Args are the values of the parameters in SQL, the first of which has the
	// number after those that the caller has reserved.
	Args []any
	// Selective says that indexes find the few rows that SQL selects (see
	// [Column.Indexed]). A query with ORDER BY and LIMIT should keep the database
	// then from walking through the index of the order instead.
	Selective bool
	// Rest is what the caller has to match the selected rows with; nil if SQL
	// selects exactly what the filter matches.
	Rest *filter.Filter
}

// Where translates a filter over resources, or over the elements of one
// attribute if it is [filter.Path].Where; then Columns.Attributes has the
// sub-attributes of the element under their full names, such as
// "members.value". The numbers of the parameters start after reserved. A nil
// filter selects everything.
func Where(f *filter.Filter, d Dialect, c Columns, reserved int) Clause {
	if f == nil {
		return Clause{SQL: "TRUE"}
	}
	b := builder{dialect: d, columns: c}
	root := b.node(f.Root(), scope{})
	out := Clause{Rest: rest(f, &b), Selective: b.selective(f.Root(), nil)}
	out.SQL, out.Args = b.number(root.wide, reserved)
	return out
}

// rest is f without the terms of a conjunction that are translated exactly.
func rest(f *filter.Filter, b *builder) *filter.Filter {
	terms, ok := f.Root().(filter.And)
	if !ok {
		terms = filter.And{f.Root()}
	}
	var left filter.And
	for _, term := range terms {
		if !b.node(term, scope{}).exact() {
			left = append(left, term)
		}
	}
	switch {
	case len(left) == 0:
		return nil
	case len(left) == len(terms) || b.ofElement:
		return f
	case len(left) == 1:
		return filter.New(left[0])
	}
	return filter.New(left)
}

const (
	never  = "FALSE"
	always = "TRUE"
)

// condition is the translation of a node: wide is true for every row that the
// node matches, narrow for none that it does not match.
type condition struct{ wide, narrow string }

func exactly(sql string) condition { return condition{sql, sql} }

// unknown is a node that SQL can say nothing about.
var unknown = condition{wide: always, narrow: never}

func (c condition) exact() bool { return c.wide == c.narrow }

func not(c condition) condition { return condition{wide: negate(c.narrow), narrow: negate(c.wide)} }

func negate(sql string) string {
	switch sql {
	case always:
		return never
	case never:
		return always
	}
	return "NOT (" + sql + ")"
}

func and(terms ...condition) condition { return combine(terms, " AND ", always, never) }

func or(terms ...condition) condition { return combine(terms, " OR ", never, always) }

func combine(terms []condition, operator, neutral, absorbing string) condition {
	wide, narrow := make([]string, len(terms)), make([]string, len(terms))
	for i, t := range terms {
		wide[i], narrow[i] = t.wide, t.narrow
	}
	return condition{join(wide, operator, neutral, absorbing), join(narrow, operator, neutral, absorbing)}
}

func join(terms []string, operator, neutral, absorbing string) string {
	var kept []string
	for _, t := range terms {
		switch t {
		case absorbing:
			return absorbing
		case neutral:
		default:
			kept = append(kept, t)
		}
	}
	switch len(kept) {
	case 0:
		return neutral
	case 1:
		return kept[0]
	}
	return "(" + strings.Join(kept, operator) + ")"
}

// builder translates nodes. Arguments stand in the text as \x00n\x00 until it is
// known which of them are used.
type builder struct {
	dialect Dialect
	columns Columns
	args    []any
	aliases int
	// ofElement says that the filter is over the elements of an attribute.
	ofElement bool
	// found says that a column beside what is translated finds the few resources, so
	// that their elements are better looked at than looked for.
	found bool
	// united are the disjunctions, by their first terms, that are looked for term by
	// term.
	united map[*filter.Node]bool
}

func (b *builder) arg(v any, kind string) string {
	b.args = append(b.args, v)
	return b.dialect.cast("\x00"+strconv.Itoa(len(b.args)-1)+"\x00", kind)
}

func (b *builder) text(s string) string { return b.arg(s, "text") }

// number gives the parameters of the text their numbers, in order, and answers
// the arguments.
func (b *builder) number(text string, reserved int) (string, []any) {
	parts := strings.Split(text, "\x00")
	numbers := map[string]int{}
	var args []any
	for i := 1; i < len(parts); i += 2 {
		n := numbers[parts[i]]
		if n == 0 {
			index, _ := strconv.Atoi(parts[i])
			args = append(args, b.args[index])
			n = len(args)
			numbers[parts[i]] = n
		}
		parts[i] = b.dialect.placeholder(reserved + n)
	}
	return strings.Join(parts, ""), args
}

// scope is what the comparisons are about: the resource, or an element of one of
// its attributes.
type scope struct {
	element *Elements // rows of another table
	key     string    // or the key of an element, an expression
	complex bool      // of a complex attribute
}

func (s scope) resource() bool { return s.element == nil && s.key == "" }

func (b *builder) node(n filter.Node, s scope) condition {
	switch n := n.(type) {
	case filter.And:
		return b.and(n, s)
	case filter.Or:
		return b.or(n, s)
	case filter.Not:
		return not(b.node(n.Node, s))
	case filter.Constant:
		if n {
			return exactly(always)
		}
		return exactly(never)
	case *filter.Exists:
		return b.exists(n, s)
	case *filter.Compare:
		return b.compare(n, s)
	}
	return unknown
}

func (b *builder) nodes(terms []filter.Node, s scope) []condition {
	out := make([]condition, len(terms))
	for i, t := range terms {
		out[i] = b.node(t, s)
	}
	return out
}

func (b *builder) and(terms filter.And, s scope) condition {
	before := b.found
	b.found = before || s.resource() && slices.ContainsFunc(terms, b.byColumn)
	conditions := make([]condition, len(terms))
	for i, term := range terms {
		conditions[i] = b.node(term, s)
		// PostgreSQL knows best which of several look-ups finds the fewest; SQLite
		// would make lists of what each of them finds.
		b.found = b.found || b.dialect == SQLite && s.resource() && b.selective(term, nil)
	}
	b.found = before
	return and(conditions...)
}

// byColumn reports whether an indexed column finds the few resources that meet n.
func (b *builder) byColumn(n filter.Node) bool {
	c, ok := n.(*filter.Compare)
	if ok {
		_, ok = b.columns.Find(c.Attribute)
	}
	return ok && b.selective(n, nil)
}

// or looks for the resources of each term if indexes find them all. A database that
// is given the terms joined with OR looks at every resource instead, if one of them
// is about elements, and SQLite does if there is an order.
func (b *builder) or(terms filter.Or, s scope) condition {
	conditions := b.nodes(terms, s)
	rows := &b.columns.Resources
	if rows.Key == "" || !s.resource() || b.found || len(terms) == 0 {
		return or(conditions...)
	}
	arms := make([]string, len(terms))
	for i, c := range conditions {
		if !c.exact() || !b.selective(terms[i], nil) {
			return or(conditions...)
		}
		arms[i] = "SELECT " + rows.Ref + " FROM " + rows.From + " WHERE " + conjunction(rows.Scope, c.wide)
	}
	if b.united == nil {
		b.united = make(map[*filter.Node]bool)
	}
	b.united[&terms[0]] = true
	return exactly(rows.Key + " IN (" + strings.Join(arms, " UNION ALL ") + ")")
}

// exists is a value path, attr[…].
func (b *builder) exists(e *filter.Exists, s scope) condition {
	if !s.resource() {
		return unknown
	}
	if rows, ok := b.columns.Elements[e.Attribute.String()]; ok {
		return b.anyRow(&rows, b.node(e.Where, scope{element: &rows}), b.selective(e.Where, &rows))
	}
	if each, ok := b.keysOf(e.Attribute); ok {
		inner := b.node(e.Where, scope{key: each.value, complex: e.Attribute.Type == filter.Complex})
		if e.Attribute.Type == filter.Complex {
			// A simple value where an object was to be expected is no element.
			inner = and(exactly(each.value+" ->> 'o' IS NOT NULL"), inner)
		}
		return each.any(inner)
	}
	return unknown
}

// compare is a comparison, in brackets or not.
func (b *builder) compare(c *filter.Compare, s scope) condition {
	a := c.Attribute
	switch {
	case s.element != nil:
		column, ok := s.element.Columns[a.Name]
		if !ok {
			return unknown
		}
		return b.column(c, column)
	case s.key != "":
		if a.Element() {
			return b.key(c, s.key)
		}
		return b.anyKey(c, b.each(s.key+" -> 'o'", a.Name))
	}
	if column, ok := b.columns.Find(a); ok {
		b.ofElement = b.ofElement || a.Parent != nil && a.Parent.MultiValued
		return b.column(c, column)
	}
	top := a.Top()
	if rows, ok := b.columns.Elements[top.String()]; ok {
		return b.anyElement(c, &rows, a != top)
	}
	each, ok := b.keysOf(top)
	switch {
	case !ok:
		return unknown
	case a == top:
		return b.anyKey(c, each)
	}
	// One key of a sub-attribute in one of the elements.
	inner := b.each(each.value+" -> 'o'", a.Name)
	inner.outer = &each
	return b.anyKey(c, inner)
}

// anyElement is a comparison with the sub-attribute of a multi-valued attribute
// outside of brackets, or with a simple multi-valued one.
func (b *builder) anyElement(c *filter.Compare, rows *Elements, sub bool) condition {
	name := c.Attribute.Name
	if !sub {
		name = "value"
		if c.Op == filter.Pr && c.Attribute.Type == filter.Complex {
			return b.anyRow(rows, exactly(always), false)
		}
	}
	column, ok := rows.Columns[name]
	if !ok {
		return unknown
	}
	switch {
	case c.Op == filter.Pr || c.Literal.Kind() == filter.NullLiteral:
		some := b.anyRow(rows, b.column(&filter.Compare{Attribute: c.Attribute, Op: filter.Pr}, column), false)
		if c.Op == filter.Eq {
			return not(some)
		}
		return some
	case c.Op == filter.Ne:
		// True as well if no element has a value.
		value := column.hasValue()
		return or(b.anyRow(rows, and(value, b.column(c, column)), false), not(b.anyRow(rows, value, false)))
	}
	return b.anyRow(rows, b.column(c, column), c.Op == filter.Eq && column.Indexed)
}

// anyRow says that an element meets the condition. If few elements of all
// resources do, they are looked for first.
func (b *builder) anyRow(rows *Elements, inner condition, selective bool) condition {
	sql := func(inner string) string {
		if inner == never {
			return never
		}
		if selective && rows.Key != "" && !b.found {
			return rows.Key + " IN (SELECT " + rows.Ref + " FROM " + rows.From + " WHERE " + conjunction(rows.Scope, inner) + ")"
		}
		return "EXISTS (SELECT 1 FROM " + rows.From + " WHERE " + conjunction(rows.Join, inner) + ")"
	}
	if inner.exact() {
		return exactly(sql(inner.wide))
	}
	return condition{wide: sql(inner.wide), narrow: sql(inner.narrow)}
}

// conjunction is both conditions; the first may be "".
func conjunction(first, second string) string {
	if first == "" {
		return second
	}
	return first + " AND " + second
}

// selective reports whether an index finds the few resources, or elements of
// rows, that meet n.
func (b *builder) selective(n filter.Node, rows *Elements) bool {
	switch n := n.(type) {
	case *filter.Compare:
		if n.Op != filter.Eq || n.Literal.Kind() != filter.StringLiteral {
			return false
		}
		if rows != nil {
			return rows.Columns[n.Attribute.Name].Indexed
		}
		if column, ok := b.columns.Find(n.Attribute); ok {
			return column.Indexed
		}
		if top := n.Attribute.Parent; top != nil {
			elements := b.columns.Elements[top.String()]
			return elements.Key != "" && elements.Columns[n.Attribute.Name].Indexed
		}
	case *filter.Exists:
		elements, ok := b.columns.Elements[n.Attribute.String()]
		return ok && rows == nil && elements.Key != "" && b.selective(n.Where, &elements)
	case filter.And:
		for _, term := range n {
			if b.selective(term, rows) {
				return true
			}
		}
	case filter.Or:
		if rows == nil {
			return len(n) > 0 && b.united[&n[0]]
		}
		for _, term := range n {
			if !b.selective(term, rows) {
				return false
			}
		}
		return true
	}
	return false
}
