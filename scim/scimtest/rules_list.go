package scimtest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// listRules are about lists, filters, sorting and searches: section E of the checklist.
var listRules = []Rule{
	{ID: "E01", Level: Must, Source: "RFC 7644 §3.4.2",
		Sentence: "A list is a ListResponse with totalResults, and with startIndex and itemsPerPage if it is partial.",
		Failure:  "Clients that page by totalResults, as Okta and authentik do, read one page or none.",
		check: func(p *probe) {
			_, filter := p.several(2, nil)
			r := p.find(filter, "count=1").must(200)
			if !slices.Contains(r.list("/schemas"), any(messages+"ListResponse")) {
				r.wrong("schemas is %s", text(r.value("/schemas")))
			}
			for _, name := range []string{"totalResults", "startIndex", "itemsPerPage"} {
				if p.byCursor() && name == "startIndex" {
					continue
				}
				if n, ok := r.value("/" + name).(float64); !ok || n != float64(int(n)) {
					r.wrong("%s is %s", name, text(r.value("/"+name)))
				}
			}
			if r.list("/Resources") == nil {
				r.wrong("there is no Resources")
			}
		}},
	{ID: "E02", Level: Must, Source: "RFC 7644 §3.4.2",
		Sentence: "A filter that matches nothing returns 200 and totalResults 0.",
		Failure:  "Entra ID's connection test fails, and it creates no groups: it looks for the name first.",
		check: func(p *probe) {
			p.needs("filter")
			p.find("displayName eq "+quote(p.name())).must(200).is("/totalResults", 0)
		}},
	{ID: "E04", Level: Stated, Source: "RFC 7644 §3.4.2.4, erratum 6010",
		Sentence: "totalResults counts all matches, and itemsPerPage the resources of the page.",
		Failure:  "Clients stop after the first page, or never.",
		check: func(p *probe) {
			groups, filter := p.several(3, nil)
			r := p.find(filter, "count=2").must(200)
			r.is("/totalResults", len(groups))
			r.is("/itemsPerPage", len(r.list("/Resources")))
		}},
	{ID: "E05", Level: Must, Source: "RFC 7644 §3.4.2.4",
		Sentence: "startIndex is 1-based, a smaller value means 1, and the response has the one used.",
		Failure:  "Clients that begin at 0 are refused; others skip the first group, or read it twice.",
		check: func(p *probe) {
			p.byIndex()
			groups, filter := p.several(3, nil)
			for _, start := range []string{"1", "0", "-5"} {
				r := p.find(filter, "count=10", "startIndex="+start)
				r.finds(groups...)
				r.is("/startIndex", 1)
			}
			p.find(filter, "count=1", "startIndex=2").is("/startIndex", 2)
		}},
	{ID: "E06", Level: Must, Source: "RFC 7644 §3.4.2.4",
		Sentence: "A page has at most count groups; with a count of 0 or less it has none, but totalResults.",
		Failure:  "Clients that ask only for the number get an error, or all groups.",
		check: func(p *probe) {
			groups, filter := p.several(3, nil)
			for _, count := range []int{2, 1, 0, -1} {
				if count < 0 && p.schema == coreSchema11 {
					continue // of which SCIM 1.1 says nothing
				}
				r := p.find(filter, fmt.Sprintf("count=%d", count))
				if r.want(200) && len(r.list("/Resources")) > max(count, 0) {
					r.wrong("the page has %d groups", len(r.list("/Resources")))
				}
				r.is("/totalResults", len(groups))
			}
		}},
	{ID: "E07", Level: Stated, Source: "RFC 7644 §3.4.2.4",
		Sentence: "A page beyond the end returns 200 and no resources, with totalResults.",
		Failure:  "Clients that read until a page is empty end with an error.",
		check: func(p *probe) {
			p.byIndex()
			groups, filter := p.several(2, nil)
			r := p.find(filter, "startIndex=1000").must(200)
			r.is("/totalResults", len(groups))
			r.lacks("/Resources")
		}},
	{ID: "E08", Level: Must, Source: "RFC 7644 §3.4.2.2",
		Sentence: "A list with a filter contains exactly the groups that match.",
		Failure:  "Clients that look for a name take the first group they get, and change somebody else's.",
		check: func(p *probe) {
			p.needs("filter")
			name := p.name()
			g := p.createAs(with(p.group(name), "externalId", p.stem()+"e"))
			p.createAs(with(p.group(p.name()), "externalId", p.stem()+"f"))
			p.find("displayName eq " + quote(name)).finds(g)
			p.find("externalId eq " + quote(p.stem()+"e")).finds(g)
			p.find("displayName eq " + quote(name) + " and externalId eq " + quote(p.stem()+"e")).finds(g)
			p.find("displayName eq " + quote(name) + " and externalId eq " + quote(p.stem()+"f")).finds()
		}},
	{ID: "E09", Level: Stated, Source: "RFC 7644 §3.4.2.2",
		Sentence: "A malformed filter returns 400 and invalidFilter.",
		Failure:  "Clients with a wrong filter get all groups, and take the first one for theirs.",
		check: func(p *probe) {
			p.needs("filter")
			for _, filter := range []string{`displayName eq`, `displayName`, `eq "x"`, `(displayName eq "x"`,
				`displayName eq "x`,
				`displayName eq "x" and`, `displayName eq "x" displayName eq "y"`} {
				p.find(filter).fault(400, "invalidFilter")
			}
		}},
	{ID: "E10", Level: Must, Source: "RFC 7644 §3.4.2.2",
		Sentence: "A filter with an unknown operator returns 400 and invalidFilter.",
		Failure:  "Clients get groups that they did not ask for, without knowing it.",
		check: func(p *probe) {
			p.needs("filter")
			p.find("displayName regex "+quote(p.name())).fault(400, "invalidFilter")
		}},
	{ID: "E11", Level: Stated, Source: "RFC 7644 §3.4.2.2",
		Sentence: "Attribute names and operators in filters are case-insensitive.",
		Failure:  "Clients that write DisplayName or Eq find nothing, and create the group again.",
		check: func(p *probe) {
			p.needs("filter")
			g := p.create()
			p.find("displayname Eq " + quote(g.name)).finds(g)
			p.find("DISPLAYNAME EQ " + quote(g.name)).finds(g)
		}},
	{ID: "E12", Level: Stated, Source: "RFC 7644 §3.4.2.2, tables 3 and 4",
		Sentence: "Filters support eq, ne, co, sw, ew, pr, gt, ge, lt and le, with and, or, not and parentheses.",
		Failure:  "Clients that use one of them get an error, or groups that do not match.",
		check: func(p *probe) {
			p.needs("filter")
			var g []*fixture
			for range 3 {
				g = append(g, p.create())
			}
			a, b := quote(g[0].name), quote(g[1].name)
			mine := " and displayName sw " + quote(p.stem())
			for _, c := range []struct {
				filter string
				want   []*fixture
			}{
				{"displayName sw " + quote(p.stem()), g},
				{"displayName eq " + a + mine, g[:1]},
				{"displayName ne " + a + mine, g[1:]},
				{"displayName co " + quote(p.stem()[5:]) + mine, g},
				{"displayName ew " + quote(g[2].name[len(namePrefix):]), g[2:]},
				{"displayName pr" + mine, g},
				{"displayName gt " + b + mine, g[2:]},
				{"displayName ge " + b + mine, g[1:]},
				{"displayName lt " + b + mine, g[:1]},
				{"displayName le " + b + mine, g[:2]},
				{"displayName eq " + a + " or displayName eq " + b, g[:2]},
				{"(displayName eq " + a + " or displayName eq " + b + ") and displayName ne " + a, g[1:2]},
				{"displayName sw " + quote(p.stem()) + " and not (displayName eq " + a + ")", g[1:]},
			} {
				p.find(c.filter).finds(c.want...)
			}
		}},
	{ID: "E13", Level: Must, Source: "RFC 7644 §3.4.2.2, erratum 4670",
		Sentence: "not takes precedence over and, and and over or.",
		Failure:  "Clients get groups that do not match.",
		check: func(p *probe) {
			p.needs("filter")
			a, b, c := p.create(), p.create(), p.create()
			is := func(g *fixture) string { return "displayName eq " + quote(g.name) }
			p.knows(is(a)+" or "+is(b), a, b)
			p.find(is(a) + " or " + is(b) + " and " + is(c)).finds(a)
			p.find(is(a) + " and " + is(c) + " or " + is(b)).finds(b)
			p.find("not (" + is(a) + ") and " + is(b)).finds(b)
		}},
	{ID: "E14", Level: Stated, Source: "RFC 7644 §3.4.2.2, erratum 7319",
		Sentence: "not precedes a parenthesis, with or without a space.",
		Failure:  "Clients that follow the grammar, or the examples, get an error.",
		check: func(p *probe) {
			p.needs("filter")
			g, other := p.create(), p.create()
			is := "displayName eq " + quote(g.name)
			p.find(is + " and not (displayName eq " + quote(other.name) + ")").finds(g)
			p.find(is + " and not(displayName eq " + quote(other.name) + ")").finds(g)
			m := p.ids(2)
			one := p.create(m[0])
			is = "displayName eq " + quote(one.name) + " and "
			if r := p.find(is + "members[value eq " + quote(m[0]) + "]"); r.status == 200 { // brackets are known: E15
				p.find(is + "members[value eq " + quote(m[0]) + " and not (value eq " + quote(m[1]) + ")]").finds(one)
			}
		}},
	{ID: "E15", Level: Must, Source: "RFC 7644 §3.4.2.2, table 5, errata 4690 and 7322",
		Sentence: "All terms in brackets apply to the same member.",
		Failure:  "Clients that look for a membership find groups without it.",
		check: func(p *probe) {
			p.needs("filter")
			m := p.ids(2)
			g := p.create(m...)
			is := "displayName eq " + quote(g.name) + " and "
			if r := p.find(is + "members[value eq " + quote(m[0]) + "]"); r.status == 400 {
				p.skip("the service has no filters with brackets")
			} else if !r.finds(g) {
				return
			}
			p.find(is + "members[value eq " + quote(m[0]) + " and value eq " + quote(m[1]) + "]").finds()
		}},
	{ID: "E17", Level: Stated, Source: "RFC 7644 §3.4.2.2, table 3",
		Sentence: "dateTimes are compared as instants, whatever their time zone.",
		Failure:  "Clients that ask for what has changed miss groups.",
		check: func(p *probe) {
			p.needs("filter")
			g := p.create()
			created, ok := dateTime(g.read().str("/meta/created"))
			if !ok {
				p.block("meta.created is no dateTime (B09)")
			}
			is := "displayName eq " + quote(g.name) + " and meta.created "
			in := func(d time.Duration, hours int) string {
				return quote(created.Add(d).In(time.FixedZone("", hours*3600)).Format(time.RFC3339))
			}
			p.find(is + "ge " + in(-time.Hour, 14)).finds(g)
			p.find(is + "ge " + in(time.Hour, -11)).finds()
			p.find(is + "lt " + in(time.Hour, -11)).finds(g)
		}},
	{ID: "E18", Level: Must, Source: "RFC 7644 §3.4.2.2, RFC 7643 §7 and §8.7.1",
		Sentence: "Filters ignore letter case in displayName but not in externalId, as the schema says.",
		Failure:  "Clients find no group, or one with another id: Entra ID looks for names in any letter case.",
		check: func(p *probe) {
			p.needs("filter")
			exact := p.published("displayName", "caseExact") == true
			g := p.createAs(with(p.group(p.name()), "externalId", p.stem()+"aBcD"))
			r := p.find("displayName eq " + quote(strings.ToUpper(g.name)))
			if exact {
				r.finds()
			} else {
				r.finds(g)
			}
			p.find("externalId eq " + quote(p.stem()+"aBcD")).finds(g)
			p.find("externalId eq " + quote(p.stem()+"AbCd")).finds()
		}},
	{ID: "E19", Level: Stated, Source: "RFC 7644 §3.4.2.2",
		Sentence: "A filter on members matches if one of them does.",
		Failure:  "Clients that look for the groups of a user find none, or only those that list the user first.",
		check: func(p *probe) {
			p.needs("filter")
			m := p.ids(3)
			g, other := p.create(m[0], m[1]), p.create(m[0])
			is := "(displayName eq " + quote(g.name) + " or displayName eq " + quote(other.name) + ") and "
			p.knows(strings.TrimSuffix(is, " and "), g, other)
			p.find(is + "members.value eq " + quote(m[1])).finds(g)
			p.find(is+"members.value eq "+quote(m[0])).finds(g, other)
			p.find(is + "members.value eq " + quote(m[2])).finds()
		}},
	{ID: "E21", Level: Stated, Source: "RFC 7644 §3.4.2.2, table 3",
		Sentence: "pr matches attributes with a value, and members if there are any.",
		Failure:  "Clients that look for groups without an externalId, to adopt them, find all or none.",
		check: func(p *probe) {
			p.needs("filter")
			m := p.ids(1)
			full := p.createAs(with(p.group(p.name(), m...), "externalId", p.stem()+"e"))
			empty := p.create()
			is := func(g *fixture) string { return "displayName eq " + quote(g.name) + " and " }
			p.find(is(full) + "externalId pr").finds(full)
			p.find(is(empty) + "externalId pr").finds()
			p.find(is(full) + "members pr").finds(full)
			p.find(is(empty) + "members pr").finds()
		}},
	{ID: "E22", Level: Stated, Source: "RFC 7644 §3.4.2.2, figure 2",
		Sentence: "Filters support id, externalId, schemas, meta and qualified names.",
		Failure:  "Clients that qualify names, or look for an id, get an error or nothing.",
		check: func(p *probe) {
			p.needs("filter")
			g := p.createAs(with(p.group(p.name()), "externalId", p.stem()+"e"))
			is := "displayName eq " + quote(g.name) + " and "
			for _, filter := range []string{"id eq " + quote(g.id), "externalId eq " + quote(p.stem()+"e"), "schemas eq " +
				quote(p.schema),
				`meta.resourceType eq "Group"`, p.schema + ":displayName eq " + quote(g.name)} {
				p.find(is + filter).finds(g)
			}
			p.find(is + `id eq "scimtest"`).finds()
		}},
	{ID: "E24", Level: Must, Source: "RFC 7644 §3.4.2.1",
		Sentence: "A search at the root includes groups, and attributes of other types have no value there.",
		Failure:  "Clients that search users and groups at once miss groups, or get an error.",
		check: func(p *probe) {
			p.needs("filter")
			g := p.create()
			search := func(filter string) *response {
				r := p.post("/.search", object{"schemas": []string{messages + "SearchRequest"}, "filter": filter, "count": 100})
				if r.noMethod() || r.str("/scimType") == "tooMany" {
					p.skip("there is no search at the root: status %d %s", r.status, r.str("/scimType"))
				}
				return r
			}
			search("displayName eq "+quote(g.name)).includes(g, true)
			search(`meta.resourceType eq "Group" and displayName eq `+quote(g.name)).includes(g, true)
			search("displayName eq "+quote(g.name)+` and scimtestNothing eq "x"`).includes(g, false)
		}},
	{ID: "E25", Level: Stated, Source: "RFC 7644 §3.4.2.2, RFC 7159 §7",
		Sentence: "Strings in filters are JSON strings with all their escapes.",
		Failure:  "Clients do not find groups with quotation marks or accents in their names, and create them again.",
		check: func(p *probe) {
			p.needs("filter")
			name := p.name() + ` "a" \b é`
			g := p.createAs(p.group(name))
			p.find("displayName eq " + quote(name)).finds(g)
			p.find("displayName eq " + strings.NewReplacer("é", `\u00e9`, "a", `\u0061`).Replace(quote(name))).finds(g)
		}},
	{ID: "E27", Level: Must, Source: "RFC 7644 §3.4.2.3",
		Sentence: "If the service supports sorting, sortBy sorts: ascending by default, names case-insensitively, " +
			"missing values last.",
		Failure: "Clients that show sorted lists, or compare them in order, go wrong.",
		check: func(p *probe) {
			p.needs("sort")
			endings := []string{"c", "A", "b"}
			groups, filter := p.several(3, func(i int, g object) {
				g["displayName"] = fmt.Sprint(p.stem(), "x", endings[i])
				p.doubtful = append(p.doubtful, g["displayName"].(string))
				if i != 0 {
					g["externalId"] = fmt.Sprint(p.stem(), 9-i)
				}
			})
			for query, order := range map[string][]int{
				"sortBy=displayName":                       {1, 2, 0},
				"sortBy=displayName&sortOrder=ascending":   {1, 2, 0},
				"sortBy=displayName&sortOrder=descending":  {0, 2, 1},
				"sortBy=externalId":                        {2, 1, 0},
				"sortBy=externalId&sortOrder=descending":   {0, 1, 2},
				"sortBy=meta.lastModified&sortOrder=bogus": nil,
			} {
				r := p.find(filter, query)
				if order == nil {
					if r.status >= 500 {
						r.wrong("status %d", r.status)
					}
					continue
				}
				var want []string
				for _, i := range order {
					want = append(want, groups[i].id)
				}
				if r.want(200) && !slices.Equal(r.found(), want) {
					r.wrong("%s has the order %s", query, names(r))
				}
			}
		}},
	{ID: "E29", Level: Stated, Source: "RFC 7644 §3.4.3",
		Sentence: "A POST to /Groups/.search is a query with the parameters of GET in its body.",
		Failure:  "Clients that keep personal data out of URLs (RFC 7644 §7.5.2) cannot search.",
		check: func(p *probe) {
			groups, filter := p.several(2, nil)
			search := func(more ...any) *response {
				return p.post("/Groups/.search", with(object{"schemas": []string{messages + "SearchRequest"}, "filter": filter},
					more...))
			}
			r := search().must(200)
			r.finds(groups...)
			r.is("/totalResults", 2)
			if r := search("count", 1, "attributes", []string{"id"}).must(200); len(r.list("/Resources")) == 1 {
				r.lacks("/Resources/0/displayName")
			} else {
				r.wrong("the page has %d groups", len(r.list("/Resources")))
			}
			search("excludedAttributes", []string{"displayName"}).lacks("/Resources/0/displayName")
		}},
	{ID: "E32", Level: Need,
		Source:   "RFC 7644 §3.4.2.4 promises nothing; Okta (documentation) and authentik (source code) rely on it",
		Sentence: "Pages of unchanged groups neither skip nor repeat a group.",
		Failure:  "Clients miss groups, and create them again.",
		check: func(p *probe) {
			p.byIndex()
			groups, filter := p.several(5, nil)
			for range 3 { // since an order by chance is right now and then
				var found []string
				var last *response
				for start := 1; start <= 5; start += 2 {
					last = p.find(filter, fmt.Sprintf("startIndex=%d&count=2", start)).must(200)
					found = append(found, last.found()...)
				}
				if !sameGroups(found, groups) {
					last.wrong("three pages of two have %d of 5 groups, and %d in all", distinct(found), len(found))
					return
				}
			}
		}},
}

// distinct counts different values.
func distinct(values []string) int { return len(slices.Compact(slices.Sorted(slices.Values(values)))) }

// knows blocks the rule unless a filter that it relies on selects these groups.
func (p *probe) knows(filter string, groups ...*fixture) {
	if r := p.find(filter); r.status != 200 || !sameGroups(r.found(), groups) {
		p.block("%s does not select what it should (E12)", filter)
	}
}

// byIndex skips the rule if the service has no pages by index.
func (p *probe) byIndex() {
	if index, _ := at(p.config, "/pagination/index"); index == false {
		p.skip("the service has no pages by index")
	}
}

// byCursor reports whether pages are by cursor unless a request says otherwise.
func (p *probe) byCursor() bool {
	index, _ := at(p.config, "/pagination/index")
	method, _ := at(p.config, "/pagination/defaultPaginationMethod")
	return index == false || method == "cursor"
}

// query writes parameters of URLs from names and values.
func query(pairs ...string) string {
	var parts []string
	for i := 0; i+1 < len(pairs); i += 2 {
		parts = append(parts, pairs[i]+"="+url.QueryEscape(pairs[i+1]))
	}
	return strings.Join(parts, "&")
}
