package scim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
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
				id = created.Group.ID
			}
		}
		return newHandler(t, scim.Config{Groups: s, BaseURL: "https://example.com" + mount}), id
	}
	small, smallID := newGroups(10, 10)
	large, largeID := newGroups(5_000, 50_000)

	if n := allocations(t, small, "GET", "/Groups/"+smallID); n > 10 {
		t.Errorf("a small GET takes %v allocations, want at most 10", n)
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

// What a GET of a large group takes is bounded: the members come and go in pieces.
func TestAGetOfALargeGroupTakesNoMoreMemoryThanOfASmallerOne(t *testing.T) {
	taken := func(members int) uint64 {
		h, id := ofSize(t, members)
		r := httptest.NewRequest("GET", mount+"/Groups/"+id, nil)
		w := discard{http.Header{}}
		h.ServeHTTP(w, r) // what is made once
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		h.ServeHTTP(w, r)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	small, large := taken(5_000), taken(100_000)
	if large > small+1<<20 { // of the 6 MB that it answers
		t.Errorf("%d bytes with 5,000 members, %d with 100,000", small, large)
	}
	t.Logf("%d bytes with 5,000 members, %d with 100,000", small, large)
}

// Writing a member, or a group of a list, takes no allocation of its own; what there
// is for each group is the list of its members, which belongs to who asked for it.
func TestAllocationsForEachMemberAndGroup(t *testing.T) {
	get := func(members int) float64 {
		h, id := ofSize(t, members)
		return allocations(t, h, "GET", "/Groups/"+id)
	}
	list := func(members int, query string) func(groups int) float64 {
		return func(groups int) float64 {
			s := memory.New()
			for i := range groups {
				g := store.Group{DisplayName: fmt.Sprint("group ", i), ExternalID: fmt.Sprint("x", i)}
				for m := range members {
					g.Members = append(g.Members, store.Member{Value: fmt.Sprintf("member %d-%d", i, m), Type: "User"})
				}
				if _, err := s.Create(t.Context(), g); err != nil {
					t.Fatal(err)
				}
			}
			return allocations(t, newHandler(t, scim.Config{Groups: s, BaseURL: "https://example.com" + mount}), "GET", "/Groups?count=200"+query)
		}
	}
	for _, test := range []struct {
		what      string
		take      func(n int) float64
		few, many int
		each      float64
	}{
		{"member of a small group", get, 10, 1_000, 0},
		// A piece of the members takes a few.
		{"member of a large group", get, 2_000, 20_000, 0.01},
		{"group of a list without members", list(0, ""), 20, 200, 0},
		{"group of a list with members", list(5, ""), 20, 200, 1},
		{"group of a list whose members are not wanted", list(5, "&excludedAttributes=members"), 20, 200, 0},
	} {
		few, many := test.take(test.few), test.take(test.many)
		each := (many - few) / float64(test.many-test.few)
		// Some slices and buffers grow.
		if slack := 12 / float64(test.many-test.few); each > test.each+slack {
			t.Errorf("each %s takes %.3f allocations, want %v", test.what, each, test.each)
		}
		t.Logf("each %s takes %.3f allocations", test.what, each)
	}
}
