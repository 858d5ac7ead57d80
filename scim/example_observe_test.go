package scim_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store/memory"
)

// One hook has what traces and metrics need. It puts a span into the context that it
// returns, which hooks and the store receive. Beside it are the bounds of a service under
// load.
func ExampleConfig_observe() {
	h, err := scim.NewHandler(scim.Config{
		Groups: memory.NewWith(memory.Options{IDFromName: true}),
		Auth:   scim.Auth{Authenticator: scim.BearerTokens("secret")},
		Limits: scim.Limits{Timeout: 10 * time.Second, MaxInFlight: 100}, // 503 after that
		// 503 for more
		Observe: func(ctx context.Context, _ *http.Request) (context.Context, func(scim.Observation)) {
			return ctx, func(o scim.Observation) {
				fmt.Println(o.Method, o.Endpoint, o.Status, "added", o.Added, "removed", o.Removed, "groups", o.Groups, o.Duration > 0)
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()

	call(server, "POST", "", "/Groups", "secret", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Guides","members":[{"value":"u-1"},{"value":"u-2"}]}`)
	call(server, "PATCH", "", "/Groups/Guides", "secret", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members[value eq \"u-1\"]"}]}`)
	call(server, "GET", "", "/Groups", "secret", "")
	call(server, "GET", "", "/Groups", "guessed", "")
	// Output:
	// POST /Groups 201 added 2 removed 0 groups 1 true
	// PATCH /Groups/{id} 204 added 0 removed 1 groups 0 true
	// GET /Groups 200 added 0 removed 0 groups 1 true
	// GET /Groups 401 added 0 removed 0 groups 0 true
}
