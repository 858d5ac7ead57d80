package filter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/elimity-com/scim/schema"
)

// Type is the data type of an attribute (RFC 7643 §2.3).
type Type uint8

// The data types of RFC 7643 §2.3.
const (
	String Type = iota
	Boolean
	Decimal
	Integer
	DateTime
	Binary
	Reference
	Complex
)

var typeNames = [...]string{"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"}

// String returns the name of the type in RFC 7643.
func (t Type) String() string { return typeNames[t] }

// Mutability is when a client may set an attribute (RFC 7643 §7).
type Mutability uint8

// The values of mutability in RFC 7643 §7.
const (
	ReadWrite Mutability = iota
	ReadOnly
	Immutable
	WriteOnly
)

var mutabilityNames = [...]string{"readWrite", "readOnly", "immutable", "writeOnly"}

// String returns the name of the mutability in RFC 7643.
func (m Mutability) String() string { return mutabilityNames[m] }

// Returned is when an attribute is part of a response (RFC 7643 §7).
type Returned uint8

// The values of returned in RFC 7643 §7.
const (
	ReturnedDefault Returned = iota
	ReturnedAlways
	ReturnedNever
	ReturnedRequest
)

var returnedNames = [...]string{"default", "always", "never", "request"}

// String returns the name of the value in RFC 7643.
func (r Returned) String() string { return returnedNames[r] }

// Attribute is one row of a [Table]: an attribute or a sub-attribute with the
// characteristics that its schema defines. Attributes are shared by everything that
// is compiled with the table and must not be changed. They are compared by their
// pointers.
type Attribute struct {
	// Name is the name as the schema spells it, which responses use.
	Name string
	// Schema is the URN of the schema that defines the attribute. It is empty for the
	// common attributes schemas, id, externalId and meta.
	Schema string
	// Extension is true for the attributes of an extension, which are in the JSON
	// object named by its URN.
	Extension bool

	Type            Type
	MultiValued     bool
	Required        bool
	CaseExact       bool
	Mutability      Mutability
	Returned        Returned
	Uniqueness      string // "none", "server" or "global"
	CanonicalValues []string
	ReferenceTypes  []string

	// Parent is the complex attribute that a sub-attribute belongs to.
	Parent *Attribute
	// Sub are the sub-attributes of a complex attribute. A multi-valued attribute
	// that is not complex has one, "value", which stands for its elements inside a
	// value path: tags[value sw "a"].
	Sub []*Attribute
}

// SubAttribute returns the sub-attribute with a name in any letter case; nil if there
// is none.
func (a *Attribute) SubAttribute(name string) *Attribute {
	for _, sub := range a.Sub {
		if strings.EqualFold(sub.Name, name) {
			return sub
		}
	}
	return nil
}

// Element reports whether a is the implicit "value" of a multi-valued attribute
// that is not complex.
func (a *Attribute) Element() bool { return a.Parent != nil && a.Parent.Type != Complex }

// Top returns the top-level attribute: the parent of a sub-attribute, or a itself.
func (a *Attribute) Top() *Attribute {
	if a.Parent != nil {
		return a.Parent
	}
	return a
}

// String returns the shortest unambiguous name: displayName, members.value,
// urn:example:2.0:Group:domain.
func (a *Attribute) String() string {
	if a.Parent != nil {
		return a.Parent.String() + "." + a.Name
	}
	if a.Extension {
		return a.Schema + ":" + a.Name
	}
	return a.Name
}

// Extension is a schema that extends the core schema of a resource type (RFC
// 7643 §3.3).
type Extension struct {
	Schema schema.Schema
	// Required means that every resource must have the required attributes of the
	// extension (RFC 7643 §6).
	Required bool
}

// Definition defines the attributes of a [Table].
type Definition struct {
	// Core is the schema of the resource type.
	Core schema.Schema
	// CoreAliases are other URNs that may stand before core and common attributes,
	// such as that of an older version of the schema.
	CoreAliases []string
	// Extensions are the extensions of the resource type, in the order of responses.
	Extensions []Extension
	// BareExtensionNames allows the names of extension attributes without their URN,
	// unless a core or common attribute or an earlier extension has the name.
	// Workspace ONE Access uses them (domain eq "acme.com").
	BareExtensionNames bool
}

// Table has all attributes of a resource type. It is immutable and safe for
// concurrent use.
type Table struct {
	core       string
	aliases    []string
	attributes []*Attribute // common and core, in the order of responses
	extensions []tableExtension
	bare       bool
}

type tableExtension struct {
	Extension
	attributes []*Attribute
}

// NewTable returns the table of a resource type. It is an error if a schema has no URN
// or that of another, has two attributes with one name or one with the name of a
// common attribute, or has a complex attribute inside a complex one (RFC 7643 §2.3.8).
func NewTable(d Definition) (*Table, error) {
	if d.Core.ID == "" {
		return nil, fmt.Errorf("filter: the core schema has no id")
	}
	common, meta := commonAttributes()
	core, err := convert(d.Core, false, append(common, meta))
	if err != nil {
		return nil, err
	}
	t := &Table{core: d.Core.ID, aliases: slices.Clone(d.CoreAliases), bare: d.BareExtensionNames,
		attributes: append(append(common, core...), meta)}
	urns := append([]string{d.Core.ID}, d.CoreAliases...)
	for _, e := range d.Extensions {
		if e.Schema.ID == "" || !strings.Contains(e.Schema.ID, ":") {
			return nil, fmt.Errorf("filter: extension schema id %q is not a URN", e.Schema.ID)
		}
		for _, urn := range urns {
			if strings.EqualFold(urn, e.Schema.ID) {
				return nil, fmt.Errorf("filter: duplicate schema %s", e.Schema.ID)
			}
		}
		urns = append(urns, e.Schema.ID)
		attrs, err := convert(e.Schema, true, nil)
		if err != nil {
			return nil, err
		}
		t.extensions = append(t.extensions, tableExtension{Extension: e, attributes: attrs})
	}
	return t, nil
}

// Core returns the URN of the core schema.
func (t *Table) Core() string { return t.core }

// Attributes returns the common and core attributes in the order of responses:
// schemas, id, externalId, those of the core schema, meta.
func (t *Table) Attributes() []*Attribute {
	return slices.Clone(t.attributes)
}

// Extensions returns the extensions in the order of the [Definition].
func (t *Table) Extensions() []Extension {
	out := make([]Extension, len(t.extensions))
	for i := range t.extensions {
		out[i] = t.extensions[i].Extension
	}
	return out
}

// ExtensionAttributes returns the attributes of the extension with exactly this URN
// (see [Table.ExtensionURN]), in the order of its schema.
func (t *Table) ExtensionAttributes(urn string) []*Attribute {
	for i := range t.extensions {
		if t.extensions[i].Schema.ID == urn {
			return slices.Clone(t.extensions[i].attributes)
		}
	}
	return nil
}

// ExtensionURN returns the URN of an extension as its schema spells it, given the URN
// in any letter case; false if there is no such extension.
func (t *Table) ExtensionURN(urn string) (string, bool) {
	for i := range t.extensions {
		if strings.EqualFold(t.extensions[i].Schema.ID, urn) {
			return t.extensions[i].Schema.ID, true
		}
	}
	return "", false
}

// Lookup returns the attribute with a path in any letter case: "displayName",
// "members.value", "urn:…:core:2.0:Group:members" or "urn:example:2.0:Group:domain".
// It returns nil if there is none. The bare URN of an extension is not an attribute;
// see [Table.ExtensionURN].
func (t *Table) Lookup(path string) *Attribute {
	urn, rest := t.SplitURN(path)
	name, sub, dotted := strings.Cut(rest, ".")
	a := t.find(urn, name)
	if a == nil || !dotted {
		return a
	}
	if a.Type != Complex {
		return nil
	}
	return a.SubAttribute(sub)
}

// SplitURN splits an attribute path after the URN of a schema of the table, which it
// returns as the schema spells it. It is empty if the path has no such URN; the rest is
// empty if the path is nothing else.
func (t *Table) SplitURN(path string) (urn, rest string) {
	if !strings.Contains(path, ":") {
		return "", path
	}
	length := 0
	try := func(known, urnOf string) {
		if len(known) <= length || len(path) < len(known) || !strings.EqualFold(path[:len(known)], known) {
			return
		}
		if len(path) == len(known) || path[len(known)] == ':' {
			urn, length = urnOf, len(known)
		}
	}
	try(t.core, t.core)
	for _, alias := range t.aliases {
		try(alias, t.core)
	}
	for i := range t.extensions {
		try(t.extensions[i].Schema.ID, t.extensions[i].Schema.ID)
	}
	if urn == "" {
		return "", path
	}
	return urn, strings.TrimPrefix(path[length:], ":")
}

// find returns a top-level attribute. An empty urn stands for the core schema, and for
// the extensions too if the definition allows their bare names.
func (t *Table) find(urn, name string) *Attribute {
	if urn == "" || urn == t.core {
		for _, a := range t.attributes {
			if strings.EqualFold(a.Name, name) {
				return a
			}
		}
	}
	for i := range t.extensions {
		if t.extensions[i].Schema.ID != urn && (urn != "" || !t.bare) {
			continue
		}
		for _, a := range t.extensions[i].attributes {
			if strings.EqualFold(a.Name, name) {
				return a
			}
		}
	}
	return nil
}

// commonAttributes returns those of RFC 7643 §3 and §3.1, with the characteristics
// given there. meta is apart since it comes last in responses.
func commonAttributes() (common []*Attribute, meta *Attribute) {
	meta = &Attribute{Name: "meta", Type: Complex, Mutability: ReadOnly, Uniqueness: "none"}
	sub := func(name string, t Type) *Attribute {
		return &Attribute{Name: name, Type: t, CaseExact: true, Mutability: ReadOnly, Uniqueness: "none", Parent: meta}
	}
	meta.Sub = []*Attribute{
		sub("resourceType", String),
		sub("created", DateTime),
		sub("lastModified", DateTime),
		sub("location", Reference),
		sub("version", String),
	}
	schemas := &Attribute{Name: "schemas", Type: Reference, MultiValued: true, Required: true, CaseExact: true,
		Mutability: ReadOnly, Returned: ReturnedAlways, Uniqueness: "none"}
	implyElement(schemas)
	return []*Attribute{
		schemas,
		{Name: "id", Type: String, CaseExact: true, Mutability: ReadOnly, Returned: ReturnedAlways, Uniqueness: "server"},
		{Name: "externalId", Type: String, CaseExact: true, Uniqueness: "none"},
	}, meta
}

// implyElement adds the "value" of a multi-valued attribute that is not complex.
func implyElement(a *Attribute) {
	a.Sub = []*Attribute{{Name: "value", Schema: a.Schema, Extension: a.Extension, Type: a.Type, CaseExact: a.CaseExact,
		Mutability: a.Mutability, Uniqueness: "none", Parent: a}}
}

func convert(s schema.Schema, extension bool, taken []*Attribute) ([]*Attribute, error) {
	var out []*Attribute
	for _, c := range s.Attributes {
		a, err := convertOne(c, s.ID, extension, nil)
		if err != nil {
			return nil, err
		}
		for _, list := range [][]*Attribute{taken, out} {
			for _, other := range list {
				if strings.EqualFold(other.Name, a.Name) {
					return nil, fmt.Errorf("filter: schema %s: duplicate attribute %q", s.ID, a.Name)
				}
			}
		}
		out = append(out, a)
	}
	return out, nil
}

func convertOne(c schema.CoreAttribute, urn string, extension bool, parent *Attribute) (*Attribute, error) {
	a := &Attribute{
		Name: c.Name(), Schema: urn, Extension: extension, Parent: parent,
		MultiValued: c.MultiValued(), Required: c.Required(), CaseExact: c.CaseExact(),
		Uniqueness: c.Uniqueness(), CanonicalValues: c.CanonicalValues(),
	}
	for _, r := range c.ReferenceTypes() {
		a.ReferenceTypes = append(a.ReferenceTypes, string(r))
	}
	var ok [3]bool
	a.Type, ok[0] = named[Type](typeNames[:], c.AttributeType())
	a.Mutability, ok[1] = named[Mutability](mutabilityNames[:], c.Mutability())
	a.Returned, ok[2] = named[Returned](returnedNames[:], c.Returned())
	if !ok[0] || !ok[1] || !ok[2] {
		return nil, fmt.Errorf("filter: schema %s: attribute %q has an unknown type, mutability or returned", urn, c.Name())
	}
	switch a.Type {
	case Reference, Binary:
		a.CaseExact = true // RFC 7643 §2.3.6, §2.3.7
	case Complex:
		if parent != nil {
			return nil, fmt.Errorf("filter: schema %s: complex attribute %q inside %q", urn, a.Name, parent.Name)
		}
		for _, sc := range c.SubAttributes() {
			sub, err := convertOne(sc, urn, extension, a)
			if err != nil {
				return nil, err
			}
			a.Sub = append(a.Sub, sub)
		}
	}
	if a.MultiValued && a.Type != Complex && parent == nil {
		implyElement(a)
	}
	return a, nil
}

func named[T ~uint8](names []string, name string) (T, bool) {
	for i, n := range names {
		if n == name {
			return T(i), true
		}
	}
	return 0, false
}
