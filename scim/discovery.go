package scim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// The URNs of the resources of RFC 7643 §5 to §7.
const (
	configSchema       = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	resourceTypeSchema = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	schemaSchema       = "urn:ietf:params:scim:schemas:core:2.0:Schema"
)

// discovery holds the documents of RFC 7644 §4, built once. Each lacks its
// meta.location and the closing braces, since the base URL may depend on the
// request.
type discovery struct {
	config        document
	resourceTypes []document
	schemas       []document

	group   string // the URN of the core schema
	dialect *Dialect
}

// document is a JSON object up to `"location":"` and the base URL.
type document struct {
	id, name string
	json     []byte
	path     string // what follows the base URL, escaped
}

func (d *document) append(b []byte, base string) []byte {
	b = append(b, d.json...)
	b = append(b, base...)
	b = append(b, d.path...)
	return append(b, `"}}`...)
}

// newDocument encodes v, an object without meta, and leaves it open for the
// location.
func (d *Dialect) newDocument(id, name, resourceType, path string, v any) (document, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return document{}, fmt.Errorf("scim: %s %s: %w", resourceType, id, err)
	}
	b = append(b[:len(b)-1], `,"meta":{`...)
	if d.typedMeta {
		b = append(b, `"resourceType":"`+resourceType+`",`...)
	}
	b = append(b, `"location":"`...)
	return document{id: id, name: name, json: b, path: path}, nil
}

type supported struct {
	Supported bool `json:"supported"`
}

// serviceProviderConfig is RFC 7643 §5.
type serviceProviderConfig struct {
	Schemas               []string               `json:"schemas"`
	DocumentationURI      string                 `json:"documentationUri,omitempty"`
	Patch                 supported              `json:"patch"`
	Bulk                  bulkConfig             `json:"bulk"`
	Filter                filterConfig           `json:"filter"`
	ChangePassword        supported              `json:"changePassword"`
	Sort                  supported              `json:"sort"`
	ETag                  supported              `json:"etag"`
	Pagination            pagination             `json:"pagination"`
	AuthenticationSchemes []AuthenticationScheme `json:"authenticationSchemes"`
}

type bulkConfig struct {
	supported
	MaxOperations  int   `json:"maxOperations"`
	MaxPayloadSize int64 `json:"maxPayloadSize"`
}

type filterConfig struct {
	supported
	MaxResults int `json:"maxResults"`
}

// pagination is RFC 9865 §4.
type pagination struct {
	Cursor                  bool   `json:"cursor"`
	Index                   bool   `json:"index"`
	DefaultPaginationMethod string `json:"defaultPaginationMethod"`
	DefaultPageSize         int    `json:"defaultPageSize"`
	MaxPageSize             int    `json:"maxPageSize"`
	CursorTimeout           int64  `json:"cursorTimeout,omitempty"`
}

// resourceTypeJSON is RFC 7643 §6.
type resourceTypeJSON struct {
	Schemas          []string              `json:"schemas"`
	ID               string                `json:"id"`
	Name             string                `json:"name"`
	Description      string                `json:"description,omitempty"`
	Endpoint         string                `json:"endpoint"`
	Schema           string                `json:"schema"`
	SchemaExtensions []schemaExtensionJSON `json:"schemaExtensions,omitempty"`
}

type schemaExtensionJSON struct {
	Schema   string `json:"schema"`
	Required bool   `json:"required"`
}

// schemaJSON is RFC 7643 §7.
type schemaJSON struct {
	Schemas     []string        `json:"schemas"`
	ID          string          `json:"id"`
	Name        string          `json:"name,omitempty"`
	Description string          `json:"description,omitempty"`
	Attributes  []attributeJSON `json:"attributes"`
}

type attributeJSON struct {
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
	SubAttributes   []attributeJSON                 `json:"subAttributes,omitempty"`
}

func attributesJSON(attributes schema.Attributes) []attributeJSON {
	out := make([]attributeJSON, 0, len(attributes))
	for _, a := range attributes {
		j := attributeJSON{
			Name: a.Name(), Type: a.AttributeType(), MultiValued: a.MultiValued(), Description: a.Description(),
			Required: a.Required(), CanonicalValues: a.CanonicalValues(), Mutability: a.Mutability(),
			Returned: a.Returned(), ReferenceTypes: a.ReferenceTypes(),
		}
		if a.AttributeType() == "complex" {
			// Neither has a meaning for them (errata 6004 and 5999 of RFC 7643).
			j.SubAttributes = attributesJSON(a.SubAttributes())
		} else {
			exact := a.CaseExact() || a.AttributeType() == "reference" || a.AttributeType() == "binary"
			j.CaseExact, j.Uniqueness = &exact, a.Uniqueness()
		}
		out = append(out, j)
	}
	return out
}

func (h *Handler) serviceProviderConfig() *serviceProviderConfig {
	limits := &h.config.Limits
	c := &serviceProviderConfig{Schemas: []string{configSchema}, DocumentationURI: h.config.DocumentationURI,
		AuthenticationSchemes: h.config.Authenticate.Schemes()}
	c.Patch.Supported, c.Filter.Supported, c.Sort.Supported, c.ETag.Supported = true, true, true, true
	c.Filter.MaxResults = limits.MaxCount
	c.Pagination = pagination{Cursor: h.dialect.cursors, Index: true, DefaultPaginationMethod: "index",
		DefaultPageSize: limits.DefaultCount, MaxPageSize: limits.MaxCount, CursorTimeout: int64(h.config.CursorTimeout / time.Second)}
	c.Bulk.Supported = h.dialect.bulk
	// authentik takes maxOperations for the number of operations that a PATCH may
	// have, even where bulk is not supported.
	c.Bulk.MaxOperations, c.Bulk.MaxPayloadSize = min(limits.MaxBulkOperations, limits.MaxOperations), limits.MaxBody
	if c.AuthenticationSchemes == nil {
		c.AuthenticationSchemes = []AuthenticationScheme{}
	}
	return c
}

// buildDiscovery builds the documents.
func (h *Handler) buildDiscovery() (discovery, error) {
	d := discovery{group: store.GroupSchema, dialect: h.dialect}
	var err error
	if d.config, err = h.dialect.newDocument("", "", "ServiceProviderConfig", h.dialect.configPath, h.dialect.config(h)); err != nil {
		return d, err
	}

	types := append([]ResourceType{{Name: store.ResourceType, Endpoint: "/Groups", Description: "Group",
		Schema: h.groupSchema(), Extensions: h.config.Extensions}}, h.config.ResourceTypes...)
	if m := h.members; m != nil {
		types = append(types, ResourceType{Name: groupMemberType, Endpoint: groupMembersPath, Description: groupMembersDocumentation, Schema: m.schema})
	}
	for _, t := range types {
		j := resourceTypeJSON{Schemas: []string{resourceTypeSchema}, ID: t.Name, Name: t.Name, Description: t.Description,
			Endpoint: "/" + strings.TrimPrefix(t.Endpoint, "/"), Schema: t.Schema.ID}
		if err := d.addSchema(t.Schema); err != nil {
			return d, err
		}
		for _, e := range t.Extensions {
			j.SchemaExtensions = append(j.SchemaExtensions, schemaExtensionJSON{e.Schema.ID, e.Required})
			if err := d.addSchema(e.Schema); err != nil {
				return d, err
			}
		}
		doc, err := h.dialect.newDocument(t.Name, t.Name, "ResourceType", "/ResourceTypes/"+url.PathEscape(t.Name), j)
		if err != nil {
			return d, err
		}
		d.resourceTypes = append(d.resourceTypes, doc)
	}
	return d, nil
}

// addSchema adds a schema, unless another resource type has brought it already.
func (d *discovery) addSchema(s schema.Schema) error {
	id := d.dialect.schemaID(s.ID, s.ID == d.group)
	for i := range d.schemas {
		if strings.EqualFold(d.schemas[i].id, id) {
			return nil
		}
	}
	doc, err := d.dialect.newDocument(id, text(s.Name), "Schema", "/Schemas/"+url.PathEscape(id), d.dialect.schema(schemaJSON{
		Schemas: []string{schemaSchema}, ID: s.ID, Name: text(s.Name), Description: text(s.Description),
		Attributes: attributesJSON(s.Attributes),
	}, s.ID == d.group))
	d.schemas = append(d.schemas, doc)
	return err
}

func text(s optional.String) string {
	if s.Present() {
		return s.Value()
	}
	return ""
}

// discover answers the endpoints of RFC 7644 §4. Parameters for paging, sorting
// and projection are ignored there, and a filter is refused.
func (x *exchange) discover() error {
	if !x.h.config.PublicDiscovery {
		if err := x.authorize(OperationDiscover, ""); err != nil {
			return err
		}
	}
	query, err := x.query()
	if err != nil {
		return err
	}
	schemas := x.route.endpoint == schemasEndpoint && x.route.id == "" && x.h.dialect.findSchema != nil
	if schemas && (query.Has("filter") || x.h.dialect.needsSchemaFilter) {
		return x.findSchema(query.Get("filter"))
	}
	if query.Has("filter") {
		return statusError(http.StatusForbidden, "discovery endpoints take no filter")
	}
	d := &x.h.discovery
	switch x.route.endpoint {
	case configEndpoint:
		x.sendDocument(&d.config)
		return nil
	case resourceTypesEndpoint:
		return x.sendDocuments(d.resourceTypes, "resource type")
	default:
		return x.sendDocuments(d.schemas, "schema")
	}
}

// findSchema answers /Schemas?filter=… in the dialects that have it.
func (x *exchange) findSchema(text string) error {
	name, err := x.h.dialect.findSchema(text)
	if err != nil {
		return err
	}
	var found []document
	for _, d := range x.h.discovery.schemas {
		if strings.EqualFold(d.name, name) {
			found = append(found, d)
		}
	}
	return x.sendDocuments(found, "schema")
}

func (x *exchange) sendDocument(d *document) {
	x.send(http.StatusOK, d.append(nil, x.base()))
}

// sendDocuments sends the document that the path names, or all of them.
func (x *exchange) sendDocuments(documents []document, what string) error {
	if x.route.id != "" {
		for i := range documents {
			// URNs are case-insensitive (RFC 8141 §3.1), names of types are not.
			if d := &documents[i]; d.id == x.route.id || what == "schema" && x.h.dialect.isSchema(d, x.route.id) {
				x.sendDocument(d)
				return nil
			}
		}
		return statusError(http.StatusNotFound, "there is no such "+what)
	}
	base := x.base()
	b := append([]byte(nil), `{"schemas":["`+x.h.dialect.listSchemas+`"],"totalResults":`...)
	n := strconv.Itoa(len(documents))
	b = append(b, n+`,"startIndex":1,"itemsPerPage":`+n+`,"Resources":[`...)
	for i := range documents {
		if i > 0 {
			b = append(b, ',')
		}
		b = documents[i].append(b, base)
	}
	x.send(http.StatusOK, append(b, "]}"...))
	return nil
}

// ParseExtensions decodes a JSON array of schema definitions, as /Schemas serves
// them, into extensions. A definition may carry "required": true beside its id
// (RFC 7643 §6).
func ParseExtensions(data []byte) ([]filter.Extension, error) {
	var definitions []json.RawMessage
	if err := json.Unmarshal(data, &definitions); err != nil {
		return nil, fmt.Errorf("scim: extensions must be a JSON array of schema definitions: %w", err)
	}
	var out []filter.Extension
	for i, definition := range definitions {
		var e filter.Extension
		var more struct{ Required bool }
		if err := json.Unmarshal(definition, &e.Schema); err != nil {
			return nil, fmt.Errorf("scim: extension %d: %w", i, err)
		}
		if err := json.Unmarshal(definition, &more); err != nil {
			return nil, fmt.Errorf("scim: extension %d: %w", i, err)
		}
		e.Required = more.Required
		out = append(out, e)
	}
	return out, nil
}
