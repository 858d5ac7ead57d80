package memory_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// countdown is a context that is done after a number of calls of Err.
type countdown struct {
	context.Context
	calls, left int
}

func (c *countdown) Err() error {
	if c.calls++; c.calls > c.left {
		return context.DeadlineExceeded
	}
	return nil
}

// List checks its context once for every 256 groups and members that it examines, and
// examines no more once the context is done.
func TestListChecksItsContextAsItWorks(t *testing.T) {
	const groups, members = 2_000, 5
	s := memory.New()
	for i := range groups {
		g := store.Group{DisplayName: fmt.Sprint("small ", i)}
		for n := range members {
			g.Members = append(g.Members, store.Member{Value: fmt.Sprint("member ", n)})
		}
		create(t, s, g)
	}
	const most = 50_000
	large := store.Group{DisplayName: "large"}
	for n := range most {
		large.Members = append(large.Members, store.Member{Value: fmt.Sprint("member ", n)})
	}
	create(t, s, large)

	table, err := filter.NewTable(filter.Definition{Core: store.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	const every = 256
	for _, c := range []struct {
		filter, sortBy string
		work           int // number of groups and members to examine
	}{
		{`displayName co "nobody"`, "", groups},
		{`displayName co "nobody"`, "meta.lastModified", groups},
		{`members[display co "nobody"]`, "", groups + groups*members + most},
		{`members[display co "nobody"]`, "meta.lastModified", groups + groups*members + most},
		{`displayName eq "large" and members.display co "nobody"`, "", most},
		{`displayName eq "large" and not (members.display co "nobody")`, "", most},
	} {
		t.Run(c.filter+" by "+c.sortBy, func(t *testing.T) {
			q := store.Query{Limit: 10, SortBy: table.Lookup(c.sortBy)}
			if q.Filter, err = table.Filter(c.filter, nil); err != nil {
				t.Fatal(err)
			}
			whole := &countdown{Context: t.Context(), left: most}
			if _, err := s.List(whole, q); err != nil || whole.calls < c.work/every {
				t.Fatalf("%d checks for %d groups and members, %v", whole.calls, c.work, err)
			}
			for _, left := range []int{0, 1, c.work / every / 2} {
				part := &countdown{Context: t.Context(), left: left}
				page, err := s.List(part, q)
				if !errors.Is(err, context.DeadlineExceeded) || len(page.Groups) != 0 {
					t.Errorf("%d groups, %v", len(page.Groups), err)
				}
				if part.calls != left+1 {
					t.Errorf("%d checks after the context is done", part.calls-left)
				}
			}
		})
	}
}
