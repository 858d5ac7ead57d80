package events_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/events"
	"github.com/scimgroups/scimgroups/store"
)

const site = "urn:example:scim:schemas:extension:2.0:Site"

// siteExtension has a secret attribute, and a complex attribute with a secret in it.
func siteExtension(t testing.TB) []filter.Extension {
	t.Helper()
	extensions, err := scim.ParseExtensions([]byte(`[{"id": "` + site + `", "name": "Site", "attributes": [
		{"name": "city", "type": "string", "mutability": "readWrite", "returned": "default"},
		{"name": "tags", "type": "string", "multiValued": true, "mutability": "readWrite", "returned": "default"},
		{"name": "owner", "type": "complex", "mutability": "readWrite", "returned": "default", "subAttributes": [
			{"name": "name", "type": "string", "mutability": "readWrite", "returned": "default"},
			{"name": "phone", "type": "string", "mutability": "readWrite", "returned": "default"}]},
		{"name": "alarm", "type": "string", "mutability": "writeOnly", "returned": "never"},
		{"name": "doors", "type": "complex", "multiValued": true, "mutability": "readWrite", "returned": "default", "subAttributes": [
			{"name": "value", "type": "string", "mutability": "readWrite", "returned": "default"},
			{"name": "code", "type": "string", "mutability": "writeOnly", "returned": "never"}]}
	]}]`))
	if err != nil {
		t.Fatal(err)
	}
	return extensions
}

func encoder(t testing.TB, full bool, changes ...func(*events.Options)) *events.Encoder {
	t.Helper()
	o := events.Options{
		Issuer: "https://scim.example.com", Audience: []string{"https://feed.example.com/98d52461"},
		Full: full, MaxMembers: 3, Extensions: siteExtension(t),
		NewID: func() string { return "6164f3bb" },
		Now:   func() time.Time { return time.Unix(1458505044, 900_000_000) },
	}
	for _, change := range changes {
		if change != nil {
			change(&o)
		}
	}
	e, err := events.NewEncoder(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func crmUsers() store.Group {
	return store.Group{ID: "176f/39", ExternalID: "crmUsers", DisplayName: "CRM users", Version: 7,
		Created: time.Unix(1458505000, 0).UTC(), LastModified: time.Unix(1458505040, 5000).UTC()}
}

func with(g store.Group, change func(*store.Group)) store.Group {
	change(&g)
	return g
}

// plain returns v as JSON decodes it.
func plain(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func parsed(t *testing.T, text string) any {
	t.Helper()
	var out any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return out
}

func TestClaims(t *testing.T) {
	babs := store.Member{Value: "2819c223", Type: "User", Display: "Babs Jensen", Ref: "https://elsewhere.example.com/Users/2819c223"}
	members := func(n int) (out []store.Member) {
		for i := range n {
			out = append(out, store.Member{Value: fmt.Sprint("u", n-i)})
		}
		return out
	}
	site1 := with(crmUsers(), func(g *store.Group) {
		g.Extensions = store.Extensions{site: {"city": "Ghent", "alarm": "1234", "owner": map[string]any{"name": "Ann"},
			"doors": []any{map[string]any{"value": "front", "code": "99"}, map[string]any{"code": "98"}}, "tags": []any{"a"}}}
	})
	const meta = `"meta": {"resourceType": "Group", "created": "2016-03-20T20:16:40Z", "lastModified": "2016-03-20T20:17:20.000005Z", "version": "W/\"7\""}`
	const patchOp = `"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]`
	for _, test := range []struct {
		name   string
		ev     store.Event
		full   bool
		change func(*events.Options)
		want   string // the events claim
	}{
		{"a notice of a new group names its attributes (figure 5)",
			store.Event{Origin: store.Origin{Operation: store.OperationCreate}, Change: store.Change{Group: crmUsers(), MemberChange: store.MemberChange{Added: members(1)}}}, false, nil,
			`{"urn:ietf:params:scim:event:prov:create:notice": {"version": "W/\"7\"", "attributes": ["id", "displayName", "externalId", "members"]}}`},
		{"a new group is reported in full with its id (figure 4)",
			store.Event{Origin: store.Origin{Operation: store.OperationCreate}, Change: store.Change{Group: crmUsers(), MemberChange: store.MemberChange{Added: []store.Member{babs}}}}, true, nil,
			`{"urn:ietf:params:scim:event:prov:create:full": {"version": "W/\"7\"", "data": {
				"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": "176f/39", "externalId": "crmUsers", "displayName": "CRM users",
				"members": [{"value": "2819c223", "type": "User", "display": "Babs Jensen", "$ref": "https://elsewhere.example.com/Users/2819c223"}], ` + meta + `}}}`},
		{"a new group is reported in full without what is never returned",
			store.Event{Origin: store.Origin{Operation: store.OperationCreate}, Change: store.Change{Group: site1}}, true, nil,
			`{"urn:ietf:params:scim:event:prov:create:full": {"version": "W/\"7\"", "data": {
				"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group", "` + site + `"], "id": "176f/39", "externalId": "crmUsers", "displayName": "CRM users",
				"` + site + `": {"city": "Ghent", "owner": {"name": "Ann"}, "doors": [{"value": "front"}], "tags": ["a"]}, ` + meta + `}}}`},
		{"a new group with an unknown extension becomes a notice",
			store.Event{Origin: store.Origin{Operation: store.OperationCreate}, Change: store.Change{Group: with(crmUsers(), func(g *store.Group) { g.Extensions = store.Extensions{"urn:x": {"a": true}} })}}, true, nil,
			`{"urn:ietf:params:scim:event:prov:create:notice": {"version": "W/\"7\"", "attributes": ["id", "displayName", "externalId", "urn:x:a"]}}`},
		{"a new group of many members becomes a notice (section 5)",
			store.Event{Origin: store.Origin{Operation: store.OperationCreate}, Change: store.Change{Group: crmUsers(), MemberChange: store.MemberChange{Added: members(4)}}}, true, nil,
			`{"urn:ietf:params:scim:event:prov:create:notice": {"version": "W/\"7\"", "attributes": ["id", "displayName", "externalId", "members"]}}`},
		{"an added member is reported by an add (figure 6)",
			store.Event{Origin: store.Origin{Operation: store.OperationPatch}, Change: store.Change{Group: crmUsers(), MemberChange: store.MemberChange{Added: []store.Member{babs}}}}, true, nil,
			`{"urn:ietf:params:scim:event:prov:patch:full": {"version": "W/\"7\"", "data": {` + patchOp + `, "Operations": [
				{"op": "add", "path": "members", "value": [{"value": "2819c223", "type": "User", "display": "Babs Jensen", "$ref": "https://elsewhere.example.com/Users/2819c223"}]}]}}}`},
		{"an added member becomes a notice about members (figure 7)",
			store.Event{Origin: store.Origin{Operation: store.OperationPatch}, Change: store.Change{Group: crmUsers(), MemberChange: store.MemberChange{Added: []store.Member{babs}}}}, false, nil,
			`{"urn:ietf:params:scim:event:prov:patch:notice": {"version": "W/\"7\"", "attributes": ["members"]}}`},
		{"every effect of a PATCH is reported, in an order that does not depend on the store",
			store.Event{Origin: store.Origin{Operation: store.OperationPatch}, Change: store.Change{Attributes: []string{"displayName", "externalId"}, Group: with(crmUsers(), func(g *store.Group) { g.ExternalID = "" }), MemberChange: store.MemberChange{Added: members(2), Removed: []string{`z"<`}}}}, true, nil,
			`{"urn:ietf:params:scim:event:prov:patch:full": {"version": "W/\"7\"", "data": {` + patchOp + `, "Operations": [
				{"op": "replace", "path": "displayName", "value": "CRM users"}, {"op": "remove", "path": "externalId"},
				{"op": "remove", "path": "members[value eq \"z\\\"<\"]"},
				{"op": "add", "path": "members", "value": [{"value": "u1"}, {"value": "u2"}]}]}}}`},
		{"an altered member is reported as it is now",
			store.Event{Origin: store.Origin{Operation: store.OperationPatch}, Change: store.Change{Group: crmUsers(), MemberChange: store.MemberChange{Altered: []store.Member{{Value: "u1", Type: "User"}}}}}, true, nil,
			`{"urn:ietf:params:scim:event:prov:patch:full": {"version": "W/\"7\"", "data": {` + patchOp + `, "Operations": [
				{"op": "replace", "path": "members[value eq \"u1\"]", "value": {"value": "u1", "type": "User", "display": null}}]}}}`},
		{"attributes of extensions are reported by their path, with null for sub-attributes that are gone",
			store.Event{Origin: store.Origin{Operation: store.OperationPatch}, Change: store.Change{Group: site1, Attributes: []string{site + ":city", site + ":owner"}}}, true, nil,
			`{"urn:ietf:params:scim:event:prov:patch:full": {"version": "W/\"7\"", "data": {` + patchOp + `, "Operations": [
				{"op": "replace", "path": "` + site + `:city", "value": "Ghent"},
				{"op": "replace", "path": "` + site + `:owner", "value": {"name": "Ann", "phone": null}}]}}}`},
		{"a PATCH of what is never returned becomes a notice",
			store.Event{Origin: store.Origin{Operation: store.OperationPatch}, Change: store.Change{Group: site1, Attributes: []string{"displayName", site + ":alarm"}}}, true, nil,
			`{"urn:ietf:params:scim:event:prov:patch:notice": {"version": "W/\"7\"", "attributes": ["displayName", "` + site + `:alarm"]}}`},
		{"a PATCH of what has a part that is never returned becomes a notice",
			store.Event{Origin: store.Origin{Operation: store.OperationPatch}, Change: store.Change{Group: site1, Attributes: []string{site + ":doors"}}}, true, nil,
			`{"urn:ietf:params:scim:event:prov:patch:notice": {"version": "W/\"7\"", "attributes": ["` + site + `:doors"]}}`},
		{"a PATCH of many members becomes a notice (section 5)",
			store.Event{Origin: store.Origin{Operation: store.OperationPatch}, Change: store.Change{Group: crmUsers(), MemberChange: store.MemberChange{Added: members(2), Removed: []string{"a", "b"}}}}, true, nil,
			`{"urn:ietf:params:scim:event:prov:patch:notice": {"version": "W/\"7\"", "attributes": ["members"]}}`},
		{"an event that does not say what changed names everything that may have changed",
			store.Event{Origin: store.Origin{Operation: store.OperationPatch}, Change: store.Change{Group: crmUsers()}}, true, nil,
			`{"urn:ietf:params:scim:event:prov:patch:notice": {"version": "W/\"7\"", "attributes": ["displayName", "externalId"]}}`},
		{"a PUT becomes a notice (figure 9)",
			store.Event{Origin: store.Origin{Operation: store.OperationReplace}, Change: store.Change{Group: crmUsers(), Attributes: []string{"externalId"}, MemberChange: store.MemberChange{Removed: []string{"u"}}}}, false, nil,
			`{"urn:ietf:params:scim:event:prov:put:notice": {"version": "W/\"7\"", "attributes": ["externalId", "members"]}}`},
		{"a PUT whose members are not known becomes a notice",
			store.Event{Origin: store.Origin{Operation: store.OperationReplace}, Change: store.Change{Group: crmUsers(), Attributes: []string{"externalId"}}}, true, nil,
			`{"urn:ietf:params:scim:event:prov:put:notice": {"version": "W/\"7\"", "attributes": ["externalId"]}}`},
		{"a PUT whose members are known is reported in full (figure 8)",
			store.Event{Origin: store.Origin{Operation: store.OperationReplace}, Change: store.Change{Group: with(crmUsers(), func(g *store.Group) { g.Members = []store.Member{} }), Attributes: []string{"externalId"}}}, true, nil,
			`{"urn:ietf:params:scim:event:prov:put:full": {"version": "W/\"7\"", "data": {
				"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": "176f/39", "externalId": "crmUsers", "displayName": "CRM users", ` + meta + `}}}`},
		{"a PUT is reported as a PATCH on request (section 5)",
			store.Event{Origin: store.Origin{Operation: store.OperationReplace}, Change: store.Change{Group: crmUsers(), MemberChange: store.MemberChange{Removed: []string{"u"}}}}, true,
			func(o *events.Options) { o.ReplaceAsPatch = true },
			`{"urn:ietf:params:scim:event:prov:patch:full": {"version": "W/\"7\"", "data": {` + patchOp + `, "Operations": [
				{"op": "remove", "path": "members[value eq \"u\"]"}]}}}`},
		{"a PUT of many members becomes a notice even then",
			store.Event{Origin: store.Origin{Operation: store.OperationReplace}, Change: store.Change{Group: crmUsers(), MemberChange: store.MemberChange{Added: members(4)}}}, true,
			func(o *events.Options) { o.ReplaceAsPatch = true },
			`{"urn:ietf:params:scim:event:prov:put:notice": {"version": "W/\"7\"", "attributes": ["members"]}}`},
		{"a deletion has no payload, whatever is asked for (figure 10)",
			store.Event{Origin: store.Origin{Operation: store.OperationDelete}, Change: store.Change{Group: crmUsers()}}, true, nil,
			`{"urn:ietf:params:scim:event:prov:delete": {}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			claims, err := encoder(t, test.full, test.change).Claims(test.ev)
			if err != nil {
				t.Fatal(err)
			}
			got := plain(t, claims).(map[string]any)
			if diff := cmp.Diff(parsed(t, test.want), got["events"]); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(got, plain(t, claims.Map())); diff != "" {
				t.Errorf("Map (-JSON +Map):\n%s", diff)
			}
			for uri, payload := range got["events"].(map[string]any) {
				_, data := payload.(map[string]any)["data"]
				_, attributes := payload.(map[string]any)["attributes"]
				if data != strings.HasSuffix(uri, ":full") || attributes != strings.HasSuffix(uri, ":notice") {
					t.Errorf("%s: data %v, attributes %v", uri, data, attributes)
				}
			}
		})
	}
}

func TestTheEnvelopeMatchesTheFigures(t *testing.T) {
	transaction := func(o *events.Options) {
		o.Transaction = func(ev store.Event) string { return "txn of " + ev.RequestID }
	}
	ev := store.Event{Origin: store.Origin{Operation: store.OperationPatch, RequestID: "r1"}, Change: store.Change{Group: crmUsers(), Attributes: []string{"displayName"}}}
	claims, err := encoder(t, false, transaction).Claims(ev)
	if err != nil {
		t.Fatal(err)
	}
	got := plain(t, claims).(map[string]any)
	delete(got, "events")
	want := parsed(t, `{"iss": "https://scim.example.com", "aud": ["https://feed.example.com/98d52461"], "jti": "6164f3bb",
		"iat": 1458505044, "toe": 1458505040, "txn": "txn of r1",
		"sub_id": {"format": "scim", "uri": "/Groups/176f%2F39", "externalId": "crmUsers", "id": "176f/39"}}`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}

	ev.Group.ExternalID, ev.Operation = "", store.OperationDelete
	if claims, err = encoder(t, false, transaction, func(o *events.Options) { o.Audience = nil }).Claims(ev); err != nil {
		t.Fatal(err)
	}
	got = plain(t, claims).(map[string]any)
	for _, name := range []string{"toe", "aud", "sub"} {
		if v, ok := got[name]; ok {
			t.Errorf("%s is there: %v", name, v)
		}
	}
	if _, ok := got["sub_id"].(map[string]any)["externalId"]; ok {
		t.Error("sub_id has an externalId that the group does not have")
	}
}

func TestATransactionIdentifiesTheChange(t *testing.T) {
	e, err := events.NewEncoder(events.Options{Issuer: "https://scim.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	base := store.Event{Tenant: "a", Origin: store.Origin{Operation: store.OperationPatch}, Change: store.Change{Group: store.Group{ID: "bc", Version: 7}}}
	encode := func(ev store.Event) events.Claims {
		t.Helper()
		c, err := e.Claims(ev)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first, again := encode(base), encode(base)
	if first.Transaction != again.Transaction || len(first.Transaction) != 32 {
		t.Errorf("the same change has the transactions %q and %q", first.Transaction, again.Transaction)
	}
	if first.ID == again.ID || len(first.ID) != 32 {
		t.Errorf("two tokens have the ids %q and %q", first.ID, again.ID)
	}
	other := func(op store.Operation, tenant, id string, v store.Version) store.Event {
		return store.Event{Tenant: tenant, Origin: store.Origin{Operation: op}, Change: store.Change{Group: store.Group{ID: id, Version: v}}}
	}
	for name, other := range map[string]store.Event{
		"version":   other(store.OperationPatch, "a", "bc", 8),
		"operation": other(store.OperationDelete, "a", "bc", 7),
		"boundary":  other(store.OperationPatch, "ab", "c", 7),
	} {
		if c := encode(other); c.Transaction == first.Transaction {
			t.Errorf("%s: another change has the same transaction", name)
		}
	}
}

func TestWhatCannotBeEncodedIsAnError(t *testing.T) {
	patch := store.Origin{Operation: store.OperationPatch}
	for name, ev := range map[string]store.Event{
		"no group id":          {Origin: patch},
		"an unknown operation": {Origin: store.Origin{Operation: "move"}, Change: store.Change{Group: store.Group{ID: "1"}}},
	} {
		if c, err := encoder(t, false).Claims(ev); err == nil {
			t.Errorf("%s: got %+v", name, c)
		}
	}
	for name, o := range map[string]events.Options{
		"no issuer":             {},
		"a duplicate extension": {Issuer: "i", Extensions: append(siteExtension(t), siteExtension(t)...)},
	} {
		if _, err := events.NewEncoder(o); err == nil {
			t.Errorf("%s: there is an encoder", name)
		}
	}
}

func TestEventURIs(t *testing.T) {
	for full, n := range map[bool]int{false: 4, true: 7} {
		uris := encoder(t, full).EventURIs()
		if len(uris) != n {
			t.Errorf("full %v: %d URIs, want %d", full, len(uris), n)
		}
		for _, uri := range uris {
			if !full && strings.HasSuffix(uri, ":full") {
				t.Errorf("%s is never made", uri)
			}
		}
	}
}
