package scim_test

import (
	"net/http"
	"testing"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/workspaceone"
	"github.com/scimgroups/scimgroups/store/memory"
)

// The URIs of an answer are made when it is written, so filters on them are
// translated, or refused where they cannot be.
func TestFiltersOnURIs(t *testing.T) {
	h := newHandler(t, scim.Config{BaseURL: "https://example.com/scim/v2"})
	id := create(t, h, "G", "a")
	parent := createWith(t, h, `"displayName":"P","members":[{"value":"`+id+`","type":"Group"}]`)
	location := "https://example.com/scim/v2/Groups/" + id
	for _, c := range []struct {
		filter string
		total  int // -1: 400 invalidFilter
	}{
		{`meta.location eq "` + location + `"`, 1},
		{`meta.location ne "` + location + `"`, 1},
		{`meta.location pr`, 2},
		{`not (meta.location pr)`, 0},
		{`meta.location co "Groups"`, -1},
		{`meta.location sw "https"`, -1},
		{`not (meta.location ew "x")`, -1},
		{`members.$ref eq "` + location + `"`, 1},
		{`members.$ref eq "../Groups/` + id + `"`, 1},
		{`members.$ref pr`, 1},
		{`members[$ref pr and value eq "` + id + `"]`, 1},
		{`members[$ref co "Groups"]`, -1},
		{`members.$ref sw "https"`, -1},
	} {
		a := do(t, h, "GET", "/Groups"+query("filter", c.filter), "")
		if c.total < 0 {
			a.is(t, 400, "invalidFilter")
			continue
		}
		a.is(t, 200, "").has(t, map[string]any{"/totalResults": c.total})
	}
	do(t, h, "GET", "/Groups/"+parent, "").has(t, map[string]any{"/members/0/$ref": location})
}

// Two Handlers with different extensions may serve one store.
func TestAPutLeavesExtensionsAloneThatAreNotServedHere(t *testing.T) {
	groups := memory.New()
	plain := newHandler(t, scim.Config{Groups: groups})
	workspace := newHandler(t, scim.Config{Groups: groups, Extensions: []filter.Extension{workspaceone.Extension()}})
	id := createWith(t, workspace, `"displayName":"G","`+workspaceone.Schema+`":{"domain":"acme.com"}`)
	do(t, plain, "PUT", "/Groups/"+id, group(`"displayName":"H","members":[{"value":"a"}]`)).is(t, http.StatusOK, "")
	do(t, workspace, "GET", "/Groups/"+id, "").has(t, map[string]any{"/displayName": "H", "/" + workspaceone.Schema + "/domain": "acme.com"})
	do(t, workspace, "PUT", "/Groups/"+id, group(`"displayName":"H"`)).is(t, http.StatusOK, "")
	do(t, workspace, "GET", "/Groups/"+id, "").has(t, map[string]any{"/" + workspaceone.Schema: nil})
}
