package memory

import (
	"context"
	"slices"

	"github.com/scimgroups/scimgroups/store"
)

// CountMembers implements [store.MemberCounter]. It takes constant time.
func (s *Store) CountMembers(ctx context.Context, id string) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	g := s.find(id)
	if g == nil {
		return 0, store.ErrNotFound
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.deleted.Load() {
		return 0, store.ErrNotFound
	}
	return g.members.len(), nil
}

// GroupsOf implements [store.MembershipFinder]. Its time grows with the number of groups
// on all pages, not with the number of their members.
func (s *Store) GroupsOf(ctx context.Context, q store.MembershipQuery) ([]store.Membership, error) {
	if q.Limit <= 0 {
		q.Limit = store.DefaultMemberships
	}
	type holder struct {
		head   *head
		direct bool
	}
	found := map[string]holder{}
	var ids []string // keys of found that are greater than q.After
	level := []string{q.Member}
	for direct := true; len(level) > 0; direct = false {
		var next []string
		for _, value := range level {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			for _, g := range s.principals.groupsOf(value) {
				if _, known := found[g.id]; known {
					continue
				}
				head := g.headWith(value)
				if head == nil {
					continue
				}
				found[g.id] = holder{head, direct}
				next = append(next, g.id)
				if g.id > q.After {
					ids = append(ids, g.id)
				}
			}
		}
		if level = next; !q.Transitive {
			break
		}
	}
	slices.Sort(ids)
	out := make([]store.Membership, min(q.Limit, len(ids)))
	for i := range out {
		h := found[ids[i]]
		out[i] = store.Membership{Group: h.head.selected(false), Direct: h.direct}
	}
	return out, nil
}
