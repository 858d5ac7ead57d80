package memory_test

import (
	"testing"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
	"github.com/scimgroups/scimgroups/store/storetest"
)

func TestStore(t *testing.T) {
	typed := store.NestingTyped
	storetest.RunWith(t, func(*testing.T) store.GroupStore { return memory.New() }, storetest.Options{Nesting: &typed})
}

func TestStoreWithIDsFromNames(t *testing.T) {
	off := store.NestingOff
	storetest.RunWith(t, func(*testing.T) store.GroupStore {
		return memory.NewWith(memory.Options{IDFromName: true})
	}, storetest.Options{IDsFromNames: true, Nesting: &off})
}

func TestStoreWithIDsFromNamesAcyclic(t *testing.T) {
	acyclic := store.NestingAcyclic
	storetest.RunWith(t, func(*testing.T) store.GroupStore {
		return memory.NewWith(memory.Options{IDFromName: true, Nesting: acyclic})
	}, storetest.Options{IDsFromNames: true, Nesting: &acyclic})
}

func TestStoreWithDuplicateNames(t *testing.T) {
	acyclic := store.NestingAcyclic
	storetest.RunWith(t, func(*testing.T) store.GroupStore {
		return memory.NewWith(memory.Options{AllowDuplicateNames: true, Nesting: acyclic})
	}, storetest.Options{DuplicateNames: true, Nesting: &acyclic})
}

func BenchmarkStore(b *testing.B) {
	storetest.Benchmark(b, func(*testing.B) store.GroupStore { return memory.New() })
}
