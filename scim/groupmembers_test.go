package scim_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// The URNs of the draft.
const (
	gmURN       = "urn:ietf:params:scim:schemas:core:2.0:GroupMember"
	gmExtension = "urn:ietf:params:scim:schemas:extension:groupMembers:2.0:Group"
)

// membership returns the body of a POST to /GroupMembers.
func membership(group, member string) string {
	return message(gmURN, `"group":{"value":`+strconv.Quote(group)+`},"member":{"value":`+strconv.Quote(member)+`}`)
}

// lazyStore omits the members of large groups, as a store over a database does, and has
// both optional interfaces.
type lazyStore struct{ *memory.Store }

func (s lazyStore) Get(ctx context.Context, id string, sel store.Selection) (store.Group, error) {
	most := sel.MaxMembers
	sel.MaxMembers = 0
	g, err := s.Store.Get(ctx, id, sel)
	omit(&g, most)
	return g, err
}

func (s lazyStore) List(ctx context.Context, q store.Query) (store.Page, error) {
	most := q.Select.MaxMembers
	q.Select.MaxMembers = 0
	page, err := s.Store.List(ctx, q)
	for i := range page.Groups {
		omit(&page.Groups[i], most)
	}
	return page, err
}

func omit(g *store.Group, most int) {
	if most > 0 && len(g.Members) > most {
		g.Members, g.MembersOmitted = nil, true
	}
}

func (s lazyStore) CountMembers(ctx context.Context, id string) (int, error) {
	g, err := s.Store.Get(ctx, id, store.Selection{Members: true})
	return len(g.Members), err
}

// carefulStore refuses text that a database would refuse: the handler must reject what is
// not UTF-8, or contains NUL, before a store sees it.
type carefulStore struct{ lazyStore }

func (s carefulStore) ScanMembers(ctx context.Context, id, after string, into []store.Member) (int, error) {
	if !utf8.ValidString(after) || strings.Contains(after, "\x00") {
		return 0, errors.New("this is not UTF-8 without NUL")
	}
	return s.lazyStore.ScanMembers(ctx, id, after, into)
}

// memberStores are stores with different abilities to read members.
var memberStores = map[string]func() store.GroupStore{
	"plain adapter":                  func() store.GroupStore { return newPlainStore() },
	"memory store":                   func() store.GroupStore { return memory.New() },
	"store that leaves members out":  func() store.GroupStore { return lazyStore{memory.New()} },
	"store that neither can nor may": func() store.GroupStore { return &hookedStore{GroupStore: memory.New()} },
}

// memberships returns the pairs group/member of a list, in its order.
func (a *answer) memberships() []string {
	out := []string{}
	list, _ := a.doc["Resources"].([]any)
	for _, r := range list {
		g, _ := follow(r, "/group/value")
		m, _ := follow(r, "/member/value")
		out = append(out, fmt.Sprint(g, "/", m))
	}
	return out
}

func listMemberships(t testing.TB, h http.Handler, filter string, parameters ...string) answer {
	t.Helper()
	return do(t, h, "GET", "/GroupMembers"+query(append([]string{"filter", filter}, parameters...)...), "")
}

func TestGroupMembersAreListedByGroupAndByMember(t *testing.T) {
	for kind, newStore := range memberStores {
		t.Run(kind, func(t *testing.T) {
			h := newHandler(t, scim.Config{Groups: newStore(), MembershipDraft: true})
			g := createWith(t, h, `"displayName":"G","members":[{"value":"c","type":"User"},{"value":"a","type":"User"},{"value":"b"},{"value":"e"},{"value":"d","type":"User"}]`)
			k := create(t, h, "K", "a", "z")
			create(t, h, "L", "z")
			byGroup := `group.value eq "` + g + `"`
			of := func(group string, members ...string) []string {
				out := []string{}
				for _, m := range members {
					out = append(out, group+"/"+m)
				}
				return out
			}
			both := append(of(g, "a"), of(k, "a")...)
			slices.Sort(both)
			for _, c := range []struct {
				name, filter string
				parameters   []string
				total        int
				want         []string
			}{
				{"all of a group", byGroup, nil, 5, of(g, "a", "b", "c", "d", "e")},
				{"a page by index", byGroup, []string{"startIndex", "2", "count", "2"}, 5, of(g, "b", "c")},
				{"the last page by index", byGroup, []string{"startIndex", "5", "count", "2"}, 5, of(g, "e")},
				{"a page behind the last", byGroup, []string{"startIndex", "9"}, 5, of(g)},
				{"the total alone", byGroup, []string{"count", "0"}, 5, of(g)},
				{"the total alone by cursor", byGroup, []string{"count", "0", "cursor", ""}, 5, of(g)},
				{"a group that is not there", `group.value eq "none"`, nil, 0, of(g)},
				{"a group that is not there by cursor", `group.value eq "none"`, []string{"cursor", ""}, 0, of(g)},
				{"all of a member", `member.value eq "a"`, nil, 2, both},
				{"a page of a member", `member.value eq "a"`, []string{"startIndex", "2", "count", "1"}, 2, both[1:]},
				{"a member of nothing", `member.value eq "nobody"`, nil, 0, of(g)},
				{"one membership by both", byGroup + ` and member.value eq "c"`, nil, 1, of(g, "c")},
				{"one membership by both the other way round", `member.value eq "c" and ` + byGroup, nil, 1, of(g, "c")},
				{"no membership by both", byGroup + ` and member.value eq "z"`, nil, 0, of(g)},
				{"those of a type", byGroup + ` and member.type eq "User"`, nil, 3, of(g, "a", "c", "d")},
				{"those of a type by cursor", byGroup + ` and member.type eq "User"`, []string{"cursor", "", "count", "9"}, 3, of(g, "a", "c", "d")},
				{"one by its member and its type", byGroup + ` and member.value eq "c" and member.type eq "User"`, nil, 1, of(g, "c")},
				{"those of a member by its type", `member.value eq "c" and member.type eq "User"`, nil, 1, of(g, "c")},
				{"a contradiction", byGroup + ` and group.value eq "` + k + `"`, nil, 0, of(g)},
				{"names in another letter case", `GROUP.VALUE EQ "` + g + `"`, []string{"count", "1"}, 5, of(g, "a")},
			} {
				t.Run(c.name, func(t *testing.T) {
					a := listMemberships(t, h, c.filter, c.parameters...).is(t, 200, "").has(t, map[string]any{"/totalResults": c.total})
					equal(t, "memberships", a.memberships(), c.want)
				})
			}
			for name, filter := range map[string]string{
				"no filter":              "",
				"a filter by type":       `member.type eq "User"`,
				"a filter that is odd":   `group.value sw "0"`,
				"either of two":          byGroup + ` or member.value eq "a"`,
				"a negation":             `not (` + byGroup + `)`,
				"an unknown attribute":   byGroup + ` and colour eq "red"`,
				"an attribute of groups": `displayName eq "G"`,
				"a filter cut off":       `group.value eq`,
			} {
				t.Run(name+" is refused", func(t *testing.T) {
					path := "/GroupMembers"
					if filter != "" {
						path += query("filter", filter)
					}
					a := do(t, h, "GET", path, "")
					a.is(t, 400, oneOf(a.str("/scimType"), "tooMany|invalidFilter|invalidValue"))
				})
			}
		})
	}
}

func TestGroupMembersArePagedByCursor(t *testing.T) {
	for kind, newStore := range memberStores {
		t.Run(kind, func(t *testing.T) {
			h := newHandler(t, scim.Config{Groups: newStore(), MembershipDraft: true})
			var all []string
			for i := range 10 {
				all = append(all, fmt.Sprintf("m%02d", i))
			}
			g := create(t, h, "G", append(slices.Clone(all), "m00x", "m07x")...)
			other := create(t, h, "Other", all...)
			byGroup := `group.value eq "` + g + `"`
			next := func(t *testing.T, cursor, filter string, count int) answer {
				t.Helper()
				return listMemberships(t, h, filter, "cursor", cursor, "count", strconv.Itoa(count))
			}
			t.Run("every member is there once, while others come and go", func(t *testing.T) {
				seen := map[string]int{}
				cursor := ""
				for page := range 20 {
					a := next(t, cursor, byGroup, 3).is(t, 200, "").has(t, map[string]any{"/startIndex": nil})
					for _, m := range a.memberships() {
						seen[strings.TrimPrefix(m, g+"/")]++
					}
					if cursor = a.str("/nextCursor"); cursor == "" {
						break
					}
					if page == 0 {
						do(t, h, "PATCH", "/Groups/"+g, patchOp(remove(`[{"value":"m00x"},{"value":"m07x"}]`), addMember("m00y"), addMember("m99"))).is(t, 204, "")
					}
				}
				for _, m := range all {
					if seen[m] != 1 {
						t.Errorf("%s was returned %d times", m, seen[m])
					}
				}
			})
			first := next(t, "", byGroup, 3).next(t)
			t.Run("the same filter in another letter case goes on", func(t *testing.T) {
				next(t, first, `Group.Value  EQ "`+g+`"`, 3).is(t, 200, "")
			})
			t.Run("another group is invalidCursor", func(t *testing.T) {
				next(t, first, `group.value eq "`+other+`"`, 3).is(t, 400, "invalidCursor")
			})
			t.Run("another count is invalidCount", func(t *testing.T) {
				next(t, first, byGroup, 4).is(t, 400, "invalidCount")
			})
			t.Run("a forged cursor is invalidCursor", func(t *testing.T) {
				next(t, "forged", byGroup, 3).is(t, 400, "invalidCursor")
				next(t, "forged", `member.value eq "m01"`, 3).is(t, 400, "invalidCursor")
				next(t, "forged", byGroup+` and member.type eq "User"`, 3).is(t, 400, "invalidCursor")
				next(t, "forged", `group.value eq "none"`, 3).is(t, 400, "invalidCursor")
			})
			t.Run("one of groups is invalidCursor", func(t *testing.T) {
				next(t, pageAt(t, h, "", "count", "1").next(t), byGroup, 1).is(t, 400, "invalidCursor")
				pageAt(t, h, first, "count", "3").is(t, 400, "invalidCursor")
			})
			t.Run("startIndex and cursor are invalidCursor", func(t *testing.T) {
				listMemberships(t, h, byGroup, "cursor", "", "startIndex", "1").is(t, 400, "invalidCursor")
			})
			t.Run("the groups of a member can be paged", func(t *testing.T) {
				a := next(t, "", `member.value eq "m03"`, 1).is(t, 200, "")
				b := next(t, a.next(t), `member.value eq "m03"`, 1).is(t, 200, "").has(t, map[string]any{"/nextCursor": nil})
				got := append(a.memberships(), b.memberships()...)
				want := []string{g + "/m03", other + "/m03"}
				slices.Sort(want)
				equal(t, "memberships", got, want)
			})
		})
	}
}

// scanCounter counts the pieces of members that are read.
type scanCounter struct {
	*memory.Store
	scans, lists int
}

func (s *scanCounter) ScanMembers(ctx context.Context, id, after string, into []store.Member) (int, error) {
	s.scans++
	return s.Store.ScanMembers(ctx, id, after, into)
}

func (s *scanCounter) List(ctx context.Context, q store.Query) (store.Page, error) {
	s.lists++
	return s.Store.List(ctx, q)
}

// The details of a membership are read for the groups of the page only, and a page by
// cursor begins where the one before ended.
func TestAPageOfTheGroupsOfAMemberReadsNoOthers(t *testing.T) {
	groups := &scanCounter{Store: memory.New()}
	h := newHandler(t, scim.Config{Groups: groups, MembershipDraft: true, Limits: scim.Limits{MaxCount: 10}})
	const total = 100
	var want []string
	for _, name := range numbered("Group", total) {
		want = append(want, createWith(t, h, `"displayName":"`+name+`","members":[{"value":"m","type":"User"}]`)+"/m")
	}
	slices.Sort(want)
	const filter = `member.value eq "m"`
	for _, c := range []struct {
		name        string
		filter      string
		parameters  []string
		want        []string
		scans, most int
	}{
		{"a page by index", filter, []string{"startIndex", "41", "count", "3"}, want[40:43], 3, 10},
		{"the total alone", filter, []string{"count", "0"}, nil, 0, 10},
		{"a filter that has to know more", filter + ` and member.type eq "User"`, []string{"count", "3"}, want[:3], total, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			groups.scans, groups.lists = 0, 0
			a := listMemberships(t, h, c.filter, c.parameters...).is(t, 200, "").has(t, map[string]any{"/totalResults": total})
			equal(t, "memberships", a.memberships(), c.want)
			if groups.scans != c.scans || groups.lists > c.most {
				t.Errorf("%d scans, want %d; %d lists", groups.scans, c.scans, groups.lists)
			}
		})
	}
	var seen []string
	for cursor, page := "", 0; ; page++ {
		groups.scans, groups.lists = 0, 0
		a := listMemberships(t, h, filter, "cursor", cursor, "count", "10").is(t, 200, "").has(t, map[string]any{"/totalResults": total})
		seen = append(seen, a.memberships()...)
		if groups.scans != 10 || page > 0 && groups.lists > 2 {
			t.Errorf("page %d took %d scans and %d lists", page, groups.scans, groups.lists)
		}
		a.has(t, map[string]any{"/Resources/0/member/type": "User"})
		if cursor = a.str("/nextCursor"); cursor == "" {
			break
		}
	}
	equal(t, "all pages", seen, want)
}

func TestGroupMembersAreAddedReadAndRemoved(t *testing.T) {
	for kind, newStore := range memberStores {
		t.Run(kind, func(t *testing.T) {
			h := newHandler(t, scim.Config{Groups: newStore(), MembershipDraft: true, BaseURL: "https://example.com/scim/v2", ResourceTypes: userType()})
			g := create(t, h, "G", "a")
			body := message(gmURN, `"id":"mine","group":{"value":"`+g+`"},"member":{"value":"b","type":"User"}`)
			made := do(t, h, "POST", "/GroupMembers", body).is(t, 201, "").has(t, map[string]any{
				"/schemas": []any{gmURN}, "/group/value": g, "/group/$ref": "https://example.com/scim/v2/Groups/" + g,
				"/member/value": "b", "/member/type": "User", "/member/$ref": "https://example.com/scim/v2/Users/b", "/meta/resourceType": "GroupMember"})
			id := made.str("/id")
			if location := made.header.Get("Location"); location != "https://example.com/scim/v2/GroupMembers/"+id || made.str("/meta/location") != location {
				t.Errorf("Location is %q, meta.location %q", location, made.str("/meta/location"))
			}
			equal(t, "members", membersOf(t, h, g), []string{"a", "b"})
			t.Run("it reads the same wherever it stands", func(t *testing.T) {
				want := text(t, made.doc)
				for name, a := range map[string]answer{
					"alone":                    do(t, h, "GET", "/GroupMembers/"+id, ""),
					"in the list of the group": listMemberships(t, h, `group.value eq "`+g+`" and member.value ne "a"`),
					"in that of the member":    listMemberships(t, h, `member.value eq "b"`),
					"in that of both":          listMemberships(t, h, `member.value eq "b" and group.value eq "`+g+`"`),
				} {
					got := a.is(t, 200, "").doc
					if one, ok := a.at("/Resources/0"); ok {
						got = one.(map[string]any)
					}
					if text(t, got) != want {
						t.Errorf("%s it is\n%s, when it was made\n%s", name, text(t, got), want)
					}
				}
				do(t, h, "HEAD", "/GroupMembers/"+id, "").is(t, 200, "")
			})
			for _, r := range []request{
				{"a membership that is there", "POST", "/GroupMembers", body, 409, "uniqueness", nil},
				{"a group that is not there", "POST", "/GroupMembers", membership("none", "b"), 400, "invalidValue", nil},
				{"no group", "POST", "/GroupMembers", message(gmURN, `"member":{"value":"b"}`), 400, "invalidValue", nil},
				{"no member", "POST", "/GroupMembers", message(gmURN, `"group":{"value":"`+g+`"}`), 400, "invalidValue", nil},
				{"an empty member", "POST", "/GroupMembers", membership(g, ""), 400, "invalidValue", nil},
				{"a member that is a number", "POST", "/GroupMembers", message(gmURN, `"group":{"value":"`+g+`"},"member":{"value":7}`), 400, "invalidSyntax|invalidValue", nil},
				{"a member that is a list", "POST", "/GroupMembers", message(gmURN, `"group":{"value":"`+g+`"},"member":[]`), 400, "invalidSyntax|invalidValue", nil},
				{"two members", "POST", "/GroupMembers", message(gmURN, `"group":{"value":"`+g+`"},"member":{"value":"c"},"Member":{"value":"d"}`), 400, "invalidSyntax", nil},
				{"a member with two values", "POST", "/GroupMembers", message(gmURN, `"group":{"value":"`+g+`"},"member":{"value":"c","value":"d"}`), 400, "invalidSyntax", nil},
				{"no schemas", "POST", "/GroupMembers", `{"group":{"value":"` + g + `"},"member":{"value":"c"}}`, 400, "invalidSyntax", nil},
				{"the schema of groups", "POST", "/GroupMembers", message(groupURN, `"group":{"value":"`+g+`"},"member":{"value":"c"}`), 400, "invalidSyntax", nil},
				{"no body", "POST", "/GroupMembers", "", 400, "invalidSyntax", nil},
				{"another media type", "POST", "/GroupMembers", body, 415, "", []string{"Content-Type", "text/plain"}},
				{"an id that is none", "GET", "/GroupMembers/x", "", 404, "", nil},
				{"an id that is half", "GET", "/GroupMembers/" + strings.Split(id, ".")[0], "", 404, "", nil},
				{"an id without a member", "GET", "/GroupMembers/" + strings.Split(id, ".")[0] + ".", "", 404, "", nil},
				{"an id without a group", "GET", "/GroupMembers/." + strings.Split(id, ".")[1], "", 404, "", nil},
				{"an id that is longer", "GET", "/GroupMembers/" + id + ".x", "", 404, "", nil},
				{"an id whose member is not UTF-8", "GET", "/GroupMembers/" + strings.Split(id, ".")[0] + "._w", "", 404, "", nil},
				{"an id whose member is NUL", "GET", "/GroupMembers/" + strings.Split(id, ".")[0] + ".AA", "", 404, "", nil},
				{"a DELETE of an id whose member is NUL", "DELETE", "/GroupMembers/" + strings.Split(id, ".")[0] + ".AA", "", 404, "", nil},
				{"a DELETE of an id without a member", "DELETE", "/GroupMembers/" + strings.Split(id, ".")[0] + ".", "", 404, "", nil},
				{"PUT", "PUT", "/GroupMembers/" + id, body, 405, "", nil},
				{"PATCH", "PATCH", "/GroupMembers/" + id, patchOp(addMember("x")), 405, "", nil},
				{"POST to a membership", "POST", "/GroupMembers/" + id, body, 405, "", nil},
				{"DELETE of all", "DELETE", "/GroupMembers", "", 405, "", nil},
				{"more of a path", "GET", "/GroupMembers/" + id + "/x", "", 404, "", nil},
			} {
				t.Run(r.name, func(t *testing.T) {
					a := do(t, h, r.method, r.path, r.body, r.headers...)
					a.is(t, r.status, oneOf(a.str("/scimType"), r.scimType))
					equal(t, "members", membersOf(t, h, g), []string{"a", "b"})
				})
			}
			t.Run("the methods of the list and of one are told apart", func(t *testing.T) {
				for path, want := range map[string]string{"/GroupMembers": "GET, HEAD, POST, OPTIONS", "/GroupMembers/" + id: "GET, HEAD, DELETE, OPTIONS"} {
					if allow := do(t, h, "OPTIONS", path, "").is(t, 204, "").header.Get("Allow"); allow != want {
						t.Errorf("%s allows %q", path, allow)
					}
				}
			})
			t.Run("it is removed once", func(t *testing.T) {
				do(t, h, "DELETE", "/GroupMembers/"+id, "").is(t, 204, "")
				equal(t, "members", membersOf(t, h, g), []string{"a"})
				do(t, h, "DELETE", "/GroupMembers/"+id, "").is(t, 404, "")
				do(t, h, "GET", "/GroupMembers/"+id, "").is(t, 404, "")
			})
			t.Run("it is gone with its group", func(t *testing.T) {
				doomed := create(t, h, "Doomed", "a")
				a := listMemberships(t, h, `group.value eq "`+doomed+`"`)
				id := a.str("/Resources/0/id")
				do(t, h, "GET", "/GroupMembers/"+id, "").is(t, 200, "")
				do(t, h, "DELETE", "/Groups/"+doomed, "").is(t, 204, "")
				do(t, h, "GET", "/GroupMembers/"+id, "").is(t, 404, "")
				do(t, h, "DELETE", "/GroupMembers/"+id, "").is(t, 404, "")
				listMemberships(t, h, `member.value eq "a" and group.value eq "`+doomed+`"`).is(t, 200, "").has(t, map[string]any{"/totalResults": 0})
			})
		})
	}
}

func TestGroupMembersWithUnusualIDs(t *testing.T) {
	odd := []string{"a/b c", "50% of?all&more=x#y", "Müller", "say \"hello\"", `back\slash`, "a.b", "日本", "tab\there", "bell\a", "delete\x7f", "\u0080", "z\u00e9", "-_~", "A\u2028B", strings.Repeat("x", 200)}
	newIDs := func(ids []string) func(store.Group) string {
		i := -1
		return func(store.Group) string { i++; return ids[i] }
	}
	h := newHandler(t, scim.Config{Groups: lazyStore{memory.NewWith(memory.Options{NewID: newIDs(odd)})}, MembershipDraft: true, Logger: quiet()})
	for i := range odd {
		create(t, h, "Group "+strconv.Itoa(i), "first")
	}
	for _, group := range odd {
		for _, member := range odd[:4] {
			checkOddMembership(t, h, group, member)
		}
	}
	for _, member := range odd {
		checkOddMembership(t, h, odd[0], member)
	}
	t.Run("the ref of membersMetadata leads to the memberships", func(t *testing.T) {
		for _, group := range odd {
			a := do(t, h, "GET", "/Groups/"+pathEscaped(group)+"?attributes=membersMetadata,"+gmExtension+":membersMetadata", "").is(t, 200, "")
			ref := a.str("/" + gmExtension + "/membersMetadata/ref")
			u, err := url.Parse(ref)
			if err != nil {
				t.Fatal(err)
			}
			list := do(t, h, "GET", strings.TrimPrefix(u.RequestURI(), mount), "")
			if list.status != 200 || list.int("/totalResults") != 1 || list.str("/Resources/0/group/value") != group {
				t.Errorf("%q has the ref %s, whose response is %d %s", group, ref, list.status, shortened(list.text))
			}
		}
	})
}

func checkOddMembership(t *testing.T, h http.Handler, group, member string) {
	t.Helper()
	t.Run(strconv.Quote(group[:min(12, len(group))])+" and "+strconv.Quote(member[:min(12, len(member))]), func(t *testing.T) {
		a := do(t, h, "POST", "/GroupMembers", message(gmURN, `"group":{"value":`+text(t, group)+`},"member":{"value":`+text(t, member)+`}`)).is(t, 201, "")
		id := a.str("/id")
		if strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") != "" {
			t.Errorf("the id is %q", id)
		}
		do(t, h, "GET", "/GroupMembers/"+id, "").is(t, 200, "").has(t, map[string]any{"/id": id, "/group/value": group, "/member/value": member})
		listMemberships(t, h, `group.value eq `+text(t, group)+` and member.value eq `+text(t, member)).is(t, 200, "").has(t, map[string]any{"/totalResults": 1, "/Resources/0/id": id})
		do(t, h, "DELETE", "/GroupMembers/"+id, "").is(t, 204, "")
		do(t, h, "GET", "/GroupMembers/"+id, "").is(t, 404, "")
	})
}

func TestGroupMembersAreAuthorizedAsTheirGroup(t *testing.T) {
	var closed string
	allowed := map[scim.Operation]bool{}
	h := newHandler(t, scim.Config{MembershipDraft: true, Auth: scim.Auth{Authorize: func(_ context.Context, a scim.Access) error {
		if a.GroupID == closed && closed != "" && !allowed[a.Operation] {
			return scim.ErrForbidden
		}
		return nil
	}}})
	id, open := create(t, h, "Closed", "a"), create(t, h, "Open", "a")
	a := listMemberships(t, h, `group.value eq "`+id+`"`)
	member := a.str("/Resources/0/id")
	closed = id
	sendAll(t, h, []request{
		{"GET of a membership is forbidden", "GET", "/GroupMembers/" + member, "", 403, "", nil},
		{"POST is forbidden", "POST", "/GroupMembers", membership(id, "b"), 403, "", nil},
		{"DELETE is forbidden", "DELETE", "/GroupMembers/" + member, "", 403, "", nil},
		{"the list of the group is forbidden", "GET", "/GroupMembers" + query("filter", `group.value eq "`+id+`"`), "", 403, "", nil},
		{"and by cursor", "GET", "/GroupMembers" + query("filter", `group.value eq "`+id+`"`, "cursor", ""), "", 403, "", nil},
	})
	t.Run("in the list of a member it is not there, nor counted", func(t *testing.T) {
		for _, parameters := range [][]string{nil, {"cursor", ""}, {"count", "0"}} {
			a := listMemberships(t, h, `member.value eq "a"`, parameters...).is(t, 200, "").has(t, map[string]any{"/totalResults": 1})
			if got := a.memberships(); len(got) > 0 {
				equal(t, "memberships", got, []string{open + "/a"})
			}
		}
		a := listMemberships(t, h, `member.value eq "a" and group.value eq "`+id+`"`)
		if a.status != 403 && (a.status != 200 || a.int("/totalResults") != 0) {
			t.Errorf("got %s", a.text)
		}
	})
	t.Run("a subject that may read may not write", func(t *testing.T) {
		allowed[scim.OperationRead] = true
		do(t, h, "GET", "/GroupMembers/"+member, "").is(t, 200, "")
		do(t, h, "DELETE", "/GroupMembers/"+member, "").is(t, 403, "")
		do(t, h, "POST", "/GroupMembers", membership(id, "b")).is(t, 403, "")
	})
	t.Run("a subject that may patch may write", func(t *testing.T) {
		allowed[scim.OperationPatch] = true
		do(t, h, "POST", "/GroupMembers", membership(id, "b")).is(t, 201, "")
	})
	t.Run("of another tenant nothing is there", func(t *testing.T) {
		one, two := memory.New(), memory.New()
		h := newHandler(t, scim.Config{MembershipDraft: true, SelectTenant: func(r *http.Request, _ scim.Subject) (scim.Tenant, error) {
			if r.Header.Get("X-Tenant") == "two" {
				return scim.Tenant{Name: "two", Groups: two}, nil
			}
			return scim.Tenant{Name: "one", Groups: one}, nil
		}})
		id := create(t, h, "G", "a", "b")
		byGroup := "/GroupMembers" + query("filter", `group.value eq "`+id+`"`, "cursor", "", "count", "1")
		a := do(t, h, "GET", byGroup, "")
		do(t, h, "GET", byGroup, "", "X-Tenant", "two").is(t, 200, "").has(t, map[string]any{"/totalResults": 0})
		do(t, h, "GET", "/GroupMembers/"+a.str("/Resources/0/id"), "", "X-Tenant", "two").is(t, 404, "")
		do(t, h, "GET", "/GroupMembers"+query("filter", `group.value eq "`+id+`"`, "cursor", a.next(t), "count", "1"), "", "X-Tenant", "two").is(t, 400, "invalidCursor")
	})
}

func TestGroupMembersAreOffByDefault(t *testing.T) {
	h := newHandler(t, scim.Config{})
	id := create(t, h, "G", "a")
	sendAll(t, h, []request{
		{"list", "GET", "/GroupMembers" + query("filter", `group.value eq "`+id+`"`), "", 404, "", nil},
		{"POST", "POST", "/GroupMembers", membership(id, "b"), 404, "", nil},
		{"one", "GET", "/GroupMembers/x", "", 404, "", nil},
		{"its schema", "GET", "/Schemas/" + gmURN, "", 404, "", nil},
		{"its type", "GET", "/ResourceTypes/GroupMember", "", 404, "", nil},
	})
	if a := do(t, h, "GET", "/Groups/"+id+"?attributes="+gmExtension, ""); strings.Contains(a.text, "membersMetadata") {
		t.Errorf("the group is %s", a.text)
	}
	t.Run("turned on, discovery has it", func(t *testing.T) {
		h := newHandler(t, scim.Config{MembershipDraft: true})
		do(t, h, "GET", "/Schemas/"+gmURN, "").is(t, 200, "").has(t, map[string]any{"/id": gmURN})
		do(t, h, "GET", "/Schemas/"+gmExtension, "").is(t, 200, "")
		do(t, h, "GET", "/ResourceTypes/GroupMember", "").is(t, 200, "").has(t, map[string]any{"/endpoint": "/GroupMembers", "/schema": gmURN})
		do(t, h, "GET", "/ResourceTypes/Group", "").is(t, 200, "").has(t, map[string]any{"/schemaExtensions/0/schema": gmExtension, "/schemaExtensions/0/required": false})
	})
}

func TestMembersMetadataIsReturnedOnRequestOnly(t *testing.T) {
	for kind, newStore := range memberStores {
		t.Run(kind, func(t *testing.T) {
			groups := newStore()
			h := newHandler(t, scim.Config{Groups: groups, MembershipDraft: true, BaseURL: "https://example.com/scim/v2"})
			id := create(t, h, "G", "a", "b", "c")
			at := "/" + gmExtension + "/membersMetadata"
			for name, a := range map[string]answer{
				"a GET": do(t, h, "GET", "/Groups/"+id, ""), "a GET without members": do(t, h, "GET", "/Groups/"+id+"?excludedAttributes=members", ""),
				"a list": do(t, h, "GET", "/Groups", ""), "a GET of the name": do(t, h, "GET", "/Groups/"+id+"?attributes=displayName", ""),
				"a PUT": do(t, h, "PUT", "/Groups/"+id, group(`"displayName":"G","members":[{"value":"a"},{"value":"b"},{"value":"c"}]`)),
			} {
				if strings.Contains(a.text, "membersMetadata") || strings.Contains(a.text, gmExtension) {
					t.Errorf("%s has it: %s", name, a.text)
				}
			}
			var count any // is known of stores that count
			if _, ok := groups.(store.MemberCounter); ok {
				count = 3
			}
			for _, attribute := range []string{gmExtension + ":membersMetadata", gmExtension + ":membersMetadata,members"} {
				a := do(t, h, "GET", "/Groups/"+id+"?attributes="+attribute, "").is(t, 200, "").has(t, map[string]any{
					"/schemas": []any{groupURN, gmExtension}, at + "/policy": "hybrid", at + "/memberCount": count})
				if ref := a.str(at + "/ref"); !strings.HasPrefix(ref, "https://example.com/scim/v2/GroupMembers?filter=") {
					t.Errorf("the ref is %q", ref)
				}
			}
			list := do(t, h, "GET", "/Groups?attributes="+gmExtension+":membersMetadata", "").is(t, 200, "")
			if policy := list.str("/Resources/0" + at + "/policy"); policy != "hybrid" {
				t.Errorf("in a list it is %s", list.text)
			}
			t.Run("a client cannot write it", func(t *testing.T) {
				do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"replace","path":"`+gmExtension+`:membersMetadata.policy","value":"external"}`)).is(t, 400, "mutability")
				do(t, h, "PUT", "/Groups/"+id, group(`"displayName":"G","`+gmExtension+`":{"membersMetadata":{"policy":"external","memberCount":7}}`)).is(t, 200, "")
				do(t, h, "GET", "/Groups/"+id+"?attributes="+gmExtension+":membersMetadata", "").has(t, map[string]any{at + "/policy": "hybrid"})
			})
		})
	}
	t.Run("where members are never returned it says that they are external", func(t *testing.T) {
		h := newHandler(t, scim.Config{MembershipDraft: true, Members: scim.Members{Returned: scim.MembersNever}})
		id := create(t, h, "G", "a")
		do(t, h, "GET", "/Groups/"+id+"?attributes="+gmExtension+":membersMetadata,members", "").has(t, map[string]any{"/" + gmExtension + "/membersMetadata/policy": "external", "/members": nil})
		listMemberships(t, h, `group.value eq "`+id+`"`).is(t, 200, "").has(t, map[string]any{"/totalResults": 1})
	})
	t.Run("a search asks for it too", func(t *testing.T) {
		h := newHandler(t, scim.Config{MembershipDraft: true})
		create(t, h, "G", "a")
		if a := do(t, h, "POST", "/Groups/.search", search(`"attributes":["`+gmExtension+`:membersMetadata"]`)); a.str("/Resources/0/"+gmExtension+"/membersMetadata/policy") != "hybrid" {
			t.Errorf("got %s", a.text)
		}
	})
}

func TestGroupMembersPassOnlyValidTextToAStore(t *testing.T) {
	h := newHandler(t, scim.Config{Groups: carefulStore{lazyStore{memory.New()}}, MembershipDraft: true, Logger: quiet()})
	id := create(t, h, "G", "a")
	for _, member := range []string{"b", "ü", "1", "\u0080", "\x01"} {
		a := do(t, h, "POST", "/GroupMembers", message(gmURN, `"group":{"value":"`+id+`"},"member":{"value":`+text(t, member)+`}`)).is(t, 201, "")
		do(t, h, "GET", "/GroupMembers/"+a.str("/id"), "").is(t, 200, "")
		listMemberships(t, h, `group.value eq "`+id+`"`).is(t, 200, "")
		listMemberships(t, h, `group.value eq "`+id+`"`, "cursor", "").is(t, 200, "")
	}
}

func TestGroupMembersHaveCanonicalValues(t *testing.T) {
	h := newHandler(t, scim.Config{MembershipDraft: true, Members: scim.Members{Canonical: strings.ToLower}})
	id := create(t, h, "G", "ANN")
	do(t, h, "POST", "/GroupMembers", membership(id, "Ann")).is(t, 409, "uniqueness")
	do(t, h, "POST", "/GroupMembers", membership(id, "BOB")).is(t, 201, "").has(t, map[string]any{"/member/value": "bob"})
	listMemberships(t, h, `member.value eq "Bob"`).is(t, 200, "").has(t, map[string]any{"/totalResults": 1})
	listMemberships(t, h, `group.value eq "`+id+`" and member.value eq "ANN"`).is(t, 200, "").has(t, map[string]any{"/totalResults": 1})
}

// The host chooses when members are part of a response, and the choice is published.
func TestMembersAreReturnedAsPublished(t *testing.T) {
	for _, c := range []struct {
		returned                                 scim.MembersReturned
		published                                string
		plain, asked, listed, askedList, written bool
	}{
		{scim.MembersByDefault, "default", true, true, true, true, true},
		{scim.MembersOnRequest, "request", false, true, false, true, true},
		{scim.MembersNever, "never", false, false, false, false, false},
	} {
		t.Run(c.published, func(t *testing.T) {
			h := newHandler(t, scim.Config{Members: scim.Members{Returned: c.returned}})
			schema := do(t, h, "GET", "/Schemas/"+groupURN, "")
			list, _ := schema.doc["attributes"].([]any)
			for _, a := range list {
				if name, _ := follow(a, "/name"); name == "members" {
					if returned, _ := follow(a, "/returned"); returned != c.published {
						t.Errorf("%v is published", returned)
					}
				}
			}
			id := create(t, h, "G", "a")
			has := func(a answer) bool { return strings.Contains(a.ok(t).text, `"members"`) }
			tag := do(t, h, "HEAD", "/Groups/"+id, "").header.Get("ETag")
			for name, got := range map[string]struct {
				a    answer
				want bool
			}{
				"a GET":                          {do(t, h, "GET", "/Groups/"+id, ""), c.plain},
				"a GET that asks":                {do(t, h, "GET", "/Groups/"+id+"?attributes=members", ""), c.asked},
				"a GET that asks for values":     {do(t, h, "GET", "/Groups/"+id+"?attributes=members.value", ""), c.asked},
				"a GET that excludes them":       {do(t, h, "GET", "/Groups/"+id+"?excludedAttributes=members", ""), false},
				"a GET that excludes others":     {do(t, h, "GET", "/Groups/"+id+"?excludedAttributes=displayName", ""), c.plain},
				"a list":                         {do(t, h, "GET", "/Groups", ""), c.listed},
				"a list that asks":               {do(t, h, "GET", "/Groups?attributes=members", ""), c.askedList},
				"a list by cursor":               {do(t, h, "GET", "/Groups?cursor", ""), c.listed},
				"a search that asks":             {do(t, h, "POST", "/.search", search(`"attributes":["members"]`)), c.askedList},
				"a POST":                         {do(t, h, "POST", "/Groups", group(`"displayName":"P","members":[{"value":"a"}]`)), c.written},
				"a PUT":                          {do(t, h, "PUT", "/Groups/"+id, group(`"displayName":"G","members":[{"value":"a"}]`), "If-Match", tag), c.written},
				"a PATCH that asks":              {do(t, h, "PATCH", "/Groups/"+id+"?attributes=members", patchOp(addMember("a"))), c.asked},
				"a filter that looks at members": {do(t, h, "GET", "/Groups"+query("filter", `members.value eq "a"`), ""), c.listed},
			} {
				if has(got.a) != got.want {
					t.Errorf("%s: %s", name, got.a.text)
				}
			}
			if c.returned != scim.MembersByDefault {
				groups := &hookedStore{GroupStore: memory.New()}
				h := newHandler(t, scim.Config{Groups: groups, Members: scim.Members{Returned: c.returned}})
				id := create(t, h, "G", "a")
				groups.selections = nil // who wrote the members may see them
				do(t, h, "GET", "/Groups/"+id, "")
				do(t, h, "GET", "/Groups", "")
				for _, s := range groups.selections {
					if s.Members {
						t.Error("members are read although nobody sees them")
					}
				}
			}
		})
	}
	t.Run("an unknown choice is refused", func(t *testing.T) {
		if _, err := scim.NewHandler(scim.Config{Groups: memory.New(), Auth: scim.Auth{Authenticator: scim.Anonymous}, Members: scim.Members{Returned: scim.MembersNever + 1}}); err == nil {
			t.Error("a Handler was built")
		}
	})
}

func TestMembersOfLargeGroupsInLists(t *testing.T) {
	for kind, newStore := range memberStores {
		t.Run("a large group is streamed into a list of a "+kind, func(t *testing.T) {
			groups := newStore()
			var members []store.Member
			var want []string
			for i := range 2500 {
				members = append(members, store.Member{Value: fmt.Sprintf("m%05d", i), Display: strings.Repeat("x", 30)})
				want = append(want, members[i].Value)
			}
			for _, g := range []store.Group{{DisplayName: "A", Members: members[:2]}, {DisplayName: "B", Members: members}, {DisplayName: "C"}, {DisplayName: "D", Members: members[:1000]}, {DisplayName: "E", Members: members[:1001]}} {
				if _, err := groups.Create(t.Context(), g); err != nil {
					t.Fatal(err)
				}
			}
			h := newHandler(t, scim.Config{Groups: groups})
			for _, path := range []string{"/Groups?sortBy=displayName", "/Groups?sortBy=displayName&cursor"} {
				a := do(t, h, "GET", path, "").is(t, 200, "")
				for i, n := range []int{2, 2500, 0, 1000, 1001} {
					one, _ := a.at("/Resources/" + strconv.Itoa(i))
					doc, _ := one.(map[string]any)
					g := answer{doc: doc}
					equal(t, "members of "+g.str("/displayName"), g.values(), want[:n])
				}
			}
		})
		t.Run("a group above MaxListMembers has none in a list of a "+kind, func(t *testing.T) {
			h := newHandler(t, scim.Config{Groups: newStore(), Limits: scim.Limits{MaxListMembers: 2}})
			large := create(t, h, "Large", "a", "b", "c")
			create(t, h, "Small", "a", "b")
			for _, a := range []answer{do(t, h, "GET", "/Groups?sortBy=displayName", ""), do(t, h, "POST", "/.search", search(`"sortBy":"displayName","attributes":["members","displayName"]`)), do(t, h, "GET", "/Groups?sortBy=displayName&cursor", "")} {
				a.has(t, map[string]any{"/Resources/0/members": nil, "/Resources/0/displayName": "Large", "/Resources/1/members/1/value": "b"})
			}
			equal(t, "members", membersOf(t, h, large), []string{"a", "b", "c"})
		})
	}
}
