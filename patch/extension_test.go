package patch_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// extensionCase is an operation on the attributes of the extension team, which
// before and want show as the JSON object under its URN; @ in operations
// stands for that URN.
type extensionCase struct {
	name       string
	options    *options // nil means tolerant
	before     string   // "" is none
	operations string
	want       string // "" if it is an error
	scimType   string
	words      []string
}

// none is the extension of a group that has no attribute of it.
const none = "none"

func withTeam(t testing.TB, text string) store.Group {
	t.Helper()
	g := engineers()
	if text != "" && text != none {
		var err error
		if g.Extensions, err = adapter.UnmarshalExtensions([]byte(`{"` + team + `":` + text + `}`)); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

// teamJSON is the extension of a group as JSON, or none.
func teamJSON(t testing.TB, g store.Group) string {
	t.Helper()
	attributes, ok := g.Extensions[team]
	if !ok {
		return none
	}
	b, err := json.Marshal(attributes)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (c *extensionCase) run(t *testing.T) {
	t.Helper()
	o := tolerant
	if c.options != nil {
		o = *c.options
	}
	body := patchOp(strings.ReplaceAll(c.operations, "@", team))
	after, err := patched(t, o, withTeam(t, c.before), body)
	if c.want == "" {
		checkFault(t, err, c.scimType, c.words...)
		return
	}
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	if describe(after) != engineersText {
		t.Errorf("core attributes changed: %s", describe(after))
	}
	got, want := teamJSON(t, after), teamJSON(t, withTeam(t, c.want))
	if got != want {
		t.Errorf("%s\nbefore %s\n   got %s\n  want %s", body, c.before, got, want)
	}
}

func runExtension(t *testing.T, cases []extensionCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, c.run)
	}
}

func TestOperationsOnSingleValuedAttributesOfAnExtension(t *testing.T) {
	runExtension(t, []extensionCase{
		{name: "add gives a value", operations: `{"op":"add","path":"@:domain","value":"a"}`, want: `{"domain":"a"}`},
		{name: "add gives another value", before: `{"domain":"a"}`, operations: `{"op":"add","path":"@:domain","value":"b"}`, want: `{"domain":"b"}`},
		{name: "add of null adds nothing and removes nothing", before: `{"domain":"a"}`, operations: `{"op":"add","path":"@:domain","value":null}`, want: `{"domain":"a"}`},
		{name: "replace gives a value where there was none", operations: `{"op":"replace","path":"@:domain","value":"a"}`, want: `{"domain":"a"}`},
		{name: "replace with null unassigns", before: `{"domain":"a","code":"c"}`, operations: `{"op":"replace","path":"@:domain","value":null}`, want: `{"code":"c"}`},
		{name: "remove unassigns", before: `{"domain":"a","code":"c"}`, operations: `{"op":"remove","path":"@:domain"}`, want: `{"code":"c"}`},
		{name: "a remove of the last attribute leaves no extension", before: `{"domain":"a"}`, operations: `{"op":"remove","path":"@:domain"}`, want: none},
		{name: "a remove of what is not there is no error", operations: `{"op":"remove","path":"@:domain"}`, want: none},
		{name: "an empty string is a value", operations: `{"op":"add","path":"@:domain","value":""}`, want: `{"domain":""}`},
		{name: "the letter case of URN and name does not matter", operations: `{"op":"add","path":"` + strings.ToUpper(team) + `:DOMAIN","value":"a"}`, want: `{"domain":"a"}`},
		{name: "a value contains a qualified name", operations: `{"op":"add","value":{"@:domain":"a"}}`, want: `{"domain":"a"}`},
		{name: "a value contains a qualified and dotted name", operations: `{"op":"add","value":{"@:owner.name":"a"}}`, want: `{"owner":{"name":"a"}}`},
		{name: "later operations see what earlier ones did", operations: `{"op":"add","path":"@:tags","value":"a"},{"op":"add","path":"@:tags","value":"b"},{"op":"remove","path":"@:tags[value eq \"a\"]"}`, want: `{"tags":["b"]}`},
		{name: "integers are exact", operations: `{"op":"add","path":"@:level","value":9007199254740993}`, want: `{"level":9007199254740993}`},
		{name: "integers may be large", operations: `{"op":"add","path":"@:level","value":-123456789012345678901234567890}`, want: `{"level":-123456789012345678901234567890}`},
		{name: "decimals are exact", operations: `{"op":"add","path":"@:budget","value":0.1000000000000000055511151231257827}`, want: `{"budget":0.1000000000000000055511151231257827}`},
		{name: "a boolean is a boolean", operations: `{"op":"add","path":"@:active","value":true}`, want: `{"active":true}`},
		{name: "a boolean may be a string, as Entra ID sends it", operations: `{"op":"add","path":"@:active","value":"False"}`, want: `{"active":false}`},
		{name: "a dateTime keeps its spelling", operations: `{"op":"add","path":"@:founded","value":"2026-01-31T12:00:00+01:00"}`, want: `{"founded":"2026-01-31T12:00:00+01:00"}`},
		{name: "writeOnly attributes are written", operations: `{"op":"add","path":"@:secret","value":"s"}`, want: `{"secret":"s"}`},

		{name: "an integer with a fraction is refused", operations: `{"op":"add","path":"@:level","value":1.0}`, scimType: "invalidValue", words: []string{"level"}},
		{name: "a string for an integer is refused", operations: `{"op":"add","path":"@:level","value":"1"}`, scimType: "invalidValue", words: []string{"level", "Operations[0]"}},
		{name: "a number for a string is refused", operations: `{"op":"add","path":"@:domain","value":1}`, scimType: "invalidValue", words: []string{"domain"}},
		{name: "a list for a single value is refused", operations: `{"op":"replace","path":"@:domain","value":["a"]}`, scimType: "invalidValue", words: []string{"domain"}},
		{name: "an object for a simple value is refused", operations: `{"op":"replace","path":"@:domain","value":{"value":"a"}}`, scimType: "invalidValue", words: []string{"domain"}},
		{name: "a word for a boolean is refused", operations: `{"op":"add","path":"@:active","value":"yes"}`, scimType: "invalidValue", words: []string{"active"}},
		{name: "a dateTime without time is refused", operations: `{"op":"add","path":"@:founded","value":"2026-01-31"}`, scimType: "invalidValue", words: []string{"founded"}},
		{name: "a binary that is not base64 is refused", operations: `{"op":"add","path":"@:badge","value":"%%"}`, scimType: "invalidValue", words: []string{"badge"}},
		{name: "an unknown attribute is refused", operations: `{"op":"add","path":"@:nick","value":"x"}`, scimType: "invalidPath", words: []string{"nick"}},
		{name: "the short name of an attribute is refused", operations: `{"op":"add","path":"domain","value":"x"}`, scimType: "invalidPath", words: []string{"domain"}},
		{name: "a value path into a simple value is refused", operations: `{"op":"add","path":"@:domain[value eq \"x\"]","value":"x"}`, scimType: "invalidPath"},
	})
}

func TestMutabilityOfAttributesOfAnExtension(t *testing.T) {
	runExtension(t, []extensionCase{
		{name: "an immutable attribute without a value gets one", operations: `{"op":"add","path":"@:origin","value":"a"}`, want: `{"origin":"a"}`},
		{name: "an immutable attribute may be given the value that it has", before: `{"origin":"a"}`, operations: `{"op":"replace","path":"@:origin","value":"a"}`, want: `{"origin":"a"}`},
		{name: "an immutable attribute may get its value within the request only once", operations: `{"op":"add","path":"@:origin","value":"a"},{"op":"add","path":"@:origin","value":"b"}`, scimType: "mutability", words: []string{"origin"}},
		{name: "an immutable attribute cannot be changed", before: `{"origin":"a"}`, operations: `{"op":"replace","path":"@:origin","value":"b"}`, scimType: "mutability", words: []string{"origin"}},
		{name: "an immutable attribute cannot be changed by an add", before: `{"origin":"a"}`, operations: `{"op":"add","value":{"@":{"origin":"b"}}}`, scimType: "mutability", words: []string{"origin"}},
		{name: "an immutable attribute cannot be removed", before: `{"origin":"a"}`, operations: `{"op":"remove","path":"@:origin"}`, scimType: "mutability", words: []string{"origin"}},
		{name: "an immutable list cannot be added to", before: `{"roots":["a"]}`, operations: `{"op":"add","path":"@:roots","value":["b"]}`, scimType: "mutability", words: []string{"roots"}},
		{name: "an immutable list cannot lose an element", before: `{"roots":["a","b"]}`, operations: `{"op":"remove","path":"@:roots[value eq \"a\"]"}`, scimType: "mutability", words: []string{"roots"}},
		{name: "an immutable list may be added what it has", before: `{"roots":["a"]}`, operations: `{"op":"add","path":"@:roots","value":["a"]}`, want: `{"roots":["a"]}`},
		{name: "an immutable sub-attribute without a value gets one", before: `{"owner":{"name":"n"}}`, operations: `{"op":"add","path":"@:owner.hired","value":"h"}`, want: `{"owner":{"hired":"h","name":"n"}}`},
		{name: "an immutable sub-attribute cannot be changed", before: `{"owner":{"hired":"h"}}`, operations: `{"op":"replace","path":"@:owner.hired","value":"i"}`, scimType: "mutability", words: []string{"owner.hired"}},
		{name: "an immutable sub-attribute cannot be changed in its object", before: `{"owner":{"hired":"h"}}`, operations: `{"op":"replace","path":"@:owner","value":{"hired":"i"}}`, scimType: "mutability", words: []string{"owner.hired"}},
		{name: "an immutable sub-attribute cannot be unassigned in its object", before: `{"owner":{"hired":"h"}}`, operations: `{"op":"replace","path":"@:owner","value":{"hired":null}}`, scimType: "mutability", words: []string{"owner.hired"}},
		{name: "an immutable sub-attribute of a selected element cannot be changed", before: `{"contacts":[{"value":"a","since":"1"}]}`, operations: `{"op":"replace","path":"@:contacts[value eq \"a\"].since","value":"2"}`, scimType: "mutability", words: []string{"contacts.since"}},
		{name: "an element with an immutable sub-attribute may be removed", before: `{"contacts":[{"value":"a","since":"1"}]}`, operations: `{"op":"remove","path":"@:contacts[value eq \"a\"]"}`, want: none},
		{name: "a path to a readOnly attribute is refused", operations: `{"op":"add","path":"@:serial","value":"1"}`, scimType: "mutability", words: []string{"serial"}},
		{name: "a remove of a readOnly attribute is refused", before: `{"serial":"1"}`, operations: `{"op":"remove","path":"@:serial"}`, scimType: "mutability", words: []string{"serial"}},
		{name: "a path to a readOnly sub-attribute is refused", operations: `{"op":"add","path":"@:owner.score","value":1}`, scimType: "mutability", words: []string{"owner.score"}},
		{name: "a readOnly attribute in a value is ignored", before: `{"serial":"1"}`, operations: `{"op":"replace","value":{"@":{"serial":"2","domain":"a"}}}`, want: `{"domain":"a","serial":"1"}`},
		{name: "a readOnly sub-attribute in a value is ignored", before: `{"owner":{"score":1}}`, operations: `{"op":"add","path":"@:owner","value":{"score":2,"name":"n"}}`, want: `{"owner":{"name":"n","score":1}}`},
		{name: "a readOnly sub-attribute of an element is ignored", operations: `{"op":"add","path":"@:contacts","value":[{"value":"a","checked":true}]}`, want: `{"contacts":[{"value":"a"}]}`},
		{name: "a remove of the extension keeps readOnly attributes", before: `{"serial":"1","domain":"a"}`, operations: `{"op":"remove","path":"@"}`, want: `{"serial":"1"}`},
		{name: "a required sub-attribute of a new element must be there", operations: `{"op":"add","path":"@:rooms","value":[{"floor":1}]}`, scimType: "invalidValue", words: []string{"rooms.value"}},
		{name: "a required sub-attribute cannot be removed", before: `{"rooms":[{"value":"a","floor":1}]}`, operations: `{"op":"remove","path":"@:rooms[value eq \"a\"].value"}`, scimType: "mutability", words: []string{"rooms.value"}},
		{name: "a required sub-attribute cannot be unassigned", before: `{"rooms":[{"value":"a","floor":1}]}`, operations: `{"op":"replace","path":"@:rooms[value eq \"a\"]","value":{"value":null}}`, scimType: "mutability", words: []string{"rooms.value"}},
		{name: "a required sub-attribute cannot be removed from all elements", before: `{"rooms":[{"value":"a","floor":1}]}`, operations: `{"op":"remove","path":"@:rooms.value"}`, scimType: "mutability", words: []string{"rooms.value"}},
		{name: "an element without its required sub-attribute is not created", operations: `{"op":"add","path":"@:rooms.floor","value":1}`, scimType: "invalidValue", words: []string{"rooms.value"}},
	})
}

func TestRequiredAttributesOfAnExtensionCannotBeRemoved(t *testing.T) {
	g := engineers()
	g.Extensions = store.Extensions{audit: {"reason": "r", "by": "b", "reviewers": []any{"x", "y"}}}
	for _, c := range []struct{ name, operations, scimType, word string }{
		{"by path", `{"op":"remove","path":"AUDIT:reason"}`, "mutability", "reason"},
		{"by null", `{"op":"replace","path":"AUDIT:reason","value":null}`, "mutability", "reason"},
		{"by an empty list", `{"op":"replace","path":"AUDIT:reviewers","value":[]}`, "mutability", "reviewers"},
		{"by a remove of the list", `{"op":"remove","path":"AUDIT:reviewers"}`, "mutability", "reviewers"},
		{"by a remove of every element of the list", `{"op":"remove","path":"AUDIT:reviewers","value":["x","y"]}`, "mutability", "reviewers"},
		{"by a value path to every element of the list", `{"op":"remove","path":"AUDIT:reviewers[value pr]"}`, "mutability", "reviewers"},
		{"by null in a value", `{"op":"replace","value":{"AUDIT":{"reason":null}}}`, "mutability", "reason"},
		{"by an empty string", `{"op":"replace","path":"AUDIT:reason","value":""}`, "invalidValue", "reason"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := patched(t, tolerant, g.Clone(), patchOp(strings.ReplaceAll(c.operations, "AUDIT", audit)))
			checkFault(t, err, c.scimType, c.word)
		})
	}
	t.Run("but some elements of the list can", func(t *testing.T) {
		after, err := patched(t, tolerant, g.Clone(), patchOp(`{"op":"remove","path":"`+audit+`:reviewers","value":["x"]}`))
		want := store.Extensions{audit: {"reason": "r", "by": "b", "reviewers": []any{"y"}}}
		if diff := cmp.Diff(want, after.Extensions); err != nil || diff != "" {
			t.Error(err, diff)
		}
	})
}

func TestOperationsOnMultiValuedAttributesOfAnExtension(t *testing.T) {
	runExtension(t, []extensionCase{
		{name: "add appends", before: `{"tags":["a"]}`, operations: `{"op":"add","path":"@:tags","value":["b","c"]}`, want: `{"tags":["a","b","c"]}`},
		{name: "add takes one value for a list", before: `{"tags":["a"]}`, operations: `{"op":"add","path":"@:tags","value":"b"}`, want: `{"tags":["a","b"]}`},
		{name: "add of a present value changes nothing", before: `{"tags":["a"]}`, operations: `{"op":"add","path":"@:tags","value":["a","a"]}`, want: `{"tags":["a"]}`},
		{name: "add compares without letter case where the schema says so", before: `{"tags":["a"],"keys":["a"]}`, operations: `{"op":"add","path":"@:tags","value":["A"]},{"op":"add","path":"@:keys","value":["A"]}`, want: `{"tags":["a"],"keys":["a","A"]}`},
		{name: "add of an empty list adds none", before: `{"tags":["a"]}`, operations: `{"op":"add","path":"@:tags","value":[]}`, want: `{"tags":["a"]}`},
		{name: "add of null adds none", before: `{"tags":["a"]}`, operations: `{"op":"add","path":"@:tags","value":null}`, want: `{"tags":["a"]}`},
		{name: "replace replaces the list", before: `{"tags":["a","b"]}`, operations: `{"op":"replace","path":"@:tags","value":["c"]}`, want: `{"tags":["c"]}`},
		{name: "replace with an empty list unassigns", before: `{"tags":["a"]}`, operations: `{"op":"replace","path":"@:tags","value":[]}`, want: none},
		{name: "replace without a path replaces only the lists in it", before: `{"tags":["a"],"keys":["k"]}`, operations: `{"op":"replace","value":{"@":{"tags":["b"]}}}`, want: `{"tags":["b"],"keys":["k"]}`},
		{name: "remove removes the list", before: `{"tags":["a","b"],"keys":["k"]}`, operations: `{"op":"remove","path":"@:tags"}`, want: `{"keys":["k"]}`},
		{name: "remove with a list removes those in it", before: `{"keys":["a","b","c"]}`, operations: `{"op":"remove","path":"@:keys","value":["a","c","x"]}`, want: `{"keys":["b"]}`},
		{name: "remove with one value removes it", before: `{"keys":["a","b"]}`, operations: `{"op":"remove","path":"@:keys","value":"a"}`, want: `{"keys":["b"]}`},
		{name: "remove with an empty list removes none", before: `{"tags":["a"]}`, operations: `{"op":"remove","path":"@:tags","value":[]}`, want: `{"tags":["a"]}`},
		{name: "remove with a list compares with letter case where the schema says so", before: `{"keys":["a"]}`, operations: `{"op":"remove","path":"@:keys","value":["A"]}`, want: `{"keys":["a"]}`},
		{name: "remove with a list compares without letter case where the schema says so", before: `{"tags":["a","b"]}`, operations: `{"op":"remove","path":"@:tags","value":["A"]}`, want: `{"tags":["b"]}`},
		{name: "remove by a value path compares without letter case where the schema says so", before: `{"tags":["a","b"]}`, operations: `{"op":"remove","path":"@:tags[value eq \"A\"]"}`, want: `{"tags":["b"]}`},
		{name: "remove by a value path that matches nothing is no error", before: `{"tags":["a"]}`, operations: `{"op":"remove","path":"@:tags[value eq \"x\"]"}`, want: `{"tags":["a"]}`},
		{name: "replace by a value path replaces the elements", before: `{"tags":["a","b"]}`, operations: `{"op":"replace","path":"@:tags[value eq \"a\"]","value":"c"}`, want: `{"tags":["c","b"]}`},
		{name: "replace by a value path that matches nothing has no target", before: `{"tags":["a"]}`, operations: `{"op":"replace","path":"@:tags[value eq \"x\"]","value":"c"}`, scimType: "noTarget", words: []string{"tags"}},
		{name: "an element of another type is refused", operations: `{"op":"add","path":"@:tags","value":["a",1]}`, scimType: "invalidValue", words: []string{"tags"}},
		{name: "a list in a list is refused", operations: `{"op":"add","path":"@:tags","value":[["a"]]}`, scimType: "invalidValue", words: []string{"tags"}},
		{name: "a list of nothing but null is refused", before: `{"tags":["a"]}`, operations: `{"op":"replace","path":"@:tags","value":[null]}`, scimType: "invalidValue", words: []string{"tags"}},
		{name: "a remove of a list of null is refused", before: `{"tags":["a"]}`, operations: `{"op":"remove","path":"@:tags","value":[null]}`, scimType: "invalidValue", words: []string{"tags"}},
	})
}

func TestOperationsOnComplexAttributesOfAnExtension(t *testing.T) {
	unmatched := only(patch.CreateUnmatched)
	unknown := only(patch.UnknownAttributes)
	runExtension(t, []extensionCase{
		{name: "add sets the sub-attributes in the value", before: `{"owner":{"name":"a","mail":"m"}}`, operations: `{"op":"add","path":"@:owner","value":{"name":"b"}}`, want: `{"owner":{"mail":"m","name":"b"}}`},
		{name: "replace sets the sub-attributes in the value", before: `{"owner":{"name":"a","mail":"m"}}`, operations: `{"op":"replace","path":"@:owner","value":{"NAME":"b"}}`, want: `{"owner":{"mail":"m","name":"b"}}`},
		{name: "replace unassigns the sub-attributes that are null in the value", before: `{"owner":{"name":"a","mail":"m"}}`, operations: `{"op":"replace","path":"@:owner","value":{"name":null}}`, want: `{"owner":{"mail":"m"}}`},
		{name: "add with a null sub-attribute adds nothing and removes nothing", before: `{"owner":{"name":"a","mail":"m"}}`, operations: `{"op":"add","path":"@:owner","value":{"name":null}}`, want: `{"owner":{"mail":"m","name":"a"}}`},
		{name: "add appends to a multi-valued sub-attribute", before: `{"owner":{"roles":["a"]}}`, operations: `{"op":"add","path":"@:owner.roles","value":["b"]}`, want: `{"owner":{"roles":["a","b"]}}`},
		{name: "add appends to a multi-valued sub-attribute in the value", before: `{"owner":{"roles":["a"]}}`, operations: `{"op":"add","path":"@:owner","value":{"roles":["b","a"]}}`, want: `{"owner":{"roles":["a","b"]}}`},
		{name: "replace replaces a multi-valued sub-attribute", before: `{"owner":{"roles":["a"]}}`, operations: `{"op":"replace","path":"@:owner.roles","value":["b"]}`, want: `{"owner":{"roles":["b"]}}`},
		{name: "remove with a list takes from a multi-valued sub-attribute", before: `{"owner":{"roles":["a","b"]}}`, operations: `{"op":"remove","path":"@:owner.roles","value":["a"]}`, want: `{"owner":{"roles":["b"]}}`},
		{name: "remove with an empty list takes nothing from a multi-valued sub-attribute", before: `{"owner":{"roles":["a"]}}`, operations: `{"op":"remove","path":"@:owner.roles","value":[]}`, want: `{"owner":{"roles":["a"]}}`},
		{name: "a sub-attribute is set where there was no value", operations: `{"op":"replace","path":"@:owner.name","value":"a"}`, want: `{"owner":{"name":"a"}}`},
		{name: "a sub-attribute is removed", before: `{"owner":{"name":"a","mail":"m"}}`, operations: `{"op":"remove","path":"@:owner.name"}`, want: `{"owner":{"mail":"m"}}`},
		{name: "a remove of the last sub-attribute unassigns", before: `{"owner":{"name":"a"}}`, operations: `{"op":"remove","path":"@:owner.name"}`, want: none},
		{name: "remove unassigns", before: `{"owner":{"name":"a"},"code":"c"}`, operations: `{"op":"remove","path":"@:owner"}`, want: `{"code":"c"}`},
		{name: "an empty object changes nothing", before: `{"owner":{"name":"a"}}`, operations: `{"op":"replace","path":"@:owner","value":{}}`, want: `{"owner":{"name":"a"}}`},
		{name: "a value path selects a single value", before: `{"owner":{"name":"a","mail":"m"}}`, operations: `{"op":"replace","path":"@:owner[name eq \"a\"].mail","value":"n"}`, want: `{"owner":{"mail":"n","name":"a"}}`},
		{name: "a value path that does not select a single value has no target", before: `{"owner":{"name":"a"}}`, operations: `{"op":"replace","path":"@:owner[name eq \"b\"].mail","value":"n"}`, scimType: "noTarget", words: []string{"owner"}},
		{name: "a remove by a value path that does not select a single value is no error", before: `{"owner":{"name":"a"}}`, operations: `{"op":"remove","path":"@:owner[name eq \"b\"]"}`, want: `{"owner":{"name":"a"}}`},
		{name: "a string for an object is refused", operations: `{"op":"add","path":"@:owner","value":"a"}`, scimType: "invalidValue", words: []string{"owner"}},
		{name: "an unknown sub-attribute is refused", operations: `{"op":"add","path":"@:owner","value":{"nick":"a"}}`, scimType: "invalidValue", words: []string{"owner", "nick"}},
		{name: "an unknown sub-attribute is ignored where it may be", options: &unknown, operations: `{"op":"add","path":"@:owner","value":{"nick":"a","name":"b"}}`, want: `{"owner":{"name":"b"}}`},
		{name: "an unknown sub-attribute of an element is ignored where it may be", options: &unknown, operations: `{"op":"add","path":"@:contacts","value":[{"nick":"a","value":"b"}]}`, want: `{"contacts":[{"value":"b"}]}`},
		{name: "a duplicate sub-attribute is refused", operations: `{"op":"add","path":"@:owner","value":{"name":"a","Name":"b"}}`, scimType: "invalidSyntax", words: []string{"owner.name"}},

		{name: "add appends an element", before: `{"contacts":[{"value":"a"}]}`, operations: `{"op":"add","path":"@:contacts","value":[{"value":"b","type":"work"}]}`, want: `{"contacts":[{"value":"a"},{"value":"b","type":"work"}]}`},
		{name: "add takes one object for a list", before: `{"contacts":[{"value":"a"}]}`, operations: `{"op":"add","path":"@:contacts","value":{"value":"b"}}`, want: `{"contacts":[{"value":"a"},{"value":"b"}]}`},
		{name: "add of a present element changes nothing", before: `{"contacts":[{"value":"a","type":"work"}]}`, operations: `{"op":"add","path":"@:contacts","value":[{"type":"work","value":"a"}]}`, want: `{"contacts":[{"value":"a","type":"work"}]}`},
		{name: "a value path removes the elements that it matches", before: `{"contacts":[{"value":"a","type":"work"},{"value":"b","type":"home"}]}`, operations: `{"op":"remove","path":"@:contacts[type eq \"WORK\"]"}`, want: `{"contacts":[{"value":"b","type":"home"}]}`},
		{name: "the terms of a value path are met by one element", before: `{"contacts":[{"value":"a","type":"work"},{"value":"b","type":"home"}]}`, operations: `{"op":"remove","path":"@:contacts[type eq \"work\" and value eq \"b\"]"}`, want: `{"contacts":[{"value":"a","type":"work"},{"value":"b","type":"home"}]}`},
		{name: "a remove of the last element unassigns", before: `{"contacts":[{"value":"a"}]}`, operations: `{"op":"remove","path":"@:contacts[value eq \"a\"]"}`, want: none},
		{name: "a value path replaces a sub-attribute of each element that it matches", before: `{"contacts":[{"value":"a","type":"work"},{"value":"b","type":"work"},{"value":"c"}]}`, operations: `{"op":"replace","path":"@:contacts[type eq \"work\"].display","value":"D"}`, want: `{"contacts":[{"value":"a","type":"work","display":"D"},{"value":"b","type":"work","display":"D"},{"value":"c"}]}`},
		{name: "a value path removes a sub-attribute of each element that it matches", before: `{"contacts":[{"value":"a","type":"work"},{"value":"b","type":"work"},{"value":"c"}]}`, operations: `{"op":"remove","path":"@:contacts[type eq \"work\"].type"}`, want: `{"contacts":[{"value":"a"},{"value":"b"},{"value":"c"}]}`},
		{name: "a value path sets the sub-attributes in the value", before: `{"contacts":[{"value":"a","type":"work"}]}`, operations: `{"op":"replace","path":"@:contacts[value eq \"a\"]","value":{"display":"D"}}`, want: `{"contacts":[{"value":"a","type":"work","display":"D"}]}`},
		{name: "a replace by a value path that matches nothing has no target", operations: `{"op":"replace","path":"@:contacts[value eq \"a\"].display","value":"D"}`, scimType: "noTarget", words: []string{"contacts"}},
		{name: "a replace with null by a value path is refused", before: `{"contacts":[{"value":"a"}]}`, operations: `{"op":"replace","path":"@:contacts[value eq \"a\"]","value":null}`, scimType: "invalidValue", words: []string{"contacts"}},
		{name: "an add by a value path that matches nothing has no target", operations: `{"op":"add","path":"@:contacts[value eq \"a\"].display","value":"D"}`, scimType: "noTarget", words: []string{"contacts"}},
		{name: "CreateUnmatched on: an add by a value path that matches nothing creates the element", options: &unmatched, before: `{"contacts":[{"value":"b"}]}`, operations: `{"op":"add","path":"@:contacts[type eq \"work\" and primary eq true].value","value":"a"}`, want: `{"contacts":[{"value":"b"},{"value":"a","type":"work","primary":true}]}`},
		{name: "CreateUnmatched on: a filter that does not say what to create has no target", options: &unmatched, operations: `{"op":"add","path":"@:contacts[type ne \"work\"].value","value":"a"}`, scimType: "noTarget", words: []string{"contacts"}},
		{name: "CreateUnmatched on: a replace has no target all the same", options: &unmatched, operations: `{"op":"replace","path":"@:contacts[type eq \"work\"].value","value":"a"}`, scimType: "noTarget", words: []string{"contacts"}},
		{name: "a remove with objects removes the elements that have all of one", before: `{"contacts":[{"value":"a","type":"work"},{"value":"a","type":"home"},{"value":"b","type":"work"}]}`, operations: `{"op":"remove","path":"@:contacts","value":[{"value":"a","type":"work"}]}`, want: `{"contacts":[{"value":"a","type":"home"},{"value":"b","type":"work"}]}`},
		{name: "null in an object to remove says nothing", before: `{"contacts":[{"value":"a","type":"work"},{"value":"b"}]}`, operations: `{"op":"remove","path":"@:contacts","value":[{"value":"b","type":null}]}`, want: `{"contacts":[{"value":"a","type":"work"}]}`},
		{name: "an object to remove with nothing but null names no element", before: `{"contacts":[{"value":"a"},{"value":"b"}]}`, operations: `{"op":"remove","path":"@:contacts","value":[{"display":null}]}`, scimType: "invalidValue", words: []string{"contacts"}},
		{name: "an empty object to remove is refused", before: `{"contacts":[{"value":"a"}]}`, operations: `{"op":"remove","path":"@:contacts","value":{}}`, scimType: "invalidValue", words: []string{"contacts"}},
		{name: "a sub-attribute is set in every element", before: `{"contacts":[{"value":"a"},{"value":"b","display":"B"}]}`, operations: `{"op":"replace","path":"@:contacts.display","value":"D"}`, want: `{"contacts":[{"value":"a","display":"D"},{"value":"b","display":"D"}]}`},
		{name: "a sub-attribute is removed from every element", before: `{"contacts":[{"value":"a","display":"A"},{"display":"B"}]}`, operations: `{"op":"remove","path":"@:contacts.display"}`, want: `{"contacts":[{"value":"a"}]}`},
	})
}

func TestAtMostOneValueIsPrimary(t *testing.T) {
	const two = `{"contacts":[{"value":"a","primary":true},{"value":"b"}]}`
	runExtension(t, []extensionCase{
		{name: "a new primary value takes that from the others", before: two, operations: `{"op":"add","path":"@:contacts","value":[{"value":"c","primary":true}]}`, want: `{"contacts":[{"value":"a","primary":false},{"value":"b"},{"value":"c","primary":true}]}`},
		{name: "a value that becomes primary takes that from the others", before: two, operations: `{"op":"replace","path":"@:contacts[value eq \"b\"].primary","value":true}`, want: `{"contacts":[{"value":"a","primary":false},{"value":"b","primary":true}]}`},
		{name: "a value that becomes primary with its object takes that from the others", before: two, operations: `{"op":"add","path":"@:contacts[value eq \"b\"]","value":{"primary":"True"}}`, want: `{"contacts":[{"value":"a","primary":false},{"value":"b","primary":true}]}`},
		{name: "a value that is not primary takes nothing", before: two, operations: `{"op":"add","path":"@:contacts","value":[{"value":"c","primary":false}]}`, want: `{"contacts":[{"value":"a","primary":true},{"value":"b"},{"value":"c","primary":false}]}`},
		{name: "a present primary value changes no other", before: two, operations: `{"op":"add","path":"@:contacts","value":[{"value":"a","primary":true}]}`, want: two},
		{name: "two primary values in one list are refused", operations: `{"op":"replace","path":"@:contacts","value":[{"value":"a","primary":true},{"value":"b","primary":true}]}`, scimType: "invalidValue", words: []string{"contacts", "primary"}},
	})
	for _, path := range []string{"@:contacts.primary", `@:contacts[value pr].primary`} {
		t.Run("even if "+path+" is set to true", func(t *testing.T) {
			body := patchOp(strings.ReplaceAll(`{"op":"replace","path":"`+path+`","value":true}`, "@", team))
			after, err := patched(t, tolerant, withTeam(t, two), body)
			if err != nil {
				return // to refuse is fine, too
			}
			if n := strings.Count(teamJSON(t, after), `"primary":true`); n > 1 {
				t.Errorf("%d values are primary: %s", n, teamJSON(t, after))
			}
		})
	}
}

func TestOperationsOnAWholeExtension(t *testing.T) {
	const all = `{"domain":"a","tags":["t"],"owner":{"name":"n","mail":"m"}}`
	unknown := only(patch.UnknownAttributes)
	runExtension(t, []extensionCase{
		{name: "add by the URN adds the attributes", before: `{"domain":"a"}`, operations: `{"op":"add","path":"@","value":{"code":"c","Tags":["t"]}}`, want: `{"code":"c","domain":"a","tags":["t"]}`},
		{name: "add by the URN in a value adds the attributes", before: `{"domain":"a"}`, operations: `{"op":"add","value":{"` + strings.ToUpper(team) + `":{"code":"c"}}}`, want: `{"code":"c","domain":"a"}`},
		{name: "replace by the URN replaces the attributes in the value", before: all, operations: `{"op":"replace","path":"@","value":{"tags":["u"]}}`, want: `{"domain":"a","tags":["u"],"owner":{"name":"n","mail":"m"}}`},
		{name: "replace by the URN unassigns what is null", before: all, operations: `{"op":"replace","path":"@","value":{"tags":null}}`, want: `{"domain":"a","owner":{"name":"n","mail":"m"}}`},
		{name: "replace by the URN with null removes the attributes", before: all, operations: `{"op":"replace","path":"@","value":null}`, want: none},
		{name: "add by the URN of null adds nothing", before: all, operations: `{"op":"add","path":"@","value":null}`, want: all},
		{name: "remove by the URN removes the attributes", before: all, operations: `{"op":"remove","path":"@"}`, want: none},
		{name: "remove by the URN where there is nothing is no error", operations: `{"op":"remove","path":"@"}`, want: none},
		{name: "the object contains a dotted name", operations: `{"op":"add","path":"@","value":{"owner.name":"n"}}`, want: `{"owner":{"name":"n"}}`},
		{name: "a list for an extension is refused", operations: `{"op":"add","path":"@","value":[]}`, scimType: "invalidValue", words: []string{team}},
		{name: "an unknown attribute in an extension is refused", operations: `{"op":"add","path":"@","value":{"nick":1}}`, scimType: "invalidPath", words: []string{"nick"}},
		{name: "an unknown attribute in an extension is ignored where it may be", options: &unknown, operations: `{"op":"add","path":"@","value":{"nick":1,"code":"c"}}`, want: `{"code":"c"}`},
		{name: "a duplicate name is refused", operations: `{"op":"add","path":"@","value":{"code":"c","Code":"d"}}`, scimType: "invalidSyntax", words: []string{"code"}},
		{name: "a value path on an extension is refused", operations: `{"op":"remove","path":"@[domain eq \"a\"]"}`, scimType: "invalidPath"},
	})
	// Either is fine: to remove what the value names, or to refuse.
	for _, value := range []string{`{"tags":["t"]}`, `{"domain":"a"}`, `{}`, `[]`} {
		t.Run("a remove by the URN with the value "+value+" removes nothing else", func(t *testing.T) {
			after, err := patched(t, tolerant, withTeam(t, all), patchOp(`{"op":"remove","path":"`+team+`","value":`+value+`}`))
			if err == nil && !strings.Contains(teamJSON(t, after), `"owner"`) {
				t.Errorf("got %s of %s", teamJSON(t, after), all)
			}
		})
	}
}
