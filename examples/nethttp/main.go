// Command nethttp mounts SCIM groups on a mux that a service has already, beside
// the service's own routes and its users, which a Server of elimity-com/scim
// serves. One base URL, one authentication, one truthful discovery.
//
//	SCIM_TOKEN=secret go run ./examples/nethttp
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	elimity "github.com/elimity-com/scim"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store/memory"
)

func main() {
	mux, err := newMux(os.Getenv("SCIM_TOKEN"), "http://127.0.0.1:8080/scim/v2")
	if err != nil {
		log.Fatal(err)
	}
	log.Println("listening on http://127.0.0.1:8080")
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", mux))
}

func newMux(token, baseURL string) (*http.ServeMux, error) {
	users, err := newUsers()
	if err != nil {
		return nil, err
	}
	groups, err := scim.NewHandler(scim.Config{
		Groups:  memory.New(),
		Auth:    scim.Auth{Authenticator: scim.BearerTokens(token)},
		BaseURL: baseURL,
		Limits:  scim.Limits{Timeout: 30 * time.Second},
		ResourceTypes: []scim.ResourceType{{
			Name: "User", Endpoint: "/Users", Description: "User Account",
			Schema: schema.CoreUserSchema(), Handler: users,
			MaxBody: 64 << 10, // that server parses filters and paths of any depth
		}},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "the service's own page")
	})
	mux.Handle("/scim/v2/", groups)
	return mux, nil
}

// newUsers is what the service had before: a SCIM server for its users.
func newUsers() (http.Handler, error) {
	return elimity.NewServer(&elimity.ServerArgs{
		ServiceProviderConfig: &elimity.ServiceProviderConfig{},
		ResourceTypes: []elimity.ResourceType{{
			ID:       optional.NewString("User"),
			Name:     "User",
			Endpoint: "/Users",
			Schema:   schema.CoreUserSchema(),
			Handler:  newUserStore(),
		}},
	})
}
