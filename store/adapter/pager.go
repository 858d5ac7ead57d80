package adapter

import (
	"slices"

	"github.com/scimgroups/scimgroups/store"
)

// Pager selects the page of a [store.Query] from all groups that the query selects, which
// are added in any order. It holds at most about twice the number of groups between the
// start of the list, or the place of q.From, and the end of the page. T represents a group
// until the page is known.
type Pager[T any] struct {
	query   store.Query
	place   Place
	keep    int // number of groups on the page, and of those that Offset skips
	kept    []ranked[T]
	total   int
	outside int // number of groups on the other side of place
}

type ranked[T any] struct {
	Rank
	value T
}

// NewPager returns a Pager for the page of q. Errors are those of [PlaceOf].
func NewPager[T any](q store.Query) (*Pager[T], error) {
	q.Limit, q.Offset = max(q.Limit, 0), max(q.Offset, 0)
	p := &Pager[T]{query: q, keep: q.Limit}
	if q.From != "" {
		place, err := PlaceOf(q)
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

// Add adds a group with rank r.
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

// prune sorts the kept groups by their distance from the place, and drops those beyond
// the end of the page.
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

// Page returns the values of the groups on the page, in order, and the page without its
// Groups.
func (p *Pager[T]) Page() ([]T, store.Page) {
	p.prune()
	page := store.Page{Total: p.total}
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
	page.Previous, page.Next = Positions(p.query, first, last, before > 0, before+len(on) < p.total)
	return items, page
}

// Positions returns Previous and Next of a page of q. first and last are the ranks of its
// first and last group, or nil if it has no groups. before and after say whether there are
// groups before and after the page.
func Positions(q store.Query, first, last *Rank, before, after bool) (previous, next store.Position) {
	start, end := Place{After: true}, Place{After: true} // the end of the list
	if first != nil {
		start, end = Place{Rank: *first}, Place{Rank: *last, After: true}
	} else if q.From != "" {
		place, err := PlaceOf(q)
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
