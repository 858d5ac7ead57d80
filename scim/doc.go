// Package scim is the HTTP face of the library: a [Handler] that serves the groups of a
// [store.GroupStore] over SCIM 2.0 (RFC 7643, RFC 7644).
//
//	h, err := scim.NewHandler(scim.Config{
//		Groups:  memory.New(),
//		Auth:    scim.Auth{Authenticator: scim.BearerTokens(os.Getenv("SCIM_TOKEN"))},
//		BaseURL: "https://app.example.com/scim/v2",
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//	mux.Handle("/scim/v2/", h)
//
// # A request
//
// Every request goes one way: it is routed and authenticated; its body is bounded,
// decoded and compiled by package patch, before the store is touched; the store
// applies the compiled edit in one atomic step, in which preconditions
// (If-Match) are checked too; and the result is projected and
// written. A membership change never loads the members of the group.
//
// # Secure by default
//
// A Handler is not built unless [Auth.Authenticator] says who may come in.
// SCIM needs TLS (RFC 7644 §2): terminate it in the server or in front of it.
// [Auth.Authorize] decides per subject, operation and group.
//
// # Tolerance
//
// Identity providers deviate from the RFCs. Each deviation that the Handler
// understands is one of the [patch.Quirks]; those that cannot lose data are on by
// default, [patch.Strict] turns all off and [patch.Lenient] all on.
package scim
