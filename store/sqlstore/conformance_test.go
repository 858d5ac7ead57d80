package sqlstore_test

import (
	"testing"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/sqlstore"
	"github.com/scimgroups/scimgroups/store/storetest"
)

func TestStoreKeepsTheContract(t *testing.T) {
	onEach(t, engines, func(t *testing.T, e engine) {
		storetest.Run(t, func(t *testing.T) store.GroupStore { return e.fixture(t).open(t) })
	})
}

func TestStoreThatAllowsDuplicateNamesKeepsTheContract(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		storetest.RunWith(t, func(t *testing.T) store.GroupStore {
			return e.fixture(t).open(t, func(o *sqlstore.Options) { o.AllowDuplicateNames = true })
		}, storetest.Options{DuplicateNames: true})
	})
}
