package filter_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"slices"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/schema"
	fp "github.com/scim2/filter-parser/v2"

	"github.com/scimgroups/scimgroups/filter"
)

// newGroupTable returns the table of the core schema of groups.
func newGroupTable() *filter.Table {
	table, err := filter.NewTable(filter.Definition{Core: schema.CoreGroupSchema()})
	if err != nil {
		log.Fatal(err)
	}
	return table
}

// compile compiles a filter over groups.
func compile(text string, o *filter.Options) *filter.Filter {
	f, err := newGroupTable().Filter(text, o)
	if err != nil {
		log.Fatal(err)
	}
	return f
}

// A filter is compiled once and matched against any number of resources.
func ExampleTable_Filter() {
	table := newGroupTable()
	f, err := table.Filter(`displayName sw "DEV" and members[value eq "u1" and type eq "User"]`, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, body := range []string{
		`{"displayName": "Developers", "members": [{"value": "u1", "type": "User"}]}`,
		`{"displayName": "Designers", "members": [{"value": "u1", "type": "User"}]}`,
		`{"displayName": "devops", "members": [{"value": "u1", "type": "Group"}, {"value": "u2", "type": "User"}]}`,
	} {
		var group filter.JSONResource
		if err := json.Unmarshal([]byte(body), &group); err != nil {
			log.Fatal(err)
		}
		fmt.Println(group["displayName"], f.Match(group))
	}
	// Output:
	// Developers true
	// Designers false
	// devops false
}

// An error says where the text is wrong, and has the error for the response in it.
func ExampleError() {
	table := newGroupTable()
	_, err := table.Filter(`displayName is "developers"`, nil)
	fmt.Println(err)
	var scimError scimerrors.ScimError
	if errors.As(err, &scimError) {
		fmt.Println(scimError.Status, scimError.ScimType)
	}
	// Output:
	// filter: at offset 12, "is": unknown operator
	// 400 invalidFilter
}

// The filter in the brackets of a PATCH path is matched against elements.
func ExampleTable_Path() {
	table := newGroupTable()
	path, err := table.Path(`Members[value eq "u1" or type eq "group"].display`, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(path.Attribute, path.Sub, path.Where)
	for _, member := range []filter.JSONObject{
		{"value": "u1", "type": "User"}, {"value": "u2", "type": "User"}, {"value": "g1", "type": "Group"},
	} {
		fmt.Println(member["value"], path.Where.Match(member))
	}
	// Output:
	// members members.display value eq "u1" or type eq "group"
	// u1 true
	// u2 false
	// g1 true
}

// A table may be of a host's own resource type. dateTimes compare as instants, whatever
// their zone.
func ExampleNewTable() {
	table, err := filter.NewTable(filter.Definition{
		Core: schema.Schema{ID: "urn:example:2.0:Device", Attributes: []schema.CoreAttribute{
			schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: "serial", CaseExact: true})),
		}},
		Extensions: []filter.Extension{{Schema: schema.Schema{
			ID: "urn:example:2.0:Device:lease",
			Attributes: []schema.CoreAttribute{
				schema.SimpleCoreAttribute(schema.SimpleDateTimeParams(schema.DateTimeParams{Name: "ends"})),
			},
		}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	f, err := table.Filter(`serial sw "A" and urn:example:2.0:Device:lease:ends lt "2026-01-01T00:00:00Z"`, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(f.Match(filter.JSONResource{
		"serial":                       "A-17",
		"urn:example:2.0:Device:lease": map[string]any{"ends": "2025-12-31T23:00:00-05:00"},
	}))
	// Output: false
}

func ExampleTable_Lookup() {
	table := newGroupTable()
	a := table.Lookup("urn:ietf:params:scim:schemas:core:2.0:Group:MEMBERS.value")
	fmt.Println(a, a.Type, a.Mutability, a.Top())
	fmt.Println(table.Lookup("colour"))
	// Output:
	// members.value string immutable members
	// <nil>
}

// Nodes make a filter without text.
func ExampleNew() {
	table := newGroupTable()
	var either []filter.Node
	for _, id := range []string{"g1", "g2"} {
		c, err := filter.NewCompare(table.Lookup("id"), filter.Eq, id)
		if err != nil {
			log.Fatal(err)
		}
		either = append(either, c)
	}
	members, err := filter.NewCompare(table.Lookup("members"), filter.Pr, nil)
	if err != nil {
		log.Fatal(err)
	}
	f := filter.New(filter.AllOf(filter.AnyOf(either...), members))
	fmt.Println(f)
	fmt.Println(f.Match(filter.JSONResource{"id": "g2", "members": []any{map[string]any{"value": "u1"}}}))
	// Output:
	// (id eq "g1" or id eq "g2") and members pr
	// true
}

// A store looks up what it has an index for, and matches what it finds.
func ExampleFilter_Values() {
	f := compile(`(id eq "g1" or id eq "g3") and displayName co "dev"`, nil)
	index := map[string]filter.JSONResource{
		"g1": {"id": "g1", "displayName": "Developers"},
		"g2": {"id": "g2", "displayName": "Devops"},
		"g3": {"id": "g3", "displayName": "Designers"},
	}
	for a := range f.Attributes() {
		if a.String() != "id" {
			continue
		}
		ids, ok := f.Values(a)
		if !ok {
			break // every resource has to be matched
		}
		for _, id := range ids {
			if r, ok := index[id]; ok && f.Match(r) {
				fmt.Println(r["displayName"])
			}
		}
		break
	}
	// Output: Developers
}

func ExampleFilter_Comparisons() {
	f := compile(`displayName pr and not (members[value eq "u1" or type ne "User"])`, nil)
	for c := range f.Comparisons() {
		fmt.Println(c.Attribute, c.Op)
	}
	// Output:
	// displayName pr
	// members.value eq
	// members.type ne
}

func ExampleFilter_Attributes() {
	f := compile(`members[value eq "u1"] and displayName pr`, nil)
	for a := range f.Attributes() {
		fmt.Println(a)
	}
	// Output:
	// members
	// members.value
	// displayName
}

// The rest of a filter, which a database could not decide, is matched in memory.
func ExampleFilter_WithRoot() {
	f := compile(`id eq "g1" and displayName co "é"`, nil)
	terms := f.Root().(filter.And)
	rest := f.WithRoot(filter.AllOf(terms[1:]...))
	fmt.Println(rest)
	// Output: displayName co "é"
}

// Some clients leave out quotes, or send booleans as strings. The result says so.
func ExampleTolerance() {
	o := &filter.Options{Tolerate: filter.UnquotedValues | filter.TextValues}
	for _, text := range []string{`displayName eq developers`, `displayName eq "developers"`} {
		f := compile(text, o)
		fmt.Println(f, f.Tolerated().Has(filter.UnquotedValues))
	}
	// Output:
	// displayName eq "developers" true
	// displayName eq "developers" false
}

func ExampleLimits_Effective() {
	fmt.Printf("%+v\n", filter.Limits{MaxTerms: 10}.Effective())
	// Output: {MaxLength:16384 MaxDepth:32 MaxTerms:10}
}

// A server whose resources have no location stored compares their ids instead.
func ExampleOptions_rewrite() {
	table := newGroupTable()
	id, location := table.Lookup("id"), table.Lookup("meta.location")
	f, err := table.Filter(`meta.location eq "https://example.com/scim/v2/Groups/g1"`, &filter.Options{
		Rewrite: func(c *filter.Compare) filter.Node {
			key, ok := strings.CutPrefix(c.Literal.Text(), "https://example.com/scim/v2/Groups/")
			if c.Attribute != location || c.Op != filter.Eq {
				return c
			}
			if !ok {
				return filter.Constant(false)
			}
			is, err := filter.NewCompare(id, filter.Eq, key)
			if err != nil {
				return c
			}
			return is
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(f)
	// Output: id eq "g1"
}

// Hosts that know the syntax tree of filter-parser get it without its parser.
func ExampleParse() {
	expression, err := filter.Parse(`userName eq "J\u00fcrgen" and active eq true`, nil)
	if err != nil {
		log.Fatal(err)
	}
	and := expression.(*fp.LogicalExpression)
	fmt.Println(and.Operator, and.Left.(*fp.AttributeExpression).CompareValue)
	// Output: and Jürgen
}

func ExampleFold() {
	fmt.Println(filter.Fold("STRASSE") == filter.Fold("straße"))
	fmt.Println(filter.Fold("E\u0301") == filter.Fold("é"))
	// Output:
	// true
	// true
}

func ExamplePrimary() {
	emails := []any{
		map[string]any{"value": "a@example.com"},
		map[string]any{"value": "b@example.com", "primary": true},
	}
	fmt.Println(filter.Primary(emails), filter.IsPrimary(emails[0]))
	// Output: 1 false
}

func ExampleAttribute_Normalize() {
	members := newGroupTable().Lookup("members")
	value, err := members.Normalize(map[string]any{"VALUE": "u1", "display": nil})
	fmt.Println(value, err)
	_, err = members.Normalize([]any{map[string]any{"value": json.Number("1")}})
	fmt.Println(err)
	// Output:
	// [map[value:u1]] <nil>
	// filter: members.value must be a string, not a number
}

// Keys sort as the values do.
func ExampleAttribute_SortKey() {
	a := &filter.Attribute{Name: "weight", Type: filter.Decimal}
	numbers := []json.Number{"10", "-2", "1e-3", "2.50"}
	slices.SortFunc(numbers, func(x, y json.Number) int { return strings.Compare(a.SortKey(x), a.SortKey(y)) })
	fmt.Println(numbers, a.SortKey(json.Number("2.5")) == a.SortKey(json.Number("2.50")))
	// Output: [-2 1e-3 2.50 10] true
}

// team is a resource that is not held as JSON.
type team struct {
	name   string
	people map[string]bool
}

func (t *team) Attribute(a *filter.Attribute) filter.Value {
	switch a.Name {
	case "displayName":
		return filter.StringValue(t.name)
	case "members":
		return filter.ElementsValue(t)
	}
	return filter.Value{}
}

func (t *team) Each(yield func(filter.Resource) bool) {
	for id := range t.people {
		if !yield(person(id)) {
			return
		}
	}
}

// Find lets members.value eq "…" do without Each.
func (t *team) Find(id string) (filter.Resource, bool) { return person(id), t.people[id] }

type person string

func (p person) Attribute(a *filter.Attribute) filter.Value {
	if a.Name == "value" {
		return filter.StringValue(string(p))
	}
	return filter.Value{}
}

// A Resource returns the values of attributes, and Elements those of a large one.
func ExampleResource() {
	t := &team{name: "Developers", people: map[string]bool{"u1": true, "u2": true}}
	for _, text := range []string{`displayName sw "dev"`, `members.value eq "u3"`, `members[value sw "u"]`, `externalId pr`} {
		fmt.Println(text, compile(text, nil).Match(t))
	}
	// Output:
	// displayName sw "dev" true
	// members.value eq "u3" false
	// members[value sw "u"] true
	// externalId pr false
}
