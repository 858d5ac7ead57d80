package scim_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/scimtest"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
	"github.com/scimgroups/scimgroups/store/memory"
)

// recorded are the requests of real clients.
func recorded() (steps []scimtest.Step) {
	for _, client := range scimtest.Transcripts() {
		steps = append(steps, client.Steps...)
	}
	return steps
}

// fuzzed is a handler whose every request starts from the same store, with one
// group "id" of the members a and b.
func fuzzed(t testing.TB, quirks patch.Quirks) http.Handler {
	t.Helper()
	return newHandler(t, scim.Config{
		Tolerate: scim.Tolerate{Quirks: quirks}, Extensions: extensions(t, siteExtension), ResourceTypes: userType(),
		Limits: scim.Limits{MaxBody: 64 << 10, Body: patch.Limits{MaxOperations: 50, MaxMembers: 100}},
		SelectTenant: func(*http.Request, scim.Subject) (scim.Tenant, error) {
			s := memory.NewWith(memory.Options{NewID: func(g store.Group) string {
				if g.ExternalID == "the group" {
					return "id"
				}
				return adapter.NewID()
			}})
			_, err := s.Create(context.Background(), store.Group{DisplayName: "G", ExternalID: "the group",
				Members:    []store.Member{{Value: "a", Type: "User", Display: "Ann"}, {Value: "b"}},
				Extensions: store.Extensions{siteURN: {"site": "Pier", "tags": []any{"x"}, "rooms": []any{map[string]any{"value": "r", "primary": true}}}}})
			return scim.Tenant{Name: "fuzz", Groups: s}, err
		},
	})
}

// answered checks that an answer is one of SCIM: no fault of the service, and
// content that is a message or a resource.
func answered(t *testing.T, h http.Handler, r *http.Request) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header(), text: w.Body.String()}
	a.check(t, r.Method)
	if a.status >= 500 && a.status != http.StatusNotImplemented {
		t.Errorf("%s %s: %d %s", r.Method, r.URL, a.status, a.text)
	}
}

func FuzzRequestBody(f *testing.F) {
	targets := []struct{ method, path string }{{"POST", "/Groups"}, {"PUT", "/Groups/id"}, {"PATCH", "/Groups/id?attributes=displayName,members"}, {"POST", "/Groups/.search"}, {"POST", "/.search"}}
	for _, step := range recorded() {
		body := string(step.Body)
		if step.BodyRaw != nil {
			body = *step.BodyRaw
		}
		for i, target := range targets {
			if body != "" && body != "null" && target.method == step.Method && strings.Contains(step.Path, ".search") == strings.Contains(target.path, ".search") {
				f.Add(uint8(i), body)
			}
		}
	}
	for i, body := range []string{group(`"displayName":"x","members":["y",{"value":1}],` + site(`"floor":1,"owner":{"name":"x"}`)), group(`"displayName":"x",` + site(`"rooms":[{"value":"x","primary":true}]`)),
		patchOp(`{"op":"replace","path":"`+siteURN+`:rooms[value eq \"r\"].seats","value":1}`, `{"op":"remove","path":"members[value eq \"a\" or not (type pr)]"}`, `{"op":"add","value":{"`+siteURN+`":{"tags":["q"]}}}`),
		search(`"filter":"members[value eq \"a\"] and meta.created gt \"2026-01-01T00:00:00Z\"","sortBy":"displayName","count":1,"attributes":["id"]`)} {
		f.Add(uint8(i), body)
	}
	handlers := []http.Handler{fuzzed(f, 0), fuzzed(f, patch.Strict), fuzzed(f, patch.Lenient)}
	f.Fuzz(func(t *testing.T, target uint8, body string) {
		to := targets[int(target)%len(targets)]
		for _, h := range handlers {
			answered(t, h, httptest.NewRequest(to.method, mount+to.path, strings.NewReader(body)))
		}
	})
}

func FuzzURL(f *testing.F) {
	methods := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"}
	for _, step := range recorded() {
		for i, method := range methods {
			if step.Method == method {
				f.Add(uint8(i), mount+step.Path)
			}
		}
	}
	for _, target := range []string{"/", "//Groups//id/?&", "/Groups/%2F%00%ff", "/Groups/.search/x", "/scim/v1/Groups", "/Groups?filter=members[value+eq+%22a%22]&sortBy=" + siteURN + ":tags&count=-1&startIndex=9",
		"/Groups/id?attributes=members.$ref," + siteURN + "&excludedAttributes=", "/Schemas/" + url.PathEscape(groupURN), "/ResourceTypes/Group?filter=x", "/Me", "/Bulk", "/Groups?cursor", "*"} {
		f.Add(uint8(0), target)
	}
	handlers := []http.Handler{fuzzed(f, 0), fuzzed(f, patch.Lenient)}
	f.Fuzz(func(t *testing.T, method uint8, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || !utf8.ValidString(target) {
			t.Skip("no server would take it")
		}
		for _, h := range handlers {
			r := httptest.NewRequest(methods[int(method)%len(methods)], "/", nil)
			r.URL, r.RequestURI = u, target
			answered(t, h, r)
		}
	})
}
