package store

import (
	"iter"
	"slices"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
)

// MemberSource is the members of a group as [MemberEdits.Plan] looks at them.
type MemberSource interface {
	// Find answers the member with exactly this Value.
	Find(value string) (Member, bool)
	// All answers every member once.
	All() iter.Seq[Member]
}

// Plan answers what the edits would change in the members that base holds,
// without changing anything: only the net change, so that a member that is
// removed and added again as it was does not count. It looks up the members
// that the edits name, and walks through all of them only for edits that speak
// of all: [ClearMembers], [ReplaceMembers], and those whose Where does not pin
// down the Value. Errors are [ErrNoTarget],
// [ErrImmutable] and [ErrClearRefused].
func (e MemberEdits) Plan(base MemberSource) (MemberChange, error) {
	p := plan{base: base}
	for i := range e {
		if err := p.apply(&e[i]); err != nil {
			return MemberChange{}, err
		}
	}
	return p.change(), nil
}

// plan is the state between two edits: base, without all that is not touched if
// cleared, and with what is.
type plan struct {
	base    MemberSource
	order   []*planned          // those that were touched, first come first
	byValue map[string]*planned // the same, if they are many
	there   []*planned          // among which are all that have an after
	cleared bool
}

// planned is a member as it was and as it is going to be.
type planned struct {
	value         string
	before, after Member // without a Value if there is none
}

// few is how many are found as fast without a map.
const few = 8

// touched is what is planned for a member, or nil.
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

// set plans what a member is going to be.
func (p *plan) set(t *planned, m Member) {
	if t.after.Value == "" && m.Value != "" {
		p.there = append(p.there, t)
	}
	t.after = m
}

// each calls yield with every member that is there at this point.
func (p *plan) each(yield func(Member) bool) {
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

// more reports whether there are more than n members at this point.
func (p *plan) more(n int) bool {
	for range p.each {
		if n--; n < 0 {
			return true
		}
	}
	return false
}

func (p *plan) apply(e *MemberEdit) error {
	switch e.Op {
	case AddMembers:
		p.add(e)
	case RemoveMembers:
		for _, value := range e.Values {
			p.touch(value).after = Member{}
		}
	case ClearMembers:
		if e.Max > 0 && p.more(e.Max) {
			return ErrClearRefused
		}
		p.clear()
	case ReplaceMembers:
		kept := make(map[string]Member, len(e.Members))
		for _, m := range e.Members {
			if _, twice := kept[m.Value]; twice {
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
	case RemoveMatching, SetMatching:
		values := p.matching(e)
		switch {
		case len(values) == 0 && e.MustMatch:
			return ErrNoTarget
		case e.Op == RemoveMatching && e.Max > 0 && len(values) > e.Max && !p.more(len(values)):
			return ErrClearRefused
		}
		for _, value := range values {
			t := p.touch(value)
			if e.Op == RemoveMatching {
				t.after = Member{}
			} else if _, err := e.Set.Apply(&t.after); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *plan) add(e *MemberEdit) {
	named := make(map[string]bool) // of a Merge, where the first time counts
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

// clear takes as long as there are members that were put there since the last time.
func (p *plan) clear() {
	p.cleared = true
	for _, t := range p.there {
		t.after = Member{}
	}
	p.there = nil
}

// matching answers the Values of the members that e.Where matches.
func (p *plan) matching(e *MemberEdit) (values []string) {
	for m := range p.candidates(e.Where) {
		if e.Where == nil || e.Where.Match(&m) {
			values = append(values, m.Value)
		}
	}
	return values
}

// candidates answers members among which are all that f matches: those that it
// names, if it does, or else all that are there at this point.
func (p *plan) candidates(f *filter.Filter) iter.Seq[Member] {
	for a := range f.Attributes() {
		if a.Name != "value" || !a.CaseExact {
			continue
		}
		named, ok := f.Values(a)
		if !ok {
			return p.each
		}
		wanted := make(map[string]bool, len(named)) // each once
		for _, value := range named {
			wanted[value] = true
		}
		return func(yield func(Member) bool) { p.find(wanted, yield) }
	}
	return p.each
}

func (p *plan) find(wanted map[string]bool, yield func(Member) bool) {
	for value := range wanted {
		m := Member{}
		if t := p.touched(value); t != nil {
			m = t.after
		} else if !p.cleared {
			if there, ok := p.base.Find(value); ok {
				m = there
			}
		}
		if m.Value != "" && !yield(m) {
			return
		}
	}
}

func (p *plan) change() (c MemberChange) {
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
	return c
}

// IsZero reports whether nothing changed.
func (c *MemberChange) IsZero() bool {
	return len(c.Added) == 0 && len(c.Removed) == 0 && len(c.Altered) == 0
}

// ApplyEdits applies edits to the members of a group that keeps them in a slice,
// and answers them as they are afterwards, in ascending order of Value, and what
// is different. What is given is not changed, and nothing of it is kept. Errors
// are those of [MemberEdits.Plan]. The time that it takes grows with the sum of
// members and edits, not with the product.
func ApplyEdits(members []Member, edits MemberEdits) (after []Member, change MemberChange, err error) {
	base := sortMembers(members)
	change, err = edits.Plan(memberSlice(base))
	if err != nil {
		return nil, MemberChange{}, err
	}
	gone := make(map[string]bool, len(change.Removed))
	for _, value := range change.Removed {
		gone[value] = true
	}
	altered := make(map[string]Member, len(change.Altered))
	for _, m := range change.Altered {
		altered[m.Value] = m
	}
	added := slices.Clone(change.Added)
	slices.SortFunc(added, compareMembers)

	after = make([]Member, 0, len(base)+len(added)-len(gone))
	for _, m := range base {
		for len(added) > 0 && added[0].Value < m.Value {
			after, added = append(after, added[0]), added[1:]
		}
		if gone[m.Value] {
			continue
		}
		if now, ok := altered[m.Value]; ok {
			m = now
		}
		after = append(after, m)
	}
	return append(after, added...), change, nil
}

func compareMembers(a, b Member) int { return strings.Compare(a.Value, b.Value) }

// sortMembers puts members in ascending order of Value, each once, the first
// time. It answers members itself if they are so, and does not change them.
func sortMembers(members []Member) []Member {
	ordered := true
	for i := 1; i < len(members) && ordered; i++ {
		ordered = members[i-1].Value < members[i].Value
	}
	if ordered {
		return members
	}
	members = slices.Clone(members)
	slices.SortStableFunc(members, compareMembers)
	return slices.CompactFunc(members, func(a, b Member) bool { return a.Value == b.Value })
}

// memberSlice is a [MemberSource] over members in ascending order of Value.
type memberSlice []Member

func (s memberSlice) Find(value string) (Member, bool) {
	i, ok := slices.BinarySearchFunc(s, value, func(m Member, value string) int { return strings.Compare(m.Value, value) })
	if !ok {
		return Member{}, false
	}
	return s[i], true
}

func (s memberSlice) All() iter.Seq[Member] { return slices.Values(s) }
