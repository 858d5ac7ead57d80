package scim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/store"
)

// buildDiscovery encodes the documents of RFC 7644 §4.
func (h *Handler) buildDiscovery() (*wire.Discovery, error) {
	types := []wire.ResourceType{{Name: store.ResourceType, Endpoint: "/Groups", Description: "Group",
		Schema: h.groupSchema(), Extensions: h.config.Extensions}}
	for _, t := range h.config.ResourceTypes {
		types = append(
			types,
			wire.ResourceType{
				Name:        t.Name,
				Endpoint:    t.Endpoint,
				Description: t.Description,
				Schema:      t.Schema,
				Extensions:  t.Extensions,
			},
		)
	}
	if m := h.members; m != nil {
		types = append(
			types,
			wire.ResourceType{
				Name:        service.MembershipType,
				Endpoint:    wire.MembershipPath,
				Description: groupMembersDocumentation,
				Schema:      *m,
			},
		)
	}
	return wire.NewDiscovery(h.dialect, h.serviceProviderConfig(), types)
}

// serviceProviderConfig describes the Handler (RFC 7643 §5).
func (h *Handler) serviceProviderConfig() wire.ServiceProviderConfig {
	limits := &h.config.Limits
	c := wire.ServiceProviderConfig{DocumentationURI: h.config.DocumentationURI,
		InteropProfileConformant: h.config.Profile != NoProfile}
	c.Patch.Supported, c.Filter.Supported, c.Sort.Supported, c.ETag.Supported = true, true, true, true
	c.Filter.MaxResults = limits.MaxCount
	c.Pagination = wire.Pagination{
		Cursor:                  h.dialect.Cursors(),
		Index:                   true,
		DefaultPaginationMethod: "index",
		DefaultPageSize:         limits.DefaultCount,
		MaxPageSize:             limits.MaxCount,
		CursorTimeout:           int64(h.config.Cursors.Timeout / time.Second),
	}
	c.Bulk.Supported = h.dialect.Bulk()
	// authentik takes maxOperations for the number of operations that a PATCH may
	// have, even where bulk is not supported.
	c.Bulk.MaxOperations, c.Bulk.MaxPayloadSize = min(
		limits.MaxBulkOperations,
		limits.Body.MaxOperations,
	), limits.MaxBody
	for _, s := range h.config.Auth.Authenticator.Schemes() {
		c.AuthenticationSchemes = append(c.AuthenticationSchemes, wire.AuthenticationScheme(s))
	}
	return c
}

// discover serves the endpoints of RFC 7644 §4.
func (x *exchange) discover() (response, error) {
	if !x.h.config.Auth.PublicDiscovery {
		if err := x.authorize(OperationDiscover, ""); err != nil {
			return response{}, err
		}
	}
	var filter string
	filtered := false
	if err := wire.EachParameter(x.r.URL.RawQuery, func(name, value string) error {
		if name == "filter" && !filtered {
			filter, filtered = value, true
		}
		return nil
	}); err != nil {
		return response{}, err
	}
	body, err := x.h.discovery.Append(nil, &x.route, filter, filtered, x.base())
	if err != nil {
		return response{}, err
	}
	return response{status: http.StatusOK, body: body}, nil
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
