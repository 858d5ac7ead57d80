package scim

import (
	"net/http"

	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// getGroup serves GET /Groups/{id} (RFC 7644 §3.4.1).
func (x *exchange) getGroup() (response, error) {
	id, err := x.groupID()
	if err != nil {
		return response{}, err
	}
	if err := x.authorize(OperationRead, id); err != nil {
		return response{}, err
	}
	p, _, err := x.projection(nil)
	if err != nil {
		return response{}, err
	}
	g, unchanged, err := x.h.service.Get(x.ctx, x.tenant.Groups, id, p.HasMembers(), x.preconditions())
	if err != nil {
		return response{}, err
	}
	if unchanged {
		return response{status: http.StatusNotModified, group: g}, nil
	}
	return response{status: http.StatusOK, group: g, projection: p}, nil
}

// createGroup serves POST /Groups (RFC 7644 §3.3).
func (x *exchange) createGroup() (response, error) {
	if err := x.authorize(OperationCreate, ""); err != nil {
		return response{}, err
	}
	body, err := x.body()
	if err != nil {
		return response{}, err
	}
	resource, err := x.resource(body)
	if err != nil {
		return response{}, err
	}
	// A faulty query must not be found after the group has been made.
	p, _, err := x.projection(resource.Supplied)
	if err != nil {
		return response{}, err
	}
	change, err := x.h.service.Create(x.ctx, x.caller(), resource)
	if err != nil {
		return response{}, err
	}
	x.count(&change)
	return x.written(store.OperationCreate, &change, p), nil
}

// caller returns the caller of an operation.
func (x *exchange) caller() *service.Caller {
	c := &service.Caller{
		Groups:    x.tenant.Groups,
		Tenant:    x.tenant.Name,
		Subject:   x.subject.Name,
		RequestID: x.requestID(),
	}
	if hook := x.h.config.OnChange; hook != nil {
		c.OnChange, c.HookFailed = hook, func(err error) { x.hookFailed("OnChange", err) }
	}
	return c
}

// count notes a change for the Observation.
func (x *exchange) count(change *store.Change) {
	x.seen.added += change.NumAdded
	x.seen.removed += change.NumRemoved
}

// written returns the response that shows a group that was written. If the group cannot be
// read, it is shown as it was written.
func (x *exchange) written(op store.Operation, change *store.Change, p *wire.Projection) response {
	fallback := change.Group
	r := response{status: http.StatusOK, projection: p, fallback: &fallback}
	if op == store.OperationCreate {
		r.status = http.StatusCreated
	}
	r.group, _ = x.h.service.Written(x.ctx, x.tenant.Groups, op, change, p.HasMembers())
	return r
}

// changeGroup serves PUT and PATCH /Groups/{id} (RFC 7644 §3.5.1, §3.5.2).
func (x *exchange) changeGroup(op Operation) (response, error) {
	id, err := x.groupID()
	if err != nil {
		return response{}, err
	}
	if err := x.authorize(op, id); err != nil {
		return response{}, err
	}
	body, err := x.body()
	if err != nil {
		return response{}, err
	}
	edit, err := x.compile(op, body)
	if err != nil {
		return response{}, err
	}
	p, asked, err := x.projection(edit.Supplied)
	if err != nil {
		return response{}, err
	}
	bare := op == OperationPatch && !asked && !x.quirks.Has(patch.PatchAnswers200)
	change, tolerated, err := x.h.service.Update(x.ctx, x.caller(), store.Operation(op), id, edit,
		x.preconditions().Condition(), !bare)
	x.seen.used |= tolerated
	if err != nil {
		return response{}, err
	}
	x.count(&change)
	if bare {
		return response{status: http.StatusNoContent, etag: change.Group.Version.String()}, nil
	}
	if op == OperationPatch && !asked {
		x.seen.used |= patch.PatchAnswers200
	}
	return x.written(store.Operation(op), &change, p), nil
}

// deleteGroup serves DELETE /Groups/{id} (RFC 7644 §3.6).
func (x *exchange) deleteGroup() (response, error) {
	id, err := x.groupID()
	if err != nil {
		return response{}, err
	}
	if err := x.authorize(OperationDelete, id); err != nil {
		return response{}, err
	}
	if _, err := x.h.service.Delete(x.ctx, x.caller(), id, x.preconditions().Condition()); err != nil {
		return response{}, err
	}
	return noContent()
}

// compile compiles the body of a PUT or a PATCH.
func (x *exchange) compile(op Operation, body []byte) (*patch.Edit, error) {
	if op == OperationPatch {
		edit, err := x.h.dialect.Patch(x.compiler(), body)
		if err == nil {
			x.seen.used |= edit.Tolerated()
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
		x.seen.used |= resource.Tolerated()
	}
	return resource, err
}

func (x *exchange) preconditions() service.Preconditions {
	return service.ParsePreconditions(x.r.Header["If-Match"], x.r.Header["If-None-Match"])
}

// groupID returns the id in the path, or [store.ErrNotFound] for what cannot be one.
func (x *exchange) groupID() (string, error) {
	return x.route.ID, service.CheckID(x.route.ID)
}
