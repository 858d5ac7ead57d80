package filter_test

import (
	"encoding/json"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/filter"
)

// list is the value of a multi-valued complex attribute that counts how it is
// looked at.
type list struct {
	elements    []filter.JSONObject
	each, finds int
}

func (l *list) Each(yield func(filter.Resource) bool) {
	l.each++
	for _, e := range l.elements {
		if !yield(e) {
			return
		}
	}
}

func (l *list) Find(v string) (filter.Resource, bool) {
	l.finds++
	for _, e := range l.elements {
		if e["value"] == v {
			return e, true
		}
	}
	return nil, false
}

func decode(t testing.TB, text string) filter.JSONResource {
	t.Helper()
	var r filter.JSONResource
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFiltersMatchWhatTheyMean(t *testing.T) {
	table := testTable(t)
	full := decode(t, office(`{
		"id": "G-1", "displayName": "Développeurs Dev", "schemas": ["urn:a", "urn:b"],
		"meta": {"created": "2026-01-31T12:00:00+01:00"},
		"members": [{"value": "u1", "type": "User"}, {"value": "g1", "type": "Group", "display": ""}],
		"`+extensionURN+`": {
			"tags": ["Red", "blue"], "floor": 10, "budget": 1234.5, "open": false, "key": "aGk=",
			"opened": "2026-01-31t11:00:00.000000000000z",
			"address": {"city": "Paris", "lines": ["a", "b"]},
			"emails": [{"value": "A@x.org", "type": "work", "primary": true, "rank": 1}, {"value": "b@x.org", "rank": 2}]
		}}`))
	empty := decode(t, `{"id": "", "displayName": null, "members": [], "meta": {}, "`+extensionURN+`": {"tags": [null], "address": {"city": null}, "emails": [{}]}}`)
	for _, test := range []struct {
		name, text      string
		full, whenEmpty bool
	}{
		{"strings fold", `displayName eq "DÉVELOPPEURS dev"`, true, false},
		{"strings fold in another normal form", `displayName sw "de\u0301v"`, true, false},
		{"strings are found inside", `displayName co "S D"`, true, false},
		{"strings are found at the end", `displayName ew "DEV"`, true, false},
		{"the empty string is in every string", `displayName co ""`, true, false},
		{"caseExact strings do not fold", `id eq "g-1"`, false, false},
		{"caseExact strings compare by bytes", `id lt "G-2"`, true, true},
		{"the empty string is a value", `id eq ""`, false, true},
		{"the empty string is not present", `id pr`, true, false},
		{"what is not present is null", `id eq null`, false, true},
		{"null is no value", `displayName pr`, true, false},
		{"ne is true without a value", `displayName ne "x"`, true, true},
		{"ne null is true with a value", `displayName ne null`, true, false},
		{"an absent attribute is null", `externalId eq null`, true, true},
		{"one value of many is enough", `schemas eq "urn:b"`, true, false},
		{"ne needs one value that differs", `schemas ne "urn:b"`, true, true},
		{"not of eq needs all to differ", `not (schemas eq "urn:b")`, false, true},
		{"a bare complex attribute is its value", `members eq "u1"`, true, false},
		{"terms outside brackets may be met by two elements", `members.value eq "u1" and members.type eq "group"`, true, false},
		{"terms in brackets are met by one element", `members[value eq "u1" and type eq "group"]`, false, false},
		{"a term behind brackets is met by the same element", `members[type eq "group"].value eq "g1"`, true, false},
		{"an empty string of an element is not present", `members.display pr`, false, false},
		{"not in brackets", `members[not (value eq "u1")]`, true, false},
		{"ne in brackets is true for an element without a value", `X:emails[value sw "b" and type ne "work"]`, true, false},
		{"an empty list is not present", `members pr`, true, false},
		{"an empty list is null", `members eq null`, false, true},
		{"an empty object is not present", `meta pr`, true, false},
		{"dateTimes compare as instants", `meta.created eq "2026-01-31T11:00:00Z"`, true, false},
		{"dateTimes without a zone are UTC", `meta.created eq "2026-01-31T11:00:00"`, true, false},
		{"a date is its midnight", `meta.created gt "2026-01-31"`, true, false},
		{"dateTimes start with text", `meta.created sw "2026-01-31T12"`, true, false},
		{"dateTimes end with text", `meta.created ew "Z"`, false, false},
		{"lower case and long fractions", `X:opened eq "2026-01-31T11:00:00Z"`, true, false},
		{"lists of strings fold", `X:tags eq "RED"`, true, false},
		{"brackets after a list of strings", `X:tags[value sw "b" and value ew "e"]`, true, false},
		{"brackets after a list of strings are about one of them", `X:tags[value sw "r" and value ew "e"]`, false, false},
		{"a list of nulls is not present", `X:tags pr`, true, false},
		{"integers", `X:floor ge 10.0`, true, false},
		{"numbers are ordered as numbers", `X:floor gt 9`, true, false},
		{"numbers contain text", `X:budget co 34.5`, true, false},
		{"numbers that are huge", `X:budget lt 1e999999999999999999999`, true, false},
		{"numbers that are tiny", `X:budget gt 1e-999999999999999999999`, true, false},
		{"booleans", `X:open eq false`, true, false},
		{"false is present", `X:open pr`, true, false},
		{"a boolean that is absent", `X:open ne true`, true, true},
		{"binaries are exact", `X:key eq "agk="`, false, false},
		{"single complex attributes", `X:address.city eq "paris"`, true, false},
		{"brackets after a single complex attribute", `X:address[city eq "paris" and lines eq "b"]`, true, false},
		{"lists in a complex attribute", `X:address.lines ew "A"`, true, false},
		{"booleans of elements", `X:emails[primary eq true].value eq "a@X.ORG"`, true, false},
		{"numbers of elements", `X:emails[rank gt 1 and type pr]`, false, false},
		{"an empty element is no value", `X:emails pr`, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := table.Filter(office(test.text), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Match(full); got != test.full {
				t.Errorf("%s: got %v for the full resource", test.text, got)
			}
			if got := f.Match(empty); got != test.whenEmpty {
				t.Errorf("%s: got %v for the empty resource", test.text, got)
			}
		})
	}
}

func TestValuesOfAWrongTypeAreNeverEqual(t *testing.T) {
	table := testTable(t)
	for _, test := range []struct{ attribute, literal string }{
		{"displayName", `"true"`}, {"X:open", `true`}, {"X:floor", `1`}, {"X:opened", `"2026-01-31"`},
		{"X:tags", `"1"`}, {"X:address.city", `"1"`}, {"X:emails.value", `"1"`},
	} {
		eq, err1 := table.Filter(office(test.attribute+" eq "+test.literal), nil)
		ne, err2 := table.Filter(office(test.attribute+" ne "+test.literal), nil)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		for _, wrong := range []any{"1", "yesterday", true, json.Number("2"), json.Number("x"), 2.5, 3, int64(4), uint8(5),
			map[string]any{"x": "y"}, []any{"2", nil, []any{}}} {
			r := filter.JSONResource{"displayName": wrong, extensionURN: map[string]any{
				"open": wrong, "floor": wrong, "opened": wrong, "tags": wrong,
				"address": map[string]any{"city": wrong}, "emails": []any{wrong, map[string]any{"value": wrong}},
			}}
			if test.literal == `"1"` && wrong == "1" || test.literal == "true" && wrong == true {
				continue // not wrong
			}
			if eq.Match(r) {
				t.Errorf("%s matches %#v", eq, wrong)
			}
			if !ne.Match(r) {
				t.Errorf("%s does not match %#v", ne, wrong)
			}
		}
	}
}

func TestValuesOfEveryKindAreLookedAt(t *testing.T) {
	table := testTable(t)
	r := core{
		"displayName": filter.FoldedValue("ÉQUIPE", filter.Fold("ÉQUIPE")),
		"floor":       filter.JSONValue(3), "budget": filter.JSONValue(0.25),
		"open":    filter.BooleanValue(true),
		"opened":  filter.TimeValue(time.Date(2026, 1, 31, 12, 0, 0, 500, time.UTC)),
		"address": filter.ObjectValue(filter.JSONObject{"city": "Paris"}),
		"emails":  filter.ElementsValue(&list{elements: []filter.JSONObject{{"value": "a", "rank": json.Number("1")}, {"value": "B"}}}),
		"tags":    filter.StringValue("one"),
		"meta":    filter.ObjectValue(core{"created": filter.TimeValue(time.Time{})}),
	}
	for text, want := range map[string]bool{
		`displayName eq "équipe"`: true,
		`displayName gt "a"`:      true,
		`X:floor eq 3`:            true,
		`X:floor co 3`:            true,
		`X:budget eq 25e-2`:       true,
		`X:open eq true`:          true,
		`X:open pr`:               true,
		`X:opened gt "2026-01-31T12:00:00.0000004Z"`: true,
		`X:opened co ":00.0000005Z"`:                 true,
		`X:opened pr`:                                true,
		`X:address[city sw "p"]`:                     true,
		`X:address.city pr`:                          true,
		`X:address pr`:                               true,
		`X:emails[value eq "b"]`:                     true,
		`X:emails[value eq "b" and rank pr]`:         false,
		`X:emails.rank lt 2`:                         true,
		`X:emails.rank pr`:                           true,
		`X:emails.type pr`:                           false,
		`X:emails pr`:                                true,
		`X:tags[value eq "ONE"]`:                     true,
		`meta.created pr or meta.created ne null`:    false,
		`X:emails.value ne "a"`:                      true,
		`X:emails.value ne "a" and X:address eq "x"`: false,
		`X:site pr`:                                  false,
	} {
		f, err := table.Filter(office(text), &filter.Options{})
		if err != nil {
			if text == `X:emails.value ne "a" and X:address eq "x"` {
				continue
			}
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f.Match(r); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}

func TestLongTextsAreSearchedAsShortOnesAre(t *testing.T) {
	table := testTable(t)
	for _, filler := range []string{"", strings.Repeat("Aa", 100_000), strings.Repeat("Éé", 100_000)} {
		r := filter.JSONResource{"displayName": filler + "aB" + filler}
		for text, want := range map[string]bool{`displayName co "Ab"`: true, `displayName co "abb"`: false} {
			f, err := table.Filter(text, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Match(r); got != want {
				t.Errorf("%s in %d bytes: got %v", text, len(filler), got)
			}
		}
	}
}

func TestNumbersOfGoAreWrittenAsInJSON(t *testing.T) {
	table := testTable(t)
	for text, value := range map[string]any{
		`X:budget co "e-7"`: 1.5e-7, `X:budget sw "1.5e+2"`: 1.5e21, `X:budget eq 1500000000000000000000`: 1.5e21, `X:budget ew 25`: 0.25,
		`X:budget eq 9007199254740993`: int64(9007199254740993), `X:budget lt -1.5`: -2, `X:budget ne 0.1`: math.NaN(),
	} {
		f, err := table.Filter(office(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !f.Match(filter.JSONResource{extensionURN: map[string]any{"budget": value}}) {
			t.Errorf("%s does not match %v", text, value)
		}
	}
}

func TestElementsAreFoundWithoutBeingWalked(t *testing.T) {
	table := testTable(t)
	for _, test := range []struct {
		name, text  string
		each, finds int
		want        bool
	}{
		{"by value", `members.value eq "b"`, 0, 1, true},
		{"by a bare name", `members eq "x"`, 0, 1, false},
		{"in brackets", `members[value eq "b"]`, 0, 1, true},
		{"in brackets with more terms", `members[type eq "User" and value eq "b"]`, 0, 1, true},
		{"in brackets, but not met", `members[value eq "b" and type eq "Group"]`, 0, 1, false},
		{"in brackets with or", `members[value eq "x" or value eq "b" and type pr]`, 0, 2, true},
		{"not by another sub-attribute", `members[type eq "User"]`, 1, 0, true},
		{"not with or", `members[value eq "x" or type eq "User"]`, 1, 0, true},
		{"not with ne", `members.value ne "b"`, 1, 0, true},
		{"not where case does not matter", `X:emails.value eq "b"`, 1, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := table.Filter(office(test.text), nil)
			if err != nil {
				t.Fatal(err)
			}
			l := &list{elements: []filter.JSONObject{{"value": "a"}, {"value": "b", "type": "User"}}}
			got := f.Match(core{"members": filter.ElementsValue(l), "emails": filter.ElementsValue(l)})
			if got != test.want || l.each != test.each || l.finds != test.finds {
				t.Errorf("got %v after %d walks and %d finds, want %v, %d, %d", got, l.each, l.finds, test.want, test.each, test.finds)
			}
		})
	}
}

func TestMatchAllocatesNothingForCoreAttributes(t *testing.T) {
	table := testTable(t)
	r := core{
		"id": filter.StringValue("G-1"), "displayName": filter.StringValue("Backend Developers"),
		"meta": filter.ObjectValue(core{"created": filter.TimeValue(time.Unix(0, 0))}),
	}
	j := filter.JSONResource{"displayName": "Backend Developers", "members": []any{map[string]any{"value": "a"}},
		extensionURN: map[string]any{"budget": json.Number("12.50"), "open": true, "opened": "2026-01-31T12:00:00+01:00", "tags": []any{"x", "Y"}}}
	for _, test := range []struct {
		text     string
		resource filter.Resource
	}{
		{`displayName eq "backend DEVELOPERS"`, r}, {`displayName co "developer"`, r}, {`displayName sw "back"`, r},
		{`displayName ew "ers"`, r}, {`displayName gt "a" and displayName le "z"`, r}, {`displayName ne "é"`, r},
		{`id eq "G-1" or id pr`, r}, {`not (meta.created gt "2026-01-01T00:00:00Z")`, r},
		{`displayName eq "x" or members[value eq "a"]`, j}, {`members.value co "A"`, j},
		{`X:budget gt 12.4 and X:open eq true and X:opened lt "2027-01-01"`, j}, {`X:tags[value eq "y"]`, j}, {`X:tags ew "y"`, j},
	} {
		f, err := table.Filter(office(test.text), nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(100, func() { f.Match(test.resource) }); n != 0 {
			t.Errorf("%s: %v allocations", test.text, n)
		}
	}
}

func TestFiltersAreSafeForConcurrentUse(t *testing.T) {
	table := testTable(t)
	f, err := table.Filter(`displayName co "É" and members[value eq "a" or type eq "user"]`, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := filter.JSONResource{"displayName": "équipe", "members": []any{map[string]any{"type": "User"}}}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if !f.Match(r) {
					t.Error("does not match")
				}
				if _, err := table.Filter(f.String(), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
