package scim_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// What middleware of the host does to the headers of one answer does not reach others.
func TestHeadersOfAnswersBelongToThem(t *testing.T) {
	h := newHandler(t, scim.Config{})
	id := create(t, h, "G")
	for _, path := range []string{"/Groups/" + id, "/Groups", "/Schemas"} {
		first := httptest.NewRecorder()
		h.ServeHTTP(first, httptest.NewRequest("GET", mount+path, nil))
		want := first.Header().Clone()
		for _, values := range first.Header() {
			values[0] = "spoilt"
		}
		again := httptest.NewRecorder()
		h.ServeHTTP(again, httptest.NewRequest("GET", mount+path, nil))
		equal(t, path, []string{fmt.Sprint(again.Header())}, []string{fmt.Sprint(want)})
	}
}

// Members of which nothing is wanted are no empty objects (RFC 7643 §2.5).
func TestMembersWithoutAnythingThatIsWantedAreLeftOut(t *testing.T) {
	h := newHandler(t, scim.Config{})
	id := createWith(t, h, `"displayName":"G","members":[{"value":"a"},{"value":"b","type":"User"},{"value":"c"},{"value":"d","type":"Group"},{"value":"e"}]`)
	for query, want := range map[string]string{
		"?excludedAttributes=members.value,members.$ref":              `[{"type":"User"},{"type":"Group"}]`,
		"?excludedAttributes=members.value,members.type,members.$ref": "",
		"?attributes=members.display":                                 "",
		"?attributes=members.type":                                    `[{"type":"User"},{"type":"Group"}]`,
	} {
		a := do(t, h, "GET", "/Groups/"+id+query, "").ok(t)
		got := ""
		if members, ok := a.at("/members"); ok {
			got = text(t, members)
		}
		if got != want {
			t.Errorf("%s: members are %s, want %s", query, got, want)
		}
	}
}

// pieces counts what is read of members.
type pieces struct {
	*memory.Store
	read, members int
}

func (s *pieces) ScanMembers(ctx context.Context, id, after string, into []store.Member) (int, error) {
	n, err := s.Store.ScanMembers(ctx, id, after, into)
	s.read++
	s.members += n
	return n, err
}

// A HEAD of a large group has no Content-Length, and so no need to know it.
func TestAHeadOfALargeGroupDoesNotReadItAll(t *testing.T) {
	groups := &pieces{Store: memory.New()}
	id := groupOf(t, groups, 50_000)
	h := newHandler(t, scim.Config{Groups: groups})
	for _, path := range []string{"/Groups/" + id, "/Groups"} {
		groups.read = 0
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("HEAD", mount+path, nil))
		if w.Code != http.StatusOK || w.Body.Len() > 0 || groups.read > 5 {
			t.Errorf("HEAD %s: %d, %d bytes, %d pieces of members", path, w.Code, w.Body.Len(), groups.read)
		}
	}
}

func TestAStartIndexAboveTheLimitIsToldIfThereIsSomething(t *testing.T) {
	h := withGroups(t, scim.Config{Limits: scim.Limits{MaxIndex: 5}}, numbered("G", 9)...)
	do(t, h, "GET", "/Groups?startIndex=5&count=1", "").has(t, map[string]any{"/totalResults": 9, "/itemsPerPage": 1})
	do(t, h, "GET", "/Groups?startIndex=6", "").is(t, 400, "tooMany")
	do(t, h, "GET", "/Groups?startIndex=10", "").has(t, map[string]any{"/totalResults": 9, "/itemsPerPage": 0})
}

func TestAPageOfTheMembersOfAGroupReadsNoMore(t *testing.T) {
	const size = 5000
	groups := &pieces{Store: memory.New()}
	id := groupOf(t, groups, size)
	h := newHandler(t, scim.Config{Groups: groups, MembershipDraft: true})
	all := `group.value eq "` + id + `"`
	typed := all + ` and member.type pr`
	for _, c := range []struct {
		name, filter string
		parameters   []string
		total, most  int
	}{
		{"the first by index", all, []string{"count", "5"}, size, 6},
		{"a later one by index", all, []string{"startIndex", "2001", "count", "5"}, size, 3000},
		{"the first by cursor", all, []string{"cursor", "", "count", "5"}, size, 6},
		{"the total alone", all, []string{"count", "0"}, size, 0},
		{"all of a type, of which there is none", typed, []string{"count", "5"}, 0, size},
	} {
		t.Run(c.name, func(t *testing.T) {
			groups.members = 0
			listMemberships(t, h, c.filter, c.parameters...).is(t, 200, "").has(t, map[string]any{"/totalResults": c.total})
			if groups.members > c.most {
				t.Errorf("%d members were read, want at most %d", groups.members, c.most)
			}
		})
	}
	t.Run("those after the first by cursor, with a filter", func(t *testing.T) {
		h := newHandler(t, scim.Config{Groups: groups, MembershipDraft: true})
		first := listMemberships(t, h, all+` and member.value pr`, "cursor", "", "count", "5").is(t, 200, "").has(t, map[string]any{"/totalResults": size})
		groups.members = 0
		second := listMemberships(t, h, all+` and member.value pr`, "cursor", first.next(t), "count", "5").is(t, 200, "").has(t, map[string]any{"/totalResults": size})
		if groups.members > 6 || slices.Equal(first.memberships(), second.memberships()) {
			t.Errorf("%d members were read for %q", groups.members, second.memberships())
		}
	})
}
