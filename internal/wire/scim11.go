package wire

import (
	"strconv"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
	fp "github.com/scim2/filter-parser/v2"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/jsontext"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// SCIM11 is the dialect of SCIM 1.1 (draft-scim-api-01, draft-scim-core-schema-01).
var SCIM11 Dialect = scim11{}

type scim11 struct{ scim2 }

// coreSchema11 is the URN of the core schema, which also stands in the "schemas" of
// lists.
const coreSchema11 = "urn:scim:schemas:core:1.0"

func (scim11) Version() string { return "" }

func (d scim11) Endpoint(segment string) Endpoint {
	switch segment {
	case "ServiceProviderConfigs":
		return ConfigEndpoint
	case "ResourceTypes": // came with SCIM 2.0
		return NoEndpoint
	}
	return d.scim2.Endpoint(segment)
}

func (scim11) Quirks(q patch.Quirks) patch.Quirks { return q | patch.MethodOverride }
func (scim11) Cursors() bool                      { return false }
func (scim11) Bulk() bool                         { return false }
func (scim11) SearchSchema() string               { return "" }

func (scim11) Define(d *filter.Definition) { d.CoreAliases = []string{coreSchema11} }

func (scim11) Compile(o *patch.Options) {
	o.Schemas = []string{coreSchema11, store.GroupSchema}
	o.MemberOperations = true
}

// Patch compiles a partial group, or a PatchOp of SCIM 2.0.
func (scim11) Patch(c *patch.Compiler, body []byte) (*patch.Edit, error) { return c.Merge(body) }

func (scim11) MediaType() string  { return "application/json" }
func (scim11) CoreSchema() string { return coreSchema11 }
func (scim11) ListSchema() string { return coreSchema11 }
func (scim11) TypedMeta() bool    { return false }

func (scim11) AppendError(b []byte, e scimerrors.ScimError) []byte {
	b = append(b, `{"Errors":[{"description":`...)
	b = jsontext.AppendQuote(b, e.Detail)
	b = append(b, `,"code":"`...)
	b = strconv.AppendInt(b, int64(e.Status), 10)
	return append(b, `"}]}`...)
}

// serviceProviderConfigs is the configuration of draft-scim-core-schema-01 §9.
type serviceProviderConfigs struct {
	Schemas               []string               `json:"schemas"`
	DocumentationURL      string                 `json:"documentationUrl,omitempty"`
	Patch                 supported              `json:"patch"`
	Bulk                  BulkConfig             `json:"bulk"`
	Filter                FilterConfig           `json:"filter"`
	ChangePassword        supported              `json:"changePassword"`
	Sort                  supported              `json:"sort"`
	ETag                  supported              `json:"etag"`
	XMLDataFormat         supported              `json:"xmlDataFormat"`
	AuthenticationSchemes []AuthenticationScheme `json:"authenticationSchemes"`
}

func (scim11) Config(c ServiceProviderConfig) any {
	return serviceProviderConfigs{
		Schemas:               []string{coreSchema11},
		DocumentationURL:      c.DocumentationURI,
		Patch:                 c.Patch,
		Bulk:                  c.Bulk,
		Filter:                c.Filter,
		Sort:                  c.Sort,
		ETag:                  c.ETag,
		AuthenticationSchemes: c.AuthenticationSchemes,
	}
}

func (scim11) ConfigPath() string { return "/ServiceProviderConfigs" }

// schema11 is a schema of draft-scim-core-schema-01 §11.
type schema11 struct {
	ID          string        `json:"id"`
	Name        string        `json:"name"`
	Description string        `json:"description,omitempty"`
	Schema      string        `json:"schema"`
	Endpoint    string        `json:"endpoint,omitempty"`
	Attributes  []attribute11 `json:"attributes"`
}

type attribute11 struct {
	Name            string        `json:"name"`
	Type            string        `json:"type"`
	MultiValued     bool          `json:"multiValued"`
	Child           string        `json:"multiValuedAttributeChildName,omitempty"`
	Description     string        `json:"description,omitempty"`
	Schema          string        `json:"schema"`
	ReadOnly        bool          `json:"readOnly"`
	Required        bool          `json:"required"`
	CaseExact       bool          `json:"caseExact"`
	CanonicalValues []string      `json:"canonicalValues,omitempty"`
	SubAttributes   []attribute11 `json:"subAttributes,omitempty"`
}

func (d scim11) Schema(s Schema) any {
	out := schema11{ID: d.SchemaID(s.ID), Name: s.Name, Description: s.Description, Schema: s.ID}
	if s.ID == store.GroupSchema {
		out.Schema, out.Endpoint = coreSchema11, "/Groups"
	}
	out.Attributes = attributes11(s.Attributes, out.Schema)
	return out
}

func attributes11(attributes []Attribute, urn string) []attribute11 {
	out := make([]attribute11, 0, len(attributes))
	for _, a := range attributes {
		b := attribute11{
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

// SchemaID tells groups from users, which share one URN in SCIM 1.1.
func (scim11) SchemaID(urn string) string {
	if urn == store.GroupSchema {
		return coreSchema11 + ":Group"
	}
	return urn
}

// IsSchema also knows a schema by its name, and that of groups by its URNs.
func (d scim11) IsSchema(id, name, segment string) bool {
	isGroup := strings.EqualFold(id, d.SchemaID(store.GroupSchema))
	return d.scim2.IsSchema(id, name, segment) || strings.EqualFold(name, segment) ||
		isGroup && (strings.EqualFold(segment, coreSchema11) || strings.EqualFold(segment, store.GroupSchema))
}

// SchemaFilter understands name eq "Group", the one filter that /Schemas has.
func (scim11) SchemaFilter(text string, given bool) (name string, one bool, err error) {
	if !given {
		return "", false, nil
	}
	if text == "" {
		return "", false, fault.InvalidFilter(`schemas have to be asked for by filter=name eq "…"`)
	}
	root, err := filter.Parse(text, nil)
	if err != nil {
		return "", false, err
	}
	if e, ok := root.(*fp.AttributeExpression); ok && e.Operator == fp.EQ && e.AttributePath.SubAttribute == nil &&
		strings.EqualFold(e.AttributePath.AttributeName, "name") {
		if name, ok := e.CompareValue.(string); ok {
			return name, true, nil
		}
	}
	return "", false, fault.InvalidFilter(`schemas can only be filtered by name eq "…"`)
}
