// Package postgrestest finds the PostgreSQL that tests run on: the URL in
// SCIMGROUPS_POSTGRES, or else the database test at 127.0.0.1:5432.
package postgrestest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

const defaultURL = "postgres://postgres@127.0.0.1:5432/test?sslmode=disable"

// find answers where the server is, or why there is none. A server that answers and
// does not let us in is as good as none: it may be there for something else.
var find = sync.OnceValues(func() (string, error) {
	dsn := os.Getenv("SCIMGROUPS_POSTGRES")
	if dsn == "" {
		dsn = defaultURL
	} else if u, err := url.Parse(dsn); err != nil || u.Host == "" {
		return "", errors.New("SCIMGROUPS_POSTGRES is not a URL with a host")
	}
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return "", err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := db.PingContext(ctx); err != nil {
		return "", fmt.Errorf("no PostgreSQL to test on; SCIMGROUPS_POSTGRES can say where one is: %w", err)
	}
	return dsn, nil
})

// URL is where the server is, with further parameters. Without a server the test is
// skipped, unless SCIMGROUPS_REQUIRE_POSTGRES=1 or SCIMGROUPS_POSTGRES says that
// there has to be one.
func URL(t testing.TB, parameters url.Values) *url.URL {
	t.Helper()
	dsn, err := find()
	if err != nil {
		if os.Getenv("SCIMGROUPS_REQUIRE_POSTGRES") == "1" || os.Getenv("SCIMGROUPS_POSTGRES") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	for name, values := range parameters {
		query[name] = values
	}
	u.RawQuery = query.Encode()
	return u
}

// Schema makes an empty schema, which is dropped in the end, as is a pool of two
// connections beside it. Connections to the URL work in the schema and have its
// name as their application_name.
func Schema(t testing.TB) (u *url.URL, name string, beside *sql.DB) {
	t.Helper()
	name = Name()
	beside, err := sql.Open("pgx", URL(t, nil).String())
	if err != nil {
		t.Fatal(err)
	}
	beside.SetMaxOpenConns(2)
	t.Cleanup(func() { beside.Close() })
	if _, err := beside.ExecContext(t.Context(), `CREATE SCHEMA "`+name+`"`); err != nil {
		t.Fatal(err)
	}
	Drop(t, beside, name)
	return URL(t, url.Values{"search_path": {name}, "application_name": {name}}), name, beside
}

// Name makes up the name of a schema.
func Name() string { return "test_" + strings.ToLower(rand.Text()[:12]) }

// Drop drops a schema, if there is one, when the test has ended.
func Drop(t testing.TB, db *sql.DB, schema string) {
	t.Cleanup(func() {
		// The context of the test is over.
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := db.ExecContext(ctx, `DROP SCHEMA IF EXISTS "`+schema+`" CASCADE`); err != nil {
			t.Error(err)
		}
	})
}
