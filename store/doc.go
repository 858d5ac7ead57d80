// Package store is the contract between the SCIM endpoint and the place where a
// service keeps its groups: the model ([Group], [Member]), the interface that hosts
// implement over their own tables ([GroupStore]), and what passes through it.
//
// # A change travels as a change
//
// [GroupStore] has five methods, and only one of them changes a group. Update takes a
// condition on the version, an edit of the head (everything but the members), and
// an ordered list of [MemberEdits]: add these, remove those, replace all. The store
// applies exactly that in one atomic step. Members that a request does not name are
// never loaded, so a membership change costs the same in a group of ten and of a
// million, and concurrent writers never overwrite each other's members. Every write
// returns a [Change], which says what it really did.
//
// # Writing a store
//
// Package store/adapter helps to write one, package store/storetest tests it, and
// examples/customstore is a small one. A store may implement further interfaces, which
// are looked for once, when the Handler is built: [MemberScanner] streams the members of
// a group, [MemberCounter] counts them, [MembershipFinder] finds the groups of a member
// for [GroupsOf], and [Outbox] records each change. The Handler behaves the same without
// them. [Nesting] says how a store treats groups that are members of groups.
//
// # Errors
//
// A store reports faults with the errors of this package, wrapped or not. Any other
// error is an internal error to the client.
package store
