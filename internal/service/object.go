package service

import (
	"net/url"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// Object returns what the projection shows of a group as a JSON object of maps and lists,
// apart from schemas, id and meta. ref returns the $ref of a member, or "" if it has
// none. Package wire encodes the same without the maps.
func (p *Projection) Object(g *store.Group, ref func(m *store.Member) string) map[string]any {
	object := make(map[string]any)
	for _, a := range p.table.Attributes() {
		switch a.Name {
		case "externalId":
			p.text(object, a, g.ExternalID)
		case "displayName":
			p.text(object, a, g.DisplayName)
		case "members":
			if len(g.Members) == 0 || !p.ShowsMembers() {
				continue
			}
			list := make([]any, len(g.Members))
			for i := range g.Members {
				list[i] = p.member(a, &g.Members[i], ref)
			}
			object[a.Name] = list
		}
	}
	for _, x := range p.table.Extensions() {
		attributes := make(map[string]any)
		for _, a := range p.table.ExtensionAttributes(x.Schema.ID) {
			if v := p.value(a, g.Extensions[a.Schema][a.Name]); v != nil {
				attributes[a.Name] = v
			}
		}
		if len(attributes) > 0 {
			object[x.Schema.ID] = attributes
		}
	}
	return object
}

// text sets an attribute of an object, if it has a value and is shown.
func (p *Projection) text(object map[string]any, a *filter.Attribute, value string) {
	if value != "" && p.Wants(a) {
		object[a.Name] = value
	}
}

func (p *Projection) member(a *filter.Attribute, m *store.Member, ref func(*store.Member) string) map[string]any {
	object := make(map[string]any, 4)
	for _, sub := range a.Sub {
		switch sub.Name {
		case "value":
			p.text(object, sub, m.Value)
		case "type":
			p.text(object, sub, m.Type)
		case "display":
			p.text(object, sub, m.Display)
		case "$ref":
			p.text(object, sub, ref(m))
		}
	}
	return object
}

// value returns what the projection shows of the value of an extension attribute, or nil
// if that is nothing.
func (p *Projection) value(a *filter.Attribute, v any) any {
	switch v := v.(type) {
	case nil:
		return nil
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
		return nil
	case []any:
		var list []any
		for _, item := range v {
			if item = p.value(a, item); item != nil {
				list = append(list, item)
			}
		}
		if len(list) > 0 {
			return list
		}
		return nil
	}
	if !p.Wants(a) {
		return nil
	}
	return v
}

// Ref returns the $ref of a member, or "" if it is not known.
func (s *Service) Ref(m *store.Member) string {
	switch endpoint := s.Endpoints[m.Type]; {
	case s.base == "", strings.Contains(m.Ref, "://"), strings.HasPrefix(m.Ref, "urn:"):
		return m.Ref
	case m.Ref != "":
		return s.base + "/" + strings.TrimLeft(m.Ref, "/")
	case endpoint != "":
		return s.base + endpoint + "/" + url.PathEscape(m.Value)
	}
	return ""
}
