package sqlstore_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/sqlstore"
)

// sizes returns the sizes of groups or tenants to run with. The last takes a while to set
// up, and is left out with -short.
func sizes(b *testing.B, all ...int) []int {
	b.Helper()
	if testing.Short() {
		return all[:len(all)-1]
	}
	return all
}

// BenchmarkUpdate adds and removes one member of a group. PostgreSQL does not wait for the
// disk at a commit, so the time is that of the work.
func BenchmarkUpdate(b *testing.B) {
	for _, e := range bothEngines {
		for _, size := range sizes(b, 10, 1_000, 100_000, 1_000_000) {
			b.Run(fmt.Sprintf("%s/members=%d", e.name, size), func(b *testing.B) {
				f := e.fixture(b)
				s := f.open(b)
				if e.dialect == sqlstore.PostgreSQL {
					f.db = openPostgres(b, url.Values{"synchronous_commit": {"off"}})
					s = f.open(b)
				}
				g, err := s.Create(b.Context(), store.Group{DisplayName: "big"})
				if err != nil {
					b.Fatal(err)
				}
				loadMembers(b, f, g.Group.ID, size)
				values := []string{"user-0000005x"}
				remove := store.Update{Members: store.MemberEdits{{Op: store.RemoveMembers, Values: values}}}
				edit := func(fn store.Update) {
					if change, err := s.Update(b.Context(), g.Group.ID, fn); err != nil || !change.Changed {
						b.Fatal(change.Changed, err)
					}
				}
				for range 50 { // to warm the caches of statements and pages
					edit(add(values...))
					edit(remove)
				}
				for b.Loop() {
					edit(add(values...))
					edit(remove)
				}
			})
		}
	}
}

// BenchmarkLookUp finds one group among many.
func BenchmarkLookUp(b *testing.B) {
	table := groupTable(b)
	for _, e := range bothEngines {
		for _, size := range sizes(b, 1_000, 1_000_000) {
			b.Run(fmt.Sprintf("%s/groups=%d", e.name, size), func(b *testing.B) {
				f := e.fixture(b)
				s := f.open(b)
				loadGroups(b, f, size)
				for _, condition := range []string{`displayName eq "group-%07d"`, `externalId eq "ext-%07d"`,
					`members.value eq "user-%07d"`} {
					b.Run(condition, func(b *testing.B) {
						filters := make([]*filter.Filter, 100)
						for i := range filters {
							filters[i] = compiled(b, table, fmt.Sprintf(condition, (i*7919)%size+1))
						}
						n := 0
						for b.Loop() {
							page, err := s.List(b.Context(), store.Query{Filter: filters[n%len(filters)], Limit: 100})
							if err != nil || page.Total != 1 {
								b.Fatal(page.Total, err)
							}
							n++
						}
					})
				}
			})
		}
	}
}

// BenchmarkPage reads a page of a hundred by key, near the start and far from it.
func BenchmarkPage(b *testing.B) {
	const size, page = 1_000_000, 100
	if testing.Short() {
		b.Skip("a million groups")
	}
	for _, e := range bothEngines {
		b.Run(e.name, func(b *testing.B) {
			f := e.fixture(b)
			s := f.open(b)
			loadGroups(b, f, size)
			for _, number := range []int{1, 10_000} {
				b.Run(fmt.Sprintf("page=%d", number), func(b *testing.B) {
					q := store.Query{Limit: page, SkipTotal: true}
					if number > 1 {
						before, err := s.List(b.Context(), store.Query{Offset: (number - 2) * page, Limit: page, SkipTotal: true})
						if err != nil {
							b.Fatal(err)
						}
						q.From = before.Next
					}
					for b.Loop() {
						p, err := s.List(b.Context(), q)
						if err != nil || len(p.Groups) != page {
							b.Fatal(len(p.Groups), err)
						}
					}
				})
			}
		})
	}
}

// BenchmarkThroughput changes different groups in 16 goroutines: with Update, and with a
// transaction of the fewest statements, on the same pool.
func BenchmarkThroughput(b *testing.B) {
	const writers = 16
	e := committedEngine
	f := e.fixture(b)
	s := f.open(b)
	f.db.SetMaxOpenConns(writers)
	f.db.SetMaxIdleConns(writers)
	ids := make([]string, writers)
	for i := range ids {
		g, err := s.Create(b.Context(), store.Group{DisplayName: fmt.Sprint("g", i)})
		if err != nil {
			b.Fatal(err)
		}
		ids[i] = g.Group.ID
	}
	run := func(b *testing.B, one func(id, value string) error) {
		var next atomic.Int64
		var wait sync.WaitGroup
		run := f.options.Schema + fmt.Sprint(b.N, b.Name())
		b.ResetTimer()
		for w := range writers {
			wait.Go(func() {
				for {
					n := next.Add(1)
					if n > int64(b.N) {
						return
					}
					if err := one(ids[w], fmt.Sprint(run, n)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wait.Wait()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
	}
	lock := `SELECT version FROM ` + f.table("groups") + ` WHERE tenant = $1 AND id = $2 FOR UPDATE`
	insert := `INSERT INTO ` + f.table("members") +
		` (tenant, group_id, value, type, display, ref) VALUES ($1, $2, $3, '', '', '')`
	update := `UPDATE ` + f.table("groups") + ` SET modified = modified + 1, version = $3 WHERE tenant = $1 AND id = $2`
	bare := func(id, value string) error {
		tx, err := f.db.BeginTx(b.Context(), &sql.TxOptions{Isolation: e.isolation})
		if err != nil {
			return err
		}
		defer tx.Rollback()
		var version int64
		if err := tx.QueryRowContext(b.Context(), lock, "", id).Scan(&version); err != nil {
			return err
		}
		if _, err := tx.ExecContext(b.Context(), insert, "", id, value); err != nil {
			return err
		}
		if _, err := tx.ExecContext(b.Context(), update, "", id, version+1); err != nil {
			return err
		}
		return tx.Commit()
	}
	// They alternate, so that both run under the same load.
	for round := range 3 {
		b.Run(fmt.Sprintf("bare transaction/round=%d", round), func(b *testing.B) { run(b, bare) })
		b.Run(fmt.Sprintf("Update/round=%d", round), func(b *testing.B) {
			run(b, func(id, value string) error {
				_, err := s.Update(b.Context(), id, add(value))
				return err
			})
		})
	}
}

// BenchmarkReplace replaces a large membership by one that differs in one member.
func BenchmarkReplace(b *testing.B) {
	for _, e := range bothEngines {
		for _, size := range []int{100, 10_000} {
			b.Run(fmt.Sprintf("%s/members=%d", e.name, size), func(b *testing.B) {
				s := e.fixture(b).open(b)
				members := make([]store.Member, size)
				for i := range members {
					members[i].Value = fmt.Sprintf("user-%07d", i)
				}
				g, err := s.Create(b.Context(), store.Group{DisplayName: "big", Members: members})
				if err != nil {
					b.Fatal(err)
				}
				n := 0
				for b.Loop() {
					n++
					members[size/2].Value = fmt.Sprint("other-", n)
					change, err := s.Update(b.Context(), g.Group.ID,
						store.Update{Members: store.MemberEdits{{Op: store.ReplaceMembers, Members: members}}})
					if err != nil || len(change.Added) != 1 || len(change.Removed) != 1 {
						b.Fatal(len(change.Added), len(change.Removed), err)
					}
				}
			})
		}
	}
}
