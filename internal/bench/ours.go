package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL
	_ "modernc.org/sqlite"             // SQLite

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
	"github.com/scimgroups/scimgroups/store/sqlstore"
)

// postgresDSN is where PostgreSQL is, if anywhere.
func postgresDSN() string { return os.Getenv("SCIMGROUPS_POSTGRES") }

const ourBase = "/scim/v2"

// serveGroups is a server of this module on a store.
func serveGroups(groups store.GroupStore, load func(context.Context, fixture) (string, error), closeAll func()) (*backend, error) {
	handler, err := scim.NewHandler(scim.Config{
		Groups:  groups,
		Auth:    scim.Auth{Authenticator: scim.Anonymous}, // the other servers do not authenticate either
		BaseURL: "http://scim.example" + ourBase,
	})
	if err != nil {
		return nil, err
	}
	return &backend{handler: handler, base: ourBase, load: load, close: closeAll}, nil
}

func openMemory(context.Context, string) (*backend, error) {
	groups := memory.New()
	return serveGroups(groups, func(ctx context.Context, f fixture) (string, error) {
		return create(ctx, groups, f, 1)
	}, nothing)
}

// grownBy is how many members a group of a fixture gets at a time. One that is made
// as a whole lies in memory in its order, as hardly one does that an identity
// provider has filled.
const grownBy = 1000

// create loads a fixture through the store; the first group before all others,
// which some goroutines share.
func create(ctx context.Context, groups store.GroupStore, f fixture, goroutines int) (first string, err error) {
	group := func(g int) (string, error) {
		members := make([]store.Member, f.Members)
		for m := range members {
			members[m] = store.Member{Value: f.member(g, m), Type: "User"}
		}
		first := members[:min(grownBy, len(members))]
		created, err := groups.Create(ctx, store.Group{DisplayName: f.name(g), Members: first})
		for at := len(first); at < len(members) && err == nil; at += grownBy {
			_, err = groups.Update(ctx, created.Group.ID, store.Update{Members: store.MemberEdits{{Op: store.AddMembers, Members: members[at:min(at+grownBy, len(members))]}}})
		}
		return created.Group.ID, err
	}
	if f.Groups == 0 {
		return "", nil
	}
	if first, err = group(0); err != nil {
		return "", err
	}
	var next atomic.Int64
	var all sync.WaitGroup
	errs := make([]error, goroutines)
	for i := range goroutines {
		all.Go(func() {
			for g := int(next.Add(1)); g < f.Groups && errs[i] == nil; g = int(next.Add(1)) {
				_, errs[i] = group(g)
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return "", err
		}
	}
	return first, nil
}

// openSQLite keeps groups in the file, as examples/server does: what was
// acknowledged survives a crash of the machine.
func openSQLite(ctx context.Context, where string) (*backend, error) {
	options := sqlstore.Options{Dialect: sqlstore.SQLite}
	open := func(synchronous string) (*sql.DB, *sqlstore.Store, error) {
		u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.Join(where, "groups.db")}).EscapedPath()}
		u.RawQuery = url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(" + synchronous + ")", "busy_timeout(10000)"}}.Encode()
		return openSQL(ctx, "sqlite", u.String(), 4, options)
	}
	db, groups, err := open("FULL")
	if err != nil {
		return nil, err
	}
	load := func(ctx context.Context, f fixture) (string, error) {
		// It need not survive anything before it is complete.
		fast, into, err := open("OFF")
		if err != nil {
			return "", err
		}
		defer fast.Close()
		id, err := create(ctx, into, f, 2)
		if err != nil {
			return "", err
		}
		_, err = fast.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
		return id, err
	}
	return serveGroups(groups, load, func() { db.Close() })
}

// openPostgres keeps groups in the schema. Commits wait for the disk, if the
// server is not told otherwise.
func openPostgres(ctx context.Context, where string) (*backend, error) {
	options := sqlstore.Options{Dialect: sqlstore.PostgreSQL, Schema: where}
	db, groups, err := openSQL(ctx, "pgx", postgresDSN(), 16, options)
	if err != nil {
		return nil, err
	}
	load := func(ctx context.Context, f fixture) (string, error) {
		dsn, err := url.Parse(postgresDSN())
		if err != nil {
			return "", err
		}
		parameters := dsn.Query()
		parameters.Set("synchronous_commit", "off")
		dsn.RawQuery = parameters.Encode()
		fast, into, err := openSQL(ctx, "pgx", dsn.String(), 8, options)
		if err != nil {
			return "", err
		}
		defer fast.Close()
		id, err := create(ctx, into, f, 8)
		if err != nil {
			return "", err
		}
		// What the database does by itself sooner or later.
		for _, table := range []string{"groups", "members"} {
			if _, err := fast.ExecContext(ctx, fmt.Sprintf(`VACUUM ANALYZE "%s"."%s%s"`, where, sqlstore.DefaultPrefix, table)); err != nil {
				return "", err
			}
		}
		return id, nil
	}
	return serveGroups(groups, load, func() { db.Close() })
}

func openSQL(ctx context.Context, driver, dsn string, connections int, options sqlstore.Options) (*sql.DB, *sqlstore.Store, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	groups, err := sqlstore.Open(ctx, db, options)
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	return db, groups, nil
}

// dropSchema removes what a server on PostgreSQL has left.
func dropSchema(ctx context.Context, schema string) error {
	db, err := sql.Open("pgx", postgresDSN())
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, fmt.Sprintf(`DROP SCHEMA IF EXISTS "%s" CASCADE`, schema))
	return err
}

// pingPostgres returns an error if there is no PostgreSQL to measure.
func pingPostgres(ctx context.Context) error {
	if postgresDSN() == "" {
		return errors.New("SCIMGROUPS_POSTGRES is not set")
	}
	db, err := sql.Open("pgx", postgresDSN())
	if err != nil {
		return err
	}
	defer db.Close()
	return db.PingContext(ctx)
}
