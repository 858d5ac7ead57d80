// Package adapter has the tools for writing a [store.GroupStore].
//
// A store that keeps whole groups, in a map or as documents, needs only a few of them:
// [New] in Create, [Select] in Get, [List] in List, [Apply] in Update and [Deleted] in
// Delete. examples/customstore is such a store.
//
// A store with a database turns each [store.MemberEdit] into a statement, and
// [store.Query] into a WHERE and an ORDER BY clause with package filter/sqlfilter.
// [Place] holds what a position in an ordered list consists of, [Rank] is the order that
// the stores of this module share. [NeedsMembers], [NeedsExtensions] and
// [FilterAttributes] say what a query examines.
//
// Package store/storetest proves either kind: every sentence of the contract has its test
// there.
package adapter
