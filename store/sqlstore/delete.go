package sqlstore

import (
	"context"
	"database/sql"
	"math/rand/v2"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// Delete implements [store.GroupStore]. Unless [Options.Nesting] is [store.NestingOff],
// it takes one more statement to remove the group from the groups that hold it, and
// another one if there are any.
func (s *Store) Delete(ctx context.Context, id string, c *store.Condition) (done store.Change, err error) {
	if err := s.ready(ctx); err != nil {
		return store.Change{}, err
	}
	if !keepable(id) {
		return store.Change{}, store.ErrNotFound
	}
	changeID := rand.Int64()
	err = s.engine.write(ctx, change{
		key: s.key(id),
		work: func(tx runner) (err error) {
			done, err = s.delete(ctx, tx, id, changeID, c)
			return err
		},
		landed: func(tx runner) (verdict, error) {
			_, _, there, err := s.lastChange(ctx, tx, id)
			if !there {
				return committed, err
			}
			return lost, nil
		},
	})
	if err != nil {
		return store.Change{}, err
	}
	return done, nil
}

func (s *Store) delete(
	ctx context.Context,
	tx runner,
	id string,
	changeID int64,
	c *store.Condition,
) (store.Change, error) {
	head, err := s.lockHeads(ctx, tx, id)
	if err != nil {
		return store.Change{}, err
	}
	change, err := adapter.Deleted(head, c)
	if err != nil {
		return store.Change{}, settle(err)
	}
	head.LastModified = s.after(&head)
	told := []store.Event{s.event(ctx, store.OperationDelete, head.LastModified, change)}
	if s.engine.options.Nesting != store.NestingOff {
		holders, err := s.expel(ctx, tx, id, changeID)
		if err != nil {
			return store.Change{}, err
		}
		for _, g := range holders {
			left := store.Change{Group: g, FormerName: g.DisplayName, Changed: true}
			left.Removed = []string{id}
			adapter.Count(&left.MemberChange, 1)
			told = append(told, s.event(ctx, store.OperationPatch, g.LastModified, left))
		}
	}
	if _, err := tx.ExecContext(ctx, s.engine.text.dropMembers, s.tenant, id); err != nil {
		return store.Change{}, err
	}
	if _, err := tx.ExecContext(ctx, s.engine.text.deleteGroup, s.tenant, id); err != nil {
		return store.Change{}, err
	}
	return change, s.tellAll(ctx, tx, changeID, told)
}

// lockHeads reads the head of a group that is being deleted. It locks the group, so that
// it is neither changed nor made a member, and the groups that hold it, so that they are
// not changed.
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

// expel removes a group that is being deleted from the groups that hold it, and returns
// their heads as they are afterwards. The group is locked and cannot be added any more.
// The statement sees the groups to which it was added while the lock was waited for.
func (s *Store) expel(ctx context.Context, tx runner, id string, changeID int64) (holders []store.Group, err error) {
	var ids []string
	err = s.engine.text.expel.run(ctx, tx, []any{s.tenant, id}, func(rows *sql.Rows) error {
		var holder string
		err := rows.Scan(&holder)
		ids = append(ids, holder)
		return err
	})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	now := adapter.Timestamp(s.engine.options.Clock()).UnixMicro()
	err = s.engine.text.touchGroups.run(
		ctx,
		tx,
		[]any{s.tenant, now, s.engine.options.sql.valueSet(ids), changeID},
		func(rows *sql.Rows) error {
			g, err := scanHead(rows.Scan)
			holders = append(holders, g)
			return err
		},
	)
	return holders, err
}
