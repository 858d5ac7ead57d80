package elimitygroups

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"

	elimity "github.com/elimity-com/scim"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
)

// Options bend and bound a [ResourceHandler]. The zero value is fit for production.
type Options struct {
	// SelectTenant, if not nil, picks the tenant of a request, whose groups are served
	// instead of those that NewResourceHandler got. Its errors are answered like those
	// of a store.
	SelectTenant func(r *http.Request) (scim.Tenant, error)
	// Extensions are the extension schemas of groups (RFC 7643 §3.3).
	Extensions []filter.Extension

	// BaseURL is what the server got with WithBaseURL. With it members have a $ref,
	// and a $ref or a meta.location that a client sends is understood.
	BaseURL string
	// Endpoints are where the types that members may have are served, beside groups;
	// nil means {"User": "/Users"}.
	Endpoints map[string]string

	// Limits bound what a client can make large, where it is not the server that
	// reads it: Body, Filter and MaxIndex.
	Limits scim.Limits
	// Quirks are the deviations from RFC 7644 to tolerate, where the server lets
	// them through; Defaults to [patch.Default].
	Quirks patch.Quirks

	// KeepMembersOnPut, CanonicalMember and OnChange are those of [scim.Config]. The
	// Subject of an event is that of the request's context, if there is one, and its
	// RequestID the X-Request-Id.
	KeepMembersOnPut bool
	CanonicalMember  func(value string) string
	OnChange         func(ctx context.Context, e store.Event)
	// AnswerPatch answers a PATCH with the group, as [patch.PatchAnswers200] does.
	AnswerPatch bool

	// Logger receives the errors that clients are not told of; nil means
	// slog.Default().
	Logger *slog.Logger
}

// ResourceHandler is the ResourceHandler and ResourceSearcher of groups. It is safe
// for concurrent use.
type ResourceHandler struct {
	groups  store.GroupStore
	o       Options
	log     *slog.Logger
	schema  schema.Schema
	service *service.Service
}

var (
	_ elimity.ResourceHandler  = (*ResourceHandler)(nil)
	_ elimity.ResourceSearcher = (*ResourceHandler)(nil)
)

// NewResourceHandler makes a ResourceHandler for the groups of a store, which may be
// nil if there is Options.SelectTenant.
func NewResourceHandler(groups store.GroupStore, o Options) (*ResourceHandler, error) {
	if groups == nil && o.SelectTenant == nil {
		return nil, errors.New("elimitygroups: the store is missing")
	}
	o.Quirks = cmp.Or(o.Quirks, patch.Default)
	h := &ResourceHandler{groups: groups, o: o, log: cmp.Or(o.Logger, slog.Default())}
	base := ""
	if o.BaseURL != "" {
		var err error
		if base, err = service.BaseURL(o.BaseURL); err != nil {
			return nil, fmt.Errorf("elimitygroups: Options.BaseURL: %w", err)
		}
	}
	endpoints := map[string]string{"User": "/Users"}
	if o.Endpoints != nil {
		endpoints = maps.Clone(o.Endpoints)
	}
	endpoints[store.ResourceType] = "/Groups"
	var err error
	if h.schema, err = groupSchema(endpoints); err != nil {
		return nil, err
	}
	table, err := filter.NewTable(filter.Definition{Core: h.schema, Extensions: o.Extensions})
	if err != nil {
		return nil, err
	}
	h.service, err = service.New(service.Config{
		Table: table, Endpoints: endpoints, Quirks: o.Quirks,
		Patch:    patch.Options{Limits: o.Limits.Body, Filter: o.Limits.Filter, KeepMembersOnPut: o.KeepMembersOnPut, CanonicalMember: o.CanonicalMember},
		MaxIndex: cmp.Or(o.Limits.MaxIndex, 10_000_000), MaxCount: math.MaxInt, // the server has its own
	}, base)
	if err != nil {
		return nil, fmt.Errorf("elimitygroups: %w", err)
	}
	return h, nil
}

// ResourceType is the resource type to give to the server: Group at /Groups, with the
// schemas that the handler goes by.
func (h *ResourceHandler) ResourceType() elimity.ResourceType {
	t := elimity.ResourceType{
		ID: optional.NewString(store.ResourceType), Name: store.ResourceType, Endpoint: "/Groups",
		Description: optional.NewString("Group"), Schema: h.schema, Handler: h,
	}
	for _, x := range h.o.Extensions {
		t.SchemaExtensions = append(t.SchemaExtensions, elimity.SchemaExtension{Schema: x.Schema, Required: x.Required})
	}
	return t
}

// groupSchema is [store.Schema] as this server has to have it: it drops what is
// readOnly, display among it, and refuses members without a value before their $ref
// can tell it.
func groupSchema(endpoints map[string]string) (schema.Schema, error) {
	var names []string
	for name := range endpoints {
		if name != "User" && name != store.ResourceType {
			names = append(names, name)
		}
	}
	var s schema.Schema
	definition := store.Schema(names...).ToMap()
	for _, a := range definition["attributes"].([]map[string]any) {
		subs, _ := a["subAttributes"].([]map[string]any)
		for _, sub := range subs {
			switch sub["name"] {
			case "display":
				sub["mutability"] = "readWrite"
			case "value":
				sub["required"] = false
			}
		}
	}
	text, err := json.Marshal(definition)
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	return s, err
}

// tenant is whose groups a request is about.
func (h *ResourceHandler) tenant(r *http.Request) (scim.Tenant, error) {
	if h.o.SelectTenant == nil {
		return scim.Tenant{Groups: h.groups}, nil
	}
	t, err := h.o.SelectTenant(r)
	if err == nil && t.Groups == nil {
		err = errors.New("elimitygroups: Options.SelectTenant answered no store")
	}
	return t, err
}

// Create stores a new group (RFC 7644 §3.3).
func (h *ResourceHandler) Create(r *http.Request, attributes elimity.ResourceAttributes) (_ elimity.Resource, err error) {
	defer h.told(r, &err)
	tenant, err := h.tenant(r)
	if err != nil {
		return elimity.Resource{}, err
	}
	resource, err := h.compile(attributes)
	if err != nil {
		return elimity.Resource{}, err
	}
	p, err := h.projection(r, resource.Supplied)
	if err != nil {
		return elimity.Resource{}, err
	}
	created, err := tenant.Groups.Create(store.WithOrigin(r.Context(), origin(r, store.OperationCreate)), resource.Group())
	if err != nil {
		return elimity.Resource{}, err
	}
	h.changed(r, tenant.Name, store.OperationCreate, created)
	g := created.Group
	if g.Members = created.Added; created.Truncated {
		g.Members = resource.Members()
	}
	return h.resource(&g, p), nil
}

// Get answers one group (RFC 7644 §3.4.1).
func (h *ResourceHandler) Get(r *http.Request, id string) (_ elimity.Resource, err error) {
	defer h.told(r, &err)
	tenant, err := h.tenant(r)
	if err != nil {
		return elimity.Resource{}, err
	}
	p, err := h.projection(r, nil)
	if err != nil {
		return elimity.Resource{}, err
	}
	return h.read(r, tenant.Groups, id, p)
}

func (h *ResourceHandler) read(r *http.Request, groups store.GroupStore, id string, p *service.Projection) (elimity.Resource, error) {
	if err := service.CheckID(id); err != nil {
		return elimity.Resource{}, err
	}
	g, _, err := h.service.Get(r.Context(), groups, id, p.ShowsMembers(), service.Preconditions{})
	if err != nil {
		return elimity.Resource{}, err
	}
	return h.resource(&g, p), nil
}

// Replace puts a group in the place of another (RFC 7644 §3.5.1).
func (h *ResourceHandler) Replace(r *http.Request, id string, attributes elimity.ResourceAttributes) (_ elimity.Resource, err error) {
	defer h.told(r, &err)
	resource, err := h.compile(attributes)
	if err != nil {
		return elimity.Resource{}, err
	}
	return h.update(r, store.OperationReplace, id, resource.Replace())
}

// Patch changes a group (RFC 7644 §3.5.2). It is answered 204 unless the request asks
// for attributes, or Options.AnswerPatch is set.
func (h *ResourceHandler) Patch(r *http.Request, id string, operations []elimity.PatchOperation) (_ elimity.Resource, err error) {
	defer h.told(r, &err)
	body, err := patchBody(operations)
	if err != nil {
		return elimity.Resource{}, err
	}
	edit, err := h.service.Compiler(h.o.Quirks).Patch(body)
	if err != nil {
		return elimity.Resource{}, err
	}
	return h.update(r, store.OperationPatch, id, edit)
}

func (h *ResourceHandler) update(r *http.Request, op store.Operation, id string, edit *patch.Edit) (elimity.Resource, error) {
	tenant, err := h.tenant(r)
	if err != nil {
		return elimity.Resource{}, err
	}
	if err := service.CheckID(id); err != nil {
		return elimity.Resource{}, err
	}
	p, err := h.projection(r, edit.Supplied)
	if err != nil {
		return elimity.Resource{}, err
	}
	u := edit.Update(nil)
	u.If = preconditions(r).Condition()
	change, err := tenant.Groups.Update(store.WithOrigin(r.Context(), origin(r, op)), id, u)
	if err != nil {
		return elimity.Resource{}, err
	}
	if change.Changed {
		h.changed(r, tenant.Name, op, change)
	}
	if op == store.OperationPatch && !p.Asked() && !h.o.AnswerPatch {
		return elimity.Resource{}, nil
	}
	answer, err := h.read(r, tenant.Groups, id, p)
	if err != nil {
		// The change was made, and must not be denied because the group could not be
		// read afterwards: its head is known.
		h.report(r, err)
		return h.resource(&change.Group, p), nil
	}
	return answer, nil
}

// Delete deletes a group (RFC 7644 §3.6).
func (h *ResourceHandler) Delete(r *http.Request, id string) (err error) {
	defer h.told(r, &err)
	tenant, err := h.tenant(r)
	if err != nil {
		return err
	}
	if err := service.CheckID(id); err != nil {
		return err
	}
	change, err := tenant.Groups.Delete(store.WithOrigin(r.Context(), origin(r, store.OperationDelete)), id, preconditions(r).Condition())
	if err == nil {
		h.changed(r, tenant.Name, store.OperationDelete, change)
	}
	return err
}

func preconditions(r *http.Request) service.Preconditions {
	return service.ParsePreconditions(r.Header["If-Match"], r.Header["If-None-Match"])
}

// compile compiles the attributes of a POST or a PUT.
func (h *ResourceHandler) compile(attributes elimity.ResourceAttributes) (*patch.Resource, error) {
	object := make(map[string]any, len(attributes)+1)
	for name, value := range attributes {
		object[name] = present(value)
	}
	object["schemas"] = []string{h.service.Table.Core()}
	body, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("elimitygroups: attributes: %w", err)
	}
	return h.service.Compiler(h.o.Quirks).Resource(body)
}

// present gives lists of no elements the JSON []. The server makes nil of them, whose
// JSON is null, and removing no members is not removing the members.
func present(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = present(v[i])
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name := range v {
			object[name] = present(v[name])
		}
		return object
	}
	return v
}

// changed tells the host of a change. Nothing that the hook does can undo it or
// change the answer.
func (h *ResourceHandler) changed(r *http.Request, tenant string, op store.Operation, c store.Change) {
	if h.o.OnChange == nil {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			h.report(r, fmt.Errorf("elimitygroups: OnChange: panic: %v", p))
		}
	}()
	e := store.Event{Tenant: tenant, Time: c.Group.LastModified, Origin: origin(r, op), Change: c}
	h.o.OnChange(context.WithoutCancel(r.Context()), e.Clone())
}

// origin says where a change comes from.
func origin(r *http.Request, op store.Operation) store.Origin {
	subject, _ := scim.SubjectFrom(r.Context())
	return store.Origin{Operation: op, Subject: subject.Name, RequestID: service.RequestID(r.Header.Get("X-Request-Id"))}
}
