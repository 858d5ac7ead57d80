package elimitygroups

import (
	"net/http"

	elimity "github.com/elimity-com/scim"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/service"
)

// GetAll answers a page of groups (RFC 7644 §3.4.2). Filter, startIndex and count are
// those of params; sortBy, sortOrder, attributes and excludedAttributes, which the
// server does not read, are those of the URL.
func (h *ResourceHandler) GetAll(r *http.Request, params elimity.ListRequestParams) (_ elimity.Page, err error) {
	defer h.told(r, &err)
	query := r.URL.Query()
	p, err := h.projection(r, nil)
	if err != nil {
		return elimity.Page{}, err
	}
	return h.list(r, p, params, query.Get("sortBy"), query.Get("sortOrder"))
}

// Search answers POST /Groups/.search (RFC 7644 §3.4.3).
func (h *ResourceHandler) Search(r *http.Request, params elimity.SearchParams) (_ elimity.Page, err error) {
	defer h.told(r, &err)
	p, err := h.service.Projection(service.Names(params.Attributes), service.Names(params.ExcludedAttributes), nil)
	if err != nil {
		return elimity.Page{}, err
	}
	return h.list(r, p, elimity.ListRequestParams{Count: params.Count, StartIndex: params.StartIndex,
		FilterValidator: params.FilterValidator}, params.SortBy, params.SortOrder)
}

func (h *ResourceHandler) list(r *http.Request, p *service.Projection, params elimity.ListRequestParams, sortBy, sortOrder string) (elimity.Page, error) {
	c, err := h.caller(r)
	if err != nil {
		return elimity.Page{}, err
	}
	if most := h.service.MaxIndex; params.StartIndex > most {
		return elimity.Page{}, fault.TooMany("startIndex is above %d; narrow the filter", most)
	}
	q := service.Query{SortBy: sortBy, SortOrder: sortOrder, StartIndex: &params.StartIndex, Count: &params.Count, Quirks: h.o.Quirks}
	if params.FilterValidator != nil {
		text, err := filterText(params.FilterValidator.GetFilter())
		if err != nil {
			return elimity.Page{}, err
		}
		q.Filter = &text
	}
	compiled, _, err := h.service.Query(&q)
	if err != nil {
		return elimity.Page{}, err
	}
	page, err := h.service.List(r.Context(), c.Groups, compiled, p.ShowsMembers())
	if err != nil {
		return elimity.Page{}, err
	}
	// Not nil, of which the server would make null.
	resources := make([]elimity.Resource, len(page.Groups))
	for i := range page.Groups {
		resources[i] = h.resource(&page.Groups[i], p)
	}
	return elimity.Page{TotalResults: page.Total, Resources: resources}, nil
}
