package memory

import (
	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// matcher answers what says of a group whether f matches it. That is f.Match, but
// for parts that name the Value of a member where the schema does not make it
// caseExact, as that of RFC 7643 does not: f.Match has to walk through all
// members then, and here is an index for it.
func matcher(f *filter.Filter) func(*view) bool {
	if f == nil {
		return func(*view) bool { return true }
	}
	for a := range store.Attributes(f) {
		if isMemberValue(a) && !a.CaseExact {
			return nodeMatcher(f.Root())
		}
	}
	return func(v *view) bool { return f.Match(v) }
}

func isMemberValue(a *filter.Attribute) bool {
	return !a.Extension && a.Name == "value" && a.Parent != nil && a.Parent.Name == "members"
}

func nodeMatcher(n filter.Node) func(*view) bool {
	switch n := n.(type) {
	case filter.And:
		terms := nodeMatchers(n)
		return func(v *view) bool {
			for _, term := range terms {
				if !term(v) {
					return false
				}
			}
			return true
		}
	case filter.Or:
		terms := nodeMatchers(n)
		return func(v *view) bool {
			for _, term := range terms {
				if term(v) {
					return true
				}
			}
			return false
		}
	case filter.Not:
		term := nodeMatcher(n.Node)
		return func(v *view) bool { return !term(v) }
	case *filter.Compare:
		if isMemberValue(n.Attribute) {
			if match, ok := elementMatcher(n); ok {
				return match
			}
		}
	case *filter.Exists:
		if !n.Attribute.Extension && n.Attribute.Name == "members" {
			if match, ok := elementMatcher(n.Where); ok {
				return match
			}
		}
	}
	f := filter.New(n)
	return func(v *view) bool { return f.Match(v) }
}

func nodeMatchers(nodes []filter.Node) []func(*view) bool {
	out := make([]func(*view) bool, len(nodes))
	for i, n := range nodes {
		out[i] = nodeMatcher(n)
	}
	return out
}

// elementMatcher answers what says whether a group has a member that meets where,
// if where names the Values that such a member can have.
func elementMatcher(where filter.Node) (match func(*view) bool, ok bool) {
	f := filter.NewElement(where)
	for a := range store.Attributes(f) {
		if !isMemberValue(a) || a.CaseExact {
			continue
		}
		folded, ok := f.Values(a)
		if !ok {
			return nil, false
		}
		return func(v *view) bool {
			for _, value := range folded {
				for m := range v.members.FindFolded(value) {
					if f.Match(&m) {
						return true
					}
				}
			}
			return false
		}, true
	}
	return nil, false
}
