package sqlfilter

import (
	"encoding/json"
	"strconv"

	"github.com/scimgroups/scimgroups/filter"
)

// Keys returns the document by which the attributes of extensions compare and sort in
// SQL (see [Columns].Keys). extensions has the attributes of each extension under its
// URN, with values as encoding/json decodes them with UseNumber. Keys returns nil if
// there are none.
//
// The document has, under the URN of each extension and the name of each attribute,
// the list of its values. The value that counts for sorting (RFC 7644 §3.4.2.3) is the
// first. Each value is an object with some of these members:
//
//	s  a string
//	f  the result of filter.Fold for it, if that differs
//	t  the instant that the string denotes as a dateTime, as [filter.Attribute.SortKey]
//	   returns it
//	n  a number, as [filter.Attribute.SortKey] returns it
//	b  a boolean: "true" or "false"
//	o  an object: for each name the list of its values, in the same form
//	p  "1" if the value is present (RFC 7644 §3.4.2.2, pr)
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

// keysOfValue returns the keys of all values of an attribute.
func keysOfValue(v any, objects bool) []key {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []key
	counts := filter.Primary(list)
	for i, item := range list {
		k, ok := keyOf(item, objects)
		if !ok {
			continue
		}
		out = append(out, k)
		if last := len(out) - 1; i == counts {
			out[0], out[last] = out[last], out[0]
		}
	}
	return out
}

// The attributes that make keys of values whose type is not known.
var (
	anyInstant = &filter.Attribute{Type: filter.DateTime}
	anyNumber  = &filter.Attribute{Type: filter.Decimal}
)

// keyOf returns the key of one value; false if it is null or empty.
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
		k.Instant = anyInstant.SortKey(v)
		return k, true
	case bool:
		return key{Boolean: strconv.FormatBool(v), Present: present}, true
	case json.Number, float64, int, int64:
		return key{Number: anyNumber.SortKey(v), Present: present}, true
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
