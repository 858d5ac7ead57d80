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
	members := make([]store.Member, 200_000)
	for i := range members {
		members[i] = store.Member{Value: fmt.Sprintf("member-with-a-rather-long-value-%08d", i)}
	}
	g, err := groups.Create(t.Context(), store.Group{DisplayName: "large", Members: members})
	if err != nil {
		t.Fatal(err)
	}
	return g.ID
}

// A client that stops in the midst of its part does not keep others out, whether the
// service watches its requests or not.
func TestAStalledClientLosesItsPlaceInFlight(t *testing.T) {
	groups := memory.New()
	id := largeGroup(t, groups)
	for name, request := range map[string]string{
		"one that does not read the answer": "GET /Groups/" + id + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"one that does not send the body":   "POST /Groups HTTP/1.1\r\nHost: x\r\nContent-Type: application/scim+json\r\nContent-Length: 1000\r\n\r\n{",
	} {
		for kind, observe := range map[string]scim.Observe{
			"": nil, ", observed": func(ctx context.Context, _ *http.Request) (context.Context, func(scim.Observation)) { return ctx, nil },
		} {
			t.Run(name+kind, func(t *testing.T) {
				server := httptest.NewServer(newHandler(t, scim.Config{Groups: groups, InFlight: 1, Timeout: 300 * time.Millisecond, Observe: observe}))
				defer server.Close()
				stalled, err := net.Dial("tcp", server.Listener.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer stalled.Close()
				fmt.Fprint(stalled, request)
				taken := false
				for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
					response, err := server.Client().Get(server.URL + "/Groups?count=0")
					if err != nil {
						t.Fatal(err)
					}
					response.Body.Close()
					if response.StatusCode != http.StatusOK {
						taken = true
					} else if taken {
						return
					}
					if time.Now().After(deadline) {
						t.Fatal("was the place ever taken? ", taken)
					}
				}
			})
		}
	}
}

// The time that a client has is that of each of its requests.
func TestAConnectionOutlivesTheTimeoutOfItsRequests(t *testing.T) {
	const timeout = 200 * time.Millisecond
	groups := memory.New()
	id := largeGroup(t, groups)
	server := httptest.NewServer(newHandler(t, scim.Config{Groups: groups, Timeout: timeout}))
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
	server := httptest.NewServer(newHandler(t, scim.Config{Timeout: 100 * time.Millisecond}))
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
	if err := groups.Delete(t.Context(), id, nil); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, response.Body); err == nil {
		t.Errorf("%d bytes came as if they were all", n)
	}
}
