package filter

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
	offset  int    // where raw starts
	raw     string // as it was written
	text    string // the decoded string, or the number
}
