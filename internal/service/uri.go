package service

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/store"
)

// BaseURL checks the URL under which clients reach a service, and returns it without a
// slash at its end. It is "" if the URL is not known.
func BaseURL(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme == "" || u.Host == "":
		return "", fmt.Errorf("the base URL %q is not an absolute URL", text)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil: // RFC 7644 §1.3
		return "", fmt.Errorf("the base URL %q must have no query, fragment or user", text)
	case strings.ContainsFunc(text, mustBeEscaped):
		return "", fmt.Errorf("the base URL %q must be escaped: %s", text, u.String())
	}
	return strings.TrimRight(text, "/"), nil
}

// mustBeEscaped reports whether r must not stand in a URL as it is (RFC 3986 §2).
func mustBeEscaped(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}", r) }

// pathOf returns the path of a base URL.
func pathOf(base string) string {
	_, after, ok := strings.Cut(base, "://")
	if !ok {
		return base
	}
	if i := strings.IndexByte(after, '/'); i >= 0 {
		return after[i:]
	}
	return ""
}

// typesOf returns which resource types are served at which endpoints. References to
// users are understood even if they are not served here.
func typesOf(endpoints map[string]string) (map[string]string, error) {
	types := make(map[string]string)
	for _, name := range slices.Sorted(maps.Keys(endpoints)) {
		segment, ok := strings.CutPrefix(endpoints[name], "/")
		if name == "" || !ok || segment == "" || strings.Contains(segment, "/") {
			return nil, fmt.Errorf("the resource type %q needs a name and an endpoint such as /Users, not %q",
				name, endpoints[name])
		}
		if other, taken := types[segment]; taken {
			return nil, fmt.Errorf("the resource types %q and %q have the same endpoint", other, name)
		}
		types[segment] = name
	}
	if _, taken := types["Users"]; !taken {
		types["Users"] = "User"
	}
	return types, nil
}

// reference returns the resource type and the id in the URI of a resource of this
// service; ok is false for every other URI. The URI may be relative, and its version
// segment may be missing (RFC 7643 §2.3.7, §2.4).
func (s *Service) reference(uri string) (resourceType, id string, ok bool) {
	rest := uri
	if strings.Contains(uri, "://") {
		if rest, ok = cutBase(uri, s.base); !ok {
			if rest, ok = cutBase(uri, strings.TrimSuffix(s.base, "/v2")); !ok {
				return "", "", false
			}
		}
	} else if s.path != "" {
		if cut, ok := cutBase(uri, s.path); ok {
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
	resourceType, known := s.types[name]
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

// rewrite turns a comparison with a URI into one with what stores keep: the location of
// a group is its id, the $ref of a member its type and value. It also brings the values
// of members into their canonical form.
func (s *Service) rewrite(c *filter.Compare) filter.Node {
	if c.Op == filter.Pr {
		return s.rewritePresence(c)
	}
	if c.Literal.Kind() != filter.StringLiteral || c.Op != filter.Eq && c.Op != filter.Ne {
		return c
	}
	switch c.Attribute {
	case s.MemberValue:
		if s.Patch.CanonicalMember != nil {
			return compare(c.Attribute, c.Op, s.canonical(c.Literal.Text()))
		}
	case s.MemberRef:
		resourceType, id, ok := s.reference(c.Literal.Text())
		if !ok {
			return c
		}
		// Outside brackets, too, the filter package makes this speak of one member.
		is := filter.AllOf(compare(s.MemberType, filter.Eq, resourceType), s.rewrite(compare(s.MemberValue, filter.Eq, id)))
		if c.Op == filter.Ne {
			return filter.Not{Node: is}
		}
		return is
	case s.Location:
		resourceType, id, ok := s.reference(c.Literal.Text())
		if !ok || resourceType != store.ResourceType {
			return filter.Constant(c.Op == filter.Ne)
		}
		return compare(s.ID, c.Op, id)
	}
	return c
}

// rewritePresence is rewrite for pr. Every group has a location. A member has a $ref if
// it was given one, or if it is known where its type is served.
func (s *Service) rewritePresence(c *filter.Compare) filter.Node {
	switch c.Attribute {
	case s.Location:
		return filter.Constant(true)
	case s.MemberRef:
		if s.base == "" {
			return c
		}
		either := []filter.Node{c}
		for _, resourceType := range slices.Sorted(maps.Keys(s.Endpoints)) {
			either = append(either, compare(s.MemberType, filter.Eq, resourceType))
		}
		return filter.AnyOf(either...)
	}
	return c
}

// checkURIs refuses to compare, other than with eq, ne and pr, the URIs that are built
// for each response: no store knows them.
func (a *attributes) checkURIs(f *filter.Filter) error {
	for c := range f.Comparisons() {
		exact := c.Op == filter.Eq || c.Op == filter.Ne || c.Op == filter.Pr
		if !exact && (c.Attribute == a.Location || c.Attribute == a.MemberRef) {
			return fault.InvalidFilter("%s can only be compared with eq, ne and pr", c.Attribute)
		}
	}
	return nil
}
