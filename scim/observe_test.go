package scim_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// observations notes the Observations of Observe.
type observations struct {
	mu  sync.Mutex
	all []scim.Observation
}

func (o *observations) observe(ctx context.Context, _ *http.Request) (context.Context, func(scim.Observation)) {
	return ctx, func(m scim.Observation) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.all = append(o.all, m)
	}
}

// only returns the one Observation since its last call.
func (o *observations) only(t testing.TB) scim.Observation {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.all) != 1 {
		t.Fatalf("%d observations", len(o.all))
	}
	m := o.all[0]
	o.all = nil
	return m
}

func TestObserveMeasuresEveryRequest(t *testing.T) {
	seen := &observations{}
	h := newHandler(t, scim.Config{
		Observe: seen.observe, MembershipDraft: true, Limits: scim.Limits{DefaultCount: 2},
		Auth: scim.Auth{Authenticator: scim.AuthenticatorFunc(scim.AuthenticationScheme{}, func(r *http.Request) (scim.Subject, error) {
			if r.Header.Get("X-User") == "nobody" {
				return scim.Subject{}, &scim.Challenge{Code: "invalid_token"}
			}
			return scim.Subject{Name: "entra"}, nil
		})},
	})
	id := create(t, h, "G", "a", "b")
	create(t, h, "H")
	create(t, h, "I")
	seen.all = nil
	for _, c := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		endpoint                 string
		added, removed, groups   int
	}{
		{"a GET", "GET", "/Groups/" + id, "", nil, 200, "/Groups/{id}", 0, 0, 1},
		{"a HEAD", "HEAD", "/Groups/" + id, "", nil, 200, "/Groups/{id}", 0, 0, 1},
		{"a GET of nothing", "GET", "/Groups/none", "", nil, 404, "/Groups/{id}", 0, 0, 0},
		{"a list", "GET", "/Groups", "", nil, 200, "/Groups", 0, 0, 2},
		{"a list by cursor", "GET", "/Groups?cursor&count=3", "", nil, 200, "/Groups", 0, 0, 3},
		{"a list of nothing", "GET", "/Groups?count=0", "", nil, 200, "/Groups", 0, 0, 0},
		{"a search", "POST", "/.search", search(""), nil, 200, "/.search", 0, 0, 2},
		{"a search in groups", "POST", "/Groups/.search", search(""), nil, 200, "/Groups/.search", 0, 0, 2},
		{"a POST", "POST", "/Groups", group(`"displayName":"J","members":[{"value":"x"},{"value":"y"},{"value":"x"}]`), nil, 201, "/Groups", 2, 0, 1},
		{"a POST of a name that is taken", "POST", "/Groups", group(`"displayName":"J","members":[{"value":"x"}]`), nil, 409, "/Groups", 0, 0, 0},
		{"a PATCH", "PATCH", "/Groups/" + id, patchOp(addMember("a"), addMember("c"), remove(`[{"value":"b"},{"value":"z"}]`)), nil, 204, "/Groups/{id}", 1, 1, 0},
		{"a PATCH without effect", "PATCH", "/Groups/" + id, patchOp(addMember("a")), nil, 204, "/Groups/{id}", 0, 0, 0},
		{"a PATCH that returns the group", "PATCH", "/Groups/" + id + "?attributes=displayName", patchOp(addMember("d")), nil, 200, "/Groups/{id}", 1, 0, 1},
		{"a PUT", "PUT", "/Groups/" + id, group(`"displayName":"G","members":[{"value":"a"},{"value":"e"}]`), nil, 200, "/Groups/{id}", 1, 2, 1},
		{"a membership", "POST", "/GroupMembers", membership(id, "f"), nil, 201, "/GroupMembers", 1, 0, 1},
		{"a bulk", "POST", "/Bulk", bulkOf(patchOf("/Groups/"+id, addMember("g")), patchOf("/Groups/"+id, `{"op":"remove","path":"members"}`), post("k", "K", "u")), nil, 200, "/Bulk", 2, 4, 0},
		{"discovery", "GET", "/Schemas", "", nil, 200, "/Schemas", 0, 0, 0},
		{"a wrong method", "PUT", "/Groups", "", nil, 405, "/Groups", 0, 0, 0},
		{"a POST that is called a PATCH by nobody", "POST", "/Groups/" + id, patchOp(addMember("x")), []string{"X-HTTP-Method-Override", "PATCH"}, 405, "/Groups/{id}", 0, 0, 0},
		{"OPTIONS", "OPTIONS", "/Groups", "", nil, 204, "/Groups", 0, 0, 0},
		{"a path that is nowhere", "GET", "/Nowhere/" + sensitive, "", nil, 404, "unknown", 0, 0, 0},
		{"a DELETE", "DELETE", "/Groups/" + id, "", nil, 204, "/Groups/{id}", 0, 0, 0},
		{"a request that is turned away", "GET", "/Groups", "", []string{"X-User", "nobody"}, 401, "/Groups", 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := do(t, h, c.method, c.path, c.body, c.headers...)
			m := seen.only(t)
			if a.status != c.status || m.Status != c.status || m.Method != c.method || m.Endpoint != c.endpoint || m.Added != c.added || m.Removed != c.removed || m.Groups != c.groups || m.Err != nil || m.Duration <= 0 {
				t.Errorf("the response is %d, the observation %+v", a.status, m)
			}
			if subject := m.Subject.Name; subject != "entra" && c.status != 401 || subject != "" && c.status == 401 {
				t.Errorf("the subject is %q", subject)
			}
		})
	}
}

func TestObserveNamesTheEffectiveMethod(t *testing.T) {
	seen := &observations{}
	h := newHandler(t, scim.Config{Observe: seen.observe, Dialect: scim.SCIM11})
	a := old(t, h, "POST", "/Groups", group11(`"displayName":"G"`)).ok(t)
	seen.all = nil
	old(t, h, "POST", "/Groups/"+a.str("/id"), group11(`"members":[{"value":"a"}]`), "X-HTTP-Method-Override", "PATCH").ok(t)
	if m := seen.only(t); m.Method != "PATCH" || m.Added != 1 {
		t.Errorf("the observation is %+v", m)
	}
	old(t, h, sensitive, "/Groups", "")
	if m := seen.only(t); m.Method != "_OTHER" || m.Status != 405 {
		t.Errorf("the observation is %+v", m)
	}
}

func TestObserveReportsFaultsOfTheService(t *testing.T) {
	fault := errors.New("disk on fire")
	for name, c := range map[string]struct {
		groups store.GroupStore
		status int
		err    string
	}{
		"an error of the store":        {failing(fault), 500, "disk on fire"},
		"a panic of the store":         {&hookedStore{GroupStore: memory.New(), before: func(string) error { panic("disk on fire") }}, 500, "disk on fire"},
		"a store that is not there":    {failing(store.ErrUnavailable), 503, store.ErrUnavailable.Error()},
		"a fault of the client is not": {failing(store.ErrNotFound), 404, ""},
		"a throttled client is not":    {failing(&store.ThrottledError{}), 429, ""},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &observations{}
			h := newHandler(t, scim.Config{Groups: c.groups, Observe: seen.observe, Logger: quiet()})
			do(t, h, "GET", "/Groups/x", "").is(t, c.status, "")
			m := seen.only(t)
			if m.Status != c.status || (m.Err == nil) != (c.err == "") || m.Err != nil && !strings.Contains(m.Err.Error(), c.err) {
				t.Errorf("the observation is %+v", m)
			}
		})
	}
}

type spanKey struct{}

// contextStore notes the span in the context of each call.
type contextStore struct {
	store.GroupStore
	spans []any
}

func (s *contextStore) List(ctx context.Context, q store.Query) (store.Page, error) {
	s.spans = append(s.spans, ctx.Value(spanKey{}))
	return s.GroupStore.List(ctx, q)
}

func (s *contextStore) Update(ctx context.Context, id string, u store.Update) (store.Change, error) {
	s.spans = append(s.spans, ctx.Value(spanKey{}))
	return s.GroupStore.Update(ctx, id, u)
}

func TestTheContextOfObserveReachesTheStoreAndTheHooks(t *testing.T) {
	groups := &contextStore{GroupStore: memory.New()}
	var authorized, changed any
	h := newHandler(t, scim.Config{
		Groups:   groups,
		Auth:     scim.Auth{Authorize: func(ctx context.Context, _ scim.Access) error { authorized = ctx.Value(spanKey{}); return nil }},
		OnChange: func(ctx context.Context, _ store.Event) { changed = ctx.Value(spanKey{}) },
		Observe: func(ctx context.Context, r *http.Request) (context.Context, func(scim.Observation)) {
			return context.WithValue(ctx, spanKey{}, "span of "+r.Method), nil
		},
	})
	id := create(t, h, "G")
	do(t, h, "GET", "/Groups", "").is(t, 200, "")
	do(t, h, "PATCH", "/Groups/"+id, patchOp(addMember("a"))).is(t, 204, "")
	if len(groups.spans) != 2 || groups.spans[0] != "span of GET" || groups.spans[1] != "span of PATCH" || authorized != "span of PATCH" || changed != "span of PATCH" {
		t.Errorf("the spans are %v, %v and %v", groups.spans, authorized, changed)
	}
}

func TestObserveMayReturnNothingAndMayPanic(t *testing.T) {
	for name, hook := range map[string]scim.Observe{
		"it returns nothing": func(context.Context, *http.Request) (context.Context, func(scim.Observation)) { return nil, nil },
		"it panics":          func(context.Context, *http.Request) (context.Context, func(scim.Observation)) { panic("broken") },
		"its end panics": func(ctx context.Context, _ *http.Request) (context.Context, func(scim.Observation)) {
			return ctx, func(scim.Observation) { panic("broken") }
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHandler(t, scim.Config{Observe: hook, Logger: quiet()})
			defer func() {
				if p := recover(); p != nil {
					t.Errorf("a panic reaches net/http: %v", p)
				}
			}()
			do(t, h, "GET", "/Groups", "").is(t, 200, "")
			do(t, h, "GET", "/Groups/none", "").is(t, 404, "")
		})
	}
}

func TestObserveSeesTheStatusOfForwardedRequests(t *testing.T) {
	seen := &observations{}
	users := userType()
	users[0].Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = w.Write([]byte("{}"))
	})
	h := newHandler(t, scim.Config{Observe: seen.observe, ResourceTypes: users})
	for method, status := range map[string]int{"GET": 200, "POST": 418} {
		h.ServeHTTP(nullWriter{http.Header{}}, newRequest(method, "/Users/1", "{}"))
		if m := seen.only(t); m.Status != status || m.Endpoint != "other" {
			t.Errorf("the observation is %+v", m)
		}
	}
}

type nullWriter struct{ header http.Header }

func (w nullWriter) Header() http.Header         { return w.header }
func (w nullWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w nullWriter) WriteHeader(int)             {}
