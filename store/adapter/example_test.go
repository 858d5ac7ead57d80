package adapter_test

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// Create of a store that holds whole groups.
func ExampleNew() {
	groups := map[string]store.Group{}
	create := func(g store.Group) store.Change {
		// Check here that the displayName is free, in the same atomic step.
		stored, change := adapter.New(g, adapter.NewID(), time.Now())
		groups[stored.ID] = stored
		return change
	}

	change := create(store.Group{DisplayName: "Developers", Members: []store.Member{{Value: "barbara"}}})
	fmt.Println(change.Group.DisplayName, change.NumAdded, len(groups[change.Group.ID].Members))
	// Output: Developers 1 1
}

// Update of a store that holds whole groups.
func ExampleApply() {
	groups := map[string]store.Group{"1": {ID: "1", DisplayName: "Developers", Version: 7}}
	update := func(id string, u store.Update) (store.Change, error) {
		g, ok := groups[id]
		if !ok {
			return store.Change{}, store.ErrNotFound
		}
		after, change, err := adapter.Apply(g, u, time.Now())
		if err != nil {
			return store.Change{}, err
		}
		// Check here that a new displayName is free, in the same atomic step.
		groups[id] = after
		return change, nil
	}

	add := store.MemberEdits{{Op: store.AddMembers, Members: []store.Member{{Value: "barbara"}}}}
	for range 2 { // the second Update has no effect
		change, err := update("1", store.Update{Members: add})
		fmt.Println(change.Changed, change.NumAdded, change.Group.Version, err)
	}
	_, err := update("1", store.Update{If: &store.Condition{Versions: []store.Version{7}}, Members: add})
	fmt.Println(err)
	// Output:
	// true 1 W/"8" <nil>
	// false 0 W/"8" <nil>
	// store: version mismatch
}

// List of a store that can iterate over all of its groups.
func ExampleList() {
	groups := []store.Group{{ID: "1", DisplayName: "A"}, {ID: "2", DisplayName: "B"}, {ID: "3", DisplayName: "C"}}
	all := func(ctx context.Context) iter.Seq2[store.Group, error] {
		return func(yield func(store.Group, error) bool) {
			for _, g := range groups {
				if err := ctx.Err(); err != nil {
					yield(store.Group{}, err)
					return
				}
				if !yield(g, nil) {
					return
				}
			}
		}
	}
	list := func(ctx context.Context, q store.Query) (store.Page, error) { return adapter.List(all(ctx), q) }

	for q := (store.Query{Limit: 2}); ; {
		page, err := list(context.Background(), q)
		if err != nil {
			panic(err)
		}
		for _, g := range page.Groups {
			fmt.Println(g.DisplayName, "of", page.Total)
		}
		if page.Next == "" {
			break
		}
		q.From = page.Next
	}
	// Output:
	// A of 3
	// B of 3
	// C of 3
}

// List of a store that reads the ranks of all groups, but loads only those of the page.
func ExamplePager() {
	load := func(ids []string) (groups []store.Group) {
		for _, id := range ids {
			groups = append(groups, store.Group{ID: id})
		}
		return groups
	}
	at := func(second int) time.Time { return time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC) }
	list := func(q store.Query) (store.Page, error) {
		pager, err := adapter.NewPager[string](q)
		if err != nil {
			return store.Page{}, err
		}
		for _, r := range []adapter.Rank{{ID: "a", Created: at(3)}, {ID: "b", Created: at(1)}, {ID: "c", Created: at(2)}} {
			pager.Add(r, r.ID)
		}
		ids, page := pager.Page()
		page.Groups = load(ids)
		return page, nil
	}

	page, err := list(store.Query{Offset: 1, Limit: 1})
	fmt.Println(page.Groups[0].ID, page.Total, page.Previous != "", page.Next != "", err)
	// Output: c 3 true true <nil>
}
