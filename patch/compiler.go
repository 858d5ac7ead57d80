package patch

import (
	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
)

// Options configures a [Compiler].
type Options struct {
	// Limits bounds the bodies.
	Limits
	// Filter bounds the paths of operations.
	Filter filter.Limits

	// Schemas are the URNs of which the "schemas" of a whole group must contain at least
	// one. Defaults to that of the table's core schema.
	Schemas []string
	// MemberOperations leaves members with "operation":"delete" out of whole groups, as
	// SCIM 1.1 specifies; see also [Compiler.Merge].
	MemberOperations bool
	// KeepMembersOnPut makes a PUT without "members" leave them as they are. Otherwise it
	// removes them, as an empty list always does.
	KeepMembersOnPut bool
	// Interoperable refuses what RFC 7644 allows and the SCIM 2.0 Interoperability Profile
	// refuses: operations without a path, and schemas and sub-attributes of members that
	// groups do not have.
	Interoperable bool
	// CanonicalMember, if not nil, returns the canonical form of a member's value, for
	// hosts whose ids can be written in more than one way, such as in any letter case. It
	// is called with the values that bodies contain, but not with its own results.
	CanonicalMember func(value string) string
}

// Request is what may differ from one request to the next. The zero Request is RFC 7644
// to the letter, in a service that knows no URIs.
type Request struct {
	// Quirks are the deviations to tolerate.
	Quirks Quirks
	// Reference, if not nil, returns the resource type and the id in the URI of a resource
	// of this service. ok is false for other URIs. The $ref of a member says what its type
	// is, and its value if that is missing.
	Reference func(uri string) (resourceType, id string, ok bool)
	// Rewrite, if not nil, rewrites the comparisons in paths; see [filter.Options]. It must
	// also bring the values of members into their canonical form. If it is nil,
	// Options.CanonicalMember does that.
	Rewrite func(*filter.Compare) filter.Node
	// Resolve, if not nil, replaces ids that stand for others, such as a bulkId. It is
	// called with the value of every member that a body names, also in paths, and with
	// every string in an extension, and returns the replacement. later reports that this
	// is not the id yet: the value of a member is then not brought into its canonical
	// form.
	Resolve func(text string, use IDUse) (id string, later bool)
}

// IDUse is the place of a text that may be an id.
type IDUse uint8

// The places of ids.
const (
	// MemberID is the value of a member.
	MemberID IDUse = iota
	// ReferenceID is an id or a URI in an extension.
	ReferenceID
	// TextID is text in an extension, which may be an id or anything else.
	TextID
)

// Compiler compiles request bodies. It is immutable and safe for concurrent use.
type Compiler struct {
	*settings
	request Request
	paths   filter.Options
}

// settings is shared by all Compilers that With has made from one.
type settings struct {
	o           Options
	table       *filter.Table
	displayName *filter.Attribute
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
		members:     table.Lookup("members"),
		value:       table.Lookup("members.value"),
	}}
	return c.With(Request{})
}

// With returns a Compiler with the Options of c for other requests.
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

// reference applies Request.Reference.
func (c *Compiler) reference(uri string) (resourceType, id string, ok bool) {
	if c.request.Reference == nil {
		return "", "", false
	}
	return c.request.Reference(uri)
}

// canonical applies Options.CanonicalMember.
func (c *Compiler) canonical(value string) string {
	if c.o.CanonicalMember == nil {
		return value
	}
	return c.o.CanonicalMember(value)
}

// memberID returns the value that a member has in groups from the one that a client sent.
func (c *Compiler) memberID(value string) string {
	id, later := c.resolve(value, MemberID)
	if later {
		return id
	}
	return c.canonical(id)
}

// checkName refuses a text that is too long for an attribute by which groups and members
// are looked up.
func (c *Compiler) checkName(attribute, text string) error {
	if len(text) > c.o.MaxName {
		return fault.InvalidValue("%s must not be longer than %d bytes", attribute, c.o.MaxName)
	}
	return nil
}

// compilation is the compilation of one body.
type compilation struct {
	*Compiler
	tolerated Quirks // that made a difference
}

// tolerates reports whether a quirk that the body has is accepted. It then made a
// difference.
func (c *compilation) tolerates(q Quirks) bool {
	if !c.request.Quirks.Has(q) {
		return false
	}
	c.tolerated |= q
	return true
}
