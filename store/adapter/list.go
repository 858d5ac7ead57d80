package adapter

import (
	"iter"

	"github.com/scimgroups/scimgroups/store"
)

// List performs [store.GroupStore].List for a store that can iterate over all of its
// groups. It filters, counts, sorts and selects the page. A group of the sequence must
// have its members if [NeedsMembers], and its extensions if [NeedsExtensions]. The groups
// of the page have the parts that q.Select selects, and share no memory with the
// sequence. List returns the first error of the sequence, and does not continue after it.
//
// List holds no more groups at a time than a [Pager], and their members only if they are
// selected.
func List(groups iter.Seq2[store.Group, error], q store.Query) (store.Page, error) {
	pager, err := NewPager[store.Group](q)
	if err != nil {
		return store.Page{}, err
	}
	for g, err := range groups {
		if err != nil {
			return store.Page{}, err
		}
		if q.Filter != nil && !q.Filter.Match(&g) {
			continue
		}
		rank := RankOf(q, &g)
		if !q.Select.Members {
			g.Members = nil
		}
		if !q.Select.Extensions {
			g.Extensions = nil
		}
		pager.Add(rank, g)
	}
	found, page := pager.Page()
	page.Groups = found
	for i := range found {
		found[i] = found[i].Clone()
	}
	return page, nil
}
