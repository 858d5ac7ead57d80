package memory

import (
	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// head is all of a group but its members. It is never changed.
type head struct {
	group  store.Group // without members
	folded string      // filter.Fold of the displayName
}

func newHead(g store.Group) *head {
	g.Members = nil
	return &head{group: g, folded: filter.Fold(g.DisplayName)}
}

// answer is a copy of the head, with the extensions if they are wanted.
func (h *head) answer(extensions bool) store.Group {
	return h.group.Select(store.Selection{Extensions: extensions})
}
