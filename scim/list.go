package scim

import (
	"errors"
	"net/http"

	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/store"
)

// listGroups serves GET /Groups (RFC 7644 §3.4.2).
func (x *exchange) listGroups() error {
	if err := x.authorize(OperationList, ""); err != nil {
		return err
	}
	q, err := wire.DecodeQuery(x.r.URL.RawQuery, x.h.dialect)
	if err != nil {
		return err
	}
	return x.list(q, false)
}

// searchGroups serves POST /Groups/.search and POST /.search (RFC 7644 §3.4.3).
func (x *exchange) searchGroups() error {
	if err := x.authorize(OperationList, ""); err != nil {
		return err
	}
	body, err := x.body()
	if err != nil {
		return err
	}
	q, tolerated, err := wire.DecodeSearch(body, x.h.dialect, x.compiler())
	x.used |= tolerated
	if err != nil {
		return err
	}
	return x.list(q, x.route.Endpoint == wire.RootSearchEndpoint)
}

// list runs a query. anyType reports whether the endpoint is not that of groups alone:
// attributes that groups do not have are then absent (RFC 7644 §3.4.2.1).
func (x *exchange) list(q *wire.Query, anyType bool) error {
	words := x.words(q)
	words.AnyType = anyType
	compiled, tolerated, err := x.service().Query(&words)
	x.used |= tolerated
	if err != nil {
		return err
	}
	p, err := x.h.projection(&q.Names, nil)
	if err != nil {
		return err
	}
	if q.Cursor != nil {
		return x.listByCursor(q, compiled, p)
	}
	page, err := x.h.service.List(x.ctx, x.groups, compiled, p.HasMembers())
	if err != nil {
		return err
	}
	return x.sendPage(&page, &wire.List{Total: page.Total, StartIndex: compiled.Offset + 1}, p)
}

// words returns a query as the service takes it.
func (x *exchange) words(q *wire.Query) service.Query {
	return service.Query{Filter: q.Filter, SortBy: q.SortBy, SortOrder: q.SortOrder,
		StartIndex: q.StartIndex, Count: q.Count, ByCursor: q.Cursor != nil, Quirks: x.quirks}
}

// listByCursor sends one page by cursor (RFC 9865 §2).
func (x *exchange) listByCursor(q *wire.Query, compiled store.Query, p *wire.Projection) error {
	binding := q.Binding(x.tenant, x.route.Endpoint, &compiled)
	from, err := x.h.cursors.Open(*q.Cursor, compiled.Limit, binding)
	if err != nil {
		return err
	}
	compiled.From, compiled.SkipTotal = store.Position(from.At), from.Total >= 0
	page, err := x.h.service.List(x.ctx, x.groups, compiled, p.HasMembers())
	if errors.Is(err, store.ErrBadPosition) {
		return wire.ErrCursor
	}
	if err != nil {
		return err
	}
	if page.Total < 0 {
		page.Total = from.Total
	}
	list := wire.List{Total: page.Total}
	if compiled.Limit > 0 && page.Next != "" {
		if list.Next, err = x.h.cursors.Seal(wire.Cursor{At: string(page.Next), Total: page.Total}, compiled.Limit, binding); err != nil {
			return err
		}
	}
	if compiled.Limit > 0 && page.Previous != "" && compiled.From != "" {
		if list.Previous, err = x.h.cursors.Seal(wire.Cursor{At: string(page.Previous), Total: page.Total}, compiled.Limit, binding); err != nil {
			return err
		}
	}
	return x.sendPage(&page, &list, p)
}

// sendPage sends a page of groups.
func (x *exchange) sendPage(page *store.Page, list *wire.List, p *wire.Projection) error {
	x.answered = len(page.Groups)
	e := wire.GroupEncoder{GroupFormat: &x.h.format, Base: x.base(), Projection: p}
	c := x.content(http.StatusOK)
	list.Items = len(page.Groups)
	b := wire.AppendListHead((*c.buf)[:0], x.h.dialect, list)
	members := service.Members{Groups: x.groups, Listed: true}
	for i := range page.Groups {
		if i > 0 {
			b = append(b, ',')
		}
		g := &page.Groups[i]
		err := x.addMetadata(g, p)
		if err == nil {
			b, err = x.appendStreamed(c, b, &e, g, &members)
		}
		if err != nil {
			c.release(b)
			return err
		}
		b = c.spill(b)
	}
	c.end(append(b, "]}"...))
	return nil
}
