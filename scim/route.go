package scim

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/scimgroups/scimgroups/patch"
)

type endpoint uint8

const (
	nowhere endpoint = iota
	groupsEndpoint
	groupEndpoint
	groupSearchEndpoint
	rootSearchEndpoint
	configEndpoint
	resourceTypesEndpoint
	schemasEndpoint
	meEndpoint
	bulkEndpoint
	membershipsEndpoint // /GroupMembers, where it is turned on
	membershipEndpoint  // /GroupMembers/{id}
	otherEndpoint       // of a ResourceType with a Handler
)

// String names the endpoint in logs, without what may be personal in a path.
func (e endpoint) String() string {
	return [...]string{"unknown", "/Groups", "/Groups/{id}", "/Groups/.search", "/.search", "/ServiceProviderConfig",
		"/ResourceTypes", "/Schemas", "/Me", "/Bulk", "/GroupMembers", "/GroupMembers/{id}", "other"}[e]
}

// endpointOf knows the endpoints of RFC 7644 §3.2, table 2, as the first segment after the base
// URL.
func endpointOf(segment string) endpoint {
	switch segment {
	case "Groups":
		return groupsEndpoint
	case ".search":
		return rootSearchEndpoint
	case "ServiceProviderConfig":
		return configEndpoint
	case "ResourceTypes":
		return resourceTypesEndpoint
	case "Schemas":
		return schemasEndpoint
	case "Me":
		return meEndpoint
	case "Bulk":
		return bulkEndpoint
	}
	return nowhere
}

func isReserved(segment string) bool { return endpointOf(segment) != nowhere }

func (e endpoint) isDiscovery() bool {
	return e == configEndpoint || e == resourceTypesEndpoint || e == schemasEndpoint
}

// mayBeMissing tells the endpoints that answer 501 to every method where they are
// not supported.
func (e endpoint) mayBeMissing() bool { return e == meEndpoint || e == bulkEndpoint }

// methods that an endpoint has, as the Allow header lists them.
func (e endpoint) methods() string {
	switch e {
	case groupsEndpoint:
		return "GET, HEAD, POST, OPTIONS"
	case groupEndpoint:
		return "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
	case membershipsEndpoint:
		return "GET, HEAD, POST, OPTIONS"
	case membershipEndpoint:
		return "GET, HEAD, DELETE, OPTIONS"
	case groupSearchEndpoint, rootSearchEndpoint, bulkEndpoint:
		return "POST, OPTIONS"
	}
	return "GET, HEAD, OPTIONS"
}

// route is where a request goes.
type route struct {
	endpoint endpoint
	// id of the group, resource type or schema; "" for the whole endpoint. The name
	// of another's endpoint.
	id string
	// tail is the escaped path from the endpoint on.
	tail string
	// version is the path segment before the endpoint if it looks like a protocol
	// version and is not the one that the host configured.
	version string
}

// route finds the endpoint in an escaped path. Empty segments do not count, so
// trailing and doubled slashes are harmless. If the path starts with the path of
// the BaseURL the endpoint must follow there; otherwise the first segment that
// names an endpoint is taken for it, whatever the Handler is mounted under.
func (h *Handler) route(path string) route {
	rest, inBase := path, false
	if h.basePath != "" && strings.HasPrefix(path, h.basePath) {
		if after := path[len(h.basePath):]; after == "" || after[0] == '/' {
			rest, inBase = after, true
		}
	}
	previous := ""
	for {
		segment, after := nextSegment(rest)
		if segment == "" {
			return route{}
		}
		name, _ := unescapeSegment(segment)
		e := h.dialect.endpoint(name)
		if h.members != nil && name == "GroupMembers" {
			e = membershipsEndpoint
		}
		if h.others[name] != nil {
			e = otherEndpoint
		}
		if e == nowhere {
			if inBase {
				return route{}
			}
			previous, rest = segment, after
			continue
		}
		rt := route{endpoint: e, tail: strings.TrimLeft(rest, "/")}
		if v := h.dialect.version; v != "" && isVersion(previous) && previous != v && strings.HasSuffix(h.basePath, "/"+v) {
			rt.version = previous
		}
		if e == otherEndpoint {
			rt.id = name
		} else {
			rt.within(after)
		}
		return rt
	}
}

// within routes what follows the name of the endpoint.
func (rt *route) within(rest string) {
	segment, rest := nextSegment(rest)
	if segment == "" {
		return
	}
	if more, _ := nextSegment(rest); more != "" {
		rt.endpoint = nowhere
		return
	}
	id, err := unescapeSegment(segment)
	switch {
	case err != nil:
		rt.endpoint = nowhere
	case rt.endpoint == groupsEndpoint && id == ".search":
		rt.endpoint = groupSearchEndpoint
	case rt.endpoint == groupsEndpoint:
		rt.endpoint, rt.id = groupEndpoint, id
	case rt.endpoint == membershipsEndpoint:
		rt.endpoint, rt.id = membershipEndpoint, id
	case rt.endpoint == resourceTypesEndpoint, rt.endpoint == schemasEndpoint:
		rt.id = id
	default:
		rt.endpoint = nowhere
	}
}

// unescapeSegment undoes RFC 3986 §2.1, of which few segments have anything.
func unescapeSegment(segment string) (string, error) {
	if strings.IndexByte(segment, '%') < 0 {
		return segment, nil
	}
	return url.PathUnescape(segment)
}

// isVersion recognises the version segment of RFC 7644 §3.13.
func isVersion(segment string) bool {
	if len(segment) < 2 || segment[0] != 'v' {
		return false
	}
	return strings.Trim(segment[1:], "0123456789") == ""
}

// method of the request, with X-HTTP-Method-Override where that is allowed.
func (x *exchange) method() string {
	if x.r.Method != http.MethodPost {
		return x.r.Method
	}
	switch m := strings.ToUpper(x.r.Header.Get("X-HTTP-Method-Override")); m {
	case http.MethodPut, http.MethodPatch, http.MethodDelete:
		if x.h.dialect.methodOverride || x.tolerates(patch.MethodOverride) {
			return m
		}
	}
	return x.r.Method
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
