package sqlstore_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/sqlstore"
	"github.com/scimgroups/scimgroups/store/storetest"
)

// TestTenantOfAcyclicStoreWithOutboxConforms gives each test of the contract a tenant, in
// one database with those of the tests that run at the same time.
func TestTenantOfAcyclicStoreWithOutboxConforms(t *testing.T) {
	onEach(t, variantEngines(), func(t *testing.T, e engine) {
		s := e.fixture(t).openOutbox(t, func(o *sqlstore.Options) { o.Nesting = store.NestingAcyclic })
		for _, name := range []string{"", "other", "acme-"} {
			_, err := s.Tenant(name).Create(t.Context(), store.Group{DisplayName: "group", ExternalID: "x",
				Members: []store.Member{{Value: "member-00001"}}})
			if err != nil {
				t.Fatal(err)
			}
		}
		var tenants atomic.Int64
		storetest.RunWith(t, func(t *testing.T) store.GroupStore {
			return s.Tenant(fmt.Sprint("acme-", tenants.Add(1)))
		}, storetest.Options{Nesting: nesting(store.NestingAcyclic)})
	})
}

func TestTenantsAreIsolated(t *testing.T) {
	table := groupTable(t)
	onEach(t, engines, func(t *testing.T, e engine) {
		// Even the ids are the same.
		root := e.fixture(t).open(t, func(o *sqlstore.Options) {
			o.NewID = func(g store.Group) string { return "id-" + strings.ToLower(g.DisplayName) }
		})
		one, two := root.Tenant("one"), root.Tenant("two")
		create := func(s store.GroupStore, name, member string) store.Group {
			t.Helper()
			g, err := s.Create(t.Context(), store.Group{DisplayName: name, ExternalID: "e",
				Members: []store.Member{{Value: member}, {Value: "both"}}})
			if err != nil {
				t.Fatal(err)
			}
			return g.Group
		}
		a1, a2 := create(one, "A", "m1"), create(two, "A", "m2")
		b2 := create(two, "B", "m2")
		if a1.ID != a2.ID {
			t.Fatalf("the ids are %s and %s", a1.ID, a2.ID)
		}

		if _, err := one.Get(t.Context(), b2.ID, store.Selection{}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Get: %v", err)
		}
		for _, condition := range []string{`displayName pr`, `externalId eq "e"`, `members.value eq "both"`,
			`members[value eq "m1"]`, `members.value ne "x"`, `not (members.value eq "m2")`} {
			page, err := one.List(t.Context(), store.Query{Filter: compiled(t, table, condition), Limit: 10,
				Select: store.Selection{Members: true}})
			if err != nil || page.Total != 1 || len(page.Groups) != 1 || len(page.Groups[0].Members) != 2 || page.Next != "" {
				t.Errorf("%s: %+v, %v", condition, page, err)
			}
		}
		if page, err := one.List(t.Context(), store.Query{Filter: compiled(t, table, `members.value eq "m2"`),
			Limit: 10}); err != nil || page.Total != 0 {
			t.Errorf("members of the other: %+v, %v", page, err)
		}

		// Changes.
		change, err := one.Update(t.Context(), a1.ID, store.Update{Head: func(head *store.Group) error {
			head.DisplayName = "B"
			return nil
		}, Members: store.MemberEdits{{Op: store.ClearMembers}}})
		if err != nil || len(change.Removed) != 2 {
			t.Errorf("Update: %+v, %v", change, err)
		}
		if _, err := one.Delete(t.Context(), b2.ID, nil); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Delete of the other's group: %v", err)
		}
		if _, err := one.Delete(t.Context(), a1.ID, nil); err != nil {
			t.Errorf("Delete: %v", err)
		}
		for _, g := range []store.Group{a2, b2} {
			got, err := two.Get(t.Context(), g.ID, store.Selection{Members: true})
			if err != nil || len(got.Members) != 2 || got.Version != g.Version || got.DisplayName != g.DisplayName {
				t.Errorf("the other tenant has %+v, %v", got, err)
			}
		}
		members := make([]store.Member, 10)
		if n, err := two.ScanMembers(t.Context(), a2.ID, "", members); err != nil || n != 2 || members[1].Value != "m2" {
			t.Errorf("ScanMembers: %+v, %v", members[:n], err)
		}
		if page, err := root.List(t.Context(), store.Query{Limit: 10}); err != nil || page.Total != 0 {
			t.Errorf("the tenant without a name has %+v, %v", page, err)
		}
	})
}

func TestInvalidTenantNameFails(t *testing.T) {
	s := sqliteEngine.fixture(t).open(t)
	for _, name := range []string{"a\x00b", "\xff", strings.Repeat("x", 201)} {
		if _, err := s.Tenant(name).Create(t.Context(), store.Group{DisplayName: "a"}); err == nil {
			t.Errorf("Create in the tenant %.10q succeeds", name)
		}
	}
}
