package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/scimgroups/scimgroups/store"
)

// OutboxStore is a [Store] that writes each change down in the transaction that
// makes it, at the price of one more statement: a [store.Outbox]. It is made by
// [OpenOutbox] and by Tenant; the zero value is of no use.
//
// Entries are rows of a table. They are read in the order of the time of the
// change, by which the changes of a group are ordered too, whatever the clocks of
// several processes say. A transaction that commits late puts its entry between
// others that were read before; so a reader acknowledges what it has dealt with,
// and does not remember a place to go on from.
type OutboxStore struct {
	*Store
}

var _ store.Outbox = (*OutboxStore)(nil)

// OpenOutbox is [Open] for a store with an outbox. A database may be opened with and
// without one at any time, and by several processes; those that have none write
// nothing down.
func OpenOutbox(ctx context.Context, db *sql.DB, o Options) (*OutboxStore, error) {
	o.outbox = true
	s, err := Open(ctx, db, o)
	if err != nil {
		return nil, err
	}
	return &OutboxStore{s}, nil
}

// Tenant is [Store.Tenant]. The outbox is that of all tenants.
func (s *OutboxStore) Tenant(name string) *OutboxStore { return &OutboxStore{s.Store.Tenant(name)} }

// ReadOutbox implements [store.Outbox]. Whichever tenant s is the store of, it
// returns entries of all of them.
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

// AckOutbox implements [store.Outbox]. Something that is no key of an entry at all
// is an error, and then nothing is acknowledged.
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

// PruneOutbox implements [store.Outbox]. It drops entries in pieces, so that nobody
// waits long for it; if it fails, some are dropped already, and counted.
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

// ceilMicro is t in microseconds, rounded up.
func ceilMicro(t time.Time) int64 {
	micros := t.UnixMicro()
	if time.UnixMicro(micros).Before(t) {
		micros++
	}
	return micros
}

// sweep deletes entries and returns how many. It does no harm to do it twice.
func (d *engine) sweep(ctx context.Context, statement string, args ...any) (n int, err error) {
	err = d.write(ctx, change{
		key: "\x00outbox", // the key of a group has its tenant in front
		work: func(tx runner) error {
			result, err := tx.ExecContext(ctx, statement, args...)
			if err != nil {
				return err
			}
			swept, err := result.RowsAffected()
			// If this is a second attempt, the first may have done it.
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

// tell writes down a change, if there is an outbox.
func (s *Store) tell(ctx context.Context, tx runner, changeID int64, op store.Operation, c store.Change) error {
	if !s.engine.options.outbox {
		return nil
	}
	return s.tellAll(ctx, tx, changeID, []store.Event{s.event(ctx, op, c.Group.LastModified, c)})
}

// tellAll writes down changes, if there is an outbox, in one statement.
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
