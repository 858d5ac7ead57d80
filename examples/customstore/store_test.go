package main

import (
	"testing"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/storetest"
)

func TestAppGroupsKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.GroupStore { return NewAppGroups() })
}
