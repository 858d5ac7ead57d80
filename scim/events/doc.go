// Package events turns changes of groups into the claims of Security Event Tokens (RFC
// 8417) with the provisioning events of RFC 9967 §2.4. Changes are events of package
// store, from Config.OnChange of package scim or from the outbox of a store.
//
//	encoder, err := events.NewEncoder(events.Options{Issuer: "https://app.example.com"})
//	claims, err := encoder.Claims(event)
//
// The claims are ready for a library that signs JSON Web Tokens. The package does not
// sign or deliver tokens (RFC 8935, RFC 8936), nor manage streams.
//
// # Which event a change becomes
//
//	store.OperationCreate     prov:create:full, or prov:create:notice
//	store.OperationReplace    prov:put:full or prov:patch:full, or prov:put:notice
//	store.OperationPatch      prov:patch:full, or prov:patch:notice
//	store.OperationDelete     prov:delete
//
// A notice names the attributes that changed, for a receiver that comes back for the
// group. A full event carries the change itself. A PATCH is reported by its effect, not
// in the words of the client: as a PatchOp message that adds the members that were new
// to the group, and so on. A receiver that has missed nothing applies it with the same
// result, and needs no tolerance for the deviations of that client from RFC 7644.
//
// An event is a notice where a full event would be too large (RFC 9967 §5) or would
// reveal what clients must not read; see [Options].
package events
