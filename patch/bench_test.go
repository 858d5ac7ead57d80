package patch_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// typedPatch is a PatchOp message on members for encoding/json, as a service
// would write it that knows what it is going to get.
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

// repeated is a list of n times the text, each with an id of its own for the %s.
func repeated(n int, text string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(text, fmt.Sprintf("2819c223-7f76-453a-919d-%012d", i))
	}
	return strings.Join(all, ",")
}

// BenchmarkCompile compares the compilation of a body with what encoding/json
// takes to decode the same body into structs; no more than three times that is
// the aim.
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

// What an operation and a member take does not depend on how many there are.
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
