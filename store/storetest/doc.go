// Package storetest proves that a [store.GroupStore] keeps its contract: [Run] has
// a test for every sentence of it, named by that sentence, and [Benchmark]
// measures what clients do most. A host tests its adapter with
//
//	func TestGroups(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) store.GroupStore { return newGroups(t) })
//	}
//
// Every test makes a store of its own, which has to be empty, and tests run in
// parallel. What a store has to close or to drop belongs into t.Cleanup.
package storetest
