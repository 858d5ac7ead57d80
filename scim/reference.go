package scim

import (
	"net/http"
	"net/url"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/store"
)

// baseOf is the base URL of a request: the configured one, or else what the
// request says of itself.
func (h *Handler) baseOf(r *http.Request, tail string) string {
	if h.base != "" {
		return h.base
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	// http.StripPrefix changes URL.Path but not RequestURI.
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if i := strings.Index(path, "://"); i >= 0 { // absolute-form (RFC 9112 §3.2.2)
		path = path[i+3:]
		if i = strings.IndexByte(path, '/'); i >= 0 {
			path = path[i:]
		}
	}
	if tail == "" || !strings.HasSuffix(path, tail) {
		path = r.URL.EscapedPath()
	}
	path = strings.TrimRight(strings.TrimSuffix(path, tail), "/")
	if plain(r.Host) && plain(path) {
		return scheme + r.Host + path
	}
	// What a client may write into a request line or a Host header need not be
	// fit for a URL.
	u := url.URL{Scheme: strings.TrimSuffix(scheme, "://"), Host: r.Host, RawPath: path}
	if unescaped, err := url.PathUnescape(path); err == nil {
		u.Path = unescaped
	}
	return u.String()
}

// plain reports whether s has nothing but characters that may stand in a URL as
// they are.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~/:[]", c) >= 0 {
			continue
		}
		return false
	}
	return true
}

func appendGroupURL(b []byte, base, id string) []byte {
	b = append(b, base...)
	b = append(b, "/Groups/"...)
	return appendPathEscaped(b, id)
}

func appendPathEscaped(b []byte, s string) []byte {
	var other uint8
	for i := 0; i < len(s); i++ {
		other |= reserved[s[i]] // no branch for each of many bytes
	}
	if other != 0 {
		return append(b, url.PathEscape(s)...)
	}
	return append(b, s...)
}

// reserved is 0 for the characters of RFC 3986 §2.3, which need no escape.
var reserved = func() (is [256]uint8) {
	for c := range is {
		is[c] = 1
	}
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~") {
		is[c] = 0
	}
	return is
}()

// resolver understands the URIs of a service at a base URL.
type resolver struct {
	h          *Handler
	base, path string // the base URL, and its path
}

func (h *Handler) resolver(base string) *resolver {
	path := base
	if _, after, ok := strings.Cut(base, "://"); ok {
		path = ""
		if i := strings.IndexByte(after, '/'); i >= 0 {
			path = after[i:]
		}
	}
	return &resolver{h: h, base: base, path: path}
}

// reference takes the URI of a resource of this service apart. It may be
// relative, and the version segment may be missing (RFC 7643 §2.3.7, §2.4).
func (v *resolver) reference(uri string) (resourceType, id string, ok bool) {
	h, rest := v.h, uri
	if strings.Contains(uri, "://") {
		if rest, ok = cutBase(uri, v.base); !ok {
			if rest, ok = cutBase(uri, strings.TrimSuffix(v.base, "/v2")); !ok {
				return "", "", false
			}
		}
	} else if v.path != "" {
		if cut, ok := cutBase(uri, v.path); ok {
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
	resourceType, known := h.types[name]
	segment, rest := nextSegment(rest)
	if more, _ := nextSegment(rest); !known || segment == "" || more != "" {
		return "", "", false
	}
	id, err := url.PathUnescape(segment)
	return resourceType, id, err == nil
}

func cutBase(uri, base string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(uri, base)
	return rest, ok && strings.HasPrefix(rest, "/")
}

// reference is the $ref of a member that was given one.
func (e *encoder) reference(ref string) string {
	if strings.Contains(ref, "://") || strings.HasPrefix(ref, "urn:") {
		return ref
	}
	return e.base + "/" + strings.TrimLeft(ref, "/")
}

// rewrite turns comparisons with URIs into ones with what stores keep: the
// location of a group is its id, the $ref of a member its type and value. It
// also brings the values of members into their canonical form.
func (v *resolver) rewrite(c *filter.Compare) filter.Node {
	h := v.h
	if c.Op == filter.Pr {
		return v.rewritePresence(c)
	}
	if c.Literal.Kind() != filter.StringLiteral {
		return c
	}
	switch c.Attribute {
	case h.core.memberValue:
		if f := h.config.CanonicalMember; f != nil && (c.Op == filter.Eq || c.Op == filter.Ne) {
			return compare(c.Attribute, c.Op, f(c.Literal.Text()))
		}
	case h.core.memberRef:
		resourceType, id, ok := v.reference(c.Literal.Text())
		if !ok || c.Op != filter.Eq && c.Op != filter.Ne {
			return c
		}
		// Outside brackets, too, the filter package makes this speak of one member.
		is := filter.And{
			compare(h.core.memberType, filter.Eq, resourceType),
			v.rewrite(compare(h.core.memberValue, filter.Eq, id)),
		}
		if c.Op == filter.Ne {
			return filter.Not{Node: is}
		}
		return is
	case h.core.location:
		resourceType, id, ok := v.reference(c.Literal.Text())
		if c.Op != filter.Eq && c.Op != filter.Ne {
			return c
		}
		if !ok || resourceType != store.ResourceType {
			return filter.Constant(c.Op == filter.Ne)
		}
		return compare(h.core.id, c.Op, id)
	}
	return c
}

// rewritePresence is rewrite for pr: every group has a location, and a member has a
// $ref if it was given one or its type is served here.
func (v *resolver) rewritePresence(c *filter.Compare) filter.Node {
	h := v.h
	switch c.Attribute {
	case h.core.location:
		return filter.Constant(true)
	case h.core.memberRef:
		any := filter.Or{c}
		for resourceType := range h.endpoints {
			any = append(any, compare(h.core.memberType, filter.Eq, resourceType))
		}
		return any
	}
	return c
}

// checkURIs refuses comparisons with URIs that are made up when they are answered,
// so that no store could tell what they select.
func (h *Handler) checkURIs(n filter.Node) error {
	switch n := n.(type) {
	case filter.And:
		return h.checkEach(n)
	case filter.Or:
		return h.checkEach(n)
	case filter.Not:
		return h.checkURIs(n.Node)
	case *filter.Exists:
		return h.checkURIs(n.Where)
	case *filter.Compare:
		exact := n.Op == filter.Eq || n.Op == filter.Ne || n.Op == filter.Pr
		if !exact && (n.Attribute == h.core.location || n.Attribute == h.core.memberRef) {
			return fault.BadRequest(scimerrors.ScimTypeInvalidFilter, n.Attribute.String()+" can only be compared with eq, ne and pr")
		}
	}
	return nil
}

func (h *Handler) checkEach(terms []filter.Node) error {
	for _, term := range terms {
		if err := h.checkURIs(term); err != nil {
			return err
		}
	}
	return nil
}

// coreAttributes are the attributes that the Handler knows by name.
type coreAttributes struct {
	id, externalID, displayName, members, meta        *filter.Attribute
	memberValue, memberType, memberDisplay, memberRef *filter.Attribute
	location                                          *filter.Attribute
}

func lookupCore(t *filter.Table) coreAttributes {
	return coreAttributes{
		id: t.Lookup("id"), externalID: t.Lookup("externalId"), displayName: t.Lookup("displayName"),
		members: t.Lookup("members"), meta: t.Lookup("meta"),
		memberValue: t.Lookup("members.value"), memberType: t.Lookup("members.type"),
		memberDisplay: t.Lookup("members.display"), memberRef: t.Lookup("members.$ref"),
		location: t.Lookup("meta.location"),
	}
}

// compare makes a comparison with a string attribute.
func compare(a *filter.Attribute, op filter.Op, value string) *filter.Compare {
	c, err := filter.NewCompare(a, op, value)
	if err != nil {
		panic(err) // strings compare with strings
	}
	return c
}
