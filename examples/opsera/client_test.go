package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// transcriptToken is what the clients of transcripts send.
const transcriptToken = "transcript-token"

// client talks to the service over HTTP.
type client struct {
	t     *testing.T
	url   string // of the API
	token string
}

func newClient(t *testing.T, service http.Handler) *client {
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	return &client{t: t, url: server.URL + base, token: transcriptToken}
}

// answer is what the service answered.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	text   string
	json   map[string]any
}

// do sends a request; target is what follows the base path, or a whole URL.
func (c *client) do(method, target, body string) *answer {
	c.t.Helper()
	if !strings.Contains(target, "://") {
		target = c.url + target
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := http.DefaultTransport.RoundTrip(r) // follows no redirect
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	a := &answer{t: c.t, status: response.StatusCode, header: response.Header, text: string(text)}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &a.json); err != nil && response.StatusCode != http.StatusNotFound {
			c.t.Fatalf("%s %s: %v\n%s", method, target, err, text)
		}
	}
	return a
}

// is fails the test if the answer has another status.
func (a *answer) is(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.text)
	}
	return a
}

// has fails the test if part is not in the answer.
func (a *answer) has(part string) *answer {
	a.t.Helper()
	if !strings.Contains(a.text, part) {
		a.t.Errorf("no %s in %s", part, a.text)
	}
	return a
}

// names are the displayNames of a list, in order.
func (a *answer) names() string {
	a.t.Helper()
	var names []string
	resources, _ := a.is(http.StatusOK).json["Resources"].([]any)
	for _, r := range resources {
		names = append(names, r.(map[string]any)["displayName"].(string))
	}
	return strings.Join(names, ", ")
}

const groupSchema = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]`

// create makes a group with members.
func (c *client) create(name string, members ...string) *answer {
	c.t.Helper()
	return c.do("POST", "/Groups", group(name, members...))
}

func group(name string, members ...string) string {
	quoted, _ := json.Marshal(name)
	list := make([]map[string]string, len(members))
	for i, m := range members {
		list[i] = map[string]string{"value": m}
	}
	values, _ := json.Marshal(list)
	return `{` + groupSchema + `,"displayName":` + string(quoted) + `,"members":` + string(values) + `}`
}

func patchOf(operations string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operations + `]}`
}
