package patch

import (
	"strings"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/jsontext"
	"github.com/scimgroups/scimgroups/store"
)

// Merge compiles the body of a SCIM 1.1 PATCH (draft-scim-api-01 §3.3.2): a partial
// resource that is merged into the group. It also compiles a PatchOp message, which is
// recognized by its Operations.
//
// First the attributes that meta.attributes names are cleared. Then single-valued
// attributes take the value of the body, and the values of multi-valued ones are merged
// by their "value": one that is missing is added, one with "operation":"delete" is
// removed, others stay. A member that is present takes over a display, and a type and
// $ref if it has none, since these cannot change. "schemas" may be missing; id and the
// rest of meta are ignored.
func (c *Compiler) Merge(body []byte) (*Edit, error) {
	p := c.patching()
	object, err := p.parse(body)
	if err != nil {
		return nil, err
	}
	var operations, meta, displayName jsontext.Value
	err = find(object, field{"Operations", &operations}, field{"meta", &meta}, field{"displayName", &displayName})
	if err != nil {
		return nil, err
	}
	if operations != nil {
		return p.patch(object)
	}
	p.edits.merge = true
	if err := p.clear(meta, !displayName.IsNull()); err != nil {
		return nil, err
	}
	if err := p.eachAttribute(object, p.merge); err != nil {
		return nil, err
	}
	return p.done(), nil
}

// clear compiles meta.attributes, the names of the attributes to clear. renamed reports
// whether the body has a displayName.
func (p *patching) clear(meta jsontext.Value, renamed bool) error {
	if meta.IsNull() {
		return nil
	}
	invalid := fault.InvalidSyntax("meta must be an object whose attributes is a list of strings")
	if meta.Kind() != '{' {
		return invalid
	}
	var list jsontext.Value
	if err := find(meta, field{"attributes", &list}); err != nil {
		return fault.Within("meta", err)
	}
	if list.IsNull() {
		return nil
	}
	if list.Kind() != '[' {
		return invalid
	}
	for item := range list.Elements() {
		name, ok := item.Text()
		if !ok {
			return invalid
		}
		path, known, err := p.path(name)
		if err == nil && known && !(renamed && path.Attribute == p.displayName) { // a group is never without
			err = p.at(opRemove, path, nil, false)
		}
		if err != nil {
			return fault.Within("meta.attributes", err)
		}
	}
	return nil
}

// merge compiles one attribute of the partial resource.
func (p *patching) merge(path filter.Path, value jsontext.Value) error {
	if path.Extension != "" {
		return p.eachIn(path.Extension, value, p.merge)
	}
	a := path.Attribute
	switch {
	case a == p.members:
		return p.mergeMembers(value)
	case a.Extension && a.MultiValued && path.Sub == nil && !value.IsNull():
		return p.mergeValues(a, value)
	}
	return p.at(opReplace, path, value, true)
}

func (p *patching) mergeMembers(list jsontext.Value) error {
	if list.IsNull() {
		return nil
	}
	for item := range list.Elements() {
		m, err := p.decodeMember(item, true)
		if err != nil {
			return err
		}
		if m.deleted {
			err = p.named(p.edits.remove([]string{m.Value}))
		} else {
			err = p.named(p.edits.add([]store.Member{m.Member}))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mergeValues compiles the values of a multi-valued attribute of an extension.
func (p *patching) mergeValues(a *filter.Attribute, list jsontext.Value) error {
	if a.Mutability == filter.ReadOnly {
		return nil
	}
	for item := range list.Elements() {
		s, err := mergeStep(a, item)
		if err != nil {
			return err
		}
		p.edit.supplied.add(a)
		p.addExtension(s)
	}
	return nil
}

// mergeStep returns the step that merges or removes one value.
func mergeStep(a *filter.Attribute, item jsontext.Value) (*extensionStep, error) {
	v, err := decode(a, item)
	if err != nil {
		return nil, err
	}
	s := &extensionStep{op: opMerge, attribute: a}
	object, complex := v.(map[string]any)
	if complex {
		var operation jsontext.Value
		if err := find(item, field{"operation", &operation}); err != nil {
			return nil, err
		}
		deleted, err := isDeleted(operation)
		if err != nil {
			return nil, fault.Within(a.String(), err)
		}
		deleteFold(object, "operation")
		if deleted {
			s.op = opRemove
			if a.Type == filter.Complex {
				// Its "value" identifies it, whatever else it says.
				s.value, err = valuesToRemove(a, onlyValue(object))
			} else {
				s.value, err = valuesToRemove(a, object["value"])
			}
			return s, err
		}
	}
	s.value, err = normalized(a, []any{v})
	return s, err
}

// deleteFold deletes a name in any letter case.
func deleteFold(object map[string]any, name string) {
	for other := range object {
		if strings.EqualFold(other, name) {
			delete(object, other)
		}
	}
}

// onlyValue returns an element with nothing but its "value", or the element itself if it
// has none.
func onlyValue(object map[string]any) map[string]any {
	for name, v := range object {
		if strings.EqualFold(name, "value") && v != nil {
			return map[string]any{name: v}
		}
	}
	return object
}
