package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/scim"
)

const (
	tokenPath = "/SAAS/auth/oauthtoken"
	// tokenLife is how long Workspace ONE Access lets a token live.
	tokenLife = 6 * time.Hour
)

// oauth gives access tokens to one client (RFC 6749 §4.4, client credentials) and
// knows them again without keeping them: a token is the time of its end and a
// seal, whose key is made from the secret.
type oauth struct {
	client, secret string
	now            func() time.Time
}

func newOAuth(client, secret string) *oauth { return &oauth{client, secret, time.Now} }

// serveToken serves POST /SAAS/auth/oauthtoken.
func (o *oauth) serveToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	client, secret, basic := r.BasicAuth()
	if !basic {
		client, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	fail := func(status int, code string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": code}) // RFC 6749 §5.2
	}
	switch {
	case !same(client, o.client) || !same(secret, o.secret):
		w.Header().Set("WWW-Authenticate", `Basic realm="oauth"`)
		fail(http.StatusUnauthorized, "invalid_client")
	case r.FormValue("grant_type") != "client_credentials":
		fail(http.StatusBadRequest, "unsupported_grant_type")
	default:
		end := strconv.FormatInt(o.now().Add(tokenLife).Unix(), 10)
		_ = json.NewEncoder(w).Encode(map[string]any{
			"access_token": end + "." + o.seal(end), "token_type": "Bearer", "expires_in": int(tokenLife / time.Second),
		})
	}
}

// seal is what only this service can make of the end of a token.
func (o *oauth) seal(end string) string {
	mac := hmac.New(sha256.New, []byte("access token\x00"+o.client+"\x00"+o.secret))
	mac.Write([]byte(end))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// same compares in a time that says nothing but the lengths.
func same(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }

// authenticator lets in clients with a token that has not expired.
func (o *oauth) authenticator() scim.Authenticator {
	scheme := scim.AuthenticationScheme{Type: "oauth2", Name: "OAuth 2", Primary: true,
		Description: "Authentication with an access token, which " + tokenPath + " gives for client credentials"}
	return scim.AuthenticatorFunc(scheme, func(r *http.Request) (scim.Subject, error) {
		kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(kind, "Bearer") {
			return scim.Subject{}, &scim.Challenge{}
		}
		end, seal, _ := strings.Cut(token, ".")
		seconds, err := strconv.ParseInt(end, 10, 64)
		if err != nil || !same(seal, o.seal(end)) {
			return scim.Subject{}, &scim.Challenge{Code: "invalid_token", Description: "the token is not valid"}
		}
		if !o.now().Before(time.Unix(seconds, 0)) {
			return scim.Subject{}, &scim.Challenge{Code: "invalid_token", Description: "the token has expired"}
		}
		return scim.Subject{Name: o.client}, nil
	})
}
