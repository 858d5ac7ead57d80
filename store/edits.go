package store

import "github.com/scimgroups/scimgroups/filter"

// MemberOp is what a [MemberEdit] does.
type MemberOp uint8

const (
	// AddMembers adds Members. One that is there already stays as it is, unless
	// Merge says otherwise; one that is named twice counts once, the first time.
	AddMembers MemberOp = iota + 1
	// RemoveMembers removes the members whose Value is among Values; those that
	// are not there are no error.
	RemoveMembers
	// RemoveMatching removes every member that Where matches; if these are all that
	// the group has, and more than Max, which is not 0, it fails with
	// [ErrClearRefused].
	RemoveMatching
	// ClearMembers removes all members; if Max is not 0 and there are more than
	// Max, it fails with [ErrClearRefused].
	ClearMembers
	// ReplaceMembers makes Members the only members. Those of them that are there
	// already stay, and are merged with what Members says of them; see
	// [Member.Merge].
	ReplaceMembers
	// SetMatching sets sub-attributes of every member that Where matches, as Set
	// says.
	SetMatching
)

// MemberEdit is one step of a change to the members of a group. Edits are
// applied in order, each to what the one before left.
type MemberEdit struct {
	Op MemberOp
	// Members is used by AddMembers and ReplaceMembers.
	Members []Member
	// Merge makes AddMembers merge those that are there already with what Members
	// says of them; see [Member.Merge]. It is not set for most additions, which so
	// need not read who is there.
	Merge bool
	// Values is used by RemoveMembers.
	Values []string
	// Where is used by RemoveMatching and SetMatching; it is a filter over the
	// sub-attributes of a member, for Where.Match(&member). Nil matches all.
	Where *filter.Filter
	// Set is used by SetMatching.
	Set MemberSet
	// MustMatch makes RemoveMatching and SetMatching fail with [ErrNoTarget] when
	// Where matches no member.
	MustMatch bool
	// Max is used by ClearMembers and RemoveMatching: the size of the largest group
	// that they may empty; 0 means that there is no bound.
	Max int
}

// MemberSet says which sub-attributes to set; nil leaves one as it is.
type MemberSet struct {
	// Type and Ref are immutable (RFC 7643 §8.7.1): they can be given to a member
	// that has none. Any other change fails with [ErrImmutable].
	Type, Ref *string
	// Display may be set to anything, and to "".
	Display *string
}

// MemberEdits is an ordered list of edits.
type MemberEdits []MemberEdit

// Apply gives m the sub-attributes and says whether that changed it.
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

// Merge gives m what from says of the same member, as ReplaceMembers does with
// one that stays, and AddMembers if it is to, and says whether that changed it: a Display that is not empty,
// and a Type and Ref where m has none, since these are immutable (RFC 7643
// §8.7.1).
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
