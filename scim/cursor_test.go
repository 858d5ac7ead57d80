package scim_test

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
	"github.com/scimgroups/scimgroups/store/memory"
)

// RFC 9865 §2.1 adds these to the scimTypes of RFC 7644.
func init() { scimTypes = append(scimTypes, "invalidCursor", "expiredCursor", "invalidCount") }

// plainStore has the five methods of a GroupStore and nothing else, made of the
// helpers of package store.
type plainStore struct {
	mu     sync.Mutex
	order  []string
	groups map[string]store.Group
}

func newPlainStore() *plainStore { return &plainStore{groups: map[string]store.Group{}} }

func (p *plainStore) Create(_ context.Context, g store.Group) (store.Change, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken(g.DisplayName, "") {
		return store.Change{}, &store.ConflictError{Attribute: "displayName"}
	}
	g, change := adapter.New(g, adapter.NewID(), time.Now())
	p.groups[g.ID] = g
	p.order = append(p.order, g.ID)
	return change, nil
}

func (p *plainStore) taken(name, id string) bool {
	for other, g := range p.groups {
		if other != id && filter.Fold(g.DisplayName) == filter.Fold(name) {
			return true
		}
	}
	return false
}

func (p *plainStore) Get(_ context.Context, id string, sel store.Selection) (store.Group, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g, ok := p.groups[id]
	if !ok {
		return store.Group{}, store.ErrNotFound
	}
	return adapter.Select(g, sel), nil
}

func (p *plainStore) List(_ context.Context, q store.Query) (store.Page, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return adapter.List(p.all(), q)
}

func (p *plainStore) all() iter.Seq2[store.Group, error] {
	return func(yield func(store.Group, error) bool) {
		for _, id := range p.order {
			if !yield(p.groups[id], nil) {
				return
			}
		}
	}
}

func (p *plainStore) Update(_ context.Context, id string, u store.Update) (store.Change, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g, ok := p.groups[id]
	if !ok {
		return store.Change{}, store.ErrNotFound
	}
	after, change, err := adapter.Apply(g, u, time.Now())
	if err != nil {
		return store.Change{}, err
	}
	if p.taken(after.DisplayName, id) {
		return store.Change{}, &store.ConflictError{Attribute: "displayName"}
	}
	p.groups[id] = after
	return change, nil
}

func (p *plainStore) Delete(_ context.Context, id string, c *store.Condition) (store.Change, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g, ok := p.groups[id]
	if !ok {
		return store.Change{}, store.ErrNotFound
	}
	change, err := adapter.Deleted(g, c)
	if err != nil {
		return store.Change{}, err
	}
	delete(p.groups, id)
	p.order = slices.DeleteFunc(p.order, func(other string) bool { return other == id })
	return change, nil
}

// stores are the kinds of stores that must behave alike.
var stores = map[string]func() store.GroupStore{
	"memory store":  func() store.GroupStore { return memory.New() },
	"plain adapter": func() store.GroupStore { return newPlainStore() },
}

// pageAt reads the page at a cursor.
func pageAt(t testing.TB, h http.Handler, cursor string, parameters ...string) answer {
	t.Helper()
	return do(t, h, "GET", "/Groups"+query(append([]string{"cursor", cursor}, parameters...)...), "")
}

// next is the nextCursor of a page that must have one.
func (a answer) next(t testing.TB) string {
	t.Helper()
	cursor := a.str("/nextCursor")
	if cursor == "" {
		t.Fatalf("there is no nextCursor: %s", shortened(a.text))
	}
	return cursor
}

// traverse reads all pages by cursor and answers the names on them. Between two
// pages it calls between.
func traverse(t testing.TB, h http.Handler, between func(), parameters ...string) (found []string) {
	t.Helper()
	cursor := ""
	for range 1000 {
		a := pageAt(t, h, cursor, parameters...).ok(t)
		found = append(found, a.names()...)
		if _, ok := a.at("/nextCursor"); !ok {
			return found
		}
		cursor = a.next(t)
		if between != nil {
			between()
		}
	}
	t.Fatal("the traversal does not end")
	return nil
}

func numbered(prefix string, n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("%s %02d", prefix, i))
	}
	return out
}

// withGroups is a handler with groups of these names.
func withGroups(t testing.TB, c scim.Config, names ...string) http.Handler {
	t.Helper()
	h := newHandler(t, c)
	for _, name := range names {
		create(t, h, name)
	}
	return h
}

func TestATraversalByCursorAnswersEveryGroupOnce(t *testing.T) {
	for kind, newStore := range stores {
		all := numbered("Group", 11)
		descending := slices.Clone(all)
		slices.Reverse(descending)
		for _, c := range []struct {
			name       string
			parameters []string
			want       []string
		}{
			{"in the order of creation", nil, all},
			{"with a page of one", []string{"count", "1"}, all},
			{"with a page of three", []string{"count", "3"}, all},
			{"with a page that is exactly all", []string{"count", "11"}, all},
			{"with a page larger than all", []string{"count", "500"}, all},
			{"ascending by name", []string{"count", "4", "sortBy", "displayName"}, all},
			{"descending by name", []string{"count", "4", "sortBy", "displayName", "sortOrder", "descending"}, descending},
			{"sorted by an attribute that is the same everywhere", []string{"count", "4", "sortBy", "meta.resourceType"}, nil},
			{"sorted by an attribute that nobody has", []string{"count", "4", "sortBy", "externalId"}, nil},
			{"with a filter", []string{"count", "1", "filter", `displayName sw "Group 0"`}, all[:10]},
			{"with a filter and an order", []string{"count", "2", "filter", `displayName sw "Group 0"`, "sortBy", "displayName", "sortOrder", "descending"}, descending[1:]},
			{"with a filter that nothing matches", []string{"count", "2", "filter", `displayName eq "none"`}, []string{}},
		} {
			t.Run(kind+" "+c.name, func(t *testing.T) {
				h := withGroups(t, scim.Config{Groups: newStore()}, all...)
				got := traverse(t, h, nil, c.parameters...)
				if c.want == nil {
					slices.Sort(got)
					c.want = all
				}
				equal(t, "groups", got, c.want)
			})
		}
	}
}

func TestATraversalByCursorIsExactWhileGroupsComeAndGo(t *testing.T) {
	for kind, newStore := range stores {
		for _, parameters := range [][]string{
			{"count", "3"},
			{"count", "3", "sortBy", "displayName"},
			{"count", "3", "sortBy", "displayName", "sortOrder", "descending"},
			{"count", "3", "sortBy", "meta.created", "sortOrder", "descending"},
		} {
			t.Run(kind+" "+strings.Join(parameters, " "), func(t *testing.T) {
				h := newHandler(t, scim.Config{Groups: newStore()})
				var doomed []string
				for _, name := range numbered("Group", 12) {
					create(t, h, name)
					doomed = append(doomed, create(t, h, name+" doomed"))
				}
				added := 0
				between := func() {
					if len(doomed) > 0 { // from both ends, so that the place of a cursor goes too
						do(t, h, "DELETE", "/Groups/"+doomed[0], "").is(t, 204, "")
						do(t, h, "DELETE", "/Groups/"+doomed[len(doomed)-1], "").is(t, 204, "")
						doomed = doomed[1 : len(doomed)-1]
					}
					create(t, h, fmt.Sprintf("A new one %d", added))
					create(t, h, fmt.Sprintf("Z new one %d", added))
					added++
				}
				seen := map[string]int{}
				for _, name := range traverse(t, h, between, parameters...) {
					seen[name]++
				}
				for name, n := range seen {
					if n != 1 {
						t.Errorf("%s was answered %d times", name, n)
					}
				}
				for _, name := range numbered("Group", 12) {
					if seen[name] != 1 {
						t.Errorf("%s was answered %d times", name, seen[name])
					}
				}
			})
		}
	}
}

func TestATraversalByCursorGoesBackToTheFirstPage(t *testing.T) {
	for kind, newStore := range stores {
		for _, parameters := range [][]string{
			{"count", "2"}, {"count", "2", "sortBy", "displayName", "sortOrder", "descending"},
			{"count", "2", "filter", `displayName sw "Group"`, "sortBy", "displayName"},
		} {
			t.Run(kind+" "+strings.Join(parameters, " "), func(t *testing.T) {
				h := withGroups(t, scim.Config{Groups: newStore()}, numbered("Group", 7)...)
				var forward [][]string
				a := pageAt(t, h, "", parameters...).ok(t)
				for {
					forward = append(forward, a.names())
					if _, ok := a.at("/nextCursor"); !ok {
						break
					}
					a = pageAt(t, h, a.next(t), parameters...).ok(t)
				}
				for i := len(forward) - 2; i >= 0; i-- {
					cursor := a.str("/previousCursor")
					if cursor == "" {
						t.Fatalf("page %d has no previousCursor: %s", i+1, shortened(a.text))
					}
					a = pageAt(t, h, cursor, parameters...).ok(t)
					equal(t, "page "+strconv.Itoa(i), a.names(), forward[i])
				}
				if _, ok := a.at("/previousCursor"); ok {
					t.Errorf("the first page has a previousCursor when it is reached from behind: %s", shortened(a.text))
				}
				// And forward again, from where one turned round.
				a = pageAt(t, h, a.next(t), parameters...).ok(t)
				equal(t, "the second page", a.names(), forward[1])
			})
		}
	}
}

// Two ways to write one query continue the same traversal.
func TestACursorIsGoodForTheSameQueryWrittenInAnotherWay(t *testing.T) {
	h := withGroups(t, scim.Config{}, numbered("Group", 5)...)
	first := []string{"count", "2", "filter", `displayName sw "Group" and not (externalId pr)`, "sortBy", "displayName", "sortOrder", "ascending", "attributes", "displayName,meta"}
	cursor := pageAt(t, h, "", first...).next(t)
	for name, changed := range map[string][]string{
		"the same":                              first,
		"a filter in another letter case":       {"count", "2", "filter", `DisplayName SW "Group" AND NOT (EXTERNALID PR)`, "sortBy", "displayName", "attributes", "displayName,meta"},
		"a filter with more space":              {"count", "2", "filter", `  displayName  sw  "Group"  and  not (  externalId pr )`, "sortBy", "displayName", "attributes", "displayName,meta"},
		"a filter with a URN":                   {"count", "2", "filter", groupURN + `:displayName sw "Group" and not (externalId pr)`, "sortBy", "displayName", "attributes", "displayName,meta"},
		"sortBy and names in other letter case": {"count", "2", "filter", first[3], "sortBy", "DISPLAYNAME", "sortOrder", "Ascending", "attributes", "DISPLAYNAME,Meta"},
		"names in another order":                {"count", "2", "filter", first[3], "sortBy", "displayName", "attributes", "meta, displayName"},
		"a parameter that nobody knows":         append(slices.Clone(first), "aadOptscim062020", "true"),
	} {
		t.Run(name, func(t *testing.T) {
			a := pageAt(t, h, cursor, changed...).is(t, 200, "")
			equal(t, "names", a.names(), []string{"Group 02", "Group 03"})
		})
	}
}

func TestACursorThatIsNotOfTheQueryIsRefusedAndNothingIsTold(t *testing.T) {
	key := []byte("a key of this test, 32 bytes long")
	tenants := map[string]store.GroupStore{"one.example.com": memory.New(), "two.example.com": memory.New()}
	config := scim.Config{
		Cursors: scim.Cursors{Keys: [][]byte{key}},
		SelectTenant: func(r *http.Request, _ scim.Subject) (scim.Tenant, error) {
			return scim.Tenant{Name: r.Host, Groups: tenants[r.Host]}, nil
		},
		MembershipDraft: true,
	}
	h := newHandler(t, config)
	at := func(t testing.TB, h http.Handler, host, path, body string) answer {
		t.Helper()
		method := "GET"
		if body != "" {
			method = "POST"
		}
		r, err := http.NewRequest(method, "http://"+host+mount+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.RequestURI = r.URL.RequestURI()
		r.Header.Set("Content-Type", "application/scim+json")
		return serve(t, h, r)
	}
	for host := range tenants {
		for _, name := range numbered("Group", 5) {
			at(t, h, host, "/Groups", group(`"displayName":`+text(t, name))).is(t, 201, "")
		}
	}
	base := []string{"count", "2", "filter", `displayName pr`, "sortBy", "displayName", "attributes", "displayName"}
	first := at(t, h, "one.example.com", "/Groups"+query(append([]string{"cursor", ""}, base...)...), "")
	cursor := first.next(t)
	with := func(cursor string, changes ...string) string {
		parameters := map[string]string{"cursor": cursor}
		for i := 0; i < len(base); i += 2 {
			parameters[base[i]] = base[i+1]
		}
		for i := 0; i < len(changes); i += 2 {
			parameters[changes[i]] = changes[i+1]
		}
		var pairs []string
		for name, value := range parameters {
			if value != "-" {
				pairs = append(pairs, name, value)
			}
		}
		return query(pairs...)
	}
	at(t, h, "one.example.com", "/Groups"+with(cursor), "").is(t, 200, "")

	foreign := config
	foreign.Cursors.Keys = [][]byte{[]byte("another key that is 32 bytes long")}
	stranger := at(t, newHandler(t, foreign), "one.example.com", "/Groups"+with(""), "").next(t)
	unlike := at(t, h, "one.example.com", "/Groups"+with("", "filter", `displayName sw "G"`), "").next(t)

	const host = "one.example.com"
	cases := map[string]struct{ host, path, body string }{
		"another filter":              {host, "/Groups" + with(cursor, "filter", `displayName sw "G"`), ""},
		"another value in the filter": {host, "/Groups" + with(unlike, "filter", `displayName sw "g 0"`), ""},
		"no filter":                   {host, "/Groups" + with(cursor, "filter", "-"), ""},
		"another sortBy":              {host, "/Groups" + with(cursor, "sortBy", "id"), ""},
		"no sortBy":                   {host, "/Groups" + with(cursor, "sortBy", "-"), ""},
		"another sortOrder":           {host, "/Groups" + with(cursor, "sortOrder", "descending"), ""},
		"other attributes":            {host, "/Groups" + with(cursor, "attributes", "displayName,members"), ""},
		"no attributes":               {host, "/Groups" + with(cursor, "attributes", "-"), ""},
		"excludedAttributes":          {host, "/Groups" + with(cursor, "attributes", "-", "excludedAttributes", "displayName"), ""},
		"another endpoint":            {host, "/Groups/.search", search(`"cursor":` + text(t, cursor) + `,"count":2,"filter":"displayName pr","sortBy":"displayName","attributes":["displayName"]`)},
		"the endpoint of all types":   {host, "/.search", search(`"cursor":` + text(t, cursor) + `,"count":2,"filter":"displayName pr","sortBy":"displayName","attributes":["displayName"]`)},
		"another tenant":              {"two.example.com", "/Groups" + with(cursor), ""},
		"a foreign key":               {host, "/Groups" + with(stranger), ""},
		"no cursor at all":            {host, "/Groups" + with("x"), ""},
		"one of nothing but padding":  {host, "/Groups" + with("===="), ""},
		"one with padding":            {host, "/Groups" + with(cursor+"="), ""},
		"a truncated one":             {host, "/Groups" + with(cursor[:len(cursor)-4]), ""},
		"an extended one":             {host, "/Groups" + with(cursor+"AAAA"), ""},
		"the end of one":              {host, "/Groups" + with(cursor[4:]), ""},
		"two together":                {host, "/Groups" + with(cursor+cursor), ""},
		"one with a line break in it": {host, "/Groups" + with(cursor[:10]+"\n"+cursor[10:]), ""},
		"one with spaces around it":   {host, "/Groups" + with(" "+cursor), ""},
		"one of 60,000 characters":    {host, "/Groups" + with(strings.Repeat("A", 60_000)), ""},
		"a number":                    {host, "/Groups" + with("2"), ""},
		"one that is not UTF-8":       {host, "/Groups" + with("\xff\xfe"), ""},
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range cursor[:len(cursor)-1] {
		at := strings.IndexByte(alphabet, cursor[i])
		forged := cursor[:i] + alphabet[(at+1)%64:(at+1)%64+1] + cursor[i+1:]
		cases["one whose character "+strconv.Itoa(i)+" is another"] = struct{ host, path, body string }{host, "/Groups" + with(forged), ""}
	}
	want := at(t, h, host, "/Groups"+with("forged"), "").is(t, 400, "invalidCursor")
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			a := at(t, h, c.host, c.path, c.body).is(t, 400, "invalidCursor")
			if a.text != want.text {
				t.Errorf("the error is\n%s\nand for another cursor\n%s", a.text, want.text)
			}
		})
	}
}

func TestTheCountOfATraversal(t *testing.T) {
	h := withGroups(t, scim.Config{Limits: scim.Limits{MaxCount: 4, DefaultCount: 3}}, numbered("Group", 9)...)
	cursorFor := func(parameters ...string) string { return pageAt(t, h, "", parameters...).next(t) }
	for _, c := range []struct {
		name            string
		first, second   []string
		status          int
		scimType        string
		itemsOnTheFirst int
	}{
		{"the same count goes on", []string{"count", "2"}, []string{"count", "2"}, 200, "", 2},
		{"another count is invalidCount", []string{"count", "2"}, []string{"count", "3"}, 400, "invalidCount", 2},
		{"a count that is left out is invalidCount", []string{"count", "2"}, nil, 400, "invalidCount", 2},
		{"no count on either page goes on", nil, nil, 200, "", 3},
		{"the default written out is the same", nil, []string{"count", "3"}, 200, "", 3},
		{"a count above the maximum is the maximum", []string{"count", "100"}, []string{"count", "100"}, 200, "", 4},
		{"the maximum is what such a count became", []string{"count", "100"}, []string{"count", "4"}, 200, "", 4},
		{"a count of 0 with a cursor is invalidCount", []string{"count", "2"}, []string{"count", "0"}, 400, "invalidCount", 2},
		{"a negative count with a cursor is invalidCount", []string{"count", "2"}, []string{"count", "-2"}, 400, "invalidCount", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			pageAt(t, h, "", c.first...).has(t, map[string]any{"/itemsPerPage": c.itemsOnTheFirst, "/totalResults": 9})
			pageAt(t, h, cursorFor(c.first...), c.second...).is(t, c.status, c.scimType)
		})
	}
	for _, count := range []string{"0", "-1", "-999999999999999999999999"} {
		t.Run("a count of "+count+" asks for the total alone", func(t *testing.T) {
			pageAt(t, h, "", "count", count).is(t, 200, "").has(t, map[string]any{
				"/totalResults": 9, "/itemsPerPage": 0, "/Resources": []any{}, "/nextCursor": nil, "/previousCursor": nil, "/startIndex": nil})
		})
	}
	t.Run("a count that is no number is refused", func(t *testing.T) {
		a := pageAt(t, h, "", "count", "many")
		a.is(t, 400, oneOf(a.str("/scimType"), "invalidValue|invalidCount"))
	})
}

func TestTheFirstPageByCursorCanBeAskedForInEveryWay(t *testing.T) {
	h := withGroups(t, scim.Config{}, numbered("Group", 4)...)
	for name, ask := range map[string]func(t *testing.T) answer{
		"?cursor":                 func(t *testing.T) answer { return do(t, h, "GET", "/Groups?cursor&count=3", "") },
		"?cursor=":                func(t *testing.T) answer { return do(t, h, "GET", "/Groups?count=3&cursor=", "") },
		"&cursor at the end":      func(t *testing.T) answer { return do(t, h, "GET", "/Groups?count=3&cursor", "") },
		"a search with an empty":  func(t *testing.T) answer { return do(t, h, "POST", "/Groups/.search", search(`"cursor":"","count":3`)) },
		"a search over all types": func(t *testing.T) answer { return do(t, h, "POST", "/.search", search(`"Cursor":"","count":3`)) },
	} {
		t.Run(name, func(t *testing.T) {
			a := ask(t).is(t, 200, "").has(t, map[string]any{"/startIndex": nil, "/previousCursor": nil, "/itemsPerPage": 3, "/totalResults": 4})
			a.next(t)
		})
	}
	t.Run("a search with a cursor that is null is one by index", func(t *testing.T) {
		do(t, h, "POST", "/Groups/.search", search(`"cursor":null,"count":3`)).is(t, 200, "").has(t, map[string]any{"/startIndex": 1, "/nextCursor": nil})
	})
	for name, a := range map[string]answer{
		"in a URL":                  do(t, h, "GET", "/Groups?startIndex=1&cursor", ""),
		"in a URL with a cursor":    do(t, h, "GET", "/Groups?startIndex=2&cursor=abc", ""),
		"in a search":               do(t, h, "POST", "/Groups/.search", search(`"cursor":"","startIndex":1`)),
		"in a search of everything": do(t, h, "POST", "/.search", search(`"startIndex":0,"cursor":""`)),
	} {
		t.Run("startIndex and cursor together are refused "+name, func(t *testing.T) { a.is(t, 400, "invalidCursor") })
	}
	t.Run("two cursors are refused", func(t *testing.T) {
		do(t, h, "GET", "/Groups?cursor=&cursor=x", "").is(t, 400, "invalidSyntax")
	})
	t.Run("a cursor in a search that is no string is refused", func(t *testing.T) {
		do(t, h, "POST", "/Groups/.search", search(`"cursor":7`)).is(t, 400, "invalidSyntax")
	})
	t.Run("a traversal by .search goes on there", func(t *testing.T) {
		a := do(t, h, "POST", "/Groups/.search", search(`"cursor":"","count":3`))
		b := do(t, h, "POST", "/Groups/.search", search(`"count":3,"cursor":`+text(t, a.next(t)))).is(t, 200, "").has(t, map[string]any{"/nextCursor": nil, "/startIndex": nil})
		equal(t, "names", b.names(), []string{"Group 03"})
	})
	t.Run("a HEAD by cursor has the headers of the GET", func(t *testing.T) {
		do(t, h, "HEAD", "/Groups?cursor", "").is(t, 200, "")
		do(t, h, "HEAD", "/Groups?cursor=x", "").is(t, 400, "")
	})
}

func TestCursorKeysCanBeRotated(t *testing.T) {
	groups := memory.New()
	before, after := []byte("the key of yesterday"), []byte("the key of tomorrow!")
	one := withGroups(t, scim.Config{Groups: groups, Cursors: scim.Cursors{Keys: [][]byte{before}}}, numbered("Group", 4)...)
	both := newHandler(t, scim.Config{Groups: groups, Cursors: scim.Cursors{Keys: [][]byte{after, before}}})
	two := newHandler(t, scim.Config{Groups: groups, Cursors: scim.Cursors{Keys: [][]byte{after}}})
	old := pageAt(t, one, "", "count", "2").next(t)
	pageAt(t, both, old, "count", "2").is(t, 200, "")
	pageAt(t, two, old, "count", "2").is(t, 400, "invalidCursor")
	renewed := pageAt(t, both, "", "count", "2").next(t)
	pageAt(t, two, renewed, "count", "2").is(t, 200, "")
	pageAt(t, one, renewed, "count", "2").is(t, 400, "invalidCursor")

	t.Run("without keys a cursor is good for its Handler alone", func(t *testing.T) {
		a, b := newHandler(t, scim.Config{Groups: groups}), newHandler(t, scim.Config{Groups: groups})
		cursor := pageAt(t, a, "", "count", "2").next(t)
		pageAt(t, a, cursor, "count", "2").is(t, 200, "")
		pageAt(t, b, cursor, "count", "2").is(t, 400, "invalidCursor")
	})
	t.Run("a key that is too short is refused", func(t *testing.T) {
		for _, key := range [][]byte{{}, []byte("fifteen bytes ...")[:15]} {
			if _, err := scim.NewHandler(scim.Config{Groups: groups, Auth: scim.Auth{Authenticator: scim.Anonymous}, Cursors: scim.Cursors{Keys: [][]byte{after, key}}}); err == nil {
				t.Errorf("a key of %d bytes is good enough", len(key))
			}
		}
	})
}

func TestACursorTellsNothing(t *testing.T) {
	h := withGroups(t, scim.Config{}, "Confidential merger", "Group 1", "Group 2")
	first := pageAt(t, h, "", "count", "1", "sortBy", "displayName")
	cursor := first.next(t)
	if strings.Contains(cursor, "Confidential") || strings.Contains(first.header.Get("Link"), "Confidential") {
		t.Error("the cursor can be read")
	}
	if again := pageAt(t, h, "", "count", "1", "sortBy", "displayName").next(t); again == cursor {
		t.Error("two cursors for one place are the same, so that places can be told apart")
	}
}

// There is one way to write a cursor: bits that carry nothing must not be changed
// either.
func TestTheLastCharacterOfACursorCannotBeAnother(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for _, name := range []string{"A", "AA", "AAA"} { // of cursors whose length has all remainders
		h := withGroups(t, scim.Config{}, name, "B")
		cursor := pageAt(t, h, "", "count", "1", "sortBy", "displayName").next(t)
		end := len(cursor) - 1
		for _, c := range alphabet {
			if string(c) == cursor[end:] {
				continue
			}
			if a := pageAt(t, h, cursor[:end]+string(c), "count", "1", "sortBy", "displayName"); a.status != 400 {
				t.Errorf("a cursor of %d characters is good with another one at its end", len(cursor))
				break
			}
		}
	}
}

// countingStore notes which lists are asked for their total.
type countingStore struct {
	*memory.Store
	totals []bool
}

func (s *countingStore) List(ctx context.Context, q store.Query) (store.Page, error) {
	s.totals = append(s.totals, !q.SkipTotal)
	return s.Store.List(ctx, q)
}

// To count all groups for each page would make a walk through all pages cost their
// square.
func TestGroupsAreCountedOnceInAWalkByCursor(t *testing.T) {
	groups := &countingStore{Store: memory.New()}
	h := newHandler(t, scim.Config{Groups: groups})
	for i := range 10 {
		if _, err := groups.Create(t.Context(), store.Group{DisplayName: fmt.Sprint("group ", i), ExternalID: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	parameters := []string{"count", "3", "filter", "externalId pr"}
	page := pageAt(t, h, "", parameters...).has(t, map[string]any{"/totalResults": 10})
	if _, err := groups.Create(t.Context(), store.Group{DisplayName: "late", ExternalID: "x"}); err != nil {
		t.Fatal(err)
	}
	for page.str("/nextCursor") != "" {
		page = pageAt(t, h, page.next(t), parameters...).has(t, map[string]any{"/totalResults": 10})
	}
	page = pageAt(t, h, page.str("/previousCursor"), parameters...).has(t, map[string]any{"/totalResults": 10, "/itemsPerPage": 3})
	if want := []bool{true, false, false, false, false}; !slices.Equal(groups.totals, want) {
		t.Errorf("the total was asked for: %v, want %v", groups.totals, want)
	}
}
