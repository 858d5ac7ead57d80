package scim

import (
	"net/http"
	"strconv"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
	fp "github.com/scim2/filter-parser/v2"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/patch"
)

// CoreSchema11 is the URN of the core schema of SCIM 1.1, which also stands in
// the "schemas" of its lists.
const CoreSchema11 = "urn:scim:schemas:core:1.0"

// SCIM11 is the dialect of SCIM 1.1 (draft-scim-api-01), which Okta, PingFederate,
// CyberArk and SailPoint can speak:
//
//   - groups and lists carry urn:scim:schemas:core:1.0, and the media type is
//     application/json;
//   - a PATCH is a partial group that is merged by the value of its members, with
//     "operation":"delete" to remove one and meta.attributes to clear; a PatchOp
//     of SCIM 2.0 is understood too;
//   - a POST may carry another method in X-HTTP-Method-Override;
//   - the configuration is at /ServiceProviderConfigs, and errors are
//     {"Errors":[{"description":…,"code":"404"}]}.
func SCIM11() *Dialect {
	return &Dialect{
		mediaType: "application/json", core: CoreSchema11, listSchemas: CoreSchema11,
		methodOverride: true, memberOperations: true,
		endpoint: endpoint11, methods: endpoint.methods,
		patch:       patch11,
		appendError: appendErrors11,
		badIndex:    func(detail string) error { return fault.BadRequest(scimerrors.ScimTypeInvalidValue, detail) },
		config:      func(h *Handler) any { return h.serviceProviderConfigs() },
		configPath:  "/ServiceProviderConfigs",
		schemaID:    schemaID11,
		schema:      schema11,
		findSchema:  findSchemaByName,
	}
}

// WorkspaceONE is the flavour of SCIM 1.1 that VMware (now Omnissa) Workspace ONE
// Access has: there is no PUT; extension attributes may be named without their
// URN, but not attributes that there are not; an unusable count or startIndex is
// answered 404; /Schemas has to be asked
// for one schema by its name; and errors are
// {"errors":[{"code":…,"message":…,"parameters":null}]}.
// [WorkspaceExtension] is its extension of groups.
func WorkspaceONE() *Dialect {
	d := SCIM11()
	d.bareExtensionNames, d.knownAttributes, d.negativeIndexes, d.encodedFilters = true, true, true, true
	d.methods = func(e endpoint) string {
		if e == groupEndpoint {
			return "GET, HEAD, PATCH, DELETE, OPTIONS"
		}
		return e.methods()
	}
	d.appendError = appendErrorsWorkspace
	d.badIndex = func(detail string) error { return statusError(http.StatusNotFound, detail) }
	d.needsSchemaFilter = true
	return d
}

func endpoint11(segment string) endpoint {
	switch segment {
	case "ServiceProviderConfigs":
		return configEndpoint
	case "ResourceTypes": // came with SCIM 2.0
		return nowhere
	}
	return endpointOf(segment)
}

// patch11 tells a PatchOp from a partial group by what only the former has.
func patch11(c *patch.Compiler, body []byte) (*patch.Edit, error) {
	if patch.IsPatchOp(body) {
		return c.Patch(body)
	}
	return c.Merge(body)
}

func appendErrors11(b []byte, e scimerrors.ScimError) []byte {
	b = append(b, `{"Errors":[{"description":`...)
	b = appendString(b, e.Detail)
	b = append(b, `,"code":"`...)
	b = strconv.AppendInt(b, int64(e.Status), 10)
	return append(b, `"}]}`...)
}

// workspaceCodes are the codes of errors by their status.
var workspaceCodes = map[int]string{
	http.StatusBadRequest: "bad.request", http.StatusUnauthorized: "unauthorized", http.StatusForbidden: "forbidden",
	http.StatusNotFound: "not.found", http.StatusMethodNotAllowed: "method.not.allowed", http.StatusConflict: "conflict",
	http.StatusPreconditionFailed: "precondition.failed", http.StatusRequestEntityTooLarge: "request.too.large",
	http.StatusUnsupportedMediaType: "unsupported.media.type", http.StatusTooManyRequests: "too.many.requests",
	http.StatusNotImplemented: "not.implemented", http.StatusServiceUnavailable: "unavailable",
}

func appendErrorsWorkspace(b []byte, e scimerrors.ScimError) []byte {
	code, ok := workspaceCodes[e.Status]
	if !ok {
		code = "internal.error"
	}
	b = append(b, `{"errors":[{"code":`...)
	b = appendString(b, code)
	b = append(b, `,"message":`...)
	b = appendString(b, e.Detail)
	return append(b, `,"parameters":null}]}`...)
}

// schema11JSON is a schema as SCIM 1.1 describes it (draft-scim-core-schema-01
// §11).
type schema11JSON struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Schema      string            `json:"schema"`
	Endpoint    string            `json:"endpoint,omitempty"`
	Attributes  []attribute11JSON `json:"attributes"`
}

type attribute11JSON struct {
	Name            string            `json:"name"`
	Type            string            `json:"type"`
	MultiValued     bool              `json:"multiValued"`
	Child           string            `json:"multiValuedAttributeChildName,omitempty"`
	Description     string            `json:"description,omitempty"`
	Schema          string            `json:"schema"`
	ReadOnly        bool              `json:"readOnly"`
	Required        bool              `json:"required"`
	CaseExact       bool              `json:"caseExact"`
	CanonicalValues []string          `json:"canonicalValues,omitempty"`
	SubAttributes   []attribute11JSON `json:"subAttributes,omitempty"`
}

// schemaID11 is the id of a schema: SCIM 1.1 has one URN for users and groups.
func schemaID11(urn string, group bool) string {
	if group {
		return CoreSchema11 + ":Group"
	}
	return urn
}

func schema11(s schemaJSON, group bool) any {
	out := schema11JSON{ID: schemaID11(s.ID, group), Name: s.Name, Description: s.Description, Schema: s.ID}
	if group {
		out.Schema, out.Endpoint = CoreSchema11, "/Groups"
	}
	out.Attributes = attributes11(s.Attributes, out.Schema)
	return out
}

func attributes11(attributes []attributeJSON, urn string) []attribute11JSON {
	out := make([]attribute11JSON, 0, len(attributes))
	for _, a := range attributes {
		b := attribute11JSON{
			Name: a.Name, Type: a.Type, MultiValued: a.MultiValued, Description: a.Description, Schema: urn,
			ReadOnly: a.Mutability == "readOnly", Required: a.Required, CaseExact: a.CaseExact != nil && *a.CaseExact,
			CanonicalValues: a.CanonicalValues, SubAttributes: attributes11(a.SubAttributes, urn),
		}
		if a.MultiValued {
			b.Child = strings.TrimSuffix(a.Name, "s")
		}
		if a.Type == "reference" {
			b.Type = "string" // SCIM 1.1 has no references
		}
		out = append(out, b)
	}
	return out
}

// findSchemaByName understands name eq "Group", the one filter that /Schemas has
// there.
func findSchemaByName(text string) (name string, err error) {
	if text == "" {
		return "", fault.BadRequest(scimerrors.ScimTypeInvalidFilter, `schemas have to be asked for by filter=name eq "…"`)
	}
	root, err := filter.Parse(text, nil)
	if err != nil {
		return "", err
	}
	if e, ok := root.(*fp.AttributeExpression); ok && e.Operator == fp.EQ && e.AttributePath.SubAttribute == nil &&
		strings.EqualFold(e.AttributePath.AttributeName, "name") {
		if name, ok := e.CompareValue.(string); ok {
			return name, nil
		}
	}
	return "", fault.BadRequest(scimerrors.ScimTypeInvalidFilter, `schemas can only be filtered by name eq "…"`)
}

// serviceProviderConfigs is the configuration of SCIM 1.1 (draft-scim-core-schema-01
// §9).
type serviceProviderConfigs struct {
	Schemas               []string               `json:"schemas"`
	DocumentationURL      string                 `json:"documentationUrl,omitempty"`
	Patch                 supported              `json:"patch"`
	Bulk                  bulkConfig             `json:"bulk"`
	Filter                filterConfig           `json:"filter"`
	ChangePassword        supported              `json:"changePassword"`
	Sort                  supported              `json:"sort"`
	ETag                  supported              `json:"etag"`
	XMLDataFormat         supported              `json:"xmlDataFormat"`
	AuthenticationSchemes []AuthenticationScheme `json:"authenticationSchemes"`
}

func (h *Handler) serviceProviderConfigs() any {
	c := h.serviceProviderConfig()
	return serviceProviderConfigs{Schemas: []string{CoreSchema11}, DocumentationURL: c.DocumentationURI,
		Patch: c.Patch, Bulk: c.Bulk, Filter: c.Filter, Sort: c.Sort, ETag: c.ETag, AuthenticationSchemes: c.AuthenticationSchemes}
}
