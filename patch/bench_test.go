package patch_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// typedPatch is a PatchOp message on members for encoding/json, as a service would declare
// it that expects no other message.
type typedPatch struct {
	Schemas    []string
	Operations []struct {
		Op, Path string
		Value    []struct {
			Value, Type, Display string
			Ref                  string `json:"$ref"`
		}
	}
}

// Operations as identity providers send them by the thousand; %s is a member's id.
const (
	addOperation    = `{"op":"add","path":"members","value":[{"value":"%s","display":"someone@example.com"}]}`
	removeOperation = `{"op":"remove","path":"members[value eq \"%s\"]"}`
	removeTyped     = `{"op":"remove","path":"members[value eq \"%s\" and type eq \"User\"]"}`
	oneMember       = `{"value":"%s","type":"User","display":"someone@example.com"}`
)

// repeated returns a list of n copies of the text, with another id for the %s of each.
func repeated(n int, text string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(text, fmt.Sprintf("2819c223-7f76-453a-919d-%012d", i))
	}
	return strings.Join(all, ",")
}

// BenchmarkCompile compares the compilation of a body with the decoding of the same body
// into structs by encoding/json. It should take at most three times as long.
func BenchmarkCompile(b *testing.B) {
	for _, c := range []struct{ name, operations string }{
		{"1 operation", repeated(1, addOperation)},
		{"1,000 operations of 1 member", repeated(1000, addOperation)},
		{"1,000 operations of 1 value path", repeated(1000, removeOperation)},
		{"1,000 operations of 1 value path with 2 conditions", repeated(1000, removeTyped)},
		{"1 operation of 10,000 members", `{"op":"add","path":"members","value":[` + repeated(10_000, oneMember) + `]}`},
	} {
		body := patchOp(c.operations)
		b.Run(c.name+"/compile", func(b *testing.B) {
			compiler := newCompiler(b, tolerant)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := compiler.Patch(body); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/unmarshal", func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				var v typedPatch
				if err := json.Unmarshal(body, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The allocations for an operation or a member do not depend on their number.
func TestAllocationsOfCompiling(t *testing.T) {
	compiler := newCompiler(t, tolerant)
	allocations := func(operations string) float64 {
		body := patchOp(operations)
		return testing.AllocsPerRun(20, func() {
			if _, err := compiler.Patch(body); err != nil {
				t.Fatal(err)
			}
		})
	}
	for _, test := range []struct {
		what       string
		operations func(n int) string
		most       float64 // for each
	}{
		{"operation that adds a member", func(n int) string { return repeated(n, addOperation) }, 10},
		{"operation that removes a member", func(n int) string { return repeated(n, removeOperation) }, 11},
		{"member that is added", func(n int) string {
			return `{"op":"add","path":"members","value":[` + repeated(n, oneMember) + `]}`
		}, 7},
	} {
		few, many := allocations(test.operations(10)), allocations(test.operations(1000))
		if each := (many - few) / 990; each > test.most {
			t.Errorf("each %s takes %v allocations, want at most %v", test.what, each, test.most)
		}
	}
}
