package scim

import (
	"errors"
	"net/http"

	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/store"
)

// listGroups serves GET /Groups (RFC 7644 §3.4.2).
func (x *exchange) listGroups() (response, error) {
	if err := x.authorize(OperationList, ""); err != nil {
		return response{}, err
	}
	q, err := wire.DecodeQuery(x.r.URL.RawQuery, x.h.dialect)
	if err != nil {
		return response{}, err
	}
	return x.list(q, false)
}

// searchGroups serves POST /Groups/.search and POST /.search (RFC 7644 §3.4.3).
func (x *exchange) searchGroups() (response, error) {
	if err := x.authorize(OperationList, ""); err != nil {
		return response{}, err
	}
	body, err := x.body()
	if err != nil {
		return response{}, err
	}
	q, tolerated, err := wire.DecodeSearch(body, x.h.dialect, x.compiler())
	x.seen.used |= tolerated
	if err != nil {
		return response{}, err
	}
	return x.list(q, x.route.Endpoint == wire.RootSearchEndpoint)
}

// list runs a query. anyType reports whether the endpoint is not that of groups alone:
// attributes that groups do not have are then absent (RFC 7644 §3.4.2.1).
func (x *exchange) list(q *wire.Query, anyType bool) (response, error) {
	words := x.words(q)
	words.AnyType = anyType
	compiled, tolerated, err := x.service().Query(&words)
	x.seen.used |= tolerated
	if err != nil {
		return response{}, err
	}
	p, err := x.h.projection(&q.Names, nil)
	if err != nil {
		return response{}, err
	}
	if q.Cursor != nil {
		return x.listByCursor(q, compiled, p)
	}
	page, err := x.h.service.List(x.ctx, x.tenant.Groups, compiled, p.HasMembers())
	if err != nil {
		return response{}, err
	}
	list := &wire.List{Total: page.Total, StartIndex: compiled.Offset + 1}
	return response{status: http.StatusOK, list: list, groups: page.Groups, projection: p}, nil
}

// words returns a query as the service takes it.
func (x *exchange) words(q *wire.Query) service.Query {
	return service.Query{Filter: q.Filter, SortBy: q.SortBy, SortOrder: q.SortOrder,
		StartIndex: q.StartIndex, Count: q.Count, ByCursor: q.Cursor != nil, Quirks: x.quirks}
}

// listByCursor returns one page by cursor (RFC 9865 §2).
func (x *exchange) listByCursor(q *wire.Query, compiled store.Query, p *wire.Projection) (response, error) {
	binding := q.Binding(x.tenant.Name, x.route.Endpoint, &compiled)
	from, err := x.h.cursors.Open(*q.Cursor, compiled.Limit, binding)
	if err != nil {
		return response{}, err
	}
	compiled.From, compiled.SkipTotal = store.Position(from.At), from.Total >= 0
	page, err := x.h.service.List(x.ctx, x.tenant.Groups, compiled, p.HasMembers())
	if errors.Is(err, store.ErrBadPosition) {
		return response{}, wire.ErrCursor
	}
	if err != nil {
		return response{}, err
	}
	if page.Total < 0 {
		page.Total = from.Total
	}
	list := &wire.List{Total: page.Total}
	if compiled.Limit > 0 && page.Next != "" {
		if list.Next, err = x.h.cursors.Seal(
			wire.Cursor{At: string(page.Next), Total: page.Total},
			compiled.Limit,
			binding,
		); err != nil {
			return response{}, err
		}
	}
	if compiled.Limit > 0 && page.Previous != "" && compiled.From != "" {
		if list.Previous, err = x.h.cursors.Seal(
			wire.Cursor{At: string(page.Previous), Total: page.Total},
			compiled.Limit,
			binding,
		); err != nil {
			return response{}, err
		}
	}
	return response{status: http.StatusOK, list: list, groups: page.Groups, projection: p}, nil
}
