package scim

import (
	"context"
	"slices"

	"github.com/scimgroups/scimgroups/store"
)

// EventKind says what happened to a group.
type EventKind string

// The kinds of events.
const (
	GroupCreated  EventKind = "create"
	GroupReplaced EventKind = "put"
	GroupPatched  EventKind = "patch"
	GroupDeleted  EventKind = "delete"
)

// Event is a change that has been made. [Config.OnChange] is told of it.
type Event struct {
	Kind EventKind
	// Tenant is the name of the tenant, if there are some.
	Tenant string
	// Group is the head of the group after the change, or before it was deleted.
	Group store.Group
	// MemberChange holds the members that were really added, removed or altered:
	// not those that were there, or were not there, before.
	store.MemberChange
	// Truncated says that MemberChange is left out, because an outbox had no room for
	// it.
	Truncated bool
	// Changed names the attributes of the head that are different from before, as
	// [ChangedAttributes] does; of a new group those that it has.
	Changed []string
	// Subject is who asked for the change.
	Subject Subject
	// RequestID is the client's X-Request-Id, or one that was made.
	RequestID string
}

// OutboxEvent is the Event of an entry of a store's outbox. It cannot tell whether a
// change was made by a PUT or a PATCH if the entry does not say.
func OutboxEvent(e store.OutboxEntry) Event {
	kind := EventKind(e.Origin.Operation)
	switch {
	case e.Kind == store.GroupCreated:
		kind = GroupCreated
	case e.Kind == store.GroupDeleted:
		kind = GroupDeleted
	case kind != GroupReplaced:
		kind = GroupPatched
	}
	return Event{Kind: kind, Tenant: e.Tenant, Group: e.Group, MemberChange: e.MemberChange,
		Truncated: e.Truncated, Changed: e.Changed,
		Subject: Subject{Name: e.Origin.Subject}, RequestID: e.Origin.RequestID}
}

// origin is the context of a write, which tells the store where it comes from. It
// may be a store of the host around one with an outbox, so it is told always.
func (x *exchange) origin(kind EventKind) context.Context {
	return store.WithOrigin(x.ctx, store.Origin{Operation: string(kind), Subject: x.subject.Name, RequestID: x.requestID()})
}

// changed tells the host of a change, after it has been made. Nothing that the
// hook does can undo it or change the answer.
func (x *exchange) changed(kind EventKind, group store.Group, members store.MemberChange, attributes ...string) {
	x.added += len(members.Added)
	x.removed += len(members.Removed)
	hook := x.h.config.OnChange
	if hook == nil {
		return
	}
	e := Event{Kind: kind, Tenant: x.tenant, Group: group, MemberChange: members,
		Changed: attributes, Subject: x.subject, RequestID: x.requestID()}
	x.guard("OnChange", func() {
		hook(context.WithoutCancel(x.ctx), e.Clone()) // what it does to the event must not reach the answer
	})
}

// Clone is a copy of the event that shares no memory with it, but for the Value of
// the Subject.
func (e Event) Clone() Event {
	e.Group = e.Group.Clone()
	e.Added, e.Removed, e.Altered = slices.Clone(e.Added), slices.Clone(e.Removed), slices.Clone(e.Altered)
	e.Changed = slices.Clone(e.Changed)
	return e
}

// ChangedAttributes is [store.ChangedAttributes], as an [Event] has them in Changed.
func ChangedAttributes(before, after *store.Group) []string {
	return store.ChangedAttributes(before, after)
}
