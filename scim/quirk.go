package scim

import "github.com/scimgroups/scimgroups/patch"

// Tolerance is a quirk that made a difference to a request.
type Tolerance struct {
	Quirk   patch.Quirks // one
	Subject Subject
	// Method and Endpoint of the request: "PATCH", "/Groups/{id}".
	Method, Endpoint string
}

// tolerates reports whether a quirk that the request has is accepted, and notes that it
// made a difference.
func (x *exchange) tolerates(q patch.Quirks) bool {
	if !x.quirks.Has(q) {
		return false
	}
	x.seen.used |= q
	return true
}

// reportQuirks calls the OnQuirk hook, after the response.
func (x *exchange) reportQuirks() {
	if x.h.config.Tolerate.OnQuirk == nil {
		return
	}
	for q := range (x.seen.used &^ x.h.dialect.Quirks(0)).All() {
		x.guard("OnQuirk", func() {
			x.h.config.Tolerate.OnQuirk(
				x.ctx,
				Tolerance{Quirk: q, Subject: x.subject, Method: x.methodName(), Endpoint: x.route.Endpoint.String()},
			)
		})
	}
}
