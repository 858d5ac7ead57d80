package patch_test

import (
	"context"
	"fmt"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// A PATCH becomes an Edit before the store is touched, and the store applies
// it in one step. The members that the request does not name are never read.
func ExampleCompiler_Patch() {
	ctx := context.Background()
	groups := memory.New()
	group, err := groups.Create(ctx, store.Group{DisplayName: "Tour Guides", Members: []store.Member{{Value: "ada"}, {Value: "bob"}}})
	if err != nil {
		panic(err)
	}
	table, err := filter.NewTable(filter.Definition{Core: store.Schema()})
	if err != nil {
		panic(err)
	}
	compiler := patch.NewCompiler(table, patch.Options{})

	edit, err := compiler.Patch([]byte(`{
		"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
		"Operations": [
			{"op": "add", "path": "members", "value": [{"value": "cyd", "type": "User"}]},
			{"op": "remove", "path": "members[value eq \"bob\"]"},
			{"op": "replace", "path": "displayName", "value": "Guides"}
		]
	}`))
	if err != nil {
		panic(err)
	}
	change, err := groups.Update(ctx, group.Group.ID, edit.Update(nil))
	if err != nil {
		panic(err)
	}
	fmt.Println(change.Group.DisplayName, change.Changed)
	fmt.Println("added", change.Added[0].Value, "removed", change.Removed[0])

	// The same again finds nothing to do.
	change, err = groups.Update(ctx, group.Group.ID, edit.Update(nil))
	fmt.Println(change.Changed, err)
	// Output:
	// Guides true
	// added cyd removed bob
	// false <nil>
}

// A PUT puts a whole resource in the place of a group.
func ExampleResource_Replace() {
	ctx := context.Background()
	groups := memory.New()
	table, err := filter.NewTable(filter.Definition{Core: store.Schema()})
	if err != nil {
		panic(err)
	}
	compiler := patch.NewCompiler(table, patch.Options{})
	decode := func(body string) *patch.Resource {
		resource, err := compiler.Resource([]byte(body))
		if err != nil {
			panic(err)
		}
		return resource
	}

	group, err := groups.Create(ctx, decode(`{
		"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
		"displayName": "Tour Guides",
		"externalId": "42",
		"members": [{"value": "ada"}, {"value": "bob"}]
	}`).Group())
	if err != nil {
		panic(err)
	}
	_, err = groups.Update(ctx, group.Group.ID, decode(`{
		"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
		"displayName": "Guides",
		"members": [{"value": "bob"}]
	}`).Replace().Update(nil))
	if err != nil {
		panic(err)
	}
	group.Group, err = groups.Get(ctx, group.Group.ID, store.Selection{Members: true})
	fmt.Printf("%s %q %v %v\n", group.Group.DisplayName, group.Group.ExternalID, group.Group.Members, err)
	// Output: Guides "" [{bob   }] <nil>
}
