package scim

import "github.com/scimgroups/scimgroups/patch"

// Tolerance is a quirk that made a difference; [Tolerate.OnQuirk] is told of it.
type Tolerance struct {
	Quirk   patch.Quirks // one
	Subject Subject
	// Method and Endpoint of the request: "PATCH", "/Groups/{id}".
	Method, Endpoint string
}

// tolerates reports whether a quirk that is there is accepted, and notes that it
// was.
func (x *exchange) tolerates(q patch.Quirks) bool {
	if !x.quirks.Has(q) {
		return false
	}
	x.used |= q
	return true
}

// unmarshal decodes the body of another message than that of a group.
func (x *exchange) unmarshal(body []byte, schema string, v any) error {
	tolerated, err := x.compiler().Unmarshal(body, schema, v)
	x.used |= tolerated
	return err
}

// reportQuirks tells the host, when the request is through.
func (x *exchange) reportQuirks() {
	if x.h.config.Tolerate.OnQuirk == nil {
		return
	}
	for q := range (x.used &^ x.h.dialect.Quirks()).All() {
		x.guard("OnQuirk", func() {
			x.h.config.Tolerate.OnQuirk(x.ctx, Tolerance{Quirk: q, Subject: x.subject, Method: x.methodName(), Endpoint: x.route.Endpoint.String()})
		})
	}
}
