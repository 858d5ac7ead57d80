package patch

import (
	"encoding/json"
	"slices"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/store"
)

// Resource is a whole group as a client sent it, checked and normalised. What
// only the server may set (id, meta, readOnly attributes) is not in it (RFC 7644
// §3.3).
type Resource struct {
	c           compilation
	displayName string
	externalID  string
	members     []store.Member
	hasMembers  bool
	extensions  store.Extensions
	supplied    Edit // for Supplied alone
}

// Resource decodes the body of a POST or a PUT.
func (c *Compiler) Resource(body []byte) (*Resource, error) {
	object, err := c.checkBody(body)
	if err != nil {
		return nil, err
	}
	r := &Resource{c: compilation{Compiler: c}}
	seen := make(map[string]bool)
	var schemas json.RawMessage
	err = eachPair(object, func(name string, raw json.RawMessage) error {
		key := name
		if urn, ok := c.table.ExtensionURN(name); ok {
			key = urn
			if err := r.extension(urn, raw, seen); err != nil {
				return err
			}
		} else if a := c.table.Lookup(name); a != nil && a.Parent == nil && !a.Extension {
			key = a.Name
			if a.Name == "schemas" {
				schemas = raw
			} else if err := r.attribute(a, raw); err != nil {
				return err
			}
		} else if a := c.table.Lookup(name); a != nil && a.Parent == nil && r.c.tolerates(CompoundKeys) {
			key = a.String()
			if err := r.extensionAttribute(a, raw); err != nil {
				return err
			}
		} else if !isNull(raw) && !r.c.tolerates(UnknownAttributes) {
			return fault.InvalidSyntax("the group has no attribute %q", fault.Shorten(name))
		}
		if seen[key] {
			return twice(fault.Shorten(name))
		}
		seen[key] = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := r.c.checkSchemas(schemas, c.o.Schemas...); err != nil {
		return nil, err
	}
	return r, r.checkRequired()
}

func (r *Resource) attribute(a *filter.Attribute, raw json.RawMessage) error {
	r.supplied.supply(a)
	switch a.Name {
	case "displayName", "externalId":
		value, ok := text(raw)
		if !ok && !isNull(raw) {
			return fault.InvalidValue("%s must be a string", a)
		}
		if a.Name == "displayName" {
			r.displayName = value
		} else {
			r.externalID = value
		}
		return r.c.checkName(a.Name, value)
	case "members":
		var err error
		r.hasMembers = true
		r.members, err = r.c.decodeMembers(raw)
		return err
	}
	return nil
}

// extension decodes the object of an extension; seen holds what the body has named
// so far.
func (r *Resource) extension(urn string, raw json.RawMessage, seen map[string]bool) error {
	if isNull(raw) {
		return nil
	}
	if raw[0] != '{' {
		return fault.InvalidValue("%s must be an object with attributes", urn)
	}
	return eachPair(raw, func(name string, raw json.RawMessage) error {
		a := r.c.table.Lookup(urn + ":" + name)
		if a == nil || a.Parent != nil {
			if isNull(raw) || r.c.tolerates(UnknownAttributes) {
				return nil
			}
			return fault.InvalidSyntax("%s has no attribute %q", urn, fault.Shorten(name))
		}
		if seen[a.String()] {
			return twice(a.String())
		}
		seen[a.String()] = true
		return r.extensionAttribute(a, raw)
	})
}

func (r *Resource) extensionAttribute(a *filter.Attribute, raw json.RawMessage) error {
	if a.Mutability == filter.ReadOnly || isEmpty(raw) {
		return nil
	}
	r.supplied.supply(a)
	v, err := decodeValue(a, raw)
	if err != nil {
		return err
	}
	v = r.c.resolveReferences(a, r.c.knownOnly(a, v))
	if err := r.c.checkTypes(a, v, true); err != nil {
		return err
	}
	if v, err = a.Normalize(v); err != nil || v == nil {
		return err
	}
	if r.extensions == nil {
		r.extensions = make(store.Extensions)
	}
	if r.extensions[a.Schema] == nil {
		r.extensions[a.Schema] = make(map[string]any)
	}
	r.extensions[a.Schema][a.Name] = v
	return nil
}

// knownOnly drops the sub-attributes that a does not have, where they are to be
// ignored.
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

// checkRequired looks for attributes that a resource must have (RFC 7643 §7),
// in an extension if that is required or is there.
func (r *Resource) checkRequired() error {
	if r.displayName == "" {
		return fault.InvalidValue("displayName is required")
	}
	for _, e := range r.c.table.Extensions() {
		given := r.extensions[e.Schema.ID]
		if given == nil && !e.Required {
			continue
		}
		for _, a := range r.c.table.ExtensionAttributes(e.Schema.ID) {
			v, ok := given[a.Name]
			if a.Required && a.Mutability != filter.ReadOnly && (!ok || v == "") {
				return fault.InvalidValue("%s is required", a)
			}
		}
	}
	return nil
}

// Supplied reports whether the client sent the attribute; see [Edit.Supplied].
func (r *Resource) Supplied(a *filter.Attribute) bool { return r.supplied.Supplied(a) }

// Tolerated returns the quirks that made a difference when the body was decoded.
func (r *Resource) Tolerated() Quirks { return r.c.tolerated }

// Group is the group to create.
func (r *Resource) Group() store.Group {
	return store.Group{
		DisplayName: r.displayName,
		ExternalID:  r.externalID,
		Members:     r.Members(),
		Extensions:  r.extensions.Clone(),
	}
}

// Members are the members of the group to create, each value once.
func (r *Resource) Members() []store.Member {
	seen := make(map[string]bool, len(r.members))
	out := make([]store.Member, 0, len(r.members))
	for _, m := range r.members {
		if !seen[m.Value] {
			seen[m.Value] = true
			out = append(out, m)
		}
	}
	return out
}

// WithMembers is the resource with other members.
func (r *Resource) WithMembers(members []store.Member) *Resource {
	other := *r
	other.members = slices.Clone(members)
	return &other
}

// WithoutMembers is the resource without the members for which out answers true.
func (r *Resource) WithoutMembers(out func(store.Member) bool) *Resource {
	other := *r
	other.members = slices.DeleteFunc(slices.Clone(r.members), out)
	return &other
}

// Replace is the Edit that puts the resource in the place of a group (RFC 7644
// §3.5.1): attributes that it does not have are cleared, members become those
// that it has. readOnly attributes stay, and so do extensions that the table does
// not know; immutable attributes must be the same or absent.
func (r *Resource) Replace() *Edit {
	e := &Edit{steps: []step{{kind: stepReplace, resource: r}}, supplied: r.supplied.supplied, tolerated: r.c.tolerated, maxClear: r.c.o.MaxClear}
	if r.hasMembers || !r.c.o.KeepMembersOnPut {
		b := memberBuilder{max: len(r.members), maxClear: r.c.o.MaxClear}
		b.replaceMembers(r.members)
		e.members = b.edits()
	}
	return e
}

// replace changes the head as Replace says.
func (r *Resource) replace(head *store.Group) error {
	after := store.Group{Extensions: r.extensions.Clone()}
	for urn, attributes := range head.Extensions {
		if _, ok := r.c.table.ExtensionURN(urn); !ok {
			// Extensions that are not served here belong to somebody else.
			if after.Extensions == nil {
				after.Extensions = make(store.Extensions)
			}
			after.Extensions[urn] = attributes
		}
	}
	for _, e := range r.c.table.Extensions() {
		for _, a := range r.c.table.ExtensionAttributes(e.Schema.ID) {
			before, ok := head.Extensions[a.Schema][a.Name]
			if !ok {
				continue
			}
			v, err := replaced(a, before, after.Extensions[a.Schema][a.Name])
			if err != nil {
				return err
			}
			if v != nil {
				assign(&after, a, v)
			}
		}
	}
	head.DisplayName, head.ExternalID, head.Extensions = r.displayName, r.externalID, after.Extensions
	return nil
}

// replaced is the value of an attribute after a PUT that has after for it: what a
// client cannot set stays, and what it can set once must be the same or absent
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
			if err := replacedSubs(a, was[id], item.(map[string]any)); err != nil {
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
	return object, replacedSubs(a, was, object)
}

func replacedSubs(a *filter.Attribute, was, object map[string]any) error {
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

// identified finds the elements of a list by their identity; of several the first.
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
