package elimitygroups

import (
	"net/http"
	"slices"

	elimity "github.com/elimity-com/scim"
	"github.com/elimity-com/scim/optional"
	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/store"
)

// projection says which attributes an answer has. The server adds schemas, id and
// meta to all of them.
type projection struct {
	*service.Projection
	members bool // something of them is wanted
}

// projectionOf is the projection that the query of a request asks for. supplied says
// which attributes the client wrote (RFC 7643 §7).
func (h *ResourceHandler) projectionOf(r *http.Request, supplied func(*filter.Attribute) bool) (*projection, error) {
	query := r.URL.Query()
	return h.project(service.Names(query["attributes"]), service.Names(query["excludedAttributes"]), supplied)
}

func (h *ResourceHandler) project(include, exclude []string, supplied func(*filter.Attribute) bool) (*projection, error) {
	choice, err := h.service.Projection(include, exclude, supplied)
	if err != nil {
		return nil, err
	}
	return &projection{Projection: choice, members: slices.ContainsFunc(h.service.Members.Sub, choice.Wants)}, nil
}

// answer is a group as the server wants it. The server writes into the map, so it
// is always a new one.
func (h *ResourceHandler) answer(g *store.Group, p *projection) elimity.Resource {
	attributes := make(elimity.ResourceAttributes)
	if p.Wants(h.service.DisplayName) {
		attributes["displayName"] = g.DisplayName
	}
	if p.members && len(g.Members) > 0 {
		list := make([]any, len(g.Members))
		for i := range g.Members {
			list[i] = h.member(&g.Members[i], p)
		}
		attributes["members"] = list
	}
	for _, x := range h.service.Table.Extensions() {
		object := make(map[string]any)
		for _, a := range h.service.Table.ExtensionAttributes(x.Schema.ID) {
			if v := p.value(a, g.Extensions[a.Schema][a.Name]); v != nil {
				object[a.Name] = v
			}
		}
		if len(object) > 0 {
			attributes[x.Schema.ID] = object
		}
	}
	resource := elimity.Resource{ID: g.ID, Attributes: attributes, Meta: elimity.Meta{Version: g.Version.String()}}
	if g.ExternalID != "" && p.Wants(h.service.ExternalID) {
		resource.ExternalID = optional.NewString(g.ExternalID)
	}
	created, modified := g.Created, g.LastModified
	if !created.IsZero() {
		resource.Meta.Created = &created
	}
	if !modified.IsZero() {
		resource.Meta.LastModified = &modified
	}
	return resource
}

func (h *ResourceHandler) member(m *store.Member, p *projection) map[string]any {
	object := make(map[string]any, 4)
	for _, sub := range h.service.Members.Sub {
		text := ""
		switch sub {
		case h.service.MemberValue:
			text = m.Value
		case h.service.MemberType:
			text = m.Type
		case h.service.MemberDisplay:
			text = m.Display
		case h.service.MemberRef:
			text = h.ref(m)
		}
		if text != "" && p.Wants(sub) {
			object[sub.Name] = text
		}
	}
	return object
}

// value is what is wanted of the value of an extension attribute; nil if nothing is.
func (p *projection) value(a *filter.Attribute, v any) any {
	if v == nil || a.Type != filter.Complex {
		if v == nil || !p.Wants(a) {
			return nil
		}
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		object := make(map[string]any, len(v))
		for _, sub := range a.Sub {
			if item := p.value(sub, v[sub.Name]); item != nil {
				object[sub.Name] = item
			}
		}
		if len(object) > 0 {
			return object
		}
	case []any:
		var list []any
		for _, item := range v {
			if object := p.value(a, item); object != nil {
				list = append(list, object)
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	return nil
}
