package filter_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/google/go-cmp/cmp"

	"github.com/scimgroups/scimgroups/filter"
)

func decodeValue(t testing.TB, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestValuesAreNormalized(t *testing.T) {
	table := testTable(t)
	for _, test := range []struct{ name, attribute, value, want string }{
		{"null is no value", "displayName", `null`, `null`},
		{"the empty string is one", "displayName", `""`, `""`},
		{"a string stays", "displayName", `"É"`, `"É"`},
		{"an empty list is no value", "members", `[]`, `null`},
		{"a list of nothing is no value", "members", `[null, {}, {"display": "x"}, {"type": null}]`, `null`},
		{"an empty object is no value", "X:address", `{"city": null, "lines": []}`, `null`},
		{"a single value becomes a list", "members", `{"value": "x"}`, `[{"value": "x"}]`},
		{"a single string becomes a list", "X:tags", `"a"`, `["a"]`},
		{"nulls fall out of lists", "X:tags", `["a", null, "b"]`, `["a", "b"]`},
		{"names get the letters of the schema", "members", `[{"VALUE": "x", "$REF": "../Users/x"}]`, `[{"value": "x", "$ref": "../Users/x"}]`},
		{"readOnly sub-attributes are dropped, whatever they are", "members", `[{"value": "x", "display": 5}]`, `[{"value": "x"}]`},
		{"unknown sub-attributes may be null", "members", `[{"value": "x", "foo": null}]`, `[{"value": "x"}]`},
		{"booleans may be strings", "X:open", `"True"`, `true`},
		{"booleans in a list too", "X:emails", `[{"primary": "FALSE"}]`, `[{"primary": false}]`},
		{"integers stay exact", "X:floor", `-123456789012345678901234567890`, `-123456789012345678901234567890`},
		{"decimals stay as they are written", "X:budget", `1.50e400`, `1.50e400`},
		{"dateTimes stay as they are written", "X:opened", `"2026-01-31t12:00:00"`, `"2026-01-31t12:00:00"`},
		{"base64", "X:key", `"a+/="`, `"a+/="`},
		{"base64 without padding", "X:key", `"aGk"`, `"aGk"`},
		{"base64 for URLs", "X:key", `"-_8="`, `"-_8="`},
		{"references may be relative", "X:site", `"../a b"`, `"../a b"`},
		{"lists in objects", "X:address", `{"city": "Paris", "LINES": ["a", null]}`, `{"city": "Paris", "lines": ["a"]}`},
		{"one value may be primary", "X:emails", `[{"primary": true}, {"primary": false}]`, `[{"primary": true}, {"primary": false}]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := table.Lookup(office(test.attribute)).Normalize(decodeValue(t, test.value))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decodeValue(t, test.want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestValuesThatDoNotFitAreNamed(t *testing.T) {
	table := testTable(t)
	for _, test := range []struct{ name, attribute, value, named, reason string }{
		{"a number for a string", "displayName", `5`, "displayName", "must be a string, not a number"},
		{"a list for a single value", "displayName", `["x"]`, "displayName", "not a list"},
		{"an object for a string", "displayName", `{"x": 1}`, "displayName", "not an object"},
		{"a string for an object", "members", `["x"]`, "members", "must be an object, not a string"},
		{"a list in a list", "members", `[[{"value": "x"}]]`, "members", "must be an object, not a list"},
		{"a wrong type deep inside", "members", `[{"value": "x"}, {"value": 5}]`, "members.value", "must be a string"},
		{"a list for a single sub-attribute", "members", `[{"value": ["x"]}]`, "members.value", "not a list"},
		{"an unknown sub-attribute", "members", `[{"value": "x", "foo": 1}]`, "members", `no sub-attribute "foo"`},
		{"a sub-attribute twice", "members", `[{"value": "x", "Value": null}]`, "members.value", "twice"},
		{"a required sub-attribute is missing", "members", `[{"type": "User"}]`, "members.value", "is required"},
		{"a required sub-attribute is null", "members", `[{"type": "User", "value": null}]`, "members.value", "is required"},
		{"a required sub-attribute is empty", "members", `[{"value": ""}]`, "members.value", "must not be empty"},
		{"two primary values", "X:emails", `[{"primary": true}, {"primary": "true"}]`, "X:emails", "more than one"},
		{"a boolean that is a word", "X:open", `"yes"`, "X:open", "must be a boolean, not a string"},
		{"a boolean that is a number", "X:open", `1`, "X:open", "must be a boolean"},
		{"an integer with a fraction", "X:floor", `1.0`, "X:floor", "without fraction"},
		{"an integer with an exponent", "X:floor", `1e3`, "X:floor", "exponent"},
		{"an integer in quotes", "X:floor", `"1"`, "X:floor", "must be an integer, not a string"},
		{"a decimal in quotes", "X:budget", `"1"`, "X:budget", "must be a number"},
		{"an invalid dateTime", "X:opened", `"tomorrow"`, "X:opened", "dateTime"},
		{"an invalid binary value", "X:key", `"a?"`, "X:key", "base64"},
		{"an invalid reference", "X:site", `"http://[::1"`, "X:site", "URI"},
		{"a boolean for a reference", "X:site", `true`, "X:site", "must be a string"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := table.Lookup(office(test.attribute)).Normalize(decodeValue(t, test.value))
			var e *filter.ValueError
			if !errors.As(err, &e) {
				t.Fatalf("got %v, %v, want a ValueError", got, err)
			}
			if e.Attribute != office(test.named) || !strings.Contains(e.Reason, test.reason) {
				t.Errorf("got %q %q, want %q %q", e.Attribute, e.Reason, office(test.named), test.reason)
			}
			var scimError scimerrors.ScimError
			if !errors.As(err, &scimError) || scimError.ScimType != scimerrors.ScimTypeInvalidValue || scimError.Status != 400 ||
				!strings.Contains(scimError.Detail, e.Attribute) {
				t.Errorf("got ScimError %v", scimError)
			}
		})
	}
}

func TestNormalizedValuesShareNoMemory(t *testing.T) {
	v := decodeValue(t, `[{"value": "a", "type": "User"}]`)
	got, err := testTable(t).Lookup("members").Normalize(v)
	if err != nil {
		t.Fatal(err)
	}
	scribble(v)
	if diff := cmp.Diff(decodeValue(t, `[{"value": "a", "type": "User"}]`), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
