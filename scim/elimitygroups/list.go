package elimitygroups

import (
	"net/http"

	elimity "github.com/elimity-com/scim"

	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/service"
)

// GetAll implements [elimity.ResourceHandler] (RFC 7644 §3.4.2). Filter, startIndex and
// count are those of params; sortBy, sortOrder, attributes and excludedAttributes, which
// the server does not read, are those of the URL.
func (h *ResourceHandler) GetAll(r *http.Request, params elimity.ListRequestParams) (elimity.Page, error) {
	query := r.URL.Query()
	return h.list(r, elimity.SearchParams{
		Attributes: query["attributes"], ExcludedAttributes: query["excludedAttributes"],
		FilterValidator: params.FilterValidator, SortBy: query.Get("sortBy"), SortOrder: query.Get("sortOrder"),
		StartIndex: params.StartIndex, Count: params.Count,
	})
}

// Search implements [elimity.ResourceSearcher] (RFC 7644 §3.4.3).
func (h *ResourceHandler) Search(r *http.Request, params elimity.SearchParams) (elimity.Page, error) {
	return h.list(r, params)
}

func (h *ResourceHandler) list(r *http.Request, params elimity.SearchParams) (elimity.Page, error) {
	return serve(h, r, func(c *service.Caller) (out elimity.Page, err error) {
		p, err := h.service.Projection(names(params.Attributes), names(params.ExcludedAttributes), nil)
		if err != nil {
			return out, err
		}
		if most := h.service.MaxIndex; params.StartIndex > most {
			return out, fault.TooMany("startIndex is above %d; narrow the filter", most)
		}
		q := service.Query{SortBy: params.SortBy, SortOrder: params.SortOrder,
			StartIndex: &params.StartIndex, Count: &params.Count, Quirks: h.o.Quirks}
		if params.FilterValidator != nil {
			text, err := filterText(params.FilterValidator.GetFilter())
			if err != nil {
				return out, err
			}
			q.Filter = &text
		}
		compiled, _, err := h.service.Query(&q)
		if err != nil {
			return out, err
		}
		page, err := h.service.List(r.Context(), c.Groups, compiled, p.ShowsMembers())
		if err != nil {
			return out, err
		}
		out.TotalResults = page.Total
		out.Resources = make([]elimity.Resource, len(page.Groups)) // the server makes null of nil
		for i := range page.Groups {
			out.Resources[i] = h.resource(&page.Groups[i], p)
		}
		return out, nil
	})
}
