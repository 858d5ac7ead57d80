package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimgroups/scimgroups/store"
)

func TestNewGroupsHaveTheirIDTimeVersionAndMembersInOrder(t *testing.T) {
	now := time.Date(2024, 1, 2, 3, 4, 5, 123456789, time.FixedZone("", 3600))
	in := store.Group{ID: "other", DisplayName: "a", Version: 9, Members: []store.Member{{Value: "b"}, {Value: "a", Display: "first"}, {Value: "a"}}}
	g := in.New("id", now)
	at := time.Date(2024, 1, 2, 2, 4, 5, 123456000, time.UTC)
	want := store.Group{ID: "id", DisplayName: "a", Created: at, LastModified: at, Version: store.FirstVersion(at),
		Members: []store.Member{{Value: "a", Display: "first"}, {Value: "b"}}}
	if !cmp.Equal(g, want) || g.Created.Location() != time.UTC {
		t.Errorf("%+v", g)
	}
	if in.Members[0].Value != "b" {
		t.Errorf("%+v", in)
	}
}

func TestEditTouchesTheGroupOnlyIfSomethingChanged(t *testing.T) {
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	g := store.Group{DisplayName: "a", ExternalID: "x", Members: []store.Member{{Value: "m"}}, Extensions: store.Extensions{"urn:x": {"many": []any{"a"}}}}.New("id", start)
	for name, c := range map[string]struct {
		fn      store.UpdateFunc
		changed bool
	}{
		"nothing": {func(*store.Group) (store.MemberEdits, error) { return nil, nil }, false},
		"a member that is there": {func(*store.Group) (store.MemberEdits, error) {
			return store.MemberEdits{{Op: store.AddMembers, Members: []store.Member{{Value: "m"}}}}, nil
		}, false},
		"fields that are not for clients": {func(head *store.Group) (store.MemberEdits, error) {
			head.ID, head.Version, head.Members = "z", 1, []store.Member{{Value: "z"}}
			return nil, nil
		}, false},
		"a member": {func(*store.Group) (store.MemberEdits, error) {
			return store.MemberEdits{{Op: store.AddMembers, Members: []store.Member{{Value: "n"}}}}, nil
		}, true},
		"the name": {func(head *store.Group) (store.MemberEdits, error) {
			head.DisplayName = "A"
			return nil, nil
		}, true},
		"deep in an extension": {func(head *store.Group) (store.MemberEdits, error) {
			head.Extensions["urn:x"]["many"].([]any)[0] = "b"
			return nil, nil
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			given := g.Clone()
			after, change, err := g.Edit(c.fn, start.Add(time.Hour))
			if err != nil || change.Changed != c.changed || !cmp.Equal(g, given) {
				t.Fatalf("%+v, %v; given %+v", change, err, g)
			}
			if (after.Version == g.Version+1) != c.changed || after.LastModified.Equal(g.LastModified) == c.changed || !cmp.Equal(change.Group, after.Head()) {
				t.Errorf("%+v, %+v", after, change)
			}
			if !c.changed && !cmp.Equal(after, g) {
				t.Errorf("%+v", after)
			}
			if after, _, _ := g.Edit(c.fn, start.Add(-time.Hour)); after.LastModified.Before(g.LastModified) {
				t.Errorf("lastModified went back to %v", after.LastModified)
			}
		})
	}
	mine := errors.New("mine")
	if _, _, err := g.Edit(func(*store.Group) (store.MemberEdits, error) { return nil, mine }, start); !errors.Is(err, mine) {
		t.Error(err)
	}
	if _, _, err := g.Edit(func(*store.Group) (store.MemberEdits, error) {
		return store.MemberEdits{{Op: store.RemoveMatching, Where: where(t, `value eq "z"`), MustMatch: true}}, nil
	}, start); !errors.Is(err, store.ErrNoTarget) {
		t.Error(err)
	}
}

func TestEditSharesNoMemory(t *testing.T) {
	g := store.Group{DisplayName: "a", Members: []store.Member{{Value: "m"}}, Extensions: store.Extensions{"urn:x": {"many": []any{"a"}}}}.New("id", time.Now())
	var kept *store.Group
	after, change, err := g.Edit(func(head *store.Group) (store.MemberEdits, error) {
		kept = head
		return nil, nil
	}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []store.Extensions{kept.Extensions, change.Group.Extensions, after.Extensions} {
		if got := e["urn:x"]["many"].([]any); got[0] != "a" {
			t.Errorf("%v", got)
		}
		e["urn:x"]["many"].([]any)[0] = "changed"
	}
	after.Members[0].Value = "changed"
	if g.Members[0].Value != "m" || !slices.Equal(g.Extensions["urn:x"]["many"].([]any), []any{"a"}) {
		t.Errorf("%+v", g)
	}
}

func TestChangedAttributesAreThoseWithAnotherValue(t *testing.T) {
	with := func(attributes map[string]any) store.Group {
		return store.Group{DisplayName: "a", Extensions: store.Extensions{"urn:x": attributes}}
	}
	none := store.Group{DisplayName: "a"}
	for name, c := range map[string]struct {
		before, after store.Group
		changed       []string
	}{
		"nothing":                            {none, none, nil},
		"what the store sets":                {none, store.Group{ID: "1", DisplayName: "a", Version: 2, Created: time.Unix(1, 0), Members: []store.Member{{Value: "m"}}}, nil},
		"the name and the externalId":        {none, store.Group{DisplayName: "b", ExternalID: "x"}, []string{"displayName", "externalId"}},
		"attributes that come, sorted":       {none, with(map[string]any{"c": "1", "b": []any{"1"}, "a": true}), []string{"urn:x:a", "urn:x:b", "urn:x:c"}},
		"attributes that go":                 {with(map[string]any{"a": "1", "b": "1"}), with(map[string]any{"b": "1"}), []string{"urn:x:a"}},
		"attributes that change, once each":  {with(map[string]any{"a": "1", "b": map[string]any{"c": "1"}}), with(map[string]any{"a": "2", "b": map[string]any{"c": "2"}}), []string{"urn:x:a", "urn:x:b"}},
		"a null that comes":                  {none, with(map[string]any{"a": nil}), nil},
		"a null that goes":                   {with(map[string]any{"a": nil}), none, nil},
		"an empty list in place of a null":   {with(map[string]any{"a": nil}), with(map[string]any{"a": []any{}}), nil},
		"a value that becomes null":          {with(map[string]any{"a": "1"}), with(map[string]any{"a": nil}), []string{"urn:x:a"}},
		"a value in place of an empty list":  {with(map[string]any{"a": []any{}}), with(map[string]any{"a": []any{"1"}}), []string{"urn:x:a"}},
		"the name before all of extensions":  {none, store.Group{DisplayName: "z", Extensions: store.Extensions{"a:b": {"c": true}}}, []string{"displayName", "a:b:c"}},
		"an extension in place of another":   {with(map[string]any{"a": "1"}), store.Group{DisplayName: "a", Extensions: store.Extensions{"urn:y": {"a": "1"}}}, []string{"urn:x:a", "urn:y:a"}},
		"the same list, which is not shared": {with(map[string]any{"a": []any{"1"}}), with(map[string]any{"a": []any{"1"}}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := store.ChangedAttributes(&c.before, &c.after); !slices.Equal(got, c.changed) {
				t.Errorf("%q, want %q", got, c.changed)
			}
		})
	}
}
