package service_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/elimity-com/scim/schema"
	"github.com/google/go-cmp/cmp"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/store"
)

const site = "urn:example:2.0:Site"

func siteTable(t testing.TB) *filter.Table {
	t.Helper()
	var s schema.Schema
	err := json.Unmarshal([]byte(`{"id": "`+site+`", "name": "Site", "attributes": [
		{"name": "city", "type": "string", "mutability": "readWrite", "returned": "default"},
		{"name": "code", "type": "string", "mutability": "readWrite", "returned": "always"},
		{"name": "note", "type": "string", "mutability": "readWrite", "returned": "request"},
		{"name": "alarm", "type": "string", "mutability": "writeOnly", "returned": "never"},
		{"name": "doors", "type": "complex", "multiValued": true, "mutability": "readWrite", "returned": "default", "subAttributes": [
			{"name": "value", "type": "string", "mutability": "readWrite", "returned": "default"},
			{"name": "key", "type": "string", "mutability": "readWrite", "returned": "never"}]}]}`), &s)
	if err != nil {
		t.Fatal(err)
	}
	table, err := filter.NewTable(filter.Definition{Core: store.Schema(), Extensions: []filter.Extension{{Schema: s}}})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestProjections(t *testing.T) {
	s := newService(t, func(c *service.Config) { c.Table = siteTable(t) })
	g := store.Group{DisplayName: "crew", ExternalID: "x",
		Members: []store.Member{{Value: "a", Type: "User"}, {Value: "b", Display: "Bob", Ref: "https://else.example.com/b"}},
		Extensions: store.Extensions{site: {"city": "Ghent", "code": "9000", "note": "wet", "alarm": "1",
			"doors": []any{map[string]any{"value": "front", "key": "k"}, map[string]any{"key": "k"}}}}}
	const (
		a       = `{"value": "a", "type": "User", "$ref": "` + base + `/People/a"}`
		b       = `{"value": "b", "display": "Bob", "$ref": "https://else.example.com/b"}`
		code    = `"` + site + `": {"code": "9000"}`
		members = `"members": [` + a + `, ` + b + `]`
	)
	for _, c := range []struct {
		name             string
		include, exclude []string
		supplied         []string
		want             string
		members          bool
	}{
		{"everything", nil, nil, nil, `{"displayName": "crew", "externalId": "x", ` + members + `,
			"` + site + `": {"city": "Ghent", "code": "9000", "doors": [{"value": "front"}]}}`, true},
		{"what the client has written", nil, nil, []string{site + ":note"}, `{"displayName": "crew", "externalId": "x", ` + members + `,
			"` + site + `": {"city": "Ghent", "code": "9000", "note": "wet", "doors": [{"value": "front"}]}}`, true},
		{"one attribute", []string{"DISPLAYNAME"}, nil, nil, `{"displayName": "crew", ` + code + `}`, false},
		{"an attribute on request", []string{site + ":note"}, nil, nil, `{"` + site + `": {"code": "9000", "note": "wet"}}`, false},
		{"an attribute that is never returned", []string{site + ":alarm"}, nil, nil, `{` + code + `}`, false},
		{"a sub-attribute", []string{"members.value"}, nil, nil, `{"members": [{"value": "a"}, {"value": "b"}], ` + code + `}`, true},
		{"an unknown attribute", []string{"colour"}, nil, nil, `{` + code + `}`, false},
		{"an extension", []string{site}, nil, nil, `{"` + site + `": {"city": "Ghent", "code": "9000", "doors": [{"value": "front"}]}}`, false},
		{"all but some", nil, []string{"members", site}, nil, `{"displayName": "crew", "externalId": "x", ` + code + `}`, false},
		{"all but a sub-attribute", nil, []string{"members.$ref", "members.type", "externalId", site + ":city", site + ":doors"}, nil,
			`{"displayName": "crew", "members": [{"value": "a"}, {"value": "b", "display": "Bob"}], ` + code + `}`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := s.Projection(c.include, c.exclude, func(a *filter.Attribute) bool { return slices.Contains(c.supplied, a.String()) })
			if err != nil {
				t.Fatal(err)
			}
			var want map[string]any
			if err := json.Unmarshal([]byte(c.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, p.Object(&g, s.Ref)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if p.ShowsMembers() != c.members || p.Asked() != (c.include != nil || c.exclude != nil) {
				t.Errorf("members: %v, asked: %v", p.ShowsMembers(), p.Asked())
			}
		})
	}
	if _, err := s.Projection([]string{"id"}, []string{"meta"}, nil); status(err) != 400 {
		t.Errorf("both lists: %v", err)
	}
}

func TestReferencesOfMembers(t *testing.T) {
	s := newService(t)
	for _, c := range []struct {
		m    store.Member
		want string
	}{
		{store.Member{Value: "a b", Type: "User"}, base + "/People/a%20b"},
		{store.Member{Value: "a", Type: "Device"}, ""},
		{store.Member{Value: "a", Type: "User", Ref: "urn:uuid:1"}, "urn:uuid:1"},
		{store.Member{Value: "a", Ref: "/Devices/a"}, base + "/Devices/a"},
	} {
		if got := s.Ref(&c.m); got != c.want {
			t.Errorf("%+v has the $ref %q, want %q", c.m, got, c.want)
		}
		if got := s.At("").Ref(&c.m); got != c.m.Ref {
			t.Errorf("without a base URL, %+v has the $ref %q", c.m, got)
		}
	}
}

func TestReferencesToThisServiceAreUnderstood(t *testing.T) {
	w := newWorld(t)
	for ref, want := range map[string]string{
		base + "/People/A": "a User", "https://app.example.com/scim/People/A": "a User", "/scim/v2/Groups/A": "a Group",
		"../Groups/A": "a Group", "Users/A": "a User", "https://app.example.com/scim/v2x/People/A": "b ", base + "/People/A?x": "b ",
		base + "/People/A/b": "b ", base + "/Things/A": "b ", base + "/People/%zz": "b ", "https://else.example.com/People/A": "b ",
	} {
		// A $ref gives the value that is missing.
		r, err := w.Compiler(0).Resource([]byte(`{"schemas":["` + store.GroupSchema + `"],"displayName":"x","members":[{"$ref":"` + ref + `"}]}`))
		if err != nil {
			if !strings.HasPrefix(want, "b") {
				t.Errorf("%s: %v", ref, err)
			}
			continue
		}
		if m := r.Members()[0]; m.Value+" "+m.Type != want {
			t.Errorf("%s is %+v, want %s", ref, m, want)
		}
	}
}
