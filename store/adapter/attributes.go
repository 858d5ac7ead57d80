package adapter

import (
	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// NeedsMembers reports whether q cannot be evaluated without the members of the groups,
// because they are selected or because the filter examines them.
func NeedsMembers(q store.Query) bool {
	return q.Select.Members || FilterNeedsMembers(q.Filter)
}

// FilterNeedsMembers reports whether a filter examines the members of a group.
func FilterNeedsMembers(f *filter.Filter) bool {
	for a := range f.Attributes() {
		if !a.Extension && a.Top().Name == "members" {
			return true
		}
	}
	return false
}

// NeedsExtensions reports whether q cannot be evaluated without the extensions of the
// groups, because they are selected or because the filter or the order examines them.
// The schemas attribute counts, since it lists the extensions of a group.
func NeedsExtensions(q store.Query) bool {
	if q.Select.Extensions || q.SortBy != nil && q.SortBy.Extension {
		return true
	}
	for a := range q.Filter.Attributes() {
		if a.Extension || a.Top().Name == "schemas" {
			return true
		}
	}
	return false
}
