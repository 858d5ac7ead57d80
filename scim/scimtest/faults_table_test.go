package scimtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store/memory"
)

// faults are one thing each that services do wrong.
var faults = []fault{
	{rule: "A02", name: "401 has no WWW-Authenticate", do: after(func(c *call) {
		if c.status == 401 {
			c.fields.Del("WWW-Authenticate")
		}
	})},
	{rule: "A07", name: "what is not ASCII becomes question marks", do: after(func(c *call) {
		c.groups(func(g object) {
			if g["displayName"] == nil {
				return
			}
			g["displayName"] = strings.Map(func(r rune) rune {
				if r > 127 {
					return '?'
				}
				return r
			}, text(g["displayName"]))
		})
	})},
	{rule: "A08", name: "application/scim+json is not acceptable", do: each(func(c *call) {
		if c.header.Get("Accept") == "application/scim+json" {
			c.fail(406, "")
			return
		}
		c.next()
	})},
	{rule: "A09", name: "application/json is not acceptable", do: each(func(c *call) {
		if c.header.Get("Accept") == "application/json" {
			c.fail(406, "")
			return
		}
		c.next()
	})},
	{rule: "A10", name: "without Accept it is application/json", do: after(func(c *call) {
		if c.header.Get("Accept") == "" {
			c.fields.Set("Content-Type", "application/json")
		}
	})},
	{rule: "A11", name: "errors are application/json", do: after(func(c *call) {
		if c.status >= 400 {
			c.fields.Set("Content-Type", "application/json")
		}
	})},
	{rule: "A12", name: "PUT shows no members", do: after(func(c *call) {
		if c.method == "PUT" {
			c.groups(func(g object) { delete(g, "members") })
		}
	})},
	{rule: "A13", name: "parameters that are not known are refused", do: each(func(c *call) {
		values, _ := url.ParseQuery(c.query)
		for name := range values {
			if !slices.Contains([]string{"filter", "count", "startIndex", "sortBy", "sortOrder", "cursor", "attributes", "excludedAttributes"}, name) {
				c.fail(400, "invalidSyntax")
				return
			}
		}
		c.next()
	})},
	{rule: "A16", name: "op has to be the first", do: each(func(c *call) {
		if bytes.Contains(c.body, []byte(`"Operations":[{"value"`)) {
			c.fail(400, "invalidSyntax")
			return
		}
		c.next()
	})},
	{rule: "A17", name: "names are case-sensitive in bodies", do: each(func(c *call) {
		if bytes.Contains(c.body, []byte("DISPLAYNAME")) {
			c.fail(400, "invalidSyntax")
			return
		}
		c.next()
	})},
	{rule: "A17", name: "names are case-sensitive in paths", do: each(func(c *call) {
		if c.some(func(o object) bool { return o["path"] == "DisplayName" }) {
			c.fail(400, "invalidPath")
			return
		}
		c.next()
	})},
	{rule: "A19", name: "null is refused", do: each(func(c *call) {
		if c.is("POST", "/Groups") && bytes.Contains(c.body, []byte(":null")) {
			c.fail(400, "invalidValue")
			return
		}
		c.next()
	})},
	{rule: "A20", name: "status is a number", do: after(func(c *call) {
		if c.status == 404 {
			c.response(func(b object) { b["status"] = 404 })
		}
	})},
	{rule: "A21", name: "an array instead of an object is a crash", do: each(func(c *call) {
		if string(c.body) == "[]" {
			c.fail(500, "")
			return
		}
		c.next()
	})},
	{rule: "A22", name: "scimType is made up", do: after(func(c *call) {
		if c.method == "PUT" && c.status == 404 {
			c.response(func(b object) { b["scimType"] = "notFound" })
		}
	})},
	{rule: "A25", name: "names are in URLs as they are", do: after(func(c *call) {
		c.groups(func(g object) {
			if meta, ok := g["meta"].(object); ok && strings.Contains(text(g["displayName"]), "%") {
				meta["location"] = fmt.Sprint(meta["location"], "?", g["displayName"])
			}
		})
	})},

	{rule: "B01", name: "attributes leaves out schemas", do: after(func(c *call) {
		if c.has("attributes") {
			c.groups(func(g object) { delete(g, "schemas") })
		}
	})},
	{rule: "B02", name: "schemas has one that is not of groups", do: after(func(c *call) {
		c.groups(func(g object) {
			list, _ := g["schemas"].([]any)
			g["schemas"] = append(list, "urn:example:other")
		})
	})},
	{rule: "B03", name: "the client chooses the id", do: each(func(c *call) {
		var body object
		json.Unmarshal(c.body, &body)
		c.next()
		if id := text(body["id"]); c.is("POST", "/Groups") && strings.HasPrefix(id, "scimtest") {
			c.response(func(b object) { b["id"] = id })
		}
	})},
	{rule: "B04", name: "ids begin with bulkId", do: each(func(c *call) {
		strip := func(s string) string { return strings.ReplaceAll(s, "bulkId-", "") }
		c.path, c.query, c.body = strip(c.path), strip(c.query), []byte(strip(string(c.body)))
		c.next()
		add := func(s string) string { return strings.ReplaceAll(s, "/Groups/", "/Groups/bulkId-") }
		for _, values := range c.fields {
			for i := range values {
				values[i] = add(values[i])
			}
		}
		c.out = []byte(add(string(c.out)))
		c.groups(func(g object) {
			g["id"] = fmt.Sprint("bulkId-", g["id"])
			list, _ := g["members"].([]any)
			for _, m := range list {
				if m := m.(object); len(text(m["value"])) == 36 {
					m["value"] = fmt.Sprint("bulkId-", m["value"])
				}
			}
		})
	})},
	{rule: "B06", name: "externalId is made up", do: after(func(c *call) {
		c.groups(func(g object) {
			if g["externalId"] == nil && !c.has("attributes") {
				g["externalId"] = g["id"]
			}
		})
	})},
	{rule: "B07", name: "the times of the client are taken", do: func() func(*call) {
		var mu sync.Mutex
		created := map[any]any{}
		return func(c *call) {
			var body struct{ Meta object }
			json.Unmarshal(c.body, &body)
			c.next()
			c.groups(func(g object) {
				mu.Lock()
				defer mu.Unlock()
				if c.method == "POST" && body.Meta["created"] != nil {
					created[g["id"]] = body.Meta["created"]
				}
				if meta, ok := g["meta"].(object); ok && created[g["id"]] != nil {
					meta["created"] = created[g["id"]]
				}
			})
		}
	}},
	{rule: "B08", name: "resourceType is in lower case", do: meta(func(m object) { m["resourceType"] = "group" })},
	{rule: "B09", name: "lastModified of a new group is another time", do: meta(func(m object) { m["lastModified"] = "2002-01-01T00:00:00.5Z" })},
	{rule: "B10", name: "location is that of the collection", do: after(func(c *call) {
		if c.is("GET", "/Groups/{id}") {
			c.groups(func(g object) {
				if m, ok := g["meta"].(object); ok {
					m["location"] = "http://scim.test/scim/v2/Groups"
				}
			})
		}
	})},
	{rule: "B11", name: "version has no quotation marks", do: meta(func(m object) { m["version"] = strings.Trim(text(m["version"]), `W/"`) })},
	{rule: "B12", name: "there is no ETag", do: after(func(c *call) { c.fields.Del("ETag") })},
	{rule: "B16", name: "groups have the $ref of users", do: after(func(c *call) {
		c.groups(func(g object) {
			list, _ := g["members"].([]any)
			for _, m := range list {
				if m := m.(object); m["$ref"] != nil {
					m["$ref"] = "http://scim.test/scim/v2/Users/1"
				}
			}
		})
	})},
	{rule: "B19", name: "a group has a duplicate member", do: func() func(*call) {
		var mu sync.Mutex
		twice := map[any]bool{}
		return func(c *call) {
			var body object
			json.Unmarshal(c.body, &body)
			values := membersOf(body)
			c.next()
			c.groups(func(g object) {
				mu.Lock()
				defer mu.Unlock()
				if c.method == "POST" && len(slices.Compact(slices.Sorted(slices.Values(values)))) < len(values) {
					twice[g["id"]] = true
				}
				if list, ok := g["members"].([]any); ok && twice[g["id"]] {
					g["members"] = append(list, list[0])
				}
			})
		}
	}},
	{rule: "B26", name: "externalId is shown in lower case", do: after(func(c *call) {
		c.groups(func(g object) {
			if g["externalId"] != nil {
				g["externalId"] = strings.ToLower(text(g["externalId"]))
			}
		})
	})},

	{rule: "C01", name: "an id in a POST is refused", do: each(func(c *call) {
		var body object
		if json.Unmarshal(c.body, &body); c.is("POST", "/Groups") && body["id"] != nil {
			c.fail(400, "mutability")
			return
		}
		c.next()
	})},
	{rule: "C03", name: "POST is 200", do: after(func(c *call) {
		if c.method == "POST" && c.status == 201 {
			c.status = 200
		}
	})},
	{rule: "C04", name: "POST has no body", do: after(func(c *call) {
		if c.method == "POST" && c.status == 201 {
			c.out = nil
		}
	})},
	{rule: "C05", name: "there is no Location", do: after(func(c *call) { c.fields.Del("Location") })},
	{rule: "C06", name: "a conflict has no scimType", do: after(func(c *call) {
		if c.is("POST", "/Groups") && c.status == 409 {
			c.fail(409, "")
		}
	})},
	{rule: "C07", name: "displayName may be missing", do: each(func(c *call) {
		if c.is("POST", "/Groups") {
			c.request(func(b object) {
				if b["displayName"] == nil && b["DISPLAYNAME"] == nil {
					b["displayName"] = fmt.Sprint("New group ", time.Now().UnixNano())
				}
			})
		}
		c.next()
	})},
	{rule: "C08", name: "schemas may be missing", do: each(func(c *call) {
		if c.is("POST", "/Groups") {
			c.request(func(b object) {
				if b["schemas"] == nil && b["displayName"] != nil {
					b["schemas"] = []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}
				}
			})
		}
		c.next()
	})},

	{rule: "D01", name: "a group is read by its externalId too", do: after(func(c *call) {
		if c.is("GET", "/Groups/{id}") && c.status == 404 {
			var list struct{ Resources []json.RawMessage }
			id := strings.TrimPrefix(c.path, "/Groups/")
			w := c.other("GET", "/Groups", url.Values{"filter": {`externalId eq "` + id + `"`}}.Encode(), nil)
			if json.Unmarshal(w.Body.Bytes(), &list); len(list.Resources) == 1 {
				c.answer(200, string(list.Resources[0]))
			}
		}
	})},
	{rule: "D02", name: "an id of another form is 400", do: each(func(c *call) {
		if c.is("GET", "/Groups/{id}") && strings.HasPrefix(c.path, "/Groups/scimtest-no") {
			c.fail(400, "invalidValue")
			return
		}
		c.next()
	})},
	{rule: "D03", name: "a group is shown without members", do: after(func(c *call) {
		if c.is("GET", "/Groups/{id}") && c.query == "" {
			c.groups(func(g object) { delete(g, "members") })
		}
	})},
	{rule: "D04", name: "PUT does not heed attributes", do: each(func(c *call) {
		if c.method == "PUT" {
			c.query = ""
		}
		c.next()
	})},
	{rule: "D05", name: "lists do not heed attributes", do: each(func(c *call) {
		if c.list() {
			c.set("attributes", "")
		}
		c.next()
	})},
	{rule: "D05", name: "GET does not heed attributes", do: each(func(c *call) {
		if c.is("GET", "/Groups/{id}") {
			c.set("attributes", "")
		}
		c.next()
	})},
	{rule: "D06", name: "lists do not heed excludedAttributes", do: each(func(c *call) {
		if c.list() {
			c.set("excludedAttributes", "")
		}
		c.next()
	})},
	{rule: "D06", name: "excludedAttributes removes the id", do: after(func(c *call) {
		if strings.Contains(c.param("excludedAttributes"), "id") {
			c.groups(func(g object) { delete(g, "id") })
		}
	})},
	{rule: "D08", name: "attributes has no URNs", do: each(func(c *call) {
		if strings.Contains(c.param("attributes"), "urn:") {
			c.set("attributes", "id")
		}
		c.next()
	})},
	{rule: "D09", name: "If-None-Match is ignored by GET", do: each(func(c *call) {
		if c.method == "GET" {
			c.header.Del("If-None-Match")
		}
		c.next()
	})},

	{rule: "E01", name: "itemsPerPage is missing", do: after(func(c *call) {
		if c.list() {
			c.response(func(b object) { delete(b, "itemsPerPage") })
		}
	})},
	{rule: "E02", name: "nothing found is 404", do: after(func(c *call) {
		c.response(func(b object) {
			if c.list() && b["totalResults"] == 0.0 {
				c.status = 404
			}
		})
	})},
	{rule: "E04", name: "totalResults counts the page", do: after(func(c *call) {
		if c.list() {
			c.response(func(b object) {
				list, _ := b["Resources"].([]any)
				b["totalResults"] = len(list)
			})
		}
	})},
	{rule: "E05", name: "startIndex 0 is refused", do: each(func(c *call) {
		if c.param("startIndex") == "0" {
			c.fail(400, "invalidValue")
			return
		}
		c.next()
	})},
	{rule: "E06", name: "count 0 means all", do: each(func(c *call) {
		if c.list() && c.param("count") == "0" && !c.has("cursor") {
			c.set("count", "")
		}
		c.next()
	})},
	{rule: "E07", name: "a page beyond the end is 404", do: each(func(c *call) {
		if c.param("startIndex") == "1000" && c.list() {
			c.fail(404, "")
			return
		}
		c.next()
	})},
	{rule: "E08", name: "a filter on externalId is ignored", do: each(func(c *call) {
		if c.list() && strings.HasPrefix(c.filter(), "externalId eq") {
			c.set("filter", "")
		}
		c.next()
	})},
	{rule: "E09", name: "a filter that is none is ignored", do: after(func(c *call) {
		if c.list() && c.status == 400 && c.has("filter") && !strings.Contains(c.filter(), "regex") {
			c.set("filter", "")
			c.next()
		}
	})},
	{rule: "E10", name: "an operator that is not known selects all", do: each(func(c *call) {
		if strings.Contains(c.filter(), " regex ") {
			c.set("filter", "")
		}
		c.next()
	})},
	{rule: "E11", name: "operators are case-sensitive", do: refuse(func(f string) bool { return strings.Contains(f, " Eq ") })},
	{rule: "E12", name: "ew is not known", do: refuse(func(f string) bool { return strings.Contains(f, " ew ") })},
	{rule: "E13", name: "filters are read from left to right", do: filters(func(f string) string {
		if left, right, ok := strings.Cut(f, " or "); ok && !strings.Contains(f, "(") {
			if middle, last, ok := strings.Cut(right, " and "); ok {
				return "(" + left + " or " + middle + ") and " + last
			}
		}
		return f
	})},
	{rule: "E14", name: "not needs a space", do: refuse(func(f string) bool { return strings.Contains(f, "not(") })},
	{rule: "E15", name: "the terms in brackets are about any member", do: filters(func(f string) string {
		return regexp.MustCompile(`members\[(value eq \S+) and (value eq \S+)\]`).ReplaceAllString(f, "members.$1 and members.$2")
	})},
	{rule: "E17", name: "times compare as text", do: filters(func(f string) string {
		return regexp.MustCompile(`[+-]\d\d:00"`).ReplaceAllString(f, `Z"`)
	})},
	{rule: "E18", name: "externalId compares without letter case", do: filters(func(f string) string {
		if strings.HasPrefix(f, "externalId eq") {
			return strings.Replace(f, "AbCd", "aBcD", 1)
		}
		return f
	})},
	{rule: "E19", name: "a filter on members looks at the first", do: after(func(c *call) {
		_, value, ok := strings.Cut(c.filter(), "members.value eq ")
		if !c.list() || !ok {
			return
		}
		c.response(func(b object) {
			list, _ := b["Resources"].([]any)
			b["Resources"] = slices.DeleteFunc(list, func(g any) bool { return membersOf(g.(object))[0] != strings.Trim(value, `"`) })
		})
	})},
	{rule: "E21", name: "members is always present", do: filters(func(f string) string { return strings.Replace(f, "members pr", "id pr", 1) })},
	{rule: "E22", name: "schemas cannot be filtered by", do: refuse(func(f string) bool { return strings.Contains(f, "schemas eq") })},
	{rule: "E24", name: "a search at the root finds no groups", do: each(func(c *call) {
		if c.path == "/.search" {
			c.answer(200, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}`)
			return
		}
		c.next()
	})},
	{rule: "E25", name: "escapes are not decoded", do: filters(func(f string) string { return strings.ReplaceAll(f, `\u`, `\\u`) })},
	{rule: "E27", name: "sortOrder is ignored", do: each(func(c *call) {
		if !c.has("cursor") {
			c.set("sortOrder", "")
		}
		c.next()
	})},
	{rule: "E29", name: "count in a search is ignored", do: each(func(c *call) {
		if c.path == "/Groups/.search" {
			c.request(func(b object) {
				if b["cursor"] == nil {
					delete(b, "count")
				}
			})
		}
		c.next()
	})},
	{rule: "E32", name: "pages overlap", do: each(func(c *call) {
		if s := c.param("startIndex"); c.list() && (s == "3" || s == "5") {
			c.set("startIndex", string(s[0]-1))
		}
		c.next()
	})},

	{rule: "F01", name: "cursor needs an equals sign", do: each(func(c *call) {
		c.query = strings.Replace(c.query, "&cursor&", "&", 1)
		c.next()
	})},
	{rule: "F02", name: "cursors end in equals signs", do: each(func(c *call) {
		c.query = strings.ReplaceAll(c.query, "%3D%3D", "")
		if c.path == "/Groups/.search" {
			c.request(func(b object) {
				if b["cursor"] != nil {
					b["cursor"] = strings.TrimSuffix(text(b["cursor"]), "==")
				}
			})
		}
		c.next()
		c.response(func(b object) {
			if b["nextCursor"] != nil {
				b["nextCursor"] = text(b["nextCursor"]) + "=="
			}
		})
	})},
	{rule: "F03", name: "the last page has the nextCursor null", do: after(func(c *call) {
		if c.has("cursor") && c.status == 200 {
			c.response(func(b object) {
				if b["nextCursor"] == nil {
					b["nextCursor"] = nil
				}
			})
		}
	})},
	{rule: "F04", name: "the first page has a previousCursor", do: after(func(c *call) {
		if c.has("cursor") && c.param("cursor") == "" {
			c.response(func(b object) { b["previousCursor"] = "x" })
		}
	})},
	{rule: "F05", name: "a negative count is refused", do: each(func(c *call) {
		if c.has("cursor") && c.param("count") == "-1" {
			c.fail(400, "invalidCount")
			return
		}
		c.next()
	})},
	{rule: "F06", name: "a cursor that is none begins anew", do: each(func(c *call) {
		if c.param("cursor") == "scimtest" {
			c.query = strings.Replace(c.query, "cursor=scimtest", "cursor=", 1)
		}
		c.next()
	})},
	{rule: "F09", name: "pages by cursor are not sorted", do: each(func(c *call) {
		if c.has("cursor") {
			c.set("sortBy", "")
			c.set("sortOrder", "")
		}
		c.next()
	})},
	{rule: "F10", name: "a search has no cursor", do: each(func(c *call) {
		if c.path == "/Groups/.search" {
			c.request(func(b object) { delete(b, "cursor") })
		}
		c.next()
	})},
	{rule: "F11", name: "pagination has no index", do: config(func(b object) { delete(b["pagination"].(object), "index") })},
	{rule: "F15", name: "a changed cursor begins anew", do: after(func(c *call) {
		if cursor := c.param("cursor"); c.status == 400 && cursor != "" && cursor != "scimtest" {
			c.query = strings.Replace(c.query, "cursor="+cursor, "cursor=", 1)
			c.next()
		}
	})},

	{rule: "G01", name: "there is no PUT", do: each(func(c *call) {
		if c.is("PUT", "/Groups/{id}") {
			c.fail(501, "")
			return
		}
		c.next()
	})},
	{rule: "G02", name: "PUT creates", do: after(func(c *call) {
		if c.method == "PUT" && c.status == 404 {
			c.answer(201, `{"displayName":"new","id":"x"}`)
		}
	})},
	{rule: "G03", name: "PUT keeps members", do: each(func(c *call) {
		if c.is("PUT", "/Groups/{id}") {
			c.request(func(b object) {
				if list, ok := b["members"].([]any); ok && len(list) > 0 {
					old, _ := c.current()["members"].([]any)
					b["members"] = append(list, old...)
				}
			})
		}
		c.next()
	})},
	{rule: "G06", name: "PUT with another id is refused", do: each(func(c *call) {
		var body object
		if json.Unmarshal(c.body, &body); c.method == "PUT" && body["id"] != nil && c.path != "/Groups/"+text(body["id"]) {
			c.fail(400, "mutability")
			return
		}
		c.next()
	})},
	{rule: "G07", name: "PUT without displayName keeps it", do: each(func(c *call) {
		if c.is("PUT", "/Groups/{id}") {
			c.request(func(b object) {
				if name := c.current()["displayName"]; b["displayName"] == nil && name != nil {
					b["displayName"] = name
				}
			})
		}
		c.next()
	})},
	{rule: "G08", name: "PUT with no members keeps them", do: each(func(c *call) {
		if c.is("PUT", "/Groups/{id}") {
			c.request(func(b object) {
				if list, ok := b["members"].([]any); ok && len(list) == 0 {
					b["members"] = c.current()["members"]
				}
			})
		}
		c.next()
	})},
	{rule: "G09", name: "PUT is 204", do: after(func(c *call) {
		if c.method == "PUT" && c.status == 200 {
			c.status, c.out = 204, nil
		}
	})},
	{rule: "G10", name: "a conflict of PUT is 400", do: after(func(c *call) {
		if c.method == "PUT" && c.status == 409 {
			c.fail(400, "uniqueness")
		}
	})},
	{rule: "G11", name: "PUT ignores If-Match", do: each(func(c *call) {
		if c.method == "PUT" {
			c.header.Del("If-Match")
		}
		c.next()
	})},

	{rule: "H01", name: "there is no PATCH, and ServiceProviderConfig says so", do: each(func(c *call) {
		if c.method == "PATCH" {
			c.fail(501, "")
			return
		}
		c.next()
		if c.path == "/ServiceProviderConfig" {
			c.response(func(b object) { b["patch"] = object{"supported": false} })
		}
	})},
	{rule: "H01", name: "there is no PATCH, though ServiceProviderConfig says so", do: each(func(c *call) {
		if c.method == "PATCH" {
			c.fail(501, "")
			return
		}
		c.next()
	})},
	{rule: "H02", name: "schemas may be missing in a PATCH", do: each(func(c *call) {
		if c.method == "PATCH" && bytes.Contains(c.body, []byte(`{"Operations":[{"op":"replace"`)) {
			c.request(func(b object) { b["schemas"] = []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"} })
		}
		c.next()
	})},
	{rule: "H03", name: "a PATCH may have no operations", do: each(func(c *call) {
		c.dropped = c.method == "PATCH"
		c.patched()
	})},
	{rule: "H04", name: "an operation that is none is ignored", do: each(func(c *call) {
		c.operations(func(o object) bool { return !slices.Contains([]any{"move", "bogus", nil}, o["op"]) })
		c.patched()
	})},
	{rule: "H05", name: "remove without a path empties the group", do: each(func(c *call) {
		c.operations(func(o object) bool {
			if o["op"] == "remove" && o["path"] == nil {
				o["path"] = "members"
			}
			return true
		})
		c.next()
	})},
	{rule: "H06", name: "a path that is none is ignored", do: after(func(c *call) {
		if c.method == "PATCH" && bytes.Contains(c.out, []byte("invalidPath")) {
			c.answer(204, "")
		}
	})},
	{rule: "H07", name: "an operation on the id is ignored", do: each(func(c *call) {
		c.operations(func(o object) bool { return o["path"] != "id" })
		c.patched()
	})},
	{rule: "H08", name: "paths have no URNs", do: each(func(c *call) {
		if c.some(func(o object) bool { return strings.HasPrefix(text(o["path"]), "urn:") }) {
			c.fail(400, "invalidPath")
			return
		}
		c.next()
	})},
	{rule: "H09", name: "the last operation is applied first", do: each(func(c *call) {
		if c.method == "PATCH" {
			c.request(func(b object) {
				list, _ := b["Operations"].([]any)
				slices.Reverse(list)
			})
		}
		c.next()
	})},
	{rule: "H10", name: "operations are applied one by one", do: each(func(c *call) {
		var body object
		json.Unmarshal(c.body, &body)
		list, _ := body["Operations"].([]any)
		if c.method != "PATCH" || len(list) < 2 {
			c.next()
			return
		}
		for _, o := range list {
			body["Operations"] = []any{o}
			c.body, _ = json.Marshal(body)
			if c.next(); c.status >= 300 {
				return
			}
		}
	})},
	{rule: "H11", name: "an error of PATCH has no schemas", do: after(func(c *call) {
		if c.method == "PATCH" && c.status == 400 {
			c.response(func(b object) { delete(b, "schemas") })
		}
	})},
	{rule: "H12", name: "PATCH is 200 without the group", do: after(func(c *call) {
		if c.method == "PATCH" && c.status == 204 {
			c.answer(200, "{}")
		}
	})},
	{rule: "H12", name: "PATCH is 204 with attributes too", do: after(func(c *call) {
		if c.method == "PATCH" && c.status == 200 {
			c.answer(204, "")
		}
	})},
	{rule: "H14", name: "add without a value does nothing", do: each(func(c *call) {
		c.operations(func(o object) bool { _, ok := o["value"]; return o["op"] != "add" || ok })
		c.patched()
	})},
	{rule: "H15", name: "add needs a path", do: refuseOperation("noTarget", func(o object) bool { return o["op"] == "add" && o["path"] == nil })},
	{rule: "H16", name: "add replaces the members", do: each(func(c *call) {
		c.operations(func(o object) bool {
			if o["op"] == "add" && o["path"] == "members" {
				o["op"] = "replace"
			}
			return true
		})
		c.next()
	})},
	{rule: "H18", name: "adding a member again is 409", do: each(func(c *call) {
		members := membersOf(c.patchedGroup())
		if c.some(func(o object) bool {
			return o["op"] == "add" && o["path"] == "members" &&
				slices.ContainsFunc(membersOf(object{"members": o["value"]}), func(v string) bool { return slices.Contains(members, v) })
		}) {
			c.fail(409, "uniqueness")
			return
		}
		c.next()
	})},
	{rule: "H18", name: "adding a member again changes lastModified", do: func() func(*call) {
		var mu sync.Mutex
		n := map[string]int{}
		return func(c *call) {
			mu.Lock()
			defer mu.Unlock()
			c.next()
			if c.method == "PATCH" && c.status < 300 {
				n[c.path]++
			}
			if c.is("GET", "/Groups/{id}") && n[c.path] > 0 {
				c.groups(func(g object) {
					g["meta"].(object)["lastModified"] = time.Now().Add(time.Duration(n[c.path]) * time.Second).UTC().Truncate(time.Second).Add(5).Format(time.RFC3339Nano)
				})
			}
		}
	}},
	{rule: "H19", name: "all members cannot be removed", do: refuseOperation("noTarget", func(o object) bool {
		return o["op"] == "remove" && o["path"] == "members" && o["value"] == nil
	})},
	{rule: "H20", name: "the filter of a path is ignored", do: each(func(c *call) {
		c.operations(func(o object) bool {
			if o["op"] == "remove" && strings.HasPrefix(text(o["path"]), "members[value eq \"") {
				o["path"] = "members"
			}
			return true
		})
		c.next()
	})},
	{rule: "H21", name: "removing displayName is ignored", do: each(func(c *call) {
		c.operations(func(o object) bool { return o["op"] != "remove" || o["path"] != "displayName" })
		c.patched()
	})},
	{rule: "H22", name: "removing somebody who is no member is 404", do: each(func(c *call) {
		members := membersOf(c.patchedGroup())
		if members != nil && bytes.Count(c.body, []byte(`"op"`)) == 1 && c.some(func(o object) bool {
			value, ok := strings.CutPrefix(text(o["path"]), `members[value eq "`)
			return o["op"] == "remove" && ok && strings.HasSuffix(value, `"]`) && !slices.Contains(members, strings.TrimSuffix(value, `"]`))
		}) {
			c.fail(404, "")
			return
		}
		c.next()
	})},
	{rule: "H24", name: "replace without a path changes displayName only", do: each(func(c *call) {
		c.operations(func(o object) bool {
			if value, ok := o["value"].(object); ok && o["op"] == "replace" && o["path"] == nil {
				delete(value, "externalId")
			}
			return true
		})
		c.next()
	})},
	{rule: "H25", name: "replace adds members", do: each(func(c *call) {
		c.operations(func(o object) bool {
			if list, ok := o["value"].([]any); ok && len(list) > 0 && o["op"] == "replace" && o["path"] == "members" {
				o["op"] = "add"
			}
			return true
		})
		c.next()
	})},
	{rule: "H26", name: "what has no value cannot be replaced", do: each(func(c *call) {
		g := c.patchedGroup()
		if g != nil && c.some(func(o object) bool {
			return o["op"] == "replace" && o["path"] == "externalId" && g["externalId"] == nil
		}) {
			c.fail(400, "noTarget")
			return
		}
		c.next()
	})},
	{rule: "H29", name: "a value path that matches nothing is ignored", do: after(func(c *call) {
		if c.method == "PATCH" && bytes.Contains(c.out, []byte(`"noTarget"`)) && bytes.Contains(c.body, []byte("members[")) {
			c.answer(204, "")
		}
	})},
	{rule: "H32", name: "PATCH ignores If-Match", do: each(func(c *call) {
		if c.method == "PATCH" {
			c.header.Del("If-Match")
		}
		c.next()
	})},
	{rule: "H33", name: "a conflict of PATCH is 400", do: after(func(c *call) {
		if c.method == "PATCH" && c.status == 409 {
			c.fail(400, "uniqueness")
		}
	})},
	{rule: "H34", name: "the version never changes", do: each(func(c *call) {
		if c.header.Get("If-Match") == `W/"1"` {
			c.header.Del("If-Match")
		}
		if c.header.Get("If-None-Match") == `W/"1"` {
			c.header.Set("If-None-Match", "*")
		}
		c.body = bytes.ReplaceAll(c.body, []byte(`"version":"W/\"1\""`), []byte(`"x":1`))
		c.next()
		if c.fields.Get("ETag") != "" {
			c.fields.Set("ETag", `W/"1"`)
		}
		c.groups(func(g object) {
			if m, ok := g["meta"].(object); ok {
				m["version"] = `W/"1"`
			}
		})
	})},

	{rule: "I01", name: "DELETE is 200", do: after(func(c *call) {
		if c.method == "DELETE" && c.status == 204 {
			c.status = 200
		}
	})},
	{rule: "I02", name: "a group can be deleted twice", do: after(func(c *call) {
		if c.method == "DELETE" && c.status == 404 && !strings.HasPrefix(c.path, "/Groups/scimtest") {
			c.answer(204, "")
		}
	})},
	{rule: "I03", name: "deleted groups are found", do: func() func(*call) {
		var mu sync.Mutex
		gone := map[string]object{}
		return func(c *call) {
			var g object
			if c.is("DELETE", "/Groups/{id}") {
				g = c.current()
			}
			c.next()
			mu.Lock()
			defer mu.Unlock()
			if g["id"] != nil && c.status == 204 {
				gone[`displayName eq "`+text(g["displayName"])+`"`] = g
			}
			if old := gone[c.filter()]; old != nil && c.list() {
				c.response(func(b object) {
					if b["totalResults"] == 0.0 {
						b["totalResults"], b["Resources"] = 1, []any{old}
					}
				})
			}
		}
	}},
	{rule: "I04", name: "the names of deleted groups stay taken", do: func() func(*call) {
		var mu sync.Mutex
		gone := map[string]bool{}
		return func(c *call) {
			var body, g object
			json.Unmarshal(c.body, &body)
			if c.is("DELETE", "/Groups/{id}") {
				g = c.current()
			}
			mu.Lock()
			defer mu.Unlock()
			if c.is("POST", "/Groups") && gone[text(body["displayName"])] {
				c.fail(409, "uniqueness")
				return
			}
			if c.next(); g["id"] != nil {
				gone[text(g["displayName"])] = true
			}
		}
	}},
	{rule: "I05", name: "ids are given again", do: func() func(*call) {
		var mu sync.Mutex
		var free []string
		alias := map[string]string{} // what clients see, by what the service has
		return func(c *call) {
			mu.Lock()
			defer mu.Unlock()
			for inner, outer := range alias {
				c.path = strings.ReplaceAll(c.path, outer, inner)
				c.query = strings.ReplaceAll(c.query, outer, inner)
				c.body = bytes.ReplaceAll(c.body, []byte(outer), []byte(inner))
			}
			c.next()
			if c.is("POST", "/Groups") && c.status == 201 && len(free) > 0 {
				var g object
				json.Unmarshal(c.out, &g)
				alias[text(g["id"])] = free[0]
				free = free[1:]
			}
			id := strings.TrimPrefix(c.path, "/Groups/")
			for inner, outer := range alias {
				c.out = bytes.ReplaceAll(c.out, []byte(inner), []byte(outer))
				for _, values := range c.fields {
					for i := range values {
						values[i] = strings.ReplaceAll(values[i], inner, outer)
					}
				}
			}
			if c.is("DELETE", "/Groups/{id}") && c.status == 204 {
				if outer, ok := alias[id]; ok {
					delete(alias, id)
					id = outer
				}
				free = append([]string{id}, free...)
			}
		}
	}},
	{rule: "I06", name: "DELETE ignores If-Match", do: each(func(c *call) {
		if c.method == "DELETE" && !strings.HasPrefix(c.path, "/Groups/scimtest") {
			c.header.Del("If-Match")
		}
		c.next()
	})},

	{rule: "J01", name: "a BulkResponse has the schema of the request", do: bulk(func(b object) { b["schemas"] = []string{"urn:ietf:params:scim:api:messages:2.0:BulkRequest"} })},
	{rule: "J02", name: "a bulk request is 207 if an operation failed", do: after(func(c *call) {
		if c.path == "/Bulk" && c.status == 200 && bytes.Contains(c.out, []byte("Error")) {
			c.status = 207
		}
	})},
	{rule: "J03", name: "failOnErrors is ignored", do: each(func(c *call) {
		if c.path == "/Bulk" {
			c.request(func(b object) { delete(b, "failOnErrors") })
		}
		c.next()
	})},
	{rule: "J04", name: "results are missing", do: results(func(list []any) []any { return list[:min(2, len(list))] })},
	{rule: "J05", name: "bulkId is missing", do: result(func(o object) { delete(o, "bulkId") })},
	{rule: "J06", name: "references are kept as they are", do: each(func(c *call) {
		if c.path == "/Bulk" {
			c.body = bytes.ReplaceAll(c.body, []byte(`"bulkId:`), []byte(`"bulk:`))
		}
		c.next()
	})},
	{rule: "J07", name: "groups that refer to each other are an internal error", do: after(func(c *call) {
		if c.path == "/Bulk" && bytes.Contains(c.body, []byte(`"bulkId:a"`)) && bytes.Contains(c.body, []byte(`"bulkId:b"`)) {
			c.response(func(b object) {
				for _, o := range b["Operations"].([]any) {
					o.(object)["status"] = "500"
				}
			})
		}
	})},
	{rule: "J08", name: "operations are done from the end", do: each(func(c *call) {
		if c.path == "/Bulk" && bytes.Count(c.body, []byte(`"PATCH"`)) > 1 {
			c.request(func(b object) { slices.Reverse(b["Operations"].([]any)) })
		}
		c.next()
	})},
	{rule: "J09", name: "statuses are numbers", do: result(func(o object) { o["status"] = json.Number(text(o["status"])) })},
	{rule: "J10", name: "version is ignored", do: each(func(c *call) {
		if c.path == "/Bulk" {
			c.request(func(b object) {
				list, _ := b["Operations"].([]any)
				for _, o := range list {
					delete(o.(object), "version")
				}
			})
		}
		c.next()
	})},
	{rule: "J11", name: "the data of a PATCH is a list of operations", do: each(func(c *call) {
		if c.path == "/Bulk" {
			c.request(func(b object) {
				list, _ := b["Operations"].([]any)
				for _, o := range list {
					if o := o.(object); o["method"] == "PATCH" {
						o["data"] = []any{}
					}
				}
			})
		}
		c.next()
	})},
	{rule: "J12", name: "413 does not name the limit", do: after(func(c *call) {
		if c.status == 413 {
			c.fail(413, "")
		}
	})},
	{rule: "J13", name: "an unknown resource type fails the whole request", do: each(func(c *call) {
		if bytes.Contains(c.body, []byte("/ScimtestThings")) {
			c.fail(400, "invalidPath")
			return
		}
		c.next()
	})},

	{rule: "K01", name: "changePassword is missing", do: config(func(b object) { delete(b, "changePassword") })},
	{rule: "K02", name: "ServiceProviderConfig needs credentials", do: each(func(c *call) {
		if c.path == "/ServiceProviderConfig" && c.header.Get("Authorization") == "" {
			c.fail(401, "")
			return
		}
		c.next()
	})},
	{rule: "K03", name: "an unknown schema is an empty object", do: after(func(c *call) {
		if strings.HasPrefix(c.path, "/Schemas/") && c.status == 404 {
			c.answer(200, "{}")
		}
	})},
	{rule: "K04", name: "schemas of messages are listed", do: discovery("/Schemas", func(b object) {
		b["Resources"] = append(b["Resources"].([]any), object{"id": "urn:ietf:params:scim:api:messages:2.0:ListResponse", "attributes": []any{}})
	})},
	{rule: "K05", name: "resource types are no ListResponse", do: discovery("/ResourceTypes", func(b object) { delete(b, "schemas") })},
	{rule: "K06", name: "resource types are paged", do: after(func(c *call) {
		if c.path == "/ResourceTypes" && c.param("count") == "0" {
			c.response(func(b object) { b["Resources"] = []any{} })
		}
	})},
	{rule: "K07", name: "the resource type has no endpoint", do: resourceTypes(func(t object) { delete(t, "endpoint") })},
	{rule: "K08", name: "attributes have no mutability", do: discovery("/Schemas", func(b object) {
		for _, s := range b["Resources"].([]any) {
			for _, a := range s.(object)["attributes"].([]any) {
				delete(a.(object), "mutability")
			}
		}
	})},
	{rule: "K09", name: "a schema has no meta", do: groupSchema(func(s object) { delete(s, "meta") })},
	{rule: "K10", name: "displayName is not required", do: groupSchema(func(s object) { attribute(s, "displayName")["required"] = false })},
	{rule: "K11", name: "ServiceProviderConfig can be created", do: each(func(c *call) {
		if c.is("POST", "/ServiceProviderConfig") {
			c.answer(201, "{}")
			return
		}
		c.next()
	})},
	{rule: "K13", name: "/Me is 404", do: after(func(c *call) {
		if c.path == "/Me" {
			c.status = 404
		}
	})},

	{rule: "M01", name: "405 has no Allow", do: after(func(c *call) { c.fields.Del("Allow") })},
	{rule: "M03", name: "there is no HEAD", do: each(func(c *call) {
		if c.method == "HEAD" {
			c.fail(405, "")
			return
		}
		c.next()
	})},
	{rule: "M04", name: "PUT ignores If-None-Match", do: each(func(c *call) {
		if c.method == "PUT" {
			c.header.Del("If-None-Match")
		}
		c.next()
	})},
	{rule: "M06", name: "the condition is looked at first", do: each(func(c *call) {
		if c.method == "DELETE" && strings.HasPrefix(c.path, "/Groups/scimtest") && c.header.Get("If-Match") != "" {
			c.fail(412, "")
			return
		}
		c.next()
	})},
	{rule: "M09", name: "the challenge is Bearer alone", do: after(func(c *call) {
		if c.status == 401 {
			c.fields.Set("WWW-Authenticate", "Bearer")
		}
	})},
	{rule: "M10", name: "respond-async is 202 without Set-Txn", do: after(func(c *call) {
		if c.header.Get("Prefer") != "" {
			c.status = 202
		}
	})},

	{rule: "N01", name: "any token will do", do: each(func(c *call) {
		if c.header.Get("Authorization") != "" {
			c.header.Set("Authorization", "Bearer "+token)
		}
		c.next()
	})},
	{rule: "N01", name: "no token is needed", do: each(func(c *call) {
		c.header.Set("Authorization", "Bearer "+token)
		c.next()
	})},
	{rule: "N02", name: "names are case-sensitive", do: after(func(c *call) {
		if c.is("POST", "/Groups") && c.status == 409 && bytes.Contains(c.body, []byte("SCIMTEST")) {
			c.answer(201, `{"displayName":"SCIMTEST","id":"x"}`)
		}
	})},
	{rule: "N03", name: "op is case-sensitive", do: refuseOperation("invalidSyntax", func(o object) bool { return strings.ToLower(text(o["op"])) != text(o["op"]) })},
	{rule: "N04", name: "remove of members ignores the value", do: each(func(c *call) {
		c.operations(func(o object) bool {
			if strings.EqualFold(text(o["op"]), "remove") && o["path"] == "members" {
				delete(o, "value")
			}
			return true
		})
		c.next()
	})},
	{rule: "N05", name: "$ref null is refused", do: each(func(c *call) {
		if bytes.Contains(c.body, []byte(`"$ref":null`)) && !bytes.Contains(c.body, []byte("Remove")) {
			c.fail(400, "invalidValue")
			return
		}
		c.next()
	})},
	{rule: "N06", name: "filters on displayName are case-sensitive", do: after(func(c *call) {
		if literal := regexp.MustCompile(`displayName eq "(.*?)"`).FindStringSubmatch(c.filter()); c.list() && literal != nil {
			c.response(func(b object) {
				list, _ := b["Resources"].([]any)
				n := len(list)
				list = slices.DeleteFunc(list, func(g any) bool {
					name := text(g.(object)["displayName"])
					return name != literal[1] && strings.EqualFold(name, literal[1])
				})
				if b["Resources"] = list; len(list) < n {
					b["totalResults"] = len(list)
				}
			})
		}
	})},
	{rule: "N07", name: "the schema of Microsoft is refused", do: each(func(c *call) {
		if bytes.Contains(c.body, []byte("schemas.microsoft.com")) {
			c.fail(400, "invalidSyntax")
			return
		}
		c.next()
	})},
	{rule: "N08", name: "members needs a sub-attribute", do: refuse(func(f string) bool { return strings.Contains(f, "members eq") })},
	{rule: "N09", name: "names with a URN are ignored in values", do: each(func(c *call) {
		c.operations(func(o object) bool {
			if value, ok := o["value"].(object); ok {
				maps.DeleteFunc(value, func(name string, _ any) bool { return strings.HasPrefix(name, "urn:") })
			}
			return true
		})
		c.next()
	})},
	{rule: "N10", name: "an empty list has no Resources", do: after(func(c *call) {
		if c.list() {
			c.response(func(b object) {
				if list, _ := b["Resources"].([]any); len(list) == 0 {
					delete(b, "Resources")
				}
			})
		}
	})},
	{rule: "N11", name: "an id in a value is refused", do: refuseValue("id")},
	{rule: "N12", name: "schemas in a value is refused", do: refuseValue("schemas")},
	{rule: "N13", name: "a path that is null is refused", do: each(func(c *call) {
		if bytes.Contains(c.body, []byte(`"path":null`)) {
			c.fail(400, "invalidPath")
			return
		}
		c.next()
	})},
	{rule: "N14", name: "a PATCH has 64 operations at most", do: each(func(c *call) {
		var body struct{ Operations []object }
		if json.Unmarshal(c.body, &body); c.method == "PATCH" && len(body.Operations) > 64 {
			c.fail(413, "")
			return
		}
		c.next()
	})},
	{rule: "N15", name: "members cannot be replaced by none", do: each(func(c *call) {
		c.operations(func(o object) bool {
			list, ok := o["value"].([]any)
			return !ok || len(list) > 0 || o["op"] != "replace"
		})
		c.patched()
	})},
	{rule: "N16", name: "PUT without members keeps them", do: each(func(c *call) {
		if c.is("PUT", "/Groups/{id}") {
			c.request(func(b object) {
				if members := c.current()["members"]; b["members"] == nil && members != nil {
					b["members"] = members
				}
			})
		}
		c.next()
	})},
	{rule: "N17", name: "double slashes are 404", do: each(func(c *call) {
		if strings.Contains(c.path, "//") {
			c.fail(404, "")
			return
		}
		c.next()
	})},
	{rule: "N18", name: "a stray & is refused", do: each(func(c *call) {
		if strings.HasSuffix(c.query, "&") {
			c.fail(400, "")
			return
		}
		c.next()
	})},
	{rule: "N19", name: "members have to be a list", do: refuseOperation("invalidValue", func(o object) bool {
		_, ok := o["value"].(object)
		return ok && o["path"] == "members"
	})},
	{rule: "N20", name: "application/json is not taken", do: each(func(c *call) {
		if strings.HasPrefix(c.header.Get("Content-Type"), "application/json") {
			c.fail(415, "")
			return
		}
		c.next()
	})},
	{rule: "N21", name: "pages have 50 groups at most", do: each(smallPages)},
	{rule: "N22", name: "members are read, changed and written", do: each(func(c *call) {
		var body struct{ Operations []object }
		json.Unmarshal(c.body, &body)
		if c.method != "PATCH" || len(body.Operations) != 1 || body.Operations[0]["op"] != "add" || body.Operations[0]["path"] != "members" {
			c.next()
			return
		}
		g := c.current()
		added, ok := body.Operations[0]["value"].([]any)
		if g["id"] == nil || !ok {
			c.next()
			return
		}
		time.Sleep(3 * time.Millisecond)
		list, _ := g["members"].([]any)
		g["members"] = append(list, added...)
		whole, _ := json.Marshal(g)
		if w := c.other("PUT", c.path, "", whole); w.Code == 200 {
			c.answer(204, "")
			return
		}
		c.next()
	})},
	{rule: "N23", name: "groups have 100 members at most", do: after(func(c *call) {
		c.groups(func(g object) {
			if list, ok := g["members"].([]any); ok && len(list) > 100 {
				g["members"] = list[:100]
			}
		})
	})},
	{rule: "N24", name: "display null is refused", do: each(func(c *call) {
		if c.method == "PUT" && bytes.Contains(c.body, []byte(`"display":null`)) {
			c.fail(400, "invalidValue")
			return
		}
		c.next()
	})},
	{rule: "N25", name: "groups cannot be members", do: refuseOperation("invalidValue", func(o object) bool {
		return slices.ContainsFunc(membersOf(object{"members": o["value"]}), func(v string) bool { return len(v) == 36 })
	})},

	{profile: "ipsie", rule: "P01", name: "it claims nothing", do: config(func(b object) { delete(b, "interopProfileConformant") })},
	{profile: "ipsie", rule: "P02", name: "resource types have other ids", do: resourceTypes(func(t object) { t["id"] = "groups" })},
	{profile: "ipsie", rule: "P03", name: "there are no canonicalValues", do: groupSchema(func(s object) {
		for _, a := range attribute(s, "members")["subAttributes"].([]any) {
			delete(a.(object), "canonicalValues")
		}
	})},
	{profile: "ipsie", rule: "P05", name: "conflicts have another letter case than filters", do: after(func(c *call) {
		if c.is("POST", "/Groups") && c.status == 409 && bytes.Contains(c.body, []byte("SCIMTEST")) {
			c.answer(201, `{"displayName":"SCIMTEST","id":"x"}`)
		}
	})},
	{profile: "ipsie", rule: "P06", name: "attributes that are not defined are ignored", do: each(func(c *call) {
		c.request(func(b object) { delete(b, "scimtestNothing") })
		c.next()
	})},
	{profile: "ipsie", rule: "P07", name: "paths that are not defined are ignored", do: each(func(c *call) {
		c.operations(func(o object) bool { return o["path"] != "scimtestNothing" })
		c.patched()
	})},
	{profile: "ipsie", rule: "P06", name: "sub-attributes that are not defined are ignored in a POST", do: each(func(c *call) {
		if c.method == "POST" {
			c.body = bytes.ReplaceAll(c.body, []byte(`"scimtestNothing":"x",`), nil)
		}
		c.next()
	})},
	{profile: "ipsie", rule: "P07", name: "sub-attributes that are not defined are ignored in a PATCH", do: each(func(c *call) {
		if c.method == "PATCH" {
			c.body = bytes.ReplaceAll(c.body, []byte(`"scimtestNothing":"x",`), nil)
		}
		c.next()
	})},
	{profile: "ipsie", rule: "P08", name: "schemas that are not defined are ignored in a PATCH", do: each(func(c *call) {
		c.operations(func(o object) bool { return o["path"] != "schemas" })
		c.patched()
	})},
	{profile: "ipsie", rule: "P08", name: "schemas that are not defined are ignored", do: each(func(c *call) {
		c.body = bytes.ReplaceAll(c.body, []byte(`,"urn:scimtest:nothing"`), nil)
		c.next()
	})},
	{profile: "ipsie", rule: "P16", name: "operations need no path", do: each(func(c *call) {
		c.operations(func(o object) bool {
			if value, ok := o["value"].(object); ok && o["path"] == nil && value["displayName"] != nil {
				o["path"], o["value"] = "displayName", value["displayName"]
			}
			return true
		})
		c.next()
	})},
	{profile: "ipsie", rule: "P09", name: "a filter on what is not defined selects nothing", do: filters(func(f string) string {
		return strings.Replace(f, "scimtestNothing", "externalId", 1)
	})},
	{profile: "ipsie", rule: "P11", name: "filters are not offered", do: config(func(b object) { b["filter"].(object)["supported"] = false })},
	{profile: "ipsie", rule: "P13", name: "pages have 50 groups at most", do: each(smallPages)},
	{profile: "ipsie", rule: "P14", name: "pages have 50 groups by default", do: each(func(c *call) {
		if c.list() && !c.has("count") && !c.has("cursor") {
			c.set("count", "50")
		}
		c.next()
	})},
	{profile: "ipsie", rule: "P15", name: "a large count is refused", do: each(func(c *call) {
		if c.param("count") == "1000000" {
			c.fail(400, "invalidValue")
			return
		}
		c.next()
	})},
	{profile: "ipsie", rule: "P17", name: "add of what has a value is refused", do: each(func(c *call) {
		g := c.patchedGroup()
		if c.some(func(o object) bool { return o["op"] == "add" && o["path"] == "externalId" && g["externalId"] != nil }) {
			c.fail(400, "mutability")
			return
		}
		c.next()
	})},
	{profile: "ipsie", rule: "P21", name: "a group without members is deleted", do: after(func(c *call) {
		if c.some(func(o object) bool { return strings.HasPrefix(text(o["path"]), "members[") }) && c.status == 204 {
			if g := c.current(); g["members"] == nil {
				c.other("DELETE", c.path, "", nil)
			}
		}
	})},
	{profile: "ipsie", rule: "P23", name: "HTTP Basic is offered", do: config(func(b object) {
		b["authenticationSchemes"] = append(b["authenticationSchemes"].([]any), object{"type": "httpbasic", "name": "x", "description": "x"})
	})},
	{profile: "ipsie", rule: "Q01", name: "OAuth is not offered", do: config(func(b object) {
		b["authenticationSchemes"] = []object{{"type": "apikey", "name": "x", "description": "x"}}
	})},
	{profile: "ipsie", rule: "Q03", name: "20 requests at once are too many", do: func() func(*call) {
		var mu sync.Mutex
		n := 0
		return func(c *call) {
			mu.Lock()
			n++
			if c.query != "count=1" {
				n = 0
			}
			many := n > 20
			mu.Unlock()
			if many {
				c.fail(429, "")
				c.fields.Set("Retry-After", "0")
				return
			}
			c.next()
		}
	}},
	{profile: "ipsie", rule: "Q04", name: "429 has no Retry-After", do: func() func(*call) {
		var once sync.Once
		return func(c *call) {
			c.next()
			once.Do(func() { c.fail(429, "") })
		}
	}},
	{profile: "ipsie", rule: "Q05", name: "bulk requests are not offered", do: config(func(b object) { b["bulk"].(object)["supported"] = false })},
	{profile: "ipsie", rule: "Q06", name: "a PATCH changes one attribute", do: each(func(c *call) {
		paths := map[any]bool{}
		if c.some(func(o object) bool { paths[o["path"]] = true; return len(paths) > 2 }) && paths["externalId"] {
			c.fail(400, "invalidSyntax")
			return
		}
		c.next()
	})},
	{profile: "ipsie", rule: "Q07", name: "a PATCH has 20 operations at most", do: each(func(c *call) {
		var body struct{ Operations []object }
		if json.Unmarshal(c.body, &body); c.method == "PATCH" && len(body.Operations) > 20 {
			c.fail(413, "")
			return
		}
		c.next()
	})},
	{profile: "ipsie", rule: "Q08", name: "a group without members is accepted for later", do: after(func(c *call) {
		if c.is("POST", "/Groups") && c.status == 201 && !bytes.Contains(c.body, []byte("members")) {
			c.status = 202
		}
	})},
	{profile: "ipsie", rule: "Q09", name: "names are not unique", do: after(func(c *call) {
		if c.is("POST", "/Groups") && c.status == 409 {
			c.answer(201, `{"displayName":"x","id":"x"}`)
		}
	})},
	{profile: "ipsie", rule: "Q10", name: "filters have no brackets", do: refuse(func(f string) bool { return strings.Contains(f, "members[") })},
	{profile: "ipsie", rule: "Q11", name: "an error has a stack trace", do: after(func(c *call) {
		if c.is("POST", "/Groups") && c.status == 400 {
			c.response(func(b object) { b["detail"] = "panic: x\ngoroutine 1 [running]" })
		}
	})},

	{profile: "opsera", rule: "O01", name: "ids are not names", do: each((*call).next),
		handler: func(t testing.TB) http.Handler {
			return newHandler(t, scim.Config{Dialect: scim.Opsera, Auth: scim.Auth{PublicDiscovery: true}, Groups: memory.New()})
		}},
	{profile: "opsera", rule: "O02", name: "schemas may be missing", do: each(func(c *call) {
		if c.is("POST", "/Groups") {
			c.request(func(b object) {
				if b["schemas"] == nil && b["displayName"] != nil {
					b["schemas"] = []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}
				}
			})
		}
		c.next()
	})},
	{profile: "opsera", rule: "O03", name: "lists have no members", do: after(func(c *call) {
		if c.list() {
			c.groups(func(g object) { delete(g, "members") })
		}
	})},
	{profile: "opsera", rule: "O04", name: "sortOrder is ignored", do: each(func(c *call) {
		c.set("sortOrder", "")
		c.next()
	})},
	{profile: "opsera", rule: "O05", name: "ServiceProviderConfig needs a token", do: each(func(c *call) {
		if c.path == "/ServiceProviderConfig" && c.header.Get("Authorization") == "" {
			c.fail(401, "")
			return
		}
		c.next()
	})},

	{profile: "workspaceone", rule: "W01", name: "lists have the schema of SCIM 2.0", do: after(func(c *call) {
		if c.list() {
			c.response(func(b object) { b["schemas"] = []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"} })
		}
	})},
	{profile: "workspaceone", rule: "W02", name: "errors are those of SCIM 2.0", do: after(func(c *call) {
		if c.status >= 400 {
			c.fail(c.status, "")
		}
	})},
	{profile: "workspaceone", rule: "W03", name: "operation delete is ignored", do: each(func(c *call) {
		c.body = bytes.ReplaceAll(c.body, []byte(`"operation":"delete"`), []byte(`"operation":null`))
		c.next()
	})},
	{profile: "workspaceone", rule: "W04", name: "meta.attributes is ignored", do: each(func(c *call) {
		if c.method == "PATCH" {
			c.request(func(b object) { delete(b, "meta") })
		}
		c.next()
	})},
	{profile: "workspaceone", rule: "W05", name: "X-HTTP-Method-Override is ignored", do: each(func(c *call) {
		c.header.Del("X-HTTP-Method-Override")
		c.next()
	})},
	{profile: "workspaceone", rule: "W06", name: "names in a search are a list", do: each(func(c *call) {
		if strings.HasSuffix(c.path, ".search") && bytes.Contains(c.body, []byte(`"attributes":"`)) {
			c.fail(400, "")
			return
		}
		c.next()
	})},
	{profile: "workspaceone", rule: "W07", name: "a name that is taken is 400", do: after(func(c *call) {
		if c.status == 409 {
			c.status = 400
		}
	})},
	{profile: "workspaceone", rule: "W08", name: "startIndex 0 is refused", do: each(func(c *call) {
		if c.param("startIndex") == "0" {
			c.fail(400, "")
			return
		}
		c.next()
	})},
	{profile: "workspaceone", rule: "W09", name: "a comma at the end is refused", do: each(func(c *call) {
		if strings.HasSuffix(c.param("attributes"), ",") {
			c.fail(400, "")
			return
		}
		c.next()
	})},
	{profile: "workspaceone", rule: "W10", name: "a group can be deleted twice", do: after(func(c *call) {
		if c.method == "DELETE" && c.status == 404 {
			c.answer(204, "")
		}
	})},
}

// patchedGroup is the group of a PATCH as it is before.
func (c *call) patchedGroup() object {
	if c.method != "PATCH" {
		return nil
	}
	g := c.current()
	if g["id"] == nil {
		return nil
	}
	return g
}

// meta changes meta of all groups in responses.
func meta(change func(m object)) func() func(*call) {
	return after(func(c *call) {
		c.groups(func(g object) {
			if m, ok := g["meta"].(object); ok {
				change(m)
			}
		})
	})
}

// refuse refuses filters.
func refuse(like func(filter string) bool) func() func(*call) {
	return each(func(c *call) {
		if like(c.filter()) {
			c.fail(400, "invalidFilter")
			return
		}
		c.next()
	})
}

// filters changes filters in URLs.
func filters(change func(filter string) string) func() func(*call) {
	return each(func(c *call) {
		if f := c.filter(); f != "" && change(f) != f {
			c.set("filter", change(f))
		}
		c.next()
	})
}

// refuseOperation refuses a PATCH with such an operation.
func refuseOperation(scimType string, like func(o object) bool) func() func(*call) {
	return each(func(c *call) {
		if c.some(like) {
			c.fail(400, scimType)
			return
		}
		c.next()
	})
}

// refuseValue refuses an operation without a path whose value has a name.
func refuseValue(name string) func() func(*call) {
	return refuseOperation("mutability", func(o object) bool {
		value, ok := o["value"].(object)
		return ok && o["path"] == nil && value[name] != nil
	})
}

// discovery changes a document.
func discovery(path string, change func(b object)) func() func(*call) {
	return after(func(c *call) {
		if c.is("GET", path) && c.status == 200 {
			c.response(change)
		}
	})
}

func config(change func(b object)) func() func(*call) {
	return discovery("/ServiceProviderConfig", change)
}

func resourceTypes(change func(t object)) func() func(*call) {
	return discovery("/ResourceTypes", func(b object) {
		for _, t := range b["Resources"].([]any) {
			change(t.(object))
		}
	})
}

func groupSchema(change func(s object)) func() func(*call) {
	return discovery("/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group", change)
}

func attribute(schema object, name string) object {
	for _, a := range schema["attributes"].([]any) {
		if a := a.(object); a["name"] == name {
			return a
		}
	}
	return nil
}

// bulk changes a BulkResponse.
func bulk(change func(b object)) func() func(*call) {
	return after(func(c *call) {
		if c.path == "/Bulk" && c.status == 200 {
			c.response(change)
		}
	})
}

func results(change func(list []any) []any) func() func(*call) {
	return bulk(func(b object) { b["Operations"] = change(b["Operations"].([]any)) })
}

func result(change func(o object)) func() func(*call) {
	return bulk(func(b object) {
		for _, o := range b["Operations"].([]any) {
			change(o.(object))
		}
	})
}

func smallPages(c *call) {
	if c.list() && c.param("count") == "100" {
		c.set("count", "50")
	}
	c.next()
}
