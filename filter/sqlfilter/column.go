package sqlfilter

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/scimgroups/scimgroups/filter"
)

// column is a comparison with a column.
func (b *builder) column(c *filter.Compare, column Column) condition {
	if c.Op == filter.Pr || c.Literal.Kind() == filter.NullLiteral {
		present := column.hasValue()
		if column.Kind == Text && !column.EmptyIsAbsent {
			present = and(present, exactly(column.Expr+" <> ''")) // a value, but not a present one
		}
		if c.Op == filter.Eq {
			return not(present)
		}
		return present
	}
	hit := b.value(c, column)
	if c.Op == filter.Ne {
		return or(not(column.hasValue()), hit)
	}
	return and(column.hasValue(), hit)
}

// hasValue says that there is a value, be it an empty one.
func (c Column) hasValue() condition {
	value := exactly(always)
	if c.Nullable {
		value = exactly(c.Expr + " IS NOT NULL")
	}
	if c.Kind == Text && c.EmptyIsAbsent {
		value = and(value, exactly(c.Expr+" <> ''"))
	}
	return value
}

// value is a comparison with a column that is not NULL. (In PostgreSQL and
// SQLite FALSE AND NULL is FALSE and TRUE OR NULL is TRUE, so that it does no
// harm if it is.)
func (b *builder) value(c *filter.Compare, column Column) condition {
	switch t := c.Attribute.Type; column.Kind {
	case Text:
		if t == filter.String || t == filter.Reference || t == filter.Binary {
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
		if (t == filter.Integer || t == filter.Decimal) && operators[c.Op] != "" && err == nil {
			return exactly(column.Expr + operators[c.Op] + b.arg(number, "bigint"))
		}
	case Micros, Timestamp:
		if t == filter.DateTime {
			return b.instant(c, column)
		}
	}
	return unknown
}

// operators are the comparisons of order and equality; the others have none.
var operators = [...]string{
	filter.Eq: " = ", filter.Ne: " <> ", filter.Gt: " > ", filter.Ge: " >= ", filter.Lt: " < ", filter.Le: " <= ", filter.Pr: "",
}

// string is a comparison with a text.
func (b *builder) string(c *filter.Compare, column Column) condition {
	text := c.Literal.Text()
	if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
		return unknown // PostgreSQL cannot even be asked
	}
	x := column.Expr
	switch {
	case c.Attribute.CaseExact:
		hit := b.characters(c.Op, x, text, column.Bytewise)
		if c.Op == filter.Eq && column.Folded != "" {
			// It is implied, and may be what there is an index on.
			hit = column.Folded + " = " + b.text(filter.Fold(text)) + " AND " + hit
		}
		return exactly("(" + hit + ")")
	case column.Folded != "":
		return exactly("(" + b.characters(c.Op, column.Folded, c.Literal.Folded(), column.Bytewise) + ")")
	}
	hit := b.characters(c.Op, b.dialect.lower(x), c.Literal.Folded(), column.Bytewise)
	ascii := b.dialect.ascii(x)
	return condition{wide: "(" + hit + " OR NOT (" + ascii + "))", narrow: "(" + hit + " AND " + ascii + ")"}
}

// characters compares a text with a literal, byte by byte.
func (b *builder) characters(op filter.Op, x, literal string, bytewise bool) string {
	ordered := x
	if !bytewise {
		ordered = b.dialect.bytewise(x)
	}
	switch op {
	case filter.Eq, filter.Ne:
		return x + operators[op] + b.text(literal)
	case filter.Gt, filter.Ge, filter.Lt, filter.Le:
		return ordered + operators[op] + b.text(literal)
	}
	if literal == "" {
		return x + " IS NOT NULL" // every text contains the empty one
	}
	switch op {
	case filter.Co:
		return b.dialect.contains(x, b.text(literal))
	case filter.Ew:
		return b.dialect.endsWith(x, b.text(literal))
	}
	// Texts with a prefix are a range in byte order, and an index finds it.
	from := ordered + " >= " + b.text(literal)
	if end := afterPrefix(literal); end != "" {
		return from + " AND " + ordered + " < " + b.text(end)
	}
	return from
}

// afterPrefix is the least text that is greater than all that start with
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

// instant is a comparison with a dateTime.
func (b *builder) instant(c *filter.Compare, column Column) condition {
	if operators[c.Op] == "" {
		if column.Written == "" {
			return unknown
		}
		written := Column{Kind: Text, Expr: column.Written}
		if !c.Attribute.CaseExact {
			// RFC 3339 has only ASCII.
			written.Folded = b.dialect.lower(column.Written)
		}
		return b.string(c, written)
	}
	t, ok := c.Literal.Time()
	if !ok {
		return unknown
	}
	// Columns have microseconds. With a literal between two of them equality
	// fails, and an order holds from the one or the other on.
	micros := t.UnixMicro()
	between := !time.UnixMicro(micros).Equal(t)
	op := c.Op
	if between {
		switch op {
		case filter.Eq:
			return exactly(never)
		case filter.Ne:
			return exactly(always)
		case filter.Ge: // above the lower one
			op = filter.Gt
		case filter.Lt: // not above it
			op = filter.Le
		}
	}
	if column.Kind == Timestamp {
		if b.dialect != PostgreSQL {
			return unknown
		}
		return exactly(column.Expr + operators[op] + b.arg(time.UnixMicro(micros).UTC(), "timestamptz"))
	}
	return exactly(column.Expr + operators[op] + b.arg(micros, "bigint"))
}
