package scim_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
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

func TestAClientThatDoesNotReadLosesItsPlaceInFlight(t *testing.T) {
	groups := memory.New()
	id := largeGroup(t, groups)
	server := httptest.NewServer(newHandler(t, scim.Config{Groups: groups, InFlight: 1, Timeout: 300 * time.Millisecond}))
	defer server.Close()
	stalled, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer stalled.Close()
	fmt.Fprintf(stalled, "GET /Groups/%s HTTP/1.1\r\nHost: x\r\n\r\n", id)
	var one [1]byte
	if _, err := io.ReadFull(stalled, one[:]); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		response, err := server.Client().Get(server.URL + "/Groups?count=0")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the place is still taken: ", response.StatusCode)
		}
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
