package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// batch is how many members a change adds or removes at once. With more than one
// half a change can be told from a whole one.
const batch = 3

// state is what a writer makes of its group: which of its batches of members are
// there, in ascending order, and the name, if it is the one that changes it.
type state struct {
	name    string
	batches []int
}

// writer is a client that changes a group, one request after the other. Several
// share a group, but each has members of its own, and at most one gives names;
// so it knows what its part of the group has to be.
type writer struct {
	id    string // begins all its members
	group string // the id of the group
	names bool   // whether it gives names
	now   state  // with all that was acknowledged
	next  *state // with the request that is not answered as well; nil if there is none
	last  int    // the number of its last change
	// versions are those of the acknowledged changes, in their order.
	versions []uint64
}

func newWriter(id string, g *group, names bool) *writer {
	w := &writer{id: id, group: g.ID, names: names}
	if names {
		w.now.name = g.DisplayName
	}
	return w
}

func (w *writer) members(n int) []string {
	members := make([]string, batch)
	for i := range members {
		members[i] = fmt.Sprintf("%s-%d-%c", w.id, n, 'a'+i)
	}
	return members
}

// change thinks of a request that certainly changes the group, and sets next to
// what it makes of it: it adds members, removes some, or does both, and maybe
// gives a new name in the same step.
func (w *writer) change(random *rand.Rand) any {
	w.last++
	next := state{w.now.name, slices.Clone(w.now.batches)}
	var operations []operation
	what := random.IntN(3)
	if len(next.batches) == 0 {
		what = 0
	}
	if what > 0 {
		i := random.IntN(len(next.batches))
		operations = append(operations, removeMembers(w.members(next.batches[i])))
		next.batches = slices.Delete(next.batches, i, i+1)
	}
	if what < 2 {
		operations = append(operations, addMembers(w.members(w.last)))
		next.batches = append(next.batches, w.last)
	}
	if w.names && random.IntN(2) == 0 {
		next.name = fmt.Sprintf("%s %d", w.id, w.last)
		operations = append(operations, operation{"replace", "displayName", next.name})
	}
	w.next = &next
	return patchBody(operations...)
}

// send sends a change and learns from the answer. It answers whether it was
// acknowledged, which is all that a living server may do.
func (w *writer) send(t *testing.T, c *client, body any) bool {
	a, err := c.send(http.MethodPatch, "/Groups/"+w.group, body)
	if err != nil {
		return false
	}
	if a.status != http.StatusNoContent {
		t.Errorf("%s: status %d: %s", w.id, a.status, a.body)
		return false
	}
	version, err := a.version()
	if err != nil {
		t.Errorf("%s: %v", w.id, err)
		return false
	}
	w.acknowledged(version)
	return true
}

func (w *writer) acknowledged(version uint64) {
	w.now, w.next = *w.next, nil
	w.versions = append(w.versions, version)
}

// is reports whether a state is what can be seen in the group.
func (w *writer) is(s *state, g *group) bool {
	if w.names && g.DisplayName != s.name {
		return false
	}
	var want, got []string
	for _, n := range s.batches {
		want = append(want, w.members(n)...)
	}
	for _, m := range g.Members {
		if strings.HasPrefix(m.Value, w.id+"-") {
			got = append(got, m.Value)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	return slices.Equal(got, want)
}

// settle checks that all that was acknowledged is there, and that what was not
// answered is there as a whole or not at all; it answers whether it is.
func (w *writer) settle(t *testing.T, g *group) (landed bool) {
	t.Helper()
	next := w.next
	w.next = nil
	switch {
	case w.is(&w.now, g):
		return false
	case next != nil && w.is(next, g):
		w.now = *next
		return true
	}
	var mine []string
	for _, m := range g.Members {
		if strings.HasPrefix(m.Value, w.id+"-") {
			mine = append(mine, m.Value)
		}
	}
	t.Errorf("%s: acknowledged %+v, under way %+v; the group is %q with %q", w.id, w.now, next, g.DisplayName, mine)
	return false
}

// expected is how many members the writer should have in the group.
func (w *writer) expected() int { return batch * len(w.now.batches) }
