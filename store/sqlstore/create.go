package sqlstore

import (
	"context"
	"math/rand/v2"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// Create implements [store.GroupStore].
func (s *Store) Create(ctx context.Context, g store.Group) (store.Change, error) {
	if err := s.ready(ctx); err != nil {
		return store.Change{}, err
	}
	if err := validHead(&g); err != nil {
		return store.Change{}, err
	}
	if err := validMembers(g.Members); err != nil {
		return store.Change{}, err
	}
	var created store.Change
	changeID := rand.Int64()
	work := func(tx runner) error {
		id := created.Group.ID
		if id == "" { // otherwise this is a second attempt
			id = s.engine.options.NewID(g)
		}
		stored, _ := adapter.New(g, id, s.engine.options.Clock())
		if err := adapter.ValidID(id); err != nil {
			return settle(err)
		}
		stored, err := canonical(stored)
		if err != nil {
			return err
		}
		created.Group = adapter.Head(stored)
		columns, err := s.engine.written(&stored)
		if err != nil {
			return err
		}
		args := append([]any{s.tenant, stored.ID}, columns...)
		args = append(
			args,
			stored.Created.UnixMicro(),
			stored.LastModified.UnixMicro(),
			int64(stored.Version),
			changeID,
		)
		if _, err := tx.ExecContext(ctx, s.engine.text.insertGroup, args...); err != nil {
			return err
		}
		c := s.changer(tx, stored.ID)
		if err := c.add(ctx, stored.Members); err != nil {
			return err
		}
		net := c.net()
		if err := c.circle(ctx, net.Added); err != nil {
			return err
		}
		created = adapter.Created(stored, net.Added)
		return s.tell(ctx, tx, changeID, store.OperationCreate, created)
	}
	landed := func(tx runner) (verdict, error) {
		_, last, there, err := s.lastChange(ctx, tx, created.Group.ID)
		if there && last == changeID {
			return committed, err
		}
		// If the first attempt is still committing, the next one waits for it at the index.
		return lost, err
	}
	err := s.engine.write(ctx, change{key: s.tenant + "\x00\x00" + g.DisplayName, work: work, landed: landed})
	if err != nil {
		return store.Change{}, err
	}
	s.engine.grown(ctx, 1, created.NumAdded)
	return created, nil
}
