package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/internal/databasetest"
)

// writersEach is how many writers there are in one group, and how many in others.
const writersEach = 16

// changesEach is how many changes a writer makes: few, or many if there is time.
func changesEach(few, many int) int {
	if os.Getenv("SCIMGROUPS_LONG") == "1" {
		return many
	}
	return few
}

// fleet is writers in one group that they share, and as many in groups of their
// own.
type fleet struct {
	processes []*process
	groups    []*group // as they were at first; the first is the one that is shared
	writers   []*writer
}

// newFleet starts three processes at once over one empty database, and makes
// the groups. It answers a connection to the database and the name that those of
// the processes have there.
func newFleet(t *testing.T) (f *fleet, name string, db *sql.DB) {
	t.Helper()
	u, name, db := databasetest.PostgreSQL.Schema(t)
	f = &fleet{}
	for range 3 {
		f.processes = append(f.processes, launch(t, "", "-token", token, "-store", u.String()))
	}
	for _, p := range f.processes {
		p.await(t)
	}
	for i := range 1 + writersEach {
		f.groups = append(f.groups, f.to(i).create(t, fmt.Sprint("group ", i)))
	}
	for i := range writersEach {
		f.writers = append(f.writers,
			newWriter(fmt.Sprint("one", i), f.groups[0], i == 0),
			newWriter(fmt.Sprint("many", i), f.groups[1+i], true))
	}
	return f, name, db
}

// to is the client of one process after the other.
func (f *fleet) to(n int) *client { return f.processes[n%len(f.processes)].client }

// check reads all groups, of any process, and compares them with what the
// writers know. changes is how often each writer has changed its group.
func (f *fleet) check(t *testing.T, changes int) {
	t.Helper()
	for i, made := range f.groups {
		for n := range f.processes {
			g := f.to(n).read(t, made.ID)
			members, writers := 0, 0
			for _, w := range f.writers {
				if w.group == g.ID {
					w.settle(t, g)
					members += w.expected()
					writers++
				}
			}
			if len(g.Members) != members {
				t.Errorf("group %d has %d members, %d should be there", i, len(g.Members), members)
			}
			if got := g.version - made.version; got != uint64(writers*changes) {
				t.Errorf("the version of group %d rose by %d in %d changes", i, got, writers*changes)
			}
		}
	}
}

// stop ends all processes.
func (f *fleet) stop(t *testing.T) {
	var wait sync.WaitGroup
	for _, p := range f.processes {
		wait.Go(func() { p.stop(t) })
	}
	wait.Wait()
}

func TestThreeProcessesOverOneDatabaseLoseNothing(t *testing.T) {
	f, _, _ := newFleet(t)
	changes := changesEach(20, 40)
	done := make(chan struct{})
	var writing, reading sync.WaitGroup
	for i, w := range f.writers {
		random := rand.New(rand.NewPCG(rand.Uint64(), 0))
		writing.Go(func() {
			for n := range changes {
				if body := w.change(random); !w.send(t, f.to(i+n), body) {
					t.Errorf("%s: change %d was not acknowledged", w.id, n)
					return
				}
			}
		})
	}
	reading.Go(func() {
		// Whichever process is asked, the group never seems to go back.
		last := f.groups[0].version
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			default:
			}
			a, err := f.to(n).send(http.MethodGet, "/Groups/"+f.groups[0].ID, nil)
			if err != nil || a.status != http.StatusOK {
				t.Errorf("a reader: %+v, %v", a, err)
				return
			}
			g, err := a.group()
			if err != nil || g.version < last || len(g.Members)%batch != 0 {
				t.Errorf("a reader sees version %d with %d members after version %d (%v)", g.version, len(g.Members), last, err)
				return
			}
			last = g.version
		}
	})
	writing.Wait()
	close(done)
	reading.Wait()
	if t.Failed() {
		return
	}
	f.check(t, changes)
	for i, made := range f.groups {
		var versions []uint64
		for _, w := range f.writers {
			if w.group != made.ID {
				continue
			}
			if !slices.IsSorted(w.versions) {
				t.Errorf("%s got the versions %d", w.id, w.versions)
			}
			versions = append(versions, w.versions...)
		}
		// Each change has made one version: none is missing, none was made twice.
		slices.Sort(versions)
		for n, v := range versions {
			if v != made.version+uint64(n)+1 {
				t.Errorf("the versions of group %d are %d, made at %d", i, versions, made.version)
				break
			}
		}
	}
	f.stop(t)
}

// attempts bounds how often a writer sends one change.
const attempts = 100

// outcomes counts how the requests ended whose connections to the database were
// cut.
type outcomes struct {
	unavailable, unknown, unknownThere atomic.Int64
}

func TestThreeProcessesWhoseConnectionsAreCutLoseAndInventNothing(t *testing.T) {
	f, name, db := newFleet(t)
	// The members of the shared group are never more than 1,000, so that reading
	// them is one step.
	changes := changesEach(12, 1000/(writersEach*batch))
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	cutting, enough := context.WithCancel(ctx)
	var cutter sync.WaitGroup
	cut := 0
	cutter.Go(func() {
		for cutting.Err() == nil {
			var n int
			err := db.QueryRowContext(cutting, `SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
				WHERE application_name = $1 AND random() < 0.3`, name).Scan(&n)
			if err != nil && cutting.Err() == nil {
				t.Errorf("terminating backends: %v", err)
				return
			}
			cut += n
			time.Sleep(20 * time.Millisecond)
		}
	})
	var got outcomes
	var writing sync.WaitGroup
	for i, w := range f.writers {
		writing.Go(func() {
			for n := range changes {
				if err := f.insist(ctx, w, i+n, &got); err != nil {
					t.Errorf("%s: change %d: %v", w.id, n, err)
					return
				}
			}
		})
	}
	writing.Wait()
	enough()
	cutter.Wait()
	if t.Failed() {
		return
	}
	f.check(t, changes)
	for i, made := range f.groups {
		seen := map[uint64]bool{}
		for _, w := range f.writers {
			if w.group != made.ID {
				continue
			}
			if !slices.IsSorted(w.versions) {
				t.Errorf("%s got the versions %d", w.id, w.versions)
			}
			for _, v := range w.versions {
				if seen[v] || v <= made.version {
					t.Errorf("version %d of group %d was answered to two changes, or before it was made", v, i)
				}
				seen[v] = true
			}
		}
	}
	if cut == 0 {
		t.Error("no connection was cut")
	}
	t.Logf("%d connections cut, %d changes: %d times 503, %d times 500 (%d of these changes were there)", cut,
		changes*len(f.writers), got.unavailable.Load(), got.unknown.Load(), got.unknownThere.Load())
	f.stop(t)
}

// insist adds members, and tries again, with another process, until that is
// acknowledged. What is answered in between has to be true: 503 if nothing has
// happened, 500 if that is not known.
func (f *fleet) insist(ctx context.Context, w *writer, to int, got *outcomes) error {
	w.last++
	w.next = &state{w.now.name, append(slices.Clone(w.now.batches), w.last)}
	body := patchBody(addMembers(w.members(w.last)))
	uncertain := false // whether an attempt may have succeeded
	for n := range attempts {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c := f.to(to + n)
		a, err := c.send(http.MethodPatch, "/Groups/"+w.group, body)
		if err != nil {
			return err // a server has always to answer
		}
		if a.status == http.StatusNoContent {
			version, err := a.version()
			if err != nil {
				return err
			}
			w.acknowledged(version)
			if uncertain {
				// It may be the version of a change by somebody else, if it was there already.
				w.versions = w.versions[:len(w.versions)-1]
			}
			return nil
		}
		there, err := f.find(ctx, w, to+n)
		if err != nil {
			return err
		}
		switch {
		case a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != "":
			got.unavailable.Add(1)
			if there && !uncertain {
				return errors.New("a change is there that was denied with 503")
			}
		case a.status == http.StatusInternalServerError:
			got.unknown.Add(1)
			if there {
				got.unknownThere.Add(1)
			}
			uncertain = true
		default:
			return fmt.Errorf("status %d, Retry-After %q: %s", a.status, a.header.Get("Retry-After"), a.body)
		}
		time.Sleep(20 * time.Millisecond) // Retry-After is for databases that are away longer
	}
	return fmt.Errorf("not acknowledged in %d attempts", attempts)
}

// find reads whether the last change of a writer is there. It has to be there as
// a whole or not at all.
func (f *fleet) find(ctx context.Context, w *writer, to int) (there bool, err error) {
	for n := range attempts {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		a, err := f.to(to+n).send(http.MethodGet, "/Groups/"+w.group, nil)
		switch {
		case err != nil:
			return false, err
		case a.status == http.StatusServiceUnavailable:
			time.Sleep(20 * time.Millisecond)
			continue
		case a.status != http.StatusOK:
			return false, fmt.Errorf("a read: status %d: %s", a.status, a.body)
		}
		g, err := a.group()
		switch {
		case err != nil:
			return false, err
		case w.is(w.next, g):
			return true, nil
		case w.is(&w.now, g):
			return false, nil
		}
		return false, fmt.Errorf("acknowledged %+v, under way %+v; read %+v", w.now, *w.next, g)
	}
	return false, fmt.Errorf("not read in %d attempts", attempts)
}
