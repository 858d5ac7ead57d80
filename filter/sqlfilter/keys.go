package sqlfilter

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/filter"
)

// Keys makes the document by which the attributes of extensions are compared and
// sorted in SQL (see [Columns.Keys]). Values are as encoding/json decodes them
// with UseNumber. It answers nil if there are no attributes.
//
// Under the URN of each extension and the name of each attribute stands the list
// of its values, of which the first is the one that counts for sorting (RFC 7644
// §3.4.2.3). Each is an object with some of
//
//	s  the text of a string
//	f  what filter.Fold makes of it, if that is something else
//	t  the instant that it denotes as a dateTime, in UTC, with nine digits of a second
//	n  a number, written so that the order of texts is the order of numbers
//	b  "true" or "false"
//	o  an object: for each name the list of its values, in the same form
//	p  "1", if the value is present (RFC 7644 §3.4.2.2, pr)
func Keys(extensions map[string]map[string]any) ([]byte, error) {
	out := map[string]map[string][]key{}
	for urn, attributes := range extensions {
		for name, value := range attributes {
			list := keysOfValue(value, true)
			if len(list) == 0 {
				continue
			}
			if out[urn] == nil {
				out[urn] = map[string][]key{}
			}
			out[urn][name] = list
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return json.Marshal(out)
}

// key is one value in the document of [Keys].
type key struct {
	String  *string           `json:"s,omitempty"`
	Folded  *string           `json:"f,omitempty"`
	Instant string            `json:"t,omitempty"`
	Number  string            `json:"n,omitempty"`
	Boolean string            `json:"b,omitempty"`
	Object  *map[string][]key `json:"o,omitempty"`
	Present string            `json:"p,omitempty"`
}

// keysOfValue are the keys of all values of an attribute.
func keysOfValue(v any, objects bool) []key {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []key
	for _, item := range list {
		k, ok := keyOf(item, objects)
		if !ok {
			continue
		}
		out = append(out, k)
		if object, ok := item.(map[string]any); ok && object["primary"] == true && !primary(out[:len(out)-1]) {
			last := len(out) - 1
			out[0], out[last] = out[last], out[0]
		}
	}
	return out
}

// primary reports whether the first value of a list is the primary one.
func primary(list []key) bool {
	if len(list) == 0 || list[0].Object == nil {
		return false
	}
	p := (*list[0].Object)["primary"]
	return len(p) == 1 && p[0].Boolean == "true"
}

// keyOf is the key of one value; false for none at all.
func keyOf(v any, objects bool) (key, bool) {
	const present = "1"
	switch v := v.(type) {
	case string:
		k := key{String: &v}
		if folded := filter.Fold(v); folded != v {
			k.Folded = &folded
		}
		if v != "" {
			k.Present = present
		}
		if t, ok := instantOf(v); ok {
			k.Instant = instantKey(t)
		}
		return k, true
	case bool:
		return key{Boolean: strconv.FormatBool(v), Present: present}, true
	case json.Number:
		return key{Number: numberKey(string(v)), Present: present}, true
	case float64:
		return key{Number: numberKey(strconv.FormatFloat(v, 'g', -1, 64)), Present: present}, true
	case int:
		return key{Number: numberKey(strconv.Itoa(v)), Present: present}, true
	case int64:
		return key{Number: numberKey(strconv.FormatInt(v, 10)), Present: present}, true
	case map[string]any:
		if len(v) == 0 || !objects {
			return key{}, len(v) > 0
		}
		object := make(map[string][]key, len(v))
		k := key{Object: &object}
		for name, value := range v {
			if list := keysOfValue(value, false); len(list) > 0 {
				object[name] = list
				for i := range list {
					if list[i].Present != "" {
						k.Present = present
					}
				}
			}
		}
		return k, true
	}
	return key{}, false
}

// anyInstant is an attribute to have package filter read dateTimes with.
var anyInstant = &filter.Attribute{Name: "dateTime", Type: filter.DateTime}

// instantOf is the instant that a text denotes, exactly as filters take it.
func instantOf(text string) (time.Time, bool) {
	// A cheap look first: most strings are no dateTimes.
	if len(text) < len("2006-01-02") || text[4] != '-' || text[7] != '-' {
		return time.Time{}, false
	}
	c, err := filter.NewCompare(anyInstant, filter.Eq, text)
	if err != nil {
		return time.Time{}, false
	}
	return c.Literal.Time()
}

// instantKey is of constant width between the years 0 and 9999. An offset can
// lead one day further; those are put at the ends, where they belong but for
// each other.
func instantKey(t time.Time) string {
	t = t.UTC()
	switch {
	case t.Year() < 0:
		return "-" + t.Format("01-02T15:04:05.000000000Z")
	case t.Year() > 9999:
		return ":" + t.Format("01-02T15:04:05.000000000Z")
	}
	return t.Format("2006-01-02T15:04:05.000000000Z")
}

// numberKey writes a JSON number so that the order of texts, byte by byte, is the
// order of numbers, and equal numbers have the same text: a class (0 negative,
// 1 zero, 2 positive), the power of ten in 16 hexadecimal digits, and the
// digits without zeros at either end. For a negative number both are turned
// round, and the end is marked with what is greater than any digit.
func numberKey(text string) string {
	mantissa, negative := strings.CutPrefix(text, "-")
	power := int64(0)
	if i := strings.IndexAny(mantissa, "eE"); i >= 0 {
		exponent, err := strconv.ParseInt(mantissa[i+1:], 10, 64)
		if err != nil && exponent == 0 {
			return ""
		}
		// Exponents beyond this make no difference, as in package filter.
		const limit = 1 << 60
		power = min(max(exponent, -limit), limit)
		mantissa = mantissa[:i]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	power += int64(len(whole))
	digits := strings.TrimLeft(whole+fraction, "0")
	power -= int64(len(whole) + len(fraction) - len(digits))
	digits = strings.TrimRight(digits, "0")
	if digits == "" {
		return "1"
	}
	biased := uint64(power) ^ 1<<63 // in unsigned order
	if !negative {
		return "2" + hexadecimal(biased) + digits
	}
	turned := []byte(digits)
	for i, c := range turned {
		turned[i] = '0' + '9' - c
	}
	return "0" + hexadecimal(math.MaxUint64-biased) + string(turned) + "~"
}

func hexadecimal(n uint64) string {
	text := strconv.FormatUint(n, 16)
	return strings.Repeat("0", 16-len(text)) + text
}
