package filter

import (
	"encoding/json"
	"strings"

	fp "github.com/scim2/filter-parser/v2"
)

// Parse parses a filter into the syntax tree of filter-parser, within the limits of
// o, and resolves no names. Escapes in strings are decoded, numbers are json.Number,
// operators are in lower case, and attr[…].sub op literal becomes a value path with
// one more term. The text before the last colon of an attribute path is its URN.
// Errors are [*Error].
func Parse(text string, o *Options) (fp.Expression, error) {
	p := newParser(text, nil, o)
	e, err := p.filter()
	if err != nil {
		return nil, err
	}
	return e.ast(), nil
}

// ast returns the expression as filter-parser has it.
func (e *expression) ast() fp.Expression {
	switch e.kind {
	case comparison:
		return &fp.AttributeExpression{
			AttributePath: splitPath(e.path), Operator: fp.CompareOperator(e.op.String()), CompareValue: e.value.any(),
		}
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

// any returns the literal as filter-parser has it.
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

// splitPath splits an attribute path without knowing the schemas: the text before
// the last colon is the URN.
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
