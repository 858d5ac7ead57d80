package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The server is killed again and again in the midst of changes, at moments that
// are random in the number of changes and in time. What is in memory: ends with
// the process by nature, so this is about the other stores.
func TestWhatWasAcknowledgedSurvivesAKillAndTheRestIsThereWholeOrNotAtAll(t *testing.T) {
	rounds, within := 4, 8*time.Second
	if os.Getenv("SCIMGROUPS_LONG") == "1" {
		rounds, within = 25, 20*time.Second
	}
	onEachStore(t, true, func(t *testing.T, store string) {
		t.Parallel()
		crash(t, store, rounds, within)
	})
}

// crash kills a server so many times, or fewer if the time is up.
func crash(t *testing.T, store string, rounds int, within time.Duration) {
	const clients, groups = 16, 4
	began := time.Now()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	// The tables are being made when the first ones die.
	for range 3 {
		p := launch(t, "", "-token", token, "-store", store)
		time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
		p.kill()
		p.clean(t)
	}

	p := start(t, "", "-token", token, "-store", store)
	writers := make([]*writer, clients)
	made := make([]*group, groups) // as they were at first
	for i := range made {
		made[i] = p.create(t, fmt.Sprint("group ", i), anchor)
	}
	for i := range writers {
		writers[i] = newWriter(fmt.Sprint("c", i), made[i%groups], i < groups)
	}
	versions := make([]uint64, groups) // how often each has changed

	var acknowledged, landed, lost, killed int
	for killed < rounds && (killed == 0 || time.Since(began) < within) {
		after, moment := 1+random.Int64N(150), time.Duration(random.IntN(20_000))*time.Microsecond
		var done atomic.Int64
		now := make(chan struct{})
		var wait sync.WaitGroup
		for _, w := range writers {
			mine := rand.New(rand.NewPCG(random.Uint64(), 0))
			wait.Go(func() {
				for w.send(t, p.client, w.change(mine)) {
					if done.Add(1) == after {
						close(now)
					}
				}
			})
		}
		select {
		case <-now:
			time.Sleep(moment)
		case <-time.After(within): // of a slow machine
		}
		p.kill()
		wait.Wait()
		p.clean(t)
		killed++
		acknowledged += int(done.Load())

		p = start(t, "", "-token", token, "-store", store)
		for i := range made {
			// A database may still be busy with what the dead process sent last, and holds
			// the group until then. A change of the group, though it is none, waits for it.
			p.must(t, http.StatusNoContent, http.MethodPatch, "/Groups/"+made[i].ID, patchBody(addMembers([]string{anchor})))
			g := p.read(t, made[i].ID)
			var highest uint64
			members := 1
			for _, w := range writers {
				if w.group != g.ID {
					continue
				}
				versions[i] += uint64(len(w.versions))
				if len(w.versions) > 0 {
					highest = max(highest, slices.Max(w.versions))
				}
				if !slices.IsSorted(w.versions) {
					t.Errorf("%s got the versions %d", w.id, w.versions)
				}
				w.versions = nil
				underWay := w.next != nil
				switch {
				case w.settle(t, g):
					versions[i]++
					landed++
				case underWay:
					lost++
				}
				members += w.expected()
			}
			if g.version < highest {
				t.Errorf("group %d went back from version %d to %d", i, highest, g.version)
			}
			if got := g.version - made[i].version; got != versions[i] {
				t.Errorf("the version of group %d rose by %d in %d changes", i, got, versions[i])
			}
			if len(g.Members) != members {
				t.Errorf("group %d has %d members, %d should be there", i, len(g.Members), members)
			}
		}
		if t.Failed() {
			break
		}
	}
	p.stop(t)
	if acknowledged == 0 {
		t.Error("no change was acknowledged")
	}
	t.Logf("%d kills in %v: %d changes acknowledged; of those that were not, %d are there and %d are not",
		killed, time.Since(began).Round(time.Millisecond), acknowledged, landed, lost)
}

// anchor is a member of every group from the beginning.
const anchor = "anchor"
