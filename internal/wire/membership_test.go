package wire_test

import (
	"testing"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

func TestDecodeMembership(t *testing.T) {
	table, err := filter.NewTable(filter.Definition{Core: store.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	c := patch.NewCompiler(table, patch.Options{})
	const schemas = `"schemas":["` + wire.MembershipSchema + `"]`
	for _, test := range []struct {
		body    string
		groupID string
		member  store.Member
		fails   bool
	}{
		{`{` + schemas + `,"group":{"value":"g"},"member":{"value":"m","type":"User"}}`, "g", store.Member{Value: "m", Type: "User"}, false},
		{`{` + schemas + `,"group":{"value":"g"}}`, "g", store.Member{}, true},
		{`{` + schemas + `,"member":{"value":"m"}}`, "", store.Member{Value: "m"}, true},
		{`{"group":{"value":"g"},"member":{"value":"m"}}`, "", store.Member{}, true},
	} {
		groupID, member, _, err := wire.DecodeMembership([]byte(test.body), c)
		if groupID != test.groupID || member != test.member || (err != nil) != test.fails {
			t.Errorf("%s is %q, %+v, %v", test.body, groupID, member, err)
		}
	}
}
