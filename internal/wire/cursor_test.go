package wire_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/store"
)

func cursors(t *testing.T, timeout time.Duration, keys ...string) *wire.Cursors {
	t.Helper()
	var all [][]byte
	for _, key := range keys {
		all = append(all, []byte(key))
	}
	c, err := wire.NewCursors(all, timeout)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCursors(t *testing.T) {
	const old, current = "0123456789abcdef", "fedcba9876543210"
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	sealing := cursors(t, time.Minute, current)
	sealing.Now = func() time.Time { return now }
	at := wire.Cursor{At: "\x00\xffa name\n", Total: 7}
	text, err := sealing.Seal(at, 10, []byte("query"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		text    string
		keys    []string
		after   time.Duration
		count   int
		binding string
		err     string
	}{
		{"its own", text, []string{current}, 0, 10, "query", ""},
		{"after rotation", text, []string{old, current}, time.Minute, 10, "query", ""},
		{"expired", text, []string{current}, time.Minute + 2*time.Second, 10, "query", "400 expiredCursor"},
		{"another count", text, []string{current}, 0, 11, "query", "400 invalidCount"},
		{"another query", text, []string{current}, 0, 10, "other", "400 invalidCursor"},
		{"another query, expired, with another count", text, []string{current}, time.Hour, 11, "other", "400 invalidCursor"},
		{"another key", text, []string{old}, 0, 10, "query", "400 invalidCursor"},
		{"a line break", text[:4] + "\n" + text[4:], []string{current}, 0, 10, "query", "400 invalidCursor"},
		{"a part", text[:len(text)-4], []string{current}, 0, 10, "query", "400 invalidCursor"},
		{"little", "AAAA", []string{current}, 0, 10, "query", "400 invalidCursor"},
		{"no base64", "*", []string{current}, 0, 10, "query", "400 invalidCursor"},
	} {
		t.Run(c.name, func(t *testing.T) {
			opening := cursors(t, time.Minute, c.keys...)
			opening.Now = func() time.Time { return now.Add(c.after) }
			got, err := opening.Open(c.text, c.count, []byte(c.binding))
			if told(err) != c.err || err == nil && got != at {
				t.Errorf("got %+v, %v, want %s", got, err, c.err)
			}
		})
	}
	if again, _ := sealing.Seal(at, 10, []byte("query")); again == text {
		t.Error("two cursors are the same")
	}
	if got, err := sealing.Open("", 10, nil); err != nil || got != (wire.Cursor{Total: -1}) {
		t.Errorf("the beginning is %+v, %v", got, err)
	}
	if _, err := sealing.Seal(wire.Cursor{At: strings.Repeat("x", 7<<10)}, 1, nil); told(err) != "400 invalidValue" {
		t.Errorf("a long position is %v", err)
	}
	if _, err := wire.NewCursors([][]byte{[]byte("short")}, 0); err == nil {
		t.Error("a short key is accepted")
	}
	other := cursors(t, 0)
	text, _ = other.Seal(at, 1, nil)
	if got, err := other.Open(text, 1, nil); err != nil || got != at {
		t.Errorf("with a random key: %+v, %v", got, err)
	}
}

func TestBinding(t *testing.T) {
	table := table(t)
	compiled := func(text string) *store.Query {
		f, err := table.Filter(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		return &store.Query{Filter: f}
	}
	names := func(include ...string) *wire.Query { return &wire.Query{Names: wire.Names{Attributes: include}} }
	base := names("id", "meta").Binding("t", wire.GroupsEndpoint, compiled(`displayName eq "a"`))
	if !bytes.Equal(base, names("META", "id", "ID").Binding("t", wire.GroupsEndpoint, compiled(`DISPLAYNAME  EQ "a"`))) {
		t.Error("two ways to write a query differ")
	}
	sorted := compiled(`displayName eq "a"`)
	sorted.SortBy = table.Lookup("displayName")
	down := compiled(`displayName eq "a"`)
	down.Descending = true
	for name, other := range map[string][]byte{
		"tenant":    names("id", "meta").Binding("u", wire.GroupsEndpoint, compiled(`displayName eq "a"`)),
		"endpoint":  names("id", "meta").Binding("t", wire.RootSearchEndpoint, compiled(`displayName eq "a"`)),
		"filter":    names("id", "meta").Binding("t", wire.GroupsEndpoint, compiled(`displayName eq "b"`)),
		"names":     names("id").Binding("t", wire.GroupsEndpoint, compiled(`displayName eq "a"`)),
		"sortBy":    names("id", "meta").Binding("t", wire.GroupsEndpoint, sorted),
		"order":     names("id", "meta").Binding("t", wire.GroupsEndpoint, down),
		"no filter": names("id", "meta").Binding("t", wire.GroupsEndpoint, &store.Query{Filter: (*filter.Filter)(nil)}),
	} {
		if bytes.Equal(base, other) {
			t.Errorf("another %s makes no difference", name)
		}
	}
}
