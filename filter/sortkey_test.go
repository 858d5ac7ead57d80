package filter

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// A store that has only the keys answers filters and sorts as one that has the values.
func TestSortKeysOrderValuesAsFiltersDo(t *testing.T) {
	numbers := func(texts ...string) (out []any) {
		for _, text := range texts {
			out = append(out, json.Number(text))
		}
		return out
	}
	for name, c := range map[string]struct {
		attribute Attribute
		values    []any
	}{
		"numbers": {Attribute{Type: Decimal}, append(numbers("-1e99999999999999999999", "-1e400", "-12.55", "-12.5", "-1250e-2", "-9223372036854775809", "-0", "0.00e7",
			"1e-99999999999999999999", "0.05", "0.5", "50e-2", "1E1", "10", "1e200000000000000000", "1e300000000000000000", "123456789012345678901"), -12.5, 0, 10, int64(-3), 1e21, 1e-7, 0.1)},
		"integers": {Attribute{Type: Integer}, append(numbers("-10", "-9", "0", "9", "10", "9007199254740993"), 9, int64(9007199254740992))},
		"dateTimes": {Attribute{Type: DateTime}, []any{
			"0000-01-01T00:00:00+01:00", "0001-01-01T00:00:00Z", "2026-01-31", "2026-01-31T12:00:00+05:30", "2026-01-31t06:30:00z", "2026-01-31T06:30:00",
			"2026-01-31T23:59:59.999999999Z", "2026-01-31T23:59:60Z", "2026-02-01T00:00:00.0Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-00:01",
			time.Date(2026, 1, 31, 7, 30, 0, 0, time.FixedZone("", 3600)),
		}},
		"strings":           {Attribute{Type: String}, []any{"a", "A", "b", "Straße", "STRASSE", "É", "zz"}},
		"caseExact strings": {Attribute{Type: String, CaseExact: true}, []any{"a", "A", "b", "É", "zz"}},
		"references":        {Attribute{Type: Reference, CaseExact: true}, []any{"https://example.com/b", "https://example.com/B"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := &c.attribute
			a.Name = "a"
			for _, v := range c.values {
				for _, w := range c.values {
					literal := w
					if at, ok := w.(time.Time); ok {
						literal = at.Format(TimeFormat)
					}
					for op, want := range map[Op]bool{Eq: a.SortKey(v) == a.SortKey(w), Lt: a.SortKey(v) < a.SortKey(w), Ge: a.SortKey(v) >= a.SortKey(w)} {
						compare, err := NewCompare(a, op, literal)
						if err != nil {
							t.Fatal(err)
						}
						if got := New(compare).Match(one{v}); got != want || a.SortKey(v) == "" {
							t.Errorf("%v %s %v is %t, and the keys are %q and %q", v, op, w, got, a.SortKey(v), a.SortKey(w))
						}
					}
				}
			}
		})
	}
	if keys := []string{(&Attribute{Type: Boolean}).SortKey(false), (&Attribute{Type: Boolean}).SortKey(true)}; !slices.IsSorted(keys) || keys[0] == "" {
		t.Errorf("the keys of booleans are %q", keys)
	}
}

// one is a resource with one attribute.
type one struct{ value any }

func (o one) Attribute(*Attribute) Value {
	if at, ok := o.value.(time.Time); ok {
		return TimeValue(at)
	}
	return JSONValue(o.value)
}

func TestValuesOfAnotherTypeHaveNoSortKey(t *testing.T) {
	for _, c := range []struct {
		typ   Type
		value any
	}{
		{String, nil}, {String, ""}, {String, json.Number("1")}, {String, true}, {String, []any{"a"}},
		{Decimal, "1"}, {Decimal, json.Number("")}, {Decimal, json.Number("01")}, {Decimal, json.Number("0x10")}, {Integer, true},
		{DateTime, "yesterday"}, {DateTime, "2026-01-31 12:00:00Z"}, {DateTime, time.Time{}}, {DateTime, json.Number("1")}, {Boolean, "true"}, {String, time.Unix(1, 0)},
		{Complex, map[string]any{"value": "a"}}, {Complex, "a"},
	} {
		if key := (&Attribute{Type: c.typ}).SortKey(c.value); key != "" {
			t.Errorf("%v as a %s: %q", c.value, c.typ, key)
		}
	}
}

// Databases hold these.
func TestSortKeysAreStable(t *testing.T) {
	for value, want := range map[any]string{
		json.Number("0"):             "1",
		json.Number("1"):             "280000000000000011",
		json.Number("-12.50"):        "07ffffffffffffffd874~",
		json.Number("0.00123e2"):     "28000000000000000123",
		json.Number("1e-3"):          "27ffffffffffffffe1",
		"2026-01-01T01:00:00+01:00":  "2026-01-01T00:00:00.000000000Z",
		"0000-01-01T00:00:00+01:00":  "-12-31T23:00:00.000000000Z",
		"9999-12-31T23:59:59-01:00":  ":01-01T00:59:59.000000000Z",
		"2026-01-31T12:00:00.5z":     "2026-01-31T12:00:00.500000000Z",
		time.UnixMicro(1).UTC():      "1970-01-01T00:00:00.000001000Z",
		json.Number("-1e1000000000"): "07fffffffc46535fe8~",
	} {
		typ := DateTime
		if _, ok := value.(json.Number); ok {
			typ = Decimal
		}
		if got := (&Attribute{Type: typ}).SortKey(value); got != want {
			t.Errorf("%v: %q, want %q", value, got, want)
		}
	}
}
