package scim_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store/memory"
)

// Every client is given the quirks that it needs, and the host hears which of them
// it makes use of.
func ExampleConfig_onQuirk() {
	clients := map[string]scim.Subject{"Bearer entra": {Name: "Entra ID"}, "Bearer other": {Name: "another client"}}
	h, err := scim.NewHandler(scim.Config{
		Groups: memory.NewWith(memory.Options{IDFromName: true}),
		Auth: scim.Auth{Authenticator: scim.AuthenticatorFunc(scim.AuthenticationScheme{Type: "oauthbearertoken"}, func(r *http.Request) (scim.Subject, error) {
			if s, ok := clients[r.Header.Get("Authorization")]; ok {
				return s, nil
			}
			return scim.Subject{}, &scim.Challenge{}
		})},
		Tolerate: scim.Tolerate{Quirks: patch.Strict, QuirksFor: func(s scim.Subject) patch.Quirks {
			if s.Name == "Entra ID" {
				return patch.EntraID
			}
			return 0 // Quirks
		}, OnQuirk: func(_ context.Context, t scim.Tolerance) {
			fmt.Println(t.Subject.Name, "needs", t.Quirk, "for", t.Method, t.Endpoint)
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()

	call(server, "POST", "", "/Groups", "entra", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Guides","members":[{"value":"u-1"}]}`)
	removal := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Remove","path":"members","value":[{"$ref":null,"value":"u-1"}]}]}`
	for _, token := range []string{"other", "entra"} {
		status, _ := call(server, "PATCH", "", "/Groups/Guides", token, removal)
		fmt.Println(token, status)
	}
	// Output:
	// other 400
	// Entra ID needs removeByValue for PATCH /Groups/{id}
	// entra 204
}
