package adapter_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// rank returns the Rank of a group that was created at a Unix time in microseconds.
func rank(key string, created int64, id string) adapter.Rank {
	return adapter.Rank{Key: key, Created: time.UnixMicro(created).UTC(), ID: id}
}

func TestPlaceOfReturnsThePlaceOfThePosition(t *testing.T) {
	sorted := named(t, newTable(t), "displayName")
	for name, p := range map[string]adapter.Place{
		"before a group":     {Rank: rank("key", 1_700_000_000_123_456, "id")},
		"after a group":      {Rank: rank("key", 1, "id"), After: true},
		"backward":           {Rank: rank("", -1, "id"), Backward: true},
		"after and backward": {Rank: rank("", 5, "id"), After: true, Backward: true},
		"the end":            {After: true, Backward: true},
		"the zero time":      {Rank: adapter.Rank{ID: "id"}},
		"special characters": {Rank: rank("\x00\xff\n日本", 7, "a/b c")},
		"long text":          {Rank: rank(strings.Repeat("k", 100_000), 7, strings.Repeat("i", 200))},
		"the year 9999 to the nanosecond": {
			Rank: adapter.Rank{Created: time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), ID: "id"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, q := range []store.Query{{}, {Descending: true}, {SortBy: sorted}, {SortBy: sorted, Descending: true}} {
				q.From = p.Position(q)
				got, err := adapter.PlaceOf(q)
				if err != nil || got != p {
					t.Errorf("%+v, %v", got, err)
				}
			}
		})
	}
}

func TestPlaceOfRefusesAPositionForAnotherOrder(t *testing.T) {
	table := newTable(t)
	q := store.Query{SortBy: named(t, table, "displayName")}
	position := adapter.Place{Rank: adapter.Rank{Key: "a", ID: "id"}}.Position(q)
	for name, q := range map[string]store.Query{
		"by another attribute": {SortBy: named(t, table, "externalId")},
		"by creation":          {},
		"descending":           {SortBy: q.SortBy, Descending: true},
	} {
		t.Run(name, func(t *testing.T) {
			q.From = position
			if _, err := adapter.PlaceOf(q); !errors.Is(err, store.ErrBadPosition) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestPlaceOfRefusesTruncatedAndExtendedPositions(t *testing.T) {
	q := store.Query{}
	position := adapter.Place{Rank: rank("key", 1_700_000_000_123_456, "id")}.Position(q)
	for i := range position {
		q.From = position[:i]
		if _, err := adapter.PlaceOf(q); !errors.Is(err, store.ErrBadPosition) {
			t.Errorf("%q: %v", q.From, err)
		}
	}
	q.From = position + "AA"
	if _, err := adapter.PlaceOf(q); !errors.Is(err, store.ErrBadPosition) {
		t.Errorf("%q: %v", q.From, err)
	}
}

func FuzzPlace(f *testing.F) {
	f.Add("")
	f.Add(string(adapter.Place{Rank: rank("k", 5, "i"), After: true}.Position(store.Query{})))
	f.Add(string(adapter.Place{Rank: adapter.Rank{ID: "i"}, Backward: true}.Position(store.Query{Descending: true})))
	f.Fuzz(func(t *testing.T, text string) {
		for _, q := range []store.Query{{}, {Descending: true}} {
			q.From = store.Position(text)
			p, err := adapter.PlaceOf(q)
			if err != nil {
				if !errors.Is(err, store.ErrBadPosition) {
					t.Fatal(err)
				}
				continue
			}
			q.From = p.Position(q)
			if again, err := adapter.PlaceOf(q); err != nil || again != p {
				t.Fatalf("%+v became %+v, %v", p, again, err)
			}
		}
	})
}
