package jsontext

import (
	"encoding/json"
	"reflect"
)

// The functions of this file are about decoded values: what [Value.Decode] returns.

// IsUnassigned reports whether a decoded value means that there is none: null, an empty
// list or an empty object (RFC 7643 §2.5).
func IsUnassigned(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// Clone returns a deep copy of a decoded value.
func Clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, item := range v {
			out[name] = Clone(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = Clone(item)
		}
		return out
	}
	return v
}

// Equal reports whether two decoded values are the same. Numbers are the same if they
// are written the same.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for name, item := range a {
			other, ok := b[name]
			if !ok || !Equal(item, other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !Equal(a[i], b[i]) {
				return false
			}
		}
		return true
	}
	switch a.(type) {
	case nil, string, bool, json.Number:
		return a == b
	}
	return reflect.DeepEqual(a, b) // what else a host's store may hold
}
