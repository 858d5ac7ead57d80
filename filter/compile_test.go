package filter_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/filter"
)

// office replaces X: by the URN of the test extension.
func office(text string) string { return strings.ReplaceAll(text, "X:", extensionURN+":") }

func TestFiltersHaveANormalForm(t *testing.T) {
	table := newTable(t, true)
	for _, test := range []struct{ name, text, want string }{
		{"names as the schema spells them", `DISPLAYNAME EQ "x"`, `displayName eq "x"`},
		{"core attributes without their URN", `URN:ietf:params:scim:schemas:core:2.0:group:Members.Value eq "x"`, `members.value eq "x"`},
		{"common attributes with the core URN", `urn:ietf:params:scim:schemas:core:2.0:Group:id eq "x"`, `id eq "x"`},
		{"extension attributes with their URN", `Domain eq "x"`, `X:domain eq "x"`},
		{"sub-attributes of extensions", `X:ADDRESS.city eq "x"`, `X:address.city eq "x"`},
		{"redundant parentheses", `((id pr) and ((externalId pr and (displayName pr))))`, `id pr and externalId pr and displayName pr`},
		{"needed parentheses", `(id pr or externalId pr) and not (displayName pr and id pr)`, `(id pr or externalId pr) and not (displayName pr and id pr)`},
		{"or in brackets with a term behind", `members[value eq "x" or type eq "y"].display pr`, `members[(value eq "x" or type eq "y") and display pr]`},
		{"a bare complex attribute", `members eq "x"`, `members.value eq "x"`},
		{"a bare complex attribute is present", `members pr`, `members pr`},
		{"booleans", `X:open eq "True"`, `X:open eq true`},
		{"booleans in upper case", `X:open ne FALSE`, `X:open ne false`},
		{"numbers as written", `X:budget eq 5.00e1`, `X:budget eq 5.00e1`},
		{"numbers in quotes", `X:floor eq "5"`, `X:floor eq 5`},
		{"escapes as few as needed", `displayName eq "\u00e9\"\\\/\u0001\n"`, `displayName eq "é\"\\/\u0001\n"`},
		{"null", `externalId eq NULL`, `externalId eq null`},
		{"elements of simple attributes", `X:tags[value sw "a"]`, `X:tags[value sw "a"]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := table.Filter(office(test.text), &filter.Options{Tolerate: filter.TextValues})
			if err != nil {
				t.Fatal(err)
			}
			if got := f.String(); got != office(test.want) {
				t.Errorf("got  %s\nwant %s", got, office(test.want))
			}
		})
	}
}

func TestConjunctionsHoldNoConjunctions(t *testing.T) {
	table := testTable(t)
	for _, operator := range []string{" and ", " or "} {
		f, err := table.Filter("(id pr"+operator+"id pr)"+operator+"(id pr"+operator+"(id pr"+operator+"id pr))", nil)
		if err != nil {
			t.Fatal(err)
		}
		var n int
		switch root := f.Root().(type) {
		case filter.And:
			n = len(root)
		case filter.Or:
			n = len(root)
		}
		if n != 5 {
			t.Errorf("%s has %d terms at its root, want 5", f, n)
		}
	}
}

func TestWhatCannotBeComparedIsAnInvalidFilter(t *testing.T) {
	table := testTable(t)
	for _, test := range []struct {
		name, text string
		offset     int
		reason     string
		unknown    bool
	}{
		{"an unknown attribute", `id pr and userName eq "x"`, 10, "unknown attribute", true},
		{"an unknown sub-attribute", `members.foo eq "x"`, 0, "unknown attribute", true},
		{"a sub-attribute of a simple attribute", `displayName.foo eq "x"`, 0, "unknown attribute", true},
		{"an unknown sub-attribute in brackets", `members[foo eq "x"]`, 8, "members has no such", true},
		{"an unknown attribute before brackets", `foo[value eq "x"]`, 0, "unknown attribute", true},
		{"an unknown attribute of a known schema", `X:foo pr`, len(extensionURN) + 1, "unknown attribute of the schema", true},
		{"an unknown schema", `urn:x:foo pr`, 0, "unknown schema", true},
		{"an extension attribute without its URN", `domain pr`, 0, "unknown attribute", true},
		{"the URN of a schema alone", extensionURN + ` pr`, 0, "names a schema", false},
		{"a whole name in brackets", `members[members.value eq "x"]`, 8, "only the names", false},
		{"brackets after a single simple attribute", `displayName[value eq "x"]`, 0, "neither complex", false},
		{"brackets after a sub-attribute", `X:address.lines[value eq "x"]`, 0, "sub-attribute", false},
		{"a single complex attribute with eq", `meta eq "x"`, 0, "name one of its sub-attributes", false},
		{"a complex attribute without value", `X:rooms eq "x"`, 0, `no sub-attribute "value"`, false},
		{"order of booleans", `X:open gt true`, 0, "no order", false},
		{"order of binaries", `X:key le "x"`, 0, "no order", false},
		{"text of booleans", `X:open co true`, 0, "not text", false},
		{"a boolean and a word", `X:open eq "yes"`, len(extensionURN) + 9, "boolean", false},
		{"a boolean and a number", `X:open eq 1`, len(extensionURN) + 9, "boolean", false},
		{"a number and a word", `X:floor eq "one"`, len(extensionURN) + 10, "integer", false},
		{"a number and a boolean", `X:budget co true`, len(extensionURN) + 11, "decimal", false},
		{"a string and a number", `displayName eq 5`, 15, "string", false},
		{"a string and a boolean", `displayName eq true`, 15, "string", false},
		{"a dateTime and a word", `meta.created gt "yesterday"`, 16, "dateTime", false},
		{"a dateTime and a number", `meta.created sw 2026`, 16, "dateTime", false},
		{"an invalid dateTime", `meta.created eq "2026-02-30T00:00:00Z"`, 16, "dateTime", false},
		{"null with an order", `displayName gt null`, 15, "null", false},
		{"null with a text operator", `displayName co null`, 15, "null", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := table.Filter(office(test.text), nil)
			var e *filter.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an Error", err)
			}
			if e.Offset != test.offset || !strings.Contains(e.Reason, test.reason) || e.Unknown != test.unknown {
				t.Errorf("got %d %q %v, want %d %q %v", e.Offset, e.Reason, e.Unknown, test.offset, test.reason, test.unknown)
			}
			wantScimError(t, err, scimerrors.ScimTypeInvalidFilter)
		})
	}
}

func TestUnknownAttributesMayBeAbsent(t *testing.T) {
	table := testTable(t)
	for text, want := range map[string]bool{
		`userName eq "x"`:                    false,
		`userName ne "x"`:                    true,
		`userName eq null`:                   true,
		`userName ne null`:                   false,
		`userName pr`:                        false,
		`userName co "x"`:                    false,
		`userName gt 5`:                      false,
		`not (userName pr)`:                  true,
		`userName pr or id pr`:               true,
		`userName pr and id pr`:              false,
		`id pr and not (userName pr)`:        true,
		`emails[value eq "x" and foo lt 5]`:  false,
		`members[foo eq "x"]`:                false,
		`members[foo ne "x"]`:                true,
		`urn:x:2.0:User:userName eq "x"`:     false,
		`not (emails[value eq "x"].type pr)`: true,
	} {
		f, err := table.Filter(text, &filter.Options{UnknownIsAbsent: true})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		r := filter.JSONResource{"id": "1", "members": []any{map[string]any{"value": "2"}}}
		if got := f.Match(r); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
	if _, err := table.Filter(`userName gt null`, &filter.Options{UnknownIsAbsent: true}); err == nil {
		t.Error("gt null: no error")
	}
}

func TestUnquotedNumbersMayBeStrings(t *testing.T) {
	table := testTable(t)
	for text, want := range map[string]string{
		`externalId eq 12345`:          `externalId eq "12345"`,
		`displayName eq True`:          `displayName eq "True"`,
		`X:floor eq 5`:                 `X:floor eq 5`,
		`meta.created gt 2026-01-01`:   `meta.created gt "2026-01-01"`,
		`displayName eq null`:          `displayName eq null`,
		`X:open eq 'TRUE'`:             `X:open eq true`,
		`members[value eq u-1]`:        `members[value eq "u-1"]`,
		`(displayName sw dev)or id pr`: `displayName sw "dev" or id pr`,
	} {
		f, err := table.Filter(office(text), &filter.Options{Tolerate: tolerance(true)})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if f.String() != office(want) {
			t.Errorf("%s: got %s, want %s", text, f, office(want))
		}
	}
}

func TestRewriteIsCalledWithEveryComparison(t *testing.T) {
	table := testTable(t)
	var seen []string
	_, err := table.Filter(`id pr and not (members[value eq "x" or type pr].display co "y")`, &filter.Options{
		Rewrite: func(c *filter.Compare) filter.Node {
			seen = append(seen, c.Attribute.String()+" "+c.Op.String())
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(seen, ", "), "id pr, members.value eq, members.type pr, members.display co"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
}

func TestRewrittenComparisonsAreAboutOneElement(t *testing.T) {
	table := testTable(t)
	ref := table.Lookup("members.$ref")
	rewrite := func(c *filter.Compare) filter.Node {
		if c.Attribute != ref {
			return c
		}
		kind, id, ok := strings.Cut(c.Literal.Text(), "/")
		if !ok {
			return filter.Constant(c.Op == filter.Ne)
		}
		value, err1 := filter.NewCompare(table.Lookup("members.value"), filter.Eq, id)
		of, err2 := filter.NewCompare(table.Lookup("members.type"), filter.Eq, kind)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if c.Op == filter.Ne {
			return filter.Not{Node: filter.And{value, of}}
		}
		return filter.And{value, of}
	}
	for text, want := range map[string]string{
		`members.$ref eq "User/1"`:               `members[value eq "1" and type eq "User"]`,
		`members[$ref eq "User/1" and value pr]`: `members[value eq "1" and type eq "User" and value pr]`,
		`members.$ref ne "User/1"`:               `members[not (value eq "1" and type eq "User")] or not (members[true])`,
		`id pr or members.$ref eq "nonsense"`:    `id pr`,
		`id pr and members.$ref eq "nonsense"`:   `false`,
		`not (members.$ref eq "nonsense")`:       `true`,
	} {
		f, err := table.Filter(text, &filter.Options{Rewrite: rewrite})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if f.String() != want {
			t.Errorf("%s: got %s, want %s", text, f, want)
		}
	}
}

func TestNewCompareAcceptsWhatAFilterCanSay(t *testing.T) {
	table := testTable(t)
	for _, test := range []struct {
		attribute string
		op        filter.Op
		value     any
		want      string // "" for an error
	}{
		{"id", filter.Eq, "x", `id eq "x"`},
		{"id", filter.Pr, nil, `id pr`},
		{"id", filter.Ne, nil, `id ne null`},
		{"X:floor", filter.Gt, 5, `X:floor gt 5`},
		{"X:floor", filter.Gt, int64(-5), `X:floor gt -5`},
		{"X:budget", filter.Le, 0.5, `X:budget le 0.5`},
		{"X:budget", filter.Le, json.Number("1e3"), `X:budget le 1e3`},
		{"X:open", filter.Eq, true, `X:open eq true`},
		{"X:open", filter.Gt, true, ``},
		{"id", filter.Eq, 5, ``},
		{"id", filter.Eq, []byte("x"), ``},
	} {
		c, err := filter.NewCompare(table.Lookup(office(test.attribute)), test.op, test.value)
		if err != nil {
			if test.want != "" {
				t.Errorf("%s %s %v: %v", test.attribute, test.op, test.value, err)
			}
			continue
		}
		if got := filter.New(c).String(); got != office(test.want) {
			t.Errorf("got %s, want %s", got, office(test.want))
		}
	}
	if !filter.New(nil).Match(filter.JSONResource{}) {
		t.Error("a filter without nodes does not match")
	}
}

func TestValuesAreAlwaysAmongThoseThatTheFilterNeeds(t *testing.T) {
	table := testTable(t)
	for _, test := range []struct {
		attribute, text string
		want            string // joined with commas; "-" if there is no set
	}{
		{"displayName", `displayName eq "DEV" and id pr`, "dev"},
		{"id", `id eq "DEV"`, "DEV"},
		{"id", `displayName eq "x"`, "-"},
		{"id", `id eq "a" or id eq "b" or id eq "a"`, "a,b"},
		{"id", `id eq "a" or displayName eq "b"`, "-"},
		{"id", `(id eq "a" or id eq "b") and id eq "c"`, "c"},
		{"id", `not (id eq "a")`, "-"},
		{"id", `id ne "a"`, "-"},
		{"id", `id sw "a"`, "-"},
		{"id", `id eq null`, "-"},
		{"members.value", `members[value eq "a" and type eq "User"] and id pr`, "a"},
		{"members.value", `members eq "a"`, "a"},
		{"members.type", `members[value eq "a"].type eq "User"`, "user"},
		{"X:tags", `X:tags[value eq "A"]`, "a"},
		{"meta.created", `meta.created eq "2026-01-01T00:00:00Z"`, "-"},
	} {
		f, err := table.Filter(office(test.text), nil)
		if err != nil {
			t.Fatal(err)
		}
		set, ok := f.Values(table.Lookup(office(test.attribute)))
		got := strings.Join(set, ",")
		if !ok {
			got = "-"
		}
		if got != test.want {
			t.Errorf("%s of %s: got %s, want %s", test.attribute, test.text, got, test.want)
		}
	}
	f, err := table.Filter(`userName pr`, &filter.Options{UnknownIsAbsent: true})
	if err != nil {
		t.Fatal(err)
	}
	if set, ok := f.Values(table.Lookup("id")); !ok || len(set) != 0 {
		t.Errorf("a filter that matches nothing: got %v %v", set, ok)
	}
}
