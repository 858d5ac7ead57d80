package service

import (
	"slices"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
)

// Projection decides which attributes a response has (RFC 7643 §7, RFC 7644 §3.9), by
// what the names in attributes or excludedAttributes resolve to.
type Projection struct {
	table            *filter.Table
	include, exclude bool // whether there is such a list
	attributes       map[*filter.Attribute]bool
	urns             map[string]bool // whole extensions
	supplied         func(*filter.Attribute) bool
}

// NewProjection returns the projection for either list of names, or for none; giving
// both is an error (RFC 7644 §3.9). Unknown names are ignored (§3.10). supplied, if not
// nil, reports whether the client has written an attribute (RFC 7643 §7, "request").
func NewProjection(table *filter.Table, include, exclude []string, supplied func(*filter.Attribute) bool) (
	*Projection, error) {
	if len(include) > 0 && len(exclude) > 0 {
		return nil, fault.InvalidValue("attributes and excludedAttributes cannot both be given")
	}
	p := &Projection{table: table, include: len(include) > 0, exclude: len(exclude) > 0, supplied: supplied,
		attributes: make(map[*filter.Attribute]bool), urns: make(map[string]bool)}
	for _, name := range slices.Concat(include, exclude) {
		if urn, ok := table.ExtensionURN(name); ok {
			p.urns[urn] = true
		} else if a := table.Lookup(name); a != nil {
			if a.Element() {
				a = a.Parent
			}
			p.attributes[a] = true
		}
	}
	return p, nil
}

// Projection returns what a response shows, as [NewProjection] does.
func (s *Service) Projection(include, exclude []string, supplied func(*filter.Attribute) bool) (*Projection, error) {
	if len(include)+len(exclude) == 0 && (supplied == nil || !s.onRequest) {
		return s.everything, nil
	}
	return NewProjection(s.Table, include, exclude, supplied)
}

// hasOnRequest reports whether the table has attributes that a response shows only if
// the client has named or written them.
func hasOnRequest(t *filter.Table) bool {
	has := func(a *filter.Attribute) bool { return onRequest(a) || slices.ContainsFunc(a.Sub, onRequest) }
	all := t.Attributes()
	for _, e := range t.Extensions() {
		all = append(all, t.ExtensionAttributes(e.Schema.ID)...)
	}
	return slices.ContainsFunc(all, has)
}

// Asked reports whether there is a list.
func (p *Projection) Asked() bool { return p.include || p.exclude }

// Wants reports whether a response has a simple attribute or a sub-attribute. "always"
// and "never", its own or that of the attribute around it, cannot be overridden;
// "request" means that it must have been named or written.
func (p *Projection) Wants(a *filter.Attribute) bool {
	if hidden(a) || hidden(a.Parent) {
		return false
	}
	always := a.Returned == filter.ReturnedAlways
	parentAlways := a.Parent == nil || a.Parent.Returned == filter.ReturnedAlways
	onRequest := onRequest(a) || onRequest(a.Parent)
	named := p.attributes[a]
	within := a.Parent != nil && p.attributes[a.Parent] || a.Extension && p.urns[a.Schema]
	switch {
	case always && parentAlways:
		return true
	case p.include && named:
		return true
	case p.include && within:
		return a.Returned != filter.ReturnedRequest
	case p.include && a.Parent != nil && always:
		return p.namesSubOf(a.Parent) // always there, where its parent is
	case p.include:
		return a.Parent != nil && parentAlways && !onRequest && !p.namesSubOf(a.Parent)
	case onRequest:
		return p.supplied != nil && (p.supplied(a) || a.Parent != nil && p.supplied(a.Parent))
	case p.exclude && always:
		return !within // the parent can be excluded, this alone cannot
	case p.exclude && a.Parent != nil && parentAlways:
		return !named
	case p.exclude:
		return !named && !within
	}
	return true
}

// hidden reports whether no response has an attribute.
func hidden(a *filter.Attribute) bool {
	return a != nil && (a.Returned == filter.ReturnedNever || a.Mutability == filter.WriteOnly)
}

func onRequest(a *filter.Attribute) bool { return a != nil && a.Returned == filter.ReturnedRequest }

// ShowsMembers reports whether a response has anything of the members.
func (p *Projection) ShowsMembers() bool {
	return slices.ContainsFunc(p.table.Lookup("members").Sub, p.Wants)
}

func (p *Projection) namesSubOf(parent *filter.Attribute) bool {
	for _, sub := range parent.Sub {
		if p.attributes[sub] {
			return true
		}
	}
	return false
}
