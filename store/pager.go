package store

import "slices"

// Pager cuts the page that a [Query] asks for out of all the groups that it
// selects, which are added in any order. It holds at most about twice as many of
// them as lie between the start of the list, or the place that q.From names, and
// the end of the page. T is what stands for a group until the page is known.
type Pager[T any] struct {
	query   Query
	place   Place
	keep    int // how many may be on the page or, by Offset, before it
	kept    []ranked[T]
	total   int
	outside int // groups on the other side of the place
}

type ranked[T any] struct {
	Rank
	value T
}

// NewPager starts a page. The error is that of [Query.Place].
func NewPager[T any](q Query) (*Pager[T], error) {
	q.Limit, q.Offset = max(q.Limit, 0), max(q.Offset, 0)
	p := &Pager[T]{query: q, keep: q.Limit}
	if q.From != "" {
		place, err := q.Place()
		if err != nil {
			return nil, err
		}
		p.place = place
	} else if q.Limit > 0 {
		p.keep = q.Offset + q.Limit
		if p.keep < 0 { // overflow: there is no end
			p.keep = int(^uint(0) >> 1)
		}
	}
	return p, nil
}

// Add adds a group.
func (p *Pager[T]) Add(r Rank, value T) {
	p.total++
	if p.query.From != "" && p.place.Precedes(p.query, r) != p.place.Backward {
		p.outside++
		return
	}
	if p.keep == 0 {
		return
	}
	p.kept = append(p.kept, ranked[T]{r, value})
	if len(p.kept)/2 >= max(p.keep, 64) {
		p.prune()
	}
}

// prune puts what is kept in order, the nearest to the place first, and drops
// what is behind the end of the page.
func (p *Pager[T]) prune() {
	reverse := p.query.Descending != p.place.Backward
	slices.SortFunc(p.kept, func(a, b ranked[T]) int {
		if reverse {
			a, b = b, a
		}
		return a.Compare(b.Rank)
	})
	if len(p.kept) > p.keep {
		clear(p.kept[p.keep:])
		p.kept = p.kept[:p.keep]
	}
}

// Page answers what is on the page, in order, and a Page with all but Groups set.
func (p *Pager[T]) Page() ([]T, Page) {
	p.prune()
	page := Page{Total: p.total}
	if p.query.Limit == 0 {
		return nil, page
	}
	on, before := p.kept, 0
	if p.query.From == "" {
		before = min(p.query.Offset, p.total)
		on = on[min(p.query.Offset, len(on)):]
	} else if p.place.Backward {
		slices.Reverse(on)
		before = p.total - p.outside - len(on)
	} else {
		before = p.outside
	}
	items := make([]T, len(on))
	for i := range on {
		items[i] = on[i].value
	}

	var first, last *Rank
	if len(on) > 0 {
		first, last = &on[0].Rank, &on[len(on)-1].Rank
	}
	page.Previous, page.Next = p.query.Positions(first, last, before > 0, before+len(on) < p.total)
	return items, page
}

// Positions answers Previous and Next of a page whose first and last group have
// these ranks, both nil if it has no groups; before and after say whether there
// are groups on that side of it.
func (q Query) Positions(first, last *Rank, before, after bool) (previous, next Position) {
	start, end := Place{After: true}, Place{After: true} // the end of the list
	if first != nil {
		start, end = Place{Rank: *first}, Place{Rank: *last, After: true}
	} else if q.From != "" {
		place, err := q.Place()
		if err != nil {
			return "", ""
		}
		start, end = place, place
	}
	if before {
		start.Backward = true
		previous = start.Position(q)
	}
	if after {
		end.Backward = false
		next = end.Position(q)
	}
	return previous, next
}
