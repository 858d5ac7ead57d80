package scim

import (
	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/service"
)

// projection says which attributes an answer has (RFC 7644 §3.9). schemas and id
// are in every answer.
type projection struct {
	*service.Projection
	externalID, displayName bool
	members                 memberParts
	meta                    metaParts
	extensions              []extensionProjection
}

// memberParts and metaParts say which sub-attributes are wanted.
type memberParts struct{ value, ref, typ, display bool }

type metaParts struct{ resourceType, created, lastModified, location, version bool }

// extensionProjection lists the wanted attributes of one extension.
type extensionProjection struct {
	urn        string
	attributes []attributeProjection
}

type attributeProjection struct {
	*filter.Attribute
	subs []*filter.Attribute // of a complex attribute: those that are wanted
}

// showsMembers reports whether any member is part of the answer.
func (p *projection) showsMembers() bool { return p.members != memberParts{} }

// wantsExtension reports whether anything of an extension is wanted.
func (p *projection) wantsExtension(urn string) bool {
	for i := range p.extensions {
		if p.extensions[i].urn == urn {
			return true
		}
	}
	return false
}

// project builds the projection of a choice.
func (h *Handler) project(c *service.Projection) *projection {
	core := h.service.Attributes
	p := &projection{Projection: c, externalID: c.Wants(core.ExternalID), displayName: c.Wants(core.DisplayName)}
	p.members = memberParts{c.Wants(core.MemberValue), c.Wants(core.MemberRef), c.Wants(core.MemberType), c.Wants(core.MemberDisplay)}
	for _, sub := range core.Meta.Sub {
		wanted := c.Wants(sub)
		switch sub.Name {
		case "resourceType":
			p.meta.resourceType = wanted
		case "created":
			p.meta.created = wanted
		case "lastModified":
			p.meta.lastModified = wanted
		case "location":
			p.meta.location = wanted
		case "version":
			p.meta.version = wanted
		}
	}
	for _, e := range h.service.Table.Extensions() {
		ep := extensionProjection{urn: e.Schema.ID}
		for _, a := range h.service.Table.ExtensionAttributes(e.Schema.ID) {
			ap := attributeProjection{Attribute: a}
			if a.Type == filter.Complex {
				for _, sub := range a.Sub {
					if c.Wants(sub) {
						ap.subs = append(ap.subs, sub)
					}
				}
				if len(ap.subs) == 0 {
					continue
				}
			} else if !c.Wants(a) {
				continue
			}
			ep.attributes = append(ep.attributes, ap)
		}
		if len(ep.attributes) > 0 {
			p.extensions = append(p.extensions, ep)
		}
	}
	return p
}
