package sqlstore_test

import (
	"os"
	"testing"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/sqlstore"
	"github.com/scimgroups/scimgroups/store/storetest"
)

func nesting(n store.Nesting) *store.Nesting { return &n }

func TestStoreConforms(t *testing.T) {
	onEach(t, engines, func(t *testing.T, e engine) {
		storetest.RunWith(t, func(t *testing.T) store.GroupStore { return e.fixture(t).open(t) },
			storetest.Options{Nesting: nesting(store.NestingTyped)})
	})
}

// variantEngines returns the engines that variants of a store are tested on: with
// SCIMGROUPS_LONG=1 one of each database, or else only one, since the variants differ
// little and all engines run the same tests without them.
func variantEngines() []engine {
	if os.Getenv("SCIMGROUPS_LONG") == "1" {
		return bothEngines
	}
	return []engine{committedEngine}
}

func TestStoreWithDuplicateNamesAndNestingOffConforms(t *testing.T) {
	long(t)
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		storetest.RunWith(t, func(t *testing.T) store.GroupStore {
			return e.fixture(t).open(t, func(o *sqlstore.Options) { o.AllowDuplicateNames, o.Nesting = true, store.NestingOff })
		}, storetest.Options{DuplicateNames: true, Nesting: nesting(store.NestingOff)})
	})
}
