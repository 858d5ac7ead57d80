package scim

import (
	"context"

	"github.com/scimgroups/scimgroups/store"
)

// origin returns the context of a write, which tells the store where the change comes
// from. It is always set, since the store may be one of the host around one with an
// outbox.
func (x *exchange) origin(op store.Operation) context.Context {
	return store.WithOrigin(x.ctx, x.originOf(op))
}

func (x *exchange) originOf(op store.Operation) store.Origin {
	return store.Origin{Operation: op, Subject: x.subject.Name, RequestID: x.requestID()}
}

// changed tells the host of a change, after it has been made. Nothing that the hook does
// can undo it or change the response.
func (x *exchange) changed(op store.Operation, c store.Change) {
	x.added += c.NumAdded
	x.removed += c.NumRemoved
	hook := x.h.config.OnChange
	if hook == nil {
		return
	}
	e := store.Event{Tenant: x.tenant, Time: c.Group.LastModified, Origin: x.originOf(op), Change: c}
	x.guard("OnChange", func() {
		hook(context.WithoutCancel(x.ctx), e.Clone()) // what it does to the event must not reach the response
	})
}
