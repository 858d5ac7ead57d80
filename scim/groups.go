package scim

import (
	"net/http"

	"github.com/scimgroups/scimgroups/internal/fault"
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
	resource, err := x.resource(x.compiler(), body)
	if err != nil {
		return err
	}
	// A faulty query must not be found after the group has been made.
	p, _, err := x.projection(resource.Supplied)
	if err != nil {
		return err
	}
	created, err := x.create(resource)
	if err != nil {
		return err
	}
	if len(created.Members) == 0 || !p.HasMembers() {
		return x.sendGroup(http.StatusCreated, &created, p)
	}
	return x.sendWritten(http.StatusCreated, &created, p)
}

// sendWritten sends a group that was written, as the store has it now (RFC 7644
// §3.1). The change was made, and must not be denied because the group cannot be
// read afterwards: what is known of it is sent then.
func (x *exchange) sendWritten(code int, g *store.Group, p *wire.Projection) error {
	read, _, err := x.h.service.Get(x.ctx, x.groups, g.ID, p.HasMembers(), service.Preconditions{})
	if err == nil {
		err = x.sendGroup(code, &read, p)
	}
	if err != nil && !x.wrote {
		return x.sendGroup(code, g, p)
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
	conditions := x.preconditions()
	change, err := x.change(op.event(), id, edit, conditions)
	if err != nil {
		return err
	}
	if op == OperationPatch && !asked && !x.tolerates(patch.PatchAnswers200) {
		x.setHeader("Etag", etagValue, change.Group.Version.String())
		x.status(http.StatusNoContent)
		return nil
	}
	return x.sendWritten(http.StatusOK, &change.Group, p)
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
	conditions := x.preconditions()
	if err := x.remove(id, conditions); err != nil {
		return err
	}
	x.status(http.StatusNoContent)
	return nil
}

// create, compile, change and remove are what the endpoints of groups and /Bulk
// have in common.
func (x *exchange) create(resource *patch.Resource) (store.Group, error) {
	resource, err := x.resolveResource(resource)
	if err != nil {
		return store.Group{}, err
	}
	created, err := x.groups.Create(x.origin(store.OperationCreate), resource.Group())
	if err != nil {
		return store.Group{}, err
	}
	x.changed(store.OperationCreate, created)
	g := created.Group
	if g.Members = created.Added; created.Truncated {
		g.Members = resource.Members()
	}
	return g, nil
}

// compile compiles the body of a PUT or a PATCH.
func (x *exchange) compile(op Operation, body []byte) (*patch.Edit, error) {
	return x.compileWith(x.compiler(), op, body)
}

func (x *exchange) compileWith(c *patch.Compiler, op Operation, body []byte) (*patch.Edit, error) {
	if op == OperationPatch {
		edit, err := x.h.dialect.Patch(c, body)
		if err == nil {
			x.used |= edit.Tolerated()
		}
		return edit, err
	}
	resource, err := x.resource(c, body)
	if err != nil {
		return nil, err
	}
	return resource.Replace(), nil
}

// resource decodes the body of a POST or a PUT.
func (x *exchange) resource(c *patch.Compiler, body []byte) (*patch.Resource, error) {
	resource, err := c.Resource(body)
	if err == nil {
		x.used |= resource.Tolerated()
	}
	return resource, err
}

func (x *exchange) change(op store.Operation, id string, edit *patch.Edit, conditions service.Preconditions) (store.Change, error) {
	edit, err := x.resolveEdit(edit)
	if err != nil {
		return store.Change{}, err
	}
	u := edit.Update(&x.used)
	u.If = conditions.Condition()
	if editHead := u.Head; editHead != nil && x.h.dialect.NamesAreIDs() {
		u.Head = func(head *store.Group) error {
			name := head.DisplayName
			if err := editHead(head); err != nil {
				return err
			}
			return checkName(name, head)
		}
	}
	change, err := x.groups.Update(x.origin(op), id, u)
	if err == nil && change.Changed {
		x.changed(op, change)
	}
	return change, err
}

// checkName refuses to rename a group whose id is its name.
func checkName(before string, head *store.Group) error {
	if head.DisplayName != before {
		return fault.Mutability("displayName is the id of the group and cannot be changed")
	}
	return nil
}

func (x *exchange) remove(id string, conditions service.Preconditions) error {
	change, err := x.groups.Delete(x.origin(store.OperationDelete), id, conditions.Condition())
	if err == nil {
		x.changed(store.OperationDelete, change)
	}
	return err
}

func (x *exchange) preconditions() service.Preconditions {
	return service.ParsePreconditions(x.r.Header["If-Match"], x.r.Header["If-None-Match"])
}

// groupID is the id in the path. What can be no id is not found.
func (x *exchange) groupID() (string, error) {
	return x.route.ID, service.CheckID(x.route.ID)
}
