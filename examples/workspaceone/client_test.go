package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// transcriptToken is what the clients of transcripts send.
const transcriptToken = "transcript-token"

// client talks to one of the endpoints of the service over HTTP.
type client struct {
	t        *testing.T
	url      string // of the endpoint
	token    string
	override string // X-HTTP-Method-Override
}

// newClients are a client of the product's API and one of SCIM 2.0.
func newClients(t *testing.T, service http.Handler) (one, two *client) {
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	return &client{t: t, url: server.URL + base, token: transcriptToken}, &client{t: t, url: server.URL + base2, token: transcriptToken}
}

// answer is what the service answered.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	text   string
	json   map[string]any
}

// do sends a request; target is what follows the URL of the endpoint.
func (c *client) do(method, target, body string) *answer {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+target, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.override != "" {
		r.Header.Set("X-HTTP-Method-Override", c.override)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	a := &answer{t: c.t, status: response.StatusCode, header: response.Header, text: string(text)}
	if strings.HasPrefix(a.text, "{") {
		if err := json.Unmarshal(text, &a.json); err != nil {
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

// has fails the test if part is not in the answer, hasNot if it is.
func (a *answer) has(part string) *answer {
	a.t.Helper()
	if !strings.Contains(a.text, part) {
		a.t.Errorf("no %s in %s", part, a.text)
	}
	return a
}

func (a *answer) hasNot(part string) *answer {
	a.t.Helper()
	if strings.Contains(a.text, part) {
		a.t.Errorf("%s is in %s", part, a.text)
	}
	return a
}

// id of a group that was answered.
func (a *answer) id() string {
	a.t.Helper()
	id, _ := a.json["id"].(string)
	if id == "" {
		a.t.Fatalf("status %d without an id: %s", a.status, a.text)
	}
	return id
}

// extension of a group that was answered.
func (a *answer) extension() map[string]any {
	a.t.Helper()
	e, _ := a.is(http.StatusOK).json[extension].(map[string]any)
	return e
}

// members are the values of the members of a group, and parents the names of its
// parents, in the order of the answer.
func (a *answer) members() string {
	a.t.Helper()
	list, _ := a.is(http.StatusOK).json["members"].([]any)
	return joined(list, "value")
}

func (a *answer) parents() string {
	a.t.Helper()
	list, _ := a.extension()["parents"].([]any)
	return joined(list, "display")
}

// names are the displayNames of a list, in order.
func (a *answer) names() string {
	a.t.Helper()
	list, _ := a.is(http.StatusOK).json["Resources"].([]any)
	return joined(list, "displayName")
}

func joined(list []any, name string) string {
	var values []string
	for _, item := range list {
		value, _ := item.(map[string]any)[name].(string)
		values = append(values, value)
	}
	return strings.Join(values, " ")
}

const (
	extension = "urn:scim:schemas:extension:workspace:1.0"
	schemas1  = `"schemas":["urn:scim:schemas:core:1.0"]`
	schemas2  = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]`
)

// create makes a group with members.
func (c *client) create(name string, members ...string) *answer {
	c.t.Helper()
	schemas := schemas1
	if strings.HasSuffix(c.url, base2) {
		schemas = schemas2
	}
	return c.do("POST", "/Groups", `{`+schemas+`,"displayName":"`+name+`","members":`+values(members...)+`}`).is(http.StatusCreated)
}

// createWith makes a group with attributes of the extension, in JSON.
func (c *client) createWith(name, attributes string) *answer {
	c.t.Helper()
	return c.do("POST", "/Groups", `{"schemas":["urn:scim:schemas:core:1.0","`+extension+`"],"displayName":"`+name+`","`+extension+`":`+attributes+`}`).is(http.StatusCreated)
}

func values(members ...string) string {
	list := make([]map[string]string, len(members))
	for i, m := range members {
		list[i] = map[string]string{"value": m}
	}
	text, _ := json.Marshal(list)
	return string(text)
}

// find lists the groups that a filter selects.
func (c *client) find(filter string) *answer {
	c.t.Helper()
	return c.do("GET", "/Groups?sortBy=displayName&filter="+url.QueryEscape(filter), "")
}

func (c *client) get(id string) *answer {
	c.t.Helper()
	return c.do("GET", "/Groups/"+id, "").is(http.StatusOK)
}

func (c *client) patch(id, body string) *answer {
	c.t.Helper()
	return c.do("PATCH", "/Groups/"+id, body)
}
