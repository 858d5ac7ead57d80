package filter_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/filter"
)

func TestComparisonsAndAttributes(t *testing.T) {
	table := newTable(t, true)
	for text, want := range map[string]struct{ comparisons, attributes string }{
		`id pr`: {"id pr", "id"},
		`id pr and not (members[value eq "x" or type pr].display co "y")`: {
			"id pr, members.value eq, members.type pr, members.display co",
			"id, members, members.value, members.type, members.display"},
		`X:open eq true or (id pr and id eq "x")`:      {"X:open eq, id pr, id eq", "X:open, id, id"},
		`members[unknown ne "x"] and unknown eq "x"`:   {"", ""}, // false
		`members[unknown ne "x"] and not (unknown pr)`: {"", "members"},
	} {
		f, err := table.Filter(office(text), &filter.Options{UnknownIsAbsent: true})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var comparisons, attributes []string
		for c := range f.Comparisons() {
			comparisons = append(comparisons, c.Attribute.String()+" "+c.Op.String())
		}
		for a := range f.Attributes() {
			attributes = append(attributes, a.String())
		}
		if got := strings.Join(comparisons, ", "); got != office(want.comparisons) {
			t.Errorf("%s: comparisons are %s", text, got)
		}
		if got := strings.Join(attributes, ", "); got != office(want.attributes) {
			t.Errorf("%s: attributes are %s", text, got)
		}
		for range f.Comparisons() {
			break
		}
		for range f.Attributes() {
			break
		}
	}
	var none *filter.Filter
	for range none.Comparisons() {
		t.Error("a nil Filter has a comparison")
	}
	for range none.Attributes() {
		t.Error("a nil Filter has an attribute")
	}
}

func TestAllOfAndAnyOfKeepTheInvariants(t *testing.T) {
	table := testTable(t)
	is := func(id string) filter.Node {
		c, err := filter.NewCompare(table.Lookup("id"), filter.Eq, id)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	a, b, c := is("a"), is("b"), is("c")
	const yes, no = filter.Constant(true), filter.Constant(false)
	for _, test := range []struct {
		got  filter.Node
		want string
	}{
		{filter.AllOf(), `true`},
		{filter.AnyOf(), `false`},
		{filter.AllOf(a), `id eq "a"`},
		{filter.AnyOf(a), `id eq "a"`},
		{filter.AllOf(a, yes, b), `id eq "a" and id eq "b"`},
		{filter.AnyOf(a, no, b), `id eq "a" or id eq "b"`},
		{filter.AllOf(a, no), `false`},
		{filter.AnyOf(a, yes), `true`},
		{filter.AllOf(filter.AllOf(a, b), filter.AnyOf(b, c)), `id eq "a" and id eq "b" and (id eq "b" or id eq "c")`},
		{filter.AnyOf(filter.AllOf(a, b), filter.AnyOf(b, c)), `id eq "a" and id eq "b" or id eq "b" or id eq "c"`},
	} {
		if got := filter.New(test.got).String(); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
	if terms, ok := filter.AllOf(filter.AllOf(a, b), c).(filter.And); !ok || len(terms) != 3 {
		t.Errorf("a conjunction in a conjunction: %v", terms)
	}
	if terms, ok := filter.AnyOf(a, filter.AnyOf(b, c)).(filter.Or); !ok || len(terms) != 3 {
		t.Errorf("a disjunction in a disjunction: %v", terms)
	}
}

func TestPrimary(t *testing.T) {
	primary := map[string]any{"value": "p", "primary": true}
	for _, test := range []struct {
		list []any
		want int
	}{
		{nil, -1},
		{[]any{"a", "b"}, 0},
		{[]any{"a", primary, primary}, 1},
		{[]any{map[string]any{"primary": "true"}, map[string]any{"primary": false}, primary}, 2},
		{[]any{map[string]any{"primary": []any{}}}, 0},
	} {
		if got := filter.Primary(test.list); got != test.want {
			t.Errorf("%v: got %d, want %d", test.list, got, test.want)
		}
	}
	if slices.ContainsFunc([]any{nil, true, []any{true}, map[string]any(nil)}, filter.IsPrimary) {
		t.Error("what is no object is primary")
	}
}
