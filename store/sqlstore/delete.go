package sqlstore

import (
	"context"
	"database/sql"
	"math/rand/v2"

	"github.com/scimgroups/scimgroups/store"
)

// Delete implements [store.GroupStore]. If the store heeds groups in groups (see
// [Options.Nesting]) it takes one statement more than it has to, and yet another
// one if some group holds this one.
func (s *Store) Delete(ctx context.Context, id string, check func(head store.Group) error) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if !keepable(id) {
		return store.ErrNotFound
	}
	changeID := rand.Int64()
	return s.engine.write(ctx, change{
		key:  s.key(id),
		work: func(tx runner) error { return s.delete(ctx, tx, id, changeID, check) },
		landed: func(tx runner) (verdict, error) {
			_, _, there, err := s.lastChange(ctx, tx, id)
			if !there {
				return committed, err
			}
			return lost, nil
		},
	})
}

func (s *Store) delete(ctx context.Context, tx runner, id string, changeID int64, check func(head store.Group) error) error {
	head, err := s.lockHeads(ctx, tx, id)
	if err != nil {
		return err
	}
	if check != nil {
		if err := check(head.Clone()); err != nil {
			return settle(err)
		}
	}
	told := []store.OutboxEntry{{Kind: store.GroupDeleted, At: s.after(&head), Group: head}}
	if s.engine.options.Nesting != store.NestingOff {
		holders, err := s.expel(ctx, tx, id, changeID)
		if err != nil {
			return err
		}
		for _, g := range holders {
			told = append(told, store.OutboxEntry{
				Kind: store.GroupUpdated, At: g.LastModified, Group: g,
				MemberChange: store.MemberChange{Removed: []string{id}},
			})
		}
	}
	if _, err := tx.ExecContext(ctx, s.engine.text.dropMembers, s.tenant, id); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, s.engine.text.deleteGroup, s.tenant, id); err != nil {
		return err
	}
	return s.tell(ctx, tx, changeID, told...)
}

// lockHeads reads the head of a group that is going to be deleted, and keeps
// others from changing it, from making it a member, and from changing the groups
// that hold it.
func (s *Store) lockHeads(ctx context.Context, tx runner, id string) (head store.Group, err error) {
	err = query(ctx, tx, s.engine.text.headsLocked, []any{s.tenant, id}, func(rows *sql.Rows) error {
		g, err := scanHead(rows.Scan)
		if g.ID == id {
			head = g
		}
		return err
	})
	if err == nil && head.ID == "" {
		err = settle(store.ErrNotFound)
	}
	return head, err
}

// expel removes a group that is going to be deleted from the groups that hold it,
// and answers their heads as they are afterwards. Nobody can add it any more; who
// has added it while it was waited for is seen by this statement.
func (s *Store) expel(ctx context.Context, tx runner, id string, changeID int64) (holders []store.Group, err error) {
	var ids []string
	err = query(ctx, tx, s.engine.text.expel, []any{s.tenant, id}, func(rows *sql.Rows) error {
		var holder string
		err := rows.Scan(&holder)
		ids = append(ids, holder)
		return err
	})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	now := store.Timestamp(s.engine.options.Clock()).UnixMicro()
	err = query(ctx, tx, s.engine.text.touchGroups, []any{s.tenant, now, s.engine.valueSet(ids), changeID}, func(rows *sql.Rows) error {
		g, err := scanHead(rows.Scan)
		holders = append(holders, g)
		return err
	})
	return holders, err
}
