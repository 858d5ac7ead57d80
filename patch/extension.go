package patch

import (
	"encoding/json"
	"slices"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/jsontext"
)

// extensionStep is an operation on one attribute of an extension, with its value checked
// and normalized.
type extensionStep struct {
	op        opKind
	attribute *filter.Attribute
	where     *filter.Filter
	sub       *filter.Attribute
	// value is what to add or set: for a complex attribute an object whose null
	// sub-attributes are to be unassigned, for a multi-valued one a list, unless sub or
	// where names elements of it. For a remove it is the list of the elements to remove,
	// or for a single complex attribute the object whose sub-attributes are to be removed,
	// or nil for everything that the path names.
	value any
	// create is the element to add if the value path matches none.
	create map[string]any
	// again reports that an earlier step of the request looks at the attribute too.
	again bool
}

// extension compiles an operation on all attributes of an extension, by its URN.
func (p *patching) extension(kind opKind, urn string, object jsontext.Value, inValue bool) error {
	switch {
	case object.IsNull() && kind == opAdd, !object.IsNull() && kind == opRemove && isUnassigned(object):
		return nil // nothing is named
	case object.IsNull():
		for _, a := range p.table.ExtensionAttributes(urn) {
			if a.Mutability == filter.ReadOnly {
				continue
			}
			if err := p.extensionAttribute(opRemove, filter.Path{Attribute: a}, nil, inValue); err != nil {
				return err
			}
		}
		return nil
	}
	return p.eachIn(urn, object, func(path filter.Path, value jsontext.Value) error {
		if kind == opRemove && value.IsNull() {
			return nil // nothing is named
		}
		p.edit.supplied.add(path.Attribute)
		// An attribute in the object of its extension is in a value, even if a path names
		// the extension.
		return p.extensionAttribute(kind, path, value, true)
	})
}

// eachIn calls f with each attribute in the object of an extension, in the order of their
// names.
func (p *patching) eachIn(urn string, object jsontext.Value, f func(filter.Path, jsontext.Value) error) error {
	if object.IsNull() {
		return nil
	}
	if object.Kind() != '{' {
		return fault.InvalidValue("%s must be an object with attributes", urn)
	}
	for _, pair := range sortedPairs(object) {
		a := p.table.Lookup(urn + ":" + pair.name)
		if a == nil || a.Element() {
			if pair.value.IsNull() || p.tolerates(UnknownAttributes) {
				continue
			}
			return fault.InvalidPath("%s has no attribute %q", urn, fault.Shorten(pair.name))
		}
		path := pathTo(a)
		if err := p.names.add(keyOfPath(path), a.String()); err != nil {
			return err
		}
		if err := f(path, pair.value); err != nil {
			return err
		}
	}
	return nil
}

// extensionAttribute compiles an operation on one attribute of an extension.
func (p *patching) extensionAttribute(kind opKind, path filter.Path, value jsontext.Value, inValue bool) error {
	a, target := path.Attribute, path.Attribute
	if path.Sub != nil {
		target = path.Sub
	}
	if a.Mutability == filter.ReadOnly || target.Mutability == filter.ReadOnly {
		if inValue {
			return nil
		}
		return fault.Mutability("%s is set by the server", target)
	}
	if isUnassigned(value) {
		switch {
		case kind == opReplace && path.Where != nil && path.Sub == nil:
			return fault.InvalidValue("%s[…]: a replace needs a value", a)
		case kind == opReplace:
			kind = opRemove
		case kind == opAdd, !value.IsNull() && path.Where == nil:
			return nil // nothing is named
		}
		value = nil
	}
	s := &extensionStep{op: kind, attribute: a, where: path.Where, sub: path.Sub}
	var err error
	if s.value, err = p.stepValue(s, target, value); err != nil {
		return err
	}
	if kind == opAdd && path.Where != nil && p.request.Quirks.Has(CreateUnmatched) {
		s.create = equalities(path.Where)
	}
	p.addExtension(s)
	return nil
}

// stepValue checks and normalizes the value of an operation on target, which is the
// attribute or sub-attribute that its path names.
func (p *patching) stepValue(s *extensionStep, target *filter.Attribute, value jsontext.Value) (any, error) {
	if value == nil {
		return nil, nil
	}
	ofElements := s.where != nil && s.sub == nil
	v, err := p.decodeValue(target, value, !ofElements)
	if err != nil {
		return nil, err
	}
	if s.op == opRemove {
		switch {
		case ofElements, target.Type != filter.Complex && !target.MultiValued:
			return nil, nil // the path says everything
		case !target.MultiValued:
			return named(target, v)
		}
		return valuesToRemove(target, v)
	}
	switch {
	case ofElements && target.Type != filter.Complex:
		return normalized(target.SubAttribute("value"), v)
	case target.Type == filter.Complex && (!target.MultiValued || s.where != nil):
		return object(target, v, s.op)
	}
	return normalized(target, v)
}

// addExtension appends a step, or adds its values to an earlier one that does the same to
// the same attribute: a thousand operations that add one value each are one that adds a
// thousand.
func (p *patching) addExtension(s *extensionStep) {
	last := p.extensions[s.attribute]
	if last != nil && last.extend(s) {
		return
	}
	s.again = last != nil
	if p.extensions == nil {
		p.extensions = make(map[*filter.Attribute]*extensionStep)
	}
	p.extensions[s.attribute] = s
	p.add(s)
}

// extend takes over the values of the next step on the same attribute, if the result is
// the same. It is not if the second step that sets an immutable attribute is a fault, or if
// one makes an element primary, which changes others.
func (s *extensionStep) extend(next *extensionStep) bool {
	values, ok := s.value.([]any)
	more, ok2 := next.value.([]any)
	switch {
	case !ok || !ok2 || s.op == opReplace || s.op != next.op || s.sub != next.sub || s.where != nil || next.where != nil,
		s.attribute.Mutability == filter.Immutable || s.sub != nil && s.sub.Mutability == filter.Immutable,
		s.op == opAdd && slices.ContainsFunc(more, filter.IsPrimary):
		return false
	}
	s.value = append(values, more...)
	return true
}

// equalities returns the sub-attributes that a value filter compares with eq and joins with
// and, or nil if it is another kind of filter.
func equalities(where *filter.Filter) map[string]any {
	out := make(map[string]any)
	var walk func(n filter.Node) bool
	walk = func(n filter.Node) bool {
		switch n := n.(type) {
		case filter.And:
			for _, term := range n {
				if !walk(term) {
					return false
				}
			}
			return true
		case *filter.Compare:
			if n.Op != filter.Eq || n.Attribute.Element() {
				return false
			}
			switch n.Literal.Kind() {
			case filter.StringLiteral:
				out[n.Attribute.Name] = n.Literal.Text()
			case filter.BooleanLiteral:
				out[n.Attribute.Name] = n.Literal.Boolean()
			case filter.NumberLiteral:
				out[n.Attribute.Name] = json.Number(n.Literal.Text())
			default:
				return false
			}
			return true
		}
		return false
	}
	if !walk(where.Root()) {
		return nil
	}
	return out
}
