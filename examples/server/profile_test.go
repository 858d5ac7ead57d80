package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/scimgroups/scimgroups/scim/scimtest"
)

// transcriptToken is what the clients of transcripts send.
const transcriptToken = "transcript-token"

// transcripts are the clients that each profile has to serve, and the base that
// they were recorded with.
var transcripts = map[string]struct {
	base    string
	clients []string
}{
	"default":      {"/scim/v2", []string{"authentik", "entra-legacy", "keycloak-mitodl", "okta-aiw-put", "okta-oin-patch"}},
	"lenient":      {"/scim/v2", []string{"authentik", "entra-legacy", "keycloak-mitodl", "okta-aiw-put", "okta-oin-patch"}},
	"strict":       {"/scim/v2", []string{"keycloak-mitodl", "okta-aiw-put", "okta-oin-patch"}}, // the others need quirks
	"interop":      {"/scim/v2", []string{"keycloak-mitodl", "okta-aiw-put"}},                   // the others send operations without a path
	"ipsie":        {"/scim/v2", []string{"keycloak-mitodl", "okta-aiw-put"}},
	"opsera":       {"/api/v2/scim/v2", []string{"opsera"}},
	"workspaceone": {"/SAAS/jersey/manager/api/scim", []string{"workspace-one-access"}},
	"scim11":       {"/scim/v1", nil}, // see below
}

func TestEachProfileServesItsClientsOnEachStore(t *testing.T) {
	for _, profile := range profileNames() {
		c, ok := transcripts[profile]
		if !ok {
			t.Errorf("nobody is known to use profile %s", profile)
		}
		for _, client := range c.clients {
			t.Run(profile+" serves "+client, func(t *testing.T) {
				onEachStore(t, false, func(t *testing.T, store string) {
					handler := replayable(t, profile, c.base, store)
					scimtest.Recorded(t, client).Replay(t, scimtest.Target{Handler: handler, URL: c.base, Token: transcriptToken})
				})
			})
		}
	}
}

// What a profile claims to be, it is.
func TestEachProfilePassesItsCheck(t *testing.T) {
	for profile, check := range map[string]string{"default": "default", "strict": "rfc7644", "interop": "interop", "ipsie": "ipsie",
		"opsera": "opsera", "workspaceone": "workspaceone"} {
		t.Run(profile, func(t *testing.T) {
			base := transcripts[profile].base
			onEachStore(t, false, func(t *testing.T, store string) {
				target := scimtest.Target{Handler: replayable(t, profile, base, store), URL: base, Token: transcriptToken}
				scimtest.Run(t, target, scimtest.Options{Profile: check})
			})
		})
	}
}

// replayable is the handler of a server that lets transcripts in.
func replayable(t *testing.T, profile, base, store string) http.Handler {
	t.Helper()
	handler, groups, err := newService(t.Context(), &settings{base: base, token: transcriptToken, store: store, profile: profile})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(groups.close)
	return handler
}

// There is no recording of a client of SCIM 1.1; this is what one does (draft-scim-api-01).
func TestTheProfileForSCIM11SpeaksItOnEachStore(t *testing.T) {
	onEachStore(t, false, func(t *testing.T, store string) {
		server := httptest.NewServer(replayable(t, "scim11", "/scim/v1", store))
		defer server.Close()
		c := newClient(server.URL+"/scim/v1", transcriptToken)
		c.must(t, http.StatusOK, http.MethodGet, "/ServiceProviderConfigs", nil)
		a := c.must(t, http.StatusCreated, http.MethodPost, "/Groups",
			`{"schemas":["urn:scim:schemas:core:1.0"],"displayName":"Tour Guides","members":[{"value":"u1"},{"value":"u2"}]}`)
		if !bytes.Contains(a.body, []byte(`"urn:scim:schemas:core:1.0"`)) {
			t.Errorf("the new group is %s", a.body)
		}
		g, err := a.group()
		if err != nil {
			t.Fatal(err)
		}
		a, err = c.send(http.MethodPatch, "/Groups/"+g.ID,
			`{"schemas":["urn:scim:schemas:core:1.0"],"members":[{"value":"u1","operation":"delete"},{"value":"u3"}]}`)
		if err != nil || a.status != http.StatusOK && a.status != http.StatusNoContent {
			t.Fatalf("PATCH: %+v, %v", a, err)
		}
		var members []string
		for _, m := range c.read(t, g.ID).Members {
			members = append(members, m.Value)
		}
		slices.Sort(members)
		if !slices.Equal(members, []string{"u2", "u3"}) {
			t.Errorf("the members are %q", members)
		}
		a = c.must(t, http.StatusNotFound, http.MethodGet, "/Groups/nobody", nil)
		if !bytes.Contains(a.body, []byte(`{"Errors":[`)) {
			t.Errorf("an error is %s", a.body)
		}
	})
}

// get is the status of an answer.
func get(handler http.Handler, path string) int {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code
}
