package scim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// listRequest holds the parameters of a query (RFC 7644 §3.4.2), from a URL or a
// SearchRequest.
type listRequest struct {
	filter               string
	hasFilter            bool
	sortBy, sortOrder    string
	startIndex, count    int
	hasCount             bool
	cursor               string
	hasCursor, hasIndex  bool
	attributes, excluded []string
}

// listGroups answers GET /Groups (RFC 7644 §3.4.2).
func (x *exchange) listGroups() error {
	if err := x.authorize(OperationList, ""); err != nil {
		return err
	}
	l, err := x.listRequest()
	if err != nil {
		return err
	}
	return x.list(l, false)
}

// listRequest reads the parameters of a query out of the URL.
func (x *exchange) listRequest() (*listRequest, error) {
	query, err := x.parameters()
	if err != nil {
		return nil, err
	}
	l := &listRequest{startIndex: 1, sortBy: query.Get("sortBy"), sortOrder: query.Get("sortOrder"),
		attributes: service.Names(query["attributes"]), excluded: service.Names(query["excludedAttributes"])}
	for _, name := range []string{"filter", "sortBy", "sortOrder", "startIndex", "count", "cursor"} {
		if len(query[name]) > 1 {
			return nil, fault.BadRequest(scimerrors.ScimTypeInvalidSyntax, "the parameter "+name+" is there twice")
		}
	}
	l.filter, l.hasFilter = query.Get("filter"), query.Has("filter")
	l.cursor, l.hasCursor = query.Get("cursor"), query.Has("cursor") && x.h.dialect.Cursors()
	if text := query.Get("startIndex"); text != "" {
		l.hasIndex = true
		if l.startIndex, err = x.h.dialect.Index("startIndex", text); err != nil {
			return nil, err
		}
	}
	if text := query.Get("count"); text != "" {
		l.hasCount = true
		if l.count, err = x.h.dialect.Index("count", text); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// searchGroups answers POST /Groups/.search and POST /.search (RFC 7644 §3.4.3).
func (x *exchange) searchGroups() error {
	if err := x.authorize(OperationList, ""); err != nil {
		return err
	}
	body, err := x.body()
	if err != nil {
		return err
	}
	var message struct {
		Schemas            json.RawMessage
		Attributes         nameList
		ExcludedAttributes nameList
		Filter             *string
		SortBy, SortOrder  *string
		StartIndex, Count  json.RawMessage
		Cursor             *string
	}
	if err := x.unmarshal(body, x.h.dialect.SearchSchema(), &message); err != nil {
		return err
	}
	l := listRequest{startIndex: 1, attributes: service.Names(message.Attributes), excluded: service.Names(message.ExcludedAttributes)}
	if message.Filter != nil {
		l.filter, l.hasFilter = *message.Filter, true
	}
	if message.SortBy != nil {
		l.sortBy = *message.SortBy
	}
	if message.SortOrder != nil {
		l.sortOrder = *message.SortOrder
	}
	if message.Cursor != nil && x.h.dialect.Cursors() {
		l.cursor, l.hasCursor = *message.Cursor, true
	}
	for _, number := range []struct {
		name string
		raw  json.RawMessage
		to   *int
		has  *bool
	}{{"startIndex", message.StartIndex, &l.startIndex, &l.hasIndex}, {"count", message.Count, &l.count, &l.hasCount}} {
		text := strings.Trim(string(number.raw), `"`) // some clients quote numbers
		if text == "" || text == "null" {
			continue
		}
		*number.has = true
		if *number.to, err = wire.SCIM2.Index(number.name, text); err != nil {
			return err
		}
	}
	return x.list(&l, x.route.Endpoint == wire.RootSearchEndpoint)
}

// nameList is a list of attribute names. Some clients send one string with
// commas.
type nameList []string

// UnmarshalJSON implements [json.Unmarshaler].
func (l *nameList) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*l = []string{""}
		return json.Unmarshal(b, &(*l)[0])
	}
	return json.Unmarshal(b, (*[]string)(l))
}

// list runs a query. anyType says that the endpoint is not that of groups alone:
// attributes that groups do not have are then absent (RFC 7644 §3.4.2.1).
func (x *exchange) list(l *listRequest, anyType bool) error {
	q, err := x.query(l, anyType)
	if err != nil {
		return err
	}
	p, err := x.h.projectFor(l.attributes, l.excluded, nil)
	if err != nil {
		return err
	}
	if l.hasCursor {
		return x.listByCursor(l, q, p)
	}
	page, err := x.h.service.List(x.ctx, x.groups, q, p.showsMembers())
	if err != nil {
		return err
	}
	return x.sendPage(&page, &wire.List{Total: page.Total, StartIndex: q.Offset + 1}, p)
}

// words are the parameters as the service takes them.
func (l *listRequest) words(quirks patch.Quirks) service.Query {
	q := service.Query{SortBy: l.sortBy, SortOrder: l.sortOrder, ByCursor: l.hasCursor, Quirks: quirks}
	if l.hasFilter {
		q.Filter = &l.filter
	}
	if l.hasIndex {
		q.StartIndex = &l.startIndex
	}
	if l.hasCount {
		q.Count = &l.count
	}
	return q
}

// query compiles the parameters of a list.
func (x *exchange) query(l *listRequest, anyType bool) (store.Query, error) {
	q := l.words(x.quirks)
	q.AnyType = anyType
	compiled, tolerated, err := x.service().Query(&q)
	x.used |= tolerated
	return compiled, err
}

// projectFor is the projection for a request with these lists of attributes. No list
// at all needs no new one.
func (h *Handler) projectFor(include, exclude []string, supplied func(*filter.Attribute) bool) (*projection, error) {
	if h.dialect.RefusesUnknownNames() {
		for _, name := range slices.Concat(include, exclude) {
			if _, ok := h.service.Table.ExtensionURN(name); !ok && h.service.Table.Lookup(name) == nil {
				return nil, fault.BadRequest(scimerrors.ScimTypeInvalidPath, "the group has no attribute "+strconv.Quote(shortened(name)))
			}
		}
	}
	shown, err := h.service.Projection(include, exclude, supplied)
	if err != nil {
		return nil, err
	}
	if shown == h.projection.Projection {
		return h.projection, nil
	}
	return h.project(shown), nil
}

// sendPage sends a page of groups.
func (x *exchange) sendPage(page *store.Page, list *wire.List, p *projection) error {
	x.answered = len(page.Groups)
	e := encoder{h: x.h, base: x.base(), p: p}
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

// sendList sends a page of n other resources.
func (x *exchange) sendList(list *wire.List, n int, appendOne func(b []byte, i int) []byte) {
	x.answered = n
	c := x.content(http.StatusOK)
	list.Items = n
	b := wire.AppendListHead((*c.buf)[:0], x.h.dialect, list)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = c.spill(appendOne(b, i))
	}
	c.end(append(b, "]}"...))
}
