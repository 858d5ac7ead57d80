package store

import (
	"context"
	"slices"
	"time"
)

// MaxChangeMembers is how many members a [Change] lists at most. A store may have
// an option for a lower bound.
const MaxChangeMembers = 100_000

// Change says what a write did to a group. Create, Update and Delete return it
// alike.
type Change struct {
	// Group is the head of the group after the change, or the last head of a deleted
	// group. It has Extensions if the change edited them, or if [Update.Extensions]
	// asked for them. Members is nil.
	Group Group
	// FormerName is the displayName before the change. It is empty for a new
	// group, and equal to Group.DisplayName unless the group was renamed.
	FormerName string
	// Attributes lists the paths (RFC 7644 §3.5.2) of the attributes of the head that
	// differ from before: displayName, externalId and the attributes of extensions,
	// in that order, the latter sorted. For a new group it lists the attributes that
	// have a value. It is nil for a deleted group.
	Attributes []string
	// Changed reports whether the group differs from before. It is true for a group
	// that was created or deleted.
	Changed bool
	MemberChange
}

// MemberChange is the net difference between the members of a group before and
// after a change. A member that is removed and added again unchanged does
// not count.
type MemberChange struct {
	// NumAdded, NumRemoved and NumAltered are the numbers of members that were added,
	// that were removed, and whose sub-attributes changed. A Delete does not count the
	// members of the group.
	NumAdded, NumRemoved, NumAltered int
	// Added holds the added members, Removed the Values of the removed members, and
	// Altered the altered members after the change, each in no particular order. All
	// three are nil if Truncated is set.
	Added   []Member
	Removed []string
	Altered []Member
	// Truncated reports that more than [MaxChangeMembers] members changed, so that
	// they are counted but not listed.
	Truncated bool
}

// IsZero reports whether no member changed.
func (c *MemberChange) IsZero() bool { return c.NumAdded+c.NumRemoved+c.NumAltered == 0 }

// Operation is an operation of the protocol that writes. Hooks, the outbox and
// security events name it alike.
type Operation string

// The operations that write.
const (
	OperationCreate  Operation = "create"  // POST
	OperationReplace Operation = "replace" // PUT
	OperationPatch   Operation = "patch"   // PATCH
	OperationDelete  Operation = "delete"  // DELETE
)

// Origin says where a change comes from. The Handler of package scim puts it into
// the context of every write, and a store with an [Outbox] keeps it with the
// change.
type Origin struct {
	// Operation is the operation that made the change. If it is empty, a store
	// derives it: create, delete, or else patch.
	Operation Operation
	// Subject is the name of the client. RequestID identifies its request.
	Subject, RequestID string
}

type originKey struct{}

// WithOrigin returns a context that carries o to the stores it is passed to.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginFrom returns the Origin stored in ctx by [WithOrigin], or the zero Origin.
func OriginFrom(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

// Event is a change that has been made. The OnChange hook of package scim, the
// [Outbox] of a store and package scim/events share it.
type Event struct {
	// Tenant is the name of the tenant, or empty if there is only one.
	Tenant string
	// Time is when the change was made.
	Time time.Time
	Origin
	Change
}

// Clone returns a copy of e that shares no memory with it.
func (e Event) Clone() Event {
	e.Group = e.Group.Clone()
	e.Attributes = slices.Clone(e.Attributes)
	e.Added, e.Removed, e.Altered = slices.Clone(e.Added), slices.Clone(e.Removed), slices.Clone(e.Altered)
	return e
}

// OutboxEntry is an Event that a store records in the transaction that makes the
// change, so there is exactly one for each committed change.
type OutboxEntry struct {
	// Key identifies the entry. It has no other meaning.
	Key string
	Event
}

// Outbox is implemented by a [GroupStore] that records each change in the transaction
// that makes it, for readers that must not miss one.
//
// Entries of one group come in the order of their versions. An entry is returned
// until it is acknowledged, so a reader may see an entry more than once, but misses
// none (at-least-once delivery). The order holds for one reader at a time. A new
// reader continues where the last one stopped acknowledging.
type Outbox interface {
	// ReadOutbox returns up to limit entries that are not acknowledged, of all
	// tenants, oldest first.
	ReadOutbox(ctx context.Context, limit int) ([]OutboxEntry, error)
	// AckOutbox acknowledges entries by their Keys. A Key without an entry is not an
	// error.
	AckOutbox(ctx context.Context, keys ...string) error
	// PruneOutbox drops the entries made before a time, acknowledged or not, and
	// returns their number. It bounds the outbox of a service that has lost its
	// reader.
	PruneOutbox(ctx context.Context, before time.Time) (int, error)
}
