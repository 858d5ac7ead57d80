package memory

import (
	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// head is a group without its members. It is immutable.
type head struct {
	group  store.Group // Members is nil
	folded string      // filter.Fold of the displayName
}

// newHead returns the head of g. before is the head that it replaces, or nil.
func newHead(g store.Group, before *head) *head {
	g.Members = nil
	if before != nil && before.group.DisplayName == g.DisplayName {
		return &head{group: g, folded: before.folded}
	}
	return &head{group: g, folded: filter.Fold(g.DisplayName)}
}

// selected returns a copy of the head, with or without the extensions.
func (h *head) selected(extensions bool) store.Group {
	return adapter.Select(h.group, store.Selection{Extensions: extensions})
}
