package wire_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/store"
)

var dialects = map[string]wire.Dialect{"SCIM2": wire.SCIM2, "Opsera": wire.Opsera, "SCIM11": wire.SCIM11, "WorkspaceONE": wire.WorkspaceONE}

func status(err error) int {
	var e scimerrors.ScimError
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

func TestIndex(t *testing.T) {
	for _, c := range []struct {
		text      string
		want      int
		status    int // of SCIM2
		workspace int
	}{
		{"7", 7, 0, 0}, {"0", 0, 0, 0}, {"+7", 7, 0, 0}, {"-7", -7, 0, 404}, {"x", 0, 400, 404}, {"1.5", 0, 400, 404}, {"", 0, 400, 404},
		{"99999999999999999999", math.MaxInt, 0, 0}, {"-99999999999999999999", math.MinInt, 0, 404},
	} {
		for name, d := range dialects {
			n, err := d.Index("count", c.text)
			want := c.status
			if d == wire.WorkspaceONE {
				want = c.workspace
			}
			if status(err) != want || err == nil && n != c.want {
				t.Errorf("%s: %q is %d, %v, want %d, status %d", name, c.text, n, err, c.want, want)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	e := scimerrors.ScimError{Status: 400, ScimType: scimerrors.ScimTypeInvalidValue, Detail: "a \"b\""}
	for _, c := range []struct {
		dialect wire.Dialect
		e       scimerrors.ScimError
		want    string
	}{
		{wire.SCIM2, e, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidValue","detail":"a \"b\""}`},
		{wire.SCIM2, scimerrors.ScimError{Status: 404}, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404"}`},
		{wire.Opsera, scimerrors.ScimError{Status: 404}, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404"}`},
		{wire.SCIM11, e, `{"Errors":[{"description":"a \"b\"","code":"400"}]}`},
		{wire.WorkspaceONE, e, `{"errors":[{"code":"bad.request","message":"a \"b\"","parameters":null}]}`},
		{wire.WorkspaceONE, scimerrors.ScimError{Status: 500}, `{"errors":[{"code":"internal.error","message":"","parameters":null}]}`},
	} {
		if got := string(c.dialect.AppendError(nil, c.e)); got != c.want || !json.Valid([]byte(got)) {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestSchemaFilter(t *testing.T) {
	for _, c := range []struct {
		dialect wire.Dialect
		text    string
		given   bool
		want    string // name, one, status
	}{
		{wire.SCIM2, "", false, `"" false 0`},
		{wire.SCIM2, "", true, `"" false 403`},
		{wire.SCIM11, "", false, `"" false 0`},
		{wire.SCIM11, "", true, `"" false 400`},
		{wire.SCIM11, `name eq "Group"`, true, `"Group" true 0`},
		{wire.SCIM11, `NAME EQ "group"`, true, `"group" true 0`},
		{wire.SCIM11, `name eq ""`, true, `"" true 0`},
		{wire.SCIM11, `name.x eq "Group"`, true, `"" false 400`},
		{wire.SCIM11, `name ne "Group"`, true, `"" false 400`},
		{wire.SCIM11, `name eq 1`, true, `"" false 400`},
		{wire.SCIM11, `((`, true, `"" false 400`},
		{wire.WorkspaceONE, "", false, `"" false 400`},
		{wire.WorkspaceONE, `name eq "Group"`, true, `"Group" true 0`},
	} {
		name, one, err := c.dialect.SchemaFilter(c.text, c.given)
		if got := fmt.Sprintf("%q %v %d", name, one, status(err)); got != c.want {
			t.Errorf("%T: %q is %s, want %s", c.dialect, c.text, got, c.want)
		}
	}
}

// What a dialect overrides is all that differs from the one that it embeds.
func TestDialectsAreFlavours(t *testing.T) {
	for name, c := range map[string]struct {
		of, base wire.Dialect
		same     func(d wire.Dialect) any
	}{
		"Opsera has the media type of SCIM 2.0":       {wire.Opsera, wire.SCIM2, func(d wire.Dialect) any { return d.MediaType() }},
		"Opsera has the version of SCIM 2.0":          {wire.Opsera, wire.SCIM2, func(d wire.Dialect) any { return d.Version() }},
		"WorkspaceONE has the media type of SCIM 1.1": {wire.WorkspaceONE, wire.SCIM11, func(d wire.Dialect) any { return d.MediaType() }},
		"WorkspaceONE has the schema of SCIM 1.1":     {wire.WorkspaceONE, wire.SCIM11, func(d wire.Dialect) any { return d.SchemaID(store.GroupSchema) }},
		"WorkspaceONE has the methods of SCIM 1.1":    {wire.WorkspaceONE, wire.SCIM11, func(d wire.Dialect) any { return d.Methods(wire.GroupsEndpoint) }},
	} {
		if c.same(c.of) != c.same(c.base) {
			t.Error(name)
		}
	}
	if m := wire.WorkspaceONE.Methods(wire.GroupEndpoint); strings.Contains(m, "PUT") {
		t.Errorf("WorkspaceONE has the methods %s", m)
	}
}
