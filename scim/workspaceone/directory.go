// Package workspaceone is what Workspace ONE Access does with groups beside the
// protocol, which scim.WorkspaceONE speaks: it gives new groups a type and a domain,
// and says of each group in which others it is.
package workspaceone

import (
	"context"
	"iter"
	"slices"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// Groups is what a [Directory] needs of the store below.
type Groups interface {
	store.GroupStore
	store.MemberScanner
}

// Directory is a store with what Workspace ONE Access says of groups by itself: new
// ones have an internalGroupType and a domain, and all have their parents.
//
// Parents are all groups that hold the group, directly or through others, in the
// order of their ids. They are looked up whenever a group is read and are never
// stored, so the version of a group does not rise when it gets another parent. A
// list whose filter or order looks at parents reads all groups; everything else
// is left to the store.
type Directory struct{ Groups }

// NewDirectory makes a Directory over a store.
func NewDirectory(groups Groups) *Directory { return &Directory{groups} }

// The attribute of the extension that a Directory makes, and what it gives to
// new groups that come without.
const parents = "parents"

var defaults = map[string]any{"internalGroupType": "INTERNAL", "domain": "System Domain"}

// Create implements [store.GroupStore].
func (d *Directory) Create(ctx context.Context, g store.Group) (store.Change, error) {
	g.Extensions = g.Extensions.Clone() // they are the caller's
	if g.Extensions == nil {
		g.Extensions = store.Extensions{}
	}
	attributes := g.Extensions[Schema]
	if attributes == nil {
		attributes = map[string]any{}
		g.Extensions[Schema] = attributes
	}
	for name, value := range defaults {
		if attributes[name] == nil {
			attributes[name] = value
		}
	}
	return d.Groups.Create(ctx, g)
}

// Get implements [store.GroupStore].
func (d *Directory) Get(ctx context.Context, id string, sel store.Selection) (store.Group, error) {
	g, err := d.Groups.Get(ctx, id, sel)
	if err == nil && sel.Extensions {
		err = d.addParents(ctx, &g)
	}
	if err != nil {
		return store.Group{}, err
	}
	return g, nil
}

// List implements [store.GroupStore].
func (d *Directory) List(ctx context.Context, q store.Query) (store.Page, error) {
	if asksForParents(q) {
		return adapter.List(d.all(ctx, q), q)
	}
	page, err := d.Groups.List(ctx, q)
	if err == nil && q.Select.Extensions {
		err = d.addAllParents(ctx, page.Groups)
	}
	if err != nil {
		return store.Page{}, err
	}
	return page, nil
}

// asksForParents reports whether the result depends on the parents of groups.
func asksForParents(q store.Query) bool {
	if q.SortBy != nil && isOfParents(q.SortBy) {
		return true
	}
	for a := range q.Filter.Attributes() {
		if isOfParents(a) {
			return true
		}
	}
	return false
}

func isOfParents(a *filter.Attribute) bool {
	a = a.Top()
	return a.Extension && a.Schema == Schema && a.Name == parents
}

// all are all groups, with their parents and what else the query needs.
func (d *Directory) all(ctx context.Context, q store.Query) iter.Seq2[store.Group, error] {
	scan := store.Query{Limit: 100, SkipTotal: true,
		Select: store.Selection{Members: adapter.NeedsMembers(q), Extensions: true}}
	if !adapter.FilterNeedsMembers(q.Filter) {
		scan.Select.MaxMembers = q.Select.MaxMembers
	}
	return func(yield func(store.Group, error) bool) {
		for {
			page, err := d.Groups.List(ctx, scan)
			if err == nil {
				err = d.addAllParents(ctx, page.Groups)
			}
			if err != nil {
				yield(store.Group{}, err)
				return
			}
			for _, g := range page.Groups {
				if !yield(g, nil) {
					return
				}
			}
			if scan.From = page.Next; scan.From == "" {
				return
			}
		}
	}
}

// addAllParents adds their parents to groups. Mostly none of them has any, which
// one query in fifty groups tells.
func (d *Directory) addAllParents(ctx context.Context, groups []store.Group) error {
	for some := range slices.Chunk(groups, 50) {
		held, err := d.anyHeld(ctx, some)
		if err != nil {
			return err
		}
		for i := 0; held && i < len(some); i++ {
			if err := d.addParents(ctx, &some[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// anyHeld reports whether one of the groups is a member of a group.
func (d *Directory) anyHeld(ctx context.Context, groups []store.Group) (bool, error) {
	var one []filter.Node
	for i := range groups {
		is, err := filter.NewCompare(memberValue, filter.Eq, groups[i].ID)
		if err != nil {
			return false, err
		}
		one = append(one, is)
	}
	page, err := d.Groups.List(ctx, store.Query{Filter: filter.New(filter.AnyOf(one...)), Limit: 1, SkipTotal: true})
	return len(page.Groups) > 0, err
}

// memberValue is the attribute members.value.
var memberValue = func() *filter.Attribute {
	table, err := filter.NewTable(filter.Definition{Core: store.Schema()})
	if err != nil {
		panic(err) // the schema of groups is broken
	}
	return table.Lookup("members.value")
}()

// addParents adds its parents to a group.
func (d *Directory) addParents(ctx context.Context, g *store.Group) error {
	var found []any
	q := store.MembershipQuery{Member: g.ID, Transitive: true, Limit: store.DefaultMemberships}
	for more := true; more; {
		memberships, err := store.GroupsOf(ctx, d.Groups, q)
		if err != nil {
			return err
		}
		for i := range memberships {
			parent := &memberships[i].Group
			found = append(found, map[string]any{"value": parent.ID, "display": parent.DisplayName, "type": store.ResourceType})
			q.After = parent.ID
		}
		more = len(memberships) == q.Limit
	}
	if found == nil {
		return nil
	}
	if g.Extensions == nil {
		g.Extensions = store.Extensions{}
	}
	if g.Extensions[Schema] == nil {
		g.Extensions[Schema] = map[string]any{}
	}
	g.Extensions[Schema][parents] = found
	return nil
}
