package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL
	_ "modernc.org/sqlite"             // SQLite, without cgo

	"github.com/scimgroups/scimgroups/scim/workspaceone"
	"github.com/scimgroups/scimgroups/store/memory"
	"github.com/scimgroups/scimgroups/store/sqlstore"
)

// openStore opens a store and returns a function that closes it.
func openStore(ctx context.Context, where string) (groups workspaceone.Groups, closeStore func() error, err error) {
	driver, source, dialect := "sqlite", "", sqlstore.SQLite
	switch scheme, file, _ := strings.Cut(where, ":"); {
	case where == "memory:":
		return memory.New(), func() error { return nil }, nil
	case scheme == "sqlite" && file != "":
		u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath()}
		// Readers do not wait for the writer (WAL), and what was acknowledged survives
		// a crash of the machine (FULL).
		u.RawQuery = url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)"}}.Encode()
		source = u.String()
	case scheme == "postgres" || scheme == "postgresql":
		driver, source, dialect = "pgx", where, sqlstore.PostgreSQL
	default:
		return nil, nil, fmt.Errorf("unknown store %q; it must be memory:, sqlite:FILE or postgres://…", where)
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	db.SetConnMaxIdleTime(5 * time.Minute)
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	groups, err = sqlstore.Open(ctx, db, sqlstore.Options{Dialect: dialect})
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	return groups, db.Close, nil
}
