package elimitygroups

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	fp "github.com/scim2/filter-parser/v2"
)

// FuzzExpressionText checks that the text of an expression parses to the same expression.
func FuzzExpressionText(f *testing.F) {
	for _, text := range []string{
		`displayName eq "a\"\\b"`, `a pr and (b eq 1 or c gt -2.5e3) and not (d eq null)`, `members[value eq "x" or type ne "User"]`,
		`urn:a:b:2.0:C:d.e sw "é" or f eq true`, `not (a[b co "\n"] or c le 0.1)`, `a EQ "x" OR b Pr`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 200 {
			return // the parser has no bounds
		}
		e := parseFilter(text)
		if e == nil {
			return
		}
		again, err := filterText(e)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		other := parseFilter(again)
		if other == nil {
			t.Fatalf("%q: the text is %q, which is no filter", text, again)
		}
		if diff := cmp.Diff(plain(e), plain(other)); diff != "" {
			t.Errorf("%q: the text is %q, -want +got:\n%s", text, again, diff)
		}
	})
}

// parseFilter returns nil if the parser refuses a filter or panics.
func parseFilter(text string) (e fp.Expression) {
	defer func() {
		if recover() != nil {
			e = nil
		}
	}()
	e, err := fp.ParseFilter([]byte(text))
	if err != nil {
		return nil
	}
	return e
}

// plain returns an expression with chains of the same operator as lists, since
// a op (b op c) may be written without parentheses.
func plain(e fp.Expression) any {
	switch e := e.(type) {
	case *fp.LogicalExpression:
		operator := strings.ToLower(string(e.Operator))
		list := []any{operator}
		for _, side := range []fp.Expression{e.Left, e.Right} {
			if chain, ok := plain(side).([]any); ok && chain[0] == operator {
				list = append(list, chain[1:]...)
			} else {
				list = append(list, plain(side))
			}
		}
		return list
	case *fp.NotExpression:
		return []any{"not", plain(e.Expression)}
	case *fp.ValuePath:
		return []any{"[]", e.AttributePath.String(), plain(e.ValueFilter)}
	case *fp.AttributeExpression:
		if n, ok := e.CompareValue.(int); ok { // 2e3 is written 2000
			return []any{strings.ToLower(string(e.Operator)), e.AttributePath.String(), float64(n)}
		}
		return []any{strings.ToLower(string(e.Operator)), e.AttributePath.String(), e.CompareValue}
	}
	return e
}
