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

// patchBody is the PatchOp message that the server made the operations of.
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
		message.Operations[i].Op = o.Op
		if o.Path != nil {
			text, err := pathText(o.Path)
			if err != nil {
				return nil, err
			}
			message.Operations[i].Path = text
		}
		if o.Value == nil {
			continue
		}
		value, err := json.Marshal(present(o.Value))
		if err != nil {
			return nil, fmt.Errorf("elimitygroups: the value of operation %d: %w", i, err)
		}
		message.Operations[i].Value = value
	}
	return json.Marshal(message)
}

// pathText is the text of a PATCH path. The String methods of the AST lose
// parentheses and the null literal, and escape strings twice.
func pathText(p *fp.Path) (string, error) {
	var b strings.Builder
	b.WriteString(p.AttributePath.String())
	if p.ValueExpression != nil {
		b.WriteByte('[')
		if err := writeExpression(&b, p.ValueExpression, false); err != nil {
			return "", err
		}
		b.WriteByte(']')
	}
	if sub := p.SubAttributeName(); sub != "" {
		b.WriteString("." + sub)
	}
	return b.String(), nil
}

// filterText is the text of a filter.
func filterText(e fp.Expression) (string, error) {
	var b strings.Builder
	err := writeExpression(&b, e, false)
	return b.String(), err
}

// writeExpression writes an expression; inAnd says that an or needs parentheses.
func writeExpression(b *strings.Builder, e fp.Expression, inAnd bool) error {
	switch e := e.(type) {
	case *fp.AttributeExpression:
		b.WriteString(e.AttributePath.String() + " " + string(e.Operator))
		if strings.EqualFold(string(e.Operator), string(fp.PR)) {
			return nil
		}
		literal, err := literalText(e.CompareValue)
		b.WriteString(" " + literal)
		return err
	case *fp.LogicalExpression:
		and := strings.EqualFold(string(e.Operator), string(fp.AND))
		parentheses := inAnd && !and
		if parentheses {
			b.WriteByte('(')
		}
		if err := writeExpression(b, e.Left, and); err != nil {
			return err
		}
		b.WriteString(" " + string(e.Operator) + " ")
		if err := writeExpression(b, e.Right, and); err != nil {
			return err
		}
		if parentheses {
			b.WriteByte(')')
		}
		return nil
	case *fp.NotExpression:
		b.WriteString("not (")
		err := writeExpression(b, e.Expression, false)
		b.WriteByte(')')
		return err
	case *fp.ValuePath:
		b.WriteString(e.AttributePath.String() + "[")
		err := writeExpression(b, e.ValueFilter, false)
		b.WriteByte(']')
		return err
	}
	return fmt.Errorf("elimitygroups: an expression of type %T", e)
}

// literalText is a literal. The parser of the server leaves the escapes in strings as
// they are; a string that cannot have come from it is quoted.
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
