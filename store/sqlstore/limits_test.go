package sqlstore_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/store"
)

func TestValuesThatTheDatabaseCannotHoldAreInvalid(t *testing.T) {
	long := strings.Repeat("é", 751)
	for name, c := range map[string]struct {
		group             store.Group
		attribute, reason string
	}{
		"NUL in a name":                 {store.Group{DisplayName: "a\x00b"}, "displayName", "NUL"},
		"a name that is not UTF-8":      {store.Group{DisplayName: "a\xff"}, "displayName", "UTF-8"},
		"a name that is too long":       {store.Group{DisplayName: long}, "displayName", "1500 bytes"},
		"NUL in an externalId":          {store.Group{DisplayName: "a", ExternalID: "\x00"}, "externalId", "NUL"},
		"an externalId that's too long": {store.Group{DisplayName: "a", ExternalID: long}, "externalId", "1500 bytes"},
		"NUL in a member": {store.Group{DisplayName: "a", Members: []store.Member{{Value: "\x00"}}},
			"members.value", "NUL"},
		"a member that is too long": {store.Group{DisplayName: "a", Members: []store.Member{{Value: long}}},
			"members.value", "1500 bytes"},
		"NUL in a display": {store.Group{DisplayName: "a",
			Members: []store.Member{{Value: "a", Display: "\x00"}}}, "members.display", "NUL"},
		"NUL in an extension": {store.Group{DisplayName: "a",
			Extensions: store.Extensions{extensionURN: {"words": []any{"\x00"}}}}, extensionURN + ":words", "NUL"},
		"a number that is too long": {store.Group{DisplayName: "a",
			Extensions: store.Extensions{extensionURN: {"weight": json.Number("1e1001")}}}, extensionURN + ":weight", "1000 digits"},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, bothEngines, func(t *testing.T, e engine) {
				s := e.fixture(t).open(t)
				var invalid *store.InvalidError
				if _, err := s.Create(t.Context(), c.group); !errors.As(err, &invalid) || invalid.Attribute != c.attribute ||
					!strings.Contains(invalid.Reason, c.reason) {
					t.Errorf("Create: %v", err)
				}
				g, err := s.Create(t.Context(), store.Group{DisplayName: "x"})
				if err != nil {
					t.Fatal(err)
				}
				_, err = s.Update(t.Context(), g.Group.ID, store.Update{Head: func(head *store.Group) error {
					head.DisplayName, head.ExternalID, head.Extensions = c.group.DisplayName, c.group.ExternalID, c.group.Extensions
					return nil
				}, Members: store.MemberEdits{{Op: store.AddMembers, Members: c.group.Members}}})
				if !errors.As(err, &invalid) || invalid.Attribute != c.attribute {
					t.Errorf("Update: %v", err)
				}
				if after, err := s.Get(t.Context(), g.Group.ID, store.Selection{Members: true, Extensions: true}); err != nil ||
					after.Version != g.Group.Version || after.DisplayName != "x" {
					t.Errorf("afterwards: %+v, %v", after, err)
				}
			})
		})
	}
}

func TestLongestValuesFitIntoIndexes(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		random := func(n int) string { // text that does not compress
			var b strings.Builder
			x := uint32(1)
			for b.Len() < n {
				x = x*1664525 + 1013904223
				b.WriteByte('a' + byte(x>>24)%26)
			}
			return b.String()
		}
		s := e.fixture(t).open(t).Tenant(random(200))
		g, err := s.Create(t.Context(), store.Group{DisplayName: random(1500), ExternalID: random(1500),
			Members: []store.Member{{Value: random(1500)}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(t.Context(), g.Group.ID, store.Selection{}); err != nil {
			t.Error(err)
		}
	})
}

func TestNumbersInExtensionsKeepTheirValue(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		s := e.fixture(t).open(t)
		for written, want := range map[string]string{
			"1e2": "100", "1.50": "1.50", "-0": "0", "0.1E-2": "0.001", "12.5e1": "125",
			"123456789012345678901234567890.5": "123456789012345678901234567890.5",
			"-1.5e-3":                          "-0.0015", "1e0": "1", "100e-2": "1.00",
		} {
			attributes := store.Extensions{extensionURN: {"weight": json.Number(written)}}
			g, err := s.Create(t.Context(), store.Group{DisplayName: "n" + written, Extensions: attributes})
			if err != nil {
				t.Fatal(err)
			}
			read, err := s.Get(t.Context(), g.Group.ID, store.Selection{Extensions: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, got := range []store.Group{g.Group, read} {
				if n := got.Extensions[extensionURN]["weight"]; n != json.Number(want) {
					t.Errorf("%s is %v, and should be %s", written, n, want)
				}
			}
			change, err := s.Update(t.Context(), g.Group.ID, store.Update{Head: func(head *store.Group) error {
				head.Extensions = attributes
				return nil
			}})
			if err != nil || change.Changed {
				t.Errorf("writing %s again changes the group: %t, %v", written, change.Changed, err)
			}
		}
	})
}
