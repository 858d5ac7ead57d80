package store_test

import (
	"context"
	"encoding/json"
	"os"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// The groups attribute of a user (RFC 7643 §4.1.2) is read-only and comes from the
// groups: GroupsOf has all that it needs.
func ExampleGroupsOf() {
	ctx := context.Background()
	ids := []string{"20", "10"}
	groups := memory.NewWith(memory.Options{NewID: func(store.Group) (id string) {
		id, ids = ids[0], ids[1:]
		return id
	}})
	add := func(name, member string) {
		g := store.Group{DisplayName: name, Members: []store.Member{{Value: member}}}
		if _, err := groups.Create(ctx, g); err != nil {
			panic(err)
		}
	}
	add("Developers", "barbara")
	add("Everybody", "20")

	type userGroup struct {
		Value   string `json:"value"`
		Ref     string `json:"$ref"`
		Display string `json:"display"`
		Type    string `json:"type"`
	}
	var attribute []userGroup
	for q := (store.MembershipQuery{Member: "barbara", Transitive: true, Limit: 100}); ; {
		page, err := store.GroupsOf(ctx, groups, q)
		if err != nil {
			panic(err)
		}
		for _, m := range page {
			g := userGroup{
				Value:   m.Group.ID,
				Ref:     "https://example.com/scim/v2/Groups/" + m.Group.ID,
				Display: m.Group.DisplayName,
				Type:    "indirect",
			}
			if m.Direct {
				g.Type = "direct"
			}
			attribute = append(attribute, g)
		}
		if len(page) < q.Limit {
			break
		}
		q.After = page[len(page)-1].Group.ID
	}
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	if err := e.Encode(map[string]any{"groups": attribute}); err != nil {
		panic(err)
	}
	// Output:
	// {
	//   "groups": [
	//     {
	//       "value": "10",
	//       "$ref": "https://example.com/scim/v2/Groups/10",
	//       "display": "Everybody",
	//       "type": "indirect"
	//     },
	//     {
	//       "value": "20",
	//       "$ref": "https://example.com/scim/v2/Groups/20",
	//       "display": "Developers",
	//       "type": "direct"
	//     }
	//   ]
	// }
}
