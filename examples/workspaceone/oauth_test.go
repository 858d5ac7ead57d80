package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestTokensAreGivenForClientCredentials(t *testing.T) {
	o := newOAuth("provisioning", "secret")
	for _, c := range []struct {
		name         string
		client, pass string // HTTP Basic
		form         url.Values
		status       int
	}{
		{"by HTTP Basic", "provisioning", "secret", url.Values{"grant_type": {"client_credentials"}}, 200},
		{"by the form", "", "", url.Values{"grant_type": {"client_credentials"}, "client_id": {"provisioning"}, "client_secret": {"secret"}}, 200},
		{"not with a wrong secret", "provisioning", "wrong", url.Values{"grant_type": {"client_credentials"}}, 401},
		{"not for another client", "other", "secret", url.Values{"grant_type": {"client_credentials"}}, 401},
		{"not for nobody", "", "", url.Values{"grant_type": {"client_credentials"}}, 401},
		{"not for another grant", "provisioning", "secret", url.Values{"grant_type": {"password"}}, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", tokenPath, strings.NewReader(c.form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if c.client != "" {
				r.SetBasicAuth(c.client, c.pass)
			}
			w := httptest.NewRecorder()
			o.serveToken(w, r)
			if w.Code != c.status || w.Header().Get("Cache-Control") != "no-store" {
				t.Fatal(w.Code, w.Header(), w.Body)
			}
			if c.status != http.StatusOK && !strings.Contains(w.Body.String(), `"error":`) {
				t.Error(w.Body)
			}
		})
	}
}

func TestATokenIsGoodForSixHoursAndForItsOwnServiceOnly(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	o := newOAuth("provisioning", "secret")
	o.now = func() time.Time { return now }
	r := httptest.NewRequest("POST", tokenPath+"?grant_type=client_credentials", nil)
	r.SetBasicAuth("provisioning", "secret")
	w := httptest.NewRecorder()
	o.serveToken(w, r)
	var token struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int    `json:"expires_in"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &token); err != nil || token.TokenType != "Bearer" || token.ExpiresIn != 21600 {
		t.Fatal(err, w.Body)
	}
	lets := func(o *oauth, credentials string) bool {
		r := httptest.NewRequest("GET", base+"/Groups", nil)
		r.Header.Set("Authorization", credentials)
		s, err := o.authenticator().Authenticate(r)
		return err == nil && s.Name == "provisioning"
	}
	good := "Bearer " + token.AccessToken
	if !lets(o, good) {
		t.Error("the token is refused")
	}
	other := newOAuth("provisioning", "other")
	other.now = o.now
	end, seal, _ := strings.Cut(token.AccessToken, ".")
	for name, ok := range map[string]bool{
		"another service takes it":      lets(other, good),
		"another scheme is taken":       lets(o, "Basic "+token.AccessToken),
		"a changed end is taken":        lets(o, "Bearer 9"+end+"."+seal),
		"a changed seal is taken":       lets(o, good+"A"),
		"a token without seal is taken": lets(o, "Bearer "+end+"."),
		"nothing is taken":              lets(o, ""),
	} {
		if ok {
			t.Error(name)
		}
	}
	now = now.Add(tokenLife)
	if lets(o, good) {
		t.Error("the token is good after its end")
	}
}
