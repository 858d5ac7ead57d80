// Package scimgroups is the root of a library for SCIM 2.0 group endpoints (RFC 7643,
// RFC 7644). A Go service that already has users mounts one http.Handler, and its
// customers' identity providers keep its groups in step.
//
// The root has no code. Start with one of these packages:
//
//   - [github.com/scimgroups/scimgroups/scim] has the Handler and its Config.
//   - [github.com/scimgroups/scimgroups/store] is the contract of a store of groups,
//     with implementations in memory and for SQL databases below it, tools for authors
//     of stores in store/adapter, and the tests that every store passes in
//     store/storetest.
//   - [github.com/scimgroups/scimgroups/patch] compiles the bodies of write requests
//     into changes of a group.
//   - [github.com/scimgroups/scimgroups/filter] parses and matches filters of
//     resources of any kind; filter/sqlfilter turns them into SQL.
//
// The programs in the folder examples show how a host uses them. ARCHITECTURE.md
// explains how the packages lie, and where to change what.
package scimgroups
