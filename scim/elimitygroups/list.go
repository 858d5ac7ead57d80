package elimitygroups

import (
	"cmp"
	"net/http"
	"strconv"

	elimity "github.com/elimity-com/scim"
	scimerrors "github.com/elimity-com/scim/errors"
	elimityfilter "github.com/elimity-com/scim/filter"
	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/store"
)

// GetAll answers a page of groups (RFC 7644 §3.4.2). Filter, startIndex and count are
// those of params; sortBy, sortOrder, attributes and excludedAttributes, which the
// server does not read, are those of the URL.
func (h *ResourceHandler) GetAll(r *http.Request, params elimity.ListRequestParams) (_ elimity.Page, err error) {
	defer h.told(r, &err)
	query := r.URL.Query()
	p, err := h.projectionOf(r, nil)
	if err != nil {
		return elimity.Page{}, err
	}
	return h.list(r, p, params, query.Get("sortBy"), query.Get("sortOrder"))
}

// Search answers POST /Groups/.search (RFC 7644 §3.4.3).
func (h *ResourceHandler) Search(r *http.Request, params elimity.SearchParams) (_ elimity.Page, err error) {
	defer h.told(r, &err)
	p, err := h.project(service.Names(params.Attributes), service.Names(params.ExcludedAttributes), nil)
	if err != nil {
		return elimity.Page{}, err
	}
	return h.list(r, p, elimity.ListRequestParams{Count: params.Count, StartIndex: params.StartIndex,
		FilterValidator: params.FilterValidator}, params.SortBy, params.SortOrder)
}

func (h *ResourceHandler) list(r *http.Request, p *projection, params elimity.ListRequestParams, sortBy, sortOrder string) (elimity.Page, error) {
	tenant, err := h.tenant(r)
	if err != nil {
		return elimity.Page{}, err
	}
	most := cmp.Or(h.o.Limits.MaxIndex, 10_000_000)
	if params.StartIndex > most {
		return elimity.Page{}, fault.BadRequest(scimerrors.ScimTypeTooMany, "startIndex is above "+strconv.Itoa(most)+"; narrow the filter")
	}
	q := store.Query{Offset: max(1, params.StartIndex) - 1, Limit: max(0, params.Count), Select: p.selection()}
	if q.Filter, err = h.filter(params.FilterValidator); err != nil {
		return elimity.Page{}, err
	}
	if q.SortBy, q.Descending, err = h.core.Sorting(h.table, sortBy, sortOrder); err != nil {
		return elimity.Page{}, err
	}
	page, err := tenant.Groups.List(r.Context(), q)
	if err != nil {
		return elimity.Page{}, err
	}
	// Not nil, of which the server would make null.
	resources := make([]elimity.Resource, len(page.Groups))
	for i := range page.Groups {
		resources[i] = h.answer(&page.Groups[i], p)
	}
	return elimity.Page{TotalResults: page.Total, Resources: resources}, nil
}

// filter compiles the filter that the server parsed.
func (h *ResourceHandler) filter(v *elimityfilter.Validator) (*filter.Filter, error) {
	if v == nil {
		return nil, nil
	}
	text, err := filterText(v.GetFilter())
	if err != nil {
		return nil, err
	}
	f, err := h.table.Filter(text, &h.filters)
	if err == nil {
		err = h.core.CheckURIs(f)
	}
	return f, err
}
