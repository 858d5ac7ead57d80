package main

import (
	"context"
	"fmt"
	"net/http"
)

// A backend is a SCIM server, or what stands for one, inside of its process.
type backend struct {
	// handler serves the path base + "/Groups" and what lies below.
	handler http.Handler
	base    string
	// load fills it and returns the id of the first group.
	load func(ctx context.Context, f fixture) (id string, err error)
	// record, if not nil, takes a response to repeat.
	record func(exchange)
	close  func()
}

// kind is a server that can be measured.
type kind struct {
	// name on the command line, and title in tables.
	name, title string
	// ours says that it is a server of this module.
	ours bool
	// open makes the server. Where names the file or schema that is its own.
	open func(ctx context.Context, where string) (*backend, error)
}

// kinds are the servers, in the order of the tables.
var kinds = []*kind{
	{name: "memory", title: "scimgroups, memory", ours: true, open: openMemory},
	{name: "sqlite", title: "scimgroups, SQLite", ours: true, open: openSQLite},
	{name: "postgres", title: "scimgroups, PostgreSQL", ours: true, open: openPostgres},
	{name: "scimgateway", title: "scimgateway", open: openScimgateway},
	{name: "elimity", title: "elimity-com/scim", open: openElimity},
	{name: "bare", title: "bare net/http", open: openBare},
}

func kindNamed(name string) (*kind, error) {
	for _, k := range kinds {
		if k.name == name {
			return k, nil
		}
	}
	return nil, fmt.Errorf("there is no server %q", name)
}

func nothing() {}
