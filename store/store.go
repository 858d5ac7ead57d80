package store

import (
	"context"

	"github.com/scimgroups/scimgroups/filter"
)

// GroupStore keeps groups. All methods are safe for concurrent use, end early
// with the error of ctx when it is done, and report faults with the errors of
// this package.
//
// A store never returns memory that it goes on using and never keeps memory
// that it was given. What a method has acknowledged by returning without an
// error is as durable as the store promises to be, and is seen by every call
// that starts afterwards.
type GroupStore interface {
	// Create stores a new group and answers its head as stored.
	//
	// The store sets ID, Created, LastModified and Version; what g has there is
	// ignored. Extensions may be nil. Members are those of the new group; a Value
	// that is there twice counts once, the first time.
	//
	// It answers a [ConflictError] if the displayName is taken, which it decides
	// in the same step that stores the group, and an [UnknownMemberError] if it
	// checks members and does not know one. Then nothing is stored.
	Create(ctx context.Context, g Group) (Group, error)

	// Get answers the group with exactly this id, with what sel asks for, or
	// [ErrNotFound].
	Get(ctx context.Context, id string, sel Selection) (Group, error)

	// List answers one page of the groups that q selects. Groups come in the
	// order of q.SortBy, or of their creation; the id breaks every tie, so that
	// paging through unchanged data neither skips nor repeats. ([Rank] is the
	// order of the stores that come with this module.)
	List(ctx context.Context, q Query) (Page, error)

	// Update changes one group in one atomic step. It answers [ErrNotFound] if
	// there is none.
	//
	// It reads the head of the group and calls fn with it; fn changes
	// ExternalID, DisplayName and Extensions at will (all other fields are
	// ignored) and answers the edits to apply to the members, in order. If fn
	// answers an error, nothing changes and Update answers that error, wrapped or
	// not. fn sees no state in which another Update is half done. It may be called
	// again with a fresh head if the step has to be repeated, so it must not keep
	// what it learnt before; it must not call the store.
	//
	// Version rises and LastModified moves if, and only if, the group is
	// different afterwards: not for a member that is added while it is there, nor
	// for one that is removed while it is not, nor for one that is removed and
	// added again. If the new displayName belongs to another group Update answers
	// a [ConflictError]; if a [MemberEdit] says so, [ErrNoTarget] or
	// [ErrImmutable]; then nothing changes.
	//
	// The cost is that of what the edits name, not of the size of the group.
	Update(ctx context.Context, id string, fn UpdateFunc) (Change, error)

	// Delete removes the group and its members, and answers [ErrNotFound] if
	// there is none. If check is not nil it is called with the head in the same
	// atomic step, and its error keeps the group. The id is not given to another
	// group afterwards, unless ids are made from names; the name is free at once.
	Delete(ctx context.Context, id string, check func(head Group) error) error
}

// UpdateFunc edits the head of a group and says what to do with its members;
// see [GroupStore].
type UpdateFunc func(head *Group) (MemberEdits, error)

// Change is what an Update did.
type Change struct {
	// Group is the head after the update.
	Group Group
	// Changed says that the group is different from before.
	Changed bool
	MemberChange
}

// MemberChange is the difference between the members of a group before and after
// a change, in no particular order.
type MemberChange struct {
	// Added holds the members that are there now and were not before, with their
	// sub-attributes; Removed the Values of those that are gone; Altered those
	// whose sub-attributes are others than before, as they are now.
	Added   []Member
	Removed []string
	Altered []Member
}

// Selection says which parts of a group are wanted. A store may answer more
// than was asked for, but should not read it: members above all.
type Selection struct {
	// Members asks for Group.Members.
	Members bool
	// MaxMembers, if not 0, leaves out the members of groups that have more than
	// so many; Group.MembersOmitted tells. A store that cannot know the number
	// cheaply, or has no [MemberScanner], may answer them all the same.
	MaxMembers int
	// Extensions asks for Group.Extensions.
	Extensions bool
}

// Query selects, orders and cuts a list of groups. Either Offset or From may be
// used.
type Query struct {
	// Filter says which groups; nil means all. A store evaluates all of it, but
	// may do part of the work in its database and the rest with Filter.Match.
	// Filters may speak of attributes that Select leaves out.
	Filter *filter.Filter
	// SortBy is a core, common or extension attribute or sub-attribute that is
	// not "members"; nil means the order of creation. A multi-valued one sorts by
	// its primary value, or else its first. Groups without a value come last,
	// and first if Descending (RFC 7644 §3.4.2.3). Strings that are not caseExact
	// sort by what [filter.Fold] makes of them.
	SortBy     *filter.Attribute
	Descending bool
	// Offset is how many groups to skip, Limit how many to answer at most. A
	// Limit of 0 asks for nothing but the total.
	Offset, Limit int
	// From continues at the place that an earlier page named in its Next or
	// Previous, for the same Filter, SortBy and Descending. Groups that were
	// created, deleted or changed since make no other group be skipped or
	// repeated. A Position that the store cannot use is [ErrBadPosition].
	From Position
	// SkipTotal says that Page.Total is not needed.
	SkipTotal bool
	// Select says what of each group is wanted.
	Select Selection
}

// Position marks a place between two groups of an ordered list, and a direction.
// Only the store that made it understands it. It may hold values of the groups
// and is not for clients' eyes.
type Position string

// Page is one page of a list.
type Page struct {
	Groups []Group
	// Total is how many groups the filter selects on all pages; -1 if it was not
	// asked for and not known.
	Total int
	// Next is where the following page starts, "" after the last group. Previous
	// leads to the page before, "" before the first group. A Position is answered
	// for pages by Offset too.
	Next, Previous Position
}

// MemberScanner is what a [GroupStore] implements that can read the members of
// a group in pieces. The handler uses it to stream large groups with bounded
// memory.
type MemberScanner interface {
	// ScanMembers fills into with the members of a group whose Value is greater
	// (in byte order) than after, in ascending order, and answers how many they
	// are: fewer than len(into) only at the end. It answers [ErrNotFound] if the
	// group is gone. A member that is there from the first call to the last is
	// answered exactly once.
	//
	// The slice belongs to the caller, who uses it for one piece after the other;
	// ScanMembers does not keep it, nor anything of what was in it.
	ScanMembers(ctx context.Context, id, after string, into []Member) (n int, err error)
}

// MemberCounter is what a [GroupStore] implements that knows how many members a
// group has without reading them.
type MemberCounter interface {
	// CountMembers answers the number of members, or [ErrNotFound].
	CountMembers(ctx context.Context, id string) (int, error)
}

// Nesting says what a store makes of groups that are members of groups (RFC 7643
// §4.2). A member is a group if its Value is the id of one, whatever Type it has.
type Nesting uint8

const (
	// NestingTyped gives a member whose Value is the id of a group, and that has no
	// Type, the Type "Group"; and a group that is deleted is removed from the
	// groups that it was a member of, whose versions rise.
	NestingTyped Nesting = iota
	// NestingAcyclic does the same, and refuses to make a group a member of itself,
	// directly or through other groups, with a [CycleError]. This is decided in the
	// same atomic step as the change.
	NestingAcyclic
	// NestingOff takes members for what clients say they are. It is for services
	// where the id of a group and that of a user may be the same.
	NestingOff
)

// MembershipQuery asks for the groups that something is a member of, as the
// groups attribute of a user has them (RFC 7643 §4.1.2).
type MembershipQuery struct {
	// Member is the id of the member: a user, a group or whatever else.
	Member string
	// Transitive asks for the groups too that hold those groups.
	Transitive bool
	// After is the id of the last group of the page before; Limit is how many
	// groups to answer at most, 0 means 1,000.
	After string
	Limit int
}

// Membership is one group that something is a member of.
type Membership struct {
	// Group is the head of the group, without extensions.
	Group Group
	// Direct says that the group has it as a member itself.
	Direct bool
}

// MembershipFinder is what a [GroupStore] implements that can follow memberships
// upwards by itself. See [GroupsOf], which works with any store.
type MembershipFinder interface {
	// GroupsOf answers up to q.Limit groups in ascending order of their ids; fewer
	// only at the end. Circles among groups do no harm; a group in one is among the
	// groups that it is a member of.
	GroupsOf(ctx context.Context, q MembershipQuery) ([]Membership, error)
}
