package wire_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// table returns the attribute table of groups with an extension.
func table(t testing.TB) *filter.Table {
	t.Helper()
	table, err := filter.NewTable(filter.Definition{Core: store.Schema(), Extensions: []filter.Extension{site(t)}})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// told returns what an error says to a client, or "".
func told(err error) string {
	var e scimerrors.ScimError
	if errors.As(err, &e) {
		return fmt.Sprint(e.Status, " ", e.ScimType)
	}
	return ""
}

// words writes a query down.
func words(q *wire.Query) string {
	var b strings.Builder
	text := func(name string, s *string) {
		if s != nil {
			fmt.Fprintf(&b, " %s=%q", name, *s)
		}
	}
	number := func(name string, n *int) {
		if n != nil {
			fmt.Fprintf(&b, " %s=%d", name, *n)
		}
	}
	text("filter", q.Filter)
	if q.SortBy+q.SortOrder != "" {
		fmt.Fprintf(&b, " sort=%s,%s", q.SortBy, q.SortOrder)
	}
	number("startIndex", q.StartIndex)
	number("count", q.Count)
	text("cursor", q.Cursor)
	if q.Any() {
		fmt.Fprintf(&b, " names=%q,%q", q.Attributes, q.ExcludedAttributes)
	}
	return strings.TrimSpace(b.String())
}

func TestDecodeQuery(t *testing.T) {
	for _, c := range []struct {
		name    string
		dialect wire.Dialect
		query   string
		want    string
		err     string
	}{
		{"nothing", wire.SCIM2, "", "", ""},
		{"everything", wire.SCIM2, "filter=id+pr&sortBy=id&sortOrder=descending&startIndex=2&count=3&attributes=id,meta", `filter="id pr" sort=id,descending startIndex=2 count=3 names=["id" "meta"],[]`, ""},
		{"an empty filter is a filter", wire.SCIM2, "filter=", `filter=""`, ""},
		{"an empty number is none", wire.SCIM2, "count=&startIndex=", "", ""},
		{"names of several parameters", wire.SCIM2, "excludedAttributes=a,%20b&excludedAttributes=,c", `names=[],["a" "b" "c"]`, ""},
		{"any number", wire.SCIM2, "count=-1&startIndex=0", "startIndex=0 count=-1", ""},
		{"a negative number of Workspace ONE", wire.WorkspaceONE, "count=-1", "", "404 "},
		{"no number", wire.SCIM2, "count=x", "", "400 invalidValue"},
		{"a cursor", wire.SCIM2, "cursor", `cursor=""`, ""},
		{"a dialect without cursors", wire.SCIM11, "cursor=x", "", ""},
		{"a duplicate parameter", wire.SCIM2, "count=1&count=1", "", "400 invalidSyntax"},
		{"a malformed value", wire.SCIM2, "filter=%zz", "", "400 invalidSyntax"},
		{"a malformed value of another parameter", wire.SCIM2, "other=%zz&%zz=1&count=1", "count=1", ""},
		{"an escaped name", wire.SCIM2, "c%6Funt=1", "count=1", ""},
		{"stray separators", wire.SCIM2, "?&count=1&&", "count=1", ""},
		{"names of parameters are case-sensitive", wire.SCIM2, "COUNT=1", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, err := wire.DecodeQuery(c.query, c.dialect)
			if told(err) != c.err {
				t.Fatalf("%s: %v, want %s", c.query, err, c.err)
			}
			if err == nil && words(q) != c.want {
				t.Errorf("%s is %s, want %s", c.query, words(q), c.want)
			}
		})
	}
}

func TestDecodeNames(t *testing.T) {
	n, err := wire.DecodeNames("attributes=a&count=x&attributes=b,c&excludedAttributes=d")
	if got := fmt.Sprint(n, err, n.Any()); got != "{[a b c] [d]} <nil> true" {
		t.Error(got)
	}
	if _, err := wire.DecodeNames("filter=%zz"); told(err) != "400 invalidSyntax" {
		t.Error(err)
	}
	if n, err := wire.DecodeNames("attributes=,,"); n.Any() || err != nil {
		t.Error(n, err)
	}
}

func TestDecodeSearch(t *testing.T) {
	compiler := patch.NewCompiler(table(t), patch.Options{})
	const schemas = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]`
	for _, c := range []struct {
		name    string
		dialect wire.Dialect
		body    string
		want    string
		err     string
	}{
		{"nothing", wire.SCIM2, schemas + `}`, "", ""},
		{"everything", wire.SCIM2, schemas + `,"filter":"id pr","sortBy":"id","sortOrder":"ascending","startIndex":1,"count":2,"attributes":["id","meta"]}`,
			`filter="id pr" sort=id,ascending startIndex=1 count=2 names=["id" "meta"],[]`, ""},
		{"names in one string", wire.SCIM2, schemas + `,"excludedAttributes":"id, meta"}`, `names=[],["id" "meta"]`, ""},
		{"numbers in quotes", wire.SCIM2, schemas + `,"count":"7"}`, "count=7", ""},
		{"null is nothing", wire.SCIM2, schemas + `,"count":null,"filter":null,"attributes":null,"cursor":null}`, "", ""},
		{"a negative number of Workspace ONE", wire.WorkspaceONE, `{"count":-1}`, "count=-1", ""},
		{"no integer", wire.SCIM2, schemas + `,"startIndex":1.5}`, "", "400 invalidValue"},
		{"a cursor", wire.SCIM2, schemas + `,"cursor":"c"}`, `cursor="c"`, ""},
		{"a dialect without cursors", wire.Opsera, schemas + `,"cursor":"c"}`, "", ""},
		{"another schema", wire.SCIM2, `{"schemas":["x"]}`, "", "400 invalidSyntax"},
		{"SCIM 1.1 has no schema", wire.SCIM11, `{}`, "", ""},
		{"names that are none", wire.SCIM2, schemas + `,"attributes":[1]}`, "", "400 invalidSyntax"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, _, err := wire.DecodeSearch([]byte(c.body), c.dialect, compiler)
			if told(err) != c.err {
				t.Fatalf("%s: %v, want %s", c.body, err, c.err)
			}
			if err == nil && words(q) != c.want {
				t.Errorf("%s is %s, want %s", c.body, words(q), c.want)
			}
		})
	}
}
