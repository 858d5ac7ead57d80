package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

const (
	stores       = "memory:"
	defaultStore = "memory:"
)

// storeOptions are what a profile wants of the store.
type storeOptions struct {
	idFromName bool // the id of a group is its name
}

// groupStore is an open store and how to close it and ask for its health.
type groupStore struct {
	store.GroupStore
	close func()
	ping  func(context.Context) error
}

// openStore opens the store that -store names.
func openStore(_ context.Context, name string, o storeOptions) (*groupStore, error) {
	if name != "memory:" {
		return nil, fmt.Errorf("unknown store %q; there is %s", name, stores)
	}
	return &groupStore{
		GroupStore: memory.New(memory.Options{IDFromName: o.idFromName}),
		close:      func() {},
		ping:       func(context.Context) error { return nil },
	}, nil
}

// serveHealth answers 200 while the store answers.
func (g *groupStore) serveHealth(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := g.ping(ctx); err != nil {
		http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}
