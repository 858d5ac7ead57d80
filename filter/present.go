package filter

// present reports whether an attribute of the subject has a value that is neither null
// nor empty (RFC 7644 §3.4.2.2, pr).
func (s subject) present(a *Attribute) bool {
	if a.Parent == nil || s.element {
		return present(a, s.attribute(a))
	}
	v := s.attribute(a.Parent)
	switch v.kind {
	case objectValue:
		return present(a, v.object.Attribute(a))
	case elementsValue:
		found := false
		v.elements.Each(func(r Resource) bool {
			found = present(a, r.Attribute(a))
			return !found
		})
		return found
	case jsonValue:
		return presentInJSON(a, v.json)
	}
	return a.Element() && present(a, v)
}

// present reports whether v is a present value of a.
func present(a *Attribute, v Value) bool {
	switch v.kind {
	case stringValue:
		return v.text != ""
	case booleanValue, timeValue:
		return true
	case objectValue:
		for _, sub := range a.Sub {
			if present(sub, v.object.Attribute(sub)) {
				return true
			}
		}
	case elementsValue:
		found := false
		v.elements.Each(func(Resource) bool {
			found = true
			return false
		})
		return found
	case jsonValue:
		return presentJSON(v.json)
	}
	return false
}

// presentInJSON reports whether the sub-attribute a is present in an object, or in one
// of a list.
func presentInJSON(a *Attribute, v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return presentJSON(v[a.Name])
	case []any:
		for _, item := range v {
			if _, nested := item.([]any); !nested && presentInJSON(a, item) {
				return true
			}
		}
		return false
	}
	return a.Element() && presentJSON(v)
}

// presentJSON reports whether v has anything other than nulls and empty strings.
func presentJSON(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case []any:
		for _, item := range v {
			if presentJSON(item) {
				return true
			}
		}
		return false
	case map[string]any:
		for _, item := range v {
			if presentJSON(item) {
				return true
			}
		}
		return false
	}
	return true
}
