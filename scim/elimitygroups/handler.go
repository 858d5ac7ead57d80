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
	base, err := service.BaseURL(o.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("elimitygroups: Options.BaseURL: %w", err)
	}
	endpoints := map[string]string{"User": "/Users"}
	if o.Endpoints != nil {
		endpoints = maps.Clone(o.Endpoints)
	}
	endpoints[store.ResourceType] = "/Groups"
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

// caller says on whose groups a request is done, and for whom.
func (h *ResourceHandler) caller(r *http.Request) (*service.Caller, error) {
	subject, _ := scim.SubjectFrom(r.Context())
	c := &service.Caller{Groups: h.groups, Subject: subject.Name, RequestID: service.RequestID(r.Header.Get("X-Request-Id")),
		OnChange: h.o.OnChange, HookFailed: func(err error) { h.report(r, fmt.Errorf("OnChange: %w", err)) }}
	if h.o.SelectTenant == nil {
		return c, nil
	}
	t, err := h.o.SelectTenant(r)
	if err == nil && t.Groups == nil {
		err = errors.New("elimitygroups: Options.SelectTenant returned no store")
	}
	c.Tenant, c.Groups = t.Name, t.Groups
	return c, err
}

func condition(r *http.Request) *store.Condition {
	return service.ParsePreconditions(r.Header["If-Match"], r.Header["If-None-Match"]).Condition()
}

// Create implements [elimity.ResourceHandler] (RFC 7644 §3.3).
func (h *ResourceHandler) Create(r *http.Request, attributes elimity.ResourceAttributes) (_ elimity.Resource, err error) {
	defer h.told(r, &err)
	c, err := h.caller(r)
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
	change, err := h.service.Create(r.Context(), c, resource)
	if err != nil {
		return elimity.Resource{}, err
	}
	return h.written(r, c, &change, p, true), nil
}

// written returns a group that was written.
func (h *ResourceHandler) written(r *http.Request, c *service.Caller, change *store.Change, p *service.Projection, created bool) elimity.Resource {
	g, err := h.service.Written(r.Context(), c.Groups, change, created, p.ShowsMembers())
	if err != nil {
		h.report(r, err)
	}
	return h.resource(&g, p)
}

// Get implements [elimity.ResourceHandler] (RFC 7644 §3.4.1).
func (h *ResourceHandler) Get(r *http.Request, id string) (_ elimity.Resource, err error) {
	defer h.told(r, &err)
	c, err := h.caller(r)
	if err != nil {
		return elimity.Resource{}, err
	}
	p, err := h.projection(r, nil)
	if err != nil {
		return elimity.Resource{}, err
	}
	g, _, err := h.service.Get(r.Context(), c.Groups, id, p.ShowsMembers(), service.Preconditions{})
	if err != nil {
		return elimity.Resource{}, err
	}
	return h.resource(&g, p), nil
}

// Replace implements [elimity.ResourceHandler] (RFC 7644 §3.5.1).
func (h *ResourceHandler) Replace(r *http.Request, id string, attributes elimity.ResourceAttributes) (_ elimity.Resource, err error) {
	defer h.told(r, &err)
	resource, err := h.compile(attributes)
	if err != nil {
		return elimity.Resource{}, err
	}
	return h.update(r, store.OperationReplace, id, resource.Replace())
}

// Patch implements [elimity.ResourceHandler] (RFC 7644 §3.5.2). The response is 204
// unless the request names attributes or Options.AnswerPatch is set.
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
	c, err := h.caller(r)
	if err != nil {
		return elimity.Resource{}, err
	}
	p, err := h.projection(r, edit.Supplied)
	if err != nil {
		return elimity.Resource{}, err
	}
	bare := op == store.OperationPatch && !p.Asked() && !h.o.AnswerPatch
	change, _, err := h.service.Update(r.Context(), c, op, id, edit, condition(r), !bare)
	if err != nil || bare {
		return elimity.Resource{}, err
	}
	return h.written(r, c, &change, p, false), nil
}

// Delete implements [elimity.ResourceHandler] (RFC 7644 §3.6).
func (h *ResourceHandler) Delete(r *http.Request, id string) (err error) {
	defer h.told(r, &err)
	c, err := h.caller(r)
	if err != nil {
		return err
	}
	_, err = h.service.Delete(r.Context(), c, id, condition(r))
	return err
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
