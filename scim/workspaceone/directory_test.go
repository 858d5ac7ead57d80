package workspaceone_test

import (
	"context"
	"testing"

	"github.com/scimgroups/scimgroups/scim/workspaceone"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
	"github.com/scimgroups/scimgroups/store/storetest"
)

// plain is a directory that gives new groups no attributes, which the contract
// does not allow a store.
type plain struct{ *workspaceone.Directory }

func (p plain) Create(ctx context.Context, g store.Group) (store.Change, error) {
	return p.Groups.Create(ctx, g)
}

func TestTheDirectoryIsAStoreLikeAnyOtherButForItsDefaults(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	storetest.Run(t, func(*testing.T) store.GroupStore { return plain{workspaceone.NewDirectory(memory.New())} })
}

func TestCreateLeavesWhatItWasGivenAsItWas(t *testing.T) {
	given := store.Extensions{workspaceone.Schema: {"description": "d"}}
	d := workspaceone.NewDirectory(memory.New())
	head, err := d.Create(t.Context(), store.Group{DisplayName: "a", Extensions: given})
	if err != nil {
		t.Fatal(err)
	}
	if len(given[workspaceone.Schema]) != 1 {
		t.Error("the extensions became", given)
	}
	if got := head.Group.Extensions[workspaceone.Schema]; got["description"] != "d" || got["domain"] != "System Domain" || got["internalGroupType"] != "INTERNAL" {
		t.Error("the head has", got)
	}
}
