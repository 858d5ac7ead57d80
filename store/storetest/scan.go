package storetest

import (
	"slices"

	"github.com/scimgroups/scimgroups/store"
)

// scan returns the Values of all members of a group, read in pieces of limit.
func (k *kit) scan(id string, limit int) (out []string) {
	k.Helper()
	scanner := k.s.(store.MemberScanner)
	into, after := make([]store.Member, limit), ""
	for {
		n, err := scanner.ScanMembers(k.ctx, id, after, into)
		if err != nil {
			k.Fatalf("ScanMembers(after %q): %v", after, err)
		}
		if n < 0 || n > limit {
			k.Fatalf("ScanMembers returned %d members for %d", n, limit)
		}
		for _, m := range into[:n] {
			if m.Value <= after {
				k.Fatalf("ScanMembers returned %q after %q", m.Value, after)
			}
			after = m.Value
			out = append(out, m.Value)
		}
		if n < limit {
			return out
		}
	}
}

var scanning = []sentence{
	{"ScanMembers returns all members in ascending order, in pieces of the given length", func(k *kit) {
		k.scans()
		values := []string{"a", "A", "Z", "b", "é", "e", "日本", "a b", "10", "9", "\U0001F600", "aa", "\u00ff"}
		if k.o.MemberValue != nil {
			values = k.values(1, 2, 3, 4, 5, 6, 7)
		}
		g := store.Group{DisplayName: "group"}
		for _, v := range values {
			g.Members = append(g.Members, store.Member{Value: v, Display: "display of " + v, Type: "User"})
		}
		id := k.create(g).ID
		slices.Sort(values)
		for _, limit := range []int{1, 2, len(values), 100} {
			if got := k.scan(id, limit); !slices.Equal(got, values) {
				k.Errorf("in pieces of %d: got\n%q\nwant\n%q", limit, got, values)
			}
		}
		into := make([]store.Member, len(values)+1)
		for i := range into {
			into[i] = store.Member{Value: "old", Type: "Old", Display: "old", Ref: "old"}
		}
		n, err := k.s.(store.MemberScanner).ScanMembers(k.ctx, id, "", into)
		if err != nil || n != len(values) || showMembers(into[:n]) != showMembers(g.Members) {
			k.Errorf("the members are %s, %v", showMembers(into[:n]), err)
		}
		scribble(store.Group{Members: into})
		if got := k.get(id); showMembers(got.Members) != showMembers(g.Members) {
			k.Errorf("ScanMembers returned memory that the store keeps")
		}
	}},
	{"ScanMembers returns each member that stays exactly once while others come and go", func(k *kit) {
		k.scans()
		var stay, goes []int
		for i := range 200 {
			if stay = append(stay, i); i%2 == 1 {
				goes = append(goes, 1000+i)
			}
		}
		g := k.create(store.Group{DisplayName: "a", Members: k.people(append(slices.Clone(stay), goes...)...)})
		defer k.meanwhile(func(turn int) error {
			n := goes[turn%len(goes)]
			edit := store.MemberEdit{Op: store.AddMembers, Members: k.people(n)}
			if turn/len(goes)%2 == 0 {
				edit = store.MemberEdit{Op: store.RemoveMembers, Values: k.values(n)}
			}
			_, err := k.s.Update(k.ctx, g.ID, store.Update{Members: store.MemberEdits{edit}})
			return err
		})()
		for range 5 {
			seen := map[string]int{}
			for _, v := range k.scan(g.ID, 7) {
				seen[v]++
			}
			for _, v := range k.values(stay...) {
				if seen[v] != 1 {
					k.Errorf("member %q was seen %d times", v, seen[v])
				}
			}
		}
	}},
	{"ScanMembers returns 0 for an empty slice", func(k *kit) {
		k.scans()
		g := k.create(store.Group{DisplayName: "a", Members: k.people(1, 2, 3)})
		if n, err := k.s.(store.MemberScanner).ScanMembers(k.ctx, g.ID, "", nil); n != 0 || err != nil {
			k.Errorf("ScanMembers returned %d, %v", n, err)
		}
	}},
	{"ScanMembers returns 0 for a group without members", func(k *kit) {
		k.scans()
		g := k.create(store.Group{DisplayName: "a"})
		if got := k.scan(g.ID, 10); len(got) != 0 {
			k.Errorf("got %q", got)
		}
	}},
	{"ScanMembers returns ErrNotFound if the group is gone", func(k *kit) {
		k.scans()
		g := k.create(store.Group{DisplayName: "a", Members: k.people(1, 2, 3)})
		scanner := k.s.(store.MemberScanner)
		_, err := scanner.ScanMembers(k.ctx, "no such id", "", make([]store.Member, 10))
		k.fails(err, store.ErrNotFound)
		k.delete(g.ID)
		_, err = scanner.ScanMembers(k.ctx, g.ID, k.value(1), make([]store.Member, 10))
		k.fails(err, store.ErrNotFound)
	}},
}

// scans skips the test unless the store is a [store.MemberScanner].
func (k *kit) scans() {
	k.Helper()
	if _, ok := k.s.(store.MemberScanner); !ok {
		k.Skip("the store cannot scan members; switched on if it implements store.MemberScanner")
	}
}
