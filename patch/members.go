package patch

import (
	"encoding/json"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/store"
)

// decodeMembers decodes the value of members: a list of members, or one alone.
func (c *compilation) decodeMembers(raw json.RawMessage) ([]store.Member, error) {
	if isNull(raw) {
		return nil, nil
	}
	if raw[0] != '[' {
		m, err := c.decodeMember(raw)
		return []store.Member{m}, err
	}
	n := countElements(raw)
	if n > c.o.MaxMembers {
		return nil, c.tooManyMembers()
	}
	members := make([]store.Member, 0, n)
	err := eachElement(raw, func(item json.RawMessage) error {
		m, err := c.decodeMember(item)
		if err == nil && c.o.MemberOperations {
			var deleted bool
			if deleted, err = isDeleted(item); deleted {
				return err
			}
		}
		members = append(members, m)
		return err
	})
	return members, err
}

// decodeMember decodes a member. Sub-attributes that the schema does not have
// (Entra ID and Okta send some) are dropped.
func (c *compilation) decodeMember(raw json.RawMessage) (store.Member, error) {
	var m store.Member
	var value, uri string
	var err error
	switch {
	case isNull(raw):
		return m, fault.InvalidValue("members: a member is null")
	case raw[0] == '{':
		var seen [4]bool
		for p := pairsOf(raw); p.next(); {
			part, to := 0, &value
			switch {
			case p.is("value"):
			case p.is("type"):
				part, to = 1, &m.Type
			case p.is("display"):
				part, to = 2, &m.Display
			case p.is("$ref"):
				part, to = 3, &uri
			default:
				continue
			}
			if seen[part] {
				return m, fault.Within("members", p.twice())
			}
			seen[part] = true
			if *to, err = c.memberPart(part == 0, &p); err != nil {
				return m, err
			}
		}
	case c.tolerates(BareMember):
		if value, err = c.memberValue(raw); err != nil {
			return m, err
		}
	default:
		return m, fault.InvalidValue("members: a member must be an object with a value")
	}
	m.Value = value
	if m.Display != "" && !c.tolerates(MemberDisplay) {
		m.Display = ""
	}
	if uri != "" {
		c.refer(&m, uri)
	}
	if m.Value == "" {
		return m, fault.InvalidValue("members: a member has no value")
	}
	m.Value = c.memberID(m.Value)
	return m, c.checkName("members.value", m.Value)
}

// memberPart decodes a sub-attribute of a member.
func (c *compilation) memberPart(isValue bool, p *pairs) (string, error) {
	switch {
	case isValue:
		return c.memberValue(p.value)
	case isNull(p.value):
		return "", nil
	}
	s, ok := text(p.value)
	if !ok {
		name, _ := text(p.name)
		return "", fault.InvalidValue("members.%s must be a string", name)
	}
	return s, nil
}

// refer notes the $ref of a member. One that points into this service says
// nothing that type and value do not say, so only a foreign one is kept.
func (c *compilation) refer(m *store.Member, ref string) {
	if c.request.Reference != nil {
		if resourceType, id, ok := c.request.Reference(ref); ok {
			if m.Value == "" {
				m.Value = id
			}
			if m.Type == "" && c.canonical(m.Value) == c.canonical(id) {
				m.Type = resourceType
			}
			return // if they contradict each other, the value counts
		}
	}
	m.Ref = ref
}

// memberValue decodes the value of a member; "" if there is none. A number is
// taken for the string of its digits where bare members are.
func (c *compilation) memberValue(raw json.RawMessage) (string, error) {
	switch {
	case isNull(raw):
		return "", nil
	case raw[0] == '"':
		s, _ := text(raw)
		return s, nil
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		if c.tolerates(BareMember) {
			return string(raw), nil
		}
	}
	return "", fault.InvalidValue("members.value must be a string")
}

// nothingButMembers answers the members in {"members": …}; nil if the object has
// something else or nothing in it.
func (c *compilation) nothingButMembers(object json.RawMessage) (members json.RawMessage, err error) {
	others := false
	err = eachPair(object, func(name string, raw json.RawMessage) error {
		switch {
		case c.table.Lookup(name) != c.members:
			others = true
		case members != nil:
			return twice(fault.Shorten(name))
		default:
			members = raw
		}
		return nil
	})
	if others {
		members = nil
	}
	return members, err
}

func (c *compilation) tooManyMembers() error {
	return fault.InvalidValue("the request names more than %d members", c.o.MaxMembers)
}

// memberBuilder gathers the operations on members of one request and folds
// those that belong together into one edit: adds and removes of different
// members may change places, so they need no more than one edit of either kind.
type memberBuilder struct {
	max, maxClear int
	merge         bool // those that are added and are there already are merged
	named         int
	conditions    int // comparisons with every member
	done          store.MemberEdits

	// What follows has not been put into done yet.
	add     []store.Member   // those with Value "" were taken back
	remove  []string         // disjoint from add
	pending map[string]place // where a Value is; filled from the second operation on
	mapped  bool
}

// place is where a Value is pending: in add at index-1, or in remove if 0.
type place struct{ add int }

// index fills pending from what the first operation left.
func (b *memberBuilder) index() {
	if b.mapped || len(b.add)+len(b.remove) == 0 {
		return
	}
	b.pending = make(map[string]place, len(b.add)+len(b.remove)+16)
	for _, v := range b.remove {
		b.pending[v] = place{}
	}
	for i := range b.add {
		if _, ok := b.pending[b.add[i].Value]; ok {
			b.add[i] = store.Member{} // named twice
		} else {
			b.pending[b.add[i].Value] = place{i + 1}
		}
	}
	b.mapped = true
}

func (b *memberBuilder) count(n int) bool {
	b.named += n
	return b.named <= b.max
}

func (b *memberBuilder) addMembers(members []store.Member) bool {
	if !b.count(len(members)) {
		return false
	}
	b.index()
	if !b.mapped {
		b.add = append(b.add, members...)
		return true
	}
	for _, m := range members {
		at, ok := b.pending[m.Value]
		switch {
		case ok && at.add > 0:
			if b.merge {
				b.add[at.add-1].Merge(m)
			}
			continue // added already; the first time counts
		case ok:
			b.flush() // removed before: the order matters
			b.add = append(b.add, m)
			b.index()
			continue
		}
		b.add = append(b.add, m)
		if b.pending == nil {
			b.pending = make(map[string]place)
			b.mapped = true
		}
		b.pending[m.Value] = place{len(b.add)}
	}
	return true
}

func (b *memberBuilder) removeMembers(values []string) bool {
	if !b.count(len(values)) {
		return false
	}
	b.index()
	if !b.mapped {
		b.remove = append(b.remove, values...)
		return true
	}
	for _, v := range values {
		at, ok := b.pending[v]
		if ok && at.add > 0 {
			b.add[at.add-1] = store.Member{} // but it may have been there before
		} else if ok {
			continue
		}
		b.remove = append(b.remove, v)
		b.pending[v] = place{}
	}
	return true
}

// replaceMembers makes the members the only ones.
func (b *memberBuilder) replaceMembers(members []store.Member) bool {
	if !b.count(len(members)) {
		return false
	}
	if len(members) > 0 {
		// Members that stay keep sub-attributes, so what is pending matters.
		b.edit(store.MemberEdit{Op: store.ReplaceMembers, Members: members})
		return true
	}
	if b.maxClear == 0 {
		b.reset()
	}
	b.edit(store.MemberEdit{Op: store.ClearMembers, Max: b.maxClear})
	return true
}

// edit appends an edit that cannot be folded into others.
func (b *memberBuilder) edit(e store.MemberEdit) {
	b.flush()
	b.done = append(b.done, e)
}

func (b *memberBuilder) reset() {
	b.mapped = false
	b.add, b.remove, b.pending = nil, nil, nil
}

func (b *memberBuilder) flush() {
	add, merge := b.add[:0], false
	for _, m := range b.add {
		if m.Value != "" {
			add = append(add, m)
			merge = merge || b.merge && m != store.Member{Value: m.Value}
		}
	}
	if len(b.remove) > 0 {
		b.done = append(b.done, store.MemberEdit{Op: store.RemoveMembers, Values: b.remove})
	}
	if len(add) > 0 {
		b.done = append(b.done, store.MemberEdit{Op: store.AddMembers, Members: add, Merge: merge})
	}
	b.reset()
}

func (b *memberBuilder) edits() store.MemberEdits {
	b.flush()
	return b.done
}

// memberOperation compiles an operation whose path names members.
func (c *compilation) memberOperation(b *memberBuilder, op opKind, path filter.Path, raw json.RawMessage) error {
	if path.Where == nil && path.Sub == nil {
		if op == opRemove && !isNull(raw) && !c.tolerates(RemoveByValue) {
			return fault.InvalidSyntax("a remove takes no value; name the members in the path, members[value eq \"…\"]")
		}
		return c.wholeMembers(b, op, raw)
	}
	if path.Where != nil && path.Sub == nil && op == opRemove {
		if values, ok := c.onlyValues(path.Where); ok {
			return c.checkMaxMembers(b.removeMembers(values))
		}
		if err := c.countConditions(b, path.Where); err != nil {
			return err
		}
		b.edit(store.MemberEdit{Op: store.RemoveMatching, Where: path.Where, Max: b.maxClear})
		return nil
	}
	if err := c.countConditions(b, path.Where); err != nil {
		return err
	}
	set, err := c.memberSet(op, path, raw)
	if err != nil {
		return err
	}
	b.edit(store.MemberEdit{Op: store.SetMatching, Where: path.Where, Set: set,
		// RFC 7644 §3.5.2.3; and adding to an element that is not there has no
		// meaning either (erratum 8097).
		MustMatch: path.Where != nil && op != opRemove})
	return nil
}

// countConditions bounds the work of value filters that do not say which members
// they mean.
func (c *compilation) countConditions(b *memberBuilder, where *filter.Filter) error {
	if where == nil {
		b.conditions++
	} else if _, ok := where.Values(c.value); !ok {
		for range where.Comparisons() {
			b.conditions++
		}
	}
	if b.conditions > maxConditions {
		return fault.TooMany("the request has more than %d conditions that have to be held against every member; name members by their value", maxConditions)
	}
	return nil
}

// checkMaxMembers is the fault of a request that names more members than it may, as
// the memberBuilder says.
func (c *compilation) checkMaxMembers(kept bool) error {
	if !kept {
		return c.tooManyMembers()
	}
	return nil
}

// wholeMembers compiles an operation on members without a value path.
func (c *compilation) wholeMembers(b *memberBuilder, op opKind, raw json.RawMessage) error {
	if op == opRemove && isNull(raw) {
		b.replaceMembers(nil)
		return nil
	}
	if op == opRemove && raw[0] == '{' {
		// Salesforce wraps what a remove names.
		wrapped, err := c.nothingButMembers(raw)
		if err != nil {
			return err
		}
		if wrapped != nil {
			raw = wrapped
		}
	}
	members, err := c.decodeMembers(raw)
	if err != nil {
		return err
	}
	switch op {
	case opAdd:
		return c.checkMaxMembers(b.addMembers(members))
	case opReplace:
		return c.checkMaxMembers(b.replaceMembers(members))
	}
	values := make([]string, len(members))
	for i := range members {
		values[i] = members[i].Value
	}
	return c.checkMaxMembers(b.removeMembers(values))
}

// onlyValues answers the values of a filter that is nothing but
// value eq "a" or value eq "b" …
func (c *compilation) onlyValues(where *filter.Filter) ([]string, bool) {
	var values []string
	var walk func(n filter.Node) bool
	walk = func(n filter.Node) bool {
		switch n := n.(type) {
		case filter.Or:
			for _, term := range n {
				if !walk(term) {
					return false
				}
			}
			return true
		case *filter.Compare:
			if n.Attribute != c.value || n.Op != filter.Eq || n.Literal.Kind() != filter.StringLiteral {
				return false
			}
			values = append(values, n.Literal.Text())
			return true
		}
		return false
	}
	return values, walk(where.Root())
}

// memberSet compiles an operation on sub-attributes of members.
func (c *compilation) memberSet(op opKind, path filter.Path, raw json.RawMessage) (store.MemberSet, error) {
	var set store.MemberSet
	if path.Sub == nil {
		if isNull(raw) || raw[0] != '{' {
			return set, fault.InvalidValue("the value for members[…] must be an object with sub-attributes")
		}
		seen := make(map[*filter.Attribute]bool)
		err := eachPair(raw, func(name string, value json.RawMessage) error {
			sub := c.members.SubAttribute(name)
			if sub == nil {
				return nil // as in a member that is added
			}
			if seen[sub] {
				return twice(sub.String())
			}
			seen[sub] = true
			if sub.Name == "display" && !c.tolerates(MemberDisplay) {
				return nil // as in a member that is added, too
			}
			return c.setSub(&set, op, path.Where, sub, value)
		})
		return set, err
	}
	if op == opAdd && isNull(raw) {
		return set, fault.InvalidValue("%s: an add needs a value", path.Sub)
	}
	if path.Sub.Name == "display" && !c.tolerates(MemberDisplay) {
		return set, fault.Mutability("%s is set by the server", path.Sub)
	}
	return set, c.setSub(&set, op, path.Where, path.Sub, raw)
}

// setSub notes the new value of one sub-attribute. Only display can be changed
// freely; value is what tells members apart.
func (c *compilation) setSub(set *store.MemberSet, op opKind, where *filter.Filter, sub *filter.Attribute, raw json.RawMessage) error {
	var value string
	if op == opAdd && isNull(raw) {
		return nil // nothing is added
	}
	if op == opRemove || isNull(raw) {
		if sub.Name != "display" {
			return fault.Mutability("%s cannot be removed; remove the member instead", sub)
		}
	} else if sub == c.value {
		var err error
		if value, err = c.memberValue(raw); err != nil {
			return err
		}
	} else if s, ok := text(raw); ok {
		value = s
	} else {
		return fault.InvalidValue("%s must be a string", sub)
	}
	switch sub.Name {
	case "display":
		set.Display = &value
	case "type":
		set.Type = &value
	case "$ref":
		return c.setRef(set, where, value)
	case "value":
		if one, ok := c.onlyValue(where); !ok || one != c.memberID(value) {
			return fault.Mutability("members.value cannot be changed; remove the member and add another")
		}
	}
	return nil
}

// setRef notes a new $ref. One that points into this service says what the type
// is, and must be that of the member.
func (c *compilation) setRef(set *store.MemberSet, where *filter.Filter, ref string) error {
	if c.request.Reference != nil {
		if resourceType, id, ok := c.request.Reference(ref); ok {
			if one, ok := c.onlyValue(where); !ok || one != c.memberID(id) {
				return fault.InvalidValue("members.$ref is that of another resource than the member")
			}
			set.Type = &resourceType
			return nil
		}
	}
	set.Ref = &ref
	return nil
}

// onlyValue answers the one value that a value filter selects, if it is such.
func (c *compilation) onlyValue(where *filter.Filter) (string, bool) {
	if where == nil {
		return "", false
	}
	values, ok := c.onlyValues(where)
	if !ok || len(values) != 1 {
		return "", false
	}
	return values[0], true
}
