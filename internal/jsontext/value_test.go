package jsontext_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/scimgroups/scimgroups/internal/jsontext"
)

func parse(t *testing.T, text string) jsontext.Value {
	t.Helper()
	v, err := jsontext.Parse([]byte(text), 32)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestParseSaysWhatIsWrongAndWhere(t *testing.T) {
	for _, c := range []struct {
		text, reason string
		offset       int
		nul          bool
	}{
		{"", "unexpected end", 0, false},
		{" ", "unexpected end", 1, false},
		{`{"a":`, "unexpected end", 5, false},
		{`{"a":x}`, "invalid character 'x'", 6, false},
		{`{} {}`, "invalid character '{' after top-level value", 4, false},
		{"\"a\xff\"", "is not UTF-8", 2, false},
		{`["\u0000"]`, "U+0000", 2, true},
		{`[[[[]]]]`, "deeper than 3 levels", 3, false},
		{`{"a":[[{}]]}`, "deeper than 3 levels", 7, false},
	} {
		_, err := jsontext.Parse([]byte(c.text), 3)
		var e *jsontext.Error
		if !errors.As(err, &e) || !strings.Contains(e.Reason, c.reason) || e.Offset != c.offset || e.NUL != c.nul {
			t.Errorf("%q: got %+v, want %q at %d", c.text, err, c.reason, c.offset)
		}
	}
	for _, text := range []string{`["\\u0000", "[[[[{{{{", "\"[[[["]`, " \n{\"a\":[[]]}\t"} {
		if v, err := jsontext.Parse([]byte(text), 3); err != nil || string(v) != strings.TrimSpace(text) {
			t.Errorf("%s: got %s, %v", text, v, err)
		}
	}
}

func TestKindsOfValues(t *testing.T) {
	for text, want := range map[string]string{
		`{}`: "object", `[1]`: "array", `""`: "string", `true`: "boolean", `false`: "boolean", `null`: "null", `0`: "number", `-1e9`: "number",
	} {
		v := parse(t, text)
		if got := v.Kind().String(); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
		if v.IsNull() != (text == "null") || v.IsEmpty() != (text == "{}") {
			t.Errorf("%s: IsNull is %t, IsEmpty %t", text, v.IsNull(), v.IsEmpty())
		}
		if _, ok := v.Text(); ok != (want == "string") {
			t.Errorf("%s: is text: %t", text, ok)
		}
	}
	var missing jsontext.Value
	if _, ok := missing.Text(); ok || missing.Kind() != 0 || missing.Kind().String() != "missing" || !missing.IsNull() || missing.IsEmpty() || missing.EqualFold("") {
		t.Error("a missing value is taken for another")
	}
	if !parse(t, "[ \n]").IsEmpty() || !parse(t, "{\t}").IsEmpty() {
		t.Error("space makes a value")
	}
}

func TestStringsAreDecoded(t *testing.T) {
	for text, want := range map[string]string{`""`: "", `"é"`: "é", `"\u00e9\ud83d\ude00\n\"\\"`: "é😀\n\"\\", `"\ud800"`: "\ufffd"} {
		if got, ok := parse(t, text).Text(); !ok || got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	for text, same := range map[string]bool{`"value"`: true, `"VALUE"`: true, `"v\u0061lue"`: true, `"values"`: false, `1`: false, `"\"value\""`: false} {
		if got := parse(t, text).EqualFold("Value"); got != same {
			t.Errorf("%s: EqualFold is %t", text, got)
		}
	}
}

func TestAValueThatIsNoListIsItsOnlyElement(t *testing.T) {
	for _, text := range []string{`{"a":[1]}`, `"a"`, `1`, `null`} {
		v := parse(t, text)
		if v.Len() != 1 {
			t.Errorf("%s has %d elements", text, v.Len())
		}
		for item := range v.Elements() {
			if string(item) != text {
				t.Errorf("the element of %s is %s", text, item)
			}
		}
	}
}

func TestIterationsMayEndEarly(t *testing.T) {
	for item := range parse(t, `[1,2,3]`).Elements() {
		if string(item) == "2" {
			break
		}
	}
	for name := range parse(t, `{"a":1,"b":2}`).Pairs() {
		if name.EqualFold("a") {
			break
		}
	}
}

// What Value.Decode returns is what encoding/json decodes, and what is decoded can be
// copied and compared.
func FuzzValue(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.50e+7,"x\n\u00e9\ud83d\ude00",true,false,null,{}],"A":{"b":[]},"a":0}`, ` [ { "a" : [ ] } , "\\u0000" ] `, `"\ud800\u2028"`, `1`, `nul`, "\"\x00\"", "[\"\xff\"]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := jsontext.Parse(text, 100)
		if err != nil {
			var e *jsontext.Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(text) {
				t.Fatalf("got %#v", err)
			}
			if json.Valid(text) && utf8.Valid(text) && !e.NUL && !strings.Contains(e.Reason, "deeper") {
				t.Fatalf("%v, though it is JSON", err)
			}
			return
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		var want any
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		got := v.Decode()
		if !reflect.DeepEqual(got, want) || !jsontext.Equal(got, want) || !jsontext.Equal(jsontext.Clone(got), want) {
			t.Fatalf("got %#v, want %#v", got, want)
		}
		if text, ok := got.(string); ok {
			quoted, err := jsontext.Parse(jsontext.AppendQuote(nil, text), 1)
			if err != nil && text != strings.ReplaceAll(text, "\x00", "") {
				return // NUL
			}
			if back, ok := quoted.Text(); !ok || back != text || !v.EqualFold(text) {
				t.Fatalf("%q becomes %s", text, quoted)
			}
		}
		if v.Kind() == '[' && v.Len() != len(got.([]any)) {
			t.Fatalf("%s has %d elements", v, v.Len())
		}
		if v.IsNull() != (got == nil) || v.IsEmpty() != (got != nil && jsontext.IsUnassigned(got)) {
			t.Fatalf("%s: IsNull is %t, IsEmpty %t", v, v.IsNull(), v.IsEmpty())
		}
	})
}

func TestEqualAndIsUnassigned(t *testing.T) {
	values := []any{nil, "", "a", true, false, json.Number("1"), json.Number("1.0"), []any{}, []any{"a"}, []any{nil}, map[string]any{}, map[string]any{"a": "b"},
		map[string]any{"a": nil}, map[string]any{"b": nil}, 1, 1.0, []string{"a"}}
	for i, a := range values {
		for j, b := range values {
			if jsontext.Equal(a, b) != (i == j) {
				t.Errorf("Equal(%#v, %#v) is %t", a, b, i != j)
			}
		}
		if unassigned := fmt.Sprint(a) == "<nil>" || fmt.Sprint(a) == "[]" || fmt.Sprint(a) == "map[]"; jsontext.IsUnassigned(a) != unassigned {
			t.Errorf("IsUnassigned(%#v) is %t", a, !unassigned)
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	text := []byte(`[` + strings.Repeat(`{"value":"2819c223-7f76-453a-919d-413861904646","type":"User","display":"someone@example.com"},`, 999) + `{"value":"a"}]`)
	v, err := jsontext.Parse(text, 3)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for item := range v.Elements() {
			for name := range item.Pairs() {
				if name.EqualFold("value") {
					n++
				}
			}
		}
		if n != 1000 {
			b.Fatal(n)
		}
	}
}
