package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"math"

	"github.com/scimgroups/scimgroups/store"
)

// Get implements [store.GroupStore].
func (s *Store) Get(ctx context.Context, id string, sel store.Selection) (store.Group, error) {
	if err := s.ready(ctx); err != nil {
		return store.Group{}, err
	}
	if !keepable(id) {
		return store.Group{}, store.ErrNotFound
	}
	var g store.Group
	get := func(db runner) (err error) {
		text := s.engine.text.bareHead
		if sel.Extensions {
			text = s.engine.text.head
		}
		g, err = scanHead(db.QueryRowContext(ctx, text, s.tenant, id).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return settle(store.ErrNotFound)
		}
		return err
	}
	if !sel.Members {
		err := s.engine.look(ctx, get)
		return g, err
	}
	err := s.engine.read(ctx, func(tx runner) error {
		if err := get(tx); err != nil {
			return err
		}
		return s.addGroupMembers(ctx, tx, &g, sel.MaxMembers)
	})
	if err != nil {
		return store.Group{}, err
	}
	return g, nil
}

// ScanMembers implements [store.MemberScanner].
func (s *Store) ScanMembers(ctx context.Context, id, after string, into []store.Member) (n int, err error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	if !keepable(id) {
		return 0, store.ErrNotFound
	}
	if !keepable(after) {
		return 0, store.ErrBadPosition
	}
	err = s.engine.look(ctx, func(db runner) error {
		n = 0 // this may be a second attempt
		err := query(ctx, db, s.engine.text.scan, []any{s.tenant, id, after, len(into)}, func(rows *sql.Rows) error {
			n++
			return scanMember(rows, &into[n-1])
		})
		if err != nil || n > 0 {
			return err
		}
		// Either the group has no further members, or there is no group.
		_, err = scanHead(db.QueryRowContext(ctx, s.engine.text.bareHead, s.tenant, id).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return settle(store.ErrNotFound)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// addMembers reads the members of groups, except of groups that have more than most. 0
// means no bound.
func (s *Store) addMembers(ctx context.Context, tx runner, groups []store.Group, most int) error {
	if !s.engine.options.sql.lateral {
		for i := range groups {
			if err := s.addGroupMembers(ctx, tx, &groups[i], most); err != nil {
				return err
			}
		}
		return nil
	}
	if len(groups) == 0 {
		return nil
	}
	ids := make([]string, len(groups))
	index := make(map[string]int, len(groups))
	for i := range groups {
		ids[i] = groups[i].ID
		index[groups[i].ID] = i
	}
	err := query(
		ctx,
		tx,
		s.engine.text.membersOf,
		[]any{s.tenant, s.engine.options.sql.valueSet(ids), s.engine.limit(most)},
		func(rows *sql.Rows) error {
			var id string
			var m store.Member
			if err := rows.Scan(&id, &m.Value, &m.Type, &m.Display, &m.Ref); err != nil {
				return err
			}
			g := &groups[index[id]]
			g.Members = append(g.Members, m)
			return nil
		},
	)
	for i := range groups {
		omit(&groups[i], most)
	}
	return err
}

// addGroupMembers is like addMembers, for one group.
func (s *Store) addGroupMembers(ctx context.Context, tx runner, g *store.Group, most int) error {
	err := query(
		ctx,
		tx,
		s.engine.text.members,
		[]any{s.tenant, g.ID, s.engine.limit(most)},
		func(rows *sql.Rows) error {
			var m store.Member
			if err := scanMember(rows, &m); err != nil {
				return err
			}
			g.Members = append(g.Members, m)
			return nil
		},
	)
	omit(g, most)
	return err
}

// limit returns the number of members to read to know whether there are more than most.
func (d *engine) limit(most int) any {
	if most > 0 {
		return oneMore(most)
	}
	return d.options.sql.noLimit
}

// oneMore returns n + 1, without overflow.
func oneMore(n int) int { return min(n, math.MaxInt-1) + 1 }

// omit drops the members if there are more than most.
func omit(g *store.Group, most int) {
	if most > 0 && len(g.Members) > most {
		g.Members, g.MembersOmitted = nil, true
	}
}
