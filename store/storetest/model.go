package storetest

import (
	"fmt"
	"slices"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// model applies edits to members in the simplest way, so that it can be checked by
// reading. It returns the members afterwards, or the error of the contract.
func model(members []store.Member, edits store.MemberEdits) (after []store.Member, err error) {
	after = slices.Clone(members)
	for _, e := range edits {
		at := map[string]int{} // where a member is in after
		for i, m := range after {
			at[m.Value] = i
		}
		named := map[string]bool{} // by the edit
		switch e.Op {
		case store.AddMembers:
			for _, m := range e.Members {
				if i, present := at[m.Value]; !present {
					at[m.Value] = len(after)
					after = append(after, m)
				} else if e.Merge && !named[m.Value] {
					after[i].Merge(m)
				}
				named[m.Value] = true
			}
		case store.RemoveMembers:
			for _, value := range e.Values {
				named[value] = true
			}
			after = slices.DeleteFunc(after, func(m store.Member) bool { return named[m.Value] })
		case store.ClearMembers:
			if e.Max != 0 && len(after) > e.Max {
				return nil, store.ErrClearRefused
			}
			after = nil
		case store.ReplaceMembers:
			var only []store.Member
			for _, m := range e.Members {
				if named[m.Value] {
					continue
				}
				named[m.Value] = true
				if i, present := at[m.Value]; present {
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

// difference returns the change from one list of members to another.
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

// showEdits returns edits as text.
func showEdits(edits store.MemberEdits) (out string) {
	for _, e := range edits {
		where := e.Where
		if where == nil {
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
