package scim

import (
	"strings"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// projection says which attributes an answer has (RFC 7644 §3.9). schemas and id
// are in every answer.
type projection struct {
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

// selection is what the store has to read for the projection.
func (p *projection) selection(maxMembers int) store.Selection {
	return store.Selection{
		Members:    p.members != memberParts{},
		MaxMembers: maxMembers,
		// Without them it is not known which schemas the group has.
		Extensions: true,
	}
}

// wantsExtension reports whether anything of an extension is wanted.
func (p *projection) wantsExtension(urn string) bool {
	for i := range p.extensions {
		if p.extensions[i].urn == urn {
			return true
		}
	}
	return false
}

// choice is what a client asks for: the attributes of the lists, by what they
// resolve to. Names that mean nothing here are harmless (RFC 7644 §3.10).
type choice struct {
	include, exclude bool // there is such a list
	attributes       map[*filter.Attribute]bool
	urns             map[string]bool // whole extensions
	supplied         func(*filter.Attribute) bool
}

func (h *Handler) choose(names []string) (attributes map[*filter.Attribute]bool, urns map[string]bool) {
	attributes, urns = make(map[*filter.Attribute]bool, len(names)), make(map[string]bool)
	for _, name := range names {
		if urn, ok := h.table.ExtensionURN(name); ok {
			urns[urn] = true
		} else if a := h.table.Lookup(name); a != nil {
			if a.Element() {
				a = a.Parent
			}
			attributes[a] = true
		}
	}
	return attributes, urns
}

// project builds the projection for one of the two lists, or for none. supplied
// says which attributes the client wrote, if it did (RFC 7643 §7, "request").
func (h *Handler) project(include, exclude []string, supplied func(*filter.Attribute) bool) projection {
	c := choice{supplied: supplied}
	switch {
	case len(include) > 0:
		c.include = true
		c.attributes, c.urns = h.choose(include)
	case len(exclude) > 0:
		c.exclude = true
		c.attributes, c.urns = h.choose(exclude)
	}
	return h.projectChoice(&c)
}

func (h *Handler) projectChoice(c *choice) projection {
	core := &h.core
	p := projection{externalID: c.wants(core.externalID), displayName: c.wants(core.displayName)}
	p.members = memberParts{c.wants(core.memberValue), c.wants(core.memberRef), c.wants(core.memberType), c.wants(core.memberDisplay)}
	for _, sub := range core.meta.Sub {
		wanted := c.wants(sub)
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
	for _, e := range h.table.Extensions() {
		ep := extensionProjection{urn: e.Schema.ID}
		for _, a := range h.table.ExtensionAttributes(e.Schema.ID) {
			ap := attributeProjection{Attribute: a}
			if a.Type == filter.Complex {
				for _, sub := range a.Sub {
					if c.wants(sub) {
						ap.subs = append(ap.subs, sub)
					}
				}
				if len(ap.subs) == 0 {
					continue
				}
			} else if !c.wants(a) {
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

// wants decides about a simple attribute or a sub-attribute (RFC 7643 §7, RFC 7644
// §3.9). "always" and "never" of its own or of the attribute around it cannot be
// overridden; "request" means that it has to be named, or was written.
func (c *choice) wants(a *filter.Attribute) bool {
	if hidden(a) || hidden(a.Parent) {
		return false
	}
	always := a.Returned == filter.ReturnedAlways
	parentAlways := a.Parent == nil || a.Parent.Returned == filter.ReturnedAlways
	onRequest := onRequest(a) || onRequest(a.Parent)
	named := c.attributes[a]
	within := a.Parent != nil && c.attributes[a.Parent] || a.Extension && c.urns[a.Schema]
	switch {
	case always && parentAlways:
		return true
	case c.include && named:
		return true
	case c.include && within:
		return a.Returned != filter.ReturnedRequest
	case c.include && a.Parent != nil && always:
		return c.namesSubOf(a.Parent) // always there, where its parent is
	case c.include:
		return a.Parent != nil && parentAlways && !onRequest && !c.namesSubOf(a.Parent)
	case onRequest:
		return c.supplied != nil && (c.supplied(a) || a.Parent != nil && c.supplied(a.Parent))
	case c.exclude && always:
		return !within // the parent can be excluded, this alone cannot
	case c.exclude && a.Parent != nil && parentAlways:
		return !named
	case c.exclude:
		return !named && !within
	}
	return true
}

// hidden tells attributes that no answer has.
func hidden(a *filter.Attribute) bool {
	return a != nil && (a.Returned == filter.ReturnedNever || a.Mutability == filter.WriteOnly)
}

func onRequest(a *filter.Attribute) bool { return a != nil && a.Returned == filter.ReturnedRequest }

func (c *choice) namesSubOf(parent *filter.Attribute) bool {
	for _, sub := range parent.Sub {
		if c.attributes[sub] {
			return true
		}
	}
	return false
}

// splitNames takes a comma-separated list of attribute names apart.
func splitNames(lists []string) []string {
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
