package elimitygroups

import (
	"net/http"
	"strings"

	elimity "github.com/elimity-com/scim"
	"github.com/elimity-com/scim/optional"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/store"
)

// projection returns what the query of a request asks for. supplied reports whether the
// client has written an attribute (RFC 7643 §7).
func (h *ResourceHandler) projection(r *http.Request, supplied func(*filter.Attribute) bool) (
	*service.Projection, error) {
	query := r.URL.Query()
	return h.service.Projection(names(query["attributes"]), names(query["excludedAttributes"]), supplied)
}

// names splits comma-separated lists of names.
func names(lists []string) (names []string) {
	for _, list := range lists {
		names = append(names, strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	return names
}

// resource returns a group as the server wants it, which adds schemas, id and meta. The
// server writes into the map, so it is always a new one.
func (h *ResourceHandler) resource(g *store.Group, p *service.Projection) elimity.Resource {
	r := elimity.Resource{ID: g.ID, Attributes: p.Object(g, h.service.Ref)}
	r.Meta.Version = g.Version.String()
	if text, ok := r.Attributes["externalId"].(string); ok {
		r.ExternalID = optional.NewString(text)
		delete(r.Attributes, "externalId")
	}
	if created := g.Created; !created.IsZero() {
		r.Meta.Created = &created
	}
	if modified := g.LastModified; !modified.IsZero() {
		r.Meta.LastModified = &modified
	}
	return r
}
