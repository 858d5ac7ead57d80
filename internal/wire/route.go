package wire

import (
	"net/url"
	"strings"
)

// Router finds the endpoints in paths.
type Router struct {
	Dialect Dialect
	// BasePath is the escaped path of the base URL without a slash at its end, or ""
	// if it is not known.
	BasePath string
	// Others are endpoints beyond those of the dialect, by their first segment.
	Others map[string]Endpoint
}

// Route is where a request goes.
type Route struct {
	Endpoint Endpoint
	// ID of the group, membership, resource type or schema; "" for a whole endpoint.
	// For OtherEndpoint it is the first segment.
	ID string
	// Tail is the escaped path from the endpoint on, without a slash before it.
	Tail string
	// Version is the path segment before the endpoint if it is a protocol version other
	// than the one that the base URL ends with.
	Version string
}

// Route finds the endpoint in an escaped path. It ignores empty segments, so
// trailing and doubled slashes are harmless. If the path starts with BasePath, the
// endpoint must follow it; otherwise the first segment that names an endpoint is
// taken for it, wherever the service is mounted.
func (r *Router) Route(path string) Route {
	rest, inBase := path, false
	if r.BasePath != "" && strings.HasPrefix(path, r.BasePath) {
		if after := path[len(r.BasePath):]; after == "" || after[0] == '/' {
			rest, inBase = after, true
		}
	}
	previous := ""
	for {
		segment, after := nextSegment(rest)
		if segment == "" {
			return Route{}
		}
		name, _ := unescape(segment)
		e, other := r.Others[name]
		if !other {
			e = r.Dialect.Endpoint(name)
		}
		if e == NoEndpoint {
			if inBase {
				return Route{}
			}
			previous, rest = segment, after
			continue
		}
		rt := Route{Endpoint: e, Tail: strings.TrimLeft(rest, "/")}
		if v := r.Dialect.Version(); v != "" && isVersion(previous) && previous != v &&
			strings.HasSuffix(r.BasePath, "/"+v) {
			rt.Version = previous
		}
		if e == OtherEndpoint {
			rt.ID = name
		} else {
			rt.within(after)
		}
		return rt
	}
}

// within routes what follows the name of the endpoint.
func (rt *Route) within(rest string) {
	segment, rest := nextSegment(rest)
	if segment == "" {
		return
	}
	if more, _ := nextSegment(rest); more != "" {
		rt.Endpoint = NoEndpoint
		return
	}
	id, err := unescape(segment)
	switch {
	case err != nil:
		rt.Endpoint = NoEndpoint
	case rt.Endpoint == GroupsEndpoint && id == ".search":
		rt.Endpoint = GroupSearchEndpoint
	case rt.Endpoint == GroupsEndpoint:
		rt.Endpoint, rt.ID = GroupEndpoint, id
	case rt.Endpoint == MembershipsEndpoint:
		rt.Endpoint, rt.ID = MembershipEndpoint, id
	case rt.Endpoint == ResourceTypesEndpoint, rt.Endpoint == SchemasEndpoint:
		rt.ID = id
	default:
		rt.Endpoint = NoEndpoint
	}
}

// nextSegment returns the first segment of a path that is not empty, and the rest.
func nextSegment(path string) (segment, rest string) {
	path = strings.TrimLeft(path, "/")
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:]
	}
	return path, ""
}

// unescape undoes the escapes of RFC 3986 §2.1, which few segments have.
func unescape(segment string) (string, error) {
	if strings.IndexByte(segment, '%') < 0 {
		return segment, nil
	}
	return url.PathUnescape(segment)
}

// isVersion reports whether a segment looks like the version of RFC 7644 §3.13.
func isVersion(segment string) bool {
	if len(segment) < 2 || segment[0] != 'v' {
		return false
	}
	return strings.Trim(segment[1:], "0123456789") == ""
}
