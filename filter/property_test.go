package filter_test

import (
	"encoding/json"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	fp "github.com/scim2/filter-parser/v2"

	"github.com/scimgroups/scimgroups/filter"
)

// condition is a filter in the simplest form that can be evaluated: the model
// that the package is compared with.
type condition struct {
	kind  string // "and", "or", "not", "[", or an operator
	name  string // attribute, with X: for the extension; bare in brackets
	value any    // nil, string, bool or json.Number
	terms []*condition
}

// kinds says of which type the attributes of the model are.
var kinds = map[string]string{
	"id": "exact", "displayName": "string", "externalId": "exact", "schemas": "exact", "meta.created": "dateTime",
	"members": "exact", "members.value": "exact", "members.type": "string",
	"X:tags": "string", "X:floor": "number", "X:budget": "number", "X:open": "boolean", "X:opened": "dateTime", "X:key": "exact",
	"X:address.city": "string", "X:address.lines": "string", "X:emails": "string", "X:emails.value": "string", "X:emails.type": "string", "X:emails.rank": "number",
	"X:emails.primary": "boolean",
}

// bracketed says which attributes may be followed by brackets, and what the
// sub-attributes in there are.
var bracketed = map[string][]string{
	"members": {"value", "type"}, "X:tags": {"value"}, "X:emails": {"value", "type", "rank", "primary"}, "X:address": {"city", "lines"},
}

var pool = map[string][]any{
	"string":   {"a", "A", "ab", "É", "e\u0301a", "", "straße", "STRASSE", "10"},
	"exact":    {"a", "A", "ab", "É", "", "b"},
	"number":   {json.Number("1"), json.Number("1.0"), json.Number("-2.50"), json.Number("10"), json.Number("1e1"), json.Number("123456789012345678901")},
	"boolean":  {true, false},
	"dateTime": {"2026-01-31T12:00:00Z", "2026-01-31T13:00:00+01:00", "2026-01-31T12:00:00.5Z", "1999-12-31T00:00:00Z"},
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// randomCondition makes a condition over resources, or over the elements of an
// attribute.
func randomCondition(r *rand.Rand, names []string, kindOf func(string) string, brackets bool, depth int) *condition {
	if depth > 0 {
		switch r.IntN(6) {
		case 0, 1:
			c := &condition{kind: pick(r, []string{"and", "or"})}
			for range 2 + r.IntN(2) {
				c.terms = append(c.terms, randomCondition(r, names, kindOf, brackets, depth-1))
			}
			return c
		case 2:
			return &condition{kind: "not", terms: []*condition{randomCondition(r, names, kindOf, brackets, depth-1)}}
		case 3:
			if brackets {
				name := pick(r, []string{"members", "X:tags", "X:emails", "X:address"})
				inner := func(sub string) string { return kindIn(name, sub) }
				return &condition{kind: "[", name: name, terms: []*condition{randomCondition(r, bracketed[name], inner, false, depth-1)}}
			}
		}
	}
	name := pick(r, names)
	kind := kindOf(name)
	operators := []string{"eq", "ne", "pr", "co", "sw", "ew", "gt", "ge", "lt", "le"}
	switch {
	case kind == "boolean":
		operators = operators[:3]
	case name == "X:key":
		operators = operators[:6]
	}
	c := &condition{kind: pick(r, operators), name: name}
	switch {
	case c.kind == "pr":
	case (c.kind == "eq" || c.kind == "ne") && r.IntN(6) == 0: // null
	default:
		c.value = pick(r, pool[kind])
	}
	return c
}

// kindIn is the kind of a sub-attribute in brackets.
func kindIn(name, sub string) string {
	if kind, ok := kinds[name+"."+sub]; ok {
		return kind
	}
	return kinds[name] // value
}

// text writes the condition down with random spaces, parentheses and letters.
func (c *condition) text(r *rand.Rand) string {
	vary := func(s string) string {
		if r.IntN(4) == 0 {
			return strings.ToUpper(s)
		}
		return s
	}
	space := func() string { return strings.Repeat(" ", 1+r.IntN(2)) }
	switch c.kind {
	case "and", "or":
		var terms []string
		for _, term := range c.terms {
			text := term.text(r)
			if term.kind == "and" || term.kind == "or" || r.IntN(8) == 0 {
				text = "(" + text + ")"
			}
			terms = append(terms, text)
		}
		return strings.Join(terms, space()+vary(c.kind)+space())
	case "not":
		return vary("not") + pick(r, []string{"", " "}) + "(" + c.terms[0].text(r) + ")"
	case "[":
		return vary(office(c.name)) + "[" + c.terms[0].text(r) + "]"
	case "pr":
		return vary(office(c.name)) + space() + vary("pr")
	}
	literal, err := json.Marshal(c.value)
	if err != nil {
		panic(err)
	}
	return vary(office(c.name)) + space() + vary(c.kind) + space() + string(literal)
}

// holds evaluates the condition; scope is the attribute in whose brackets it
// is, with a dot, or "".
func (c *condition) holds(resource map[string]any, scope string) bool {
	switch c.kind {
	case "and":
		return c.terms[0].holds(resource, scope) && (len(c.terms) == 1 || (&condition{kind: "and", terms: c.terms[1:]}).holds(resource, scope))
	case "or":
		return c.terms[0].holds(resource, scope) || len(c.terms) > 1 && (&condition{kind: "or", terms: c.terms[1:]}).holds(resource, scope)
	case "not":
		return !c.terms[0].holds(resource, scope)
	case "[":
		for _, element := range lookup(resource, c.name) {
			object, ok := element.(map[string]any)
			if !ok {
				object = map[string]any{"value": element}
			}
			if c.terms[0].holds(object, c.name) {
				return true
			}
		}
		return false
	}
	name, kind := c.name, kinds[c.name]
	if scope != "" {
		kind = kindIn(scope, c.name)
	} else if name == "members" || name == "X:emails" {
		if c.kind == "pr" {
			return len(lookup(resource, name)) > 0 && anyPresent(lookup(resource, name))
		}
		name += ".value"
	}
	found := lookup(resource, name)
	switch {
	case c.kind == "pr":
		return anyPresent(found)
	case c.value == nil:
		return anyPresent(found) == (c.kind == "ne")
	case c.kind == "ne" && len(found) == 0:
		return true
	}
	for _, v := range found {
		if compareModel(kind, c.kind, v, c.value) {
			return true
		}
	}
	return false
}

func anyPresent(found []any) bool {
	for _, v := range found {
		if object, ok := v.(map[string]any); ok {
			for _, item := range object {
				if anyPresent(flatten(item)) {
					return true
				}
			}
			continue
		}
		if v != "" {
			return true
		}
	}
	return false
}

// lookup lists the values of an attribute that are not null.
func lookup(resource map[string]any, name string) []any {
	from := any(resource)
	if rest, ok := strings.CutPrefix(name, "X:"); ok {
		from, name = resource[extensionURN], rest
	}
	found := flatten(from)
	for _, step := range strings.Split(name, ".") {
		var next []any
		for _, v := range found {
			if object, ok := v.(map[string]any); ok {
				next = append(next, flatten(object[step])...)
			}
		}
		found = next
	}
	return found
}

func flatten(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		var out []any
		for _, item := range v {
			out = append(out, flatten(item)...)
		}
		return out
	}
	return []any{v}
}

func compareModel(kind, op string, value, literal any) bool {
	order, textual := 0, op == "co" || op == "sw" || op == "ew"
	switch kind {
	case "boolean":
		if value != literal {
			order = 1
		}
	case "number":
		if !textual {
			a, _ := new(big.Rat).SetString(string(value.(json.Number)))
			b, _ := new(big.Rat).SetString(string(literal.(json.Number)))
			order = a.Cmp(b)
		}
		value, literal = string(value.(json.Number)), string(literal.(json.Number))
	case "dateTime":
		if !textual {
			a, _ := time.Parse(time.RFC3339, value.(string))
			b, _ := time.Parse(time.RFC3339, literal.(string))
			order = a.Compare(b)
		}
	case "string":
		value, literal = filter.Fold(value.(string)), filter.Fold(literal.(string))
		order = strings.Compare(value.(string), literal.(string))
	default:
		order = strings.Compare(value.(string), literal.(string))
	}
	switch op {
	case "eq":
		return order == 0
	case "ne":
		return order != 0
	case "gt":
		return order > 0
	case "ge":
		return order >= 0
	case "lt":
		return order < 0
	case "le":
		return order <= 0
	case "co":
		return strings.Contains(value.(string), literal.(string))
	case "sw":
		return strings.HasPrefix(value.(string), literal.(string))
	}
	return strings.HasSuffix(value.(string), literal.(string))
}

// randomResource makes a resource with all, some or none of the attributes.
func randomResource(r *rand.Rand) map[string]any {
	maybe := func(object map[string]any, name string, v any) {
		switch r.IntN(5) {
		case 0:
		case 1:
			object[name] = pick(r, []any{nil, []any{}})
		default:
			object[name] = v
		}
	}
	several := func(one func() any) []any {
		out := []any{}
		for range r.IntN(4) {
			out = append(out, one())
		}
		return out
	}
	one := func(kind string) func() any { return func() any { return pick(r, pool[kind]) } }
	object := func(kinds map[string]string) func() any {
		return func() any {
			out := map[string]any{}
			for _, name := range slices.Sorted(maps.Keys(kinds)) {
				maybe(out, name, pick(r, pool[kinds[name]]))
			}
			return out
		}
	}
	extension := map[string]any{}
	maybe(extension, "tags", several(one("string")))
	maybe(extension, "floor", pick(r, pool["number"]))
	maybe(extension, "budget", pick(r, pool["number"]))
	maybe(extension, "open", pick(r, pool["boolean"]))
	maybe(extension, "opened", pick(r, pool["dateTime"]))
	maybe(extension, "key", pick(r, pool["exact"]))
	address := object(map[string]string{"city": "string"})().(map[string]any)
	maybe(address, "lines", several(one("string")))
	maybe(extension, "address", address)
	maybe(extension, "emails", several(object(map[string]string{"value": "string", "type": "string", "rank": "number", "primary": "boolean"})))
	resource := map[string]any{}
	maybe(resource, extensionURN, extension)
	if resource[extensionURN] == nil {
		delete(resource, extensionURN)
	}
	maybe(resource, "id", pick(r, pool["exact"]))
	maybe(resource, "displayName", pick(r, pool["string"]))
	maybe(resource, "externalId", pick(r, pool["exact"]))
	maybe(resource, "schemas", several(one("exact")))
	maybe(resource, "meta", object(map[string]string{"created": "dateTime"})())
	// value is what elements are found by, so there is one of each.
	var members []any
	for _, v := range []string{"a", "A", "b"} {
		if r.IntN(2) == 0 {
			member := object(map[string]string{"type": "string"})().(map[string]any)
			member["value"] = v
			members = append(members, member)
		}
	}
	maybe(resource, "members", members)
	return resource
}

// valued shows a JSON resource through the other kinds of values.
type valued filter.JSONResource

func (v valued) Attribute(a *filter.Attribute) filter.Value {
	value := filter.JSONResource(v).Attribute(a)
	if a.Extension {
		return value
	}
	switch inner := v[a.Name].(type) {
	case string:
		return filter.FoldedValue(inner, filter.Fold(inner))
	case map[string]any:
		return filter.ObjectValue(filter.JSONObject(inner))
	case []any:
		if a.Type == filter.Complex {
			l := &list{}
			for _, item := range inner {
				l.elements = append(l.elements, item.(map[string]any))
			}
			return filter.ElementsValue(l)
		}
	}
	return value
}

func TestRandomFiltersMatchAsTheModelSays(t *testing.T) {
	table := testTable(t)
	r := rand.New(rand.NewPCG(2026, 1))
	names := slices.Sorted(maps.Keys(kinds))
	kindOf := func(name string) string { return kinds[name] }
	matches := 0
	const rounds = 3000
	for range rounds {
		c := randomCondition(r, names, kindOf, true, r.IntN(4))
		text := c.text(r)
		f, err := table.Filter(text, nil)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		again, err := table.Filter(f.String(), nil)
		if err != nil {
			t.Fatalf("%s: normal form %s: %v", text, f, err)
		}
		if again.String() != f.String() {
			t.Fatalf("%s: normal form %s has normal form %s", text, f, again)
		}
		for range 8 {
			resource := randomResource(r)
			want := c.holds(resource, "")
			got := f.Match(filter.JSONResource(resource))
			if got != want || again.Match(valued(resource)) != want {
				encoded, _ := json.Marshal(resource)
				t.Fatalf("%s\non %s\ngot %v and %v as values, want %v", text, encoded, got, again.Match(valued(resource)), want)
			}
			if want {
				matches++
			}
			checkValues(t, table, f, resource, want)
		}
	}
	if matches < rounds || matches > 7*rounds {
		t.Errorf("only %d of %d match: the test is too one-sided", matches, 8*rounds)
	}
}

// checkValues checks the promise of Values: what matches has one of them.
func checkValues(t *testing.T, table *filter.Table, f *filter.Filter, resource map[string]any, matches bool) {
	t.Helper()
	for _, name := range []string{"id", "displayName", "members.value"} {
		a := table.Lookup(name)
		set, ok := f.Values(a)
		if !ok || !matches {
			continue
		}
		has := false
		for _, v := range lookup(resource, name) {
			s := v.(string)
			if !a.CaseExact {
				s = filter.Fold(s)
			}
			for _, one := range set {
				has = has || s == one
			}
		}
		if !has {
			t.Fatalf("%s matches, but %s has none of %q", f, name, set)
		}
	}
}

// TestTheTreeIsThatOfFilterParser parses random filters that filter-parser reads
// right: without escapes, with up to two terms in brackets, and with numbers
// that fit.
func TestTheTreeIsThatOfFilterParser(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	literals := []string{`"x"`, `"a b"`, `true`, `false`, `null`, `1`, `-2.5`, `"(x] and y"`}
	operators := []string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"}
	compare := func(name string) string {
		if r.IntN(4) == 0 {
			return name + " pr"
		}
		return name + " " + pick(r, operators) + " " + pick(r, literals)
	}
	var expression func(depth int) string
	expression = func(depth int) string {
		if depth == 0 {
			return compare(pick(r, []string{"a", "userName", "a.b-c", "emails.value", "urn:ietf:params:scim:schemas:core:2.0:User:name.first"}))
		}
		switch r.IntN(6) {
		case 0:
			return "not (" + expression(depth-1) + ")"
		case 1:
			return "(" + expression(depth-1) + ")"
		case 2:
			inner := compare("value")
			if r.IntN(2) == 0 {
				inner += pick(r, []string{" and ", " or "}) + compare("type")
			}
			return "emails[" + inner + "]"
		}
		return expression(depth-1) + pick(r, []string{" and ", " or "}) + expression(depth-1)
	}
	for range 300 {
		text := expression(r.IntN(4))
		want, err := fp.ParseFilterNumber([]byte(text))
		if err != nil {
			t.Fatalf("%s: filter-parser: %v", text, err)
		}
		got, err := filter.Parse(text, nil)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-filter-parser +got):\n%s", text, diff)
		}
	}
}
