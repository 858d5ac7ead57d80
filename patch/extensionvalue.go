package patch

import (
	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/jsontext"
)

// decodeValue decodes a value of an attribute of an extension. whole reports that v is
// the value of the attribute, not that of one of its elements.
func (c *compilation) decodeValue(a *filter.Attribute, v jsontext.Value, whole bool) (any, error) {
	if !a.MultiValued {
		v = c.unlisted(v)
	}
	decoded, err := decode(a, v)
	if err != nil {
		return nil, err
	}
	decoded = c.resolveReferences(a, c.knownOnly(a, decoded))
	return decoded, c.checkTypes(a, decoded, whole)
}

// knownOnly drops the sub-attributes that a does not have, if they are to be ignored.
func (c *compilation) knownOnly(a *filter.Attribute, v any) any {
	if a.Type != filter.Complex || !c.request.Quirks.Has(UnknownAttributes) {
		return v
	}
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = c.knownOnly(a, v[i])
		}
	case map[string]any:
		for name := range v {
			if a.SubAttribute(name) == nil && c.tolerates(UnknownAttributes) {
				delete(v, name)
			}
		}
	}
	return v
}

// resolveReferences replaces the ids in a value as [Request].Resolve says.
func (c *Compiler) resolveReferences(a *filter.Attribute, v any) any {
	if c.request.Resolve == nil {
		return v
	}
	switch v := v.(type) {
	case string:
		switch a.Type {
		case filter.Reference:
			v, _ = c.resolve(v, ReferenceID)
		case filter.String:
			v, _ = c.resolve(v, TextID)
		}
		return v
	case []any:
		for i := range v {
			v[i] = c.resolveReferences(a, v[i])
		}
	case map[string]any:
		for name := range v {
			sub := a.SubAttribute(name)
			// The id of a resource is beside its URI (RFC 7643 §2.4).
			if text, ok := v[name].(string); ok && sub != nil && sub.Name == "value" && a.SubAttribute("$ref") != nil {
				v[name], _ = c.resolve(text, ReferenceID)
			} else if sub != nil {
				v[name] = c.resolveReferences(sub, v[name])
			}
		}
	}
	return v
}

// checkTypes refuses what [filter.Attribute.Normalize] accepts, but only clients with a
// quirk send.
func (c *compilation) checkTypes(a *filter.Attribute, v any, whole bool) error {
	if list, ok := v.([]any); ok {
		for _, item := range list {
			if err := c.checkTypes(a, item, false); err != nil {
				return err
			}
		}
		return nil
	}
	if whole && a.MultiValued && v != nil && !c.tolerates(SingleValue) {
		return fault.InvalidValue("%s has several values and must be a list", a)
	}
	switch v := v.(type) {
	case string:
		if a.Type == filter.Boolean && !c.tolerates(TextBooleans) {
			return fault.InvalidValue("%s must be true or false, not a string", a)
		}
	case map[string]any:
		for name, item := range v {
			if sub := a.SubAttribute(name); sub != nil {
				if err := c.checkTypes(sub, item, true); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// normalized normalizes a value. It refuses one that amounts to no value: a value that
// means "unassigned" does not get here.
func normalized(a *filter.Attribute, v any) (any, error) {
	v, err := a.Normalize(v)
	if err == nil && v == nil {
		err = fault.InvalidValue("%s has no value", a)
	}
	if err == nil && v == "" && a.Required {
		err = fault.InvalidValue("%s is required and cannot be empty", a)
	}
	return v, err
}

// valuesToRemove normalizes the elements that a remove names: elements of a simple
// attribute, or objects with some of the sub-attributes.
func valuesToRemove(a *filter.Attribute, v any) (any, error) {
	if a.Type != filter.Complex {
		return normalized(a, v)
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	out := make([]any, 0, len(list))
	for _, item := range list {
		object, err := named(a, item)
		if err != nil {
			return nil, err
		}
		out = append(out, object)
	}
	return out, nil
}

// named is partial for an object that says what to remove. It must name something.
func named(a *filter.Attribute, v any) (map[string]any, error) {
	object, err := partial(a, v)
	if err != nil {
		return nil, err
	}
	for name, item := range object {
		if item == nil {
			delete(object, name)
		}
	}
	if len(object) == 0 {
		return nil, fault.InvalidValue("%s: the value to remove names nothing", a)
	}
	return object, nil
}

// partial normalizes an object with some of the sub-attributes of a.
func partial(a *filter.Attribute, v any) (map[string]any, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fault.InvalidValue("%s must be an object", a)
	}
	out := make(map[string]any, len(object))
	for name, item := range object {
		sub := a.SubAttribute(name)
		if sub == nil {
			if item == nil {
				continue
			}
			return nil, fault.InvalidValue("%s has no sub-attribute %q", a, fault.Shorten(name))
		}
		n, err := sub.Normalize(item)
		if err != nil {
			return nil, err
		}
		out[sub.Name] = n
	}
	return out, nil
}

// object is partial without what only the server may set. A null unassigns, except in an
// add.
func object(a *filter.Attribute, v any, op opKind) (map[string]any, error) {
	out, err := partial(a, v)
	if err != nil {
		return nil, err
	}
	for name, item := range out {
		if a.SubAttribute(name).Mutability == filter.ReadOnly || item == nil && op == opAdd {
			delete(out, name)
		}
	}
	return out, nil
}
