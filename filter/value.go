package filter

import "time"

// Resource is what a compiled filter looks at: a resource, or one element of a
// multi-valued complex attribute.
//
// Attribute answers the value of an attribute of the table: of a top-level one
// when the Resource is a whole resource, of a sub-attribute when it is an
// element. It answers the zero Value for an attribute without a value and for
// one that it does not know. It must not keep a, and is not called
// concurrently by one Match.
type Resource interface {
	Attribute(a *Attribute) Value
}

// Elements are the values of a multi-valued complex attribute whose
// implementation does not want to hold them as JSON, such as the members of a
// group.
type Elements interface {
	// Each calls yield with one element after the other until it answers false.
	// The element may be reused for the next call.
	Each(yield func(Resource) bool)
	// Find answers the element whose sub-attribute "value" is exactly v. It lets
	// a large set answer members.value eq "x" without being walked.
	Find(v string) (Resource, bool)
}

type valueKind uint8

const (
	absent valueKind = iota
	stringValue
	booleanValue
	timeValue
	objectValue
	elementsValue
	jsonValue
)

// Value is the value of an attribute as a filter sees it. The zero Value is
// that of an attribute that has none.
type Value struct {
	kind     valueKind
	boolean  bool
	text     string
	folded   string
	instant  time.Time
	object   Resource
	elements Elements
	json     any
}

// StringValue is a string. The empty string is a value, but not a present one.
func StringValue(s string) Value { return Value{kind: stringValue, text: s} }

// FoldedValue is a string of which the caller has kept what [Fold] makes of it,
// so that it is not folded for every comparison.
func FoldedValue(s, folded string) Value { return Value{kind: stringValue, text: s, folded: folded} }

// BooleanValue is a boolean.
func BooleanValue(b bool) Value { return Value{kind: booleanValue, boolean: b} }

// TimeValue is a dateTime; the zero time is no value.
func TimeValue(t time.Time) Value {
	if t.IsZero() {
		return Value{}
	}
	return Value{kind: timeValue, instant: t}
}

// ObjectValue is the value of a single complex attribute.
func ObjectValue(r Resource) Value { return Value{kind: objectValue, object: r} }

// ElementsValue is the value of a multi-valued complex attribute.
func ElementsValue(e Elements) Value { return Value{kind: elementsValue, elements: e} }

// JSONValue is a value as encoding/json decodes it: nil, bool, string,
// json.Number, float64, []any or map[string]any (int and int64 are accepted
// too). Objects inside are read by the names that the schema spells.
func JSONValue(v any) Value {
	if v == nil {
		return Value{}
	}
	return Value{kind: jsonValue, json: v}
}

// JSONObject is a Resource over the decoded JSON object of one element or of
// one complex attribute. Its keys are the names that the schema spells.
type JSONObject map[string]any

// Attribute implements [Resource].
func (o JSONObject) Attribute(a *Attribute) Value { return JSONValue(o[a.Name]) }

// JSONResource is a Resource over a whole decoded JSON resource, in which the
// attributes of an extension stand in an object named by its URN.
type JSONResource map[string]any

// Attribute implements [Resource].
func (r JSONResource) Attribute(a *Attribute) Value {
	if !a.Extension {
		return JSONValue(r[a.Name])
	}
	extension, _ := r[a.Schema].(map[string]any)
	return JSONValue(extension[a.Name])
}

// TimeFormat is how dateTimes are written: RFC 3339 with as many digits of a
// second as are needed.
const TimeFormat = "2006-01-02T15:04:05.999999999Z07:00"
