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

// String returns the operator as RFC 7644 writes it.
func (o Op) String() string { return opNames[o] }

// Textual reports whether o is co, sw or ew, which look at the text of a value.
func (o Op) Textual() bool { return o == Co || o == Sw || o == Ew }

// Node is one node of a filter: [And], [Or], [Not], [*Compare], [*Exists] or
// [Constant]. A store that can filter in its database translates the nodes, and must
// not change them.
type Node interface{ node() }

// And is true if all of its terms are. In a filter that was parsed it has two or more,
// and none of them is an And or a [Constant]; [AllOf] keeps that.
type And []Node

// Or is true if one of its terms is. In a filter that was parsed it has two or more,
// and none of them is an Or or a [Constant]; [AnyOf] keeps that.
type Or []Node

// Not is true if its node is false.
type Not struct{ Node Node }

// Compare compares the value of an attribute with a literal. If the attribute or its
// parent is multi-valued, one value that matches is enough.
//
// Inside [Exists], and in a filter over elements, Attribute is a sub-attribute of
// the element.
type Compare struct {
	Attribute *Attribute
	Op        Op
	// Literal is the zero Literal (null) for [Pr].
	Literal Literal
}

// Exists is a value path, attr[…]. It is true if one element of the attribute, which
// is complex or multi-valued, meets Where. The comparisons of Where are with the
// sub-attributes of the element.
type Exists struct {
	Attribute *Attribute
	Where     Node
}

// Constant is true or false for every resource. A comparison with an attribute that
// the resource type does not have becomes one (see [Options].UnknownIsAbsent).
type Constant bool

func (And) node()      {}
func (Or) node()       {}
func (Not) node()      {}
func (*Compare) node() {}
func (*Exists) node()  {}
func (Constant) node() {}

// AllOf returns the conjunction of terms; without terms it is true. An [And] among
// them is replaced by its terms, constants are evaluated, and a single term is
// returned as it is.
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

// AnyOf returns the disjunction of terms; without terms it is false. It simplifies as
// [AllOf] does.
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

// walk calls yield with n and the nodes below it, parents first and in the order of
// the text, until yield returns false.
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

// Literal is the right side of a comparison, converted to what the type of the
// attribute needs.
type Literal struct {
	kind    LiteralKind
	text    string // the decoded string, or the number as written
	folded  string // Fold(text), for attributes that are not caseExact
	boolean bool
	number  decimal
	instant time.Time // for dateTime attributes
	timed   bool      // instant was set
}

// Kind returns the kind of the literal.
func (l *Literal) Kind() LiteralKind { return l.kind }

// Text returns the string with its escapes decoded, or the number as written.
func (l *Literal) Text() string { return l.text }

// Folded returns the result of [Fold] for Text.
func (l *Literal) Folded() string { return l.folded }

// Boolean returns the value of a boolean literal.
func (l *Literal) Boolean() bool { return l.boolean }

// Time returns the instant of a literal that is compared with a dateTime; false if it
// is not one, such as "2026" in meta.created sw "2026".
func (l *Literal) Time() (time.Time, bool) { return l.instant, l.timed }
