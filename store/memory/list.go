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
	l := &listing{ctx: ctx, query: &q, withMembers: adapter.FilterNeedsMembers(q.Filter)}
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
		l.withMembers = true
		page, _, err = s.list(l)
	}
	if err != nil {
		return store.Page{}, err
	}
	return page, nil
}

// list is one attempt at List. Members that the filter does not examine are read when the
// groups of the page are known, since most groups are not among them. If one of these no
// longer matches by then, the page is not settled. It is always settled with
// l.withMembers, which takes a lock and a snapshot for each group.
func (s *Store) list(l *listing) (page store.Page, settled bool, err error) {
	q := l.query
	var views []view
	// The lookups in all indexes happen under one lock. A group that begins to match one
	// part of the filter as it ceases to match another must be found by one of the two.
	s.mu.RLock()
	s.principals.mu.RLock()
	found, indexed := s.candidates(q.Filter, nil)
	s.principals.mu.RUnlock()
	s.mu.RUnlock()
	ordered := s.index(q.SortBy)
	switch {
	case indexed:
		views, page, err = l.sort(slices.Values(distinct(found)))
	case ordered == nil || q.From != "" && q.Filter != nil && !q.SkipTotal:
		if ordered == nil {
			ordered = &s.creation
		}
		s.mu.Lock() // a snapshot changes the index
		all := ordered.snapshot()
		s.mu.Unlock()
		views, page, err = l.sort(groupsOf(cursor{all, q}.at(0)))
	case q.Filter != nil:
		s.mu.Lock()
		all := ordered.snapshot()
		s.mu.Unlock()
		views, page, err = l.cut(cursor{all, q})
	default:
		// Only the groups of the page are examined.
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

// index returns the index in the order of the attribute, or nil.
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

// candidates appends to found a superset of the groups that the filter matches, with
// duplicates. It returns false if no index has them, or if they are more than all groups,
// so that it is cheaper to examine each group. The caller holds s.mu and s.principals.mu.
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
		find = s.principals.appendGroups
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

// candidatesOfAny is candidates for a filter whose root is an or of filters.
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

// listing is one call of List. It is also the [filter.Resource] that the filter examines,
// so that none is allocated for each group.
type listing struct {
	ctx         context.Context
	query       *store.Query
	place       adapter.Place // of query.From
	withMembers bool          // groups are examined with their members
	steps       int           // number of groups and members examined
	err         error         // of ctx, as of the last check
	subject     view          // the group that the filter examines
}

// stepsPerCheck is the number of groups and members that a listing examines between two
// checks of its context.
const stepsPerCheck = 256

// step is called for each group and member that is examined. It reports whether the
// listing may continue.
func (l *listing) step() bool {
	if l.steps++; l.steps%stepsPerCheck == 0 {
		l.err = l.ctx.Err()
	}
	return l.err == nil
}

// look returns the group as it is now, and whether the filter matches it.
func (l *listing) look(g *group) (v view, matches bool, err error) {
	if !l.step() {
		return view{}, false, l.err
	}
	v, ok := g.view(l.withMembers)
	if !ok || l.query.Filter == nil {
		return v, ok, nil
	}
	l.subject = v
	matches = l.query.Filter.Match(l)
	return v, matches, l.err
}

// Attribute implements [filter.Resource] for the subject. It makes no slice of the
// members, and does not fold the name again.
func (l *listing) Attribute(a *filter.Attribute) filter.Value {
	h := l.subject.head
	if !a.Extension {
		switch a.Name {
		case "displayName":
			return filter.FoldedValue(h.group.DisplayName, h.folded)
		case "members":
			if l.subject.members.len() == 0 {
				return filter.Value{}
			}
			return filter.ElementsValue((*elements)(l))
		}
	}
	return h.group.Attribute(a)
}

// elements is a listing as the [filter.Elements] of the members of its subject.
type elements listing

// Each implements [filter.Elements]. It ends early when the context is done.
func (e *elements) Each(yield func(filter.Resource) bool) {
	var m store.Member
	e.subject.members.tree.Scan(func(i item) bool {
		i.fill(&m)
		return (*listing)(e).step() && yield(&m)
	})
}

// Find implements [filter.Elements].
func (e *elements) Find(value string) (filter.Resource, bool) {
	m, ok := e.subject.members.Find(value)
	return &m, ok
}

// selected returns the selected parts of a group as it was when it was examined. If
// members are selected but were not examined, it returns the group as it is now, and
// whether that still matches.
func (l *listing) selected(v *view) (g store.Group, matches bool) {
	sel := l.query.Select
	if !sel.Members {
		return v.head.selected(sel.Extensions), true
	}
	if l.withMembers {
		return v.selected(sel), true
	}
	g, now := v.group.read(sel)
	if now == nil || now == v.head || l.query.Filter == nil {
		return g, now != nil
	}
	l.subject = view{head: now}
	return g, l.query.Filter.Match(l)
}

// sort returns the page of the given groups, which may come in any order.
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

// cut returns the page of an index in the order of the list. It examines no more groups
// than necessary, and keeps only those of the page.
func (l *listing) cut(c cursor) ([]view, store.Page, error) {
	q := l.query
	page := store.Page{Total: -1}
	count := q.Filter != nil && !q.SkipTotal // examine all groups for the total
	switch {
	case q.Filter == nil:
		page.Total = c.index.len()
	case count:
		page.Total = 0
	}
	if q.Limit == 0 && !count {
		return nil, page, nil
	}

	// ahead runs from the start of the page forward, behind runs back from there.
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

// each calls yield with every group that the filter matches, and with its rank in the
// index: the group may have a new name by the time it is examined.
func (l *listing) each(entries iter.Seq[entry], yield func(view, adapter.Rank) bool) (err error) {
	entries(func(e entry) bool {
		var v view
		var matches bool
		v, matches, err = l.look(e.group)
		return err == nil && (!matches || yield(v, e.rank()))
	})
	return err
}
