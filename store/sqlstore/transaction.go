package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"
)

// engine holds what all tenants of a store share.
type engine struct {
	db      *sql.DB
	options Options
	text    statements
	writers queue

	statistics statistics
}

// runner runs statements: a pool, a connection or a transaction.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// finishIn bounds a commit or a rollback, which continue when the context of the caller
// ends: the outcome of a commit that is cut off is unknown.
const finishIn = 15 * time.Second

// change is a transaction that writes.
type change struct {
	// key identifies what is changed. Writers with the same key take turns in this
	// process.
	key string
	// direct, if not nil, makes the change without a transaction block, or returns false
	// if work has to make it.
	direct func(ctx context.Context, conn runner) (bool, error)
	// work makes the change in a transaction. It may be called several times. An error
	// that is not one of the driver must be settled.
	work func(tx runner) error
	// landed finds out whether the last call of direct or work was committed. It is nil
	// if that cannot be found out.
	landed func(tx runner) (verdict, error)
}

// verdict is the outcome of a transaction.
type verdict uint8

const (
	lost      verdict = iota // certainly not committed
	committed                // committed
	undecided                // unknown, since another writer has changed the group in between
)

// errLanded ends an attempt that has found that the previous one was committed.
var errLanded = errors.New("sqlstore: committed before")

// unansweredError is the error of a commit that may have happened or not.
type unansweredError struct{ cause error }

func (e *unansweredError) Error() string   { return ErrOutcomeUnknown.Error() + ": " + e.cause.Error() }
func (e *unansweredError) Unwrap() []error { return []error{ErrOutcomeUnknown, e.cause} }

// write makes a change, and repeats it as needed. If a commit is not acknowledged, write
// finds out its outcome before it repeats anything.
func (d *engine) write(ctx context.Context, c change) error {
	leave, err := d.writers.enter(ctx, d.options.sql.key(c.key))
	if err != nil {
		return err
	}
	defer leave()

	// open is the commit whose outcome has to be found out, earlier one that was found lost.
	var open, earlier *unansweredError
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
			return driver.ErrBadConn // repeat
		case earlier != nil && classify(err) == uniqueFault:
			// The server had not finished the earlier commit when it was found lost. The
			// conflict may be its result.
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

// directly makes a change without a transaction block. It uses one connection, so that a
// connection that is lost is noticed before anything is written.
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
			return driver.ErrBadConn // nothing was written
		}
		return err
	})
}

// look runs work, a single statement that reads, without a transaction.
func (d *engine) look(ctx context.Context, work func(db runner) error) error {
	return d.repeat(ctx, func() error { return work(d.options.sql.bind(d.db)) })
}
