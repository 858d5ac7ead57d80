// Package filter implements the filter and path language of SCIM (RFC 7644
// §3.4.2.2 and §3.5.2): a bounded parser, a table of attributes that resolves
// names, and filters that are compiled once and match any number of resources.
//
// # The three steps
//
// A [Table] is built once from the schema definitions of a resource type: its
// core schema, the common attributes of RFC 7643 §3.1 and the extensions of the
// host. It knows the names, types, case rules and mutability of attributes, and
// turns text into something that can be evaluated:
//
//	table, err := filter.NewTable(filter.Definition{Core: schema.CoreGroupSchema()})
//	f, err := table.Filter(`displayName sw "dev" and meta.lastModified gt "2026-01-01T00:00:00Z"`, nil)
//	f.Match(group)
//
// [Table.Filter] parses the text within the [Limits] of [Options], resolves every
// name, converts every literal to the type of the attribute that it is compared
// with, and returns a [Filter]. Errors are [*Error] values that say where the text
// is wrong and why; errors.As finds in them the errors.ScimError (invalidFilter or
// invalidPath) for the response. [Table.Path] does the same for PATCH paths; the
// filter in their brackets is matched against one element. [Attribute.Normalize]
// checks values, so that what is stored is what filters expect.
//
// A filter matches a [Resource]: anything that returns the [Value] of an
// attribute. The package does not know groups; [JSONResource] makes a Resource of
// a decoded JSON object, so that a host can use filters for its own users or
// devices too.
//
// # Meaning
//
// Where RFC 7644 leaves room, this package decides as follows.
//
//   - Names, URN prefixes and operators are case-insensitive. An attribute may
//     be written short (members.value) or with the URN of its schema in front.
//   - Strings compare as the caseExact of their attribute says. Case-insensitive
//     ones compare by [Fold], and are ordered by the bytes of the folded text.
//   - Numbers compare exactly, whatever their size. dateTimes compare as
//     instants; co, sw and ew look at the text that is stored.
//   - null, an empty list and an absent attribute are the same (RFC 7643 §2.5).
//     pr is false for them, for the empty string, and for lists and objects that
//     hold nothing else. eq null is true where pr is false, and ne null where it
//     is true. To eq and the other operators the empty string is a value.
//   - ne is true for an attribute that has no value. A value of another type than
//     the schema says is equal to nothing.
//   - A literal of a type that does not fit the attribute is an error, unless
//     [Options].Tolerate accepts it.
//   - A multi-valued attribute matches if one of its values does. The terms
//     inside a value path, attr[…], must all be met by one element.
//   - A multi-valued complex attribute that is compared without a
//     sub-attribute is compared by "value": members eq "x" is members.value eq "x".
//   - attr[…].sub op literal is attr[… and sub op literal].
package filter
