package filter_test

import (
	"errors"
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/google/go-cmp/cmp"

	"github.com/scimgroups/scimgroups/filter"
)

func TestPathsAreResolved(t *testing.T) {
	table := newTable(t, true)
	for _, test := range []struct{ name, text, want string }{
		{"an attribute", `DisplayName`, `displayName`},
		{"a sub-attribute", `members.VALUE`, `members.value`},
		{"a URN in front", `urn:ietf:params:scim:schemas:core:2.0:Group:members`, `members`},
		{"a URN with dots and a sub-attribute", `X:address.city`, `X:address.city`},
		{"an extension attribute without its URN", `address.city`, `X:address.city`},
		{"the bare URN of an extension", strings.ToUpper(extensionURN), extensionURN},
		{"a value filter", `members[value eq"x"]`, `members[value eq "x"]`},
		{"a value filter and a sub-attribute", `members[value eq "x" or type pr].display`, `members[value eq "x" or type pr].display`},
		{"a value filter over simple values", `X:tags[value sw "a"]`, `X:tags[value sw "a"]`},
		{"a value filter over one object", `X:address[city eq "Paris"].lines`, `X:address[city eq "Paris"].lines`},
		{"a URN in front of a value filter", `urn:ietf:params:scim:schemas:core:2.0:Group:members[$ref pr]`, `members[$ref pr]`},
		{"spaces around", " displayName ", `displayName`},
	} {
		t.Run(test.name, func(t *testing.T) {
			path, err := table.Path(office(test.text), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := path.String(); got != office(test.want) {
				t.Errorf("got %s, want %s", got, office(test.want))
			}
		})
	}
}

func TestTheFilterOfAPathIsOverElements(t *testing.T) {
	path, err := testTable(t).Path(`members[value eq "x" and not (type eq "group")].display`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if path.Attribute.Name != "members" || path.Sub.Name != "display" {
		t.Errorf("got %v %v", path.Attribute, path.Sub)
	}
	if !path.Where.Match(filter.JSONObject{"value": "x", "type": "User"}) {
		t.Error("does not match the element")
	}
	if path.Where.Match(filter.JSONObject{"value": "x", "type": "Group"}) {
		t.Error("matches another element")
	}
	if set, ok := path.Where.Values(path.Attribute.SubAttribute("value")); !ok || !cmp.Equal(set, []string{"x"}) {
		t.Errorf("got values %v %v", set, ok)
	}
}

func TestBadPathsAreInvalidPathsAndBadFiltersInvalidFilters(t *testing.T) {
	table := testTable(t)
	const invalidPath, invalidFilter = scimerrors.ScimTypeInvalidPath, scimerrors.ScimTypeInvalidFilter
	for _, test := range []struct {
		name, text string
		offset     int
		scimType   scimerrors.ScimType
		unknown    bool
	}{
		{"an empty path", ``, 0, invalidPath, false},
		{"an unknown attribute", `userName`, 0, invalidPath, true},
		{"an unknown sub-attribute", `members.foo`, 0, invalidPath, true},
		{"an unknown sub-attribute behind brackets", `members[value pr].foo`, 18, invalidPath, true},
		{"a sub-attribute of simple values", `X:tags[value pr].value`, len(extensionURN) + 16, invalidPath, true},
		{"an unknown schema", `urn:x:2.0:User:userName`, 0, invalidPath, true},
		{"the core URN alone", `urn:ietf:params:scim:schemas:core:2.0:Group`, 0, invalidPath, false},
		{"a URN that ends in a colon", `X:`, 0, invalidPath, false},
		{"brackets after a URN", extensionURN + `[value pr]`, 0, invalidPath, false},
		{"an invalid name", `members.`, 0, invalidPath, false},
		{"a space inside", `members value`, 8, invalidPath, false},
		{"a slash in front", `/members`, 0, invalidPath, false},
		{"text after brackets", `members[value pr]x`, 17, invalidPath, false},
		{"a second value filter", `members[value pr][value pr]`, 17, invalidPath, false},
		{"nothing after the dot", `members[value pr].`, 18, invalidPath, false},
		{"a bracket that is not closed", `members[value pr`, 16, invalidPath, false},
		{"brackets after a simple attribute", `displayName[value pr]`, 0, invalidPath, false},
		{"brackets after a sub-attribute", `members.value[value pr]`, 0, invalidPath, false},
		{"empty brackets", `members[]`, 8, invalidFilter, false},
		{"a value filter without a value", `members[value eq]`, 16, invalidFilter, false},
		{"a value filter that ends early", `members[value eq`, 16, invalidFilter, false},
		{"an unknown operator in brackets", `members[value is "x"]`, 14, invalidFilter, false},
		{"an unknown sub-attribute in brackets", `members[foo eq "x"]`, 8, invalidFilter, true},
		{"a value of a wrong type in brackets", `members[value eq 5]`, 17, invalidFilter, false},
		{"two terms without a connective", `members[value pr type pr]`, 17, invalidFilter, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := table.Path(office(test.text), nil)
			var e *filter.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an Error", err)
			}
			if e.Offset != test.offset || e.Unknown != test.unknown {
				t.Errorf("got offset %d, unknown %v, want %d, %v: %v", e.Offset, e.Unknown, test.offset, test.unknown, err)
			}
			wantScimError(t, err, test.scimType)
		})
	}
}

func TestPathsAreLimitedAsFiltersAre(t *testing.T) {
	table := testTable(t)
	for _, text := range []string{
		"members[" + strings.Repeat("(", 100), strings.Repeat("m", 20_000), "members[" + strings.Repeat("value pr or ", 257) + "value pr]",
	} {
		var e *filter.Error
		if _, err := table.Path(text, nil); !errors.As(err, &e) {
			t.Errorf("%.20s…: got %v, want an Error", text, err)
		}
	}
}
