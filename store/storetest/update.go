package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/scimgroups/scimgroups/store"
)

var updating = []sentence{
	{"Update calls its function with the head of the group, without members", func(k *kit) {
		in := k.rich("a")
		want := k.create(in)
		var got string
		k.update(want.ID, func(head *store.Group) (store.MemberEdits, error) {
			got = show(*head)
			return nil, nil
		})
		if want.Members = nil; got != show(want) {
			k.Errorf("the head is\n%s\nand should be\n%s", got, show(want))
		}
	}},
	{"Update keeps what its function does to externalId, displayName and extensions", func(k *kit) {
		g := k.create(k.rich("a"))
		c := k.update(g.ID, func(head *store.Group) (store.MemberEdits, error) {
			head.DisplayName, head.ExternalID = "b", "changed"
			head.Extensions[extension]["domain"] = "changed.example"
			delete(head.Extensions[extension], "rank")
			head.Extensions[extension]["ratio"] = json.Number("0.25")
			return nil, nil
		})
		got := k.get(g.ID)
		if got.DisplayName != "b" || got.ExternalID != "changed" || got.Extensions[extension]["domain"] != "changed.example" ||
			got.Extensions[extension]["rank"] != nil || got.Extensions[extension]["ratio"] != json.Number("0.25") {
			k.Errorf("the group is %s", show(got))
		}
		if len(got.Members) != 2 {
			k.Errorf("the members are %s", showMembers(got.Members))
		}
		c.Group.Members = got.Members
		if show(c.Group) != show(got) {
			k.Errorf("the Change has the head\n%s\nof\n%s", show(c.Group), show(got))
		}
		if !c.Changed || !c.IsZero() {
			k.Errorf("the Change is %+v", c)
		}
	}},
	{"Update can take away the externalId and all extensions, and give them again", func(k *kit) {
		g := k.create(k.rich("a"))
		k.update(g.ID, func(head *store.Group) (store.MemberEdits, error) {
			head.ExternalID, head.Extensions = "", nil
			return nil, nil
		})
		if got := k.get(g.ID); got.ExternalID != "" || showJSON(got.Extensions) != "" {
			k.Errorf("the group is %s", show(got))
		}
		if found := k.all(`externalId pr`); len(found) != 0 {
			k.Errorf("the externalId is still found")
		}
		k.update(g.ID, func(head *store.Group) (store.MemberEdits, error) {
			head.ExternalID, head.Extensions = "again", store.Extensions{extension: {"domain": "again"}}
			return nil, nil
		})
		if got := k.get(g.ID); got.ExternalID != "again" || got.Extensions[extension]["domain"] != "again" {
			k.Errorf("the group is %s", show(got))
		}
	}},
	{"Update ignores what its function does to other fields of the head", func(k *kit) {
		g := k.create(k.rich("a"))
		want := k.get(g.ID)
		c := k.update(g.ID, func(head *store.Group) (store.MemberEdits, error) {
			head.ID, head.Version = "other", 1
			head.Created, head.LastModified = time.Unix(1, 0), time.Unix(2, 0)
			head.Members = k.people(8, 9)
			return nil, nil
		})
		if c.Changed {
			k.Errorf("the Change is %+v", c)
		}
		k.same(want)
	}},
	{"Version rises and LastModified moves if, and only if, the head is different afterwards", func(k *kit) {
		g := k.create(k.rich("a"))
		now := k.get(g.ID)
		for _, c := range []struct {
			name    string
			changed bool
			edit    func(head *store.Group)
		}{
			{"nothing", false, func(*store.Group) {}},
			{"the same name", false, func(head *store.Group) { head.DisplayName = string([]byte(head.DisplayName)) }},
			{"the same extensions anew", false, func(head *store.Group) { head.Extensions = k.rich("a").Extensions }},
			{"an empty extension", false, func(head *store.Group) { head.Extensions["urn:example:empty"] = map[string]any{} }},
			{"another name", true, func(head *store.Group) { head.DisplayName = "b" }},
			{"the letter case of the name", true, func(head *store.Group) { head.DisplayName = "B" }},
			{"the externalId", true, func(head *store.Group) { head.ExternalID = "y" }},
			{"an extension value", true, func(head *store.Group) { head.Extensions[extension]["domain"] = "z" }},
			{"an item of a list", true, func(head *store.Group) { head.Extensions[extension]["tags"].([]any)[1] = "c" }},
			{"how a number is written", true, func(head *store.Group) { head.Extensions[extension]["rank"] = json.Number("7.0") }},
			{"one extension attribute less", true, func(head *store.Group) { delete(head.Extensions[extension], "domain") }},
		} {
			got := k.update(g.ID, func(head *store.Group) (store.MemberEdits, error) {
				c.edit(head)
				return nil, nil
			})
			if got.Changed != c.changed {
				k.Errorf("%s: Changed is %t", c.name, got.Changed)
			}
			if !c.changed {
				k.same(now)
				continue
			}
			if got.Group.Version <= now.Version || got.Group.LastModified.Before(now.LastModified) || !got.Group.Created.Equal(now.Created) {
				k.Errorf("%s: version %d after %d, lastModified %v after %v", c.name, got.Group.Version, now.Version, got.Group.LastModified, now.LastModified)
			}
			now = k.get(g.ID)
			if now.Version != got.Group.Version || !now.LastModified.Equal(got.Group.LastModified) {
				k.Errorf("%s: the Change has version %d, the group %d", c.name, got.Group.Version, now.Version)
			}
		}
	}},
	{"if the function answers an error nothing changes and Update answers it", func(k *kit) {
		g := k.create(k.rich("a"))
		want := k.shown(g.ID)
		mine := errors.New("mine")
		for _, wrapped := range []error{mine, fmt.Errorf("wrapped: %w", mine)} {
			_, err := k.s.Update(k.ctx, g.ID, func(head *store.Group) (store.MemberEdits, error) {
				head.DisplayName = "b"
				scribble(*head)
				return store.MemberEdits{{Op: store.ClearMembers}}, wrapped
			})
			k.fails(err, mine)
			k.still(g.ID, want)
		}
		_, err := k.s.Update(k.ctx, g.ID, func(*store.Group) (store.MemberEdits, error) { return nil, store.ErrVersionMismatch })
		k.fails(err, store.ErrVersionMismatch)
		k.still(g.ID, want)
		k.update(g.ID, rename("b")) // and the group can still be changed
	}},
	{"a store goes on working after the function of an Update panicked", func(k *kit) {
		g := k.create(store.Group{DisplayName: "a"})
		want := k.get(g.ID)
		func() {
			defer func() {
				if recover() == nil {
					k.Errorf("the panic did not come through")
				}
			}()
			_, _ = k.s.Update(k.ctx, g.ID, func(head *store.Group) (store.MemberEdits, error) {
				head.DisplayName = "b"
				panic("mine")
			})
		}()
		k.same(want)
		k.update(g.ID, rename("c"))
	}},
	{"Update answers ErrNotFound for an id that no group has, and does not call the function", func(k *kit) {
		g := k.create(store.Group{DisplayName: "a"})
		k.delete(g.ID)
		for _, id := range []string{"", "no such id", g.ID} {
			_, err := k.s.Update(k.ctx, id, func(*store.Group) (store.MemberEdits, error) {
				k.Errorf("the function was called")
				return nil, nil
			})
			k.fails(err, store.ErrNotFound)
		}
	}},
	{"a displayName that belongs to another group conflicts and changes nothing", func(k *kit) {
		if k.o.DuplicateNames {
			k.Skip("names need not be unique")
		}
		k.create(store.Group{DisplayName: "Taken é"})
		g := k.create(k.rich("free"))
		want := k.get(g.ID)
		for _, name := range []string{"Taken é", "tAKEN É", "taken e\u0301"} {
			_, err := k.s.Update(k.ctx, g.ID, func(head *store.Group) (store.MemberEdits, error) {
				head.DisplayName, head.ExternalID = name, "changed"
				return store.MemberEdits{{Op: store.AddMembers, Members: k.people(5)}, {Op: store.RemoveMembers, Values: k.values(1)}}, nil
			})
			k.conflicts(err)
			k.same(want)
		}
		if found := k.all("members.value eq " + quote(k.value(5))); len(found) != 0 {
			k.Errorf("a member of the failed update was kept")
		}
		if found := k.all("members.value eq " + quote(k.value(1))); len(found) != 1 {
			k.Errorf("a member was lost in the failed update")
		}
	}},
	{"a group may be renamed to another letter case of its own name", func(k *kit) {
		g := k.create(store.Group{DisplayName: "Name"})
		for _, name := range []string{"NAME", "name", "nAmE"} {
			if c := k.update(g.ID, rename(name)); c.Group.DisplayName != name || !c.Changed {
				k.Errorf("the Change is %+v", c)
			}
			if found := k.all(`displayName eq "Name"`); len(found) != 1 || found[0].DisplayName != name {
				k.Errorf("found %d groups", len(found))
			}
		}
	}},
	{"the old name of a renamed group is free, and the group is found by the new one only", func(k *kit) {
		g := k.create(store.Group{DisplayName: "old"})
		k.update(g.ID, rename("new"))
		if found := k.all(`displayName eq "old"`); len(found) != 0 {
			k.Errorf("the group is found by its old name")
		}
		if found := k.all(`displayName eq "NEW"`); len(found) != 1 || found[0].ID != g.ID {
			k.Errorf("the group is not found by its new name")
		}
		if k.o.IDsFromNames {
			return // the old name may be the id, which stays taken
		}
		other := k.create(store.Group{DisplayName: "old"})
		k.update(g.ID, rename("newer"))
		k.update(other.ID, rename("new"))
		k.update(g.ID, rename("old"))
	}},
	{"Update keeps no memory of its function and answers none that it keeps", func(k *kit) {
		g := k.create(k.rich("a"))
		var kept store.Group
		edits := store.MemberEdits{
			{Op: store.AddMembers, Members: []store.Member{{Value: k.value(3), Display: "three"}}},
			{Op: store.RemoveMembers, Values: k.values(2)},
		}
		c := k.update(g.ID, func(head *store.Group) (store.MemberEdits, error) {
			head.Extensions[extension]["tags"] = []any{"x", "y"}
			kept = *head
			return edits, nil
		})
		want := k.shown(g.ID)
		scribble(kept)
		scribble(c.Group)
		scribble(store.Group{Members: edits[0].Members})
		scribble(store.Group{Members: c.Added})
		c.Removed[0], edits[1].Values[0] = "scribbled", "scribbled"
		k.still(g.ID, want)
	}},
	{"an Update whose context is done answers its error and changes nothing", func(k *kit) {
		g := k.create(k.rich("a"))
		want := k.get(g.ID)
		ctx, cancel := context.WithCancel(k.ctx)
		cancel()
		_, err := k.s.Update(ctx, g.ID, rename("b"))
		k.fails(err, context.Canceled)
		k.same(want)
	}},
	{"an Update whose context ends in its function either happens or does not", func(k *kit) {
		g := k.create(store.Group{DisplayName: "a"})
		want := k.get(g.ID)
		ctx, cancel := context.WithCancel(k.ctx)
		c, err := k.s.Update(ctx, g.ID, func(head *store.Group) (store.MemberEdits, error) {
			cancel()
			head.DisplayName = "b"
			return store.MemberEdits{{Op: store.AddMembers, Members: k.people(1)}}, nil
		})
		if err != nil {
			k.same(want)
			return
		}
		c.Group.Members = k.people(1)
		k.same(c.Group)
	}},
	{"what an Update did is seen by every call that starts afterwards", func(k *kit) {
		g := k.create(store.Group{DisplayName: "a"})
		for i := range 20 {
			name := fmt.Sprintf("name %d", i)
			k.update(g.ID, func(head *store.Group) (store.MemberEdits, error) {
				head.DisplayName, head.ExternalID = name, name
				return store.MemberEdits{{Op: store.ReplaceMembers, Members: k.people(i)}}, nil
			})
			for _, f := range []string{"displayName eq " + quote(name), "externalId eq " + quote(name), "members.value eq " + quote(k.value(i)),
				"meta.version eq " + quote(k.get(g.ID).Version.String())} {
				if len(k.all(f)) != 1 {
					k.Fatalf("filter %s does not find the group", f)
				}
			}
		}
	}},
}
