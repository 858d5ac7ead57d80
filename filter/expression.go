package filter

type expressionKind uint8

const (
	comparison expressionKind = iota
	conjunction
	disjunction
	negation
	valuePath
)

// expression is the syntax tree of a filter, in which no names are resolved. Unlike
// that of filter-parser it has offsets in the text, and one node for a chain of ands
// or ors.
type expression struct {
	kind   expressionKind
	op     Op     // comparison
	offset int    // comparison, value path: of path in the text
	path   string // comparison, value path: the attribute path as written
	value  literal
	// terms are the operands of a conjunction or disjunction, or the one operand of a
	// negation or value path.
	terms []*expression
}

// literal is the right side of a comparison before it is converted for its attribute.
type literal struct {
	kind    LiteralKind
	boolean bool
	offset  int    // where raw starts
	raw     string // as it was written
	text    string // the decoded string, or the number
}
