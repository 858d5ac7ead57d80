package elimitygroups_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	elimity "github.com/elimity-com/scim"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/elimitygroups"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

const (
	base  = "https://app.example.com/scim/v2"
	site  = "urn:example:scim:schemas:extension:2.0:Site"
	group = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]`
)

func siteExtension(t testing.TB) []filter.Extension {
	t.Helper()
	extensions, err := scim.ParseExtensions([]byte(`[{"id": "` + site + `", "name": "Site", "attributes": [
		{"name": "city", "type": "string", "mutability": "readWrite", "returned": "default"},
		{"name": "floors", "type": "integer", "mutability": "readWrite", "returned": "default"},
		{"name": "tags", "type": "string", "multiValued": true, "mutability": "readWrite", "returned": "default"},
		{"name": "note", "type": "string", "mutability": "readWrite", "returned": "request"},
		{"name": "alarm", "type": "string", "mutability": "writeOnly", "returned": "never"},
		{"name": "owner", "type": "complex", "mutability": "readWrite", "returned": "default", "subAttributes": [
			{"name": "name", "type": "string", "mutability": "readWrite", "returned": "default"},
			{"name": "phone", "type": "string", "mutability": "readWrite", "returned": "default"}]},
		{"name": "doors", "type": "complex", "multiValued": true, "mutability": "readWrite", "returned": "default", "subAttributes": [
			{"name": "value", "type": "string", "mutability": "readWrite", "returned": "default"},
			{"name": "code", "type": "string", "mutability": "writeOnly", "returned": "never"}]}
	]}]`))
	if err != nil {
		t.Fatal(err)
	}
	return extensions
}

// newServer returns a server of elimity-com/scim with groups.
func newServer(t testing.TB, groups store.GroupStore, o elimitygroups.Options) http.Handler {
	t.Helper()
	h, err := elimitygroups.NewResourceHandler(groups, o)
	if err != nil {
		t.Fatal(err)
	}
	server, err := elimity.NewServer(&elimity.ServerArgs{
		ServiceProviderConfig: &elimity.ServiceProviderConfig{SupportPatch: true, SupportFiltering: true},
		ResourceTypes:         []elimity.ResourceType{h.ResourceType()},
	}, elimity.WithBaseURL(base))
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// world is a server with its store.
type world struct {
	t      testing.TB
	server http.Handler
}

func newWorld(t testing.TB, o elimitygroups.Options) *world {
	t.Helper()
	if o.Extensions == nil {
		o.Extensions = siteExtension(t)
	}
	o.BaseURL = base
	return &world{t, newServer(t, memory.New(), o)}
}

type answer struct {
	t      testing.TB
	status int
	header http.Header
	text   string
	body   map[string]any
}

func (w *world) send(method, path, body string, header ...string) *answer {
	w.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/scim+json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	w.server.ServeHTTP(recorder, r)
	a := &answer{t: w.t, status: recorder.Code, header: recorder.Header(), text: recorder.Body.String()}
	if a.text != "" {
		if err := json.Unmarshal([]byte(a.text), &a.body); err != nil {
			w.t.Fatalf("%s %s: %v: %s", method, path, err, a.text)
		}
	}
	return a
}

// is checks the status and the scimType of an error.
func (a *answer) is(status int, scimType ...string) *answer {
	a.t.Helper()
	got, _ := a.body["scimType"].(string)
	if a.status != status || len(scimType) > 0 && got != scimType[0] {
		a.t.Fatalf("got %d %q, want %d %v: %s", a.status, got, status, scimType, a.text)
	}
	return a
}

func (a *answer) id() string {
	a.t.Helper()
	id, ok := a.body["id"].(string)
	if !ok {
		a.t.Fatalf("no id: %s", a.text)
	}
	return id
}

// members returns the values of the members, sorted.
func (a *answer) members() []string {
	list, _ := a.body["members"].([]any)
	out := []string{}
	for _, m := range list {
		out = append(out, m.(map[string]any)["value"].(string))
	}
	slices.Sort(out)
	return out
}

func (w *world) create(body string) string {
	w.t.Helper()
	return w.send("POST", "/Groups", `{`+group+`,`+body+`}`).is(201).id()
}

func (w *world) patch(id string, operations ...string) *answer {
	w.t.Helper()
	return w.send("PATCH", "/Groups/"+id, patchOp(operations...))
}

func patchOp(operations ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + strings.Join(operations, ",") + `]}`
}

// found returns the displayNames that a filter finds.
func (w *world) found(filter string, more ...string) []string {
	w.t.Helper()
	a := w.send("GET", "/Groups?filter="+url.QueryEscape(filter)+strings.Join(more, ""), "").is(200)
	return names(a)
}

func names(a *answer) []string {
	out := []string{}
	for _, r := range a.body["Resources"].([]any) {
		name, _ := r.(map[string]any)["displayName"].(string)
		out = append(out, name)
	}
	return out
}
