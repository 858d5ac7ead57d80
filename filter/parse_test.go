package filter_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/google/go-cmp/cmp"
	fp "github.com/scim2/filter-parser/v2"

	"github.com/scimgroups/scimgroups/filter"
)

// compared is an attribute expression of the AST.
func compared(urn, name, sub string, op fp.CompareOperator, value any) fp.Expression {
	e := &fp.AttributeExpression{AttributePath: fp.AttributePath{AttributeName: name}, Operator: op, CompareValue: value}
	if urn != "" {
		e.AttributePath.URIPrefix = &urn
	}
	if sub != "" {
		e.AttributePath.SubAttribute = &sub
	}
	return e
}

func both(left, right fp.Expression) fp.Expression {
	return &fp.LogicalExpression{Left: left, Right: right, Operator: fp.AND}
}

func either(left, right fp.Expression) fp.Expression {
	return &fp.LogicalExpression{Left: left, Right: right, Operator: fp.OR}
}

func TestParseYieldsTheTreeOfFilterParser(t *testing.T) {
	a, b, c := compared("", "a", "", fp.PR, nil), compared("", "b", "", fp.PR, nil), compared("", "c", "", fp.PR, nil)
	group := "urn:ietf:params:scim:schemas:extension:vectors:2.0:Group"
	members := func(where fp.Expression) fp.Expression {
		return &fp.ValuePath{AttributePath: fp.AttributePath{AttributeName: "members"}, ValueFilter: where}
	}
	value := compared("", "value", "", fp.EQ, "x")
	for _, test := range []struct {
		name, text string
		want       fp.Expression
	}{
		{"and binds more tightly than or", `a pr or b pr and c pr`, either(a, both(b, c))},
		{"or is left-associative", `a pr or b pr or c pr`, either(either(a, b), c)},
		{"parentheses group", `(a pr or b pr) and c pr`, both(either(a, b), c)},
		{"not binds more tightly than and", `not (a pr) and b pr`, both(&fp.NotExpression{Expression: a}, b)},
		{"not needs no space", `not(a pr)`, &fp.NotExpression{Expression: a}},
		{"words are written in any letter case", `NOT (a PR) AnD b Pr`, both(&fp.NotExpression{Expression: a}, b)},
		{"spaces do not matter", " ( a   pr\n) and\tb pr ", both(a, b)},
		{"delimiters separate as spaces do", `(a pr)and(b pr)`, both(a, b)},
		{"a quote needs no space before it", `members[value eq"x"]`, members(value)},
		{"an attribute may be called not", `not eq "x"`, compared("", "not", "", fp.EQ, "x")},
		{"a value path has any number of terms", `members[a pr and b pr and c pr]`, members(both(both(a, b), c))},
		{"a value path has parentheses and not", `members[not (a pr or b pr)]`, members(&fp.NotExpression{Expression: either(a, b)})},
		{"a comparison after a value path is one more term", `members[value eq "x"].a pr`, members(both(value, a))},
		{"the term after a value path may have a literal", `members[a pr].value eq "x" and b pr`, both(members(both(a, value)), b)},
		{"a sub-attribute follows a dot", `members.$ref eq "x"`, compared("", "members", "$ref", fp.EQ, "x")},
		{"a URN with dots goes in front", group + `:emails.value eq "x"`, compared(group, "emails", "value", fp.EQ, "x")},
		{"names have hyphens and underscores", `a-b_c9.d-e pr`, compared("", "a-b_c9", "d-e", fp.PR, nil)},
		{"true", `a eq TRUE`, compared("", "a", "", fp.EQ, true)},
		{"false", `a eq false`, compared("", "a", "", fp.EQ, false)},
		{"null", `a ne Null`, compared("", "a", "", fp.NE, nil)},
		{"numbers stay exact", `a gt -12345678901234567890.10e-3`, compared("", "a", "", fp.GT, json.Number("-12345678901234567890.10e-3"))},
		{"escapes are decoded", `a eq "\"\\\/\b\f\n\r\t\u00e9\u00E9"`, compared("", "a", "", fp.EQ, "\"\\/\b\f\n\r\téé")},
		{"surrogate pairs are decoded", `a eq "\ud83d\uDE00!"`, compared("", "a", "", fp.EQ, "😀!")},
		{"strings hold delimiters", `a eq "x) or (y] pr"`, compared("", "a", "", fp.EQ, "x) or (y] pr")},
		{"strings may be empty", `a eq ""`, compared("", "a", "", fp.EQ, "")},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := filter.Parse(test.text, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.text, diff)
			}
		})
	}
}

func TestParseSaysWhatIsWrongAndWhere(t *testing.T) {
	for _, test := range []struct {
		name, text string
		offset     int
		token      string
		reason     string
	}{
		{"an empty filter", ``, 0, "", "expected an attribute"},
		{"nothing but spaces", `  `, 2, "", "expected an attribute"},
		{"an unknown operator", `displayName foo "x"`, 12, "foo", "unknown operator"},
		{"no operator", `displayName`, 11, "", "expected an operator"},
		{"no value", `displayName eq`, 14, "", "expected a value"},
		{"no value before a parenthesis", `(displayName eq )`, 16, ")", "expected a value"},
		{"a value without quotes", `displayName eq dev`, 15, "dev", "double quotes"},
		{"a value in single quotes", `displayName eq 'dev'`, 15, "'dev'", "double quotes"},
		{"a number with a leading zero", `a eq 012`, 5, "012", "a value must be"},
		{"a number that ends in a point", `a eq 1.`, 5, "1.", "a value must be"},
		{"a number without an exponent", `a eq 1e`, 5, "1e", "a value must be"},
		{"a string that is not closed", `a eq "dev`, 5, `"dev`, "not closed"},
		{"a string that ends in a backslash", `a eq "dev\"`, 5, `"dev\"`, "not closed"},
		{"an escape that does not exist", `a eq "x\éy"`, 7, `\é`, "escape"},
		{"an escape that is cut off", `a eq "\u00e"`, 6, `\u00e`, "escape"},
		{"a high surrogate alone", `a eq "\ud83dx"`, 6, `\ud83dx`, "escape"},
		{"a low surrogate alone", `a eq "\ude00"`, 6, `\ude00`, "escape"},
		{"two high surrogates", `a eq "\ud83d\ud83d"`, 6, `\ud83d\ud83d`, "escape"},
		{"a control character in a string", "a eq \"x\ny\"", 7, "\n", "control character"},
		{"bytes that are not UTF-8", "a eq \"x\xffy\"", 7, "", "UTF-8"},
		{"text after the filter", `a pr b pr`, 5, "b", "expected"},
		{"a closing parenthesis too many", `(a pr))`, 6, ")", "expected"},
		{"a closing parenthesis too few", `((a pr)`, 7, "", "closing parenthesis"},
		{"a bracket too few", `members[a pr`, 12, "", "closing bracket"},
		{"a bracket that a parenthesis closes", `members[a pr)`, 12, ")", "closing bracket"},
		{"empty brackets", `members[]`, 8, "]", "expected an attribute"},
		{"empty parentheses", `()`, 1, ")", "expected an attribute"},
		{"a value path in a value path", `a[b[c pr]]`, 3, "[", "cannot contain another"},
		{"not without a parenthesis", `not displayName pr`, 0, "not", "parenthesis"},
		{"and without a right side", `a pr and `, 9, "", "expected an attribute"},
		{"or without a left side", `or a pr`, 3, "a", "unknown operator"},
		{"a dot without a name", `a. pr`, 0, "a.", "not the name"},
		{"a third name", `a.b.c pr`, 0, "a.b.c", "not the name"},
		{"a name that starts with a digit", `1a pr`, 0, "1a", "not the name"},
		{"a name that is not ASCII", `größe pr`, 0, "größe", "not the name"},
		{"a colon without a URN", `:a pr`, 0, ":a", "no URN"},
		{"a dot after brackets without a name", `members[a pr]. pr`, 14, "", "sub-attribute"},
		{"brackets without a comparison after the dot", `members[a pr].b`, 15, "", "operator"},
		{"a space before brackets", `members [a pr]`, 8, "[", "expected an operator"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := filter.Parse(test.text, nil)
			var e *filter.Error
			if !errors.As(err, &e) {
				t.Fatalf("%s: got %v, want an Error", test.text, err)
			}
			if e.Offset != test.offset || e.Token != test.token || !strings.Contains(e.Reason, test.reason) {
				t.Errorf("%s: got %d %q %q, want %d %q %q", test.text, e.Offset, e.Token, e.Reason, test.offset, test.token, test.reason)
			}
			wantScimError(t, err, scimerrors.ScimTypeInvalidFilter)
		})
	}
}

func wantScimError(t *testing.T, err error, scimType scimerrors.ScimType) {
	t.Helper()
	var scimError scimerrors.ScimError
	if !errors.As(err, &scimError) {
		t.Fatalf("%v holds no ScimError", err)
	}
	if scimError.Status != 400 || scimError.ScimType != scimType {
		t.Errorf("got %d %s, want 400 %s", scimError.Status, scimError.ScimType, scimType)
	}
}

func TestErrorsNameReasonTokenAndOffset(t *testing.T) {
	_, err := filter.Parse(`displayName foo "x"`, nil)
	if got, want := err.Error(), `filter: at offset 12, "foo": unknown operator`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var scimError scimerrors.ScimError
	if !errors.As(err, &scimError) || scimError.Detail != `Invalid filter at offset 12, "foo": unknown operator.` {
		t.Errorf("got detail %s", scimError.Detail)
	}
}

func TestErrorsRepeatLittleOfTheTextAndWholeRunes(t *testing.T) {
	_, err := filter.Parse(`a eq `+strings.Repeat("é", 1000), nil)
	var e *filter.Error
	if !errors.As(err, &e) || e.Token != strings.Repeat("é", 40)+"…" {
		t.Errorf("got %v", err)
	}
}

func TestLimitsAreCheckedBeforeAnythingIsBuilt(t *testing.T) {
	terms := func(n int) string { return strings.TrimSuffix(strings.Repeat("a pr or ", n), " or ") }
	nested := func(n int) string { return strings.Repeat("(", n) + "a pr" + strings.Repeat(")", n) }
	for _, test := range []struct {
		name, text string
		options    *filter.Options
		want       string // "" if it is within the limits
	}{
		{"32 parentheses are fine", nested(32), nil, ""},
		{"33 are too deep", nested(33), nil, "deeper than 32"},
		{"100,000 parentheses are too long", strings.Repeat("(", 100_000), nil, "longer than 16384"},
		{"100,000 parentheses are too deep", strings.Repeat("(", 100_000), &filter.Options{Limits: filter.Limits{MaxLength: 1 << 20}}, "deeper than 32"},
		{"no option makes it deeper than 1,000", strings.Repeat("(", 100_000), &filter.Options{Limits: filter.Limits{MaxLength: 1 << 20, MaxDepth: 1 << 30}}, "deeper than 1000"},
		{"not counts by its parentheses", strings.Repeat("not (", 33) + "a pr", nil, "deeper than 32"},
		{"brackets count", "((a[b pr]))", &filter.Options{Limits: filter.Limits{MaxDepth: 2}}, "deeper than 2"},
		{"parentheses side by side are not deep", strings.Repeat("(a pr) or ", 60) + "a pr", nil, ""},
		{"256 terms are fine", terms(256), nil, ""},
		{"257 are too many", terms(257), nil, "more than 256"},
		{"terms in brackets count", "a[b pr and c pr].d pr", &filter.Options{Limits: filter.Limits{MaxTerms: 2}}, "more than 2"},
		{"a text may be as long as the limit", "a pr", &filter.Options{Limits: filter.Limits{MaxLength: 4}}, ""},
		{"but no longer", "a pr ", &filter.Options{Limits: filter.Limits{MaxLength: 4}}, "longer than 4"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := filter.Parse(test.text, test.options)
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var e *filter.Error
			if !errors.As(err, &e) || !strings.Contains(e.Reason, test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestUnquotedValues(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       any
	}{
		{"a bare word", `(a eq dev)`, "dev"},
		{"a bare address", `a eq x@example.com`, "x@example.com"},
		{"a bare uuid", `m[a eq 2819c223-7f76]`, "2819c223-7f76"},
		{"single quotes", `(a eq 'my team')`, "my team"},
		{"an apostrophe in single quotes", `a eq 'O'Brien'`, "O'Brien"},
		{"empty single quotes", `a eq ''`, ""},
		{"double quotes as ever", `a eq "x\ty"`, "x\ty"},
		{"numbers stay numbers", `a eq 12`, json.Number("12")},
		{"what only begins like a number", `a eq 0123`, "0123"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, err := filter.Parse(test.text, &filter.Options{Tolerate: filter.UnquotedValues})
			if err != nil {
				t.Fatal(err)
			}
			if v, ok := e.(*fp.ValuePath); ok {
				e = v.ValueFilter
			}
			if got := e.(*fp.AttributeExpression).CompareValue; got != test.want {
				t.Errorf("got %#v, want %#v", got, test.want)
			}
		})
	}
	for _, text := range []string{`a eq 'x`, `a eq`, `a eq "x`, `a eq x y`, `a foo x`} {
		if e, err := filter.Parse(text, &filter.Options{Tolerate: filter.UnquotedValues}); err == nil {
			t.Errorf("%s: got %v, want an error", text, e)
		}
	}
}
