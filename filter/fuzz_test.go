package filter_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/filter"
)

// generous are limits for normal forms: names, quotes and parentheses that were
// left out make them longer and deeper than what was parsed.
// tolerance is filter.TextValues, or all if lenient.
func tolerance(lenient bool) filter.Tolerance {
	if lenient {
		return filter.TextValues | filter.UnquotedValues
	}
	return filter.TextValues
}

var generous = &filter.Options{Limits: filter.Limits{MaxLength: 1 << 24, MaxDepth: 100}}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		`displayName eq "developers"`, `not (id pr) and (externalId sw "a" or members[value eq"x" and type ne "User"].display pr)`,
		`urn:ietf:params:scim:schemas:core:2.0:Group:members.$ref co "\u00e9\ud83d\ude00"`, `meta.created ge "2026-01-31T12:00:00.5+01:00"`,
		office(`X:budget gt -1.5e+10 and X:open eq "True" or X:tags[value ew 'a']`), `externalId eq 'O'Brien'`, `a eq null`, `((((`,
		`members[[`, `"`, `\`, `not not`, "id eq \"\xff\"", `id eq "\ud800"`, `x:y:z.w pr`, `members eq u-1`, `.`, `a[b].c`,
	} {
		f.Add(seed, false, false)
		f.Add(seed, true, true)
	}
	table := newTable(f, true)
	resource := filter.JSONResource{"id": "a", "displayName": "É", "members": []any{map[string]any{"value": "x", "type": nil}, "y"},
		extensionURN: map[string]any{"tags": []any{"a", 1.5}, "budget": json.Number("1e400"), "opened": "x", "emails": map[string]any{"rank": true}}}
	f.Fuzz(func(t *testing.T, text string, lenient, absent bool) {
		o := &filter.Options{Limits: filter.Limits{MaxDepth: 8, MaxTerms: 20, MaxLength: 2000}, Tolerate: tolerance(lenient), UnknownIsAbsent: absent}
		e, err := filter.Parse(text, o)
		wantFilterError(t, text, err)
		if err == nil && len(text) > o.MaxLength {
			t.Fatalf("%d bytes are accepted", len(text))
		}
		compiled, err := table.Filter(text, o)
		wantFilterError(t, text, err)
		if err != nil {
			return
		}
		if e == nil && !strings.Contains(text, ":") {
			t.Fatalf("%q: only the table accepts it", text)
		}
		got := compiled.Match(resource)
		checkTree(t, compiled.Root(), 0, 0, o)
		if holdsConstant(compiled.Root()) {
			return
		}
		again, err := table.Filter(compiled.String(), generous)
		if err != nil {
			t.Fatalf("%q: normal form %q: %v", text, compiled, err)
		}
		if again.String() != compiled.String() {
			t.Fatalf("%q: normal form %q has normal form %q", text, compiled, again)
		}
		if again.Match(resource) != got {
			t.Fatalf("%q matches %v, but its normal form %q does not", text, got, compiled)
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, seed := range []string{
		`members`, `members.value`, `members[value eq "x"]`, `members[value eq"x" or not (type pr)].display`, extensionURN, extensionURN + `:address.city`,
		`urn:ietf:params:scim:schemas:core:2.0:Group:members[$ref sw "a"].$ref`, ` displayName `, `members[`, `members]`, `[]`, `:`, `X:`, `members[value eq 'x'].`,
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	table := newTable(f, true)
	f.Fuzz(func(t *testing.T, text string, lenient bool) {
		o := &filter.Options{Limits: filter.Limits{MaxDepth: 8, MaxTerms: 20, MaxLength: 2000}, Tolerate: tolerance(lenient)}
		path, err := table.Path(text, o)
		wantFilterError(t, text, err)
		if err != nil {
			return
		}
		if (path.Extension == "") == (path.Attribute == nil) {
			t.Fatalf("%q: got %+v", text, path)
		}
		if path.Where != nil {
			path.Where.Match(filter.JSONObject{"value": "x", "type": json.Number("1")})
			checkTree(t, path.Where.Root(), 0, 0, o)
		}
		again, err := table.Path(path.String(), generous)
		if err != nil {
			t.Fatalf("%q: normal form %q: %v", text, path, err)
		}
		if again.String() != path.String() {
			t.Fatalf("%q: normal form %q has normal form %q", text, path, again)
		}
	})
}

// wantFilterError checks that an error, if there is one, is fit for a client.
func wantFilterError(t *testing.T, text string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var e *filter.Error
	var scimError scimerrors.ScimError
	if !errors.As(err, &e) || !errors.As(err, &scimError) {
		t.Fatalf("%q: got %T %v", text, err, err)
	}
	const maxToken = 80 + len("…") // what fault.Shorten leaves
	if e.Offset < 0 || e.Offset > len(text) || len(e.Token) > maxToken || e.Reason == "" || scimError.Status != 400 {
		t.Fatalf("%q: got %#v", text, e)
	}
}

// checkTree checks that a compiled filter is within the limits, and returns how
// many comparisons it has.
func checkTree(t *testing.T, n filter.Node, depth, terms int, o *filter.Options) int {
	t.Helper()
	// A conjunction and a disjunction need no parentheses of their own.
	if depth > 4*o.MaxDepth || terms > o.MaxTerms {
		t.Fatalf("depth %d, %d terms", depth, terms)
	}
	switch n := n.(type) {
	case filter.And:
		for _, term := range n {
			terms = checkTree(t, term, depth+1, terms, o)
		}
	case filter.Or:
		for _, term := range n {
			terms = checkTree(t, term, depth+1, terms, o)
		}
	case filter.Not:
		terms = checkTree(t, n.Node, depth+1, terms, o)
	case *filter.Exists:
		terms = checkTree(t, n.Where, depth+1, terms, o)
	case *filter.Compare:
		terms++
	}
	return terms
}

func holdsConstant(n filter.Node) bool {
	switch n := n.(type) {
	case filter.And:
		for _, term := range n {
			if holdsConstant(term) {
				return true
			}
		}
	case filter.Or:
		for _, term := range n {
			if holdsConstant(term) {
				return true
			}
		}
	case filter.Not:
		return holdsConstant(n.Node)
	case *filter.Exists:
		return holdsConstant(n.Where)
	case filter.Constant:
		return true
	}
	return false
}

func FuzzNormalize(f *testing.F) {
	table := testTable(f)
	for _, seed := range []string{
		`{"value":"x","type":"User"}`, `[{"VALUE":"x"},{"value":"y","display":"z","$ref":null}]`, `[{"value":"x","Value":"y"}]`, `[{"type":"User"}]`,
		`null`, `[]`, `{}`, `[null,[]]`, `"text"`, `["a",null,""]`, `1`, `1.5`, `1e400`, `true`, `"True"`, `"2026-01-31"`, `"aGk="`, `{"city":"Paris","lines":["a"]}`,
		`[{"value":"a","primary":true},{"value":"b","primary":"TRUE"}]`, `{"x":1}`, `[[[]]]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			return
		}
		before := encode(t, v)
		for _, name := range []string{"displayName", "members", "X:tags", "X:floor", "X:budget", "X:open", "X:opened", "X:key", "X:site", "X:address", "X:emails"} {
			a := table.Lookup(office(name))
			once, err := a.Normalize(v)
			if err != nil {
				var e *filter.ValueError
				var scimError scimerrors.ScimError
				if !errors.As(err, &e) || !errors.As(err, &scimError) || !strings.HasPrefix(e.Attribute, a.String()) {
					t.Fatalf("%s for %s: got %T %v", text, name, err, err)
				}
				continue
			}
			twice, err := a.Normalize(once)
			if err != nil || encode(t, twice) != encode(t, once) {
				t.Fatalf("%s for %s: gives %s, and that %s, %v", text, name, encode(t, once), encode(t, twice), err)
			}
			scribble(once)
		}
		if after := encode(t, v); after != before {
			t.Fatalf("Normalize changes %s to %s, or shares memory with it", before, after)
		}
	})
}

func encode(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// scribble spoils every map and list in v.
func scribble(v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, item := range v {
			scribble(item)
			v[key] = "scribbled"
		}
	case []any:
		for i, item := range v {
			scribble(item)
			v[i] = "scribbled"
		}
	}
}
