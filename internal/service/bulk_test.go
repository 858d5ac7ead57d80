package service_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// post creates a group with members that may be references.
func post(bulkID, name string, members ...string) service.BulkOperation {
	var list []string
	for _, m := range members {
		list = append(list, `{"value":"`+m+`"}`)
	}
	return service.BulkOperation{Operation: store.OperationCreate, BulkID: bulkID, Data: []byte(`{"schemas":["` + store.GroupSchema +
		`"],"displayName":"` + name + `","members":[` + strings.Join(list, ",") + `]}`)}
}

// add adds a member to a group: an id, or bulkId: and a bulkId.
func add(group, member string) service.BulkOperation {
	op := service.BulkOperation{Operation: store.OperationPatch, GroupID: group,
		Data: patchOp(`{"op":"add","path":"members","value":[{"value":"` + member + `"}]}`)}
	if _, bulkID, ok := service.CutBulkReference(group); ok {
		op.GroupID, op.GroupRef = "", &bulkID
	}
	return op
}

// bulk runs operations, and describes what became of them: the status of each fault, or
// the members of its group.
func (w *world) bulk(ctx context.Context, b service.Bulk) (string, service.BulkOutcome) {
	w.Helper()
	b.Patch = (*patch.Compiler).Patch
	if b.UndoWithin == 0 {
		b.UndoWithin = time.Minute
	}
	if b.Authorize == nil {
		b.Authorize = func(store.Operation, string) (*service.Caller, error) { return &w.caller, nil }
	}
	if b.Report == nil {
		b.Report = func(err error) { w.Error(err) }
	}
	out := w.Bulk(ctx, &b)
	names := map[string]string{}
	page, err := w.groups.List(w.Context(), store.Query{Limit: 100})
	if err != nil {
		w.Fatal(err)
	}
	for _, g := range page.Groups {
		names[g.ID] = g.DisplayName
	}
	var parts []string
	for _, r := range out.Results {
		switch {
		case !r.Done:
			parts = append(parts, "-")
		case r.Err != nil:
			parts = append(parts, fmt.Sprint(service.FaultOf(r.Err).Status))
		default:
			members := strings.Fields(w.membersOf(r.GroupID))
			for i, m := range members {
				if name, ok := names[m]; ok {
					members[i] = name
				}
			}
			parts = append(parts, names[r.GroupID]+"("+strings.Join(members, " ")+")")
		}
	}
	return strings.Join(parts, " "), out
}

func TestBulkReferences(t *testing.T) {
	deletion := service.BulkOperation{Operation: store.OperationDelete, GroupRef: p("a")}
	for _, c := range []struct {
		name       string
		operations []service.BulkOperation
		want       string
		events     int
	}{
		{"nothing", nil, "", 0},
		{"a member that is created before", []service.BulkOperation{post("a", "A"), post("b", "B", "bulkId:a")}, "A() B(A)", 2},
		{"a member that is created later", []service.BulkOperation{post("b", "B", "bulkId:a", "u"), post("a", "A")}, "B(A u) A()", 3},
		{"a circle", []service.BulkOperation{post("a", "A", "bulkId:b"), post("b", "B", "bulkId:a")}, "A(B) B(A)", 3},
		{"a group that is its own member", []service.BulkOperation{post("a", "A", "bulkId:a")}, "A(A)", 2},
		{"a change of a group that is created later", []service.BulkOperation{add("bulkId:a", "u"), post("a", "A")}, "A(u) A(u)", 2},
		{"a deletion of a group that is created", []service.BulkOperation{post("a", "A"), deletion}, "(none) (none)", 2},
		{"a reference that leads nowhere", []service.BulkOperation{post("a", "A", "bulkId:x"), add("bulkId:y", "u")}, "409 409", 0},
		{"a group that cannot be made takes those with it that need it",
			[]service.BulkOperation{post("a", "A", "bulkId:b"), post("b", "B", "bulkId:c"), post("c", ""), post("d", "D")}, "409 409 400 D()", 6},
		{"a duplicate bulkId", []service.BulkOperation{post("a", "A"), post("a", "B")}, "A() 400", 1},
		{"a POST without a bulkId", []service.BulkOperation{post("", "A")}, "400", 0},
		{"no data", []service.BulkOperation{{Operation: store.OperationCreate, BulkID: "a"}}, "400", 0},
		{"a member that is created later, of a group that exists", []service.BulkOperation{post("x", "X"), add("bulkId:x", "bulkId:a"), post("a", "A")}, "X(A) X(A) A()", 3},
		{"a fault that was found before", []service.BulkOperation{{Err: fault.New(501, "no")}, post("a", "A")}, "501 A()", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			got, _ := w.bulk(t.Context(), service.Bulk{Operations: c.operations})
			if got != c.want || len(w.events) != c.events {
				t.Errorf("got %s and the events %v, want %s and %d", got, w.events, c.want, c.events)
			}
		})
	}
}

func TestBulkEndsAtItsErrors(t *testing.T) {
	w := newWorld(t)
	operations := []service.BulkOperation{post("a", "A", "bulkId:z"), post("b", ""), post("c", "C"), post("z", "Z")}
	// A is taken back, since Z is not there.
	if got, _ := w.bulk(t.Context(), service.Bulk{Operations: operations, FailOnErrors: 1}); got != "409 400 - -" {
		t.Errorf("got %s", got)
	}
}

func TestBulkAsksForEachOperation(t *testing.T) {
	w := newWorld(t)
	id := w.create("G")
	var asked []string
	got, _ := w.bulk(t.Context(), service.Bulk{
		Operations: []service.BulkOperation{post("a", "A"), add(id, "u"), add("bulkId:a", "u"), {Operation: store.OperationDelete, GroupID: id}},
		Authorize: func(op store.Operation, groupID string) (*service.Caller, error) {
			if groupID != "" && groupID != id {
				groupID = "a"
			}
			asked = append(asked, string(op)+" "+strings.ReplaceAll(groupID, id, "g"))
			if op == store.OperationDelete {
				return nil, fault.New(403, "no")
			}
			return &w.caller, nil
		},
	})
	if got != "A(u) G(u) A(u) 403" || strings.Join(asked, ", ") != "create , patch g, patch a, delete g" {
		t.Errorf("got %s, asked was %v", got, asked)
	}
}

func TestBulkDecidesConditions(t *testing.T) {
	w := newWorld(t)
	id := w.create("G")
	stale, deletion := add(id, "u"), service.BulkOperation{Operation: store.OperationDelete, GroupID: id, If: &store.Condition{}}
	stale.If = &store.Condition{}
	if got, _ := w.bulk(t.Context(), service.Bulk{Operations: []service.BulkOperation{stale, add(id, "u"), deletion}}); got != "412 G(u) 412" {
		t.Errorf("got %s", got)
	}
}

// ending is a store that ends a context at its first Create.
type ending struct {
	store.GroupStore
	end context.CancelCauseFunc
}

func (s ending) Create(ctx context.Context, g store.Group) (store.Change, error) {
	defer s.end(errors.New("late"))
	return s.GroupStore.Create(ctx, g)
}

func TestBulkTakesBackWhatItHasNoTimeFor(t *testing.T) {
	w := newWorld(t)
	ctx, end := context.WithCancelCause(t.Context())
	w.caller.Groups = ending{w.groups, end}
	reported := 0
	got, _ := w.bulk(ctx, service.Bulk{
		Operations: []service.BulkOperation{post("a", "A", "bulkId:b"), post("b", "B"), post("c", "C")},
		Report:     func(error) { reported++ },
	})
	if got != "409 503 503" || reported != 1 {
		t.Errorf("got %s, %d errors were reported", got, reported)
	}
	if page, err := w.groups.List(t.Context(), store.Query{}); err != nil || page.Total != 0 {
		t.Errorf("%d groups are left, %v", page.Total, err)
	}
}

// panicking is a store that panics when a group is changed.
type panicking struct{ store.GroupStore }

func (panicking) Update(context.Context, string, store.Update) (store.Change, error) { panic("broken") }

func TestAPanicIsTheErrorOfItsOperation(t *testing.T) {
	w := newWorld(t)
	w.caller.Groups = panicking{w.groups}
	got, _ := w.bulk(t.Context(), service.Bulk{Operations: []service.BulkOperation{post("a", "A", "bulkId:b"), post("b", "B"), add("bulkId:b", "u")}})
	if got != "500 B() 500" {
		t.Errorf("got %s", got)
	}
}

func TestBulkReportsQuirks(t *testing.T) {
	w := newWorld(t)
	id := w.create("G")
	op := service.BulkOperation{Operation: store.OperationPatch, GroupID: id, Data: patchOp(`{"op":"add","path":"members","value":["u"]}`)}
	got, out := w.bulk(t.Context(), service.Bulk{Operations: []service.BulkOperation{op}, Quirks: patch.Lenient})
	if got != "G(u)" || out.Tolerated != patch.BareMember || out.Added != 1 {
		t.Errorf("got %s, tolerated %v, added %d", got, out.Tolerated, out.Added)
	}
}

func TestReferencesInBulkRequests(t *testing.T) {
	for text, want := range map[string]string{
		"bulkId:a": " a true", "/Groups/bulkId:a": "/Groups/ a true", "https://h/Groups/bulkId:a b": "https://h/Groups/ a b true",
		"/Groups/a": "/Groups/  false", "BULKID:a": "  false", "/Groups/bulkId:": "/Groups/  true", "": "  false",
	} {
		before, id, ok := service.CutBulkReference(text)
		if !ok {
			id = ""
		}
		if got := fmt.Sprint(before, " ", id, " ", ok); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
