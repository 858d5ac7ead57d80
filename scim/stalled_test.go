package scim_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// largeGroup is a group whose answer fits into no buffer between server and client.
func largeGroup(t *testing.T, groups store.GroupStore) string {
	t.Helper()
	return groupOf(t, groups, 200_000)
}

func groupOf(t *testing.T, groups store.GroupStore, size int) string {
	t.Helper()
	members := make([]store.Member, size)
	for i := range members {
		members[i] = store.Member{Value: fmt.Sprintf("member-with-a-rather-long-value-%08d", i)}
	}
	g, err := groups.Create(t.Context(), store.Group{DisplayName: fmt.Sprint(size), Members: members})
	if err != nil {
		t.Fatal(err)
	}
	return g.Group.ID
}

// A client that stops in the midst of its part does not keep others out, whether the
// service watches its requests or not.
func TestAStalledClientLosesItsPlaceInFlight(t *testing.T) {
	groups := memory.New()
	id := largeGroup(t, groups)
	for name, request := range map[string]string{
		"one that does not read the answer":   "GET /Groups/" + id + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"one that reads none of many answers": strings.Repeat("GET /Groups/"+groupOf(t, groups, 800)+" HTTP/1.1\r\nHost: x\r\n\r\n", 2000),
		"one that does not send the body":     "POST /Groups HTTP/1.1\r\nHost: x\r\nContent-Type: application/scim+json\r\nContent-Length: 1000\r\n\r\n{",
	} {
		for kind, observe := range map[string]scim.Observe{
			"": nil, ", observed": func(ctx context.Context, _ *http.Request) (context.Context, func(scim.Observation)) { return ctx, nil },
		} {
			t.Run(name+kind, func(t *testing.T) {
				server := httptest.NewServer(newHandler(t, scim.Config{Groups: groups, Limits: scim.Limits{MaxInFlight: 1, Timeout: 300 * time.Millisecond}, Observe: observe}))
				defer server.Close()
				free := func() bool {
					t.Helper()
					response, err := server.Client().Get(server.URL + "/Groups?count=0")
					if err != nil {
						t.Fatal(err)
					}
					response.Body.Close()
					return response.StatusCode == http.StatusOK
				}
				deadline := time.Now().Add(30 * time.Second)
				for taken := false; !taken; taken = !free() {
					if time.Now().After(deadline) {
						t.Fatal("the place was never taken")
					}
					stalled, err := net.Dial("tcp", server.Listener.Addr().String())
					if err != nil {
						t.Fatal(err)
					}
					defer stalled.Close()
					go fmt.Fprint(stalled, request)
					time.Sleep(50 * time.Millisecond)
				}
				for ; !free(); time.Sleep(10 * time.Millisecond) {
					if time.Now().After(deadline) {
						t.Fatal("the place is still taken")
					}
				}
			})
		}
	}
}

// A host that has a shorter time for an answer keeps it.
func TestAShorterTimeoutOfTheHostHolds(t *testing.T) {
	groups := memory.New()
	id := largeGroup(t, groups)
	done := make(chan time.Duration, 1)
	h := newHandler(t, scim.Config{Groups: groups, Limits: scim.Limits{Timeout: time.Minute}})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		defer func() { done <- time.Since(start) }()
		h.ServeHTTP(w, r)
	}))
	server.Config.WriteTimeout = 200 * time.Millisecond
	server.Start()
	defer server.Close()
	stalled, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer stalled.Close()
	fmt.Fprintf(stalled, "GET /Groups/%s HTTP/1.1\r\nHost: x\r\n\r\n", id)
	if took := <-done; took > 30*time.Second {
		t.Errorf("the client held the request for %v", took)
	}
}

// The time that a client has is that of each of its requests.
func TestAConnectionOutlivesTheTimeoutOfItsRequests(t *testing.T) {
	const timeout = 3 * time.Second // enough for a large group under the race detector
	groups := memory.New()
	id := largeGroup(t, groups)
	server := httptest.NewServer(newHandler(t, scim.Config{Groups: groups, Limits: scim.Limits{Timeout: timeout}}))
	defer server.Close()
	reused := false
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }})
	send := func(method, path, body string) {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/scim+json")
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Fatal(err)
		}
	}
	send("GET", "/Groups/"+id+"?attributes=members.value", "")
	send("POST", "/Groups", group(`"displayName":"G"`))
	time.Sleep(2 * timeout)
	send("POST", "/Groups", group(`"displayName":"H"`))
	if !reused {
		t.Error("the connection was given up")
	}
	send("GET", "/Groups/"+id, "")
}

func TestABodyThatDoesNotComeIsAnswered408(t *testing.T) {
	server := httptest.NewServer(newHandler(t, scim.Config{Limits: scim.Limits{Timeout: 100 * time.Millisecond}}))
	defer server.Close()
	stalled, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer stalled.Close()
	fmt.Fprint(stalled, "POST /Groups HTTP/1.1\r\nHost: x\r\nContent-Type: application/scim+json\r\nContent-Length: 1000\r\n\r\n{")
	response, err := http.ReadResponse(bufio.NewReader(stalled), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusRequestTimeout || !strings.Contains(string(text), `"status":"408"`) {
		t.Errorf("%d %s, %v", response.StatusCode, text, err)
	}
}

func TestAGroupThatIsDeletedWhileItIsSentIsNotTakenForWhole(t *testing.T) {
	groups := memory.New()
	id := largeGroup(t, groups)
	server := httptest.NewServer(newHandler(t, scim.Config{Groups: groups}))
	defer server.Close()
	response, err := server.Client().Get(server.URL + "/Groups/" + id)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := groups.Delete(t.Context(), id, nil); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, response.Body); err == nil {
		t.Errorf("%d bytes came as if they were all", n)
	}
}
