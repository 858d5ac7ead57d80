// Package service implements the operations on groups: get, list, create, replace,
// patch, delete and bulk, and those of memberships. It decides what a request does,
// and knows nothing of how requests and responses are written. Packages scim and
// elimitygroups are the two doors to it.
package service
