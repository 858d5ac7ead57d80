package sqlstore_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/scimgroups/scimgroups/internal/databasetest"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/sqlstore"
)

// ledger records the statements that are sent.
type ledger struct {
	mu         sync.Mutex
	statements []string
}

func (l *ledger) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	word, _, _ := strings.Cut(strings.TrimSpace(q.SQL), " ")
	switch {
	case word == "ANALYZE":
		return ctx // depends on the number of rows, not on the change
	case strings.HasPrefix(q.SQL, "WITH") && strings.Contains(q.SQL, "SKIP LOCKED"):
		word = "CHANGE" // a direct change
	case strings.HasPrefix(q.SQL, "WITH RECURSIVE"):
		word = "SELECT"
	case word == "WITH":
		word = "INSERT" // with a query for the groups among the members
	}
	l.statements = append(l.statements, strings.ToUpper(word))
	return ctx
}

func (l *ledger) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// take returns the statements that were recorded since it was called last.
func (l *ledger) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := strings.Join(l.statements, " ")
	l.statements = nil
	return text
}

func TestStatementsOfChanges(t *testing.T) {
	const one, none = "SELECT CHANGE", "SELECT"
	const transaction, told = "BEGIN SELECT INSERT UPDATE COMMIT", "BEGIN SELECT INSERT UPDATE INSERT COMMIT"
	for name, c := range map[string]struct {
		nesting                                            store.Nesting
		outbox                                             bool
		create, user, group, users, nothing, merge, remove string
	}{
		"typed": {store.NestingTyped, false, "BEGIN INSERT INSERT COMMIT", one, one, one, none, transaction,
			"BEGIN SELECT DELETE DELETE DELETE COMMIT"},
		"off": {store.NestingOff, false, "BEGIN INSERT INSERT COMMIT", one, one, one, none, transaction,
			"BEGIN SELECT DELETE DELETE COMMIT"},
		"acyclic": {store.NestingAcyclic, false, "BEGIN INSERT INSERT COMMIT", one,
			"SELECT BEGIN SELECT INSERT INSERT SELECT UPDATE COMMIT", one, none, transaction,
			"BEGIN SELECT DELETE DELETE DELETE COMMIT"},
		"typed, with outbox": {store.NestingTyped, true, "BEGIN INSERT INSERT INSERT COMMIT", told, told, told,
			"BEGIN SELECT INSERT COMMIT", told, "BEGIN SELECT DELETE DELETE DELETE INSERT COMMIT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := committedEngine.fixture(t)
			config, err := pgx.ParseConfig(databasetest.PostgreSQL.URL(t, nil).String())
			if err != nil {
				t.Fatal(err)
			}
			l := &ledger{}
			config.Tracer = l
			f.db = stdlib.OpenDB(*config)
			defer f.db.Close()
			f.outbox = c.outbox
			s := f.open(t, func(o *sqlstore.Options) { o.Nesting = c.nesting })
			other := createAll(t, s, "other")[0]
			l.take()
			sent := func(what, want string, err error) {
				t.Helper()
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				if got := l.take(); got != want {
					t.Errorf("%s sends %s, and should send %s", what, got, want)
				}
			}
			g, err := s.Create(t.Context(), store.Group{DisplayName: "g", Members: []store.Member{{Value: "user"}}})
			sent("Create", c.create, err)
			edit := func(what, want string, values ...string) {
				t.Helper()
				_, err := s.Update(t.Context(), g.Group.ID, add(values...))
				sent(what, want, err)
			}
			edit("adding a user", c.user, "another")
			edit("adding a group", c.group, other)
			edit("adding many users", c.users, names(1000, "user")...)
			if c.user == one {
				_, err = s.Update(t.Context(), g.Group.ID, store.Update{Members: store.MemberEdits{
					{Op: store.RemoveMembers, Values: []string{"another", "user0"}},
				}})
				sent("removing users", one, err)
				_, err = s.Update(t.Context(), g.Group.ID, store.Update{Members: store.MemberEdits{
					{Op: store.AddMembers, Members: []store.Member{{Value: "another"}, {Value: "user0"}}},
					{Op: store.RemoveMembers, Values: []string{"user1", "nobody"}},
				}})
				sent("adding and removing users", one, err)
				edit("adding users some of whom are present", one, "user0", "user1")
			}
			edit("adding a member that is present", c.nothing, "user")
			merge := func(what, want string) {
				t.Helper()
				e := store.MemberEdit{Op: store.AddMembers, Merge: true, Members: []store.Member{{Value: "new", Type: "User"}}}
				for _, name := range names(1000, "user") {
					e.Members = append(e.Members, store.Member{Value: name, Type: "User", Display: "Somebody"})
				}
				_, err := s.Update(t.Context(), g.Group.ID, store.Update{Members: store.MemberEdits{e}})
				sent(what, want, err)
			}
			merge("merging many users", strings.Replace(c.merge, "INSERT", "SELECT INSERT INSERT", 1))
			merge("merging what is known", "BEGIN SELECT SELECT COMMIT")
			_, err = s.Delete(t.Context(), g.Group.ID, nil)
			sent("Delete", c.remove, err)
		})
	}
}
