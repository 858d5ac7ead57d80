package adapter

import (
	"iter"
	"slices"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// MemberSource gives [Plan] access to the members of a group.
type MemberSource interface {
	// Find returns the member with exactly this Value.
	Find(value string) (store.Member, bool)
	// All returns an iterator over all members, each once.
	All() iter.Seq[store.Member]
}

// Plan returns the net change that the edits would make to the members of base. It
// changes nothing, and never truncates the lists. It finds the members that the edits
// name, and iterates over all members only for [store.ClearMembers],
// [store.ReplaceMembers], and edits whose Where does not determine the Value. Errors are
// [store.ErrNoTarget], [store.ErrImmutable] and [store.ErrClearRefused].
func Plan(e store.MemberEdits, base MemberSource) (store.MemberChange, error) {
	p := plan{base: base}
	for i := range e {
		if err := p.apply(&e[i]); err != nil {
			return store.MemberChange{}, err
		}
	}
	return p.change(), nil
}

// plan is the state between two edits: the members of base, or none of them if cleared,
// with the touched members in their planned state.
type plan struct {
	base    MemberSource
	order   []*planned          // the touched members, in the order in which edits name them
	byValue map[string]*planned // the same, or nil if they are few
	present []*planned          // a superset of the touched members that are present
	cleared bool
}

// planned is a member before and after the edits. A member without a Value is absent.
type planned struct {
	value         string
	before, after store.Member
}

// few is the number of members up to which a map is not faster than a slice.
const few = 8

// touched returns the planned state of a member, or nil if no edit has touched it.
func (p *plan) touched(value string) *planned {
	if p.byValue != nil {
		return p.byValue[value]
	}
	for _, t := range p.order {
		if t.value == value {
			return t
		}
	}
	return nil
}

// touch returns the planned state of a member, and begins it if necessary.
func (p *plan) touch(value string) *planned {
	t := p.touched(value)
	if t != nil {
		return t
	}
	t = &planned{value: value}
	if before, ok := p.base.Find(value); ok {
		t.before = before
	}
	if !p.cleared {
		p.set(t, t.before)
	}
	p.order = append(p.order, t)
	switch {
	case p.byValue != nil:
		p.byValue[value] = t
	case len(p.order) > few:
		p.byValue = make(map[string]*planned)
		for _, t := range p.order {
			p.byValue[t.value] = t
		}
	}
	return t
}

// set sets the state of a member after the edit.
func (p *plan) set(t *planned, m store.Member) {
	if t.after.Value == "" && m.Value != "" {
		p.present = append(p.present, t)
	}
	t.after = m
}

// each calls yield with every member that is present after the edits so far.
func (p *plan) each(yield func(store.Member) bool) {
	if !p.cleared {
		for m := range p.base.All() {
			if p.touched(m.Value) == nil && !yield(m) {
				return
			}
		}
	}
	for _, t := range p.order {
		if t.after.Value != "" && !yield(t.after) {
			return
		}
	}
}

// more reports whether more than n members are present after the edits so far.
func (p *plan) more(n int) bool {
	for range p.each {
		if n--; n < 0 {
			return true
		}
	}
	return false
}

func (p *plan) apply(e *store.MemberEdit) error {
	switch e.Op {
	case store.AddMembers:
		p.add(e)
	case store.RemoveMembers:
		for _, value := range e.Values {
			p.touch(value).after = store.Member{}
		}
	case store.ClearMembers:
		if e.Max > 0 && p.more(e.Max) {
			return store.ErrClearRefused
		}
		p.clear()
	case store.ReplaceMembers:
		kept := make(map[string]store.Member, len(e.Members))
		for _, m := range e.Members {
			if _, duplicate := kept[m.Value]; duplicate {
				continue
			}
			now := m
			if t := p.touch(m.Value); t.after.Value != "" {
				now = t.after
				now.Merge(m)
			}
			kept[m.Value] = now
		}
		p.clear()
		for value, m := range kept {
			p.set(p.touched(value), m)
		}
	case store.RemoveMatching, store.SetMatching:
		values := p.matching(e)
		switch {
		case len(values) == 0 && e.MustMatch:
			return store.ErrNoTarget
		case e.Op == store.RemoveMatching && e.Max > 0 && len(values) > e.Max && !p.more(len(values)):
			return store.ErrClearRefused
		}
		for _, value := range values {
			t := p.touch(value)
			if e.Op == store.RemoveMatching {
				t.after = store.Member{}
			} else if _, err := e.Set.Apply(&t.after); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *plan) add(e *store.MemberEdit) {
	named := make(map[string]bool) // with Merge, since the first of duplicates counts
	for _, m := range e.Members {
		t := p.touch(m.Value)
		if t.after.Value == "" {
			p.set(t, m)
		} else if e.Merge && !named[m.Value] {
			t.after.Merge(m)
		}
		if e.Merge {
			named[m.Value] = true
		}
	}
}

// clear removes all members. Its time grows with the number of members added since the
// last clear.
func (p *plan) clear() {
	p.cleared = true
	for _, t := range p.present {
		t.after = store.Member{}
	}
	p.present = nil
}

// matching returns the Values of the members that e.Where matches.
func (p *plan) matching(e *store.MemberEdit) (values []string) {
	for m := range p.candidates(e.Where) {
		if e.Where == nil || e.Where.Match(&m) {
			values = append(values, m.Value)
		}
	}
	return values
}

// candidates returns an iterator over a superset of the members that f matches: the
// members that it names, or all members if it does not determine the Value.
func (p *plan) candidates(f *filter.Filter) iter.Seq[store.Member] {
	for a := range f.Attributes() {
		if a.Name != "value" || !a.CaseExact {
			continue
		}
		named, ok := f.Values(a)
		if !ok {
			return p.each
		}
		wanted := make(map[string]bool, len(named)) // without duplicates
		for _, value := range named {
			wanted[value] = true
		}
		return func(yield func(store.Member) bool) { p.find(wanted, yield) }
	}
	return p.each
}

// find calls yield with every wanted member that is present after the edits so far.
func (p *plan) find(wanted map[string]bool, yield func(store.Member) bool) {
	for value := range wanted {
		m := store.Member{}
		if t := p.touched(value); t != nil {
			m = t.after
		} else if !p.cleared {
			if found, ok := p.base.Find(value); ok {
				m = found
			}
		}
		if m.Value != "" && !yield(m) {
			return
		}
	}
}

// change returns the net change.
func (p *plan) change() (c store.MemberChange) {
	for _, t := range p.order {
		switch {
		case t.before == t.after:
		case t.before.Value == "":
			c.Added = append(c.Added, t.after)
		case t.after.Value == "":
			c.Removed = append(c.Removed, t.before.Value)
		default:
			c.Altered = append(c.Altered, t.after)
		}
	}
	if p.cleared {
		for m := range p.base.All() {
			if p.touched(m.Value) == nil {
				c.Removed = append(c.Removed, m.Value)
			}
		}
	}
	c.NumAdded, c.NumRemoved, c.NumAltered = len(c.Added), len(c.Removed), len(c.Altered)
	return c
}

// ApplyEdits applies edits to a slice of members. It returns the members afterwards, in
// ascending order of Value, and the net change, which is never truncated. It neither
// changes nor keeps its arguments. Errors are those of [Plan]. The time grows with the
// sum of members and edits, not with their product.
func ApplyEdits(
	members []store.Member,
	edits store.MemberEdits,
) (after []store.Member, change store.MemberChange, err error) {
	base := sortMembers(members)
	change, err = Plan(edits, memberSlice(base))
	if err != nil {
		return nil, store.MemberChange{}, err
	}
	removed := make(map[string]bool, len(change.Removed))
	for _, value := range change.Removed {
		removed[value] = true
	}
	altered := make(map[string]store.Member, len(change.Altered))
	for _, m := range change.Altered {
		altered[m.Value] = m
	}
	added := slices.Clone(change.Added)
	slices.SortFunc(added, compareMembers)

	after = make([]store.Member, 0, len(base)+len(added)-len(removed))
	for _, m := range base {
		for len(added) > 0 && added[0].Value < m.Value {
			after, added = append(after, added[0]), added[1:]
		}
		if removed[m.Value] {
			continue
		}
		if now, ok := altered[m.Value]; ok {
			m = now
		}
		after = append(after, m)
	}
	return append(after, added...), change, nil
}

func compareMembers(a, b store.Member) int { return strings.Compare(a.Value, b.Value) }

// sortMembers returns members in ascending order of Value, without all but the first of
// duplicates. It does not change members, and returns it if it is in order.
func sortMembers(members []store.Member) []store.Member {
	ordered := true
	for i := 1; i < len(members) && ordered; i++ {
		ordered = members[i-1].Value < members[i].Value
	}
	if ordered {
		return members
	}
	members = slices.Clone(members)
	slices.SortStableFunc(members, compareMembers)
	return slices.CompactFunc(members, func(a, b store.Member) bool { return a.Value == b.Value })
}

// memberSlice is a [MemberSource] over members in ascending order of Value.
type memberSlice []store.Member

func (s memberSlice) Find(value string) (store.Member, bool) {
	i, ok := slices.BinarySearchFunc(s, value, func(m store.Member, value string) int {
		return strings.Compare(m.Value, value)
	})
	if !ok {
		return store.Member{}, false
	}
	return s[i], true
}

func (s memberSlice) All() iter.Seq[store.Member] { return slices.Values(s) }
