package wire_test

import (
	"encoding/json"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/patch"
)

func TestDecodeBulk(t *testing.T) {
	compiler := patch.NewCompiler(table(t), patch.Options{})
	const schemas = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]`
	for _, c := range []struct {
		name, body   string
		operations   int
		failOnErrors int
		err          string
	}{
		{"no operation", schemas + `,"Operations":[]}`, 0, 0, ""},
		{"two operations", schemas + `,"failOnErrors":3,"Operations":[{"method":"POST","bulkId":"a","data":{}},{}]}`, 2, 3, ""},
		{"no list", schemas + `}`, 0, 0, "400 invalidSyntax"},
		{"another schema", `{"schemas":["x"],"Operations":[]}`, 0, 0, "400 invalidSyntax"},
	} {
		t.Run(c.name, func(t *testing.T) {
			operations, failOnErrors, _, err := wire.DecodeBulk([]byte(c.body), compiler)
			if told(err) != c.err || err == nil && (len(operations) != c.operations || failOnErrors != c.failOnErrors) {
				t.Errorf("got %+v, %d, %v", operations, failOnErrors, err)
			}
		})
	}
}

func TestAppendBulk(t *testing.T) {
	fault := &scimerrors.ScimError{Status: 409, Detail: "d"}
	got := string(wire.AppendBulk(nil, wire.SCIM2, "https://h/v2", []wire.BulkResult{
		{Method: "POST", BulkID: "q", GroupID: "1", Version: 7, Status: 201},
		{Method: "DELETE", GroupID: "2", Status: 204},
		{Method: "PUT", GroupID: "3", Fault: fault, Status: 200},
		{Method: "POST", BulkID: "r", GroupID: "4", Fault: fault},
	}))
	const response = `,"status":"409","response":{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","detail":"d"}}`
	want := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],"Operations":[` +
		`{"method":"POST","bulkId":"q","location":"https://h/v2/Groups/1","version":"W/\"7\"","status":"201"},` +
		`{"method":"DELETE","location":"https://h/v2/Groups/2","status":"204"},` +
		`{"method":"PUT","location":"https://h/v2/Groups/3"` + response + `,{"method":"POST","bulkId":"r"` + response + `]}`
	if got != want || !json.Valid([]byte(got)) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestBodiesAreJSON(t *testing.T) {
	for value, want := range map[string]bool{
		"": true, "application/json": true, "application/scim+json": true, "application/scim+json; charset=UTF-8": true,
		"Application/JSON;charset=utf8": true, "application/json; charset=latin1": false, "text/plain": false, "application/json;": true, ";": false,
	} {
		if got := wire.AcceptsContentType(value); got != want {
			t.Errorf("Content-Type %q is accepted: %v", value, got)
		}
	}
	for value, want := range map[string]bool{"": true, "identity": true, "Identity": true, "gzip": false} {
		if got := wire.AcceptsContentEncoding(value); got != want {
			t.Errorf("Content-Encoding %q is accepted: %v", value, got)
		}
	}
}
