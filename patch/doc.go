// Package patch turns the bodies of write requests into changes of a group: a
// PatchOp message (RFC 7644 §3.5.2) or a whole resource (POST, PUT; §3.3, §3.5.1)
// becomes a small edit of the group's head and an ordered list of member edits.
// It knows nothing of HTTP.
//
// # Compiled before the store is touched
//
// A [Compiler] is built once from the attribute table of the group. It checks a
// body completely (syntax, names, types, mutability) and answers with an
// [Edit], whose Update method gives the [store.Update]:
//
//	edit, err := compiler.Patch(body)
//	if err != nil {
//		return err // an errors.ScimError that names what is wrong
//	}
//	change, err := groups.Update(ctx, id, edit.Update(nil))
//
// What is left for Apply are the few decisions that depend on the state of the
// group: value paths into extension attributes, immutable attributes, an id that
// must be the group's own. Members are never looked at: a thousand operations
// that add one member each become one edit that adds a thousand.
//
// # What is removed
//
// No member and no value is removed that an operation does not name. The
// exceptions are those that the client asked for in as many words: a remove
// with nothing but a path, a replace, and a PUT. In particular a remove of
// "members" with a list of members (as Entra ID sends it) removes those, an empty
// list removes none, and a remove of a member that is not there is a success that
// changes nothing.
package patch
