package adapter_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

func TestNewIDsAreUUIDsOfVersion7InAscendingOrder(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	last := ""
	for range 10_000 {
		id := adapter.NewID()
		if !form.MatchString(id) || id <= last {
			t.Fatalf("%s after %s", id, last)
		}
		if err := adapter.ValidID(id); err != nil {
			t.Fatal(err)
		}
		last = id
	}
}

func TestConcurrentNewIDsDiffer(t *testing.T) {
	var made [8][20_000]string
	var wg sync.WaitGroup
	for w := range made {
		wg.Go(func() {
			for i := range made[w] {
				made[w][i] = adapter.NewID()
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, ids := range made {
		if !slices.IsSorted(ids[:]) {
			t.Error("the ids of one goroutine do not ascend")
		}
		for _, id := range ids {
			if seen[id] {
				t.Fatalf("duplicate %s", id)
			}
			seen[id] = true
		}
	}
}

func TestValidID(t *testing.T) {
	for name, c := range map[string]struct {
		id    string
		valid bool
	}{
		"a UUID is valid":                               {"2819c223-7f76-453a-919d-413861904646", true},
		"a slash, a space and umlauts are valid":        {"Ärzte / Köln", true},
		"a dot inside is valid":                         {"a.b", true},
		"200 characters are valid":                      {strings.Repeat("é", 200), true},
		"201 characters are too many":                   {strings.Repeat("a", 201), false},
		"the empty id is not valid":                     {"", false},
		".search is not valid":                          {".search", false},
		"bulkId is not valid":                           {"bulkId:qwerty", false},
		"bulkid in any letter case is not valid":        {"my BULKID", false},
		"a NUL is not valid":                            {"a\x00b", false},
		"invalid UTF-8 is not valid":                    {"a\xffb", false},
		"half a character is not valid":                 {"é"[:1], false},
		"a letter without a simple lower case is valid": {"İ", true},
		"a newline is valid":                            {"a\nb", true},
		"the word bulk alone is valid":                  {"bulk", true},
		"one character is valid":                        {"x", true},
		"a dot alone is not valid":                      {".", false},
		"a bulkId with a Kelvin sign is not valid":      {"bul\u212aid", false},
		"200 characters beyond 16 bits are valid":       {strings.Repeat("\U0001F600", 200), true},
		"201 characters beyond 16 bits are too many":    {strings.Repeat("\U0001F600", 201), false},
	} {
		t.Run(name, func(t *testing.T) {
			err := adapter.ValidID(c.id)
			var invalid *store.InvalidError
			if (err == nil) != c.valid || err != nil && (!errors.As(err, &invalid) || invalid.Attribute != "id") {
				t.Errorf("ValidID(%q) = %v", c.id, err)
			}
		})
	}
}
