package service_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

func TestWritesReportWhatHasChanged(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	created, err := w.Create(ctx, &w.caller, w.resource(`"displayName":"crew","externalId":"x","members":[{"value":"B"},{"value":"a"},{"value":"b"}]`))
	if err != nil || created.NumAdded != 2 {
		t.Fatalf("got %+v, %v", created, err)
	}
	w.happened("create crew +a +b displayName externalId")
	id := created.Group.ID
	for _, c := range []struct {
		name string
		op   store.Operation
		edit *patch.Edit
		want []string
	}{
		{"a PATCH", store.OperationPatch, w.patch(`{"op":"add","path":"members","value":[{"value":"A"},{"value":"c"}]}`), []string{"patch crew +c"}},
		{"a PATCH that changes nothing", store.OperationPatch, w.patch(`{"op":"add","path":"members","value":[{"value":"a"}]}`), nil},
		{"a PUT", store.OperationReplace, w.resource(`"displayName":"Crew","members":[{"value":"c"}]`).Replace(), []string{"replace Crew -a -b displayName externalId"}},
	} {
		if _, _, err := w.Update(ctx, &w.caller, c.op, id, c.edit, nil, false); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		w.happened(c.want...)
	}
	if _, err := w.Delete(ctx, &w.caller, id, nil); err != nil {
		t.Fatal(err)
	}
	w.happened("delete Crew")
}

func TestWritesThatFailAreNotReported(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	id := w.create("crew", "a")
	never := &store.Condition{}
	edit := w.patch(`{"op":"add","path":"members","value":[{"value":"b"}]}`)
	for name, c := range map[string]struct {
		write func() error
		want  int
	}{
		"a name that is taken": {func() error { _, err := w.Create(ctx, &w.caller, w.resource(`"displayName":"CREW"`)); return err }, 409},
		"another version": {func() error {
			_, _, err := w.Update(ctx, &w.caller, store.OperationPatch, id, edit, never, false)
			return err
		}, 412},
		"a deletion of another version": {func() error { _, err := w.Delete(ctx, &w.caller, id, never); return err }, 412},
		"a group that does not exist": {func() error {
			_, _, err := w.Update(ctx, &w.caller, store.OperationPatch, "none", edit, nil, false)
			return err
		}, 404},
		"an id that cannot be": {func() error {
			_, _, err := w.Update(ctx, &w.caller, store.OperationPatch, "\xff", edit, nil, false)
			return err
		}, 404},
		"a deletion of an id that cannot be": {func() error { _, err := w.Delete(ctx, &w.caller, "", nil); return err }, 404},
	} {
		if err := c.write(); status(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.happened()
	if got := w.membersOf(id); got != "a" {
		t.Errorf("the members are %s", got)
	}
}

func TestAHookThatPanicsChangesNothing(t *testing.T) {
	w := newWorld(t)
	var failed error
	w.caller.OnChange = func(context.Context, store.Event) { panic("broken") }
	w.caller.HookFailed = func(err error) { failed = err }
	if _, err := w.Create(t.Context(), &w.caller, w.resource(`"displayName":"crew"`)); err != nil {
		t.Error(err)
	}
	if failed == nil || !strings.Contains(failed.Error(), "panic: broken\n") {
		t.Errorf("the hook failed with %v", failed)
	}
}

func TestEventsAreTheHooksOwn(t *testing.T) {
	w := newWorld(t)
	w.caller.OnChange = func(_ context.Context, e store.Event) { e.Added[0].Value = "spoilt" }
	change, err := w.Create(t.Context(), &w.caller, w.resource(`"displayName":"crew","members":[{"value":"a"}]`))
	if err != nil || change.Added[0].Value != "a" {
		t.Errorf("got %+v, %v", change.Added, err)
	}
}

func TestStoresLearnWhereAWriteComesFrom(t *testing.T) {
	w := newWorld(t)
	told := &originStore{Store: w.groups}
	w.caller.Groups = told
	change, err := w.Create(t.Context(), &w.caller, w.resource(`"displayName":"crew"`))
	if err != nil {
		t.Fatal(err)
	}
	id := change.Group.ID
	if _, _, err = w.Update(t.Context(), &w.caller, store.OperationReplace, id, w.resource(`"displayName":"crew"`).Replace(), nil, false); err != nil {
		t.Fatal(err)
	}
	if _, err = w.Delete(t.Context(), &w.caller, id, nil); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(told.origins, ", "); got != "create client r1, replace client r1, delete client r1" {
		t.Errorf("the store was told %s", got)
	}
}

func TestMembersAreResolvedBeforeTheyAreStored(t *testing.T) {
	asked := ""
	w := newWorld(t, func(c *service.Config) {
		c.Resolve = func(ctx context.Context, members []store.Member) ([]store.Member, error) {
			asked = string(store.OriginFrom(ctx).Operation)
			for i := range members {
				if members[i].Value == "lost" {
					return nil, &store.UnknownMemberError{Values: []string{"lost"}}
				}
				asked += " " + members[i].Value
				members[i].Display = "of " + members[i].Value
			}
			return slices.DeleteFunc(members, func(m store.Member) bool { return m.Value == "skipped" }), nil
		}
	})
	ctx := t.Context()
	change, err := w.Create(ctx, &w.caller, w.resource(`"displayName":"crew","members":[{"value":"a"},{"value":"skipped"}]`))
	if err != nil || asked != "create a skipped" || len(change.Added) != 1 || change.Added[0].Display != "of a" {
		t.Errorf("asked was %q, got %+v, %v", asked, change.Added, err)
	}
	for _, c := range []struct {
		name, operation, asked, members string
		status                          int
	}{
		{"those that are added", `{"op":"add","path":"members","value":[{"value":"a"},{"value":"b"}]}`, "patch a b", "a b", 0},
		{"not those that are removed", `{"op":"remove","path":"members[value eq \"a\"]"}`, "", "b", 0},
		{"one that is unknown", `{"op":"add","path":"members","value":[{"value":"lost"}]}`, "patch", "b", 400},
		{"nobody that is known", `{"op":"replace","path":"members","value":[{"value":"skipped"}]}`, "patch skipped", "", 0},
	} {
		asked = ""
		_, _, err := w.Update(ctx, &w.caller, store.OperationPatch, change.Group.ID, w.patch(c.operation), nil, false)
		if got := w.membersOf(change.Group.ID); status(err) != c.status || asked != c.asked || got != c.members {
			t.Errorf("%s: asked was %q, the members are %q, %v", c.name, asked, got, err)
		}
	}
}

func TestAGroupWhoseIDIsItsNameIsNotRenamed(t *testing.T) {
	w := newWorld(t, func(c *service.Config) { c.NamesAreIDs = true })
	id := w.create("crew")
	for operation, want := range map[string]int{
		`{"op":"replace","path":"displayName","value":"crew"}`: 0,
		`{"op":"replace","path":"displayName","value":"Crew"}`: 400,
		`{"op":"replace","path":"externalId","value":"x"}`:     0,
	} {
		if _, _, err := w.Update(t.Context(), &w.caller, store.OperationPatch, id, w.patch(operation), nil, false); status(err) != want {
			t.Errorf("%s: %v", operation, err)
		}
	}
}

// deaf is a store that cannot be read.
type deaf struct{ store.GroupStore }

func (deaf) Get(context.Context, string, store.Selection) (store.Group, error) {
	return store.Group{}, store.ErrUnavailable
}

func TestWhatWasWrittenIsReadOnlyIfItIsShown(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	created, err := w.Create(ctx, &w.caller, w.resource(`"displayName":"crew","members":[{"value":"b"},{"value":"a"}]`))
	if err != nil {
		t.Fatal(err)
	}
	changed, _, err := w.Update(ctx, &w.caller, store.OperationPatch, created.Group.ID, w.patch(`{"op":"add","path":"members","value":[{"value":"c"}]}`), nil, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		groups  store.GroupStore
		op      store.Operation
		change  *store.Change
		members bool
		want    string
		fails   bool
	}{
		{"a new group", deaf{}, store.OperationCreate, &created, true, "a b", false},
		{"a new group of too many members", w.groups, store.OperationCreate, &store.Change{Group: created.Group, MemberChange: store.MemberChange{Truncated: true}}, true, "a b c", false},
		{"a changed group", w.groups, store.OperationPatch, &changed, true, "a b c", false},
		{"a changed group without its members", deaf{}, store.OperationPatch, &changed, false, "", false},
		{"a changed group that cannot be read", deaf{}, store.OperationPatch, &changed, true, "", true},
	} {
		g, err := w.Written(ctx, c.groups, c.op, c.change, c.members)
		var got []string
		for _, m := range g.Members {
			got = append(got, m.Value)
		}
		if strings.Join(got, " ") != c.want || g.DisplayName != "crew" || (err != nil) != c.fails {
			t.Errorf("%s: got %+v, %v", c.name, g, err)
		}
	}
}

// originStore notes the origins of writes.
type originStore struct {
	Store   store.GroupStore
	origins []string
}

func (s *originStore) note(ctx context.Context) {
	o := store.OriginFrom(ctx)
	s.origins = append(s.origins, string(o.Operation)+" "+o.Subject+" "+o.RequestID)
}

func (s *originStore) Create(ctx context.Context, g store.Group) (store.Change, error) {
	s.note(ctx)
	return s.Store.Create(ctx, g)
}

func (s *originStore) Get(ctx context.Context, id string, sel store.Selection) (store.Group, error) {
	return s.Store.Get(ctx, id, sel)
}

func (s *originStore) List(ctx context.Context, q store.Query) (store.Page, error) {
	return s.Store.List(ctx, q)
}

func (s *originStore) Update(ctx context.Context, id string, u store.Update) (store.Change, error) {
	s.note(ctx)
	return s.Store.Update(ctx, id, u)
}

func (s *originStore) Delete(ctx context.Context, id string, c *store.Condition) (store.Change, error) {
	s.note(ctx)
	return s.Store.Delete(ctx, id, c)
}

func TestPanicsBecomeErrors(t *testing.T) {
	for _, v := range []any{"text", errors.New("text"), 7} {
		if err := service.AsPanic(v); !strings.HasPrefix(err.Error(), "panic: ") || status(err) != 500 {
			t.Errorf("%v becomes %v", v, err)
		}
	}
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("ErrAbortHandler becomes %v", err)
		}
	}()
	_ = service.AsPanic(http.ErrAbortHandler)
}
