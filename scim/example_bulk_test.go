package scim_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store/memory"
)

// One request creates two groups that are members of each other. One of its operations
// fails without harm to the others (RFC 7644 §3.7).
func ExampleHandler_bulk() {
	h, err := scim.NewHandler(scim.Config{Groups: memory.New(), Auth: scim.Auth{Authenticator: scim.BearerTokens("secret")}})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()

	_, content := call(server, "POST", "", "/Bulk", "secret", `{
		"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
		"Operations": [
			{"method": "POST", "path": "/Groups", "bulkId": "day", "data": {
				"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Day Shift",
				"members": [{"value": "bulkId:night", "type": "Group"}]}},
			{"method": "POST", "path": "/Groups", "bulkId": "night", "data": {
				"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Night Shift",
				"members": [{"value": "bulkId:day", "type": "Group"}]}},
			{"method": "DELETE", "path": "/Groups/no-such-group"}
		]
	}`)
	var response struct {
		Operations []struct{ Method, BulkID, Status string }
	}
	if err := json.Unmarshal(content, &response); err != nil {
		log.Fatal(err)
	}
	for _, o := range response.Operations {
		fmt.Println(o.Method, o.BulkID, o.Status)
	}

	_, content = call(server, "GET", "", "/Groups", "secret", "")
	var list struct {
		Resources []struct {
			ID, DisplayName string
			Members         []struct{ Value string }
		}
	}
	if err := json.Unmarshal(content, &list); err != nil {
		log.Fatal(err)
	}
	names := map[string]string{}
	for _, g := range list.Resources {
		names[g.ID] = g.DisplayName
	}
	for _, g := range list.Resources {
		fmt.Println(g.DisplayName, "holds", names[g.Members[0].Value])
	}
	// Output:
	// POST day 201
	// POST night 201
	// DELETE  404
	// Day Shift holds Night Shift
	// Night Shift holds Day Shift
}
