package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/scimgroups/scimgroups/store"
)

var concurrency = []sentence{
	{
		"Update loses and invents no members while 16 writers add, others remove and rename, and readers Get and List",
		func(k *kit) {
			const writers, each = 16, 12
			g := k.create(store.Group{DisplayName: "crowd", ExternalID: "left", Members: k.people(0)})
			left, right := k.value(0), k.value(1)

			var mu sync.Mutex
			versions := map[store.Version]string{g.Version: "Create"}
			highest := g.Version
			record := func(writer string, before store.Version, c store.Change) store.Version {
				mu.Lock()
				defer mu.Unlock()
				if !c.Changed {
					k.Errorf("%s: Changed is false after a change", writer)
				}
				if c.Group.Version <= before {
					k.Errorf("%s: version %d after version %d", writer, c.Group.Version, before)
				}
				if other, duplicate := versions[c.Group.Version]; duplicate {
					k.Errorf("%s and %s both made version %d", writer, other, c.Group.Version)
				}
				versions[c.Group.Version] = writer
				highest = max(highest, c.Group.Version)
				return c.Group.Version
			}
			update := func(writer string, before store.Version, u store.Update) store.Version {
				c, err := k.s.Update(k.ctx, g.ID, u)
				if err != nil {
					k.Errorf("%s: %v", writer, err)
					return before
				}
				return record(writer, before, c)
			}
			members := func(e ...store.MemberEdit) store.Update { return store.Update{Members: e} }

			var writing, reading sync.WaitGroup
			var done atomic.Bool
			for w := range writers {
				writing.Go(func() {
					writer, version := fmt.Sprintf("writer %d", w), g.Version
					for i := range each {
						n := 100 + w*each + i
						add := store.MemberEdit{Op: store.AddMembers, Members: k.people(n)}
						version = update(writer, version, members(add))
						if i%4 == 3 { // every fourth is removed again
							remove := store.MemberEdit{Op: store.RemoveMembers, Values: k.values(n)}
							version = update(writer, version, members(remove))
						}
					}
				})
			}
			writing.Go(func() { // replaces a member, and names it in the head
				version := g.Version
				for range each {
					for _, to := range []string{"right", "left"} {
						add, remove := right, left
						if to == "left" {
							add, remove = left, right
						}
						version = update("mover", version, store.Update{Head: func(head *store.Group) error {
							head.ExternalID = to
							return nil
						}, Members: store.MemberEdits{
							{Op: store.RemoveMembers, Values: []string{remove}},
							{Op: store.AddMembers, Members: []store.Member{{Value: add}}},
						}})
					}
				}
			})
			writing.Go(func() {
				version := g.Version
				for i := range each {
					version = update("renamer", version, rename(fmt.Sprintf("crowd %d", i)))
				}
			})

			either := parse(k.T, fmt.Sprintf("members.value eq %s or members.value eq %s", quote(left), quote(right)))
			never := parse(k.T, fmt.Sprintf("members.value eq %s and externalId eq \"right\"", quote(left)))
			for r := range 3 {
				reading.Go(func() {
					seen := store.Version(0)
					for !done.Load() {
						now, err := k.s.Get(k.ctx, g.ID, store.Selection{Members: r != 1})
						if err != nil {
							k.Errorf("reader: %v", err)
							return
						}
						if now.Version < seen {
							k.Errorf("a reader saw version %d after version %d", now.Version, seen)
						}
						seen = now.Version
						if r != 1 {
							side := map[string]bool{}
							for _, m := range now.Members {
								if side[m.Value] {
									k.Errorf("a reader saw a duplicate member %q", m.Value)
								}
								side[m.Value] = true
							}
							if side[left] != (now.ExternalID == "left") || side[right] != (now.ExternalID == "right") {
								k.Errorf("a reader saw half an update: externalId %q, left %t, right %t",
									now.ExternalID, side[left], side[right])
							}
						}
						for f, want := range map[string]int{"either": 1, "never": 0} {
							q := store.Query{Filter: either, Limit: 10}
							if f == "never" {
								q.Filter = never
							}
							page, err := k.s.List(k.ctx, q)
							if err != nil {
								k.Errorf("List: %v", err)
								return
							}
							if len(page.Groups) != want || page.Total != want {
								k.Errorf("List saw half an update: %s matches %d groups, total %d",
									q.Filter, len(page.Groups), page.Total)
							}
						}
					}
				})
			}
			writing.Wait()
			done.Store(true)
			reading.Wait()
			if k.Failed() {
				return
			}

			want := []int{0}
			for w := range writers {
				for i := range each {
					if i%4 != 3 {
						want = append(want, 100+w*each+i)
					}
				}
			}
			end := k.get(g.ID)
			if got, want := showMembers(end.Members), showMembers(k.people(want...)); got != want {
				k.Errorf("the members are\n%s\nwant\n%s", got, want)
			}
			if end.Version != highest {
				k.Errorf("the group has version %d, and the highest returned was %d", end.Version, highest)
			}
		},
	},
	{"List returns only groups that match its filter, even while they change", func(k *kit) {
		// Every group alternates between one and two, in everything that a filter examines.
		sides := []struct {
			word    string
			members []store.Member
		}{{"one", k.people(1)}, {"two", k.people(2)}}
		var groups []store.Group
		for i := range 40 {
			name := fmt.Sprint("one ", i)
			groups = append(groups, k.create(store.Group{DisplayName: name, ExternalID: "one", Members: sides[0].members}))
		}
		defer k.meanwhile(func(turn int) error {
			i, side := turn%len(groups), sides[(turn/len(groups)+1)%2]
			_, err := k.s.Update(k.ctx, groups[i].ID, store.Update{Head: func(head *store.Group) error {
				head.DisplayName, head.ExternalID = fmt.Sprint(side.word, " ", i), side.word
				return nil
			}, Members: store.MemberEdits{{Op: store.ReplaceMembers, Members: side.members}}})
			return err
		})()
		for round := 0; round < 100 && !k.Failed(); round++ {
			for _, text := range []string{
				`displayName eq "one 3"`, `displayName sw "one"`, `externalId eq "one"`, `externalId ne "two"`,
				"members.value eq " + quote(k.value(1)), `members pr and not (members.value eq ` + quote(k.value(2)) + `)`,
			} {
				for _, sel := range []store.Selection{{}, everything} {
					q := store.Query{Filter: parse(k.T, text), Limit: 100, Select: sel}
					p, err := k.s.List(k.ctx, q)
					if err != nil {
						k.Errorf("List: %v", err)
					}
					if p.Total != len(p.Groups) {
						k.Errorf("%s: %d groups of total %d", describe(q), len(p.Groups), p.Total)
					}
					for _, g := range p.Groups {
						if g.ExternalID != "one" || g.DisplayName[:3] != "one" ||
							sel.Members && showMembers(g.Members) != showMembers(sides[0].members) {
							k.Errorf("%s: unexpected group\n%s", describe(q), show(g))
						}
					}
				}
			}
		}
	}},
	{"Create succeeds exactly once for 32 concurrent calls with the same folded name", func(k *kit) {
		if k.o.DuplicateNames {
			k.Skip("names need not be unique; switched on if Options.DuplicateNames is false")
		}
		names := []string{"Straße", "STRASSE", "strasse", "StraSSe"}
		won := k.race(32, func(i int) error {
			_, err := k.s.Create(k.ctx, store.Group{DisplayName: names[i%len(names)]})
			return err
		})
		if groups := k.all(""); won != 1 || len(groups) != 1 {
			k.Errorf("%d calls of Create succeeded, and there are %d groups", won, len(groups))
		}
	}},
	{"Update renames exactly one of 16 groups that concurrently take the same folded name", func(k *kit) {
		if k.o.DuplicateNames {
			k.Skip("names need not be unique; switched on if Options.DuplicateNames is false")
		}
		groups := make([]store.Group, 16)
		for i := range groups {
			groups[i] = k.create(store.Group{DisplayName: fmt.Sprintf("group %d", i)})
		}
		won := k.race(len(groups), func(i int) error {
			_, err := k.s.Update(k.ctx, groups[i].ID, rename([]string{"The Name", "the name"}[i%2]))
			return err
		})
		if found := k.all(`displayName eq "THE NAME"`); won != 1 || len(found) != 1 {
			k.Errorf("%d calls of Update succeeded, and %d groups have the name", won, len(found))
		}
	}},
	{"Update sees the result of a concurrent Update of the same group that came first", func(k *kit) {
		g := k.create(store.Group{DisplayName: "counter", ExternalID: ""})
		var wg sync.WaitGroup
		for range 24 {
			wg.Go(func() {
				_, err := k.s.Update(k.ctx, g.ID, store.Update{Head: func(head *store.Group) error {
					head.ExternalID += "x"
					return nil
				}})
				if err != nil {
					k.Errorf("Update: %v", err)
				}
			})
		}
		wg.Wait()
		if got := k.get(g.ID).ExternalID; len(got) != 24 {
			k.Errorf("24 updates appended %d characters", len(got))
		}
	}},
	{"Delete concurrent with Update leaves neither the group nor a member of it", func(k *kit) {
		for round := range 8 {
			g := k.create(store.Group{DisplayName: fmt.Sprintf("doomed %d", round)})
			var wg sync.WaitGroup
			wg.Go(func() {
				_, err := k.s.Update(k.ctx, g.ID, put(k.value(1)))
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					k.Errorf("Update: %v", err)
				}
			})
			wg.Go(func() {
				if _, err := k.s.Delete(k.ctx, g.ID, nil); err != nil {
					k.Errorf("Delete: %v", err)
				}
			})
			wg.Wait()
		}
		if left := k.all(""); len(left) != 0 {
			k.Errorf("%d groups remain after Delete", len(left))
		}
		if left := k.all("members.value eq " + quote(k.value(1))); len(left) != 0 {
			k.Errorf("List finds %d deleted groups by a member", len(left))
		}
	}},
}

// meanwhile calls write repeatedly, with the number of the turn, until stop is
// called.
func (k *kit) meanwhile(write func(turn int) error) (stop func()) {
	var done atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for turn := 0; !done.Load(); turn++ {
			if err := write(turn); err != nil {
				k.Errorf("writer: %v", err)
				return
			}
		}
	})
	return func() {
		done.Store(true)
		wg.Wait()
	}
}

// race calls try concurrently for every number below n, and returns the number of
// calls without an error. The others must return a ConflictError.
func (k *kit) race(n int, try func(i int) error) (won int) {
	for _, err := range atOnce(n, try) {
		if err == nil {
			won++
		} else {
			k.conflicts(err)
		}
	}
	return won
}

// atOnce calls try concurrently for every number below n, and returns the errors.
func atOnce(n int, try func(i int) error) []error {
	var wg sync.WaitGroup
	start := make(chan struct{})
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = try(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}
