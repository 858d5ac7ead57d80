package filter

import "time"

// Op is a comparison operator (RFC 7644 §3.4.2.2, table 3).
type Op uint8

// The comparison operators.
const (
	Eq Op = iota
	Ne
	Co
	Sw
	Ew
	Gt
	Ge
	Lt
	Le
	Pr
)

var opNames = [...]string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"}

// String is the operator as RFC 7644 writes it.
func (o Op) String() string { return opNames[o] }

// Textual reports whether o looks at the text of a value: co, sw and ew.
func (o Op) Textual() bool { return o == Co || o == Sw || o == Ew }

// Node is one node of a compiled filter: [And], [Or], [Not], [*Compare],
// [*Exists] or [Constant]. A store that can push filters down to its database
// walks the nodes; nobody may change them.
type Node interface{ node() }

// And is true if all of its two or more terms are.
type And []Node

// Or is true if one of its two or more terms is.
type Or []Node

// Not is true if its term is not.
type Not struct{ Node Node }

// Compare compares the value of an attribute with a literal. If the attribute
// (or its parent) is multi-valued, one value that matches is enough.
//
// Inside [Exists], and in a filter over elements, Attribute is a sub-attribute
// of the element that is looked at.
type Compare struct {
	Attribute *Attribute
	Op        Op
	// Literal is the zero Literal (null) for [Pr].
	Literal Literal
}

// Exists is a value path, attr[…]: true if one element of the complex (or
// simple multi-valued) attribute meets Where, whose comparisons are with the
// sub-attributes of that element.
type Exists struct {
	Attribute *Attribute
	Where     Node
}

// Constant is true or false for every resource. It stands for a comparison with
// an attribute that the resource type does not have (see
// [Options.UnknownIsAbsent]).
type Constant bool

func (And) node()      {}
func (Or) node()       {}
func (Not) node()      {}
func (*Compare) node() {}
func (*Exists) node()  {}
func (Constant) node() {}

// AllOf returns the conjunction of terms: true without any. It keeps the
// invariants of [And]: the terms of conjunctions take their place, and constants
// are dropped or decide.
func AllOf(terms ...Node) Node {
	out := make(And, 0, len(terms))
	for _, term := range terms {
		switch term := term.(type) {
		case Constant:
			if !term {
				return term
			}
		case And:
			out = append(out, term...)
		default:
			out = append(out, term)
		}
	}
	switch len(out) {
	case 0:
		return Constant(true)
	case 1:
		return out[0]
	}
	return out
}

// AnyOf returns the disjunction of terms: false without any. It keeps the
// invariants of [Or]; see [AllOf].
func AnyOf(terms ...Node) Node {
	out := make(Or, 0, len(terms))
	for _, term := range terms {
		switch term := term.(type) {
		case Constant:
			if term {
				return term
			}
		case Or:
			out = append(out, term...)
		default:
			out = append(out, term)
		}
	}
	switch len(out) {
	case 0:
		return Constant(false)
	case 1:
		return out[0]
	}
	return out
}

func notOf(n Node) Node {
	if c, ok := n.(Constant); ok {
		return !c
	}
	return Not{n}
}

func existsOf(a *Attribute, where Node) Node {
	if where == Node(Constant(false)) {
		return where
	}
	return &Exists{Attribute: a, Where: where}
}

// walk calls yield with n and the nodes below it, each before those below it and in
// the order of the text, until yield returns false.
func walk(n Node, yield func(Node) bool) bool {
	if !yield(n) {
		return false
	}
	switch n := n.(type) {
	case And:
		return walkAll(n, yield)
	case Or:
		return walkAll(n, yield)
	case Not:
		return walk(n.Node, yield)
	case *Exists:
		return walk(n.Where, yield)
	}
	return true
}

func walkAll(terms []Node, yield func(Node) bool) bool {
	for _, term := range terms {
		if !walk(term, yield) {
			return false
		}
	}
	return true
}

// LiteralKind is the JSON type of a literal.
type LiteralKind uint8

// The kinds of literals.
const (
	NullLiteral LiteralKind = iota
	StringLiteral
	BooleanLiteral
	NumberLiteral
)

// Literal is the right side of a comparison, converted once to what the
// attribute's type needs.
type Literal struct {
	kind    LiteralKind
	text    string // the decoded string, or the number as it was written
	folded  string // Fold(text), for attributes that are not caseExact
	boolean bool
	number  decimal
	instant time.Time // for dateTime attributes
	timed   bool      // instant was set
}

// Kind is the kind of the literal.
func (l *Literal) Kind() LiteralKind { return l.kind }

// Text is the string with its escapes decoded, or the number as written.
func (l *Literal) Text() string { return l.text }

// Folded is what [Fold] makes of Text.
func (l *Literal) Folded() string { return l.folded }

// Boolean is the value of a boolean literal.
func (l *Literal) Boolean() bool { return l.boolean }

// Time is the instant that a literal means which is compared with a dateTime;
// false if it does not denote one (such as the "2026" in: meta.created sw "2026").
func (l *Literal) Time() (time.Time, bool) { return l.instant, l.timed }
