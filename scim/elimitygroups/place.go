package elimitygroups

import (
	"fmt"
	"maps"
	"net/url"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// places knows where resources are served.
type places struct {
	base      string            // without a slash at the end; "" if it is not known
	path      string            // of base
	endpoints map[string]string // resource type -> endpoint
	types     map[string]string // endpoint -> resource type
}

func newPlaces(base string, endpoints map[string]string) (places, error) {
	p := places{base: strings.TrimRight(base, "/"), endpoints: maps.Clone(endpoints), types: make(map[string]string)}
	if base != "" {
		u, err := url.Parse(p.base)
		if err != nil || u.Scheme == "" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			return p, fmt.Errorf("elimitygroups: Options.BaseURL %q is not the absolute URL of a service", base)
		}
		p.path = u.EscapedPath()
	}
	if endpoints == nil {
		p.endpoints = map[string]string{"User": "/Users"}
	}
	if p.endpoints == nil {
		p.endpoints = make(map[string]string)
	}
	p.endpoints[store.ResourceType] = "/Groups"
	for name, endpoint := range p.endpoints {
		if name == "" || len(endpoint) < 2 || strings.LastIndexByte(endpoint, '/') != 0 || p.types[endpoint] != "" {
			return p, fmt.Errorf("elimitygroups: the endpoint %q of the resource type %q must be like /Users, and its own", endpoint, name)
		}
		p.types[endpoint] = name
	}
	return p, nil
}

// ref is the URI of a member; "" if it is not known.
func (p *places) ref(m *store.Member) string {
	endpoint, ok := p.endpoints[m.Type]
	switch {
	case m.Ref != "":
		return m.Ref
	case !ok || p.base == "":
		return ""
	}
	return p.base + endpoint + "/" + url.PathEscape(m.Value)
}

// reference takes the URI of a resource of this service apart (RFC 7643 §2.3.7).
func (p places) reference(uri string) (resourceType, id string, ok bool) {
	rest := uri
	if strings.Contains(uri, "://") {
		if rest, ok = strings.CutPrefix(uri, p.base+"/"); !ok || p.base == "" {
			return "", "", false
		}
	} else {
		if cut, ok := strings.CutPrefix(rest, p.path+"/"); ok {
			rest = cut
		}
		for strings.HasPrefix(rest, "../") {
			rest = rest[3:]
		}
	}
	name, segment, _ := strings.Cut(rest, "/")
	resourceType, ok = p.types["/"+name]
	if !ok || segment == "" || strings.ContainsAny(segment, "/?#") {
		return "", "", false
	}
	id, err := url.PathUnescape(segment)
	return resourceType, id, err == nil
}

// coreAttributes are the attributes that the handler knows by name.
type coreAttributes struct {
	id, externalID, displayName, members, location *filter.Attribute
	memberValue, memberType, memberRef             *filter.Attribute
	memberDisplay                                  *filter.Attribute
}

func lookupCore(t *filter.Table) coreAttributes {
	return coreAttributes{
		id: t.Lookup("id"), externalID: t.Lookup("externalId"), displayName: t.Lookup("displayName"),
		members: t.Lookup("members"), location: t.Lookup("meta.location"),
		memberValue: t.Lookup("members.value"), memberType: t.Lookup("members.type"),
		memberRef: t.Lookup("members.$ref"), memberDisplay: t.Lookup("members.display"),
	}
}

// rewrite turns comparisons with URIs into ones with what stores keep: the location
// of a group is its id, the $ref of a member its type and value. It also brings the
// values of members into their canonical form.
func (h *ResourceHandler) rewrite(c *filter.Compare) filter.Node {
	if c.Literal.Kind() != filter.StringLiteral || c.Op != filter.Eq && c.Op != filter.Ne {
		return c
	}
	switch c.Attribute {
	case h.core.memberValue:
		if h.o.CanonicalMember != nil {
			return compare(c.Attribute, c.Op, h.o.CanonicalMember(c.Literal.Text()))
		}
	case h.core.memberRef:
		resourceType, id, ok := h.places.reference(c.Literal.Text())
		if !ok {
			return c
		}
		is := filter.And{
			compare(h.core.memberType, filter.Eq, resourceType),
			h.rewrite(compare(h.core.memberValue, filter.Eq, id)),
		}
		if c.Op == filter.Ne {
			return filter.Not{Node: is}
		}
		return is
	case h.core.location:
		resourceType, id, ok := h.places.reference(c.Literal.Text())
		if !ok || resourceType != store.ResourceType {
			return filter.Constant(c.Op == filter.Ne)
		}
		return compare(h.core.id, c.Op, id)
	}
	return c
}

// compare makes a comparison with a string attribute.
func compare(a *filter.Attribute, op filter.Op, value string) *filter.Compare {
	c, err := filter.NewCompare(a, op, value)
	if err != nil {
		panic(err) // strings compare with strings
	}
	return c
}
