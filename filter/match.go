package filter

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// Match reports whether the filter matches r. It allocates nothing, unless strings that
// are not ASCII must be folded.
func (f *Filter) Match(r Resource) bool {
	return match(f.root, subject{resource: r, element: f.element})
}

// subject is what a node is evaluated for: a resource, or an element of one of its
// attributes.
type subject struct {
	resource Resource
	element  bool // attributes are sub-attributes of this element
	simple   bool // the element is value, not an object
	value    any
}

// attribute returns the value of a top-level attribute of a resource, or of a
// sub-attribute of an element.
func (s subject) attribute(a *Attribute) Value {
	if s.simple {
		return JSONValue(s.value)
	}
	if s.resource == nil {
		return Value{}
	}
	return s.resource.Attribute(a)
}

func match(n Node, s subject) bool {
	switch n := n.(type) {
	case *Compare:
		return n.match(s)
	case And:
		for _, term := range n {
			if !match(term, s) {
				return false
			}
		}
		return true
	case Or:
		for _, term := range n {
			if match(term, s) {
				return true
			}
		}
		return false
	case Not:
		return !match(n.Node, s)
	case *Exists:
		return n.match(s)
	case Constant:
		return bool(n)
	}
	return false
}

// match reports whether an element meets Where.
func (e *Exists) match(s subject) bool {
	v := s.attribute(e.Attribute)
	switch v.kind {
	case objectValue:
		return match(e.Where, subject{resource: v.object, element: true})
	case elementsValue:
		if e.findable(e.Where) {
			return e.find(e.Where, v.elements)
		}
		found := false
		v.elements.Each(func(r Resource) bool {
			found = match(e.Where, subject{resource: r, element: true})
			return !found
		})
		return found
	case jsonValue:
		return e.matchJSON(v.json)
	case absent:
		return false
	}
	// A simple value in place of elements counts as one element.
	return e.Attribute.Type != Complex && match(e.Where, subject{resource: single(v), element: true})
}

func (e *Exists) matchJSON(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case []any:
		for _, item := range v {
			// A list in a list is not an element.
			if _, nested := item.([]any); !nested && e.matchJSON(item) {
				return true
			}
		}
		return false
	case map[string]any:
		return match(e.Where, subject{resource: JSONObject(v), element: true})
	}
	return e.Attribute.Type != Complex && match(e.Where, subject{value: v, simple: true, element: true})
}

// single is an element that is a simple value.
type single Value

func (v single) Attribute(*Attribute) Value { return Value(v) }

// findable reports whether only elements that [Elements].Find returns can meet n.
func (e *Exists) findable(n Node) bool {
	switch n := n.(type) {
	case *Compare:
		return n.findable() && n.Attribute.Parent == e.Attribute
	case And:
		for _, term := range n {
			if e.findable(term) {
				return true
			}
		}
	case Or:
		for _, term := range n {
			if !e.findable(term) {
				return false
			}
		}
		return len(n) > 0
	}
	return false
}

// find reports whether one of the elements that can meet n, which is findable, meets
// Where.
func (e *Exists) find(n Node, elements Elements) bool {
	switch n := n.(type) {
	case *Compare:
		r, ok := elements.Find(n.Literal.text)
		return ok && match(e.Where, subject{resource: r, element: true})
	case And:
		for _, term := range n {
			if e.findable(term) {
				return e.find(term, elements)
			}
		}
	case Or:
		for _, term := range n {
			if e.find(term, elements) {
				return true
			}
		}
	}
	return false
}

// findable reports whether c is value eq "…", compared exactly.
func (c *Compare) findable() bool {
	t := c.Attribute.Type
	return c.Op == Eq && c.Literal.kind == StringLiteral && c.Attribute.CaseExact && c.Attribute.Name == "value" &&
		(t == String || t == Reference || t == Binary)
}

// verdict is the result for the values of an attribute.
type verdict struct {
	some bool // there is a value
	hit  bool // the comparison is true for a value
}

func (v *verdict) add(w verdict) {
	v.some = v.some || w.some
	v.hit = v.hit || w.hit
}

func (c *Compare) match(s subject) bool {
	if c.Op == Pr {
		return s.present(c.Attribute)
	}
	if c.Literal.kind == NullLiteral {
		return s.present(c.Attribute) == (c.Op == Ne)
	}
	a := c.Attribute
	inside := a.Parent != nil && !s.element
	if inside {
		a = a.Parent
	}
	v := s.attribute(a)
	if v.kind == stringValue && !inside { // the most frequent case
		return c.testString(v.text, v.folded)
	}
	var all verdict
	if inside {
		all = c.testIn(v)
	} else {
		all = c.test(v)
	}
	return all.hit || c.Op == Ne && !all.some
}

// testIn compares the values of the sub-attribute c.Attribute in v.
func (c *Compare) testIn(v Value) verdict {
	switch v.kind {
	case objectValue:
		return c.test(v.object.Attribute(c.Attribute))
	case elementsValue:
		if c.findable() {
			r, ok := v.elements.Find(c.Literal.text)
			if !ok {
				return verdict{}
			}
			return c.test(r.Attribute(c.Attribute))
		}
		var all verdict
		v.elements.Each(func(r Resource) bool {
			all.add(c.test(r.Attribute(c.Attribute)))
			return !all.hit
		})
		return all
	case jsonValue:
		return c.testInJSON(v.json)
	}
	if c.Attribute.Element() {
		return c.test(v)
	}
	return verdict{}
}

func (c *Compare) testInJSON(v any) verdict {
	switch v := v.(type) {
	case map[string]any:
		return c.testJSON(v[c.Attribute.Name])
	case []any:
		var all verdict
		for _, item := range v {
			if _, nested := item.([]any); nested {
				continue
			}
			all.add(c.testInJSON(item))
			if all.hit {
				break
			}
		}
		return all
	}
	if c.Attribute.Element() {
		return c.testJSON(v)
	}
	return verdict{}
}

// test compares one value, or each of a list.
func (c *Compare) test(v Value) verdict {
	switch v.kind {
	case absent:
		return verdict{}
	case stringValue:
		return verdict{true, c.testString(v.text, v.folded)}
	case booleanValue:
		return verdict{true, c.testBoolean(v.boolean)}
	case timeValue:
		return verdict{true, c.testTime(v.instant)}
	case jsonValue:
		return c.testJSON(v.json)
	}
	return verdict{true, c.Op == Ne} // an object is not equal to a literal
}

func (c *Compare) testJSON(v any) verdict {
	switch v := v.(type) {
	case nil:
		return verdict{}
	case string:
		return verdict{true, c.testString(v, "")}
	case bool:
		return verdict{true, c.testBoolean(v)}
	case json.Number:
		return verdict{true, c.testNumber(string(v))}
	case int:
		return verdict{true, c.testInteger(int64(v))}
	case int64:
		return verdict{true, c.testInteger(v)}
	case float64:
		return verdict{true, c.testFloat(v)}
	case []any:
		var all verdict
		for _, item := range v {
			all.add(c.testJSON(item))
			if all.hit {
				break
			}
		}
		return all
	case map[string]any:
		return verdict{len(v) > 0, len(v) > 0 && c.Op == Ne}
	}
	return verdict{true, c.Op == Ne}
}

// testString compares a string; folded may be what Fold makes of it, or "".
func (c *Compare) testString(s, folded string) bool {
	switch c.Attribute.Type {
	case String, Reference, Binary:
		return c.testText(s, folded)
	case DateTime:
		if c.Op.Textual() {
			return c.testText(s, folded)
		}
		if t, ok := parseInstant(s); ok {
			return c.ordered(t.Compare(c.Literal.instant))
		}
	}
	return c.Op == Ne // the value is of another type than the schema says
}

// testText compares a string as text, exactly or folded.
func (c *Compare) testText(s, folded string) bool {
	l := &c.Literal
	switch {
	case c.Attribute.CaseExact:
		return c.testExact(s, l.text)
	case folded != "":
		return c.testExact(folded, l.folded)
	case !isASCII(s):
		return c.testExact(foldUnicode(s), l.folded)
	}
	switch c.Op {
	case Co:
		return containsFolded(s, l.folded)
	case Sw:
		return hasFoldedPrefix(s, l.folded)
	case Ew:
		n := len(s) - len(l.folded)
		return n >= 0 && hasFoldedPrefix(s[n:], l.folded)
	case Eq, Ne:
		equal := len(s) == len(l.folded) && hasFoldedPrefix(s, l.folded)
		return equal == (c.Op == Eq)
	}
	return c.ordered(compareFolded(s, l.folded))
}

func (c *Compare) testExact(s, literal string) bool {
	switch c.Op {
	case Eq:
		return s == literal
	case Ne:
		return s != literal
	case Co:
		return strings.Contains(s, literal)
	case Sw:
		return strings.HasPrefix(s, literal)
	case Ew:
		return strings.HasSuffix(s, literal)
	}
	return c.ordered(strings.Compare(s, literal))
}

// ordered reports whether the comparison is true for a value that is less than, equal
// to or greater than the literal, as order is -1, 0 or 1.
func (c *Compare) ordered(order int) bool {
	switch c.Op {
	case Eq:
		return order == 0
	case Ne:
		return order != 0
	case Gt:
		return order > 0
	case Ge:
		return order >= 0
	case Lt:
		return order < 0
	case Le:
		return order <= 0
	}
	return false
}

func (c *Compare) testBoolean(b bool) bool {
	if c.Attribute.Type != Boolean {
		return c.Op == Ne
	}
	return (b == c.Literal.boolean) == (c.Op == Eq)
}

func (c *Compare) testTime(t time.Time) bool {
	if c.Attribute.Type != DateTime {
		return c.Op == Ne
	}
	if !c.Op.Textual() {
		return c.ordered(t.Compare(c.Literal.instant))
	}
	var buffer [64]byte
	return c.testText(string(t.AppendFormat(buffer[:0], TimeFormat)), "")
}

// numeric reports whether the values of the attribute are numbers.
func (c *Compare) numeric() bool { return c.Attribute.Type == Decimal || c.Attribute.Type == Integer }

func (c *Compare) testNumber(s string) bool {
	d, ok := parseDecimal(s)
	switch {
	case !ok || !c.numeric():
		return c.Op == Ne
	case c.Op.Textual():
		return c.testExact(s, c.Literal.text)
	}
	return c.ordered(d.compare(c.Literal.number))
}

func (c *Compare) testInteger(i int64) bool {
	switch {
	case !c.numeric():
		return c.Op == Ne
	case c.Op.Textual():
		return c.testExact(strconv.FormatInt(i, 10), c.Literal.text)
	}
	return c.ordered(integerDecimal(i).compare(c.Literal.number))
}

func (c *Compare) testFloat(f float64) bool {
	const exact = 1 << 53 // up to here float64 holds every integer
	if f == math.Trunc(f) && math.Abs(f) <= exact {
		return c.testInteger(int64(f))
	}
	var buffer [32]byte
	return c.testNumber(string(appendFloat(buffer[:0], f)))
}
