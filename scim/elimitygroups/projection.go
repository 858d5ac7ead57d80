package elimitygroups

import (
	"net/http"

	elimity "github.com/elimity-com/scim"
	"github.com/elimity-com/scim/optional"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/store"
)

// projection returns what the query of a request asks for. supplied says which attributes
// the client wrote (RFC 7643 §7).
func (h *ResourceHandler) projection(r *http.Request, supplied func(*filter.Attribute) bool) (*service.Projection, error) {
	query := r.URL.Query()
	return h.service.Projection(service.Names(query["attributes"]), service.Names(query["excludedAttributes"]), supplied)
}

// resource returns a group as the server wants it, which adds schemas, id and meta. The
// server writes into the map, so it is always a new one.
func (h *ResourceHandler) resource(g *store.Group, p *service.Projection) elimity.Resource {
	r := elimity.Resource{ID: g.ID, Attributes: p.Object(g, h.service.Ref), Meta: elimity.Meta{Version: g.Version.String()}}
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
