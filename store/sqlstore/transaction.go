package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"
)

// engine is what all tenants of a store share.
type engine struct {
	db      *sql.DB
	options Options
	text    statements
	writers queue

	statistics statistics
}

// runner is what a statement runs on.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// finishIn bounds a commit or a rollback, which go on when the context of the
// caller ends: a commit that is cut off half-way has an unknown outcome.
const finishIn = 15 * time.Second

// change is a transaction that writes.
type change struct {
	// key names what is to be changed: writers with the same key take turns in this
	// process.
	key string
	// direct, if not nil, makes the change without a transaction block, or returns false
	// if work has to make it.
	direct func(ctx context.Context, conn runner) (bool, error)
	// work does it. It may be called several times. An error that is not one of
	// the driver has to be settled.
	work func(tx runner) error
	// landed finds out whether the work was committed when it was called last; nil
	// if there is no way to.
	landed func(tx runner) (verdict, error)
}

// verdict is what became of a transaction.
type verdict uint8

const (
	lost      verdict = iota // it certainly did not happen
	committed                // it did
	undecided                // others have been there since, so nobody can say
)

// errLanded ends an attempt that found that the one before has succeeded.
var errLanded = errors.New("sqlstore: committed before")

// unansweredError is that of a commit which may have happened or not.
type unansweredError struct{ cause error }

func (e *unansweredError) Error() string   { return ErrOutcomeUnknown.Error() + ": " + e.cause.Error() }
func (e *unansweredError) Unwrap() []error { return []error{ErrOutcomeUnknown, e.cause} }

// write makes a change, as often as it takes. If a commit is not acknowledged it
// looks what became of it before it goes on.
func (d *engine) write(ctx context.Context, c change) error {
	leave, err := d.writers.enter(ctx, d.options.sql.key(c.key))
	if err != nil {
		return err
	}
	defer leave()

	var open, earlier *unansweredError // the commit to look after, and one that was looked after
	work := func(tx runner) error {
		if open != nil {
			v, err := c.landed(tx)
			switch {
			case err != nil:
				return err
			case v == committed:
				return settle(errLanded)
			case v == undecided:
				return settle(open)
			}
			open, earlier = nil, open
		}
		return c.work(tx)
	}
	err = d.repeat(ctx, func() error {
		done, err := false, error(nil)
		if c.direct != nil && open == nil {
			if done, err = d.directly(ctx, c.direct); err == nil {
				c.direct = nil
			}
		}
		if !done && err == nil {
			err = d.transact(ctx, work)
		}
		var unanswered *unansweredError
		switch {
		case err == nil:
			return nil
		case open == nil && errors.As(err, &unanswered):
			if c.landed == nil {
				return settle(unanswered)
			}
			open = unanswered
			return driver.ErrBadConn // which is to say, again
		case earlier != nil && classify(err) == uniqueFault:
			// The server was not yet done with the commit when it was looked after, and
			// what is in the way now may be its outcome.
			open, earlier = earlier, nil
			return driver.ErrBadConn
		}
		return err
	})
	switch {
	case errors.Is(err, errLanded):
		return nil
	case err != nil && open != nil:
		return open
	}
	return err
}

// directly makes a change without a transaction block. It uses one connection, so that
// one which is gone is noticed before anything is written.
func (d *engine) directly(ctx context.Context, direct func(context.Context, runner) (bool, error)) (bool, error) {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	return direct(ctx, conn)
}

// transact runs work in one transaction that writes.
func (d *engine) transact(ctx context.Context, work func(tx runner) error) error {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return d.options.sql.transact(ctx, conn, &sql.TxOptions{Isolation: d.options.Isolation}, work)
}

// read runs work in a transaction that sees one state of the database.
func (d *engine) read(ctx context.Context, work func(tx runner) error) error {
	return d.repeat(ctx, func() error {
		conn, err := d.db.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		o := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
		err = d.options.sql.transact(ctx, conn, o, work)
		if errors.As(err, new(*unansweredError)) {
			return driver.ErrBadConn // nothing was at stake
		}
		return err
	})
}

// look runs work, which is one statement that reads, without a transaction.
func (d *engine) look(ctx context.Context, work func(db runner) error) error {
	return d.repeat(ctx, func() error { return work(d.db) })
}
