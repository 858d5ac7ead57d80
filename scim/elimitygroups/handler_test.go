package elimitygroups_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	elimity "github.com/elimity-com/scim"
	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/google/go-cmp/cmp"
	fp "github.com/scim2/filter-parser/v2"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/elimitygroups"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

func TestTheLifeOfAGroup(t *testing.T) {
	w := newWorld(t, elimitygroups.Options{})
	a := w.send("POST", "/Groups", `{`+group+`, "displayName": "Tour Guides", "externalId": "x1",
		"members": [{"value": "u1", "type": "User", "display": "Ann"}, {"$ref": "`+base+`/Users/u2"}, {"value": "u3", "$ref": "https://elsewhere.example.com/u3"}],
		"`+site+`": {"city": "Ghent", "floors": 3, "alarm": "1234", "note": "n", "owner": {"name": "Ann"}, "doors": [{"value": "front", "code": "99"}]}}`).is(201)
	id := a.id()
	if got := a.header.Get("Location"); got != base+"/Groups/"+id {
		t.Errorf("Location is %q", got)
	}
	read := w.send("GET", "/Groups/"+id, "").is(200)
	if read.header.Get("Etag") == "" || read.header.Get("Etag") != a.header.Get("Etag") || read.body["meta"].(map[string]any)["version"] != read.header.Get("Etag") {
		t.Errorf("ETag is %q, after the POST it was %q", read.header.Get("Etag"), a.header.Get("Etag"))
	}
	want := map[string]any{
		"displayName": "Tour Guides", "externalId": "x1",
		"members": []any{
			map[string]any{"value": "u1", "type": "User", "display": "Ann", "$ref": base + "/Users/u1"},
			map[string]any{"value": "u2", "type": "User", "$ref": base + "/Users/u2"},
			map[string]any{"value": "u3", "$ref": "https://elsewhere.example.com/u3"},
		},
		site: map[string]any{"city": "Ghent", "floors": 3.0, "owner": map[string]any{"name": "Ann"}, "doors": []any{map[string]any{"value": "front"}}},
	}
	for name, value := range want {
		if diff := cmp.Diff(value, read.body[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if note := a.body[site].(map[string]any)["note"]; note != "n" {
		t.Errorf("the response to a POST lacks what was sent and is returned on request: %v", note)
	}

	w.patch(id, `{"op": "add", "path": "members", "value": [{"value": "u4"}]}`, `{"op": "remove", "path": "members[value eq \"u1\"]"}`,
		`{"op": "replace", "path": "displayName", "value": "Guides"}`).is(204)
	read = w.send("GET", "/Groups/"+id, "").is(200)
	if diff := cmp.Diff([]string{"u2", "u3", "u4"}, read.members()); diff != "" || read.body["displayName"] != "Guides" {
		t.Errorf("after the PATCH: %s", read.text)
	}

	replaced := w.send("PUT", "/Groups/"+id, `{`+group+`, "displayName": "Guides", "members": [{"value": "u5"}]}`).is(200)
	if diff := cmp.Diff([]string{"u5"}, replaced.members()); diff != "" || replaced.body["externalId"] != nil || replaced.body[site] != nil {
		t.Errorf("after the PUT: %s", replaced.text)
	}
	w.send("DELETE", "/Groups/"+id, "").is(204)
	for _, method := range []string{"GET", "DELETE"} {
		w.send(method, "/Groups/"+id, "").is(404)
	}
	w.patch(id, `{"op": "replace", "path": "displayName", "value": "Guides"}`).is(404)
	w.send("PUT", "/Groups/"+id, `{`+group+`, "displayName": "Guides"}`).is(404)
}

func TestPatch(t *testing.T) {
	many := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"value": "m%d"}`, i))
		}
		return strings.Join(list, ",")
	}
	for _, test := range []struct {
		name       string
		operations []string
		status     int
		scimType   string
		members    []string // nil means ["a\"b", "u1", "u2"], those of the group
	}{
		{"members are added", []string{`{"op": "add", "path": "members", "value": [{"value": "u3"}, {"value": "u1"}]}`}, 204, "", []string{`a"b`, "u1", "u2", "u3"}},
		{"members are added without a path", []string{`{"op": "Add", "value": {"members": [{"value": "u3"}]}}`}, 204, "", []string{`a"b`, "u1", "u2", "u3"}},
		{"a member is removed by a value path", []string{`{"op": "remove", "path": "members[value eq \"u1\"]"}`}, 204, "", []string{`a"b`, "u2"}},
		{"a member whose value has a quote is removed", []string{`{"op": "remove", "path": "members[value eq \"a\\\"b\"]"}`}, 204, "", []string{"u1", "u2"}},
		{"two members are removed by one path", []string{`{"op": "remove", "path": "members[value eq \"u1\" or value eq \"u2\"]"}`}, 204, "", []string{`a"b`}},
		{"members are removed by their type and value", []string{`{"op": "remove", "path": "members[type eq \"User\" and value eq \"u1\"]"}`}, 204, "", []string{`a"b`, "u2"}},
		{"members are removed by what they are not", []string{`{"op": "remove", "path": "members[not (value eq \"u1\")]"}`}, 204, "", []string{"u1"}},
		{"members are removed by their $ref", []string{`{"op": "remove", "path": "members[$ref eq \"` + base + `/Users/u1\"]"}`}, 204, "", []string{`a"b`, "u2"}},
		{"members are removed by what they do not have", []string{`{"op": "remove", "path": "members[type eq null]"}`}, 204, "", []string{"u1"}},
		{"members are removed by value, as Entra ID does it", []string{`{"op": "Remove", "path": "members", "value": [{"value": "u1"}]}`}, 204, "", []string{`a"b`, "u2"}},
		{"removing no members removes none", []string{`{"op": "remove", "path": "members", "value": []}`}, 204, "", nil},
		{"a remove of members that names nothing is refused", []string{`{"op": "remove", "path": "members", "value": [{"id": "u1"}]}`}, 400, "invalidValue", nil},
		{"a remove of all members removes them", []string{`{"op": "remove", "path": "members"}`}, 204, "", []string{}},
		{"members are replaced", []string{`{"op": "replace", "path": "members", "value": [{"value": "u9"}]}`}, 204, "", []string{"u9"}},
		{"members are replaced by none", []string{`{"op": "replace", "path": "members", "value": []}`}, 204, "", []string{}},
		{"a member that is not there is removed without a fault", []string{`{"op": "remove", "path": "members[value eq \"nobody\"]"}`}, 204, "", nil},
		{"a display of a member that is not there has no target", []string{`{"op": "replace", "path": "members[value eq \"nobody\"].display", "value": "N"}`}, 400, "noTarget", nil},
		{"the type of a member cannot be changed", []string{`{"op": "replace", "path": "members[value eq \"u1\"].type", "value": "Group"}`}, 400, "mutability", nil},
		{"of several operations all are done or none", []string{`{"op": "remove", "path": "members"}`, `{"op": "replace", "path": "members[value eq \"u1\"].type", "value": "Group"}`}, 400, "noTarget", nil},
		{"the required name cannot be emptied", []string{`{"op": "replace", "path": "displayName", "value": ""}`}, 400, "invalidValue", nil},
		{"a name that is taken is a conflict", []string{`{"op": "replace", "path": "displayName", "value": "OTHER"}`}, 409, "uniqueness", nil},
		{"an unknown attribute is refused", []string{`{"op": "add", "path": "color", "value": "red"}`}, 400, "invalidPath", nil},
		{"more members than the limit are refused", []string{`{"op": "add", "path": "members", "value": [` + many(21) + `]}`}, 400, "invalidValue", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, elimitygroups.Options{Limits: scim.Limits{Body: patch.Limits{MaxMembers: 20}}})
			w.create(`"displayName": "Other"`)
			id := w.create(`"displayName": "G", "members": [{"value": "u1", "type": "User"}, {"value": "u2"}, {"value": "a\"b"}]`)
			w.patch(id, test.operations...).is(test.status, test.scimType)
			if test.members == nil {
				test.members = []string{`a"b`, "u1", "u2"}
			}
			read := w.send("GET", "/Groups/"+id, "").is(200)
			if diff := cmp.Diff(test.members, read.members()); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPatchOfTheHead(t *testing.T) {
	const city, owner = `"` + site + `:city"`, `"` + site + `:owner"`
	for _, test := range []struct {
		name      string
		operation string
		want      map[string]any // of the extension
	}{
		{"an attribute of an extension is set by its path", `{"op": "replace", "path": ` + city + `, "value": "Bruges"}`,
			map[string]any{"city": "Bruges", "owner": map[string]any{"name": "Ann"}, "tags": []any{"a", "b"}}},
		{"an attribute of an extension is removed", `{"op": "remove", "path": ` + city + `}`,
			map[string]any{"owner": map[string]any{"name": "Ann"}, "tags": []any{"a", "b"}}},
		{"a sub-attribute is added", `{"op": "add", "path": "` + site + `:owner.phone", "value": "1"}`,
			map[string]any{"city": "Ghent", "owner": map[string]any{"name": "Ann", "phone": "1"}, "tags": []any{"a", "b"}}},
		{"a complex attribute is merged", `{"op": "replace", "path": ` + owner + `, "value": {"phone": "2"}}`,
			map[string]any{"city": "Ghent", "owner": map[string]any{"name": "Ann", "phone": "2"}, "tags": []any{"a", "b"}}},
		{"values are added to a list", `{"op": "add", "path": "` + site + `:tags", "value": ["b", "c"]}`,
			map[string]any{"city": "Ghent", "owner": map[string]any{"name": "Ann"}, "tags": []any{"a", "b", "c"}}},
		{"an attribute is set by a name that is a path, as Entra ID does it", `{"op": "add", "value": {"externalId": "x", "` + site + `:city": "Bruges"}}`,
			map[string]any{"city": "Bruges", "owner": map[string]any{"name": "Ann"}, "tags": []any{"a", "b"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, elimitygroups.Options{})
			id := w.create(`"displayName": "G", "` + site + `": {"city": "Ghent", "owner": {"name": "Ann"}, "tags": ["a", "b"]}`)
			w.patch(id, test.operation).is(204)
			read := w.send("GET", "/Groups/"+id, "").is(200)
			if diff := cmp.Diff(test.want, read.body[site]); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestPatchReturnsTheGroupOnRequest(t *testing.T) {
	const add = `{"op": "add", "path": "members", "value": [{"value": "u1"}]}`
	w := newWorld(t, elimitygroups.Options{})
	id := w.create(`"displayName": "G"`)
	a := w.send("PATCH", "/Groups/"+id+"?attributes=members", patchOp(add)).is(200)
	if a.body["displayName"] != nil || len(a.members()) != 1 || a.header.Get("Etag") == "" {
		t.Errorf("got %s", a.text)
	}
	w = newWorld(t, elimitygroups.Options{AnswerPatch: true})
	id = w.create(`"displayName": "G"`)
	if a = w.patch(id, add).is(200); len(a.members()) != 1 || a.body["displayName"] != "G" {
		t.Errorf("got %s", a.text)
	}
}

func TestPutWithoutMembers(t *testing.T) {
	for _, test := range []struct {
		name string
		keep bool
		body string
		want []string
	}{
		{"clears them", false, ``, []string{}},
		{"keeps them where that is wanted", true, ``, []string{"u1"}},
		{"clears them where they are there and empty", true, `, "members": []`, []string{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, elimitygroups.Options{KeepMembersOnPut: test.keep})
			id := w.create(`"displayName": "G", "members": [{"value": "u1"}]`)
			a := w.send("PUT", "/Groups/"+id, `{`+group+`, "displayName": "H"`+test.body+`}`).is(200)
			if diff := cmp.Diff(test.want, a.members()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestPreconditionsOfWrites(t *testing.T) {
	w := newWorld(t, elimitygroups.Options{})
	id := w.create(`"displayName": "G", "members": [{"value": "u1"}]`)
	path := "/Groups/" + id
	old := w.send("GET", path, "").header.Get("Etag")
	add := patchOp(`{"op": "add", "path": "members", "value": [{"value": "u2"}]}`)
	w.send("PATCH", path, add, "If-Match", old).is(204)
	w.send("PATCH", path, patchOp(`{"op": "remove", "path": "members"}`), "If-Match", old).is(412)
	w.send("PUT", path, `{`+group+`, "displayName": "H"}`, "If-Match", old).is(412)
	w.send("DELETE", path, "", "If-Match", `W/"1", "2"`).is(412)
	w.send("DELETE", path, "", "If-None-Match", "*").is(412)
	read := w.send("GET", path, "").is(200)
	if diff := cmp.Diff([]string{"u1", "u2"}, read.members()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	w.send("PATCH", path, add, "If-Match", "*").is(204)
	now := read.header.Get("Etag")
	w.send("DELETE", path, "", "If-Match", strings.Trim(strings.TrimPrefix(now, "W/"), `"`)).is(204)
}

func TestConcurrentAddersLoseNothing(t *testing.T) {
	w := newWorld(t, elimitygroups.Options{})
	id := w.create(`"displayName": "G"`)
	const adders, each = 16, 25
	var wait sync.WaitGroup
	for a := range adders {
		wait.Go(func() {
			for i := range each {
				r := httptest.NewRequest("PATCH", "/Groups/"+id, strings.NewReader(patchOp(fmt.Sprintf(`{"op": "add", "path": "members", "value": [{"value": "u%02d-%02d"}]}`, a, i))))
				recorder := httptest.NewRecorder()
				w.server.ServeHTTP(recorder, r)
				if recorder.Code != http.StatusNoContent {
					t.Errorf("%d %s", recorder.Code, recorder.Body)
				}
			}
		})
	}
	wait.Wait()
	members := w.send("GET", "/Groups/"+id, "").is(200).members()
	if members = slices.Compact(members); len(members) != adders*each {
		t.Errorf("%d members, want %d", len(members), adders*each)
	}
}

func TestErrorsOfAStoreReachTheClient(t *testing.T) {
	for _, test := range []struct {
		name     string
		err      error
		status   int
		scimType string
		logged   bool
	}{
		{"no such group", store.ErrNotFound, 404, "", false},
		{"forbidden", scim.ErrForbidden, 403, "", false},
		{"unknown members", &store.UnknownMemberError{Values: []string{"u1"}}, 400, "invalidValue", false},
		{"an invalid value", &store.InvalidError{Attribute: "displayName", Reason: "is too long"}, 400, "invalidValue", false},
		{"a group within itself", &store.CycleError{Value: "g1"}, 400, "invalidValue", false},
		{"a fault by reference", fmt.Errorf("wrapped: %w", &scimerrors.ScimErrorInvalidValue), 400, "invalidValue", false},
		{"a clear that is refused", store.ErrClearRefused, 400, "invalidValue", false},
		{"too many results", fmt.Errorf("wrapped: %w", store.ErrTooMany), 400, "tooMany", false},
		{"a throttled store", &store.ThrottledError{RetryAfter: time.Second}, 500, "", true},
		{"a store that is not there", store.ErrUnavailable, 500, "", true},
		{"a deadline", context.DeadlineExceeded, 500, "", true},
		{"a client that has gone", context.Canceled, 500, "", false},
		{"any other error", errors.New("secret text"), 500, "", true},
		{"a panic", nil, 500, "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			h := newServer(t, nil, elimitygroups.Options{
				Logger: slog.New(slog.NewTextHandler(&log, nil)),
				SelectTenant: func(*http.Request) (scim.Tenant, error) {
					if test.err == nil {
						panic("secret text")
					}
					return scim.Tenant{}, test.err
				},
			})
			w := &world{t, h}
			for _, a := range []*answer{
				w.send("POST", "/Groups", `{`+group+`, "displayName": "G"}`), w.send("GET", "/Groups/1", ""),
				w.send("GET", "/Groups", ""), w.send("PUT", "/Groups/1", `{`+group+`, "displayName": "G"}`),
				w.patch("1", `{"op": "remove", "path": "members"}`), w.send("DELETE", "/Groups/1", ""),
				w.send("POST", "/Groups/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}`),
			} {
				a.is(test.status, test.scimType)
				if strings.Contains(a.text, "secret") {
					t.Errorf("the client learns %s", a.text)
				}
			}
			if test.logged != (log.Len() > 0) {
				t.Errorf("logged: %s", &log)
			}
		})
	}
}

// deaf is a store that cannot be read.
type deaf struct{ store.GroupStore }

func (deaf) Get(context.Context, string, store.Selection) (store.Group, error) {
	return store.Group{}, store.ErrUnavailable
}

func TestAChangeIsNotDeniedAfterwards(t *testing.T) {
	groups := memory.New()
	g, err := groups.Create(t.Context(), store.Group{DisplayName: "G"})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t, newServer(t, deaf{groups}, elimitygroups.Options{Logger: slog.New(slog.DiscardHandler)})}
	if a := w.send("PUT", "/Groups/"+g.Group.ID, `{`+group+`, "displayName": "H"}`).is(200); a.body["displayName"] != "H" {
		t.Errorf("got %s", a.text)
	}
}

func TestOnChange(t *testing.T) {
	var told []string
	w := newWorld(t, elimitygroups.Options{
		Logger: slog.New(slog.DiscardHandler),
		OnChange: func(_ context.Context, ev store.Event) {
			told = append(told, fmt.Sprint(ev.Operation, " ", ev.Group.DisplayName, " ", ev.Attributes, " +", len(ev.Added), " -", ev.Removed, " ", ev.RequestID))
			panic("a hook that fails")
		},
	})
	id := w.create(`"displayName": "G", "members": [{"value": "u1"}, {"value": "u1"}]`)
	w.send("PATCH", "/Groups/"+id, patchOp(`{"op": "add", "path": "members", "value": [{"value": "u1"}, {"value": "u2"}]}`), "X-Request-Id", "r1").is(204)
	w.patch(id, `{"op": "add", "path": "members", "value": [{"value": "u1"}]}`).is(204) // changes nothing
	w.send("PUT", "/Groups/"+id, `{`+group+`, "displayName": "H", "externalId": "x", "members": [{"value": "u1"}]}`).is(200)
	w.send("DELETE", "/Groups/"+id, "").is(204)
	want := []string{"create G [displayName] +1 -[] ", "patch G [] +1 -[] r1", "replace H [displayName externalId] +0 -[u2] ", "delete H [] +0 -[] "}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// origins notes where writes come from.
type origins struct {
	*memory.Store
	told []string
}

func (s *origins) note(ctx context.Context) {
	o := store.OriginFrom(ctx)
	s.told = append(s.told, string(o.Operation)+" "+o.RequestID)
}

func (s *origins) Create(ctx context.Context, g store.Group) (store.Change, error) {
	s.note(ctx)
	return s.Store.Create(ctx, g)
}

func (s *origins) Update(ctx context.Context, id string, u store.Update) (store.Change, error) {
	s.note(ctx)
	return s.Store.Update(ctx, id, u)
}

func (s *origins) Delete(ctx context.Context, id string, check *store.Condition) (store.Change, error) {
	s.note(ctx)
	return s.Store.Delete(ctx, id, check)
}

// What a hook does to an event does not reach the response, and the store learns the
// origin of a write.
func TestEventsBelongToTheHook(t *testing.T) {
	groups := &origins{Store: memory.New()}
	member, err := groups.Store.Create(t.Context(), store.Group{DisplayName: "Inner"})
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	w := &world{t, newServer(t, groups, elimitygroups.Options{Extensions: siteExtension(t), OnChange: func(_ context.Context, ev store.Event) {
		for i := range ev.Added {
			types = append(types, ev.Added[i].Type)
			ev.Added[i] = store.Member{Value: "spoilt"}
		}
		for _, attributes := range ev.Group.Extensions {
			attributes["city"] = "spoilt"
		}
	}})}
	a := w.send("POST", "/Groups", `{`+group+`, "displayName": "G", "members": [{"value": "`+member.Group.ID+`"}], "`+site+`": {"city": "Ghent"}}`, "X-Request-Id", "r1").is(201)
	w.send("PUT", "/Groups/"+a.id(), `{`+group+`, "displayName": "H"}`, "X-Request-Id", "\"odd\"").is(200)
	w.patch(a.id(), `{"op": "replace", "path": "displayName", "value": "I"}`).is(204)
	w.send("DELETE", "/Groups/"+a.id(), "", "X-Request-Id", strings.Repeat("x", 65)).is(204)
	if strings.Contains(a.text, "spoilt") {
		t.Errorf("the response is %s", a.text)
	}
	if diff := cmp.Diff([]string{"create r1", "replace ", "patch ", "delete "}, groups.told); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{store.ResourceType}, types); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTenantsAreSeparate(t *testing.T) {
	tenants := map[string]scim.Tenant{"a": {Name: "a", Groups: memory.New()}, "b": {Name: "b", Groups: memory.New()}}
	var told []string
	w := newWorld(t, elimitygroups.Options{
		SelectTenant: func(r *http.Request) (scim.Tenant, error) { return tenants[r.Header.Get("X-Tenant")], nil },
		OnChange:     func(_ context.Context, ev store.Event) { told = append(told, ev.Tenant) },
		Logger:       slog.New(slog.DiscardHandler),
	})
	body := `{` + group + `, "displayName": "G"}`
	id := w.send("POST", "/Groups", body, "X-Tenant", "a").is(201).id()
	w.send("POST", "/Groups", body, "X-Tenant", "b").is(201)
	w.send("GET", "/Groups/"+id, "", "X-Tenant", "b").is(404)
	w.send("GET", "/Groups/"+id, "", "X-Tenant", "c").is(500)
	if diff := cmp.Diff([]string{"a", "b"}, told); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAWrappingHandlerDecides(t *testing.T) {
	// A host may put a handler of its own in between, which changes what this one
	// gets: what it gets counts, not what the client sent.
	h, err := elimitygroups.NewResourceHandler(memory.New(), elimitygroups.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("PATCH", "/Groups/1", strings.NewReader("unrelated"))
	created, err := h.Create(r, elimity.ResourceAttributes{"displayName": "G", "members": []any{
		map[string]any{"value": `a"b`}, map[string]any{"value": "u1"}, map[string]any{"value": "u2"}, map[string]any{"value": "u3"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, there := created.Attributes["schemas"]; there {
		t.Error("the map of the request went into the response")
	}
	is := func(value string) fp.Expression {
		return &fp.AttributeExpression{AttributePath: fp.AttributePath{AttributeName: "value"}, Operator: fp.EQ, CompareValue: value}
	}
	where := &fp.LogicalExpression{Operator: fp.AND,
		Left:  &fp.LogicalExpression{Operator: fp.OR, Left: is(`a"b`), Right: &fp.LogicalExpression{Operator: fp.OR, Left: is("u1"), Right: is("u2")}},
		Right: &fp.NotExpression{Expression: is("u1")}}
	_, err = h.Patch(r, created.ID, []elimity.PatchOperation{{Op: elimity.PatchOperationRemove,
		Path: &fp.Path{AttributePath: fp.AttributePath{AttributeName: "members"}, ValueExpression: where}}})
	if err != nil {
		t.Fatal(err)
	}
	read, err := h.Get(r, created.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := []any{map[string]any{"value": "u1"}, map[string]any{"value": "u3"}}
	if diff := cmp.Diff(want, read.Attributes["members"]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	for _, test := range []struct {
		name string
		o    elimitygroups.Options
	}{
		{"no store", elimitygroups.Options{}},
		{"a base URL that is none", elimitygroups.Options{SelectTenant: func(*http.Request) (scim.Tenant, error) { return scim.Tenant{}, nil }, BaseURL: "/scim"}},
		{"an endpoint without a slash", elimitygroups.Options{SelectTenant: func(*http.Request) (scim.Tenant, error) { return scim.Tenant{}, nil }, Endpoints: map[string]string{"User": "Users"}}},
		{"an endpoint that is taken", elimitygroups.Options{SelectTenant: func(*http.Request) (scim.Tenant, error) { return scim.Tenant{}, nil }, Endpoints: map[string]string{"User": "/Groups"}}},
		{"a duplicate extension", elimitygroups.Options{SelectTenant: func(*http.Request) (scim.Tenant, error) { return scim.Tenant{}, nil }, Extensions: append(siteExtension(t), siteExtension(t)...)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := elimitygroups.NewResourceHandler(nil, test.o); err == nil {
				t.Error("it was built")
			}
		})
	}
}
