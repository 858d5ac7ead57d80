package patch

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/scimgroups/scimgroups/internal/fault"
)

// The functions of this file walk through JSON that is known to be well formed,
// without decoding it: a request may hold thousands of members, and each pass of
// encoding/json over them costs as much as all the rest. checkBody has
// encoding/json decide first whether the body is well formed.

// eachElement calls f with the elements of an array.
func eachElement(array json.RawMessage, f func(json.RawMessage) error) error {
	i := skipSpace(array, 1)
	for array[i] != ']' {
		end := skipValue(array, i)
		if err := f(array[i:end]); err != nil {
			return err
		}
		if i = skipSpace(array, end); array[i] == ',' {
			i = skipSpace(array, i+1)
		}
	}
	return nil
}

// countElements counts the elements of an array.
func countElements(array json.RawMessage) (n int) {
	_ = eachElement(array, func(json.RawMessage) error {
		n++
		return nil
	})
	return n
}

// pairs walks through the names and values of an object:
//
//	for p := pairsOf(object); p.next(); {
//		if p.is("value") { … p.value … }
//	}
type pairs struct {
	object      json.RawMessage
	at          int
	name, value json.RawMessage // of the pair that next found
}

func pairsOf(object json.RawMessage) pairs {
	return pairs{object: object, at: skipSpace(object, 1)}
}

func (p *pairs) next() bool {
	b := p.object
	if b[p.at] == '}' {
		return false
	}
	end := skipString(b, p.at)
	p.name = b[p.at:end]
	start := skipSpace(b, skipSpace(b, end)+1) // behind the colon
	end = skipValue(b, start)
	p.value = b[start:end]
	if p.at = skipSpace(b, end); b[p.at] == ',' {
		p.at = skipSpace(b, p.at+1)
	}
	return true
}

// is reports whether the name is this one, in any letter case.
func (p *pairs) is(name string) bool {
	if bytes.IndexByte(p.name, '\\') >= 0 {
		decoded, _ := text(p.name)
		return strings.EqualFold(decoded, name)
	}
	return strings.EqualFold(string(p.name[1:len(p.name)-1]), name)
}

func (p *pairs) twice() error {
	name, _ := text(p.name)
	return twice(fault.Shorten(name))
}

// twice is the fault of a name that is there again: which of the values counts,
// the client alone knows. encoding/json would take the last without a word.
func twice(name string) error { return fault.InvalidSyntax("%s is there twice", name) }

// eachPair calls f with the names and values of an object.
func eachPair(object json.RawMessage, f func(name string, value json.RawMessage) error) error {
	for p := pairsOf(object); p.next(); {
		name, _ := text(p.name)
		if err := f(name, p.value); err != nil {
			return err
		}
	}
	return nil
}

// sortedPairs are the names and values of an object in the order of their names.
func sortedPairs(object json.RawMessage) []pair {
	var out []pair
	for p := pairsOf(object); p.next(); {
		name, _ := text(p.name)
		out = append(out, pair{name, p.value})
	}
	slices.SortStableFunc(out, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	return out
}

type pair struct {
	name  string
	value json.RawMessage
}

// fields finds the values of the named attributes of an object.
func fields(object json.RawMessage, named ...field) error {
	for p := pairsOf(object); p.next(); {
		for _, n := range named {
			if !p.is(n.name) {
				continue
			}
			if *n.value != nil {
				return p.twice()
			}
			*n.value = p.value
		}
	}
	return nil
}

type field struct {
	name  string
	value *json.RawMessage
}

// text decodes a string; ok is false if raw is not one.
func text(raw json.RawMessage) (s string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	if bytes.IndexByte(raw, '\\') >= 0 {
		return escapedText(raw)
	}
	return string(raw[1 : len(raw)-1]), true
}

func escapedText(raw json.RawMessage) (s string, ok bool) {
	err := json.Unmarshal(raw, &s)
	return s, err == nil
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

// skipValue answers where the value that starts at i ends.
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
