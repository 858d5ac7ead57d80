package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/scimgroups/scimgroups/store"
)

// Store keeps the groups of one tenant in a database. It is safe for concurrent
// use. The zero value is not usable; see [Open].
type Store struct {
	engine *engine
	tenant string
	fault  error // what is wrong with the tenant
}

var (
	_ store.GroupStore       = (*Store)(nil)
	_ store.MemberScanner    = (*Store)(nil)
	_ store.MemberCounter    = (*Store)(nil)
	_ store.MembershipFinder = (*Store)(nil)
)

// Open returns a store on a database that the host has opened. It brings the tables up
// to date, unless [Options.SkipMigrations] is set. Any number of processes may call it
// at the same time. The context is used by Open alone. The database remains the host's,
// which sets the limits of the pool, and closes it when the store is no longer used.
func Open(ctx context.Context, db *sql.DB, o Options) (*Store, error) {
	if db == nil {
		return nil, errors.New("sqlstore: no database")
	}
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	if o.sql.check != nil {
		if err := o.sql.check(ctx, db, &o); err != nil {
			return nil, fmt.Errorf("sqlstore: %w", err)
		}
	}
	o.routed = o.sql.routed(ctx, db)
	e := &engine{db: db, options: o, text: newStatements(o)}
	if !o.SkipMigrations {
		if err := migrate(ctx, db, o); err != nil {
			return nil, err
		}
	}
	if !o.AllowDuplicateNames {
		if err := e.untwin(ctx); err != nil {
			return nil, err
		}
	}
	e.beginStatistics(ctx)
	return &Store{engine: e}, nil
}

// Tenant returns the store of the groups of one tenant. It does not read, count, change
// or conflict with groups of other tenants. Open returns the store of the tenant "". A
// tenant exists as soon as it has a group. The name must have at most 200 bytes of UTF-8
// without NUL; with any other name every method fails.
func (s *Store) Tenant(name string) *Store {
	t := &Store{engine: s.engine, tenant: name}
	if !keepable(name) || len(name) > maxTenant {
		t.fault = fmt.Errorf(
			"sqlstore: the tenant's name is longer than %d bytes, not valid UTF-8, or contains a NUL",
			maxTenant,
		)
	}
	return t
}

// untwin makes names unique after duplicates were allowed.
func (d *engine) untwin(ctx context.Context) error {
	var twins bool
	err := d.look(ctx, func(db runner) error { return db.QueryRowContext(ctx, d.text.twins).Scan(&twins) })
	if err != nil {
		return fmt.Errorf("sqlstore: %w", err)
	}
	if !twins {
		return nil
	}
	err = d.write(ctx, change{work: func(tx runner) error {
		_, err := tx.ExecContext(ctx, d.text.untwin)
		return err
	}})
	var conflict *store.ConflictError
	if errors.As(err, &conflict) {
		return errors.New("sqlstore: AllowDuplicateNames cannot be turned off: two groups have the same displayName")
	}
	return err
}

// ready returns the error that every method fails with, or nil.
func (s *Store) ready(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return s.fault
}

// lastChange locks a group and returns its version and the change_id of its last change.
// It returns false if there is no such group.
func (s *Store) lastChange(
	ctx context.Context,
	tx runner,
	id string,
) (version store.Version, changeID int64, there bool, err error) {
	var n int64
	err = tx.QueryRowContext(ctx, s.engine.text.lastChange, s.tenant, id).Scan(&n, &changeID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, false, nil
	}
	return store.Version(n), changeID, err == nil, err
}

// key returns the key that the writers of a group queue for.
func (s *Store) key(id string) string { return s.tenant + "\x00" + id }
