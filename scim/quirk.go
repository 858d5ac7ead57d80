package scim

import (
	"slices"

	"github.com/scimgroups/scimgroups/patch"
)

// Quirk names a deviation from the RFCs that some client needs.
type Quirk = patch.Quirk

// The quirks. Those of bodies and filters are described in package patch.
const (
	RemoveByValue        = patch.RemoveByValue
	PathlessRemove       = patch.PathlessRemove
	BareMember           = patch.BareMember
	CompoundKeys         = patch.CompoundKeys
	MissingSchemas       = patch.MissingSchemas
	UnknownAttributes    = patch.UnknownAttributes
	BareOperation        = patch.BareOperation
	CreateUnmatched      = patch.CreateUnmatched
	TextValues           = patch.TextValues
	MemberDisplay        = patch.MemberDisplay
	SingleValue          = patch.SingleValue
	UnquotedFilterValues = patch.UnquotedFilterValues

	// MethodOverride: a POST with the header X-HTTP-Method-Override is the method
	// that the header names (Workspace ONE tools, PingFederate).
	MethodOverride Quirk = "methodOverride"
	// AnyContentType: a body need not say that it is JSON.
	AnyContentType Quirk = "anyContentType"
	// PatchAnswers200: a PATCH is answered 200 with the group, not 204 (WSO2,
	// SCIMverify).
	PatchAnswers200 Quirk = "patchAnswers200"
)

// Quirks is a set of quirks that are on. Use maps.Clone to start from one of the
// sets of this package.
type Quirks map[Quirk]bool

// Default is the set of quirks that Config uses: those that cannot lose data.
func Default() Quirks {
	return Quirks{RemoveByValue: true, PathlessRemove: true, BareMember: true, CompoundKeys: true, TextValues: true, SingleValue: true, MemberDisplay: true}
}

// Strict is the empty set: RFC 7644 to the letter.
func Strict() Quirks { return Quirks{} }

// Lenient is the set of all quirks.
func Lenient() Quirks {
	q := Default()
	for _, name := range []Quirk{MissingSchemas, UnknownAttributes, BareOperation, CreateUnmatched,
		UnquotedFilterValues, MethodOverride, AnyContentType, PatchAnswers200} {
		q[name] = true
	}
	return q
}

// The sets that single clients need, and nothing else: for mounts or subjects
// ([Config.QuirksFor]) that belong to one of them.

// EntraID is for Microsoft Entra ID, with and without aadOptscim062020.
func EntraID() Quirks {
	return Quirks{RemoveByValue: true, CompoundKeys: true, BareMember: true, TextValues: true}
}

// Okta is for Okta, which keeps to RFC 7644.
func Okta() Quirks { return Quirks{} }

// Authentik is for authentik, older versions of which remove members by value.
func Authentik() Quirks { return Quirks{RemoveByValue: true} }

// Keycloak is for the SCIM extensions of Keycloak, which keep to RFC 7644.
func Keycloak() Quirks { return Quirks{} }

// JumpCloud is for JumpCloud.
func JumpCloud() Quirks { return Quirks{RemoveByValue: true} }

// OneLogin is for OneLogin, which sends the schemas of older drafts.
func OneLogin() Quirks { return Quirks{MissingSchemas: true, RemoveByValue: true} }

// Salesforce is for Salesforce and clients like it, which wrap the members to
// remove into an object.
func Salesforce() Quirks { return Quirks{RemoveByValue: true, PathlessRemove: true} }

// WSO2 is for WSO2 Identity Server, which leaves out quotes and schemas.
func WSO2() Quirks {
	return Quirks{UnquotedFilterValues: true, MissingSchemas: true, PatchAnswers200: true}
}

// Tolerance is a quirk that made a difference; [Config.OnQuirk] is told of it.
type Tolerance struct {
	Quirk   Quirk
	Subject Subject
	// Method and Endpoint of the request: "PATCH", "/Groups/{id}".
	Method, Endpoint string
}

// tolerates reports whether a quirk that is there is accepted, and notes that it
// was.
func (x *exchange) tolerates(q Quirk) bool {
	if !x.quirks[q] {
		return false
	}
	x.tolerated(q)
	return true
}

// tolerated notes a quirk that made a difference, once a request.
func (x *exchange) tolerated(q Quirk) {
	if x.h.config.OnQuirk == nil || slices.Contains(x.used, q) {
		return
	}
	x.used = append(x.used, q)
}

// reportQuirks tells the host, when the request is through.
func (x *exchange) reportQuirks() {
	for _, q := range x.used {
		x.guard("OnQuirk", func() {
			x.h.config.OnQuirk(x.ctx, Tolerance{Quirk: q, Subject: x.subject, Method: x.methodName(), Endpoint: x.route.endpoint.String()})
		})
	}
}
