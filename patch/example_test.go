package patch_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// A PATCH is compiled before the store is touched, and the store applies the Edit in one
// step. Members that the request does not name are never read.
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

	// Applying the Edit again changes nothing.
	change, err = groups.Update(ctx, group.Group.ID, edit.Update(nil))
	fmt.Println(change.Changed, err)
	// Output:
	// Guides true
	// added cyd removed bob
	// false <nil>
}

// A Compiler is made once. What differs between requests is given to With.
func ExampleCompiler_With() {
	table, err := filter.NewTable(filter.Definition{Core: store.Schema()})
	if err != nil {
		panic(err)
	}
	compiler := patch.NewCompiler(table, patch.Options{CanonicalMember: strings.ToLower})
	request := patch.Request{
		Quirks: patch.Default,
		Reference: func(uri string) (resourceType, id string, ok bool) {
			id, ok = strings.CutPrefix(uri, "https://example.com/scim/v2/Users/")
			return "User", id, ok
		},
	}
	edit, err := compiler.With(request).Patch([]byte(`{
		"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
		"Operations": [{"op": "add", "path": "members", "value": [{"$ref": "https://example.com/scim/v2/Users/ADA"}]}]
	}`))
	if err != nil {
		panic(err)
	}
	fmt.Println(edit.Update(nil).Members[0].Members)
	// Output: [{ada User  }]
}

// A body that names only members leaves the head alone, so that a store need not read it.
func ExampleEdit_Update() {
	table, err := filter.NewTable(filter.Definition{Core: store.Schema()})
	if err != nil {
		panic(err)
	}
	compiler := patch.NewCompiler(table, patch.Options{})
	for _, operation := range []string{
		`{"op": "remove", "path": "members[value eq \"bob\"]"}`,
		`{"op": "replace", "path": "displayName", "value": "Guides"}`,
	} {
		edit, err := compiler.Patch([]byte(`{
			"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
			"Operations": [` + operation + `]
		}`))
		if err != nil {
			panic(err)
		}
		update := edit.Update(nil)
		fmt.Println("edits the head:", update.Head != nil, "edits of members:", len(update.Members))
	}
	// Output:
	// edits the head: false edits of members: 1
	// edits the head: true edits of members: 0
}

// Entra ID removes members by the value of an operation, which RFC 7644 does not provide
// for.
func ExampleQuirks() {
	table, err := filter.NewTable(filter.Definition{Core: store.Schema()})
	if err != nil {
		panic(err)
	}
	compiler := patch.NewCompiler(table, patch.Options{})
	body := []byte(`{
		"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
		"Operations": [{"op": "Remove", "path": "members", "value": [{"value": "bob"}]}]
	}`)

	_, err = compiler.With(patch.Request{Quirks: patch.Strict}).Patch(body)
	fmt.Println("refused:", err != nil)

	edit, err := compiler.With(patch.Request{Quirks: patch.EntraID}).Patch(body)
	if err != nil {
		panic(err)
	}
	for quirk := range edit.Tolerated().All() {
		fmt.Println("tolerated:", quirk)
	}
	// Output:
	// refused: true
	// tolerated: removeByValue
}

// A PUT replaces a group with a whole resource.
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
