package adapter_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

func TestNewSetsIDTimesAndVersionAndSortsMembers(t *testing.T) {
	now := time.Date(2024, 1, 2, 3, 4, 5, 123456789, time.FixedZone("", 3600))
	in := store.Group{ID: "other", DisplayName: "a", Version: 9,
		Members: []store.Member{{Value: "b"}, {Value: "a", Display: "first"}, {Value: "a"}}}
	g, change := adapter.New(in, "id", now)
	at := time.Date(2024, 1, 2, 2, 4, 5, 123456000, time.UTC)
	want := store.Group{ID: "id", DisplayName: "a", Created: at, LastModified: at, Version: adapter.FirstVersion(at),
		Members: []store.Member{{Value: "a", Display: "first"}, {Value: "b"}}}
	if !cmp.Equal(g, want) || g.Created.Location() != time.UTC {
		t.Errorf("%+v", g)
	}
	if in.Members[0].Value != "b" {
		t.Errorf("%+v", in)
	}
	if !change.Changed || change.FormerName != "" || !slices.Equal(change.Attributes, []string{"displayName"}) ||
		change.NumAdded != 2 || !slices.Equal(change.Added, want.Members) || !cmp.Equal(change.Group, adapter.Head(want)) {
		t.Errorf("%+v", change)
	}
}

func TestApplyRaisesTheVersionOnlyIfTheGroupChanged(t *testing.T) {
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	g, _ := adapter.New(store.Group{
		DisplayName: "a",
		ExternalID:  "x",
		Members:     []store.Member{{Value: "m"}},
		Extensions:  store.Extensions{"urn:x": {"many": []any{"a"}}},
	}, "id", start)
	add := func(value string) store.Update {
		return store.Update{Members: store.MemberEdits{
			{Op: store.AddMembers, Members: []store.Member{{Value: value}}},
		}}
	}
	for name, c := range map[string]struct {
		u       store.Update
		changed bool
	}{
		"nothing":          {store.Update{}, false},
		"a present member": {add("m"), false},
		"fields that the store sets": {store.Update{Head: func(head *store.Group) error {
			head.ID, head.Version, head.Members = "z", 1, []store.Member{{Value: "z"}}
			return nil
		}}, false},
		"a new member": {add("n"), true},
		"the name": {store.Update{Head: func(head *store.Group) error {
			head.DisplayName = "A"
			return nil
		}}, true},
		"an element of an extension": {store.Update{Head: func(head *store.Group) error {
			head.Extensions["urn:x"]["many"].([]any)[0] = "b"
			return nil
		}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			given := g.Clone()
			after, change, err := adapter.Apply(g, c.u, start.Add(time.Hour))
			if err != nil || change.Changed != c.changed || !cmp.Equal(g, given) {
				t.Fatalf("%+v, %v; given %+v", change, err, g)
			}
			head := adapter.Select(after, store.Selection{Extensions: c.u.Head != nil})
			if (after.Version == g.Version+1) != c.changed ||
				after.LastModified.Equal(g.LastModified) == c.changed || !cmp.Equal(change.Group, head) {
				t.Errorf("%+v, %+v", after, change)
			}
			if !c.changed && !cmp.Equal(after, g) {
				t.Errorf("%+v", after)
			}
			if after, _, _ := adapter.Apply(g, c.u, start.Add(-time.Hour)); after.LastModified.Before(g.LastModified) {
				t.Errorf("lastModified decreased to %v", after.LastModified)
			}
		})
	}
	mine := errors.New("mine")
	fails := store.Update{Head: func(*store.Group) error { return mine }}
	if _, _, err := adapter.Apply(g, fails, start); !errors.Is(err, mine) {
		t.Error(err)
	}
	remove := store.MemberEdit{Op: store.RemoveMatching, Where: where(t, `value eq "z"`), MustMatch: true}
	_, _, err := adapter.Apply(g, store.Update{Members: store.MemberEdits{remove}}, start)
	if !errors.Is(err, store.ErrNoTarget) {
		t.Error(err)
	}
}

func TestApplySharesNoMemory(t *testing.T) {
	g, _ := adapter.New(store.Group{
		DisplayName: "a",
		Members:     []store.Member{{Value: "m"}},
		Extensions:  store.Extensions{"urn:x": {"many": []any{"a"}}},
	}, "id", time.Now())
	var kept *store.Group
	after, change, err := adapter.Apply(g, store.Update{Head: func(head *store.Group) error {
		kept = head
		return nil
	}}, time.Now())
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

func TestChangedAttributesReturnsTheAttributesThatDiffer(t *testing.T) {
	type object = map[string]any
	with := func(attributes object) store.Group {
		return store.Group{DisplayName: "a", Extensions: store.Extensions{"urn:x": attributes}}
	}
	none := store.Group{DisplayName: "a"}
	for name, c := range map[string]struct {
		before, after store.Group
		changed       []string
	}{
		"nothing": {none, none, nil},
		"fields that the store sets": {
			none,
			store.Group{
				ID: "1", DisplayName: "a", Version: 2, Created: time.Unix(1, 0), Members: []store.Member{{Value: "m"}},
			},
			nil,
		},
		"the name and the externalId": {
			none,
			store.Group{DisplayName: "b", ExternalID: "x"},
			[]string{"displayName", "externalId"},
		},
		"added attributes, sorted": {
			none,
			with(object{"c": "1", "b": []any{"1"}, "a": true}),
			[]string{"urn:x:a", "urn:x:b", "urn:x:c"},
		},
		"a removed attribute": {with(object{"a": "1", "b": "1"}), with(object{"b": "1"}), []string{"urn:x:a"}},
		"changed attributes, each once": {
			with(object{"a": "1", "b": object{"c": "1"}}),
			with(object{"a": "2", "b": object{"c": "2"}}),
			[]string{"urn:x:a", "urn:x:b"},
		},
		"an added null":                    {none, with(object{"a": nil}), nil},
		"a removed null":                   {with(object{"a": nil}), none, nil},
		"an empty list instead of null":    {with(object{"a": nil}), with(object{"a": []any{}}), nil},
		"a value that becomes null":        {with(object{"a": "1"}), with(object{"a": nil}), []string{"urn:x:a"}},
		"a value instead of an empty list": {with(object{"a": []any{}}), with(object{"a": []any{"1"}}), []string{"urn:x:a"}},
		"the name before extensions": {
			none,
			store.Group{DisplayName: "z", Extensions: store.Extensions{"a:b": {"c": true}}},
			[]string{"displayName", "a:b:c"},
		},
		"an extension instead of another": {
			with(object{"a": "1"}),
			store.Group{DisplayName: "a", Extensions: store.Extensions{"urn:y": {"a": "1"}}},
			[]string{"urn:x:a", "urn:y:a"},
		},
		"an equal list": {with(object{"a": []any{"1"}}), with(object{"a": []any{"1"}}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := adapter.ChangedAttributes(&c.before, &c.after); !slices.Equal(got, c.changed) {
				t.Errorf("%q, want %q", got, c.changed)
			}
		})
	}
}
