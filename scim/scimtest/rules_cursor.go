package scimtest

import (
	"regexp"
	"slices"
)

// unreserved are the characters of RFC 3986 §2.3.
var unreserved = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)

// cursorRules are about pages by cursor: section F of the checklist.
var cursorRules = []Rule{
	{ID: "F01", Level: Stated, Source: "RFC 9865 §2",
		Sentence: "An empty cursor starts a traversal, with or without an equals sign.",
		Failure:  "Clients that page by cursor cannot start.",
		check: func(p *probe) {
			filter := p.cursors(2)
			p.find(filter, "cursor=&count=1").want(200)
			r := p.find(filter, "cursor&count=1")
			if r.want(200) && r.str("/nextCursor") == "" {
				r.wrong("there is no nextCursor")
			}
		}},
	{ID: "F02", Level: Stated, Source: "RFC 9865 §2",
		Sentence: "Cursors consist of unreserved characters.",
		Failure:  "Clients that put a cursor into a URL as it is send a different one.",
		check: func(p *probe) {
			r := p.find(p.cursors(2), "cursor=&count=1").must(200)
			if !unreserved.MatchString(r.str("/nextCursor")) {
				r.wrong("nextCursor is %s", text(r.value("/nextCursor")))
			}
		}},
	{ID: "F03", Level: Must, Source: "RFC 9865 §2",
		Sentence: "Every page but the last has a nextCursor, and the pages have each group once.",
		Failure:  "Clients miss groups, or never stop reading.",
		check: func(p *probe) {
			groups, filter := p.several(5, nil)
			p.offersCursors()
			var found []string
			for cursor, pages := "", 0; ; pages++ {
				r := p.find(filter, query("cursor", cursor, "count", "2")).must(200)
				found = append(found, r.found()...)
				next, there := r.object()["nextCursor"]
				if cursor, _ = next.(string); there && cursor == "" {
					r.wrong("nextCursor is %s", text(next))
				}
				if !there || pages == 5 {
					if !sameGroups(found, groups) {
						r.wrong("the pages have %d of 5 groups, and %d in all", distinct(found), len(found))
					}
					return
				}
			}
		}},
	{ID: "F04", Level: Must, Source: "RFC 9865 §2",
		Sentence: "The first page has no previousCursor.",
		Failure:  "Clients that page backwards never find the beginning.",
		check:    func(p *probe) { p.find(p.cursors(2), "cursor=&count=1").must(200).lacks("/previousCursor") }},
	{ID: "F05", Level: Must, Source: "RFC 9865 §2",
		Sentence: "A page has at most count groups, and a negative count means 0.",
		Failure:  "Clients get more than they asked for, or an error.",
		check: func(p *probe) {
			filter := p.cursors(3)
			for count, most := range map[string]int{"2": 2, "1": 1, "0": 0, "-1": 0} {
				r := p.find(filter, "cursor=&count="+count)
				if r.want(200) && len(r.list("/Resources")) > most {
					r.wrong("the page has %d groups", len(r.list("/Resources")))
				}
			}
		}},
	{ID: "F06", Level: Should, Source: "RFC 9865 §2.1",
		Sentence: "An invalid cursor returns 400 and invalidCursor.",
		Failure:  "Clients take the first page for the next one, and never stop reading.",
		check: func(p *probe) {
			p.find(p.cursors(2), "cursor=scimtest&count=1").fault(400, "invalidCursor")
		}},
	{ID: "F09", Level: Stated, Source: "RFC 9865 §2.2",
		Sentence: "Pages by cursor are sorted if the service supports sorting.",
		Failure:  "Clients that merge sorted lists go wrong.",
		check: func(p *probe) {
			p.needs("sort")
			groups, filter := p.several(3, nil)
			p.offersCursors()
			var found []string
			for cursor, pages := "", 0; pages < 3; pages++ {
				r := p.find(filter, query("cursor", cursor, "count", "1", "sortBy", "displayName", "sortOrder",
					"descending")).must(200)
				found = append(found, r.found()...)
				cursor = r.str("/nextCursor")
			}
			want := idsOf(groups)
			slices.Reverse(want)
			if !slices.Equal(found, want) {
				p.wrong("the pages are not in descending order of displayName")
			}
		}},
	{ID: "F10", Level: Stated, Source: "RFC 9865 §3",
		Sentence: "A SearchRequest supports cursors.",
		Failure:  "Clients that keep personal data out of URLs cannot page.",
		check: func(p *probe) {
			filter := p.cursors(2)
			search := func(cursor string) *response {
				return p.post("/Groups/.search", object{"schemas": []string{messages + "SearchRequest"},
					"filter": filter, "count": 1, "cursor": cursor})
			}
			first := search("").must(200)
			if next := first.str("/nextCursor"); next == "" {
				first.wrong("there is no nextCursor")
			} else if r := search(next); r.want(200) && (len(r.found()) != 1 || r.found()[0] == first.found()[0]) {
				r.wrong("the second page is %s", names(r))
			}
		}},
	{ID: "F11", Level: Should, Source: "RFC 9865 §4",
		Sentence: "pagination in ServiceProviderConfig is complete.",
		Failure:  "Clients that read it do not know how to page.",
		check: func(p *probe) {
			r := p.get("/ServiceProviderConfig").must(200)
			if r.value("/pagination") == nil {
				p.skip("there is no pagination in ServiceProviderConfig")
			}
			for _, name := range []string{"cursor", "index"} {
				if _, ok := r.value("/pagination/" + name).(bool); !ok {
					r.wrong("%s is %s", name, text(r.value("/pagination/"+name)))
				}
			}
			for _, name := range []string{"defaultPageSize", "maxPageSize", "cursorTimeout"} {
				v := r.value("/pagination/" + name)
				if n, ok := v.(float64); v != nil && (!ok || n < 1 || n != float64(int(n))) {
					r.wrong("%s is %s", name, text(v))
				}
			}
			if m := r.value("/pagination/defaultPaginationMethod"); m != nil && m != "index" && m != "cursor" {
				r.wrong("defaultPaginationMethod is %s", text(m))
			}
		}},
	{ID: "F15", Level: Stated, Source: "RFC 9865 §5.2",
		Sentence: "A modified cursor is refused.",
		Failure:  "A client can forge cursors.",
		check: func(p *probe) {
			filter := p.cursors(3)
			cursor := p.find(filter, "cursor=&count=1").must(200).str("/nextCursor")
			if len(cursor) < 8 {
				p.skip("the cursor is too short to be changed: %q", cursor)
			}
			middle := len(cursor) / 2
			other := byte('A')
			if cursor[middle] == other {
				other = 'B'
			}
			changed := cursor[:middle] + string(other) + cursor[middle+1:]
			p.find(filter, query("cursor", changed, "count", "1")).fault(400, "", "invalidCursor")
		}},
}

// offersCursors skips the rule if the service does not offer pages by cursor.
func (p *probe) offersCursors() {
	if cursor, _ := at(p.config, "/pagination/cursor"); cursor != true {
		p.skip("the service does not offer cursors (ServiceProviderConfig)")
	}
}

// cursors creates n groups and returns a filter that selects them.
func (p *probe) cursors(n int) (filter string) {
	p.offersCursors()
	_, filter = p.several(n, nil)
	return filter
}
