// Package databasetest gives tests empty schemas and databases on servers.
//
// A test uses a server only if an environment variable says where it is:
//
//	SCIMGROUPS_POSTGRES   URL of a database on PostgreSQL
//	SCIMGROUPS_PGBOUNCER  URL of a database behind PgBouncer in transaction mode
//	SCIMGROUPS_CITUS      URL of a database on PostgreSQL with the extension citus
//	SCIMGROUPS_MARIADB    DSN of MariaDB or MySQL, as github.com/go-sql-driver/mysql reads it
//
// Without its variable a test is skipped, with a message that names the variable.
// With SCIMGROUPS_REQUIRE=1 it fails instead, unless the variable is "none".
// A named server that does not respond fails the test in any case.
package databasetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Server is a server that speaks the protocol of PostgreSQL: the name of the
// environment variable that has its URL.
type Server string

// The servers that tests may use.
const (
	PostgreSQL Server = "SCIMGROUPS_POSTGRES"
	PgBouncer  Server = "SCIMGROUPS_PGBOUNCER"
	Citus      Server = "SCIMGROUPS_CITUS"
)

const mariaDB = "SCIMGROUPS_MARIADB"

// lookUp returns the value of the variable that names a server. It skips the test,
// or fails it, if there is none.
func lookUp(t testing.TB, variable string) string {
	t.Helper()
	value := os.Getenv(variable)
	switch {
	case value == "none":
		t.Skipf("%s is none", variable)
	case value == "" && os.Getenv("SCIMGROUPS_REQUIRE") == "1":
		t.Fatalf("SCIMGROUPS_REQUIRE is 1, and %s is not set", variable)
	case value == "":
		t.Skipf("set %s to run this test", variable)
	}
	return value
}

// URL returns the URL of the server with further parameters.
func (s Server) URL(t testing.TB, parameters url.Values) *url.URL {
	t.Helper()
	u, err := url.Parse(lookUp(t, string(s)))
	if err != nil || u.Host == "" {
		t.Fatalf("%s is not a URL with a host", s)
	}
	query := u.Query()
	for name, values := range parameters {
		query[name] = values
	}
	u.RawQuery = query.Encode()
	return u
}

// Schema creates an empty schema and drops it when the test has ended. Connections
// to the URL work in the schema and have its name as their application_name.
// beside is a pool of two connections that work outside the schema. PgBouncer
// rejects connections with a search_path, so the URL is of no use there.
func (s Server) Schema(t testing.TB) (u *url.URL, name string, beside *sql.DB) {
	t.Helper()
	name = Name()
	beside, err := sql.Open("pgx", s.URL(t, nil).String())
	if err != nil {
		t.Fatal(err)
	}
	beside.SetMaxOpenConns(2)
	t.Cleanup(func() { beside.Close() })
	execute(t.Context(), t, beside, `CREATE SCHEMA "`+name+`"`)
	Drop(t, beside, name)
	return s.URL(t, url.Values{"search_path": {name}, "application_name": {name}}), name, beside
}

// MariaDB creates an empty database and drops it when the test has ended. It
// returns the configuration of connections to it.
func MariaDB(t testing.TB) *mysql.Config {
	t.Helper()
	config, err := mysql.ParseDSN(lookUp(t, mariaDB))
	if err != nil {
		t.Fatalf("%s: %v", mariaDB, err)
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatalf("%s: %v", mariaDB, err)
	}
	beside := sql.OpenDB(connector)
	t.Cleanup(func() { beside.Close() })
	config = config.Clone()
	config.DBName = Name()
	execute(t.Context(), t, beside, "CREATE DATABASE `"+config.DBName+"`")
	dropAfter(t, beside, "DROP DATABASE `"+config.DBName+"`")
	return config
}

// Name returns a new name for a schema or a database.
func Name() string { return "test_" + strings.ToLower(rand.Text()[:12]) }

// Drop drops a schema, if it exists, when the test has ended.
func Drop(t testing.TB, db *sql.DB, schema string) {
	dropAfter(t, db, `DROP SCHEMA IF EXISTS "`+schema+`" CASCADE`)
}

// dropAfter executes a statement when the test, and with it its context, has ended.
func dropAfter(t testing.TB, db *sql.DB, statement string) {
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		execute(ctx, t, db, statement)
	})
}

func execute(ctx context.Context, t testing.TB, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
