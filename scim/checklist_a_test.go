package scim_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store/memory"
)

// Section A of the checklist: every request and answer.
func TestChecklistA(t *testing.T) {
	t.Run("A02 a 401 carries the challenges of the schemes that are supported", func(t *testing.T) {
		h := newHandler(t, scim.Config{Auth: scim.Auth{Authenticator: scim.BearerTokens("s3cret")}})
		a := do(t, h, "GET", "/Groups", "").is(t, 401, "")
		if c := a.header.Get("WWW-Authenticate"); !strings.HasPrefix(c, "Bearer realm=") {
			t.Errorf("WWW-Authenticate is %q", c)
		}
		basic := scim.AuthenticatorFunc(scim.AuthenticationScheme{Type: "httpbasic", Name: "Basic"},
			func(*http.Request) (scim.Subject, error) {
				return scim.Subject{}, &scim.Challenge{Scheme: "Basic", Realm: "groups"}
			})
		a = do(t, newHandler(t, scim.Config{Auth: scim.Auth{Authenticator: basic}}), "GET", "/Groups", "").is(t, 401, "")
		if c := a.header.Get("WWW-Authenticate"); c != `Basic realm="groups"` {
			t.Errorf("WWW-Authenticate is %q", c)
		}
		for scheme, want := range map[string]string{"httpbasic": "Basic", "httpdigest": "Digest", "oauth2": "Bearer"} {
			unnamed := scim.AuthenticatorFunc(scim.AuthenticationScheme{Type: scheme}, func(*http.Request) (scim.Subject, error) {
				return scim.Subject{}, fmt.Errorf("no: %w", &scim.Challenge{})
			})
			a = do(t, newHandler(t, scim.Config{Auth: scim.Auth{Authenticator: unnamed}}), "GET", "/Groups", "").is(t, 401, "")
			if c := a.header.Get("WWW-Authenticate"); c != want+` realm="scim"` {
				t.Errorf("WWW-Authenticate of %s is %q", scheme, c)
			}
		}
	})

	accessLog := func(t *testing.T) (http.Handler, *[]scim.Access) {
		var seen []scim.Access
		h := newHandler(t, scim.Config{
			Auth: scim.Auth{Authenticator: scim.AuthenticatorFunc(scim.AuthenticationScheme{Type: "httpbasic"}, func(r *http.Request) (scim.Subject, error) {
				return scim.Subject{Name: "okta", Value: 7}, nil
			}), Authorize: func(ctx context.Context, a scim.Access) error {
				if s, ok := scim.SubjectFrom(ctx); !ok || s != a.Subject {
					t.Errorf("the subject of the context is %v, that of the access %v", s, a.Subject)
				}
				seen = append(seen, a)
				return nil
			}},
		})
		return h, &seen
	}
	t.Run("A03 the authenticated client decides about access to every operation", func(t *testing.T) {
		h, seen := accessLog(t)
		id := create(t, h, "a")
		for _, r := range []struct{ method, path, body string }{
			{"GET", "/Groups", ""}, {"POST", "/Groups/.search", search("")}, {"POST", "/.search", search("")},
			{"GET", "/Groups/" + id, ""}, {"HEAD", "/Groups/" + id, ""}, {"PUT", "/Groups/" + id, group(`"displayName":"b"`)},
			{"PATCH", "/Groups/" + id, patchOp(`{"op":"replace","path":"displayName","value":"c"}`)}, {"DELETE", "/Groups/" + id, ""},
			{"GET", "/Schemas", ""}, {"GET", "/ResourceTypes/Group", ""}, {"GET", "/ServiceProviderConfig", ""},
		} {
			do(t, h, r.method, r.path, r.body).ok(t)
		}
		want := []scim.Operation{"create", "list", "list", "list", "read", "read", "replace", "patch", "delete", "discover", "discover", "discover"}
		if len(*seen) != len(want) {
			t.Fatalf("Authorize was asked about %v", *seen)
		}
		for i, a := range *seen {
			if a.Operation != want[i] || a.Subject.Name != "okta" || a.Subject.Value != 7 {
				t.Errorf("%d: %v, want %s", i, a, want[i])
			}
		}
	})
	t.Run("A04 authorization sees subject, action and target, and refuses before anything is read", func(t *testing.T) {
		target := ""
		refuse := func(_ context.Context, a scim.Access) error {
			target = a.GroupID
			return scim.ErrForbidden
		}
		s := &hookedStore{GroupStore: memory.New(), before: func(method string) error {
			t.Errorf("%s was called", method)
			return nil
		}}
		h := newHandler(t, scim.Config{Groups: s, Auth: scim.Auth{Authorize: refuse}})
		do(t, h, "GET", "/Groups/a%20b", "").is(t, 403, "")
		if target != "a b" {
			t.Errorf("the target is %q", target)
		}
		do(t, h, "PATCH", "/Groups/x", "{").is(t, 403, "")
		do(t, h, "POST", "/Groups", "{").is(t, 403, "")
		do(t, h, "POST", "/.search", "{").is(t, 403, "")
		do(t, h, "GET", "/Groups?count=abc", "").is(t, 403, "")
	})

	h := newHandler(t, scim.Config{BaseURL: "https://example.com/scim/v2"})
	id := create(t, h, "Tour Guides", "u1")

	t.Run("A06 every message has schemas with a SCIM message URN", func(t *testing.T) {
		for _, path := range []string{"/Groups", "/Groups/none", "/Schemas", "/ResourceTypes"} {
			a := do(t, h, "GET", path, "")
			if urn := a.str("/schemas/0"); !strings.HasPrefix(urn, "urn:ietf:params:scim:api:") {
				t.Errorf("%s has the schema %q", path, urn)
			}
		}
	})
	t.Run("A07 UTF-8 is taken and given, and nothing else is taken", func(t *testing.T) {
		for _, contentType := range []string{"application/scim+json", "application/scim+json; charset=utf-8", `application/json;charset="UTF-8"`} {
			a := do(t, h, "POST", "/Groups", group(`"displayName":"Grüße 世界 `+url.PathEscape(contentType)+`"`), "Content-Type", contentType).is(t, 201, "")
			if name := a.str("/displayName"); !strings.HasPrefix(name, "Grüße 世界 ") {
				t.Errorf("displayName is %q", name)
			}
		}
		do(t, h, "POST", "/Groups", group(`"displayName":"a`+"\xff"+`"`)).is(t, 400, "invalidSyntax")
		do(t, h, "POST", "/Groups", group(`"displayName":"a"`), "Content-Type", "application/scim+json; charset=iso-8859-1").is(t, 415, "")
		do(t, h, "POST", "/Groups", group(`"displayName":"a"`), "Content-Type", "text/xml").is(t, 415, "")
	})
	accept := func(value string) func(*testing.T) {
		return func(t *testing.T) {
			do(t, h, "GET", "/Groups/"+id, "", "Accept", value).is(t, 200, "")
			do(t, h, "GET", "/Schemas", "", "Accept", value).is(t, 200, "")
		}
	}
	t.Run("A08 Accept: application/scim+json is served", accept("application/scim+json"))
	t.Run("A09 Accept: application/json is served", accept("application/json, application/scim+json;q=0.9"))
	t.Run("A10 without Accept the answer is application/scim+json", accept("-"))
	t.Run("A11 errors have the media type of SCIM too", func(t *testing.T) {
		do(t, h, "GET", "/Nothing", "").is(t, 404, "")
		do(t, h, "TRACE", "/Groups", "").is(t, 405, "")
	})
	t.Run("A12 an answer shows the state of the group and no echo of the request", func(t *testing.T) {
		a := do(t, h, "POST", "/Groups", group(`"id":"mine","DISPLAYNAME":"Echo","members":[{"value":"x"},{"value":"x"}],"meta":{"version":"1"}`)).is(t, 201, "")
		equal(t, "members", a.values(), []string{"x"})
		if a.str("/id") == "mine" || a.str("/displayName") != "Echo" || a.str("/meta/version") == "1" {
			t.Error(a.text)
		}
		if again := do(t, h, "GET", "/Groups/"+a.str("/id"), ""); again.text != a.text {
			t.Errorf("POST answered\n%s\nGET\n%s", a.text, again.text)
		}
	})
	t.Run("A13 unknown query parameters are ignored", func(t *testing.T) {
		for _, path := range []string{"/Groups?foo=bar&aadOptscim062020", "/Groups/" + id + "?x", "/Schemas?y=1"} {
			do(t, h, "GET", path, "").is(t, 200, "")
		}
	})
	t.Run("A14 a base URL has no query, and another protocol version is refused", func(t *testing.T) {
		for _, base := range []string{"https://example.com/scim?x=1", "https://example.com/#f", "https://a:b@example.com", "/scim"} {
			if _, err := scim.NewHandler(scim.Config{Groups: memory.New(), Auth: scim.Auth{Authenticator: scim.Anonymous}, BaseURL: base}); err == nil {
				t.Errorf("%s was taken", base)
			}
		}
		h := newHandler(t, scim.Config{BaseURL: "https://example.com/scim/v2"})
		for path, status := range map[string]int{"/v1/Groups": 400, "/scim/v3/Groups/x": 400, "/v2/Groups": 200, "/Groups": 200, "/v2.0x/Groups": 200} {
			r, err := http.NewRequest("GET", "http://example.com"+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if a := serve(t, h, r); a.status != status || status == 400 && a.str("/scimType") != "invalidVers" {
				t.Errorf("%s: %d %s", path, a.status, a.text)
			}
		}
	})
	t.Run("A15 values are on the wire as they are, quotes included", func(t *testing.T) {
		a := do(t, h, "POST", "/Groups", group(`"displayName":"\"quoted\""`)).is(t, 201, "")
		if a.str("/displayName") != `"quoted"` {
			t.Error(a.text)
		}
	})
	t.Run("A16 neither the order of attributes nor that of schemas matters", func(t *testing.T) {
		h := withSite(t)
		do(t, h, "POST", "/Groups", `{"members":[{"type":"User","value":"u"}],`+site(`"site":"x"`)+`,"displayName":"Order","schemas":["`+siteURN+`","`+groupURN+`"]}`).
			is(t, 201, "").has(t, map[string]any{"/displayName": "Order", "/members/0/value": "u"})
		id := create(t, h, "Order 2")
		do(t, h, "PATCH", "/Groups/"+id, `{"Operations":[{"value":[{"value":"u"}],"path":"members","op":"add"}],"schemas":["`+messageURN+`PatchOp"]}`).is(t, 204, "")
	})
	t.Run("A17 names and URN prefixes are case-insensitive everywhere", func(t *testing.T) {
		h := withSite(t)
		a := do(t, h, "POST", "/Groups?ATTRIBUTES=ignored", `{"SCHEMAS":["`+strings.ToUpper(groupURN)+`"],"DisplayName":"Case","EXTERNALID":"e","Members":[{"VALUE":"u","TYPE":"User"}],"`+
			strings.ToUpper(siteURN)+`":{"SITE":"here"}}`).is(t, 201, "")
		id := a.str("/id")
		a.has(t, map[string]any{"/displayName": "Case", "/externalId": "e", "/members/0/value": "u", "/" + siteURN + "/site": "here"})
		for _, filter := range []string{`DISPLAYNAME eq "case"`, `MEMBERS.VALUE EQ "u"`, `members[VALUE Eq "u" AND TYPE eq "User"]`,
			strings.ToUpper(groupURN) + `:displayname eq "CASE"`, strings.ToUpper(siteURN) + `:SITE eq "HERE"`} {
			a := do(t, h, "GET", "/Groups"+query("filter", filter), "").is(t, 200, "")
			equal(t, filter, a.names(), []string{"Case"})
		}
		for _, path := range []string{"DISPLAYNAME", strings.ToUpper(groupURN) + ":DisplayName", strings.ToUpper(siteURN) + ":Site"} {
			do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"OP":"REPLACE","PATH":"`+path+`","Value":"New"}`)).is(t, 204, "")
		}
		a = do(t, h, "GET", "/Groups/"+id+query("attributes", "DISPLAYNAME,"+strings.ToUpper(siteURN)+":SITE,MEMBERS.VALUE"), "").is(t, 200, "")
		a.has(t, map[string]any{"/displayName": "New", "/" + siteURN + "/site": "New", "/members/0": map[string]string{"value": "u"}, "/externalId": nil})
	})
	t.Run("A18 attribute names are those of the ABNF, and $ref is one", func(t *testing.T) {
		for _, name := range []string{"1st", "a b", "a.b", "", "ümlaut"} {
			text := `[{"id":"urn:example:x","name":"X","attributes":[{"name":"` + name +
				`","type":"string","multiValued":false,"required":false,"mutability":"readWrite","returned":"default","uniqueness":"none"}]}]`
			e, err := scim.ParseExtensions([]byte(text))
			if err == nil {
				_, err = scim.NewHandler(scim.Config{Groups: memory.New(), Auth: scim.Auth{Authenticator: scim.Anonymous}, Extensions: e})
			}
			if err == nil {
				t.Errorf("an attribute %q was taken", name)
			}
		}
		h := newHandler(t, scim.Config{ResourceTypes: userType(), BaseURL: "https://example.com/scim/v2"})
		id := createWith(t, h, `"displayName":"R","members":[{"value":"u","type":"User"}]`)
		a := do(t, h, "GET", "/Groups"+query("filter", `members.$ref eq "https://example.com/scim/v2/Users/u"`), "").is(t, 200, "")
		equal(t, "names", a.names(), []string{"R"})
		createWith(t, h, `"displayName":"S","members":[{"value":"u","type":"Group"},{"value":"v","type":"User"}]`)
		equal(t, "names without", names(t, h, `members.$ref ne "https://example.com/scim/v2/Users/u"`), []string{"S"})
		do(t, h, "GET", "/Groups/"+id+"?attributes=members.$ref", "").has(t, map[string]any{
			"/members/0": map[string]string{"$ref": "https://example.com/scim/v2/Users/u"}})
	})
	t.Run("A19 null, an empty list and nothing are the same", func(t *testing.T) {
		h := withSite(t)
		for i, rest := range []string{"", `,"externalId":null,"members":null,` + site(`"tags":null,"site":null`), `,"members":[],` + site(`"tags":[],"rooms":[]`), `,"` + siteURN + `":null`} {
			a := do(t, h, "POST", "/Groups", group(`"displayName":"N`+string(rune('0'+i))+`"`+rest)).is(t, 201, "")
			equal(t, rest, a.keys(), []string{"displayName", "id", "meta", "schemas"})
			equal(t, rest, []string{text(t, a.doc["schemas"])}, []string{`["` + groupURN + `"]`})
		}
	})

	faults := []request{
		{"A20 a missing group is 404 with an Error", "GET", "/Groups/none", "", 404, "", nil},
		{"A20 an unknown endpoint is 404 with an Error", "GET", "/Users", "", 404, "", nil},
		{"A20 a wrong method is 405 with an Error", "DELETE", "/Groups", "", 405, "", nil},
		{"A21 statuses are those of table 8: 400", "POST", "/Groups", "{", 400, "invalidSyntax", nil},
		{"A21 statuses are those of table 8: 404", "DELETE", "/Groups/none", "", 404, "", nil},
		{"A21 statuses are those of table 8: 409", "POST", "/Groups", group(`"displayName":"tour guides"`), 409, "uniqueness", nil},
		{"A21 statuses are those of table 8: 412", "DELETE", "/Groups/" + id, "", 412, "", []string{"If-Match", `W/"1"`}},
		{"A21 statuses are those of table 8: 501", "GET", "/Me", "", 501, "", nil},
		{"A22 invalidFilter", "GET", "/Groups?filter=x", "", 400, "invalidFilter", nil},
		{"A22 tooMany", "PATCH", "/Groups/{id}", patchOp(strings.TrimSuffix(strings.Repeat(`{"op":"remove","path":"members[display co \"x\"]"},`, 33), ",")), 400, "tooMany", nil},
		{"A22 uniqueness", "POST", "/Groups", group(`"displayName":"Tour Guides"`), 409, "uniqueness", nil},
		{"A22 mutability", "PATCH", "/Groups/" + id, patchOp(`{"op":"remove","path":"displayName"}`), 400, "mutability", nil},
		{"A22 invalidSyntax", "PUT", "/Groups/" + id, `[]`, 400, "invalidSyntax", nil},
		{"A22 invalidPath", "PATCH", "/Groups/" + id, patchOp(`{"op":"add","path":"colour","value":"red"}`), 400, "invalidPath", nil},
		{"A22 noTarget", "PATCH", "/Groups/" + id, patchOp(`{"op":"remove"}`), 400, "noTarget", nil},
		{"A22 invalidValue", "POST", "/Groups", group(`"displayName":7`), 400, "invalidValue", nil},
	}
	sendAll(t, h, faults)
	t.Run("A21 a body that is too large is 413, a fault of the service 500 with advice", func(t *testing.T) {
		h := newHandler(t, scim.Config{Limits: scim.Limits{MaxBody: 100}})
		do(t, h, "POST", "/Groups", group(`"displayName":"`+strings.Repeat("x", 100)+`"`)).is(t, 413, "")
		a := do(t, newHandler(t, scim.Config{Groups: failing(context.DeadlineExceeded), Logger: quiet()}), "GET", "/Groups", "")
		a.is(t, 503, "")
	})
	t.Run("A23 a hook refuses a filter with personal data in the URL, and POST /.search is the way", func(t *testing.T) {
		h := newHandler(t, scim.Config{Auth: scim.Auth{Authenticator: scim.AuthenticatorFunc(scim.AuthenticationScheme{}, func(r *http.Request) (scim.Subject, error) {
			if strings.Contains(r.URL.Query().Get("filter"), "members.display") {
				return scim.Subject{}, scimerrors.ScimError{Status: 403, ScimType: scimerrors.ScimTypeSensitive, Detail: "use POST /.search"}
			}
			return scim.Subject{}, nil
		})}})
		do(t, h, "GET", "/Groups"+query("filter", `members.display eq "Ann"`), "").is(t, 403, "sensitive")
		do(t, h, "POST", "/Groups/.search", search(`"filter":"members.display eq \"Ann\""`)).is(t, 200, "")
	})
	t.Run("A24 displayName compares by NFC and full case folding", func(t *testing.T) {
		h := newHandler(t, scim.Config{})
		create(t, h, "Stra\u00dfe Caf\u00e9")
		for _, name := range []string{"STRASSE CAFE\u0301", "stra\u00dfe caf\u00c9"} {
			a := do(t, h, "GET", "/Groups"+query("filter", `displayName eq "`+name+`"`), "")
			equal(t, name, a.names(), []string{"Stra\u00dfe Caf\u00e9"})
			do(t, h, "POST", "/Groups", group(`"displayName":"`+name+`"`)).is(t, 409, "uniqueness")
		}
	})
	t.Run("A25 generated URLs are percent-encoded", func(t *testing.T) {
		h := newHandler(t, scim.Config{Groups: memory.NewWith(memory.Options{IDFromName: true}), BaseURL: "https://example.com/scim/v2", ResourceTypes: userType()})
		a := do(t, h, "POST", "/Groups", group(`"displayName":"a b/c%d?é#","members":[{"value":"u 1/2","type":"User"}]`)).is(t, 201, "")
		a.has(t, map[string]any{
			"/meta/location":  "https://example.com/scim/v2/Groups/a%20b%2Fc%25d%3F%C3%A9%23",
			"/members/0/$ref": "https://example.com/scim/v2/Users/u%201%2F2",
		})
		u, err := url.Parse(a.header.Get("Location"))
		if err != nil || u.String() != a.str("/meta/location") {
			t.Errorf("Location is %q (%v)", a.header.Get("Location"), err)
		}
	})
}
