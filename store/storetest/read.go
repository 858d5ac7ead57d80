package storetest

import (
	"context"
	"strings"

	"github.com/scimgroups/scimgroups/store"
)

var reading = []sentence{
	{"Get returns the group with exactly this id, and ErrNotFound for every other", func(k *kit) {
		g := k.create(store.Group{DisplayName: "Some Name"})
		if got := k.get(g.ID); got.ID != g.ID {
			k.Errorf("Get(%q) returned group %q", g.ID, got.ID)
		}
		for _, id := range []string{"", "no such id", g.ID + " ", g.ID + "x", " " + g.ID,
			strings.Repeat("x", 300), "%", "_", "'", "日本"} {
			_, err := k.s.Get(k.ctx, id, everything)
			k.fails(err, store.ErrNotFound)
		}
		for _, id := range []string{strings.ToUpper(g.ID), strings.ToLower(g.ID)} {
			if id != g.ID {
				_, err := k.s.Get(k.ctx, id, everything)
				k.fails(err, store.ErrNotFound)
			}
		}
	}},
	{"Get returns the parts that the selection selects", func(k *kit) {
		in := k.rich("a")
		want := k.create(in)
		want.Members = in.Members
		for _, sel := range []store.Selection{{}, {Members: true}, {Extensions: true}, {Members: true, Extensions: true}} {
			got, err := k.s.Get(k.ctx, want.ID, sel)
			if err != nil {
				k.Fatal(err)
			}
			// A store may return more than was selected, but then it must be right.
			if !sel.Members && len(got.Members) == 0 {
				got.Members = want.Members
			}
			if !sel.Extensions && len(got.Extensions) == 0 {
				got.Extensions = want.Extensions
			}
			if show(got) != show(want) {
				k.Errorf("with %+v the group is\n%s\nwant\n%s", sel, show(got), show(want))
			}
		}
	}},
	{"Get and List return no memory that the store keeps using", func(k *kit) {
		g := k.create(k.rich("a"))
		want := k.shown(g.ID)
		for _, sel := range []store.Selection{{}, {Members: true}, {Extensions: true}, everything} {
			got, err := k.s.Get(k.ctx, g.ID, sel)
			if err != nil {
				k.Fatal(err)
			}
			scribble(got)
			for _, listed := range k.list(store.Query{Limit: 10, Select: sel}).Groups {
				scribble(listed)
			}
			both := parse(k.T, `members pr and displayName pr`)
			for _, listed := range k.list(store.Query{Limit: 10, Select: sel, Filter: both}).Groups {
				scribble(listed)
			}
		}
		k.still(g.ID, want)
	}},
	{"Get returns a group that later changes do not affect", func(k *kit) {
		g := k.create(k.rich("a"))
		got := k.get(g.ID)
		before := show(got)
		k.update(g.ID, store.Update{Head: func(head *store.Group) error {
			head.Extensions[extension]["domain"] = "other.example"
			return nil
		}, Members: store.MemberEdits{{Op: store.ClearMembers}, {Op: store.AddMembers, Members: k.people(3, 4)}}})
		if show(got) != before {
			k.Errorf("the returned group changed to\n%s\nfrom\n%s", show(got), before)
		}
	}},
	{"Get, List and ScanMembers return the error of a context that is done", func(k *kit) {
		g := k.create(store.Group{DisplayName: "a", Members: k.people(1)})
		ctx, cancel := context.WithCancel(k.ctx)
		cancel()
		_, err := k.s.Get(ctx, g.ID, everything)
		k.fails(err, context.Canceled)
		_, err = k.s.List(ctx, store.Query{Limit: 10})
		k.fails(err, context.Canceled)
		_, err = k.s.List(ctx, store.Query{Limit: 10, Filter: parse(k.T, `displayName eq "a"`)})
		k.fails(err, context.Canceled)
		if scanner, ok := k.s.(store.MemberScanner); ok {
			_, err = scanner.ScanMembers(ctx, g.ID, "", make([]store.Member, 10))
			k.fails(err, context.Canceled)
		}
	}},
}
