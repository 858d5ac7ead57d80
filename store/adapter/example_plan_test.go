package adapter_test

import (
	"fmt"
	"iter"
	"maps"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// memberTable stands for the rows of one group in a table of members.
type memberTable map[string]store.Member

// Find looks up one row. A database does so within the transaction of the Update.
func (t memberTable) Find(value string) (store.Member, bool) {
	m, ok := t[value]
	return m, ok
}

// All reads all rows. Few edits need it.
func (t memberTable) All() iter.Seq[store.Member] { return maps.Values(t) }

// A store with a table of members writes only the rows that change.
func ExamplePlan() {
	members := memberTable{
		"barbara": {Value: "barbara", Type: "User"},
		"kim":     {Value: "kim", Type: "User"},
	}
	display := "All"
	change, err := adapter.Plan(store.MemberEdits{
		{Op: store.AddMembers, Members: []store.Member{{Value: "barbara"}, {Value: "omar"}}},
		{Op: store.RemoveMembers, Values: []string{"kim", "nobody"}},
		{Op: store.SetMatching, Set: store.MemberSet{Display: &display}},
	}, members)
	if err != nil {
		panic(err)
	}
	for _, m := range change.Added {
		fmt.Printf("INSERT %q %q\n", m.Value, m.Display)
	}
	for _, value := range change.Removed {
		fmt.Printf("DELETE %q\n", value)
	}
	for _, m := range change.Altered {
		fmt.Printf("UPDATE %q %q\n", m.Value, m.Display)
	}
	// Output:
	// INSERT "omar" "All"
	// DELETE "kim"
	// UPDATE "barbara" "All"
}
