package scim_test

import (
	"net/http"
	"testing"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/transcript"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/workspaceone"
	"github.com/scimgroups/scimgroups/store/memory"
)

// Real clients are served correctly: what they sent is replayed over HTTP.
func TestTranscriptsOfRealClients(t *testing.T) {
	for _, client := range []string{"entra-legacy", "okta-oin-patch", "okta-aiw-put", "authentik", "keycloak-mitodl"} {
		t.Run(client, func(t *testing.T) {
			h := newHandler(t, scim.Config{Authenticate: scim.BearerTokens(transcript.Token)})
			transcript.Replay(t, transcript.Load(t, "../testdata/clients/"+client+".json"), h, "/scim/v2")
		})
	}
}

func TestTranscriptOfOpseraWithIDsFromNames(t *testing.T) {
	h := newHandler(t, scim.Config{
		Groups:          memory.NewWith(memory.Options{IDFromName: true}),
		Authenticate:    scim.BearerTokens(transcript.Token),
		Dialect:         scim.Opsera,
		PublicDiscovery: true,
	})
	transcript.Replay(t, transcript.Load(t, "../testdata/clients/opsera.json"), h, "/api/v2/scim/v2")
}

func TestTranscriptOfWorkspaceONEAccess(t *testing.T) {
	h := newHandler(t, scim.Config{
		Authenticate: scim.BearerTokens(transcript.Token),
		Dialect:      scim.WorkspaceONE,
		Extensions:   []filter.Extension{workspaceone.Extension()},
	})
	transcript.Replay(t, transcript.Load(t, "../testdata/clients/workspace-one-access.json"), h, "/SAAS/jersey/manager/api/scim")
}

// newHandler fills in what most tests do not care about.
func newHandler(t testing.TB, c scim.Config) http.Handler {
	t.Helper()
	if c.Groups == nil && c.SelectTenant == nil {
		c.Groups = memory.New()
	}
	if c.Authenticate == nil {
		c.Authenticate = scim.Anonymous
	}
	h, err := scim.NewHandler(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}
