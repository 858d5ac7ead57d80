package patch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sort"
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/schema"
	"github.com/google/go-cmp/cmp"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// team and audit are the extensions of the groups in these tests. team has an
// attribute of every kind; audit has required ones.
const (
	team  = "urn:example:params:scim:schemas:extension:team:2.0:Group"
	audit = "urn:example:params:scim:schemas:extension:audit:2.0:Group"
)

const teamSchema = `{"id":"` + team + `","name":"Team","attributes":[
	{"name":"domain","type":"string"},
	{"name":"code","type":"string","caseExact":true},
	{"name":"level","type":"integer"},
	{"name":"budget","type":"decimal"},
	{"name":"active","type":"boolean"},
	{"name":"founded","type":"dateTime"},
	{"name":"badge","type":"binary"},
	{"name":"homepage","type":"reference","referenceTypes":["external"]},
	{"name":"origin","type":"string","mutability":"immutable"},
	{"name":"serial","type":"string","mutability":"readOnly"},
	{"name":"secret","type":"string","mutability":"writeOnly","returned":"never"},
	{"name":"note","type":"string","returned":"request"},
	{"name":"tags","type":"string","multiValued":true},
	{"name":"keys","type":"string","multiValued":true,"caseExact":true},
	{"name":"roots","type":"string","multiValued":true,"mutability":"immutable"},
	{"name":"owner","type":"complex","subAttributes":[
		{"name":"name","type":"string"},
		{"name":"mail","type":"string"},
		{"name":"hired","type":"string","mutability":"immutable"},
		{"name":"score","type":"integer","mutability":"readOnly"},
		{"name":"roles","type":"string","multiValued":true}]},
	{"name":"contacts","type":"complex","multiValued":true,"subAttributes":[
		{"name":"value","type":"string","caseExact":true},
		{"name":"type","type":"string"},
		{"name":"display","type":"string"},
		{"name":"since","type":"string","mutability":"immutable"},
		{"name":"checked","type":"boolean","mutability":"readOnly"},
		{"name":"primary","type":"boolean"}]},
	{"name":"rooms","type":"complex","multiValued":true,"subAttributes":[
		{"name":"value","type":"string","required":true},
		{"name":"floor","type":"integer"}]}]}`

const auditSchema = `{"id":"` + audit + `","name":"Audit","attributes":[
	{"name":"reason","type":"string","required":true},
	{"name":"by","type":"string"},
	{"name":"reviewers","type":"string","multiValued":true,"required":true}]}`

func newTable(t testing.TB, auditRequired bool) *filter.Table {
	t.Helper()
	d := filter.Definition{Core: store.Schema()}
	for i, text := range []string{teamSchema, auditSchema} {
		var s schema.Schema
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			t.Fatal(err)
		}
		d.Extensions = append(d.Extensions, filter.Extension{Schema: s, Required: i == 1 && auditRequired})
	}
	table, err := filter.NewTable(d)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func newCompiler(t testing.TB, o options) *patch.Compiler {
	t.Helper()
	return o.compiler(newTable(t, false))
}

// options are those of a Compiler and of the requests to it.
type options struct {
	patch.Options
	patch.Request
}

func (o options) compiler(table *filter.Table) *patch.Compiler {
	return patch.NewCompiler(table, o.Options).With(o.Request)
}

var (
	tolerant = options{Request: patch.Request{Quirks: patch.Default}}
	strict   = options{Request: patch.Request{Quirks: patch.Strict}}
	lenient  = options{Request: patch.Request{Quirks: patch.Lenient}}
)

func only(quirks patch.Quirks) options { return options{Request: patch.Request{Quirks: quirks}} }

// patchOp wraps operations, separated by commas, into a PatchOp message.
func patchOp(operations string) []byte {
	return []byte(`{"schemas":["` + patch.PatchOpSchema + `"],"Operations":[` + operations + `]}`)
}

// engineers is the group that the tables start from.
func engineers() store.Group {
	return store.Group{
		ID: "g1", DisplayName: "Engineers", ExternalID: "e-1",
		Members: []store.Member{
			{Value: "ada", Type: "User", Display: "Ada"},
			{Value: "bob", Type: "User", Display: "Bob"},
			{Value: "ops", Type: "Group"},
		},
	}
}

const engineersText = "Engineers e-1 ada:User:Ada bob:User:Bob ops:Group:"

// describe writes core attributes on one line: displayName externalId members,
// each member as value:type:display and, if it has one, :$ref.
func describe(g store.Group) string {
	words := []string{g.DisplayName, g.ExternalID}
	for _, m := range g.Members {
		word := m.Value + ":" + m.Type + ":" + m.Display
		if m.Ref != "" {
			word += ":" + m.Ref
		}
		words = append(words, word)
	}
	sort.Strings(words[2:])
	return strings.Join(words, " ")
}

// applyTo applies the edit of the head, and returns the edits of the members.
func applyTo(e *patch.Edit, head *store.Group) (store.MemberEdits, error) {
	u := e.Update(nil)
	if u.Head != nil {
		if err := u.Head(head); err != nil {
			return nil, err
		}
	}
	return u.Members, nil
}

// change applies an edit to a group.
func change(e *patch.Edit, g store.Group) (store.Group, error) {
	head := adapter.Head(g)
	edits, err := applyTo(e, &head)
	if err != nil {
		return g, err
	}
	head.Members, _, err = adapter.ApplyEdits(g.Members, edits)
	return head, err
}

// patched compiles and applies a body.
func patched(t testing.TB, o options, g store.Group, body []byte) (store.Group, error) {
	t.Helper()
	e, err := newCompiler(t, o).Patch(body)
	if err != nil {
		if e != nil {
			t.Errorf("there is an Edit beside the error %v", err)
		}
		return g, err
	}
	return change(e, g)
}

// checkFault requires a 400 with the scimType, whose detail contains each of the words in
// any letter case.
func checkFault(t testing.TB, err error, scimType string, words ...string) {
	t.Helper()
	var se scimerrors.ScimError
	switch {
	case err == nil:
		t.Fatalf("got no error, want %s", scimType)
	case scimType == "noTarget" && errors.Is(err, store.ErrNoTarget), scimType == "mutability" && errors.Is(err, store.ErrImmutable):
		return // the store decides about members; the door names them
	case !errors.As(err, &se):
		t.Fatalf("got %v, which is no ScimError", err)
	case se.Status != http.StatusBadRequest || string(se.ScimType) != scimType:
		t.Errorf("got %d %s (%s), want 400 %s", se.Status, se.ScimType, se.Detail, scimType)
	}
	for _, word := range words {
		if !strings.Contains(strings.ToLower(se.Detail), strings.ToLower(word)) {
			t.Errorf("the detail %q does not name %q", se.Detail, word)
		}
	}
}

// coreCase is an operation on the core attributes and its result.
type coreCase struct {
	name       string
	options    *options // nil means tolerant
	operations string   // with body: ignored
	body       string
	want       string // describe(after), or "" if it is an error
	scimType   string
	words      []string
}

func (c *coreCase) run(t *testing.T) {
	t.Helper()
	o := tolerant
	if c.options != nil {
		o = *c.options
	}
	body := []byte(c.body)
	if c.body == "" {
		body = patchOp(c.operations)
	}
	after, err := patched(t, o, engineers(), body)
	if c.want == "" {
		checkFault(t, err, c.scimType, c.words...)
		return
	}
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	if got := describe(after); got != c.want {
		t.Errorf("%s\n got %s\nwant %s", body, got, c.want)
	}
}

func runCore(t *testing.T, cases []coreCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, c.run)
	}
}

const coreURN = "urn:ietf:params:scim:schemas:core:2.0:Group"

func TestOperationsOnCoreAttributes(t *testing.T) {
	const members = " ada:User:Ada bob:User:Bob ops:Group:"
	runCore(t, []coreCase{
		{name: "replace gives displayName another value", operations: `{"op":"replace","path":"displayName","value":"Makers"}`, want: "Makers e-1" + members},
		{name: "add gives a single-valued attribute another value", operations: `{"op":"add","path":"displayName","value":"Makers"}`, want: "Makers e-1" + members},
		{name: "replace with the same value changes nothing", operations: `{"op":"replace","path":"displayName","value":"Engineers"}`, want: engineersText},
		{name: "a path may be fully qualified", operations: `{"op":"replace","path":"` + coreURN + `:displayName","value":"Makers"}`, want: "Makers e-1" + members},
		{name: "a path may be in any letter case", operations: `{"op":"replace","path":"` + strings.ToUpper(coreURN) + `:DISPLAYNAME","value":"Makers"}`, want: "Makers e-1" + members},
		{name: "remove unassigns externalId", operations: `{"op":"remove","path":"externalId"}`, want: "Engineers " + members},
		{name: "replace with null unassigns externalId", operations: `{"op":"replace","path":"externalId","value":null}`, want: "Engineers " + members},
		{name: "an add of null to externalId adds nothing and removes nothing", operations: `{"op":"add","path":"externalId","value":null}`, want: engineersText},
		{name: "an add without a path of a null externalId adds nothing and removes nothing", operations: `{"op":"add","value":{"externalId":null}}`, want: engineersText},
		{name: "operations are applied in order", operations: `{"op":"replace","path":"displayName","value":"A"},{"op":"replace","path":"displayName","value":"B"}`, want: "B e-1" + members},
		{name: "an operation without a path sets several attributes", operations: `{"op":"replace","value":{"displayName":"A","externalId":"B"}}`, want: "A B" + members},
		{name: "an empty path is no path", operations: `{"op":"replace","path":"","value":{"displayName":"A"}}`, want: "A e-1" + members},
		{name: "an operation without a path ignores id, schemas and meta", operations: `{"op":"replace","value":{"id":"other","schemas":["x"],"meta":{"version":"1"},"displayName":"A"}}`, want: "A e-1" + members},
		{name: "an operation without a path ignores the sub-attributes of meta", operations: `{"op":"add","value":{"meta.version":"1","displayName":"A"}}`, want: "A e-1" + members},
		{name: "an empty object without a path changes nothing", operations: `{"op":"replace","value":{}}`, want: engineersText},
		{name: "a path to the id that the group has is fine", operations: `{"op":"replace","path":"id","value":"g1"}`, want: engineersText},
		{name: "schemas follow from the attributes", operations: `{"op":"add","path":"schemas","value":["` + team + `"]}`, want: engineersText},
		{name: "characters outside ASCII are kept", operations: `{"op":"replace","path":"displayName","value":"\u00e9quipe\ud83d\ude00 ☃"}`, want: "équipe😀 ☃ e-1" + members},

		{name: "a remove of displayName is refused", operations: `{"op":"remove","path":"displayName"}`, scimType: "mutability", words: []string{"displayName", "Operations[0]"}},
		{name: "a replace of displayName with null is refused", operations: `{"op":"replace","path":"displayName","value":null}`, scimType: "mutability", words: []string{"displayName"}},
		{name: "an empty displayName is refused", operations: `{"op":"replace","path":"displayName","value":""}`, scimType: "invalidValue", words: []string{"displayName"}},
		{name: "a number for displayName is refused", operations: `{"op":"replace","path":"displayName","value":1}`, scimType: "invalidValue", words: []string{"displayName"}},
		{name: "a list for displayName is refused", operations: `{"op":"replace","path":"displayName","value":["a"]}`, scimType: "invalidValue", words: []string{"displayName"}},
		{name: "an object for externalId is refused", operations: `{"op":"add","path":"externalId","value":{}}`, scimType: "invalidValue", words: []string{"externalId"}},
		{name: "another id by path is refused", operations: `{"op":"replace","path":"id","value":"g2"}`, scimType: "mutability", words: []string{"id"}},
		{name: "a remove of the id is refused", operations: `{"op":"remove","path":"id"}`, scimType: "mutability", words: []string{"id"}},
		{name: "an id that is no string is refused", operations: `{"op":"replace","path":"id","value":{"a":1}}`, scimType: "mutability", words: []string{"id"}},
		{name: "a null id is refused", operations: `{"op":"replace","path":"id","value":null}`, scimType: "mutability", words: []string{"id"}},
		{name: "a path to meta is refused", operations: `{"op":"replace","path":"meta.lastModified","value":"2026-01-01T00:00:00Z"}`, scimType: "mutability", words: []string{"meta"}},
		{name: "a remove of meta is refused", operations: `{"op":"remove","path":"meta"}`, scimType: "mutability", words: []string{"meta"}},
		{name: "a remove of schemas is refused", operations: `{"op":"remove","path":"schemas"}`, scimType: "mutability", words: []string{"schemas"}},
		{name: "the operation that is wrong is named", operations: `{"op":"replace","path":"displayName","value":"A"},{"op":"remove","path":"displayName"}`, scimType: "mutability", words: []string{"Operations[1]", "displayName"}},
		{name: "a value path into a single-valued attribute is refused", operations: `{"op":"remove","path":"displayName[value eq \"x\"]"}`, scimType: "invalidPath", words: []string{"displayName"}},
		{name: "a sub-attribute of a simple attribute is refused", operations: `{"op":"replace","path":"displayName.first","value":"x"}`, scimType: "invalidPath", words: []string{"displayName.first"}},
		{name: "the URN of the core schema alone is refused", operations: `{"op":"remove","path":"` + coreURN + `"}`, scimType: "invalidPath"},
		{name: "a duplicate name in another letter case is refused", operations: `{"op":"replace","value":{"displayName":"a","DisplayName":"b"}}`, scimType: "invalidSyntax", words: []string{"isplayName", "duplicate"}},
		{name: "a duplicate name, once qualified, is refused", operations: `{"op":"replace","value":{"displayName":"a","` + coreURN + `:displayName":"b"}}`, scimType: "invalidSyntax", words: []string{"duplicate"}},
	})
}

func TestTheFormOfAPatchOpMessage(t *testing.T) {
	schemas := `"schemas":["` + patch.PatchOpSchema + `"]`
	deep := strings.Repeat("[", 100_000)
	runCore(t, []coreCase{
		{name: "the names of the message may be in any letter case", body: `{"SCHEMAS":["` + strings.ToUpper(patch.PatchOpSchema) + `"],"operations":[{"OP":"REPLACE","PATH":"displayName","VALUE":"A"}]}`, want: "A" + engineersText[9:]},
		{name: "unknown members of the message and of operations are ignored", body: `{` + schemas + `,"id":"g1","Operations":[{"op":"add","name":"addMember","path":"externalId","value":"B"}]}`, want: "Engineers B" + engineersText[13:]},
		{name: "a foreign schema beside that of PatchOp is ignored", body: `{"schemas":["urn:x","` + patch.PatchOpSchema + `"],"Operations":[{"op":"remove","path":"members[value eq \"x\"]"}]}`, want: engineersText},

		{name: "an empty body is refused", body: " ", scimType: "invalidSyntax", words: []string{"body"}},
		{name: "a body that is no JSON is refused", body: `{"schemas"`, scimType: "invalidSyntax"},
		{name: "text after the message is refused", body: string(patchOp(`{"op":"remove","path":"members"}`)) + "x", scimType: "invalidSyntax"},
		{name: "two messages are refused", body: string(patchOp(`{"op":"remove","path":"members"}`)) + "{}", scimType: "invalidSyntax"},
		{name: "a list is refused", body: `[]`, scimType: "invalidSyntax"},
		{name: "null is refused", body: `null`, scimType: "invalidSyntax"},
		{name: "invalid UTF-8 is refused", body: "{\"schemas\":[\"\xff\"]}", scimType: "invalidSyntax", words: []string{"UTF-8"}},
		{name: "NUL in a string is refused", operations: `{"op":"replace","path":"displayName","value":"a\u0000b"}`, scimType: "invalidValue", words: []string{"U+0000"}},
		{name: "a backslash before u0000 is no NUL", operations: `{"op":"replace","path":"displayName","value":"a\\u0000b"}`, want: `a\u0000b` + engineersText[9:]},
		{name: "a body that nests too deep is refused", body: `{` + schemas + `,"Operations":` + deep, scimType: "invalidSyntax", words: []string{"32"}},
		{name: "a message without schemas is refused", options: &strict, body: `{"Operations":[{"op":"remove","path":"members"}]}`, scimType: "invalidSyntax", words: []string{"schemas", patch.PatchOpSchema}},
		{name: "null schemas are refused", options: &strict, body: `{"schemas":null,"Operations":[{"op":"remove","path":"members"}]}`, scimType: "invalidSyntax", words: []string{"schemas"}},
		{name: "schemas that are no list are refused", body: `{"schemas":"` + patch.PatchOpSchema + `","Operations":[{"op":"remove","path":"members"}]}`, scimType: "invalidSyntax", words: []string{"schemas"}},
		{name: "another schema is refused", body: `{"schemas":["` + coreURN + `"],"Operations":[{"op":"remove","path":"members"}]}`, scimType: "invalidSyntax", words: []string{"schemas"}},
		{name: "a message without Operations is refused", body: `{` + schemas + `}`, scimType: "invalidSyntax", words: []string{"Operations"}},
		{name: "null Operations are refused", body: `{` + schemas + `,"Operations":null}`, scimType: "invalidSyntax", words: []string{"Operations"}},
		{name: "empty Operations are refused", body: `{` + schemas + `,"Operations":[ ]}`, scimType: "invalidSyntax", words: []string{"Operations"}},
		{name: "Operations that are an object are refused", body: `{` + schemas + `,"Operations":{"op":"remove","path":"members"}}`, scimType: "invalidSyntax", words: []string{"Operations"}},
		{name: "an operation that is null is refused", operations: `null`, scimType: "invalidSyntax", words: []string{"Operations[0]", "op"}},
		{name: "an operation without op is refused", operations: `{"path":"members"}`, scimType: "invalidSyntax", words: []string{"Operations[0]", "op"}},
		{name: "an unknown op is refused", operations: `{"op":"move","path":"members"}`, scimType: "invalidSyntax", words: []string{"Operations[0]", "move"}},
		{name: "an op that is no string is refused", operations: `{"op":1,"path":"members"}`, scimType: "invalidSyntax", words: []string{"op"}},
		{name: "an operation that is a number is refused by its place", operations: `{"op":"remove","path":"members"},1`, scimType: "invalidSyntax", words: []string{"Operations"}},
		{name: "a path that is no string is refused", operations: `{"op":"remove","path":["members"]}`, scimType: "invalidSyntax", words: []string{"path"}},
		{name: "an add without a value is refused", operations: `{"op":"add","path":"members"}`, scimType: "invalidValue", words: []string{"add", "value"}},
		{name: "a replace without a value is refused", operations: `{"op":"replace","path":"members"}`, scimType: "invalidValue", words: []string{"replace", "value"}},
		{name: "an add without path whose value is no object is refused", operations: `{"op":"add","value":["a"]}`, scimType: "invalidValue", words: []string{"object"}},
		{name: "a replace without path of null is refused", operations: `{"op":"replace","value":null}`, scimType: "invalidValue", words: []string{"object"}},
		{name: "a remove without path and value is refused", operations: `{"op":"remove"}`, scimType: "noTarget", words: []string{"path"}},
		{name: "a remove without path and with a list is refused", operations: `{"op":"remove","value":[{"value":"ada"}]}`, scimType: "noTarget", words: []string{"path"}},
		{name: "a remove without path that names something else is refused", operations: `{"op":"remove","value":{"externalId":"e-1"}}`, scimType: "noTarget", words: []string{"path"}},
		{name: "a remove without path that names something beside members is refused", operations: `{"op":"remove","value":{"members":["ada"],"externalId":"e-1"}}`, scimType: "noTarget", words: []string{"path"}},
		{name: "a remove without path of null members is refused", operations: `{"op":"remove","value":{"members":null}}`, scimType: "noTarget", words: []string{"path"}},
		{name: "an unknown path is refused", operations: `{"op":"replace","path":"nick","value":"x"}`, scimType: "invalidPath", words: []string{"nick"}},
		{name: "a path with an unknown URN is refused", operations: `{"op":"replace","path":"urn:x:Group:nick","value":"x"}`, scimType: "invalidPath", words: []string{"urn:x:Group:nick"}},
		{name: "an unknown name without a path is refused", operations: `{"op":"replace","value":{"nick":"x"}}`, scimType: "invalidPath", words: []string{"nick"}},
		{name: "an unknown name that is null is nothing", operations: `{"op":"replace","value":{"nick":null}}`, want: engineersText},
		{name: "a path that is not closed is refused", operations: `{"op":"remove","path":"members[value eq \"x\""}`, scimType: "invalidPath"},
		{name: "a bad filter in a path is refused", operations: `{"op":"remove","path":"members[value is \"x\"]"}`, scimType: "invalidFilter", words: []string{"is"}},
		{name: "an unknown sub-attribute in a filter is refused", operations: `{"op":"remove","path":"members[age gt 3]"}`, scimType: "invalidFilter", words: []string{"age"}},
		{name: "an unknown sub-attribute after a filter is refused", operations: `{"op":"remove","path":"members[value eq \"x\"].age"}`, scimType: "invalidPath", words: []string{"age"}},
		{name: "a space before the path is no other path", operations: `{"op":"replace","path":" displayName ","value":"A"}`, want: "A" + engineersText[9:]},
	})
}

func TestLongTextOfAClientIsShortenedInErrors(t *testing.T) {
	long := strings.Repeat("é", 10_000)
	for _, operations := range []string{
		`{"op":"` + long + `"}`,
		`{"op":"replace","path":"` + long + `","value":1}`,
		`{"op":"replace","value":{"` + long + `":1}}`,
		`{"op":"replace","value":{"` + team + `":{"` + long + `":1}}}`,
	} {
		_, err := newCompiler(t, tolerant).Patch(patchOp(operations))
		var se scimerrors.ScimError
		if !errors.As(err, &se) || len(se.Detail) > 400 {
			t.Errorf("%.60s…: the detail has %d bytes", operations, len(se.Detail))
		}
	}
}

func TestQuirks(t *testing.T) {
	removeByValue, pathlessRemove := only(patch.RemoveByValue), only(patch.PathlessRemove)
	bareMember, compoundKeys := only(patch.BareMember), only(patch.CompoundKeys|patch.MemberDisplay)
	unknown, schemas, bare := only(patch.UnknownAttributes), only(patch.MissingSchemas), only(patch.BareOperation)
	foreign := only(patch.ForeignSchemas)
	removedAda := "Engineers e-1 bob:User:Bob ops:Group:"
	withEve := "Engineers e-1 ada:User:Ada bob:User:Bob eve:: ops:Group:"
	display, none := only(patch.MemberDisplay), strict
	runCore(t, []coreCase{
		{name: "MemberDisplay on: a member is added with its display", options: &display, operations: `{"op":"add","path":"members","value":[{"value":"eve","display":"Eve"}]}`, want: "Engineers e-1 ada:User:Ada bob:User:Bob eve::Eve ops:Group:"},
		{name: "MemberDisplay off: a member is added without", options: &none, operations: `{"op":"add","path":"members","value":[{"value":"eve","display":"Eve"}]}`, want: withEve},
		{name: "MemberDisplay on: a display is set", options: &display, operations: `{"op":"replace","path":"members[value eq \"bob\"].display","value":"B"}`, want: "Engineers e-1 ada:User:Ada bob:User:B ops:Group:"},
		{name: "MemberDisplay off: a display in a path is refused", options: &none, operations: `{"op":"replace","path":"members[value eq \"bob\"].display","value":"B"}`, scimType: "mutability"},
		{name: "MemberDisplay off: a display is not removed", options: &none, operations: `{"op":"remove","path":"members.display"}`, scimType: "mutability"},
		{name: "MemberDisplay off: a display beside what can be set is ignored", options: &none, operations: `{"op":"add","path":"members[value eq \"ops\"]","value":{"display":"Ops","type":"Group"}}`, want: "Engineers e-1 ada:User:Ada bob:User:Bob ops:Group:"},
		{name: "RemoveByValue on: the members in the list are removed", options: &removeByValue, operations: `{"op":"remove","path":"members","value":[{"value":"ada"}]}`, want: removedAda},
		{name: "RemoveByValue on: the members in a wrapped list are removed", options: &removeByValue, operations: `{"op":"remove","path":"members","value":{"members":[{"value":"ada"}]}}`, want: removedAda},
		{name: "RemoveByValue on: an empty list removes none", options: &removeByValue, operations: `{"op":"remove","path":"members","value":[]}`, want: engineersText},
		{name: "RemoveByValue off: a list is an error", options: &strict, operations: `{"op":"remove","path":"members","value":[{"value":"ada"}]}`, scimType: "invalidSyntax", words: []string{"members"}},
		{name: "RemoveByValue off: an empty list is an error", options: &strict, operations: `{"op":"remove","path":"members","value":[]}`, scimType: "invalidSyntax", words: []string{"members"}},
		{name: "RemoveByValue off: null is no value", options: &strict, operations: `{"op":"remove","path":"members","value":null}`, want: "Engineers e-1"},

		{name: "PathlessRemove on: the members are removed", options: &pathlessRemove, operations: `{"op":"remove","value":{"members":[{"value":"ada"}]}}`, want: removedAda},
		{name: "PathlessRemove on: an empty list removes none", options: &pathlessRemove, operations: `{"op":"remove","value":{"members":[]}}`, want: engineersText},
		{name: "PathlessRemove on: members may be qualified", options: &pathlessRemove, operations: `{"op":"remove","value":{"` + coreURN + `:Members":[{"value":"ada"}]}}`, want: removedAda},
		{name: "PathlessRemove off: there is no target", options: &strict, operations: `{"op":"remove","value":{"members":[{"value":"ada"}]}}`, scimType: "noTarget", words: []string{"path"}},

		{name: "BareMember on: a string is a member", options: &bareMember, operations: `{"op":"add","path":"members","value":["eve"]}`, want: withEve},
		{name: "BareMember on: a string alone is a member", options: &bareMember, operations: `{"op":"add","path":"members","value":"eve"}`, want: withEve},
		{name: "BareMember on: a number is a member", options: &bareMember, operations: `{"op":"add","path":"members","value":[9007199254740993]}`, want: "Engineers e-1 9007199254740993:: ada:User:Ada bob:User:Bob ops:Group:"},
		{name: "BareMember on: a number is the value of a member", options: &bareMember, operations: `{"op":"add","path":"members","value":[{"value":7}]}`, want: "Engineers e-1 7:: ada:User:Ada bob:User:Bob ops:Group:"},
		{name: "BareMember on: an empty string is no member", options: &bareMember, operations: `{"op":"add","path":"members","value":[""]}`, scimType: "invalidValue", words: []string{"members"}},
		{name: "BareMember on: a boolean is no member", options: &bareMember, operations: `{"op":"add","path":"members","value":[true]}`, scimType: "invalidValue", words: []string{"members"}},
		{name: "BareMember off: a string is no member", options: &strict, operations: `{"op":"add","path":"members","value":["eve"]}`, scimType: "invalidValue", words: []string{"members"}},
		{name: "BareMember off: a number is no value", options: &strict, operations: `{"op":"add","path":"members","value":[{"value":7}]}`, scimType: "invalidValue", words: []string{"members.value"}},

		{name: "CompoundKeys on: a name may be qualified", options: &compoundKeys, operations: `{"op":"add","value":{"` + coreURN + `:externalId":"B"}}`, want: "Engineers B" + engineersText[13:]},
		{name: "CompoundKeys on: a name may be dotted", options: &compoundKeys, operations: `{"op":"replace","value":{"members.display":"X"}}`, want: "Engineers e-1 ada:User:X bob:User:X ops:Group:X"},
		{name: "CompoundKeys off: a qualified name is an error", options: &strict, operations: `{"op":"add","value":{"` + coreURN + `:externalId":"B"}}`, scimType: "invalidPath", words: []string{"externalId"}},
		{name: "CompoundKeys off: a dotted name is an error", options: &strict, operations: `{"op":"replace","value":{"members.display":"X"}}`, scimType: "invalidPath", words: []string{"members.display"}},

		{name: "MissingSchemas on: schemas may be missing", options: &schemas, body: `{"Operations":[{"op":"replace","path":"externalId","value":"B"}]}`, want: "Engineers B" + engineersText[13:]},
		{name: "ForeignSchemas on: schemas may be others", options: &foreign, body: `{"schemas":["urn:x"],"Operations":[{"op":"replace","path":"externalId","value":"B"}]}`, want: "Engineers B" + engineersText[13:]},
		{name: "MissingSchemas off: schemas may not be missing", options: &strict, body: `{"Operations":[{"op":"replace","path":"externalId","value":"B"}]}`, scimType: "invalidSyntax", words: []string{"schemas"}},

		{name: "UnknownAttributes on: an unknown path is ignored", options: &unknown, operations: `{"op":"replace","path":"nick","value":"x"},{"op":"replace","path":"externalId","value":"B"}`, want: "Engineers B" + engineersText[13:]},
		{name: "UnknownAttributes on: a remove of an unknown path removes nothing", options: &unknown, operations: `{"op":"remove","path":"members[age eq \"x\"]"}`, want: engineersText},
		{name: "UnknownAttributes on: an unknown name is ignored", options: &unknown, operations: `{"op":"replace","value":{"nick":"x","externalId":"B"}}`, want: "Engineers B" + engineersText[13:]},
		{name: "UnknownAttributes on: an unknown extension is ignored", options: &unknown, operations: `{"op":"replace","value":{"urn:x:2.0:Group":{"a":1},"externalId":"B"}}`, want: "Engineers B" + engineersText[13:]},
		{name: "UnknownAttributes on: a path that is badly written is an error", options: &unknown, operations: `{"op":"replace","path":"a b","value":"x"}`, scimType: "invalidPath"},
		{name: "UnknownAttributes off: an unknown path is an error", options: &strict, operations: `{"op":"replace","path":"nick","value":"x"}`, scimType: "invalidPath", words: []string{"nick"}},
		{name: "UnknownAttributes off: an unknown name is an error", options: &strict, operations: `{"op":"replace","value":{"nick":"x"}}`, scimType: "invalidPath", words: []string{"nick"}},

		{name: "BareOperation on: the body may be one operation", options: &bare, body: `{"op":"replace","path":"externalId","value":"B"}`, want: "Engineers B" + engineersText[13:]},
		{name: "BareOperation on: a message is still a message", options: &bare, operations: `{"op":"replace","path":"externalId","value":"B"}`, want: "Engineers B" + engineersText[13:]},
		{name: "BareOperation off: the body must be a message", options: &strict, body: `{"op":"replace","path":"externalId","value":"B"}`, scimType: "invalidSyntax"},
	})
}

// TestRowsOfTheClientTable has a case for each observed habit of a client that
// concerns bodies of PATCH; the names begin with the row of the table of client
// quirks that this module was built against.
func TestRowsOfTheClientTable(t *testing.T) {
	const noAda = "Engineers e-1 bob:User:Bob ops:Group:"
	const noMembers = "Engineers e-1"
	const withEve = "Engineers e-1 ada:User:Ada bob:User:Bob eve:: ops:Group:"
	members := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,{"op":"add","path":"members","value":[{"value":"u%d"}]}`, i)
		}
		return b.String()[1:]
	}
	runCore(t, []coreCase{
		{name: "row 1: op is capitalised", operations: `{"op":"Replace","path":"displayName","value":"A"}`, want: "A" + engineersText[9:]},
		{name: "row 2: a remove of members with a list removes those in it", operations: `{"op":"Remove","path":"members","value":[{"$ref":null,"value":"ada"}]}`, want: noAda},
		{name: "row 3: a value path removes one member", operations: `{"op":"remove","path":"members[value eq \"ada\"]"}`, want: noAda},
		{name: "row 3: a value path to an absent member is no error", operations: `{"op":"remove","path":"members[value eq \"eve\"]"}`, want: engineersText},
		{name: "row 4: or in a value path", operations: `{"op":"remove","path":"members[value eq \"ada\" or value eq \"bob\"]"}`, want: "Engineers e-1 ops:Group:"},
		{name: "row 4: and type eq in a value path", operations: `{"op":"remove","path":"` + coreURN + `:members[value eq \"ada\" and type eq \"User\"]"}`, want: noAda},
		{name: "row 4: a type that the member does not have", operations: `{"op":"remove","path":"members[value eq \"ada\" and type eq \"Group\"]"}`, want: engineersText},
		{name: "row 5: a remove of members clears", operations: `{"op":"remove","path":"members"}`, want: noMembers},
		{name: "row 5: a remove of members with null clears", operations: `{"op":"remove","path":"members","value":null}`, want: noMembers},
		{name: "row 6: a replace of members with an empty list clears", operations: `{"op":"replace","path":"members","value":[]}`, want: noMembers},
		{name: "row 7: a replace of members with null clears", operations: `{"op":"Replace","path":"members","value":null}`, want: noMembers},
		{name: "row 7: a replace of members without a value is an error", operations: `{"op":"Replace","path":"members"}`, scimType: "invalidValue", words: []string{"replace"}},
		{name: "row 8: a replace without a path has the id in it", operations: `{"op":"replace","value":{"id":"g1","displayName":"A"}}`, want: "A" + engineersText[9:]},
		{name: "row 9: a replace without a path has the whole resource in it", operations: `{"op":"replace","value":{"schemas":["` + coreURN + `"],"id":"g1","externalId":"B","displayName":"A","meta":{"resourceType":"Group"}}}`, want: "A B" + engineersText[13:]},
		{name: "row 10: a null path is no path", operations: `{"op":"replace","path":null,"value":{"displayName":"A"}}`, want: "A" + engineersText[9:]},
		{name: "row 11: an add without a path adds members", operations: `{"op":"add","value":{"members":[{"value":"eve"}]}}`, want: withEve},
		{name: "row 11: a replace without a path replaces members", operations: `{"op":"replace","value":{"members":[{"value":"eve"}]}}`, want: "Engineers e-1 eve::"},
		{name: "row 12: a remove without a path removes the members in its value", operations: `{"op":"remove","value":{"members":[{"value":"ada"}]}}`, want: noAda},
		{name: "row 13: the members to remove are wrapped", operations: `{"op":"remove","path":"members","value":{"members":[{"value":"ada"}]}}`, want: noAda},
		{name: "row 13: wrapped null removes nothing", operations: `{"op":"remove","path":"members","value":{"members":null}}`, want: engineersText},
		{name: "row 14: a member is a single object", operations: `{"op":"add","path":"members","value":{"value":"eve"}}`, want: withEve},
		{name: "row 14: a single object is removed", operations: `{"op":"remove","path":"members","value":{"value":"ada"}}`, want: noAda},
		{name: "row 15: a member is a string", operations: `{"op":"add","path":"members","value":"eve"}`, want: withEve},
		{name: "row 15: members are strings", operations: `{"op":"add","path":"members","value":["eve","ada"]}`, want: withEve},
		{name: "row 16: null and unknown sub-attributes of a member are dropped", operations: `{"op":"add","path":"members","value":[{"value":"eve","$ref":null,"display":null,"type":null,"displayName":"Eve","x":{"y":[]}}]}`, want: withEve},
		{name: "row 16: null and unknown sub-attributes are dropped where a value path selects the member", operations: `{"op":"add","path":"members[value eq \"ada\"]","value":{"value":"ada","$ref":null,"type":null,"displayName":"A"}}`, want: engineersText},
		{name: "row 17: a member's value is a number", operations: `{"op":"add","path":"members","value":[{"value":42}]}`, want: "Engineers e-1 42:: ada:User:Ada bob:User:Bob ops:Group:"},
		{name: "row 18: keys are qualified, in odd letter case", operations: `{"op":"replace","value":{"URN:ietf:params:scim:schemas:core:2.0:group:DisplayName":"A"}}`, want: "A" + engineersText[9:]},
		{name: "row 18: a path is qualified, in odd letter case", operations: `{"op":"add","path":"URN:ietf:params:scim:schemas:core:2.0:group:Members","value":[{"value":"eve"}]}`, want: withEve},
		{name: "row 19: an unknown path is an error", operations: `{"op":"add","path":"nick","value":"x"}`, scimType: "invalidPath", words: []string{"nick"}},
		{name: "row 19: an unknown path is ignored when lenient", options: &lenient, operations: `{"op":"add","path":"nick","value":"x"}`, want: engineersText},
		{name: "row 20: schemas are missing, when lenient", options: &lenient, body: `{"Operations":[{"op":"add","path":"members","value":"eve"}]}`, want: withEve},
		{name: "row 20: there are two schemas", body: `{"schemas":["` + patch.PatchOpSchema + `","urn:x"],"Operations":[{"op":"add","path":"members","value":"eve"}]}`, want: withEve},
		{name: "row 23: operations in lower case", body: `{"schemas":["` + patch.PatchOpSchema + `"],"operations":[{"op":"add","path":"members","value":"eve"}]}`, want: withEve},
		{name: "row 23: one operation is the body", body: `{"schemas":["` + patch.PatchOpSchema + `"],"op":"add","path":"members","value":"eve"}`, scimType: "invalidSyntax", words: []string{"Operations"}},
		{name: "row 23: one operation is the body, when lenient", options: &lenient, body: `{"schemas":["` + patch.PatchOpSchema + `"],"op":"add","path":"members","value":"eve"}`, want: withEve},
		{name: "row 44: a member is a group", operations: `{"op":"add","path":"members","value":[{"value":"eve","type":"Group"}]}`, want: strings.Replace(withEve, "eve::", "eve:Group:", 1)},
		{name: "row 45: more operations than the bound are refused", options: &options{Options: patch.Options{Limits: patch.Limits{MaxOperations: 20}}}, operations: members(21), scimType: "invalidSyntax", words: []string{"20 operations"}},
		{name: "row 50: add and remove of one member in one request", operations: `{"op":"add","path":"members","value":[{"value":"eve"}]},{"op":"remove","path":"members[value eq \"eve\"]"}`, want: engineersText},
		{name: "row 50: remove and add of one member in one request", operations: `{"op":"remove","path":"members[value eq \"ada\"]"},{"op":"add","path":"members","value":[{"value":"ada","display":"Countess"}]}`, want: "Engineers e-1 ada::Countess bob:User:Bob ops:Group:"},
	})
}

func TestBounds(t *testing.T) {
	list := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,{"value":"u%d"}`, i)
		}
		return "[" + strings.TrimPrefix(b.String(), ",") + "]"
	}
	add := func(n int) string { return `{"op":"add","path":"members","value":` + list(n) + `}` }
	cases := []struct {
		name       string
		options    options
		operations string
		scimType   string // "" if it is within the bounds
		words      []string
	}{
		{"as many operations as the bound are fine", options{Options: patch.Options{Limits: patch.Limits{MaxOperations: 2}}}, add(1) + "," + add(1), "", nil},
		{"one operation more than the bound is refused", options{Options: patch.Options{Limits: patch.Limits{MaxOperations: 2}}}, add(1) + "," + add(1) + "," + add(1), "invalidSyntax", []string{"2 operations"}},
		{"the bound of operations is 10,000 if none is given", options{}, strings.Repeat(add(0)+",", 10_000) + add(0), "invalidSyntax", []string{"10000 operations"}},
		{"as many members as the bound are fine", options{Options: patch.Options{Limits: patch.Limits{MaxMembers: 3}}}, add(3), "", nil},
		{"one member more than the bound is refused", options{Options: patch.Options{Limits: patch.Limits{MaxMembers: 3}}}, add(4), "invalidValue", []string{"3 members"}},
		{"the bound of members holds for the request", options{Options: patch.Options{Limits: patch.Limits{MaxMembers: 3}}}, add(2) + "," + add(2), "invalidValue", []string{"3 members", "Operations[1]"}},
		{"members that are removed count", options{Options: patch.Options{Limits: patch.Limits{MaxMembers: 3}}, Request: patch.Request{Quirks: tolerant.Quirks}}, add(2) + `,{"op":"remove","path":"members","value":` + list(2) + `}`, "invalidValue", []string{"3 members"}},
		{"members that a value path names count", options{Options: patch.Options{Limits: patch.Limits{MaxMembers: 1}}}, add(1) + `,{"op":"remove","path":"members[value eq \"a\"]"}`, "invalidValue", []string{"1 members"}},
		{"members that replace count", options{Options: patch.Options{Limits: patch.Limits{MaxMembers: 3}}}, add(2) + `,{"op":"replace","path":"members","value":` + list(2) + `}`, "invalidValue", []string{"3 members"}},
		{"the bound of members is 100,000 if none is given", options{}, add(100_001), "invalidValue", []string{"100000 members"}},
		{"a body may nest as deep as the bound", options{Options: patch.Options{Limits: patch.Limits{MaxDepth: 5}}}, add(1), "", nil},
		{"a body may not nest deeper than the bound", options{Options: patch.Options{Limits: patch.Limits{MaxDepth: 4}}}, add(1), "invalidSyntax", []string{"4 levels"}},
		{"brackets in strings do not nest", options{Options: patch.Options{Limits: patch.Limits{MaxDepth: 4}}}, `{"op":"add","path":"displayName","value":"\"[[[[[[[[{{{{{"}`, "", nil},
		{"a path is bounded by the options of its filter", options{Options: patch.Options{Filter: filter.Limits{MaxTerms: 1}}}, `{"op":"remove","path":"members[value eq \"a\" or value eq \"b\"]"}`, "invalidFilter", nil},
		{"a path is bounded in length", options{Options: patch.Options{Filter: filter.Limits{MaxLength: 10}}}, `{"op":"remove","path":"members[value eq \"a\"]"}`, "invalidPath", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := newCompiler(t, c.options).Patch(patchOp(c.operations))
			if c.scimType != "" {
				checkFault(t, err, c.scimType, c.words...)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBodiesThatAreTooLargeAreNotDecoded(t *testing.T) {
	c := newCompiler(t, tolerant)
	for name, body := range map[string][]byte{
		"100,000 operations":       patchOp(strings.Repeat(`{"op":"remove","path":"members"},`, 99_999) + `{"op":"remove","path":"members"}`),
		"100,000 levels":           patchOp(strings.Repeat(`[`, 100_000)),
		"a path of 1,000,000":      patchOp(`{"op":"remove","path":"` + strings.Repeat(`(`, 1_000_000) + `"}`),
		"a filter of 100,000 open": patchOp(`{"op":"remove","path":"members[` + strings.Repeat(`(`, 100_000) + `]"}`),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := c.Patch(body)
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Fatal("got no error")
			}
			// encoding/json copies Operations and paths to hand them over.
			used := after.TotalAlloc - before.TotalAlloc
			if most := uint64(4*len(body) + 64<<10); used > most {
				t.Errorf("%d bytes of body take %d bytes of memory, more than %d", len(body), used, most)
			}
		})
	}
}

func TestMaxClear(t *testing.T) {
	for _, operations := range []string{
		`{"op":"remove","path":"members"}`,
		`{"op":"replace","path":"members","value":[]}`,
		`{"op":"replace","path":"members","value":null}`,
		`{"op":"replace","value":{"members":[]}}`,
	} {
		t.Run("bounds "+operations, func(t *testing.T) {
			e, err := newCompiler(t, options{Options: patch.Options{Limits: patch.Limits{MaxClear: 2}}}).Patch(patchOp(operations))
			if err != nil {
				t.Fatal(err)
			}
			head := store.Group{}
			edits, err := applyTo(e, &head)
			want := store.MemberEdits{{Op: store.ClearMembers, Max: 2}}
			if diff := cmp.Diff(want, edits); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
	t.Run("a larger group is not emptied by a filter that matches all", func(t *testing.T) {
		_, err := patched(t, options{Options: patch.Options{Limits: patch.Limits{MaxClear: 2}}}, engineers(), patchOp(`{"op":"remove","path":"members[value pr]"}`))
		if !errors.Is(err, store.ErrClearRefused) {
			t.Error(err)
		}
	})
	t.Run("a larger group is not emptied by members that nobody knows", func(t *testing.T) {
		e, err := newCompiler(t, options{Options: patch.Options{Limits: patch.Limits{MaxClear: 2}}}).Patch(patchOp(`{"op":"replace","path":"members","value":[{"value":"eve"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		e, err = e.MapMembers(func([]store.Member) ([]store.Member, error) { return nil, nil })
		if err != nil {
			t.Fatal(err)
		}
		edits, err := applyTo(e, &store.Group{})
		want := store.MemberEdits{{Op: store.ClearMembers, Max: 2}}
		if diff := cmp.Diff(want, edits); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	})
	t.Run("a replace with members is not bounded", func(t *testing.T) {
		g, err := patched(t, options{Options: patch.Options{Limits: patch.Limits{MaxClear: 2}}}, engineers(), patchOp(`{"op":"replace","path":"members","value":[{"value":"eve"}]}`))
		if err != nil || describe(g) != "Engineers e-1 eve::" {
			t.Error(describe(g), err)
		}
	})
	t.Run("a larger group is not cleared", func(t *testing.T) {
		g, err := patched(t, options{Options: patch.Options{Limits: patch.Limits{MaxClear: 2}}}, engineers(), patchOp(`{"op":"remove","path":"members"}`))
		if !errors.Is(err, store.ErrClearRefused) {
			t.Errorf("got %s and error %v, want %v", describe(g), err, store.ErrClearRefused)
		}
	})
	const removeAda, addEve = `{"op":"remove","path":"members[value eq \"ada\"]"}`, `{"op":"add","path":"members","value":[{"value":"eve"}]}`
	for _, c := range []struct {
		name, first string
		max         int
		refused     bool
	}{
		{"members that were removed before the clear do not count", removeAda, 2, false},
		{"members that stay after a remove count", removeAda, 1, true},
		{"members that were added before the clear count", addEve, 3, true},
		{"members that were added before the clear count once", addEve, 4, false},
		{"a member that was added and removed before the clear does not count", addEve + `,{"op":"remove","path":"members[value eq \"eve\"]"}`, 3, false},
	} {
		for _, clear := range []string{`{"op":"remove","path":"members"}`, `{"op":"replace","path":"members","value":[]}`} {
			t.Run(c.name+": "+clear, func(t *testing.T) {
				g, err := patched(t, options{Options: patch.Options{Limits: patch.Limits{MaxClear: c.max}}}, engineers(), patchOp(c.first+","+clear))
				switch {
				case c.refused && !errors.Is(err, store.ErrClearRefused):
					t.Errorf("got %s and error %v, want %v", describe(g), err, store.ErrClearRefused)
				case !c.refused && (err != nil || len(g.Members) > 0):
					t.Errorf("got %s and error %v", describe(g), err)
				}
			})
		}
	}
	t.Run("an add after the clear does not lift the bound", func(t *testing.T) {
		e, err := newCompiler(t, options{Options: patch.Options{Limits: patch.Limits{MaxClear: 2}}}).Patch(patchOp(`{"op":"remove","path":"members"},{"op":"add","path":"members","value":[{"value":"eve"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		head := store.Group{}
		edits, _ := applyTo(e, &head)
		for _, edit := range edits {
			if edit.Op == store.ClearMembers && edit.Max == 2 {
				return
			}
		}
		t.Errorf("the first operation empties a group of any size: %+v", edits)
	})
}

func TestCanonicalMemberIsAppliedToEveryValue(t *testing.T) {
	o := options{Options: patch.Options{CanonicalMember: strings.ToLower}, Request: patch.Request{Quirks: tolerant.Quirks}}
	runCore(t, []coreCase{
		{name: "of an add", options: &o, operations: `{"op":"add","path":"members","value":[{"value":"ADA"},"BOB",{"value":"EVE"}]}`, want: "Engineers e-1 ada:User:Ada bob:User:Bob eve:: ops:Group:"},
		{name: "of a replace", options: &o, operations: `{"op":"replace","path":"members","value":[{"value":"ADA"}]}`, want: "Engineers e-1 ada:User:Ada"},
		{name: "of a remove", options: &o, operations: `{"op":"remove","path":"members","value":[{"value":"ADA"}]}`, want: "Engineers e-1 bob:User:Bob ops:Group:"},
		{name: "of a value path", options: &o, operations: `{"op":"remove","path":"members[value eq \"ADA\"]"}`, want: "Engineers e-1 bob:User:Bob ops:Group:"},
		{name: "of the value beside a value path", options: &o, operations: `{"op":"replace","path":"members[value eq \"ada\"]","value":{"value":"ADA","display":"A"}}`, want: "Engineers e-1 ada:User:A bob:User:Bob ops:Group:"},
	})
}

// CanonicalMember need not be idempotent.
func TestCanonicalMemberIsNotAppliedTwice(t *testing.T) {
	o := tolerant
	o.CanonicalMember = func(value string) string { return "u-" + value }
	o.Reference = func(uri string) (string, string, bool) { return "User", strings.TrimPrefix(uri, "/Users/"), true }
	g := store.Group{Members: []store.Member{{Value: "u-ada"}, {Value: "u-bob"}}}
	for operations, want := range map[string]string{
		`{"op":"add","path":"members","value":[{"value":"eve"},"dan"]}`:                                                 "  u-ada:: u-bob:: u-dan:: u-eve::",
		`{"op":"add","path":"members","value":[{"$ref":"/Users/eve"},{"value":"dan","$ref":"/Users/dan"}]}`:             "  u-ada:: u-bob:: u-dan:User: u-eve:User:",
		`{"op":"remove","path":"members","value":[{"value":"ada"}]}`:                                                    "  u-bob::",
		`{"op":"remove","path":"members[value eq \"ada\"]"}`:                                                            "  u-bob::",
		`{"op":"replace","path":"members[value eq \"ada\"]","value":{"value":"ada","display":"A","$ref":"/Users/ada"}}`: "  u-ada:User:A u-bob::",
	} {
		after, err := patched(t, o, g, patchOp(operations))
		if got := describe(after); err != nil || got != want {
			t.Errorf("%s\n got %s, %v\nwant %s", operations, got, err, want)
		}
	}
	o.Resolve = func(text string, _ patch.IDUse) (string, bool) {
		return strings.ReplaceAll(text, "bulkId:", ""), text == "bulkId:later"
	}
	after, err := patched(t, o, g, patchOp(`{"op":"remove","path":"members[value eq \"bulkId:ada\"]"},{"op":"add","path":"members","value":["bulkId:eve","bulkId:later"]}`))
	if got, want := describe(after), "  later:: u-bob:: u-eve::"; err != nil || got != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
}

func TestReferenceGivesTypeAndValue(t *testing.T) {
	o := options{Request: patch.Request{Quirks: tolerant.Quirks, Reference: func(uri string) (string, string, bool) {
		for prefix, resourceType := range map[string]string{"/Users/": "User", "/Groups/": "Group"} {
			if i := strings.LastIndex(uri, prefix); i >= 0 {
				return resourceType, uri[i+len(prefix):], true
			}
		}
		return "", "", false
	}}}
	add := func(member string) string { return `{"op":"add","path":"members","value":[` + member + `]}` }
	const rest = "Engineers e-1 ada:User:Ada bob:User:Bob "
	runCore(t, []coreCase{
		{name: "the type, if it is missing", options: &o, operations: add(`{"value":"eve","$ref":"../Users/eve"}`), want: rest + "eve:User: ops:Group:"},
		{name: "the value, if it is missing", options: &o, operations: add(`{"$ref":"https://example.com/v2/Groups/eve"}`), want: rest + "eve:Group: ops:Group:"},
		{name: "no other type than the present one", options: &o, operations: add(`{"value":"eve","type":"Device","$ref":"../Users/eve"}`), want: rest + "eve:Device: ops:Group:"},
		{name: "nothing, if it is that of another member", options: &o, operations: add(`{"value":"eve","$ref":"../Users/mallory"}`), want: rest + "eve:: ops:Group:"},
		{name: "nothing, if it is foreign", options: &o, operations: add(`{"value":"eve","$ref":"https://elsewhere/x/eve"}`), want: rest + "eve:::https://elsewhere/x/eve ops:Group:"},
		{name: "no value, if it is foreign", options: &o, operations: add(`{"$ref":"https://elsewhere/x/eve"}`), scimType: "invalidValue", words: []string{"members"}},
		{name: "the members to remove", options: &o, operations: `{"op":"remove","path":"members","value":[{"$ref":"../Users/ada"}]}`, want: "Engineers e-1 bob:User:Bob ops:Group:"},
	})
	t.Run("With changes it for a copy alone", func(t *testing.T) {
		c := newCompiler(t, strict)
		other := c.With(o.Request)
		body := patchOp(add(`{"$ref":"../Users/eve"}`))
		if _, err := c.Patch(body); err == nil {
			t.Error("the first compiler knows references")
		}
		if _, err := other.Patch(body); err != nil {
			t.Error(err)
		}
	})
}

func TestSuppliedReportsAttributesReturnedOnRequest(t *testing.T) {
	table := newTable(t, false)
	c := tolerant.compiler(table)
	note, domain := table.Lookup(team+":note"), table.Lookup(team+":domain")
	for name, operations := range map[string]string{
		"by path":      `{"op":"replace","path":"` + team + `:note","value":"x"}`,
		"by name":      `{"op":"replace","value":{"` + team + `:note":"x"}}`,
		"in an object": `{"op":"add","value":{"` + team + `":{"note":"x"}}}`,
	} {
		e, err := c.Patch(patchOp(operations))
		if err != nil || !e.Supplied(note) || e.Supplied(domain) {
			t.Errorf("%s: note is not supplied, or domain is (%v)", name, err)
		}
	}
	e, err := c.Patch(patchOp(`{"op":"replace","path":"` + team + `:domain","value":"x"}`))
	if err != nil || e.Supplied(note) {
		t.Errorf("note is supplied, though it was not sent (%v)", err)
	}
}

func TestUnmarshalChecksOtherMessages(t *testing.T) {
	const urn = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
	c := newCompiler(t, strict)
	var v struct{ Filter string }
	if _, err := c.Unmarshal([]byte(`{"schemas":["`+urn+`"],"filter":"x"}`), urn, &v); err != nil || v.Filter != "x" {
		t.Errorf("got %q, %v", v.Filter, err)
	}
	for name, body := range map[string]string{
		"schemas":     `{"filter":"x"}`,
		"filter":      `{"schemas":["` + urn + `"],"filter":1}`,
		"32 levels":   strings.Repeat("[", 33),
		"not UTF-8":   "\"\xff\"",
		"has no body": "",
		"is not JSON": `{"schemas":["` + urn + `"],`,
		"JSON object": `[]`,
	} {
		_, err := c.Unmarshal([]byte(body), urn, &v)
		checkFault(t, err, "invalidSyntax", name)
	}
}

// An Edit keeps nothing of the body, which belongs to the caller.
func TestAnEditDoesNotChangeWithTheBody(t *testing.T) {
	compiler := newCompiler(t, tolerant)
	for name, body := range map[string][]byte{
		"members": patchOp(`{"op":"add","path":"members","value":[{"value":"u8","display":"Eight \"8\"","type":"User","$ref":"../Users/u8"}]},
			{"op":"remove","path":"members[value eq \"u1\"]"},{"op":"replace","path":"members[value eq \"u8\"].display","value":"eight"}`),
		"attributes": patchOp(`{"op":"replace","path":"displayName","value":"New"},{"op":"add","value":{"externalId":"x9"}}`),
		"an extension": patchOp(`{"op":"add","path":"` + team + `:owner","value":{"name":"Ann"}},
			{"op":"add","path":"` + team + `:contacts","value":[{"value":"c","type":"work"}]},{"op":"add","value":{"` + team + `":{"domain":"d"}}}`),
	} {
		t.Run(name, func(t *testing.T) {
			edit, err := compiler.Patch(body)
			if err != nil {
				t.Fatal(err)
			}
			apply := func() string {
				g := engineers()
				edits, err := applyTo(edit, &g)
				if err != nil {
					t.Fatal(err)
				}
				members, _, err := adapter.ApplyEdits(g.Members, edits)
				if err != nil {
					t.Fatal(err)
				}
				g.Members = members
				text, err := json.Marshal(g)
				if err != nil {
					t.Fatal(err)
				}
				return string(text)
			}
			before := apply()
			for i := range body {
				body[i] = 'x'
			}
			if after := apply(); after != before {
				t.Errorf("it was\n%s\nand is\n%s", before, after)
			}
		})
	}
}
