package patch_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
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

// vector is one case of the *.patch.json files in the folder that the environment
// variable SCIM_VECTORS names.
type vector struct {
	Source, Name, Schema string
	Resource             map[string]json.RawMessage
	Request              json.RawMessage
	Expect               map[string]any
	Error                *struct{ Status int }
}

// contradictions are vectors that the RFC contradicts: name → section.
var contradictions = map[string]string{
	"SCIM PATCH add ADD: on array attribute when 'path' is absent & value is array should append all values": "RFC 7643 §2.4: primary is true no more than once",
	"PatchTargetHandlerTest.testRemoveAssignedImmutableOnMultiValuedComplexType":                             "RFC 7644 §3.5.2: a client must not modify an immutable attribute",
	"PatchTargetHandlerTest.testRemoveAssignedImmutableOnMultiValuedComplexSubType":                          "RFC 7644 §3.5.2: a client must not modify an immutable attribute",
	"PatchTargetHandlerTest.testChangeImmutableUnassignedOnComplexType":                                      "RFC 7644 §3.5.2: a client must not modify an immutable attribute",
}

// undefined are vectors that name an attribute which is missing from their
// schema, since no resource of theirs has a value for it. They run with unknown
// attributes ignored.
var undefined = map[string]bool{
	"PatchOpTestCase.testApplyEmptyArray":                           true,
	"PatchOpTestCase.testApplyingScimResources":                     true,
	"test_patch_remove_on_immutable_field_without_value_is_allowed": true,
}

func TestPatchesOfTheVectorsGiveTheSameResources(t *testing.T) {
	folder := os.Getenv("SCIM_VECTORS")
	if folder == "" {
		t.Skip("set SCIM_VECTORS to run this test")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.patch.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors in %s: %v", folder, err)
	}
	for _, file := range files {
		var vectors []vector
		readJSON(t, file, &vectors)
		for _, v := range vectors {
			t.Run(v.Name, func(t *testing.T) {
				if section, ok := contradictions[v.Name]; ok {
					t.Skip("contradicts ", section)
				}
				runVector(t, vectorTable(t, folder, v.Schema), &v)
			})
		}
	}
}

func runVector(t *testing.T, table *filter.Table, v *vector) {
	o := options{Request: patch.Request{Quirks: patch.Default}}
	if strings.Contains(v.Name, "G7 - caseExact-aware") {
		o.CanonicalMember = strings.ToLower
		o.Rewrite = func(c *filter.Compare) filter.Node {
			if c.Attribute != table.Lookup("members.value") {
				return c
			}
			lower, err := filter.NewCompare(c.Attribute, c.Op, strings.ToLower(c.Literal.Text()))
			if err != nil {
				t.Fatal(err)
			}
			return lower
		}
	}
	if undefined[v.Name] {
		o.Quirks |= patch.UnknownAttributes
	}
	g := groupOf(t, v.Resource)
	edit, err := o.compiler(table).Patch(v.Request)
	if err == nil {
		var edits store.MemberEdits
		if edits, err = applyTo(edit, &g); err == nil {
			g.Members, _, err = adapter.ApplyEdits(g.Members, edits)
		}
	}
	if v.Error != nil {
		var se scimerrors.ScimError
		if !errors.As(err, &se) || se.Status != v.Error.Status {
			t.Fatalf("%s\n%s: got %v, want an error with status %d", v.Source, v.Request, err, v.Error.Status)
		}
		return
	}
	if err != nil {
		t.Fatalf("%s\n%s: %v", v.Source, v.Request, err)
	}
	if diff := cmp.Diff(comparable(v.Expect), comparable(mapOf(t, &g))); diff != "" {
		t.Errorf("%s\n%s: (-want +got)\n%s", v.Source, v.Request, diff)
	}
}

// groupOf makes a group of a resource of the vectors.
func groupOf(t *testing.T, resource map[string]json.RawMessage) store.Group {
	t.Helper()
	var g store.Group
	extensions := make(map[string]json.RawMessage)
	for name, raw := range resource {
		var err error
		switch name {
		case "schemas", "meta":
		case "id":
			err = json.Unmarshal(raw, &g.ID)
		case "displayName":
			err = json.Unmarshal(raw, &g.DisplayName)
		case "externalId":
			err = json.Unmarshal(raw, &g.ExternalID)
		case "members":
			var members []struct {
				Value, Type, Display string
				Ref                  string `json:"$ref"`
			}
			err = json.Unmarshal(raw, &members)
			for _, m := range members {
				g.Members = append(g.Members, store.Member{Value: m.Value, Type: m.Type, Display: m.Display, Ref: m.Ref})
			}
		default:
			extensions[name] = raw
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b, err := json.Marshal(extensions)
	if err != nil {
		t.Fatal(err)
	}
	if g.Extensions, err = adapter.UnmarshalExtensions(b); err != nil {
		t.Fatal(err)
	}
	return g
}

func mapOf(t *testing.T, g *store.Group) map[string]any {
	t.Helper()
	m := map[string]any{"id": g.ID, "displayName": g.DisplayName, "externalId": g.ExternalID}
	var members []any
	for _, member := range g.Members {
		members = append(members, map[string]any{"value": member.Value, "type": member.Type,
			"display": member.Display, "$ref": member.Ref})
	}
	m["members"] = members
	for urn, attributes := range g.Extensions {
		m[urn] = attributes
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// comparable drops meta, schemas, the order of lists and everything that is unassigned.
func comparable(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any)
		for name, item := range v {
			if name == "meta" || name == "schemas" {
				continue
			}
			if item = comparable(item); item != nil && item != "" {
				out[name] = item
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	case []any:
		type keyed struct {
			key  string
			item any
		}
		var items []keyed
		for _, item := range v {
			if item = comparable(item); item != nil {
				b, _ := json.Marshal(item)
				items = append(items, keyed{string(b), item})
			}
		}
		if len(items) == 0 {
			return nil
		}
		sort.Slice(items, func(i, j int) bool { return items[i].key < items[j].key })
		out := make([]any, len(items))
		for i := range items {
			out[i] = items[i].item
		}
		return out
	}
	return v
}

func vectorTable(t *testing.T, folder, name string) *filter.Table {
	t.Helper()
	d := filter.Definition{Core: store.Schema()}
	if name != "group" {
		var file struct {
			Extension       schema.Schema
			OtherExtensions []schema.Schema
		}
		readJSON(t, filepath.Join(folder, "schemas", name+".json"), &file)
		for _, s := range append([]schema.Schema{file.Extension}, file.OtherExtensions...) {
			d.Extensions = append(d.Extensions, filter.Extension{Schema: s})
		}
	}
	table, err := filter.NewTable(d)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
