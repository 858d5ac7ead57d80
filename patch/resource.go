package patch

import (
	"slices"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/jsontext"
	"github.com/scimgroups/scimgroups/store"
)

// Resource is a whole group as a client sent it, checked and normalized. It does not
// contain what only the server may set: id, meta and readOnly attributes (RFC 7644 §3.3).
// It is immutable.
type Resource struct {
	compiler    *Compiler
	displayName string
	externalID  string
	members     []store.Member
	hasMembers  bool
	extensions  store.Extensions
	supplied    supplied
	tolerated   Quirks
}

// Resource decodes the body of a POST or a PUT.
func (c *Compiler) Resource(body []byte) (*Resource, error) {
	d := resourceDecoder{compilation: compilation{Compiler: c}, r: &Resource{compiler: c}}
	object, err := d.parse(body)
	if err != nil {
		return nil, err
	}
	for name, value := range object.Pairs() {
		text, _ := name.Text()
		if err := d.attribute(text, value); err != nil {
			return nil, err
		}
	}
	if err := d.checkSchemas(d.schemas, c.o.Schemas...); err != nil {
		return nil, err
	}
	if err := d.checkKnownSchemas(d.schemas); err != nil {
		return nil, err
	}
	if err := d.r.checkRequired(); err != nil {
		return nil, err
	}
	d.r.tolerated = d.tolerated
	return d.r, nil
}

// resourceDecoder is the decoding of one Resource.
type resourceDecoder struct {
	compilation
	r       *Resource
	schemas jsontext.Value
	names   names
}

// checkKnownSchemas requires of an interoperable request that a group has all schemas
// that it names.
func (c *compilation) checkKnownSchemas(schemas jsontext.Value) error {
	if !c.o.Interoperable {
		return nil
	}
	for item := range schemas.Elements() {
		urn, _ := item.Text()
		if _, extension := c.table.ExtensionURN(urn); !extension && !strings.EqualFold(urn, c.table.Core()) {
			return fault.InvalidSyntax("schemas contains %q, which groups do not have", fault.Shorten(urn))
		}
	}
	return nil
}

func (d *resourceDecoder) attribute(name string, value jsontext.Value) error {
	if urn, ok := d.table.ExtensionURN(name); ok {
		if err := d.names.add(urn, name); err != nil {
			return err
		}
		return d.extension(urn, value)
	}
	a := d.table.Lookup(name)
	switch {
	case a != nil && a.Parent == nil && !a.Extension:
		if err := d.names.add(a.Name, name); err != nil {
			return err
		}
		return d.core(a, value)
	case a != nil && a.Parent == nil && d.tolerates(CompoundKeys):
		if err := d.names.add(a.String(), name); err != nil {
			return err
		}
		return d.extensionAttribute(a, value)
	case value.IsNull() || d.tolerates(UnknownAttributes):
		return d.names.add(name, name)
	}
	return fault.InvalidSyntax("the group has no attribute %q", fault.Shorten(name))
}

// core decodes an attribute of the core schema.
func (d *resourceDecoder) core(a *filter.Attribute, value jsontext.Value) (err error) {
	if a.Name == "schemas" {
		d.schemas = value
		return nil
	}
	d.r.supplied.add(a)
	switch a.Name {
	case "displayName":
		d.r.displayName, err = d.text(a, value)
	case "externalId":
		d.r.externalID, err = d.text(a, value)
	case "members":
		d.r.hasMembers = true
		d.r.members, err = d.decodeMembers(value)
	}
	return err
}

func (d *resourceDecoder) text(a *filter.Attribute, value jsontext.Value) (string, error) {
	if value.IsNull() {
		return "", nil
	}
	text, ok := d.unlisted(value).Text()
	if !ok {
		return "", fault.InvalidValue("%s must be a string", a)
	}
	return text, d.checkName(a.Name, text)
}

// extension decodes the object of an extension.
func (d *resourceDecoder) extension(urn string, object jsontext.Value) error {
	if object.IsNull() {
		return nil
	}
	if object.Kind() != '{' {
		return fault.InvalidValue("%s must be an object with attributes", urn)
	}
	for name, value := range object.Pairs() {
		text, _ := name.Text()
		a := d.table.Lookup(urn + ":" + text)
		if a == nil || a.Parent != nil {
			if value.IsNull() || d.tolerates(UnknownAttributes) {
				continue
			}
			return fault.InvalidSyntax("%s has no attribute %q", urn, fault.Shorten(text))
		}
		if err := d.names.add(a.String(), a.String()); err != nil {
			return err
		}
		if err := d.extensionAttribute(a, value); err != nil {
			return err
		}
	}
	return nil
}

func (d *resourceDecoder) extensionAttribute(a *filter.Attribute, value jsontext.Value) error {
	if a.Mutability == filter.ReadOnly || isUnassigned(value) {
		return nil
	}
	d.r.supplied.add(a)
	v, err := d.decodeValue(a, value, true)
	if err != nil {
		return err
	}
	if v, err = a.Normalize(v); err != nil || v == nil {
		return err
	}
	if d.r.extensions == nil {
		d.r.extensions = make(store.Extensions)
	}
	assign(d.r.extensions, a, v)
	return nil
}

// checkRequired requires the attributes that a resource must have (RFC 7643 §7). Those of
// an extension are required if the extension is, or if it is present.
func (r *Resource) checkRequired() error {
	if r.displayName == "" {
		return fault.InvalidValue("displayName is required")
	}
	for _, e := range r.compiler.table.Extensions() {
		given := r.extensions[e.Schema.ID]
		if given == nil && !e.Required {
			continue
		}
		for _, a := range r.compiler.table.ExtensionAttributes(e.Schema.ID) {
			v, ok := given[a.Name]
			if a.Required && a.Mutability != filter.ReadOnly && (!ok || v == "") {
				return fault.InvalidValue("%s is required", a)
			}
		}
	}
	return nil
}

// Supplied reports whether the client sent an attribute; see [Edit.Supplied].
func (r *Resource) Supplied(a *filter.Attribute) bool { return r.supplied[a] }

// Tolerated returns the quirks that made a difference when the body was decoded.
func (r *Resource) Tolerated() Quirks { return r.tolerated }

// Group returns the group to create. The caller may modify it.
func (r *Resource) Group() store.Group {
	return store.Group{
		DisplayName: r.displayName,
		ExternalID:  r.externalID,
		Members:     r.Members(),
		Extensions:  r.extensions.Clone(),
	}
}

// Members returns the members of the group to create, each value once.
func (r *Resource) Members() []store.Member { return distinct(r.members) }

// MapMembers returns a Resource with the members that f returns instead of those of r. f is
// called once, with each of those once, or not at all if there are none.
func (r *Resource) MapMembers(f func([]store.Member) ([]store.Member, error)) (*Resource, error) {
	members := r.Members()
	if len(members) == 0 {
		return r, nil
	}
	mapped, err := f(members)
	if err != nil {
		return nil, err
	}
	other := *r
	other.members = slices.Clone(mapped)
	return &other, nil
}
