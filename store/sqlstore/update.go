package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// Update implements [store.GroupStore]. It takes one transaction: the row of the head is
// locked first, so that updates of one group come one after the other, and updates of
// different groups do not meet. In PostgreSQL, a change that only names members takes a
// read and one statement instead; see directChange.
func (s *Store) Update(ctx context.Context, id string, u store.Update) (store.Change, error) {
	if err := s.ready(ctx); err != nil {
		return store.Change{}, err
	}
	if !keepable(id) {
		return store.Change{}, store.ErrNotFound
	}
	var done store.Change
	changeID := rand.Int64()
	c := change{
		key: s.key(id),
		work: func(tx runner) (err error) {
			done, err = s.update(ctx, tx, id, changeID, &u)
			return err
		},
		landed: func(tx runner) (verdict, error) {
			version, last, there, err := s.lastChange(ctx, tx, id)
			switch {
			case err != nil:
				return undecided, err
			case there && last == changeID:
				return committed, nil
			case there && done.Changed && version == done.Group.Version-1, !done.Changed:
				return lost, nil
			}
			return undecided, nil
		},
	}
	if d := s.direct(id, changeID, &u); d != nil {
		c.direct = func(ctx context.Context, conn runner) (bool, error) { return d.run(ctx, conn, &done) }
	}
	if err := s.engine.write(ctx, c); err != nil {
		return store.Change{}, err
	}
	s.engine.grown(ctx, 0, done.NumAdded)
	return done, nil
}

func (s *Store) update(
	ctx context.Context,
	tx runner,
	id string,
	changeID int64,
	u *store.Update,
) (store.Change, error) {
	before, err := s.lockHead(ctx, tx, id, u.Head != nil || u.Extensions)
	if err != nil {
		return store.Change{}, err
	}
	if err := u.If.Check(before.Version); err != nil {
		return store.Change{}, settle(err)
	}
	after := before
	if u.Head != nil {
		if after, err = editHead(before, u.Head); err != nil {
			return store.Change{}, err
		}
	}
	c := s.changer(tx, id)
	if err := c.apply(ctx, u.Members); err != nil {
		return store.Change{}, err
	}
	change := store.Change{FormerName: before.DisplayName, MemberChange: c.net()}
	if err := c.circle(ctx, change.Added); err != nil {
		return store.Change{}, err
	}
	sameHead := u.Head == nil || adapter.SameHead(&before, &after)
	if !sameHead {
		change.Attributes = adapter.ChangedAttributes(&before, &after)
	}
	c.count(&change.MemberChange)
	change.Changed = !sameHead || !change.IsZero()
	if !change.Changed {
		change.Group = before
		return change, nil
	}
	after.Version++
	after.LastModified = s.after(&before)
	change.Group = after
	if err := s.writeHead(ctx, tx, &after, changeID, sameHead); err != nil {
		return store.Change{}, err
	}
	return change, s.tell(ctx, tx, changeID, store.OperationPatch, change)
}

// editHead returns the head as edit changes it, in the form in which the database
// returns it.
func editHead(before store.Group, edit func(*store.Group) error) (store.Group, error) {
	head := before.Clone()
	if err := edit(&head); err != nil {
		return store.Group{}, settle(err)
	}
	after := before
	after.ExternalID, after.DisplayName, after.Extensions = head.ExternalID, head.DisplayName, head.Extensions
	if err := validHead(&after); err != nil {
		return store.Group{}, settle(err)
	}
	return canonical(after)
}

// after returns the time of a change: now, or just after the last change if the clock has
// not advanced since. So the changes of a group are ordered by their times.
func (s *Store) after(g *store.Group) time.Time {
	now := adapter.Timestamp(s.engine.options.Clock())
	if !now.After(g.LastModified) {
		return g.LastModified.Add(time.Microsecond)
	}
	return now
}

// lockHead reads the head of a group, with its extensions if asked to, and locks the
// group against other changes until the transaction ends.
func (s *Store) lockHead(ctx context.Context, tx runner, id string, extensions bool) (store.Group, error) {
	text := s.engine.text.bareHeadLocked
	if extensions {
		text = s.engine.text.headLocked
	}
	g, err := scanHead(tx.QueryRowContext(ctx, text, s.tenant, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return g, settle(store.ErrNotFound)
	}
	return g, err
}

func (s *Store) writeHead(ctx context.Context, tx runner, g *store.Group, changeID int64, touchOnly bool) error {
	modified, version := g.LastModified.UnixMicro(), int64(g.Version)
	if touchOnly {
		_, err := tx.ExecContext(ctx, s.engine.text.touchGroup, s.tenant, g.ID, modified, version, changeID)
		return err
	}
	columns, err := s.engine.written(g)
	if err != nil {
		return err
	}
	args := append([]any{s.tenant, g.ID}, columns...)
	_, err = tx.ExecContext(ctx, s.engine.text.updateGroup, append(args, modified, version, changeID)...)
	return err
}
