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
	// Group is the head of the group after the change; of a deleted group, its
	// last. It has Extensions if the change edited them, or if they were asked for
	// with [Update.Extensions]. Members is nil.
	Group Group
	// FormerName is the displayName before the change. It is empty for a new
	// group, and equal to Group.DisplayName unless the group was renamed.
	FormerName string
	// Attributes lists the attributes of the head that differ from before, as paths
	// (RFC 7644 §3.5.2): displayName, externalId and the attributes of extensions,
	// in that order, extensions sorted. For a new group it lists the attributes that
	// have a value. It is nil for a deleted group.
	Attributes []string
	// Changed reports whether the group differs from before. It is true for a group
	// that was created or deleted.
	Changed bool
	MemberChange
}

// MemberChange is the net difference between the members of a group before and
// after a change. A member that is removed and added again as it was does not
// count.
type MemberChange struct {
	// NumAdded, NumRemoved and NumAltered count the members that were added, were
	// removed, and had a sub-attribute changed. A Delete does not count the members
	// that the group had.
	NumAdded, NumRemoved, NumAltered int
	// Added holds the new members with their sub-attributes, Removed the Values of
	// those that are gone, Altered the changed ones as they are now; each in no
	// particular order. All three are nil if Truncated is set.
	Added   []Member
	Removed []string
	Altered []Member
	// Truncated reports that more than [MaxChangeMembers] members changed, so that
	// they are counted but not listed.
	Truncated bool
}

// IsZero reports whether no member changed.
func (c *MemberChange) IsZero() bool { return c.NumAdded+c.NumRemoved+c.NumAltered == 0 }

// Clone returns a copy of c that shares no memory with it.
func (c Change) Clone() Change {
	c.Group = c.Group.Clone()
	c.Attributes = slices.Clone(c.Attributes)
	c.Added, c.Removed, c.Altered = slices.Clone(c.Added), slices.Clone(c.Removed), slices.Clone(c.Altered)
	return c
}

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
	// Subject is the name of the client, RequestID that of its request.
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
	e.Change = e.Change.Clone()
	return e
}

// OutboxEntry is an Event that a store wrote down in the transaction that made
// the change, so there is exactly one for each change that was committed.
type OutboxEntry struct {
	// Key identifies the entry. It has no other meaning.
	Key string
	Event
}

// Outbox is implemented by a [GroupStore] that writes each change down in the
// transaction that makes it, for readers that must not miss one.
//
// Entries of one group come in the order of their versions. An entry is returned
// until it is acknowledged, so a reader sees some entries twice, and none never
// (at-least-once delivery). The order holds for one reader at a time. A new
// reader continues where the last one stopped acknowledging.
type Outbox interface {
	// ReadOutbox returns up to limit entries that are not acknowledged, of all
	// tenants, oldest first.
	ReadOutbox(ctx context.Context, limit int) ([]OutboxEntry, error)
	// AckOutbox acknowledges entries by their Keys. Entries that are already gone
	// are not an error.
	AckOutbox(ctx context.Context, keys ...string) error
	// PruneOutbox drops the entries made before a time, acknowledged or not, and
	// returns their number. It bounds the outbox of a service that has lost its
	// reader.
	PruneOutbox(ctx context.Context, before time.Time) (int, error)
}
