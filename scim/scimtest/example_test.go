package scimtest_test

import (
	"context"
	"fmt"
	"log"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/scimtest"
	"github.com/scimgroups/scimgroups/store/memory"
)

func Example() {
	handler, err := scim.NewHandler(scim.Config{Groups: memory.New(), Auth: scim.Auth{Authenticator: scim.BearerTokens("secret")}})
	if err != nil {
		log.Fatal(err)
	}
	report, err := scimtest.Check(context.Background(), scimtest.Target{
		Handler: handler, // or only a URL, "https://example.com/scim/v2"
		URL:     "/scim/v2",
		Token:   "secret",
	}, scimtest.Options{Profile: "okta"})
	if err != nil {
		log.Fatal(err)
	}
	for _, result := range report.Results {
		if report.Counts(&result) {
			fmt.Println(result.ID, result.Sentence, result.Failure)
		}
	}
	fmt.Println("conforms:", report.Conforms())
	// Output: conforms: true
}
