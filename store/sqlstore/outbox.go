package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/scimgroups/scimgroups/store"
)

// OutboxStore is a [Store] that implements [store.Outbox]: it writes each change to a
// table in the transaction that makes it, which takes one more statement. [OpenOutbox]
// and Tenant return one; the zero value is not usable.
//
// Entries are read in the order of the times of their changes. By these the changes of a
// group are ordered too, whatever the clocks of several processes say. A transaction that
// commits late puts its entry between others that have been read already, so a reader
// acknowledges the entries that it has processed, and does not remember a position.
type OutboxStore struct {
	*Store
}

var _ store.Outbox = (*OutboxStore)(nil)

// OpenOutbox is like [Open], for a store with an outbox. Several processes may open a
// database with and without an outbox. Changes by those without one have no entries.
func OpenOutbox(ctx context.Context, db *sql.DB, o Options) (*OutboxStore, error) {
	o.outbox = true
	s, err := Open(ctx, db, o)
	if err != nil {
		return nil, err
	}
	return &OutboxStore{s}, nil
}

// Tenant is like [Store.Tenant]. All tenants share the outbox.
func (s *OutboxStore) Tenant(name string) *OutboxStore { return &OutboxStore{s.Store.Tenant(name)} }

// ReadOutbox implements [store.Outbox]. It returns entries of all tenants.
func (s *OutboxStore) ReadOutbox(ctx context.Context, limit int) ([]store.OutboxEntry, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	var entries []store.OutboxEntry
	err := s.engine.look(ctx, func(db runner) error {
		entries = nil
		return query(ctx, db, s.engine.text.readOutbox, []any{max(limit, 0)}, func(rows *sql.Rows) error {
			var key entryKey
			var e store.OutboxEntry
			var text string
			if err := rows.Scan(&key.made, &key.changeID, &key.number, &e.Tenant, &text); err != nil {
				return err
			}
			if err := unmarshalEntry(text, &e.Event); err != nil {
				return settle(fmt.Errorf("sqlstore: outbox entry %s: %w", key, err))
			}
			e.Key, e.Time = key.String(), time.UnixMicro(key.made).UTC()
			entries = append(entries, e)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return entries, nil
}

// AckOutbox implements [store.Outbox]. A malformed key is an error, and then nothing is
// acknowledged.
func (s *OutboxStore) AckOutbox(ctx context.Context, keys ...string) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	parsed := make([]entryKey, len(keys))
	for i, key := range keys {
		var err error
		if parsed[i], err = parseEntryKey(key); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(parsed, chunk) {
		if _, err := s.engine.sweep(ctx, s.engine.text.ackOutbox, s.engine.keySet(part)...); err != nil {
			return err
		}
	}
	return nil
}

// PruneOutbox implements [store.Outbox]. It drops entries in batches, so that other
// writers do not wait long. If it fails, it returns the number of those dropped before.
func (s *OutboxStore) PruneOutbox(ctx context.Context, before time.Time) (int, error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	total := 0
	for {
		n, err := s.engine.sweep(ctx, s.engine.text.pruneOutbox, ceilMicro(before), chunk)
		if total += n; err != nil || n < chunk {
			return total, err
		}
	}
}

// ceilMicro returns t in microseconds, rounded up.
func ceilMicro(t time.Time) int64 {
	micros := t.UnixMicro()
	if time.UnixMicro(micros).Before(t) {
		micros++
	}
	return micros
}

// sweep deletes entries and returns their number. Doing it twice is harmless.
func (d *engine) sweep(ctx context.Context, statement string, args ...any) (n int, err error) {
	err = d.write(ctx, change{
		key: "\x00outbox", // the key of a group has its tenant in front
		work: func(tx runner) error {
			result, err := tx.ExecContext(ctx, statement, args...)
			if err != nil {
				return err
			}
			swept, err := result.RowsAffected()
			// If this is a second attempt, the first may have deleted them.
			n = max(n, int(swept))
			return err
		},
		landed: func(runner) (verdict, error) { return lost, nil },
	})
	return n, err
}

// event returns the Event of a change. The Operation of its Origin is op, unless the
// context has a more exact one.
func (s *Store) event(ctx context.Context, op store.Operation, at time.Time, c store.Change) store.Event {
	e := store.Event{Tenant: s.tenant, Time: at, Origin: store.OriginFrom(ctx), Change: c}
	if op != store.OperationPatch || e.Operation != store.OperationReplace {
		e.Operation = op
	}
	return e
}

// tell writes the entry of a change, if there is an outbox.
func (s *Store) tell(ctx context.Context, tx runner, changeID int64, op store.Operation, c store.Change) error {
	if !s.engine.options.outbox {
		return nil
	}
	return s.tellAll(ctx, tx, changeID, []store.Event{s.event(ctx, op, c.Group.LastModified, c)})
}

// tellAll writes the entries of changes, if there is an outbox.
func (s *Store) tellAll(ctx context.Context, tx runner, changeID int64, events []store.Event) error {
	o := s.engine.options
	if !o.outbox {
		return nil
	}
	for start := 0; start < len(events); start += chunk {
		part := events[start:min(start+chunk, len(events))]
		rows := make([][]any, len(part))
		for i := range part {
			e := &part[i]
			if e.NumAdded+e.NumRemoved+e.NumAltered > o.OutboxMembers {
				e.Added, e.Removed, e.Altered, e.Truncated = nil, nil, nil, true
			}
			rows[i] = []any{e.Time.UnixMicro(), int64(start + i), marshalEntry(e)}
		}
		if _, err := tx.ExecContext(
			ctx,
			s.engine.text.tell,
			append([]any{s.tenant, changeID}, s.engine.options.sql.rowSet(rows)...)...); err != nil {
			return err
		}
	}
	return nil
}
