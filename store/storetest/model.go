package storetest

import (
	"fmt"
	"slices"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// model applies edits to members in the plainest way there is, one by one with a
// walk for each, so that it can be checked by reading. An error is that of the
// contract, and then after means nothing.
func model(members []store.Member, edits store.MemberEdits) (after []store.Member, err error) {
	after = slices.Clone(members)
	find := func(value string) int {
		return slices.IndexFunc(after, func(m store.Member) bool { return m.Value == value })
	}
	for _, e := range edits {
		switch e.Op {
		case store.AddMembers:
			for i, m := range e.Members {
				named := slices.ContainsFunc(e.Members[:i], func(o store.Member) bool { return o.Value == m.Value })
				if at := find(m.Value); at < 0 {
					after = append(after, m)
				} else if e.Merge && !named {
					after[at].Merge(m)
				}
			}
		case store.RemoveMembers:
			for _, value := range e.Values {
				if i := find(value); i >= 0 {
					after = slices.Delete(after, i, i+1)
				}
			}
		case store.ClearMembers:
			if e.Max != 0 && len(after) > e.Max {
				return nil, store.ErrClearRefused
			}
			after = nil
		case store.ReplaceMembers:
			var only []store.Member
			for _, m := range e.Members {
				if slices.ContainsFunc(only, func(o store.Member) bool { return o.Value == m.Value }) {
					continue
				}
				if i := find(m.Value); i >= 0 {
					old := after[i]
					old.Merge(m)
					m = old
				}
				only = append(only, m)
			}
			after = only
		case store.RemoveMatching, store.SetMatching:
			matched := false
			var kept []store.Member
			for _, m := range after {
				if e.Where == nil || e.Where.Match(&m) {
					matched = true
					if e.Op == store.RemoveMatching {
						continue
					}
					if _, err := e.Set.Apply(&m); err != nil {
						return nil, err
					}
				}
				kept = append(kept, m)
			}
			if !matched && e.MustMatch {
				return nil, store.ErrNoTarget
			}
			if e.Op == store.RemoveMatching && e.Max != 0 && len(after) > e.Max && len(kept) == 0 {
				return nil, store.ErrClearRefused
			}
			after = kept
		}
	}
	return after, nil
}

// difference is what lies between two lists of members.
func difference(before, after []store.Member) (c store.MemberChange) {
	was := map[string]store.Member{}
	for _, m := range before {
		was[m.Value] = m
	}
	is := map[string]bool{}
	for _, m := range after {
		is[m.Value] = true
		if old, ok := was[m.Value]; !ok {
			c.Added = append(c.Added, m)
		} else if old != m {
			c.Altered = append(c.Altered, m)
		}
	}
	for _, m := range before {
		if !is[m.Value] {
			c.Removed = append(c.Removed, m.Value)
		}
	}
	adapter.Count(&c, store.MaxChangeMembers)
	return c
}

func showChange(c store.MemberChange) string {
	return fmt.Sprintf(
		"added %d %s, removed %d %s, altered %d %s",
		c.NumAdded,
		showMembers(c.Added),
		c.NumRemoved,
		showValues(c.Removed),
		c.NumAltered,
		showMembers(c.Altered),
	)
}

// showEdits writes edits for a report.
func showEdits(edits store.MemberEdits) (out string) {
	for _, e := range edits {
		where := (*filter.Filter)(nil)
		if where = e.Where; where == nil {
			where = filter.New(filter.Constant(true))
		}
		out += fmt.Sprintf(
			"op %d members %q values %q where %s set %s mustMatch %t max %d merge %t\n",
			e.Op,
			e.Members,
			e.Values,
			where,
			showSet(e.Set),
			e.MustMatch,
			e.Max,
			e.Merge,
		)
	}
	return out
}

func showSet(s store.MemberSet) (out string) {
	for _, v := range []*string{s.Type, s.Ref, s.Display} {
		if v == nil {
			out += "- "
		} else {
			out += fmt.Sprintf("%q ", *v)
		}
	}
	return out
}
