package storetest

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// extension is the URN of the extension schema that the tests use.
const extension = "urn:example:params:scim:schemas:extension:storetest:2.0:Group"

// table returns the attribute table of the tests: the core schema of groups and an
// extension with an attribute of every type, single-valued and multi-valued.
var table = sync.OnceValue(func() *filter.Table {
	t, err := filter.NewTable(filter.Definition{
		Core: store.Schema(),
		Extensions: []filter.Extension{{Schema: schema.Schema{
			ID: extension,
			Attributes: []schema.CoreAttribute{
				schema.SimpleCoreAttribute(
					schema.SimpleStringParams(schema.StringParams{Name: "domain", CaseExact: true}),
				),
				schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: "label"})),
				schema.SimpleCoreAttribute(
					schema.SimpleNumberParams(schema.NumberParams{Name: "rank", Type: schema.AttributeTypeInteger()}),
				),
				schema.SimpleCoreAttribute(
					schema.SimpleNumberParams(schema.NumberParams{Name: "ratio", Type: schema.AttributeTypeDecimal()}),
				),
				schema.SimpleCoreAttribute(schema.SimpleBooleanParams(schema.BooleanParams{Name: "active"})),
				schema.SimpleCoreAttribute(schema.SimpleDateTimeParams(schema.DateTimeParams{Name: "since"})),
				schema.SimpleCoreAttribute(
					schema.SimpleStringParams(schema.StringParams{Name: "tags", MultiValued: true}),
				),
				schema.ComplexCoreAttribute(
					schema.ComplexParams{Name: "contacts", MultiValued: true, SubAttributes: []schema.SimpleParams{
						schema.SimpleStringParams(schema.StringParams{Name: "value"}),
						schema.SimpleStringParams(schema.StringParams{Name: "type"}),
						schema.SimpleBooleanParams(schema.BooleanParams{Name: "primary"}),
					}},
				),
			},
		}}},
	})
	if err != nil {
		panic(err)
	}
	return t
})

// parse compiles a filter over groups.
func parse(t testing.TB, text string) *filter.Filter {
	t.Helper()
	f, err := table().Filter(text, nil)
	if err != nil {
		t.Fatalf("filter %s: %v", text, err)
	}
	return f
}

// where compiles a filter over the sub-attributes of a member.
func where(t testing.TB, text string) *filter.Filter {
	t.Helper()
	p, err := table().Path("members["+text+"]", nil)
	if err != nil {
		t.Fatalf("path members[%s]: %v", text, err)
	}
	return p.Where
}

// attribute returns the attribute with this name. The name of an attribute of the
// extension begins with a colon.
func attribute(t testing.TB, name string) *filter.Attribute {
	t.Helper()
	if name[0] == ':' {
		name = extension + name
	}
	a := table().Lookup(name)
	if a == nil {
		t.Fatalf("no attribute %s", name)
	}
	return a
}

// quote returns text as a string literal of a filter.
func quote(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}
