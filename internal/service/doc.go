// Package service implements the operations on groups: what a request does, apart
// from how it is written. Packages scim and elimitygroups are two doors to it.
package service
