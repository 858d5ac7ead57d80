package patch_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// Clients that convert members to text must not replace the members of a group by that
// text, nor be told that members were removed.
func TestTextThatLooksLikeJSONIsNeverAMember(t *testing.T) {
	a, b := store.Member{Value: "a"}, store.Member{Value: "b"}
	for name, row := range map[string]struct {
		op, text string
		want     []string // nil: refused
	}{
		"replace by a list":              {"replace", `[{"value":"c"}]`, []string{"c"}},
		"add a list":                     {"add", `[{"value":"c"}]`, []string{"a", "b", "c"}},
		"remove a list":                  {"remove", `[{"value":"b"}]`, []string{"a"}},
		"replace by an object":           {"replace", ` {"value": "c"} `, []string{"c"}},
		"add bare members in text":       {"add", `["c"]`, []string{"a", "b", "c"}},
		"replace by an empty list":       {"replace", `[]`, []string{}},
		"remove an empty list":           {"remove", `[]`, []string{"a", "b"}},
		"replace by null":                {"replace", `null`, nil},
		"replace by true":                {"replace", `true`, nil},
		"remove false":                   {"remove", `false`, nil},
		"add an empty object":            {"add", `{}`, nil},
		"add what begins like a list":    {"add", `[]x`, nil},
		"add what begins like an object": {"add", `{"value":"c"`, nil},
		"add text in text":               {"add", `["[\"c\"]"]`, nil},
		"add a number in text":           {"add", `17`, []string{"17", "a", "b"}},
		"add an id in braces":            {"add", `{3F2504E0-4F89-11D3-9A0C-0305E82C3301}`, []string{"a", "b", "{3F2504E0-4F89-11D3-9A0C-0305E82C3301}"}},
		"add a word like a literal":      {"add", `nullify`, []string{"a", "b", "nullify"}},
	} {
		t.Run(name, func(t *testing.T) {
			quoted, err := json.Marshal(row.text)
			if err != nil {
				t.Fatal(err)
			}
			for _, value := range []string{string(quoted), `[` + string(quoted) + `]`} {
				if value[0] == '[' && row.text[0] == '[' {
					continue // a list in a list has no meaning
				}
				body := patchOp(`{"op":"` + row.op + `","path":"members","value":` + value + `}`)
				edit, err := newCompiler(t, tolerant).Patch(body)
				if row.want == nil {
					checkFault(t, err, "invalidValue", "members")
					continue
				}
				if err != nil {
					t.Fatalf("%s: %v", value, err)
				}
				after, _, err := adapter.ApplyEdits([]store.Member{a, b}, edit.Update(nil).Members)
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, m := range after {
					got = append(got, m.Value)
				}
				if !slices.Equal(got, row.want) {
					t.Errorf("%s: the members are %q, want %q", value, got, row.want)
				}
			}
			if looks := row.text[0] == '[' || row.text[0] == '{' && row.text[1] != '3'; looks {
				_, err := newCompiler(t, only(patch.Default&^patch.TextMembers)).Patch(patchOp(
					`{"op":"` + row.op + `","path":"members","value":` + string(quoted) + `}`))
				checkFault(t, err, "invalidValue", "members")
			}
		})
	}
}
