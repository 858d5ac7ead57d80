package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// rich returns a group with a value in every core attribute that a client can set,
// and in some attributes of the extension.
func (k *kit) rich(name string) store.Group {
	return store.Group{
		DisplayName: name,
		ExternalID:  "external of " + name,
		Members: []store.Member{
			{Value: k.value(1), Type: "User", Display: "One", Ref: "https://example.com/Users/1"},
			{Value: k.value(2)},
		},
		Extensions: store.Extensions{extension: {
			"domain": "example.com",
			"rank":   json.Number("7"),
			"active": true,
			"tags":   []any{"a", "b"},
			"contacts": []any{
				map[string]any{"value": "x", "primary": false},
				map[string]any{"value": "y", "primary": true},
			},
		}},
	}
}

var creation = []sentence{
	{"Create sets ID, Created, LastModified and Version, and ignores the given ones", func(k *kit) {
		past := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
		g := k.create(store.Group{
			ID: "chosen", DisplayName: "a", Created: past, LastModified: past.Add(time.Hour), Version: 3,
		})
		if g.ID == "chosen" || g.Created.Equal(past) || !g.LastModified.Equal(g.Created) {
			k.Errorf("the group is %s", show(g))
		}
		if err := adapter.ValidID(g.ID); err != nil {
			k.Errorf("id %q: %v", g.ID, err)
		}
		k.same(g)
	}},
	{"Create and Update return times in UTC and to the microsecond", func(k *kit) {
		g := k.create(store.Group{DisplayName: "a"})
		c := k.update(g.ID, rename("b"))
		for _, t := range []time.Time{g.Created, g.LastModified, k.get(g.ID).Created, c.Group.LastModified,
			k.get(g.ID).LastModified} {
			if t.Location() != time.UTC || !t.Equal(t.Truncate(time.Microsecond)) || t.IsZero() {
				k.Errorf("the time is %v", t)
			}
		}
	}},
	{"Create returns the head as stored", func(k *kit) {
		in := k.rich("a")
		out := k.create(in)
		if out.DisplayName != in.DisplayName || out.ExternalID != in.ExternalID ||
			showJSON(out.Extensions) != showJSON(in.Extensions) {
			k.Errorf("the head is %s", show(out))
		}
		out.Members = in.Members
		k.same(out)
	}},
	{"Create stores a group without externalId, members and extensions", func(k *kit) {
		g := k.create(store.Group{DisplayName: "a"})
		if got := k.get(g.ID); got.ExternalID != "" || len(got.Members) != 0 || len(got.Extensions[extension]) != 0 {
			k.Errorf("the group is %s", show(got))
		}
	}},
	{"Create stores the first of duplicate members", func(k *kit) {
		one, two := k.value(1), k.value(2)
		g := k.create(store.Group{DisplayName: "a", Members: []store.Member{
			{Value: two},
			{Value: one, Display: "first"},
			{Value: two, Display: "second"},
			{Value: one, Display: "second"},
		}})
		want := []store.Member{{Value: one, Display: "first"}, {Value: two}}
		if got := k.get(g.ID).Members; showMembers(got) != showMembers(want) {
			k.Errorf("the members are %s", showMembers(got))
		}
	}},
	{"Create gives every group a different id", func(k *kit) {
		seen := map[string]bool{}
		for i := range 50 {
			g := k.create(store.Group{DisplayName: fmt.Sprintf("group %d", i)})
			if seen[g.ID] {
				k.Fatalf("duplicate id %q", g.ID)
			}
			seen[g.ID] = true
		}
	}},
	{"Create accepts the externalId of another group", func(k *kit) {
		k.create(store.Group{DisplayName: "a", ExternalID: "x"})
		k.create(store.Group{DisplayName: "b", ExternalID: "x"})
		if found := k.all(`externalId eq "x"`); len(found) != 2 {
			k.Errorf("%d groups have the value", len(found))
		}
	}},
	{"Create returns a ConflictError for a displayName that folds to a taken one, and stores nothing", func(k *kit) {
		if k.o.DuplicateNames {
			k.Skip("names need not be unique; switched on if Options.DuplicateNames is false")
		}
		for _, pair := range [][2]string{
			{"same", "same"}, {"Case", "cASE"}, {"Straße", "STRASSE"}, {"Σίσυφος", "ΣΊΣΥΦΟΣ"},
			{"caf\u00e9", "cafe\u0301"}, // composed and decomposed
		} {
			first := k.create(store.Group{DisplayName: pair[0], Members: k.people(1)})
			before := k.all("")
			_, err := k.s.Create(k.ctx, store.Group{DisplayName: pair[1], Members: k.people(2)})
			k.conflicts(err)
			if after := k.all(""); len(after) != len(before) {
				k.Errorf("%q after %q: there are %d groups, were %d", pair[1], pair[0], len(after), len(before))
			}
			if found := k.all("members.value eq " + quote(k.value(2))); len(found) != 0 {
				k.Errorf("%q after %q: a member was stored", pair[1], pair[0])
			}
			k.delete(first.ID)
		}
	}},
	{"Create accepts displayNames that only look alike", func(k *kit) {
		for _, name := range []string{"a", "а" /* Cyrillic */, "a ", " a", "ａ", "a\u200b", "ä", "a%", "a_", "a\\"} {
			k.create(store.Group{DisplayName: name})
		}
		if got := len(k.all("")); got != 10 {
			k.Errorf("there are %d groups", got)
		}
	}},
	{"Create accepts a duplicate displayName where the store allows it", func(k *kit) {
		if !k.o.DuplicateNames {
			k.Skip("names are unique; switched on by Options.DuplicateNames")
		}
		k.create(store.Group{DisplayName: "a"})
		k.create(store.Group{DisplayName: "A"})
		if found := k.all(`displayName eq "a"`); len(found) != 2 {
			k.Errorf("%d groups have the value", len(found))
		}
	}},
	{"Create keeps no memory that it is given, and returns none that the store keeps", func(k *kit) {
		in := k.rich("a")
		out := k.create(in)
		want := k.shown(out.ID)
		scribble(in)
		scribble(out)
		k.still(out.ID, want)
	}},
	{"Create returns the error of a context that is done, and stores nothing", func(k *kit) {
		ctx, cancel := context.WithCancel(k.ctx)
		cancel()
		_, err := k.s.Create(ctx, store.Group{DisplayName: "a"})
		k.fails(err, context.Canceled)
		if got := k.all(""); len(got) != 0 {
			k.Errorf("there are %d groups", len(got))
		}
	}},
	{"Create preserves text of any characters, and List finds it", func(k *kit) {
		texts := []string{
			"Ärzte & \"Co\" 'x' \\ / ; -- % _ * ? [a] {b} <c>",
			"日本語 グループ",
			"🏳️‍🌈 👩‍👩‍👧",
			"e\u0301 stays decomposed",
			"  two  spaces ",
			"tab\tnewline\nreturn\rescape\x1b",
			"\u202eright to left",
			"\U0010ffff\ufeff",
			"null",
			"0",
			"-1e5",
			"true",
			"'; DROP TABLE groups; --",
			"$1 :a @b ?",
			strings.Repeat("long ", 39),
		}
		for i, text := range texts {
			in := store.Group{
				DisplayName: text,
				ExternalID:  text,
				Members:     []store.Member{{Value: text + "!", Type: text, Display: text, Ref: text}},
				Extensions:  store.Extensions{extension: {"domain": text, "tags": []any{text, "tag"}}},
			}
			if k.o.MemberValue != nil {
				in.Members[0].Value = k.value(i)
			}
			out := k.create(in)
			got := k.get(out.ID)
			in.ID, in.Created, in.LastModified, in.Version = got.ID, got.Created, got.LastModified, got.Version
			if show(got) != show(in) {
				k.Errorf("the group is\n%s\nwant\n%s", show(got), show(in))
			}
			for _, name := range []string{"id", "displayName", "externalId", "members.value",
				"members.display", extension + ":domain", extension + ":tags"} {
				literal := text
				switch name {
				case "id":
					literal = got.ID
				case "members.value":
					literal = in.Members[0].Value
				}
				for _, op := range []string{"eq", "co", "sw", "ew"} {
					f := fmt.Sprintf("%s %s %s", name, op, quote(literal))
					found := false
					for _, g := range k.all(f) {
						found = found || g.ID == got.ID
					}
					if !found {
						k.Errorf("filter %s does not find the group", f)
					}
				}
			}
		}
	}},
	{"Create and Update preserve extension values of 300 kB and numbers of any size", func(k *kit) {
		large := make([]any, 3000)
		for i := range large {
			large[i] = fmt.Sprintf("%099d", i)
		}
		g := store.Group{DisplayName: "a", Extensions: store.Extensions{extension: {
			"label": strings.Repeat("a\u00e9\"", 75_000), "tags": large,
			"rank": json.Number("9007199254740993"), "ratio": json.Number("123456789012345678901234567890.10"),
		}}}
		got := k.get(k.create(g).ID)
		if showJSON(got.Extensions) != showJSON(g.Extensions) {
			k.Errorf("the extensions differ from the given ones")
		}
		got = k.update(got.ID, rename("b")).Group
		if showJSON(got.Extensions) != showJSON(g.Extensions) {
			k.Errorf("the extensions differ after an update of the name")
		}
		for _, f := range []string{":rank eq 9007199254740993", ":ratio eq 123456789012345678901234567890.1"} {
			if len(k.all(extension+f)) != 1 {
				k.Errorf("filter %s does not find the group", f)
			}
		}
		for _, f := range []string{":rank eq 9007199254740992", ":rank lt 9007199254740993", ":rank gt 9007199254740993"} {
			if len(k.all(extension+f)) != 0 {
				k.Errorf("filter %s finds the group", f)
			}
		}
	}},
}

// scribble overwrites all memory that g refers to.
func scribble(g store.Group) {
	for i := range g.Members {
		g.Members[i] = store.Member{Value: "scribbled", Type: "scribbled", Display: "scribbled", Ref: "scribbled"}
	}
	for _, attributes := range g.Extensions {
		for name, v := range attributes {
			scribbleJSON(v)
			if name != "tags" && name != "contacts" {
				attributes[name] = "scribbled"
			}
		}
		attributes["label"] = "scribbled"
	}
	if g.Extensions != nil {
		g.Extensions["urn:scribbled"] = map[string]any{"a": "scribbled"}
	}
}

func scribbleJSON(v any) {
	switch v := v.(type) {
	case []any:
		for i := range v {
			scribbleJSON(v[i])
			if _, ok := v[i].(string); ok {
				v[i] = "scribbled"
			}
		}
	case map[string]any:
		for key := range v {
			v[key] = "scribbled"
		}
	}
}
