package service

import (
	"context"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// invalidCursor is a scimType of RFC 9865 §2.1.
const invalidCursor scimerrors.ScimType = "invalidCursor"

// Query is a query for groups in the words of a client (RFC 7644 §3.4.2).
type Query struct {
	// Filter is the text of the filter; nil stands for no filter.
	Filter *string
	// SortBy and SortOrder are "" if they are not given.
	SortBy, SortOrder string
	// StartIndex and Count are nil if they are not given. They may have any value.
	StartIndex, Count *int
	// ByCursor says that the page is found by cursor, not by StartIndex.
	ByCursor bool

	// Quirks are those that the filter may have.
	Quirks patch.Quirks
	// AnyType says that the query is not for groups alone: attributes that groups do
	// not have are absent then (RFC 7644 §3.4.2.1).
	AnyType bool
}

// Query compiles a query for a list of groups. It returns the quirks that made a
// difference too. Select is left to the caller.
func (s *Service) Query(q *Query) (compiled store.Query, tolerated patch.Quirks, err error) {
	if err = s.page(q, &compiled); err != nil {
		return compiled, 0, err
	}
	if q.Filter != nil {
		if compiled.Filter, err = s.filter(q); err != nil {
			return compiled, 0, err
		}
		tolerated = patch.FilterQuirks(compiled.Filter.Tolerated())
	}
	by := q.SortBy
	if q.AnyType && s.Table.Lookup(by) == nil {
		by = ""
	}
	compiled.SortBy, compiled.Descending, err = s.sorting(by, q.SortOrder)
	return compiled, tolerated, err
}

// page sets Offset and Limit (RFC 7644 §3.4.2.4).
func (s *Service) page(q *Query, compiled *store.Query) error {
	if q.ByCursor && q.StartIndex != nil {
		return fault.BadRequest(invalidCursor, "startIndex and cursor cannot both be given")
	}
	if q.StartIndex != nil {
		compiled.Offset = max(1, *q.StartIndex) - 1
	}
	switch {
	case compiled.Offset >= s.MaxIndex:
		compiled.Limit = 0 // most likely there is nothing that far; List looks again
	case q.Count == nil:
		compiled.Limit = s.DefaultCount
	default:
		compiled.Limit = min(max(0, *q.Count), s.MaxCount)
	}
	return nil
}

func (s *Service) filter(q *Query) (*filter.Filter, error) {
	options := s.filters
	options.Tolerate, options.UnknownIsAbsent = q.Quirks.Filter(), q.AnyType
	f, err := s.Table.Filter(*q.Filter, &options)
	if err != nil && s.SelectsNothing != nil && s.SelectsNothing(*q.Filter) {
		return filter.New(filter.Constant(false)), nil
	}
	if err != nil {
		return nil, err
	}
	return f, s.checkURIs(f)
}

// sorting resolves sortBy and sortOrder (RFC 7644 §3.4.2.3).
func (s *Service) sorting(by, order string) (a *filter.Attribute, descending bool, err error) {
	descending = strings.EqualFold(order, "descending")
	if order != "" && !descending && !strings.EqualFold(order, "ascending") {
		return nil, false, fault.InvalidValue("sortOrder must be ascending or descending")
	}
	if by == "" {
		return nil, descending, nil
	}
	a = s.Table.Lookup(by)
	switch {
	case a == nil:
		return nil, false, fault.InvalidPath("sortBy: the group has no such attribute")
	case a == s.Location:
		a = s.ID // the one is the other with the base URL in front
	case a == s.Members || a.Parent == s.Members:
		return nil, false, fault.InvalidPath("sortBy: groups cannot be sorted by their members")
	}
	if a.Element() {
		a = a.Parent
	}
	if a.Type != filter.Complex {
		return a, descending, nil
	}
	value := a.SubAttribute("value")
	if value == nil {
		return nil, false, fault.InvalidPath("sortBy: %s is complex; name one of its sub-attributes", a)
	}
	return value, descending, nil
}

// List returns a page of groups. members says whether the response shows any of their
// members.
func (s *Service) List(ctx context.Context, groups store.GroupStore, q store.Query, members bool) (store.Page, error) {
	q.Select = s.selection(groups, members)
	if s.MaxListMembers > 0 {
		q.Select.MaxMembers = s.MaxListMembers
	}
	page, err := groups.List(ctx, q)
	if err != nil {
		return page, err
	}
	if q.Offset >= s.MaxIndex && q.Offset < page.Total {
		return page, fault.TooMany("startIndex is above %d; narrow the filter, or go on by cursor", s.MaxIndex)
	}
	if most := s.MaxListMembers; most > 0 {
		for i := range page.Groups {
			// Stores may not be able to leave them out.
			if g := &page.Groups[i]; g.MembersOmitted || len(g.Members) > most {
				g.Members, g.MembersOmitted = nil, false
			}
		}
	}
	return page, nil
}
