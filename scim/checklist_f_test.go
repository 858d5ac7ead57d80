package scim_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// Section F of the checklist: cursor pagination (RFC 9865).
func TestChecklistF(t *testing.T) {
	h := withGroups(t, scim.Config{Limits: scim.Limits{MaxCount: 4, DefaultCount: 3}}, numbered("Group", 8)...)

	t.Run("F01 a cursor that is empty starts a traversal, without = too", func(t *testing.T) {
		for _, path := range []string{"/Groups?cursor", "/Groups?cursor=", "/Groups?cursor&count=3"} {
			a := do(t, h, "GET", path, "").is(t, 200, "").has(t, map[string]any{"/startIndex": nil, "/itemsPerPage": 3})
			a.next(t)
		}
	})
	t.Run("F02 a cursor has unreserved characters only", func(t *testing.T) {
		const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
		for count := range 4 {
			if count == 0 {
				continue
			}
			a := pageAt(t, h, "", "count", string(rune('0'+count)), "sortBy", "displayName")
			a = pageAt(t, h, a.next(t), "count", string(rune('0'+count)), "sortBy", "displayName")
			for _, cursor := range []string{a.next(t), a.str("/previousCursor")} {
				if rest := strings.Trim(cursor, unreserved); rest != "" || cursor == "" {
					t.Errorf("the cursor %q has %q in it", cursor, rest)
				}
			}
		}
	})
	t.Run("F03 every page but the last has a nextCursor, which is never empty or null", func(t *testing.T) {
		cursor := ""
		for page := range 4 {
			a := pageAt(t, h, cursor, "count", "2").is(t, 200, "")
			value, ok := a.at("/nextCursor")
			if last := page == 3; ok == last {
				t.Errorf("page %d: nextCursor is %v", page, value)
			}
			if s, isText := value.(string); ok && (!isText || s == "") {
				t.Errorf("page %d: nextCursor is %v", page, value)
			}
			cursor, _ = value.(string)
		}
	})
	t.Run("F04 the first page has no previousCursor, the second has", func(t *testing.T) {
		a := pageAt(t, h, "", "count", "2").has(t, map[string]any{"/previousCursor": nil})
		if b := pageAt(t, h, a.next(t), "count", "2"); b.str("/previousCursor") == "" {
			t.Error("the second page has no previousCursor")
		}
	})
	t.Run("F05 a negative count is 0, and there are never more than count", func(t *testing.T) {
		pageAt(t, h, "", "count", "-3").is(t, 200, "").has(t, map[string]any{"/totalResults": 8, "/itemsPerPage": 0})
		for _, count := range []string{"1", "3", "4"} {
			pageAt(t, h, "", "count", count).is(t, 200, "").has(t, map[string]any{"/itemsPerPage": int(count[0] - '0')})
		}
	})
	t.Run("F06 a bad cursor is invalidCursor and another count invalidCount", func(t *testing.T) {
		pageAt(t, h, "bad").is(t, 400, "invalidCursor")
		pageAt(t, h, pageAt(t, h, "", "count", "2").next(t), "count", "1").is(t, 400, "invalidCount")
	})
	t.Run("F07 a cursor of another query is invalidCursor", func(t *testing.T) {
		cursor := pageAt(t, h, "", "count", "2").next(t)
		for _, changed := range [][]string{{"filter", "displayName pr"}, {"sortBy", "displayName"}, {"sortOrder", "descending"}, {"attributes", "id"}, {"excludedAttributes", "members"}} {
			pageAt(t, h, cursor, append([]string{"count", "2"}, changed...)...).is(t, 400, "invalidCursor")
		}
		do(t, h, "POST", "/Groups/.search", search(`"count":2,"cursor":`+text(t, cursor))).is(t, 400, "invalidCursor")
	})
	t.Run("F08 a request with neither startIndex nor cursor is one by index", func(t *testing.T) {
		for _, a := range []answer{do(t, h, "GET", "/Groups", ""), do(t, h, "GET", "/Groups?count=2", ""), do(t, h, "POST", "/.search", search(""))} {
			a.is(t, 200, "").has(t, map[string]any{"/startIndex": 1, "/nextCursor": nil, "/previousCursor": nil})
		}
		do(t, h, "GET", "/ServiceProviderConfig", "").has(t, map[string]any{"/pagination/defaultPaginationMethod": "index"})
	})
	t.Run("F09 pages by cursor are sorted", func(t *testing.T) {
		want := numbered("Group", 8)
		equal(t, "ascending", traverse(t, h, nil, "count", "3", "sortBy", "displayName"), want)
		slices.Reverse(want)
		equal(t, "descending", traverse(t, h, nil, "count", "3", "sortBy", "displayName", "sortOrder", "descending"), want)
	})
	t.Run("F10 a search has the same parameters in its body", func(t *testing.T) {
		cursor, found := "", []string{}
		for range 3 {
			a := do(t, h, "POST", "/Groups/.search", search(`"sortBy":"displayName","count":3,"filter":"displayName pr","cursor":`+text(t, cursor))).is(t, 200, "")
			found = append(found, a.names()...)
			cursor = a.str("/nextCursor")
		}
		equal(t, "names", found, numbered("Group", 8))
		if cursor != "" {
			t.Error("the last page has a nextCursor")
		}
	})
	t.Run("F11 pagination is published as it is", func(t *testing.T) {
		a := do(t, h, "GET", "/ServiceProviderConfig", "").is(t, 200, "").has(t, map[string]any{
			"/pagination/cursor": true, "/pagination/index": true, "/pagination/defaultPaginationMethod": "index",
			"/pagination/defaultPageSize": 3, "/pagination/maxPageSize": 4, "/pagination/cursorTimeout": nil,
		})
		pageAt(t, h, "").has(t, map[string]any{"/itemsPerPage": a.int("/pagination/defaultPageSize")})
		pageAt(t, h, "", "count", "1000").has(t, map[string]any{"/itemsPerPage": a.int("/pagination/maxPageSize")})
		if a.int("/filter/maxResults") < a.int("/pagination/maxPageSize") {
			t.Errorf("filter.maxResults is %d", a.int("/filter/maxResults"))
		}
	})

	var allowed atomic.Value
	allowed.Store("alice bob")
	groups := memory.New()
	shared := newHandler(t, scim.Config{
		Groups: groups,
		Auth: scim.Auth{Authenticator: scim.AuthenticatorFunc(scim.AuthenticationScheme{Type: "httpbasic"}, func(r *http.Request) (scim.Subject, error) {
			return scim.Subject{Name: r.Header.Get("X-User")}, nil
		}), Authorize: func(_ context.Context, a scim.Access) error {
			if strings.Contains(allowed.Load().(string), a.Subject.Name) {
				return nil
			}
			return scim.ErrForbidden
		}},
	})
	for _, name := range numbered("Group", 4) {
		if _, err := groups.Create(t.Context(), store.Group{DisplayName: name}); err != nil {
			t.Fatal(err)
		}
	}
	as := func(t testing.TB, user, cursor string) answer {
		t.Helper()
		return do(t, shared, "GET", "/Groups"+query("count", "2", "cursor", cursor), "", "X-User", user)
	}
	t.Run("F12 a cursor of somebody else gives no rights", func(t *testing.T) {
		cursor := as(t, "alice", "").next(t)
		as(t, "mallory", cursor).is(t, 403, "")
		as(t, "bob", cursor).is(t, 200, "") // with rights of one's own
	})
	t.Run("F13 a page that is out of scope and one that does not exist are the same", func(t *testing.T) {
		cursor := as(t, "alice", "").next(t)
		out, none := as(t, "mallory", cursor), as(t, "mallory", "no-such-page")
		if out.status != none.status || out.text != none.text {
			t.Errorf("%d %s, %d %s", out.status, out.text, none.status, none.text)
		}
		other := newHandler(t, scim.Config{Groups: groups})
		foreign, forged := pageAt(t, other, cursor, "count", "2").is(t, 400, "invalidCursor"), pageAt(t, other, "no-such-page", "count", "2").is(t, 400, "invalidCursor")
		if foreign.text != forged.text {
			t.Errorf("%s, %s", foreign.text, forged.text)
		}
	})
	t.Run("F14 who loses a right cannot go on with a cursor", func(t *testing.T) {
		cursor := as(t, "alice", "").next(t)
		allowed.Store("bob")
		defer allowed.Store("alice bob")
		as(t, "alice", cursor).is(t, 403, "")
	})
	t.Run("F15 a cursor cannot be read, and not be changed", func(t *testing.T) {
		cursor := pageAt(t, h, "", "count", "2", "sortBy", "displayName").next(t)
		if strings.Contains(cursor, "Group") {
			t.Error("the cursor can be read")
		}
		swapped := cursor[len(cursor)/2:] + cursor[:len(cursor)/2]
		pageAt(t, h, swapped, "count", "2", "sortBy", "displayName").is(t, 400, "invalidCursor")
	})
}
