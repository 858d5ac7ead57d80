package patch

import (
	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/jsontext"
	"github.com/scimgroups/scimgroups/store"
)

// onMembers compiles an operation on members.
func (p *patching) onMembers(kind opKind, path filter.Path, value jsontext.Value) error {
	switch {
	case path.Where == nil && path.Sub == nil:
		if kind == opRemove && !value.IsNull() && !p.tolerates(RemoveByValue) {
			return fault.InvalidSyntax(`a remove takes no value; name the members in the path, members[value eq "…"]`)
		}
		return p.allMembers(kind, value)
	case path.Where != nil && path.Sub == nil && kind == opRemove:
		return p.removeWhere(path.Where)
	}
	if err := p.countConditions(path.Where); err != nil {
		return err
	}
	set, err := p.memberSet(kind, path, value)
	if err != nil {
		return err
	}
	p.edits.edit(store.MemberEdit{
		Op: store.SetMatching, Where: path.Where, Set: set,
		// RFC 7644 §3.5.2.3; and adding to an element that is missing has no meaning
		// either (erratum 8097).
		MustMatch: path.Where != nil && kind != opRemove,
	})
	return nil
}

// allMembers compiles an operation on members without a value path.
func (p *patching) allMembers(kind opKind, value jsontext.Value) error {
	if kind == opRemove && value.IsNull() {
		p.edits.clear()
		return nil
	}
	if value.Kind() == '{' {
		wrapped, err := p.onlyMembers(value)
		if err != nil {
			return err
		}
		if wrapped != nil && (kind == opRemove || p.tolerates(WrappedMembers)) {
			value = wrapped
		}
	}
	members, err := p.decodeMembers(value)
	if err != nil {
		return err
	}
	switch kind {
	case opAdd:
		return p.named(p.edits.add(members))
	case opReplace:
		return p.named(p.edits.replace(members))
	}
	values := make([]string, len(members))
	for i := range members {
		values[i] = members[i].Value
	}
	return p.named(p.edits.remove(values))
}

// named returns the fault of a request that names too many members, as the memberBuilder
// reports it.
func (p *patching) named(ok bool) error {
	if !ok {
		return p.tooManyMembers()
	}
	return nil
}

// removeWhere removes the members that a value filter selects.
func (p *patching) removeWhere(where *filter.Filter) error {
	if values, ok := p.valuesOf(where); ok {
		return p.named(p.edits.remove(values))
	}
	if err := p.countConditions(where); err != nil {
		return err
	}
	p.edits.edit(store.MemberEdit{Op: store.RemoveMatching, Where: where, Max: p.o.MaxClear})
	return nil
}

// countConditions bounds the work of value filters that do not say which members they
// mean.
func (p *patching) countConditions(where *filter.Filter) error {
	if where == nil {
		p.edits.conditions++
	} else if _, ok := where.Values(p.value); !ok {
		for range where.Comparisons() {
			p.edits.conditions++
		}
	}
	if p.edits.conditions > maxConditions {
		return fault.TooMany("the request has more than %d conditions that must be evaluated for every member;"+
			" select members by value", maxConditions)
	}
	return nil
}

// valuesOf returns the values of a filter that is nothing but value eq "a" or value eq
// "b" ….
func (p *patching) valuesOf(where *filter.Filter) (values []string, ok bool) {
	terms, ok := where.Root().(filter.Or)
	if !ok {
		terms = filter.Or{where.Root()}
	}
	for _, term := range terms {
		n, ok := term.(*filter.Compare)
		if !ok || n.Attribute != p.value || n.Op != filter.Eq || n.Literal.Kind() != filter.StringLiteral {
			return nil, false
		}
		values = append(values, n.Literal.Text())
	}
	return values, true
}

// selects reports whether a value filter selects the member with this value, and no
// other.
func (p *patching) selects(where *filter.Filter, value string) bool {
	if where == nil {
		return false
	}
	values, ok := p.valuesOf(where)
	return ok && len(values) == 1 && values[0] == value
}

// memberSet compiles an operation on sub-attributes of members.
func (p *patching) memberSet(kind opKind, path filter.Path, value jsontext.Value) (set store.MemberSet, err error) {
	if path.Sub == nil {
		return set, p.setSubs(&set, kind, path.Where, value)
	}
	if kind == opAdd && value.IsNull() {
		return set, fault.InvalidValue("%s: an add needs a value", path.Sub)
	}
	if path.Sub.Name == "display" && !p.tolerates(MemberDisplay) {
		return set, fault.Mutability("%s is set by the server", path.Sub)
	}
	return set, p.setSub(&set, kind, path.Where, path.Sub, value)
}

// setSubs sets the sub-attributes of an object. Those that are unknown, and a display
// that is not tolerated, are ignored as in a member that is added.
func (p *patching) setSubs(set *store.MemberSet, kind opKind, where *filter.Filter, object jsontext.Value) error {
	if object.Kind() != '{' {
		return fault.InvalidValue("the value for members[…] must be an object with sub-attributes")
	}
	if err := p.checkKnownSubAttributes(object); err != nil {
		return err
	}
	var names names
	for name, value := range object.Pairs() {
		text, _ := name.Text()
		sub := p.members.SubAttribute(text)
		if sub == nil {
			continue
		}
		if err := names.add(sub.Name, sub.String()); err != nil {
			return err
		}
		if sub.Name == "display" && !p.tolerates(MemberDisplay) {
			continue
		}
		if err := p.setSub(set, kind, where, sub, value); err != nil {
			return err
		}
	}
	return nil
}

// setSub sets one sub-attribute. Only display can be changed freely; value identifies the
// member.
func (p *patching) setSub(
	set *store.MemberSet, kind opKind, where *filter.Filter, sub *filter.Attribute, v jsontext.Value,
) error {
	if kind == opAdd && v.IsNull() {
		return nil // nothing is added
	}
	text, err := p.subText(kind, sub, v)
	if err != nil {
		return err
	}
	switch sub.Name {
	case "display":
		set.Display = &text
	case "type":
		set.Type = &text
	case "$ref":
		return p.setRef(set, where, text)
	case "value":
		if !p.selects(where, p.memberID(text)) {
			return fault.Mutability("members.value cannot be changed; remove the member and add another")
		}
	}
	return nil
}

// subText decodes the new value of a sub-attribute, which is "" if it is removed.
func (p *patching) subText(kind opKind, sub *filter.Attribute, v jsontext.Value) (string, error) {
	if kind == opRemove || v.IsNull() {
		if sub.Name != "display" {
			return "", fault.Mutability("%s cannot be removed; remove the member instead", sub)
		}
		return "", nil
	}
	if sub == p.value {
		return p.memberValue(v)
	}
	text, ok := v.Text()
	if !ok {
		return "", fault.InvalidValue("%s must be a string", sub)
	}
	return text, nil
}

// setRef sets a $ref. One that points into this service says what the type is, and must
// be that of the member.
func (p *patching) setRef(set *store.MemberSet, where *filter.Filter, uri string) error {
	resourceType, id, ok := p.reference(uri)
	if !ok {
		set.Ref = &uri
		return nil
	}
	if !p.selects(where, p.memberID(id)) {
		return fault.InvalidValue("members.$ref is that of another resource than the member")
	}
	set.Type = &resourceType
	return nil
}
