package patch_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// valueRequests are requests about many values of an extension attribute. * stands for n
// copies of each, with % for their numbers. Upper case is folded for every comparison,
// which allocates, so that the allocations count the comparisons.
var valueRequests = []struct {
	name, before, of string
	method           func(*patch.Compiler, []byte) (*patch.Edit, error)
	body, each       string
}{
	{"a PATCH adds tags", `{"tags":[*]}`, `"T%"`, patchText, `{"op":"add","path":"@:tags","value":[*]}`, `"N%"`},
	{"a PATCH adds tags that are there", `{"tags":[*]}`, `"T%"`, patchText, `{"op":"add","path":"@:tags","value":[*]}`, `"t%"`},
	{"a PATCH adds tags one by one", `{"tags":[*]}`, `"T%"`, patchText, `*`, `{"op":"add","path":"@:tags","value":["N%"]}`},
	{"a PATCH removes tags", `{"tags":[*]}`, `"T%"`, patchText, `{"op":"remove","path":"@:tags","value":[*]}`, `"N%"`},
	{"a PATCH removes tags one by one", `{"tags":[*]}`, `"T%"`, patchText, `*`, `{"op":"remove","path":"@:tags","value":["N%"]}`},
	{"a PATCH changes two attributes in turn", `{"tags":[*]}`, `"T%"`, patchText, `*`, `{"op":"add","path":"@:tags","value":["N%"]},{"op":"add","path":"@:owner.roles","value":["N%"]}`},
	{"a PATCH adds rooms", `{"rooms":[*]}`, `{"value":"R%","floor":1}`, patchText, `{"op":"add","path":"@:rooms","value":[*]}`, `{"value":"N%","floor":1}`},
	{"a PATCH removes rooms", `{"rooms":[*]}`, `{"value":"R%","floor":1}`, patchText, `{"op":"remove","path":"@:rooms","value":[*]}`, `{"value":"N%"}`},
	{"a PUT", `{"rooms":[*]}`, `{"value":"R%","floor":1}`, putText, `{"rooms":[*]}`, `{"value":"N%","floor":2}`},
	{"a PUT of what is there", `{"rooms":[*]}`, `{"value":"R%","floor":1}`, putText, `{"rooms":[*]}`, `{"value":"r%","floor":2}`},
	{"a merge of tags", `{"tags":[*]}`, `"T%"`, mergeText, `{"@":{"tags":[*]}}`, `"N%"`},
	{"a merge of rooms", `{"rooms":[*]}`, `{"value":"R%","floor":1}`, mergeText, `{"@":{"rooms":[*]}}`, `{"value":"N%","floor":1}`},
	{"a merge of rooms that are there", `{"rooms":[*]}`, `{"value":"R%","floor":1}`, mergeText, `{"@":{"rooms":[*]}}`, `{"value":"r%","floor":2}`},
	{"a merge of contacts that all want to be primary", `{"contacts":[*]}`, `{"value":"C%","type":"WORK"}`, mergeText, `{"@":{"contacts":[*]}}`, `{"value":"C%","primary":true}`},
	{"a merge that deletes rooms", `{"rooms":[*]}`, `{"value":"R%","floor":1}`, mergeText, `{"@":{"rooms":[*]}}`, `{"value":"N%","operation":"delete"}`},
}

func patchText(c *patch.Compiler, operations []byte) (*patch.Edit, error) {
	return c.Patch(patchOp(string(operations)))
}

func putText(c *patch.Compiler, extension []byte) (*patch.Edit, error) {
	r, err := c.Resource([]byte(`{"schemas":["` + coreURN + `"],"displayName":"A","` + team + `":` + string(extension) + `}`))
	if err != nil {
		return nil, err
	}
	return r.Replace(), nil
}

func mergeText(c *patch.Compiler, body []byte) (*patch.Edit, error) { return c.Merge(body) }

// many replaces the * in text by n times each, numbered.
func many(n int, text, each string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = strings.ReplaceAll(each, "%", fmt.Sprint(i))
	}
	return strings.ReplaceAll(strings.Replace(text, "*", strings.Join(all, ","), 1), "@", team)
}

// The cost of a request about many values is proportional to their number, not to its
// square: a store applies it in an open transaction.
func TestManyValuesAreNotComparedInPairs(t *testing.T) {
	compiler := newCompiler(t, tolerant)
	for _, c := range valueRequests {
		t.Run(c.name, func(t *testing.T) {
			allocations := func(n int) float64 {
				edit, err := c.method(compiler, []byte(many(n, c.body, c.each)))
				if err != nil {
					t.Fatal(err)
				}
				before := withTeam(t, many(n, c.before, c.of)).Extensions
				return testing.AllocsPerRun(3, func() {
					head := store.Group{Extensions: before.Clone()}
					if _, err := applyTo(edit, &head); err != nil {
						t.Fatal(err)
					}
				})
			}
			if few, more := allocations(100), allocations(400); more > 5*few {
				t.Errorf("100 values take %v allocations, 400 take %v", few, more)
			}
		})
	}
}

func TestWhichValuesAreEqual(t *testing.T) {
	runExtension(t, []extensionCase{
		{name: "text is compared without regard to case and to how letters are composed", before: `{"tags":["É","straße"]}`, operations: `{"op":"add","path":"@:tags","value":["e\u0301","STRASSE","E","e"]}`, want: `{"tags":["É","straße","E"]}`},
		{name: "text that is caseExact is compared exactly", before: `{"keys":["É"]}`, operations: `{"op":"add","path":"@:keys","value":["é","E\u0301","É","é"]}`, want: `{"keys":["É","é","É"]}`},
		{name: "elements have to have the same sub-attributes", before: `{"contacts":[{"value":"a","type":"b"}]}`, operations: `{"op":"add","path":"@:contacts","value":[{"value":"a"},{"value":"a","display":"b"},{"type":"B","value":"a"},{"value":"A","type":"b"}]}`, want: `{"contacts":[{"value":"a","type":"b"},{"value":"a"},{"value":"a","display":"b"},{"value":"A","type":"b"}]}`},
		{name: "text moves from one sub-attribute to the next", before: `{"contacts":[{"type":"a1:b","value":"c"}]}`, operations: `{"op":"add","path":"@:contacts","value":[{"type":"a","value":"1:bc"},{"type":"a1:bc","value":""},{"type":"a\"1","value":"bc"}]}`, want: `{"contacts":[{"type":"a1:b","value":"c"},{"type":"a","value":"1:bc"},{"type":"a1:bc","value":""},{"type":"a\"1","value":"bc"}]}`},
		{name: "false is not nothing", before: `{"contacts":[{"value":"a"}]}`, operations: `{"op":"add","path":"@:contacts","value":[{"value":"a","primary":false}]}`, want: `{"contacts":[{"value":"a"},{"value":"a","primary":false}]}`},
		{name: "numbers are equal if they mean the same", before: `{"rooms":[{"value":"a","floor":0}]}`, operations: `{"op":"add","path":"@:rooms","value":[{"value":"A","floor":0},{"value":"a","floor":-0},{"value":"a","floor":1}]}`, want: `{"rooms":[{"value":"a","floor":0},{"value":"a","floor":1}]}`},
		{name: "a remove with objects of several shapes", before: `{"contacts":[{"value":"a","type":"work"},{"value":"b","type":"home"},{"value":"c","type":"Work"},{"value":"d"}]}`, operations: `{"op":"remove","path":"@:contacts","value":[{"value":"d"},{"type":"WORK"},{"value":"b","type":"work"}]}`, want: `{"contacts":[{"value":"b","type":"home"}]}`},
		{name: "an element of another schema is like no other", before: `{"contacts":[{"value":"a","old":{"x":["A"]}}]}`, operations: `{"op":"add","path":"@:contacts","value":[{"value":"a"}]}`, want: `{"contacts":[{"value":"a","old":{"x":["A"]}},{"value":"a"}]}`},
		{name: "several operations on one attribute", before: `{"tags":["a"]}`, operations: `{"op":"add","path":"@:tags","value":["b"]},{"op":"add","path":"@:tags","value":["B","c"]},{"op":"remove","path":"@:tags","value":["A","c"]},{"op":"add","path":"@:tags","value":["A"]},{"op":"remove","path":"@:tags","value":["b"]}`, want: `{"tags":["A"]}`},
		{name: "several operations on two attributes in turn", operations: `{"op":"add","path":"@:tags","value":["b"]},{"op":"add","path":"@:keys","value":["k"]},{"op":"replace","path":"@:tags","value":["x"]},{"op":"add","path":"@:keys","value":["l"]},{"op":"add","path":"@:tags","value":["y"]}`, want: `{"keys":["k","l"],"tags":["x","y"]}`},
		{name: "a value that is primary, then another and then the first again", operations: `{"op":"add","path":"@:contacts","value":[{"value":"c","primary":true}]},{"op":"add","path":"@:contacts","value":[{"value":"d","primary":true}]},{"op":"add","path":"@:contacts","value":[{"value":"c","primary":true}]}`, want: `{"contacts":[{"value":"c","primary":false},{"value":"d","primary":false},{"value":"c","primary":true}]}`},
		{name: "what is immutable is set by one operation only", operations: `{"op":"add","path":"@:roots","value":["a"]},{"op":"add","path":"@:roots","value":["b"]}`, scimType: "mutability", words: []string{"roots"}},
		{name: "several operations on a sub-attribute", before: `{"owner":{"roles":["a","b"]}}`, operations: `{"op":"add","path":"@:owner.roles","value":["c"]},{"op":"add","path":"@:owner.roles","value":["C","d"]},{"op":"remove","path":"@:owner.roles","value":["A"]},{"op":"remove","path":"@:owner.roles","value":["b"]}`, want: `{"owner":{"roles":["c","d"]}}`},
		{name: "operations on an attribute and its sub-attribute", before: `{"owner":{"roles":["a"]}}`, operations: `{"op":"add","path":"@:owner.roles","value":["b"]},{"op":"add","path":"@:owner","value":{"roles":["c"]}},{"op":"add","path":"@:owner.roles","value":["d"]}`, want: `{"owner":{"roles":["a","b","c","d"]}}`},
	})
}

func TestValuesThatAreMergedOneAfterTheOther(t *testing.T) {
	for _, c := range []struct{ name, before, body, want string }{
		{"of equal identities the last is merged into", `{"contacts":[{"value":"a","type":"work"},{"value":"a","type":"home"}]}`, `[{"value":"a","display":"D"}]`, `{"contacts":[{"value":"a","type":"work"},{"value":"a","type":"home","display":"D"}]}`},
		{"what was added is merged into", `{"contacts":[{"value":"b"}]}`, `[{"value":"a","type":"work"},{"value":"a","display":"D"}]`, `{"contacts":[{"value":"b"},{"value":"a","type":"work","display":"D"}]}`},
		{"what has no identity is added once", `{"contacts":[{"type":"work"}]}`, `[{"type":"Work"},{"type":"home"},{"type":"HOME"}]`, `{"contacts":[{"type":"work"},{"type":"home"}]}`},
		{"what has become equal is not added", `{"contacts":[{"type":"work"},{"value":"a"}]}`, `[{"value":"a","display":"D"},{"value":"a","display":"d"}]`, `{"contacts":[{"type":"work"},{"value":"a","display":"d"}]}`},
		{"the last that becomes primary is it", `{"contacts":[{"value":"a","primary":true},{"value":"b"}]}`, `[{"value":"b","primary":true},{"value":"a","display":"A"},{"value":"c","primary":true},{"type":"x","primary":true},{"value":"b","display":"B"}]`,
			`{"contacts":[{"value":"a","primary":false,"display":"A"},{"value":"b","primary":false,"display":"B"},{"value":"c","primary":false},{"type":"x","primary":true}]}`},
		{"what gives up being primary can become it again", `{"contacts":[{"value":"a","primary":true}]}`, `[{"value":"a","primary":false},{"value":"b"},{"value":"a","primary":true},{"value":"b","primary":true}]`, `{"contacts":[{"value":"a","primary":false},{"value":"b","primary":true}]}`},
		{"what is no longer primary can be added as it was", `{"contacts":[{"type":"x","primary":true}]}`, `[{"value":"b","primary":true},{"type":"x","primary":true}]`, `{"contacts":[{"type":"x","primary":false},{"value":"b","primary":false},{"type":"x","primary":true}]}`},
		{"values are added, deleted and added", `{"contacts":[{"value":"a"}]}`, `[{"value":"b"},{"value":"a","operation":"delete"},{"value":"b","operation":"delete"},{"value":"a","type":"new"}]`, `{"contacts":[{"value":"a","type":"new"}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			after, err := merged(t, tolerant, withTeam(t, c.before), `{"`+team+`":{"contacts":`+c.body+`}}`)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := teamJSON(t, after), teamJSON(t, withTeam(t, c.want)); got != want {
				t.Errorf("%s\n got %s\nwant %s", c.body, got, want)
			}
		})
	}
}

func TestRescansOfValuesAreBounded(t *testing.T) {
	patch.SetMaxRescans(t, 10)
	const before = `{"contacts":[{"value":"a"},{"value":"b"},{"value":"c"},{"value":"d"},{"value":"e"}],"owner":{"roles":["a","b","c","d","e","f"]},"tags":["a"]}`
	const set = `{"op":"replace","path":"@:contacts[value eq \"a\"].display","value":"D"}`
	const add, remove = `{"op":"add","path":"@:owner.roles","value":["x"]}`, `{"op":"remove","path":"@:owner.roles","value":["x"]}`
	for name, c := range map[string]struct {
		operations []string
		refused    bool
	}{
		"three operations with a value path":       {[]string{set, set, set}, false},
		"four operations with a value path":        {[]string{set, set, set, set}, true},
		"two comparisons in the second value path": {[]string{set, strings.Replace(set, "eq", `eq \"b\" or value eq`, 1)}, false},
		"three comparisons in the second":          {[]string{set, strings.Replace(set, "eq", `eq \"b\" or value eq \"c\" or value eq`, 1)}, true},
		"one operation on a sub-attribute":         {[]string{`{"op":"replace","path":"@:contacts.display","value":"D"}`}, false},
		"adds and removes in turn":                 {[]string{add, remove, add}, true},
		"an add and a remove":                      {[]string{add, remove}, false},
		"many adds, and many removes":              {[]string{add, add, add, add, remove, remove, remove, remove}, false},
		"many replaces":                            {[]string{`{"op":"replace","path":"@:contacts","value":[{"value":"a"}]}`, `{"op":"remove","path":"@:contacts"}`, `{"op":"replace","path":"@:contacts","value":[{"value":"a"}]}`, `{"op":"remove","path":"@:contacts"}`}, false},
		"a remove with objects of three shapes":    {[]string{`{"op":"remove","path":"@:contacts","value":[{"value":"x"},{"type":"x"},{"display":"x"}]}`}, false},
		"a remove with objects of four shapes":     {[]string{`{"op":"remove","path":"@:contacts","value":[{"value":"x"},{"type":"x"},{"display":"x"},{"primary":true}]}`}, true},
		"operations on attributes with few values": {[]string{`{"op":"add","path":"@:tags","value":["a"]}`, `{"op":"remove","path":"@:tags","value":["b"]}`, `{"op":"add","path":"@:tags","value":["a"]}`, `{"op":"remove","path":"@:tags","value":["b"]}`}, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := patched(t, tolerant, withTeam(t, before), patchOp(strings.ReplaceAll(strings.Join(c.operations, ","), "@", team)))
			if c.refused {
				checkFault(t, err, "tooMany", "10 values")
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func BenchmarkManyValues(b *testing.B) {
	compiler := newCompiler(b, tolerant)
	for _, c := range valueRequests {
		for _, n := range []int{500, 5_000} {
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				edit, err := c.method(compiler, []byte(many(n, c.body, c.each)))
				if err != nil {
					b.Fatal(err)
				}
				before := withTeam(b, many(n, c.before, c.of)).Extensions
				b.ReportAllocs()
				for b.Loop() {
					b.StopTimer()
					head := store.Group{Extensions: before.Clone()}
					b.StartTimer()
					if _, err := applyTo(edit, &head); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
