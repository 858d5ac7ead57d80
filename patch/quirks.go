package patch

import (
	"iter"
	"math/bits"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
)

// Quirks is a set of deviations from the RFCs that some clients need. Sets are combined
// with |. The zero Quirks tolerates nothing, as [Strict] does.
//
// Clients are known to need these quirks:
//
//	Entra ID             RemoveByValue, CompoundKeys, BareMember, TextBooleans,
//	                     TextFilterValues
//	Okta, Keycloak       none
//	authentik (older)    RemoveByValue
//	JumpCloud            RemoveByValue
//	Salesforce           RemoveByValue, PathlessRemove, WrappedMembers
//	OneLogin             RemoveByValue, MissingSchemas, ForeignSchemas
//	databricks-sdk-go    MissingSchemas
//	idp-scim-sync        MissingSchemas
//	scim-for-keycloak    TextObject
//	WSO2                 UnquotedFilterValues, MissingSchemas, PatchAnswers200
//	Workspace ONE tools  MethodOverride
//	PingFederate         MethodOverride
//	SCIMverify           PatchAnswers200
//
// Most clients also send the display of members, which only MemberDisplay keeps. A
// service that chooses quirks for each client can use [EntraID], [OneLogin] and [WSO2].
type Quirks uint32

// The quirks of request bodies, of filters and paths, and of HTTP.
const (
	// RemoveByValue lets {"op":"remove","path":"members","value":[…]} remove the
	// members in value (Entra ID, JumpCloud, older authentik). The value may be
	// wrapped in {"members":[…]} (Salesforce). Without the quirk a value in such
	// an operation is an error. It is never ignored, which would empty the group.
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
	// (RFC 7643 §4.2, erratum 6011): most clients send it, and a service without another
	// source has nothing else to show. Without the quirk it is ignored in members, and 400
	// mutability in a path.
	MemberDisplay
	// SingleValue lets a multi-valued attribute of an extension have a single value in the
	// place of a list.
	SingleValue
	// TextMembers lets the value of members, or one of its elements, be text that is the
	// JSON of members: "[{\"value\":\"…\"}]". Without the quirk such text is 400
	// invalidValue, as other text that looks like JSON always is. It is never taken for
	// the value of a member.
	TextMembers
	// WrappedMembers lets the value of an add or a replace of "members" be wrapped once
	// more: {"members":[…]} (Salesforce). For a remove, see RemoveByValue.
	WrappedMembers
	// MissingSchemas lets a body have no "schemas" (databricks-sdk-go, idp-scim-sync).
	MissingSchemas
	// ForeignSchemas lets a body have the "schemas" of another resource or message.
	ForeignSchemas
	// TextObject lets the value of an operation without a path be text that is the JSON of
	// an object (scim-for-keycloak).
	TextObject
	// ListedValue lets a single-valued attribute have a list with one value.
	ListedValue
	// ByteOrderMark skips a byte order mark before a body. Without the quirk it is 400
	// invalidSyntax.
	ByteOrderMark
	// UnknownAttributes ignores attributes that the group does not have.
	UnknownAttributes
	// BareOperation lets the body of a PATCH be one operation instead of a PatchOp
	// message.
	BareOperation
	// CreateUnmatched lets an add whose value path matches no element of an extension
	// attribute create one with the values that the path compares with eq (Entra ID).
	// Without the quirk it is 400 noTarget.
	CreateUnmatched

	// TextFilterValues lets a filter compare a boolean or a number with a string of the
	// same meaning: active eq "True" (Entra ID).
	TextFilterValues
	// UnquotedFilterValues lets a filter have values without quotes, or in single quotes
	// (WSO2, scripts).
	UnquotedFilterValues

	// MethodOverride treats a POST with the header X-HTTP-Method-Override as a request with
	// the method in that header (Workspace ONE tools, PingFederate).
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
		MemberDisplay | SingleValue | TextMembers | WrappedMembers | MissingSchemas
	// Lenient is the set of all quirks.
	Lenient = endOfQuirks - 1
	// Strict is the empty set: RFC 7644 to the letter. It differs from the zero Quirks, so
	// that a configuration can tell it from a field that is not set.
	Strict Quirks = 1 << 31

	// EntraID is for Microsoft Entra ID, with and without aadOptscim062020.
	EntraID = RemoveByValue | CompoundKeys | BareMember | TextBooleans | TextFilterValues
	// OneLogin is for OneLogin, which sends the schemas of older drafts.
	OneLogin = RemoveByValue | MissingSchemas | ForeignSchemas
	// WSO2 is for WSO2 Identity Server, which sends neither quotes nor schemas and expects
	// the group in the response.
	WSO2 = UnquotedFilterValues | MissingSchemas | PatchAnswers200
)

var quirkNames = [...]string{
	"removeByValue", "pathlessRemove", "bareMember", "compoundKeys", "textBooleans", "memberDisplay", "singleValue",
	"textMembers", "wrappedMembers", "missingSchemas", "foreignSchemas", "textObject", "listedValue", "byteOrderMark",
	"unknownAttributes", "bareOperation", "createUnmatched",
	"textFilterValues", "unquotedFilterValues",
	"methodOverride", "anyContentType", "patchAnswers200",
}

// Has reports whether q contains all quirks in x.
func (q Quirks) Has(x Quirks) bool { return q&x == x }

// All returns an iterator over the quirks in q, each as a set by itself.
func (q Quirks) All() iter.Seq[Quirks] {
	return func(yield func(Quirks) bool) {
		for rest := q & Lenient; rest != 0; rest &= rest - 1 {
			if !yield(rest & -rest) {
				return
			}
		}
	}
}

// String returns the names of the quirks in q, such as "removeByValue|bareMember", or
// "strict" if q is empty.
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

// filterQuirks maps quirks to the tolerances of filters.
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

// FilterQuirks returns the quirks for what the Tolerated method of a filter or path
// reports.
func FilterQuirks(t filter.Tolerance) (q Quirks) {
	for _, f := range filterQuirks {
		if t.Has(f.tolerance) {
			q |= f.quirk
		}
	}
	return q
}
