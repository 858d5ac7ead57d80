package scim_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/scimtest"
)

// tolerances notes what OnQuirk is told.
type tolerances struct {
	mu  sync.Mutex
	all []scim.Tolerance
}

func (l *tolerances) note(_ context.Context, t scim.Tolerance) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, t)
}

// take answers what was told, and forgets it.
func (l *tolerances) take() []scim.Tolerance {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.all
	l.all = nil
	return out
}

// Every quirk makes a request pass that fails without it, and is then reported
// once, with who sent it and where; a request that does without is not reported.
func TestEveryQuirkMakesTheDifferenceAndIsReportedOnce(t *testing.T) {
	const urn = siteURN
	rooms := func(op string) string {
		return `{"op":"` + op + `","path":"` + urn + `:rooms[type eq \"lab\"].value","value":"L1"}`
	}
	cases := []struct {
		quirk              patch.Quirks
		name, method, path string
		body               string
		headers            []string
		without            int
		scimType           string
		with               int
		endpoint           string
		plain              string // a body for the same request that needs no quirk
	}{
		{patch.RemoveByValue, "a remove names members in its value", "PATCH", "/Groups/{id}", patchOp(remove(`[{"value":"a"}]`), remove(`[{"value":"b"}]`)), nil,
			400, "invalidSyntax", 204, "/Groups/{id}", patchOp(`{"op":"remove","path":"members[value eq \"a\"]"}`)},
		{patch.RemoveByValue, "a remove has an empty list as its value", "PATCH", "/Groups/{id}", patchOp(remove(`[]`)), nil,
			400, "invalidSyntax", 204, "/Groups/{id}", patchOp(`{"op":"remove","path":"members"}`)},
		{patch.PathlessRemove, "a remove has no path", "PATCH", "/Groups/{id}", patchOp(`{"op":"remove","value":{"members":[{"value":"a"}]}}`), nil,
			400, "noTarget", 204, "/Groups/{id}", patchOp(`{"op":"remove","path":"members[value eq \"a\"]"}`)},
		{patch.BareMember, "members are strings", "PATCH", "/Groups/{id}", patchOp(`{"op":"add","path":"members","value":["x","y"]}`), nil,
			400, "invalidValue", 204, "/Groups/{id}", patchOp(`{"op":"add","path":"members","value":[{"value":"x"}]}`)},
		{patch.BareMember, "a member's value is a number", "PUT", "/Groups/{id}", group(`"displayName":"G","members":[{"value":1},{"value":2}]`), nil,
			400, "invalidValue", 200, "/Groups/{id}", group(`"displayName":"G","members":[{"value":"1"}]`)},
		{patch.CompoundKeys, "the names in a value are paths", "PATCH", "/Groups/{id}", patchOp(`{"op":"add","value":{"` + urn + `:site":"X","` + urn + `:owner.name":"N"}}`), nil,
			400, "invalidPath", 204, "/Groups/{id}", patchOp(`{"op":"add","value":{"` + urn + `":{"site":"X"}}}`)},
		{patch.CompoundKeys, "a name of a new group is a path", "POST", "/Groups", group(`"displayName":"New","` + urn + `:site":"X"`), nil,
			400, "invalidSyntax", 201, "/Groups", group(`"displayName":"Other","` + urn + `":{"site":"X"}`)},
		{patch.TextBooleans, "a boolean is a string", "PATCH", "/Groups/{id}", patchOp(`{"op":"add","path":"` + urn + `:open","value":"True"}`), nil,
			400, "invalidValue", 204, "/Groups/{id}", patchOp(`{"op":"add","path":"` + urn + `:open","value":true}`)},
		{patch.TextFilterValues, "a boolean in a filter is a string", "GET", "/Groups?filter=" + urn + ":open+eq+%22true%22", "", nil,
			400, "invalidFilter", 200, "/Groups", ""},
		{patch.TextFilterValues, "a number in a filter is a string", "GET", "/Groups?filter=" + urn + ":floor+eq+%225%22", "", nil,
			400, "invalidFilter", 200, "/Groups", ""},
		{patch.MemberDisplay, "a display is set", "PATCH", "/Groups/{id}", patchOp(`{"op":"replace","path":"members[value eq \"a\"].display","value":"Ann"}`), nil,
			400, "mutability", 204, "/Groups/{id}", patchOp(`{"op":"add","path":"members","value":[{"value":"x"}]}`)},
		{patch.SingleValue, "a list of one stands without brackets", "PATCH", "/Groups/{id}", patchOp(`{"op":"add","path":"` + urn + `:tags","value":"x"}`), nil,
			400, "invalidValue", 204, "/Groups/{id}", patchOp(`{"op":"add","path":"` + urn + `:tags","value":["x"]}`)},
		{patch.SingleValue, "an element of a new group stands without brackets", "POST", "/Groups", group(`"displayName":"New","` + urn + `":{"rooms":{"value":"r"}}`), nil,
			400, "invalidValue", 201, "/Groups", group(`"displayName":"Other","` + urn + `":{"rooms":[{"value":"r"}]}`)},
		{patch.MissingSchemas, "a POST has no schemas", "POST", "/Groups", `{"displayName":"New"}`, nil,
			400, "invalidSyntax", 201, "/Groups", group(`"displayName":"Other"`)},
		{patch.ForeignSchemas, "a POST has the schema of SCIM 1.1", "POST", "/Groups", message(core11, `"displayName":"New"`), nil,
			400, "invalidSyntax", 201, "/Groups", group(`"displayName":"Other"`)},
		{patch.MissingSchemas, "a PATCH has no schemas", "PATCH", "/Groups/{id}", `{"Operations":[` + addMember("x") + `]}`, nil,
			400, "invalidSyntax", 204, "/Groups/{id}", patchOp(addMember("x"))},
		{patch.MissingSchemas, "a search has no schemas", "POST", "/Groups/.search", `{"count":1}`, nil,
			400, "invalidSyntax", 200, "/Groups/.search", search(`"count":1`)},
		{patch.MissingSchemas, "a bulk request has no schemas", "POST", "/Bulk", `{"Operations":[]}`, nil,
			400, "invalidSyntax", 200, "/Bulk", bulkOf()},
		{patch.TextMembers, "members are JSON in text", "PATCH", "/Groups/{id}", patchOp(`{"op":"replace","path":"members","value":"[{\"value\":\"c\"}]"}`), nil,
			400, "invalidValue", 204, "/Groups/{id}", patchOp(addMember("x"))},
		{patch.TextMembers, "a member is JSON in text", "PATCH", "/Groups/{id}", patchOp(`{"op":"add","path":"members","value":["{\"value\":\"c\"}"]}`), nil,
			400, "invalidValue", 204, "/Groups/{id}", patchOp(addMember("x"))},
		{patch.WrappedMembers, "members to add are wrapped", "PATCH", "/Groups/{id}", patchOp(`{"op":"add","path":"members","value":{"members":[{"value":"c"}]}}`), nil,
			400, "invalidValue", 204, "/Groups/{id}", patchOp(addMember("x"))},
		{patch.TextObject, "the value without a path is JSON in text", "PATCH", "/Groups/{id}", patchOp(`{"op":"replace","value":"{\"externalId\":\"x\"}"}`), nil,
			400, "invalidValue", 204, "/Groups/{id}", patchOp(addMember("x"))},
		{patch.ListedValue, "a single value is in a list", "PATCH", "/Groups/{id}", patchOp(`{"op":"replace","path":"displayName","value":["listed"]}`), nil,
			400, "invalidValue", 204, "/Groups/{id}", patchOp(addMember("x"))},
		{patch.ListedValue, "a single value of a new group is in a list", "POST", "/Groups", group(`"displayName":["New"]`), nil,
			400, "invalidValue", 201, "/Groups", group(`"displayName":"Other"`)},
		{patch.ByteOrderMark, "a byte order mark begins the body", "POST", "/Groups", "\ufeff" + group(`"displayName":"New"`), nil,
			400, "invalidSyntax", 201, "/Groups", group(`"displayName":"Other"`)},
		{patch.UnknownAttributes, "a path is unknown", "PATCH", "/Groups/{id}", patchOp(`{"op":"add","path":"colour","value":"red"}`, `{"op":"add","path":"size","value":1}`), nil,
			400, "invalidPath", 204, "/Groups/{id}", patchOp(addMember("x"))},
		{patch.UnknownAttributes, "an attribute of a new group is unknown", "POST", "/Groups", group(`"displayName":"New","colour":"red"`), nil,
			400, "invalidSyntax", 201, "/Groups", group(`"displayName":"Other"`)},
		{patch.UnknownAttributes, "a sub-attribute is unknown", "PATCH", "/Groups/{id}", patchOp(`{"op":"add","path":"` + urn + `:owner","value":{"name":"N","shoe":"42"}}`), nil,
			400, "invalidValue", 204, "/Groups/{id}", patchOp(`{"op":"add","path":"` + urn + `:owner","value":{"name":"N"}}`)},
		{patch.BareOperation, "the body of a PATCH is one operation", "PATCH", "/Groups/{id}", addMember("x"), nil,
			400, "invalidSyntax", 204, "/Groups/{id}", patchOp(addMember("x"))},
		{patch.CreateUnmatched, "a value path of an add matches nothing", "PATCH", "/Groups/{id}", patchOp(rooms("add")), nil,
			400, "noTarget", 204, "/Groups/{id}", patchOp(`{"op":"add","path":"` + urn + `:rooms","value":[{"type":"lab","value":"L1"}]}`)},
		{patch.UnquotedFilterValues, "a value in a filter has no quotes", "GET", "/Groups?filter=displayName+eq+G", "", nil,
			400, "invalidFilter", 200, "/Groups", ""},
		{patch.UnquotedFilterValues, "a value in a search has single quotes", "POST", "/.search", search(`"filter":"displayName eq 'G' or displayName eq 'H'"`), nil,
			400, "invalidFilter", 200, "/.search", search(`"filter":"displayName eq \"G\""`)},
		{patch.UnquotedFilterValues, "a value in a path has no quotes", "PATCH", "/Groups/{id}", patchOp(`{"op":"remove","path":"members[value eq a]"}`), nil,
			400, "invalidFilter|invalidPath", 204, "/Groups/{id}", patchOp(`{"op":"remove","path":"members[value eq \"a\"]"}`)},
		{patch.MethodOverride, "a POST is a PATCH", "POST", "/Groups/{id}", patchOp(addMember("x")), []string{"X-HTTP-Method-Override", "PATCH"},
			405, "", 204, "/Groups/{id}", ""},
		{patch.AnyContentType, "a body has the media type of forms", "PATCH", "/Groups/{id}", patchOp(addMember("x")), []string{"Content-Type", "application/x-www-form-urlencoded"},
			415, "", 204, "/Groups/{id}", ""},
		{patch.PatchAnswers200, "a PATCH is answered with the group", "PATCH", "/Groups/{id}", patchOp(addMember("x")), nil,
			204, "", 200, "/Groups/{id}", ""},
	}
	var tested patch.Quirks
	for _, c := range cases {
		tested |= c.quirk
		t.Run(c.quirk.String()+": "+c.name, func(t *testing.T) {
			told := &tolerances{}
			setup := func(quirks patch.Quirks) (http.Handler, string) {
				h := newHandler(t, scim.Config{Tolerate: scim.Tolerate{Quirks: quirks, OnQuirk: told.note}, Extensions: extensions(t, siteExtension),
					Auth: scim.Auth{Authenticator: scim.AuthenticatorFunc(scim.AuthenticationScheme{}, func(*http.Request) (scim.Subject, error) { return scim.Subject{Name: "entra"}, nil })}})
				return h, create(t, h, "G", "a", "b")
			}
			send := func(h http.Handler, id, body string, headers []string) answer {
				t.Helper()
				return do(t, h, c.method, strings.ReplaceAll(c.path, "{id}", id), body, headers...)
			}
			h, id := setup(patch.Strict)
			a := send(h, id, c.body, c.headers)
			a.is(t, c.without, oneOf(a.str("/scimType"), c.scimType))
			everything := patch.Lenient &^ (c.quirk | patch.PatchAnswers200)
			if c.quirk == patch.CompoundKeys {
				everything &^= patch.UnknownAttributes // by which such names are ignored
			}
			others, otherID := setup(everything)
			if a := send(others, otherID, c.body, c.headers); a.status != c.without {
				t.Errorf("with all other quirks it is %d: %s", a.status, shortened(a.text))
			}
			for _, o := range told.take() {
				if o.Quirk == c.quirk {
					t.Error("it is reported where it is off")
				}
			}

			h, id = setup(c.quirk)
			send(h, id, c.body, c.headers).is(t, c.with, "")
			reported := told.take()
			method := c.method
			if c.quirk == patch.MethodOverride {
				method = "PATCH" // the one that was obeyed
			}
			if len(reported) != 1 || reported[0].Quirk != c.quirk || reported[0].Subject.Name != "entra" || reported[0].Endpoint != c.endpoint || reported[0].Method != method {
				t.Errorf("OnQuirk was told %+v", reported)
			}
			if c.plain != "" {
				send(h, id, c.plain, nil).ok(t)
				if more := told.take(); len(more) != 0 {
					t.Errorf("OnQuirk was told %+v of a request without it", more)
				}
			}
		})
	}
	if untested := patch.Lenient &^ tested; untested != 0 {
		t.Errorf("the quirks %s have no test", untested)
	}
}

func TestAllQuirksOfOneRequestAreReported(t *testing.T) {
	told := &tolerances{}
	h := newHandler(t, scim.Config{Tolerate: scim.Tolerate{Quirks: tolerant(), OnQuirk: told.note}})
	id := create(t, h, "G", "a", "b")
	do(t, h, "POST", "/Groups/"+id, `{"Operations":[`+remove(`["a"]`)+`,`+remove(`[7]`)+`,{"op":"add","path":"colour","value":1}]}`,
		"X-HTTP-Method-Override", "PATCH", "Content-Type", "text/plain").is(t, 204, "")
	var got []string
	for _, o := range told.take() {
		got = append(got, o.Quirk.String())
	}
	slices.Sort(got)
	equal(t, "quirks", got, []string{"anyContentType", "bareMember", "methodOverride", "missingSchemas", "removeByValue", "unknownAttributes"})
	t.Run("of a request that fails, too", func(t *testing.T) {
		do(t, h, "PATCH", "/Groups/none", patchOp(remove(`["a"]`))).is(t, 404, "")
		if n := len(told.take()); n != 2 {
			t.Errorf("%d quirks were reported", n)
		}
	})
	t.Run("of an operation in a bulk request", func(t *testing.T) {
		saysStatuses(t, bulk(t, h, bulkOf(patchOf("/Groups/"+id, remove(`["a"]`)), patchOf("/Groups/"+id, remove(`["b"]`)))), "200 200")
		reported := told.take()
		if len(reported) != 2 || reported[0].Endpoint != "/Bulk" {
			t.Errorf("OnQuirk was told %+v", reported)
		}
	})
}

func TestAPanicOfOnQuirkIsHarmless(t *testing.T) {
	h := newHandler(t, scim.Config{Logger: quiet(), Tolerate: scim.Tolerate{OnQuirk: func(context.Context, scim.Tolerance) { panic("broken") }}})
	id := create(t, h, "G", "a", "b")
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("a panic reaches net/http: %v", p)
		}
	}()
	do(t, h, "PATCH", "/Groups/"+id, patchOp(remove(`[{"value":"a"}]`))).is(t, 204, "")
}

func TestEverySubjectHasItsOwnQuirks(t *testing.T) {
	told := &tolerances{}
	h := newHandler(t, scim.Config{
		Tolerate: scim.Tolerate{Quirks: patch.Strict, OnQuirk: told.note, QuirksFor: func(s scim.Subject) patch.Quirks {
			switch s.Name {
			case "lenient":
				return tolerant()
			case "entra":
				return patch.EntraID
			case "strict":
				return patch.Strict
			}
			return 0
		}},
		Auth: scim.Auth{Authenticator: scim.AuthenticatorFunc(scim.AuthenticationScheme{}, func(r *http.Request) (scim.Subject, error) {
			return scim.Subject{Name: r.Header.Get("X-Client")}, nil
		})},
	})
	id := create(t, h, "G", "a")
	for _, c := range []struct {
		client     string
		byValue    int
		noSchemas  int
		unquoted   int
		overridden int
	}{
		{"lenient", 204, 204, 200, 204}, {"entra", 204, 400, 400, 405}, {"strict", 400, 400, 400, 405}, {"somebody", 400, 400, 400, 405},
	} {
		t.Run(c.client, func(t *testing.T) {
			for _, r := range []struct {
				method, path, body string
				headers            []string
				status             int
			}{
				{"PATCH", "/Groups/" + id, patchOp(remove(`[{"value":"x"}]`)), nil, c.byValue},
				{"PATCH", "/Groups/" + id, `{"Operations":[` + addMember("a") + `]}`, nil, c.noSchemas},
				{"GET", "/Groups?filter=displayName+eq+G", "", nil, c.unquoted},
				{"POST", "/Groups/" + id, patchOp(addMember("a")), []string{"X-HTTP-Method-Override", "PATCH"}, c.overridden},
			} {
				if a := do(t, h, r.method, r.path, r.body, append(r.headers, "X-Client", c.client)...); a.status != r.status {
					t.Errorf("%s %s is %d, want %d: %s", r.method, r.body, a.status, r.status, a.text)
				}
			}
			for _, o := range told.take() {
				if o.Subject.Name != c.client {
					t.Errorf("a quirk of %s is reported for %s", c.client, o.Subject.Name)
				}
			}
		})
	}
}

func TestSetsOfQuirks(t *testing.T) {
	for client, c := range map[string]struct {
		quirks patch.Quirks
		file   string
		strict bool // all of it is RFC 7644
	}{
		"EntraID serves Entra ID":              {patch.EntraID, "entra-legacy", false},
		"Okta serves the integrations of Okta": {patch.Strict, "okta-oin-patch", true},
		"Okta serves the wizard of Okta":       {patch.Strict, "okta-aiw-put", true},
		"Authentik serves authentik":           {patch.RemoveByValue, "authentik", false},
		"Keycloak serves Keycloak":             {patch.Strict, "keycloak-mitodl", true},
	} {
		t.Run(client, func(t *testing.T) {
			h := newHandler(t, scim.Config{Tolerate: scim.Tolerate{Quirks: c.quirks}, Auth: scim.Auth{Authenticator: scim.BearerTokens(transcriptToken)}})
			scimtest.Recorded(t, c.file).Replay(t, scimtest.Target{Handler: h, URL: mount, Token: transcriptToken})
		})
	}
	for _, c := range []struct {
		name, method, body string
		quirks             patch.Quirks
		status             int
	}{
		{"JumpCloud removes by value", "PATCH", patchOp(remove(`[{"value":"a"}]`)), patch.RemoveByValue, 204},
		{"OneLogin sends the schemas of drafts", "POST", message("urn:ietf:params:scim:schemas:core:2.0", `"displayName":"New"`), patch.OneLogin, 201},
		{"Salesforce wraps the members to remove", "PATCH", patchOp(remove(`{"members":[{"value":"a"}]}`)), (patch.RemoveByValue | patch.PathlessRemove), 204},
		{"Salesforce has no path", "PATCH", patchOp(`{"op":"remove","value":{"members":[{"value":"a"}]}}`), (patch.RemoveByValue | patch.PathlessRemove), 204},
		{"WSO2 sends no schemas, and wants the group back", "PATCH", `{"Operations":[` + addMember("x") + `]}`, patch.WSO2, 200},
		{"Entra ID sends a bare string", "PATCH", patchOp(`{"op":"Add","path":"members","value":["x"]}`), patch.EntraID, 204},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHandler(t, scim.Config{Tolerate: scim.Tolerate{Quirks: c.quirks}})
			path := "/Groups"
			if c.method == "PATCH" {
				path += "/" + create(t, h, "G", "a")
			}
			do(t, h, c.method, path, c.body).is(t, c.status, "")
			strict := newHandler(t, scim.Config{Tolerate: scim.Tolerate{Quirks: patch.Strict}})
			if c.method == "PATCH" {
				path = "/Groups/" + create(t, strict, "G", "a")
			}
			a := do(t, strict, c.method, path, c.body)
			a.is(t, 400, oneOf(a.str("/scimType"), "invalidSyntax|invalidValue|noTarget"))
		})
	}
}
