package scimtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/scimtest"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// handled is a handler with something in front of it, which reports whether it has
// responded.
func handled(h http.Handler, first func(w http.ResponseWriter, r *http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !first(w, r) {
			h.ServeHTTP(w, r)
		}
	})
}

func transcript(t *testing.T, steps string) scimtest.Transcript {
	t.Helper()
	tr, err := scimtest.ReadTranscript("run", strings.NewReader(steps))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestAReplayedRunDoesNotChangeGroupsOfOthers(t *testing.T) {
	groups := ours(t, memory.New())
	before := versions(t, groups)
	h := newHandler(t, scim.Config{Groups: groups})
	for name, change := range map[string]string{
		"DELETE":  `{"name": "2", "method": "DELETE", "path": "/Groups/{{id}}"}`,
		"slashes": `{"name": "2", "method": "DELETE", "path": "//Groups//{{id}}/"}`,
		"PATCH": `{"name": "2", "method": "PATCH", "path": "/Groups/{{id}}?attributes=id", "body": {"schemas":
			["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "remove", "path": "members"}]}}`,
		"bulk": `{"name": "2", "method": "POST", "path": "/Bulk", "body": {"schemas":
			["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [{"method": "DELETE", "path": "/Groups/{{id}}"}]}}`,
	} {
		tr := transcript(t, `[{"name": "1", "method": "GET", "path": "/Groups?count=1", "capture": {"id": "/Resources/0/id"}}, `+
			change+`]`)
		r := check(t, inside(h), scimtest.Options{Only: []string{"run"}, Transcripts: []scimtest.Transcript{tr}})
		if r.Number(scimtest.Blocked) != 1 {
			t.Errorf("%s: %+v", name, r.Results)
		}
	}
	if after := versions(t, groups); !slices.Equal(before, after) {
		t.Errorf("there were %d groups, and are %d", len(before), len(after))
	}
}

// What a client sends through its own transport, and with its own token.
func TestARunThatWasRecordedReplays(t *testing.T) {
	tr := transcript(t, `[
		{"name": "create", "method": "POST", "path": "/Groups", "headers": {"authorization": "Bearer [removed]",
			"Accept-Encoding": "gzip", "Content-Type": "application/json"}, "body": {"schemas":
			["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Department 001"}, "capture": {"g": "/id"}},
		{"name": "read", "method": "GET", "path": "/Groups/{{g}}", "headers": {"Authorization": "Bearer {{token}}"},
			"expect": {"status": [200], "json": {"/displayName": "Department 001"}}},
		{"name": "anonymous", "method": "GET", "path": "/Groups/{{g}}", "expect": {"status": [401]}},
		{"name": "delete", "method": "DELETE", "path": "/Groups/{{g}}", "headers": {"Authorization": "Bearer x"}}
	]`)
	groups := ours(t, memory.New())
	target := inside(newHandler(t, scim.Config{Groups: groups}))
	target.Members = func(context.Context, int) ([]string, error) { return nil, errors.New("nobody is a member") }
	r := check(t, target, scimtest.Options{Only: []string{"run"}, Transcripts: []scimtest.Transcript{tr}})
	if !r.Conforms() || r.Number(scimtest.Passed) != 1 {
		t.Errorf("%+v", r.Results)
	}
	if all := names(t, groups); len(all) != 250 {
		t.Errorf("there are %d groups", len(all))
	}
}

func TestWhatCannotBeDeletedIsReportedByAServiceWithoutFilters(t *testing.T) {
	groups := memory.New()
	h := newHandler(t, scim.Config{Groups: groups})
	keeps := handled(h, func(w http.ResponseWriter, r *http.Request) bool {
		bad := r.Method == "DELETE" || r.URL.Query().Has("filter")
		if bad {
			w.WriteHeader(501)
		}
		return bad
	})
	r := check(t, inside(keeps), scimtest.Options{Only: []string{"C03", "C05"}})
	if len(r.Left) != 2 || r.Conforms() || len(names(t, groups)) != 2 {
		t.Errorf("left are %q", r.Left)
	}
}

// A service that deletes slowly, or allows few requests, is cleaned up all the same.
func TestOnlyAnInterruptBoundsTheTimeOfDeleting(t *testing.T) {
	scimtest.SetCleaning(t, 20*time.Millisecond)
	groups := memory.New()
	h := newHandler(t, scim.Config{Groups: groups})
	slow := handled(h, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "DELETE" {
			time.Sleep(30 * time.Millisecond)
		}
		return false
	})
	if r := check(t, inside(slow), scimtest.Options{Only: []string{"E06", "H20"}}); !r.Conforms() {
		t.Errorf("%+v", r)
	}
	if left := names(t, groups); left != nil {
		t.Errorf("it left %q", left)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	hangs := handled(h, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "DELETE" {
			cancel()
			<-r.Context().Done()
		}
		return false
	})
	begin := time.Now()
	target := scimtest.Target{Handler: hangs, URL: "/scim/v2", Token: token}
	if _, err := scimtest.Check(ctx, target, scimtest.Options{Only: []string{"E06", "H20"}}); err == nil {
		t.Error("there is no error")
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("it took %s", d)
	}
}

// A host's function can end the test from inside of a rule.
func TestMembersThatEndTheTestLeaveNothing(t *testing.T) {
	groups := memory.New()
	target := inside(newHandler(t, scim.Config{Groups: groups}))
	for name, members := range map[string]func(context.Context, int) ([]string, error){
		"Goexit": func(context.Context, int) ([]string, error) { runtime.Goexit(); return nil, nil },
		"panic":  func(context.Context, int) ([]string, error) { panic("no members") },
	} {
		target.Members = members
		done := make(chan struct{})
		go func() {
			defer close(done)
			// This rule creates groups before it needs members.
			scimtest.Check(t.Context(), target, fast(scimtest.Options{Only: []string{"C03", "N25", "B19", "H16"}}))
		}()
		<-done
		if left := names(t, groups); left != nil {
			t.Errorf("%s left %q", name, left)
		}
	}
}

func TestAnInterruptedRunDoesNotConform(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, err := scimtest.Check(ctx, inside(newHandler(t, scim.Config{})), fast(scimtest.Options{
		End: func(scimtest.Result) { cancel() }}))
	if err == nil || r.Complete || r.Conforms() || len(r.Results) != 1 {
		t.Errorf("%v, %+v", err, r)
	}
}

func TestALongRetryAfterIsNotCutShort(t *testing.T) {
	h := newHandler(t, scim.Config{})
	var posts atomic.Int32
	busy := handled(h, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "POST" {
			posts.Add(1)
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(429)
		}
		return r.Method == "POST"
	})
	r := check(t, inside(busy), scimtest.Options{Only: []string{"C03"}})
	if posts.Load() != 1 || r.Number(scimtest.Blocked) != 1 || r.Conforms() || !strings.Contains(r.Results[0].Reason, "3600") {
		t.Errorf("%d requests, %+v", posts.Load(), r.Results)
	}
}

// Users come from the service, at the rate of the run and when it says so.
func TestUsersOfTheServiceAreMembers(t *testing.T) {
	var pages, refused atomic.Int32
	users := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if pages.Add(1)%2 == 1 {
			refused.Add(1)
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(429)
			return
		}
		var start int
		fmt.Sscan(r.URL.Query().Get("startIndex"), &start)
		var resources []map[string]string
		for i := start; i < start+40 && i <= 300; i++ {
			resources = append(resources, map[string]string{"id": fmt.Sprint("person-", i)})
		}
		json.NewEncoder(w).Encode(map[string]any{"Resources": resources})
	})
	h := newHandler(t, scim.Config{Members: scim.Members{Resolver: people}})
	target := inside(handled(h, func(w http.ResponseWriter, r *http.Request) bool {
		is := strings.HasSuffix(r.URL.Path, "/Users")
		if is {
			users(w, r)
		}
		return is
	}))
	target.UsersAreMembers = true
	r := check(t, target, scimtest.Options{Only: []string{"N14", "H20", "okta-oin-patch"}})
	if !r.Conforms() || r.Number(scimtest.Passed) != 3 || r.Throttled != int(refused.Load()) {
		t.Errorf("%d were throttled: %+v", r.Throttled, r.Results)
	}
	// A service that has one page only says nothing new on the next.
	target = inside(handled(h, func(w http.ResponseWriter, r *http.Request) bool {
		is := strings.HasSuffix(r.URL.Path, "/Users")
		if is {
			fmt.Fprint(w, `{"Resources":[{"id":"person-1"},{"id":"person-2"}]}`)
		}
		return is
	}))
	target.UsersAreMembers = true
	r = check(t, target, scimtest.Options{Only: []string{"N14", "N05"}})
	if !r.Conforms() || r.Number(scimtest.Skipped) != 1 || r.Number(scimtest.Passed) != 1 {
		t.Errorf("%+v", r.Results)
	}
}

func TestAServiceThatIsOverloadedBy25RequestsIsFound(t *testing.T) {
	var active atomic.Int32
	target := scimtest.Target{URL: "/scim/v2", Token: token, Handler: handled(newHandler(t, scim.Config{Profile: scim.IPSIE}),
		func(w http.ResponseWriter, r *http.Request) bool {
			defer active.Add(-1)
			busy := active.Add(1) > 5
			time.Sleep(10 * time.Millisecond)
			if busy {
				w.WriteHeader(503)
			}
			return busy
		})}
	begin := time.Now()
	r, err := scimtest.Check(t.Context(), target, scimtest.Options{Profile: "ipsie", Only: []string{"Q03", "Q08"}, Rate: 100})
	if err != nil || r.Results[0].Outcome != scimtest.Failed || r.Results[1].Outcome != scimtest.Passed {
		t.Errorf("%v, %+v", err, r)
	}
	if d := time.Since(begin); r.Requests < 28 || d < time.Duration(r.Requests-2)*10*time.Millisecond {
		t.Errorf("%d requests took %s at 100 a second", r.Requests, d)
	}
}

func TestCredentialsInAURLAreRefused(t *testing.T) {
	_, err := scimtest.Check(t.Context(), scimtest.Target{URL: "https://me:hidden@example.com/scim"}, scimtest.Options{})
	if err == nil || strings.Contains(err.Error(), "hidden") {
		t.Errorf("the error is %v", err)
	}
}

func TestSweepDeletesNoGroupWhoseNameSomebodyHasChosen(t *testing.T) {
	groups := memory.New()
	for _, name := range []string{"scimtest-users", "scimtest-", "scimtest-our-team", "Scimtest", "scimtest-abcdef-h20-1"} {
		if _, err := groups.Create(t.Context(), store.Group{DisplayName: name}); err != nil {
			t.Fatal(err)
		}
	}
	swept, err := scimtest.Sweep(t.Context(), inside(newHandler(t, scim.Config{Groups: groups})), fast(scimtest.Options{}))
	if err != nil || !slices.Equal(swept, []string{"scimtest-abcdef-h20-1"}) || len(names(t, groups)) != 4 {
		t.Errorf("swept are %q, %v", swept, err)
	}
}

func TestTLSIsNeededBetweenMachines(t *testing.T) {
	h := newHandler(t, scim.Config{Profile: scim.Interop})
	server := httptest.NewServer(h)
	defer server.Close()
	o := scimtest.Options{Profile: "interop", Only: []string{"P24"}}
	local := check(t, scimtest.Target{URL: server.URL + "/scim/v2", Token: token}, o)
	if remote := check(t, inside(h), o); local.Number(scimtest.Skipped) != 1 || remote.Number(scimtest.Failed) != 1 {
		t.Errorf("%+v, %+v", local.Results, remote.Results)
	}
}

// A service that merges what it creates with what it has returns groups of others.
func TestAGroupOfSomebodyElseInAResponseIsNotTakenForTheNewOne(t *testing.T) {
	groups := ours(t, memory.New())
	before := versions(t, groups)
	h := newHandler(t, scim.Config{Groups: groups})
	page, err := groups.List(t.Context(), store.Query{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	merges := handled(h, func(w http.ResponseWriter, r *http.Request) bool {
		is := r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/Groups")
		if is {
			w.Header().Set("Location", "/scim/v2/Groups/"+page.Groups[0].ID)
			w.WriteHeader(201)
			fmt.Fprintf(w, `{"id":%q,"displayName":%q}`, page.Groups[0].ID, page.Groups[0].DisplayName)
		}
		return is
	})
	for _, p := range scimtest.Profiles() {
		if r := check(t, inside(merges), scimtest.Options{Profile: p.Name}); r.Conforms() {
			t.Errorf("%s: it conforms", p.Name)
		}
	}
	if after := versions(t, groups); !slices.Equal(before, after) {
		t.Errorf("before: %q\nafter: %q", before, after)
	}
}
