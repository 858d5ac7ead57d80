package scim

import (
	"net/http"

	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// getGroup answers GET /Groups/{id} (RFC 7644 §3.4.1).
func (x *exchange) getGroup() error {
	id, err := x.groupID()
	if err != nil {
		return err
	}
	if err := x.authorize(OperationRead, id); err != nil {
		return err
	}
	p, _, err := x.projection(nil)
	if err != nil {
		return err
	}
	g, unchanged, err := x.h.service.Get(x.ctx, x.groups, id, p.HasMembers(), x.preconditions())
	if err != nil {
		return err
	}
	if unchanged {
		x.identify(&g, x.base())
		x.setHeader("Cache-Control", cacheControlValue, cacheControl)
		x.status(http.StatusNotModified)
		return nil
	}
	return x.sendGroup(http.StatusOK, &g, p)
}

// createGroup answers POST /Groups (RFC 7644 §3.3).
func (x *exchange) createGroup() error {
	if err := x.authorize(OperationCreate, ""); err != nil {
		return err
	}
	body, err := x.body()
	if err != nil {
		return err
	}
	resource, err := x.resource(body)
	if err != nil {
		return err
	}
	// A faulty query must not be found after the group has been made.
	p, _, err := x.projection(resource.Supplied)
	if err != nil {
		return err
	}
	change, err := x.h.service.Create(x.ctx, x.caller(), resource)
	if err != nil {
		return err
	}
	x.count(&change)
	return x.sendWritten(store.OperationCreate, &change, p)
}

// caller says for whom an operation is done.
func (x *exchange) caller() *service.Caller {
	c := &service.Caller{Groups: x.groups, Tenant: x.tenant, Subject: x.subject.Name, RequestID: x.requestID()}
	if hook := x.h.config.OnChange; hook != nil {
		c.OnChange, c.HookFailed = hook, func(err error) { x.hookFailed("OnChange", err) }
	}
	return c
}

// count notes a change for the Observation.
func (x *exchange) count(change *store.Change) {
	x.added += change.NumAdded
	x.removed += change.NumRemoved
}

// sendWritten sends a group that was written.
func (x *exchange) sendWritten(op store.Operation, change *store.Change, p *wire.Projection) error {
	code := http.StatusOK
	if op == store.OperationCreate {
		code = http.StatusCreated
	}
	g, err := x.h.service.Written(x.ctx, x.groups, op, change, p.HasMembers())
	if err == nil {
		err = x.sendGroup(code, &g, p)
	}
	if err != nil && !x.wrote {
		return x.sendGroup(code, &change.Group, p) // the change must not be denied
	}
	return err
}

// replaceGroup answers PUT /Groups/{id} (RFC 7644 §3.5.1).
func (x *exchange) replaceGroup() error { return x.changeGroup(OperationReplace) }

// patchGroup answers PATCH /Groups/{id} (RFC 7644 §3.5.2).
func (x *exchange) patchGroup() error { return x.changeGroup(OperationPatch) }

func (x *exchange) changeGroup(op Operation) error {
	id, err := x.groupID()
	if err != nil {
		return err
	}
	if err := x.authorize(op, id); err != nil {
		return err
	}
	body, err := x.body()
	if err != nil {
		return err
	}
	edit, err := x.compile(op, body)
	if err != nil {
		return err
	}
	p, asked, err := x.projection(edit.Supplied)
	if err != nil {
		return err
	}
	bare := op == OperationPatch && !asked && !x.quirks.Has(patch.PatchAnswers200)
	change, tolerated, err := x.h.service.Update(x.ctx, x.caller(), store.Operation(op), id, edit,
		x.preconditions().Condition(), !bare)
	x.used |= tolerated
	if err != nil {
		return err
	}
	x.count(&change)
	if bare {
		x.setHeader("Etag", etagValue, change.Group.Version.String())
		x.status(http.StatusNoContent)
		return nil
	}
	if op == OperationPatch && !asked {
		x.used |= patch.PatchAnswers200
	}
	return x.sendWritten(store.Operation(op), &change, p)
}

// deleteGroup answers DELETE /Groups/{id} (RFC 7644 §3.6).
func (x *exchange) deleteGroup() error {
	id, err := x.groupID()
	if err != nil {
		return err
	}
	if err := x.authorize(OperationDelete, id); err != nil {
		return err
	}
	if _, err := x.h.service.Delete(x.ctx, x.caller(), id, x.preconditions().Condition()); err != nil {
		return err
	}
	x.status(http.StatusNoContent)
	return nil
}

// compile compiles the body of a PUT or a PATCH.
func (x *exchange) compile(op Operation, body []byte) (*patch.Edit, error) {
	if op == OperationPatch {
		edit, err := x.h.dialect.Patch(x.compiler(), body)
		if err == nil {
			x.used |= edit.Tolerated()
		}
		return edit, err
	}
	resource, err := x.resource(body)
	if err != nil {
		return nil, err
	}
	return resource.Replace(), nil
}

// resource decodes the body of a POST or a PUT.
func (x *exchange) resource(body []byte) (*patch.Resource, error) {
	resource, err := x.compiler().Resource(body)
	if err == nil {
		x.used |= resource.Tolerated()
	}
	return resource, err
}

func (x *exchange) preconditions() service.Preconditions {
	return service.ParsePreconditions(x.r.Header["If-Match"], x.r.Header["If-None-Match"])
}

// groupID is the id in the path. What can be no id is not found.
func (x *exchange) groupID() (string, error) {
	return x.route.ID, service.CheckID(x.route.ID)
}
