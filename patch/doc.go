// Package patch compiles the bodies of write requests into changes of a group. A PatchOp
// message (RFC 7644 §3.5.2) or a whole resource (POST and PUT, §3.3 and §3.5.1) becomes a
// small edit of the group's head and an ordered list of member edits. The package knows
// nothing of HTTP.
//
// # Compiled before the store is touched
//
// A [Compiler] is built once from the attribute table of the group. It checks a body
// completely (syntax, names, types, mutability) and returns an [Edit]:
//
//	edit, err := compiler.Patch(body)
//	if err != nil {
//		return err // an errors.ScimError that says what is wrong
//	}
//	change, err := groups.Update(ctx, id, edit.Update(nil))
//
// Only the decisions that depend on the state of the group are left for the store to call
// back: value paths into extension attributes, immutable attributes, an id that must be
// that of the group. An edit never reads the members: a thousand operations that add one
// member each become one edit that adds a thousand.
//
// # What is removed
//
// An edit removes no member and no value that an operation does not name. The exceptions
// are those that the client asks for explicitly: a remove with nothing but a path, a
// replace, and a PUT. In particular a remove of "members" with a list of members, as
// Entra ID sends it, removes those members, and none if the list is empty. Removing a
// member that the group does not have succeeds and changes nothing.
//
// # Deviations
//
// Clients deviate from the RFCs. What is tolerated is a set of [Quirks], and what made a
// difference to a request is reported by [Edit.Tolerated] and [Resource.Tolerated].
package patch
