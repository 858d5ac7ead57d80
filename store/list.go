package store

import "iter"

// ListGroups answers [GroupStore.List] for an adapter that can go through all of
// its groups: it filters, counts, sorts and cuts. A group of the sequence has to
// carry its members if q.NeedsMembers() and its extensions if
// q.NeedsExtensions(); the page has what q.Select asks for, and nothing that
// shares memory with the sequence. An error of the sequence ends it and is
// answered.
//
// It holds no more groups than [Pager] does, and their members only if they were
// asked for.
func ListGroups(groups iter.Seq2[Group, error], q Query) (Page, error) {
	pager, err := NewPager[Group](q)
	if err != nil {
		return Page{}, err
	}
	for g, err := range groups {
		if err != nil {
			return Page{}, err
		}
		if q.Filter != nil && !q.Filter.Match(&g) {
			continue
		}
		rank := q.Rank(&g)
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
