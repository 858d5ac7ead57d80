package elimitygroups_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/elimitygroups"
)

// fillWorld creates three groups: Admins, Böoks "and" Co, Cooks.
func fillWorld(t *testing.T, o elimitygroups.Options) (w *world, ids []string) {
	w = newWorld(t, o)
	for _, body := range []string{
		`"displayName": "Cooks", "externalId": "x3", "members": [{"value": "u1", "type": "User"}, {"value": "g1", "type": "Group"}]`,
		`"displayName": "Admins", "externalId": "x1", "members": [{"value": "u1", "type": "User"}, {"value": "u2", "type": "User", "display": "Ann"}], "` + site + `": {"city": "Ghent", "floors": 3, "tags": ["red"]}`,
		`"displayName": "Böoks \"and\" Co", "externalId": "x2", "` + site + `": {"city": "Bruges", "floors": 12, "note": "n"}`,
	} {
		ids = append(ids, w.create(body))
	}
	return w, ids
}

func TestFilters(t *testing.T) {
	w, ids := fillWorld(t, elimitygroups.Options{})
	for _, test := range []struct {
		filter string
		want   []string
	}{
		{`displayName eq "admins"`, []string{"Admins"}},
		{`displayName eq "böoks \"and\" co"`, []string{`Böoks "and" Co`}},
		{`members.value eq "u1"`, []string{"Cooks", "Admins"}},
		{`members[value eq "u1" and type eq "User"]`, []string{"Cooks", "Admins"}},
		{`members[value eq "u1" and type eq "Group"]`, []string{}},
		{`members eq "u2"`, []string{"Admins"}},
		{`members.$ref eq "` + base + `/Users/u2"`, []string{"Admins"}},
		{`meta.location eq "` + base + `/Groups/` + ids[2] + `"`, []string{`Böoks "and" Co`}},
		{`members.$ref eq "../Users/u2"`, []string{"Admins"}},
		{`members.$ref pr`, []string{"Cooks", "Admins"}},
		{`meta.location pr`, []string{"Cooks", "Admins", `Böoks "and" Co`}},
		{`id eq "` + ids[0] + `"`, []string{"Cooks"}},
		{`externalId eq "x2"`, []string{`Böoks "and" Co`}},
		{site + `:city eq "ghent"`, []string{"Admins"}},
		{site + `:floors gt 5`, []string{`Böoks "and" Co`}},
		{site + `:tags eq "red"`, []string{"Admins"}},
		{`externalId eq "x1" or (externalId eq "x2" and displayName sw "c")`, []string{"Admins"}},
		{`(externalId eq "x1" or externalId eq "x3") and displayName sw "c"`, []string{"Cooks"}},
		{`not (members pr)`, []string{`Böoks "and" Co`}},
		{`meta.lastModified gt "2020-01-01T00:00:00Z" and displayName co "o"`, []string{"Cooks", `Böoks "and" Co`}},
	} {
		t.Run(test.filter, func(t *testing.T) {
			if diff := cmp.Diff(test.want, w.found(test.filter)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestPagesAndOrder(t *testing.T) {
	w, _ := fillWorld(t, elimitygroups.Options{Limits: scim.Limits{MaxIndex: 1000}})
	for _, test := range []struct {
		name, query string
		total       float64
		want        []string
	}{
		{"all groups come in the order of their creation", "", 3, []string{"Cooks", "Admins", `Böoks "and" Co`}},
		{"groups are sorted", "?sortBy=displayName", 3, []string{"Admins", `Böoks "and" Co`, "Cooks"}},
		{"groups are sorted backwards", "?sortBy=externalId&sortOrder=descending", 3, []string{"Cooks", `Böoks "and" Co`, "Admins"}},
		{"groups are sorted by an extension, without a value last", "?sortBy=" + site + ":floors", 3, []string{"Admins", `Böoks "and" Co`, "Cooks"}},
		{"a page is cut out", "?sortBy=displayName&startIndex=2&count=1", 3, []string{`Böoks "and" Co`}},
		{"a count of 0 asks for the total", "?count=0", 3, []string{}},
		{"a page after the end is empty", "?startIndex=100", 3, []string{}},
		{"a filter counts what it finds", "?filter=members.value+eq+%22u1%22&count=1", 2, []string{"Cooks"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := w.send("GET", "/Groups"+test.query, "").is(200)
			if diff := cmp.Diff(test.want, names(a)); diff != "" || a.body["totalResults"] != test.total {
				t.Errorf("total %v, -want +got:\n%s", a.body["totalResults"], diff)
			}
		})
	}
	for query, scimType := range map[string]string{
		"?sortBy=color": "invalidPath", "?sortBy=members.value": "invalidPath", "?sortBy=" + site + ":owner": "invalidPath", "?sortBy=id&sortOrder=up": "invalidValue",
		"?startIndex=1001": "tooMany", "?filter=color+eq+1": "invalidFilter",
		"?filter=meta.location+co+%22a%22": "invalidFilter", "?filter=members%5B%24ref+sw+%22h%22%5D": "invalidFilter", "?attributes=id&excludedAttributes=members": "invalidValue",
	} {
		w.send("GET", "/Groups"+query, "").is(400, scimType)
	}
}

func TestSearch(t *testing.T) {
	w, _ := fillWorld(t, elimitygroups.Options{})
	search := func(more string) *answer {
		return w.send("POST", "/Groups/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]`+more+`}`)
	}
	a := search(`, "filter": "members.value eq \"u1\"", "sortBy": "displayName", "count": 5, "excludedAttributes": ["members"]`).is(200)
	if diff := cmp.Diff([]string{"Admins", "Cooks"}, names(a)); diff != "" || strings.Contains(a.text, "u1") {
		t.Errorf("-want +got:\n%s\n%s", diff, a.text)
	}
	search(`, "attributes": ["id"], "excludedAttributes": ["members"]`).is(400, "invalidValue")
}

func TestProjection(t *testing.T) {
	w, ids := fillWorld(t, elimitygroups.Options{})
	w.patch(ids[1], `{"op": "add", "path": "`+site+`:owner", "value": {"name": "Ann", "phone": "1"}}`).is(204)
	// What the server adds to every answer.
	for _, test := range []struct {
		query string
		want  map[string]any
	}{
		{"excludedAttributes=members," + site, map[string]any{"displayName": "Admins", "externalId": "x1"}},
		{"excludedAttributes=members," + site + ":tags&excludedAttributes=" + site + ":owner.name,externalId", map[string]any{"displayName": "Admins",
			site: map[string]any{"city": "Ghent", "floors": 3.0, "owner": map[string]any{"phone": "1"}}}},
		{"attributes=id", map[string]any{}},
		{"attributes=displayName," + site + ":owner.phone", map[string]any{"displayName": "Admins", site: map[string]any{"owner": map[string]any{"phone": "1"}}}},
		{"attributes=MEMBERS.Display", map[string]any{"members": []any{map[string]any{}, map[string]any{"display": "Ann"}}}},
		{"attributes=" + site, map[string]any{site: map[string]any{"city": "Ghent", "floors": 3.0, "tags": []any{"red"}, "owner": map[string]any{"name": "Ann", "phone": "1"}}}},
		{"attributes=color," + site + ":alarm", map[string]any{}},
	} {
		t.Run(test.query, func(t *testing.T) {
			a := w.send("GET", "/Groups/"+ids[1]+"?"+test.query, "").is(200)
			for _, always := range []string{"id", "schemas", "meta"} {
				delete(a.body, always)
			}
			if diff := cmp.Diff(test.want, a.body); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	a := w.send("GET", "/Groups/"+ids[2]+"?attributes="+site+":note", "").is(200)
	if diff := cmp.Diff(map[string]any{"note": "n"}, a.body[site]); diff != "" {
		t.Errorf("what is returned on request, -want +got:\n%s", diff)
	}
}

func TestCanonicalValues(t *testing.T) {
	w := newWorld(t, elimitygroups.Options{CanonicalMember: strings.ToLower, Endpoints: map[string]string{"Device": "/Devices"}})
	id := w.create(`"displayName": "G", "members": [{"value": "U1"}, {"value": "D1", "type": "Device"}]`)
	if diff := cmp.Diff([]string{"G"}, w.found(`members.value eq "U1"`)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"G"}, w.found(`members.$ref eq "`+base+`/Devices/D1"`)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	w.patch(id, `{"op": "remove", "path": "members[value eq \"U1\"]"}`).is(204)
	a := w.send("GET", "/Groups/"+id, "").is(200)
	if want := `"$ref":"` + base + `/Devices/d1"`; len(a.members()) != 1 || !strings.Contains(a.text, want) {
		t.Errorf("got %s", a.text)
	}
}

func TestTheServerPublishesWhatIsEnforced(t *testing.T) {
	w := newWorld(t, elimitygroups.Options{})
	a := w.send("GET", "/ResourceTypes/Group", "").is(200)
	if a.body["endpoint"] != "/Groups" || !strings.Contains(a.text, site) {
		t.Errorf("got %s", a.text)
	}
	a = w.send("GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group", "").is(200)
	if !strings.Contains(a.text, `"uniqueness":"server"`) {
		t.Errorf("got %s", a.text)
	}
}
