// Package adapter helps to implement a [store.GroupStore].
//
// A store that holds whole groups, in a map or as documents, needs only a few functions:
// [New] in Create, [Select] in Get, [List] in List, [Apply] in Update and [Deleted] in
// Delete. examples/customstore is such a store.
//
// A store over tables turns each [store.MemberEdit] into a statement, or writes the rows
// that [Plan] says have changed. It turns a [store.Query] into a WHERE and an ORDER BY
// clause with package filter/sqlfilter. [Rank] is the order of a list, and [Place] is
// what a [store.Position] in it consists of. [NeedsMembers], [NeedsExtensions] and
// [FilterNeedsMembers] report which parts of a group a query examines.
//
// Package store/storetest tests both kinds of stores.
package adapter
