package memory_test

import (
	"testing"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
	"github.com/scimgroups/scimgroups/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.GroupStore { return memory.New() })
}

func TestStoreWithIDsFromNames(t *testing.T) {
	storetest.RunWith(t, func(*testing.T) store.GroupStore { return memory.New(memory.Options{IDFromName: true}) },
		storetest.Options{IDsFromNames: true})
}

func TestStoreWithDuplicateNames(t *testing.T) {
	storetest.RunWith(t, func(*testing.T) store.GroupStore { return memory.New(memory.Options{AllowDuplicateNames: true}) },
		storetest.Options{DuplicateNames: true})
}

func BenchmarkStore(b *testing.B) {
	storetest.Benchmark(b, func(*testing.B) store.GroupStore { return memory.New() })
}
