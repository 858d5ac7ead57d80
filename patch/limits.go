package patch

import "cmp"

// Limits bounds what a request body may contain. A field that is not positive has its
// default.
type Limits struct {
	// MaxDepth is how deep the JSON of a body may nest. Defaults to 32.
	MaxDepth int
	// MaxOperations is the largest number of operations of a PATCH. Defaults to 10,000.
	MaxOperations int
	// MaxMembers is the largest number of members that a request may name. Defaults to
	// 100,000.
	MaxMembers int
	// MaxName is the length of the longest displayName, externalId and value of a
	// member, in bytes. Defaults to 1,500, which package sqlstore can keep.
	MaxName int
	// MaxClear is the size of the largest group that one operation may empty without
	// naming its members: a remove or replace of members without a value, a remove with
	// a filter that matches all of them, a PUT without members. Defaults to no bound.
	MaxClear int
}

// Effective returns the limits that hold: l with its defaults filled in.
func (l Limits) Effective() Limits {
	return Limits{
		MaxDepth:      cmp.Or(max(l.MaxDepth, 0), 32),
		MaxOperations: cmp.Or(max(l.MaxOperations, 0), 10_000),
		MaxMembers:    cmp.Or(max(l.MaxMembers, 0), 100_000),
		MaxName:       cmp.Or(max(l.MaxName, 0), 1_500),
		MaxClear:      max(l.MaxClear, 0),
	}
}

// maxConditions bounds the comparisons in those value filters of a request that do not
// select members by value (members[display co "x"]). Each is evaluated for every member of
// the group.
const maxConditions = 32

// maxRescans bounds how many values of extension attributes a PATCH may look at again. Of
// several operations on one attribute, each but the first looks at all its values if they
// have value paths or sub-attributes, or if they add and remove in turn. It is a variable
// for tests.
var maxRescans = 1_000_000
