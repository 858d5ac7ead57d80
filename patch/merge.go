package patch

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/store"
)

// Merge compiles the body of a SCIM 1.1 PATCH (draft-scim-api-01 §3.3.2): a
// partial resource that is merged into the group.
//
// First the attributes that meta.attributes names are cleared. Then single-valued
// attributes take the value of the body, and the values of multi-valued ones are
// merged by their "value": one that is not there is added, one with
// "operation":"delete" is removed, others stay. A member that is there already
// takes over a display, and a type and $ref if it has none, since these cannot
// change. "schemas" may be missing; id and the rest of meta are ignored.
func (c *Compiler) Merge(body []byte) (*Edit, error) {
	object, err := c.checkBody(body)
	if err != nil {
		return nil, err
	}
	p := c.patching()
	if err := p.clear(object); err != nil {
		return nil, err
	}
	if err := p.eachAttribute(object, p.merge); err != nil {
		return nil, err
	}
	return p.done(), nil
}

// clear compiles meta.attributes, the names of what is to be cleared.
func (p *patching) clear(object json.RawMessage) error {
	var meta, displayName, names json.RawMessage
	if err := fields(object, field{"meta", &meta}, field{"displayName", &displayName}); err != nil {
		return err
	}
	if isNull(meta) {
		return nil
	}
	bad := fault.InvalidSyntax("meta must be an object whose attributes is a list of strings")
	if meta[0] != '{' {
		return bad
	}
	if err := fields(meta, field{"attributes", &names}); err != nil {
		return fault.Within("meta", err)
	}
	if isNull(names) {
		return nil
	}
	if names[0] != '[' {
		return bad
	}
	return eachElement(names, func(raw json.RawMessage) error {
		name, ok := text(raw)
		if !ok {
			return bad
		}
		path, err := p.path(name)
		var fe *filter.Error
		if errors.As(err, &fe) && fe.Unknown && p.c.tolerates(UnknownAttributes) {
			return nil
		}
		if err != nil {
			return fault.Within("meta.attributes", err)
		}
		if path.Attribute == p.c.displayName && !isNull(displayName) {
			return nil // cleared to be set: never without
		}
		if err := p.at(opRemove, path, nil, false); err != nil {
			return fault.Within("meta.attributes", err)
		}
		return nil
	})
}

// merge compiles one attribute of the partial resource.
func (p *patching) merge(path filter.Path, raw json.RawMessage) error {
	if path.Extension != "" {
		return p.eachIn(path.Extension, raw, p.merge)
	}
	switch {
	case path.Attribute == p.c.members:
		return p.mergeMembers(raw)
	case path.Attribute.Extension && path.Attribute.MultiValued && path.Sub == nil && !isNull(raw):
		return p.mergeValues(path.Attribute, raw)
	}
	return p.at(opReplace, path, raw, true)
}

func (p *patching) mergeMembers(raw json.RawMessage) error {
	if isNull(raw) {
		return nil
	}
	p.members.merge = true
	return each(raw, func(item json.RawMessage) error {
		m, err := p.c.decodeMember(item)
		if err != nil {
			return err
		}
		deleted, err := isDeleted(item)
		if err != nil {
			return fault.Within("members", err)
		}
		if deleted {
			return p.c.checkMaxMembers(p.members.removeMembers([]string{m.Value}))
		}
		return p.c.checkMaxMembers(p.members.addMembers([]store.Member{m}))
	})
}

// each calls f with each element of a list, or with the one value that stands in
// its place.
func each(raw json.RawMessage, f func(json.RawMessage) error) error {
	if raw[0] == '[' {
		return eachElement(raw, f)
	}
	return f(raw)
}

// isDeleted reports whether an element asks for its own removal.
func isDeleted(item json.RawMessage) (bool, error) {
	if item[0] != '{' {
		return false, nil
	}
	var operation json.RawMessage
	if err := fields(item, field{"operation", &operation}); err != nil || isNull(operation) {
		return false, err
	}
	name, ok := text(operation)
	if !ok || !strings.EqualFold(name, "delete") {
		return false, fault.InvalidValue(`operation must be "delete"`)
	}
	return true, nil
}

// mergeValues compiles the values of a multi-valued attribute of an extension.
func (p *patching) mergeValues(a *filter.Attribute, raw json.RawMessage) error {
	if a.Mutability == filter.ReadOnly {
		return nil
	}
	return each(raw, func(item json.RawMessage) error {
		s := extensionStep{op: opMerge, attribute: a}
		deleted, err := isDeleted(item)
		if err != nil {
			return fault.Within(a.String(), err)
		}
		v, err := decodeValue(a, item)
		if err != nil {
			return err
		}
		object, complex := v.(map[string]any)
		for name := range object {
			if strings.EqualFold(name, "operation") {
				delete(object, name)
			}
		}
		switch {
		case !deleted:
			s.value, err = element(a, []any{v})
		case complex && a.Type != filter.Complex:
			s.op = opRemove
			s.value, err = valueList(a, object["value"])
		case complex:
			// What it is called by is its value, whatever else it says.
			s.op = opRemove
			s.value, err = valueList(a, onlyValue(object))
		}
		if err != nil {
			return err
		}
		p.edit.supply(a)
		p.addStep(s)
		return nil
	})
}

// onlyValue keeps the "value" of an element if it has one.
func onlyValue(object map[string]any) map[string]any {
	for name, v := range object {
		if strings.EqualFold(name, "value") && v != nil {
			return map[string]any{name: v}
		}
	}
	return object
}
