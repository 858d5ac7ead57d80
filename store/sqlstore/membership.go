package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/scimgroups/scimgroups/store"
)

// CountMembers implements [store.MemberCounter]. The database counts entries of an index,
// which takes time that grows with their number.
func (s *Store) CountMembers(ctx context.Context, id string) (int, error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	if !keepable(id) {
		return 0, store.ErrNotFound
	}
	var n int
	err := s.engine.look(ctx, func(db runner) error {
		err := db.QueryRowContext(ctx, s.engine.text.countMembers, s.tenant, id).Scan(&n)
		if errors.Is(err, sql.ErrNoRows) {
			return settle(store.ErrNotFound)
		}
		return err
	})
	return n, err
}

// GroupsOf implements [store.MembershipFinder], in one statement. Direct memberships are
// read from an index in the order of the page. Transitive ones are followed upwards for
// every page, with one look-up in an index for each group on the way.
func (s *Store) GroupsOf(ctx context.Context, q store.MembershipQuery) ([]store.Membership, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	if !keepable(q.After) {
		return nil, store.ErrBadPosition
	}
	if !keepable(q.Member) {
		return nil, nil
	}
	if q.Limit <= 0 {
		q.Limit = store.DefaultMemberships
	}
	text := s.engine.text.groupsOf
	if q.Transitive {
		text = s.engine.text.groupsAbove
	}
	var found []store.Membership
	err := s.engine.look(ctx, func(db runner) error {
		found = nil
		return query(ctx, db, text, []any{s.tenant, q.Member, q.After, q.Limit}, func(rows *sql.Rows) error {
			var m store.Membership
			g, err := scanHead(rows.Scan, &m.Direct)
			m.Group = g
			found = append(found, m)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}
