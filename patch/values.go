package patch

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/jsontext"
)

// A request may name tens of thousands of values, and a group may have as many. The
// functions of this file therefore look at each value once and find equal ones by a key.
// Comparing them in pairs would keep the transaction of the store open for long.

// valueKey is the same for two values of an attribute, or two elements of one, if and
// only if they are equal by the schema: strings that are not caseExact regardless of case,
// objects by all their sub-attributes, lists element by element.
type valueKey struct {
	kind byte
	text string
}

func keyOf(a *filter.Attribute, v any) valueKey {
	switch v := v.(type) {
	case nil:
		return valueKey{kind: '0'}
	case string:
		switch {
		case a == nil:
		case a.Type == filter.String && !a.CaseExact:
			v = filter.Fold(v)
		case a.Type == filter.DateTime:
			v = cmp.Or(a.SortKey(v), v)
		}
		return valueKey{'"', v}
	case bool:
		return valueKey{'b', strconv.FormatBool(v)}
	case json.Number:
		text := string(v)
		if a != nil {
			text = cmp.Or(a.SortKey(v), text)
		}
		return valueKey{'1', text}
	case map[string]any:
		return objectKey(a, v, slices.Sorted(maps.Keys(v)))
	case []any:
		var b []byte
		for _, item := range v {
			b = keyOf(a, item).append(b)
		}
		return valueKey{'[', string(b)}
	}
	return valueKey{'?', fmt.Sprintf("%T %v", v, v)} // which no store should have
}

// objectKey returns the key of an object that has only these sub-attributes.
func objectKey(a *filter.Attribute, object map[string]any, names []string) valueKey {
	var b []byte
	for _, name := range names {
		var sub *filter.Attribute // nil if the group was stored under another schema
		if a != nil {
			sub = a.SubAttribute(name)
		}
		b = valueKey{'.', name}.append(b)
		b = keyOf(sub, object[name]).append(b)
	}
	return valueKey{'{', string(b)}
}

// append appends the key to b such that no other sequence of keys has the same bytes.
func (k valueKey) append(b []byte) []byte {
	b = strconv.AppendInt(append(b, k.kind), int64(len(k.text)), 10)
	return append(append(b, ':'), k.text...)
}

// appended returns a list with the values appended that it does not have yet (RFC 7644
// §3.5.2.1). If one of them is primary, no other element stays primary.
func appended(a *filter.Attribute, before any, values []any) []any {
	list, _ := before.([]any)
	keys := make([]valueKey, len(values))
	missing := make(map[valueKey]bool, len(values))
	for i, v := range values {
		keys[i] = keyOf(a, v)
		missing[keys[i]] = true
	}
	for _, item := range list {
		delete(missing, keyOf(a, item))
	}
	after := append(make([]any, 0, len(list)+len(missing)), list...)
	primary := -1
	for i, v := range values {
		if !missing[keys[i]] {
			continue
		}
		delete(missing, keys[i])
		after = append(after, jsontext.Clone(v))
		if filter.IsPrimary(v) {
			primary = len(after) - 1
		}
	}
	return resetPrimary(after, primary)
}

// without returns a list without the elements that one of values names: those that are
// equal to it, or objects that have all its sub-attributes.
func without(a *filter.Attribute, before any, values []any) any {
	list, _ := before.([]any)
	named := make(map[valueKey]bool, len(values))
	for _, v := range values {
		named[keyOf(a, v)] = true
	}
	shapes := shapesOf(values)
	return slices.DeleteFunc(slices.Clone(list), func(item any) bool {
		object, ok := item.(map[string]any)
		if !ok {
			return named[keyOf(a, item)]
		}
		return slices.ContainsFunc(shapes, func(names []string) bool { return named[objectKey(a, object, names)] })
	})
}

// shapesOf returns the sets of sub-attributes that the objects among values have.
func shapesOf(values []any) (shapes [][]string) {
	seen := make(map[string]bool)
	for _, v := range values {
		object, ok := v.(map[string]any)
		if !ok {
			continue
		}
		names := slices.Sorted(maps.Keys(object))
		if key := strings.Join(names, ","); !seen[key] {
			seen[key] = true
			shapes = append(shapes, names)
		}
	}
	return shapes
}

// identity returns the key of the "value" of an element, which identifies the elements of a
// multi-valued attribute (RFC 7643 §2.4).
func identity(a *filter.Attribute, element any) (id valueKey, ok bool) {
	object, _ := element.(map[string]any)
	sub := a.SubAttribute("value")
	if sub == nil || object["value"] == nil {
		return valueKey{}, false
	}
	return keyOf(sub, object["value"]), true
}

// merging is a list into which elements are merged by their "value".
type merging struct {
	a       *filter.Attribute
	list    []any
	places  map[valueKey]int // of the elements that have a "value"
	equal   map[valueKey]int // number of elements with this key
	primary []int            // the places of primary elements, and maybe of others
}

// mergedByValue returns a list into which elements have been merged by their "value".
func mergedByValue(a *filter.Attribute, before any, values []any) ([]any, error) {
	m := newMerging(a, before)
	for _, v := range values {
		if err := m.merge(v); err != nil {
			return nil, err
		}
	}
	return m.list, nil
}

func newMerging(a *filter.Attribute, before any) *merging {
	list, _ := before.([]any)
	m := &merging{
		a: a, list: slices.Clone(list),
		places: make(map[valueKey]int, len(list)), equal: make(map[valueKey]int, len(list)),
	}
	for i, item := range list {
		if id, ok := identity(a, item); ok {
			m.places[id] = i
		}
		m.equal[keyOf(a, item)]++
		if filter.IsPrimary(item) {
			m.primary = append(m.primary, i)
		}
	}
	return m
}

func (m *merging) merge(v any) error {
	id, identified := identity(m.a, v)
	at, present := m.places[id]
	if identified && present {
		object, err := mergeObject(m.a, m.list[at].(map[string]any), v.(map[string]any), false)
		if err != nil {
			return err
		}
		m.set(at, object)
	} else {
		key := keyOf(m.a, v)
		if m.equal[key] > 0 {
			return nil
		}
		at = len(m.list)
		m.list = append(m.list, jsontext.Clone(v))
		m.equal[key]++
		if identified {
			m.places[id] = at
		}
	}
	if filter.IsPrimary(m.list[at]) {
		m.makePrimary(at)
	}
	return nil
}

func (m *merging) set(at int, v any) {
	m.equal[keyOf(m.a, m.list[at])]--
	m.equal[keyOf(m.a, v)]++
	m.list[at] = v
}

// makePrimary makes the element the only primary one. The primary elements are known, so
// that the list is not searched for each element that becomes primary.
func (m *merging) makePrimary(at int) {
	for _, i := range m.primary {
		if i != at && filter.IsPrimary(m.list[i]) {
			m.set(i, notPrimary(m.list[i]))
		}
	}
	m.primary = append(m.primary[:0], at)
}

// resetPrimary makes the element at index the only primary one (RFC 7644 §3.5.2). It
// returns the list as it is if index is -1.
func resetPrimary(list []any, index int) []any {
	if index < 0 {
		return list
	}
	for i, item := range list {
		if i != index && filter.IsPrimary(item) {
			list[i] = notPrimary(item)
		}
	}
	return list
}

// notPrimary returns a copy of a primary element that is not primary.
func notPrimary(item any) any {
	changed := maps.Clone(item.(map[string]any))
	changed["primary"] = false
	return changed
}
