package wire

import (
	"net/http"
	"strings"
)

// Endpoint is what the path of a request names.
type Endpoint uint8

// The endpoints of RFC 7644 §3.2, table 2, and those that are added to them.
const (
	NoEndpoint Endpoint = iota
	GroupsEndpoint
	GroupEndpoint
	GroupSearchEndpoint
	RootSearchEndpoint
	ConfigEndpoint
	ResourceTypesEndpoint
	SchemasEndpoint
	MeEndpoint
	BulkEndpoint
	MembershipsEndpoint // /GroupMembers
	MembershipEndpoint  // /GroupMembers/{id}
	OtherEndpoint       // of a resource type that is not served here
)

// String returns the name of the endpoint for logs and metrics, without the parts of
// a path that may be personal.
func (e Endpoint) String() string {
	return [...]string{"unknown", "/Groups", "/Groups/{id}", "/Groups/.search", "/.search", "/ServiceProviderConfig",
		"/ResourceTypes", "/Schemas", "/Me", "/Bulk", "/GroupMembers", "/GroupMembers/{id}", "other"}[e]
}

// IsDiscovery reports whether the endpoint is one of RFC 7644 §4.
func (e Endpoint) IsDiscovery() bool {
	return e == ConfigEndpoint || e == ResourceTypesEndpoint || e == SchemasEndpoint
}

// Allows reports whether a list of methods, as in the Allow header, has method.
// OPTIONS is not among them: every endpoint handles it alike.
func Allows(methods, method string) bool {
	if method == http.MethodOptions {
		return false
	}
	for rest := methods; rest != ""; {
		var m string
		if m, rest, _ = strings.Cut(rest, ", "); m == method {
			return true
		}
	}
	return false
}
