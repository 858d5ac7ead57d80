package sqlstore

import (
	"context"
	"sync"
)

// queue makes the writers of one process wait for each other before they take a
// connection: those of one group in PostgreSQL, all of them in SQLite, which has one
// writer at a time. The database would make them wait as well, but each would hold a
// connection that readers and writers of other groups need, and under SERIALIZABLE all
// but one would have to start again.
type queue struct {
	mu    sync.Mutex
	lines map[string]*line
}

type line struct {
	turn    chan struct{} // holds one token while a writer has the turn
	waiting int           // the number of writers that have the turn or wait for it
}

// enter waits for the turn, and returns a function that gives it back.
func (q *queue) enter(ctx context.Context, key string) (leave func(), err error) {
	q.mu.Lock()
	l := q.lines[key]
	if l == nil {
		if q.lines == nil {
			q.lines = map[string]*line{}
		}
		l = &line{turn: make(chan struct{}, 1)}
		q.lines[key] = l
	}
	l.waiting++
	q.mu.Unlock()

	select {
	case l.turn <- struct{}{}:
		return func() {
			<-l.turn
			q.forget(key, l)
		}, nil
	case <-ctx.Done():
		q.forget(key, l)
		return nil, context.Cause(ctx)
	}
}

func (q *queue) forget(key string, l *line) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if l.waiting--; l.waiting == 0 {
		delete(q.lines, key)
	}
}
