// Package jsontext walks through JSON text without decoding it, and writes it. A request
// may hold thousands of members, and each pass of encoding/json over them costs as much
// as all the rest.
//
// [Parse] decides whether a text is well formed, with encoding/json; everything else
// relies on that. The package is shaped like encoding/json/jsontext, which can take its
// place.
package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"
)

// Value is the text of one JSON value, without space around it, as a part of the text
// that was given to [Parse]. It is well formed. A nil Value is a value that is missing.
type Value []byte

// Kind is the kind of a JSON value: the first character of its text, or '0' for a number
// and 0 if it is missing.
type Kind byte

// Kind returns the kind of v.
func (v Value) Kind() Kind {
	switch {
	case len(v) == 0:
		return 0
	case v[0] == '-' || '0' <= v[0] && v[0] <= '9':
		return '0'
	}
	return Kind(v[0])
}

// String returns the name of the kind, such as "object".
func (k Kind) String() string {
	switch k {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	case '0':
		return "number"
	}
	return "missing"
}

// Error says why a text was not accepted by [Parse].
type Error struct {
	// Offset is where in the text.
	Offset int
	// Reason completes a sentence about the text: "nests deeper than 32 levels".
	Reason string
	// NUL reports that the text is well formed, but has the character U+0000 in it,
	// which not every database can keep.
	NUL bool
}

func (e *Error) Error() string { return fmt.Sprintf("the text %s (offset %d)", e.Reason, e.Offset) }

// Parse checks that a text is one JSON value in UTF-8 (RFC 7644 §3.8), that it nests at
// most maxDepth levels deep, and that no string in it has the character NUL. Its errors
// are [*Error]. The Value refers to the text.
func Parse(text []byte, maxDepth int) (Value, error) {
	if !utf8.Valid(text) {
		return nil, &Error{Offset: invalidUTF8(text), Reason: "is not UTF-8"}
	}
	if err := scan(text, maxDepth); err != nil {
		return nil, err
	}
	if !json.Valid(text) {
		return nil, syntaxError(text)
	}
	return bytes.TrimSpace(text), nil
}

// scan looks at what encoding/json does not mind.
func scan(text []byte, maxDepth int) error {
	depth, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case inString && b == '\\':
			if bytes.HasPrefix(text[i:], []byte(`\u0000`)) {
				return &Error{Offset: i, Reason: "has the character U+0000 in a string", NUL: true}
			}
			i++
		case b == '"':
			inString = !inString
		case inString:
		case b == '{' || b == '[':
			if depth++; depth > maxDepth {
				return &Error{Offset: i, Reason: fmt.Sprintf("nests deeper than %d levels", maxDepth)}
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return nil
}

func invalidUTF8(text []byte) (offset int) {
	for len(text) > offset {
		r, size := utf8.DecodeRune(text[offset:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		offset += size
	}
	return offset
}

func syntaxError(text []byte) error {
	e := &Error{Offset: len(text), Reason: "is not JSON"}
	var raw json.RawMessage
	var syntax *json.SyntaxError
	if errors.As(json.Unmarshal(text, &raw), &syntax) {
		e.Offset = int(syntax.Offset)
		e.Reason += ": " + syntax.Error()
	}
	return e
}

// IsNull reports whether a value is missing or null, which are the same in SCIM (RFC
// 7643 §2.5).
func (v Value) IsNull() bool { return len(v) == 0 || v[0] == 'n' }

// IsEmpty reports whether v is an array without elements or an object without names.
func (v Value) IsEmpty() bool {
	switch v.Kind() {
	case '{', '[':
		i := skipSpace(v, 1)
		return v[i] == ']' || v[i] == '}'
	}
	return false
}

// Text returns the string that v is; ok is false if it is none.
func (v Value) Text() (s string, ok bool) {
	if v.Kind() != '"' {
		return "", false
	}
	if bytes.IndexByte(v, '\\') >= 0 {
		return unquote(v)
	}
	return string(v[1 : len(v)-1]), true
}

func unquote(v Value) (s string, ok bool) {
	err := json.Unmarshal(v, &s)
	return s, err == nil
}

// EqualFold reports whether v is this string, in any letter case.
func (v Value) EqualFold(s string) bool {
	if v.Kind() != '"' {
		return false
	}
	if bytes.IndexByte(v, '\\') >= 0 {
		text, _ := unquote(v)
		return strings.EqualFold(text, s)
	}
	return strings.EqualFold(string(v[1:len(v)-1]), s)
}

// Elements returns an iterator over the elements of an array. Any other value counts as
// the only element of a list.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.Kind() != '[' {
			yield(v)
			return
		}
		i := skipSpace(v, 1)
		for v[i] != ']' {
			end := skipValue(v, i)
			if !yield(v[i:end:end]) {
				return
			}
			if i = skipSpace(v, end); v[i] == ',' {
				i = skipSpace(v, i+1)
			}
		}
	}
}

// Len returns the number of elements that Elements yields.
func (v Value) Len() (n int) {
	for range v.Elements() {
		n++
	}
	return n
}

// Pairs returns an iterator over the names and values of an object.
func (v Value) Pairs() iter.Seq2[Value, Value] {
	return func(yield func(name, value Value) bool) {
		i := skipSpace(v, 1)
		for v[i] != '}' {
			end := skipString(v, i)
			name := v[i:end:end]
			i = skipSpace(v, skipSpace(v, end)+1) // behind the colon
			end = skipValue(v, i)
			if !yield(name, v[i:end:end]) {
				return
			}
			if i = skipSpace(v, end); v[i] == ',' {
				i = skipSpace(v, i+1)
			}
		}
	}
}

// Decode returns v as encoding/json decodes it with UseNumber: nil, string, bool,
// json.Number, []any or map[string]any. Of several values of one name the last counts.
func (v Value) Decode() any {
	switch v.Kind() {
	case '"':
		s, _ := v.Text()
		return s
	case 't':
		return true
	case 'f':
		return false
	case '0':
		return json.Number(v)
	case '[':
		list := make([]any, 0, v.Len())
		for item := range v.Elements() {
			list = append(list, item.Decode())
		}
		return list
	case '{':
		object := make(map[string]any)
		for name, value := range v.Pairs() {
			text, _ := name.Text()
			object[text] = value.Decode()
		}
		return object
	}
	return nil
}

func skipSpace(b []byte, i int) int {
	for b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r' {
		i++
	}
	return i
}

func skipString(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipValue returns where the value that starts at i ends.
func skipValue(b []byte, i int) int {
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		for depth := 0; ; {
			switch b[i] {
			case '"':
				i = skipString(b, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
	}
	for i < len(b) && b[i] != ',' && b[i] != ']' && b[i] != '}' && b[i] > ' ' {
		i++
	}
	return i
}
