package adapter_test

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

func sequence(groups []store.Group) iter.Seq2[store.Group, error] {
	return func(yield func(store.Group, error) bool) {
		for _, g := range groups {
			if !yield(g, nil) {
				return
			}
		}
	}
}

func someGroups(r *rand.Rand, n int) []store.Group {
	out := make([]store.Group, n)
	for i := range out {
		out[i] = store.Group{
			ID:          fmt.Sprintf("%03d", i),
			DisplayName: fmt.Sprintf("Group %d", r.IntN(n)),
			Created:     time.UnixMicro(int64(r.IntN(n/2 + 1))).UTC(),
		}
		if r.IntN(3) > 0 {
			out[i].ExternalID = fmt.Sprint(r.IntN(4))
		}
	}
	r.Shuffle(n, func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func TestListPagesLikeASortedSlice(t *testing.T) {
	table := newTable(t)
	r := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		groups := someGroups(r, r.IntN(300))
		q := store.Query{Descending: r.IntN(2) == 0, Limit: 1 + r.IntN(12), Offset: r.IntN(40)}
		if name := []string{"", "displayName", "externalId", "id"}[r.IntN(4)]; name != "" {
			q.SortBy = named(t, table, name)
		}
		want := slices.Clone(groups)
		slices.SortFunc(want, func(a, b store.Group) int {
			c := adapter.RankOf(q, &a).Compare(adapter.RankOf(q, &b))
			if q.Descending {
				return -c
			}
			return c
		})
		if r.IntN(2) == 0 {
			f, err := table.Filter(`externalId pr`, nil)
			if err != nil {
				t.Fatal(err)
			}
			q.Filter = f
			want = slices.DeleteFunc(want, func(g store.Group) bool { return g.ExternalID == "" })
		}
		start := min(q.Offset, len(want))
		for forward := true; ; {
			p, err := adapter.List(sequence(groups), q)
			if err != nil {
				t.Fatal(err)
			}
			end := min(start+q.Limit, len(want))
			sameID := func(a, b store.Group) bool { return a.ID == b.ID }
			if !slices.EqualFunc(p.Groups, want[start:end], sameID) || p.Total != len(want) {
				t.Fatalf("%+v: %d groups at %d of %d, total %d", q, len(p.Groups), start, len(want), p.Total)
			}
			if (p.Next != "") != (end < len(want)) || (p.Previous != "") != (start > 0) {
				t.Fatalf("%+v: %d to %d of %d, next %q, previous %q", q, start, end, len(want), p.Next, p.Previous)
			}
			if forward && p.Next == "" || r.IntN(20) == 0 {
				forward = false
			}
			q.Offset = 0
			if forward {
				start, q.From = end, p.Next
			} else if q.From = p.Previous; q.From == "" {
				break
			} else {
				before := start
				if start = max(start-q.Limit, 0); before-start < q.Limit {
					q.Limit = before - start
				}
			}
		}
	}
}

func TestListReturnsTheSelectedPartsAndSharesNoMemory(t *testing.T) {
	stored := []store.Group{{
		ID:          "1",
		DisplayName: "a",
		Members:     []store.Member{{Value: "m"}},
		Extensions:  store.Extensions{"urn:x": {"many": []any{"a"}}},
	}}
	for _, sel := range []store.Selection{{}, {Members: true}, {Extensions: true}, {Members: true, Extensions: true}} {
		p, err := adapter.List(sequence(stored), store.Query{Limit: 1, Select: sel})
		if err != nil || len(p.Groups) != 1 {
			t.Fatal(p, err)
		}
		g := p.Groups[0]
		if (len(g.Members) > 0) != sel.Members || (len(g.Extensions) > 0) != sel.Extensions {
			t.Errorf("%+v: %+v", sel, g)
		}
		if sel.Members {
			g.Members[0].Value = "changed"
		}
		if sel.Extensions {
			g.Extensions["urn:x"]["many"].([]any)[0] = "changed"
		}
	}
	if stored[0].Members[0].Value != "m" || stored[0].Extensions["urn:x"]["many"].([]any)[0] != "a" {
		t.Errorf("%+v", stored)
	}
}

func TestListReturnsTheErrorOfTheSequence(t *testing.T) {
	mine := errors.New("mine")
	_, err := adapter.List(func(yield func(store.Group, error) bool) {
		if yield(store.Group{ID: "1"}, nil) && yield(store.Group{}, mine) {
			t.Error("List continued after an error")
		}
	}, store.Query{Limit: 1})
	if !errors.Is(err, mine) {
		t.Error(err)
	}
	if _, err := adapter.List(sequence(nil), store.Query{From: "x"}); !errors.Is(err, store.ErrBadPosition) {
		t.Error(err)
	}
}

func TestListAcceptsAnyLimitAndOffset(t *testing.T) {
	groups := someGroups(rand.New(rand.NewPCG(1, 2)), 5)
	const most = int(^uint(0) >> 1)
	for _, c := range []struct{ offset, limit, want int }{
		{0, most, 5}, {2, most, 3}, {most, most, 0}, {most, 1, 0}, {-3, 2, 2}, {0, -1, 0}, {0, 0, 0},
	} {
		p, err := adapter.List(sequence(groups), store.Query{Offset: c.offset, Limit: c.limit})
		if err != nil || len(p.Groups) != c.want || p.Total != 5 {
			t.Errorf("%+v: %d groups, total %d, %v", c, len(p.Groups), p.Total, err)
		}
	}
}

func TestNeedsMembersAndNeedsExtensions(t *testing.T) {
	table := newTable(t)
	for name, c := range map[string]struct {
		filter, sortBy      string
		sel                 store.Selection
		members, extensions bool
	}{
		"nothing":                {"", "", store.Selection{}, false, false},
		"selected members":       {"", "", store.Selection{Members: true}, true, false},
		"selected extensions":    {"", "", store.Selection{Extensions: true}, false, true},
		"a filter over the core": {`displayName eq "a" and meta.created pr`, "", store.Selection{}, false, false},
		"a filter over members": {
			`id pr and not (externalId pr or members.value eq "x")`, "", store.Selection{}, true, false,
		},
		"a filter over one member":   {`members[type eq "User"]`, "", store.Selection{}, true, false},
		"a filter over an extension": {`urn:x:exact eq "a" or id eq "x"`, "", store.Selection{}, false, true},
		"a filter over an element":   {`urn:x:things[value eq "a"]`, "", store.Selection{}, false, true},
		"a filter over schemas":      {`schemas eq "urn:x"`, "", store.Selection{}, false, true},
		"the order of an extension":  {"", ":things.value", store.Selection{}, false, true},
		"the order of the core":      {"", "displayName", store.Selection{}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			q := store.Query{Select: c.sel}
			if c.filter != "" {
				f, err := table.Filter(c.filter, nil)
				if err != nil {
					t.Fatal(err)
				}
				q.Filter = f
			}
			if c.sortBy != "" {
				q.SortBy = named(t, table, c.sortBy)
			}
			if adapter.NeedsMembers(q) != c.members || adapter.NeedsExtensions(q) != c.extensions {
				t.Errorf("members %t, extensions %t", adapter.NeedsMembers(q), adapter.NeedsExtensions(q))
			}
		})
	}
}
