package scim_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/scim"
)

// Section J of the checklist: POST /Bulk.
func TestChecklistJ(t *testing.T) {
	h := newHandler(t, scim.Config{BaseURL: "https://example.com/scim/v2", Limits: scim.Limits{MaxBulkOperations: 20, MaxBody: 10_000}})
	there := create(t, h, "There", "m")

	t.Run("J01 messages have their schemas, and operations what they need", func(t *testing.T) {
		bulk(t, h, bulkOf())
		do(t, h, "POST", "/Bulk", message(messageURN+"BulkRequest", "")).is(t, 400, "invalidSyntax")
		do(t, h, "POST", "/Bulk", `{"Operations":[]}`).is(t, 400, "invalidSyntax")
		for _, incomplete := range []string{
			`{"path":"/Groups","bulkId":"x","data":` + group(`"displayName":"X"`) + `}`,
			`{"method":"POST","bulkId":"x","data":` + group(`"displayName":"X"`) + `}`,
			operation("POST", "/Groups", "", `"bulkId":"x"`), operation("PUT", "/Groups/"+there, ""), operation("PATCH", "/Groups/"+there, ""),
			operation("POST", "/Groups", group(`"displayName":"X"`)),
		} {
			saysStatuses(t, bulk(t, h, bulkOf(incomplete)), "400/invalidSyntax")
		}
	})
	t.Run("J02 a job that is processed is 200, whatever comes of its operations", func(t *testing.T) {
		saysStatuses(t, bulk(t, h, bulkOf(operation("DELETE", "/Groups/none", ""))), "404")
		do(t, h, "POST", "/Bulk", "{").is(t, 400, "invalidSyntax")
	})
	t.Run("J03 it goes on after errors until failOnErrors is reached", func(t *testing.T) {
		fails := operation("DELETE", "/Groups/none", "")
		for _, c := range []struct{ failOnErrors, want string }{
			{"", "404 404 404 201"}, {`"failOnErrors":null`, "404 404 404 201"}, {`"failOnErrors":4`, "404 404 404 201"},
			{`"failOnErrors":3`, "404 404 404"}, {`"failOnErrors":2`, "404 404"}, {`"failOnErrors":1`, "404"},
		} {
			id := ""
			a := bulk(t, h, bulkWith(c.failOnErrors, fails, fails, fails, post("x", "X")))
			saysStatuses(t, a, c.want)
			if strings.HasSuffix(c.want, "201") {
				id = a.idAt(t, 3)
				do(t, h, "DELETE", "/Groups/"+id, "").is(t, 204, "")
			} else if n := names(t, h, `displayName eq "X"`); len(n) != 0 {
				t.Errorf("%s: the operation behind was processed", c.failOnErrors)
			}
		}
	})
	t.Run("J04 the result of every operation that was processed is there", func(t *testing.T) {
		a := bulk(t, h, bulkWith(`"failOnErrors":1`, patchOf("/Groups/"+there, addMember("n")), operation("DELETE", "/Groups/none", ""), post("x", "X")))
		saysStatuses(t, a, "200 404")
	})
	t.Run("J05 the bulkId comes back with what was made", func(t *testing.T) {
		a := bulk(t, h, bulkOf(post(`odd "id" ü`, "J05")))
		saysStatuses(t, a, "201")
		a.has(t, map[string]any{"/Operations/0/bulkId": `odd "id" ü`, "/Operations/0/method": "POST", "/Operations/0/version": do(t, h, "GET", "/Groups/"+a.idAt(t, 0), "").header.Get("ETag")})
	})
	t.Run("J06 references by bulkId become the id", func(t *testing.T) {
		a := bulk(t, h, bulkOf(post("a", "J06 A", "bulkId:b"), post("b", "J06 B"), patchOf("/Groups/"+there, addMember("bulkId:a"))))
		saysStatuses(t, a, "201 201 200")
		equal(t, "members of a", membersOf(t, h, a.idAt(t, 0)), []string{a.idAt(t, 1)})
		if text := state(t, h, there); !strings.Contains(text, a.idAt(t, 0)) || strings.Contains(text, "bulkId") {
			t.Errorf("the group is %s", text)
		}
	})
	t.Run("J07 circular references are resolved", func(t *testing.T) {
		a := bulk(t, h, bulkOf(post("a", "J07 A", "bulkId:b"), post("b", "J07 B", "bulkId:a")))
		saysStatuses(t, a, "201 201")
		equal(t, "members of a", membersOf(t, h, a.idAt(t, 0)), []string{a.idAt(t, 1)})
		equal(t, "members of b", membersOf(t, h, a.idAt(t, 1)), []string{a.idAt(t, 0)})
	})
	t.Run("J08 the result is that of the order of the request", func(t *testing.T) {
		id := create(t, h, "J08")
		a := bulk(t, h, bulkOf(
			patchOf("/Groups/"+id, addMember("bulkId:j")), patchOf("/Groups/"+id, `{"op":"remove","path":"members"}`),
			patchOf("/Groups/"+id, addMember("last")), post("j", "J08 J")))
		saysStatuses(t, a, "200 200 200 201")
		equal(t, "members", membersOf(t, h, id), []string{"last"})
	})
	t.Run("J09 results have a location, a status in a string, and the error", func(t *testing.T) {
		a := bulk(t, h, bulkOf(
			post("a", "J09 A"), post("b", "there"), patchOf("/Groups/"+there, addMember("o")), operation("PUT", "/Groups/none", group(`"displayName":"None"`)),
			operation("DELETE", "/Groups/bulkId:a", ""), patchOf("/Groups/"+there, "{}")))
		saysStatuses(t, a, "201 409/uniqueness 200 404 204 400/invalidSyntax")
		for i, failed := range []bool{false, true, false, true, false, true} {
			at := "/Operations/" + strconv.Itoa(i)
			if _, ok := a.at(at + "/response"); ok != failed {
				t.Errorf("result %d: %s", i, shortened(a.text))
			}
			if location := a.str(at + "/location"); (location == "") != (i == 1) || location != "" && !strings.HasPrefix(location, "https://example.com/scim/v2/") {
				t.Errorf("the location of result %d is %q", i, location)
			}
		}
		a.has(t, map[string]any{"/Operations/3/response/schemas": []any{messageURN + "Error"}, "/Operations/3/response/status": "404", "/Operations/3/location": "https://example.com/scim/v2/Groups/none"})
	})
	t.Run("J10 version is If-Match", func(t *testing.T) {
		id := create(t, h, "J10")
		tag := do(t, h, "GET", "/Groups/"+id, "").header.Get("ETag")
		version := `"version":` + text(t, tag)
		a := bulk(t, h, bulkOf(
			operation("PATCH", "/Groups/"+id, patchOp(addMember("x")), version),
			operation("PATCH", "/Groups/"+id, patchOp(addMember("y")), version),
			operation("PUT", "/Groups/"+id, group(`"displayName":"Other"`), version),
			operation("DELETE", "/Groups/"+id, "", version)))
		saysStatuses(t, a, "200 412 412 412")
		equal(t, "members", membersOf(t, h, id), []string{"x"})
		now := `"version":` + text(t, a.str("/Operations/0/version"))
		saysStatuses(t, bulk(t, h, bulkOf(operation("DELETE", "/Groups/"+id, "", now))), "204")
	})
	t.Run("J11 the data of a PATCH is a PatchOp", func(t *testing.T) {
		saysStatuses(t, bulk(t, h, bulkOf(operation("PATCH", "/Groups/"+there, "["+addMember("x")+"]"))), "400/invalidSyntax")
		saysStatuses(t, bulk(t, h, bulkOf(operation("PATCH", "/Groups/"+there, patchOp(addMember("x"))))), "200")
	})
	t.Run("J12 the limits are published, and what exceeds them is 413 and named", func(t *testing.T) {
		do(t, h, "GET", "/ServiceProviderConfig", "").has(t, map[string]any{"/bulk/supported": true, "/bulk/maxOperations": 20, "/bulk/maxPayloadSize": 10_000})
		var many []string
		for i := range 21 {
			many = append(many, post(strconv.Itoa(i), "Many "+strconv.Itoa(i)))
		}
		saysStatuses(t, bulk(t, h, bulkOf(many[:20]...)), strings.TrimSpace(strings.Repeat("201 ", 20)))
		for limit, body := range map[string]string{"20": bulkOf(many...), "10000": bulkOf(post("x", strings.Repeat("x", 10_000)))} {
			a := do(t, h, "POST", "/Bulk", body).is(t, 413, "")
			if !strings.Contains(a.str("/detail"), limit) {
				t.Errorf("the detail is %q", a.str("/detail"))
			}
		}
		if n := len(names(t, h, `displayName sw "Many"`)); n != 20 {
			t.Errorf("%d groups", n)
		}
	})
	t.Run("J13 an operation on another resource type fails alone", func(t *testing.T) {
		user := operation("POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"u"}`, `"bulkId":"u"`)
		a := bulk(t, h, bulkOf(user, operation("DELETE", "/Nowhere/1", ""), post("x", "J13")))
		if got := a.statuses(); got != "404 404 201" && got != "501 404 201" {
			t.Errorf("the results are %s", got)
		}
	})
}
