package filter

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/scimgroups/scimgroups/internal/fault"
)

// ValueError is the error for a value that an attribute cannot have. errors.As finds
// in it the errors.ScimError (status 400, invalidValue) for the response.
type ValueError struct {
	// Attribute is the full name of the attribute or sub-attribute.
	Attribute string
	// Reason completes the sentence "members.value …".
	Reason string
}

// Error returns the attribute and the reason.
func (e *ValueError) Error() string { return "filter: " + e.sentence() }

// Unwrap returns the errors.ScimError for the response.
func (e *ValueError) Unwrap() error {
	return fault.InvalidValue("Invalid value: %s.", e.sentence())
}

func (e *ValueError) sentence() string { return e.Attribute + " " + e.Reason }

func (a *Attribute) invalid(format string, args ...any) *ValueError {
	return &ValueError{Attribute: a.String(), Reason: fmt.Sprintf(format, args...)}
}

// Normalize checks a value of the attribute and returns the form in which it is
// stored. v is a value as encoding/json decodes it with UseNumber; the result shares
// no memory with it. The result is nil if the attribute is unassigned: null, an empty
// list, or an object or a list with nothing else in it (RFC 7643 §2.5).
//
// The value of a multi-valued attribute is a []any; a single value becomes a list of
// one. That of a complex attribute is a map[string]any with the names that the schema
// spells; v may have them in any letter case, but only once. Unknown sub-attributes
// are an error unless they are null, and readOnly ones are left out (RFC 7644 §3.3).
// Required sub-attributes must be present and not empty. At most one value of a list
// may be primary (RFC 7643 §2.4).
//
// A boolean may be the string "true" or "false" in any letter case, as Entra ID sends
// it. dateTimes and binary values keep their spelling. canonicalValues are suggestions
// (RFC 7643 §7) and not enforced. Whether a itself is required or readOnly is not
// checked.
//
// Errors are [*ValueError].
func (a *Attribute) Normalize(v any) (any, error) {
	out, err := a.normalize(v)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (a *Attribute) normalize(v any) (any, *ValueError) {
	if v == nil {
		return nil, nil
	}
	if !a.MultiValued {
		return a.normalizeOne(v)
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []any
	primaries := 0
	for _, item := range list {
		one, err := a.normalizeOne(item)
		if err != nil {
			return nil, err
		}
		if one == nil {
			continue
		}
		out = append(out, one)
		if IsPrimary(one) {
			primaries++
		}
	}
	if primaries > 1 {
		return nil, a.invalid("must not have more than one primary value")
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

// Primary returns the index of the value of a list that counts where only one can, as
// in sorting: the first that is primary, or else the first (RFC 7644 §3.4.2.3). It is
// -1 for an empty list.
func Primary(list []any) int {
	if i := slices.IndexFunc(list, IsPrimary); i >= 0 {
		return i
	}
	return min(len(list), 1) - 1
}

// IsPrimary reports whether a value, as encoding/json decodes it, is an object
// whose "primary" is true (RFC 7643 §2.4).
func IsPrimary(v any) bool {
	object, _ := v.(map[string]any)
	return object["primary"] == true
}

// normalizeOne normalizes a single value. It returns nil for one that is unassigned.
func (a *Attribute) normalizeOne(v any) (any, *ValueError) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		if a.Type == Complex {
			return a.normalizeObject(v)
		}
	case bool:
		if a.Type == Boolean {
			return v, nil
		}
	case json.Number:
		if a.Type == Decimal || a.Type == Integer {
			return a.normalizeNumber(v)
		}
	case string:
		return a.normalizeString(v)
	}
	return nil, a.mistyped(v)
}

// mistyped returns the error for a value of another type than the schema says.
func (a *Attribute) mistyped(v any) *ValueError {
	wanted := "a string"
	switch a.Type {
	case Complex:
		wanted = "an object"
	case Boolean:
		wanted = "a boolean"
	case Integer:
		wanted = "an integer"
	case Decimal:
		wanted = "a number"
	}
	got := "a value of another type"
	switch v.(type) {
	case string:
		got = "a string"
	case bool:
		got = "a boolean"
	case json.Number:
		got = "a number"
	case []any:
		got = "a list"
	case map[string]any:
		got = "an object"
	}
	return a.invalid("must be %s, not %s", wanted, got)
}

func (a *Attribute) normalizeNumber(n json.Number) (any, *ValueError) {
	if !validNumber(string(n)) {
		return nil, a.invalid("is not a JSON number")
	}
	// RFC 7643 §2.3.4
	if a.Type == Integer && strings.ContainsAny(string(n), ".eE") {
		return nil, a.invalid("must be an integer, without fraction or exponent")
	}
	return n, nil
}

func (a *Attribute) normalizeString(s string) (any, *ValueError) {
	switch a.Type {
	case String:
	case Boolean:
		switch {
		case strings.EqualFold(s, "true"):
			return true, nil
		case strings.EqualFold(s, "false"):
			return false, nil
		}
		return nil, a.mistyped(s)
	case DateTime:
		if _, ok := parseInstant(s); !ok || len(s) == len("2006-01-02") { // RFC 7643 §2.3.5
			return nil, a.invalid("must be a dateTime, such as 2026-01-31T12:00:00Z")
		}
	case Binary:
		if !validBase64(s) {
			return nil, a.invalid("must be base64")
		}
	case Reference:
		if _, err := url.Parse(s); err != nil {
			return nil, a.invalid("must be a URI")
		}
	default:
		return nil, a.mistyped(s)
	}
	return s, nil
}

// base64Encodings are the alphabets and paddings of RFC 4648 §4 and §5, both of
// which RFC 7643 §2.3.6 allows.
var base64Encodings = []*base64.Encoding{
	base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding,
}

func validBase64(s string) bool {
	return slices.ContainsFunc(base64Encodings, func(e *base64.Encoding) bool {
		_, err := e.DecodeString(s)
		return err == nil
	})
}

func (a *Attribute) normalizeObject(object map[string]any) (any, *ValueError) {
	out := make(map[string]any, len(object))
	given := make(map[*Attribute]bool, len(object))
	// The order of names decides which of several errors is reported.
	for _, name := range slices.Sorted(maps.Keys(object)) {
		v := object[name]
		sub := a.SubAttribute(name)
		switch {
		case sub == nil && v == nil:
			continue
		case sub == nil:
			return nil, a.invalid("has no sub-attribute %q", fault.Shorten(name))
		case given[sub]:
			return nil, sub.invalid("must not occur twice")
		}
		given[sub] = true
		if sub.Mutability == ReadOnly {
			continue
		}
		value, err := sub.normalize(v)
		if err != nil {
			return nil, err
		}
		if value != nil {
			out[sub.Name] = value
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	for _, sub := range a.Sub {
		if !sub.Required || sub.Mutability == ReadOnly {
			continue
		}
		switch value, there := out[sub.Name]; {
		case !there:
			return nil, sub.invalid("is required")
		case value == "":
			return nil, sub.invalid("is required and must not be empty")
		}
	}
	return out, nil
}
