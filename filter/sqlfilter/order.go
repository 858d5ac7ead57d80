package sqlfilter

import "github.com/scimgroups/scimgroups/filter"

// Order is an expression that resources sort by.
type Order struct {
	// SQL is the expression. If it is a text it sorts by its bytes.
	SQL string
	// Args are the arguments of SQL.
	Args []any
	// Nullable means that SQL is NULL or '' for a resource without a value. Such
	// resources come last, and first in descending order (RFC 7644 §3.4.2.3).
	Nullable bool
	// Numeric means that SQL is an integer, such as a number of microseconds.
	Numeric bool
}

// OrderBy returns the expression to sort by an attribute as package filter orders its
// values; false if the columns have none. reserved and d are as for [Where].
func OrderBy(a *filter.Attribute, d Dialect, c Columns, reserved int) (Order, bool) {
	b := newBuilder(d, c)
	if column, ok := c.Attributes[a.String()]; ok {
		return b.columnOrder(a, column)
	}
	key := b.keyOrder(a)
	if key == "" {
		return Order{}, false
	}
	o := Order{Nullable: true}
	o.SQL, o.Args = d.bind("("+d.bytewise(key)+")", b.args, reserved)
	return o, true
}

func (b *builder) columnOrder(a *filter.Attribute, column Column) (Order, bool) {
	x := column.Expr
	switch {
	case column.Kind == Micros || column.Kind == Integer:
		return Order{SQL: x, Numeric: true, Nullable: column.Nullable}, true
	case column.Kind != Text, !a.CaseExact && column.Folded == "":
		return Order{}, false
	case !a.CaseExact:
		x = column.Folded
	}
	if !column.Bytewise {
		x = "(" + b.dialect.bytewise(x) + ")"
	}
	return Order{SQL: x, Nullable: true}, true
}

// keyOrder returns the key of the value that counts; "" if a has no keys.
func (b *builder) keyOrder(a *filter.Attribute) string {
	top := a.Top()
	if !top.Extension || b.columns.Keys == "" || a.Type == filter.Complex {
		return ""
	}
	value := b.dialect.first(b.columns.Keys, []string{top.Schema, top.Name}, b.text)
	if a != top && !a.Element() {
		value = b.dialect.first(b.dialect.object(value), []string{a.Name}, b.text)
	}
	switch {
	case a.Type == filter.Boolean:
		return b.dialect.field(value, "b")
	case a.Type == filter.Integer || a.Type == filter.Decimal:
		return b.dialect.field(value, "n")
	case a.Type == filter.DateTime:
		return b.dialect.field(value, "t")
	case a.CaseExact:
		return b.dialect.field(value, "s")
	}
	return b.foldedKey(value)
}
