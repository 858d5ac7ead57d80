package wire

import (
	"errors"
	"strconv"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/jsontext"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// SCIM2 is the dialect of RFC 7643 and RFC 7644.
var SCIM2 Dialect = scim2{}

type scim2 struct{}

func (scim2) Version() string { return "v2" }

func (scim2) Endpoint(segment string) Endpoint {
	switch segment {
	case "Groups":
		return GroupsEndpoint
	case ".search":
		return RootSearchEndpoint
	case "ServiceProviderConfig":
		return ConfigEndpoint
	case "ResourceTypes":
		return ResourceTypesEndpoint
	case "Schemas":
		return SchemasEndpoint
	case "Me":
		return MeEndpoint
	case "Bulk":
		return BulkEndpoint
	}
	return NoEndpoint
}

func (scim2) Methods(e Endpoint) string {
	switch e {
	case GroupsEndpoint, MembershipsEndpoint:
		return "GET, HEAD, POST, OPTIONS"
	case GroupEndpoint:
		return "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
	case MembershipEndpoint:
		return "GET, HEAD, DELETE, OPTIONS"
	case GroupSearchEndpoint, RootSearchEndpoint, BulkEndpoint:
		return "POST, OPTIONS"
	}
	return "GET, HEAD, OPTIONS"
}

func (scim2) Quirks(q patch.Quirks) patch.Quirks { return q }
func (scim2) Cursors() bool                      { return true }
func (scim2) Bulk() bool                         { return true }
func (scim2) NamesAreIDs() bool                  { return false }

func (scim2) Index(name, text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return n, nil
	}
	return 0, fault.InvalidValue("%s must be an integer", name)
}

func (scim2) SearchSchema() string       { return "urn:ietf:params:scim:api:messages:2.0:SearchRequest" }
func (scim2) RefusesUnknownNames() bool  { return false }
func (scim2) SelectsNothing(string) bool { return false }
func (scim2) Define(*filter.Definition)  {}
func (scim2) Compile(*patch.Options)     {}

func (scim2) Patch(c *patch.Compiler, body []byte) (*patch.Edit, error) { return c.Patch(body) }

func (scim2) MediaType() string  { return "application/scim+json" }
func (scim2) CoreSchema() string { return store.GroupSchema }
func (scim2) ListSchema() string { return "urn:ietf:params:scim:api:messages:2.0:ListResponse" }
func (scim2) TypedMeta() bool    { return true }

// AppendError appends an error of RFC 7644 §3.12.
func (scim2) AppendError(b []byte, e scimerrors.ScimError) []byte {
	b = append(b, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"`...)
	b = strconv.AppendInt(b, int64(e.Status), 10)
	b = append(b, '"')
	if e.ScimType != "" {
		b = append(b, `,"scimType":`...)
		b = jsontext.AppendQuote(b, string(e.ScimType))
	}
	if e.Detail != "" {
		b = append(b, `,"detail":`...)
		b = jsontext.AppendQuote(b, e.Detail)
	}
	return append(b, '}')
}

func (scim2) Config(c ServiceProviderConfig) any { return c }
func (scim2) ConfigPath() string                 { return "/ServiceProviderConfig" }
func (scim2) Schema(s Schema) any                { return s }
func (scim2) SchemaID(urn string) string         { return urn }

// IsSchema compares URNs, which are case-insensitive (RFC 8141 §3.1).
func (scim2) IsSchema(id, _, segment string) bool { return strings.EqualFold(id, segment) }

// SchemaFilter refuses filters (RFC 7644 §4).
func (scim2) SchemaFilter(_ string, given bool) (name string, one bool, err error) {
	if given {
		return "", false, errDiscoveryFilter
	}
	return "", false, nil
}
