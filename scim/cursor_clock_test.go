package scim

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// A cursor is good for as long as is published, and then it is told to be
// expired, unless something else is wrong with it, too.
func TestCursorsExpire(t *testing.T) {
	groups := memory.New()
	for _, name := range []string{"A", "B", "C", "D"} {
		if _, err := groups.Create(t.Context(), store.Group{DisplayName: name}); err != nil {
			t.Fatal(err)
		}
	}
	h, err := NewHandler(Config{Groups: groups, Auth: Auth{Authenticator: Anonymous}, Cursors: Cursors{Timeout: time.Minute}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 999_000_000, time.UTC)
	h.cursors.Now = func() time.Time { return now }
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w.Code, w.Body.String()
	}
	_, page := get("/Groups?cursor&count=1")
	_, rest, _ := strings.Cut(page, `"nextCursor":"`)
	cursor, _, _ := strings.Cut(rest, `"`)
	if cursor == "" {
		t.Fatal(page)
	}
	for _, c := range []struct {
		name  string
		after time.Duration
		query string
		want  string // in the body
	}{
		{"at once it is good", 0, "count=1", `"displayName":"B"`},
		{"after all the time that is published it is good", time.Minute, "count=1", `"displayName":"B"`},
		{"two seconds later it is expired", time.Minute + 2*time.Second, "count=1", `"scimType":"expiredCursor"`},
		{"an hour later it is expired", time.Hour, "count=1", `"scimType":"expiredCursor"`},
		{"expired and with another filter it is invalid", time.Hour, "count=1&filter=" + url.QueryEscape(`displayName pr`), `"scimType":"invalidCursor"`},
		{"a clock that goes back does not make it invalid", -time.Hour, "count=1", `"displayName":"B"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := now
			now = now.Add(c.after)
			defer func() { now = start }()
			if _, body := get("/Groups?cursor=" + cursor + "&" + c.query); !strings.Contains(body, c.want) {
				t.Errorf("got %s, want %s in it", body, c.want)
			}
		})
	}
	t.Run("every page starts the time anew", func(t *testing.T) {
		cursor := cursor
		for i := range 2 {
			now = now.Add(50 * time.Second)
			status, page := get("/Groups?count=1&cursor=" + cursor)
			if status != 200 {
				t.Fatalf("page %d: %s", i, page)
			}
			_, rest, _ := strings.Cut(page, `"nextCursor":"`)
			cursor, _, _ = strings.Cut(rest, `"`)
		}
	})
	t.Run("the published time is that of the configuration", func(t *testing.T) {
		if _, body := get("/ServiceProviderConfig"); !strings.Contains(body, `"cursorTimeout":60`) {
			t.Error(body)
		}
	})
}
