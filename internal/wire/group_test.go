package wire_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/store"
)

const siteURN = "urn:example:site"

func site(t testing.TB) filter.Extension {
	t.Helper()
	var e filter.Extension
	if err := json.Unmarshal([]byte(`{"id":"urn:example:site","name":"Site","attributes":[
		{"name":"code","type":"string","caseExact":true,"mutability":"readWrite","returned":"default","uniqueness":"none"},
		{"name":"tags","type":"string","multiValued":true,"caseExact":true,"mutability":"readWrite","returned":"default","uniqueness":"none"},
		{"name":"owner","type":"complex","mutability":"readWrite","returned":"default","subAttributes":[
			{"name":"name","type":"string","caseExact":true,"mutability":"readWrite","returned":"default","uniqueness":"none"},
			{"name":"floor","type":"integer","mutability":"readWrite","returned":"default","uniqueness":"none"}]}]}`), &e.Schema); err != nil {
		t.Fatal(err)
	}
	return e
}

func format(d wire.Dialect) *wire.GroupFormat {
	return &wire.GroupFormat{Dialect: d, Extensions: []string{siteURN}, Endpoints: map[string]string{"Group": "/Groups", "User": "/Users"}}
}

func encode(e *wire.GroupEncoder, g *store.Group) string {
	b := e.AppendHead(nil, g)
	e.Fetch(g.Members)
	for i := range g.Members {
		b = e.AppendMember(b, &g.Members[i])
	}
	return string(e.AppendEnd(b))
}

func TestGroupEncoder(t *testing.T) {
	created := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	g := &store.Group{ID: "a/b", ExternalID: "x", DisplayName: "Guides \"1\"", Created: created, LastModified: created, Version: 7,
		Members:    []store.Member{{Value: "u1", Type: "User"}, {Value: "u 2", Type: "User", Display: "Bo"}, {Value: "d", Type: "Desk"}, {Value: "e", Ref: "Desks/e"}, {Value: "f", Ref: "https://x.example/f"}},
		Extensions: store.Extensions{siteURN: {"code": "P", "tags": []any{"a", "b"}, "owner": map[string]any{"name": "N", "floor": json.Number("3")}}}}
	const start = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","urn:example:site"],"id":"a/b"`
	for _, c := range []struct {
		name    string
		dialect wire.Dialect
		wants   []string // nil: all
		want    string
	}{
		{"everything", wire.SCIM2, nil, start + `,"externalId":"x","displayName":"Guides \"1\"","urn:example:site":{"code":"P","tags":["a","b"],"owner":{"name":"N","floor":3}},` +
			`"meta":{"resourceType":"Group","created":"2026-01-02T03:04:05Z","lastModified":"2026-01-02T03:04:05Z","location":"https://h/v2/Groups/a%2Fb","version":"W/\"7\""},` +
			`"members":[{"value":"u1","$ref":"https://h/v2/Users/u1","type":"User"},{"value":"u 2","$ref":"https://h/v2/Users/u%202","type":"User","display":"Bo"},` +
			`{"value":"d","type":"Desk"},{"value":"e","$ref":"https://h/v2/Desks/e"},{"value":"f","$ref":"https://x.example/f"}]}`},
		{"nothing", wire.SCIM2, []string{}, start + `}`},
		{"the values of members", wire.SCIM2, []string{"members.value"}, start + `,"members":[{"value":"u1"},{"value":"u 2"},{"value":"d"},{"value":"e"},{"value":"f"}]}`},
		{"members without what is wanted are left out", wire.SCIM2, []string{"members.display"}, start + `,"members":[{"display":"Bo"}]}`},
		{"types of members", wire.SCIM2, []string{"members.type"}, start + `,"members":[{"type":"User"},{"type":"User"},{"type":"Desk"}]}`},
		{"one part of meta", wire.SCIM2, []string{"meta.version"}, start + `,"meta":{"version":"W/\"7\""}}`},
		{"one sub-attribute of an extension", wire.SCIM2, []string{siteURN + ":owner.floor"}, start + `,"urn:example:site":{"owner":{"floor":3}}}`},
		{"SCIM 1.1", wire.SCIM11, []string{"meta.resourceType", "meta.location"}, `{"schemas":["urn:scim:schemas:core:1.0","urn:example:site"],"id":"a/b","meta":{"location":"https://h/v2/Groups/a%2Fb"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := wire.NewProjection(table(t), func(a *filter.Attribute) bool { return c.wants == nil || slices.Contains(c.wants, a.String()) })
			got := encode(&wire.GroupEncoder{GroupFormat: format(c.dialect), Base: "https://h/v2", Projection: p}, g)
			if got != c.want || !json.Valid([]byte(got)) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if has := strings.Contains(got, `"members"`); p.HasMembers() != has {
				t.Errorf("there are members: %v", p.HasMembers())
			}
			if has := strings.Contains(got, `"`+siteURN+`":`); p.HasExtension(siteURN) != has {
				t.Errorf("there is the extension: %v", p.HasExtension(siteURN))
			}
		})
	}
}

// An encoder is used for all groups of a list.
func TestGroupEncoderIsUsedAgain(t *testing.T) {
	p := wire.NewProjection(table(t), func(a *filter.Attribute) bool { return a.String() == "members.value" || a.String() == "members.type" })
	e := &wire.GroupEncoder{GroupFormat: format(wire.SCIM2), Projection: p}
	for range 2 {
		got := encode(e, &store.Group{ID: "1", Members: []store.Member{{Value: "a", Type: "User"}, {Value: "b\n", Type: "Group"}}})
		if !strings.HasSuffix(got, `"id":"1","members":[{"value":"a","type":"User"},{"value":"b\n","type":"Group"}]}`) {
			t.Error(got)
		}
		if got := encode(e, &store.Group{ID: "2"}); !strings.HasSuffix(got, `"id":"2"}`) {
			t.Error(got)
		}
	}
}

func TestGroupEncoderDoesNotAllocate(t *testing.T) {
	p := wire.NewProjection(table(t), func(*filter.Attribute) bool { return true })
	e := &wire.GroupEncoder{GroupFormat: format(wire.SCIM2), Base: "https://h/v2", Projection: p}
	g := &store.Group{ID: "1", DisplayName: "G", Members: []store.Member{{Value: "a", Type: "User"}, {Value: "b", Type: "User", Display: "B"}}}
	b := make([]byte, 0, 4<<10)
	if n := testing.AllocsPerRun(100, func() {
		b = e.AppendHead(b[:0], g)
		for i := range g.Members {
			b = e.AppendMember(b, &g.Members[i])
		}
		b = e.AppendEnd(b)
	}); n > 0 {
		t.Errorf("a group takes %v allocations", n)
	}
}

func TestAppendMembership(t *testing.T) {
	e := format(wire.SCIM2).MembershipEncoder("https://h/v2")
	got := string(e.AppendMembership(nil, "Zw.bQ", "g", &store.Member{Value: "m", Type: "User", Display: "M"}))
	want := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:GroupMember"],"id":"Zw.bQ","group":{"value":"g","$ref":"https://h/v2/Groups/g"},` +
		`"member":{"value":"m","$ref":"https://h/v2/Users/m","type":"User"},"meta":{"resourceType":"GroupMember","location":"https://h/v2/GroupMembers/Zw.bQ"}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
