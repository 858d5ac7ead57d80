package scim_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store/memory"
)

// Clients of SCIM 1.1 and of SCIM 2.0 work on the same groups.
func ExampleSCIM11() {
	groups := memory.NewWith(memory.Options{IDFromName: true})
	mux := http.NewServeMux()
	for path, dialect := range map[string]scim.Dialect{"/scim/v1/": scim.SCIM11, "/scim/v2/": scim.SCIM2} {
		h, err := scim.NewHandler(scim.Config{
			Groups:  groups,
			Auth:    scim.Auth{Authenticator: scim.BearerTokens("secret")},
			Dialect: dialect,
			BaseURL: "https://app.example.com" + path,
		})
		if err != nil {
			log.Fatal(err)
		}
		mux.Handle(path, h)
	}
	server := httptest.NewServer(mux)
	defer server.Close()

	call(server, "POST", "", "/scim/v2/Groups", "secret", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Guides","members":[{"value":"u-1"},{"value":"u-2"}]}`)
	status, _ := call(server, "PATCH", "", "/scim/v1/Groups/Guides", "secret", `{"schemas":["urn:scim:schemas:core:1.0"],"members":[{"value":"u-1","operation":"delete"},{"value":"u-3"}]}`)
	fmt.Println(status)
	for _, path := range []string{"/scim/v1/Groups/Guides", "/scim/v2/Groups/Guides"} {
		_, content := call(server, "GET", "", path+"?excludedAttributes=meta", "secret", "")
		fmt.Println(string(content))
	}
	_, content := call(server, "GET", "", "/scim/v1/Groups/Drivers", "secret", "")
	fmt.Println(string(content))
	// Output:
	// 204
	// {"schemas":["urn:scim:schemas:core:1.0"],"id":"Guides","displayName":"Guides","members":[{"value":"u-2"},{"value":"u-3"}]}
	// {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"Guides","displayName":"Guides","members":[{"value":"u-2"},{"value":"u-3"}]}
	// {"Errors":[{"description":"there is no group with this id","code":"404"}]}
}
