package patch

import (
	"iter"
	"math/bits"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
)

// Quirks is a set of deviations from the RFCs that some clients need, combined with
// |. Those in [Default] cannot lose data. The zero Quirks tolerates nothing, as
// [Strict] does.
//
// These are the quirks that clients are known to need:
//
//	Entra ID            RemoveByValue, CompoundKeys, BareMember, TextBooleans
//	  with older apps   CreateUnmatched as well
//	Okta, Keycloak      none
//	authentik (older)   RemoveByValue
//	JumpCloud           RemoveByValue
//	Salesforce          RemoveByValue, PathlessRemove
//	OneLogin            RemoveByValue, MissingSchemas
//	WSO2                UnquotedFilterValues, MissingSchemas, PatchAnswers200
//	Workspace ONE tools MethodOverride
//	PingFederate        MethodOverride
//	SCIMverify          PatchAnswers200
//
// Most send the display of members too, which only MemberDisplay keeps. [EntraID],
// [OneLogin] and [WSO2] are the rows of the clients that need most, for services that
// have a set of quirks for each client.
type Quirks uint32

// The quirks of request bodies.
const (
	// RemoveByValue lets {"op":"remove","path":"members","value":[…]} remove the
	// members in value (Entra ID, JumpCloud, older authentik). The value may be
	// wrapped in {"members":[…]} (Salesforce). Without the quirk a value in such
	// an operation is an error; it is never ignored, which would empty the group.
	RemoveByValue Quirks = 1 << iota
	// PathlessRemove lets {"op":"remove","value":{"members":[…]}} remove those
	// members. Without the quirk it is 400 noTarget.
	PathlessRemove
	// BareMember lets a member be a string or a number instead of an object with a
	// value.
	BareMember
	// CompoundKeys lets the names in the value of an operation without a path be
	// paths themselves: "urn:…:Group:domain" or "name.givenName" (Entra ID).
	CompoundKeys
	// TextBooleans lets a boolean be a string (Entra ID).
	TextBooleans
	// MemberDisplay takes the display of members from clients, although it is readOnly
	// (RFC 7643 §4.2, errata 6011): most send it, and a service that does not know
	// better has nothing else to show. Without the quirk it is ignored in members, and
	// 400 mutability in a path.
	MemberDisplay
	// SingleValue lets the value of a multi-valued attribute of an extension stand
	// without a list around it.
	SingleValue
	// MissingSchemas lets "schemas" be missing from a body or name another schema.
	MissingSchemas
	// UnknownAttributes ignores attributes that the group does not have.
	UnknownAttributes
	// BareOperation lets the body of a PATCH be one operation instead of a PatchOp
	// message.
	BareOperation
	// CreateUnmatched lets an add whose value path matches no element of an extension
	// attribute create one with the values that the path compares with eq (Entra ID).
	// Without the quirk it is 400 noTarget.
	CreateUnmatched

	// TextFilterValues lets a filter compare a boolean or a number with a string that
	// says the same: active eq "True".
	TextFilterValues
	// UnquotedFilterValues lets the value in a filter stand without quotes, or in
	// single ones (WSO2, scripts).
	UnquotedFilterValues

	// MethodOverride treats a POST with the header X-HTTP-Method-Override as the method
	// that the header names (Workspace ONE tools, PingFederate).
	MethodOverride
	// AnyContentType accepts a body whose Content-Type is not JSON.
	AnyContentType
	// PatchAnswers200 sends 200 with the group in response to a PATCH, not 204 (WSO2,
	// SCIMverify).
	PatchAnswers200

	endOfQuirks
)

// Sets of quirks.
const (
	// Default is the set of quirks that cannot lose data.
	Default = RemoveByValue | PathlessRemove | BareMember | CompoundKeys | TextBooleans | TextFilterValues |
		MemberDisplay | SingleValue
	// Lenient is the set of all quirks.
	Lenient = endOfQuirks - 1
	// Strict is the set of no quirk: RFC 7644 to the letter. It differs from the zero
	// Quirks, which stands for Default where a configuration leaves them out.
	Strict Quirks = 1 << 31

	// EntraID is for Microsoft Entra ID, with and without aadOptscim062020.
	EntraID = RemoveByValue | CompoundKeys | BareMember | TextBooleans | TextFilterValues
	// OneLogin is for OneLogin, which sends the schemas of older drafts.
	OneLogin = RemoveByValue | MissingSchemas
	// WSO2 is for WSO2 Identity Server, which leaves out quotes and schemas and wants
	// the group back.
	WSO2 = UnquotedFilterValues | MissingSchemas | PatchAnswers200
)

var quirkNames = [...]string{
	"removeByValue", "pathlessRemove", "bareMember", "compoundKeys", "textBooleans", "memberDisplay", "singleValue",
	"missingSchemas", "unknownAttributes", "bareOperation", "createUnmatched",
	"textFilterValues", "unquotedFilterValues",
	"methodOverride", "anyContentType", "patchAnswers200",
}

// Has reports whether q has all quirks of x.
func (q Quirks) Has(x Quirks) bool { return q&x == x }

// All returns an iterator over the quirks in q, each as a set of its own.
func (q Quirks) All() iter.Seq[Quirks] {
	return func(yield func(Quirks) bool) {
		for rest := q & Lenient; rest != 0; rest &= rest - 1 {
			if !yield(rest & -rest) {
				return
			}
		}
	}
}

// String returns the names of the quirks, such as "removeByValue|bareMember", or
// "strict" if there is none.
func (q Quirks) String() string {
	var names []string
	for one := range q.All() {
		names = append(names, quirkNames[bits.TrailingZeros32(uint32(one))])
	}
	if names == nil {
		return "strict"
	}
	return strings.Join(names, "|")
}

// filterQuirks says which quirk is which tolerance of filters.
var filterQuirks = [...]struct {
	quirk     Quirks
	tolerance filter.Tolerance
}{
	{TextFilterValues, filter.TextValues},
	{UnquotedFilterValues, filter.UnquotedValues},
}

// Filter returns what q tolerates in filters and paths, for [filter.Options].
func (q Quirks) Filter() (t filter.Tolerance) {
	for _, f := range filterQuirks {
		if q.Has(f.quirk) {
			t |= f.tolerance
		}
	}
	return t
}

// FilterQuirks returns the quirks that a filter or path made use of, as its Tolerated
// method reports them.
func FilterQuirks(t filter.Tolerance) (q Quirks) {
	for _, f := range filterQuirks {
		if t.Has(f.tolerance) {
			q |= f.quirk
		}
	}
	return q
}
