package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/scim/scimtest"
	"github.com/scimgroups/scimgroups/store"
)

func TestTheTranscriptOfOpseraPasses(t *testing.T) {
	onEachStore(t, func(t *testing.T, service http.Handler) {
		scimtest.Recorded(t, "opsera").Replay(t, scimtest.Target{Handler: service, URL: base, Token: transcriptToken})
	})
}

// One test for each sentence of the documentation of Opsera's API
// (docs.opsera.ai/api-reference/reference/scim2-groups and …/scim2-discovery), and
// for what follows from it.
var sentences = []struct {
	name string
	test func(*client)
}{
	{"the API is at /api/v2/scim/v2 and nowhere else", func(c *client) {
		c.do("GET", "/Groups", "").is(200)
		c.do("GET", strings.TrimSuffix(c.url, base)+"/Groups", "").is(404)
		c.do("GET", c.url+"x/Groups", "").is(404)
	}},
	{"an API token comes as a bearer token", func(c *client) {
		c.do("GET", "/Groups", "").is(200)
		c.token = ""
		if a := c.do("GET", "/Groups", "").is(401); !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") {
			c.t.Error("the 401 does not ask for a bearer token")
		}
	}},
	{"every operation answers 401 to a wrong token", func(c *client) {
		c.create("developers").is(201)
		c.token = "wrong"
		for _, r := range [][2]string{{"GET", "/Groups"}, {"POST", "/Groups"}, {"POST", "/Groups/.search"}, {"GET", "/Groups/developers"},
			{"PUT", "/Groups/developers"}, {"PATCH", "/Groups/developers"}, {"DELETE", "/Groups/developers"}} {
			c.do(r[0], r[1], "").is(401)
		}
	}},
	{"answers are application/scim+json", func(c *client) {
		for _, a := range []*answer{c.create("developers"), c.do("GET", "/Groups", ""), c.do("GET", "/Groups/nobody", "")} {
			if got := a.header.Get("Content-Type"); got != "application/scim+json" {
				c.t.Error("the media type is", got)
			}
		}
	}},
	{"the id of a group is its name", func(c *client) {
		c.create("developers").is(201).has(`"id":"developers"`)
		c.do("GET", "/Groups/developers", "").is(200).has(`"displayName":"developers"`)
	}},
	{"a list is filtered by displayName eq", func(c *client) {
		c.create("a").is(201)
		c.create("b").is(201)
		if got := c.do("GET", "/Groups?filter="+url.QueryEscape(`displayName eq "b"`), "").names(); got != "b" {
			c.t.Error("the list is", got)
		}
		c.do("GET", "/Groups?filter=displayName+eq", "").is(400).has("invalidFilter")
	}},
	{"a list is sorted by sortBy, although the configuration does not say so", func(c *client) {
		for _, name := range []string{"b", "c", "a"} {
			c.create(name).is(201)
		}
		for query, want := range map[string]string{
			"?sortBy=displayName":                      "a, b, c",
			"?sortBy=displayName&sortOrder=ascending":  "a, b, c",
			"?sortBy=displayName&sortOrder=descending": "c, b, a",
			"": "b, c, a",
		} {
			if got := c.do("GET", "/Groups"+query, "").names(); got != want {
				c.t.Errorf("%s answers %s", query, got)
			}
		}
	}},
	{"sortOrder is ascending or descending", func(c *client) {
		c.do("GET", "/Groups?sortBy=displayName&sortOrder=sideways", "").is(400)
	}},
	{"startIndex begins with 1, which is also the default", func(c *client) {
		for _, name := range []string{"a", "b", "c"} {
			c.create(name).is(201)
		}
		c.do("GET", "/Groups", "").is(200).has(`"startIndex":1`)
		if got := c.do("GET", "/Groups?startIndex=2&count=1", "").has(`"startIndex":2`).has(`"totalResults":3`).names(); got != "b" {
			c.t.Error("the page is", got)
		}
	}},
	{"count is 100 by default and at most", func(c *client) {
		for i := range 101 {
			c.create("group " + strconv.Itoa(i)).is(201)
		}
		for _, query := range []string{"", "?count=100", "?count=5000"} {
			c.do("GET", "/Groups"+query, "").is(200).has(`"itemsPerPage":100`).has(`"totalResults":101`)
		}
	}},
	{"members are part of a list", func(c *client) {
		c.create("developers", "u1", "u2").is(201)
		c.do("GET", "/Groups", "").is(200).has(`"value":"u1"`).has(`"value":"u2"`)
	}},
	{"a list is a ListResponse with totalResults, startIndex, itemsPerPage and Resources", func(c *client) {
		a := c.do("GET", "/Groups", "").is(200).has(`"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"]`)
		for _, name := range []string{"totalResults", "startIndex", "itemsPerPage", "Resources"} {
			if _, there := a.json[name]; !there {
				c.t.Error("there is no", name)
			}
		}
	}},
	{"a new group needs schemas with the URN of groups", func(c *client) {
		c.do("POST", "/Groups", `{"displayName":"a"}`).is(400)
		c.do("POST", "/Groups", `{"schemas":[],"displayName":"a"}`).is(400)
		c.do("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"displayName":"a"}`).is(400)
	}},
	{"a new group needs a displayName", func(c *client) {
		c.do("POST", "/Groups", `{`+groupSchema+`}`).is(400)
		c.do("POST", "/Groups", `{`+groupSchema+`,"displayName":""}`).is(400)
	}},
	{"a new group is answered 201 with the resource and its Location", func(c *client) {
		a := c.create("developers", "u1").is(201).has(`"value":"u1"`)
		if got := a.header.Get("Location"); got != c.url+"/Groups/developers" {
			c.t.Error("Location is", got)
		}
	}},
	{"a name that is taken is answered 409 uniqueness", func(c *client) {
		c.create("developers").is(201)
		c.create("developers").is(409).has("uniqueness")
		c.create("Developers").is(409)
	}},
	{"a group is read, replaced and patched with 200, and deleted with 204", func(c *client) {
		c.create("developers", "u1").is(201)
		c.do("GET", "/Groups/developers", "").is(200)
		c.do("PUT", "/Groups/developers", group("developers", "u2")).is(200).has(`"value":"u2"`)
		c.do("PATCH", "/Groups/developers?attributes=members", patchOf(`{"op":"add","path":"members","value":[{"value":"u3"}]}`)).
			is(200).has(`"value":"u2"`).has(`"value":"u3"`)
		c.do("DELETE", "/Groups/developers", "").is(204)
		c.do("GET", "/Groups/developers", "").is(404)
	}},
	{"a write that cannot be understood is answered 400", func(c *client) {
		c.create("developers").is(201)
		c.do("PUT", "/Groups/developers", "{").is(400)
		c.do("PATCH", "/Groups/developers", `{"Operations":[]}`).is(400)
	}},
	{"a group that is not there is answered 404", func(c *client) {
		for method, body := range map[string]string{"GET": "", "DELETE": "", "PUT": group("nobody"),
			"PATCH": patchOf(`{"op":"add","path":"members","value":[{"value":"u1"}]}`)} {
			c.do(method, "/Groups/nobody", body).is(404)
		}
	}},
	{"a PATCH is the PatchOp of RFC 7644", func(c *client) {
		c.create("developers", "u1", "u2").is(201)
		c.do("PATCH", "/Groups/developers", patchOf(`{"op":"remove","path":"members[value eq \"u1\"]"},{"op":"add","path":"externalId","value":"x"}`)).is(200)
		a := c.do("GET", "/Groups/developers", "").is(200).has(`"externalId":"x"`).has(`"value":"u2"`)
		if strings.Contains(a.text, `"u1"`) {
			c.t.Error("the member is still there:", a.text)
		}
	}},
	{"a search is a SearchRequest that is answered with a ListResponse", func(c *client) {
		c.create("a").is(201)
		c.create("b").is(201)
		a := c.do("POST", "/Groups/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"displayName eq \"b\""}`)
		if got := a.is(200).has("ListResponse").names(); got != "b" {
			c.t.Error("the list is", got)
		}
	}},
	{"a search without a body is answered 400", func(c *client) {
		c.do("POST", "/Groups/.search", "").is(400)
	}},
	{"the configuration needs no token and is the documented one", func(c *client) {
		c.token = ""
		a := c.do("GET", "/ServiceProviderConfig", "").is(200)
		for name, want := range map[string]bool{"patch": true, "filter": true, "bulk": false, "changePassword": false, "sort": false, "etag": false} {
			if got := a.json[name].(map[string]any)["supported"]; got != want {
				c.t.Errorf("%s is %v", name, got)
			}
		}
		if got := a.json["filter"].(map[string]any)["maxResults"]; got != 100.0 {
			c.t.Error("maxResults is", got)
		}
	}},
	{"bulk is not supported", func(c *client) { c.do("POST", "/Bulk", "{}").is(501) }},
	{"a name may have anything in it, and is escaped in the path, Location, meta.location and $ref", func(c *client) {
		for _, name := range []string{
			"two words", "a/b", "a//b", "a/../b", "/", "100%", "%2F", "a?b#c", "a+b&c=d", "a;b,c:d@e", "Überwachung", "開発", "🚀 launch", `"quoted" \`,
			"trailing ", "<b>", strings.Repeat("ä/", 100), "Groups", "ServiceProviderConfig", "a.search",
		} {
			location := c.url + "/Groups/" + url.PathEscape(name)
			a := c.create(name, "u1").is(201)
			if a.json["id"] != name || a.json["displayName"] != name {
				c.t.Errorf("%q became %s", name, a.text)
			}
			meta := a.json["meta"].(map[string]any)
			if got := a.header.Get("Location"); got != location || meta["location"] != location {
				c.t.Errorf("%q is at %s and %s, want %s", name, got, meta["location"], location)
			}
			if got := c.do("GET", location, "").is(200); got.json["id"] != name {
				c.t.Errorf("%s is %s", location, got.text)
			}
			parent := c.do("POST", "/Groups", `{`+groupSchema+`,"displayName":"parent","members":[{"value":`+strconv.Quote(name)+`,"type":"Group"}]}`).is(201)
			if got := parent.json["members"].([]any)[0].(map[string]any)["$ref"]; got != location {
				c.t.Errorf("$ref is %v, want %s", got, location)
			}
			c.do("DELETE", "/Groups/parent", "").is(204)
			c.do("PUT", location, group(name, "u2")).is(200).has(`"u2"`)
			c.do("PATCH", location, patchOf(`{"op":"add","path":"members","value":[{"value":"u3"}]}`)).is(200)
			c.do("DELETE", location, "").is(204)
			c.do("GET", location, "").is(404)
		}
	}},
	{"a name has at most 200 characters and is one that can be an id", func(c *client) {
		c.create(strings.Repeat("ä", 200)).is(201)
		c.create(strings.Repeat("ä", 201)).is(400).has("invalidValue")
		c.create(".search").is(400).has("invalidValue")
		c.create("bulkId:1").is(400).has("invalidValue")
	}},
	{"a name that differs in letter case only is another address", func(c *client) {
		c.create("developers").is(201)
		c.do("GET", "/Groups/Developers", "").is(404)
	}},
	{"a group cannot be renamed, by PUT nor by PATCH", func(c *client) {
		c.create("developers", "u1").is(201)
		c.do("PUT", "/Groups/developers", group("engineers", "u1")).is(400).has("mutability")
		c.do("PATCH", "/Groups/developers", patchOf(`{"op":"replace","path":"displayName","value":"Developers"}`)).is(400).has("mutability")
		c.do("PATCH", "/Groups/developers", patchOf(`{"op":"replace","path":"displayName","value":"developers"}`)).is(200)
		c.do("GET", "/Groups/developers", "").is(200).has(`"u1"`)
		c.do("GET", "/Groups/engineers", "").is(404)
	}},
	{"the name of a deleted group is free, and its members do not come back", func(c *client) {
		c.create("developers", "u1").is(201)
		c.do("DELETE", "/Groups/developers", "").is(204)
		if a := c.create("developers").is(201); strings.Contains(a.text, "u1") {
			c.t.Error("the member came back:", a.text)
		}
	}},
}

func TestEverySentenceOfTheDocumentationHolds(t *testing.T) {
	onEachStore(t, func(t *testing.T, service http.Handler) {
		for _, s := range sentences {
			t.Run(s.name, func(t *testing.T) {
				c := newClient(t, service)
				s.test(c)
				c.empty(t)
			})
		}
	})
}

// empty deletes all groups, through the API.
func (c *client) empty(t *testing.T) {
	c = &client{t: t, url: c.url, token: transcriptToken}
	for {
		resources, _ := c.do("GET", "/Groups?attributes=id", "").is(200).json["Resources"].([]any)
		if len(resources) == 0 {
			return
		}
		for _, r := range resources {
			c.do("DELETE", "/Groups/"+url.PathEscape(r.(map[string]any)["id"].(string)), "").is(204)
		}
	}
}

// broken is a store whose database has a fault.
type broken struct{ store.GroupStore }

func (broken) List(context.Context, store.Query) (store.Page, error) {
	return store.Page{}, errors.New("disk on fire")
}

func TestAFaultOfTheServiceIsAnswered500(t *testing.T) {
	service, err := newService(broken{}, transcriptToken, "")
	if err != nil {
		t.Fatal(err)
	}
	if a := newClient(t, service).do("GET", "/Groups", "").is(500); strings.Contains(a.text, "fire") {
		t.Error("the fault is told:", a.text)
	}
}

func TestTheProgramServesUntilItIsStopped(t *testing.T) {
	t.Setenv("OPSERA_TOKEN", "")
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-addr", "127.0.0.1:0", "-store", "memory:", "-url", "https://opsera.example.com/api/v2/scim/v2"}, writer)
		writer.Close()
	}()
	lines := bufio.NewScanner(reader)
	line := func(prefix string) string {
		if !lines.Scan() {
			t.Fatal(<-ended)
		}
		value, ok := strings.CutPrefix(lines.Text(), prefix)
		if !ok {
			t.Fatal(lines.Text())
		}
		return value
	}
	c := &client{t: t}
	c.token = line("token: ")
	c.url = line("listening on ")
	if got := c.create("a b").is(201).header.Get("Location"); got != "https://opsera.example.com/api/v2/scim/v2/Groups/a%20b" {
		t.Error("Location is", got)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestArgumentsThatMeanNothingAreRefused(t *testing.T) {
	for _, args := range [][]string{{"-nothing"}, {"more"}, {"-store", "paper:"}, {"-store", "sqlite:"}, {"-store", "memory:", "-url", "opsera"}} {
		if err := run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}
