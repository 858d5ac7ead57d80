// Package filter is the SCIM filter and path language of RFC 7644 §3.4.2.2 and
// §3.5.2: a bounded parser, an attribute table that resolves names, and a
// matcher that is compiled once and then looks at one resource after the other.
//
// # The three steps
//
// A [Table] is built once from the schema definitions of a resource type: its
// core schema, the common attributes of RFC 7643 §3.1 and the extensions of the
// host. It alone knows the names, types, case rules and mutability of
// attributes, and it is what turns text into something that can be evaluated:
//
//	table, err := filter.NewTable(filter.Definition{Core: schema.CoreGroupSchema()})
//	f, err := table.Filter(`displayName sw "dev" and meta.lastModified gt "2026-01-01T00:00:00Z"`, nil)
//	f.Match(group)
//
// [Table.Filter] parses the text (within the [Limits] of [Options]), resolves
// every name, converts every literal to the type of the attribute that it is
// compared with, and answers with a [Filter]. Errors are [*Error] values that
// say where the text went wrong and why; errors.As finds in them the
// errors.ScimError (invalidFilter or invalidPath) that a server answers with.
// [Table.Path] does the same for PATCH paths; the filter in their brackets is
// matched against one element. [Attribute.Normalize] checks values, so that what
// is stored is what filters expect.
//
// What is matched is a [Resource]: anything that can say the [Value] of an
// attribute. The package knows nothing of groups; [JSONResource] makes a
// Resource of a decoded JSON object, so that a host can use the evaluator for
// its own users or devices too.
//
// # Meaning
//
// Where RFC 7644 leaves room, this package decides as follows.
//
//   - Names, URN prefixes and operators are case-insensitive. An attribute may
//     be written short (members.value) or with the URN of its schema in front.
//   - Strings compare by the attribute's caseExact. Case-insensitive ones
//     compare by [Fold], and in the byte order of what Fold makes of them.
//   - Numbers compare exactly, whatever their size. dateTimes compare as
//     instants; co, sw and ew look at the text that is stored.
//   - null, an empty list and an absent attribute are the same (RFC 7643 §2.5).
//     pr is false for them, for the empty string, and for lists and objects that
//     hold nothing else. eq null is true where pr is false, and ne null where it
//     is true. To eq and the other operators the empty string is a value.
//   - ne is true for an attribute that has no value. One that has values of
//     another type than its schema says is equal to nothing.
//   - A value of a type that does not go with the attribute is an error. What some
//     clients write all the same is accepted if [Options].Tolerate says so.
//   - A multi-valued attribute matches if any of its values does. The terms
//     inside a value path, attr[…], must all be met by one element.
//   - A multi-valued complex attribute that is compared without a
//     sub-attribute is compared by "value": members eq "x" is members.value eq "x".
//   - attr[…].sub op literal is attr[… and sub op literal].
package filter
