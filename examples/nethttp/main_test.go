package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/scim/scimtest"
)

func TestGroupsAndUsersAreServedUnderOneBaseURL(t *testing.T) {
	mux, err := newMux("secret", "http://example.com/scim/v2")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(mux)
	defer server.Close()

	for _, c := range []struct {
		name, method, path, body, token string
		status                          int
		contains                        []string
	}{
		{"the service's own page is still there", "GET", "/", "", "", 200, []string{"own page"}},
		{"a user is created by the service's own handler", "POST", "/scim/v2/Users",
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada"}`, "secret", 201, []string{`"userName":"ada"`, `"id":"u1"`}},
		{"users need the same token", "GET", "/scim/v2/Users", "", "", 401, nil},
		{"the user can be read", "GET", "/scim/v2/Users/u1", "", "secret", 200, []string{`"userName":"ada"`}},
		{"the user can be changed", "PATCH", "/scim/v2/Users/u1",
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
				{"op":"replace","path":"displayName","value":"Countess"},{"op":"add","value":{"title":"Dr"}},{"op":"remove","path":"title"}]}`,
			"secret", 200, []string{`"displayName":"Countess"`}},
		{"the user becomes a member of a group and has a $ref there", "POST", "/scim/v2/Groups",
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Engineers","members":[{"value":"u1","type":"User"}]}`, "secret", 201,
			[]string{`"$ref":"http://example.com/scim/v2/Users/u1"`}},
		{"one discovery answer shows both types", "GET", "/scim/v2/ResourceTypes", "", "secret", 200,
			[]string{`"name":"Group"`, `"name":"User"`, `"endpoint":"/Users"`, `"totalResults":2`}},
		{"and both schemas", "GET", "/scim/v2/Schemas", "", "secret", 200,
			[]string{`"id":"urn:ietf:params:scim:schemas:core:2.0:Group"`, `"id":"urn:ietf:params:scim:schemas:core:2.0:User"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := http.NewRequest(c.method, server.URL+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if c.body != "" {
				r.Header.Set("Content-Type", "application/scim+json")
			}
			if c.token != "" {
				r.Header.Set("Authorization", "Bearer "+c.token)
			}
			response, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != c.status {
				t.Fatalf("status %d, want %d: %s", response.StatusCode, c.status, body)
			}
			for _, part := range c.contains {
				if !strings.Contains(string(body), part) {
					t.Errorf("no %s in %s", part, body)
				}
			}
		})
	}
}

// Identity providers get along with the mount.
func TestGroups(t *testing.T) {
	mux, err := newMux("secret", "http://example.com/scim/v2")
	if err != nil {
		t.Fatal(err)
	}
	target := scimtest.Target{Handler: mux, URL: "/scim/v2", Token: "secret"}
	scimtest.Run(t, target, scimtest.Options{})
}

// The server of the users parses what it gets without a bound of its own.
func TestNoRequestForUsersEndsTheProcess(t *testing.T) {
	mux, err := newMux("secret", "http://example.com/scim/v2")
	if err != nil {
		t.Fatal(err)
	}
	for name, request := range map[string]*http.Request{
		"a filter in the URL":    httptest.NewRequest("GET", "/scim/v2/Users?filter="+strings.Repeat("(", 200_000), nil),
		"the longest filter":     httptest.NewRequest("GET", "/scim/v2/Users?filter="+strings.Repeat("(", 16<<10), nil),
		"a filter in a search":   httptest.NewRequest("POST", "/scim/v2/Users/.search", strings.NewReader(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"`+strings.Repeat("(", 64<<10-100)+`"}`)),
		"a search that is large": httptest.NewRequest("POST", "/scim/v2/Users/.search", strings.NewReader(`{"filter":"`+strings.Repeat("(", 1<<20)+`"}`)),
		"a path":                 httptest.NewRequest("PATCH", "/scim/v2/Users/u1", strings.NewReader(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"emails[`+strings.Repeat("(", 64<<10-200)+`"}]}`)),
	} {
		t.Run(name, func(t *testing.T) {
			request.Header.Set("Authorization", "Bearer secret")
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, request)
			if w.Code < 400 || w.Code >= 600 {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
		})
	}
}
