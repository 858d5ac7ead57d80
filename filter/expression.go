package filter

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	fp "github.com/scim2/filter-parser/v2"
)

type expressionKind uint8

const (
	comparison expressionKind = iota
	conjunction
	disjunction
	negation
	valuePath
)

// expression is the syntax tree of a filter, in which nothing is resolved yet.
// It differs from the AST of filter-parser in that it knows where in the text
// things stand, and that a chain of ands or ors is one node.
type expression struct {
	kind   expressionKind
	op     Op     // comparison
	offset int    // comparison, value path: where path starts
	path   string // comparison, value path: the attribute path as it was written
	value  literal
	// terms are the operands of a conjunction or disjunction, and the one of a
	// negation or value path.
	terms []*expression
}

// literal is the right side of a comparison before it has met its attribute.
type literal struct {
	kind    LiteralKind
	boolean bool
	quoted  bool   // a string in double quotes
	offset  int    // where raw starts
	raw     string // as it was written
	text    string // the decoded string, or the number
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

// joinPath undoes splitPath.
func joinPath(p fp.AttributePath) string {
	path := p.AttributeName
	if p.URIPrefix != nil && *p.URIPrefix != "" {
		path = *p.URIPrefix + ":" + path
	}
	if p.SubAttribute != nil {
		path += "." + *p.SubAttribute
	}
	return path
}

// importer turns the AST of filter-parser into expressions. It was made by
// somebody else, so nothing is taken for granted: not even that it is a tree.
type importer struct {
	Options
	terms, depth, level int
}

func (i *importer) expression(e fp.Expression) (*expression, *Error) {
	// Every level of a sound tree is a parenthesis, a bracket, or one more term.
	i.level++
	defer func() { i.level-- }()
	if i.level > i.MaxTerms+2*i.MaxDepth {
		return nil, &Error{Reason: "the expression is nested too deeply"}
	}
	switch e := e.(type) {
	case *fp.AttributeExpression:
		if e != nil {
			return i.comparison(e)
		}
	case *fp.LogicalExpression:
		if e != nil {
			return i.logical(e)
		}
	case *fp.NotExpression:
		if e != nil {
			return i.nested(&expression{kind: negation}, e.Expression)
		}
	case *fp.ValuePath:
		if e != nil {
			return i.nested(&expression{kind: valuePath, path: joinPath(e.AttributePath)}, e.ValueFilter)
		}
	}
	return nil, &Error{Reason: "the expression has a part that is missing or unknown"}
}

func (i *importer) nested(outer *expression, e fp.Expression) (*expression, *Error) {
	if i.depth++; i.depth > i.MaxDepth {
		return nil, tooDeep(0, i.MaxDepth)
	}
	inner, err := i.expression(e)
	if err != nil {
		return nil, err
	}
	i.depth--
	outer.terms = []*expression{inner}
	return outer, nil
}

func (i *importer) logical(e *fp.LogicalExpression) (*expression, *Error) {
	out := &expression{kind: conjunction}
	switch {
	case strings.EqualFold(string(e.Operator), string(fp.OR)):
		out.kind = disjunction
	case !strings.EqualFold(string(e.Operator), string(fp.AND)):
		return nil, &Error{Token: shorten(string(e.Operator)), Reason: "unknown logical operator"}
	}
	for _, side := range []fp.Expression{e.Left, e.Right} {
		term, err := i.expression(side)
		if err != nil {
			return nil, err
		}
		out.terms = append(out.terms, term)
	}
	return out, nil
}

func (i *importer) comparison(e *fp.AttributeExpression) (*expression, *Error) {
	if i.terms++; i.terms > i.MaxTerms {
		return nil, tooManyTerms(0, i.MaxTerms)
	}
	out := &expression{kind: comparison, path: joinPath(e.AttributePath)}
	var known bool
	if out.op, known = operator(string(e.Operator)); !known {
		return nil, &Error{Token: shorten(string(e.Operator)), Reason: "unknown operator"}
	}
	var ok bool
	if out.value, ok = literalOf(e.CompareValue); !ok {
		return nil, &Error{Token: shorten(out.path), Reason: fmt.Sprintf("a value of type %T cannot be compared", e.CompareValue)}
	}
	return out, nil
}

// literalOf makes a literal of a value of the AST; false if it is of no JSON
// type.
func literalOf(v any) (literal, bool) {
	l := literal{kind: NumberLiteral}
	switch v := v.(type) {
	case nil:
		return literal{raw: "null"}, true
	case string:
		return literal{kind: StringLiteral, quoted: true, raw: v, text: v}, true
	case bool:
		text := strconv.FormatBool(v)
		return literal{kind: BooleanLiteral, boolean: v, raw: text, text: text}, true
	case json.Number:
		l.text = string(v)
	case int:
		l.text = strconv.Itoa(v)
	case int64:
		l.text = strconv.FormatInt(v, 10)
	case float64:
		l.text = string(appendFloat(nil, v))
	default:
		return literal{}, false
	}
	l.raw = l.text
	_, ok := parseDecimal(l.text)
	return l, ok
}
