package filter

import (
	"iter"

	"github.com/scimgroups/scimgroups/internal/jsontext"
)

// Filter is a compiled filter. It is immutable and safe for concurrent use.
type Filter struct {
	root      Node
	element   bool // it is over the elements of an attribute, not over resources
	tolerated Tolerance
}

// New returns a Filter over resources with a tree of nodes, for conditions that are
// built without text. [NewCompare] makes the leaves, [AllOf] and [AnyOf] combine
// them. A nil root matches everything.
func New(root Node) *Filter { return new(Filter).WithRoot(root) }

// WithRoot returns a Filter with another tree of nodes. It is over resources or over
// elements, as f is. A nil root matches everything.
func (f *Filter) WithRoot(root Node) *Filter {
	if root == nil {
		root = Constant(true)
	}
	return &Filter{root: root, element: f.element}
}

// Tolerated returns the deviations from RFC 7644 that the text of the filter has.
func (f *Filter) Tolerated() Tolerance { return f.tolerated }

// Root returns the tree of the filter, for stores that translate it.
func (f *Filter) Root() Node { return f.root }

// Comparisons returns an iterator over the comparisons of the filter, in the order
// of its text and as often as they occur, including those inside value paths. A nil
// Filter has none.
func (f *Filter) Comparisons() iter.Seq[*Compare] {
	return func(yield func(*Compare) bool) {
		if f == nil {
			return
		}
		walk(f.root, func(n Node) bool {
			c, ok := n.(*Compare)
			return !ok || yield(c)
		})
	}
}

// Attributes returns an iterator over the attributes that the filter looks at, in its
// comparisons and before its brackets, in the order of its text and as often as they
// occur. A nil Filter looks at none.
func (f *Filter) Attributes() iter.Seq[*Attribute] {
	return func(yield func(*Attribute) bool) {
		if f == nil {
			return
		}
		walk(f.root, func(n Node) bool {
			switch n := n.(type) {
			case *Compare:
				return yield(n.Attribute)
			case *Exists:
				return yield(n.Attribute)
			}
			return true
		})
	}
}

// String returns the filter in a normal form: filters that differ only in spaces,
// redundant parentheses or the letter case of names and operators have the same one.
// It is itself a filter with the same meaning, unless it has a [Constant], for which
// there is no syntax; it is written true or false.
func (f *Filter) String() string {
	w := writer{element: f.element}
	w.node(f.root, precedenceOr)
	return string(w.out)
}

// The precedence of what a node is written into.
const (
	precedenceOr = iota
	precedenceAnd
)

type writer struct {
	out     []byte
	element bool
}

func (w *writer) write(s string) { w.out = append(w.out, s...) }

func (w *writer) node(n Node, precedence int) {
	switch n := n.(type) {
	case *Compare:
		w.compare(n)
	case And:
		w.list(n, " and ", precedenceAnd, false)
	case Or:
		w.list(n, " or ", precedenceOr, precedence > precedenceOr)
	case Not:
		w.write("not (")
		w.node(n.Node, precedenceOr)
		w.write(")")
	case *Exists:
		w.write(n.Attribute.String())
		w.write("[")
		outer := w.element
		w.element = true
		w.node(n.Where, precedenceOr)
		w.element = outer
		w.write("]")
	case Constant:
		if n {
			w.write("true")
		} else {
			w.write("false")
		}
	}
}

func (w *writer) list(terms []Node, operator string, precedence int, parentheses bool) {
	if parentheses {
		w.write("(")
	}
	for i, term := range terms {
		if i > 0 {
			w.write(operator)
		}
		w.node(term, precedence)
	}
	if parentheses {
		w.write(")")
	}
}

func (w *writer) compare(c *Compare) {
	if w.element {
		w.write(c.Attribute.Name)
	} else {
		w.write(c.Attribute.String())
	}
	w.write(" ")
	w.write(c.Op.String())
	if c.Op == Pr {
		return
	}
	w.write(" ")
	switch c.Literal.kind {
	case NullLiteral:
		w.write("null")
	case StringLiteral:
		w.out = jsontext.AppendQuote(w.out, c.Literal.text)
	default:
		w.write(c.Literal.text)
	}
}
