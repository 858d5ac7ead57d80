package scim_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// The host learns of every change: of what has changed, not of what was asked for.
func ExampleConfig_onChange() {
	h, err := scim.NewHandler(scim.Config{
		Groups: memory.NewWith(memory.Options{IDFromName: true}),
		Auth:   scim.Auth{Authenticator: scim.BearerTokens("secret")},
		OnChange: func(_ context.Context, e store.Event) {
			fmt.Print(e.Operation, " ", e.Group.ID, ":")
			for _, m := range e.Added {
				fmt.Print(" +", m.Value)
			}
			for _, value := range e.Removed {
				fmt.Print(" -", value)
			}
			fmt.Println("", e.Attributes)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()

	call(server, "POST", "", "/Groups", "secret", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Guides","members":[{"value":"u-1"}]}`)
	for _, operations := range []string{
		`{"op":"add","path":"members","value":[{"value":"u-1"},{"value":"u-2"}]}`, // u-1 is there
		`{"op":"add","path":"members","value":[{"value":"u-1"}]}`,                 // changes nothing
		`{"op":"remove","path":"members[value eq \"u-1\"]"},{"op":"add","path":"externalId","value":"77"}`,
	} {
		call(server, "PATCH", "", "/Groups/Guides", "secret", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`+operations+`]}`)
	}
	call(server, "DELETE", "", "/Groups/Guides", "secret", "")
	// Output:
	// create Guides: +u-1 [displayName]
	// patch Guides: +u-2 []
	// patch Guides: -u-1 [externalId]
	// delete Guides: []
}
