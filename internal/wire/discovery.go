package wire

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
)

// The URNs of the resources of RFC 7643 §5 to §7.
const (
	configSchema       = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	resourceTypeSchema = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	schemaSchema       = "urn:ietf:params:scim:schemas:core:2.0:Schema"
)

// ServiceProviderConfig is the document of RFC 7643 §5.
type ServiceProviderConfig struct {
	Schemas               []string               `json:"schemas"`
	DocumentationURI      string                 `json:"documentationUri,omitempty"`
	Patch                 supported              `json:"patch"`
	Bulk                  BulkConfig             `json:"bulk"`
	Filter                FilterConfig           `json:"filter"`
	ChangePassword        supported              `json:"changePassword"`
	Sort                  supported              `json:"sort"`
	ETag                  supported              `json:"etag"`
	Pagination            Pagination             `json:"pagination"`
	AuthenticationSchemes []AuthenticationScheme `json:"authenticationSchemes"`
	// InteropProfileConformant is of draft-zollner-scim-interop-profile.
	InteropProfileConformant bool `json:"interopProfileConformant,omitempty"`
}

// supported says whether there is a feature.
type supported struct {
	Supported bool `json:"supported"`
}

// BulkConfig describes /Bulk.
type BulkConfig struct {
	supported
	MaxOperations  int   `json:"maxOperations"`
	MaxPayloadSize int64 `json:"maxPayloadSize"`
}

// FilterConfig describes filters.
type FilterConfig struct {
	supported
	MaxResults int `json:"maxResults"`
}

// Pagination describes the pages of lists (RFC 9865 §4).
type Pagination struct {
	Cursor                  bool   `json:"cursor"`
	Index                   bool   `json:"index"`
	DefaultPaginationMethod string `json:"defaultPaginationMethod"`
	DefaultPageSize         int    `json:"defaultPageSize"`
	MaxPageSize             int    `json:"maxPageSize"`
	CursorTimeout           int64  `json:"cursorTimeout,omitempty"` // in seconds
}

// AuthenticationScheme describes how clients authenticate.
type AuthenticationScheme struct {
	Type             string `json:"type"`
	Name             string `json:"name"`
	Description      string `json:"description"`
	SpecURI          string `json:"specUri,omitempty"`
	DocumentationURI string `json:"documentationUri,omitempty"`
	Primary          bool   `json:"primary,omitempty"`
}

// ResourceType is a resource type to describe.
type ResourceType struct {
	Name, Endpoint, Description string
	Schema                      schema.Schema
	Extensions                  []filter.Extension
}

// resourceType is the document of RFC 7643 §6.
type resourceType struct {
	Schemas          []string          `json:"schemas"`
	ID               string            `json:"id"`
	Name             string            `json:"name"`
	Description      string            `json:"description,omitempty"`
	Endpoint         string            `json:"endpoint"`
	Schema           string            `json:"schema"`
	SchemaExtensions []schemaExtension `json:"schemaExtensions,omitempty"`
}

type schemaExtension struct {
	Schema   string `json:"schema"`
	Required bool   `json:"required"`
}

// Schema is the document of RFC 7643 §7.
type Schema struct {
	Schemas     []string    `json:"schemas"`
	ID          string      `json:"id"`
	Name        string      `json:"name,omitempty"`
	Description string      `json:"description,omitempty"`
	Attributes  []Attribute `json:"attributes"`
}

// Attribute is an attribute of a Schema.
type Attribute struct {
	Name            string                          `json:"name"`
	Type            string                          `json:"type"`
	MultiValued     bool                            `json:"multiValued"`
	Description     string                          `json:"description,omitempty"`
	Required        bool                            `json:"required"`
	CanonicalValues []string                        `json:"canonicalValues,omitempty"`
	CaseExact       *bool                           `json:"caseExact,omitempty"`
	Mutability      string                          `json:"mutability"`
	Returned        string                          `json:"returned"`
	Uniqueness      string                          `json:"uniqueness,omitempty"`
	ReferenceTypes  []schema.AttributeReferenceType `json:"referenceTypes,omitempty"`
	SubAttributes   []Attribute                     `json:"subAttributes,omitempty"`
}

func newSchema(s schema.Schema) Schema {
	return Schema{Schemas: []string{schemaSchema}, ID: s.ID, Name: orEmpty(s.Name), Description: orEmpty(s.Description),
		Attributes: newAttributes(s.Attributes)}
}

func newAttributes(attributes schema.Attributes) []Attribute {
	out := make([]Attribute, 0, len(attributes))
	for _, a := range attributes {
		j := Attribute{
			Name: a.Name(), Type: a.AttributeType(), MultiValued: a.MultiValued(), Description: a.Description(),
			Required: a.Required(), CanonicalValues: a.CanonicalValues(), Mutability: a.Mutability(),
			Returned: a.Returned(), ReferenceTypes: a.ReferenceTypes(),
		}
		if a.AttributeType() == "complex" {
			// caseExact and uniqueness mean nothing there (errata 6004 and 5999 of RFC 7643).
			j.SubAttributes = newAttributes(a.SubAttributes())
		} else {
			exact := a.CaseExact() || a.AttributeType() == "reference" || a.AttributeType() == "binary"
			j.CaseExact, j.Uniqueness = &exact, a.Uniqueness()
		}
		out = append(out, j)
	}
	return out
}

func orEmpty(s optional.String) string {
	if s.Present() {
		return s.Value()
	}
	return ""
}

// Discovery holds the documents of RFC 7644 §4 in a dialect, encoded once. It is
// immutable.
type Discovery struct {
	dialect       Dialect
	config        document
	resourceTypes []document
	schemas       []document
}

// document is a JSON object up to the base URL in its meta.location, which may depend
// on the request.
type document struct {
	id, name string
	json     []byte
	path     string // escaped, follows the base URL
}

// NewDiscovery encodes the configuration, the resource types and their schemas.
func NewDiscovery(d Dialect, config ServiceProviderConfig, types []ResourceType) (*Discovery, error) {
	v := &Discovery{dialect: d}
	config.Schemas = []string{configSchema}
	if config.AuthenticationSchemes == nil {
		config.AuthenticationSchemes = []AuthenticationScheme{}
	}
	var err error
	if v.config, err = v.document("", "", "ServiceProviderConfig", d.ConfigPath(), d.Config(config)); err != nil {
		return nil, err
	}
	for i := range types {
		if err := v.add(&types[i]); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// add adds a resource type and its schemas.
func (v *Discovery) add(t *ResourceType) error {
	j := resourceType{Schemas: []string{resourceTypeSchema}, ID: t.Name, Name: t.Name, Description: t.Description,
		Endpoint: "/" + strings.TrimPrefix(t.Endpoint, "/"), Schema: t.Schema.ID}
	if err := v.addSchema(t.Schema); err != nil {
		return err
	}
	for _, e := range t.Extensions {
		j.SchemaExtensions = append(j.SchemaExtensions, schemaExtension{e.Schema.ID, e.Required})
		if err := v.addSchema(e.Schema); err != nil {
			return err
		}
	}
	doc, err := v.document(t.Name, t.Name, "ResourceType", "/ResourceTypes/"+url.PathEscape(t.Name), j)
	v.resourceTypes = append(v.resourceTypes, doc)
	return err
}

// addSchema adds a schema, unless another resource type has added it.
func (v *Discovery) addSchema(s schema.Schema) error {
	id := v.dialect.SchemaID(s.ID)
	for i := range v.schemas {
		if strings.EqualFold(v.schemas[i].id, id) {
			return nil
		}
	}
	doc, err := v.document(
		id,
		orEmpty(s.Name),
		"Schema",
		"/Schemas/"+url.PathEscape(id),
		v.dialect.Schema(newSchema(s)),
	)
	v.schemas = append(v.schemas, doc)
	return err
}

// document encodes j, an object without meta.
func (v *Discovery) document(id, name, resourceType, path string, j any) (document, error) {
	b, err := json.Marshal(j)
	if err != nil {
		return document{}, fmt.Errorf("scim: %s %s: %w", resourceType, id, err)
	}
	b = append(b[:len(b)-1], `,"meta":{`...)
	if v.dialect.TypedMeta() {
		b = append(b, `"resourceType":"`+resourceType+`",`...)
	}
	b = append(b, `"location":"`...)
	return document{id: id, name: name, json: b, path: path}, nil
}

var errDiscoveryFilter = fault.New(http.StatusForbidden, "discovery endpoints take no filter")

// Append appends the document or the list of documents at a discovery endpoint.
// filtered reports whether the request has a filter. Parameters for paging, sorting
// and projection are ignored there.
func (v *Discovery) Append(b []byte, rt *Route, filter string, filtered bool, base string) ([]byte, error) {
	if rt.Endpoint == SchemasEndpoint && rt.ID == "" {
		name, one, err := v.dialect.SchemaFilter(filter, filtered)
		if err != nil {
			return b, err
		}
		return v.appendList(
			b,
			v.schemas,
			base,
			func(d *document) bool { return !one || strings.EqualFold(d.name, name) },
		), nil
	}
	switch {
	case filtered:
		return b, errDiscoveryFilter
	case rt.Endpoint == ConfigEndpoint:
		return v.config.append(b, base), nil
	case rt.ID == "":
		return v.appendList(b, v.resourceTypes, base, func(*document) bool { return true }), nil
	case rt.Endpoint == ResourceTypesEndpoint:
		for i := range v.resourceTypes {
			if d := &v.resourceTypes[i]; d.id == rt.ID {
				return d.append(b, base), nil
			}
		}
		return b, fault.New(http.StatusNotFound, "there is no such resource type")
	}
	for i := range v.schemas {
		if d := &v.schemas[i]; d.id == rt.ID || v.dialect.IsSchema(d.id, d.name, rt.ID) {
			return d.append(b, base), nil
		}
	}
	return b, fault.New(http.StatusNotFound, "there is no such schema")
}

func (d *document) append(b []byte, base string) []byte {
	b = append(b, d.json...)
	b = append(b, base...)
	b = append(b, d.path...)
	return append(b, `"}}`...)
}

// appendList appends a list of those documents that are wanted.
func (v *Discovery) appendList(b []byte, documents []document, base string, wanted func(*document) bool) []byte {
	var some []*document
	for i := range documents {
		if d := &documents[i]; wanted(d) {
			some = append(some, d)
		}
	}
	b = AppendListHead(b, v.dialect, &List{Total: len(some), StartIndex: 1, Items: len(some)})
	for i, d := range some {
		if i > 0 {
			b = append(b, ',')
		}
		b = d.append(b, base)
	}
	return append(b, "]}"...)
}
