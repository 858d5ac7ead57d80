package patch_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// merged compiles and applies a partial group of SCIM 1.1.
func merged(t testing.TB, o options, g store.Group, body string) (store.Group, error) {
	t.Helper()
	e, err := compileMerge(t, newCompiler(t, o), body)
	if err != nil {
		if e != nil {
			t.Errorf("there is an Edit beside the error %v", err)
		}
		return g, err
	}
	return change(e, g)
}

// compileMerge calls Merge. A panic fails only the current test.
func compileMerge(t testing.TB, c *patch.Compiler, body string) (e *patch.Edit, err error) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("Merge(%q) panics: %v", body, p)
		}
	}()
	return c.Merge([]byte(body))
}

func TestMergeOfCoreAttributes(t *testing.T) {
	const ada, bob, ops = " ada:User:Ada", " bob:User:Bob", " ops:Group:"
	for _, c := range []struct {
		name     string
		options  options
		body     string
		want     string // describe(after), or "" if it is an error
		scimType string
	}{
		{"nothing changes nothing", strict, `{}`, engineersText, ""},
		{"schemas alone changes nothing", strict, `{"schemas":["urn:scim:schemas:core:1.0"]}`, engineersText, ""},
		{"schemas is not looked at", strict, `{"schemas":"what ever","displayName":"Makers"}`, "Makers e-1" + ada + bob + ops, ""},
		{"a single value is replaced", strict, `{"displayName":"Makers"}`, "Makers e-1" + ada + bob + ops, ""},
		{"names have no letter case", strict, `{"DISPLAYNAME":"Makers","EXTERNALID":"x"}`, "Makers x" + ada + bob + ops, ""},
		{"null unassigns what may be", strict, `{"externalId":null}`, "Engineers " + ada + bob + ops, ""},
		{"null cannot unassign what is required", strict, `{"displayName":null}`, "", "mutability"},
		{"an empty name is refused", strict, `{"displayName":""}`, "", "invalidValue"},
		{"a name that is no string is refused", strict, `{"displayName":7}`, "", "invalidValue"},
		{"a duplicate name is refused", strict, `{"displayName":"A","DisplayName":"B"}`, "", "invalidSyntax"},
		{"id is ignored", strict, `{"id":"other","displayName":"Makers"}`, "Makers e-1" + ada + bob + ops, ""},
		{"meta is ignored except its attributes", strict, `{"meta":{"version":"1","location":"x"},"displayName":"Makers"}`, "Makers e-1" + ada + bob + ops, ""},
		{"meta null is none", strict, `{"meta":null}`, engineersText, ""},

		{"members are added", strict, `{"members":[{"value":"cleo","type":"User"}]}`, "Engineers e-1" + ada + bob + " cleo:User:" + ops, ""},
		{"a present member takes over a display", only(patch.MemberDisplay), `{"members":[{"value":"ada","display":"Other","type":"Group"}]}`, strings.Replace(engineersText, ":Ada", ":Other", 1), ""},
		{"several members take over displays", only(patch.MemberDisplay), `{"members":[{"value":"ada","display":"A"},{"value":"ops","display":"O"},{"value":"cleo","display":"C"},{"value":"bob"}]}`, "Engineers e-1 ada:User:A bob:User:Bob cleo::C ops:Group:O", ""},
		{"a present member takes over a $ref that it does not have", strict, `{"members":[{"value":"ops","$ref":"https://elsewhere/ops"}]}`, "Engineers e-1" + ada + bob + ops + ":https://elsewhere/ops", ""},
		{"of a member that is named twice the last display counts", only(patch.MemberDisplay), `{"members":[{"value":"ada","display":"A"},{"value":"cleo","display":"C"},{"value":"ada","display":"B"},{"value":"cleo","type":"User"},{"value":"ada"}]}`, "Engineers e-1 ada:User:B" + bob + " cleo:User:C" + ops, ""},
		{"a member that is named with a display, deleted and named again has what it is named with last", strict, `{"members":[{"value":"ada","display":"A"},{"value":"ada","operation":"delete"},{"value":"ada","type":"Device"}]}`, "Engineers e-1 ada:Device:" + bob + ops, ""},
		{"a member that is named with a display and deleted is gone", strict, `{"members":[{"value":"ada","display":"A"},{"value":"ada","operation":"delete"}]}`, "Engineers e-1" + bob + ops, ""},
		{"a member is deleted by its value alone", strict, `{"members":[{"value":"ada","display":"Other","type":"Group","operation":"delete"}]}`, "Engineers e-1" + bob + ops, ""},
		{"operation has no letter case", strict, `{"members":[{"value":"ada","OPERATION":"Delete"}]}`, "Engineers e-1" + bob + ops, ""},
		{"operation null is none", strict, `{"members":[{"value":"cleo","operation":null}]}`, "Engineers e-1" + ada + bob + " cleo::" + ops, ""},
		{"another operation is refused", strict, `{"members":[{"value":"cleo","operation":"replace"}]}`, "", "invalidValue"},
		{"an operation that is no string is refused", strict, `{"members":[{"value":"cleo","operation":true}]}`, "", "invalidValue"},
		{"a duplicate operation is refused", strict, `{"members":[{"value":"ada","operation":"delete","Operation":null}]}`, "", "invalidSyntax"},
		{"an operation without a member is refused", strict, `{"members":[{"operation":"delete"}]}`, "", "invalidValue"},
		{"deleted and added is present", strict, `{"members":[{"value":"ada","operation":"delete"},{"value":"ada"}]}`, "Engineers e-1 ada::" + bob + ops, ""},
		{"added and deleted is gone", strict, `{"members":[{"value":"cleo"},{"value":"cleo","operation":"delete"}]}`, engineersText, ""},
		{"one object is a list of one", strict, `{"members":{"value":"ada","operation":"delete"}}`, "Engineers e-1" + bob + ops, ""},
		{"null and empty lists change nothing", strict, `{"members":null}`, engineersText, ""},
		{"an empty list of members changes nothing", strict, `{"members":[]}`, engineersText, ""},
		{"a member that is null is refused", strict, `{"members":[null]}`, "", "invalidValue"},
		{"a member without a value is refused", strict, `{"members":[{"display":"X"}]}`, "", "invalidValue"},
		{"a member that is a string is refused", strict, `{"members":["cleo"]}`, "", "invalidValue"},
		{"a member that is a string is a quirk", tolerant, `{"members":["cleo"]}`, "Engineers e-1" + ada + bob + " cleo::" + ops, ""},

		{"meta.attributes clears members", strict, `{"meta":{"attributes":["members"]}}`, "Engineers e-1", ""},
		{"it clears before the merge", strict, `{"members":[{"value":"bob"}],"meta":{"attributes":["members"]}}`, "Engineers e-1 bob::", ""},
		{"it clears members that are then deleted", strict, `{"members":[{"value":"bob","operation":"delete"}],"meta":{"attributes":["members"]}}`, "Engineers e-1", ""},
		{"it clears several", strict, `{"meta":{"attributes":["externalId","members"]}}`, "Engineers ", ""},
		{"it clears one twice", strict, `{"meta":{"attributes":["members","MEMBERS"]}}`, "Engineers e-1", ""},
		{"it clears and the body sets", strict, `{"externalId":"new","meta":{"attributes":["externalId"]}}`, "Engineers new" + ada + bob + ops, ""},
		{"the name cannot be cleared", strict, `{"meta":{"attributes":["displayName"]}}`, "", "mutability"},
		{"the name can be cleared to be set", strict, `{"displayName":"Makers","meta":{"attributes":["DisplayName"]}}`, "Makers e-1" + ada + bob + ops, ""},
		{"the name cannot be cleared to be null", strict, `{"displayName":null,"meta":{"attributes":["displayName"]}}`, "", "mutability"},
		{"the id cannot be cleared", strict, `{"meta":{"attributes":["id"]}}`, "", "mutability"},
		{"one value can be cleared by a value path", strict, `{"meta":{"attributes":["members[value eq \"ada\"]"]}}`, "Engineers e-1" + bob + ops, ""},
		{"an unknown name is refused", strict, `{"meta":{"attributes":["colour"]}}`, "", "invalidPath"},
		{"an empty name in meta.attributes is refused", strict, `{"meta":{"attributes":[""]}}`, "", "invalidPath"},
		{"an empty name in meta.attributes behind another is refused", strict, `{"meta":{"attributes":["externalId",""]}}`, "", "invalidPath"},
		{"names that are no strings are refused", strict, `{"meta":{"attributes":[7]}}`, "", "invalidSyntax"},
		{"a meta that is no object is refused", strict, `{"meta":7}`, "", "invalidSyntax"},
		{"a duplicate meta is refused", strict, `{"meta":{"attributes":["members"]},"Meta":{}}`, "", "invalidSyntax"},

		{"an unknown attribute is refused", strict, `{"colour":"red"}`, "", "invalidPath"},
		{"an unknown attribute that is null is not", strict, `{"colour":null}`, engineersText, ""},
		{"an unknown attribute is ignored by quirk", only(patch.UnknownAttributes), `{"colour":"red","displayName":"Makers"}`, "Makers e-1" + ada + bob + ops, ""},
		{"an unknown name in meta.attributes is ignored by quirk", only(patch.UnknownAttributes), `{"meta":{"attributes":["colour"]},"displayName":"Makers"}`, "Makers e-1" + ada + bob + ops, ""},
		{"no body is refused", strict, ``, "", "invalidSyntax"},
		{"a list is refused", strict, `[]`, "", "invalidSyntax"},
		{"a string is refused", strict, `"x"`, "", "invalidSyntax"},
		{"what is no JSON is refused", strict, `{"members":[}`, "", "invalidSyntax"},
		{"what is not UTF-8 is refused", strict, "{\"displayName\":\"\xff\"}", "", "invalidSyntax"},
		{"NUL is refused", strict, `{"displayName":"a\u0000b"}`, "", "invalidValue"},
		{"what nests too deep is refused", strict, `{"members":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, "", "invalidSyntax"},
		{"too many members are refused", options{Options: patch.Options{Limits: patch.Limits{MaxMembers: 2}}}, `{"members":[{"value":"a"},{"value":"b","operation":"delete"},{"value":"c"}]}`, "", "invalidValue"},
		{"as many members as may be are not", options{Options: patch.Options{Limits: patch.Limits{MaxMembers: 2}}}, `{"members":[{"value":"ada","operation":"delete"},{"value":"c"}]}`, "Engineers e-1" + bob + " c::" + ops, ""},
		{"values become canonical", options{Options: patch.Options{CanonicalMember: strings.ToLower}}, `{"members":[{"value":"ADA","operation":"delete"},{"value":"CLEO"}]}`, "Engineers e-1" + bob + " cleo::" + ops, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := engineers()
			after, err := merged(t, c.options, engineers(), c.body)
			if c.want == "" {
				checkFault(t, err, c.scimType)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(after); got != c.want {
				t.Errorf("%s\n got %s\nwant %s", c.body, got, c.want)
			}
			if diff := cmp.Diff(engineers(), before); diff != "" {
				t.Errorf("what it started from has changed: %s", diff)
			}
		})
	}
}

func TestMergeOfExtensions(t *testing.T) {
	start := `{"domain":"acme","code":"C","level":3,"tags":["red","blue"],"keys":["K"],"serial":"S","origin":"here",
		"owner":{"name":"Ada","mail":"a@acme","score":9,"roles":["x"]},
		"contacts":[{"value":"1","type":"work","primary":true,"since":"2020"},{"value":"2","type":"home"}],
		"rooms":[{"value":"r1","floor":1}]}`
	with := func(changes string) string {
		var all, some map[string]any
		if err := json.Unmarshal([]byte(start), &all); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(changes), &some); err != nil {
			t.Fatal(err)
		}
		for name, v := range some {
			all[name] = v
			if v == nil {
				delete(all, name)
			}
		}
		text, _ := json.Marshal(all)
		return string(text)
	}
	in := func(attributes string) string { return `{"` + team + `":{` + attributes + `}}` }
	for _, c := range []struct {
		name, body, want, scimType string // want are the changes
	}{
		{"single values are replaced, others stay", in(`"domain":"new","level":4`), `{"domain":"new","level":4}`, ""},
		{"null unassigns", in(`"domain":null`), `{"domain":null}`, ""},
		{"values of a list are added once", in(`"tags":["green","RED"]`), `{"tags":["red","blue","green"]}`, ""},
		{"case counts where the schema says so", in(`"keys":["k"]`), `{"keys":["K","k"]}`, ""},
		{"one value is a list of one", in(`"tags":"green"`), `{"tags":["red","blue","green"]}`, ""},
		{"an empty list changes nothing", in(`"tags":[]`), `{}`, ""},
		{"a list that is null is cleared", in(`"tags":null`), `{"tags":null}`, ""},
		{"a value of a list is deleted", in(`"tags":[{"value":"Red","operation":"delete"}]`), `{"tags":["blue"]}`, ""},
		{"the last value of a list is deleted", in(`"keys":[{"value":"K","operation":"delete"}]`), `{"keys":null}`, ""},
		{"a value of a list that is not there is deleted", in(`"tags":[{"value":"x","operation":"delete"}]`), `{}`, ""},
		{"complex values are merged by their value", in(`"contacts":[{"value":"2","display":"Two"},{"value":"3","type":"new"}]`),
			`{"contacts":[{"value":"1","type":"work","primary":true,"since":"2020"},{"value":"2","type":"home","display":"Two"},{"value":"3","type":"new"}]}`, ""},
		{"a new primary takes the place of the old", in(`"contacts":[{"value":"2","primary":true}]`),
			`{"contacts":[{"value":"1","type":"work","primary":false,"since":"2020"},{"value":"2","type":"home","primary":true}]}`, ""},
		{"a complex value is deleted by its value", in(`"contacts":[{"value":"1","type":"other","operation":"delete"}]`), `{"contacts":[{"value":"2","type":"home"}]}`, ""},
		{"a complex value is deleted by what else it is called", in(`"contacts":[{"type":"home","operation":"delete"}]`), `{"contacts":[{"value":"1","type":"work","primary":true,"since":"2020"}]}`, ""},
		{"one complex value is a list of one", in(`"contacts":{"value":"1","operation":"delete"}`), `{"contacts":[{"value":"2","type":"home"}]}`, ""},
		{"a delete that names nothing is refused", in(`"contacts":[{"operation":"delete"}]`), "", "invalidValue"},
		{"operation is never stored", in(`"contacts":[{"value":"4","operation":null}]`), `{"contacts":[{"value":"1","type":"work","primary":true,"since":"2020"},{"value":"2","type":"home"},{"value":"4"}]}`, ""},
		{"an immutable part of a value cannot be changed", in(`"contacts":[{"value":"1","since":"2021"}]`), "", "mutability"},
		{"a required part of a new value is required", in(`"rooms":[{"floor":2}]`), "", "invalidValue"},
		{"a single complex value is merged", in(`"owner":{"mail":"b@acme"}`), `{"owner":{"name":"Ada","mail":"b@acme","score":9,"roles":["x"]}}`, ""},
		{"a part of a single complex value that only the server sets is ignored", in(`"owner":{"score":1,"name":"Bob"}`), `{"owner":{"name":"Bob","mail":"a@acme","score":9,"roles":["x"]}}`, ""},
		{"what only the server sets is ignored", in(`"serial":"mine"`), `{}`, ""},
		{"what is immutable cannot be changed", in(`"origin":"there"`), "", "mutability"},
		{"what is immutable can be said again", in(`"origin":"here"`), `{}`, ""},
		{"an unknown attribute is refused", in(`"colour":"red"`), "", "invalidPath"},
		{"a value of another type is refused", in(`"level":"high"`), "", "invalidValue"},
		{"an extension that is no object is refused", `{"` + team + `":[]}`, "", "invalidValue"},
		{"an extension that is null changes nothing", `{"` + team + `":null}`, `{}`, ""},
		{"a name with its URN", `{"` + team + `:domain":"new"}`, `{"domain":"new"}`, ""},
		{"meta.attributes clears one", `{"meta":{"attributes":["` + team + `:tags"]}}`, `{"tags":null}`, ""},
		{"meta.attributes clears before the merge", `{"meta":{"attributes":["` + team + `:tags"]},"` + team + `":{"tags":["green"]}}`, `{"tags":["green"]}`, ""},
		{"meta.attributes clears what is then merged by value", `{"meta":{"attributes":["` + team + `:contacts"]},"` + team + `":{"contacts":[{"value":"1"}]}}`, `{"contacts":[{"value":"1"}]}`, ""},
		{"meta.attributes clears a sub-attribute", `{"meta":{"attributes":["` + team + `:owner.mail"]}}`, `{"owner":{"name":"Ada","score":9,"roles":["x"]}}`, ""},
		{"meta.attributes does not clear what only the server sets", `{"meta":{"attributes":["` + team + `:serial"]}}`, "", "mutability"},
	} {
		t.Run(c.name, func(t *testing.T) {
			attributes, err := adapter.UnmarshalExtensions([]byte(`{"` + team + `":` + start + `}`))
			if err != nil {
				t.Fatal(err)
			}
			g := engineers()
			g.Extensions = attributes
			after, err := merged(t, tolerant, g, c.body)
			if c.want == "" {
				checkFault(t, err, c.scimType)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(after.Extensions[team])
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(with(c.want), string(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.body, diff)
			}
		})
	}
}

func TestAMergeOfManyMembersMakesFewEdits(t *testing.T) {
	for _, c := range []struct {
		name, each string
		edits      int
	}{
		{"members that are added and deleted", `{"value":"a%[1]d"},{"value":"d%[1]d","operation":"delete"}`, 2},
		{"members with a display each", `{"value":"a%[1]d","display":"A %[1]d"}`, 1},
		{"members with a display each, and others", `{"value":"a%[1]d","display":"A %[1]d"},{"value":"b%[1]d"}`, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var list []string
			for i := range 1000 {
				list = append(list, fmt.Sprintf(c.each, i))
			}
			e, err := newCompiler(t, strict).Merge([]byte(`{"members":[` + strings.Join(list, ",") + `]}`))
			if err != nil {
				t.Fatal(err)
			}
			edits, err := applyTo(e, &store.Group{})
			if err != nil {
				t.Fatal(err)
			}
			if len(edits) != c.edits {
				t.Errorf("there are %d edits", len(edits))
			}
		})
	}
}

func TestAMergeCanBeAppliedAgain(t *testing.T) {
	e, err := newCompiler(t, strict).Merge([]byte(`{"displayName":"Makers","members":[{"value":"cleo"},{"value":"ada","operation":"delete"}],"` + team + `":{"tags":["x"],"contacts":[{"value":"1","type":"t"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	once, err := change(e, engineers())
	if err != nil {
		t.Fatal(err)
	}
	twice, err := change(e, once)
	if err != nil {
		t.Fatal(err)
	}
	if describe(once) != describe(twice) || !sameExtensions(once.Extensions, twice.Extensions) {
		t.Errorf("once it is %v, twice %v", once, twice)
	}
	other, err := change(e, engineers())
	if err != nil || !sameExtensions(other.Extensions, once.Extensions) {
		t.Errorf("from the start again it is %v, %v", other, err)
	}
}

func TestAMergeRecognizesPatchOps(t *testing.T) {
	remove := string(patchOp(`{"op":"remove","path":"externalId"}`))
	for body, want := range map[string]string{
		remove: "Engineers " + engineersText[len("Engineers e-1"):],
		strings.Replace(remove, "Operations", "operations", 1): "Engineers " + engineersText[len("Engineers e-1"):],
		`{}`:             engineersText,
		`{"members":[]}`: engineersText,
		`{"members":[{"value":"ada","Operations":1}]}`: engineersText,
	} {
		if after, err := merged(t, strict, engineers(), body); err != nil || describe(after) != want {
			t.Errorf("%s\n got %s, %v\nwant %s", body, describe(after), err, want)
		}
	}
	_, err := newCompiler(t, strict).Merge([]byte(`{"schemas":["` + patch.PatchOpSchema + `"],"Operations":null}`))
	checkFault(t, err, "invalidSyntax", "Operations")
}

// Merge never panics, and what it accepts can be applied.
func FuzzMerge(f *testing.F) {
	for _, body := range []string{
		`{"members":[{"value":"a"},{"value":"b","operation":"delete"}]}`, `{"displayName":"x","meta":{"attributes":["members","externalId"]}}`,
		`{"` + team + `":{"tags":[{"value":"x","operation":"delete"},"y"],"contacts":[{"value":"1"},{"type":"t","operation":"delete"}]}}`,
		`{"` + team + `:owner.name":"x","members":{"value":1}}`, `{"meta":{"attributes":["` + team + `:contacts[value eq \"1\"].type"]}}`,
	} {
		f.Add(body)
	}
	compilers := []*patch.Compiler{newCompiler(f, strict), newCompiler(f, lenient)}
	f.Fuzz(func(t *testing.T, body string) {
		for _, c := range compilers {
			e, err := compileMerge(t, c, body)
			if err != nil {
				continue
			}
			g := engineers()
			g.Extensions = store.Extensions{team: {"tags": []any{"x"}, "contacts": []any{map[string]any{"value": "1"}}}}
			after, err := change(e, g)
			if err == nil && after.DisplayName == "" {
				t.Errorf("%q leaves no name", body)
			}
		}
	})
}
