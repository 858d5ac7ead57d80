package service_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/memory"
)

const base = "https://app.example.com/scim/v2"

// newService returns a Service at base whose values of members are in small letters.
func newService(t testing.TB, changes ...func(*service.Config)) *service.Service {
	t.Helper()
	table, err := filter.NewTable(filter.Definition{Core: store.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	c := service.Config{
		Table: table, Endpoints: map[string]string{"Group": "/Groups", "User": "/People"},
		Patch: patch.Options{CanonicalMember: strings.ToLower}, MaxIndex: 1000, MaxCount: 50, DefaultCount: 10, InPieces: true,
	}
	for _, change := range changes {
		change(&c)
	}
	s, err := service.New(c, base)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// world is a store with a Service on it, and what OnChange was called with.
type world struct {
	*service.Service
	testing.TB
	groups *memory.Store
	caller service.Caller
	events []string
}

func newWorld(t testing.TB, changes ...func(*service.Config)) *world {
	t.Helper()
	w := &world{Service: newService(t, changes...), TB: t, groups: memory.New()}
	w.caller = service.Caller{Groups: w.groups, Tenant: "acme", Subject: "client", RequestID: "r1",
		OnChange: func(_ context.Context, e store.Event) {
			if e.Tenant != "acme" || e.Subject != "client" || e.RequestID != "r1" || e.Time.IsZero() {
				t.Errorf("the event is %+v", e)
			}
			w.events = append(w.events, describe(&e))
		}}
	return w
}

// describe says what an event is about: "patch crew +a -b externalId".
func describe(e *store.Event) string {
	parts := []string{string(e.Operation), e.Group.DisplayName}
	for _, m := range e.Added {
		parts = append(parts, "+"+m.Value)
	}
	for _, value := range e.Removed {
		parts = append(parts, "-"+value)
	}
	slices.Sort(parts[2:])
	return strings.Join(append(parts, e.Attributes...), " ")
}

// happened compares the events since the last call.
func (w *world) happened(want ...string) {
	w.Helper()
	if diff := cmp.Diff(want, w.events); diff != "" {
		w.Errorf("events (-want +got):\n%s", diff)
	}
	w.events = nil
}

func (w *world) resource(body string) *patch.Resource {
	w.Helper()
	r, err := w.Compiler(0).Resource([]byte(`{"schemas":["` + store.GroupSchema + `"],` + body + `}`))
	if err != nil {
		w.Fatal(err)
	}
	return r
}

func (w *world) patch(operations string) *patch.Edit {
	w.Helper()
	e, err := w.Compiler(0).Patch(patchOp(operations))
	if err != nil {
		w.Fatal(err)
	}
	return e
}

func patchOp(operations string) []byte {
	return []byte(`{"schemas":["` + patch.PatchOpSchema + `"],"Operations":[` + operations + `]}`)
}

// create creates a group with members and returns its id.
func (w *world) create(name string, members ...string) string {
	w.Helper()
	list := make([]string, len(members))
	for i, value := range members {
		list[i] = `{"value":"` + value + `"}`
	}
	change, err := w.Create(w.Context(), &w.caller, w.resource(`"displayName":"`+name+`","members":[`+strings.Join(list, ",")+`]`))
	if err != nil {
		w.Fatal(err)
	}
	w.events = nil
	return change.Group.ID
}

// membersOf returns the values of the members of a group, or "none" if it does not exist.
func (w *world) membersOf(id string) string {
	w.Helper()
	g, err := w.groups.Get(w.Context(), id, store.Selection{Members: true})
	if err != nil {
		return "none"
	}
	var values []string
	for _, m := range g.Members {
		values = append(values, m.Value)
	}
	return strings.Join(values, " ")
}

// status is that of the fault that an error is, or 0.
func status(err error) int {
	if err == nil {
		return 0
	}
	return service.FaultOf(err).Status
}

func TestAServiceThatCannotWorkIsRefused(t *testing.T) {
	for name, endpoints := range map[string]map[string]string{
		"an endpoint without a slash": {"User": "Users"},
		"an endpoint of two segments": {"User": "/v2/Users"},
		"a duplicate endpoint":        {"User": "/Groups", "Group": "/Groups"},
		"a type without a name":       {"": "/Things"},
	} {
		if _, err := service.New(service.Config{Table: newService(t).Table, Endpoints: endpoints}, ""); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestBaseURL(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "https://h/scim/v2/": "https://h/scim/v2", "http://h": "http://h",
		"/scim": "bad", "https://h/?a": "bad", "https://h/#a": "bad", "https://u@h/": "bad", "https://h/a b": "bad", "https://h/é": "bad",
	} {
		got, err := service.BaseURL(text)
		if err != nil {
			got = "bad"
		}
		if got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestRequestIDsFromClientsAreShortAndPlain(t *testing.T) {
	for id, want := range map[string]string{
		"": "", "r-7": "r-7", strings.Repeat("x", 64): strings.Repeat("x", 64), strings.Repeat("x", 65): "", "a\"b": "", "a\\b": "", "a\nb": "", "é": "",
	} {
		if got := service.RequestID(id); got != want {
			t.Errorf("%q becomes %q", id, got)
		}
	}
}
