package filter

import "time"

// Resource is what a filter matches: a resource, or one element of a complex
// attribute.
type Resource interface {
	// Attribute returns the value of an attribute of the table: a top-level attribute
	// of a resource, or a sub-attribute of an element. It returns the zero Value for an
	// attribute without a value and for one that it does not know. One call of Match
	// does not call it concurrently.
	Attribute(a *Attribute) Value
}

// Elements is the value of a multi-valued complex attribute that is not held as JSON,
// such as the members of a group.
type Elements interface {
	// Each calls yield with each element until yield returns false. The element may
	// be reused for the next call.
	Each(yield func(Resource) bool)
	// Find returns the element whose sub-attribute "value" is exactly v. With it a
	// large set matches members.value eq "x" without being walked.
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

// Value is the value of an attribute of a [Resource]. The zero Value means that the
// attribute has none.
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

// StringValue returns the value of a string. The empty string is a value, but not
// present (pr).
func StringValue(s string) Value { return Value{kind: stringValue, text: s} }

// FoldedValue returns the value of a string together with its result of [Fold], so that
// it is not folded for each comparison.
func FoldedValue(s, folded string) Value { return Value{kind: stringValue, text: s, folded: folded} }

// BooleanValue returns the value of a boolean.
func BooleanValue(b bool) Value { return Value{kind: booleanValue, boolean: b} }

// TimeValue returns the value of a dateTime. The zero time is no value.
func TimeValue(t time.Time) Value {
	if t.IsZero() {
		return Value{}
	}
	return Value{kind: timeValue, instant: t}
}

// ObjectValue returns the value of a complex attribute that is not multi-valued.
func ObjectValue(r Resource) Value { return Value{kind: objectValue, object: r} }

// ElementsValue returns the value of a multi-valued complex attribute.
func ElementsValue(e Elements) Value { return Value{kind: elementsValue, elements: e} }

// JSONValue returns the value of what encoding/json decodes: nil, bool, string,
// json.Number, float64, []any or map[string]any (int and int64 are accepted too).
// Objects in it have the names that the schema spells.
func JSONValue(v any) Value {
	if v == nil {
		return Value{}
	}
	return Value{kind: jsonValue, json: v}
}

// JSONObject is a [Resource] over one element, or the value of a complex attribute, as
// a decoded JSON object. Its keys are the names that the schema spells.
type JSONObject map[string]any

// Attribute implements [Resource].
func (o JSONObject) Attribute(a *Attribute) Value { return JSONValue(o[a.Name]) }

// JSONResource is a [Resource] over a resource as a decoded JSON object. The attributes
// of an extension are in an object named by its URN.
type JSONResource map[string]any

// Attribute implements [Resource].
func (r JSONResource) Attribute(a *Attribute) Value {
	if !a.Extension {
		return JSONValue(r[a.Name])
	}
	extension, _ := r[a.Schema].(map[string]any)
	return JSONValue(extension[a.Name])
}

// TimeFormat is the format of dateTimes: RFC 3339 with as many digits of a second as
// are needed.
const TimeFormat = "2006-01-02T15:04:05.999999999Z07:00"
