package patch

import (
	"strings"

	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/jsontext"
	"github.com/scimgroups/scimgroups/store"
)

// decodedMember is a member as a client sent it.
type decodedMember struct {
	store.Member
	deleted bool // it has "operation":"delete"; see Merge
}

// decodeMembers decodes the value of members: a list of members, or a single one. It
// leaves out members that are deleted.
func (c *compilation) decodeMembers(v jsontext.Value) ([]store.Member, error) {
	if v.IsNull() {
		return nil, nil
	}
	v, err := c.textMembers(v)
	if err != nil {
		return nil, err
	}
	n := v.Len()
	if n > c.o.MaxMembers {
		return nil, c.tooManyMembers()
	}
	members := make([]store.Member, 0, n)
	for item := range v.Elements() {
		m, err := c.decodeMember(item, c.o.MemberOperations)
		if err != nil {
			return nil, err
		}
		if !m.deleted {
			members = append(members, m.Member)
		}
	}
	return members, nil
}

// textMembers returns the members whose JSON a text is, or v if v is not such a text.
func (c *compilation) textMembers(v jsontext.Value) (jsontext.Value, error) {
	text, ok := v.Text()
	if !ok || !looksLikeJSON(text) {
		return v, nil
	}
	parsed, err := jsontext.Parse([]byte(text), c.o.MaxDepth)
	if err != nil || parsed.Kind() != '[' && parsed.Kind() != '{' || !c.tolerates(TextMembers) {
		return nil, fault.InvalidValue("members: the text %q cannot be a member; send members as JSON, not as text",
			fault.Shorten(text))
	}
	return parsed, nil
}

// looksLikeJSON reports whether a text begins like a JSON array or object, or is one of the
// JSON literals. Numbers, and ids in braces, do not count.
func looksLikeJSON(text string) bool {
	switch text = strings.TrimSpace(text); text {
	case "":
		return false
	case "true", "false", "null":
		return true
	}
	if text[0] != '{' {
		return text[0] == '['
	}
	inside := strings.TrimSpace(text[1:])
	return inside != "" && (inside[0] == '"' || inside[0] == '}')
}

func (c *compilation) tooManyMembers() error {
	return fault.InvalidValue("the request names more than %d members", c.o.MaxMembers)
}

// memberFields are the sub-attributes of a member, not decoded yet.
type memberFields struct{ value, typ, display, ref, operation jsontext.Value }

// memberFields returns the sub-attributes of a member. It ignores those that the schema
// does not have (Entra ID and Okta send some), and "operation" unless it has a meaning.
func (c *compilation) memberFields(v jsontext.Value, operations bool) (f memberFields, err error) {
	switch {
	case v.IsNull():
		err = fault.InvalidValue("members: a member is null")
	case v.Kind() == '{':
		fields := [...]field{
			{"value", &f.value}, {"type", &f.typ}, {"display", &f.display}, {"$ref", &f.ref}, {"operation", &f.operation},
		}
		wanted := fields[:]
		if !operations {
			wanted = wanted[:4]
		}
		if err = find(v, wanted...); err == nil {
			err = c.checkKnownSubAttributes(v)
		}
		if err != nil {
			err = fault.Within("members", err)
		}
	case v.Kind() != '[' && c.tolerates(BareMember):
		f.value = v
	default:
		err = fault.InvalidValue("members: a member must be an object with a value")
	}
	return f, err
}

// checkKnownSubAttributes requires of an interoperable request that the schema has all
// sub-attributes of a member.
func (c *compilation) checkKnownSubAttributes(member jsontext.Value) error {
	if !c.o.Interoperable {
		return nil
	}
	for name, value := range member.Pairs() {
		if text, _ := name.Text(); c.members.SubAttribute(text) == nil && !value.IsNull() {
			return fault.InvalidSyntax("members has no sub-attribute %q", fault.Shorten(text))
		}
	}
	return nil
}

// decodeMember decodes a member. operations reports whether "operation" has a meaning.
func (c *compilation) decodeMember(v jsontext.Value, operations bool) (m decodedMember, err error) {
	if v, err = c.textMembers(v); err != nil {
		return m, err
	}
	f, err := c.memberFields(v, operations)
	if err != nil {
		return m, err
	}
	if m.Value, err = c.memberValue(f.value); err != nil {
		return m, err
	}
	if m.Type, err = memberText("type", f.typ); err != nil {
		return m, err
	}
	if m.Display, err = memberText("display", f.display); err != nil {
		return m, err
	}
	if m.Display != "" && !c.tolerates(MemberDisplay) {
		m.Display = ""
	}
	uri, err := memberText("$ref", f.ref)
	if err != nil {
		return m, err
	}
	if uri != "" {
		c.refer(&m.Member, uri)
	}
	if m.Value == "" {
		return m, fault.InvalidValue("members: a member has no value")
	}
	m.Value = c.memberID(m.Value)
	if err := c.checkName("members.value", m.Value); err != nil {
		return m, err
	}
	if m.deleted, err = isDeleted(f.operation); err != nil {
		err = fault.Within("members", err)
	}
	return m, err
}

// memberValue decodes the value of a member, which is "" if it is null. A number counts as
// the string of its digits if a member may be a number.
func (c *compilation) memberValue(v jsontext.Value) (string, error) {
	if v.IsNull() {
		return "", nil
	}
	if text, ok := v.Text(); ok {
		return text, nil
	}
	if v.Kind() == '0' && c.tolerates(BareMember) {
		return string(v), nil
	}
	return "", fault.InvalidValue("members.value must be a string")
}

// memberText decodes another sub-attribute of a member.
func memberText(name string, v jsontext.Value) (string, error) {
	if v.IsNull() {
		return "", nil
	}
	text, ok := v.Text()
	if !ok {
		return "", fault.InvalidValue("members.%s must be a string", name)
	}
	return text, nil
}

// isDeleted reports whether the "operation" of an element asks for its removal (SCIM 1.1).
func isDeleted(operation jsontext.Value) (bool, error) {
	if operation.IsNull() {
		return false, nil
	}
	if text, ok := operation.Text(); !ok || !strings.EqualFold(text, "delete") {
		return false, fault.InvalidValue(`operation must be "delete"`)
	}
	return true, nil
}

// refer sets what the $ref of a member says. One that points into this service adds
// nothing to type and value, so only a foreign one is kept.
func (c *compilation) refer(m *store.Member, uri string) {
	resourceType, id, ok := c.reference(uri)
	if !ok {
		m.Ref = uri
		return
	}
	if m.Value == "" {
		m.Value = id
	}
	// If the two contradict each other, the value counts.
	if m.Type == "" && c.canonical(m.Value) == c.canonical(id) {
		m.Type = resourceType
	}
}

// onlyMembers returns the members in {"members": …}, or nil if the object contains
// anything else or nothing.
func (c *compilation) onlyMembers(object jsontext.Value) (members jsontext.Value, err error) {
	others := false
	for name, value := range object.Pairs() {
		text, _ := name.Text()
		switch {
		case c.table.Lookup(text) != c.members:
			others = true
		case members != nil:
			return nil, duplicate(text)
		default:
			members = value
		}
	}
	if others {
		return nil, nil
	}
	return members, nil
}
