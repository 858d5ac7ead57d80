package events_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/events"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// Every change of a group becomes the claims of a Security Event Token, which the host
// signs and delivers.
func ExampleEncoder() {
	encoder, err := events.NewEncoder(events.Options{
		Issuer:   "https://app.example.com",
		Audience: []string{"https://receiver.example.com"},
		Full:     true,
		// Fixed, so that this example always prints the same.
		NewID:       func() string { return "4d3559ec" },
		Now:         func() time.Time { return time.Unix(1458496404, 0) },
		Transaction: func(ev store.Event) string { return ev.RequestID },
	})
	if err != nil {
		log.Fatal(err)
	}
	h, err := scim.NewHandler(scim.Config{
		Groups: memory.New(),
		Auth:   scim.Auth{Authenticator: scim.Anonymous},
		OnChange: func(_ context.Context, ev store.Event) {
			claims, err := encoder.Claims(ev)
			if err != nil {
				log.Print(err)
				return
			}
			if ev.Operation != store.OperationPatch {
				return
			}
			claims.EventTime, claims.SubjectID.URI, claims.SubjectID.ID = 0, "/Groups/1", "1"
			for uri, payload := range claims.Events {
				payload.Version = `W/"2"`
				claims.Events[uri] = payload
			}
			text, err := json.MarshalIndent(claims, "", " ")
			if err != nil {
				log.Print(err)
			}
			fmt.Println(string(text)) // to be signed
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	send := func(method, path, body string) string {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/scim+json")
		r.Header.Set("X-Request-Id", "b7b953f1")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Body.String()
	}
	var group struct{ ID string }
	created := send("POST", "/Groups", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
		"displayName": "Tour Guides", "members": [{"value": "u-1"}]}`)
	if err := json.Unmarshal([]byte(created), &group); err != nil {
		log.Fatal(err)
	}
	send("PATCH", "/Groups/"+group.ID, `{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
		"Operations": [{"op": "add", "path": "members", "value": [{"value": "u-1"}, {"value": "u-2"}]}]}`)
	// Output:
	// {
	//  "iss": "https://app.example.com",
	//  "aud": [
	//   "https://receiver.example.com"
	//  ],
	//  "jti": "4d3559ec",
	//  "iat": 1458496404,
	//  "txn": "b7b953f1",
	//  "sub_id": {
	//   "format": "scim",
	//   "uri": "/Groups/1",
	//   "id": "1"
	//  },
	//  "events": {
	//   "urn:ietf:params:scim:event:prov:patch:full": {
	//    "version": "W/\"2\"",
	//    "data": {
	//     "schemas": [
	//      "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	//     ],
	//     "Operations": [
	//      {
	//       "op": "add",
	//       "path": "members",
	//       "value": [
	//        {
	//         "value": "u-2"
	//        }
	//       ]
	//      }
	//     ]
	//    }
	//   }
	//  }
	// }
}
