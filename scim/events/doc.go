// Package events turns the changes that a [scim.Handler] reports into the claims of
// Security Event Tokens (RFC 8417) with the provisioning events of RFC 9967 §2.4.
//
//	encoder := &events.Encoder{Issuer: "https://app.example.com", Audience: []string{"https://feed.example.com"}}
//	claims, err := encoder.Claims(event) // a store.Event, from a hook or out of an outbox
//
// What it answers is ready for a library that signs JSON Web Tokens. Signing,
// delivery (RFC 8935, RFC 8936) and the management of streams are not its business.
//
// # What is told
//
//	store.OperationCreate    prov:create:full, or prov:create:notice
//	store.OperationReplace   prov:put:full or prov:patch:full, or prov:put:notice
//	store.OperationPatch    prov:patch:full, or prov:patch:notice
//	store.OperationDelete    prov:delete
//
// A notice names the attributes that changed, for a receiver that comes back for
// the group; a full event carries the change itself. A PATCH is told by its effect,
// not in the words of the client: a PatchOp message that adds the members who were
// really added, and so on. A receiver that has missed nothing applies it with the same
// result, and needs no tolerance for that client's deviations from RFC 7644.
//
// An event is a notice where full would be too much (RFC 9967 §5) or would tell
// what must not be told; see [Encoder.Full].
package events
