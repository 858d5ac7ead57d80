package memory

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/scimgroups/scimgroups/store"
)

func TestGroupSetAgreesWithAMap(t *testing.T) {
	all := make([]*group, 3*sliceLimit)
	for i := range all {
		all[i] = &group{number: uint64(i)}
	}
	r := rand.New(rand.NewPCG(1, 2))
	var s groupSet
	model := map[*group]bool{}
	for step := range 40_000 {
		g := all[r.IntN(len(all))]
		// The set grows and shrinks in turn.
		if add := step/8000%2 == 0; add && r.IntN(4) > 0 || !add && r.IntN(4) == 0 {
			s.add(g)
			model[g] = true
		} else {
			s.remove(g)
			delete(model, g)
		}
		if s.len() != len(model) {
			t.Fatalf("step %d: len is %d, want %d", step, s.len(), len(model))
		}
		if step%97 == 0 {
			got := s.appendTo(nil)
			if !slices.IsSortedFunc(got, compareGroups) || len(got) != len(model) {
				t.Fatalf("step %d: %d groups, want %d, in order", step, len(got), len(model))
			}
			for _, g := range got {
				if !model[g] {
					t.Fatalf("step %d: a removed group is in the set", step)
				}
			}
		}
	}
}

func TestIndexesAgreeWithTheGroupsAfterRandomChanges(t *testing.T) {
	s := NewWith(Options{AllowDuplicateNames: true})
	ctx := context.Background()
	r := rand.New(rand.NewPCG(3, 4))
	var ids []string
	members := func(n int) (out []store.Member) {
		for range r.IntN(n) {
			out = append(out, store.Member{Value: []string{"%d", "M%d", "m%d"}[r.IntN(3)]})
			out[len(out)-1].Value = fmt.Sprintf(out[len(out)-1].Value, r.IntN(300))
		}
		return out
	}
	for step := range 3000 {
		switch i := r.IntN(10); {
		case len(ids) < 20 || i == 0 && len(ids) < 400:
			g, err := s.Create(ctx, store.Group{
				DisplayName: fmt.Sprint("Name ", r.IntN(20)),
				ExternalID:  fmt.Sprint(r.IntN(3)),
				Members:     members(90),
			})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, g.Group.ID)
		case i == 1:
			j := r.IntN(len(ids))
			if _, err := s.Delete(ctx, ids[j], nil); err != nil {
				t.Fatal(err)
			}
			ids = slices.Delete(ids, j, j+1)
		default:
			edits := store.MemberEdits{{Op: store.MemberOp(1 + r.IntN(6)), Members: members(140)}}
			for _, m := range members(140) {
				edits[0].Values = append(edits[0].Values, m.Value)
			}
			if edits[0].Op != store.ClearMembers && r.IntN(3) == 0 {
				display := fmt.Sprint(step)
				edits = append(edits, store.MemberEdit{Op: store.SetMatching, Set: store.MemberSet{Display: &display}})
			}
			u := store.Update{Members: edits}
			if i < 5 {
				name, external := fmt.Sprint("name ", r.IntN(20)), []string{"", "x"}[r.IntN(2)]
				u.Head = func(head *store.Group) error {
					head.DisplayName, head.ExternalID = name, external
					return nil
				}
			}
			_, err := s.Update(ctx, ids[r.IntN(len(ids))], u)
			if err != nil {
				t.Fatal(err)
			}
		}
		if step%100 == 0 {
			agree(t, s, len(ids))
		}
	}
	for _, id := range ids {
		if _, err := s.Delete(ctx, id, nil); err != nil {
			t.Fatal(err)
		}
	}
	agree(t, s, 0)
	if n := s.principals.tree.Len(); n != 0 {
		t.Errorf("the index has %d members of no group", n)
	}
}

// Readers would not see such members, since they examine the group too.
func TestARefusedChangeLeavesNoMemberInTheIndex(t *testing.T) {
	newcomers := []store.Member{{Value: "new"}, {Value: "old"}, {Value: "top"}}
	join := func(s *Store, id string, rename string) error {
		_, err := s.Update(t.Context(), id, store.Update{Head: func(head *store.Group) error {
			if rename != "" {
				head.DisplayName = rename
			}
			return nil
		}, Members: store.MemberEdits{{Op: store.AddMembers, Members: newcomers}}})
		return err
	}
	for name, change := range map[string]func(s *Store) error{
		"to a taken name": func(s *Store) error { return join(s, "low", "TOP") },
		"to a cycle":      func(s *Store) error { return join(s, "low", "") },
		"from two members to many": func(s *Store) error {
			newcomers := slices.Clone(newcomers)
			for i := range 3 * chunk {
				newcomers = append(newcomers, store.Member{Value: fmt.Sprint("one of many ", i)})
			}
			replace := store.MemberEdit{Op: store.ReplaceMembers, Members: newcomers}
			_, err := s.Update(t.Context(), "low", store.Update{Members: store.MemberEdits{replace}})
			return err
		},
		"by a new group with a taken name": func(s *Store) error {
			_, err := s.Create(t.Context(), store.Group{DisplayName: "Low", Members: newcomers})
			return err
		},
		"by a new group that closes a cycle": func(s *Store) error {
			_, err := s.Create(t.Context(), store.Group{DisplayName: "ghost", Members: newcomers})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := named(t, store.Group{DisplayName: "low", Members: []store.Member{{Value: "old"}, {Value: "ghost"}}},
				store.Group{DisplayName: "top", Members: []store.Member{{Value: "low"}}})
			before := s.principals.tree.Len()
			if err := change(s); err == nil {
				t.Fatal("the change is not refused")
			}
			agree(t, s, 2)
			if n := s.principals.tree.Len(); n != before {
				t.Errorf("the index has %d members, want %d", n, before)
			}
		})
	}
}

func agree(t *testing.T, s *Store, groups int) {
	t.Helper()
	for _, x := range []index{s.creation, s.ids, s.names, s.externals} {
		if x.len() != groups {
			t.Fatalf("an index has %d groups, want %d", x.len(), groups)
		}
	}
	memberships := 0
	s.creation.tree.Scan(func(e entry) bool {
		h := e.group.head.Load()
		for key, x := range map[string]index{h.folded: s.names, h.group.ExternalID: s.externals, e.group.id: s.ids} {
			if _, ok := x.tree.Get(entry{key: key, group: e.group}); !ok {
				t.Fatalf("%q is not in its index", key)
			}
		}
		if e.group.members.len() > 0 {
			e.group.members.tree.Scan(func(i item) bool {
				memberships++
				if !slices.Contains(s.principals.groupsOf(i.principal.value), e.group) {
					t.Fatalf("the index lacks the group of %q", i.principal.value)
				}
				return true
			})
		}
		return true
	})
	known := 0
	s.principals.tree.Scan(func(p *principal) bool {
		if p.groups.len() == 0 {
			t.Fatalf("%q is in no group", p.value)
		}
		known += p.groups.len()
		return true
	})
	if known != memberships {
		t.Fatalf("the groups have %d memberships, the index has %d", memberships, known)
	}
}
