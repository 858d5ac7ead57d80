package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// A scenario is something that clients do, at some sizes of what the server holds.
type scenario struct {
	name, title string
	// size says what the sizes count.
	size         string
	sizes, quick []int
	fixture      func(size int) fixture
	fixed        bool // the size is always the same
	// workers is how many clients work at a time.
	workers int
	// cut is how many rounds each one is cut into; 0 means one. Where two servers are
	// nearly alike, many short rounds say more of the difference than a few.
	cut int
	// prepare, if not nil, is called before each round.
	prepare func(s *session) error
	// work makes what a worker repeats; step counts from 0.
	work func(s *session) func(step int) error
	// finish, if not nil, is called after each round, with how many requests were
	// acknowledged with 2xx, and reports how many of them have left their mark.
	finish func(s *session, acknowledged int) (survived int, err error)
	// distinct is how many steps there are that differ, as bare sees them.
	distinct func(f fixture) int
	// only, if not nil, says which servers can do it.
	only func(k *kind) bool
	// views are the figures to show; the first is the one to plot.
	views []view
}

// session is what one worker knows in one round.
type session struct {
	c       *client
	f       fixture
	id      string // of the first group, or of the one that prepare has made
	worker  int
	round   string // a word that no other round on this server has
	refused int    // requests that did not get 2xx and need not
}

func once(fixture) int      { return 1 }
func sixtyFour(fixture) int { return 64 }

func oneGroup(size int) fixture   { return fixture{Groups: 1, Members: size} }
func manyGroups(size int) fixture { return fixture{Groups: size, Members: 2} }
func fewGroups(int) fixture       { return fixture{Groups: 100, Members: 10} }

// pageSize of walks.
const pageSize = 100

var scenarios = []*scenario{
	{
		name: "patch", title: "PATCH: add or remove one member", size: "members",
		sizes: []int{10, 1_000, 100_000, 1_000_000}, quick: []int{10, 1_000},
		fixture: oneGroup, workers: 1, distinct: once,
		work: func(s *session) func(int) error {
			path := "/Groups/" + s.id
			add, remove := addBody("newcomer"), removeBody("newcomer")
			return func(int) error {
				if err := s.c.expect("PATCH", path, add); err != nil {
					return err
				}
				return s.c.expect("PATCH", path, remove)
			}
		},
		views: []view{latency, cpu, allocated},
	},
	{
		name: "get", title: "GET of a whole group", size: "members",
		sizes: []int{10, 1_000, 100_000}, quick: []int{10, 1_000},
		fixture: oneGroup, workers: 2, distinct: once,
		work: func(s *session) func(int) error {
			return s.checked("/Groups/"+s.id, s.f.Members)
		},
		views: []view{rate, rateToBare, cpuToBare, allocated},
	},
	{
		name: "head", title: "GET with excludedAttributes=members", size: "members",
		sizes: []int{10, 1_000, 100_000}, quick: []int{10, 1_000},
		fixture: oneGroup, workers: 2, distinct: once,
		work: func(s *session) func(int) error {
			return s.checked("/Groups/"+s.id+"?excludedAttributes=members", 0)
		},
		views: []view{rate, rateToBare},
	},
	{
		name: "name", title: "List with filter displayName eq", size: "groups",
		sizes: []int{100, 10_000, 1_000_000}, quick: []int{100, 1_000},
		fixture: manyGroups, workers: 1, distinct: sixtyFour,
		work: func(s *session) func(int) error {
			return s.find(func(g int) string { return `displayName eq "` + s.f.name(g) + `"` })
		},
		views: []view{latency},
	},
	{
		name: "member", title: "List with filter members.value eq", size: "groups",
		sizes: []int{100, 10_000, 1_000_000}, quick: []int{100, 1_000},
		fixture: manyGroups, workers: 1, distinct: sixtyFour,
		work: func(s *session) func(int) error {
			return s.find(func(g int) string { return `members.value eq "` + s.f.member(g, 1) + `"` })
		},
		views: []view{latency},
	},
	{
		name: "scan", title: "List with filter displayName co, which no group matches", size: "groups",
		sizes: []int{100, 10_000, 1_000_000}, quick: []int{100, 1_000},
		fixture: manyGroups, workers: 1, distinct: once,
		work: func(s *session) func(int) error {
			return s.checked(query("filter", `displayName co "nobody"`), 0)
		},
		views: []view{latency, cpuEachGroup},
	},
	{
		name: "first", title: "First page of 100 groups", size: "groups",
		sizes: []int{10_000, 1_000_000}, quick: []int{1_000},
		fixture: manyGroups, workers: 1, distinct: once,
		work:  func(s *session) func(int) error { return s.page(1) },
		views: []view{latency},
	},
	{
		name: "late", title: "Page of 100 groups at nine tenths of the list", size: "groups",
		sizes: []int{10_000, 1_000_000}, quick: []int{1_000},
		fixture: manyGroups, workers: 1, distinct: once,
		work:  func(s *session) func(int) error { return s.page(s.f.Groups/10*9 + 1) },
		views: []view{latency},
	},
	{
		name: "index", title: "Walk through all pages by startIndex, 100 groups each", size: "groups",
		sizes: []int{100_000}, quick: []int{1_000},
		fixture: manyGroups, workers: 1, distinct: pages,
		work: func(s *session) func(int) error {
			return func(step int) error {
				start := step%pages(s.f)*pageSize + 1
				return s.c.expect("GET", query("startIndex", strconv.Itoa(start), "count", strconv.Itoa(pageSize)), "")
			}
		},
		views: []view{rate},
	},
	{
		name: "cursor", title: "Walk through all pages by cursor, 100 groups each", size: "groups",
		sizes: []int{100_000}, quick: []int{1_000},
		fixture: manyGroups, workers: 1, distinct: pages,
		only: func(k *kind) bool { return k.ours || k.name == "bare" },
		work: func(s *session) func(int) error {
			cursor := ""
			return func(int) error {
				path := query("cursor", cursor, "count", strconv.Itoa(pageSize))
				status, _, err := s.c.fetch("GET", path, "")
				if err := check("GET", path, status, err); err != nil {
					return err
				}
				// The last page has none, and the walk begins again.
				cursor, _ = textAfter(s.c.body.Bytes(), `"nextCursor":"`)
				return nil
			}
		},
		views: []view{rate},
	},
	{
		name: "writers", title: "16 writers add members to one group", size: "groups",
		sizes: []int{100}, quick: []int{100},
		fixture: fewGroups, fixed: true, workers: 16, distinct: once,
		prepare: func(s *session) (err error) {
			s.id, err = s.c.create("Writers " + s.round)
			return err
		},
		work: func(s *session) func(int) error {
			path := "/Groups/" + s.id
			return func(step int) error {
				status, _, err := s.c.send("PATCH", path, addBody(fmt.Sprintf("%s-%02d-%08d", s.round, s.worker, step)))
				if err == nil && check("", "", status, nil) != nil {
					s.refused++
				}
				return err
			}
		},
		finish: func(s *session, acknowledged int) (int, error) {
			path := "/Groups/" + s.id
			status, _, err := s.c.fetch("GET", path, "")
			if err := check("GET", path, status, err); err != nil {
				return 0, err
			}
			var group struct{ Members []struct{ Value string } }
			if err := json.Unmarshal(s.c.body.Bytes(), &group); err != nil {
				return 0, err
			}
			values := make([]string, len(group.Members))
			for i, m := range group.Members {
				values[i] = m.Value
			}
			slices.Sort(values)
			return len(slices.Compact(values)), s.c.expect("DELETE", path, "")
		},
		views: []view{rate, survivors, latency99},
	},
	{
		name: "crud", title: "POST, GET, PATCH, GET, DELETE of a small group, 4 clients", size: "groups",
		sizes: []int{100}, quick: []int{100},
		fixture: fewGroups, fixed: true, workers: 4, distinct: once,
		work: func(s *session) func(int) error {
			return func(step int) error {
				id, err := s.c.create(fmt.Sprintf("Small %s-%02d-%08d", s.round, s.worker, step), "a", "b", "c")
				if err != nil {
					return err
				}
				path := "/Groups/" + id
				for _, request := range []struct{ method, body string }{
					{"GET", ""}, {"PATCH", addBody("d")}, {"GET", ""}, {"DELETE", ""},
				} {
					if err := s.c.expect(request.method, path, request.body); err != nil {
						return err
					}
				}
				return nil
			}
		},
		views: []view{rate, cpu},
	},
	{
		name: "small", title: "GET of a group of 10 members, 16 clients", size: "groups",
		sizes: []int{100}, quick: []int{100},
		fixture: fewGroups, fixed: true, workers: 16, cut: 5, distinct: once,
		work: func(s *session) func(int) error {
			return s.checked("/Groups/"+s.id, s.f.Members)
		},
		views: []view{rate, rateToBare, rateToBareLow, rateToBareHigh, cpu, cpuToBare, cpuToBareLow, cpuToBareHigh, mallocs},
	},
	{
		name: "memory", title: "Memberships held in 100 groups, and a GET of one without members", size: "memberships",
		sizes: []int{100_000, 1_000_000}, quick: []int{10_000},
		fixture: func(size int) fixture { return fixture{Groups: min(size, 100), Members: max(1, size/100)} },
		workers: 1, distinct: once,
		only: func(k *kind) bool { return k.name != "bare" },
		work: func(s *session) func(int) error {
			return s.checked("/Groups/"+s.id+"?excludedAttributes=members", 0)
		},
		views: []view{heapEach, peakSize, latency},
	},
}

func pages(f fixture) int { return (f.Groups + pageSize - 1) / pageSize }

// wrongAnswer is the error of a response with another number of members than it should have.
type wrongAnswer struct {
	path     string
	is, want int
}

func (e *wrongAnswer) Error() string {
	return fmt.Sprintf("GET %s: %d members are in the answer, not %d", e.path, e.is, e.want)
}

// checked repeats a GET, and checks the number of members in the first response.
func (s *session) checked(path string, members int) func(int) error {
	return s.rotating([]string{path}, members)
}

// rotating takes one path after the other, and checks the first response.
func (s *session) rotating(paths []string, members int) func(int) error {
	return func(step int) error {
		path := paths[step%len(paths)]
		if step > 0 {
			return s.c.expect("GET", path, "")
		}
		status, _, err := s.c.fetch("GET", path, "")
		if err := check("GET", path, status, err); err != nil {
			return err
		}
		if n := bytes.Count(s.c.body.Bytes(), []byte(memberMark)); n != members {
			return &wrongAnswer{path, n, members}
		}
		return nil
	}
}

// find lists what a filter says of one of 64 groups.
func (s *session) find(filter func(g int) string) func(int) error {
	paths := make([]string, 64)
	for i := range paths {
		paths[i] = query("filter", filter(s.f.some(i)))
	}
	return s.rotating(paths, s.f.Members) // of one group
}

func (s *session) page(start int) func(int) error {
	path := query("startIndex", strconv.Itoa(start), "count", strconv.Itoa(pageSize))
	return s.checked(path, min(pageSize, s.f.Groups-start+1)*s.f.Members)
}
