package events

// The URIs of the events that changes of groups become (RFC 9967 §7.4).
const (
	CreateNotice = "urn:ietf:params:scim:event:prov:create:notice"
	CreateFull   = "urn:ietf:params:scim:event:prov:create:full"
	PatchNotice  = "urn:ietf:params:scim:event:prov:patch:notice"
	PatchFull    = "urn:ietf:params:scim:event:prov:patch:full"
	PutNotice    = "urn:ietf:params:scim:event:prov:put:notice"
	PutFull      = "urn:ietf:params:scim:event:prov:put:full"
	Delete       = "urn:ietf:params:scim:event:prov:delete"
)

// Claims is the claims set of a Security Event Token (RFC 8417 §2.2). It has no
// "sub" and no "exp" (RFC 9967 §2.1, RFC 8417 §2.2).
type Claims struct {
	Issuer   string   `json:"iss"`
	Audience []string `json:"aud,omitempty"`
	// ID is different in every token.
	ID string `json:"jti"`
	// IssuedAt is when the token was made, in seconds since 1970.
	IssuedAt int64 `json:"iat"`
	// EventTime is when the group changed, in seconds since 1970, or 0 if that is not
	// known, as for a deletion.
	EventTime int64 `json:"toe,omitempty"`
	// Transaction is the same in all tokens about one change, so that receivers
	// recognize a change that they have seen (RFC 9967 §2.2).
	Transaction string    `json:"txn"`
	SubjectID   SubjectID `json:"sub_id"`
	// Events has one element: the payload under the URI of the event.
	Events map[string]Payload `json:"events"`
}

// Map returns the claims as a map. It shares memory with c.
func (c Claims) Map() map[string]any {
	m := map[string]any{
		"iss": c.Issuer, "jti": c.ID, "iat": c.IssuedAt, "txn": c.Transaction,
		"sub_id": c.SubjectID, "events": c.Events,
	}
	if len(c.Audience) > 0 {
		m["aud"] = c.Audience
	}
	if c.EventTime != 0 {
		m["toe"] = c.EventTime
	}
	return m
}

// SubjectID says which group an event is about (RFC 9967 §2.1).
type SubjectID struct {
	// Format is always "scim".
	Format string `json:"format"`
	// URI is the path of the group, relative to the base URL of the service, such
	// as "/Groups/acbf3ae7".
	URI        string `json:"uri"`
	ExternalID string `json:"externalId,omitempty"`
	ID         string `json:"id"`
}

// Payload is the content of an event (RFC 9967 §2.2). A full event has Data, a notice
// has Attributes, and a deletion has nothing at all.
type Payload struct {
	// Version is the entity-tag of the group after the change, as the ETag header
	// has it: W/"7".
	Version string `json:"version,omitempty"`
	// Data is a [PatchOp], or the group as a map[string]any.
	Data any `json:"data,omitempty"`
	// Attributes are paths as RFC 7644 §3.5.2 writes them.
	Attributes []string `json:"attributes,omitzero"`
}

// PatchOp is a PATCH request (RFC 7644 §3.5.2).
type PatchOp struct {
	Schemas    []string    `json:"schemas"`
	Operations []Operation `json:"Operations"`
}

// Operation is one operation of a PATCH request.
type Operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}
