// Customstore lets SCIM clients manage the teams of an application that has its
// own way to keep them. store.go is all that it takes; store_test.go proves it.
//
//	SCIM_TOKEN=a-long-secret go run ./examples/customstore
//	curl -H 'Authorization: Bearer a-long-secret' http://localhost:8080/scim/v2/Groups
package main

import (
	"log"
	"net/http"
	"os"
	"time"

	"github.com/scimgroups/scimgroups/scim"
)

func main() {
	mux, err := newMux(NewAppGroups(), os.Getenv("SCIM_TOKEN"))
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: "localhost:8080", Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	log.Printf("listening on %s", server.Addr)
	log.Fatal(server.ListenAndServe())
}

// newMux serves the teams of the application to clients that know the token.
func newMux(teams *AppGroups, token string) (*http.ServeMux, error) {
	h, err := scim.NewHandler(scim.Config{
		Groups:  teams,
		Auth:    scim.Auth{Authenticator: scim.BearerTokens(token)},
		BaseURL: "http://localhost:8080/scim/v2",
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/scim/v2/", h)
	return mux, nil
}
