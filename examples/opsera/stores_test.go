package main

import (
	"net/http"
	"path/filepath"
	"testing"

	"github.com/scimgroups/scimgroups/internal/databasetest"
)

// onEachStore runs a test on the service over each kind of store, empty.
func onEachStore(t *testing.T, test func(t *testing.T, service http.Handler)) {
	for _, kind := range []struct {
		name  string
		where func(*testing.T) string
	}{
		{"memory", func(*testing.T) string { return "memory:" }},
		{"SQLite", func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "groups.db") }},
		{"PostgreSQL", func(t *testing.T) string {
			u, _, _ := databasetest.PostgreSQL.Schema(t)
			return u.String()
		}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			groups, closeStore, err := openStore(t.Context(), kind.where(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { closeStore() })
			service, err := newService(groups, transcriptToken, "")
			if err != nil {
				t.Fatal(err)
			}
			test(t, service)
		})
	}
}
