package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

var words = []string{
	"dev",
	"Dev Team",
	"DEVOPS",
	"Ärzte",
	"a%b_c",
	"ops",
	"Z",
	"émigré",
	"Sales EMEA",
	"é",
	"Straße",
	"x'y\"z\\",
}

// populate creates n groups with random attributes and returns them as stored.
func (k *kit) populate(r *rand.Rand, n int) []store.Group {
	word := func() string { return words[r.IntN(len(words))] }
	out := make([]store.Group, n)
	for i := range out {
		g := store.Group{DisplayName: fmt.Sprintf("%s %d", word(), i)}
		if r.IntN(3) > 0 {
			g.ExternalID = fmt.Sprintf("%s-%d", word(), r.IntN(5))
		}
		for range r.IntN(4) {
			m := store.Member{Value: k.value(r.IntN(12)), Type: []string{"", "User", "Group"}[r.IntN(3)]}
			if r.IntN(2) == 0 {
				m.Display = word()
			}
			g.Members = append(g.Members, m)
		}
		attributes := map[string]any{}
		for name, value := range map[string]func() any{
			"domain": func() any { return word() },
			"label":  func() any { return word() },
			"rank":   func() any { return json.Number(fmt.Sprint(r.IntN(7) - 3)) },
			"ratio": func() any {
				return json.Number([]string{"0.5", "-2.25", "1e3", "1000", "10", "9", "-0.0", "123456789012345678901"}[r.IntN(8)])
			},
			"active": func() any { return r.IntN(2) == 0 },
			"since": func() any {
				return []string{"2024-01-02T03:04:05Z", "2024-01-02T05:04:05+02:00",
					"2023-12-31T23:59:59.5Z", "2024-01-02T03:04:05.000001Z"}[r.IntN(4)]
			},
			"tags": func() any { return []any{word(), word()} },
			"contacts": func() any {
				return []any{map[string]any{"value": word(), "type": "work"},
					map[string]any{"value": word(), "type": "home", "primary": true}}
			},
		} {
			if r.IntN(3) > 0 {
				attributes[name] = value()
			}
		}
		if len(attributes) > 0 {
			g.Extensions = store.Extensions{extension: attributes}
		}
		out[i] = k.get(k.create(g).ID)
	}
	return out
}

// randomFilter returns the text of a filter that is likely to match some of the
// groups.
func (k *kit) randomFilter(r *rand.Rand, groups []store.Group, depth int) string {
	if depth > 0 && r.IntN(5) > 1 {
		a, b := k.randomFilter(r, groups, depth-1), k.randomFilter(r, groups, depth-1)
		switch r.IntN(5) {
		case 0, 1:
			return "(" + a + ") and (" + b + ")"
		case 2, 3:
			return "(" + a + ") or (" + b + ")"
		}
		return "not (" + a + ")"
	}
	g := groups[r.IntN(len(groups))]
	word := words[r.IntN(len(words))]
	if runes := []rune(word); r.IntN(2) == 0 {
		word = string(runes[:1+r.IntN(len(runes))])
	}
	if r.IntN(3) == 0 {
		word = strings.ToUpper(word)
	}
	pick := func(options ...string) string { return options[r.IntN(len(options))] }
	op := pick("eq", "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le")
	order := pick("eq", "ne", "gt", "ge", "lt", "le")
	urn := extension + ":"
	instant := pick(g.Created.Format(time.RFC3339Nano), g.LastModified.Format(time.RFC3339Nano), "2024-01-02T03:04:05Z")
	return pick(
		"id "+pick("eq", "ne", "sw", "gt")+" "+quote(g.ID),
		"displayName eq "+quote(pick(g.DisplayName, strings.ToLower(g.DisplayName), word)),
		"displayName "+op+" "+quote(word),
		"externalId "+op+" "+quote(pick(g.ExternalID, word)),
		"externalId eq "+quote(g.ExternalID),
		pick(
			"externalId",
			"members",
			"members.display",
			urn+"tags",
			urn+"domain",
			urn+"contacts",
			urn+"active",
			"displayName",
		)+pick(
			" pr",
			" eq null",
			" ne null",
		),
		"members.value "+pick("eq", "eq", "eq", "ne", "sw")+" "+quote(k.value(r.IntN(12))),
		"members eq "+quote(k.value(r.IntN(12))),
		"members[value eq "+quote(k.value(r.IntN(12)))+` and type eq "`+pick("User", "GROUP")+`"]`,
		"members[type eq \"User\" and display "+op+" "+quote(word)+"]",
		"members.display "+op+" "+quote(word),
		"members.type eq "+quote(pick("User", "group")),
		"meta.created "+order+" "+quote(instant),
		"meta.lastModified "+order+" "+quote(instant),
		"meta.resourceType eq \"Group\"",
		"meta.version eq "+quote(g.Version.String()),
		"schemas eq "+quote(pick(store.GroupSchema, extension, "urn:other")),
		urn+"domain "+op+" "+quote(word),
		urn+"label "+op+" "+quote(word),
		urn+"rank "+order+" "+pick("-3", "0", "2", "1.5", "1e0"),
		urn+"ratio "+order+" "+pick("0.5", "1000", "-2.25", "0", "123456789012345678901.0"),
		urn+"active eq "+pick("true", "false"),
		urn+"since "+order+" \"2024-01-02T03:04:05Z\"",
		urn+"tags "+op+" "+quote(word),
		urn+"tags[value "+op+" "+quote(word)+"]",
		urn+"contacts[type eq \"work\" and value "+op+" "+quote(word)+"]",
		urn+"contacts.value "+op+" "+quote(word),
	)
}

// sortable are the attributes that the tests sort by.
var sortable = []string{"id", "displayName", "externalId", "meta.created", "meta.lastModified", "meta.resourceType",
	":domain", ":label", ":rank", ":ratio", ":active", ":since", ":tags", ":contacts.value"}

// inOrder ends the test unless groups are in the order of q. Groups with the same
// value may be in any order.
func (k *kit) inOrder(groups []store.Group, q store.Query) {
	k.Helper()
	for i := 1; i < len(groups); i++ {
		a, b := groups[i-1], groups[i]
		var c int
		if q.SortBy == nil {
			c = a.Created.Compare(b.Created)
		} else {
			c = adapter.CompareKeys(adapter.SortKey(&a, q.SortBy), adapter.SortKey(&b, q.SortBy))
		}
		if q.Descending {
			c = -c
		}
		if c > 0 {
			k.Fatalf("%s: group %d is\n%s\nafter\n%s", describe(q), i, show(b), show(a))
		}
	}
}

var listing = []sentence{
	{"List returns an empty page for an empty store", func(k *kit) {
		p := k.list(store.Query{Limit: 10})
		if len(p.Groups) != 0 || p.Total != 0 || p.Next != "" || p.Previous != "" {
			k.Errorf("the page is %+v", p)
		}
	}},
	{"List without a filter returns every group as Get does", func(k *kit) {
		groups := k.populate(rand.New(rand.NewPCG(5, 6)), 12)
		k.sameSet(k.all(""), groups, "no filter")
	}},
	{"List returns the parts that the selection selects", func(k *kit) {
		want := k.populate(rand.New(rand.NewPCG(7, 8)), 10)
		for _, sel := range []store.Selection{{}, {Members: true}, {Extensions: true}, everything} {
			for _, f := range []string{"", `members pr or displayName pr`, extension + `:active pr or displayName pr`} {
				q := store.Query{Limit: 100, Select: sel}
				if f != "" {
					q.Filter = parse(k.T, f)
				}
				got := k.list(q).Groups
				for i := range got {
					j := slices.IndexFunc(want, func(g store.Group) bool { return g.ID == got[i].ID })
					// A store may return more than was selected, but then it must be right.
					if !sel.Members && len(got[i].Members) == 0 {
						got[i].Members = want[j].Members
					}
					if !sel.Extensions && len(got[i].Extensions) == 0 {
						got[i].Extensions = want[j].Extensions
					}
				}
				k.sameSet(got, want, fmt.Sprintf("%+v %s", sel, f))
			}
		}
	}},
	{"List selects the groups that Filter.Match matches", func(k *kit) {
		r := rand.New(rand.NewPCG(9, 10))
		groups := k.populate(r, 40)
		for range 400 {
			text := k.randomFilter(r, groups, 3)
			f := parse(k.T, text)
			var want []store.Group
			for i := range groups {
				if f.Match(&groups[i]) {
					want = append(want, groups[i])
				}
			}
			q := store.Query{Filter: f, Limit: 1000, Select: everything}
			if r.IntN(2) == 0 {
				q.SortBy, q.Descending = attribute(k.T, sortable[r.IntN(len(sortable))]), r.IntN(2) == 0
			}
			p := k.list(q)
			k.sameSet(p.Groups, want, text)
			k.inOrder(p.Groups, q)
			if p.Total != len(want) || p.Next != "" || p.Previous != "" {
				k.Fatalf("%s: total %d, want %d, next %q, previous %q",
					describe(q), p.Total, len(want), p.Next, p.Previous)
			}
			q.Select, q.SkipTotal = store.Selection{}, true
			p = k.list(q)
			if got := ids(p.Groups); len(got) != len(want) || p.Total != -1 && p.Total != len(want) {
				k.Fatalf("%s without a selection and total: %d groups, want %d, total %d",
					describe(q), len(got), len(want), p.Total)
			}
		}
	}},
	{"List agrees with Filter.Match after groups have changed", func(k *kit) {
		r := rand.New(rand.NewPCG(11, 12))
		groups := k.populate(r, 16)
		for step := range 60 {
			i := r.IntN(len(groups))
			switch r.IntN(6) {
			case 0:
				k.delete(groups[i].ID)
				groups[i] = k.create(store.Group{
					DisplayName: fmt.Sprintf("new %d", step),
					ExternalID:  "new",
					Members:     k.people(r.IntN(12)),
				})
			case 1:
				k.update(groups[i].ID, rename(fmt.Sprintf("%s then %d", words[r.IntN(len(words))], step)))
			case 2:
				k.update(groups[i].ID, store.Update{Head: func(head *store.Group) error {
					head.ExternalID, head.Extensions = words[r.IntN(len(words))], groups[r.IntN(len(groups))].Extensions.Clone()
					return nil
				}})
			default:
				k.edit(groups[i].ID,
					store.MemberEdit{Op: store.RemoveMembers, Values: k.values(r.IntN(12), r.IntN(12))},
					store.MemberEdit{Op: store.AddMembers, Members: k.people(r.IntN(12), r.IntN(12))})
			}
			groups[i] = k.get(groups[i].ID)
			for range 4 {
				text := k.randomFilter(r, groups, 2)
				f := parse(k.T, text)
				var want []store.Group
				for i := range groups {
					if f.Match(&groups[i]) {
						want = append(want, groups[i])
					}
				}
				k.sameSet(k.all(text), want, text)
			}
		}
	}},
	{"List orders groups by creation, ascending or descending", func(k *kit) {
		groups := k.populate(rand.New(rand.NewPCG(13, 14)), 15)
		for _, descending := range []bool{false, true} {
			q := store.Query{Limit: 100, Descending: descending}
			p := k.list(q)
			k.inOrder(p.Groups, q)
			if len(p.Groups) != len(groups) {
				k.Errorf("%d groups", len(p.Groups))
			}
		}
	}},
	{"List orders groups by an attribute, with groups without a value last, or first if descending", func(k *kit) {
		groups := k.populate(rand.New(rand.NewPCG(15, 16)), 30)
		for _, name := range sortable {
			for _, descending := range []bool{false, true} {
				q := store.Query{Limit: 100, SortBy: attribute(k.T, name), Descending: descending}
				p := k.list(q)
				for i := range p.Groups { // the order may depend on parts that were not selected
					p.Groups[i] = k.get(p.Groups[i].ID)
				}
				k.inOrder(p.Groups, q)
				if len(p.Groups) != len(groups) || p.Total != len(groups) {
					k.Errorf("%s: %d groups, total %d", describe(q), len(p.Groups), p.Total)
				}
			}
		}
	}},
	{"List orders numbers and dateTimes by value, however they are written", func(k *kit) {
		for _, c := range []struct {
			attribute string
			ascending []any
		}{
			{"rank", numbers("-10", "-9", "-1", "0", "9", "10", "9007199254740992", "9007199254740993")},
			{"ratio", numbers("-1e30", "-12.5", "-1225e-2", "-0.1", "-0.0", "1e-3", "0.010", "9.99", "1E+1",
				"10.5", "1.5e2", "123456789012345678901", "123456789012345678902.0", "1e30")},
			{"since", []any{
				"0000-01-01T00:00:00+01:00", "0001-01-01T00:00:00Z", "2026-01-31T12:00:00+05:30",
				"2026-01-31t12:00:00z", "2026-01-31T12:00:00.5",
				"2026-01-31T12:00:00.500000001Z", "2026-01-31T12:00:00.000-01:00",
				"2026-01-31T23:59:59.999999999Z", "2026-01-31T23:59:60Z",
				"2026-02-01T00:00:00.25z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00",
			}},
		} {
			n := len(c.ascending)
			for i := range c.ascending { // created in a different order
				j := (i*5 + 3) % n
				k.create(store.Group{
					DisplayName: fmt.Sprintf("%s %02d", c.attribute, j),
					Extensions:  store.Extensions{extension: {c.attribute: c.ascending[j]}},
				})
			}
			q := store.Query{
				Limit:  100,
				SortBy: attribute(k.T, ":"+c.attribute),
				Filter: parse(k.T, "displayName sw "+quote(c.attribute)),
			}
			var got, want []string
			for i, g := range k.list(q).Groups {
				got, want = append(got, g.DisplayName), append(want, fmt.Sprintf("%s %02d", c.attribute, i))
			}
			if len(got) != n || !slices.Equal(got, want) {
				k.Errorf("%s: the order of the groups with the values\n%v\nis %q", describe(q), c.ascending, got)
			}
		}
	}},
	{"List returns every group that stays exactly once while others come and go", func(k *kit) {
		var stay []string
		for i := range 20 {
			stay = append(stay, k.create(store.Group{DisplayName: fmt.Sprintf("stay %d", i), Members: k.people(1)}).ID)
		}
		for w := range 2 {
			defer k.meanwhile(func(turn int) error {
				name := fmt.Sprintf("go %d %d", w, turn)
				c, err := k.s.Create(k.ctx, store.Group{DisplayName: name, Members: k.people(1)})
				if err == nil {
					_, err = k.s.Update(k.ctx, c.Group.ID, rename(fmt.Sprintf("gone %d %d", w, turn)))
				}
				if err == nil {
					_, err = k.s.Delete(k.ctx, c.Group.ID, nil)
				}
				return err
			})()
		}
		for range 15 {
			for _, q := range []store.Query{
				{},
				{SortBy: attribute(k.T, "displayName")},
				{Filter: parse(k.T, "members.value eq "+quote(k.value(1)))},
				{Filter: parse(k.T, `displayName co "a"`)},
			} {
				q.Limit = 1000
				p, err := k.s.List(k.ctx, q)
				if err != nil {
					k.Errorf("List: %v", err)
				}
				seen := map[string]int{}
				for _, g := range p.Groups {
					seen[g.ID]++
					if seen[g.ID] > 1 {
						k.Errorf("%s: duplicate group %q", describe(q), g.DisplayName)
					}
				}
				for _, id := range stay {
					if seen[id] != 1 {
						k.Errorf("%s: group %q occurs %d times", describe(q), id, seen[id])
					}
				}
			}
		}
	}},
}

// numbers returns numbers as encoding/json decodes them with UseNumber.
func numbers(texts ...string) (out []any) {
	for _, text := range texts {
		out = append(out, json.Number(text))
	}
	return out
}

// sameSet ends the test unless got and want have the same groups, in any order.
func (k *kit) sameSet(got, want []store.Group, what string) {
	k.Helper()
	lines := func(groups []store.Group) []string {
		out := make([]string, len(groups))
		for i := range groups {
			out[i] = show(groups[i])
		}
		slices.Sort(out)
		return out
	}
	g, w := lines(got), lines(want)
	for _, line := range g {
		if _, ok := slices.BinarySearch(w, line); !ok {
			k.Fatalf("%s: unexpected group\n%s", what, line)
		}
	}
	for _, line := range w {
		if _, ok := slices.BinarySearch(g, line); !ok {
			k.Fatalf("%s: missing group\n%s", what, line)
		}
	}
	if len(g) != len(w) {
		k.Fatalf("%s: %d groups, want %d", what, len(g), len(w))
	}
}

var paging = []sentence{
	{"List by Offset returns pages of the whole list, and Total counts all of it", func(k *kit) {
		r := rand.New(rand.NewPCG(17, 18))
		k.populate(r, 23)
		for _, q := range k.orders() {
			whole := ids(k.list(with(q, 0, 1000)).Groups)
			for _, limit := range []int{1, 5, 23, 40} {
				for _, offset := range []int{0, 1, 7, len(whole) - 1, len(whole), len(whole) + 3} {
					if offset < 0 {
						continue
					}
					p := k.list(with(q, offset, limit))
					want := whole[min(offset, len(whole)):min(offset+limit, len(whole))]
					if !slices.Equal(ids(p.Groups), want) || p.Total != len(whole) {
						k.Fatalf("%s: %q of total %d, want %q of %d",
							describe(with(q, offset, limit)), ids(p.Groups), p.Total, want, len(whole))
					}
					if (p.Next != "") != (offset+limit < len(whole)) && offset < len(whole) {
						k.Fatalf("%s: Next is %q", describe(with(q, offset, limit)), p.Next)
					}
					if (p.Previous != "") != (offset > 0) && offset < len(whole) {
						k.Fatalf("%s: Previous is %q", describe(with(q, offset, limit)), p.Previous)
					}
				}
			}
		}
	}},
	{"List with a Limit of 0 returns only the total", func(k *kit) {
		k.populate(rand.New(rand.NewPCG(19, 20)), 7)
		for _, f := range []string{"", `displayName pr`, `displayName eq "none"`} {
			q := store.Query{}
			want := 7
			if f != "" {
				q.Filter = parse(k.T, f)
			}
			if strings.Contains(f, "none") {
				want = 0
			}
			if p := k.list(q); len(p.Groups) != 0 || p.Total != want {
				k.Errorf("%s: %d groups, total %d", describe(q), len(p.Groups), p.Total)
			}
		}
	}},
	{"List returns the whole list by Next from the first page, and by Previous from the last", func(k *kit) {
		k.populate(rand.New(rand.NewPCG(21, 22)), 23)
		for _, q := range k.orders() {
			for _, skipTotal := range []bool{false, true} {
				q.SkipTotal = skipTotal
				whole := ids(k.list(with(q, 0, 1000)).Groups)
				for _, limit := range []int{1, 4, 23} {
					q.Limit = limit
					forward := k.follow(q, func(p store.Page) store.Position { return p.Next }, len(whole))
					if !slices.Equal(slices.Concat(forward...), whole) {
						k.Fatalf("%s: forward\n%q\nwant\n%q", describe(q), forward, whole)
					}
					last := with(q, max(len(whole)-limit, 0), limit)
					backward := k.follow(last, func(p store.Page) store.Position { return p.Previous }, len(whole))
					slices.Reverse(backward)
					if !slices.Equal(slices.Concat(backward...), whole) {
						k.Fatalf("%s: backward\n%q\nwant\n%q", describe(last), backward, whole)
					}
				}
			}
		}
	}},
	{"List returns the same page after Next and Previous", func(k *kit) {
		k.populate(rand.New(rand.NewPCG(23, 24)), 9)
		for _, q := range k.orders() {
			q.Limit = 3
			first := k.list(q)
			if first.Next == "" {
				continue
			}
			q.From = first.Next
			second := k.list(q)
			if second.Previous == "" {
				k.Fatalf("%s: the second page has no Previous", describe(q))
			}
			q.From = second.Previous
			if back := k.list(q); !slices.Equal(ids(back.Groups), ids(first.Groups)) || back.Previous != "" {
				k.Errorf("%s: %q, and after Next and Previous %q, previous %q",
					describe(q), ids(first.Groups), ids(back.Groups), back.Previous)
			}
		}
	}},
	{
		"List skips and repeats no group when others are created, deleted or changed between pages",
		func(k *kit) {
			for _, name := range []string{"", "displayName", ":label", ":rank"} {
				for _, descending := range []bool{false, true} {
					for _, backward := range []bool{false, true} {
						k.disturbed(name, descending, backward)
					}
				}
			}
		},
	},
	{"List returns an empty page with a Previous when all groups of the page are gone", func(k *kit) {
		for i := range 6 {
			k.create(store.Group{DisplayName: fmt.Sprintf("group %d", i)})
		}
		q := store.Query{Limit: 2, SortBy: attribute(k.T, "displayName")}
		first := k.list(q)
		for i := 2; i < 6; i++ {
			k.delete(k.all(fmt.Sprintf(`displayName eq "group %d"`, i))[0].ID)
		}
		q.From = first.Next
		gone := k.list(q)
		if len(gone.Groups) != 0 || gone.Next != "" || gone.Total != 2 {
			k.Fatalf("the page is %+v", gone)
		}
		if gone.Previous == "" {
			k.Fatalf("the page has no Previous")
		}
		q.From = gone.Previous
		if back := k.list(q); !slices.Equal(ids(back.Groups), ids(first.Groups)) {
			k.Errorf("Previous leads to %q", ids(back.Groups))
		}
	}},
	{"List returns ErrBadPosition for a Position that the store did not make", func(k *kit) {
		k.populate(rand.New(rand.NewPCG(25, 26)), 5)
		next := k.list(store.Query{Limit: 2}).Next
		for _, from := range []store.Position{
			"x", "AAAA", "!", "\x00", "1", next[:len(next)/2], next + "AAAA",
			store.Position(strings.Repeat("A", 5000)),
		} {
			_, err := k.s.List(k.ctx, store.Query{Limit: 2, From: from})
			if !errors.Is(err, store.ErrBadPosition) {
				k.Errorf("from %q the error is %v", from, err)
			}
		}
	}},
}

// orders returns queries in different orders, with and without a filter.
func (k *kit) orders() (out []store.Query) {
	for _, f := range []string{"", `displayName co "e" or externalId pr`, `members.value eq ` +
		quote(k.value(1)) + ` or members.value eq ` + quote(k.value(2))} {
		for _, name := range []string{"", "id", "displayName", "externalId", ":rank", ":since", ":contacts.value"} {
			for _, descending := range []bool{false, true} {
				q := store.Query{Descending: descending}
				if f != "" {
					q.Filter = parse(k.T, f)
				}
				if name != "" {
					q.SortBy = attribute(k.T, name)
				}
				out = append(out, q)
			}
		}
	}
	return out
}

func with(q store.Query, offset, limit int) store.Query {
	q.Offset, q.Limit = offset, limit
	return q
}

// follow reads pages from q on, each at the Position that step returns for the last,
// and returns the ids on each page.
func (k *kit) follow(q store.Query, step func(store.Page) store.Position, total int) (pages [][]string) {
	k.Helper()
	for {
		p := k.list(q)
		if p.Total != total && (p.Total != -1 || !q.SkipTotal) {
			k.Fatalf("%s: total %d, want %d", describe(q), p.Total, total)
		}
		pages = append(pages, ids(p.Groups))
		if step(p) == "" {
			return pages
		}
		if len(pages) > total+2 {
			k.Fatalf("%s: too many pages", describe(q))
		}
		q.From, q.Offset = step(p), 0
	}
}

// disturbed reads a list page by page, and changes groups between pages.
func (k *kit) disturbed(sortBy string, descending, backward bool) {
	k.Helper()
	prefix := fmt.Sprintf("%s %t %t ", sortBy, descending, backward)
	make := func(kind string, i, rank int) store.Group {
		return store.Group{
			DisplayName: fmt.Sprintf("%s%03d %s", prefix, i, kind),
			Extensions: store.Extensions{extension: {
				"label": fmt.Sprintf("Label %03d", i/2), "rank": json.Number(fmt.Sprint(rank))}},
		}
	}
	stay := map[string]int{}
	var doomed []store.Group
	for i := range 24 {
		if i%3 == 2 {
			doomed = append(doomed, k.create(make("doomed", i*4, i%5)))
		} else {
			stay[k.create(make("stays", i*4, i%5)).ID] = 0
		}
	}
	q := store.Query{Limit: 3, Descending: descending, Filter: parse(k.T, "displayName sw "+quote(prefix))}
	if sortBy != "" {
		q.SortBy = attribute(k.T, sortBy)
	}
	step := func(p store.Page) store.Position { return p.Next }
	if backward {
		q.Offset = len(stay) + len(doomed) - 3
		step = func(p store.Page) store.Position { return p.Previous }
	}
	for round := 0; ; round++ {
		if round > 60 {
			k.Fatalf("%s: too many pages", describe(q))
		}
		p := k.list(q)
		for _, g := range p.Groups {
			if _, stays := stay[g.ID]; stays {
				stay[g.ID]++
			}
		}
		if step(p) == "" {
			break
		}
		q.From, q.Offset = step(p), 0
		if len(doomed) > 0 { // delete one, move one, and create one
			k.delete(doomed[0].ID)
			if doomed = doomed[1:]; len(doomed) > 0 {
				k.update(doomed[len(doomed)-1].ID, store.Update{Head: func(head *store.Group) error {
					moved := make("doomed", (round*37)%96, round%5)
					head.DisplayName, head.Extensions = moved.DisplayName+" moved "+fmt.Sprint(round), moved.Extensions
					return nil
				}})
			}
			k.create(make("comes", (round*53)%96, round%5))
		}
	}
	for id, times := range stay {
		if times != 1 {
			k.Errorf("%s: group %q was seen %d times", describe(q), k.get(id).DisplayName, times)
		}
	}
}
