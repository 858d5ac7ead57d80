package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/internal/transcript"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/workspaceone"
)

// onEachStore runs a test on the service over each kind of store, empty.
func onEachStore(t *testing.T, test func(t *testing.T, groups workspaceone.Groups, service *http.ServeMux)) {
	for _, kind := range []struct {
		name  string
		where func(*testing.T) string
	}{
		{"memory", func(*testing.T) string { return "memory:" }},
		{"SQLite", func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "groups.db") }},
		{"PostgreSQL", emptyPostgres},
	} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			groups, closeStore, err := openStore(t.Context(), kind.where(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { closeStore() })
			service, err := newService(groups, scim.BearerTokens(transcript.Token), "")
			if err != nil {
				t.Fatal(err)
			}
			test(t, groups, service)
		})
	}
}

// emptyPostgres is the URL of a schema of its own, which is dropped in the end.
// Without a server the test is skipped, unless SCIMGROUPS_REQUIRE_POSTGRES=1 says
// that there has to be one.
func emptyPostgres(t *testing.T) string {
	dsn := os.Getenv("SCIMGROUPS_POSTGRES")
	if dsn == "" {
		dsn = "postgres://postgres@127.0.0.1:5432/test?sslmode=disable"
		conn, err := net.DialTimeout("tcp", "127.0.0.1:5432", time.Second)
		if err != nil {
			if os.Getenv("SCIMGROUPS_REQUIRE_POSTGRES") == "1" {
				t.Fatal(err)
			}
			t.Skip("SCIMGROUPS_POSTGRES is not set and nothing answers at", dsn)
		}
		conn.Close()
	}
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	schema := "test_" + strings.ToLower(rand.Text()[:12])
	if _, err := db.ExecContext(t.Context(), `CREATE SCHEMA "`+schema+`"`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer db.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := db.ExecContext(ctx, `DROP SCHEMA "`+schema+`" CASCADE`); err != nil {
			t.Error(err)
		}
	})
	query := u.Query()
	query.Set("search_path", schema)
	u.RawQuery = query.Encode()
	return u.String()
}
