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

// Options configures a [ResourceHandler]. The zero value is fit for production.
type Options struct {
	// SelectTenant, if not nil, picks the tenant of a request, whose groups are served
	// instead of those that NewResourceHandler was given. It may return any error of
	// package store; the response is the same.
	SelectTenant func(r *http.Request) (scim.Tenant, error)
	// Extensions are the extension schemas of groups (RFC 7643 §3.3). Defaults to none.
	Extensions []filter.Extension

	// BaseURL is the URL that the server was given with WithBaseURL. With it, members
	// have a $ref, and a $ref or a meta.location that a client sends is understood.
	// Defaults to none.
	BaseURL string
	// Endpoints says where resource types other than groups that may be members are
	// served. Defaults to {"User": "/Users"}.
	Endpoints map[string]string

	// Limits bounds what a client can make large, where the server does not read it:
	// Body, Filter and MaxIndex.
	Limits scim.Limits
	// Quirks are the deviations from RFC 7644 to tolerate, where the server lets them
	// pass. Defaults to [patch.Default].
	Quirks patch.Quirks

	// KeepMembersOnPut, CanonicalMember and OnChange are those of [scim.Config]. The
	// Subject of an event is that of [scim.SubjectFrom] for the context of the request,
	// if there is one, and RequestID is the X-Request-Id.
	KeepMembersOnPut bool
	CanonicalMember  func(value string) string
	OnChange         func(ctx context.Context, e store.Event)
	// AnswerPatch responds to a PATCH with the group, as [patch.PatchAnswers200] does.
	// Defaults to status 204.
	AnswerPatch bool

	// Logger receives the errors that clients do not learn of. Defaults to
	// slog.Default().
	Logger *slog.Logger
}

// ResourceHandler is the ResourceHandler and ResourceSearcher of groups. It is safe for
// concurrent use.
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

// NewResourceHandler returns a ResourceHandler for the groups of a store, which may be nil
// if Options.SelectTenant is set.
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
		Patch: patch.Options{Limits: o.Limits.Body, Filter: o.Limits.Filter,
			KeepMembersOnPut: o.KeepMembersOnPut, CanonicalMember: o.CanonicalMember},
		MaxIndex: cmp.Or(o.Limits.MaxIndex, 10_000_000), MaxCount: math.MaxInt, // the server has its own
	}, base)
	if err != nil {
		return nil, fmt.Errorf("elimitygroups: %w", err)
	}
	return h, nil
}

// ResourceType returns the resource type to give to the server: Group at /Groups, with
// the schemas of the handler.
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

// groupSchema returns [store.Schema] as this server needs it. The server drops what is
// readOnly, including the display of members, and refuses members without a value before
// their $ref can give it.
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

// caller returns on whose groups and for whom a request is done.
func (h *ResourceHandler) caller(r *http.Request) (*service.Caller, error) {
	subject, _ := scim.SubjectFrom(r.Context())
	c := &service.Caller{
		Groups: h.groups, Subject: subject.Name, RequestID: service.RequestID(r.Header.Get("X-Request-Id")),
		OnChange: h.o.OnChange, HookFailed: func(err error) { h.report(r, fmt.Errorf("OnChange: %w", err)) },
	}
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

// serve runs an operation for the caller of a request.
func serve[T any](h *ResourceHandler, r *http.Request, op func(c *service.Caller) (T, error)) (out T, err error) {
	defer h.told(r, &err)
	c, err := h.caller(r)
	if err != nil {
		return out, err
	}
	return op(c)
}

// Create implements [elimity.ResourceHandler] (RFC 7644 §3.3).
func (h *ResourceHandler) Create(r *http.Request, attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	return serve(h, r, func(c *service.Caller) (out elimity.Resource, err error) {
		resource, err := h.compile(attributes)
		if err != nil {
			return out, err
		}
		p, err := h.projection(r, resource.Supplied)
		if err != nil {
			return out, err
		}
		change, err := h.service.Create(r.Context(), c, resource)
		if err != nil {
			return out, err
		}
		return h.written(r, c, store.OperationCreate, &change, p), nil
	})
}

// written returns a group that was written.
func (h *ResourceHandler) written(r *http.Request, c *service.Caller, op store.Operation, change *store.Change,
	p *service.Projection) elimity.Resource {
	g, err := h.service.Written(r.Context(), c.Groups, op, change, p.ShowsMembers())
	if err != nil {
		h.report(r, err)
	}
	return h.resource(&g, p)
}

// Get implements [elimity.ResourceHandler] (RFC 7644 §3.4.1).
func (h *ResourceHandler) Get(r *http.Request, id string) (elimity.Resource, error) {
	return serve(h, r, func(c *service.Caller) (out elimity.Resource, err error) {
		p, err := h.projection(r, nil)
		if err != nil {
			return out, err
		}
		g, _, err := h.service.Get(r.Context(), c.Groups, id, p.ShowsMembers(), service.Preconditions{})
		if err != nil {
			return out, err
		}
		return h.resource(&g, p), nil
	})
}

// Replace implements [elimity.ResourceHandler] (RFC 7644 §3.5.1).
func (h *ResourceHandler) Replace(r *http.Request, id string, attributes elimity.ResourceAttributes) (
	elimity.Resource, error) {
	return h.update(r, store.OperationReplace, id, func() (*patch.Edit, error) {
		resource, err := h.compile(attributes)
		if err != nil {
			return nil, err
		}
		return resource.Replace(), nil
	})
}

// Patch implements [elimity.ResourceHandler] (RFC 7644 §3.5.2). The response is 204
// unless the request names attributes or Options.AnswerPatch is set.
func (h *ResourceHandler) Patch(r *http.Request, id string, operations []elimity.PatchOperation) (
	elimity.Resource, error) {
	return h.update(r, store.OperationPatch, id, func() (*patch.Edit, error) {
		body, err := patchBody(operations)
		if err != nil {
			return nil, err
		}
		return h.service.Compiler(h.o.Quirks).Patch(body)
	})
}

func (h *ResourceHandler) update(r *http.Request, op store.Operation, id string,
	compile func() (*patch.Edit, error)) (elimity.Resource, error) {
	return serve(h, r, func(c *service.Caller) (out elimity.Resource, err error) {
		edit, err := compile()
		if err != nil {
			return out, err
		}
		p, err := h.projection(r, edit.Supplied)
		if err != nil {
			return out, err
		}
		bare := op == store.OperationPatch && !p.Asked() && !h.o.AnswerPatch
		change, _, err := h.service.Update(r.Context(), c, op, id, edit, condition(r), !bare)
		if err != nil || bare {
			return out, err
		}
		return h.written(r, c, op, &change, p), nil
	})
}

// Delete implements [elimity.ResourceHandler] (RFC 7644 §3.6).
func (h *ResourceHandler) Delete(r *http.Request, id string) error {
	_, err := serve(h, r, func(c *service.Caller) (store.Change, error) {
		return h.service.Delete(r.Context(), c, id, condition(r))
	})
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

// present returns v with empty lists whose JSON is []. The server makes them nil, whose
// JSON is null, and removing no members is not the same as removing the members.
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
