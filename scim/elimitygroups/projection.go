package elimitygroups

import (
	"net/http"
	"strings"

	elimity "github.com/elimity-com/scim"
	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"
	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// projection says which attributes an answer has (RFC 7644 §3.9). The server adds
// schemas, id and meta to all of them.
type projection struct {
	include, exclude bool // there is such a list
	named            map[*filter.Attribute]bool
	urns             map[string]bool // whole extensions
	supplied         func(*filter.Attribute) bool
	members          bool // something of them is wanted
}

// projectionOf is the projection that the query of a request asks for; asked says
// that it does. supplied says which attributes the client wrote (RFC 7643 §7).
func (h *ResourceHandler) projectionOf(r *http.Request, supplied func(*filter.Attribute) bool) (_ *projection, asked bool, err error) {
	query := r.URL.Query()
	return h.project(split(query["attributes"]), split(query["excludedAttributes"]), supplied)
}

// project makes a projection of one of the two lists, or of none. Names that mean
// nothing are harmless (RFC 7644 §3.10).
func (h *ResourceHandler) project(include, exclude []string, supplied func(*filter.Attribute) bool) (_ *projection, asked bool, err error) {
	p := &projection{include: len(include) > 0, exclude: len(exclude) > 0, supplied: supplied,
		named: make(map[*filter.Attribute]bool), urns: make(map[string]bool)}
	if p.include && p.exclude {
		return nil, false, scimerrors.ScimError{Status: http.StatusBadRequest, ScimType: scimerrors.ScimTypeInvalidValue,
			Detail: "attributes and excludedAttributes cannot both be given"}
	}
	for _, name := range append(include, exclude...) {
		if urn, ok := h.table.ExtensionURN(name); ok {
			p.urns[urn] = true
		} else if a := h.table.Lookup(name); a != nil {
			if a.Element() {
				a = a.Parent
			}
			p.named[a] = true
		}
	}
	for _, sub := range h.core.members.Sub {
		p.members = p.members || p.wants(sub)
	}
	return p, p.include || p.exclude, nil
}

// split takes comma-separated lists of names apart.
func split(lists []string) []string {
	var names []string
	for _, list := range lists {
		for _, name := range strings.Split(list, ",") {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

// wants decides about an attribute that is not complex, or about a sub-attribute.
func (p *projection) wants(a *filter.Attribute) bool {
	parent := a.Parent
	if hidden(a) || parent != nil && hidden(parent) {
		return false
	}
	always := a.Returned == filter.ReturnedAlways
	parentNamed := parent != nil && p.named[parent] || a.Extension && p.urns[a.Schema]
	onRequest := a.Returned == filter.ReturnedRequest || parent != nil && parent.Returned == filter.ReturnedRequest
	switch {
	case always && parent == nil:
		return true
	case p.include:
		return p.named[a] || parentNamed && a.Returned != filter.ReturnedRequest ||
			parent != nil && parent.Returned == filter.ReturnedAlways && !onRequest ||
			always && p.anySub(parent)
	case onRequest:
		return p.supplied != nil && (p.supplied(a) || parent != nil && p.supplied(parent))
	case p.exclude:
		return !parentNamed && (always || !p.named[a])
	}
	return true
}

func (p *projection) anySub(parent *filter.Attribute) bool {
	for _, sub := range parent.Sub {
		if p.named[sub] {
			return true
		}
	}
	return false
}

func hidden(a *filter.Attribute) bool {
	return a.Returned == filter.ReturnedNever || a.Mutability == filter.WriteOnly
}

func (p *projection) selection() store.Selection {
	return store.Selection{Members: p.members, Extensions: true}
}

// answer is a group as the server wants it. The server writes into the map, so it
// is always a new one.
func (h *ResourceHandler) answer(g *store.Group, p *projection) elimity.Resource {
	attributes := make(elimity.ResourceAttributes)
	if p.wants(h.core.displayName) {
		attributes["displayName"] = g.DisplayName
	}
	if p.members && len(g.Members) > 0 {
		list := make([]any, len(g.Members))
		for i := range g.Members {
			list[i] = h.member(&g.Members[i], p)
		}
		attributes["members"] = list
	}
	for _, x := range h.table.Extensions() {
		object := make(map[string]any)
		for _, a := range h.table.ExtensionAttributes(x.Schema.ID) {
			if v := p.value(a, g.Extensions[a.Schema][a.Name]); v != nil {
				object[a.Name] = v
			}
		}
		if len(object) > 0 {
			attributes[x.Schema.ID] = object
		}
	}
	resource := elimity.Resource{ID: g.ID, Attributes: attributes, Meta: elimity.Meta{Version: g.Version.String()}}
	if g.ExternalID != "" && p.wants(h.core.externalID) {
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
	for _, sub := range h.core.members.Sub {
		text := ""
		switch sub {
		case h.core.memberValue:
			text = m.Value
		case h.core.memberType:
			text = m.Type
		case h.core.memberDisplay:
			text = m.Display
		case h.core.memberRef:
			text = h.places.ref(m)
		}
		if text != "" && p.wants(sub) {
			object[sub.Name] = text
		}
	}
	return object
}

// value is what is wanted of the value of an extension attribute; nil if nothing is.
func (p *projection) value(a *filter.Attribute, v any) any {
	if v == nil || a.Type != filter.Complex {
		if v == nil || !p.wants(a) {
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
