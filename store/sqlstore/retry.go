package sqlstore

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// pause waits between two attempts for a random part of a bound that doubles each time,
// so that writers that met once do not meet again.
type pause struct {
	bound, limit time.Duration
}

func newPause(first, limit time.Duration) *pause { return &pause{bound: first, limit: limit} }

// wait waits for the next attempt, or returns why there is none.
func (p *pause) wait(ctx context.Context) error {
	timer := time.NewTimer(1 + rand.N(p.bound))
	defer timer.Stop()
	p.bound = min(2*p.bound, p.limit)
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// maxDisconnects is the number of times that a transaction is repeated because its
// connection was lost. A pool may hold many dead connections after a restart of the
// database, and database/sql hands them out one by one.
const maxDisconnects = 12

// repeat calls attempt until it succeeds or fails for a lasting reason. attempt must have
// changed nothing when it returns an error, unless the error wraps ErrOutcomeUnknown.
// repeat returns the errors of package store.
func (d *engine) repeat(ctx context.Context, attempt func() error) error {
	start := time.Now()
	short := newPause(time.Millisecond, 100*time.Millisecond)
	disconnects := 0
	for {
		err := attempt()
		if err == nil {
			return nil
		}
		if settled := (settledError{}); errors.As(err, &settled) {
			return settled.error
		}
		switch classify(err) {
		case contention:
			if time.Since(start) > d.options.RetryFor {
				return translate(ctx, err)
			}
		case disconnected:
			if disconnects++; disconnects > maxDisconnects {
				return translate(ctx, err)
			}
		default:
			return translate(ctx, err)
		}
		if err := short.wait(ctx); err != nil {
			return err
		}
	}
}

// settledError is an error that is returned as it is: that of a function of the caller,
// one of package store, or an unknown outcome.
type settledError struct{ error }

func (e settledError) Unwrap() error { return e.error }

func settle(err error) error {
	if err == nil {
		return nil
	}
	return settledError{err}
}
