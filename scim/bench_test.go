package scim_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// ofSize is a service with one group of so many members, and the id of that.
func ofSize(t testing.TB, members int) (h http.Handler, id string) {
	t.Helper()
	list := make([]store.Member, members)
	for i := range list {
		list[i] = store.Member{Value: fmt.Sprintf("member-%08d", i), Type: "User"}
	}
	groups := memory.New()
	g, err := groups.Create(context.Background(), store.Group{DisplayName: "Everybody", Members: list})
	if err != nil {
		t.Fatal(err)
	}
	return newHandler(t, scim.Config{Groups: groups, BaseURL: "https://example.com/scim/v2"}), g.Group.ID
}

// The two requests after which the group is as before.
var addAndRemove = []string{
	patchOp(`{"op":"add","path":"members","value":[{"value":"newcomer"}]}`),
	patchOp(`{"op":"remove","path":"members[value eq \"newcomer\"]"}`),
}

// overHTTP sends requests over one connection.
func overHTTP(b *testing.B, h http.Handler) func(method, path, body string, status int) {
	b.Helper()
	server := httptest.NewServer(h)
	b.Cleanup(server.Close)
	client := server.Client()
	return func(method, path, body string, status int) {
		r, err := http.NewRequest(method, server.URL+mount+path, strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		response, err := client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if response.StatusCode != status {
			b.Fatalf("%s %s: %d", method, path, response.StatusCode)
		}
	}
}

// Adding a member and removing it again: two requests a round, in groups of
// three sizes. The times of the sizes should not differ.
func BenchmarkPatchAddMember(b *testing.B) {
	for _, size := range []int{10, 1_000, 100_000} {
		b.Run(fmt.Sprintf("members=%d", size), func(b *testing.B) {
			h, id := ofSize(b, size)
			send := overHTTP(b, h)
			b.ReportAllocs()
			for b.Loop() {
				for _, body := range addAndRemove {
					send("PATCH", "/Groups/"+id, body, 204)
				}
			}
		})
	}
}

// The same without a network between, where the sizes would show.
func BenchmarkServePatchAddMember(b *testing.B) {
	for _, size := range []int{10, 1_000, 100_000} {
		b.Run(fmt.Sprintf("members=%d", size), func(b *testing.B) {
			h, id := ofSize(b, size)
			b.ReportAllocs()
			for b.Loop() {
				addAndRemoveOnce(b, h, id)
			}
		})
	}
}

func addAndRemoveOnce(t testing.TB, h http.Handler, id string) {
	for _, body := range addAndRemove {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("PATCH", mount+"/Groups/"+id, strings.NewReader(body)))
		if w.Code != http.StatusNoContent {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
}

func BenchmarkGetGroup(b *testing.B) {
	h, id := ofSize(b, 10)
	send := overHTTP(b, h)
	b.ReportAllocs()
	for b.Loop() {
		send("GET", "/Groups/"+id, "", 200)
	}
}

// Looking for one of 10,000 groups by name.
func BenchmarkListFilter(b *testing.B) {
	groups := memory.New()
	for i := range 10_000 {
		if _, err := groups.Create(context.Background(), store.Group{DisplayName: fmt.Sprintf("Group %d", i)}); err != nil {
			b.Fatal(err)
		}
	}
	send := overHTTP(b, newHandler(b, scim.Config{Groups: groups}))
	path := "/Groups" + query("filter", `displayName eq "group 7777"`, "excludedAttributes", "members")
	b.ReportAllocs()
	for b.Loop() {
		send("GET", path, "", 200)
	}
}

// A membership change allocates the same in a group of ten as in one of 100,000.
func TestAMembershipChangeAllocatesTheSameForEverySize(t *testing.T) {
	allocations := func(size int) float64 {
		h, id := ofSize(t, size)
		addAndRemoveOnce(t, h, id)
		return testing.AllocsPerRun(200, func() { addAndRemoveOnce(t, h, id) })
	}
	small, large := allocations(10), allocations(100_000)
	if small < 10 || large > small+4 || large < small-4 {
		t.Errorf("%v allocations with 10 members, %v with 100,000", small, large)
	}
	t.Logf("%v allocations with 10 members, %v with 100,000", small, large)
}
