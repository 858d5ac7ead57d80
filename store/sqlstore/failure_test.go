package sqlstore_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/internal/databasetest"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
	"github.com/scimgroups/scimgroups/store/sqlstore"
)

func add(values ...string) store.Update {
	members := make([]store.Member, len(values))
	for i, v := range values {
		members[i].Value = v
	}
	return store.Update{Members: store.MemberEdits{{Op: store.AddMembers, Members: members}}}
}

func TestTerminatedBackendsLoseNoAcknowledgedChange(t *testing.T) {
	onEach(t, []engine{committedEngine, serializableEngine}, func(t *testing.T, e engine) {
		f := e.fixture(t)
		f.open(t)
		// A pool whose connections are distinguishable from those of other tests.
		name := "scimgroups-" + f.options.Schema
		db := openPostgres(t, url.Values{"application_name": {name}})
		s, err := sqlstore.OpenOutbox(t.Context(), db, f.options)
		if err != nil {
			t.Fatal(err)
		}
		const writers, adds = 16, 30
		ids := make([]string, 4)
		for i := range ids {
			g, err := s.Create(t.Context(), store.Group{DisplayName: fmt.Sprint("g", i)})
			if err != nil {
				t.Fatal(err)
			}
			ids[i] = g.Group.ID
		}
		ctx, stop := context.WithCancel(t.Context())
		var killer, wait sync.WaitGroup
		killed := 0
		killer.Go(func() {
			for ctx.Err() == nil {
				var n int
				err := f.db.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
					WHERE application_name = $1 AND random() < 0.3`, name).Scan(&n)
				if err == nil {
					killed += n
				}
				time.Sleep(15 * time.Millisecond)
			}
		})
		var mu sync.Mutex
		acknowledged := map[string]map[string]bool{}
		var unknown, failed int
		for w := range writers {
			wait.Go(func() {
				for n := range adds {
					id, value := ids[(w+n)%len(ids)], fmt.Sprintf("m-%d-%d", w, n)
					change, err := s.Update(t.Context(), id, add(value))
					mu.Lock()
					switch {
					case err == nil:
						if len(change.Added) == 1 {
							if acknowledged[id] == nil {
								acknowledged[id] = map[string]bool{}
							}
							acknowledged[id][value] = true
						} else {
							t.Errorf("an add that succeeds adds %v", change.Added)
						}
					case errors.Is(err, sqlstore.ErrOutcomeUnknown) && !errors.Is(err, store.ErrUnavailable):
						unknown++
					case errors.Is(err, store.ErrUnavailable):
						failed++
					default:
						t.Errorf("add: %v", err)
					}
					mu.Unlock()
				}
			})
		}
		wait.Wait()
		stop()
		killer.Wait()
		// An outcome may be unknown to the caller; the outbox knows it.
		told := replica{}
		for _, e := range readOutbox(t, f.openOutbox(t), 1_000_000) {
			if err := told.apply(e); err != nil {
				t.Error(err)
			}
		}
		total := 0
		for _, id := range ids {
			if n := len(told[id].Members); int(told[id].Version-adapter.FirstVersion(told[id].Created)) != n {
				t.Errorf("the outbox has %d members at version %d", n, told[id].Version)
			}
			g, err := s.Get(t.Context(), id, store.Selection{Members: true})
			if err != nil {
				t.Fatal(err)
			}
			there := map[string]bool{}
			for _, m := range g.Members {
				if there[m.Value] {
					t.Errorf("duplicate member %s", m.Value)
				}
				there[m.Value] = true
			}
			for value := range acknowledged[id] {
				if !there[value] {
					t.Errorf("member %s is lost", value)
				}
			}
			if got := uint64(g.Version) - uint64(adapter.FirstVersion(g.Created)); got != uint64(len(g.Members)) {
				t.Errorf("the version rose by %d with %d members", got, len(g.Members))
			}
			if len(told[id].Members) != len(g.Members) || told[id].Version != g.Version {
				t.Errorf("the outbox has %d members at version %d, the store %d at version %d",
					len(told[id].Members), told[id].Version, len(g.Members), g.Version)
			}
			total += len(g.Members)
		}
		if acked := writers*adds - unknown - failed; total < acked || total > acked+unknown {
			t.Errorf("%d members are present, %d were acknowledged, the outcome of %d is unknown", total, acked, unknown)
		}
		t.Logf("%d connections killed, %d outcomes unknown, %d unavailable", killed, unknown, failed)
	})
}

func openPostgres(t testing.TB, parameters url.Values) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", databasetest.PostgreSQL.URL(t, parameters).String())
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(8)
	t.Cleanup(func() { db.Close() })
	return db
}

// wire is a TCP proxy in front of PostgreSQL that cuts connections.
type wire struct {
	listener net.Listener
	target   string
	// cut is a text in the message of a client at which its connection is cut, once. If
	// pass is set, the server receives the message, but the client gets no response.
	cut  atomic.Pointer[string]
	pass atomic.Bool
	// cutting, if not nil, is called before the connection is closed.
	cutting func()
}

func newWire(t *testing.T, target string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, target: target}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.serve(c)
		}
	}()
	return w
}

func (w *wire) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", w.target)
	if err != nil {
		return
	}
	defer server.Close()
	var mute atomic.Bool
	go func() {
		defer client.Close()
		buffer := make([]byte, 1<<16)
		for {
			n, err := server.Read(buffer)
			if n > 0 && !mute.Load() {
				client.Write(buffer[:n])
			}
			if err != nil {
				return
			}
		}
	}()
	buffer := make([]byte, 1<<16)
	for {
		n, err := client.Read(buffer)
		if cut := w.cut.Load(); cut != nil && bytes.Contains(buffer[:n], []byte(*cut)) && w.cut.CompareAndSwap(cut, nil) {
			if w.pass.Load() {
				mute.Store(true)
				server.Write(buffer[:n])
				time.Sleep(50 * time.Millisecond) // for the server to finish
			}
			if w.cutting != nil {
				w.cutting()
			}
			return
		}
		if n > 0 {
			if _, err := server.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// through returns a pool that connects through the wire.
func (w *wire) through(t *testing.T, parameters url.Values) *sql.DB {
	t.Helper()
	u := databasetest.PostgreSQL.URL(t, parameters)
	u.Host = w.listener.Addr().String()
	db, err := sql.Open("pgx", u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func overWire(t *testing.T) (*wire, *sqlstore.OutboxStore, fixture) {
	t.Helper()
	f := committedEngine.fixture(t)
	f.open(t)
	w := newWire(t, databasetest.PostgreSQL.URL(t, nil).Host)
	s, err := sqlstore.OpenOutbox(t.Context(), w.through(t, nil), f.options)
	if err != nil {
		t.Fatal(err)
	}
	return w, s, f
}

// commitMessage is the text of a commit on the wire. It does not occur in the "committed"
// of an isolation level.
const commitMessage = "commit\x00"

func TestOutcomeOfUnansweredCommitIsFoundOut(t *testing.T) {
	for name, pass := range map[string]bool{"when it has arrived": true, "when it was lost": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, s, f := overWire(t)
			w.pass.Store(pass)
			cut := func() {
				t.Helper()
				if w.cut.Load() != nil {
					t.Fatal("the connection was not cut")
				}
				commit := commitMessage
				w.cut.Store(&commit)
			}
			cut()
			g, err := s.Create(t.Context(), store.Group{DisplayName: "a", Members: []store.Member{{Value: "l"}}})
			if err != nil {
				t.Fatalf("Create: %v", err)
			}
			cut()
			change, err := s.Update(t.Context(), g.Group.ID, add("m"))
			if err != nil || len(change.Added) != 1 || change.Group.Version != g.Group.Version+1 {
				t.Errorf("Update: %+v, %v", change, err)
			}
			got, err := s.Get(t.Context(), g.Group.ID, store.Selection{Members: true})
			if err != nil || len(got.Members) != 2 || got.Version != g.Group.Version+1 {
				t.Errorf("afterwards: %+v, %v", got, err)
			}
			if told := readOutbox(t, f.openOutbox(t), 100); len(told) != 2 || told[0].Group.Version != g.Group.Version ||
				told[1].Group.Version != got.Version {
				t.Errorf("the outbox has %+v", told)
			}
			cut()
			if _, err := s.Delete(t.Context(), g.Group.ID, nil); err != nil {
				t.Errorf("Delete: %v", err)
			}
			if _, err := s.Get(t.Context(), g.Group.ID, store.Selection{}); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// directly returns a store without an outbox behind a wire, and a text that is part of
// the statement of a direct change alone.
func directly(t *testing.T) (w *wire, s *sqlstore.Store, f fixture, statement string) {
	t.Helper()
	f = committedEngine.fixture(t)
	f.open(t)
	w = newWire(t, databasetest.PostgreSQL.URL(t, nil).Host)
	// Each statement is sent with its text.
	f.db = w.through(t, url.Values{"default_query_exec_mode": {"exec"}})
	return w, f.open(t), f, "SKIP LOCKED"
}

func TestOutcomeOfUnansweredStatementIsFoundOut(t *testing.T) {
	for name, pass := range map[string]bool{"when it has arrived": true, "when it was lost": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, s, _, statement := directly(t)
			w.pass.Store(pass)
			g, err := s.Create(t.Context(), store.Group{DisplayName: "a", Members: []store.Member{{Value: "l"}}})
			if err != nil {
				t.Fatal(err)
			}
			group := createAll(t, s, "nested")[0]
			w.cut.Store(&statement)
			change, err := s.Update(t.Context(), g.Group.ID, store.Update{Members: store.MemberEdits{
				{Op: store.AddMembers, Members: []store.Member{{Value: group}, {Value: "m"}, {Value: "l"}}},
				{Op: store.RemoveMembers, Values: []string{"nobody"}},
			}})
			if err != nil || len(change.Added) != 2 || change.NumRemoved > 0 || change.Group.Version != g.Group.Version+1 {
				t.Errorf("Update: %+v, %v", change, err)
			}
			for _, m := range change.Added {
				if (m.Type == store.ResourceType) != (m.Value == group) {
					t.Errorf("added %+v", m)
				}
			}
			if w.cut.Load() != nil {
				t.Error("the connection was not cut")
			}
			got, err := s.Get(t.Context(), g.Group.ID, store.Selection{Members: true})
			if err != nil || len(got.Members) != 3 || got.Version != change.Group.Version ||
				!got.LastModified.Equal(change.Group.LastModified) {
				t.Errorf("afterwards: %+v, %v", got, err)
			}
		})
	}
}

func TestOutcomeOfStatementIsUnknown(t *testing.T) {
	w, s, f, statement := directly(t)
	g, err := s.Create(t.Context(), store.Group{DisplayName: "a"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := sqlstore.Open(t.Context(), openPostgres(t, nil), f.options)
	if err != nil {
		t.Fatal(err)
	}
	w.pass.Store(true)
	w.cutting = func() {
		if _, err := other.Update(t.Context(), g.Group.ID, add("n")); err != nil {
			t.Error(err)
		}
	}
	w.cut.Store(&statement)
	_, err = s.Update(t.Context(), g.Group.ID, add("m"))
	if !errors.Is(err, sqlstore.ErrOutcomeUnknown) || errors.Is(err, store.ErrUnavailable) {
		t.Errorf("after another change: %v", err)
	}
	w.cutting = func() { w.listener.Close() }
	w.cut.Store(&statement)
	_, err = s.Update(t.Context(), g.Group.ID, add("o"))
	if !errors.Is(err, sqlstore.ErrOutcomeUnknown) || errors.Is(err, store.ErrUnavailable) {
		t.Errorf("when the database stays away: %v", err)
	}
	if _, err = s.Update(t.Context(), g.Group.ID, add("p")); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("when the database is away: %v", err)
	}
}

func TestOutcomeOfCommitIsUnknown(t *testing.T) {
	t.Run("because the database stays away", func(t *testing.T) {
		t.Parallel()
		w, s, _ := overWire(t)
		g, err := s.Create(t.Context(), store.Group{DisplayName: "a"})
		if err != nil {
			t.Fatal(err)
		}
		commit := commitMessage
		w.cut.Store(&commit)
		w.listener.Close()
		_, err = s.Update(t.Context(), g.Group.ID, add("m"))
		if !errors.Is(err, sqlstore.ErrOutcomeUnknown) || errors.Is(err, store.ErrUnavailable) {
			t.Errorf("Update: %v", err)
		}
	})
	t.Run("because others have changed the group since", func(t *testing.T) {
		t.Parallel()
		w, s, f := overWire(t)
		direct := f.open(t)
		g, err := s.Create(t.Context(), store.Group{DisplayName: "a"})
		if err != nil {
			t.Fatal(err)
		}
		w.pass.Store(true)
		w.cutting = func() {
			if _, err := direct.Update(t.Context(), g.Group.ID, add("n")); err != nil {
				t.Error(err)
			}
		}
		commit := commitMessage
		w.cut.Store(&commit)
		_, err = s.Update(t.Context(), g.Group.ID, add("m"))
		if !errors.Is(err, sqlstore.ErrOutcomeUnknown) || errors.Is(err, store.ErrUnavailable) {
			t.Errorf("Update: %v", err)
		}
	})
}

func TestConnectionLostBeforeCommitIsReplaced(t *testing.T) {
	for _, at := range []string{"begin", "UPDATE", "group_id, value", "SET modified"} {
		t.Run("at "+at, func(t *testing.T) {
			t.Parallel()
			w, s, _ := overWire(t)
			g, err := s.Create(t.Context(), store.Group{DisplayName: "a"})
			if err != nil {
				t.Fatal(err)
			}
			w.cut.Store(&at)
			change, err := s.Update(t.Context(), g.Group.ID, add("m"))
			if err != nil || len(change.Added) != 1 || change.Group.Version != g.Group.Version+1 {
				t.Errorf("Update: %+v, %v", change, err)
			}
			if w.cut.Load() != nil {
				t.Error("the connection was not cut")
			}
		})
	}
}

func TestUnreachableDatabaseIsUnavailable(t *testing.T) {
	w, s, _ := overWire(t)
	g, err := s.Create(t.Context(), store.Group{DisplayName: "a"})
	if err != nil {
		t.Fatal(err)
	}
	w.listener.Close()
	cut := "" // everything
	w.cut.Store(&cut)
	for range 2 {
		if _, err := s.Update(t.Context(), g.Group.ID, add("m")); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("Update: %v", err)
		}
		if _, err := s.Get(t.Context(), g.Group.ID, store.Selection{}); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("Get: %v", err)
		}
		if _, err := s.List(t.Context(), store.Query{Limit: 1}); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("List: %v", err)
		}
	}
}

func TestSQLiteWriterWaitsForAnotherProcessUntilDeadline(t *testing.T) {
	f := sqliteEngine.fixture(t)
	s := f.open(t)
	g, err := s.Create(t.Context(), store.Group{DisplayName: "a"})
	if err != nil {
		t.Fatal(err)
	}
	var file string
	if err := f.db.QueryRow(`SELECT file FROM pragma_database_list`).Scan(&file); err != nil {
		t.Fatal(err)
	}
	// Without busy_timeout, so that every attempt fails at once.
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	hasty, err := sqlstore.Open(t.Context(), db, sqlstore.Options{Dialect: sqlstore.SQLite,
		RetryFor: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	patient, err := sqlstore.Open(t.Context(), db, sqlstore.Options{Dialect: sqlstore.SQLite})
	if err != nil {
		t.Fatal(err)
	}
	holder, err := f.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	if _, err := holder.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	if _, err := hasty.Update(t.Context(), g.Group.ID, add("m")); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("when the time for retries is up: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := patient.Update(ctx, g.Group.ID, add("m")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("when the time of the caller is up: %v", err)
	}
	if _, err := patient.Get(t.Context(), g.Group.ID, store.Selection{}); err != nil {
		t.Errorf("a reader meanwhile: %v", err)
	}
	time.AfterFunc(50*time.Millisecond, func() { holder.ExecContext(context.Background(), `ROLLBACK`) })
	if _, err := patient.Update(t.Context(), g.Group.ID, add("m")); err != nil {
		t.Errorf("when it lets go: %v", err)
	}
}

func TestCanceledUpdateChangesNothing(t *testing.T) {
	onEach(t, engines, func(t *testing.T, e engine) {
		f := e.fixture(t)
		s := f.open(t)
		g, err := s.Create(t.Context(), store.Group{DisplayName: "a"})
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			ctx, cancel := context.WithCancel(t.Context())
			_, err := s.Update(ctx, g.Group.ID, store.Update{Head: func(head *store.Group) error {
				cancel()
				head.DisplayName = "b"
				return nil
			}, Members: add("m").Members})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Update: %v", err)
			}
		}
		got, err := s.Get(t.Context(), g.Group.ID, store.Selection{Members: true})
		if err != nil || got.Version != g.Group.Version || len(got.Members) > 0 {
			t.Errorf("afterwards: %+v, %v", got, err)
		}
		if _, err := s.Update(t.Context(), g.Group.ID, add("m")); err != nil {
			t.Error(err)
		}
	})
}
