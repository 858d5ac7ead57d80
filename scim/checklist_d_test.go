package scim_test

import (
	"testing"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store/memory"
)

// Section D of the checklist: GET /Groups/{id}.
func TestChecklistD(t *testing.T) {
	h := withSite(t)
	id := createWith(t, h, `"displayName":"Tour Guides","externalId":"ext","members":[{"value":"u1","type":"User","display":"Ann"},{"value":"u2"}],`+
		site(`"site":"Pier","floor":3,"seal":"wax","owner":{"name":"O","mail":"m"}`))
	path := "/Groups/" + id

	t.Run("D01 a group is found by its id alone", func(t *testing.T) {
		do(t, h, "GET", path, "").is(t, 200, "").has(t, map[string]any{"/id": id, "/displayName": "Tour Guides"})
		do(t, h, "GET", "/Groups/ext", "").is(t, 404, "")
		do(t, h, "GET", "/Groups/Tour%20Guides", "").is(t, 404, "")
	})
	t.Run("D02 an unknown or deleted group is 404", func(t *testing.T) {
		gone := create(t, h, "Gone")
		do(t, h, "DELETE", "/Groups/"+gone, "").is(t, 204, "")
		do(t, h, "GET", "/Groups/"+gone, "").is(t, 404, "")
		do(t, h, "GET", "/Groups/none", "").is(t, 404, "")
	})
	t.Run("D03 all that is returned by default is there", func(t *testing.T) {
		a := do(t, h, "GET", path, "")
		equal(t, "attributes", a.keys(), []string{"displayName", "externalId", "id", "members", "meta", "schemas", siteURN})
	})
	t.Run("D04 every operation that answers a group takes both parameters", func(t *testing.T) {
		for i, r := range []request{
			{"", "GET", path, "", 200, "", nil},
			{"", "PUT", path, group(`"displayName":"Tour Guides","externalId":"ext","members":[{"value":"u1","type":"User","display":"Ann"},{"value":"u2"}],` +
				site(`"site":"Pier","floor":3,"seal":"wax","owner":{"name":"O","mail":"m"}`)), 200, "", nil},
			{"", "PATCH", path, patchOp(`{"op":"add","path":"members","value":[]}`), 200, "", nil},
			{"", "POST", "/Groups", group(`"displayName":"D04","externalId":"x","members":[{"value":"u"}]`), 201, "", nil},
		} {
			a := do(t, h, r.method, r.path+"?attributes=externalId", r.body).is(t, r.status, "")
			if want := []string{"externalId", "id", "schemas"}; i == 3 {
				equal(t, r.method, a.keys(), want)
				do(t, h, "DELETE", "/Groups/"+a.str("/id"), "").is(t, 204, "")
			} else {
				equal(t, r.method, a.keys(), append(want, siteURN))
			}
			a = do(t, h, r.method, r.path+"?excludedAttributes=externalId,members", r.body).is(t, r.status, "")
			a.has(t, map[string]any{"/externalId": nil, "/members": nil})
			if a.str("/displayName") == "" || a.str("/meta/version") == "" {
				t.Errorf("%s: %s", r.method, a.text)
			}
		}
		a := do(t, h, "GET", "/Groups?attributes=externalId&filter=id+pr", "")
		b := do(t, h, "POST", "/.search", search(`"attributes":["externalId"],"filter":"id pr"`))
		a.has(t, map[string]any{"/Resources/0/externalId": "ext", "/Resources/0/displayName": nil, "/Resources/0/members": nil})
		if a.text != b.text {
			t.Errorf("GET\n%s\n.search\n%s", a.text, b.text)
		}
	})
	t.Run("D05 attributes names exactly what is added to the minimum", func(t *testing.T) {
		for names, want := range map[string]map[string]any{
			"displayName":             {"/displayName": "Tour Guides", "/meta": nil, "/members": nil, "/externalId": nil, "/" + siteURN: map[string]string{"seal": "wax"}},
			"members.value":           {"/members/0": map[string]string{"value": "u1"}, "/members/1": map[string]string{"value": "u2"}},
			"members.display,id":      {"/members/0": map[string]string{"display": "Ann"}, "/displayName": nil},
			"meta.version":            {"/meta/created": nil, "/meta/resourceType": nil},
			"meta":                    {"/meta/resourceType": "Group"},
			siteURN + ":floor":        {"/" + siteURN: map[string]any{"floor": 3, "seal": "wax"}, "/displayName": nil},
			siteURN + ":owner.mail":   {"/" + siteURN: map[string]any{"owner": map[string]string{"mail": "m"}, "seal": "wax"}},
			siteURN:                   {"/" + siteURN + "/floor": 3, "/" + siteURN + "/site": "Pier"},
			" displayName , members ": {"/displayName": "Tour Guides", "/members/0/value": "u1"},
		} {
			do(t, h, "GET", path+query("attributes", names), "").is(t, 200, "").has(t, want)
		}
	})
	t.Run("D06 excludedAttributes takes away, but not what is returned always", func(t *testing.T) {
		for names, want := range map[string]map[string]any{
			"members":            {"/members": nil, "/displayName": "Tour Guides"},
			"members.display":    {"/members/0": map[string]string{"type": "User", "value": "u1"}},
			"id,schemas":         {"/id": id, "/schemas/0": groupURN},
			"meta":               {"/meta": nil},
			"meta.location":      {"/meta/location": nil, "/meta/resourceType": "Group"},
			siteURN:              {"/" + siteURN: map[string]string{"seal": "wax"}},
			siteURN + ":seal":    {"/" + siteURN + "/seal": "wax"},
			siteURN + ":floor":   {"/" + siteURN + "/floor": nil, "/" + siteURN + "/site": "Pier"},
			"displayName,colour": {"/displayName": nil, "/members/0/value": "u1"},
		} {
			do(t, h, "GET", path+query("excludedAttributes", names), "").is(t, 200, "").has(t, want)
		}
	})
	t.Run("D07 both at once are 400", func(t *testing.T) {
		do(t, h, "GET", path+"?attributes=id&excludedAttributes=members", "").is(t, 400, "invalidValue")
		do(t, h, "POST", "/.search", search(`"attributes":["id"],"excludedAttributes":["members"]`)).is(t, 400, "invalidValue")
	})
	t.Run("D08 names may be short, qualified and of any letter case, and unknown ones are harmless", func(t *testing.T) {
		for _, names := range []string{"displayName", "DISPLAYNAME,colour,a.b.c", groupURN + ":displayName", "urn:IETF:params:scim:schemas:core:2.0:GROUP:displayname,urn:x:y"} {
			a := do(t, h, "GET", path+query("attributes", names), "").is(t, 200, "")
			equal(t, names, a.keys(), []string{"displayName", "id", "schemas", siteURN})
		}
	})
	t.Run("D09 If-None-Match with this version is 304 with the ETag and nothing else", func(t *testing.T) {
		tag := do(t, h, "GET", path, "").header.Get("ETag")
		for _, value := range []string{tag, `W/"x", ` + tag, "*", tag[2:]} {
			if a := do(t, h, "GET", path, "", "If-None-Match", value).is(t, 304, ""); a.header.Get("ETag") != tag {
				t.Errorf("ETag is %q", a.header.Get("ETag"))
			}
		}
		do(t, h, "GET", path, "", "If-None-Match", `W/"x"`).is(t, 200, "")
	})
	t.Run("D10 excludedAttributes=members reads no member from the store", func(t *testing.T) {
		s := &hookedStore{GroupStore: memory.New()}
		h := newHandler(t, scim.Config{Groups: s})
		id := create(t, h, "Lazy", "u")
		s.selections = nil // a POST answers the members as they are stored
		do(t, h, "GET", "/Groups/"+id+"?excludedAttributes=members", "").is(t, 200, "")
		do(t, h, "GET", "/Groups/"+id+"?attributes=displayName", "").is(t, 200, "")
		do(t, h, "GET", "/Groups?excludedAttributes=members", "").is(t, 200, "")
		do(t, h, "POST", "/.search", search(`"attributes":["displayName"]`)).is(t, 200, "")
		do(t, h, "PUT", "/Groups/"+id+"?excludedAttributes=members", group(`"displayName":"Lazy 2"`)).is(t, 200, "")
		do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"add","path":"members","value":[{"value":"v"}]}`)).is(t, 204, "")
		for _, sel := range s.selections {
			if sel.Members {
				t.Errorf("members were asked for: %v", s.selections)
			}
		}
	})
	t.Run("D11 a filter on a single group is ignored", func(t *testing.T) {
		do(t, h, "GET", path+query("filter", `displayName eq "another"`), "").is(t, 200, "")
	})
}
