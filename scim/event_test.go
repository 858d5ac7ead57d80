package scim_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

// changes notes the events of OnChange.
type changes struct {
	mu  sync.Mutex
	all []store.Event
}

func (c *changes) note(_ context.Context, e store.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, e)
}

func (c *changes) take() []store.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.all
	c.all = nil
	return out
}

// lines describes what has changed in each event: "patch +c -a ~b externalId".
func lines(events []store.Event) (out []string) {
	for _, e := range events {
		line := string(e.Operation)
		var parts []string
		for _, m := range e.Added {
			parts = append(parts, "+"+m.Value)
		}
		for _, v := range e.Removed {
			parts = append(parts, "-"+v)
		}
		for _, m := range e.Altered {
			parts = append(parts, "~"+m.Value)
		}
		slices.Sort(parts)
		for _, p := range append(parts, e.Attributes...) {
			line += " " + p
		}
		out = append(out, line)
	}
	return out
}

func TestOnChangeReportsWhatHasChanged(t *testing.T) {
	told := &changes{}
	for kind, newStore := range stores {
		for _, c := range []struct {
			name, method, path, body string
			want                     []string
		}{
			{"a POST", "POST", "/Groups", group(`"displayName":"New","externalId":"e","members":[{"value":"x"},{"value":"y"},{"value":"x"}],` + site(`"site":"S"`)),
				[]string{"create +x +y displayName externalId " + siteURN + ":site"}},
			{"a POST without members", "POST", "/Groups", group(`"displayName":"New"`), []string{"create displayName"}},
			{"a POST that fails", "POST", "/Groups", group(`"displayName":"g"`), nil},
			{"a PATCH that adds one new and one old member", "PATCH", "/Groups/{id}", patchOp(addMember("a"), addMember("n")), []string{"patch +n"}},
			{"a PATCH that adds an old member", "PATCH", "/Groups/{id}", patchOp(addMember("a")), nil},
			{"a PATCH that removes one member and one that is not there", "PATCH", "/Groups/{id}", patchOp(remove(`[{"value":"a"},{"value":"z"}]`)), []string{"patch -a"}},
			{"a PATCH that removes nobody", "PATCH", "/Groups/{id}", patchOp(`{"op":"remove","path":"members[value eq \"z\"]"}`), nil},
			{"a PATCH that adds and removes", "PATCH", "/Groups/{id}", patchOp(addMember("n"), `{"op":"remove","path":"members[value eq \"n\"]"}`), nil},
			{"a PATCH that removes and adds", "PATCH", "/Groups/{id}", patchOp(`{"op":"remove","path":"members[value eq \"a\"]"}`, addMember("a")), nil},
			{"a PATCH that replaces", "PATCH", "/Groups/{id}", patchOp(`{"op":"replace","path":"members","value":[{"value":"b"},{"value":"n"}]}`), []string{"patch +n -a"}},
			{"a PATCH that clears", "PATCH", "/Groups/{id}", patchOp(`{"op":"remove","path":"members"}`), []string{"patch -a -b"}},
			{"a PATCH that alters a member", "PATCH", "/Groups/{id}", patchOp(`{"op":"replace","path":"members[value eq \"a\"].display","value":"A"}`), []string{"patch ~a"}},
			{"a PATCH of the head", "PATCH", "/Groups/{id}", patchOp(`{"op":"replace","value":{"displayName":"H","externalId":"f"}}`, `{"op":"add","path":"`+siteURN+`:code","value":"c"}`), []string{"patch displayName externalId " + siteURN + ":code"}},
			{"a PATCH that removes an attribute of an extension", "PATCH", "/Groups/{id}", patchOp(`{"op":"remove","path":"` + siteURN + `:site"}`), []string{"patch " + siteURN + ":site"}},
			{"a PATCH to what is the case", "PATCH", "/Groups/{id}", patchOp(`{"op":"replace","value":{"displayName":"G","externalId":"e"}}`), nil},
			{"a PATCH that fails", "PATCH", "/Groups/{id}", patchOp(addMember("n"), `{"op":"add","path":"colour","value":1}`), nil},
			{"a PATCH that fails in the store", "PATCH", "/Groups/{id}", patchOp(addMember("n"), `{"op":"replace","path":"members[value eq \"z\"].display","value":"Z"}`), nil},
			{"a PATCH of nothing", "PATCH", "/Groups/none", patchOp(addMember("n")), nil},
			{"a PUT", "PUT", "/Groups/{id}", group(`"displayName":"H","members":[{"value":"a"},{"value":"n"}]`), []string{"replace +n -b displayName externalId " + siteURN + ":site"}},
			{"a PUT of the same", "PUT", "/Groups/{id}", group(`"displayName":"G","externalId":"e","members":[{"value":"b"},{"value":"a"}],` + site(`"site":"S"`)), nil},
			{"a DELETE", "DELETE", "/Groups/{id}", "", []string{"delete"}},
			{"a DELETE of nothing", "DELETE", "/Groups/none", "", nil},
			{"a GET", "GET", "/Groups/{id}", "", nil},
			{"a search", "POST", "/Groups/.search", search(""), nil},
			{"a bulk", "POST", "/Bulk", bulkOf(post("x", "X", "u"), patchOf("/Groups/{id}", addMember("n")), patchOf("/Groups/{id}", addMember("n")), operation("DELETE", "/Groups/{id}", "")), []string{"create +u displayName", "patch +n", "delete"}},
			{"a membership that is added", "POST", "/GroupMembers", membership("{id}", "n"), []string{"patch +n"}},
			{"a membership that is there", "POST", "/GroupMembers", membership("{id}", "a"), nil},
		} {
			t.Run(kind+": "+c.name, func(t *testing.T) {
				h := newHandler(t, scim.Config{Groups: newStore(), OnChange: told.note, Extensions: extensions(t, siteExtension), MembershipDraft: true})
				id := createWith(t, h, `"displayName":"G","externalId":"e","members":[{"value":"a"},{"value":"b"}],`+site(`"site":"S"`))
				told.take()
				do(t, h, c.method, strings.ReplaceAll(c.path, "{id}", id), strings.ReplaceAll(c.body, "{id}", id), "X-Request-Id", "request-7")
				events := told.take()
				equal(t, "events", lines(events), c.want)
				for _, e := range events {
					if e.RequestID != "request-7" || e.Subject != "anonymous" || e.Group.ID == "" || e.Group.Version == 0 || e.Group.DisplayName == "" {
						t.Errorf("the event is %+v", e)
					}
				}
			})
		}
	}
}

func TestOnChangeReportsALinkInABulkRequestOnce(t *testing.T) {
	told := &changes{}
	h := newHandler(t, scim.Config{OnChange: told.note})
	a := bulk(t, h, bulkOf(post("a", "A", "bulkId:b", "bulkId:b"), post("b", "B")))
	saysStatuses(t, a, "201 201")
	equal(t, "events", lines(told.take()), []string{"create displayName", "create displayName", "patch +" + a.idAt(t, 1)})
}

func TestAnEventIsComplete(t *testing.T) {
	told := &changes{}
	groups := memory.New()
	h := newHandler(t, scim.Config{SelectTenant: func(*http.Request, scim.Subject) (scim.Tenant, error) {
		return scim.Tenant{Name: "acme", Groups: groups}, nil
	}, OnChange: told.note, Auth: scim.Auth{Authenticator: scim.BearerTokens("t")}})
	auth := []string{"Authorization", "Bearer t"}
	a := do(t, h, "POST", "/Groups", group(`"displayName":"G","externalId":"e","members":[{"value":"a","display":"Ann","type":"User"}]`), auth...).is(t, 201, "")
	id := a.str("/id")
	b := do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"add","path":"members","value":[{"value":"b","display":"Bob"}]}`), auth...).is(t, 204, "")
	do(t, h, "DELETE", "/Groups/"+id, "", auth...).is(t, 204, "")
	events := told.take()
	if len(events) != 3 {
		t.Fatalf("%d events", len(events))
	}
	for i, e := range events {
		if e.Tenant != "acme" || e.Group.ID != id || e.Group.ExternalID != "e" || e.Group.Members != nil || !strings.HasPrefix(e.Subject, "token-") || e.RequestID == "" {
			t.Errorf("event %d is %+v", i, e)
		}
	}
	if events[0].Group.Version.String() != a.header.Get("ETag") || events[1].Group.Version.String() != b.header.Get("ETag") || events[2].Group.Version != events[1].Group.Version {
		t.Errorf("the versions are %v, %v, %v", events[0].Group.Version, events[1].Group.Version, events[2].Group.Version)
	}
	if m := events[0].Added; len(m) != 1 || m[0] != (store.Member{Value: "a", Display: "Ann", Type: "User"}) {
		t.Errorf("added were %+v", m)
	}
	if m := events[1].Added; len(m) != 1 || m[0].Display != "Bob" {
		t.Errorf("added were %+v", m)
	}
}

// The hook runs after the commit, so it can read the change. Nothing that it does undoes
// the change or alters the response.
func TestOnChangeRunsAfterTheCommitAndCannotUndoIt(t *testing.T) {
	t.Run("it sees the change in the store, even if the client is gone", func(t *testing.T) {
		groups := memory.New()
		var seen []string
		ctx, cancel := context.WithCancel(t.Context())
		h := newHandler(t, scim.Config{Groups: groups, OnChange: func(ctx context.Context, e store.Event) {
			cancel()
			g, err := groups.Get(ctx, e.Group.ID, store.Selection{Members: true})
			if err != nil {
				t.Error(err)
			}
			for _, m := range g.Members {
				seen = append(seen, m.Value)
			}
			if _, ok := scim.SubjectFrom(ctx); !ok {
				t.Error("the context has no subject")
			}
		}})
		r := newRequest("POST", "/Groups", group(`"displayName":"G","members":[{"value":"a"}]`)).WithContext(ctx)
		serve(t, h, r).is(t, 201, "")
		equal(t, "members", seen, []string{"a"})
	})
	t.Run("its panic is logged and does not change the response", func(t *testing.T) {
		log := newRecords()
		h := newHandler(t, scim.Config{Logger: slog.New(log), OnChange: func(context.Context, store.Event) { panic("broken") }})
		a := do(t, h, "POST", "/Groups", group(`"displayName":"G"`)).is(t, 201, "")
		do(t, h, "PATCH", "/Groups/"+a.str("/id"), patchOp(addMember("a"))).is(t, 204, "")
		equal(t, "members", membersOf(t, h, a.str("/id")), []string{"a"})
		do(t, h, "PUT", "/Groups/"+a.str("/id"), group(`"displayName":"H"`)).is(t, 200, "")
		do(t, h, "DELETE", "/Groups/"+a.str("/id"), "").is(t, 204, "")
		saysStatuses(t, bulk(t, h, bulkOf(post("a", "A", "bulkId:b"), post("b", "B"))), "201 201")
		if n := len(log.lines(t)); n != 7 {
			t.Errorf("%d lines were logged", n)
		}
	})
	t.Run("what it writes to the event is neither returned nor stored", func(t *testing.T) {
		h := newHandler(t, scim.Config{Extensions: extensions(t, siteExtension), OnChange: func(_ context.Context, e store.Event) {
			e.Group.DisplayName = "spoilt"
			for _, attributes := range e.Group.Extensions {
				attributes["site"] = "spoilt"
			}
			for i := range e.Added {
				e.Added[i].Value, e.Added[i].Display = "spoilt", "spoilt"
			}
		}})
		a := do(t, h, "POST", "/Groups", group(`"displayName":"G","members":[{"value":"a"}],`+site(`"site":"S"`))).is(t, 201, "")
		if strings.Contains(a.text, "spoilt") {
			t.Errorf("the response is %s", a.text)
		}
		// Which is answered as it was stored, without being read again.
		if alone := do(t, h, "POST", "/Groups", group(`"displayName":"H",`+site(`"site":"S"`))).is(t, 201, ""); strings.Contains(alone.text, "spoilt") {
			t.Errorf("the response is %s", alone.text)
		}
		b := do(t, h, "PATCH", "/Groups/"+a.str("/id")+"?attributes=members", patchOp(addMember("b"))).is(t, 200, "")
		if text := state(t, h, a.str("/id")); strings.Contains(text, "spoilt") || strings.Contains(b.text, "spoilt") {
			t.Errorf("the group is %s", text)
		}
	})
	t.Run("with If-Match that fails it is not called", func(t *testing.T) {
		told := &changes{}
		h := newHandler(t, scim.Config{OnChange: told.note})
		id := create(t, h, "G")
		told.take()
		for _, method := range []string{"DELETE", "PATCH", "PUT"} {
			body := map[string]string{"PATCH": patchOp(addMember("x")), "PUT": group(`"displayName":"H"`)}[method]
			do(t, h, method, "/Groups/"+id, body, "If-Match", `W/"1"`).is(t, 412, "")
		}
		equal(t, "events", lines(told.take()), nil)
	})
}

// A store that follows nesting gives a member that is a group its type. The response to
// a POST and its event have what is stored, as those of a PUT and a PATCH do.
func TestAPostReturnsAndReportsWhatIsStored(t *testing.T) {
	told := &changes{}
	h := newHandler(t, scim.Config{OnChange: told.note, BaseURL: "https://example.com/scim/v2"})
	inner := create(t, h, "Inner")
	told.take()
	a := do(t, h, "POST", "/Groups", group(`"displayName":"Outer","members":[{"value":"`+inner+`"}]`)).is(t, 201, "")
	stored := do(t, h, "GET", "/Groups/"+a.str("/id"), "")
	if text(t, a.doc) != text(t, stored.doc) {
		t.Errorf("the response is\n%s, stored is\n%s", a.text, stored.text)
	}
	want := store.Member{Value: inner, Type: stored.str("/members/0/type")}
	if events := told.take(); len(events) != 1 || len(events[0].Added) != 1 || events[0].Added[0] != want {
		t.Errorf("the events are %+v, want %+v in them", events, want)
	}
}

// newRequest returns a request to the mount, with a SCIM body.
func newRequest(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, mount+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/scim+json")
	return r
}
