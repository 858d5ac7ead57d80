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
	from  string // the table for FROM
	value string // one value of the list
	// outer is the list of the attribute, for the list of a sub-attribute.
	outer *keyList
}

// any returns the condition that a value of the list meets inner.
func (l keyList) any(inner condition) condition {
	from := l.from
	if l.outer != nil {
		from = l.outer.from + ", " + from
	}
	return inner.within(func(where string) string { return "EXISTS (SELECT 1 FROM " + from + " WHERE " + where + ")" })
}

// keysOf returns the list of the values of an attribute; false if it has no keys.
func (b *builder) keysOf(a *filter.Attribute) (keyList, bool) {
	if !a.Extension || b.columns.Keys == "" || a.Parent != nil {
		return keyList{}, false
	}
	return b.list(b.columns.Keys, a.Schema, a.Name), true
}

// list returns the list at the end of a path.
func (b *builder) list(document string, path ...string) keyList {
	alias := b.alias("k")
	return keyList{from: b.dialect.rows(document, path, b.text) + " AS " + alias, value: alias + ".value"}
}

func (b *builder) alias(prefix string) string {
	b.aliases++
	return prefix + strconv.Itoa(b.aliases)
}

// anyKey translates a comparison with the values of a list.
func (b *builder) anyKey(c *filter.Compare, list keyList) condition {
	switch {
	case c.Op == filter.Pr, c.Op == filter.Ne && c.Literal.Kind() == filter.NullLiteral:
		return list.any(b.present(list.value))
	case c.Literal.Kind() == filter.NullLiteral:
		return not(list.any(b.present(list.value)))
	case c.Op == filter.Ne:
		return or(list.any(not(b.keyEquals(c, list.value))), not(list.any(exactly(always))))
	}
	return list.any(b.keyHit(c, list.value))
}

// key translates a comparison with an element that is a simple value.
func (b *builder) key(c *filter.Compare, value string) condition {
	switch {
	case c.Op == filter.Pr, c.Op == filter.Ne && c.Literal.Kind() == filter.NullLiteral:
		return b.present(value)
	case c.Literal.Kind() == filter.NullLiteral:
		return not(b.present(value))
	case c.Op == filter.Ne:
		return not(b.keyEquals(c, value))
	}
	return b.keyHit(c, value)
}

func (b *builder) present(value string) condition {
	return exactly(b.dialect.field(value, "p") + " IS NOT NULL")
}

// keyEquals is keyHit with eq instead of ne. A value of another type than the
// attribute has is equal to nothing.
func (b *builder) keyEquals(c *filter.Compare, value string) condition {
	equal := *c
	equal.Op = filter.Eq
	return b.keyHit(&equal, value)
}

// keyHit compares one value with the literal; it is false for a value of another
// type than the attribute has.
func (b *builder) keyHit(c *filter.Compare, value string) condition {
	var x, y string
	switch t := c.Attribute.Type; {
	case ofText(c.Attribute), t == filter.DateTime && c.Op.Textual():
		return b.keyText(c, value)
	case c.Op.Textual():
		return unknown // it looks at a number as it was written
	case t == filter.Boolean:
		x, y = b.dialect.field(value, "b"), strconv.FormatBool(c.Literal.Boolean())
	case t == filter.Integer || t == filter.Decimal:
		x, y = b.dialect.field(value, "n"), anyNumber.SortKey(json.Number(c.Literal.Text()))
	case t == filter.DateTime:
		instant, ok := c.Literal.Time()
		if !ok || outside(instant) {
			return unknown
		}
		x, y = b.dialect.field(value, "t"), anyInstant.SortKey(c.Literal.Text())
	default:
		return unknown
	}
	return and(exactly(x+" IS NOT NULL"), exactly(b.characters(c.Op, x, y, false)))
}

// keyText compares the text of one value with the literal.
func (b *builder) keyText(c *filter.Compare, value string) condition {
	literal := c.Literal.Text()
	if !storable(literal) {
		return unknown
	}
	x := b.dialect.field(value, "s")
	if !c.Attribute.CaseExact {
		x, literal = b.foldedKey(value), c.Literal.Folded()
	}
	return and(exactly(x+" IS NOT NULL"), exactly("("+b.characters(c.Op, x, literal, false)+")"))
}

// foldedKey returns the folded text of a value.
func (b *builder) foldedKey(value string) string {
	return "coalesce(" + b.dialect.field(value, "f") + ", " + b.dialect.field(value, "s") + ")"
}

// ofText reports whether the values of an attribute compare as texts.
func ofText(a *filter.Attribute) bool {
	return a.Type == filter.String || a.Type == filter.Reference || a.Type == filter.Binary
}

// storable reports whether every database can keep a text and be asked for it.
func storable(text string) bool { return utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 }

// outside reports whether the key of an instant may be out of order.
func outside(t time.Time) bool { return t.UTC().Year() < 0 || t.UTC().Year() > 9999 }
