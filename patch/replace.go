package patch

import (
	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/store"
)

// Replace returns the Edit that replaces a group with the resource (RFC 7644 §3.5.1):
// attributes that it does not have are cleared, and its members become those of the
// group. readOnly attributes stay, as do extensions that the table does not have.
// immutable attributes must be the same or missing.
func (r *Resource) Replace() *Edit {
	o := &r.compiler.o
	e := &Edit{steps: []step{(*replaceStep)(r)}, supplied: r.supplied, tolerated: r.tolerated, maxClear: o.MaxClear}
	if r.hasMembers || !o.KeepMembersOnPut {
		b := memberBuilder{max: len(r.members), maxClear: o.MaxClear}
		b.replace(r.members)
		e.members = b.all()
	}
	return e
}

// replaceStep replaces the head of a group with the resource.
type replaceStep Resource

func (r *replaceStep) apply(head *store.Group, _ *application) error {
	table := r.compiler.table
	after := r.extensions.Clone()
	if after == nil {
		after = make(store.Extensions)
	}
	for urn, attributes := range head.Extensions {
		if _, ok := table.ExtensionURN(urn); !ok {
			after[urn] = attributes // of another service
		}
	}
	for _, e := range table.Extensions() {
		for _, a := range table.ExtensionAttributes(e.Schema.ID) {
			before, ok := head.Extensions[a.Schema][a.Name]
			if !ok {
				continue
			}
			v, err := replaced(a, before, after[a.Schema][a.Name])
			if err != nil {
				return err
			}
			if v != nil {
				assign(after, a, v)
			}
		}
	}
	if len(after) == 0 {
		after = nil
	}
	head.DisplayName, head.ExternalID, head.Extensions = r.displayName, r.externalID, after
	return nil
}

// replaced returns the value of an attribute after a PUT in which it has the value after:
// what a client cannot set stays, and what it can set once must be the same or missing
// (RFC 7644 §3.5.1).
func replaced(a *filter.Attribute, before, after any) (any, error) {
	switch {
	case a.Mutability == filter.ReadOnly:
		return before, nil
	case a.Mutability == filter.Immutable:
		if after != nil && keyOf(a, before) != keyOf(a, after) {
			return nil, fault.Mutability("%s cannot be changed", a)
		}
		return before, nil
	case a.Type != filter.Complex || after == nil:
		return after, nil
	}
	if list, ok := after.([]any); ok {
		was := identified(a, before)
		for _, item := range list {
			id, ok := identity(a, item)
			if !ok || was[id] == nil {
				continue
			}
			if err := replaceSubs(a, was[id], item.(map[string]any)); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	object, ok := after.(map[string]any)
	was, ok2 := before.(map[string]any)
	if !ok || !ok2 {
		return after, nil
	}
	return object, replaceSubs(a, was, object)
}

// replaceSubs sets the sub-attributes of object that are not the client's to change.
func replaceSubs(a *filter.Attribute, was, object map[string]any) error {
	for _, sub := range a.Sub {
		before, ok := was[sub.Name]
		if !ok {
			continue
		}
		v, err := replaced(sub, before, object[sub.Name])
		if err != nil {
			return err
		}
		if v != nil {
			object[sub.Name] = v
		}
	}
	return nil
}

// identified returns the elements of a list by their identity. Of several the first
// counts.
func identified(a *filter.Attribute, list any) map[valueKey]map[string]any {
	elements, _ := list.([]any)
	out := make(map[valueKey]map[string]any, len(elements))
	for _, item := range elements {
		if id, ok := identity(a, item); ok && out[id] == nil {
			out[id] = item.(map[string]any)
		}
	}
	return out
}
