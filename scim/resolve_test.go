package scim_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
	"github.com/scimgroups/scimgroups/store/memory"
)

// register is a MemberResolver that knows every value that does not begin with "no", and
// notes the values that it is called with.
type register struct {
	mu      sync.Mutex
	batches [][]string
	known   func(m *store.Member) scim.Resolution // nil: nothing but whether there is such a member
}

func (r *register) ResolveMembers(_ context.Context, members []store.Member) ([]scim.Resolution, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]scim.Resolution, len(members))
	var batch []string
	for i := range members {
		batch = append(batch, members[i].Value)
		out[i].Unknown = strings.HasPrefix(members[i].Value, "no")
		if r.known != nil {
			out[i] = r.known(&members[i])
		}
		members[i] = store.Member{Value: "overwritten"} // it may write to what it was given
	}
	r.batches = append(r.batches, batch)
	return out, nil
}

// asked returns the values since its last call, sorted.
func (r *register) asked() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.Concat(r.batches...)
	slices.Sort(out)
	r.batches = nil
	return out
}

func TestUnknownMembersAreRejectedSkippedOrAccepted(t *testing.T) {
	const list = `[{"value":"a"},{"value":"no-1"},{"value":"b","display":"B"},{"value":"no-2"}]`
	for _, r := range []struct{ name, method, body string }{
		{"a POST", "POST", group(`"displayName":"New","members":` + list)},
		{"a PUT", "PUT", group(`"displayName":"G","members":` + list)},
		{"a PATCH that adds", "PATCH", patchOp(`{"op":"add","path":"members","value":` + list + `}`)},
		{"a PATCH that adds one by one", "PATCH", patchOp(addMember("a"), addMember("no-1"), addMember("b"), addMember("no-2"))},
		{"a PATCH that replaces", "PATCH", patchOp(`{"op":"replace","path":"members","value":` + list + `}`)},
		{"a PATCH without a path", "PATCH", patchOp(`{"op":"replace","value":{"members":` + list + `}}`)},
		{"a bulk PATCH", "BULK", patchOp(`{"op":"add","path":"members","value":` + list + `}`)},
		{"a bulk POST", "BULK POST", group(`"displayName":"New","members":` + list)},
	} {
		for _, c := range []struct {
			name   string
			policy scim.OnUnknownMember
			status int
			want   []string
			logged int
		}{
			{"is refused by RejectUnknown", scim.RejectUnknown, 400, nil, 0},
			{"goes on without them by SkipUnknown", scim.SkipUnknown, 200, []string{"a", "b"}, 1},
			{"goes on with them by AcceptUnknown", scim.AcceptUnknown, 200, []string{"a", "b", "no-1", "no-2"}, 0},
		} {
			t.Run(r.name+" with unknown members "+c.name, func(t *testing.T) {
				log := newRecords()
				h := newHandler(t, scim.Config{Members: scim.Members{Resolver: &register{}, OnUnknown: c.policy}, Logger: slog.New(log)})
				id := create(t, h, "G")
				before := state(t, h, id)
				var a answer
				at := "/detail"
				switch r.method {
				case "POST":
					a = do(t, h, "POST", "/Groups", r.body)
				case "BULK":
					a = bulk(t, h, bulkOf(operation("PATCH", "/Groups/"+id, r.body)))
				case "BULK POST":
					a = bulk(t, h, bulkOf(operation("POST", "/Groups", r.body, `"bulkId":"x"`)))
				default:
					a = do(t, h, r.method, "/Groups/"+id, r.body)
				}
				status := a.status
				if strings.HasPrefix(r.method, "BULK") {
					status, at = 200, "/Operations/0/response/detail"
					if a.str("/Operations/0/status") == "400" {
						status = 400
					}
				}
				if c.status == 200 && status/100 != 2 || c.status == 400 && status != 400 {
					t.Fatalf("got %d %s", status, shortened(a.text))
				}
				if c.status == 400 {
					detail := a.str(at)
					if !strings.Contains(detail, `"no-1"`) || !strings.Contains(detail, `"no-2"`) || strings.Contains(detail, `"a"`) {
						t.Errorf("the detail is %q", detail)
					}
					if after := state(t, h, id); after != before || total(t, h) != 1 {
						t.Error("something was stored")
					}
				} else {
					if strings.Contains(r.method, "POST") {
						list := do(t, h, "GET", "/Groups"+query("filter", `displayName eq "New"`), "")
						id = list.str("/Resources/0/id")
					}
					equal(t, "members", membersOf(t, h, id), c.want)
				}
				lines := log.lines(t)
				if len(lines) != c.logged {
					t.Fatalf("logged %v", lines)
				}
				if c.logged > 0 && (lines[0]["count"] != float64(2) || strings.Contains(fmt.Sprint(lines), "no-1")) {
					t.Errorf("logged %v", lines[0])
				}
			})
		}
	}
	t.Run("of many unknown members some are named", func(t *testing.T) {
		h := newHandler(t, scim.Config{Members: scim.Members{Resolver: &register{}}})
		var operations []string
		for i := range 500 {
			operations = append(operations, addMember(fmt.Sprintf("no-%d", i)))
		}
		id := create(t, h, "G")
		if a := do(t, h, "PATCH", "/Groups/"+id, patchOp(operations...)).is(t, 400, "invalidValue"); !strings.Contains(a.text, "no-0") || len(a.text) > 1000 {
			t.Errorf("the error is %s", shortened(a.text))
		}
	})
}

func TestAResolverSuppliesTypeDisplayAndRef(t *testing.T) {
	r := &register{known: func(m *store.Member) scim.Resolution {
		switch m.Value {
		case "device":
			return scim.Resolution{Type: "Device", Display: "Printer", Ref: "https://example.com/devices/7"}
		case "user":
			return scim.Resolution{Type: "User"}
		case "odd":
			return scim.Resolution{Unknown: true, Display: "Nobody knows"}
		}
		return scim.Resolution{}
	}}
	h := newHandler(t, scim.Config{Members: scim.Members{Resolver: r, OnUnknown: scim.AcceptUnknown}, ResourceTypes: userType(), BaseURL: "https://example.com/scim/v2"})
	const sent = `[{"value":"device","type":"User","display":"sent"},{"value":"user","display":"sent"},{"value":"other","type":"User","display":"sent"},{"value":"odd"}]`
	want := map[string]map[string]any{
		"device": {"value": "device", "type": "Device", "display": "Printer", "$ref": "https://example.com/devices/7"},
		"user":   {"value": "user", "type": "User", "display": "sent", "$ref": "https://example.com/scim/v2/Users/user"},
		"other":  {"value": "other", "type": "User", "display": "sent", "$ref": "https://example.com/scim/v2/Users/other"},
		"odd":    {"value": "odd", "display": "Nobody knows"},
	}
	check := func(t *testing.T, a answer) {
		t.Helper()
		list, _ := a.doc["members"].([]any)
		if len(list) != len(want) {
			t.Errorf("the members are %v", list)
		}
		for _, m := range list {
			value, _ := follow(m, "/value")
			if text(t, m) != text(t, want[fmt.Sprint(value)]) {
				t.Errorf("the member is %s, want %s", text(t, m), text(t, want[fmt.Sprint(value)]))
			}
		}
	}
	t.Run("in a POST, and in its response", func(t *testing.T) {
		a := do(t, h, "POST", "/Groups", group(`"displayName":"Posted","members":`+sent)).is(t, 201, "")
		check(t, a)
		check(t, do(t, h, "GET", "/Groups/"+a.str("/id"), ""))
	})
	t.Run("in a PUT", func(t *testing.T) {
		check(t, do(t, h, "PUT", "/Groups/"+create(t, h, "Put"), group(`"displayName":"Put","members":`+sent)).is(t, 200, ""))
	})
	t.Run("in a PATCH", func(t *testing.T) {
		id := create(t, h, "Patched")
		do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"add","path":"members","value":`+sent+`}`)).is(t, 204, "")
		check(t, do(t, h, "GET", "/Groups/"+id, ""))
	})
	t.Run("in a bulk", func(t *testing.T) {
		a := bulk(t, h, bulkOf(operation("POST", "/Groups", group(`"displayName":"Bulk","members":`+sent), `"bulkId":"x"`)))
		check(t, do(t, h, "GET", "/Groups/"+a.idAt(t, 0), ""))
	})
}

// A resolver is called with the members that a request adds, whether the group has them
// already or not, and with no others.
func TestAResolverIsCalledWithAddedMembersOnly(t *testing.T) {
	r := &register{}
	h := newHandler(t, scim.Config{Members: scim.Members{Resolver: r}, MembershipDraft: true})
	setup := func(t *testing.T) string {
		t.Helper()
		id := create(t, h, "G "+adapter.NewID(), "a", "b", "gone")
		r.asked()
		return id
	}
	remove := `{"op":"remove","path":"members[value eq \"a\"]"}`
	for _, c := range []struct {
		name, method, body string
		want               []string
	}{
		{"a PATCH that adds", "PATCH", patchOp(addMember("c"), addMember("d")), []string{"c", "d"}},
		{"a PATCH that adds one twice", "PATCH", patchOp(addMember("c"), addMember("c")), []string{"c"}},
		{"a PATCH that adds one, removes and adds it again", "PATCH", patchOp(addMember("c"), `{"op":"remove","path":"members[value eq \"c\"]"}`, addMember("c")), []string{"c"}},
		{"a PATCH that removes", "PATCH", patchOp(remove, `{"op":"remove","path":"members","value":[{"value":"no"}]}`, `{"op":"remove","path":"members[display eq \"x\"]"}`), nil},
		{"a PATCH that clears", "PATCH", patchOp(`{"op":"replace","path":"members","value":[]}`), nil},
		{"a PATCH of another attribute", "PATCH", patchOp(`{"op":"add","path":"externalId","value":"x"}`), nil},
		{"a PATCH of the name of a member", "PATCH", patchOp(`{"op":"replace","path":"members[value eq \"a\"].display","value":"A"}`), nil},
		{"a PATCH that adds one that is there", "PATCH", patchOp(addMember("a"), addMember("c")), []string{"a", "c"}},
		{"a PATCH that replaces", "PATCH", patchOp(`{"op":"replace","path":"members","value":[{"value":"a"},{"value":"c"}]}`), []string{"a", "c"}},
		{"a PUT", "PUT", `{"members":[{"value":"a"},{"value":"gone"},{"value":"c"}]}`, []string{"a", "c", "gone"}},
		{"a PUT with nobody new", "PUT", `{"members":[{"value":"a"},{"value":"b"},{"value":"gone"}]}`, []string{"a", "b", "gone"}},
		{"a POST", "POST", `{"members":[{"value":"x"},{"value":"y"},{"value":"x"}]}`, []string{"x", "y"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := setup(t)
			if c.method != "PATCH" {
				c.body = `{"schemas":["` + groupURN + `"],"displayName":"N ` + adapter.NewID() + `",` + c.body[1:]
			}
			path := "/Groups/" + id
			if c.method == "POST" {
				path = "/Groups"
			}
			do(t, h, c.method, path, c.body).ok(t)
			equal(t, "asked", r.asked(), c.want)
		})
	}
	t.Run("a group that a bulk request links later", func(t *testing.T) {
		r.asked()
		a := bulk(t, h, bulkOf(post("a", "Linked A", "bulkId:b", "u"), post("b", "Linked B", "bulkId:a")))
		saysStatuses(t, a, "201 201")
		want := []string{a.idAt(t, 0), a.idAt(t, 1), "u"}
		slices.Sort(want)
		equal(t, "asked", r.asked(), want)
	})
	t.Run("a membership that is added", func(t *testing.T) {
		id := setup(t)
		do(t, h, "POST", "/GroupMembers", membership(id, "new")).is(t, 201, "")
		equal(t, "asked", r.asked(), []string{"new"})
		do(t, h, "POST", "/GroupMembers", membership(id, "nobody")).is(t, 400, "invalidValue")
	})
}

func TestAResolverIsCalledInBatches(t *testing.T) {
	for _, c := range []struct {
		name    string
		atATime int
		members int
		batches []int
	}{
		{"one batch", 10, 7, []int{7}}, {"a full batch", 7, 7, []int{7}}, {"batches and a rest", 3, 7, []int{3, 3, 1}},
		{"by 1,000 by default", 0, 2500, []int{1000, 1000, 500}}, {"nobody", 3, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &register{}
			h := newHandler(t, scim.Config{Members: scim.Members{Resolver: r, ResolveBatch: c.atATime}})
			var members []string
			for i := range c.members {
				members = append(members, fmt.Sprintf("u%05d", i))
			}
			id := create(t, h, "G", members...)
			var sizes []int
			for _, b := range r.batches {
				sizes = append(sizes, len(b))
			}
			if !slices.Equal(sizes, c.batches) {
				t.Errorf("the batches are %v, want %v", sizes, c.batches)
			}
			equal(t, "asked", r.asked(), members)
			equal(t, "members", membersOf(t, h, id), members)
		})
	}
}

func TestAResolverThatFailsChangesNothing(t *testing.T) {
	ctxErr := func(ctx context.Context, _ []store.Member) ([]scim.Resolution, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for _, c := range []struct {
		name     string
		resolve  scim.MemberResolverFunc
		status   int
		scimType string
		timeout  time.Duration
	}{
		{"that errs is 500", func(context.Context, []store.Member) ([]scim.Resolution, error) { return nil, errors.New(sensitive) }, 500, "", 0},
		{"that returns an error and resolutions is 500", func(_ context.Context, m []store.Member) ([]scim.Resolution, error) {
			return make([]scim.Resolution, len(m)), errors.New(sensitive)
		}, 500, "", 0},
		{"that panics is 500", func(context.Context, []store.Member) ([]scim.Resolution, error) { panic(sensitive) }, 500, "", 0},
		{"that returns too few is 500", func(context.Context, []store.Member) ([]scim.Resolution, error) { return nil, nil }, 500, "", 0},
		{"that returns too many is 500", func(_ context.Context, m []store.Member) ([]scim.Resolution, error) {
			return make([]scim.Resolution, len(m)+1), nil
		}, 500, "", 0},
		{"that hangs is 503", ctxErr, 503, "", 20 * time.Millisecond},
		{"that is late is 503", func(ctx context.Context, m []store.Member) ([]scim.Resolution, error) {
			<-ctx.Done()
			return make([]scim.Resolution, len(m)), nil
		}, 503, "", 20 * time.Millisecond},
		{"that is not available is 503", func(context.Context, []store.Member) ([]scim.Resolution, error) {
			return nil, fmt.Errorf("directory: %w", store.ErrUnavailable)
		}, 503, "", 0},
		{"that throttles is 429", func(context.Context, []store.Member) ([]scim.Resolution, error) {
			return nil, &store.ThrottledError{RetryAfter: time.Second}
		}, 429, "", 0},
		{"that returns an UnknownMemberError is 400", func(context.Context, []store.Member) ([]scim.Resolution, error) {
			return nil, &store.UnknownMemberError{Values: []string{"x"}}
		}, 400, "invalidValue", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			groups := memory.New()
			id := create(t, newHandler(t, scim.Config{Groups: groups}), "G", "a")
			h := newHandler(t, scim.Config{Groups: groups, Members: scim.Members{Resolver: c.resolve}, Limits: scim.Limits{Timeout: c.timeout}, Logger: quiet()})
			unchanged(t, h, id, func() {
				for _, r := range []request{
					{"PATCH", "PATCH", "/Groups/" + id, patchOp(`{"op":"replace","path":"displayName","value":"H"}`, addMember("b")), 0, "", nil},
					{"PUT", "PUT", "/Groups/" + id, group(`"displayName":"H","members":[{"value":"b"}]`), 0, "", nil},
					{"POST", "POST", "/Groups", group(`"displayName":"New","members":[{"value":"b"}]`), 0, "", nil},
				} {
					if a := do(t, h, r.method, r.path, r.body).is(t, c.status, c.scimType); strings.Contains(a.text, sensitive) {
						t.Errorf("the response tells the error: %s", a.text)
					}
				}
				if n := total(t, h); n != 1 {
					t.Errorf("%d groups", n)
				}
			})
			// What adds nobody is not its business.
			do(t, h, "PATCH", "/Groups/"+id, patchOp(`{"op":"remove","path":"members[value eq \"a\"]"}`)).is(t, http.StatusNoContent, "")
		})
	}
}

func TestAResolverSeesTheSubject(t *testing.T) {
	var seen scim.Subject
	h := newHandler(t, scim.Config{Auth: scim.Auth{Authenticator: scim.BearerTokens("t")}, Members: scim.Members{Resolver: scim.MemberResolverFunc(func(ctx context.Context, m []store.Member) ([]scim.Resolution, error) {
		seen, _ = scim.SubjectFrom(ctx)
		return make([]scim.Resolution, len(m)), nil
	})}})
	do(t, h, "POST", "/Groups", group(`"displayName":"G","members":[{"value":"a"}]`), "Authorization", "Bearer t").is(t, 201, "")
	if !strings.HasPrefix(seen.Name, "token-") {
		t.Errorf("the subject is %q", seen.Name)
	}
}

func TestAResolverIsCalledWithCanonicalValues(t *testing.T) {
	r := &register{}
	h := newHandler(t, scim.Config{Members: scim.Members{Resolver: r, Canonical: strings.ToLower}})
	id := create(t, h, "G", "ANN", "ann", "Bob")
	equal(t, "asked", r.asked(), []string{"ann", "bob"})
	equal(t, "members", membersOf(t, h, id), []string{"ann", "bob"})
}
