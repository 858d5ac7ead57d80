package patch

import (
	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
)

// Options configure a [Compiler].
type Options struct {
	// Limits bound the bodies.
	Limits
	// Filter bounds the paths of operations.
	Filter filter.Limits

	// Schemas are the URNs one of which the "schemas" of a whole group must hold.
	// Defaults to that of the table's core schema.
	Schemas []string
	// MemberOperations leaves members with "operation":"delete" out of whole groups,
	// as SCIM 1.1 has it; see also [Compiler.Merge].
	MemberOperations bool
	// KeepMembersOnPut makes a PUT without "members" leave them as they are;
	// otherwise it removes them. An empty list always does.
	KeepMembersOnPut bool
	// CanonicalMember, if not nil, returns the canonical form of a member's value,
	// for hosts whose ids may be written in more than one way (in any letter case,
	// say). It is applied to every value that a body names, and not to its own result.
	CanonicalMember func(value string) string
}

// Request is what may differ from one request to the next. The zero Request is RFC
// 7644 to the letter, in a service that knows no URIs.
type Request struct {
	// Quirks are the deviations to tolerate.
	Quirks Quirks
	// Reference, if not nil, takes the URI of a resource of this service apart; ok is
	// false for other URIs. A member's $ref gives its type, and its value if that is
	// missing.
	Reference func(uri string) (resourceType, id string, ok bool)
	// Rewrite, if not nil, rewrites the comparisons in paths, as [filter.Options] has
	// it, and brings the values of members into their canonical form. If it is nil,
	// Options.CanonicalMember is called for those.
	Rewrite func(*filter.Compare) filter.Node
	// Resolve, if not nil, replaces ids that stand for others. It is called with the
	// value of every member that a body names, in paths too, and with every string in
	// an extension, and returns what to take instead. later reports that it is not the
	// id yet: the value of a member is then left as it is, and not brought into its
	// canonical form.
	Resolve func(text string, use IDUse) (id string, later bool)
}

// IDUse says where a text stands that may be an id.
type IDUse uint8

// The uses of ids.
const (
	// MemberID is the value of a member.
	MemberID IDUse = iota
	// ReferenceID is an id or a URI in an extension.
	ReferenceID
	// TextID is text in an extension: it may be an id, or anything else.
	TextID
)

// Compiler compiles request bodies. It is immutable and safe for concurrent use.
type Compiler struct {
	*settings
	request Request
	paths   filter.Options
}

// settings is what all Compilers have in common that were made of one by With.
type settings struct {
	o           Options
	table       *filter.Table
	displayName *filter.Attribute
	externalID  *filter.Attribute
	members     *filter.Attribute
	value       *filter.Attribute // members.value
}

// NewCompiler returns a Compiler for the table of a group: one whose core schema is
// that of RFC 7643 §4.2. It compiles for the zero [Request].
func NewCompiler(table *filter.Table, o Options) *Compiler {
	o.Limits = o.Limits.Effective()
	if o.Schemas == nil {
		o.Schemas = []string{table.Core()}
	}
	c := &Compiler{settings: &settings{
		o: o, table: table,
		displayName: table.Lookup("displayName"),
		externalID:  table.Lookup("externalId"),
		members:     table.Lookup("members"),
		value:       table.Lookup("members.value"),
	}}
	return c.With(Request{})
}

// With returns a Compiler like c for other requests.
func (c *Compiler) With(r Request) *Compiler {
	other := &Compiler{settings: c.settings, request: r}
	other.paths = filter.Options{Limits: c.o.Filter, Tolerate: r.Quirks.Filter(), Rewrite: other.rewriting()}
	return other
}

// rewriting returns the rewriting of comparisons in paths.
func (c *Compiler) rewriting() func(*filter.Compare) filter.Node {
	rewrite := c.request.Rewrite
	if c.request.Resolve == nil && (rewrite != nil || c.o.CanonicalMember == nil) {
		return rewrite
	}
	return func(n *filter.Compare) filter.Node {
		if n.Attribute == c.value && n.Literal.Kind() == filter.StringLiteral && (n.Op == filter.Eq || n.Op == filter.Ne) {
			id, later := c.resolve(n.Literal.Text(), MemberID)
			if rewrite == nil && !later {
				id = c.canonical(id)
			}
			if same, err := filter.NewCompare(n.Attribute, n.Op, id); err == nil {
				n = same
			}
		}
		if rewrite == nil {
			return n
		}
		return rewrite(n)
	}
}

// resolve applies Request.Resolve.
func (c *Compiler) resolve(text string, use IDUse) (id string, later bool) {
	if c.request.Resolve == nil {
		return text, false
	}
	return c.request.Resolve(text, use)
}

// canonical applies Options.CanonicalMember.
func (c *Compiler) canonical(value string) string {
	if c.o.CanonicalMember == nil {
		return value
	}
	return c.o.CanonicalMember(value)
}

// memberID returns the value of a member as groups have it, from what the client sent.
func (c *Compiler) memberID(value string) string {
	id, later := c.resolve(value, MemberID)
	if later {
		return id
	}
	return c.canonical(id)
}

// checkName refuses a text that is too long for what groups and members are found by.
func (c *Compiler) checkName(attribute, text string) error {
	if len(text) > c.o.MaxName {
		return fault.InvalidValue("%s must not be longer than %d bytes", attribute, c.o.MaxName)
	}
	return nil
}

// resolveReferences resolves the references in the value of an extension
// attribute.
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
			// The id of a resource stands beside its URI (RFC 7643 §2.4).
			if text, ok := v[name].(string); ok && sub != nil && sub.Name == "value" && a.SubAttribute("$ref") != nil {
				v[name], _ = c.resolve(text, ReferenceID)
			} else if sub != nil {
				v[name] = c.resolveReferences(sub, v[name])
			}
		}
	}
	return v
}

// checkTypes refuses what Normalize would accept, but only clients with a quirk
// send. whole says that v is all of the attribute, not one value of it.
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

// compilation is the compilation of one body.
type compilation struct {
	*Compiler
	tolerated Quirks // that made a difference
}

// tolerates reports whether a quirk that the body has is accepted, and notes that it
// made a difference.
func (c *compilation) tolerates(q Quirks) bool {
	if !c.request.Quirks.Has(q) {
		return false
	}
	c.tolerated |= q
	return true
}
