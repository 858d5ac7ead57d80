package ratelimit_test

import (
	"fmt"
	"log"
	"net/http/httptest"
	"time"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/ratelimit"
	"github.com/scimgroups/scimgroups/store/memory"
)

// A client may make two requests at once and then one a second; all of them
// together have 100 in flight, and none takes longer than ten seconds.
func Example() {
	h, err := scim.NewHandler(scim.Config{
		Groups: memory.New(),
		Auth:   scim.Auth{Authenticator: scim.BearerTokens("secret")},
		Limits: scim.Limits{MaxInFlight: 100, Timeout: 10 * time.Second},
	})
	if err != nil {
		log.Fatal(err)
	}
	limited := ratelimit.New(h, ratelimit.Options{PerSecond: 1, Burst: 2})
	for range 3 {
		r := httptest.NewRequest("GET", "/scim/v2/Groups", nil)
		r.Header.Set("Authorization", "Bearer secret")
		w := httptest.NewRecorder()
		limited.ServeHTTP(w, r)
		fmt.Printf("%d %q\n", w.Code, w.Header().Get("Retry-After"))
	}
	// Output:
	// 200 ""
	// 200 ""
	// 429 "1"
}
