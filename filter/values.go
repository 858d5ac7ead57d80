package filter

import "slices"

// Values returns a set of strings one of which attribute a must equal for the filter
// to match; false if there is no such set. For a eq "x" and b pr it is "x". If a is
// not caseExact the strings are folded. An empty set means that nothing matches. a may
// be a sub-attribute of a multi-valued attribute (members.value).
//
// A store looks the strings up in an index and calls [Filter.Match] with what it finds.
func (f *Filter) Values(a *Attribute) ([]string, bool) { return values(f.root, a) }

func values(n Node, a *Attribute) ([]string, bool) {
	switch n := n.(type) {
	case *Compare:
		return n.values(a)
	case *Exists:
		return values(n.Where, a)
	case And:
		// Each set is valid by itself, so the smallest is best.
		var best []string
		found := false
		for _, term := range n {
			if set, ok := values(term, a); ok && (!found || len(set) < len(best)) {
				best, found = set, true
			}
		}
		return best, found
	case Or:
		var union []string
		for _, term := range n {
			set, ok := values(term, a)
			if !ok {
				return nil, false
			}
			for _, v := range set {
				if !slices.Contains(union, v) {
					union = append(union, v)
				}
			}
		}
		return union, true
	case Constant:
		return nil, !bool(n)
	}
	return nil, false
}

func (c *Compare) values(a *Attribute) ([]string, bool) {
	same := c.Attribute == a || c.Attribute.Element() && c.Attribute.Parent == a
	if !same || c.Op != Eq || c.Literal.kind != StringLiteral {
		return nil, false
	}
	switch {
	case c.Attribute.Type == DateTime:
		return nil, false // one instant has many spellings
	case c.Attribute.CaseExact:
		return []string{c.Literal.text}, true
	}
	return []string{c.Literal.folded}, true
}
