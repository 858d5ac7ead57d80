package patch_test

import (
	"errors"
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// resource wraps attributes, separated by commas, into the body of a POST or PUT.
func resource(attributes string) []byte {
	return []byte(strings.ReplaceAll(`{"schemas":["`+coreURN+`"],`+attributes+`}`, "@", team))
}

func TestAResourceIsCheckedAndNormalized(t *testing.T) {
	member := func(m store.Member) []store.Member { return []store.Member{m} }
	for _, c := range []struct {
		name, attributes string
		options          *options
		want             store.Group
	}{
		{"with nothing but a displayName", `"displayName":"A"`, nil, store.Group{DisplayName: "A"}},
		{"with names in any letter case", `"DISPLAYNAME":"A","ExternalID":"B"`, nil, store.Group{DisplayName: "A", ExternalID: "B"}},
		{"with null attributes", `"displayName":"A","externalId":null,"members":null,"@":null,"@:x":null,"nick":null`, nil, store.Group{DisplayName: "A"}},
		{"with what only the server sets (row 22)", `"displayName":"A","id":"x","meta":{"resourceType":"Group","created":1}`, nil, store.Group{DisplayName: "A"}},
		{"with readOnly attributes", `"displayName":"A","@":{"serial":"1","owner":{"score":1}}`, nil, store.Group{DisplayName: "A"}},
		{"with qualified names", `"` + coreURN + `:displayName":"A"`, nil, store.Group{DisplayName: "A"}},
		{"with members", `"displayName":"A","members":[{"value":"ada","display":null,"$ref":null,"type":"User","x":1}]`, nil, store.Group{DisplayName: "A", Members: member(store.Member{Value: "ada", Type: "User"})}},
		{"with a duplicate member, the first counts", `"displayName":"A","members":[{"value":"ada","display":"1"},{"value":"ada","display":"2"}]`, nil, store.Group{DisplayName: "A", Members: member(store.Member{Value: "ada", Display: "1"})}},
		{"with one member that is no list (row 14)", `"displayName":"A","members":{"value":"ada"}`, nil, store.Group{DisplayName: "A", Members: member(store.Member{Value: "ada"})}},
		{"with a bare member (row 15)", `"displayName":"A","members":["ada"]`, nil, store.Group{DisplayName: "A", Members: member(store.Member{Value: "ada"})}},
		{"with an extension", `"displayName":"A","@":{"Domain":"d","tags":"t","owner":{"Name":"n"},"keys":[],"code":null}`, nil,
			store.Group{DisplayName: "A", Extensions: store.Extensions{team: {"domain": "d", "tags": []any{"t"}, "owner": map[string]any{"name": "n"}}}}},
		{"with an empty extension", `"displayName":"A","@":{}`, nil, store.Group{DisplayName: "A"}},
		{"with a qualified attribute of an extension (row 18)", `"displayName":"A","@:domain":"d"`, nil, store.Group{DisplayName: "A", Extensions: store.Extensions{team: {"domain": "d"}}}},
		{"with immutable attributes", `"displayName":"A","@":{"origin":"o"}`, nil, store.Group{DisplayName: "A", Extensions: store.Extensions{team: {"origin": "o"}}}},
		{"with a foreign schema beside its own (row 22)", `"SCHEMAS2":null,"displayName":"A"`, nil, store.Group{DisplayName: "A"}},
		{"with unknown attributes, where they may be", `"displayName":"A","nick":"n","urn:x:Group":{"a":1},"@":{"nick":1,"owner":{"nick":1,"name":"n"}}`, &lenient, store.Group{DisplayName: "A", Extensions: store.Extensions{team: {"owner": map[string]any{"name": "n"}}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := tolerant
			if c.options != nil {
				o = *c.options
			}
			r, err := newCompiler(t, o).Resource(resource(c.attributes))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, r.Group(), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
	for name, schemas := range map[string]string{
		"a second schema":                 `["` + coreURN + `","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"]`,
		"the schema in odd letter case":   `["` + strings.ToUpper(coreURN) + `"]`,
		"the schema of an extension, too": `["` + team + `","` + coreURN + `"]`,
	} {
		if _, err := newCompiler(t, strict).Resource([]byte(`{"schemas":` + schemas + `,"displayName":"A"}`)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNumbersOfAResourceAreExact(t *testing.T) {
	const numbers = `{"budget":0.30000000000000000001,"level":9007199254740993}`
	r, err := newCompiler(t, tolerant).Resource(resource(`"displayName":"A","@":` + numbers))
	if err != nil {
		t.Fatal(err)
	}
	if got := teamJSON(t, r.Group()); got != numbers {
		t.Errorf("got %s, want %s", got, numbers)
	}
}

func TestFaultsOfAResource(t *testing.T) {
	small := options{Options: patch.Options{Limits: patch.Limits{MaxMembers: 1, MaxDepth: 4}}}
	for _, c := range []struct {
		name, body string
		options    *options
		scimType   string
		words      []string
	}{
		{"no body", "", nil, "invalidSyntax", []string{"body"}},
		{"no JSON", `{"schemas":`, nil, "invalidSyntax", nil},
		{"text after the resource", string(resource(`"displayName":"A"`)) + "]", nil, "invalidSyntax", nil},
		{"a list", "[]", nil, "invalidSyntax", nil},
		{"null", "null", nil, "invalidSyntax", nil},
		{"invalid UTF-8", string(resource("\"displayName\":\"\xc3\"")), nil, "invalidSyntax", []string{"UTF-8"}},
		{"NUL", string(resource(`"displayName":"a\u0000"`)), nil, "invalidValue", []string{"U+0000"}},
		{"NUL in an extension", string(resource(`"displayName":"a","@":{"domain":"\u0000"}`)), nil, "invalidValue", []string{"U+0000"}},
		{"NUL in a name", string(resource(`"displayName":"a","\u0000":1`)), nil, "invalidValue", []string{"U+0000"}},
		{"too many levels", string(resource(`"displayName":"A","x":` + strings.Repeat("[", 100_000))), nil, "invalidSyntax", []string{"32 levels"}},
		{"more levels than the bound", string(resource(`"displayName":"A","members":[[[[]]]]`)), &small, "invalidSyntax", []string{"4 levels"}},
		{"more members than the bound", string(resource(`"displayName":"A","members":[{"value":"a"},{"value":"b"}]`)), &small, "invalidValue", []string{"1 members"}},
		{"no schemas", `{"displayName":"A"}`, &strict, "invalidSyntax", []string{"schemas", coreURN}},
		{"null schemas", `{"schemas":null,"displayName":"A"}`, &strict, "invalidSyntax", []string{"schemas", coreURN}},
		{"another schema", `{"schemas":["urn:x"],"displayName":"A"}`, nil, "invalidSyntax", []string{"schemas", coreURN}},
		{"schemas that are no list of strings", `{"schemas":[1],"displayName":"A"}`, nil, "invalidSyntax", []string{"schemas"}},
		{"no displayName", string(resource(`"externalId":"x"`)), nil, "invalidValue", []string{"displayName"}},
		{"a null displayName", string(resource(`"displayName":null`)), nil, "invalidValue", []string{"displayName"}},
		{"an empty displayName", string(resource(`"displayName":""`)), nil, "invalidValue", []string{"displayName"}},
		{"a displayName that is a number", string(resource(`"displayName":1`)), nil, "invalidValue", []string{"displayName"}},
		{"an externalId that is a list", string(resource(`"displayName":"A","externalId":["x"]`)), nil, "invalidValue", []string{"externalId"}},
		{"members that are a boolean", string(resource(`"displayName":"A","members":true`)), nil, "invalidValue", []string{"members"}},
		{"a member without value", string(resource(`"displayName":"A","members":[{"display":"x"}]`)), nil, "invalidValue", []string{"members"}},
		{"a bare member, where none may be", string(resource(`"displayName":"A","members":["x"]`)), &strict, "invalidValue", []string{"members"}},
		{"an unknown attribute (row 19)", string(resource(`"displayName":"A","nick":"x"`)), nil, "invalidSyntax", []string{"nick"}},
		{"an unknown extension", string(resource(`"displayName":"A","urn:x:Group":{"a":1}`)), nil, "invalidSyntax", []string{"urn:x:Group"}},
		{"an unknown attribute of an extension", string(resource(`"displayName":"A","@":{"nick":1}`)), nil, "invalidSyntax", []string{team, "nick"}},
		{"an unknown sub-attribute", string(resource(`"displayName":"A","@":{"owner":{"nick":1}}`)), nil, "invalidValue", []string{"owner", "nick"}},
		{"a sub-attribute at the top", string(resource(`"displayName":"A","members.value":"x"`)), nil, "invalidSyntax", []string{"members.value"}},
		{"a qualified attribute of an extension, where it may not be", string(resource(`"displayName":"A","@:domain":"d"`)), &strict, "invalidSyntax", []string{"domain"}},
		{"an extension that is a string", string(resource(`"displayName":"A","@":"x"`)), nil, "invalidValue", []string{team}},
		{"a value of another type", string(resource(`"displayName":"A","@":{"level":"1"}`)), nil, "invalidValue", []string{"level"}},
		{"a missing required sub-attribute", string(resource(`"displayName":"A","@":{"rooms":[{"floor":1}]}`)), nil, "invalidValue", []string{"rooms.value"}},
		{"two primary values", string(resource(`"displayName":"A","@":{"contacts":[{"value":"a","primary":true},{"value":"b","primary":true}]}`)), nil, "invalidValue", []string{"contacts"}},
		{"a duplicate name in another letter case", string(resource(`"displayName":"A","DisplayName":"B"`)), nil, "invalidSyntax", []string{"displayName", "duplicate"}},
		{"duplicate members in another letter case", string(resource(`"displayName":"A","members":[],"Members":[{"value":"x"}]`)), nil, "invalidSyntax", []string{"members", "duplicate"}},
		{"duplicate schemas in another letter case", string(resource(`"displayName":"A","Schemas":["urn:x"]`)), nil, "invalidSyntax", []string{"schemas"}},
		{"a duplicate extension in another letter case", string(resource(`"displayName":"A","@":{"domain":"a"},"` + strings.ToUpper(team) + `":{"code":"b"}`)), nil, "invalidSyntax", []string{team, "duplicate"}},
		{"a duplicate attribute of an extension in another letter case", string(resource(`"displayName":"A","@":{"domain":"a","Domain":"b"}`)), nil, "invalidSyntax", []string{"domain", "duplicate"}},
		{"a duplicate attribute of an extension, once qualified", string(resource(`"displayName":"A","@":{"domain":"a"},"@:domain":"b"`)), nil, "invalidSyntax", []string{"domain", "duplicate"}},
		{"a duplicate sub-attribute in another letter case", string(resource(`"displayName":"A","@":{"owner":{"name":"a","Name":"b"}}`)), nil, "invalidSyntax", []string{"owner.name", "duplicate"}},
		{"an extension that lacks a required attribute", string(resource(`"displayName":"A","` + audit + `":{"by":"b","reviewers":["x"]}`)), nil, "invalidValue", []string{audit + ":reason"}},
		{"an extension with an empty required attribute", string(resource(`"displayName":"A","` + audit + `":{"reason":"","reviewers":["x"]}`)), nil, "invalidValue", []string{audit + ":reason"}},
		{"an extension with an empty required list", string(resource(`"displayName":"A","` + audit + `":{"reason":"r","reviewers":[]}`)), nil, "invalidValue", []string{audit + ":reviewers"}},
	} {
		t.Run(c.name+" is a fault", func(t *testing.T) {
			o := tolerant
			if c.options != nil {
				o = *c.options
			}
			_, err := newCompiler(t, o).Resource([]byte(c.body))
			checkFault(t, err, c.scimType, c.words...)
		})
	}
}

func TestMissingSchemasOfAResource(t *testing.T) {
	// Rows 20 and 21.
	for schemas, quirk := range map[string]patch.Quirks{
		``: patch.MissingSchemas, `"schemas":null,`: patch.MissingSchemas,
		`"schemas":["urn:scim:schemas:core:1.0"],`: patch.ForeignSchemas, `"schemas":["urn:scim:schemas:core:2.0"],`: patch.ForeignSchemas,
	} {
		if _, err := newCompiler(t, only(quirk)).Resource([]byte(`{` + schemas + `"displayName":"A"}`)); err != nil {
			t.Errorf("with the quirk: %s %v", schemas, err)
		}
		_, err := newCompiler(t, only(patch.Lenient&^quirk)).Resource([]byte(`{` + schemas + `"displayName":"A"}`))
		checkFault(t, err, "invalidSyntax", "schemas")
	}
}

func TestARequiredExtensionMustBePresent(t *testing.T) {
	c := tolerant.compiler(newTable(t, true))
	_, err := c.Resource(resource(`"displayName":"A"`))
	checkFault(t, err, "invalidValue", audit+":reason")
	if _, err := c.Resource(resource(`"displayName":"A","` + audit + `":{"reason":"r","reviewers":["x"]}`)); err != nil {
		t.Error(err)
	}
}

func TestAResourceReplacesAGroup(t *testing.T) {
	keep, bounded := options{Options: patch.Options{KeepMembersOnPut: true}, Request: patch.Request{Quirks: patch.Default}}, options{Options: patch.Options{Limits: patch.Limits{MaxClear: 2}}, Request: patch.Request{Quirks: patch.Default}}
	before := engineers()
	before.Extensions = store.Extensions{team: {"origin": "o", "serial": "s", "domain": "d", "tags": []any{"t"}, "owner": map[string]any{"name": "n"}}}
	const kept = `{"origin":"o","serial":"s"}`
	for _, c := range []struct {
		name, attributes string
		options          *options
		core, extension  string // "" if it is an error
		scimType         string
		words            []string
	}{
		{"what it does not have is cleared", `"displayName":"A"`, nil, "A ", kept, "", nil},
		{"null members clear (row 35)", `"displayName":"A","members":null`, nil, "A ", kept, "", nil},
		{"an empty list of members clears (row 35)", `"displayName":"A","members":[]`, nil, "A ", kept, "", nil},
		{"members become those that it has", `"displayName":"A","members":[{"value":"ada"},{"value":"eve"}]`, nil, "A  ada:User:Ada eve::", kept, "", nil},
		{"the same members stay as they are", `"displayName":"Engineers","externalId":"e-1","members":[{"value":"ops"},{"value":"ada"},{"value":"bob"}]`, nil, engineersText, kept, "", nil},
		{"KeepMembersOnPut: absent members stay", `"displayName":"A"`, &keep, "A  ada:User:Ada bob:User:Bob ops:Group:", kept, "", nil},
		{"KeepMembersOnPut: an empty list clears", `"displayName":"A","members":[]`, &keep, "A ", kept, "", nil},
		{"another id is ignored", `"displayName":"A","id":"g2"`, nil, "A ", kept, "", nil},
		{"readOnly attributes are ignored and stay", `"displayName":"A","@":{"serial":"other"}`, nil, "A ", kept, "", nil},
		{"the same immutable value is fine", `"displayName":"A","@":{"origin":"o"}`, nil, "A ", kept, "", nil},
		{"another immutable value is refused", `"displayName":"A","@":{"origin":"p"}`, nil, "", "", "mutability", []string{"origin"}},
		{"an immutable attribute without a value gets one", `"displayName":"A","@":{"roots":["r"]}`, nil, "A ", `{"origin":"o","serial":"s","roots":["r"]}`, "", nil},
		{"attributes of the extension are replaced", `"displayName":"A","@":{"tags":["u"]}`, nil, "A ", `{"origin":"o","serial":"s","tags":["u"]}`, "", nil},
		{"MaxClear: members are replaced", `"displayName":"A","members":[{"value":"ada"}]`, &bounded, "A  ada:User:Ada", kept, "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := tolerant
			if c.options != nil {
				o = *c.options
			}
			r, err := newCompiler(t, o).Resource(resource(c.attributes))
			if err != nil {
				t.Fatal(err)
			}
			after, err := change(r.Replace(), before.Clone())
			if c.core == "" {
				checkFault(t, err, c.scimType, c.words...)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(after); got != c.core {
				t.Errorf("got %q, want %q", got, c.core)
			}
			if got, want := teamJSON(t, after), teamJSON(t, withTeam(t, c.extension)); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
	t.Run("immutable and readOnly sub-attributes of a complex attribute stay", func(t *testing.T) {
		before := withTeam(t, `{"owner":{"name":"n","hired":"h","score":1}}`)
		r, err := newCompiler(t, tolerant).Resource(resource(`"displayName":"A","@":{"owner":{"name":"m","hired":"i"}}`))
		if err != nil {
			t.Fatal(err)
		}
		if after, err := change(r.Replace(), before.Clone()); err == nil {
			t.Errorf("hired, which is immutable, was changed: %s", teamJSON(t, after))
		}
		if r, err = newCompiler(t, tolerant).Resource(resource(`"displayName":"A","@":{"owner":{"name":"m"}}`)); err != nil {
			t.Fatal(err)
		}
		after, err := change(r.Replace(), before.Clone())
		if want := `{"owner":{"hired":"h","name":"m","score":1}}`; err != nil || teamJSON(t, after) != want {
			t.Errorf("got %s, want %s (%v)", teamJSON(t, after), want, err)
		}
	})
	t.Run("MaxClear bounds a PUT without members", func(t *testing.T) {
		for _, attributes := range []string{`"displayName":"A"`, `"displayName":"A","members":[]`} {
			r, err := newCompiler(t, bounded).Resource(resource(attributes))
			if err != nil {
				t.Fatal(err)
			}
			edits, err := applyTo(r.Replace(), &store.Group{})
			want := store.MemberEdits{{Op: store.ClearMembers, Max: 2}}
			if diff := cmp.Diff(want, edits); err != nil || diff != "" {
				t.Error(err, diff)
			}
		}
	})
}

func TestAResourceSharesNoMemory(t *testing.T) {
	r, err := newCompiler(t, tolerant).Resource(resource(`"displayName":"A","members":["ada","bob"],"@":{"tags":["t"],"owner":{"name":"n"}}`))
	if err != nil {
		t.Fatal(err)
	}
	first := r.Group()
	want := first.Clone()
	scribble(first.Extensions)
	first.Members[0].Value = "changed"
	r.Members()[1].Value = "changed"
	if diff := cmp.Diff(want, r.Group()); diff != "" {
		t.Error(diff)
	}
	edit := r.Replace()
	head := store.Group{ID: "g1"}
	if _, err := applyTo(edit, &head); err != nil {
		t.Fatal(err)
	}
	scribble(head.Extensions)
	again := store.Group{ID: "g1"}
	if _, err := applyTo(edit, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Extensions, again.Extensions); diff != "" {
		t.Error(diff)
	}
}

func TestSuppliedOfAResource(t *testing.T) {
	table := newTable(t, false)
	c := tolerant.compiler(table)
	note := table.Lookup(team + ":note")
	for attributes, want := range map[string]bool{`"displayName":"A","@":{"note":"n"}`: true, `"displayName":"A","@:note":"n"`: true, `"displayName":"A"`: false, `"displayName":"A","@":{"note":null}`: false} {
		r, err := c.Resource(resource(attributes))
		if err != nil || r.Supplied(note) != want || r.Replace().Supplied(note) != want {
			t.Errorf("%s: %v", attributes, err)
		}
	}
}

func TestEveryFaultOfAResourceIsAScimError(t *testing.T) {
	_, err := newCompiler(t, tolerant).Resource([]byte(`{"schemas":["` + coreURN + `"],"displayName":"A","` + team + `":{"badge":"?"}}`))
	var se scimerrors.ScimError
	if !errors.As(err, &se) || se.Status != 400 {
		t.Errorf("got %v", err)
	}
}

// scribble changes every value that it can reach.
func scribble(v any) {
	switch v := v.(type) {
	case store.Extensions:
		for _, attributes := range v {
			scribble(attributes)
		}
	case map[string]any:
		for name, item := range v {
			scribble(item)
			v[name] = "scribbled"
		}
		v["scribbled"] = true
	case []any:
		for i, item := range v {
			scribble(item)
			v[i] = "scribbled"
		}
	}
}
