package scim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// Section M of the checklist: HTTP.
func TestChecklistM(t *testing.T) {
	h := newHandler(t, scim.Config{BaseURL: "https://example.com/scim/v2"})
	id := create(t, h, "M", "u")
	path := "/Groups/" + id
	tag := do(t, h, "GET", path, "").header.Get("ETag")

	t.Run("M01 405 carries Allow, and so does OPTIONS", func(t *testing.T) {
		for path, want := range map[string]string{"/Groups": "GET, HEAD, POST, OPTIONS", path: "GET, HEAD, PUT, PATCH, DELETE, OPTIONS", "/.search": "POST, OPTIONS"} {
			if a := do(t, h, "PROPFIND", path, "").is(t, 405, ""); a.header.Get("Allow") != want {
				t.Errorf("%s: Allow is %q", path, a.header.Get("Allow"))
			}
			if a := do(t, h, "OPTIONS", path, ""); a.status/100 != 2 || a.header.Get("Allow") != want {
				t.Errorf("OPTIONS %s: %d, Allow %q", path, a.status, a.header.Get("Allow"))
			}
		}
	})
	bearer := newHandler(t, scim.Config{Auth: scim.Auth{Authenticator: scim.BearerTokens("right")}})
	t.Run("M02 401 carries WWW-Authenticate, for every method and path", func(t *testing.T) {
		for _, r := range []request{{"", "GET", "/Groups", "", 401, "", nil}, {"", "HEAD", "/Groups/x", "", 401, "", nil}, {"", "GET", "/Nothing", "", 401, "", nil}, {"", "OPTIONS", "/Groups", "", 401, "", nil}, {"", "POST", "/Groups", "{", 401, "", nil}} {
			if a := do(t, bearer, r.method, r.path, r.body).is(t, 401, ""); a.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s %s without a challenge", r.method, r.path)
			}
		}
	})
	t.Run("M03 HEAD has the fields of GET and no content", func(t *testing.T) {
		groups := memory.New()
		h := newHandler(t, scim.Config{Groups: groups})
		members := make([]store.Member, 5000) // more than are sent in one piece
		for i := range members {
			members[i].Value = fmt.Sprintf("member-%05d", i)
		}
		large, err := groups.Create(t.Context(), store.Group{DisplayName: "large", Members: members})
		if err != nil {
			t.Fatal(err)
		}
		small := create(t, h, "small")
		server := httptest.NewServer(h)
		defer server.Close()
		for _, path := range []string{"/Groups", "/Groups/" + small, "/Groups/" + large.Group.ID, "/Groups/none", "/Schemas", "/ServiceProviderConfig"} {
			get, err := server.Client().Get(server.URL + mount + path)
			if err != nil {
				t.Fatal(err)
			}
			content := readAll(t, get)
			head, err := server.Client().Head(server.URL + mount + path)
			if err != nil {
				t.Fatal(err)
			}
			if text := readAll(t, head); text != "" || content == "" || head.StatusCode != get.StatusCode {
				t.Errorf("%s: GET %d with %d bytes, HEAD %d with %q", path, get.StatusCode, len(content), head.StatusCode, text)
			}
			for _, name := range []string{"Content-Type", "Content-Length", "ETag", "Location", "Content-Location", "Cache-Control"} {
				if get.Header.Get(name) != head.Header.Get(name) {
					t.Errorf("%s: %s is %q for GET and %q for HEAD", path, name, get.Header.Get(name), head.Header.Get(name))
				}
			}
		}
	})
	rename := group(`"displayName":"M"`)
	t.Run("M04 If-None-Match compares weakly, and stops a write", func(t *testing.T) {
		do(t, h, "GET", path, "", "If-None-Match", strings.TrimPrefix(tag, "W/")).is(t, 304, "")
		do(t, h, "HEAD", path, "", "If-None-Match", tag).is(t, 304, "")
		for _, value := range []string{tag, "*"} {
			unchanged(t, h, id, func() {
				do(t, h, "PUT", path, rename, "If-None-Match", value).is(t, 412, "")
				do(t, h, "PATCH", path, patchOp(`{"op":"remove","path":"members"}`), "If-None-Match", value).is(t, 412, "")
				do(t, h, "DELETE", path, "", "If-None-Match", value).is(t, 412, "")
			})
		}
	})
	t.Run("M05 If-Match compares weakly, takes lists and *", func(t *testing.T) {
		op := patchOp(`{"op":"add","path":"members","value":[{"value":"u"}]}`)
		for _, value := range []string{tag, strings.TrimPrefix(tag, "W/"), `W/"0", ` + tag, "*"} {
			do(t, h, "PATCH", path, op, "If-Match", value).is(t, 204, "")
			do(t, h, "GET", path, "", "If-Match", value).is(t, 200, "")
		}
		for _, value := range []string{`W/"0"`, `"x"`, ``, `W/"0", "1"`} {
			do(t, h, "PATCH", path, op, "If-Match", value).is(t, 412, "")
			do(t, h, "GET", path, "", "If-Match", value).is(t, 412, "")
		}
		do(t, h, "PATCH", path, op, "If-Match", `W/"0"`, "If-Match", tag).is(t, 204, "") // two fields are one list
	})
	t.Run("M06 preconditions do not matter where the request fails anyway", func(t *testing.T) {
		for _, r := range []request{
			{"", "GET", "/Groups/none", "", 404, "", nil}, {"", "PUT", "/Groups/none", rename, 404, "", nil}, {"", "DELETE", "/Groups/none", "", 404, "", nil},
			{"", "POST", path, "", 405, "", nil}, {"", "PATCH", path, "{", 400, "invalidSyntax", nil},
			{"", "PUT", path, group(""), 400, "invalidValue", nil},
			{"", "GET", path + "?attributes=id&excludedAttributes=id", "", 400, "invalidValue", nil},
		} {
			do(t, h, r.method, r.path, r.body, "If-Match", `W/"0"`).is(t, r.status, r.scimType)
			do(t, h, r.method, r.path, r.body, "If-None-Match", tag).is(t, r.status, r.scimType)
		}
		do(t, h, "PUT", path, rename, "If-Match", `W/"0"`, "Content-Type", "text/plain").is(t, 415, "")
	})
	t.Run("M07 415 says what is accepted", func(t *testing.T) {
		a := do(t, h, "POST", "/Groups", "<x/>", "Content-Type", "application/xml").is(t, 415, "")
		if accept := a.header.Get("Accept"); !strings.Contains(accept, "application/scim+json") || !strings.Contains(accept, "application/json") {
			t.Errorf("Accept is %q", accept)
		}
		a = do(t, h, "POST", "/Groups", group(`"displayName":"x"`), "Content-Encoding", "gzip").is(t, 415, "")
		if a.header.Get("Accept-Encoding") == "" {
			t.Error("no Accept-Encoding")
		}
	})
	t.Run("M08 429 and 503 carry Retry-After", func(t *testing.T) {
		a := do(t, newHandler(t, scim.Config{Groups: failing(&store.ThrottledError{RetryAfter: 1500 * time.Millisecond})}), "GET", "/Groups", "").is(t, 429, "")
		if a.header.Get("Retry-After") != "2" {
			t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
		}
		do(t, newHandler(t, scim.Config{Groups: failing(store.ErrUnavailable), Logger: quiet()}), "GET", "/Groups", "").is(t, 503, "")
	})
	t.Run("M09 challenges are those of RFC 6750", func(t *testing.T) {
		for _, c := range []struct {
			authorization, code string
			status              int
		}{
			{"-", "", 401}, {"Basic YTpi", "", 401}, {"Bearer wrong", "invalid_token", 401}, {"Bearer", "invalid_request", 400}, {"Bearer a b", "invalid_request", 400},
		} {
			a := do(t, bearer, "GET", "/Groups", "", "Authorization", c.authorization)
			challenge := a.header.Get("WWW-Authenticate")
			if a.status != c.status || !strings.HasPrefix(challenge, `Bearer realm="`) || strings.Contains(challenge, "error=") != (c.code != "") || !strings.Contains(challenge, c.code) {
				t.Errorf("%s: %d %s", c.authorization, a.status, challenge)
			}
		}
		scoped := newHandler(t, scim.Config{Auth: scim.Auth{Authenticator: scim.AuthenticatorFunc(scim.AuthenticationScheme{}, func(*http.Request) (scim.Subject, error) {
			return scim.Subject{}, &scim.Challenge{Code: "insufficient_scope", Scope: `groups"write`, Description: "no\nscope"}
		})}})
		a := do(t, scoped, "GET", "/Groups", "").is(t, 403, "")
		if c := a.header.Get("WWW-Authenticate"); c != `Bearer realm="scim", error="insufficient_scope", error_description="noscope", scope="groupswrite"` {
			t.Errorf("WWW-Authenticate is %s", c)
		}
	})
	t.Run("M10 Prefer is ignored", func(t *testing.T) {
		a := do(t, h, "POST", "/Groups", group(`"displayName":"Async"`), "Prefer", "respond-async").is(t, 201, "")
		if a.header.Get("Preference-Applied") != "" {
			t.Error("Preference-Applied is there")
		}
	})
}
