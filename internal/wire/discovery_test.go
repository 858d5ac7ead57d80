package wire_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/store"
)

func TestDiscovery(t *testing.T) {
	const base = "https://example.com/scim"
	site := schema.Schema{ID: "urn:example:site", Name: optional.NewString("Site")}
	types := []wire.ResourceType{
		{Name: "Group", Endpoint: "/Groups", Schema: store.Schema(), Extensions: []filter.Extension{{Schema: site, Required: true}}},
		{Name: "Office Desk", Endpoint: "Desks", Schema: site},
	}
	for _, c := range []struct {
		name     string
		dialect  wire.Dialect
		route    wire.Route
		filter   string
		filtered bool
		status   int
		want     []string // in the document
	}{
		{"the configuration", wire.SCIM2, wire.Route{Endpoint: wire.ConfigEndpoint}, "", false, 0,
			[]string{`"location":"` + base + `/ServiceProviderConfig"`, `"resourceType":"ServiceProviderConfig"`, `"authenticationSchemes":[]`, `"sort":{"supported":true}`}},
		{"the configuration of Opsera", wire.Opsera, wire.Route{Endpoint: wire.ConfigEndpoint}, "", false, 0, []string{`"sort":{"supported":false}`}},
		{"the configuration of SCIM 1.1", wire.SCIM11, wire.Route{Endpoint: wire.ConfigEndpoint}, "", false, 0,
			[]string{`"meta":{"location":"` + base + `/ServiceProviderConfigs"}`, `"xmlDataFormat":{"supported":false}`}},
		{"no filter of the configuration", wire.SCIM11, wire.Route{Endpoint: wire.ConfigEndpoint}, "", true, 403, nil},
		{"all resource types", wire.SCIM2, wire.Route{Endpoint: wire.ResourceTypesEndpoint}, "", false, 0,
			[]string{`"totalResults":2`, `"endpoint":"/Desks"`, base + `/ResourceTypes/Office%20Desk"`, `"schemaExtensions":[{"schema":"urn:example:site","required":true}]`}},
		{"one resource type", wire.SCIM2, wire.Route{Endpoint: wire.ResourceTypesEndpoint, ID: "Office Desk"}, "", false, 0, []string{`"id":"Office Desk"`}},
		{"names of resource types are case-sensitive", wire.SCIM2, wire.Route{Endpoint: wire.ResourceTypesEndpoint, ID: "group"}, "", false, 404, nil},
		{"each schema once", wire.SCIM2, wire.Route{Endpoint: wire.SchemasEndpoint}, "", false, 0, []string{`"totalResults":2`, `"id":"urn:example:site"`}},
		{"a schema in any letter case", wire.SCIM2, wire.Route{Endpoint: wire.SchemasEndpoint, ID: "URN:example:Site"}, "", false, 0, []string{`"id":"urn:example:site"`}},
		{"a schema by its name", wire.SCIM11, wire.Route{Endpoint: wire.SchemasEndpoint, ID: "site"}, "", false, 0, []string{`"id":"urn:example:site"`}},
		{"SCIM 2.0 has no schemas by name", wire.SCIM2, wire.Route{Endpoint: wire.SchemasEndpoint, ID: "Site"}, "", false, 404, nil},
		{"the schema of groups in SCIM 1.1", wire.SCIM11, wire.Route{Endpoint: wire.SchemasEndpoint, ID: store.GroupSchema}, "", false, 0,
			[]string{`"id":"urn:scim:schemas:core:1.0:Group"`, `"endpoint":"/Groups"`, `"multiValuedAttributeChildName":"member"`}},
		{"the schemas with a name", wire.SCIM11, wire.Route{Endpoint: wire.SchemasEndpoint}, `name eq "SITE"`, true, 0, []string{`"totalResults":1`, `"id":"urn:example:site"`}},
		{"no schema has the name", wire.WorkspaceONE, wire.Route{Endpoint: wire.SchemasEndpoint}, `name eq "User"`, true, 0, []string{`"totalResults":0`, `"Resources":[]`}},
		{"a name is needed", wire.WorkspaceONE, wire.Route{Endpoint: wire.SchemasEndpoint}, "", false, 400, nil},
		{"no filter of one schema", wire.SCIM11, wire.Route{Endpoint: wire.SchemasEndpoint, ID: "site"}, `name eq "SITE"`, true, 403, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var config wire.ServiceProviderConfig
			config.Sort.Supported = true
			d, err := wire.NewDiscovery(c.dialect, config, types)
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.Append(nil, &c.route, c.filter, c.filtered, base)
			if status(err) != c.status || c.status == 0 && !json.Valid(got) {
				t.Fatalf("got %s, %v, want status %d", got, err, c.status)
			}
			for _, want := range c.want {
				if !strings.Contains(string(got), want) {
					t.Errorf("no %s in %s", want, got)
				}
			}
		})
	}
}

func TestAppendListHead(t *testing.T) {
	const start = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"]`
	for _, c := range []struct {
		list wire.List
		want string
	}{
		{wire.List{Total: 3, StartIndex: 2, Items: 1}, start + `,"totalResults":3,"itemsPerPage":1,"startIndex":2,"Resources":[`},
		{wire.List{Total: -1, Items: 1, Next: "n"}, start + `,"itemsPerPage":1,"nextCursor":"n","Resources":[`},
		{wire.List{Next: "n", Previous: "p"}, start + `,"totalResults":0,"itemsPerPage":0,"previousCursor":"p","nextCursor":"n","Resources":[`},
	} {
		if got := string(wire.AppendListHead(nil, wire.SCIM2, &c.list)); got != c.want {
			t.Errorf("%s is %s, want %s", fmt.Sprint(c.list), got, c.want)
		}
	}
}
