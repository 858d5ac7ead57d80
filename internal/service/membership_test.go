package service_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/store"
)

func newMemberships(t testing.TB, w *world) *service.Memberships {
	t.Helper()
	text, err := os.ReadFile("../../scim/schemas/groupmember.json")
	if err != nil {
		t.Fatal(err)
	}
	var s schema.Schema
	if err := s.UnmarshalJSON(text); err != nil {
		t.Fatal(err)
	}
	m, err := service.NewMemberships(w.Service, s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMembershipIDs(t *testing.T) {
	m := service.Membership{GroupID: "g/1", Member: store.Member{Value: "ü 1"}}
	got, err := service.ParseMembershipID(m.ID())
	if err != nil || got != m {
		t.Errorf("%s becomes %+v, %v", m.ID(), got, err)
	}
	for _, id := range []string{"", ".", "Zw", "Zw.dQ.dQ", "Zw.dR", "Zw.AA", "Zw._w", "*.dQ", ".dQ"} {
		if m, err := service.ParseMembershipID(id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%q becomes %+v, %v", id, m, err)
		}
	}
}

func TestMembershipsComeAndGo(t *testing.T) {
	w := newWorld(t)
	memberships := newMemberships(t, w)
	id := w.create("crew", "a")
	for _, c := range []struct {
		name          string
		groupID, user string
		want          int
	}{
		{"a new member", id, "B", 0},
		{"one that is there", id, "a", 409},
		{"one of a group that does not exist", "none", "a", 400},
		{"one with a value that is too long", id, strings.Repeat("x", 1501), 400},
	} {
		m := service.Membership{GroupID: c.groupID, Member: store.Member{Value: c.user}}
		m, _, err := memberships.Add(t.Context(), &w.caller, m)
		if status(err) != c.want || err == nil && m.Member.Value != "b" {
			t.Errorf("%s: %+v, %v", c.name, m, err)
		}
	}
	w.happened("patch crew +b")
	m := service.Membership{GroupID: id, Member: store.Member{Value: "b"}}
	for _, want := range []int{0, 404} {
		if _, err := memberships.Get(t.Context(), w.groups, m); status(err) != want {
			t.Errorf("Get returns %v", err)
		}
		if _, err := memberships.Remove(t.Context(), &w.caller, m); status(err) != want {
			t.Errorf("Remove returns %v", err)
		}
	}
	w.happened("patch crew -b")
}

func TestMembershipsAreListed(t *testing.T) {
	w := newWorld(t)
	memberships := newMemberships(t, w)
	ids := map[string]string{}
	for _, name := range []string{"g1", "g2", "g3"} {
		ids[w.create(name, "a", "b", name)] = name
	}
	var g1, secret string
	for id, name := range ids {
		switch name {
		case "g1":
			g1 = id
		case "g3":
			secret = id
		}
	}
	mayRead := func(id string) error {
		if id == secret {
			return errors.New("no")
		}
		return nil
	}
	list := func(q *service.Query, from *service.MembershipPlace, groups store.GroupStore) (string, service.MembershipPage, error) {
		compiled, _, err := memberships.Query(q)
		if err != nil {
			return "", service.MembershipPage{}, err
		}
		page, err := memberships.List(t.Context(), groups, compiled, from, mayRead)
		var got []string
		for _, m := range page.Memberships {
			got = append(got, ids[m.GroupID]+"/"+m.Member.Value)
		}
		return strings.Join(got, " "), page, err
	}
	for _, c := range []struct {
		name, filter string
		start, count *int
		want         string
		total        int
		fails        bool
	}{
		{"those of a group", `group.value eq "` + g1 + `"`, nil, nil, "g1/a g1/b g1/g1", 3, false},
		{"a page of those", `group.value eq "` + g1 + `"`, p(2), p(1), "g1/b", 3, false},
		{"some of those", `group.value eq "` + g1 + `" and member.value ne "b"`, nil, nil, "g1/a g1/g1", 2, false},
		{"those of a member", `member.value eq "A"`, nil, nil, "g1/a g2/a", 2, false},
		{"those of a member in a group", `member.value eq "a" and group.value eq "` + g1 + `"`, nil, nil, "g1/a", 1, false},
		{"those of a member, by what they are", `member.value eq "a" and member.type pr`, nil, nil, "", 0, false},
		{"those of a group that does not exist", `group.value eq "none"`, nil, nil, "", 0, false},
		{"those of two members at once", `member.value eq "a" and member.value eq "b"`, nil, nil, "", 0, false},
		{"those of a group that must not be read", `group.value eq "` + secret + `"`, nil, nil, "", 0, true},
		{"all", `member.type pr`, nil, nil, "", 0, true},
	} {
		for kind, groups := range map[string]store.GroupStore{"memory": w.groups, "plain": plain{w.groups}} {
			got, page, err := list(&service.Query{Filter: &c.filter, StartIndex: c.start, Count: c.count}, nil, groups)
			if got != c.want || page.Total != c.total || (err != nil) != c.fails || page.Next != nil {
				t.Errorf("%s, %s: got %q of %d, %v", kind, c.name, got, page.Total, err)
			}
		}
	}
	if _, _, err := list(&service.Query{}, nil, w.groups); status(err) != 400 {
		t.Errorf("a list without a filter: %v", err)
	}
	// A walk by cursor.
	for _, filter := range []string{`group.value eq "` + g1 + `"`, `member.value eq "a"`} {
		whole, page, err := list(&service.Query{Filter: &filter}, nil, w.groups)
		if err != nil {
			t.Fatal(err)
		}
		total := page.Total
		var walk []string
		for from := (&service.MembershipPlace{Total: -1}); from != nil; from = page.Next {
			var got string
			if got, page, err = list(&service.Query{Filter: &filter, Count: p(1), ByCursor: true}, from, w.groups); err != nil || page.Total != total {
				t.Fatalf("got %d, %v", page.Total, err)
			}
			walk = append(walk, got)
		}
		if got := strings.Join(walk, " "); got != whole {
			t.Errorf("the pages are %q, all is %q", got, whole)
		}
	}
}
