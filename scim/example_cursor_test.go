package scim_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http/httptest"
	"net/url"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store/memory"
)

// A client reads all groups in pages by cursor (RFC 9865): nothing is skipped or
// repeated, even if groups come and go in the meantime. Wherever a service runs
// more than once its instances have the same keys; the first one seals, all of
// them open.
func ExampleConfig_cursorKeys() {
	h, err := scim.NewHandler(scim.Config{
		Groups:  memory.New(),
		Auth:    scim.Auth{Authenticator: scim.BearerTokens("secret")},
		Cursors: scim.Cursors{Keys: [][]byte{[]byte("the new key of 32 random bytes.."), []byte("the old key of 32 random bytes..")}},
	})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	for _, name := range []string{"Guides", "Drivers", "Cooks", "Pilots", "Porters"} {
		call(server, "POST", "", "/Groups", "secret", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"`+name+`"}`)
	}

	cursor := ""
	for {
		_, content := call(server, "GET", "", "/Groups?count=2&sortBy=displayName&cursor="+url.QueryEscape(cursor), "secret", "")
		var page struct {
			TotalResults int
			NextCursor   string
			Resources    []struct{ DisplayName string }
		}
		if err := json.Unmarshal(content, &page); err != nil {
			log.Fatal(err)
		}
		fmt.Println(page.TotalResults, page.Resources)
		if page.NextCursor == "" {
			break
		}
		cursor = page.NextCursor
	}
	// Output:
	// 5 [{Cooks} {Drivers}]
	// 5 [{Guides} {Pilots}]
	// 5 [{Porters}]
}
