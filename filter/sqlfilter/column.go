package sqlfilter

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/scimgroups/scimgroups/filter"
)

// column translates a comparison with a column.
func (b *builder) column(c *filter.Compare, column Column) condition {
	value := b.hasValue(column)
	if c.Op == filter.Pr || c.Literal.Kind() == filter.NullLiteral {
		if column.Kind == Text && !column.EmptyIsAbsent {
			value = and(value, exactly(b.dialect.notEmpty(column.Expr))) // the empty text is a value, but not present
		}
		if c.Op == filter.Eq {
			return not(value)
		}
		return value
	}
	hit := b.value(c, column)
	if c.Op == filter.Ne {
		return or(not(value), hit)
	}
	hit.selective = c.Op == filter.Eq && column.Indexed && hit.exact()
	return and(value, hit)
}

// hasValue returns the condition that there is a value, which may be empty.
func (b *builder) hasValue(c Column) condition {
	value := exactly(always)
	if c.Nullable {
		value = exactly(c.Expr + " IS NOT NULL")
	}
	if c.Kind == Text && c.EmptyIsAbsent {
		value = and(value, exactly(b.dialect.notEmpty(c.Expr)))
	}
	return value
}

// value translates a comparison with a column that is not NULL. If it is, no harm is
// done: FALSE AND NULL is FALSE, and TRUE OR NULL is TRUE.
func (b *builder) value(c *filter.Compare, column Column) condition {
	switch t := c.Attribute.Type; column.Kind {
	case Text:
		if ofText(c.Attribute) {
			return b.string(c, column)
		}
	case Boolean:
		if t == filter.Boolean {
			truth := exactly(column.Expr)
			if c.Literal.Boolean() != (c.Op == filter.Eq) {
				return not(truth)
			}
			return truth
		}
	case Integer:
		number, err := strconv.ParseInt(c.Literal.Text(), 10, 64)
		if (t == filter.Integer || t == filter.Decimal) && !c.Op.Textual() && err == nil {
			return exactly(column.Expr + operators[c.Op] + b.arg(number))
		}
	case Micros, Timestamp:
		if t == filter.DateTime {
			return b.instant(c, column)
		}
	}
	return unknown
}

// operators are those of equality and order.
var operators = [...]string{
	filter.Eq: " = ", filter.Ne: " <> ", filter.Gt: " > ", filter.Ge: " >= ", filter.Lt: " < ", filter.Le: " <= ",
}

// string translates a comparison with a text.
func (b *builder) string(c *filter.Compare, column Column) condition {
	text, folded := c.Literal.Text(), c.Literal.Folded()
	if !storable(text) {
		return unknown
	}
	switch {
	case c.Attribute.CaseExact:
		hit := b.characters(c.Op, column.Expr, text, column.Bytewise)
		if c.Op == filter.Eq && column.Folded != "" {
			// This is implied, and there may be an index on it.
			hit = b.characters(filter.Eq, column.Folded, folded, column.Bytewise) + " AND " + hit
		}
		return exactly("(" + hit + ")")
	case column.Folded != "":
		return exactly("(" + b.characters(c.Op, column.Folded, folded, column.Bytewise) + ")")
	}
	hit := b.characters(c.Op, b.dialect.lower(column.Expr), folded, false)
	ascii := b.dialect.ascii(column.Expr)
	return condition{wide: "(" + hit + " OR NOT (" + ascii + "))", narrow: "(" + hit + " AND " + ascii + ")"}
}

// characters returns the condition that a text compares with a literal as op says,
// byte by byte.
func (b *builder) characters(op filter.Op, x, literal string, bytewise bool) string {
	switch {
	case !op.Textual():
		return b.dialect.compare(x, op, b.text(literal), bytewise)
	case literal == "":
		return x + " IS NOT NULL" // every text contains the empty one
	case op == filter.Co:
		return b.dialect.contains(x, b.text(literal))
	case op == filter.Ew:
		return b.dialect.endsWith(x, b.text(literal))
	}
	// Texts with a prefix are a range in byte order, which an index finds.
	from := b.dialect.compare(x, filter.Ge, b.text(literal), bytewise)
	if end := afterPrefix(literal); end != "" {
		return from + " AND " + b.dialect.compare(x, filter.Lt, b.text(end), bytewise)
	}
	return from
}

// afterPrefix returns the least text that is greater than all that start with
// prefix; "" if there is none.
func afterPrefix(prefix string) string {
	runes := []rune(prefix)
	for i := len(runes) - 1; i >= 0; i-- {
		switch r := runes[i] + 1; {
		case r > utf8.MaxRune:
			continue
		case r == 0xD800: // surrogates are not characters
			return string(runes[:i]) + "\uE000"
		default:
			return string(runes[:i]) + string(r)
		}
	}
	return ""
}

// instant translates a comparison with a dateTime.
func (b *builder) instant(c *filter.Compare, column Column) condition {
	if c.Op.Textual() {
		if column.Written == "" {
			return unknown
		}
		written := Column{Kind: Text, Expr: column.Written}
		if !c.Attribute.CaseExact {
			written.Folded = b.dialect.lower(column.Written) // RFC 3339 is ASCII
		}
		return b.string(c, written)
	}
	t, ok := c.Literal.Time()
	if !ok {
		return unknown
	}
	// Columns have microseconds. Nothing equals a literal between two of them, and the
	// values greater than it are those greater than the lower one.
	op, micros := c.Op, t.UnixMicro()
	if !time.UnixMicro(micros).Equal(t) {
		switch op {
		case filter.Eq:
			return exactly(never)
		case filter.Ne:
			return exactly(always)
		case filter.Ge: // greater than the lower one
			op = filter.Gt
		case filter.Lt: // not greater than it
			op = filter.Le
		}
	}
	var literal any = micros
	if column.Kind == Timestamp {
		if literal, ok = b.dialect.timestamp(micros); !ok {
			return unknown
		}
	}
	return exactly(column.Expr + operators[op] + b.arg(literal))
}
