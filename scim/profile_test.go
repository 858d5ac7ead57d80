package scim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store/memory"
)

func TestAProfileRefusesWhatRFC7644Allows(t *testing.T) {
	const undefined = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","urn:x"],"displayName":"New"}`
	for _, p := range []scim.Profile{scim.NoProfile, scim.Interop, scim.IPSIE} {
		// IPSIE wants a scheme of OAuth.
		h := newHandler(t, scim.Config{Profile: p, Auth: scim.Auth{Authenticator: oauth()}})
		id := create(t, h, "G", "a")
		config := do(t, h, "GET", "/ServiceProviderConfig", "")
		claims := config.doc["interopProfileConformant"] == true
		pathless := do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"replace","value":{"displayName":"H"}}`))
		post := do(t, h, "POST", "/Groups", undefined)
		put := do(t, h, "PUT", "/Groups/"+id, strings.Replace(undefined, "New", "Newer", 1))
		if p == scim.NoProfile {
			if pathless.status != 204 || post.status != 201 || put.status != 200 || claims {
				t.Errorf("without a profile: %d, %d, %d, %t", pathless.status, post.status, put.status, claims)
			}
			continue
		}
		if !claims {
			t.Errorf("profile %d is not claimed: %v", p, config.doc)
		}
		pathless.is(t, 400, "invalidSyntax")
		post.is(t, 400, "invalidSyntax")
		put.is(t, 400, "invalidSyntax")
		do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"remove"}`)).is(t, 400, "invalidSyntax")
		for _, op := range []string{
			`{"op":"add","path":"schemas","value":["urn:x"]}`,
			`{"op":"replace","path":"schemas","value":"urn:x"}`,
			`{"op":"add","path":"members","value":[{"value":"b","nothing":"x"}]}`,
			`{"op":"remove","path":"members","value":[{"value":"a","nothing":"x"}]}`,
			`{"op":"replace","path":"members","value":{"value":"b","nothing":"x"}}`,
			`{"op":"replace","path":"members[value eq \"a\"]","value":{"type":"User","nothing":"x"}}`,
		} {
			do(t, h, "PATCH", "/Groups/"+id, patchOp(op)).is(t, 400, "invalidSyntax")
		}
		do(t, h, "POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"I",
			"members":[{"value":"a","nothing":"x"}]}`).is(t, 400, "invalidSyntax")
		do(t, h, "PATCH", "/Groups/"+id, patchOp(
			`{"op":"add","path":"schemas","value":["urn:ietf:params:scim:schemas:core:2.0:Group"]}`,
			`{"op":"add","path":"members","value":[{"value":"b","$ref":"https://x/Users/b","type":"User","display":"B","nothing":null}]}`,
		)).is(t, 204, "")
		do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"remove","path":"members[value eq \"a\"]"}`)).is(t, 204, "")
	}
}

// oauth lets everybody in who comes by OAuth.
func oauth() scim.Authenticator {
	return scim.AuthenticatorFunc(scim.AuthenticationScheme{Type: "oauth2", Name: "OAuth 2.0", Description: "Client credentials"},
		func(*http.Request) (scim.Subject, error) { return scim.Subject{Name: "client"}, nil })
}

func TestAProfileIsNotClaimedByAConfigThatContradictsIt(t *testing.T) {
	basic := scim.AuthenticatorFunc(scim.AuthenticationScheme{Type: "httpbasic", Name: "Basic", Description: "Basic"},
		func(*http.Request) (scim.Subject, error) { return scim.Subject{}, nil })
	for name, c := range map[string]scim.Config{
		"unknown profile":   {Profile: scim.IPSIE + 1},
		"dialect":           {Profile: scim.Interop, Dialect: scim.SCIM11},
		"quirks":            {Profile: scim.Interop, Tolerate: scim.Tolerate{Quirks: patch.EntraID}},
		"quirks of some":    {Profile: scim.Interop, Tolerate: scim.Tolerate{QuirksFor: func(scim.Subject) patch.Quirks { return 0 }}},
		"members":           {Profile: scim.Interop, Members: scim.Members{Returned: scim.MembersNever}},
		"small pages":       {Profile: scim.Interop, Limits: scim.Limits{MaxCount: 50}},
		"small requests":    {Profile: scim.IPSIE, Limits: scim.Limits{Body: patch.Limits{MaxOperations: 20}}},
		"Basic":             {Profile: scim.Interop, Auth: scim.Auth{Authenticator: basic}},
		"no authentication": {Profile: scim.IPSIE, Auth: scim.Auth{Authenticator: scim.Anonymous}},
	} {
		c.Groups = memory.New()
		if c.Auth.Authenticator == nil {
			c.Auth.Authenticator = oauth()
		}
		if _, err := scim.NewHandler(c); err == nil || !strings.Contains(err.Error(), "Config.Profile") {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := scim.Config{Groups: memory.New(), Profile: scim.IPSIE, Auth: scim.Auth{Authenticator: oauth()}, Tolerate: scim.Tolerate{Quirks: patch.Strict}}
	if _, err := scim.NewHandler(c); err != nil {
		t.Error(err)
	}
}
