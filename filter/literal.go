package filter

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// NewCompare returns a comparison, for [New] and [Options].Rewrite. The value is nil, a
// bool, a string, or a number (json.Number, int, int64 or float64); for [Pr] it is nil.
// An operator or a value that does not fit the type of the attribute is an error, as it
// is in a filter.
func NewCompare(a *Attribute, op Op, value any) (*Compare, error) {
	l, ok := literalOf(value)
	if !ok {
		return nil, fmt.Errorf("filter: %s cannot be compared with a %T", a, value)
	}
	c, reason, _ := newCompare(a, op, &l, new(tolerances))
	if reason != "" {
		return nil, fmt.Errorf("filter: %s %s: %s", a, op, reason)
	}
	return c, nil
}

// literalOf returns the literal of a value; false if it is not of a type of JSON.
func literalOf(v any) (literal, bool) {
	l := literal{kind: NumberLiteral}
	switch v := v.(type) {
	case nil:
		return literal{raw: "null"}, true
	case string:
		return literal{kind: StringLiteral, raw: v, text: v}, true
	case bool:
		text := strconv.FormatBool(v)
		return literal{kind: BooleanLiteral, boolean: v, raw: text, text: text}, true
	case json.Number:
		l.text = string(v)
	case int:
		l.text = strconv.Itoa(v)
	case int64:
		l.text = strconv.FormatInt(v, 10)
	case float64:
		l.text = string(appendFloat(nil, v))
	default:
		return literal{}, false
	}
	l.raw = l.text
	_, ok := parseDecimal(l.text)
	return l, ok
}

const nullFault = "null can only be compared with eq and ne"

// newCompare returns the comparison of an attribute with a literal. If they do not fit
// it returns the reason, and whether that is about the literal.
func newCompare(a *Attribute, op Op, l *literal, t *tolerances) (c *Compare, reason string, ofValue bool) {
	if op == Pr {
		return &Compare{Attribute: a, Op: Pr}, "", false
	}
	if a.Type == Complex {
		value := a.SubAttribute("value")
		if !a.MultiValued {
			return nil, "a complex attribute cannot be compared; name one of its sub-attributes", false
		}
		if value == nil {
			return nil, `the attribute has no sub-attribute "value"; name one that it has`, false
		}
		a = value
	}
	switch op {
	case Gt, Ge, Lt, Le:
		// RFC 7644 §3.4.2.2, table 3.
		if a.Type == Boolean || a.Type == Binary {
			return nil, fmt.Sprintf("%s values have no order, so they cannot be compared with %s", a.Type, op), false
		}
	case Co, Sw, Ew:
		if a.Type == Boolean {
			return nil, fmt.Sprintf("a boolean is not text and cannot be compared with %s", op), false
		}
	}
	c = &Compare{Attribute: a, Op: op}
	if l.kind == NullLiteral {
		if op != Eq && op != Ne {
			return nil, nullFault, true
		}
		return c, "", false
	}
	if !c.Literal.convert(a.Type, op, l, t) {
		return nil, fmt.Sprintf("the value does not fit an attribute of type %s", a.Type), true
	}
	return c, "", false
}

// convert converts a literal for an attribute of a type; false if it does not fit.
func (l *Literal) convert(to Type, op Op, from *literal, t *tolerances) bool {
	l.kind, l.text, l.boolean = from.kind, from.text, from.boolean
	switch to {
	case Boolean:
		if l.kind == StringLiteral {
			// Entra ID sends "True" and "False".
			if !t.tolerate(TextValues) {
				return false
			}
			l.boolean = strings.EqualFold(l.text, "true")
			if !l.boolean && !strings.EqualFold(l.text, "false") {
				return false
			}
			l.kind = BooleanLiteral
		}
		l.text = "false"
		if l.boolean {
			l.text = "true"
		}
		l.folded = l.text
		return l.kind == BooleanLiteral
	case Decimal, Integer:
		var isNumber bool
		l.number, isNumber = parseDecimal(l.text)
		if l.kind == StringLiteral && !op.Textual() && !t.tolerate(TextValues) {
			return false
		}
		if isNumber && !op.Textual() {
			l.kind = NumberLiteral
		}
		l.folded = Fold(l.text)
		return l.kind != BooleanLiteral && (isNumber || op.Textual())
	}
	if l.kind != StringLiteral {
		if !t.tolerate(UnquotedValues) {
			return false
		}
		l.kind, l.text, l.boolean = StringLiteral, from.raw, false
	}
	l.folded = Fold(l.text)
	if to == DateTime {
		l.instant, l.timed = parseInstant(l.text)
		return l.timed || op.Textual()
	}
	return true
}
