package elimitygroups_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/scim/elimitygroups"
)

// The server refuses these before the handler sees them. If one of them begins to work,
// the documentation of the package must change.
func TestWhatTheServerRefuses(t *testing.T) {
	w := newWorld(t, elimitygroups.Options{})
	id := w.create(`"displayName": "G", "members": [{"value": "u1"}]`)
	for _, test := range []struct{ name, filter string }{
		{"a filter of core and extension attributes", `displayName eq "G" and ` + site + `:city pr`},
		{"three comparisons in brackets", `members[value eq "a" or value eq "b" or value eq "c"]`},
		{"a string with \\u and small letters", `displayName eq "\u004a\u004b"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			w.send("GET", "/Groups?filter="+url.QueryEscape(test.filter), "").is(400, "invalidFilter")
		})
	}
	for _, test := range []struct{ name, operation string }{
		{"a path that is the URN of an extension", `{"op": "remove", "path": "` + site + `"}`},
		{"a remove without a path", `{"op": "remove", "value": {"members": [{"value": "u1"}]}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			w.patch(id, test.operation).is(400)
		})
	}
	t.Run("a search by a common attribute", func(t *testing.T) {
		w.send("POST", "/Groups/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "id pr"}`).is(400, "invalidFilter")
	})
	if a := w.send("GET", "/Groups/"+id, "").is(200); len(a.members()) != 1 {
		t.Errorf("something was changed: %s", a.text)
	}
	// Newer versions of the server let it through.
	t.Run("a value with the object of an extension", func(t *testing.T) {
		a := w.patch(id, `{"op": "add", "value": {"`+site+`": {"city": "Ghent"}}}`)
		if a.status == 400 {
			return
		}
		if g := w.send("GET", "/Groups/"+id, "").is(200); !strings.Contains(g.text, `"Ghent"`) {
			t.Errorf("status %d, but the city is not set: %s", a.status, g.text)
		}
	})
}
