package store

// NeedsMembers reports whether the query cannot be answered without the members
// of the groups: because they are asked for, or because the filter looks at them.
func (q Query) NeedsMembers() bool {
	if q.Select.Members {
		return true
	}
	for a := range q.Filter.Attributes() {
		if !a.Extension && a.Top().Name == "members" {
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
	for a := range q.Filter.Attributes() {
		if a.Extension || a.Top().Name == "schemas" {
			return true
		}
	}
	return false
}
