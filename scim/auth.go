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

// Subject is the client that sent a request.
type Subject struct {
	// Name identifies the client in hooks. It is never a secret.
	Name string
	// Value is whatever the Authenticator wants to pass to the hooks and the store.
	Value any
}

// Authenticator decides which client sent a request. Its methods are called
// concurrently.
type Authenticator interface {
	// Authenticate returns the subject of the request. Its error is a [*Challenge] (401,
	// 400 or 403) if the request has no valid credentials, or any other error if they
	// cannot be checked at the moment: 500, or the status of an error of package store.
	Authenticate(r *http.Request) (Subject, error)
	// Schemes returns what ServiceProviderConfig publishes. The first one also gives the
	// scheme of a Challenge that has none. It is called by NewHandler only.
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

// Challenge is the error of an Authenticator that refuses a request (RFC 9110
// §11.6.1, RFC 6750 §3).
type Challenge struct {
	// Scheme of the WWW-Authenticate header. Defaults to that of the Authenticator's
	// first scheme: "Basic", "Digest" or else "Bearer".
	Scheme string
	// Realm of the header. Defaults to "scim".
	Realm string
	// Code is the error code of RFC 6750 §3.1: "" (no credentials were sent, 401),
	// "invalid_token" (401), "invalid_request" (400) or "insufficient_scope" (403).
	Code string
	// Description is for the developer of the client.
	Description string
	// Scope is what a token would need.
	Scope string
}

func (c *Challenge) Error() string {
	if c.Code == "" {
		return "scim: no credentials"
	}
	return "scim: " + c.Code + ": " + c.Description
}

// Status returns the HTTP status of the code.
func (c *Challenge) Status() int {
	switch c.Code {
	case "invalid_request":
		return http.StatusBadRequest
	case "insufficient_scope":
		return http.StatusForbidden
	}
	return http.StatusUnauthorized
}

// challengeScheme returns the scheme of WWW-Authenticate headers (RFC 9110 §11.6.1).
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

// header returns the value of WWW-Authenticate; scheme is that of a Challenge that
// has none.
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

// quotable drops what must not stand in the quoted strings of RFC 6750 §3.
func quotable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, s)
}

// ErrForbidden is the error of [Auth.Authorize] that refuses an access (403).
var ErrForbidden error = scimerrors.ScimError{Status: http.StatusForbidden, Detail: "the client may not do this"}

// Operation is what a subject wants to do: to read, or one of [store.Operation].
type Operation string

// The operations that [Auth.Authorize] is asked about.
const (
	OperationDiscover Operation = "discover" // read ServiceProviderConfig, ResourceTypes, Schemas
	OperationList     Operation = "list"     // list or search groups
	OperationRead     Operation = "read"     // read one group
	OperationCreate             = Operation(store.OperationCreate)
	OperationReplace            = Operation(store.OperationReplace) // PUT
	OperationPatch              = Operation(store.OperationPatch)
	OperationDelete             = Operation(store.OperationDelete)
)

// Access is what [Auth.Authorize] decides about (RFC 7644 §2, §7.7).
type Access struct {
	Subject   Subject
	Operation Operation
	// GroupID is the id of the group, if there is one yet.
	GroupID string
}

type subjectKey struct{}

// SubjectFrom returns the subject of the request that ctx belongs to. Stores and
// hooks may use it.
func SubjectFrom(ctx context.Context) (Subject, bool) {
	s, ok := ctx.Value(subjectKey{}).(Subject)
	return s, ok
}

// Anonymous accepts all requests. It has to be written out, so that authentication is
// not forgotten.
var Anonymous Authenticator = anonymous{}

type anonymous struct{}

func (anonymous) Authenticate(*http.Request) (Subject, error) { return Subject{Name: "anonymous"}, nil }
func (anonymous) Schemes() []AuthenticationScheme             { return nil }

// AuthenticatorFunc returns an Authenticator that calls f, and publishes scheme.
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
		return errors.New("scim: AuthenticatorFunc has no function")
	}
	return nil
}

// BearerTokens returns an Authenticator that accepts requests with one of the tokens
// (RFC 6750). Several may be valid at a time, so that they can be rotated. Tokens are
// compared in constant time and not kept. NewHandler fails if there is no token or one
// is empty, as it is when an environment variable is not set.
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
		return errors.New("scim: BearerTokens needs at least one token, and none may be empty")
	}
	return nil
}

func (b *bearerTokens) Authenticate(r *http.Request) (Subject, error) {
	token, err := bearerToken(r)
	if err != nil {
		return Subject{}, err
	}
	// The sums have one length, and all are compared, so that the time it takes says
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

// bearerToken returns the token in the Authorization header (RFC 6750 §2.1).
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
		return "", &Challenge{} // credentials of another scheme do not count
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
