package patch

import (
	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// Options bend and bound a [Compiler]. The zero value is RFC 7644 to the letter
// with the default bounds.
type Options struct {
	// MaxOperations is how many operations a PATCH may have; 0 means 10,000.
	MaxOperations int
	// MaxMembers is how many members one request may name; 0 means 100,000.
	MaxMembers int
	// MaxConditions is how many comparisons the value filters of one request may
	// have that do not say which members they mean (members[display co "x"]): each
	// has to be held against every member of the group. 0 means 32.
	MaxConditions int
	// MaxValues is how many values of extension attributes a PATCH may look at again:
	// of several operations on one attribute with value paths or sub-attributes, or
	// that add and remove in turn, each but the first has to look at all its values.
	// 0 means 1,000,000.
	MaxValues int
	// MaxName is how long displayName, externalId and the value of a member may be,
	// in bytes; 0 means 1,500, which is what package sqlstore can keep.
	MaxName int
	// MaxDepth is how deep the JSON of a body may nest; 0 means 32.
	MaxDepth int
	// Filter bounds the paths of operations. Its Tolerate follows from Quirks.
	Filter filter.Options

	// Schemas are the URNs one of which the "schemas" of a whole group must hold;
	// nil means that of the table's core schema.
	Schemas []string
	// MemberOperations leaves members with "operation":"delete" out of whole groups,
	// as SCIM 1.1 has it; see also Compiler.Merge.
	MemberOperations bool
	// Quirks are the deviations to tolerate.
	Quirks Quirks

	// MaxClear is the size of the largest group that one operation may empty without
	// naming who goes: remove or replace of members with nothing, a remove with a
	// filter that matches all, PUT without members. 0 means that there is no bound.
	MaxClear int
	// KeepMembersOnPut makes a PUT without "members" leave them as they are;
	// otherwise it clears them. An empty list always clears.
	KeepMembersOnPut bool

	// CanonicalMember, if not nil, gives the canonical form of a member's value,
	// for hosts whose ids are written in more than one way (in any letter case,
	// say). It is applied to every value that a client sends.
	CanonicalMember func(value string) string
	// Reference, if not nil, takes the URI of a resource of this service apart;
	// ok is false for other URIs. A member's $ref gives its type, and its value
	// if that is missing.
	Reference func(uri string) (resourceType, id string, ok bool)
}

// Compiler compiles request bodies. It is immutable and safe for concurrent use.
type Compiler struct {
	table       *filter.Table
	o           Options
	displayName *filter.Attribute
	externalID  *filter.Attribute
	members     *filter.Attribute
	value       *filter.Attribute // members.value

	rewrite func(*filter.Compare) filter.Node                    // Options.Filter.Rewrite as it was given
	resolve func(text string, use IDUse) (id string, later bool) // see WithIDs
}

// NewCompiler makes a Compiler for the table of a group: one whose core schema
// is that of RFC 7643 §4.2.
func NewCompiler(table *filter.Table, o Options) *Compiler {
	if o.MaxOperations == 0 {
		o.MaxOperations = 10_000
	}
	if o.MaxMembers == 0 {
		o.MaxMembers = 100_000
	}
	if o.MaxConditions == 0 {
		o.MaxConditions = 32
	}
	if o.MaxValues == 0 {
		o.MaxValues = 1_000_000
	}
	if o.MaxName == 0 {
		o.MaxName = 1_500
	}
	if o.MaxDepth == 0 {
		o.MaxDepth = 32
	}
	if o.Schemas == nil {
		o.Schemas = []string{table.Core()}
	}
	c := &Compiler{
		table: table, o: o,
		displayName: table.Lookup("displayName"),
		externalID:  table.Lookup("externalId"),
		members:     table.Lookup("members"),
		value:       table.Lookup("members.value"),
	}
	c.rewrite = o.Filter.Rewrite
	c.o.Filter.Rewrite = c.canonical(c.rewrite)
	c.o.Filter.Tolerate = o.Quirks.Filter()
	return c
}

// checkName refuses a text that is too long for what groups and members are found by.
func (c *Compiler) checkName(attribute, text string) error {
	if len(text) > c.o.MaxName {
		return invalidValue("%s must not be longer than %d bytes", attribute, c.o.MaxName)
	}
	return nil
}

// canonical adds to a rewriting of comparisons that the values of members are
// brought into their canonical form.
func (c *Compiler) canonical(rewrite func(*filter.Compare) filter.Node) func(*filter.Compare) filter.Node {
	if c.o.CanonicalMember == nil {
		return rewrite
	}
	return func(n *filter.Compare) filter.Node {
		if n.Attribute == c.value && n.Literal.Kind() == filter.StringLiteral && (n.Op == filter.Eq || n.Op == filter.Ne) {
			if same, err := filter.NewCompare(n.Attribute, n.Op, c.o.CanonicalMember(n.Literal.Text())); err == nil {
				n = same
			}
		}
		if rewrite == nil {
			return n
		}
		return rewrite(n)
	}
}

// WithReferences is the same Compiler with other Options.Reference and
// Options.Filter.Rewrite, for services that learn their own URL from a request.
func (c *Compiler) WithReferences(reference func(uri string) (resourceType, id string, ok bool), rewrite func(*filter.Compare) filter.Node) *Compiler {
	other := *c
	other.o.Reference, other.rewrite = reference, rewrite
	other.o.Filter.Rewrite = c.canonical(rewrite)
	return &other
}

// WithQuirks is the same Compiler with other Options.Quirks.
func (c *Compiler) WithQuirks(quirks Quirks) *Compiler {
	other := *c
	other.o.Quirks, other.o.Filter.Tolerate = quirks, quirks.Filter()
	return &other
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

// WithIDs is the same Compiler with ids that stand for others: resolve is called
// with the value of every member that a body names, in paths too, and with every
// string in an extension, and answers what to take instead. later says that it is
// not the id yet: the value of a member is then left as it is, and not brought into
// its canonical form.
func (c *Compiler) WithIDs(resolve func(text string, use IDUse) (id string, later bool)) *Compiler {
	other := *c
	canonical, rewrite := c.o.CanonicalMember, c.rewrite
	other.resolve = resolve
	other.o.CanonicalMember = func(value string) string {
		value, later := resolve(value, MemberID)
		if canonical != nil && !later {
			value = canonical(value)
		}
		return value
	}
	other.o.Filter.Rewrite = other.canonical(rewrite)
	return &other
}

// resolveReferences applies WithIDs to the references in the value of an extension
// attribute.
func (c *Compiler) resolveReferences(a *filter.Attribute, v any) any {
	if c.resolve == nil {
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
		return invalidValue("%s has several values and must be a list", a)
	}
	switch v := v.(type) {
	case string:
		if a.Type == filter.Boolean && !c.tolerates(TextBooleans) {
			return invalidValue("%s must be true or false, not a string", a)
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
	if !c.o.Quirks.Has(q) {
		return false
	}
	c.tolerated |= q
	return true
}

// Edit is a compiled change. It is immutable and may be applied any number of
// times, concurrently too.
type Edit struct {
	steps     []step
	members   store.MemberEdits
	supplied  map[*filter.Attribute]bool
	tolerated Quirks
	maxValues int // Options.MaxValues
	maxClear  int // Options.MaxClear
}

// Tolerated returns the quirks that made a difference when the body was compiled.
func (e *Edit) Tolerated() Quirks { return e.tolerated }

// Members returns the edits of the members. They must not be changed.
func (e *Edit) Members() store.MemberEdits { return e.members }

// Head returns the edit of the head of the group, or nil if the body names nothing but
// members. It returns the quirks that made a difference to this head, beside those
// that [Edit.Tolerated] returns. Errors are errors.ScimError values; the head must not
// be used after one.
func (e *Edit) Head() func(head *store.Group) (Quirks, error) {
	if len(e.steps) == 0 {
		return nil
	}
	return e.editHead
}

func (e *Edit) editHead(head *store.Group) (found Quirks, err error) {
	looks := 0
	for i := range e.steps {
		if s := &e.steps[i]; s.kind == stepExtension {
			if looks += s.extension.looks(head); looks > e.maxValues {
				return found, tooManyValues(e.maxValues)
			}
		}
		if err := e.steps[i].apply(head, &found); err != nil {
			return found, err
		}
	}
	return found, nil
}

// Apply is a [store.UpdateFunc]: it edits the head and returns the edits of the
// members.
func (e *Edit) Apply(head *store.Group) (store.MemberEdits, error) {
	if _, err := e.editHead(head); err != nil {
		return nil, err
	}
	return e.members, nil
}

// MapMembers is the edit with what f makes of the members that it adds. f is
// called once, with each of them once, and not at all if there is none; members
// that it leaves out are not added. Nothing else may be changed but their
// sub-attributes.
func (e *Edit) MapMembers(f func([]store.Member) ([]store.Member, error)) (*Edit, error) {
	var all []store.Member
	seen := make(map[string]bool)
	for i := range e.members {
		for _, m := range e.members[i].Members {
			if !seen[m.Value] {
				seen[m.Value] = true
				all = append(all, m)
			}
		}
	}
	if len(all) == 0 {
		return e, nil
	}
	mapped, err := f(all)
	if err != nil {
		return nil, err
	}
	byValue := make(map[string]store.Member, len(mapped))
	for _, m := range mapped {
		byValue[m.Value] = m
	}
	other := *e
	other.members = append(store.MemberEdits(nil), e.members...)
	for i := range other.members {
		edit := &other.members[i]
		if len(edit.Members) == 0 {
			continue
		}
		members := make([]store.Member, 0, len(edit.Members))
		for _, m := range edit.Members {
			if m, ok := byValue[m.Value]; ok {
				members = append(members, m)
			}
		}
		edit.Members = members
		if len(members) == 0 && edit.Op == store.ReplaceMembers {
			*edit = store.MemberEdit{Op: store.ClearMembers, Max: e.maxClear} // as if nobody had been named
		}
	}
	return &other, nil
}

// Supplied reports whether the client sent a value for the attribute, which
// decides whether one with returned "request" is answered (RFC 7643 §7).
func (e *Edit) Supplied(a *filter.Attribute) bool { return e.supplied[a] }

func (e *Edit) supply(a *filter.Attribute) {
	if a.Returned != filter.ReturnedRequest {
		return
	}
	if e.supplied == nil {
		e.supplied = make(map[*filter.Attribute]bool)
	}
	e.supplied[a] = true
}
