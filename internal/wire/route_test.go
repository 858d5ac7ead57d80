package wire_test

import (
	"testing"

	"github.com/scimgroups/scimgroups/internal/wire"
)

func TestRoute(t *testing.T) {
	const at = "/api/scim/v2"
	others := map[string]wire.Endpoint{"Users": wire.OtherEndpoint, "GroupMembers": wire.MembershipsEndpoint}
	route := func(e wire.Endpoint, id, tail string) wire.Route { return wire.Route{Endpoint: e, ID: id, Tail: tail} }
	for _, c := range []struct {
		name   string
		router wire.Router
		path   string
		want   wire.Route
	}{
		{"groups", wire.Router{}, "/Groups", route(wire.GroupsEndpoint, "", "Groups")},
		{"empty segments are ignored", wire.Router{}, "//x//Groups//a/", route(wire.GroupEndpoint, "a", "Groups//a/")},
		{"an id is unescaped", wire.Router{}, "/Groups/a%2Fb", route(wire.GroupEndpoint, "a/b", "Groups/a%2Fb")},
		{"an escape that is none", wire.Router{}, "/Groups/%zz", route(wire.NoEndpoint, "", "Groups/%zz")},
		{"the name of an endpoint may be escaped", wire.Router{}, "/%47roups", route(wire.GroupsEndpoint, "", "%47roups")},
		{"names of endpoints are case-sensitive", wire.Router{}, "/groups", wire.Route{}},
		{"a search of groups", wire.Router{}, "/Groups/.search", route(wire.GroupSearchEndpoint, "", "Groups/.search")},
		{"a search at the root", wire.Router{}, "/.search", route(wire.RootSearchEndpoint, "", ".search")},
		{"nothing is below a group", wire.Router{}, "/Groups/a/b", route(wire.NoEndpoint, "", "Groups/a/b")},
		{"nothing is below the configuration", wire.Router{}, "/ServiceProviderConfig/a", route(wire.NoEndpoint, "", "ServiceProviderConfig/a")},
		{"a schema", wire.Router{}, "/Schemas/urn:x", route(wire.SchemasEndpoint, "urn:x", "Schemas/urn:x")},
		{"the first endpoint in the path counts", wire.Router{}, "/Groups/Schemas", route(wire.GroupEndpoint, "Schemas", "Groups/Schemas")},
		{"an endpoint follows the base path", wire.Router{BasePath: "/Groups/scim"}, "/Groups/scim/Groups/a", route(wire.GroupEndpoint, "a", "Groups/a")},
		{"nothing else follows the base path", wire.Router{BasePath: at}, at + "/x/Groups", wire.Route{}},
		{"a base path ends at a slash", wire.Router{BasePath: at}, at + "x/Groups", route(wire.GroupsEndpoint, "", "Groups")},
		{"a mount elsewhere", wire.Router{BasePath: at}, "/other/Groups", route(wire.GroupsEndpoint, "", "Groups")},
		{"another version", wire.Router{BasePath: at}, "/api/scim/v1/Groups", wire.Route{Endpoint: wire.GroupsEndpoint, Tail: "Groups", Version: "v1"}},
		{"the same version", wire.Router{BasePath: at}, "/other/v2/Groups", route(wire.GroupsEndpoint, "", "Groups")},
		{"no version is expected", wire.Router{BasePath: "/api"}, "/scim/v1/Groups", route(wire.GroupsEndpoint, "", "Groups")},
		{"what only looks like a version", wire.Router{BasePath: at}, "/api/vx/Groups", route(wire.GroupsEndpoint, "", "Groups")},
		{"another resource type", wire.Router{Others: others}, "/Users/a/b", route(wire.OtherEndpoint, "Users", "Users/a/b")},
		{"memberships", wire.Router{Others: others}, "/GroupMembers", route(wire.MembershipsEndpoint, "", "GroupMembers")},
		{"a membership", wire.Router{Others: others}, "/GroupMembers/a.b", route(wire.MembershipEndpoint, "a.b", "GroupMembers/a.b")},
		{"memberships that are not served", wire.Router{}, "/GroupMembers", wire.Route{}},
		{"the configuration of SCIM 1.1", wire.Router{Dialect: wire.SCIM11}, "/ServiceProviderConfigs", route(wire.ConfigEndpoint, "", "ServiceProviderConfigs")},
		{"SCIM 1.1 has no resource types", wire.Router{Dialect: wire.SCIM11}, "/ResourceTypes", wire.Route{}},
		{"SCIM 1.1 has no version", wire.Router{Dialect: wire.WorkspaceONE, BasePath: at}, "/api/scim/v1/Groups", route(wire.GroupsEndpoint, "", "Groups")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.router.Dialect == nil {
				c.router.Dialect = wire.SCIM2
			}
			if got := c.router.Route(c.path); got != c.want {
				t.Errorf("%s is %+v, want %+v", c.path, got, c.want)
			}
		})
	}
}

func TestAllows(t *testing.T) {
	for method, want := range map[string]bool{"GET": true, "POST": true, "PUT": false, "OPTIONS": false, "": false, "GE": false} {
		if got := wire.Allows("GET, HEAD, POST, OPTIONS", method); got != want {
			t.Errorf("%q is allowed: %v", method, got)
		}
	}
}
