// Package memory is a [store.GroupStore] that keeps groups in the memory of the
// process: for tests, for demonstrations, for services whose groups come again
// with the next synchronization, and as a cache before something durable.
//
// # Concurrency
//
// Writers of different groups do not wait for each other but for the moment in
// which an index changes. Get without members takes no lock at all. A reader
// that looks at members takes a snapshot of the group, which costs the same for
// every size, and then looks at it while writers go on. While the function that
// an Update was given runs, nobody waits for it but other writers of its group,
// and those who delete a group that is a member of it. Changes that put a group
// into a group are made one after the other if circles are refused; see
// [Options].
//
// # Cost
//
// The members of a group are an ordered tree, and so is the way back from a
// member to its groups. Adding, removing or finding one member, finding a group
// by id, displayName, externalId or members.value, and reading a page at any
// offset of the list without a filter, in the order of creation or of one of the
// first three, take time that grows with the logarithm of the size. A look-up that
// finds many groups looks at each of them, for the total. A filter that names none
// of those four, and the order of another attribute, take a look at every group;
// what is kept of them is the page, or what comes before it in such an order.
//
// A membership takes about 127 bytes with an id of 36 characters that no other
// group has as a member and without display and $ref, and about 53 bytes if
// ten groups share the member.
package memory
