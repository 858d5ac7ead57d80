package elimitygroups

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	elimity "github.com/elimity-com/scim"
	fp "github.com/scim2/filter-parser/v2"

	"github.com/scimgroups/scimgroups/patch"
)

// patchBody returns the PatchOp message that the server made the operations of.
func patchBody(operations []elimity.PatchOperation) ([]byte, error) {
	type operation struct {
		Op    string          `json:"op"`
		Path  string          `json:"path,omitempty"`
		Value json.RawMessage `json:"value,omitempty"`
	}
	message := struct {
		Schemas    []string `json:"schemas"`
		Operations []operation
	}{[]string{patch.PatchOpSchema}, make([]operation, len(operations))}
	for i, o := range operations {
		to := &message.Operations[i]
		to.Op = o.Op
		var err error
		if o.Path != nil {
			if to.Path, err = pathText(o.Path); err != nil {
				return nil, err
			}
		}
		if o.Value != nil {
			if to.Value, err = json.Marshal(present(o.Value)); err != nil {
				return nil, fmt.Errorf("elimitygroups: the value of operation %d: %w", i, err)
			}
		}
	}
	return json.Marshal(message)
}

// pathText returns the text of a PATCH path. The String methods of the AST lose
// parentheses and the null literal, and escape strings twice.
func pathText(p *fp.Path) (string, error) {
	text := p.AttributePath.String()
	if p.ValueExpression != nil {
		where, err := filterText(p.ValueExpression)
		if err != nil {
			return "", err
		}
		text += "[" + where + "]"
	}
	if sub := p.SubAttributeName(); sub != "" {
		text += "." + sub
	}
	return text, nil
}

// filterText returns the text of a filter.
func filterText(e fp.Expression) (string, error) {
	switch e := e.(type) {
	case *fp.AttributeExpression:
		text := e.AttributePath.String() + " " + string(e.Operator)
		if strings.EqualFold(string(e.Operator), string(fp.PR)) {
			return text, nil
		}
		literal, err := literalText(e.CompareValue)
		return text + " " + literal, err
	case *fp.LogicalExpression:
		left, err := termText(e, e.Left)
		if err != nil {
			return "", err
		}
		right, err := termText(e, e.Right)
		return left + " " + string(e.Operator) + " " + right, err
	case *fp.NotExpression:
		text, err := filterText(e.Expression)
		return "not (" + text + ")", err
	case *fp.ValuePath:
		text, err := filterText(e.ValueFilter)
		return e.AttributePath.String() + "[" + text + "]", err
	}
	return "", fmt.Errorf("elimitygroups: an expression of type %T", e)
}

// termText returns the text of a term of e, with parentheses around an or in an and.
func termText(e *fp.LogicalExpression, term fp.Expression) (string, error) {
	text, err := filterText(term)
	inner, ok := term.(*fp.LogicalExpression)
	if ok && is(e, fp.AND) && is(inner, fp.OR) {
		text = "(" + text + ")"
	}
	return text, err
}

func is(e *fp.LogicalExpression, operator fp.LogicalOperator) bool {
	return strings.EqualFold(string(e.Operator), string(operator))
}

// literalText returns the text of a literal. The parser of the server leaves the escapes
// in strings as they are; a string that cannot have come from it is quoted.
func literalText(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "null", nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case string:
		if raw := `"` + v + `"`; json.Valid([]byte(raw)) {
			return raw, nil
		}
		text, err := json.Marshal(v)
		return string(text), err
	}
	return "", fmt.Errorf("elimitygroups: a literal of type %T", v)
}
