package service

import (
	"net/url"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/store"
)

// Service describes where resources are served.
type Service struct {
	Attributes
	Endpoints       map[string]string // resource type -> endpoint, as /Users
	Types           map[string]string // endpoint, as Users -> resource type
	CanonicalMember func(value string) string
}

// URIs understands the URIs of a service at a base URL.
type URIs struct {
	*Service
	base, path string // the base URL, and its path
}

// At returns the URIs at a base URL, which has no slash at its end. It is "" if the URL
// is not known.
func (s *Service) At(base string) *URIs {
	path := base
	if _, after, ok := strings.Cut(base, "://"); ok {
		path = ""
		if i := strings.IndexByte(after, '/'); i >= 0 {
			path = after[i:]
		}
	}
	return &URIs{Service: s, base: base, path: path}
}

// Reference returns the resource type and the id in the URI of a resource of this
// service; ok is false for every other URI. The URI may be relative, and its version
// segment may be missing (RFC 7643 §2.3.7, §2.4).
func (u *URIs) Reference(uri string) (resourceType, id string, ok bool) {
	rest := uri
	if strings.Contains(uri, "://") {
		if rest, ok = cutBase(uri, u.base); !ok {
			if rest, ok = cutBase(uri, strings.TrimSuffix(u.base, "/v2")); !ok {
				return "", "", false
			}
		}
	} else if u.path != "" {
		if cut, ok := cutBase(uri, u.path); ok {
			rest = cut
		}
	}
	for strings.HasPrefix(rest, "../") {
		rest = rest[3:]
	}
	name, rest := nextSegment(rest)
	if name == "v2" {
		name, rest = nextSegment(rest)
	}
	resourceType, known := u.Types[name]
	segment, rest := nextSegment(rest)
	if more, _ := nextSegment(rest); !known || segment == "" || more != "" || strings.ContainsAny(segment, "?#") {
		return "", "", false
	}
	id, err := url.PathUnescape(segment)
	return resourceType, id, err == nil
}

func cutBase(uri, base string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(uri, base)
	return rest, ok && strings.HasPrefix(rest, "/")
}

// nextSegment returns the first segment of a path that is not empty, and what follows
// it.
func nextSegment(path string) (segment, rest string) {
	path = strings.TrimLeft(path, "/")
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:]
	}
	return path, ""
}

// Rewrite turns a comparison with a URI into one with what stores keep: the location of
// a group is its id, the $ref of a member its type and value. It also brings the values
// of members into their canonical form.
func (u *URIs) Rewrite(c *filter.Compare) filter.Node {
	if c.Op == filter.Pr {
		return u.rewritePresence(c)
	}
	if c.Literal.Kind() != filter.StringLiteral || c.Op != filter.Eq && c.Op != filter.Ne {
		return c
	}
	switch c.Attribute {
	case u.MemberValue:
		if u.CanonicalMember != nil {
			return Compare(c.Attribute, c.Op, u.CanonicalMember(c.Literal.Text()))
		}
	case u.MemberRef:
		resourceType, id, ok := u.Reference(c.Literal.Text())
		if !ok {
			return c
		}
		// Outside brackets, too, the filter package makes this speak of one member.
		is := filter.AllOf(Compare(u.MemberType, filter.Eq, resourceType), u.Rewrite(Compare(u.MemberValue, filter.Eq, id)))
		if c.Op == filter.Ne {
			return filter.Not{Node: is}
		}
		return is
	case u.Location:
		resourceType, id, ok := u.Reference(c.Literal.Text())
		if !ok || resourceType != store.ResourceType {
			return filter.Constant(c.Op == filter.Ne)
		}
		return Compare(u.ID, c.Op, id)
	}
	return c
}

// rewritePresence is Rewrite for pr. Every group has a location. A member has a $ref if
// it was given one, or if it is known where its type is served.
func (u *URIs) rewritePresence(c *filter.Compare) filter.Node {
	switch c.Attribute {
	case u.Location:
		return filter.Constant(true)
	case u.MemberRef:
		if u.base == "" {
			return c
		}
		either := []filter.Node{c}
		for resourceType := range u.Endpoints {
			either = append(either, Compare(u.MemberType, filter.Eq, resourceType))
		}
		return filter.AnyOf(either...)
	}
	return c
}

// CheckURIs refuses to compare, other than with eq, ne and pr, the URIs that are built
// for each response: no store knows them.
func (c *Attributes) CheckURIs(f *filter.Filter) error {
	for n := range f.Comparisons() {
		exact := n.Op == filter.Eq || n.Op == filter.Ne || n.Op == filter.Pr
		if !exact && (n.Attribute == c.Location || n.Attribute == c.MemberRef) {
			return fault.BadRequest(scimerrors.ScimTypeInvalidFilter, n.Attribute.String()+" can only be compared with eq, ne and pr")
		}
	}
	return nil
}
