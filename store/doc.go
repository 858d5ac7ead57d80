// Package store is the contract between the SCIM endpoint and the place where a
// service keeps its groups: the [Group], the [GroupStore] that hosts implement
// over their own tables, and the helpers that make a plain adapter short.
//
// # A change travels as a change
//
// [GroupStore] has five methods, and only one of them changes a group. Update
// reads the head of the group (everything but its members) inside a
// transaction, hands it to a function, writes back what that function did to
// it, and applies the [MemberEdits] that it answers with: add these, remove
// those, replace all. Nothing ever loads the members that a request does not
// name, so a membership change costs the same in a group of ten and of a
// million, and two writers never overwrite each other's members.
//
// # Writing an adapter
//
// A host with few and small groups keeps them whole, and the helpers of this
// package do the rest: [Group.New] in Create, [Group.Select] in Get, [ListGroups]
// in List, [Group.Edit] (or [ApplyEdits]) in Update; see examples/customstore for
// the whole of it. One with a database turns each [MemberEdit] into a statement,
// and [Query] into a WHERE clause with package filter/sqlfilter and an ORDER BY;
// [Place] has what a Position needs to hold. Package store/storetest proves
// either of them: every sentence of the contract has its test there.
//
// What a strong store can do better is an optional interface, found once when
// the handler is built: [MemberScanner] streams the members of a group,
// [MemberCounter] counts them, and [MembershipFinder] follows memberships upwards
// for [GroupsOf], which works without it too. What a store makes of groups in
// groups is its [Nesting]; [MemberEdits.Typed] has the easy half of that.
//
// # Errors
//
// A store reports what went wrong with the errors of this package, wrapped or
// not; whatever else it returns is an internal error to the client.
package store
