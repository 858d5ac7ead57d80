package store

import (
	"iter"

	"github.com/scimgroups/scimgroups/filter"
)

// Attributes are the attributes that a filter looks at, in the order of its text
// and as often as they are there; those inside value paths too. A nil filter
// looks at none. A store with an index asks [filter.Filter.Values] about those
// that it has an index for.
func Attributes(f *filter.Filter) iter.Seq[*filter.Attribute] {
	return func(yield func(*filter.Attribute) bool) {
		if f != nil {
			walkAttributes(f.Root(), yield)
		}
	}
}

func walkAttributes(n filter.Node, yield func(*filter.Attribute) bool) bool {
	switch n := n.(type) {
	case filter.And:
		for _, term := range n {
			if !walkAttributes(term, yield) {
				return false
			}
		}
	case filter.Or:
		for _, term := range n {
			if !walkAttributes(term, yield) {
				return false
			}
		}
	case filter.Not:
		return walkAttributes(n.Node, yield)
	case *filter.Compare:
		return yield(n.Attribute)
	case *filter.Exists:
		return yield(n.Attribute) && walkAttributes(n.Where, yield)
	}
	return true
}

// NeedsMembers reports whether the query cannot be answered without the members
// of the groups: because they are asked for, or because the filter looks at them.
func (q Query) NeedsMembers() bool {
	if q.Select.Members {
		return true
	}
	for a := range Attributes(q.Filter) {
		if !a.Extension && topAttribute(a).Name == "members" {
			return true
		}
	}
	return false
}

// NeedsExtensions reports whether the query cannot be answered without the
// extensions of the groups: because they are asked for, or because the filter or
// the order looks at them. (The attribute schemas tells which there are.)
func (q Query) NeedsExtensions() bool {
	if q.Select.Extensions || q.SortBy != nil && q.SortBy.Extension {
		return true
	}
	for a := range Attributes(q.Filter) {
		if a.Extension || topAttribute(a).Name == "schemas" {
			return true
		}
	}
	return false
}

func topAttribute(a *filter.Attribute) *filter.Attribute {
	if a.Parent != nil {
		return a.Parent
	}
	return a
}
