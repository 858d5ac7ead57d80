package scim_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/scim"
)

// Section K of the checklist: discovery.
func TestChecklistK(t *testing.T) {
	h := withSite(t)
	schemas := do(t, h, "GET", "/Schemas", "").is(t, 200, "")
	types := do(t, h, "GET", "/ResourceTypes", "").is(t, 200, "")
	resources := func(a answer) []any {
		list, _ := a.at("/Resources")
		out, _ := list.([]any)
		return out
	}

	t.Run("K01 ServiceProviderConfig has all that is required", func(t *testing.T) {
		a := do(t, h, "GET", "/ServiceProviderConfig", "").is(t, 200, "").has(t, map[string]any{
			"/schemas/0":       "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
			"/patch/supported": true, "/filter/supported": true, "/sort/supported": true, "/etag/supported": true,
			"/changePassword/supported": false, "/authenticationSchemes": []any{}, "/filter/maxResults": 1000,
			"/meta/resourceType": "ServiceProviderConfig", "/meta/location": "https://example.com/scim/v2/ServiceProviderConfig",
		})
		if _, ok := a.at("/bulk/supported"); !ok || a.int("/bulk/maxOperations") < 0 || a.int("/bulk/maxPayloadSize") < 0 {
			t.Errorf("bulk is %v", a.doc["bulk"])
		}
		secured := newHandler(t, scim.Config{Auth: scim.Auth{Authenticator: scim.BearerTokens("x")}, DocumentationURI: "https://example.com/doc", Limits: scim.Limits{MaxCount: 200}})
		do(t, secured, "GET", "/ServiceProviderConfig", "", "Authorization", "Bearer x").is(t, 200, "").has(t, map[string]any{
			"/authenticationSchemes/0/type": "oauthbearertoken", "/documentationUri": "https://example.com/doc", "/filter/maxResults": 200})
		do(t, h, "GET", "/ServiceProviderConfigs", "").is(t, 404, "")
	})
	t.Run("K02 discovery can be read without authentication if the host wants it", func(t *testing.T) {
		public := newHandler(t, scim.Config{Auth: scim.Auth{Authenticator: scim.BearerTokens("x"), PublicDiscovery: true}})
		for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/Schemas/" + groupURN} {
			do(t, public, "GET", path, "").is(t, 200, "")
		}
		do(t, public, "GET", "/Groups", "").is(t, 401, "")
		closed := newHandler(t, scim.Config{Auth: scim.Auth{Authenticator: scim.BearerTokens("x")}})
		do(t, closed, "GET", "/ServiceProviderConfig", "").is(t, 401, "")
	})
	t.Run("K03 Schemas lists all, and one by its URN, percent-encoded or not", func(t *testing.T) {
		if n := len(resources(schemas)); n != 2 {
			t.Errorf("%d schemas", n)
		}
		for _, urn := range []string{groupURN, strings.ToUpper(groupURN), strings.ReplaceAll(groupURN, ":", "%3A")} {
			do(t, h, "GET", "/Schemas/"+urn, "").is(t, 200, "").has(t, map[string]any{"/id": groupURN, "/name": "Group"})
		}
		do(t, h, "GET", "/Schemas/"+url.PathEscape(siteURN), "").is(t, 200, "").has(t, map[string]any{"/id": siteURN})
		do(t, h, "GET", "/Schemas/urn:none", "").is(t, 404, "")
	})
	t.Run("K04 no message schema is listed", func(t *testing.T) {
		for _, r := range resources(schemas) {
			if id, _ := follow(r, "/id"); strings.Contains(id.(string), ":messages:") {
				t.Errorf("%v is listed", id)
			}
		}
	})
	t.Run("K05 ResourceTypes lists Group alone, unless the host adds its own", func(t *testing.T) {
		if n := len(resources(types)); n != 1 {
			t.Errorf("%d types", n)
		}
		do(t, h, "GET", "/ResourceTypes/Group", "").is(t, 200, "").has(t, map[string]any{"/name": "Group", "/endpoint": "/Groups"})
		do(t, h, "GET", "/ResourceTypes/User", "").is(t, 404, "")
		host := newHandler(t, scim.Config{ResourceTypes: userType()})
		do(t, host, "GET", "/ResourceTypes", "").has(t, map[string]any{"/totalResults": 2, "/Resources/1/endpoint": "/Users"})
		do(t, host, "GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "").is(t, 200, "")
	})
	t.Run("K06 paging, sorting and projection are ignored, and a filter is 403", func(t *testing.T) {
		for _, path := range []string{"/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/ResourceTypes/Group", "/Schemas/" + groupURN} {
			plain := do(t, h, "GET", path, "")
			if a := do(t, h, "GET", path+"?startIndex=2&count=0&sortBy=x&attributes=id&excludedAttributes=id", ""); a.text != plain.text {
				t.Errorf("%s changes with parameters: %s", path, a.text)
			}
			do(t, h, "GET", path+"?filter=id+pr", "").is(t, 403, "")
		}
	})
	t.Run("K07 a resource type names served schemas", func(t *testing.T) {
		a := do(t, h, "GET", "/ResourceTypes/Group", "").has(t, map[string]any{
			"/schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}, "/id": "Group", "/name": "Group",
			"/schema": groupURN, "/schemaExtensions": []any{map[string]any{"schema": siteURN, "required": false}}, "/meta/resourceType": "ResourceType",
			"/meta/location": "https://example.com/scim/v2/ResourceTypes/Group"})
		do(t, h, "GET", "/Schemas/"+a.str("/schema"), "").is(t, 200, "")
		do(t, h, "GET", "/Schemas/"+a.str("/schemaExtensions/0/schema"), "").is(t, 200, "")
		do(t, h, "GET", "/ResourceTypes/group", "").is(t, 404, "") // erratum 8475
	})
	characteristics := func(t *testing.T, visit func(name string, a map[string]any)) {
		var walk func(list any)
		walk = func(list any) {
			attributes, _ := list.([]any)
			for _, item := range attributes {
				a := item.(map[string]any)
				name, _ := a["name"].(string)
				visit(name, a)
				walk(a["subAttributes"])
			}
		}
		for _, r := range resources(schemas) {
			attributes, _ := follow(r, "/attributes")
			walk(attributes)
		}
	}
	t.Run("K08 every attribute of a schema has its characteristics", func(t *testing.T) {
		characteristics(t, func(name string, a map[string]any) {
			for _, key := range []string{"name", "type", "multiValued", "description", "required", "mutability", "returned"} {
				if a[key] == nil {
					t.Errorf("%s has no %s", name, key)
				}
			}
			if _, ok := a["referenceTypes"]; ok != (a["type"] == "reference") && name != "$ref" {
				t.Errorf("%s is a %v with referenceTypes %v", name, a["type"], a["referenceTypes"])
			}
			if (a["subAttributes"] != nil) != (a["type"] == "complex") {
				t.Errorf("%s is a %v with subAttributes %v", name, a["type"], a["subAttributes"])
			}
			if a["type"] != "complex" && a["caseExact"] == nil {
				t.Errorf("%s has no caseExact", name)
			}
		})
	})
	t.Run("K09 a schema has schemas and meta, and no uniqueness on complex attributes", func(t *testing.T) {
		for _, r := range resources(schemas) {
			a := answer{doc: r.(map[string]any)}
			a.has(t, map[string]any{"/schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Schema"}, "/meta/resourceType": "Schema",
				"/meta/location": "https://example.com/scim/v2/Schemas/" + a.str("/id")})
		}
		characteristics(t, func(name string, a map[string]any) {
			if a["type"] == "complex" && a["uniqueness"] != nil {
				t.Errorf("%s has uniqueness %v", name, a["uniqueness"])
			}
		})
	})
	t.Run("K10 the published schema is the enforced one", func(t *testing.T) {
		required := map[string]bool{"displayName": false, "externalId": true}
		characteristics(t, func(name string, a map[string]any) {
			if _, ok := required[name]; ok {
				required[name] = a["required"] == true
			}
		})
		if a := do(t, h, "POST", "/Groups", group(`"externalId":"x"`)); required["displayName"] != (a.status == 400) {
			t.Errorf("displayName: required %v, but POST without it is %d", required["displayName"], a.status)
		}
		create(t, h, "K10")
		do(t, h, "POST", "/Groups", group(`"displayName":"k10"`)).is(t, 409, "uniqueness")
		a := do(t, h, "GET", "/Schemas/"+groupURN, "")
		if u := a.str("/attributes/0/uniqueness"); u != "server" {
			t.Errorf("uniqueness of displayName is %q, but it is enforced", u)
		}
	})
	t.Run("K11 discovery is for reading", func(t *testing.T) {
		for _, path := range []string{"/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/ResourceTypes/Group", "/Schemas/" + groupURN} {
			do(t, h, "HEAD", path, "").is(t, 200, "")
			for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
				if a := do(t, h, method, path, "{}").is(t, 405, ""); !strings.Contains(a.header.Get("Allow"), "GET") {
					t.Errorf("Allow is %q", a.header.Get("Allow"))
				}
			}
		}
	})
	t.Run("K12 no events are promised", func(t *testing.T) {
		do(t, h, "GET", "/ServiceProviderConfig", "").has(t, map[string]any{"/securityEvents": nil})
	})
	t.Run("K13 Me is 501", func(t *testing.T) {
		for _, method := range []string{"GET", "PUT", "PATCH", "DELETE", "POST"} {
			do(t, h, method, "/Me", "").is(t, 501, "")
		}
	})
}
