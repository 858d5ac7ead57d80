package scim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// discard is a ResponseWriter that keeps nothing.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// allocations counts those of one request.
func allocations(t *testing.T, h http.Handler, method, path string) float64 {
	t.Helper()
	r := httptest.NewRequest(method, mount+path, nil)
	w := discard{http.Header{}}
	return testing.AllocsPerRun(200, func() { h.ServeHTTP(w, r) })
}

// What a read allocates depends on what it answers, not on what there is.
func TestAllocationsOfReads(t *testing.T) {
	newGroups := func(groups, members int) (http.Handler, string) {
		s := memory.New()
		var id string
		for i := range groups {
			g := store.Group{DisplayName: fmt.Sprintf("group %d", i), ExternalID: fmt.Sprintf("x%d", i)}
			if i == 0 {
				for m := range members {
					g.Members = append(g.Members, store.Member{Value: fmt.Sprintf("member-%06d", m), Type: "User"})
				}
			}
			created, err := s.Create(t.Context(), g)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				id = created.ID
			}
		}
		return newHandler(t, scim.Config{Groups: s, BaseURL: "https://example.com" + mount}), id
	}
	small, smallID := newGroups(10, 10)
	large, largeID := newGroups(5_000, 50_000)

	if n := allocations(t, small, "GET", "/Groups/"+smallID); n > 20 {
		t.Errorf("a small GET takes %v allocations, want at most 20", n)
	}
	for name, path := range map[string]func(id string) string{
		"a GET without members":      func(id string) string { return "/Groups/" + id + "?excludedAttributes=members" },
		"a look-up by displayName":   func(string) string { return "/Groups?excludedAttributes=members&filter=displayName+eq+%22group+3%22" },
		"a look-up by externalId":    func(string) string { return "/Groups?excludedAttributes=members&filter=externalId+eq+%22x3%22" },
		"a look-up by member":        func(string) string { return "/Groups?attributes=id&filter=members.value+eq+%22member-000003%22" },
		"a page of the list":         func(string) string { return "/Groups?count=5&startIndex=2&excludedAttributes=members" },
		"a question about the total": func(string) string { return "/Groups?count=0" },
	} {
		few, many := allocations(t, small, "GET", path(smallID)), allocations(t, large, "GET", path(largeID))
		if many > few+3 {
			t.Errorf("%s takes %v allocations among few and %v among many", name, few, many)
		}
	}
}
