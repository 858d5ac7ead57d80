package filter

import (
	"fmt"
	"strings"

	"github.com/scimgroups/scimgroups/internal/fault"
)

// Filter parses and compiles a filter (RFC 7644 §3.4.2.2) over resources. Errors are
// [*Error].
func (t *Table) Filter(text string, o *Options) (*Filter, error) {
	p := newParser(text, t, o)
	e, err := p.filter()
	if err != nil {
		return nil, err
	}
	c := compiler{table: t, options: &p.Options, tolerances: &p.tolerances}
	root, err := c.node(e, nil)
	if err != nil {
		return nil, err
	}
	return &Filter{root: root, tolerated: p.used}, nil
}

// compiler turns expressions into nodes: it resolves names and converts literals. The
// scope of an expression is the attribute whose brackets it is in, or nil.
type compiler struct {
	table   *Table
	options *Options
	*tolerances
}

func (c *compiler) node(e *expression, scope *Attribute) (Node, *Error) {
	switch e.kind {
	case comparison:
		return c.comparison(e, scope)
	case valuePath:
		return c.valuePath(e)
	case negation:
		n, err := c.node(e.terms[0], scope)
		if err != nil {
			return nil, err
		}
		return notOf(n), nil
	}
	terms := make([]Node, len(e.terms))
	for i, term := range e.terms {
		n, err := c.node(term, scope)
		if err != nil {
			return nil, err
		}
		terms[i] = n
	}
	if e.kind == disjunction {
		return AnyOf(terms...), nil
	}
	return AllOf(terms...), nil
}

func (c *compiler) valuePath(e *expression) (Node, *Error) {
	a, err := c.resolve(e, nil)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return Constant(false), nil
	}
	if reason := bracketFault(a); reason != "" {
		return nil, attributeError(e, reason)
	}
	where, err := c.node(e.terms[0], a)
	if err != nil {
		return nil, err
	}
	return existsOf(a, where), nil
}

// bracketFault returns why a cannot stand before brackets, or "".
func bracketFault(a *Attribute) string {
	switch {
	case a.Parent != nil:
		return "a sub-attribute cannot have a value filter"
	case a.Type != Complex && !a.MultiValued:
		return "the attribute is neither complex nor multi-valued and cannot have a value filter"
	}
	return ""
}

func (c *compiler) comparison(e *expression, scope *Attribute) (Node, *Error) {
	a, err := c.resolve(e, scope)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return absentComparison(e)
	}
	n, reason, ofValue := newCompare(a, e.op, &e.value, c.tolerances)
	if reason != "" {
		if ofValue {
			return nil, &Error{Offset: e.value.offset, Token: fault.Shorten(e.value.raw), Reason: reason}
		}
		return nil, attributeError(e, reason)
	}
	if c.options.Rewrite == nil {
		return n, nil
	}
	rewritten := c.options.Rewrite(n)
	if rewritten == nil {
		return n, nil
	}
	return ofOneElement(n, rewritten, scope), nil
}

// absentComparison returns the result of a comparison with an attribute that has no
// value.
func absentComparison(e *expression) (Node, *Error) {
	isNull := e.value.kind == NullLiteral
	switch e.op {
	case Eq:
		return Constant(isNull), nil
	case Ne:
		return Constant(!isNull), nil
	case Pr:
		return Constant(false), nil
	}
	if isNull {
		return nil, &Error{Offset: e.value.offset, Token: fault.Shorten(e.value.raw), Reason: nullFault}
	}
	return Constant(false), nil
}

// ofOneElement returns the result of [Options].Rewrite for n as a condition on one
// element of the parent of n's attribute, if all of it is about that parent.
func ofOneElement(n *Compare, rewritten Node, scope *Attribute) Node {
	parent := n.Attribute.Parent
	if scope != nil || parent == nil || !parent.MultiValued || !combines(rewritten, parent) {
		return rewritten
	}
	exists := existsOf(parent, rewritten)
	if n.Op == Ne {
		// ne is true if there is no element, too.
		return AnyOf(exists, notOf(existsOf(parent, Constant(true))))
	}
	return exists
}

// combines reports whether n combines comparisons with sub-attributes of parent, and
// nothing else.
func combines(n Node, parent *Attribute) bool {
	switch n := n.(type) {
	case And:
		return eachCombines(n, parent)
	case Or:
		return eachCombines(n, parent)
	case Not:
		return eachCombines([]Node{n.Node}, parent)
	}
	return false
}

func eachCombines(terms []Node, parent *Attribute) bool {
	for _, term := range terms {
		if c, ok := term.(*Compare); ok && c.Attribute.Parent == parent {
			continue
		}
		if !combines(term, parent) {
			return false
		}
	}
	return len(terms) > 0
}

// resolve returns the attribute that an expression names; nil if it is unknown and
// means an absent one.
func (c *compiler) resolve(e *expression, scope *Attribute) (*Attribute, *Error) {
	var a *Attribute
	if scope != nil {
		if strings.ContainsAny(e.path, ".:") {
			return nil, attributeError(e, "only the names of sub-attributes can stand in brackets")
		}
		a = scope.SubAttribute(e.path)
	} else {
		if urn, rest := c.table.SplitURN(e.path); urn != "" && rest == "" {
			return nil, attributeError(e, "names a schema, not an attribute")
		}
		a = c.table.Lookup(e.path)
	}
	if a != nil || c.options.UnknownIsAbsent {
		return a, nil
	}
	if scope == nil {
		return nil, c.table.unknown(e)
	}
	err := attributeError(e, fmt.Sprintf("%s has no such sub-attribute", scope))
	err.Unknown = true
	return nil, err
}

// unknown returns the error for an attribute that the table does not have. Its offset
// is behind the URN of a schema that the table has.
func (t *Table) unknown(e *expression) *Error {
	urn, name := t.SplitURN(e.path)
	err := &Error{
		Offset: e.offset + len(e.path) - len(name), Token: fault.Shorten(name), Reason: "unknown attribute", Unknown: true,
	}
	switch {
	case urn != "":
		err.Reason = "unknown attribute of the schema"
	case strings.Contains(name, ":"):
		err.Reason = "unknown schema"
	}
	return err
}

// attributeError returns an error about the attribute of e.
func attributeError(e *expression, reason string) *Error {
	return &Error{Offset: e.offset, Token: fault.Shorten(e.path), Reason: reason}
}
