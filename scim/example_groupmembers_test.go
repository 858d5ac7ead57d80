package scim_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http/httptest"
	"net/url"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store/memory"
)

// A service with very large groups never returns members with a group. Clients read them
// in pages (draft-zollner-scim-group-members).
func ExampleConfig_groupMembers() {
	h, err := scim.NewHandler(scim.Config{
		Groups:          memory.NewWith(memory.Options{IDFromName: true}),
		Auth:            scim.Auth{Authenticator: scim.BearerTokens("secret")},
		Members:         scim.Members{Returned: scim.MembersNever},
		MembershipDraft: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()

	call(server, "POST", "", "/Groups", "secret", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Guides","members":[{"value":"u-1"},{"value":"u-2"}]}`)
	status, content := call(server, "GET", "", "/Groups/Guides?excludedAttributes=meta", "secret", "")
	fmt.Println(status, string(content))

	status, _ = call(server, "POST", "", "/GroupMembers", "secret", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:GroupMember"],"group":{"value":"Guides"},"member":{"value":"u-3"}}`)
	fmt.Println(status)

	cursor := ""
	for {
		_, content = call(server, "GET", "", "/GroupMembers?"+url.Values{"filter": {`group.value eq "Guides"`}, "count": {"2"}, "cursor": {cursor}}.Encode(), "secret", "")
		var page struct {
			NextCursor string
			Resources  []struct{ Member struct{ Value string } }
		}
		if err := json.Unmarshal(content, &page); err != nil {
			log.Fatal(err)
		}
		fmt.Println(page.Resources)
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	// Output:
	// 200 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"Guides","displayName":"Guides"}
	// 201
	// [{{u-1}} {{u-2}}]
	// [{{u-3}}]
}
