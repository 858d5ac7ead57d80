package main

import (
	"context"
	"testing"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
	"github.com/scimgroups/scimgroups/store/storetest"
)

// plain is a directory that gives new groups no attributes, which the contract
// does not allow a store.
type plain struct{ directory }

func (p plain) Create(ctx context.Context, g store.Group) (store.Group, error) {
	return p.groupStore.Create(ctx, g)
}

func TestTheDirectoryIsAStoreLikeAnyOtherButForItsDefaults(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	storetest.Run(t, func(*testing.T) store.GroupStore { return plain{directory{memory.New()}} })
}

func TestCreateLeavesWhatItWasGivenAsItWas(t *testing.T) {
	given := store.Extensions{extension: {"description": "d"}}
	d := directory{memory.New()}
	head, err := d.Create(t.Context(), store.Group{DisplayName: "a", Extensions: given})
	if err != nil {
		t.Fatal(err)
	}
	if len(given[extension]) != 1 {
		t.Error("the extensions became", given)
	}
	if got := head.Extensions[extension]; got["description"] != "d" || got["domain"] != "System Domain" || got["internalGroupType"] != "INTERNAL" {
		t.Error("the head has", got)
	}
}
