package main

import (
	"net/url"
	"path/filepath"
	"testing"

	"github.com/scimgroups/scimgroups/internal/databasetest"
)

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
		u, _, _ := databasetest.PostgreSQL.Schema(t)
		test(t, u.String())
	})
	t.Run("MariaDB", func(t *testing.T) {
		c := databasetest.MariaDB(t)
		u := url.URL{Scheme: "mysql", User: url.UserPassword(c.User, c.Passwd), Host: c.Addr, Path: "/" + c.DBName}
		test(t, u.String())
	})
}
