package patch

import (
	"maps"
	"reflect"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/jsontext"
	"github.com/scimgroups/scimgroups/store"
)

func (s *extensionStep) apply(head *store.Group, to *application) error {
	a := s.attribute
	before := head.Extensions[a.Schema][a.Name]
	if to.rescanned += s.rescans(before); to.rescanned > maxRescans {
		return fault.TooMany("the operations look at more than %d values of extension attributes again; send fewer"+
			" operations, or one list of the values to add and one of those to remove", maxRescans)
	}
	after, err := s.change(before, to)
	if err != nil {
		return err
	}
	if a.Mutability == filter.Immutable && before != nil && !keeps(before, after) {
		return fault.Mutability("%s cannot be changed", a)
	}
	if jsontext.IsUnassigned(after) {
		if a.Required && s.op != opAdd {
			return fault.Mutability("%s is required and cannot be removed", a)
		}
	} else if jsontext.IsUnassigned(before) && a.Type == filter.Complex {
		// A value that was assembled from parts must have all its parts.
		if _, err := a.Normalize(jsontext.Clone(after)); err != nil {
			return err
		}
	}
	if head.Extensions == nil && !jsontext.IsUnassigned(after) {
		head.Extensions = make(store.Extensions)
	}
	assign(head.Extensions, a, after)
	return nil
}

// rescans returns how many values the step looks at beyond one pass through the attribute
// and one through its own value.
func (s *extensionStep) rescans(before any) int {
	each := 0
	switch {
	case s.where != nil || s.sub != nil && s.attribute.MultiValued:
		each = countValues(s.value) // each element gets a copy of them
	case s.op == opReplace || s.value == nil:
		return 0 // the values before do not matter
	case s.op == opRemove:
		values, _ := s.value.([]any)
		each = max(0, len(shapesOf(values))-1)
	}
	if s.again && s.where != nil {
		for range s.where.Comparisons() {
			each++
		}
	} else if s.again {
		each++
	}
	if each == 0 {
		return 0
	}
	return each * countValues(before)
}

// countValues counts the elements of lists.
func countValues(v any) (n int) {
	switch v := v.(type) {
	case []any:
		n = len(v)
		for _, item := range v {
			n += countValues(item)
		}
	case map[string]any:
		for _, item := range v {
			n += countValues(item)
		}
	}
	return n
}

// keeps reports whether after is before with nothing but sub-attributes added that had no
// value (RFC 7644 §3.5.2).
func keeps(before, after any) bool {
	switch before := before.(type) {
	case map[string]any:
		object, ok := after.(map[string]any)
		for name, v := range before {
			ok = ok && reflect.DeepEqual(v, object[name])
		}
		return ok
	case []any:
		list, ok := after.([]any)
		ok = ok && len(list) == len(before)
		for i := 0; ok && i < len(before); i++ {
			ok = keeps(before[i], list[i])
		}
		return ok
	}
	return reflect.DeepEqual(before, after)
}

// assign sets an attribute of an extension, or unassigns it.
func assign(e store.Extensions, a *filter.Attribute, v any) {
	if jsontext.IsUnassigned(v) {
		delete(e[a.Schema], a.Name)
		if len(e[a.Schema]) == 0 {
			delete(e, a.Schema)
		}
		return
	}
	if e[a.Schema] == nil {
		e[a.Schema] = make(map[string]any)
	}
	e[a.Schema][a.Name] = v
}

// change returns the value of the attribute after the operation. It does not modify the
// value before, nor that of the step.
func (s *extensionStep) change(before any, to *application) (any, error) {
	a := s.attribute
	switch {
	case s.where != nil && a.MultiValued:
		return s.changeMatching(before, to)
	case s.where != nil:
		return s.changeIfMatching(before)
	case s.sub != nil && a.MultiValued:
		return s.changeEach(before)
	case s.sub != nil:
		object, _ := before.(map[string]any)
		return s.changeSub(object)
	case s.op == opRemove && s.value != nil && !a.MultiValued:
		object, _ := before.(map[string]any)
		return withoutSubs(a, object, s.value.(map[string]any))
	case s.op == opMerge:
		return mergedByValue(a, before, s.value.([]any))
	case s.op == opRemove && s.value != nil:
		return without(a, before, s.value.([]any)), nil
	case s.op == opRemove:
		return nil, nil
	case a.MultiValued && s.op == opAdd:
		return appended(a, before, s.value.([]any)), nil
	case a.MultiValued:
		return jsontext.Clone(s.value), nil
	case a.Type == filter.Complex:
		object, _ := before.(map[string]any)
		return s.merged(object)
	}
	return jsontext.Clone(s.value), nil
}

// changeMatching changes the elements that the value path selects (RFC 7644 §3.5.2.1 to
// §3.5.2.3).
func (s *extensionStep) changeMatching(before any, to *application) (any, error) {
	list, _ := before.([]any)
	after := make([]any, 0, len(list)+1)
	matched, primary := 0, -1
	for _, item := range list {
		if !s.matches(item) {
			after = append(after, item)
			continue
		}
		matched++
		changed, keep, err := s.changeElement(item)
		if err != nil {
			return nil, err
		}
		if !keep {
			continue
		}
		after = append(after, changed)
		if filter.IsPrimary(changed) && !filter.IsPrimary(item) {
			primary = len(after) - 1
		}
	}
	if matched == 0 && s.op != opRemove {
		return s.createUnmatched(before, to)
	}
	return resetPrimary(after, primary), nil
}

// createUnmatched adds the element that the value path describes, as it selects none.
func (s *extensionStep) createUnmatched(before any, to *application) (any, error) {
	if s.create == nil {
		return nil, fault.NoTarget("%s has no value that the path selects", s.attribute)
	}
	to.tolerated |= CreateUnmatched
	object, _ := jsontext.Clone(s.create).(map[string]any)
	element, _, err := s.changeElement(object)
	if err != nil {
		return nil, err
	}
	list, err := s.attribute.Normalize([]any{element})
	if err != nil {
		return nil, err
	}
	elements, _ := list.([]any)
	return appended(s.attribute, before, elements), nil
}

func (s *extensionStep) matches(item any) bool {
	if object, ok := item.(map[string]any); ok {
		return s.where.Match(filter.JSONObject(object))
	}
	return s.where.Match(filter.JSONObject{"value": item})
}

// changeElement applies the operation to one selected element. keep is false if nothing of
// it is left.
func (s *extensionStep) changeElement(item any) (after any, keep bool, err error) {
	if s.op == opRemove && s.sub == nil {
		return nil, false, nil
	}
	object, complex := item.(map[string]any)
	if !complex {
		return jsontext.Clone(s.value), true, nil
	}
	var changed map[string]any
	if s.sub != nil {
		changed, err = s.changeSub(object)
	} else {
		changed, err = s.merged(object)
	}
	return changed, len(changed) > 0, err
}

// changeIfMatching is changeMatching for a single complex attribute.
func (s *extensionStep) changeIfMatching(before any) (any, error) {
	if before == nil || !s.matches(before) {
		if s.op == opRemove {
			return before, nil
		}
		return nil, fault.NoTarget("%s is not what the path selects", s.attribute)
	}
	after, keep, err := s.changeElement(before)
	if !keep {
		after = nil
	}
	return after, err
}

// changeEach changes a sub-attribute of every element. If there are none, an add or replace
// creates one (RFC 7644 §3.5.2.1).
func (s *extensionStep) changeEach(before any) (any, error) {
	list, _ := before.([]any)
	if len(list) == 0 && s.op != opRemove {
		list = []any{map[string]any{}}
	}
	after := make([]any, 0, len(list))
	primary := -1
	for _, item := range list {
		object, _ := item.(map[string]any)
		changed, err := s.changeSub(object)
		if err != nil {
			return nil, err
		}
		if len(changed) > 0 {
			after = append(after, changed)
		}
		if filter.IsPrimary(changed) && s.sub.Name == "primary" {
			primary = len(after) - 1 // only one can be: the last
		}
	}
	return resetPrimary(after, primary), nil
}

// changeSub changes one sub-attribute of an object.
func (s *extensionStep) changeSub(object map[string]any) (map[string]any, error) {
	before := object[s.sub.Name]
	var after any
	switch {
	case s.op == opRemove && s.value != nil:
		after = without(s.sub, before, s.value.([]any))
	case s.op == opRemove:
	case s.sub.MultiValued && s.op == opAdd:
		after = appended(s.sub, before, s.value.([]any))
	default:
		after = jsontext.Clone(s.value)
	}
	if jsontext.IsUnassigned(after) {
		after = nil
	}
	return with(object, s.sub, after)
}

// withoutSubs returns a copy of object without the sub-attributes that named has.
func withoutSubs(a *filter.Attribute, object, named map[string]any) (map[string]any, error) {
	out := object
	var err error
	for name := range named {
		if out, err = with(out, a.SubAttribute(name), nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// with returns a copy of object with another value for one sub-attribute, or without it if
// v is nil.
func with(object map[string]any, sub *filter.Attribute, v any) (map[string]any, error) {
	before := object[sub.Name]
	if sub.Mutability == filter.Immutable && before != nil && !reflect.DeepEqual(before, v) {
		return nil, fault.Mutability("%s cannot be changed", sub)
	}
	if sub.Required && before != nil && v == nil {
		return nil, fault.Mutability("%s is required and cannot be removed", sub)
	}
	out := make(map[string]any, len(object)+1)
	maps.Copy(out, object)
	if v == nil {
		delete(out, sub.Name)
	} else {
		out[sub.Name] = v
	}
	return out, nil
}

// merged returns object with the sub-attributes of the value.
func (s *extensionStep) merged(object map[string]any) (map[string]any, error) {
	return mergeObject(s.attribute, object, s.value.(map[string]any), s.op == opAdd)
}

// mergeObject returns object with the sub-attributes of from. A nil in from unassigns. With
// extend, the values of multi-valued sub-attributes are appended.
func mergeObject(a *filter.Attribute, object, from map[string]any, extend bool) (map[string]any, error) {
	out := object
	var err error
	for name, v := range from {
		sub := a.SubAttribute(name)
		if values, ok := v.([]any); ok && extend {
			v = appended(sub, object[name], values)
		}
		if out, err = with(out, sub, jsontext.Clone(v)); err != nil {
			return nil, err
		}
	}
	return out, nil
}
