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

// BenchmarkCompile compares the compilation of a body with what encoding/json
// takes to decode the same body into structs; no more than three times that is
// the aim.
func BenchmarkCompile(b *testing.B) {
	ids := make([]string, 10_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("2819c223-7f76-453a-919d-%012d", i)
	}
	ones := make([]string, 1000)
	for i := range ones {
		ones[i] = `{"op":"add","path":"members","value":[{"value":"` + ids[i] + `","display":"someone@example.com"}]}`
	}
	paths := make([]string, 1000)
	for i := range paths {
		paths[i] = `{"op":"remove","path":"members[value eq \"` + ids[i] + `\"]"}`
	}
	many := make([]string, len(ids))
	for i := range many {
		many[i] = `{"value":"` + ids[i] + `","type":"User","display":"someone@example.com"}`
	}
	for _, c := range []struct{ name, operations string }{
		{"1 operation", ones[0]},
		{"1,000 operations of 1 member", strings.Join(ones, ",")},
		{"1,000 operations of 1 value path", strings.Join(paths, ",")},
		{"1 operation of 10,000 members", `{"op":"add","path":"members","value":[` + strings.Join(many, ",") + `]}`},
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
