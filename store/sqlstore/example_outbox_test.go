package sqlstore_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/scimgroups/scimgroups/scim/events"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/sqlstore"
)

// A service that notifies others of every change, with the events of RFC 9967: it reads
// entries from the outbox, and acknowledges those that it has delivered.
func ExampleOpenOutbox() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:example?mode=memory")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // otherwise each connection has a database of its own
	groups, err := sqlstore.OpenOutbox(ctx, db, sqlstore.Options{
		Dialect: sqlstore.SQLite,
		// These keep the output of the example the same.
		NewID: func(g store.Group) string { return "id-of-" + g.DisplayName },
		Clock: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
	})
	if err != nil {
		log.Fatal(err)
	}

	// The handler makes such changes for its clients.
	ctx = store.WithOrigin(ctx, store.Origin{Operation: "patch", Subject: "okta", RequestID: "r1"})
	g, err := groups.Create(ctx, store.Group{DisplayName: "crew"})
	if err != nil {
		log.Fatal(err)
	}
	_, err = groups.Update(ctx, g.Group.ID, store.Update{Head: func(head *store.Group) error {
		head.ExternalID = "c-1"
		return nil
	}, Members: store.MemberEdits{{Op: store.AddMembers, Members: []store.Member{{Value: "ann", Type: "User"}}}}})
	if err != nil {
		log.Fatal(err)
	}

	// One process reads the entries, in the order of the changes. If it dies before it has
	// acknowledged an entry, the next one gets that again. Receivers recognize it by the
	// txn claim.
	encoder, err := events.NewEncoder(events.Options{Issuer: "https://app.example.com", Full: true})
	if err != nil {
		log.Fatal(err)
	}
	send := func(claims events.Claims) error {
		for uri, event := range claims.Events {
			data, err := json.Marshal(event.Data)
			if err != nil {
				return err
			}
			fmt.Printf("%s\n%s\n", uri, data)
		}
		return nil
	}
	for {
		entries, err := groups.ReadOutbox(ctx, 100)
		if err != nil {
			log.Fatal(err)
		}
		if len(entries) == 0 {
			break // and try again later
		}
		for _, entry := range entries {
			claims, err := encoder.Claims(entry.Event)
			if err == nil {
				err = send(claims)
			}
			if err == nil {
				err = groups.AckOutbox(ctx, entry.Key)
			}
			if err != nil {
				log.Fatal(err)
			}
		}
	}
	// Entries that were not read for a month are of no use any more.
	if _, err := groups.PruneOutbox(ctx, time.Now().AddDate(0, -1, 0)); err != nil {
		log.Fatal(err)
	}

	// Output:
	// urn:ietf:params:scim:event:prov:create:full
	// {"displayName":"crew","id":"id-of-crew","meta":{"created":"2026-01-02T03:04:05Z","lastModified":"2026-01-02T03:04:05Z","resourceType":"Group","version":"W/\"1767323045000000\""},"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]}
	// urn:ietf:params:scim:event:prov:patch:full
	// {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"externalId","value":"c-1"},{"op":"add","path":"members","value":[{"type":"User","value":"ann"}]}]}
}
