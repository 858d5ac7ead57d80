package scim

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/store"
)

// Subject is who sent a request.
type Subject struct {
	// Name identifies the client in hooks. It is never a secret.
	Name string
	// Value is whatever the Authenticator wants to hand on to the hooks and the
	// store.
	Value any
}

// Authenticator decides who sent a request. It is called concurrently.
type Authenticator interface {
	// Authenticate answers the subject of the request, or why there is none: a
	// [*Challenge] (401, or 400 and 403), or any other error if it cannot tell at the
	// moment (500, or as the errors of package store say).
	Authenticate(r *http.Request) (Subject, error)
	// Schemes are published in ServiceProviderConfig; the first one also gives the
	// scheme of a Challenge that names none. NewHandler asks for them, and nobody later.
	Schemes() []AuthenticationScheme
}

// AuthenticationScheme describes how clients authenticate (RFC 7643 §5).
type AuthenticationScheme struct {
	// Type is one of oauth, oauth2, oauthbearertoken, httpbasic and httpdigest.
	Type             string
	Name             string
	Description      string
	SpecURI          string
	DocumentationURI string
	Primary          bool
}

// Challenge is the error of an Authenticator that turns a request away (RFC 9110
// §11.6.1, RFC 6750 §3).
type Challenge struct {
	// Scheme of the WWW-Authenticate header; default is that of the Authenticator's
	// first scheme: "Basic", "Digest" or else "Bearer".
	Scheme string
	// Realm of the header; default "scim".
	Realm string
	// Code is the error code of RFC 6750 §3.1: "" (no credentials were sent, 401),
	// "invalid_token" (401), "invalid_request" (400) or "insufficient_scope" (403).
	Code string
	// Description is for the developer of the client; Scope is what a token
	// would need.
	Description, Scope string
}

func (c *Challenge) Error() string {
	if c.Code == "" {
		return "scim: no credentials"
	}
	return "scim: " + c.Code + ": " + c.Description
}

// Status is the HTTP status that goes with the code.
func (c *Challenge) Status() int {
	switch c.Code {
	case "invalid_request":
		return http.StatusBadRequest
	case "insufficient_scope":
		return http.StatusForbidden
	}
	return http.StatusUnauthorized
}

// challengeScheme is the scheme for the WWW-Authenticate header (RFC 9110 §11.6.1).
func challengeScheme(schemes []AuthenticationScheme) string {
	if len(schemes) > 0 {
		switch schemes[0].Type {
		case "httpbasic":
			return "Basic"
		case "httpdigest":
			return "Digest"
		}
	}
	return "Bearer"
}

// header is the value of WWW-Authenticate, with a scheme for who names none.
func (c *Challenge) header(scheme string) string {
	scheme, realm := cmp.Or(c.Scheme, scheme), cmp.Or(c.Realm, "scim")
	b := scheme + ` realm="` + quotable(realm) + `"`
	if c.Code != "" {
		b += `, error="` + quotable(c.Code) + `"`
	}
	if c.Description != "" {
		b += `, error_description="` + quotable(c.Description) + `"`
	}
	if c.Scope != "" {
		b += `, scope="` + quotable(c.Scope) + `"`
	}
	return b
}

// quotable drops what may not stand in the quoted strings of RFC 6750 §3.
func quotable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, s)
}

// ErrForbidden is the error of [Config.Authorize] that refuses an access (403).
var ErrForbidden error = scimerrors.ScimError{Status: http.StatusForbidden, Detail: "the client may not do this"}

// Operation is what a subject wants to do.
type Operation string

// The operations that [Config.Authorize] is asked about.
const (
	OperationDiscover Operation = "discover" // read ServiceProviderConfig, ResourceTypes, Schemas
	OperationList     Operation = "list"     // list or search groups
	OperationRead     Operation = "read"     // read one group
	OperationCreate   Operation = "create"
	OperationReplace  Operation = "replace" // PUT
	OperationPatch    Operation = "patch"
	OperationDelete   Operation = "delete"
)

// event is the kind of event that the operation makes.
func (o Operation) event() store.Operation {
	if o == OperationReplace {
		return store.OperationReplace
	}
	return store.OperationPatch
}

// Access is what [Config.Authorize] decides about (RFC 7644 §2, §7.7).
type Access struct {
	Subject   Subject
	Operation Operation
	// GroupID is the id of the group, if there is one yet.
	GroupID string
}

type subjectKey struct{}

// SubjectFrom answers the subject of the request that ctx belongs to. Stores and
// hooks may use it.
func SubjectFrom(ctx context.Context) (Subject, bool) {
	s, ok := ctx.Value(subjectKey{}).(Subject)
	return s, ok
}

// Anonymous lets everybody in. It has to be written out, so that nobody forgets
// authentication.
var Anonymous Authenticator = anonymous{}

type anonymous struct{}

func (anonymous) Authenticate(*http.Request) (Subject, error) { return Subject{Name: "anonymous"}, nil }
func (anonymous) Schemes() []AuthenticationScheme             { return nil }

// AuthenticatorFunc makes an Authenticator of a function and the scheme to
// publish for it.
func AuthenticatorFunc(scheme AuthenticationScheme, f func(r *http.Request) (Subject, error)) Authenticator {
	return authenticatorFunc{scheme, f}
}

type authenticatorFunc struct {
	scheme AuthenticationScheme
	f      func(r *http.Request) (Subject, error)
}

func (a authenticatorFunc) Authenticate(r *http.Request) (Subject, error) { return a.f(r) }
func (a authenticatorFunc) Schemes() []AuthenticationScheme {
	return []AuthenticationScheme{a.scheme}
}

func (a authenticatorFunc) validate() error {
	if a.f == nil {
		return errors.New("scim: AuthenticatorFunc without a function")
	}
	return nil
}

// BearerTokens lets in who sends one of the tokens (RFC 6750). Several may be
// valid at a time, so that they can be rotated. Tokens are compared in constant
// time and not kept. NewHandler fails if there is none or one is empty, as it
// would be when an environment variable is not set.
//
// The Subject's Name is "token-" and the first eight hexadecimal digits of the
// token's SHA-256.
func BearerTokens(tokens ...string) Authenticator {
	b := &bearerTokens{}
	for _, t := range tokens {
		if t == "" {
			b.empty = true
		}
		sum := sha256.Sum256([]byte(t))
		b.sums = append(b.sums, sum)
		b.subjects = append(b.subjects, Subject{Name: "token-" + hex.EncodeToString(sum[:4])})
	}
	return b
}

type bearerTokens struct {
	sums     [][sha256.Size]byte
	subjects []Subject
	empty    bool
}

func (b *bearerTokens) validate() error {
	if len(b.sums) == 0 || b.empty {
		return errors.New("scim: BearerTokens needs at least one token, and no empty one")
	}
	return nil
}

func (b *bearerTokens) Authenticate(r *http.Request) (Subject, error) {
	token, err := bearerToken(r)
	if err != nil {
		return Subject{}, err
	}
	// The sums have one length, and all are looked at, so that the time says
	// nothing about a token.
	sum := sha256.Sum256([]byte(token))
	found := -1
	for i := range b.sums {
		if subtle.ConstantTimeCompare(sum[:], b.sums[i][:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return Subject{}, &Challenge{Code: "invalid_token", Description: "the token is not valid"}
	}
	return b.subjects[found], nil
}

// bearerToken takes the token out of the Authorization header (RFC 6750 §2.1).
func bearerToken(r *http.Request) (string, error) {
	headers := r.Header["Authorization"]
	switch {
	case len(headers) == 0:
		return "", &Challenge{}
	case len(headers) > 1:
		return "", &Challenge{Code: "invalid_request", Description: "more than one Authorization header"}
	}
	scheme, token, ok := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", &Challenge{} // credentials of another scheme are none of ours
	}
	token = strings.TrimSpace(token)
	if !ok || token == "" || strings.ContainsAny(token, " \t,") {
		return "", &Challenge{Code: "invalid_request", Description: "the Authorization header is malformed"}
	}
	return token, nil
}

func (b *bearerTokens) Schemes() []AuthenticationScheme {
	return []AuthenticationScheme{{
		Type: "oauthbearertoken", Name: "OAuth Bearer Token",
		Description: "Authentication with a bearer token in the Authorization header",
		SpecURI:     "https://www.rfc-editor.org/info/rfc6750", Primary: true,
	}}
}
