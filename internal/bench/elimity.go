package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	elimity "github.com/elimity-com/scim"
	"github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
	filter "github.com/scim2/filter-parser/v2"

	"github.com/scimgroups/scimgroups/store/adapter"
)

// elimityGroups is a ResourceHandler that keeps groups in memory, written for speed
// within what the library offers: a map under a
// lock, attributes as the library hands them over, an index of names (which have
// to be unique) and in each group one of its members, so that adding and removing
// one member costs the same in every group. The response to a PATCH of members is 204.
// Everything else that a PATCH may hold is left to the library's ApplyPatch.
type elimityGroups struct {
	mu     sync.RWMutex
	byID   map[string]*elimityGroup
	byName map[string]*elimityGroup // by the name in lower case
	order  []*elimityGroup          // of creation
}

type elimityGroup struct {
	id                    string
	attributes            elimity.ResourceAttributes // but members
	members               []any                      // elements are map[string]any, which do not change
	at                    map[string]int             // value -> index in members
	created, lastModified time.Time
	version               int
}

var elimitySchema = schema.CoreGroupSchema()

func (g *elimityGroup) name() string {
	name, _ := g.attributes["displayName"].(string)
	return name
}

// set replaces all attributes.
func (g *elimityGroup) set(attributes elimity.ResourceAttributes) {
	g.attributes, g.members, g.at = elimity.ResourceAttributes{}, nil, map[string]int{}
	for name, value := range attributes {
		if name != "members" {
			g.attributes[name] = value
		}
	}
	list, _ := attributes["members"].([]any)
	for _, m := range list {
		g.add(m)
	}
}

func memberValue(m any) string {
	attributes, _ := m.(map[string]any)
	value, _ := attributes["value"].(string)
	return value
}

func (g *elimityGroup) add(m any) {
	value := memberValue(m)
	if _, there := g.at[value]; !there {
		g.at[value] = len(g.members)
		g.members = append(g.members, m)
	}
}

func (g *elimityGroup) remove(value string) {
	i, there := g.at[value]
	if !there {
		return
	}
	last := len(g.members) - 1
	g.members[i] = g.members[last]
	g.at[memberValue(g.members[i])] = i
	g.members[last] = nil
	g.members = g.members[:last]
	delete(g.at, value)
}

// resource is a snapshot of the group; the library writes into its map.
func (g *elimityGroup) resource(members bool) elimity.Resource {
	attributes := make(elimity.ResourceAttributes, len(g.attributes)+4)
	for name, value := range g.attributes {
		attributes[name] = value
	}
	if members && len(g.members) > 0 {
		attributes["members"] = slices.Clone(g.members)
	}
	created, lastModified := g.created, g.lastModified
	return elimity.Resource{
		ID:         g.id,
		Attributes: attributes,
		Meta:       elimity.Meta{Created: &created, LastModified: &lastModified, Version: fmt.Sprintf(`W/"%d"`, g.version)},
	}
}

// withMembers says whether the client wants members; the library does not know
// excludedAttributes.
func withMembers(r *http.Request) bool {
	return r.URL.RawQuery == "" || r.URL.Query().Get("excludedAttributes") != "members"
}

func (h *elimityGroups) Create(_ *http.Request, attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	return h.create(attributes)
}

func (h *elimityGroups) create(attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	now := time.Now().UTC()
	g := &elimityGroup{id: adapter.NewID(), created: now, lastModified: now, version: 1}
	g.set(attributes)
	h.mu.Lock()
	defer h.mu.Unlock()
	name := strings.ToLower(g.name())
	if h.byName[name] != nil {
		return elimity.Resource{}, errors.ScimErrorUniqueness
	}
	h.byID[g.id], h.byName[name] = g, g
	h.order = append(h.order, g)
	return g.resource(true), nil
}

func (h *elimityGroups) Get(r *http.Request, id string) (elimity.Resource, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	g, ok := h.byID[id]
	if !ok {
		return elimity.Resource{}, errors.ScimErrorResourceNotFound(id)
	}
	return g.resource(withMembers(r)), nil
}

func (h *elimityGroups) GetAll(r *http.Request, params elimity.ListRequestParams) (elimity.Page, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	found := h.order
	if params.FilterValidator != nil {
		found = h.matching(params)
	}
	start := min(max(params.StartIndex-1, 0), len(found))
	end := min(start+max(params.Count, 0), len(found))
	page := elimity.Page{TotalResults: len(found), Resources: make([]elimity.Resource, 0, end-start)}
	for _, g := range found[start:end] {
		page.Resources = append(page.Resources, g.resource(withMembers(r)))
	}
	return page, nil
}

// whole are all attributes, with those that the library keeps apart.
func (g *elimityGroup) whole() map[string]any {
	r := g.resource(true)
	all := map[string]any{"id": g.id, "schemas": []any{elimitySchema.ID}, "meta": map[string]any{"resourceType": "Group",
		"created": g.created.Format(time.RFC3339Nano), "lastModified": g.lastModified.Format(time.RFC3339Nano)}}
	if r.ExternalID.Present() {
		all["externalId"] = r.ExternalID.Value()
	}
	for name, value := range r.Attributes {
		all[name] = value
	}
	return all
}

// matching looks displayName up, looks for members.value in each group, which the
// library's own PassesFilter cannot, and leaves other filters to that.
func (h *elimityGroups) matching(params elimity.ListRequestParams) (found []*elimityGroup) {
	if e, ok := params.FilterValidator.GetFilter().(*filter.AttributeExpression); ok && e.Operator == filter.EQ {
		value, _ := e.CompareValue.(string)
		switch strings.ToLower(e.AttributePath.String()) {
		case "displayname":
			if g := h.byName[strings.ToLower(value)]; g != nil {
				return []*elimityGroup{g}
			}
			return nil
		case "members.value":
			for _, g := range h.order {
				if _, there := g.at[value]; there {
					found = append(found, g)
				}
			}
			return found
		}
	}
	for _, g := range h.order {
		if params.FilterValidator.PassesFilter(g.whole()) == nil {
			found = append(found, g)
		}
	}
	return found
}

func (h *elimityGroups) Replace(_ *http.Request, id string, attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	g, ok := h.byID[id]
	if !ok {
		return elimity.Resource{}, errors.ScimErrorResourceNotFound(id)
	}
	if err := h.replace(g, attributes); err != nil {
		return elimity.Resource{}, err
	}
	return g.resource(true), nil
}

func (h *elimityGroups) replace(g *elimityGroup, attributes elimity.ResourceAttributes) error {
	name, _ := attributes["displayName"].(string)
	if other := h.byName[strings.ToLower(name)]; other != nil && other != g {
		return errors.ScimErrorUniqueness
	}
	delete(h.byName, strings.ToLower(g.name()))
	g.set(attributes)
	h.byName[strings.ToLower(g.name())] = g
	g.touch()
	return nil
}

func (g *elimityGroup) touch() {
	g.version++
	g.lastModified = time.Now().UTC()
}

func (h *elimityGroups) Delete(_ *http.Request, id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	g, ok := h.byID[id]
	if !ok {
		return errors.ScimErrorResourceNotFound(id)
	}
	delete(h.byID, id)
	delete(h.byName, strings.ToLower(g.name()))
	h.order = slices.DeleteFunc(h.order, func(other *elimityGroup) bool { return other == g })
	return nil
}

func (h *elimityGroups) Patch(_ *http.Request, id string, operations []elimity.PatchOperation) (elimity.Resource, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	g, ok := h.byID[id]
	if !ok {
		return elimity.Resource{}, errors.ScimErrorResourceNotFound(id)
	}
	if slices.ContainsFunc(operations, func(o elimity.PatchOperation) bool { return !isMemberEdit(o) }) {
		after, err := elimity.ApplyPatch(g.resource(true).Attributes, operations, elimitySchema)
		if err != nil {
			return elimity.Resource{}, err
		}
		if err := h.replace(g, after); err != nil {
			return elimity.Resource{}, err
		}
		return g.resource(true), nil
	}
	for _, o := range operations {
		if o.Op == elimity.PatchOperationRemove {
			value, _ := removedMember(o)
			g.remove(value)
			continue
		}
		for _, m := range addedMembers(o) {
			g.add(m)
		}
	}
	g.touch()
	return elimity.Resource{}, nil // 204
}

// isMemberEdit says whether the operation adds members, or removes one by its value.
func isMemberEdit(o elimity.PatchOperation) bool {
	if o.Op == elimity.PatchOperationRemove {
		_, ok := removedMember(o)
		return ok
	}
	return o.Op == elimity.PatchOperationAdd && o.Path != nil && o.Path.ValueExpression == nil &&
		strings.EqualFold(o.Path.AttributePath.String(), "members")
}

func addedMembers(o elimity.PatchOperation) []any {
	if list, ok := o.Value.([]any); ok {
		return list
	}
	return []any{o.Value}
}

func removedMember(o elimity.PatchOperation) (value string, ok bool) {
	if o.Path == nil || o.Path.SubAttribute != nil || !strings.EqualFold(o.Path.AttributePath.AttributeName, "members") {
		return "", false
	}
	e, ok := o.Path.ValueExpression.(*filter.AttributeExpression)
	if !ok || e.Operator != filter.EQ || !strings.EqualFold(e.AttributePath.String(), "value") {
		return "", false
	}
	value, ok = e.CompareValue.(string)
	return value, ok
}

func openElimity(context.Context, string) (*backend, error) {
	groups := &elimityGroups{byID: map[string]*elimityGroup{}, byName: map[string]*elimityGroup{}}
	server, err := elimity.NewServer(&elimity.ServerArgs{
		ServiceProviderConfig: &elimity.ServiceProviderConfig{SupportFiltering: true, SupportPatch: true, MaxResults: 1000},
		ResourceTypes: []elimity.ResourceType{{
			ID: optional.NewString("Group"), Name: "Group", Endpoint: "/Groups", Schema: elimitySchema, Handler: groups,
		}},
	}, elimity.WithBaseURL("http://scim.example/v2"))
	if err != nil {
		return nil, err
	}
	load := func(ctx context.Context, f fixture) (first string, err error) {
		for g := range f.Groups {
			members := make([]any, f.Members)
			for m := range members {
				members[m] = map[string]any{"value": f.member(g, m), "type": "User"}
			}
			created, err := groups.create(elimity.ResourceAttributes{"displayName": f.name(g), "members": members})
			if err != nil {
				return "", err
			}
			if g == 0 {
				first = created.ID
			}
		}
		return first, ctx.Err()
	}
	return &backend{handler: server, base: "/v2", load: load, close: nothing}, nil
}
