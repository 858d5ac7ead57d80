// Package memory is a [store.GroupStore] that keeps groups in the memory of the
// process: for tests, for demonstrations, for services that synchronize their groups
// anew at every start, and as a cache in front of a durable store.
//
// # Concurrency
//
// Writers of different groups wait for each other only while an index changes. Get
// without members takes no lock at all. A reader that examines members takes a snapshot
// of the group, which costs the same for every size, and reads it while writers continue.
// While the Head function of an Update runs, only other writers of its group wait, and
// calls that delete a group that is a member of it. Changes that put a group into a group
// are made one at a time if cycles are refused; see [Options].
//
// # Cost
//
// The members of a group are an ordered tree, and so is the index from a member to its
// groups. The following take time that grows with the logarithm of the size: to add,
// remove or find one member; to find a group by id, displayName, externalId or
// members.value; to read a page at any offset of the list without a filter, in the order
// of creation or of one of the first three. A lookup that finds many groups examines each
// of them, for the total. A filter that names none of those four attributes, and the
// order of any other attribute, examine every group. They keep in memory only the page,
// or what precedes it in such an order.
//
// List checks its context once for every 256 groups and members that it examines.
//
// A membership takes about 127 bytes if its member has an id of 36 characters, no display
// and no $ref, and is in no other group; and about 53 bytes if the member is in ten groups.
package memory
