package adapter_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

func TestUnmarshalExtensions(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want store.Extensions
		bad  bool
	}{
		"nothing is nil":                {"", nil, false},
		"spaces are nil":                {" \n", nil, false},
		"null is nil":                   {"null", nil, false},
		"an empty object is nil":        {"{}", nil, false},
		"an empty extension is omitted": {`{"urn:a":{},"urn:b":null}`, nil, false},
		"attributes without a value are omitted": {`{"urn:a":{"x":null,"y":[],"z":{},"v":false,"w":""}}`,
			store.Extensions{"urn:a": {"v": false, "w": ""}}, false},
		"numbers keep their spelling": {`{"urn:a":{"x":9007199254740993,"y":1.10,"z":[1e400]}}`,
			store.Extensions{"urn:a": {
				"x": json.Number("9007199254740993"),
				"y": json.Number("1.10"),
				"z": []any{json.Number("1e400")},
			}}, false},
		"a list is an error":                {`[]`, nil, true},
		"a string is an error":              {`"x"`, nil, true},
		"an attribute is not an extension":  {`{"urn:a":1}`, nil, true},
		"text after the object is an error": {`{} {}`, nil, true},
		"truncated text is an error":        {`{"urn:a":`, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := adapter.UnmarshalExtensions([]byte(c.text))
			if (err != nil) != c.bad || !cmp.Equal(got, c.want) {
				t.Errorf("%#v, %v", got, err)
			}
		})
	}
}

func FuzzUnmarshalExtensions(f *testing.F) {
	for _, seed := range []string{"", "null", `{"urn:a":{"x":[1,{"y":null}],"z":-0.0e+9}}`, `{"a":{"b":{}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := adapter.UnmarshalExtensions(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		f, err := adapter.UnmarshalExtensions(again)
		if err != nil || !equal(e, f) || !equal(e, e.Clone()) {
			t.Fatalf("%s became %s: %v", text, again, err)
		}
	})
}

// equal reports whether heads with these extensions are the same.
func equal(a, b store.Extensions) bool {
	return adapter.SameHead(&store.Group{Extensions: a}, &store.Group{Extensions: b})
}

func TestSameHeadComparesExtensions(t *testing.T) {
	e := func(v any) store.Extensions { return store.Extensions{"urn:a": {"x": v}} }
	for name, c := range map[string]struct {
		a, b  store.Extensions
		equal bool
	}{
		"nil and empty":                {nil, store.Extensions{}, true},
		"nil and an empty extension":   {nil, store.Extensions{"urn:a": {}}, true},
		"nil and a value":              {nil, e("y"), false},
		"the same string":              {e("y"), e("y"), true},
		"other letter case":            {e("y"), e("Y"), false},
		"the same number":              {e(json.Number("1")), e(json.Number("1")), true},
		"another spelling of a number": {e(json.Number("1")), e(json.Number("1.0")), false},
		"a number and a string":        {e(json.Number("1")), e("1"), false},
		"the same list":                {e([]any{"a", true}), e([]any{"a", true}), true},
		"a list in another order":      {e([]any{"a", "b"}), e([]any{"b", "a"}), false},
		"a longer list":                {e([]any{"a"}), e([]any{"a", "b"}), false},
		"a list and a string":          {e([]any{"a"}), e("a"), false},
		"a string and a list":          {e("a"), e([]any{"a"}), false},
		"the same object":              {e(map[string]any{"a": "b"}), e(map[string]any{"a": "b"}), true},
		"an object with another name":  {e(map[string]any{"a": "b"}), e(map[string]any{"c": "b"}), false},
		"an object and a list":         {e(map[string]any{"a": "b"}), e([]any{"b"}), false},
		"another attribute":            {e("y"), store.Extensions{"urn:a": {"z": "y"}}, false},
		"another extension":            {e("y"), store.Extensions{"urn:b": {"x": "y"}}, false},
		"an additional extension":      {e("y"), store.Extensions{"urn:a": {"x": "y"}, "urn:b": {"x": "y"}}, false},
		"a deep difference in objects": {
			e([]any{map[string]any{"a": []any{"b"}}}), e([]any{map[string]any{"a": []any{"c"}}}), false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if equal(c.a, c.b) != c.equal || equal(c.b, c.a) != c.equal {
				t.Errorf("equal: %t and %t", equal(c.a, c.b), equal(c.b, c.a))
			}
		})
	}
}
