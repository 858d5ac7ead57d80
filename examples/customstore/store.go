package main

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// Team is what this application calls a group, and had before there was SCIM.
type Team struct {
	ID, Name string
	Users    []store.Member // ids of users, and what SCIM clients say of them

	// What SCIM needs to know besides.
	ExternalID        string
	Extensions        store.Extensions
	Created, Modified time.Time
	Version           store.Version
}

// AppGroups lets SCIM clients manage the teams of the application. Everything is
// behind one mutex; a database would have a transaction in its place.
type AppGroups struct {
	mu    sync.Mutex
	teams map[string]*Team
}

// NewAppGroups makes an application without teams.
func NewAppGroups() *AppGroups { return &AppGroups{teams: map[string]*Team{}} }

// group is the team as SCIM sees it.
func (t *Team) group() store.Group {
	return store.Group{ID: t.ID, DisplayName: t.Name, Members: t.Users, ExternalID: t.ExternalID,
		Extensions: t.Extensions, Created: t.Created, LastModified: t.Modified, Version: t.Version}
}

// team is the group as the application keeps it.
func team(g store.Group) *Team {
	return &Team{ID: g.ID, Name: g.DisplayName, Users: g.Members, ExternalID: g.ExternalID,
		Extensions: g.Extensions, Created: g.Created, Modified: g.LastModified, Version: g.Version}
}

// Create implements [store.GroupStore].
func (a *AppGroups) Create(ctx context.Context, g store.Group) (store.Change, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return store.Change{}, err
	}
	if a.taken(g.DisplayName, "") {
		return store.Change{}, &store.ConflictError{Attribute: "displayName"}
	}
	g, change := adapter.New(g, adapter.NewID(), time.Now())
	a.teams[g.ID] = team(g)
	return change, nil
}

// Get implements [store.GroupStore].
func (a *AppGroups) Get(ctx context.Context, id string, sel store.Selection) (store.Group, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, err := a.find(ctx, id)
	if err != nil {
		return store.Group{}, err
	}
	return adapter.Select(t.group(), sel), nil
}

// List implements [store.GroupStore].
func (a *AppGroups) List(ctx context.Context, q store.Query) (store.Page, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return adapter.List(a.all(ctx), q)
}

// Update implements [store.GroupStore].
func (a *AppGroups) Update(ctx context.Context, id string, u store.Update) (store.Change, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, err := a.find(ctx, id)
	if err != nil {
		return store.Change{}, err
	}
	after, change, err := adapter.Apply(t.group(), u, time.Now())
	if err != nil {
		return store.Change{}, err
	}
	if a.taken(after.DisplayName, id) {
		return store.Change{}, &store.ConflictError{Attribute: "displayName"}
	}
	a.teams[id] = team(after)
	return change, nil
}

// Delete implements [store.GroupStore].
func (a *AppGroups) Delete(ctx context.Context, id string, c *store.Condition) (store.Change, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, err := a.find(ctx, id)
	if err != nil {
		return store.Change{}, err
	}
	change, err := adapter.Deleted(t.group(), c)
	if err != nil {
		return store.Change{}, err
	}
	delete(a.teams, id)
	return change, nil
}

// find finds a team.
func (a *AppGroups) find(ctx context.Context, id string) (*Team, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if t := a.teams[id]; t != nil {
		return t, nil
	}
	return nil, store.ErrNotFound
}

// taken reports whether a team other than id has the name.
func (a *AppGroups) taken(name, id string) bool {
	for other, t := range a.teams {
		if other != id && filter.Fold(t.Name) == filter.Fold(name) {
			return true
		}
	}
	return false
}

// all goes through all teams.
func (a *AppGroups) all(ctx context.Context) iter.Seq2[store.Group, error] {
	return func(yield func(store.Group, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(store.Group{}, err)
			return
		}
		for _, t := range a.teams {
			if !yield(t.group(), nil) {
				return
			}
		}
	}
}
