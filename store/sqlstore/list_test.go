package sqlstore_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
	"github.com/scimgroups/scimgroups/store/sqlstore"
)

const extensionURN = "urn:example:2.0:Group:more"

func extension() filter.Extension {
	text := func(name string, exact, multi bool) schema.CoreAttribute {
		return schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: name, CaseExact: exact,
			MultiValued: multi}))
	}
	return filter.Extension{Schema: schema.Schema{ID: extensionURN, Name: optional.NewString("More"),
		Attributes: []schema.CoreAttribute{
			text("exact", true, false),
			text("loose", false, false),
			text("words", false, true),
			schema.SimpleCoreAttribute(schema.SimpleBooleanParams(schema.BooleanParams{Name: "flag"})),
			schema.SimpleCoreAttribute(schema.SimpleNumberParams(schema.NumberParams{Name: "weight",
				Type: schema.AttributeTypeDecimal()})),
			schema.SimpleCoreAttribute(schema.SimpleDateTimeParams(schema.DateTimeParams{Name: "expires"})),
			schema.ComplexCoreAttribute(schema.ComplexParams{Name: "sites", MultiValued: true,
				SubAttributes: []schema.SimpleParams{
					schema.SimpleStringParams(schema.StringParams{Name: "value"}),
					schema.SimpleBooleanParams(schema.BooleanParams{Name: "primary"}),
					schema.SimpleNumberParams(schema.NumberParams{Name: "floors", Type: schema.AttributeTypeInteger()}),
				}}),
		}}}
}

var words = []string{"a", "A", "ab", "AB", "b", "ſ", "s", "K", "\u212a", "ß", "SS", "é", "e\u0301", "%", "_", `\`,
	"'", `"`, "😀", "z", "Z", "10", "9"}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func randomGroup(r *rand.Rand, n int) store.Group {
	word := func() string { return pick(r, words) }
	g := store.Group{DisplayName: word() + fmt.Sprint(n)}
	if r.IntN(3) > 0 {
		g.ExternalID = word()
	}
	for range r.IntN(4) {
		m := store.Member{Value: word(), Type: pick(r, []string{"", "User", "Group", "ſ"})}
		if r.IntN(2) == 0 {
			m.Display = word()
		}
		g.Members = append(g.Members, m)
	}
	if r.IntN(3) > 0 {
		g.Extensions = store.Extensions{extensionURN: {
			"exact": word(), "loose": word(), "words": []any{word(), word()}, "flag": r.IntN(2) == 0,
			"weight":  json.Number(pick(r, []string{"1", "1.0", "-1", "0.1", "10", "9", "9007199254740993", "-0.5"})),
			"expires": pick(r, []string{"2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2025-01-01T00:00:00.5Z"}),
			"sites": []any{
				map[string]any{"value": word(), "floors": json.Number(fmt.Sprint(r.IntN(12)))},
				map[string]any{"value": word(), "primary": r.IntN(2) == 0},
			},
		}}
		for name := range g.Extensions[extensionURN] {
			if r.IntN(4) == 0 {
				delete(g.Extensions[extensionURN], name)
			}
		}
	}
	return g
}

// randomFilter returns the text of a random filter.
func randomFilter(r *rand.Rand, known []store.Group, depth int) string {
	if depth > 0 {
		switch r.IntN(4) {
		case 0:
			return "(" + randomFilter(r, known, depth-1) + " and " + randomFilter(r, known, depth-1) + ")"
		case 1:
			return "(" + randomFilter(r, known, depth-1) + " or " + randomFilter(r, known, depth-1) + ")"
		case 2:
			return "not (" + randomFilter(r, known, depth-1) + ")"
		}
	}
	quoted := func(s string) string {
		b, _ := json.Marshal(s)
		return string(b)
	}
	g := pick(r, known)
	textual := func() string {
		return pick(r, []string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"}) + " " + quoted(pick(r, words))
	}
	ordered := pick(r, []string{"eq", "ne", "gt", "ge", "lt", "le"})
	e := extensionURN + ":"
	return pick(r, []func() string{
		func() string { return pick(r, []string{"displayName ", "externalId ", "id "}) + textual() },
		func() string { return "displayName eq " + quoted(g.DisplayName) },
		func() string { return "id " + ordered + " " + quoted(g.ID) },
		func() string { return "externalId pr" },
		func() string { return pick(r, []string{"externalId", "members", "members.display"}) + " eq null" },
		func() string {
			return "members." + pick(r, []string{"value ", "type ", "display ", "$ref "}) + textual()
		},
		func() string { return "members pr" },
		func() string {
			return "members[" + pick(r, []string{"value ", "display "}) + textual() + " and not (type " + textual() + ")]"
		},
		func() string {
			return pick(r, []string{"meta.created ", "meta.lastModified "}) + ordered + " " +
				quoted(g.LastModified.Format(filter.TimeFormat))
		},
		func() string {
			text := g.Created.Format(filter.TimeFormat)
			from := r.IntN(len(text))
			return "meta.created " + pick(r, []string{"co", "sw", "ew"}) + " " + quoted(text[from:from+r.IntN(len(text)-from+1)])
		},
		func() string {
			return "meta.version " + pick(r, []string{"eq ", "ne ", "sw ", "gt "}) + quoted(g.Version.String())
		},
		func() string { return `meta.resourceType ` + pick(r, []string{"eq", "ne", "co"}) + ` "Group"` },
		func() string {
			return "schemas " + pick(r, []string{"eq ", "ne ", "co "}) + quoted(pick(r, []string{extensionURN,
				store.GroupSchema, "urn:x"}))
		},
		func() string { return e + pick(r, []string{"exact ", "loose ", "words ", "sites.value "}) + textual() },
		func() string {
			return e + "weight " + ordered + " " + pick(r, []string{"1", "0.1", "9007199254740992", "9007199254740993", "-1",
				"1e1"})
		},
		func() string { return e + "flag " + pick(r, []string{"eq", "ne"}) + " true" },
		func() string { return e + "expires " + ordered + ` "2026-01-01T00:00:00Z"` },
		func() string { return e + "expires sw " + pick(r, []string{`"2026"`, `"20"`}) },
		func() string { return e + "sites[floors gt " + fmt.Sprint(r.IntN(12)) + " or primary eq true]" },
		func() string { return e + pick(r, []string{"sites", "sites.primary", "exact", "words"}) + " pr" },
	})()
}

// TestListEqualsListInMemory compares List with adapter.List over all groups.
func TestListEqualsListInMemory(t *testing.T) {
	table := groupTable(t, extension())
	// "schemas" is the only one that the database does not sort by.
	sortBy := []*filter.Attribute{nil}
	for _, path := range []string{
		"displayName", "externalId", "id", "meta.created", "meta.lastModified", "meta.version", "meta.resourceType",
		"schemas",
		extensionURN + ":exact", extensionURN + ":loose", extensionURN + ":words", extensionURN + ":flag", extensionURN +
			":weight",
		extensionURN + ":expires", extensionURN + ":sites.value", extensionURN + ":sites.floors",
	} {
		a := table.Lookup(path)
		if a == nil {
			t.Fatalf("no attribute %s", path)
		}
		sortBy = append(sortBy, a)
	}
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		r := rand.New(rand.NewPCG(7, 8))
		clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		root := e.fixture(t).open(t, func(o *sqlstore.Options) {
			o.AllowDuplicateNames = true
			o.Clock = func() time.Time { return clock.Add(time.Duration(r.IntN(20)) * 250 * time.Millisecond) }
		})
		s := root.Tenant("one")
		all := map[string]store.Group{}
		for n := range 80 {
			g, err := s.Create(t.Context(), randomGroup(r, n%60))
			if err != nil {
				t.Fatal(err)
			}
			if n%3 == 0 {
				_, err := s.Update(t.Context(), g.Group.ID, store.Update{Members: store.MemberEdits{{Op: store.AddMembers,
					Members: []store.Member{{Value: pick(r, words)}, {Value: "new"}}}}})
				if err != nil {
					t.Fatal(err)
				}
			}
			if g.Group, err = s.Get(t.Context(), g.Group.ID, store.Selection{Members: true, Extensions: true}); err != nil {
				t.Fatal(err)
			}
			all[g.Group.ID] = g.Group
			// The same groups in another tenant must make no difference.
			g.Group.ID = ""
			if _, err := root.Tenant("two").Create(t.Context(), g.Group); err != nil {
				t.Fatal(err)
			}
		}
		var known []store.Group
		for _, g := range all {
			known = append(known, g)
		}
		compare := func(text string, q store.Query) store.Page {
			t.Helper()
			got, err := s.List(t.Context(), q)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			want, err := adapter.List(func(yield func(store.Group, error) bool) {
				for _, g := range all {
					if !yield(g.Clone(), nil) {
						return
					}
				}
			}, q)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if q.SkipTotal {
				got.Total, want.Total = 0, 0
			}
			ids := func(p store.Page) (out []string) {
				for _, g := range p.Groups {
					out = append(out, g.ID)
				}
				return out
			}
			if !reflect.DeepEqual(ids(got), ids(want)) || got.Total != want.Total ||
				(got.Next == "") != (want.Next == "") || (got.Previous == "") != (want.Previous == "") {
				t.Fatalf("%s, sorted by %v, descending %t, offset %d, limit %d, from %q:\ngot  %q of %d, previous %q, next "+
					"%q\nwant %q of %d, previous %q, next %q", text,
					q.SortBy, q.Descending, q.Offset, q.Limit, q.From, ids(got), got.Total, got.Previous, got.Next, ids(want),
					want.Total, want.Previous, want.Next)
			}
			for i := range got.Groups {
				if !reflect.DeepEqual(got.Groups[i], want.Groups[i]) {
					t.Fatalf("%s:\ngot  %+v\nwant %+v", text, got.Groups[i], want.Groups[i])
				}
			}
			return got
		}
		for range 600 {
			q := store.Query{SortBy: pick(r, sortBy), Descending: r.IntN(2) == 0, Limit: r.IntN(12), SkipTotal: r.IntN(4) == 0}
			q.Select = store.Selection{Members: r.IntN(2) == 0, Extensions: r.IntN(2) == 0}
			text := "everything"
			if r.IntN(5) > 0 {
				text = randomFilter(r, known, 2)
				q.Filter = compiled(t, table, text)
				if inGo, err := root.InGo(q); err != nil || inGo && (q.SortBy == nil || q.SortBy.Name != "schemas") {
					t.Errorf("%s, sorted by %v: decided in the database: false, %v", text, q.SortBy, err)
				}
			}
			if r.IntN(3) == 0 {
				q.Offset = r.IntN(30)
			}
			page := compare(text, q)
			q.Offset = 0
			for range 3 {
				if q.From = page.Next; q.From == "" || r.IntN(3) == 0 {
					q.From = page.Previous
				}
				if q.From == "" {
					break
				}
				// The positions are comparable only if the keys are the same.
				if got, err := s.List(t.Context(), q); err != nil {
					t.Fatalf("%s: %v", text, err)
				} else if page = got; samePlaces(q) {
					compare(text, q)
				}
			}
		}
	})
}

// samePlaces reports whether the keys of sqlstore are those of package adapter.
func samePlaces(q store.Query) bool {
	return q.SortBy == nil || !strings.HasPrefix(q.SortBy.String(), "meta.") && q.SortBy.Type != filter.Decimal &&
		q.SortBy.Type != filter.Integer
}

func TestListFiltersWhatTheDatabaseCannot(t *testing.T) {
	table := groupTable(t, extension())
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		s := e.fixture(t).open(t)
		for n := range 1200 {
			_, err := s.Create(t.Context(), store.Group{
				DisplayName: fmt.Sprintf("g%04d", n), Members: []store.Member{{Value: "m"}},
				Extensions: store.Extensions{extensionURN: {"weight": json.Number(fmt.Sprint(n))}},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		q := store.Query{Filter: compiled(t, table, extensionURN+`:weight ew "7" and displayName gt "g0100"`), Limit: 50,
			Select: store.Selection{Members: true}}
		if inGo, err := s.InGo(q); !inGo || err != nil {
			t.Fatalf("left to be decided: %t, %v", inGo, err)
		}
		seen := 0
		for {
			page, err := s.List(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if page.Total != 110 {
				t.Fatalf("the total is %d", page.Total)
			}
			for _, g := range page.Groups {
				if !strings.HasSuffix(g.DisplayName, "7") || len(g.Members) != 1 || g.Extensions != nil {
					t.Errorf("got %+v", g)
				}
				seen++
			}
			if q.From = page.Next; q.From == "" {
				break
			}
		}
		if seen != 110 {
			t.Errorf("saw %d groups", seen)
		}
	})
}

// TestPagesAtLargeOffsets reads pages by offset from either end of a list, and the pages
// around them.
func TestPagesAtLargeOffsets(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		f := e.fixture(t)
		s := f.open(t)
		const total = 3_000
		loadGroups(t, f, total)
		exec(t, f, `UPDATE `+f.table("groups")+` SET external_id = '' WHERE created % 3 = 0`)
		table := groupTable(t)
		list := func(q store.Query) store.Page {
			t.Helper()
			page, err := s.List(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			return page
		}
		ids := func(page store.Page) (ids []string) {
			for _, g := range page.Groups {
				ids = append(ids, g.ID)
			}
			return ids
		}
		for _, by := range []string{"", "displayName", "externalId", "id", "meta.lastModified"} {
			for _, descending := range []bool{false, true} {
				for _, text := range []string{"", `externalId pr`} {
					q := store.Query{Descending: descending, Limit: 700}
					if by != "" {
						q.SortBy = table.Lookup(by)
					}
					if text != "" {
						q.Filter = compiled(t, table, text)
					}
					var all []string
					for page := list(q); ; page = list(q) {
						all = append(all, ids(page)...)
						if q.From = page.Next; q.From == "" {
							break
						}
					}
					q.From = ""
					for _, offset := range []int{999, 1000, len(all) / 2, len(all)/2 + 1, len(all) - 101, len(all) - 100,
						len(all) - 1, len(all), len(all) + 1, 10_000} {
						for _, q.Limit = range []int{1, 100} {
							name := fmt.Sprintf("%q, descending %t, filter %q, %d from %d", by, descending, text, q.Limit, offset)
							q.Offset, q.From = offset, ""
							page := list(q)
							start, end := min(offset, len(all)), min(offset+q.Limit, len(all))
							if page.Total != len(all) || !slices.Equal(ids(page), all[start:end]) {
								t.Fatalf("%s: %d of %d: %q, want %q", name, len(page.Groups), page.Total, ids(page), all[start:end])
							}
							if (page.Next != "") != (end < len(all)) || page.Previous == "" {
								t.Fatalf("%s: the page before is %q, the next %q", name, page.Previous, page.Next)
							}
							if q.From = page.Previous; !slices.Equal(ids(list(q)), all[max(0, start-q.Limit):start]) {
								t.Fatalf("%s: the page before is %q", name, ids(list(q)))
							}
							if q.From = page.Next; q.From != "" && !slices.Equal(ids(list(q)), all[end:min(end+q.Limit, len(all))]) {
								t.Fatalf("%s: the next page is %q", name, ids(list(q)))
							}
						}
					}
				}
			}
		}
	})
}
