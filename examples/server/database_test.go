package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const defaultDSN = "postgres://postgres@127.0.0.1:5432/test?sslmode=disable"

// postgresDSN is where PostgreSQL is, or why there is none.
var postgresDSN = sync.OnceValues(func() (string, error) {
	if dsn := os.Getenv("SCIMGROUPS_POSTGRES"); dsn != "" {
		return dsn, nil
	}
	conn, err := net.DialTimeout("tcp", "127.0.0.1:5432", time.Second)
	if err != nil {
		return "", fmt.Errorf("SCIMGROUPS_POSTGRES is not set and nothing answers at %s", defaultDSN)
	}
	conn.Close()
	return defaultDSN, nil
})

// postgres makes an empty schema, which is dropped in the end. It answers the
// URL of a store in it, whose connections have the name, and a connection beside
// that. Without a server the test is skipped, unless
// SCIMGROUPS_REQUIRE_POSTGRES=1 says that there has to be one.
func postgres(t *testing.T) (dsn, name string, db *sql.DB) {
	t.Helper()
	server, err := postgresDSN()
	if err != nil {
		if os.Getenv("SCIMGROUPS_REQUIRE_POSTGRES") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	u, err := url.Parse(server)
	if err != nil || u.Scheme == "" {
		t.Skip("SCIMGROUPS_POSTGRES is not a URL")
	}
	db, err = sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(2)
	t.Cleanup(func() { db.Close() })
	schema := "server_" + strings.ToLower(rand.Text()[:12])
	if _, err := db.ExecContext(t.Context(), `CREATE SCHEMA "`+schema+`"`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := db.ExecContext(ctx, `DROP SCHEMA "`+schema+`" CASCADE`); err != nil {
			t.Error(err)
		}
	})
	q := u.Query()
	q.Set("search_path", schema)
	q.Set("application_name", schema)
	u.RawQuery = q.Encode()
	return u.String(), schema, db
}

// onEachStore runs a test with an empty store of each kind, as -store names it;
// with those only that outlive the process if durable is set.
func onEachStore(t *testing.T, durable bool, test func(t *testing.T, store string)) {
	if !durable {
		t.Run("memory", func(t *testing.T) { test(t, "memory:") })
	}
	t.Run("SQLite", func(t *testing.T) {
		test(t, "sqlite:"+filepath.Join(t.TempDir(), "groups.db"))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		dsn, _, _ := postgres(t)
		test(t, dsn)
	})
}
