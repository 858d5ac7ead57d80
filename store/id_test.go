package store_test

import (
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/scimgroups/scimgroups/store"
)

func TestNewIDsAreUUIDsOfVersion7InAscendingOrder(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	last := ""
	for range 10_000 {
		id := store.NewID()
		if !form.MatchString(id) || id <= last {
			t.Fatalf("%s after %s", id, last)
		}
		if err := store.ValidID(id); err != nil {
			t.Fatal(err)
		}
		last = id
	}
}

func TestNewIDsThatAreMadeAtOnceDiffer(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]bool{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				id := store.NewID()
				mu.Lock()
				if seen[id] {
					t.Errorf("%s twice", id)
				}
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func TestValidID(t *testing.T) {
	for name, c := range map[string]struct {
		id    string
		valid bool
	}{
		"a UUID is valid":                         {"2819c223-7f76-453a-919d-413861904646", true},
		"a slash, a space and umlauts are valid":  {"Ärzte / Köln", true},
		"a dot later on is valid":                 {"a.b", true},
		"200 characters are valid":                {strings.Repeat("é", 200), true},
		"201 characters are too many":             {strings.Repeat("a", 201), false},
		"nothing is not valid":                    {"", false},
		"a dot in front is not valid":             {".search", false},
		"bulkId is not valid":                     {"bulkId:qwerty", false},
		"bulkid in any letter case is not valid":  {"my BULKID", false},
		"a NUL is not valid":                      {"a\x00b", false},
		"what is not UTF-8 is not valid":          {"a\xffb", false},
		"a character that is half is not valid":   {"é"[:1], false},
		"letters that lower to others are valid":  {"İ", true},
		"a newline is odd but valid":              {"a\nb", true},
		"the word bulk alone is valid":            {"bulk", true},
		"one character is valid":                  {"x", true},
		"a dot alone is not valid":                {".", false},
		"a Kelvin sign does not hide a bulkId":    {"bul\u212aid", false},
		"a character beyond 16 bits counts once":  {strings.Repeat("\U0001F600", 200), true},
		"a character beyond 16 bits counts, 201.": {strings.Repeat("\U0001F600", 201), false},
	} {
		t.Run(name, func(t *testing.T) {
			err := store.ValidID(c.id)
			var invalid *store.InvalidError
			if (err == nil) != c.valid || err != nil && (!errors.As(err, &invalid) || invalid.Attribute != "id") {
				t.Errorf("ValidID(%q) = %v", c.id, err)
			}
		})
	}
}
