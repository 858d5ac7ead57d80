package adapter_test

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/elimity-com/scim/schema"
	"github.com/google/go-cmp/cmp"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// newTable returns the attributes of the core schema of groups and of an extension.
func newTable(t testing.TB) *filter.Table {
	t.Helper()
	table, err := filter.NewTable(filter.Definition{
		Core: store.Schema(),
		Extensions: []filter.Extension{{Schema: schema.Schema{ID: "urn:x", Attributes: []schema.CoreAttribute{
			schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: "exact", CaseExact: true})),
			schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: "folded"})),
			schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: "many", MultiValued: true})),
			schema.SimpleCoreAttribute(schema.SimpleNumberParams(
				schema.NumberParams{Name: "number", Type: schema.AttributeTypeDecimal()})),
			schema.SimpleCoreAttribute(schema.SimpleBooleanParams(schema.BooleanParams{Name: "flag"})),
			schema.SimpleCoreAttribute(schema.SimpleDateTimeParams(schema.DateTimeParams{Name: "since"})),
			schema.ComplexCoreAttribute(schema.ComplexParams{
				Name: "things", MultiValued: true, SubAttributes: []schema.SimpleParams{
					schema.SimpleStringParams(schema.StringParams{Name: "value"}),
					schema.SimpleBooleanParams(schema.BooleanParams{Name: "primary"}),
				},
			}),
		}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func where(t testing.TB, text string) *filter.Filter {
	t.Helper()
	p, err := newTable(t).Path("members["+text+"]", nil)
	if err != nil {
		t.Fatal(err)
	}
	return p.Where
}

func TestApplyEditsSortsMembersAndDoesNotChangeItsArguments(t *testing.T) {
	members := []store.Member{{Value: "c"}, {Value: "a", Display: "A"}, {Value: "b"}}
	given := slices.Clone(members)
	edits := store.MemberEdits{
		{Op: store.AddMembers, Members: []store.Member{{Value: "z"}, {Value: "aa"}, {Value: "a", Display: "other"}}},
		{Op: store.RemoveMembers, Values: []string{"b", "none"}},
		{Op: store.SetMatching, Where: where(t, `value eq "c"`), Set: store.MemberSet{Display: new(string)}},
	}
	after, change, err := adapter.ApplyEdits(members, edits)
	want := []store.Member{{Value: "a", Display: "A"}, {Value: "aa"}, {Value: "c"}, {Value: "z"}}
	if err != nil || !slices.Equal(after, want) || !slices.Equal(members, given) {
		t.Errorf("%q, %v; given %q", after, err, members)
	}
	if !cmp.Equal(change, store.MemberChange{
		NumAdded: 2, Added: []store.Member{{Value: "z"}, {Value: "aa"}},
		NumRemoved: 1, Removed: []string{"b"},
	}) {
		t.Errorf("%+v", change)
	}
	after, change, err = adapter.ApplyEdits(want, nil)
	if err != nil || !change.IsZero() || !slices.Equal(after, want) || &after[0] == &want[0] {
		t.Errorf("%q, %+v, %v", after, change, err)
	}
}

// source is a plain MemberSource.
type source []store.Member

func (s source) Find(value string) (store.Member, bool) {
	for _, m := range s {
		if m.Value == value {
			return m, true
		}
	}
	return store.Member{}, false
}

func (s source) All() iter.Seq[store.Member] { return slices.Values(s) }

// hasty is a source whose Find returns a member even if it reports false.
type hasty struct{ source }

func (s hasty) Find(value string) (store.Member, bool) {
	_, ok := s.source.Find(value)
	return store.Member{Value: value}, ok
}

func TestPlanIgnoresAMemberThatFindDoesNotReport(t *testing.T) {
	change, err := adapter.Plan(store.MemberEdits{
		{Op: store.AddMembers, Members: []store.Member{{Value: "b"}}},
		{Op: store.RemoveMembers, Values: []string{"c"}},
		{Op: store.RemoveMatching, Where: where(t, `value eq "d"`)},
	}, hasty{source{{Value: "a"}}})
	want := store.MemberChange{NumAdded: 1, Added: []store.Member{{Value: "b"}}}
	if err != nil || !cmp.Equal(change, want) {
		t.Errorf("%+v, %v", change, err)
	}
}

// The time of a clear grows with the number of members added since the last one.
func TestPlanOfManyClearsTakesLinearTime(t *testing.T) {
	members := make([]store.Member, 100_000)
	for i := range members {
		members[i].Value = strconv.Itoa(i)
	}
	edits := store.MemberEdits{{Op: store.ReplaceMembers, Members: members}}
	for range 100_000 { // 10^10 steps if each examined all members
		edits = append(edits,
			store.MemberEdit{Op: store.ClearMembers},
			store.MemberEdit{Op: store.AddMembers, Members: members[:1]})
	}
	if change, err := adapter.Plan(edits, source{}); err != nil || len(change.Added) != 1 {
		t.Errorf("%+v, %v", change, err)
	}
}

// findOnly is a source whose All must not be called.
type findOnly struct {
	source
	t *testing.T
}

func (u *findOnly) All() iter.Seq[store.Member] {
	u.t.Error("Plan iterates over all members")
	return u.source.All()
}

func TestPlanIteratesOnlyForEditsThatConcernAllMembers(t *testing.T) {
	base := source{{Value: "a", Type: "User"}, {Value: "B"}, {Value: "b"}}
	for name, edits := range map[string]store.MemberEdits{
		"adding":    {{Op: store.AddMembers, Members: []store.Member{{Value: "c"}, {Value: "a"}}}},
		"removing":  {{Op: store.RemoveMembers, Values: []string{"a", "x"}}},
		"one value": {{Op: store.RemoveMatching, Where: where(t, `value eq "b" and not (type pr)`), MustMatch: true}},
		"several values": {{
			Op:    store.SetMatching,
			Where: where(t, `(value eq "b" or value eq "A") and value pr`),
			Set:   store.MemberSet{Display: new(string)},
		}},
		"an added member": {
			{Op: store.AddMembers, Members: []store.Member{{Value: "C"}}},
			{Op: store.RemoveMatching, Where: where(t, `value eq "C"`), MustMatch: true},
		},
		"no match": {{Op: store.RemoveMatching, Where: where(t, `value eq "x"`)}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := adapter.Plan(edits, &findOnly{base, t}); err != nil {
				t.Error(err)
			}
		})
	}
	remove := store.MemberEdit{Op: store.RemoveMatching, Where: where(t, `value eq "B"`), MustMatch: true}
	change, err := adapter.Plan(store.MemberEdits{remove}, base)
	if err != nil || !slices.Equal(change.Removed, []string{"B"}) {
		t.Errorf("%+v, %v", change, err)
	}
}

func TestApplyEditsAgreesWithThePlainModel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	wheres := []*filter.Filter{nil}
	for _, text := range []string{
		`value eq "3"`, `value eq "a"`, `value eq "A" or value eq "1"`,
		`type eq "User"`, `not (display pr)`, `value sw "1" and type pr`,
	} {
		wheres = append(wheres, where(t, text))
	}
	values := []string{"1", "2", "3", "4", "a", "A", "b"}
	pick := func(options ...string) string { return options[r.IntN(len(options))] }
	members := []store.Member{}
	for step := range 5000 {
		var edits store.MemberEdits
		for range 1 + r.IntN(4) {
			e := store.MemberEdit{
				Op:        store.MemberOp(1 + r.IntN(6)),
				Where:     wheres[r.IntN(len(wheres))],
				MustMatch: r.IntN(4) == 0,
				Max:       r.IntN(4),
				Merge:     r.IntN(2) == 0,
			}
			for range r.IntN(4) {
				e.Values = append(e.Values, pick(values...))
				m := store.Member{Value: pick(values...), Type: pick("", "User", "Group"), Display: pick("", "x")}
				e.Members = append(e.Members, m)
			}
			if r.IntN(3) == 0 {
				s := pick("User", "")
				e.Set.Type = &s
			}
			if r.IntN(2) == 0 {
				s := pick("x", "y", "")
				e.Set.Display = &s
			}
			edits = append(edits, e)
		}
		want, wantErr := plainly(members, edits)
		got, change, err := adapter.ApplyEdits(members, edits)
		if !errors.Is(err, wantErr) || (err == nil) != (wantErr == nil) {
			t.Fatalf("step %d: %v, want %v", step, err, wantErr)
		}
		if err != nil {
			continue
		}
		planned, err := adapter.Plan(edits, source(members))
		if err != nil || describe(planned) != describe(change) {
			t.Fatalf("step %d: Plan returns %s, %v, ApplyEdits %s", step, describe(planned), err, describe(change))
		}
		slices.SortFunc(want, func(a, b store.Member) int { return strings.Compare(a.Value, b.Value) })
		wantChange := describe(between(members, want))
		if !slices.Equal(got, want) || describe(change) != wantChange {
			t.Fatalf("step %d: %q, want %q, change %s, want %s", step, got, want, describe(change), wantChange)
		}
		members = got
	}
}

// plainly is a simple model of ApplyEdits.
func plainly(members []store.Member, edits store.MemberEdits) ([]store.Member, error) {
	now := slices.Clone(members)
	at := func(value string) int {
		return slices.IndexFunc(now, func(m store.Member) bool { return m.Value == value })
	}
	for _, e := range edits {
		matched := false
		switch e.Op {
		case store.AddMembers:
			named := map[string]bool{}
			for _, m := range e.Members {
				if i := at(m.Value); i < 0 {
					now = append(now, m)
				} else if e.Merge && !named[m.Value] {
					now[i].Merge(m)
				}
				named[m.Value] = true
			}
		case store.RemoveMembers:
			now = slices.DeleteFunc(now, func(m store.Member) bool { return slices.Contains(e.Values, m.Value) })
		case store.ClearMembers:
			if e.Max > 0 && len(now) > e.Max {
				return nil, store.ErrClearRefused
			}
			now = nil
		case store.ReplaceMembers:
			next := []store.Member{}
			for _, m := range e.Members {
				if slices.ContainsFunc(next, func(o store.Member) bool { return o.Value == m.Value }) {
					continue
				}
				if i := at(m.Value); i >= 0 {
					kept := now[i]
					kept.Merge(m)
					m = kept
				}
				next = append(next, m)
			}
			now = next
		case store.RemoveMatching:
			before := len(now)
			now = slices.DeleteFunc(now, func(m store.Member) bool { return e.Where == nil || e.Where.Match(&m) })
			matched = len(now) < before
			if e.Max > 0 && before > e.Max && len(now) == 0 {
				return nil, store.ErrClearRefused
			}
		case store.SetMatching:
			for i := range now {
				if e.Where == nil || e.Where.Match(&now[i]) {
					matched = true
					if _, err := e.Set.Apply(&now[i]); err != nil {
						return nil, err
					}
				}
			}
		}
		if e.MustMatch && !matched && (e.Op == store.RemoveMatching || e.Op == store.SetMatching) {
			return nil, store.ErrNoTarget
		}
	}
	return now, nil
}

func between(before, after []store.Member) (c store.MemberChange) {
	for _, m := range after {
		old, there := source(before).Find(m.Value)
		if !there {
			c.Added = append(c.Added, m)
		} else if old != m {
			c.Altered = append(c.Altered, m)
		}
	}
	for _, m := range before {
		if _, there := source(after).Find(m.Value); !there {
			c.Removed = append(c.Removed, m.Value)
		}
	}
	return c
}

func describe(c store.MemberChange) string {
	order := func(a, b store.Member) int { return strings.Compare(a.Value, b.Value) }
	slices.SortFunc(c.Added, order)
	slices.SortFunc(c.Altered, order)
	slices.Sort(c.Removed)
	return fmt.Sprintf("%q %q %q", c.Added, c.Removed, c.Altered)
}

func BenchmarkApplyEdits(b *testing.B) {
	table := newTable(b)
	for _, n := range []int{1_000, 10_000, 100_000} {
		members := make([]store.Member, n)
		edits := make(store.MemberEdits, 0, n/10)
		for i := range members {
			members[i].Value = fmt.Sprintf("%08d", i)
			switch i % 20 {
			case 0:
				edits = append(edits, store.MemberEdit{Op: store.RemoveMembers, Values: []string{members[i].Value}})
			case 10:
				p, err := table.Path(fmt.Sprintf("members[value eq %q]", members[i].Value), nil)
				if err != nil {
					b.Fatal(err)
				}
				edits = append(edits, store.MemberEdit{Op: store.RemoveMatching, Where: p.Where, MustMatch: true})
			}
		}
		b.Run(fmt.Sprintf("members=%d/edits=%d", n, len(edits)), func(b *testing.B) {
			for b.Loop() {
				if after, _, err := adapter.ApplyEdits(members, edits); err != nil || len(after) != n-len(edits) {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n+len(edits)), "ns/item")
		})
	}
}
