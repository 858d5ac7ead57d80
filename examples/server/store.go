package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"   // MariaDB
	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL
	_ "modernc.org/sqlite"             // SQLite, without cgo

	"github.com/scimgroups/scimgroups/scim/workspaceone"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
	"github.com/scimgroups/scimgroups/store/sqlstore"
)

const (
	stores       = "memory:, sqlite:FILE, postgres://… or mysql://…"
	defaultStore = "sqlite:scimgroups.db"
)

// storeOptions are what a profile wants of the store.
type storeOptions struct {
	idFromName bool // the id of a group is its name
	directory  bool // groups have what Workspace ONE Access gives them
}

// over puts over a store what a profile wants there.
func (o storeOptions) over(groups workspaceone.Groups) store.GroupStore {
	if o.directory {
		return workspaceone.NewDirectory(groups)
	}
	return groups
}

// groupStore is an open store and how to close it and ask for its health.
type groupStore struct {
	store.GroupStore
	close func()
	ping  func(context.Context) error
}

// openStore opens the store that -store names.
func openStore(ctx context.Context, name string, o storeOptions) (*groupStore, error) {
	scheme, rest, _ := strings.Cut(name, ":")
	switch {
	case name == "memory:":
		return &groupStore{
			GroupStore: o.over(memory.NewWith(memory.Options{IDFromName: o.idFromName})),
			close:      func() {},
			ping:       func(context.Context) error { return nil },
		}, nil
	case scheme == "sqlite" && rest == ":memory:":
		// Each connection would have a database of its own.
		return nil, fmt.Errorf("store %q would be another one in each connection; memory: is one that works", name)
	case scheme == "sqlite" && rest != "":
		db, err := sql.Open("sqlite", sqliteDSN(rest))
		if err != nil {
			return nil, err
		}
		// One writer at a time, and readers beside it (WAL).
		db.SetMaxOpenConns(max(4, 2*runtime.NumCPU()))
		return openSQL(ctx, db, sqlstore.SQLite, o)
	case scheme == "postgres" || scheme == "postgresql":
		db, err := sql.Open("pgx", name)
		if err != nil {
			return nil, err
		}
		return openSQL(ctx, bounded(db), sqlstore.PostgreSQL, o)
	case scheme == "mysql":
		connector, err := mariaDBConnector(name)
		if err != nil {
			return nil, err
		}
		return openSQL(ctx, bounded(sql.OpenDB(connector)), sqlstore.MariaDB, o)
	}
	// Not the whole name, which may have a password in it.
	return nil, fmt.Errorf("unknown store %q; it must be %s", scheme+":", stores)
}

// bounded leaves room for a handful of replicas under the usual 100 connections.
func bounded(db *sql.DB) *sql.DB {
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db
}

// mariaDBConnector returns a connector for a URL, mysql://user:password@host:port/database.
// Its query has the parameters of the driver.
func mariaDBConnector(name string) (driver.Connector, error) {
	u, err := url.Parse(name)
	if err != nil {
		// Not the error, which has the URL in it and so the password.
		return nil, errors.New("the store mysql: is not a URL")
	}
	config, err := mysql.ParseDSN("/?" + u.RawQuery)
	if err != nil {
		return nil, err
	}
	config.Addr, config.DBName = u.Host, strings.TrimPrefix(u.Path, "/")
	config.User = u.User.Username()
	config.Passwd, _ = u.User.Password()
	config.InterpolateParams = true // a round trip less for each statement
	return mysql.NewConnector(config)
}

// sqliteDSN opens the file so that what was acknowledged survives a crash of the
// machine too (synchronous=FULL), and readers do not wait for the writer (WAL).
func sqliteDSN(file string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath()}
	u.RawQuery = url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)"}}.Encode()
	return u.String()
}

func openSQL(ctx context.Context, db *sql.DB, dialect sqlstore.Dialect, o storeOptions) (*groupStore, error) {
	options := sqlstore.Options{Dialect: dialect}
	if o.idFromName {
		options.NewID = func(g store.Group) string { return g.DisplayName }
		options.Nesting = store.NestingOff // a user may have the name of a group
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	groups, err := sqlstore.Open(ctx, db, options)
	if err != nil {
		db.Close()
		return nil, err
	}
	return &groupStore{GroupStore: o.over(groups), close: func() { db.Close() }, ping: db.PingContext}, nil
}

// serveHealth responds with 200 while the store responds.
func (g *groupStore) serveHealth(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := g.ping(ctx); err != nil {
		http.Error(w, "the store does not respond", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}
