package memory

import (
	"context"
	"iter"
	"slices"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// List implements [store.GroupStore].
func (s *Store) List(ctx context.Context, q store.Query) (store.Page, error) {
	if err := ctx.Err(); err != nil {
		return store.Page{}, err
	}
	l := &listing{ctx: ctx, query: &q, members: adapter.FilterNeedsMembers(q.Filter)}
	q.Limit, q.Offset = max(q.Limit, 0), max(q.Offset, 0)
	if q.From != "" {
		place, err := adapter.PlaceOf(q)
		if err != nil {
			return store.Page{}, err
		}
		l.place = place
	}
	if q.Limit == 0 {
		q.From, q.Offset = "", 0
	}

	page, settled, err := s.list(l)
	if err == nil && !settled {
		l.members = true
		page, _, err = s.list(l)
	}
	if err != nil {
		return store.Page{}, err
	}
	return page, nil
}

// list is one attempt at List. Members that no filter looks at are read when it is
// known which groups are on the page, as most are not; if one of these has ceased to
// match by then, the page is not settled. It always is if groups are looked at with
// their members, which takes a lock and a snapshot for each.
func (s *Store) list(l *listing) (page store.Page, settled bool, err error) {
	q := l.query
	var views []view
	// All indexes are asked in one moment. A group that begins to match one part of the
	// filter as it ceases to match another must be found by one of the two.
	s.mu.RLock()
	s.people.mu.RLock()
	found, indexed := s.candidates(q.Filter, nil)
	s.people.mu.RUnlock()
	s.mu.RUnlock()
	ordered := s.index(q.SortBy)
	switch {
	case indexed:
		views, page, err = l.sort(slices.Values(distinct(found)))
	case ordered == nil || q.From != "" && q.Filter != nil && !q.SkipTotal:
		if ordered == nil {
			ordered = &s.creation
		}
		s.mu.Lock() // a snapshot is a change of the index
		all := ordered.snapshot()
		s.mu.Unlock()
		views, page, err = l.sort(groupsOf(cursor{all, q}.at(0)))
	case q.Filter != nil:
		s.mu.Lock()
		all := ordered.snapshot()
		s.mu.Unlock()
		views, page, err = l.cut(cursor{all, q})
	default:
		// Only as many groups as are on the page are looked at.
		s.mu.RLock()
		views, page, err = l.cut(cursor{*ordered, q})
		s.mu.RUnlock()
	}
	if err != nil {
		return store.Page{}, false, err
	}
	page.Groups = make([]store.Group, len(views))
	settled = true
	for i := range views {
		var matches bool
		page.Groups[i], matches = l.selected(&views[i])
		settled = settled && matches
		if err := l.ctx.Err(); err != nil {
			return store.Page{}, false, err
		}
	}
	return page, settled, nil
}

// index returns the index that is in the order of the attribute, or nil.
func (s *Store) index(sortBy *filter.Attribute) *index {
	switch {
	case sortBy == nil:
		return &s.creation
	case sortBy.Extension || sortBy.Parent != nil:
		return nil
	case sortBy.Name == "id" && sortBy.CaseExact:
		return &s.ids
	case sortBy.Name == "displayName" && !sortBy.CaseExact:
		return &s.names
	case sortBy.Name == "externalId" && sortBy.CaseExact:
		return &s.externals
	}
	return nil
}

// candidates appends groups to found among which are all that the filter matches, some
// more than once, if an index can tell. If they are more than there are groups, a
// look at each is less. mu and that of the people are held.
func (s *Store) candidates(f *filter.Filter, found []*group) (_ []*group, ok bool) {
	var id, name, external, member *filter.Attribute
	for a := range f.Attributes() {
		switch {
		case a.Extension:
		case a.Parent != nil && a.Parent.Name == "members" && a.Name == "value" && a.CaseExact:
			member = a
		case a.Parent != nil:
		case a.Name == "id" && a.CaseExact:
			id = a
		case a.Name == "displayName":
			name = a
		case a.Name == "externalId" && a.CaseExact:
			external = a
		}
	}
	values := func(a *filter.Attribute) (values []string, ok bool) {
		if a == nil {
			return nil, false
		}
		return f.Values(a)
	}
	var keys []string
	var find func(found []*group, key string) []*group
	if keys, ok = values(id); ok {
		find = func(found []*group, id string) []*group {
			if g := s.find(id); g != nil {
				found = append(found, g)
			}
			return found
		}
	} else if keys, ok = values(name); ok {
		find = func(found []*group, name string) []*group { return s.names.find(found, filter.Fold(name)) }
	} else if keys, ok = values(external); ok && !slices.Contains(keys, "") {
		find = s.externals.find
	} else if keys, ok = values(member); ok {
		find = s.people.having
	} else {
		return s.candidatesOfAny(f, found)
	}
	for _, key := range keys {
		if found = find(found, key); len(found) > s.creation.len() {
			return nil, false
		}
	}
	return found, true
}

// candidatesOfAny is candidates for a filter that joins others with or, each of
// which an index can tell about.
func (s *Store) candidatesOfAny(f *filter.Filter, found []*group) (_ []*group, ok bool) {
	if f == nil {
		return nil, false
	}
	terms, ok := f.Root().(filter.Or)
	for i := 0; i < len(terms) && ok; i++ {
		found, ok = s.candidates(filter.New(terms[i]), found)
	}
	return found, ok
}

func groupsOf(entries iter.Seq[entry]) iter.Seq[*group] {
	return func(yield func(*group) bool) {
		entries(func(e entry) bool { return yield(e.group) })
	}
}

// listing is one call of List.
type listing struct {
	ctx     context.Context
	query   *store.Query
	place   adapter.Place // of query.From
	members bool          // groups are looked at with their members
	looked  int
	subject view // that the filter is asked about; here, so that none is allocated for each
}

// look returns the group as it is now, if the filter matches it.
func (l *listing) look(g *group) (v view, matches bool, err error) {
	if l.looked++; l.looked%256 == 0 && l.ctx.Err() != nil {
		return view{}, false, l.ctx.Err()
	}
	v, there := g.view(l.members)
	v.of = g
	if !there || l.query.Filter == nil {
		return v, there, nil
	}
	l.subject = v
	return v, l.query.Filter.Match(&l.subject), nil
}

// selected returns what the query asks for of a group, as it was when it was looked at; or
// as it is now if members are asked for that were not looked at, and then it returns
// false if the group does not match any more.
func (l *listing) selected(v *view) (g store.Group, matches bool) {
	sel := l.query.Select
	if !sel.Members {
		return v.head.selected(sel.Extensions), true
	}
	if l.members {
		return v.selected(sel), true
	}
	g, now := v.of.read(sel)
	if now == nil || now == v.head || l.query.Filter == nil {
		return g, now != nil
	}
	l.subject = view{head: now}
	return g, l.query.Filter.Match(&l.subject)
}

// sort returns the page out of all groups, which come in any order.
func (l *listing) sort(groups iter.Seq[*group]) ([]view, store.Page, error) {
	pager, err := adapter.NewPager[view](*l.query)
	if err != nil {
		return nil, store.Page{}, err
	}
	for g := range groups {
		v, matches, err := l.look(g)
		if err != nil {
			return nil, store.Page{}, err
		}
		if matches {
			pager.Add(v.rank(l.query), v)
		}
	}
	views, page := pager.Page()
	return views, page, nil
}

// cut returns the page out of an index in the order of the list, without looking
// at more groups than it has to, and without keeping more than the page.
func (l *listing) cut(c cursor) ([]view, store.Page, error) {
	q := l.query
	page := store.Page{Total: -1}
	count := q.Filter != nil && !q.SkipTotal // all that match
	switch {
	case q.Filter == nil:
		page.Total = c.index.len()
	case count:
		page.Total = 0
	}
	if q.Limit == 0 && !count {
		return nil, page, nil
	}

	// ahead goes from the start of the page on, behind the other way.
	skip := 0
	var ahead, behind iter.Seq[entry]
	switch {
	case q.From != "":
		ahead, behind = c.from(l.place, l.place.Backward), c.from(l.place, !l.place.Backward)
	case q.Filter == nil:
		ahead, behind = c.at(q.Offset), c.at(0)
		if q.Offset == 0 {
			behind = nil
		}
	default:
		ahead, skip = c.at(0), q.Offset
	}

	var views []view
	var ranks []adapter.Rank
	skipped, more := 0, false
	err := l.each(ahead, func(v view, r adapter.Rank) bool {
		if count {
			page.Total++
		}
		switch {
		case skipped < skip:
			skipped++
		case len(views) == q.Limit:
			more = true
			return count
		default:
			views = append(views, v)
			ranks = append(ranks, r)
		}
		return true
	})
	other := skipped > 0
	if err == nil && behind != nil {
		err = l.each(behind, func(view, adapter.Rank) bool {
			other = true
			return false
		})
	}
	if err != nil {
		return nil, store.Page{}, err
	}
	if l.place.Backward && q.From != "" {
		slices.Reverse(views)
		slices.Reverse(ranks)
		more, other = other, more
	}
	if q.Limit == 0 {
		return nil, page, nil
	}
	var first, last *adapter.Rank
	if len(ranks) > 0 {
		first, last = &ranks[0], &ranks[len(ranks)-1]
	}
	page.Previous, page.Next = adapter.Positions(*q, first, last, other, more)
	return views, page, nil
}

// each calls yield with every group that the filter matches, and with its place in
// the index: the group may have a new name by the time it is looked at.
func (l *listing) each(entries iter.Seq[entry], yield func(view, adapter.Rank) bool) (err error) {
	entries(func(e entry) bool {
		var v view
		var matches bool
		v, matches, err = l.look(e.group)
		return err == nil && (!matches || yield(v, e.rank()))
	})
	return err
}
