package sqlstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
	"github.com/scimgroups/scimgroups/store/sqlstore"
)

// openOutbox opens a store with an outbox on the fixture.
func (f fixture) openOutbox(t testing.TB, change ...func(*sqlstore.Options)) *sqlstore.OutboxStore {
	t.Helper()
	o := f.options
	for _, c := range change {
		c(&o)
	}
	s, err := sqlstore.OpenOutbox(t.Context(), f.db, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func readOutbox(t testing.TB, s store.Outbox, limit int) []store.OutboxEntry {
	t.Helper()
	entries, err := s.ReadOutbox(t.Context(), limit)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func ackOutbox(t testing.TB, s store.Outbox, entries ...store.OutboxEntry) {
	t.Helper()
	var keys []string
	for _, e := range entries {
		keys = append(keys, e.Key)
	}
	if err := s.AckOutbox(t.Context(), keys...); err != nil {
		t.Fatal(err)
	}
}

// replica holds the groups as a reader of the outbox knows them.
type replica map[string]*store.Group

// apply applies an entry, and returns an error if it does not fit.
func (r replica) apply(e store.OutboxEntry) error {
	g := r[e.Group.ID]
	switch e.Operation {
	case store.OperationCreate:
		if g != nil {
			return fmt.Errorf("%s is created twice", e.Group.ID)
		}
		g = &store.Group{}
		r[e.Group.ID] = g
	case store.OperationReplace, store.OperationPatch, store.OperationDelete:
		if g == nil {
			return fmt.Errorf("%s of %s, which is not there", e.Operation, e.Group.ID)
		}
		next := g.Version + 1
		if e.Operation == store.OperationDelete {
			next = g.Version
		}
		if e.Group.Version != next {
			return fmt.Errorf("%s of %s at version %d after %d", e.Operation, e.Group.ID, e.Group.Version, g.Version)
		}
	default:
		return fmt.Errorf("the operation is %q", e.Operation)
	}
	if e.Operation == store.OperationDelete {
		delete(r, e.Group.ID)
		return nil
	}
	var edits store.MemberEdits
	edits = append(edits, store.MemberEdit{Op: store.RemoveMembers, Values: e.Removed})
	for _, m := range e.Altered {
		edits = append(edits, store.MemberEdit{Op: store.RemoveMembers, Values: []string{m.Value}}, store.MemberEdit{Op: store.AddMembers, Members: []store.Member{m}})
	}
	edits = append(edits, store.MemberEdit{Op: store.AddMembers, Members: e.Added})
	members, change, err := adapter.ApplyEdits(g.Members, edits)
	if err != nil {
		return err
	}
	if len(change.Added) != len(e.Added) || len(change.Removed) != len(e.Removed) || len(change.Altered) != len(e.Altered) {
		return fmt.Errorf("%s: the entry says %+v and the change is %+v", e.Group.ID, e.MemberChange, change)
	}
	*g = e.Group
	if len(members) > 0 {
		g.Members = members
	}
	return nil
}

// TestOutboxHasEachCommittedChangeOnceInOrder builds a replica from the entries. It equals
// the store if each committed change has one entry, in order, and no other change has one.
func TestOutboxHasEachCommittedChangeOnceInOrder(t *testing.T) {
	onEach(t, engines, func(t *testing.T, e engine) {
		f := e.fixture(t)
		f.outbox = true
		stores := processes(t, f, 2)
		outbox := f.openOutbox(t)
		groups := createAll(t, stores[0], names(6, "g")...)
		var mu sync.Mutex
		pickGroup := func(r *rand.Rand) (string, int) {
			mu.Lock()
			defer mu.Unlock()
			i := r.IntN(len(groups))
			return groups[i], i
		}
		const writers = 16
		var wait sync.WaitGroup
		mine := errors.New("mine")
		var entered, refused int
		for w := range writers {
			r := rand.New(rand.NewPCG(5, uint64(w)))
			s := stores[w%2]
			wait.Go(func() {
				for n := range 12 {
					id, i := pickGroup(r)
					other, _ := pickGroup(r)
					var err error
					kind := r.IntN(12)
					switch kind {
					case 0: // a deletion, and a new group
						if _, err = s.Delete(t.Context(), id, nil); err != nil {
							break
						}
						var c store.Change
						c, err = s.Create(t.Context(), store.Group{DisplayName: fmt.Sprint("new", w, "-", n), Members: []store.Member{{Value: "m"}, {Value: other}}})
						mu.Lock()
						if err == nil {
							groups[i] = c.Group.ID
						}
						mu.Unlock()
					case 1, 2: // a rollback
						_, err = s.Update(t.Context(), id, store.Update{Head: func(head *store.Group) error {
							head.DisplayName = "never"
							return mine
						}, Members: store.MemberEdits{{Op: store.AddMembers, Members: []store.Member{{Value: "never"}}}, {Op: store.RemoveMatching, Where: nil}}})
					case 3: // a rollback after the statements
						_, err = s.Update(t.Context(), id, store.Update{Members: store.MemberEdits{{Op: store.AddMembers, Members: []store.Member{{Value: "a"}, {Value: "b"}}}, {Op: store.ClearMembers, Max: 1}}})
					case 4: // a conflict of names
						_, err = s.Create(t.Context(), store.Group{DisplayName: "g0"})
					case 5: // no change
						_, err = s.Update(t.Context(), id, store.Update{})
					default:
						externalID := fmt.Sprint(r.IntN(3))
						members := []store.Member{{Value: fmt.Sprint("m", r.IntN(8)), Display: fmt.Sprint(r.IntN(2))}, {Value: other}}
						_, err = s.Update(t.Context(), id, store.Update{Head: func(head *store.Group) error {
							head.ExternalID = externalID
							return nil
						}, Members: store.MemberEdits{{Op: []store.MemberOp{store.AddMembers, store.ReplaceMembers}[r.IntN(2)], Members: members},
							{Op: store.RemoveMembers, Values: []string{fmt.Sprint("m", r.IntN(8))}}}})
					}
					mu.Lock()
					var conflict *store.ConflictError
					switch {
					case err == nil:
						entered++
					case errors.Is(err, mine), errors.Is(err, store.ErrClearRefused), errors.Is(err, store.ErrNotFound), errors.As(err, &conflict):
						refused++
					default:
						t.Errorf("%v", err)
					}
					mu.Unlock()
				}
			})
		}
		// One reader follows meanwhile. It sees some entries twice, since it does not
		// always acknowledge them.
		stop := make(chan struct{})
		var reader sync.WaitGroup
		known, seen, again := replica{}, map[string]bool{}, 0
		follow := func(r *rand.Rand) int {
			entries := readOutbox(t, outbox, 1+r.IntN(20))
			for _, e := range entries {
				if seen[e.Key] {
					again++
					continue
				}
				seen[e.Key] = true
				if err := known.apply(e); err != nil {
					t.Error(err)
				}
			}
			if r.IntN(3) > 0 {
				ackOutbox(t, outbox, entries...)
			}
			return len(entries)
		}
		r := rand.New(rand.NewPCG(6, 7))
		reader.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					follow(r)
				}
			}
		})
		wait.Wait()
		close(stop)
		reader.Wait()
		for follow(r) > 0 {
		}
		page, err := stores[0].List(t.Context(), store.Query{Limit: 100, Select: store.Selection{Members: true, Extensions: true}})
		if err != nil || len(page.Groups) != len(known) {
			t.Fatalf("%d groups, and %d in the entries, %v", len(page.Groups), len(known), err)
		}
		for _, g := range page.Groups {
			if !reflect.DeepEqual(g, *known[g.ID]) {
				t.Errorf("there is\n%+v\nand the entries say\n%+v", g, *known[g.ID])
			}
		}
		t.Logf("%d changes entered, %d refused, %d entries, %d read again", entered, refused, len(seen), again)
	})
}

func TestOutboxReturnsUnacknowledgedEntriesAgain(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		f := e.fixture(t)
		s := f.openOutbox(t)
		g := createAll(t, s, "a")[0]
		for i := range 5 {
			if _, err := s.Update(t.Context(), g, add(fmt.Sprint("m", i))); err != nil {
				t.Fatal(err)
			}
		}
		first := readOutbox(t, s, 4)
		if len(first) != 4 || first[0].Operation != store.OperationCreate || first[3].Added[0].Value != "m2" {
			t.Fatalf("read %+v", first)
		}
		// The next reader, in another process, begins where this one did.
		next := f.openOutbox(t)
		if again := readOutbox(t, next, 4); !reflect.DeepEqual(again, first) {
			t.Errorf("read\n%+v\nand then\n%+v", first, again)
		}
		ackOutbox(t, next, first[:2]...)
		ackOutbox(t, s, first...) // late, after some have been acknowledged
		rest := readOutbox(t, next, 100)
		if len(rest) != 2 || rest[0].Added[0].Value != "m3" || rest[1].Group.Version != first[0].Group.Version+5 {
			t.Errorf("what is left is %+v", rest)
		}
		if none := readOutbox(t, next, 0); len(none) != 0 {
			t.Errorf("a limit of 0 returns %+v", none)
		}
		for _, key := range []string{"", "x", "1.2", "1.2.3.4", "a.b.!", strings.Repeat("z", 40) + ".1.1"} {
			if err := next.AckOutbox(t.Context(), rest[0].Key, key); err == nil {
				t.Errorf("%q is a key", key)
			}
		}
		if err := next.AckOutbox(t.Context(), "1.2.3"); err != nil {
			t.Errorf("a key of nothing: %v", err)
		}
		if err := next.AckOutbox(t.Context()); err != nil {
			t.Errorf("no keys: %v", err)
		}
		if left := readOutbox(t, next, 100); len(left) != 2 {
			t.Errorf("then %d are left", len(left))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := next.ReadOutbox(ctx, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that is done: %v", err)
		}
	})
}

func TestOutboxEntryHoldsWholeChange(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		now := time.Date(2026, 5, 6, 7, 8, 9, 123_456_000, time.UTC)
		s := e.fixture(t).openOutbox(t, func(o *sqlstore.Options) { o.Clock = func() time.Time { return now } })
		origin := func(operation store.Operation) context.Context {
			return store.WithOrigin(t.Context(), store.Origin{Operation: operation, Subject: "client \x00\xff'\"\\", RequestID: "r-" + string(operation)})
		}
		extensions := store.Extensions{extensionURN: {"exact": "<é\u2028>", "weight": json.Number("9007199254740993.10"), "words": []any{"a"}}}
		inner, err := s.Create(origin("create"), store.Group{DisplayName: "inner"})
		if err != nil {
			t.Fatal(err)
		}
		outer, err := s.Create(origin("create"), store.Group{DisplayName: "outer", ExternalID: "x", Extensions: extensions,
			Members: []store.Member{{Value: "user", Type: "User", Display: "U", Ref: "https://example.com/u"}, {Value: inner.Group.ID}}})
		if err != nil {
			t.Fatal(err)
		}
		display := "D"
		change, err := s.Update(origin(store.OperationReplace), outer.Group.ID, store.Update{Head: func(head *store.Group) error {
			head.DisplayName, head.ExternalID = "Outer", ""
			head.Extensions = store.Extensions{extensionURN: {"exact": "other", "words": []any{"a"}, "flag": true}}
			return nil
		}, Members: store.MemberEdits{{Op: store.AddMembers, Members: []store.Member{{Value: "two"}}}, {Op: store.RemoveMembers, Values: []string{"user"}},
			{Op: store.SetMatching, Set: store.MemberSet{Display: &display}}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Delete(origin("delete"), inner.Group.ID, nil); err != nil {
			t.Fatal(err)
		}
		got := readOutbox(t, s, 100)
		for i := range got {
			for _, list := range [][]store.Member{got[i].Added, got[i].Altered} {
				slices.SortFunc(list, func(a, b store.Member) int { return strings.Compare(a.Value, b.Value) })
			}
		}
		after := change.Group
		after.Version++
		after.LastModified = after.LastModified.Add(time.Microsecond)
		from := func(operation store.Operation) store.Origin {
			return store.Origin{Operation: operation, Subject: "client \x00\ufffd'\"\\", RequestID: "r-" + string(operation)}
		}
		added := []store.Member{{Value: inner.Group.ID, Type: "Group"}, {Value: "user", Type: "User", Display: "U", Ref: "https://example.com/u"}}
		slices.SortFunc(added, func(a, b store.Member) int { return strings.Compare(a.Value, b.Value) })
		names := []string{"displayName", "externalId", extensionURN + ":exact", extensionURN + ":weight", extensionURN + ":words"}
		changed := []string{"displayName", "externalId", extensionURN + ":exact", extensionURN + ":flag", extensionURN + ":weight"}
		entry := func(at time.Time, o store.Origin, c store.Change) store.OutboxEntry {
			c.Changed = true
			adapter.Count(&c.MemberChange, store.MaxChangeMembers)
			return store.OutboxEntry{Event: store.Event{Time: at, Origin: o, Change: c}}
		}
		patched := from(store.OperationDelete)
		patched.Operation = store.OperationPatch
		want := []store.OutboxEntry{
			entry(now, from(store.OperationCreate), store.Change{Group: inner.Group, Attributes: names[:1]}),
			entry(now, from(store.OperationCreate), store.Change{Group: outer.Group, Attributes: names, MemberChange: store.MemberChange{Added: added}}),
			entry(change.Group.LastModified, from(store.OperationReplace), store.Change{Group: change.Group, FormerName: "outer", Attributes: changed,
				MemberChange: store.MemberChange{Added: []store.Member{{Value: "two", Display: "D"}}, Removed: []string{"user"},
					Altered: []store.Member{{Value: inner.Group.ID, Type: "Group", Display: "D"}}}}),
			entry(now.Add(time.Microsecond), from(store.OperationDelete), store.Change{Group: inner.Group, FormerName: "inner"}),
			entry(after.LastModified, patched, store.Change{Group: after, FormerName: "Outer", MemberChange: store.MemberChange{Removed: []string{inner.Group.ID}}}),
		}
		// The clock stands still, so entries of different groups may come in any order.
		rank := func(e store.OutboxEntry) string {
			return fmt.Sprint(e.Group.DisplayName, e.Time.UnixMicro(), e.Operation)
		}
		for _, list := range [][]store.OutboxEntry{got, want} {
			slices.SortStableFunc(list, func(a, b store.OutboxEntry) int { return strings.Compare(rank(a), rank(b)) })
		}
		for i := range got {
			if got[i].Key == "" {
				t.Error("there is no key")
			}
			got[i].Key = ""
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("read\n%+v\nand should have read\n%+v", got, want)
		}
		if now, err := s.Get(t.Context(), outer.Group.ID, store.Selection{Extensions: true}); err != nil || !reflect.DeepEqual(now, after) {
			t.Errorf("there is %+v, %v", now, err)
		}
	})
}

func TestLargeOutboxEntryIsTruncated(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		s := e.fixture(t).openOutbox(t, func(o *sqlstore.Options) { o.OutboxMembers = 3 })
		g, err := s.Create(t.Context(), store.Group{DisplayName: "a", Members: []store.Member{{Value: "1"}, {Value: "2"}, {Value: "3"}}})
		if err != nil {
			t.Fatal(err)
		}
		for _, values := range [][]string{{"4", "5", "6", "7"}, {"1", "4", "8"}} {
			if _, err := s.Update(t.Context(), g.Group.ID, add(values...)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Update(t.Context(), g.Group.ID, store.Update{Members: store.MemberEdits{{Op: store.RemoveMembers, Values: []string{"1", "2"}}, {Op: store.AddMembers, Members: []store.Member{{Value: "x"}, {Value: "y"}}}}}); err != nil {
			t.Fatal(err)
		}
		for i, want := range []struct {
			added     int
			truncated bool
		}{{3, false}, {0, true}, {1, false}, {0, true}} {
			entry := readOutbox(t, s, 100)[i]
			if len(entry.Added) != want.added || entry.Truncated != want.truncated || len(entry.Removed) != 0 || entry.Group.Version != g.Group.Version+store.Version(i) {
				t.Errorf("entry %d is %+v", i, entry)
			}
		}
	})
}

func TestPruneOutbox(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		f := e.fixture(t)
		s := f.openOutbox(t, func(o *sqlstore.Options) { o.Clock = func() time.Time { return now } })
		var made []time.Time
		for i := range 5 {
			now = now.Add(time.Hour)
			made = append(made, now)
			createAll(t, s.Tenant(fmt.Sprint("t", i%2)), fmt.Sprint("g", i))
		}
		for _, c := range []struct {
			before time.Time
			want   int
		}{{time.Time{}, 0}, {made[0], 0}, {made[0].Add(1), 1}, {made[0].Add(1), 0}, {made[3], 2}, {now.Add(time.Hour), 2}} {
			if n, err := s.PruneOutbox(t.Context(), c.before); err != nil || n != c.want {
				t.Errorf("before %v: %d, %v", c.before, n, err)
			}
		}
		if left := readOutbox(t, s, 100); len(left) != 0 {
			t.Errorf("%+v is left", left)
		}
		// More than one batch.
		exec(t, f, `INSERT INTO `+f.table("outbox")+` (made, change_id, number, tenant, entry) `+f.series(25_000)+
			` SELECT n, 1, 0, '', '{}' FROM s`)
		if n, err := s.PruneOutbox(t.Context(), time.UnixMicro(24_001)); err != nil || n != 24_000 {
			t.Errorf("of many: %d, %v", n, err)
		}
	})
}

func TestOutboxHoldsEntriesOfAllTenants(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		f := e.fixture(t)
		s := f.openOutbox(t, func(o *sqlstore.Options) { o.NewID = func(g store.Group) string { return g.DisplayName } })
		createAll(t, s.Tenant("one"), "same")
		createAll(t, s.Tenant("two'"), "same")
		createAll(t, s, "same")
		tenant := s.Tenant("three")
		var tenants []string
		for _, e := range readOutbox(t, tenant, 100) {
			tenants = append(tenants, e.Tenant)
		}
		if !slices.Equal(tenants, []string{"one", "two'", ""}) {
			t.Errorf("the entries are those of %q", tenants)
		}
		ackOutbox(t, tenant, readOutbox(t, s, 1)...)
		if left := readOutbox(t, s, 100); len(left) != 2 || left[0].Tenant != "two'" {
			t.Errorf("%+v is left", left)
		}
		if _, err := s.Tenant("a\x00").ReadOutbox(t.Context(), 1); err == nil {
			t.Error("a tenant with an impossible name reads")
		}
	})
}

func TestOutboxEntryHoldsOrigin(t *testing.T) {
	for name, given := range map[string]func(*sqlstore.OutboxStore) store.GroupStore{
		"through the store":                         func(s *sqlstore.OutboxStore) store.GroupStore { return s },
		"through the store of a tenant":             func(s *sqlstore.OutboxStore) store.GroupStore { return s.Tenant("acme") },
		"through what does not show the outbox":     func(s *sqlstore.OutboxStore) store.GroupStore { return s.Store },
		"through a store of the host around it":     func(s *sqlstore.OutboxStore) store.GroupStore { return struct{ store.GroupStore }{s} },
		"through a store around that of the tenant": func(s *sqlstore.OutboxStore) store.GroupStore { return struct{ store.GroupStore }{s.Tenant("acme")} },
	} {
		t.Run(name, func(t *testing.T) {
			s := sqliteEngine.fixture(t).openOutbox(t, func(o *sqlstore.Options) { o.NewID = func(g store.Group) string { return g.DisplayName } })
			h, err := scim.NewHandler(scim.Config{Groups: given(s), Auth: scim.Auth{Authenticator: scim.Anonymous}, BaseURL: "https://example.com"})
			if err != nil {
				t.Fatal(err)
			}
			const group, patch = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"g","externalId":"`, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":"m"}]}]}`
			for _, r := range []struct{ method, path, body string }{
				{"POST", "/Groups", group + `e"}`}, {"PUT", "/Groups/g", group + `f"}`}, {"PATCH", "/Groups/g", patch}, {"DELETE", "/Groups/g", ""},
			} {
				request := httptest.NewRequest(r.method, r.path, strings.NewReader(r.body))
				request.Header.Set("Content-Type", "application/scim+json")
				request.Header.Set("X-Request-Id", "id-of-"+r.method)
				w := httptest.NewRecorder()
				if h.ServeHTTP(w, request); w.Code >= 300 {
					t.Fatalf("%s is answered %d: %s", r.method, w.Code, w.Body)
				}
			}
			var got []store.Origin
			for _, e := range readOutbox(t, s, 100) {
				got = append(got, e.Origin)
			}
			want := []store.Origin{{Operation: "create", Subject: "anonymous", RequestID: "id-of-POST"}, {Operation: "replace", Subject: "anonymous", RequestID: "id-of-PUT"},
				{Operation: "patch", Subject: "anonymous", RequestID: "id-of-PATCH"}, {Operation: "delete", Subject: "anonymous", RequestID: "id-of-DELETE"}}
			if !slices.Equal(got, want) {
				t.Errorf("the entries come from\n%+v, and should from\n%+v", got, want)
			}
		})
	}
}

func TestOnlyOutboxStoreImplementsOutbox(t *testing.T) {
	f := sqliteEngine.fixture(t)
	plain := f.open(t)
	for name, s := range map[string]store.GroupStore{"Open": plain, "a tenant": plain.Tenant("a")} {
		if _, ok := s.(store.Outbox); ok {
			t.Errorf("%s has an outbox that was not asked for", name)
		}
	}
	createAll(t, plain, "before")
	with := f.openOutbox(t)
	createAll(t, with, "during")
	createAll(t, plain, "meanwhile")
	if entries := readOutbox(t, with, 100); len(entries) != 1 || entries[0].Group.DisplayName != "during" {
		t.Errorf("the entries are %+v", entries)
	}
	var s store.GroupStore = with.Tenant("a")
	for name, ok := range map[string]bool{
		"MemberScanner": is[store.MemberScanner](s), "MemberCounter": is[store.MemberCounter](s), "MembershipFinder": is[store.MembershipFinder](s), "Outbox": is[store.Outbox](s),
	} {
		if !ok {
			t.Errorf("a store with an outbox is no %s", name)
		}
	}
}

func is[T any](s any) bool {
	_, ok := s.(T)
	return ok
}
