// Package storetest tests implementations of [store.GroupStore]. [Run] has a subtest
// for every sentence of the contract, named by that sentence. [Benchmark] measures
// the most frequent operations. A host tests its store with
//
//	func TestGroups(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) store.GroupStore { return newGroups(t) })
//	}
//
// Every subtest uses its own store, which must be empty, and subtests run in
// parallel. A store that must be closed or dropped registers that with t.Cleanup.
// A sentence that does not apply to a store is skipped, and the message says what
// would switch it on.
package storetest
