package scim_test

import (
	"net/http"
	"testing"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/scimtest"
	"github.com/scimgroups/scimgroups/scim/workspaceone"
	"github.com/scimgroups/scimgroups/store/memory"
)

// transcriptToken is what the clients of transcripts send.
const transcriptToken = "transcript-token"

// Real clients are served correctly: what they sent is replayed over HTTP.
func TestTranscriptsOfRealClients(t *testing.T) {
	for _, client := range []string{"entra-legacy", "entra-aadoptscim062020", "okta-oin-patch", "okta-aiw-put", "authentik", "keycloak-mitodl"} {
		t.Run(client, func(t *testing.T) {
			h := newHandler(t, scim.Config{Auth: scim.Auth{Authenticator: scim.BearerTokens(transcriptToken)}})
			scimtest.Recorded(t, client).Replay(t, scimtest.Target{Handler: h, URL: "/scim/v2", Token: transcriptToken})
		})
	}
}

func TestTranscriptOfOpseraWithIDsFromNames(t *testing.T) {
	h := newHandler(t, scim.Config{
		Groups:  memory.NewWith(memory.Options{IDFromName: true}),
		Auth:    scim.Auth{Authenticator: scim.BearerTokens(transcriptToken), PublicDiscovery: true},
		Dialect: scim.Opsera,
	})
	scimtest.Recorded(t, "opsera").Replay(t, scimtest.Target{Handler: h, URL: "/api/v2/scim/v2", Token: transcriptToken})
}

func TestTranscriptOfWorkspaceONEAccess(t *testing.T) {
	h := newHandler(t, scim.Config{
		Auth:       scim.Auth{Authenticator: scim.BearerTokens(transcriptToken)},
		Dialect:    scim.WorkspaceONE,
		Extensions: []filter.Extension{workspaceone.Extension()},
	})
	scimtest.Recorded(t, "workspace-one-access").Replay(t, scimtest.Target{Handler: h, URL: "/SAAS/jersey/manager/api/scim", Token: transcriptToken})
}

// newHandler fills in what most tests do not care about.
func newHandler(t testing.TB, c scim.Config) http.Handler {
	t.Helper()
	if c.Groups == nil && c.SelectTenant == nil {
		c.Groups = memory.New()
	}
	if c.Auth.Authenticator == nil {
		c.Auth.Authenticator = scim.Anonymous
	}
	if c.Tolerate.Quirks == 0 && c.Profile == 0 {
		// Bodies without schemas are tolerated by default, which would hide what is wrong
		// with them; TestEveryQuirkMakesTheDifferenceAndIsReportedOnce is about that.
		c.Tolerate.Quirks = patch.Default &^ patch.MissingSchemas
	}
	h, err := scim.NewHandler(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}
