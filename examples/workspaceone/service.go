package main

import (
	"net/http"
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/workspaceone"
)

const (
	base  = "/SAAS/jersey/manager/api/scim" // SCIM 1.1, as the product has it
	base2 = "/scim/v2"                      // SCIM 2.0
)

// newService serves the groups under both base paths. url is that of the service,
// without a path, or "".
func newService(groups workspaceone.Groups, auth scim.Authenticator, url string) (*http.ServeMux, error) {
	mux := http.NewServeMux()
	for path, dialect := range map[string]scim.Dialect{base: scim.WorkspaceONE, base2: scim.SCIM2} {
		c := scim.Config{
			Groups:     workspaceone.NewDirectory(groups),
			Auth:       scim.Auth{Authenticator: auth},
			Dialect:    dialect,
			Extensions: []filter.Extension{workspaceone.Extension()},
			// The product's clients ask for 10,000 groups at a time, and get 20 if they
			// do not say.
			Limits: scim.Limits{MaxCount: 10_000, DefaultCount: 20, Timeout: 30 * time.Second},
		}
		if url != "" {
			c.BaseURL = strings.TrimRight(url, "/") + path
		}
		handler, err := scim.NewHandler(c)
		if err != nil {
			return nil, err
		}
		mux.Handle(path+"/", handler)
	}
	return mux, nil
}
