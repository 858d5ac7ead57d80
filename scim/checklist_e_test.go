package scim_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// listed is a service with four groups, made a minute apart in this order.
func listed(t testing.TB) http.Handler {
	t.Helper()
	h := withSite(t)
	createWith(t, h, `"displayName":"Alpha","externalId":"e1","members":[{"value":"u1","type":"User","display":"Ann"},{"value":"g2","type":"Group","display":"Bob"}],`+
		site(`"site":"Pier","code":"aB","floor":10,"area":1.5,"open":true,"since":"2026-01-01T00:00:00Z","badge":"aGVsbG8=","tags":["Red","blue"],"rooms":[{"value":"r1","type":"big","primary":true,"seats":9},{"value":"r2","type":"small","seats":90}]`))
	createWith(t, h, `"displayName":"beta","externalId":"E1","members":[{"value":"u1","type":"User","display":"Ann"}],`+
		site(`"site":"pier 2","code":"AB","floor":9,"area":10,"open":false,"since":"2026-01-01T01:30:00+02:00","tags":["green"]`))
	createWith(t, h, `"displayName":"Gamma"`)
	createWith(t, h, `"displayName":"delta \"é\" 50%","externalId":"e4","members":[{"value":"U1"}]`)
	return h
}

const (
	alpha = "Alpha"
	beta  = "beta"
	gamma = "Gamma"
	delta = `delta "é" 50%`
)

// Section E of the checklist: lists and searches.
func TestChecklistE(t *testing.T) {
	h := listed(t)
	for _, f := range []struct {
		name, filter string
		want         []string
	}{
		{"E02 nothing found is an empty list", `displayName eq "nobody"`, nil},
		{"E02 an unknown value is found nowhere", `meta.resourceType eq "Spaceship"`, nil},
		{"E08 only groups that match are returned", `displayName eq "Alpha"`, []string{alpha}},
		{"E08 members are found by value", `members.value eq "u1"`, []string{alpha, beta}},
		{"E11 names and operators have no letter case", `DISPLAYNAME Eq "alpha" OR DisplayName SW "GAM"`, []string{alpha, gamma}},
		{"E11 logical operators have no letter case", `NOT (displayName eq "alpha") AND displayName PR`, []string{beta, gamma, delta}},
		{"E12 eq", `externalId eq "e1"`, []string{alpha}},
		{"E12 ne matches the unassigned too", `externalId ne "e1"`, []string{gamma, beta, delta}},
		{"E12 co", `displayName co "ET"`, []string{beta}},
		{"E12 sw", `displayName sw "al"`, []string{alpha}},
		{"E12 ew", `displayName ew "MA"`, []string{gamma}},
		{"E12 pr", `externalId pr`, []string{alpha, beta, delta}},
		{"E12 gt", siteURN + `:floor gt 9`, []string{alpha}},
		{"E12 ge", siteURN + `:floor ge 9`, []string{alpha, beta}},
		{"E12 lt", siteURN + `:floor lt 10`, []string{beta}},
		{"E12 le", siteURN + `:floor le 10`, []string{alpha, beta}},
		{"E12 grouping with parentheses", `(displayName eq "Alpha" or displayName eq "beta") and externalId eq "E1"`, []string{beta}},
		{"E12 grouping with brackets", `members[type eq "Group"]`, []string{alpha}},
		{"E13 and binds tighter than or", `displayName eq "Gamma" or displayName eq "Alpha" and externalId eq "E1"`, []string{gamma}},
		{"E13 and binds tighter than or on the left as well", `externalId eq "E1" and displayName eq "Alpha" or displayName eq "Gamma"`, []string{gamma}},
		{"E13 not binds tighter than and", `not (displayName eq "Alpha") and externalId eq "E1"`, []string{beta}},
		{"E14 not with a space", `not (displayName pr)`, nil},
		{"E14 not without a space", `not(externalId pr)`, []string{gamma}},
		{"E15 all terms in brackets are about one element", `members[value eq "u1" and display eq "Bob"]`, nil},
		{"E15 without brackets they may be about several", `members.value eq "u1" and members.display eq "Bob"`, []string{alpha}},
		{"E15 or, not and parentheses in brackets", `members[(value eq "g2" or value eq "x") and not (type eq "User") and display pr]`, []string{alpha}},
		{"E15 three terms in brackets", `members[value eq "u1" and type eq "User" and display eq "Ann"]`, []string{alpha, beta}},
		{"E15 a suffix after brackets", `members[value eq "g2"].type eq "Group"`, []string{alpha}},
		{"E17 integers compare as numbers", siteURN + `:floor lt 10 and ` + siteURN + `:floor gt -1`, []string{beta}},
		{"E17 decimals compare as numbers", siteURN + `:area gt 9.5`, []string{beta}},
		{"E17 dateTimes compare as instants", siteURN + `:since lt "2026-01-01T00:00:00Z"`, []string{beta}},
		{"E17 dateTimes are equal in any zone", siteURN + `:since eq "2025-12-31T19:00:00-05:00"`, []string{alpha}},
		{"E17 strings compare lexicographically", `externalId lt "e1"`, []string{beta}},
		{"E18 displayName has no letter case", `displayName eq "ALPHA"`, []string{alpha}},
		{"E18 externalId is caseExact", `externalId eq "E1"`, []string{beta}},
		{"E18 members.value is caseExact", `members.value eq "U1"`, []string{delta}},
		{"E18 an attribute of an extension is as its schema says", siteURN + `:site eq "PIER" or ` + siteURN + `:code eq "AB"`, []string{alpha, beta}},
		{"E19 a list matches if one value does", siteURN + `:tags eq "RED"`, []string{alpha}},
		{"E20 members is members.value", `members eq "u1"`, []string{alpha, beta}},
		{"E20 members with another operator is members.value", `members sw "g"`, []string{alpha}},
		{"E21 pr of a list", `members pr`, []string{alpha, beta, delta}},
		{"E21 pr of a sub-attribute", `members.type pr`, []string{alpha, beta}},
		{"E21 pr of a complex attribute", `meta pr`, []string{alpha, gamma, beta, delta}},
		{"E22 schemas", `schemas eq "` + siteURN + `"`, []string{alpha, beta}},
		{"E22 schemas of the core", `schemas eq "` + groupURN + `"`, []string{alpha, gamma, beta, delta}},
		{"E22 meta.resourceType", `meta.resourceType eq "Group"`, []string{alpha, gamma, beta, delta}},
		{"E22 meta.created", `meta.created lt "2026-01-02T03:05:06Z"`, []string{alpha}},
		{"E22 a fully qualified name", groupURN + `:displayName eq "gamma"`, []string{gamma}},
		{"E22 a fully qualified sub-attribute", groupURN + `:members.type eq "Group"`, []string{alpha}},
		{"E25 true", siteURN + `:open eq true`, []string{alpha}},
		{"E25 false", siteURN + `:open eq false`, []string{beta}},
		{"E25 null is absent", `externalId eq null`, []string{gamma}},
		{"E25 not null is present", `externalId ne null`, []string{alpha, beta, delta}},
		{"E25 escapes are decoded", `displayName eq "delta \"\u00E9\" 50%" or displayName eq "delta \"\u00e9\" 50%"`, []string{delta}},
		{"E25 a number with an exponent is a number", siteURN + `:area eq 15e-1`, []string{alpha}},
		{"E26 an empty list and nothing are alike", siteURN + `:rooms eq null and ` + siteURN + `:floor pr`, []string{beta}},
		{"E26 not present", `not (members pr)`, []string{gamma}},
	} {
		t.Run(f.name, func(t *testing.T) { slices.Sort(f.want); equal(t, f.filter, names(t, h, f.filter), f.want) })
	}
	bad := func(t *testing.T, filters ...string) {
		t.Helper()
		for _, f := range filters {
			a := do(t, h, "GET", "/Groups"+query("filter", f), "").is(t, 400, "invalidFilter")
			b := do(t, h, "POST", "/Groups/.search", search(`"filter":`+text(t, f)))
			if a.text != b.text {
				t.Errorf("%s: GET says %s, .search %s", f, a.text, b.text)
			}
		}
	}
	t.Run("E09 a filter must be one", func(t *testing.T) {
		bad(t, "", " ", "displayName", "displayName eq", `displayName eq "x`, `eq "x"`, `displayName eq "x" and`, `(displayName eq "x"`, `displayName eq "x")`,
			`displayName eq "x" displayName eq "y"`, `members[`, `members[]`, `members[value eq "x"`, `displayName eq x`, `displayName eq 'x'`, `"displayName" eq "x"`, `displayName == "x"`, `()`, `displayName eq "x" or or displayName eq "y"`)
	})
	t.Run("E10 an unknown operator is named", func(t *testing.T) {
		a := do(t, h, "GET", "/Groups"+query("filter", `displayName like "x"`), "").is(t, 400, "invalidFilter")
		if !strings.Contains(a.str("/detail"), "like") {
			t.Error(a.text)
		}
	})
	t.Run("E14 not needs parentheses", func(t *testing.T) { bad(t, `not displayName pr`, `not`) })
	t.Run("E15 brackets do not nest, and know only sub-attributes", func(t *testing.T) {
		bad(t, `members[value eq "x" and members[type eq "User"]]`, `members[displayName eq "x"]`, `displayName[value eq "x"]`)
	})
	t.Run("E16 Boolean and Binary have no order", func(t *testing.T) {
		for _, op := range []string{"gt", "ge", "lt", "le"} {
			bad(t, siteURN+":open "+op+" true", siteURN+":badge "+op+` "aGVsbG8="`)
		}
	})
	t.Run("E20 a complex attribute without value cannot be compared", func(t *testing.T) {
		bad(t, `meta eq "x"`, siteURN+`:owner eq "x"`)
	})
	t.Run("E22 the id, version and location of a group find it", func(t *testing.T) {
		a := do(t, h, "GET", "/Groups"+query("filter", `displayName eq "beta"`), "")
		for _, name := range []string{"id", "meta.version", "meta.location", "meta.lastModified"} {
			value := a.str("/Resources/0/" + strings.ReplaceAll(name, ".", "/"))
			equal(t, name, names(t, h, name+" eq "+text(t, value)), []string{beta})
		}
	})

	t.Run("E01 the answer is a ListResponse with all its counts", func(t *testing.T) {
		do(t, h, "GET", "/Groups", "").is(t, 200, "").has(t, map[string]any{
			"/schemas": []string{messageURN + "ListResponse"}, "/totalResults": 4, "/startIndex": 1, "/itemsPerPage": 4})
		do(t, h, "GET", "/Groups?filter=not(id+pr)", "").is(t, 200, "").has(t, map[string]any{"/totalResults": 0, "/Resources": []any{}})
	})
	t.Run("E03 too many results are 400 tooMany", func(t *testing.T) {
		do(t, newHandler(t, scim.Config{Groups: failing(fmt.Errorf("scan: %w", store.ErrTooMany))}), "GET", "/Groups", "").is(t, 400, "tooMany")
	})
	t.Run("E04 itemsPerPage counts the page and totalResults all", func(t *testing.T) {
		do(t, h, "GET", "/Groups?count=3&startIndex=3", "").has(t, map[string]any{"/itemsPerPage": 2, "/totalResults": 4, "/startIndex": 3})
		do(t, h, "GET", "/Groups?count=1"+"&"+query("filter", "externalId pr")[1:], "").has(t, map[string]any{"/itemsPerPage": 1, "/totalResults": 3})
	})
	t.Run("E05 a startIndex below one is one", func(t *testing.T) {
		for _, q := range []string{"?startIndex=0", "?startIndex=-7", "", "?startIndex=", "?startIndex=-99999999999999999999"} {
			do(t, h, "GET", "/Groups"+q, "").has(t, map[string]any{"/startIndex": 1, "/itemsPerPage": 4})
		}
		do(t, h, "POST", "/.search", search(`"startIndex":-3`)).has(t, map[string]any{"/startIndex": 1, "/itemsPerPage": 4})
	})
	t.Run("E06 count bounds the page", func(t *testing.T) {
		for count, items := range map[string]int{"-1": 0, "0": 0, "1": 1, "4": 4, "5": 4, "99999999999999999999": 4} {
			do(t, h, "GET", "/Groups?count="+count, "").has(t, map[string]any{"/itemsPerPage": items, "/totalResults": 4})
			do(t, h, "POST", "/Groups/.search", search(`"count":`+count)).has(t, map[string]any{"/itemsPerPage": items, "/totalResults": 4})
		}
		small := newHandler(t, scim.Config{Limits: scim.Limits{MaxCount: 3}})
		for i := range 5 {
			create(t, small, strconv.Itoa(i))
		}
		do(t, small, "GET", "/Groups", "").has(t, map[string]any{"/itemsPerPage": 3, "/totalResults": 5})
		do(t, small, "GET", "/Groups?count=5", "").has(t, map[string]any{"/itemsPerPage": 3, "/totalResults": 5})
	})
	t.Run("E07 a startIndex beyond the end answers an empty page, and one that is no integer 400", func(t *testing.T) {
		do(t, h, "GET", "/Groups?startIndex=5", "").is(t, 200, "").has(t, map[string]any{"/itemsPerPage": 0, "/totalResults": 4, "/startIndex": 5})
		for _, q := range []string{"startIndex=abc", "count=abc", "startIndex=1.5", "count=1e1", "count=0x1"} {
			do(t, h, "GET", "/Groups?"+q, "").is(t, 400, "invalidValue")
		}
		do(t, h, "POST", "/Groups/.search", search(`"count":1.5`)).is(t, 400, "invalidValue")
	})
	t.Run("E24 at the root an attribute of another type has no value", func(t *testing.T) {
		for filter, want := range map[string]int{
			`userName eq "x"`: 0, `userName pr`: 0, `not (userName pr)`: 4, `userName eq "x" or displayName eq "beta"`: 1,
			`meta.resourceType eq "User"`: 0, `meta.resourceType eq "Group"`: 4, `emails[type eq "work"]`: 0,
			`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "x"`: 0, `name.familyName eq null`: 4,
		} {
			do(t, h, "POST", "/.search", search(`"filter":`+text(t, filter))).is(t, 200, "").has(t, map[string]any{"/totalResults": want})
		}
		do(t, h, "POST", "/Groups/.search", search(`"filter":"userName pr"`)).is(t, 400, "invalidFilter")
		do(t, h, "GET", "/Groups?filter=userName+pr", "").is(t, 400, "invalidFilter")
	})
	sorted := func(t *testing.T, sortBy, order string, want ...string) {
		t.Helper()
		pairs := []string{"sortBy", sortBy}
		if order != "" {
			pairs = append(pairs, "sortOrder", order)
		}
		a := do(t, h, "GET", "/Groups"+query(pairs...), "").is(t, 200, "")
		equal(t, sortBy+" "+order, a.names(), want)
		b := do(t, h, "POST", "/.search", search(`"sortBy":`+text(t, sortBy)+`,"sortOrder":`+text(t, order)))
		if a.text != b.text {
			t.Errorf("GET\n%s\n.search\n%s", a.text, b.text)
		}
	}
	t.Run("E27 sortBy sorts ascending, by the letter case that the schema says", func(t *testing.T) {
		sorted(t, "displayName", "", alpha, beta, delta, gamma)
		sorted(t, "DISPLAYNAME", "Ascending", alpha, beta, delta, gamma)
		sorted(t, groupURN+":displayName", "descending", gamma, delta, beta, alpha)
		sorted(t, "meta.created", "descending", delta, gamma, beta, alpha)
		sorted(t, siteURN+":floor", "", beta, alpha, gamma, delta)
	})
	t.Run("E27 without a value a group is last ascending and first descending", func(t *testing.T) {
		sorted(t, "externalId", "ascending", beta, alpha, delta, gamma)
		sorted(t, "externalId", "descending", gamma, delta, alpha, beta)
	})
	t.Run("E27 a list sorts by its primary value or its first", func(t *testing.T) {
		sorted(t, siteURN+":tags", "ascending", beta, alpha, gamma, delta)
		sorted(t, siteURN+":rooms.seats", "ascending", alpha, beta, gamma, delta)
	})
	t.Run("E27 a complex attribute needs a sub-attribute, and the order one of two words", func(t *testing.T) {
		for _, q := range []string{"sortBy=meta", "sortBy=colour"} {
			if a := do(t, h, "GET", "/Groups?"+q, ""); a.status != 400 {
				t.Errorf("%s: %d", q, a.status)
			}
		}
		do(t, h, "GET", "/Groups?sortBy=displayName&sortOrder=upwards", "").is(t, 400, "invalidValue")
	})
	t.Run("E29 POST to .search is a query with all parameters and never a create", func(t *testing.T) {
		for _, path := range []string{"/Groups/.search", "/.search"} {
			a := do(t, h, "POST", path, search(`"filter":"externalId pr","sortBy":"displayName","sortOrder":"descending","startIndex":2,"count":1,"attributes":["displayName"]`)).is(t, 200, "")
			b := do(t, h, "GET", "/Groups?filter=externalId+pr&sortBy=displayName&sortOrder=descending&startIndex=2&count=1&attributes=displayName", "")
			if a.text != b.text {
				t.Errorf("%s: %s\nGET: %s", path, a.text, b.text)
			}
			a.has(t, map[string]any{"/totalResults": 3, "/itemsPerPage": 1, "/Resources/0/displayName": beta})
			do(t, h, "POST", path, `{"filter":"id pr"}`).is(t, 400, "invalidSyntax")
			do(t, h, "POST", path, group(`"displayName":"created?"`)).is(t, 400, "invalidSyntax")
			for _, body := range []string{"", "[]", search(`"count":"abc"`), search(`"filter":7`), search(`"filter":"id pr","Filter":"externalId pr"`), search(`"sortBy":["x"]`), search(`"attributes":7`)} {
				if a := do(t, h, "POST", path, body); a.status != 400 || a.str("/scimType") != "invalidSyntax" && a.str("/scimType") != "invalidValue" {
					t.Errorf("%s: %d %s", body, a.status, a.text)
				}
			}
			do(t, h, "POST", path, search(`"unknown":1`)).is(t, 200, "")
		}
		do(t, h, "GET", "/Groups", "").has(t, map[string]any{"/totalResults": 4})
	})
	t.Run("E30 attributes in a body are a list, or a string with commas", func(t *testing.T) {
		a := do(t, h, "POST", "/.search", search(`"attributes":["displayName","externalId"]`)).is(t, 200, "")
		b := do(t, h, "POST", "/.search", search(`"attributes":"displayName,externalId"`)).is(t, 200, "")
		if a.text != b.text {
			t.Errorf("%s\n%s", a.text, b.text)
		}
		do(t, h, "POST", "/.search", search(`"excludedAttributes":["members"]`)).has(t, map[string]any{"/Resources/0/members": nil})
	})
	t.Run("E31 other methods on .search are 405", func(t *testing.T) {
		for _, path := range []string{"/Groups/.search", "/.search", "/Groups/.search/"} {
			for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE"} {
				if a := do(t, h, method, path, ""); a.status != 405 || !strings.Contains(a.header.Get("Allow"), "POST") || strings.Contains(a.header.Get("Allow"), "GET") {
					t.Errorf("%s %s: %d, Allow %q", method, path, a.status, a.header.Get("Allow"))
				}
			}
		}
	})
	t.Run("E32 paging neither skips nor repeats, with ties too", func(t *testing.T) {
		h := newHandler(t, scim.Config{Groups: memory.NewWith(memory.Options{AllowDuplicateNames: true})})
		for i := range 25 {
			createWith(t, h, `"displayName":"same","externalId":"`+strconv.Itoa(i)+`"`)
		}
		for _, q := range []string{"", "&sortBy=displayName", "&sortBy=displayName&sortOrder=descending", "&filter=displayName+eq+%22same%22"} {
			var ids []string
			for start := 1; start <= 25; start += 4 {
				a := do(t, h, "GET", "/Groups?count=4&startIndex="+strconv.Itoa(start)+q, "").is(t, 200, "")
				list, _ := a.at("/Resources")
				for _, r := range list.([]any) {
					id, _ := follow(r, "/id")
					ids = append(ids, fmt.Sprint(id))
				}
			}
			slices.Sort(ids)
			if n := len(slices.Compact(ids)); n != 25 {
				t.Errorf("%q: %d of 25 groups", q, n)
			}
		}
	})
}
