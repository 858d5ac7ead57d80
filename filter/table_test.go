package filter_test

import (
	"strings"
	"testing"
	"time"

	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/filter"
)

// extensionURN has dots and digits in it, as URNs of schemas do.
const extensionURN = "urn:example:params:scim:schemas:extension:office:2.0:Group"

// testTable is the table of a Group whose members are as RFC 7643 §8.7.1 wants
// them and that has an extension with an attribute of every type.
func testTable(t testing.TB) *filter.Table { return newTable(t, false) }

func newTable(t testing.TB, bareNames bool) *filter.Table {
	t.Helper()
	table, err := filter.NewTable(filter.Definition{
		Core:               groupSchema(),
		Extensions:         []filter.Extension{{Schema: officeSchema()}},
		BareExtensionNames: bareNames,
	})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func groupSchema() schema.Schema {
	text := func(name string, exact, required bool) schema.SimpleParams {
		return schema.SimpleStringParams(schema.StringParams{Name: name, CaseExact: exact, Required: required})
	}
	return schema.Schema{
		ID: "urn:ietf:params:scim:schemas:core:2.0:Group",
		Attributes: schema.Attributes{
			schema.SimpleCoreAttribute(text("displayName", false, true)),
			schema.ComplexCoreAttribute(schema.ComplexParams{Name: "members", MultiValued: true, SubAttributes: []schema.SimpleParams{
				text("value", true, true),
				schema.SimpleReferenceParams(schema.ReferenceParams{Name: "$ref", ReferenceTypes: []schema.AttributeReferenceType{"User", "Group"}}),
				text("type", false, false),
				schema.SimpleStringParams(schema.StringParams{Name: "display", Mutability: schema.AttributeMutabilityReadOnly()}),
			}}),
		},
	}
}

func officeSchema() schema.Schema {
	number := func(name string, t schema.AttributeDataType) schema.SimpleParams {
		return schema.SimpleNumberParams(schema.NumberParams{Name: name, Type: t})
	}
	text := func(name string, multiValued bool) schema.SimpleParams {
		return schema.SimpleStringParams(schema.StringParams{Name: name, MultiValued: multiValued})
	}
	return schema.Schema{
		ID:   extensionURN,
		Name: optional.NewString("Office"),
		Attributes: schema.Attributes{
			schema.SimpleCoreAttribute(text("domain", false)),
			schema.SimpleCoreAttribute(text("tags", true)),
			schema.SimpleCoreAttribute(number("floor", schema.AttributeTypeInteger())),
			schema.SimpleCoreAttribute(number("budget", schema.AttributeTypeDecimal())),
			schema.SimpleCoreAttribute(schema.SimpleBooleanParams(schema.BooleanParams{Name: "open"})),
			schema.SimpleCoreAttribute(schema.SimpleDateTimeParams(schema.DateTimeParams{Name: "opened"})),
			schema.SimpleCoreAttribute(schema.SimpleBinaryParams(schema.BinaryParams{Name: "key"})),
			schema.SimpleCoreAttribute(schema.SimpleReferenceParams(schema.ReferenceParams{Name: "site", ReferenceTypes: []schema.AttributeReferenceType{"external"}})),
			schema.ComplexCoreAttribute(schema.ComplexParams{Name: "address", SubAttributes: []schema.SimpleParams{
				schema.SimpleStringParams(schema.StringParams{Name: "city", Required: true}), text("lines", true),
			}}),
			schema.ComplexCoreAttribute(schema.ComplexParams{Name: "emails", MultiValued: true, SubAttributes: []schema.SimpleParams{
				text("value", false), text("type", false),
				schema.SimpleBooleanParams(schema.BooleanParams{Name: "primary"}),
				number("rank", schema.AttributeTypeInteger()),
			}}),
			schema.ComplexCoreAttribute(schema.ComplexParams{Name: "rooms", MultiValued: true, SubAttributes: []schema.SimpleParams{
				text("number", false),
			}}),
		},
	}
}

// core is a resource whose attributes are given by name.
type core map[string]filter.Value

func (c core) Attribute(a *filter.Attribute) filter.Value { return c[a.Name] }

func TestNewTableRefusesSchemasThatContradict(t *testing.T) {
	named := func(id string, names ...string) schema.Schema {
		s := schema.Schema{ID: id}
		for _, name := range names {
			s.Attributes = append(s.Attributes, schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: name})))
		}
		return s
	}
	with := func(extensions ...schema.Schema) filter.Definition {
		d := filter.Definition{Core: groupSchema()}
		for _, s := range extensions {
			d.Extensions = append(d.Extensions, filter.Extension{Schema: s})
		}
		return d
	}
	for _, test := range []struct {
		name       string
		definition filter.Definition
		want       string
	}{
		{"no core schema", filter.Definition{}, "no id"},
		{"a common attribute in the core schema", filter.Definition{Core: named("urn:x", "META")}, "duplicate"},
		{"a duplicate attribute", with(named("urn:x", "a", "A")), "duplicate"},
		{"an extension without a URN", with(named("", "a")), "not a URN"},
		{"two extensions with one URN", with(named("urn:x", "a"), named("URN:X", "b")), "duplicate"},
		{"an extension with the URN of the core schema", with(named(groupSchema().ID, "a")), "duplicate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := filter.NewTable(test.definition); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestTableHasEveryAttribute(t *testing.T) {
	table := testTable(t)
	var names []string
	for _, a := range table.Attributes() {
		names = append(names, a.String()+" "+a.Type.String()+" "+a.Mutability.String())
	}
	if got, want := strings.Join(names, ", "), "schemas reference readOnly, id string readOnly, externalId string readWrite, "+
		"displayName string readWrite, members complex readWrite, meta complex readOnly"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	urn, ok := table.ExtensionURN(strings.ToUpper(extensionURN))
	if !ok || urn != extensionURN || len(table.ExtensionAttributes(urn)) != 11 || table.ExtensionAttributes("urn:x") != nil {
		t.Errorf("got extension %s %v", urn, ok)
	}
	if table.Core() != groupSchema().ID || len(table.Extensions()) != 1 || table.Extensions()[0].Schema.ID != extensionURN {
		t.Errorf("got schemas %s, %v", table.Core(), table.Extensions())
	}
	if got := table.Lookup("meta.VERSION").String(); got != "meta.version" {
		t.Errorf("got %s", got)
	}
}

func TestLiterals(t *testing.T) {
	table := testTable(t)
	literal := func(text string) *filter.Literal {
		f, err := table.Filter(office(text), &filter.Options{Tolerate: filter.TextValues})
		if err != nil {
			t.Fatal(err)
		}
		return &f.Root().(*filter.Compare).Literal
	}
	if l := literal(`displayName eq "\u0044EV"`); l.Kind() != filter.StringLiteral || l.Text() != "DEV" || l.Folded() != "dev" {
		t.Errorf("got string %q %q", l.Text(), l.Folded())
	}
	if l := literal(`X:open eq "TRUE"`); l.Kind() != filter.BooleanLiteral || !l.Boolean() || l.Text() != "true" {
		t.Errorf("got boolean %v %q", l.Boolean(), l.Text())
	}
	if l := literal(`X:budget eq 1.50`); l.Kind() != filter.NumberLiteral || l.Text() != "1.50" {
		t.Errorf("got number %q", l.Text())
	}
	if l := literal(`id eq null`); l.Kind() != filter.NullLiteral {
		t.Errorf("got kind %v", l.Kind())
	}
	when, ok := literal(`meta.created gt "2026-01-31T13:00:00+01:00"`).Time()
	if !ok || !when.Equal(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("got instant %v %v", when, ok)
	}
	if _, ok := literal(`meta.created sw "2026"`).Time(); ok {
		t.Error("a year is an instant")
	}
}
