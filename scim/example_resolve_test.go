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

// The host says what can be a member, and its display name. A request with unknown
// members fails here; see [scim.OnUnknownMember] for alternatives.
func ExampleMemberResolver() {
	staff := map[string]string{"u-1": "Ann", "u-2": "Bob"}
	resolver := scim.MemberResolverFunc(func(_ context.Context, members []store.Member) ([]scim.Resolution, error) {
		out := make([]scim.Resolution, len(members))
		for i, m := range members { // a database would be asked about all of them at once
			name, ok := staff[m.Value]
			out[i] = scim.Resolution{Unknown: !ok, Type: "User", Display: name}
		}
		return out, nil
	})
	h, err := scim.NewHandler(scim.Config{
		Groups:  memory.NewWith(memory.Options{IDFromName: true}),
		Auth:    scim.Auth{Authenticator: scim.BearerTokens("secret")},
		Members: scim.Members{Resolver: resolver, OnUnknown: scim.RejectUnknown},
	})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()

	const schemas = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]`
	status, content := call(server, "POST", "", "/Groups", "secret", `{`+schemas+`,"displayName":"Guides","members":[{"value":"u-1"},{"value":"u-9"}]}`)
	fmt.Println(status, string(content))
	call(server, "POST", "", "/Groups", "secret", `{`+schemas+`,"displayName":"Guides","members":[{"value":"u-1"},{"value":"u-2"}]}`)
	status, content = call(server, "GET", "", "/Groups/Guides?attributes=members", "secret", "")
	fmt.Println(status, string(content))
	// Output:
	// 400 {"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidValue","detail":"members: unknown value \"u-9\""}
	// 200 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"Guides","members":[{"value":"u-1","type":"User","display":"Ann"},{"value":"u-2","type":"User","display":"Bob"}]}
}
