package adapter_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// named returns the attribute with this name. The name of an attribute of the extension
// begins with a colon.
func named(t testing.TB, table *filter.Table, name string) *filter.Attribute {
	t.Helper()
	if strings.HasPrefix(name, ":") {
		name = "urn:x" + name
	}
	a := table.Lookup(name)
	if list, ok := strings.CutSuffix(name, ".value"); a == nil && ok {
		a = table.Lookup(list).Sub[0] // the implicit one of a simple multi-valued attribute
	}
	if a == nil {
		t.Fatalf("no attribute %s", name)
	}
	return a
}

func TestSortKeysAreInTheOrderOfValues(t *testing.T) {
	table := newTable(t)
	with := func(attribute string, values ...any) (out []store.Group) {
		for _, v := range values {
			out = append(out, store.Group{Extensions: store.Extensions{"urn:x": {attribute: v}}})
		}
		return out
	}
	number := func(texts ...string) (out []any) {
		for _, text := range texts {
			out = append(out, json.Number(text))
		}
		return out
	}
	first := func(text string) any { return []any{map[string]any{"value": text}, map[string]any{"value": "zz"}} }
	primary := func(text string) any {
		return []any{map[string]any{"value": "zz"}, map[string]any{"value": text, "primary": true}}
	}
	at := func(offset time.Duration) time.Time {
		return time.Date(2024, 1, 2, 3, 4, 5, 0, time.FixedZone("", 7200)).Add(offset)
	}
	for name, c := range map[string]struct {
		attribute string
		groups    []store.Group // in ascending order
	}{
		"caseExact strings byte by byte": {":exact", with("exact", "A", "B", "a", "b", "é")},
		"other strings folded": {
			":folded", with("folded", "a", "B", "c", "straSSen", "Straßenbahn", "zz", "É"),
		},
		"numbers by their value": {
			":number", with("number", number("-1e30", "-1000", "-12.55", "-12.5", "-1", "-0.5", "-0.25", "0", "1e-30",
				"0.5", "0.55", "1", "9", "10", "99", "100.01", "1e30", "2e30")...),
		},
		"numbers with enormous exponents": {
			":number", with("number", number("-1e99999999999999999999", "-1e400", "-1e-99999999999999999999", "0",
				"1e-400", "1", "1e400", "1e99999999999999999999")...),
		},
		"Go's numbers":      {":number", with("number", -1.5, int64(2), 3, 3.25)},
		"false before true": {":flag", with("flag", false, true)},
		"dateTimes as instants": {
			":since", with("since", "2024-01-02T05:04:05+03:00", "2024-01-02T02:04:05.5Z", "2024-01-02T03:04:05",
				"2024-01-02T03:04:05.000001Z", "2024-01-01T23:04:06-05:00"),
		},
		"simple multi-valued by the first": {":many", with("many", []any{"a", "z"}, []any{"B", "a"}, []any{"c"})},
		"its element likewise":             {":many.value", with("many", []any{"a", "z"}, []any{"B", "a"})},
		"complex multi-valued by the primary": {
			":things.value", with("things", first("a"), primary("B"), first("c"), primary("d")),
		},
		"displayName": {
			"displayName", []store.Group{{DisplayName: "a"}, {DisplayName: "B"}, {DisplayName: "c"}},
		},
		"externalId": {"externalId", []store.Group{{ExternalID: "B"}, {ExternalID: "a"}}},
		"id":         {"id", []store.Group{{ID: "1"}, {ID: "10"}, {ID: "2"}}},
		"created": {
			"meta.created",
			[]store.Group{{Created: at(0)}, {Created: at(time.Microsecond)}, {Created: at(time.Hour).UTC()}},
		},
		"modified": {"meta.lastModified", []store.Group{{LastModified: at(0)}, {LastModified: at(time.Second)}}},
	} {
		t.Run(name, func(t *testing.T) {
			a := named(t, table, c.attribute)
			last := ""
			for i := range c.groups {
				key := adapter.SortKey(&c.groups[i], a)
				if key == "" || i > 0 && adapter.CompareKeys(last, key) >= 0 {
					t.Errorf("%d: %q after %q", i, key, last)
				}
				last = key
			}
		})
	}
}

func TestSortKeysOfEqualValuesAreEqual(t *testing.T) {
	table := newTable(t)
	for attribute, values := range map[string][]any{
		":folded": {"Straße", "STRASSE", "strasse"},
		":number": {
			json.Number("100"), json.Number("1e2"), json.Number("100.00"), json.Number("0.01E+4"),
			100, 100.0, int64(100),
		},
		":since": {"2024-01-02T03:04:05Z", "2024-01-02T05:04:05.000+02:00"},
		":many":  {"a", []any{"A", "b"}},
	} {
		t.Run(attribute, func(t *testing.T) {
			var keys []string
			for _, v := range values {
				g := store.Group{Extensions: store.Extensions{"urn:x": {attribute[1:]: v}}}
				keys = append(keys, adapter.SortKey(&g, named(t, table, attribute)))
			}
			if len(slices.Compact(keys)) != 1 || keys[0] == "" {
				t.Errorf("%q", keys)
			}
		})
	}
	zeros := map[string]bool{}
	for _, text := range []string{"0", "-0", "0.000", "0e5", "-0E-5"} {
		g := store.Group{Extensions: store.Extensions{"urn:x": {"number": json.Number(text)}}}
		zeros[adapter.SortKey(&g, named(t, table, ":number"))] = true
	}
	if len(zeros) != 1 {
		t.Errorf("%v", zeros)
	}
}

func TestGroupsWithoutAValueHaveNoSortKey(t *testing.T) {
	table := newTable(t)
	for _, c := range []struct {
		attribute string
		value     any
	}{
		{":exact", nil}, {":exact", ""}, {":exact", json.Number("1")}, {":exact", true}, {":exact", map[string]any{}},
		{":number", "1"}, {":number", json.Number("x")}, {":number", json.Number("")}, {":number", json.Number("1e")},
		{":number", json.Number("0x10")}, {":number", json.Number("--1")}, {":number", json.Number("01")},
		{":number", math.NaN()}, {":number", time.Unix(1, 0)},
		{":flag", "true"}, {":since", "yesterday"}, {":since", json.Number("1")}, {":since", true},
		{":many", []any{}}, {":things.value", []any{"a"}}, {":things", []any{map[string]any{"value": "a"}}},
		{":things.value", []any{map[string]any{}}},
	} {
		g := store.Group{Extensions: store.Extensions{"urn:x": {strings.TrimSuffix(c.attribute[1:], ".value"): c.value}}}
		if key := adapter.SortKey(&g, named(t, table, c.attribute)); key != "" {
			t.Errorf("%s %v: %q", c.attribute, c.value, key)
		}
	}
	for _, name := range []string{"externalId", "displayName", "meta.created", "meta", "meta.location", "members"} {
		if key := adapter.SortKey(&store.Group{}, named(t, table, name)); key != "" {
			t.Errorf("%s: %q", name, key)
		}
	}
	if key := adapter.SortKey(&store.Group{ID: "x"}, nil); key != "" {
		t.Errorf("%q", key)
	}
}

func TestSortKeysOfRandomNumbersCompareLikeTheNumbers(t *testing.T) {
	a := named(t, newTable(t), ":number")
	r := rand.New(rand.NewPCG(1, 2))
	digits := func(n int) string {
		b := []byte{}
		for range n {
			b = append(b, '0'+byte(r.IntN(10)))
		}
		return string(b)
	}
	text := func() string {
		s := strconv.Itoa(r.IntN([]int{10, 1000, 10_000}[r.IntN(3)]))
		if r.IntN(2) == 0 {
			s += "." + digits(1+r.IntN(3))
		}
		if r.IntN(2) == 0 {
			s += fmt.Sprintf("e%d", r.IntN(9)-4)
		}
		if r.IntN(2) == 0 {
			s = "-" + s
		}
		return s
	}
	key := func(text string) string {
		return adapter.SortKey(&store.Group{Extensions: store.Extensions{"urn:x": {"number": json.Number(text)}}}, a)
	}
	for range 20_000 {
		x, y := text(), text()
		bx, _ := new(big.Rat).SetString(x)
		by, _ := new(big.Rat).SetString(y)
		if got, want := adapter.CompareKeys(key(x), key(y)), bx.Cmp(by); got != want {
			t.Fatalf("%s (%q) and %s (%q): %d, want %d", x, key(x), y, key(y), got, want)
		}
	}
}

func TestRankIsATotalOrder(t *testing.T) {
	early, late := time.UnixMicro(1), time.UnixMicro(2)
	ranks := []adapter.Rank{ // in ascending order
		{Key: "a", Created: early, ID: "1"}, {Key: "a", Created: early, ID: "2"}, {Key: "a", Created: late, ID: "0"},
		{Key: "b", Created: early, ID: "0"}, {Key: "\xff", Created: early, ID: "0"},
		{Created: early, ID: "1"}, {Created: early, ID: "2"}, {Created: late, ID: "0"},
	}
	for i := range ranks {
		for j := range ranks {
			c := ranks[i].Compare(ranks[j])
			if c < 0 != (i < j) || c > 0 != (i > j) {
				t.Errorf("%+v and %+v: %d", ranks[i], ranks[j], c)
			}
		}
	}
}
