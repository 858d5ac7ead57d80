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
// A change still travels as a change: package patch compiles a PATCH into edits that the
// store applies in one step, with If-Match checked in it, and no member is read that the
// request does not name. Package filter compiles filters for the store, which may name
// members.value, $ref, meta.location and extensions. sortBy, sortOrder, attributes and
// excludedAttributes work too.
//
// # What does not work behind that server
//
// The server parses and checks every request before a ResourceHandler sees it, and writes
// the responses. The limits below are its own; [scim.Handler] has none of them.
//
//   - The length of a body, a filter and a path is not bounded while they are parsed. Put
//     http.MaxBytesHandler and a limit on the length of the URL in front: a filter of
//     100 kB of parentheses ends the process.
//   - A filter names attributes of the core schema or of one extension, not of both. In
//     the filter of POST /Groups/.search there is no id, externalId or meta.
//   - Brackets hold two comparisons at most, and a \u in the strings of filters and paths
//     must have its hexadecimal digits in capitals.
//   - The "schemas" of a PATCH hold nothing but the URN of a PatchOp. A remove needs a
//     path. The URN of an extension alone is neither a path nor a name in a value, and an
//     attribute of an extension cannot be patched inside the object of the extension. The
//     error of a faulty path does not say where the fault is.
//   - Unknown and readOnly attributes are dropped, not reported. Of duplicate names in an
//     object the last counts, and decimals pass through float64.
//   - Every response has meta, even if attributes does not name it.
//   - The "schemas" of a response name all extensions, dates are cut to seconds, and
//     itemsPerPage is the count that was asked for.
//   - There are no ETags with a 204, no 304, no cursors, no /Bulk, no Retry-After and no
//     status 429 or 503 (they become 500), and ids are unescaped twice.
package elimitygroups
