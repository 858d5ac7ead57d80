package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const token = "a-token-for-tests-only"

// client is a SCIM client.
type client struct {
	url, token string
	http       *http.Client
}

func newClient(url, token string) *client {
	// Connections that are kept suffice for all the writers of a test. net/http
	// sends a PATCH again by itself only if nothing of it went out.
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	return &client{url: url, token: token, http: &http.Client{Transport: transport, Timeout: 30 * time.Second}}
}

// answer is what a server answered.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send sends a request to a path below the base; the error is one of the
// connection.
func (c *client) send(method, path string, body any) (*answer, error) {
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = strings.NewReader(string(data))
	}
	r, err := http.NewRequest(method, c.url+path, reader)
	if err != nil {
		return nil, err
	}
	if reader != nil {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	return &answer{response.StatusCode, response.Header, data}, nil
}

// must sends a request that has to be answered with the status.
func (c *client) must(t *testing.T, status int, method, path string, body any) *answer {
	t.Helper()
	a, err := c.send(method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	if a.status != status {
		t.Fatalf("%s %s: status %d, want %d\n%s", method, path, a.status, status, a.body)
	}
	return a
}

// group is a group as it is read.
type group struct {
	ID          string
	DisplayName string
	Members     []struct{ Value string }
	version     uint64
}

func (a *answer) group() (*group, error) {
	var g group
	if err := json.Unmarshal(a.body, &g); err != nil {
		return nil, fmt.Errorf("%w: %s", err, a.body)
	}
	version, err := a.version()
	g.version = version
	return &g, err
}

// version is the number in the ETag.
func (a *answer) version() (uint64, error) {
	var n uint64
	etag := a.header.Get("ETag")
	if _, err := fmt.Sscanf(etag, `W/"%d"`, &n); err != nil {
		return 0, fmt.Errorf("the ETag is %q", etag)
	}
	return n, nil
}

// resource is the body of a new group.
func resource(name string, members ...string) any {
	return map[string]any{
		"schemas":     []string{"urn:ietf:params:scim:schemas:core:2.0:Group"},
		"displayName": name, "members": values(members),
	}
}

func values(members []string) []map[string]string {
	out := make([]map[string]string, len(members))
	for i, m := range members {
		out[i] = map[string]string{"value": m}
	}
	return out
}

// operation is one operation of a PATCH.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

func patchBody(operations ...operation) any {
	return map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": operations}
}

func addMembers(members []string) operation {
	return operation{"add", "members", values(members)}
}

func removeMembers(members []string) operation {
	terms := make([]string, len(members))
	for i, m := range members {
		terms[i] = fmt.Sprintf("value eq %q", m)
	}
	return operation{"remove", "members[" + strings.Join(terms, " or ") + "]", nil}
}

// create makes a group and answers it.
func (c *client) create(t *testing.T, name string, members ...string) *group {
	t.Helper()
	g, err := c.must(t, http.StatusCreated, http.MethodPost, "/Groups", resource(name, members...)).group()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// read reads a group.
func (c *client) read(t *testing.T, id string) *group {
	t.Helper()
	g, err := c.must(t, http.StatusOK, http.MethodGet, "/Groups/"+id, nil).group()
	if err != nil {
		t.Fatal(err)
	}
	return g
}
