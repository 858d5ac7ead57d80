package patch_test

import (
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/patch"
)

// Only the client knows which of the values counts. Using one of them would silently lose
// the other.
func TestDuplicateNamesAreRefused(t *testing.T) {
	compiler := newCompiler(t, tolerant)
	operation := func(text string) (err error) { _, err = compiler.Patch(patchOp(text)); return err }
	message := func(text string) (err error) { _, err = compiler.Patch([]byte(text)); return err }
	group := func(attributes string) (err error) { _, err = compiler.Resource(resource(attributes)); return err }
	merge := func(text string) (err error) { _, err = compileMerge(t, compiler, text); return err }
	const schemas = `"schemas":["` + patch.PatchOpSchema + `"]`
	for _, c := range []struct {
		name    string
		compile func(text string) error
		text    string // @ stands for the URN of team
		word    string
	}{
		{"members in the value of an add", operation, `{"op":"add","value":{"members":[{"value":"a"}],"members":[{"value":"b"}]}}`, "members"},
		{"members in the value of a replace, in another letter case", operation, `{"op":"replace","value":{"members":[{"value":"a"}],"Members":[{"value":"b"}]}}`, "members"},
		{"members in the value of a remove", operation, `{"op":"remove","value":{"members":[{"value":"a"}],"members":[{"value":"b"}]}}`, "members"},
		{"members in the value of a remove with a path", operation, `{"op":"remove","path":"members","value":{"members":[{"value":"a"}],"members":[{"value":"b"}]}}`, "members"},
		{"a name that is escaped once", operation, `{"op":"add","value":{"members":[{"value":"a"}],"\u006dembers":[{"value":"b"}]}}`, "members"},
		{"displayName in the value of an add", operation, `{"op":"add","value":{"displayName":"A","displayName":"A"}}`, "displayName"},
		{"an extension in the value of an add", operation, `{"op":"add","value":{"@":{"domain":"a"},"@":{"code":"b"}}}`, team},
		{"an attribute in the object of an extension", operation, `{"op":"add","value":{"@":{"tags":["a"],"tags":["b"]}}}`, "tags"},
		{"an attribute in the object of an extension that the path names", operation, `{"op":"replace","path":"@","value":{"tags":["a"],"tags":["b"]}}`, "tags"},
		{"an attribute that a remove of an extension names", operation, `{"op":"remove","path":"@","value":{"tags":["a"],"tags":["b"]}}`, "tags"},
		{"an attribute in the object of its extension and beside it", operation, `{"op":"add","value":{"@":{"domain":"a"},"@:domain":"b"}}`, "domain"},
		{"a sub-attribute of an object", operation, `{"op":"add","path":"@:owner","value":{"name":"a","name":"b"}}`, "owner.name"},
		{"a sub-attribute of an object that a remove names", operation, `{"op":"remove","path":"@:owner","value":{"roles":["a"],"roles":["b"]}}`, "owner.roles"},
		{"a sub-attribute of an element", operation, `{"op":"add","path":"@:contacts","value":[{"value":"a"},{"value":"b","value":"c"}]}`, "contacts.value"},
		{"a sub-attribute of an element, in another letter case", operation, `{"op":"add","path":"@:contacts","value":[{"value":"b","VALUE":"c"}]}`, "contacts.value"},
		{"a sub-attribute of a selected element", operation, `{"op":"add","path":"@:contacts[value eq \"a\"]","value":{"type":"b","type":"c"}}`, "contacts.type"},
		{"a sub-attribute of a member", operation, `{"op":"add","path":"members","value":[{"value":"a","value":"b"}]}`, "value"},
		{"a sub-attribute of a selected member", operation, `{"op":"add","path":"members[value eq \"a\"]","value":{"display":"b","display":"c"}}`, "display"},
		{"a part of an operation", operation, `{"op":"add","path":"members","value":[{"value":"a"}],"value":[{"value":"b"}]}`, "value"},
		{"Operations", message, `{` + schemas + `,"Operations":[{"op":"remove","path":"externalId"}],"Operations":[{"op":"remove","path":"members"}]}`, "Operations"},
		{"schemas", message, `{` + schemas + `,` + schemas + `,"Operations":[{"op":"remove","path":"externalId"}]}`, "schemas"},

		{"members of a group", group, `"displayName":"A","members":[{"value":"a"}],"members":[{"value":"b"}]`, "members"},
		{"an attribute of an extension of a group", group, `"displayName":"A","@":{"tags":["a"],"tags":["b"]}`, "tags"},
		{"an attribute of an extension of a group that is null once", group, `"displayName":"A","@":{"code":"a","code":null}`, "code"},
		{"an attribute in the object of its extension, null, and beside it", group, `"displayName":"A","@":{"code":null},"@:code":"a"`, "code"},
		{"a sub-attribute of an extension of a group", group, `"displayName":"A","@":{"owner":{"name":"a","name":"b"}}`, "owner.name"},
		{"a sub-attribute of an element of a group", group, `"displayName":"A","@":{"contacts":[{"value":"a","value":"b"}]}`, "contacts.value"},

		{"members of a merge", merge, `{"members":[{"value":"a"}],"members":[{"value":"b"}]}`, "members"},
		{"displayName of a merge", merge, `{"displayName":"A","displayName":"A"}`, "displayName"},
		{"displayName of a merge that clears it", merge, `{"displayName":"A","displayName":"B","meta":{"attributes":["displayName"]}}`, "displayName"},
		{"meta of a merge", merge, `{"meta":{"attributes":["members"]},"meta":{"attributes":["externalId"]}}`, "meta"},
		{"meta.attributes of a merge", merge, `{"meta":{"attributes":["members"],"attributes":["externalId"]}}`, "attributes"},
		{"the operation of a member", merge, `{"members":[{"value":"a","operation":"delete","operation":"delete"}]}`, "operation"},
		{"an attribute of an extension of a merge", merge, `{"@":{"tags":["a"],"tags":["b"]}}`, "tags"},
		{"an attribute of a merge in the object of its extension and beside it", merge, `{"@":{"tags":["a"]},"@:tags":["b"]}`, "tags"},
		{"the value of an element of a merge", merge, `{"@":{"contacts":[{"value":"a","value":"b"}]}}`, "contacts.value"},
		{"the value of an element to delete", merge, `{"@":{"tags":[{"value":"a","value":"b","operation":"delete"}]}}`, "tags.value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkFault(t, c.compile(strings.ReplaceAll(c.text, "@", team)), "invalidSyntax", c.word, "duplicate")
		})
	}
}

func TestNamesAreDuplicatesInOneObjectOnly(t *testing.T) {
	_, err := newCompiler(t, tolerant).Patch(patchOp(strings.ReplaceAll(`{"op":"add","value":{"@":{"tags":["a"]}}},{"op":"add","value":{"@":{"tags":["b"]}}},
		{"op":"add","path":"@","value":{"tags":["c"],"contacts":[{"value":"a"},{"value":"b"}]}},{"op":"add","path":"@","value":{"tags":["d"]}}`, "@", team)))
	if err != nil {
		t.Error(err)
	}
}

func TestUnmarshalRefusesDuplicateNames(t *testing.T) {
	type part struct{ Name, hidden string }
	var v struct {
		Filter *string
		Part   part
		Parts  []*part
		Raw    any
	}
	_ = v.Part.hidden
	c := newCompiler(t, strict)
	for word, body := range map[string]string{
		"filter": `{"filter":"a","filter":"b"}`,
		"Filter": `{"filter":"a","Filter":"b"}`,
		"name":   `{"part":{"name":"a","name":"b"}}`,
		"NAME":   `{"parts":[{"name":"a"},null,{"name":"a","NAME":null}]}`,
		"parts":  `{"parts":[{"name":"a"}],"parts":[]}`,
	} {
		_, err := c.Unmarshal([]byte(body), "", &v)
		checkFault(t, err, "invalidSyntax", word, "duplicate")
	}
	// What is kept as it is must be checked by its reader.
	if _, err := c.Unmarshal([]byte(`{"raw":{"name":"a","name":"b"},"part":{"name":"a"},"parts":[{"name":"a"},{"name":"b"}]}`), "", &v); err != nil {
		t.Error(err)
	}
}
