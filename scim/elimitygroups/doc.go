// Package elimitygroups puts a [store.GroupStore] behind the ResourceHandler of
// github.com/elimity-com/scim, for services that keep that server for their users
// and want groups that lose no members.
//
//	groups, err := elimitygroups.NewResourceHandler(memory.New(), elimitygroups.Options{})
//	server, err := elimity.NewServer(&elimity.ServerArgs{
//		ServiceProviderConfig: &config,
//		ResourceTypes:         []elimity.ResourceType{users, groups.ResourceType()},
//	})
//
// A change still travels as a change: a PATCH is compiled by package patch into edits
// that the store applies in one step, with If-Match checked in it, and no member is
// read that the request does not name. Filters are compiled by package filter and go
// to the store, members.value, $ref, meta.location and extensions among them.
// sortBy, sortOrder, attributes and excludedAttributes work too.
//
// # What that server keeps from working
//
// It parses and checks every request before a ResourceHandler sees it, and writes the
// answers. [scim.Handler] has none of these limits; behind this server
//
//   - a body, a filter and a path are not bounded while they are parsed. Put
//     http.MaxBytesHandler and a limit on the length of the URL in front: a filter of
//     100 kB of parentheses ends the process.
//   - a filter names attributes of the core schema or of one extension, not of both;
//     in the filter of POST /Groups/.search there is no id, externalId or meta.
//   - brackets hold two comparisons at most, and a \u in the strings of filters and
//     paths must have its hexadecimal digits in capitals.
//   - "schemas" of a PATCH holds nothing but the URN of a PatchOp, a remove needs a
//     path, the URN of an extension alone is no path and no name in a value, an
//     attribute of an extension cannot be patched inside the object of the extension,
//     and a faulty path is told without saying where.
//   - unknown and readOnly attributes are dropped, not reported, of a name that an
//     object has twice the last counts, and decimals go through float64.
//   - meta is in every answer, even if attributes does not name it.
//   - "schemas" of an answer names all extensions, dates are cut to seconds, and
//     itemsPerPage is the count that was asked for.
//   - there are no ETags with a 204, no 304, no cursors, no /Bulk, no Retry-After, no
//     status 429 or 503 (they become 500), and ids are decoded twice.
package elimitygroups
