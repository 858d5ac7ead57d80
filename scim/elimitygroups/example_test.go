package elimitygroups_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	elimity "github.com/elimity-com/scim"

	"github.com/scimgroups/scimgroups/scim/elimitygroups"
	"github.com/scimgroups/scimgroups/store/memory"
)

// A server of elimity-com/scim gets groups besides the resource types that it has.
func ExampleNewResourceHandler() {
	groups, err := elimitygroups.NewResourceHandler(memory.New(), elimitygroups.Options{
		BaseURL: "https://app.example.com/scim/v2",
	})
	if err != nil {
		log.Fatal(err)
	}
	handler, err := elimity.NewServer(&elimity.ServerArgs{
		ServiceProviderConfig: &elimity.ServiceProviderConfig{SupportFiltering: true, SupportPatch: true},
		ResourceTypes:         []elimity.ResourceType{groups.ResourceType()}, // and that of users
	}, elimity.WithBaseURL("https://app.example.com/scim/v2"))
	if err != nil {
		log.Fatal(err)
	}
	// The server reads bodies of any size.
	server := httptest.NewServer(http.MaxBytesHandler(handler, 8<<20))
	defer server.Close()

	call := func(method, path, body string) (int, []byte) {
		r, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
		if err != nil {
			log.Fatal(err)
		}
		response, err := server.Client().Do(r)
		if err != nil {
			log.Fatal(err)
		}
		defer response.Body.Close()
		content, err := io.ReadAll(response.Body)
		if err != nil {
			log.Fatal(err)
		}
		return response.StatusCode, content
	}
	status, content := call("POST", "/Groups", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Tour Guides"}`)
	var group struct{ ID string }
	if err := json.Unmarshal(content, &group); err != nil {
		log.Fatal(err)
	}
	fmt.Println("POST", status)

	status, _ = call("PATCH", "/Groups/"+group.ID, `{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
		"Operations": [{"op": "add", "path": "members", "value": [{"value": "u-1", "type": "User"}]}]}`)
	fmt.Println("PATCH", status)

	status, content = call("GET", `/Groups?filter=members.value+eq+%22u-1%22&attributes=displayName,members`, "")
	var list struct {
		Resources []struct {
			DisplayName string
			Members     []map[string]string
		}
	}
	if err := json.Unmarshal(content, &list); err != nil {
		log.Fatal(err)
	}
	fmt.Println("GET", status, list.Resources)
	// Output:
	// POST 201
	// PATCH 204
	// GET 200 [{Tour Guides [map[$ref:https://app.example.com/scim/v2/Users/u-1 type:User value:u-1]]}]
}
