package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/store"
)

// Options describes a store where the contract leaves a choice. The zero value suits
// most stores.
type Options struct {
	// IDsFromNames says that the id of a group is made from its displayName. A new
	// group may then have the id of a deleted group of the same name, and the name
	// under which a group was created may remain unavailable after a rename.
	IDsFromNames bool
	// DuplicateNames says that several groups may have the same displayName.
	DuplicateNames bool
	// MemberValue returns the Value of member n, 0 <= n < 10,000, for a store that
	// returns a [store.UnknownMemberError] for members it does not know. It must
	// return the same Value for the same n and different Values for different n. It
	// is called concurrently. Defaults to nil, for a store that accepts any member.
	MemberValue func(n int) string
	// Nesting says how the store treats groups that are members of groups. A store
	// with a MemberValue must accept groups as members too. Defaults to nil, which
	// leaves nesting untested.
	Nesting *store.Nesting
}

// Run is RunWith with the zero Options.
func Run(t *testing.T, newStore func(t *testing.T) store.GroupStore) {
	RunWith(t, newStore, Options{})
}

// RunWith tests the stores that newStore returns. It runs one subtest for each
// sentence of the contract, in parallel. Each subtest calls newStore once, with its
// own t, and uses the store that it returns.
func RunWith(t *testing.T, newStore func(t *testing.T) store.GroupStore, o Options) {
	for _, cases := range [][]sentence{concurrency, creation, reading, updating, editing, deleting, listing,
		paging, scanning, counting, nesting, finding} {
		for _, c := range cases {
			t.Run(c.says, func(t *testing.T) {
				t.Parallel()
				c.test(&kit{T: t, ctx: t.Context(), s: newStore(t), o: o})
			})
		}
	}
}

// sentence is a sentence of the contract and the test that proves it.
type sentence struct {
	says string
	test func(k *kit)
}

// kit is a test with its store. Its methods end the test if a call fails that is
// not the subject of the test.
type kit struct {
	*testing.T
	ctx context.Context
	s   store.GroupStore
	o   Options
}

// everything selects all parts of a group.
var everything = store.Selection{Members: true, Extensions: true}

// value returns the Value of member n.
func (k *kit) value(n int) string {
	if k.o.MemberValue != nil {
		return k.o.MemberValue(n)
	}
	return fmt.Sprintf("member-%05d", n)
}

// people returns the members with the given numbers, without other sub-attributes.
func (k *kit) people(numbers ...int) []store.Member {
	out := make([]store.Member, len(numbers))
	for i, n := range numbers {
		out[i].Value = k.value(n)
	}
	return out
}

func (k *kit) values(numbers ...int) []string {
	out := make([]string, len(numbers))
	for i, n := range numbers {
		out[i] = k.value(n)
	}
	return out
}

// create creates a group and returns its head.
func (k *kit) create(g store.Group) store.Group {
	k.Helper()
	return k.created(g).Group
}

func (k *kit) created(g store.Group) store.Change {
	k.Helper()
	c, err := k.s.Create(k.ctx, g)
	if err != nil {
		k.Fatalf("Create(%q): %v", g.DisplayName, err)
	}
	return c
}

func (k *kit) get(id string) store.Group {
	k.Helper()
	g, err := k.s.Get(k.ctx, id, everything)
	if err != nil {
		k.Fatalf("Get(%q): %v", id, err)
	}
	return g
}

func (k *kit) update(id string, u store.Update) store.Change {
	k.Helper()
	c, err := k.s.Update(k.ctx, id, u)
	if err != nil {
		k.Fatalf("Update(%q): %v", id, err)
	}
	return c
}

// edit updates only members.
func (k *kit) edit(id string, edits ...store.MemberEdit) store.Change {
	k.Helper()
	return k.update(id, store.Update{Members: edits})
}

// rename returns an Update that sets the displayName.
func rename(name string) store.Update {
	return store.Update{Head: func(head *store.Group) error {
		head.DisplayName = name
		return nil
	}}
}

func (k *kit) delete(id string) store.Change {
	k.Helper()
	c, err := k.s.Delete(k.ctx, id, nil)
	if err != nil {
		k.Fatalf("Delete(%q): %v", id, err)
	}
	return c
}

func (k *kit) list(q store.Query) store.Page {
	k.Helper()
	p, err := k.s.List(k.ctx, q)
	if err != nil {
		k.Fatalf("List(%s): %v", describe(q), err)
	}
	return p
}

// all returns every group that the filter selects, with all its parts.
func (k *kit) all(filter string) []store.Group {
	k.Helper()
	q := store.Query{Limit: 1 << 20, Select: everything}
	if filter != "" {
		q.Filter = parse(k.T, filter)
	}
	return k.list(q).Groups
}

// same ends the test unless the group in the store equals want.
func (k *kit) same(want store.Group) {
	k.Helper()
	k.still(want.ID, show(want))
}

// shown returns a group as text, which cannot change even if the store returns
// memory that it keeps using.
func (k *kit) shown(id string) string {
	k.Helper()
	return show(k.get(id))
}

// still ends the test unless shown still returns was.
func (k *kit) still(id, was string) {
	k.Helper()
	if got := k.shown(id); got != was {
		k.Fatalf("the group is\n%s\nwant\n%s", got, was)
	}
}

// fails ends the test unless err is want, or wraps it.
func (k *kit) fails(err, want error) {
	k.Helper()
	if !errors.Is(err, want) {
		k.Fatalf("the error is %v, want %v", err, want)
	}
}

// conflicts ends the test unless err is a ConflictError for displayName.
func (k *kit) conflicts(err error) {
	k.Helper()
	var conflict *store.ConflictError
	if !errors.As(err, &conflict) || conflict.Attribute != "displayName" {
		k.Fatalf("the error is %v, want a ConflictError for displayName", err)
	}
}

func describe(q store.Query) string {
	var b strings.Builder
	if q.Filter != nil {
		fmt.Fprintf(&b, "filter %s ", q.Filter)
	}
	if q.SortBy != nil {
		fmt.Fprintf(&b, "sortBy %s ", q.SortBy)
	}
	fmt.Fprintf(&b, "descending %t offset %d limit %d from %q", q.Descending, q.Offset, q.Limit, string(q.From))
	return b.String()
}

// show returns a group as text, with the members sorted.
func show(g store.Group) string {
	return fmt.Sprintf(
		"id %q, externalId %q, displayName %q, created %s, lastModified %s, version %d, members %s, extensions %s",
		g.ID,
		g.ExternalID,
		g.DisplayName,
		g.Created,
		g.LastModified,
		g.Version,
		showMembers(g.Members),
		showJSON(g.Extensions),
	)
}

func showMembers(members []store.Member) string {
	members = slices.Clone(members)
	slices.SortFunc(members, func(a, b store.Member) int { return strings.Compare(a.Value, b.Value) })
	return fmt.Sprintf("%q", members)
}

func showValues(values []string) string {
	values = slices.Clone(values)
	sort.Strings(values)
	return fmt.Sprintf("%q", values)
}

// showJSON returns a value as text, with its Go types. It omits extensions without
// attributes.
func showJSON(v any) string {
	var b strings.Builder
	switch v := v.(type) {
	case store.Extensions:
		urns := make([]string, 0, len(v))
		for urn := range v {
			if len(v[urn]) > 0 {
				urns = append(urns, urn)
			}
		}
		sort.Strings(urns)
		for _, urn := range urns {
			fmt.Fprintf(&b, "%q: %s ", urn, showJSON(v[urn]))
		}
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		sort.Strings(names)
		b.WriteString("{")
		for _, name := range names {
			fmt.Fprintf(&b, "%q: %s ", name, showJSON(v[name]))
		}
		b.WriteString("}")
	case []any:
		b.WriteString("[")
		for _, item := range v {
			b.WriteString(showJSON(item) + " ")
		}
		b.WriteString("]")
	default:
		fmt.Fprintf(&b, "%T(%v)", v, v)
	}
	return b.String()
}

func ids(groups []store.Group) []string {
	out := make([]string, len(groups))
	for i := range groups {
		out[i] = groups[i].ID
	}
	return out
}
