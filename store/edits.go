package store

import "github.com/scimgroups/scimgroups/filter"

// MemberOp is what a [MemberEdit] does.
type MemberOp uint8

const (
	// AddMembers adds Members. It does not change present members, unless Merge is set.
	// The first of duplicate Values counts.
	AddMembers MemberOp = iota + 1
	// RemoveMembers removes the members with these Values. A Value without a member is
	// not an error.
	RemoveMembers
	// RemoveMatching removes every member that Where matches. It fails with
	// [ErrClearRefused] if that would remove all members, and more than Max, where Max is
	// positive.
	RemoveMatching
	// ClearMembers removes all members. It fails with [ErrClearRefused] if there are more
	// than Max, where Max is positive.
	ClearMembers
	// ReplaceMembers makes Members the only members. A present member is merged with the
	// new one; see [Member.Merge].
	ReplaceMembers
	// SetMatching sets sub-attributes of every member that Where matches to those of Set.
	SetMatching
)

// MemberEdit is one step of a change to the members of a group. Edits are applied in
// order, each to the result of the one before.
type MemberEdit struct {
	Op MemberOp
	// Members is used by AddMembers and ReplaceMembers.
	Members []Member
	// Merge makes AddMembers merge a present member with the new one; see
	// [Member.Merge]. Without it, AddMembers need not read the present members.
	Merge bool
	// Values is used by RemoveMembers.
	Values []string
	// Where is used by RemoveMatching and SetMatching. It is a filter over the
	// sub-attributes of a member, for Where.Match(&member). Defaults to nil, which
	// matches all members.
	Where *filter.Filter
	// Set is used by SetMatching.
	Set MemberSet
	// MustMatch makes RemoveMatching and SetMatching fail with [ErrNoTarget] when
	// Where matches no member.
	MustMatch bool
	// Max is used by ClearMembers and RemoveMatching. It is the largest number of members
	// that they may remove if no member remains. Defaults to 0, no bound.
	Max int
}

// MemberSet lists the sub-attributes to set. A nil field does not change its
// sub-attribute.
type MemberSet struct {
	// Type and Ref are immutable (RFC 7643 §8.7.1). A member without one can be given
	// one. Any other change fails with [ErrImmutable].
	Type, Ref *string
	// Display may be set to any text, including "".
	Display *string
}

// MemberEdits is an ordered list of edits.
type MemberEdits []MemberEdit

// Apply sets the sub-attributes of m and reports whether that changed m. It returns
// [ErrImmutable] for a change that is not allowed.
func (s MemberSet) Apply(m *Member) (changed bool, err error) {
	for _, fixed := range []struct{ to, from *string }{{&m.Type, s.Type}, {&m.Ref, s.Ref}} {
		if fixed.from == nil || *fixed.from == *fixed.to {
			continue
		}
		if *fixed.to != "" {
			return false, ErrImmutable
		}
		*fixed.to, changed = *fixed.from, true
	}
	if s.Display != nil && *s.Display != m.Display {
		m.Display, changed = *s.Display, true
	}
	return changed, nil
}

// Merge updates m from another description of the same member, as [ReplaceMembers] does
// with a present member, and [AddMembers] if Merge is set. It takes a Display that is not
// empty, and a Type and Ref that m lacks, since those are immutable (RFC 7643 §8.7.1). It
// reports whether that changed m.
func (m *Member) Merge(from Member) (changed bool) {
	if from.Display != "" && from.Display != m.Display {
		m.Display, changed = from.Display, true
	}
	if m.Type == "" && from.Type != "" {
		m.Type, changed = from.Type, true
	}
	if m.Ref == "" && from.Ref != "" {
		m.Ref, changed = from.Ref, true
	}
	return changed
}
