package scim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// call sends a request as an identity provider would.
func call(server *httptest.Server, method, host, path, token, body string) (status int, content []byte) {
	r, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	r.Host = host
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/scim+json")
	response, err := server.Client().Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	if content, err = io.ReadAll(response.Body); err != nil {
		log.Fatal(err)
	}
	return response.StatusCode, content
}

// A Handler on a mux, beside the host's own routes, and what an identity provider
// does with it.
func ExampleNewHandler() {
	h, err := scim.NewHandler(scim.Config{
		Groups:  memory.New(),
		Auth:    scim.Auth{Authenticator: scim.BearerTokens("secret")},
		BaseURL: "https://app.example.com/scim/v2",
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/scim/v2/", h)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "fine") })
	server := httptest.NewServer(mux)
	defer server.Close()

	status, content := call(server, "POST", "", "/scim/v2/Groups", "secret", `{
		"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
		"displayName": "Tour Guides"
	}`)
	var group struct{ ID string }
	if err := json.Unmarshal(content, &group); err != nil {
		log.Fatal(err)
	}
	fmt.Println("POST", status)

	status, _ = call(server, "PATCH", "", "/scim/v2/Groups/"+group.ID, "secret", `{
		"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
		"Operations": [{"op": "add", "path": "members", "value": [{"value": "u-1", "display": "Ann"}]}]
	}`)
	fmt.Println("PATCH", status)

	status, content = call(server, "GET", "", "/scim/v2/Groups/"+group.ID+"?excludedAttributes=meta", "secret", "")
	fmt.Println("GET", status, string(bytes.ReplaceAll(content, []byte(group.ID), []byte("ID"))))
	// Output:
	// POST 201
	// PATCH 204
	// GET 200 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"ID","displayName":"Tour Guides","members":[{"value":"u-1","display":"Ann"}]}
}

// One client may write, the other may only read.
func ExampleConfig_authorize() {
	reader := scim.BearerTokens("read-only")
	subject, err := reader.Authenticate(&http.Request{Header: http.Header{"Authorization": {"Bearer read-only"}}})
	if err != nil {
		log.Fatal(err)
	}
	h, err := scim.NewHandler(scim.Config{
		Groups: memory.New(),
		Auth: scim.Auth{Authenticator: scim.BearerTokens("read-write", "read-only"), Authorize: func(_ context.Context, a scim.Access) error {
			switch a.Operation {
			case scim.OperationDiscover, scim.OperationList, scim.OperationRead:
				return nil
			}
			if a.Subject.Name == subject.Name {
				return scim.ErrForbidden
			}
			return nil
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()

	body := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Tour Guides"}`
	for _, token := range []string{"read-only", "read-write", "guessed"} {
		status, _ := call(server, "POST", "", "/Groups", token, body)
		fmt.Println(token, status)
	}
	// Output:
	// read-only 403
	// read-write 201
	// guessed 401
}

// Every customer has a host name and groups of its own.
func ExampleConfig_selectTenant() {
	customers := map[string]store.GroupStore{
		"acme.example.com":   memory.New(),
		"globex.example.com": memory.New(),
	}
	h, err := scim.NewHandler(scim.Config{
		SelectTenant: func(r *http.Request, _ scim.Subject) (scim.Tenant, error) {
			if groups, ok := customers[r.Host]; ok {
				return scim.Tenant{Name: r.Host, Groups: groups}, nil
			}
			return scim.Tenant{}, store.ErrNotFound
		},
		Auth: scim.Auth{Authenticator: scim.BearerTokens("secret")},
	})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()

	body := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Tour Guides"}`
	for _, host := range []string{"acme.example.com", "globex.example.com", "acme.example.com", "unknown.example.com"} {
		status, _ := call(server, "POST", host, "/Groups", "secret", body)
		fmt.Println(host, status)
	}
	// Output:
	// acme.example.com 201
	// globex.example.com 201
	// acme.example.com 409
	// unknown.example.com 404
}
