package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/store"
)

var updating = []sentence{
	{"Update calls Head with the head of the group, without members", func(k *kit) {
		in := k.rich("a")
		want := k.create(in)
		var got string
		k.update(want.ID, store.Update{Head: func(head *store.Group) error {
			got = show(*head)
			return nil
		}})
		if want.Members = nil; got != show(want) {
			k.Errorf("the head is\n%s\nwant\n%s", got, show(want))
		}
	}},
	{"Update stores the externalId, displayName and extensions that Head sets", func(k *kit) {
		g := k.create(k.rich("a"))
		c := k.update(g.ID, store.Update{Head: func(head *store.Group) error {
			head.DisplayName, head.ExternalID = "b", "changed"
			head.Extensions[extension]["domain"] = "changed.example"
			delete(head.Extensions[extension], "rank")
			head.Extensions[extension]["ratio"] = json.Number("0.25")
			return nil
		}})
		got := k.get(g.ID)
		if got.DisplayName != "b" || got.ExternalID != "changed" ||
			got.Extensions[extension]["domain"] != "changed.example" ||
			got.Extensions[extension]["rank"] != nil ||
			got.Extensions[extension]["ratio"] != json.Number("0.25") {
			k.Errorf("the group is %s", show(got))
		}
		if len(got.Members) != 2 {
			k.Errorf("the members are %s", showMembers(got.Members))
		}
		c.Group.Members = got.Members
		if show(c.Group) != show(got) {
			k.Errorf("the Change has the head\n%s\nwant\n%s", show(c.Group), show(got))
		}
		if !c.Changed || !c.IsZero() {
			k.Errorf("the Change is %+v", c)
		}
	}},
	{"Update removes the externalId and all extensions, and sets them again", func(k *kit) {
		g := k.create(k.rich("a"))
		k.update(g.ID, store.Update{Head: func(head *store.Group) error {
			head.ExternalID, head.Extensions = "", nil
			return nil
		}})
		if got := k.get(g.ID); got.ExternalID != "" || showJSON(got.Extensions) != "" {
			k.Errorf("the group is %s", show(got))
		}
		if found := k.all(`externalId pr`); len(found) != 0 {
			k.Errorf("List still finds the externalId")
		}
		k.update(g.ID, store.Update{Head: func(head *store.Group) error {
			head.ExternalID, head.Extensions = "again", store.Extensions{extension: {"domain": "again"}}
			return nil
		}})
		if got := k.get(g.ID); got.ExternalID != "again" || got.Extensions[extension]["domain"] != "again" {
			k.Errorf("the group is %s", show(got))
		}
	}},
	{"Update ignores other fields that Head sets", func(k *kit) {
		g := k.create(k.rich("a"))
		want := k.get(g.ID)
		c := k.update(g.ID, store.Update{Head: func(head *store.Group) error {
			head.ID, head.Version = "other", 1
			head.Created, head.LastModified = time.Unix(1, 0), time.Unix(2, 0)
			head.Members = k.people(8, 9)
			return nil
		}})
		if c.Changed {
			k.Errorf("the Change is %+v", c)
		}
		k.same(want)
	}},
	{"Update raises Version and moves LastModified if, and only if, the head differs afterwards", func(k *kit) {
		g := k.create(k.rich("a"))
		now := k.get(g.ID)
		for _, c := range []struct {
			name    string
			changed bool
			edit    func(head *store.Group)
		}{
			{"nothing", false, func(*store.Group) {}},
			{"the same name", false, func(head *store.Group) { head.DisplayName = string([]byte(head.DisplayName)) }},
			{"an equal copy of the extensions", false, func(head *store.Group) { head.Extensions = k.rich("a").Extensions }},
			{"an empty extension", false, func(head *store.Group) { head.Extensions["urn:example:empty"] = map[string]any{} }},
			{"another name", true, func(head *store.Group) { head.DisplayName = "b" }},
			{"the letter case of the name", true, func(head *store.Group) { head.DisplayName = "B" }},
			{"the externalId", true, func(head *store.Group) { head.ExternalID = "y" }},
			{"an extension value", true, func(head *store.Group) { head.Extensions[extension]["domain"] = "z" }},
			{"an item of a list", true, func(head *store.Group) { head.Extensions[extension]["tags"].([]any)[1] = "c" }},
			{"the spelling of a number", true,
				func(head *store.Group) { head.Extensions[extension]["rank"] = json.Number("7.0") }},
			{"a removed extension attribute", true, func(head *store.Group) { delete(head.Extensions[extension], "domain") }},
		} {
			got := k.update(g.ID, store.Update{Head: func(head *store.Group) error {
				c.edit(head)
				return nil
			}})
			if got.Changed != c.changed {
				k.Errorf("%s: Changed is %t", c.name, got.Changed)
			}
			if !c.changed {
				k.same(now)
				continue
			}
			if got.Group.Version <= now.Version || got.Group.LastModified.Before(now.LastModified) ||
				!got.Group.Created.Equal(now.Created) {
				k.Errorf("%s: version %d after %d, lastModified %v after %v",
					c.name, got.Group.Version, now.Version, got.Group.LastModified, now.LastModified)
			}
			now = k.get(g.ID)
			if now.Version != got.Group.Version || !now.LastModified.Equal(got.Group.LastModified) {
				k.Errorf("%s: the Change has version %d, the group %d", c.name, got.Group.Version, now.Version)
			}
		}
	}},
	{"Update returns the error of Head, and changes nothing", func(k *kit) {
		g := k.create(k.rich("a"))
		want := k.shown(g.ID)
		mine := errors.New("mine")
		for _, wrapped := range []error{mine, fmt.Errorf("wrapped: %w", mine)} {
			_, err := k.s.Update(k.ctx, g.ID, store.Update{Head: func(head *store.Group) error {
				head.DisplayName = "b"
				scribble(*head)
				return wrapped
			}, Members: store.MemberEdits{{Op: store.ClearMembers}}})
			k.fails(err, mine)
			k.still(g.ID, want)
		}
		mismatch := func(*store.Group) error { return store.ErrVersionMismatch }
		_, err := k.s.Update(k.ctx, g.ID, store.Update{Head: mismatch})
		k.fails(err, store.ErrVersionMismatch)
		k.still(g.ID, want)
		k.update(g.ID, rename("b")) // the group can still be changed
	}},
	{"Update works after a panic of Head", func(k *kit) {
		g := k.create(store.Group{DisplayName: "a"})
		want := k.get(g.ID)
		func() {
			defer func() {
				if recover() == nil {
					k.Errorf("the panic did not reach the caller")
				}
			}()
			_, _ = k.s.Update(k.ctx, g.ID, store.Update{Head: func(head *store.Group) error {
				head.DisplayName = "b"
				panic("mine")
			}})
		}()
		k.same(want)
		k.update(g.ID, rename("c"))
	}},
	{"Update returns ErrNotFound for an unknown id, and does not call Head", func(k *kit) {
		g := k.create(store.Group{DisplayName: "a"})
		k.delete(g.ID)
		for _, id := range []string{"", "no such id", g.ID} {
			_, err := k.s.Update(k.ctx, id, store.Update{Head: func(*store.Group) error {
				k.Errorf("Head was called")
				return nil
			}})
			k.fails(err, store.ErrNotFound)
		}
	}},
	{"Update changes the group if, and only if, the condition on its version holds", func(k *kit) {
		g := k.create(k.rich("a"))
		edits := store.MemberEdits{{Op: store.AddMembers, Members: k.people(5)}}
		for _, head := range []func(*store.Group) error{nil, rename("b").Head} {
			now := k.get(g.ID)
			shown := show(now)
			for _, c := range unmet(now.Version) {
				_, err := k.s.Update(k.ctx, g.ID, store.Update{If: c, Head: head, Members: edits})
				k.fails(err, store.ErrVersionMismatch)
				k.still(g.ID, shown)
			}
			for i := range met(0) {
				k.update(g.ID, store.Update{If: met(k.get(g.ID).Version)[i], Head: head, Members: edits})
			}
		}
		for _, id := range []string{"", "no such id"} {
			for _, c := range append(met(g.Version), unmet(g.Version)...) {
				_, err := k.s.Update(k.ctx, id, store.Update{If: c, Members: edits})
				k.fails(err, store.ErrNotFound)
			}
		}
	}},
	{"Update succeeds for exactly one of several writers with the same condition", func(k *kit) {
		g := k.create(store.Group{DisplayName: "a"})
		c := &store.Condition{Versions: []store.Version{g.Version}}
		var changed atomic.Int64
		var writing sync.WaitGroup
		for w := range 8 {
			writing.Go(func() {
				u := put(k.value(w))
				u.If = c
				_, err := k.s.Update(k.ctx, g.ID, u)
				switch {
				case err == nil:
					changed.Add(1)
				case !errors.Is(err, store.ErrVersionMismatch):
					k.Errorf("writer %d: %v", w, err)
				}
			})
		}
		writing.Wait()
		if got := k.get(g.ID); changed.Load() != 1 || len(got.Members) != 1 {
			k.Errorf("%d writers succeeded, and the group has %d members", changed.Load(), len(got.Members))
		}
	}},
	{"Create and Update return the attributes that differ, and the former name", func(k *kit) {
		created := k.created(k.rich("a"))
		id := created.Group.ID
		if want := []string{
			"displayName",
			"externalId",
			extension + ":active",
			extension + ":contacts",
			extension + ":domain",
			extension + ":rank",
			extension + ":tags",
		}; !slices.Equal(created.Attributes, want) || created.FormerName != "" ||
			!created.Changed {
			k.Errorf("Create: the Change is %+v", created)
		}
		if got, want := showMembers(
			created.Added,
		), showMembers(
			k.get(id).Members,
		); got != want ||
			created.NumAdded != 2 {
			k.Errorf("Create: added %s, want %s", got, want)
		}
		for _, c := range []struct {
			name       string
			u          store.Update
			former     string
			attributes []string
		}{
			{"a new name", rename("b"), "a", []string{"displayName"}},
			{"the same name", rename("b"), "b", nil},
			{"no edit of the head", store.Update{}, "b", nil},
			{"an edit of members", store.Update{Members: store.MemberEdits{{Op: store.ClearMembers}}}, "b", nil},
			{"everything", store.Update{Head: func(head *store.Group) error {
				head.DisplayName, head.ExternalID = "c", ""
				head.Extensions[extension]["domain"] = "other"
				delete(head.Extensions[extension], "tags")
				return nil
			}}, "b", []string{"displayName", "externalId", extension + ":domain", extension + ":tags"}},
		} {
			if got := k.update(id, c.u); got.FormerName != c.former || !slices.Equal(got.Attributes, c.attributes) {
				k.Errorf("%s: the Change is %+v", c.name, got)
			}
		}
	}},
	{"Update returns the extensions if they are edited or requested", func(k *kit) {
		g := k.create(k.rich("a"))
		want := showJSON(k.get(g.ID).Extensions)
		for _, u := range []store.Update{
			rename("b"), {Extensions: true}, rename("b"),
			{Extensions: true, Members: store.MemberEdits{{Op: store.AddMembers, Members: k.people(7)}}},
		} {
			if got := showJSON(k.update(g.ID, u).Group.Extensions); got != want {
				k.Errorf("the extensions are %s", got)
			}
		}
	}},
	{"Create and Update count more members than a Change lists", func(k *kit) {
		if k.o.MemberValue != nil {
			k.Skip("the store must know each member; switched on if Options.MemberValue is nil")
		}
		if testing.Short() {
			k.Skip("the test is slow; switched on without -short")
		}
		n := store.MaxChangeMembers + 1
		members := make([]store.Member, n)
		for i := range members {
			members[i].Value = fmt.Sprintf("m%06d", i)
		}
		c := k.created(store.Group{DisplayName: "a", Members: members})
		if c.NumAdded != n || c.Added != nil || !c.Truncated {
			k.Errorf("Create: %d added, %d listed, truncated %t", c.NumAdded, len(c.Added), c.Truncated)
		}
		c = k.edit(c.Group.ID, store.MemberEdit{Op: store.ClearMembers})
		if c.NumRemoved != n || c.Removed != nil || !c.Truncated || !c.Changed {
			k.Errorf("ClearMembers: %d removed, %d listed, truncated %t", c.NumRemoved, len(c.Removed), c.Truncated)
		}
		if left := k.get(c.Group.ID).Members; len(left) != 0 {
			k.Errorf("%d members remain", len(left))
		}
	}},
	{"Update returns a ConflictError for the displayName of another group, and changes nothing", func(k *kit) {
		if k.o.DuplicateNames {
			k.Skip("names need not be unique; switched on if Options.DuplicateNames is false")
		}
		k.create(store.Group{DisplayName: "Taken é"})
		g := k.create(k.rich("free"))
		want := k.get(g.ID)
		for _, name := range []string{"Taken é", "tAKEN É", "taken e\u0301"} {
			_, err := k.s.Update(k.ctx, g.ID, store.Update{Head: func(head *store.Group) error {
				head.DisplayName, head.ExternalID = name, "changed"
				return nil
			}, Members: store.MemberEdits{{Op: store.AddMembers, Members: k.people(5)},
				{Op: store.RemoveMembers, Values: k.values(1)}}})
			k.conflicts(err)
			k.same(want)
		}
		if found := k.all("members.value eq " + quote(k.value(5))); len(found) != 0 {
			k.Errorf("a member of the failed update was stored")
		}
		if found := k.all("members.value eq " + quote(k.value(1))); len(found) != 1 {
			k.Errorf("the failed update removed a member")
		}
	}},
	{"Update renames a group to another letter case of its own name", func(k *kit) {
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
	{"Update frees the old name, and List finds the group only by the new one", func(k *kit) {
		g := k.create(store.Group{DisplayName: "old"})
		k.update(g.ID, rename("new"))
		if found := k.all(`displayName eq "old"`); len(found) != 0 {
			k.Errorf("List finds the group by its old name")
		}
		if found := k.all(`displayName eq "NEW"`); len(found) != 1 || found[0].ID != g.ID {
			k.Errorf("List does not find the group by its new name")
		}
		if k.o.IDsFromNames {
			return // the old name may be the id, which remains unavailable
		}
		other := k.create(store.Group{DisplayName: "old"})
		k.update(g.ID, rename("newer"))
		k.update(other.ID, rename("new"))
		k.update(g.ID, rename("old"))
	}},
	{"Update keeps no memory that it is given, and returns none that the store keeps", func(k *kit) {
		g := k.create(k.rich("a"))
		var kept store.Group
		edits := store.MemberEdits{
			{Op: store.AddMembers, Members: []store.Member{{Value: k.value(3), Display: "three"}}},
			{Op: store.RemoveMembers, Values: k.values(2)},
		}
		c := k.update(g.ID, store.Update{Head: func(head *store.Group) error {
			head.Extensions[extension]["tags"] = []any{"x", "y"}
			kept = *head
			return nil
		}, Members: edits})
		want := k.shown(g.ID)
		scribble(kept)
		scribble(c.Group)
		scribble(store.Group{Members: edits[0].Members})
		scribble(store.Group{Members: c.Added})
		c.Removed[0], edits[1].Values[0] = "scribbled", "scribbled"
		k.still(g.ID, want)
	}},
	{"Update returns the error of a context that is done, and changes nothing", func(k *kit) {
		g := k.create(k.rich("a"))
		want := k.get(g.ID)
		ctx, cancel := context.WithCancel(k.ctx)
		cancel()
		_, err := k.s.Update(ctx, g.ID, rename("b"))
		k.fails(err, context.Canceled)
		k.same(want)
	}},
	{"Update whose context ends in Head either succeeds or changes nothing", func(k *kit) {
		g := k.create(store.Group{DisplayName: "a"})
		want := k.get(g.ID)
		ctx, cancel := context.WithCancel(k.ctx)
		c, err := k.s.Update(ctx, g.ID, store.Update{Head: func(head *store.Group) error {
			cancel()
			head.DisplayName = "b"
			return nil
		}, Members: store.MemberEdits{{Op: store.AddMembers, Members: k.people(1)}}})
		if err != nil {
			k.same(want)
			return
		}
		c.Group.Members = k.people(1)
		k.same(c.Group)
	}},
	{"Update is visible to every call that starts afterwards", func(k *kit) {
		g := k.create(store.Group{DisplayName: "a"})
		for i := range 20 {
			name := fmt.Sprintf("name %d", i)
			k.update(g.ID, store.Update{Head: func(head *store.Group) error {
				head.DisplayName, head.ExternalID = name, name
				return nil
			}, Members: store.MemberEdits{{Op: store.ReplaceMembers, Members: k.people(i)}}})
			for _, f := range []string{"displayName eq " + quote(name), "externalId eq " + quote(name),
				"members.value eq " + quote(k.value(i)),
				"meta.version eq " + quote(k.get(g.ID).Version.String())} {
				if len(k.all(f)) != 1 {
					k.Fatalf("filter %s does not find the group", f)
				}
			}
		}
	}},
}

// met returns conditions that hold for version v.
func met(v store.Version) []*store.Condition {
	return []*store.Condition{
		nil,
		{Versions: []store.Version{v}},
		{Versions: []store.Version{1, v}},
		{Versions: []store.Version{1, v + 1}, Not: true},
		{Not: true},
	}
}

// unmet returns conditions that do not hold for version v.
func unmet(v store.Version) []*store.Condition {
	return []*store.Condition{
		{},
		{Versions: []store.Version{v - 1}},
		{Versions: []store.Version{v + 1, 1}},
		{Versions: []store.Version{1, v}, Not: true},
	}
}
