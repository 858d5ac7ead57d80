package sqlfilter

import (
	"strings"

	"github.com/scimgroups/scimgroups/filter"
)

// Clause is the translation of a filter.
type Clause struct {
	// SQL is a condition that is true for every row that the filter matches, and
	// never NULL. It can stand between AND and AND.
	SQL string
	// Args are the arguments of SQL.
	Args []any
	// Selective means that indexes find the few rows that SQL selects (see
	// [Column].Indexed). A query with ORDER BY and LIMIT should then keep the database
	// from walking through the index of the order instead.
	Selective bool
	// Rest is the filter that the caller must match the selected rows with. It is nil
	// if SQL selects exactly what the filter matches.
	Rest *filter.Filter
}

// Where translates a filter over resources, or [filter.Path].Where, which is over the
// elements of one attribute; then Columns.Attributes has the sub-attributes under their
// full names, such as "members.value". A nil filter selects everything.
//
// reserved is the number of parameters of the query that precede those of the clause,
// whose numbers follow. MariaDB ignores it, since its parameters have no numbers. Where
// panics if d is nil.
func Where(f *filter.Filter, d Dialect, c Columns, reserved int) Clause {
	b := newBuilder(d, c)
	if f == nil {
		return Clause{SQL: always}
	}
	terms, ok := f.Root().(filter.And)
	if !ok {
		terms = filter.And{f.Root()}
	}
	conditions := b.each(terms, scope{})
	all := and(conditions...)
	out := Clause{Selective: all.selective}
	out.SQL, out.Args = d.bind(all.wide, b.args, reserved)
	var rest []filter.Node
	for i, c := range conditions {
		if !c.exact() {
			rest = append(rest, terms[i])
		}
	}
	if rest != nil {
		out.Rest = f.WithRoot(filter.AllOf(rest...))
	}
	return out
}

// builder translates nodes. The texts that it makes have marks for parameters.
type builder struct {
	dialect Dialect
	columns Columns
	args    []any
	aliases int
	// found means that a condition beside what is translated finds the few resources,
	// so that their elements need not be looked for.
	found bool
}

func newBuilder(d Dialect, c Columns) *builder {
	if d == nil {
		panic("sqlfilter: nil Dialect")
	}
	return &builder{dialect: d, columns: c}
}

// arg returns a parameter with the value v.
func (b *builder) arg(v any) string {
	b.args = append(b.args, v)
	return b.dialect.parameter(mark(len(b.args)-1), v)
}

func (b *builder) text(s string) string { return b.arg(s) }

// scope is what comparisons are about: the resource if it is zero, or an element of one
// of its attributes.
type scope struct {
	element *Elements // rows of another table
	key     string    // or the key of an element, an expression
}

func (s scope) resource() bool { return s.element == nil && s.key == "" }

func (b *builder) node(n filter.Node, s scope) condition {
	switch n := n.(type) {
	case filter.And:
		return and(b.each(n, s)...)
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

// each translates the terms of a conjunction. Comparisons with columns come first: if
// one of them finds the few resources, the elements of others are not looked for.
func (b *builder) each(terms filter.And, s scope) []condition {
	before := b.found
	conditions := make([]condition, len(terms))
	for i, term := range terms {
		if b.ofColumn(term) {
			conditions[i] = b.node(term, s)
			b.found = b.found || s.resource() && conditions[i].selective
		}
	}
	for i, term := range terms {
		if b.ofColumn(term) {
			continue
		}
		conditions[i] = b.node(term, s)
		b.found = b.found || s.resource() && conditions[i].selective && !b.dialect.choosesLookUps()
	}
	b.found = before
	return conditions
}

// ofColumn reports whether n is a comparison with an attribute that has a column of
// its own.
func (b *builder) ofColumn(n filter.Node) bool {
	c, ok := n.(*filter.Compare)
	if ok {
		_, ok = b.columns.Attributes[c.Attribute.String()]
	}
	return ok
}

// or translates a disjunction. If indexes find the resources of each term, they are
// looked for term by term: with OR, databases look at every resource if a term is about
// elements, and SQLite also does if there is an order.
func (b *builder) or(terms filter.Or, s scope) condition {
	conditions := make([]condition, len(terms))
	selective, exact := true, true
	for i, term := range terms {
		conditions[i] = b.node(term, s)
		selective = selective && conditions[i].selective
		exact = exact && conditions[i].exact()
	}
	c := or(conditions...)
	rows := &b.columns.Resources
	switch {
	case !selective:
	case !s.resource():
		c.selective = true
	case exact && rows.Key != "" && !b.found:
		queries := make([]string, len(terms))
		for i := range conditions {
			queries[i] = b.query(rows, conditions[i].wide)
		}
		c = exactly(b.dialect.union(rows.Key, queries))
		c.selective = true
	}
	return c
}

// query returns a query for the keys of the rows that meet the condition.
func (b *builder) query(rows *Elements, where string) string {
	return "SELECT " + rows.Ref + " FROM " + rows.From + " WHERE " + conjunction(b.scope(rows), where)
}

// scope returns the Scope of rows with its parameters.
func (b *builder) scope(rows *Elements) string {
	text := rows.Scope
	for _, v := range rows.ScopeArgs {
		before, after, found := strings.Cut(text, "?")
		if !found {
			panic("sqlfilter: Elements.ScopeArgs has more values than Scope has parameters")
		}
		text = before + b.arg(v) + after
	}
	return text
}

// exists translates a value path, attr[…].
func (b *builder) exists(e *filter.Exists, s scope) condition {
	if !s.resource() {
		return unknown
	}
	if rows, ok := b.columns.Elements[e.Attribute.String()]; ok {
		return b.anyRow(&rows, b.node(e.Where, scope{element: &rows}))
	}
	if list, ok := b.keysOf(e.Attribute); ok {
		inner := b.node(e.Where, scope{key: list.value})
		if e.Attribute.Type == filter.Complex {
			// A simple value in place of an object is not an element.
			inner = and(exactly(b.dialect.object(list.value)+" IS NOT NULL"), inner)
		}
		return list.any(inner)
	}
	return unknown
}

// compare translates a comparison, in brackets or not.
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
		return b.anyKey(c, b.list(b.dialect.object(s.key), a.Name))
	}
	if column, ok := b.columns.Attributes[a.String()]; ok {
		return b.column(c, column)
	}
	top := a.Top()
	if rows, ok := b.columns.Elements[top.String()]; ok {
		return b.anyElement(c, &rows)
	}
	list, ok := b.keysOf(top)
	switch {
	case !ok:
		return unknown
	case a == top:
		return b.anyKey(c, list)
	}
	// The keys of a sub-attribute in all elements.
	inner := b.list(b.dialect.object(list.value), a.Name)
	inner.outer = &list
	return b.anyKey(c, inner)
}

// anyElement translates a comparison with the sub-attribute of a multi-valued
// attribute outside of brackets, or with a multi-valued attribute itself.
func (b *builder) anyElement(c *filter.Compare, rows *Elements) condition {
	name := "value"
	if c.Attribute.Parent != nil {
		name = c.Attribute.Name
	} else if c.Op == filter.Pr && c.Attribute.Type == filter.Complex {
		return b.anyRow(rows, exactly(always))
	}
	column, ok := rows.Columns[name]
	if !ok {
		return unknown
	}
	switch {
	case c.Op == filter.Pr || c.Literal.Kind() == filter.NullLiteral:
		some := b.anyRow(rows, b.column(&filter.Compare{Attribute: c.Attribute, Op: filter.Pr}, column))
		if c.Op == filter.Eq {
			return not(some)
		}
		return some
	case c.Op == filter.Ne:
		// It is true if no element has a value, too.
		value := b.hasValue(column)
		return or(b.anyRow(rows, and(value, b.column(c, column))), not(b.anyRow(rows, value)))
	}
	return b.anyRow(rows, b.column(c, column))
}

// anyRow returns the condition that an element meets inner. If an index finds those
// elements, they are looked for first.
func (b *builder) anyRow(rows *Elements, inner condition) condition {
	selective := inner.selective && rows.Key != ""
	c := inner.within(func(where string) string {
		if selective && !b.found {
			return rows.Key + " IN (" + b.query(rows, where) + ")"
		}
		return "EXISTS (SELECT 1 FROM " + rows.From + " WHERE " + conjunction(rows.Join, where) + ")"
	})
	c.selective = selective
	return c
}

// conjunction joins two conditions; the first may be "".
func conjunction(first, second string) string {
	if first == "" {
		return second
	}
	return first + " AND " + second
}
