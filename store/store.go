package store

import (
	"context"
	"slices"

	"github.com/scimgroups/scimgroups/filter"
)

// GroupStore keeps groups. All methods are safe for concurrent use, return early
// with the error of ctx when it is done, and report faults with the errors of this
// package.
//
// A store never returns memory that it keeps using, and never keeps memory that it
// is given. A change that a method has made when it returns without an error is as
// durable as the store promises, and is visible to every call that starts afterwards.
//
// Create, Update and Delete are atomic, and return what they did as a [Change].
type GroupStore interface {
	// Create stores a new group.
	//
	// The store sets ID, Created, LastModified and Version, and ignores their
	// values in g. Extensions may be nil. Members holds the members of the new
	// group. The first of duplicate Values counts.
	//
	// Create returns a [ConflictError] if the displayName is taken, which it checks in
	// the step that stores the group, and an [UnknownMemberError] if it checks members
	// and does not know one. Nothing is stored then.
	Create(ctx context.Context, g Group) (Change, error)

	// Get returns the group with exactly this id and the parts of it that sel
	// selects, or [ErrNotFound].
	Get(ctx context.Context, id string, sel Selection) (Group, error)

	// List returns one page of the groups that q selects. Groups are ordered by
	// q.SortBy, or by creation; the id breaks ties, so that paging through unchanged
	// data neither skips nor repeats a group. Package store/adapter has the order of
	// the stores in this module.
	List(ctx context.Context, q Query) (Page, error)

	// Update changes one group as u says. It returns [ErrNotFound] if there is no
	// such group, [ErrVersionMismatch] if u.If does not hold, and the error of
	// u.Head, wrapped or not. Nothing changes then.
	//
	// Version rises and LastModified moves if, and only if, the group differs
	// afterwards. Adding a present member, removing an absent one, and removing one
	// and adding it again change nothing. Update returns a [ConflictError] if the new
	// displayName belongs to another group, and [ErrNoTarget], [ErrImmutable] or
	// [ErrClearRefused] as [MemberEdit] says. Nothing changes then.
	//
	// The cost depends on what u names, not on the size of the group or of its
	// extensions.
	Update(ctx context.Context, id string, u Update) (Change, error)

	// Delete removes the group and its members. It returns [ErrNotFound] if there is
	// no such group, and [ErrVersionMismatch] if c does not hold. No other group gets
	// the id afterwards, unless ids are made from names. The displayName is free at
	// once.
	Delete(ctx context.Context, id string, c *Condition) (Change, error)
}

// Update says how [GroupStore.Update] changes a group. A store reads no more of the
// group than it needs for that: without Head, it need not read the head at all.
type Update struct {
	// If is the condition under which the group is changed. Defaults to nil, which
	// always holds.
	If *Condition
	// Head edits ExternalID, DisplayName and Extensions of the head that it is
	// called with. The store ignores its changes to other fields. If it returns an
	// error, nothing changes. It never sees part of another Update. It is called again
	// with a fresh head if the step must be repeated, so it must not depend on an
	// earlier call. It must not call the store. Defaults to nil, which leaves the head
	// unchanged.
	Head func(head *Group) error
	// Members are the edits of the members. They are applied in order.
	Members MemberEdits
	// Extensions asks for the extensions in Change.Group even if Head is nil.
	Extensions bool
}

// Condition is a condition on the version of a group, as the If-Match and
// If-None-Match headers state it (RFC 9110 §13.1, RFC 7644 §3.14). A nil Condition
// always holds; the zero Condition never does.
type Condition struct {
	// Versions are the versions of which the group must have one.
	Versions []Version
	// Not inverts the condition: the group must have none of Versions.
	Not bool
}

// Check returns nil if c holds for version v, or else [ErrVersionMismatch].
func (c *Condition) Check(v Version) error {
	if c == nil || slices.Contains(c.Versions, v) != c.Not {
		return nil
	}
	return ErrVersionMismatch
}

// Selection says which parts of a group are wanted. A store may return other parts too,
// but should not read them, members above all.
type Selection struct {
	// Members selects Group.Members.
	Members bool
	// MaxMembers, if positive, omits Members from groups with more members than
	// that and sets Group.MembersOmitted. A store that cannot count members cheaply,
	// or that is no [MemberScanner], may ignore it. Defaults to 0, no bound.
	MaxMembers int
	// Extensions selects Group.Extensions.
	Extensions bool
}

// Query selects and orders groups, and selects a page of them. Offset and From exclude
// each other.
type Query struct {
	// Filter selects groups. A store evaluates all of it, but may do part of the
	// work in its database and the rest with Filter.Match. A filter may examine
	// attributes that Select omits. Defaults to nil, which selects all groups.
	Filter *filter.Filter
	// SortBy is a core, common or extension attribute or sub-attribute other than
	// "members". A multi-valued one sorts by its primary value, or else its first.
	// Groups without a value come last, or first if Descending (RFC 7644 §3.4.2.3).
	// Strings that are not caseExact sort as [filter.Fold] folds them. Defaults to
	// nil, the order of creation.
	SortBy     *filter.Attribute
	Descending bool
	// Offset is the number of groups to skip, Limit the largest number to return. A
	// Limit of 0 asks for the total alone.
	Offset, Limit int
	// From is Next or Previous of an earlier page for the same Filter, SortBy and
	// Descending. Groups that were created, deleted or changed since then cause no
	// other group to be skipped or repeated. List returns [ErrBadPosition] for a
	// Position that the store cannot use.
	From Position
	// SkipTotal says that Page.Total is not needed.
	SkipTotal bool
	// Select says which parts of each group are wanted.
	Select Selection
}

// Position marks a place between two groups of an ordered list, and a direction. It
// holds arbitrary bytes, which only the store that made them understands. It may
// contain values of the groups, so it must not reach clients unsealed.
type Position string

// Page is one page of a list.
type Page struct {
	Groups []Group
	// Total is the number of groups on all pages, or -1 if SkipTotal is set and the
	// number is not known.
	Total int
	// Next is the Position of the following page, or empty after the last group.
	// Previous is that of the preceding page, or empty before the first group. Pages
	// by Offset have them too.
	Next, Previous Position
}

// MemberScanner is implemented by a [GroupStore] that can read the members of a
// group in pieces. The Handler of package scim streams large groups with it in
// bounded memory.
type MemberScanner interface {
	// ScanMembers fills into with the members of a group whose Value is greater than
	// after (in byte order), in ascending order, and returns their number, which is
	// less than len(into) only at the end. It returns [ErrNotFound] if there is no such
	// group. A member that is present from the first call to the last is returned
	// exactly once.
	//
	// The caller may reuse the slice for the next piece. ScanMembers must not keep it.
	ScanMembers(ctx context.Context, id, after string, into []Member) (n int, err error)
}

// MemberCounter is implemented by a [GroupStore] that can count the members of a group
// without reading them.
type MemberCounter interface {
	// CountMembers returns the number of members, or [ErrNotFound].
	CountMembers(ctx context.Context, id string) (int, error)
}

// Nesting says how a store treats groups that are members of groups (RFC 7643 §4.2).
// A member is a group if its Value is the id of one, whatever its Type.
type Nesting uint8

const (
	// NestingTyped gives the Type "Group" to a member without a Type whose Value is
	// the id of a group, and removes a deleted group from the groups that it was a
	// member of, whose versions rise.
	NestingTyped Nesting = iota
	// NestingAcyclic does the same, and refuses to make a group a member of itself,
	// directly or through other groups, with a [CycleError]. It checks that in the
	// atomic step of the change.
	NestingAcyclic
	// NestingOff keeps members as given. It suits services where a group and a user
	// may have the same id.
	NestingOff
)
