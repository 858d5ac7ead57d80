package adapter_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
	"github.com/scimgroups/scimgroups/store/memory"
)

func TestTypeEditsTypesGroupsAndDoesNotChangeItsArguments(t *testing.T) {
	isGroup := func(id string) bool { return id == "g" || id == "h" }
	plain := []store.Member{{Value: "u"}, {Value: "g", Display: "G"}, {Value: "h", Type: "User"}}
	typed := []store.Member{{Value: "u"}, {Value: "g", Display: "G", Type: "Group"}, {Value: "h", Type: "User"}}
	for name, c := range map[string]struct {
		edit store.MemberEdit
		want []store.Member
	}{
		"added members":           {store.MemberEdit{Op: store.AddMembers, Members: plain}, typed},
		"replacing members":       {store.MemberEdit{Op: store.ReplaceMembers, Members: plain}, typed},
		"members without a group": {store.MemberEdit{Op: store.AddMembers, Members: plain[:1]}, plain[:1]},
		"no members":              {store.MemberEdit{Op: store.ReplaceMembers}, nil},
		"an edit of no members":   {store.MemberEdit{Op: store.SetMatching, Members: plain}, plain},
	} {
		t.Run(name, func(t *testing.T) {
			given := store.MemberEdits{{Op: store.ClearMembers}, c.edit, c.edit}
			before := slices.Clone(plain)
			got := adapter.TypeEdits(given, isGroup)
			if len(got) != 3 || !slices.Equal(got[1].Members, c.want) || !slices.Equal(got[2].Members, c.want) {
				t.Errorf("%+v", got)
			}
			if !slices.Equal(plain, before) || !slices.Equal(given[1].Members, c.edit.Members) {
				t.Errorf("given %+v", given)
			}
		})
	}
	g := store.Group{Members: plain}
	if got := adapter.TypeMembers(g.Members, isGroup); !slices.Equal(got, typed) || g.Members[1].Type != "" {
		t.Errorf("%+v of %+v", got, g)
	}
}

func TestPlanExaminesAllMembersIfValueIsNotCaseExact(t *testing.T) {
	table, err := filter.NewTable(filter.Definition{Core: schema.CoreGroupSchema()})
	if err != nil {
		t.Fatal(err)
	}
	p, err := table.Path(`members[value eq "A"]`, nil)
	if err != nil {
		t.Fatal(err)
	}
	members := []store.Member{{Value: "A"}, {Value: "a"}, {Value: "b"}}
	remove := store.MemberEdit{Op: store.RemoveMatching, Where: p.Where, MustMatch: true}
	after, _, err := adapter.ApplyEdits(members, store.MemberEdits{remove})
	if err != nil || len(after) != 1 || after[0].Value != "b" {
		t.Errorf("%+v, %v", after, err)
	}
}

func TestGroupsOfReturnsTheErrorOfTheStore(t *testing.T) {
	mine := errors.New("mine")
	for _, transitive := range []bool{false, true} {
		s := &failing{GroupStore: memory.New(), err: mine}
		found, err := store.GroupsOf(t.Context(), s, store.MembershipQuery{Member: "x", Transitive: transitive})
		if !errors.Is(err, mine) || found != nil {
			t.Errorf("%v, %v", found, err)
		}
	}
}

// failing is a store that cannot list.
type failing struct {
	store.GroupStore
	err error
}

func (f *failing) List(context.Context, store.Query) (store.Page, error) {
	return store.Page{Groups: []store.Group{{ID: "half"}}}, f.err
}
