package storetest

import (
	"context"
	"fmt"

	"github.com/scimgroups/scimgroups/store"
)

var deleting = []sentence{
	{"Delete removes the group and its members", func(k *kit) {
		g := k.create(k.rich("a"))
		other := k.create(store.Group{DisplayName: "b", Members: k.people(1)})
		k.delete(g.ID)
		_, err := k.s.Get(k.ctx, g.ID, everything)
		k.fails(err, store.ErrNotFound)
		for _, f := range []string{"", "members.value eq " + quote(k.value(1)), `members pr`} {
			if found := k.all(f); len(found) != 1 || found[0].ID != other.ID {
				k.Errorf("filter %q finds %q", f, ids(found))
			}
		}
		for _, f := range []string{`displayName eq "a"`, `externalId pr`, "id eq " + quote(g.ID),
			"members.value eq " + quote(k.value(2))} {
			if found := k.all(f); len(found) != 0 {
				k.Errorf("filter %q still finds %q", f, ids(found))
			}
		}
	}},
	{"Delete returns ErrNotFound if there is no such group", func(k *kit) {
		g := k.create(store.Group{DisplayName: "a"})
		k.delete(g.ID)
		for _, id := range []string{"", "no such id", g.ID} {
			for _, c := range []*store.Condition{nil, {Versions: []store.Version{g.Version}}, {Not: true}} {
				_, err := k.s.Delete(k.ctx, id, c)
				k.fails(err, store.ErrNotFound)
			}
		}
	}},
	{"Delete returns the last head of the group", func(k *kit) {
		g := k.create(k.rich("a"))
		want := k.update(g.ID, rename("b")).Group
		c := k.delete(g.ID)
		if c.Group.Extensions, want.Extensions = nil, nil; show(c.Group) != show(want) {
			k.Errorf("the head is\n%s\nwant\n%s", show(c.Group), show(want))
		}
		if !c.Changed || c.FormerName != "b" || c.Attributes != nil || !c.IsZero() || c.Truncated {
			k.Errorf("the Change is %+v", c)
		}
	}},
	{"Delete returns ErrVersionMismatch and keeps the group if the condition does not hold", func(k *kit) {
		g := k.create(k.rich("a"))
		shown := k.shown(g.ID)
		for _, c := range unmet(g.Version) {
			_, err := k.s.Delete(k.ctx, g.ID, c)
			k.fails(err, store.ErrVersionMismatch)
			k.still(g.ID, shown)
		}
		for i, c := range met(g.Version) {
			if i > 0 {
				g = k.create(store.Group{DisplayName: "a"})
				c = met(g.Version)[i]
			}
			if _, err := k.s.Delete(k.ctx, g.ID, c); err != nil {
				k.Errorf("Delete with %+v: %v", c, err)
			}
		}
	}},
	{"Delete frees the displayName at once, and Create with that name makes a new group", func(k *kit) {
		first := k.create(k.rich("Name"))
		for i := range 3 {
			k.update(first.ID, store.Update{Head: func(head *store.Group) error {
				head.ExternalID = fmt.Sprint(i)
				return nil
			}})
		}
		last := k.get(first.ID)
		k.delete(first.ID)
		second := k.create(store.Group{DisplayName: "NAME"})
		got := k.get(second.ID)
		if len(got.Members) != 0 || got.ExternalID != "" || len(got.Extensions[extension]) != 0 {
			k.Errorf("the new group has values of the deleted one: %s", show(got))
		}
		if second.ID == first.ID && !k.o.IDsFromNames {
			k.Errorf("the new group has the id of the deleted one")
		}
		if second.ID == first.ID && second.Version <= last.Version {
			k.Errorf("the new group has version %d, and the deleted one had %d", second.Version, last.Version)
		}
	}},
	{
		"Create returns a higher version than that of any deleted group with the same id",
		func(k *kit) {
			last := map[string]store.Version{}
			for range 20 {
				g := k.create(store.Group{DisplayName: "again"})
				if g.Version <= last[g.ID] {
					k.Fatalf("version %d after version %d", g.Version, last[g.ID])
				}
				last[g.ID] = k.update(g.ID, store.Update{Head: func(head *store.Group) error {
					head.ExternalID = "changed"
					return nil
				}}).Group.Version
				k.delete(g.ID)
			}
		},
	},
	{"Delete returns the error of a context that is done, and keeps the group", func(k *kit) {
		g := k.create(k.rich("a"))
		want := k.get(g.ID)
		ctx, cancel := context.WithCancel(k.ctx)
		cancel()
		_, err := k.s.Delete(ctx, g.ID, nil)
		k.fails(err, context.Canceled)
		k.same(want)
	}},
}
