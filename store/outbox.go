package store

import (
	"context"
	"time"
)

// Origin says where a change comes from. The handler puts it into the context of
// every write, and a store with an [Outbox] keeps it with the change.
type Origin struct {
	// Operation of the protocol: "create", "put", "patch" or "delete", as a
	// [scim.EventKind] has it.
	//
	// [scim.EventKind]: https://pkg.go.dev/github.com/scimgroups/scimgroups/scim#EventKind
	Operation string
	// Subject is the name of the client, RequestID that of its request.
	Subject, RequestID string
}

type originKey struct{}

// WithOrigin is ctx with an origin for the changes that are made with it.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginFrom answers the origin of changes that are made with ctx; the zero
// Origin if nobody said one.
func OriginFrom(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

// ChangeKind says what became of a group.
type ChangeKind string

// The kinds of changes.
const (
	GroupCreated ChangeKind = "created"
	GroupUpdated ChangeKind = "updated"
	GroupDeleted ChangeKind = "deleted"
)

// OutboxEntry is a change that was made. It was written in the same transaction
// as the change, so there is one exactly for each that was committed.
type OutboxEntry struct {
	// Key tells entries apart; it has no other meaning.
	Key string
	// Tenant is the name of the tenant.
	Tenant string
	Kind   ChangeKind
	// At is when the change was made.
	At time.Time
	// Group is the head of the group after the change; of one that was deleted,
	// before.
	Group Group
	// Changed names the attributes of the head that are different from before, as
	// paths (RFC 7644 §3.5.2); of a new group those that it has.
	Changed []string
	// MemberChange is the change of the members. It is empty if Truncated.
	MemberChange
	// Truncated says that there were more members than an entry holds. The new
	// state of the group has to be read from the store.
	Truncated bool
	Origin    Origin
}

// Outbox is what a [GroupStore] implements that writes each change down in the
// transaction that makes it, for somebody who must not miss one.
//
// Entries of one group come in the order of their versions. An entry is answered
// again and again until it is acknowledged, so who reads has to expect some
// twice (at least once, never not at all). One reader at a time keeps the order;
// if it dies, the next one goes on where it was.
type Outbox interface {
	// ReadOutbox answers up to limit entries that are not acknowledged, of all
	// tenants, the oldest first.
	ReadOutbox(ctx context.Context, limit int) ([]OutboxEntry, error)
	// AckOutbox acknowledges entries, by their Keys. Those that are gone already are
	// no error.
	AckOutbox(ctx context.Context, keys ...string) error
	// PruneOutbox drops the entries from before a time, acknowledged or not, and
	// answers how many. It bounds the outbox of a service whose reader is gone.
	PruneOutbox(ctx context.Context, before time.Time) (int, error)
}
