package scim_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// untouched is a body that must not be read.
type untouched struct{ t testing.TB }

func (u untouched) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func TestWithTooManyRequestsInFlightFurtherOnesAreTurnedAway(t *testing.T) {
	const most = 3
	entered, release := make(chan struct{}), make(chan struct{})
	var blocking atomic.Bool
	groups := &hookedStore{GroupStore: memory.New(), before: func(method string) error {
		if method == "List" && blocking.Load() {
			entered <- struct{}{}
			<-release
		}
		return nil
	}}
	h := newHandler(t, scim.Config{Groups: groups, Limits: scim.Limits{MaxInFlight: most}})
	create(t, h, "G")
	blocking.Store(true)
	var served sync.WaitGroup
	for range most {
		served.Go(func() { do(t, h, "GET", "/Groups", "").is(t, 200, "").has(t, map[string]any{"/totalResults": 1}) })
		<-entered
	}
	blocking.Store(false)
	for range 10 {
		a := do(t, h, "GET", "/Groups", "").is(t, 503, "")
		if a.header.Get("Retry-After") != "1" {
			t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
		}
	}
	do(t, h, "GET", "/ServiceProviderConfig", "").is(t, 503, "")
	r, err := http.NewRequest("POST", mount+"/Groups", io.NopCloser(untouched{t}))
	if err != nil {
		t.Fatal(err)
	}
	r.RequestURI = mount + "/Groups"
	serve(t, h, r).is(t, 503, "")
	close(release)
	served.Wait()
	do(t, h, "GET", "/Groups", "").is(t, 200, "")
}

func TestEveryEndOfARequestMakesRoomForAnother(t *testing.T) {
	var fault func() error
	groups := &hookedStore{GroupStore: memory.New(), before: func(string) error { return fault() }}
	h := newHandler(t, scim.Config{Groups: groups, Limits: scim.Limits{MaxInFlight: 1}, Logger: quiet(), Auth: scim.Auth{Authenticator: scim.BearerTokens("t")}})
	for range 3 {
		for status, f := range map[int]func() error{200: func() error { return nil }, 500: func() error { panic("broken") }, 404: func() error { return store.ErrNotFound }} {
			fault = f
			do(t, h, "GET", "/Groups", "", "Authorization", "Bearer t").is(t, status, "")
		}
		do(t, h, "GET", "/Groups", "").is(t, 401, "")
		do(t, h, "GET", "/Nowhere", "", "Authorization", "Bearer t").is(t, 404, "")
		fault = func() error { panic(http.ErrAbortHandler) }
		func() {
			defer func() { _ = recover() }()
			do(t, h, "GET", "/Groups", "", "Authorization", "Bearer t")
		}()
	}
}

// hangingStore waits in every method until its context ends.
type hangingStore struct{ store.GroupStore }

func (hangingStore) wait(ctx context.Context) error {
	if _, ok := ctx.Deadline(); !ok {
		return nil // so that the test fails instead of hanging
	}
	<-ctx.Done()
	return ctx.Err()
}

func (s hangingStore) Create(ctx context.Context, _ store.Group) (store.Change, error) {
	return store.Change{}, s.wait(ctx)
}

func (s hangingStore) Get(ctx context.Context, _ string, _ store.Selection) (store.Group, error) {
	return store.Group{}, s.wait(ctx)
}

func (s hangingStore) List(ctx context.Context, _ store.Query) (store.Page, error) {
	return store.Page{}, s.wait(ctx)
}

func (s hangingStore) Update(ctx context.Context, _ string, _ store.Update) (store.Change, error) {
	return store.Change{}, s.wait(ctx)
}

func (s hangingStore) Delete(ctx context.Context, _ string, _ *store.Condition) (store.Change, error) {
	return store.Change{}, s.wait(ctx)
}

func TestATimeoutIsTheDeadlineOfTheStoreAndIsAnswered503(t *testing.T) {
	h := newHandler(t, scim.Config{Groups: hangingStore{}, Limits: scim.Limits{Timeout: 10 * time.Millisecond}, Logger: quiet()})
	for _, r := range []request{
		{"a GET", "GET", "/Groups/x", "", 503, "", nil},
		{"a list", "GET", "/Groups", "", 503, "", nil},
		{"a list by cursor", "GET", "/Groups?cursor", "", 503, "", nil},
		{"a search", "POST", "/.search", search(""), 503, "", nil},
		{"a POST", "POST", "/Groups", group(`"displayName":"G"`), 503, "", nil},
		{"a PUT", "PUT", "/Groups/x", group(`"displayName":"G"`), 503, "", nil},
		{"a PATCH", "PATCH", "/Groups/x", patchOp(addMember("a")), 503, "", nil},
		{"a DELETE", "DELETE", "/Groups/x", "", 503, "", nil},
	} {
		t.Run(r.name, func(t *testing.T) { do(t, h, r.method, r.path, r.body).is(t, r.status, "") })
	}
	t.Run("each operation of a bulk that had no time", func(t *testing.T) {
		saysStatuses(t, bulk(t, h, bulkOf(post("a", "A"), post("b", "B"))), "503 503")
	})
	t.Run("without a Timeout there is no deadline", func(t *testing.T) {
		h := newHandler(t, scim.Config{Groups: hangingStore{}})
		do(t, h, "GET", "/Groups", "").is(t, 200, "")
	})
	t.Run("hooks get it too", func(t *testing.T) {
		seen := 0
		note := func(ctx context.Context) {
			if _, ok := ctx.Deadline(); ok {
				seen++
			}
		}
		h := newHandler(t, scim.Config{Limits: scim.Limits{Timeout: time.Minute},
			Auth: scim.Auth{Authorize: func(ctx context.Context, _ scim.Access) error { note(ctx); return nil }},
			Members: scim.Members{Resolver: scim.MemberResolverFunc(func(ctx context.Context, m []store.Member) ([]scim.Resolution, error) {
				note(ctx)
				return make([]scim.Resolution, len(m)), nil
			})}})
		create(t, h, "G", "a")
		if seen != 2 {
			t.Errorf("%d hooks had a deadline", seen)
		}
	})
}

func TestAClientThatIsGoneEndsItsRequest(t *testing.T) {
	log := newRecords()
	h := newHandler(t, scim.Config{Groups: memory.New(), Logger: slog.New(log)})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	serve(t, h, newRequest("POST", "/Groups", group(`"displayName":"G"`)).WithContext(ctx)).is(t, 503, "")
	if n := total(t, h); n != 0 {
		t.Errorf("%d groups", n)
	}
	if lines := log.lines(t); len(lines) != 0 {
		t.Errorf("logged %v", lines)
	}
}

func TestStoresThatThrottleArePassedOn(t *testing.T) {
	for wait, want := range map[time.Duration]string{0: "1", time.Millisecond: "1", 1500 * time.Millisecond: "2", time.Minute: "60"} {
		h := newHandler(t, scim.Config{Groups: failing(&store.ThrottledError{RetryAfter: wait})})
		if a := do(t, h, "GET", "/Groups", "").is(t, 429, ""); a.header.Get("Retry-After") != want {
			t.Errorf("after %v Retry-After is %q", wait, a.header.Get("Retry-After"))
		}
	}
	t.Run("in a bulk, too", func(t *testing.T) {
		h := newHandler(t, scim.Config{Groups: failing(&store.ThrottledError{RetryAfter: time.Minute})})
		saysStatuses(t, bulk(t, h, bulkOf(post("a", "A"))), "429")
	})
}
