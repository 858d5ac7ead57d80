package filter

import (
	"encoding/json"
	"strings"

	fp "github.com/scim2/filter-parser/v2"
)

// Parse parses a filter into the AST of filter-parser, within the limits of o,
// and resolves nothing. Strings have their escapes decoded, numbers are
// json.Number, operators are in lower case, and attr[…].sub op literal comes as
// a value path with one more term. What stands before the last colon of an
// attribute path is its URN. Errors are [*Error].
func Parse(text string, o *Options) (fp.Expression, error) {
	p := newParser(text, nil, o)
	e, err := p.filter()
	if err != nil {
		return nil, err
	}
	return e.ast(), nil
}

// ast is the expression in the AST of filter-parser.
func (e *expression) ast() fp.Expression {
	switch e.kind {
	case comparison:
		return &fp.AttributeExpression{AttributePath: splitPath(e.path), Operator: fp.CompareOperator(e.op.String()), CompareValue: e.value.any()}
	case negation:
		return &fp.NotExpression{Expression: e.terms[0].ast()}
	case valuePath:
		return &fp.ValuePath{AttributePath: splitPath(e.path), ValueFilter: e.terms[0].ast()}
	}
	operator := fp.AND
	if e.kind == disjunction {
		operator = fp.OR
	}
	left := e.terms[0].ast()
	for _, term := range e.terms[1:] {
		left = &fp.LogicalExpression{Left: left, Right: term.ast(), Operator: operator}
	}
	return left
}

// any is the literal as the AST of filter-parser has it.
func (l *literal) any() any {
	switch l.kind {
	case StringLiteral:
		return l.text
	case BooleanLiteral:
		return l.boolean
	case NumberLiteral:
		return json.Number(l.text)
	}
	return nil
}

// splitPath takes an attribute path apart without knowing the schemas: whatever
// stands before the last colon is the URN.
func splitPath(path string) fp.AttributePath {
	var p fp.AttributePath
	if i := strings.LastIndexByte(path, ':'); i >= 0 {
		urn := path[:i]
		p.URIPrefix, path = &urn, path[i+1:]
	}
	name, sub, dotted := strings.Cut(path, ".")
	p.AttributeName = name
	if dotted {
		p.SubAttribute = &sub
	}
	return p
}
