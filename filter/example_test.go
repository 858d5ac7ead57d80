package filter_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/filter"
)

// A filter is compiled once and matched against any number of resources.
func ExampleTable_Filter() {
	table, err := filter.NewTable(filter.Definition{Core: schema.CoreGroupSchema()})
	if err != nil {
		log.Fatal(err)
	}
	f, err := table.Filter(`displayName sw "DEV" and members[value eq "u1" and type eq "User"]`, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, body := range []string{
		`{"displayName": "Developers", "members": [{"value": "u1", "type": "User"}]}`,
		`{"displayName": "Designers", "members": [{"value": "u1", "type": "User"}]}`,
		`{"displayName": "devops", "members": [{"value": "u1", "type": "Group"}, {"value": "u2", "type": "User"}]}`,
	} {
		var group filter.JSONResource
		if err := json.Unmarshal([]byte(body), &group); err != nil {
			log.Fatal(err)
		}
		fmt.Println(group["displayName"], f.Match(group))
	}
	// Output:
	// Developers true
	// Designers false
	// devops false
}

// An error says where the text is wrong, and holds what a server answers with.
func ExampleError() {
	table, err := filter.NewTable(filter.Definition{Core: schema.CoreGroupSchema()})
	if err != nil {
		log.Fatal(err)
	}
	_, err = table.Filter(`displayName is "developers"`, nil)
	fmt.Println(err)
	var scimError scimerrors.ScimError
	if errors.As(err, &scimError) {
		fmt.Println(scimError.Status, scimError.ScimType)
	}
	// Output:
	// filter: at offset 12, "is": unknown operator
	// 400 invalidFilter
}

// The filter in the brackets of a PATCH path is matched against elements.
func ExampleTable_Path() {
	table, err := filter.NewTable(filter.Definition{Core: schema.CoreGroupSchema()})
	if err != nil {
		log.Fatal(err)
	}
	path, err := table.Path(`Members[value eq "u1" or type eq "group"].display`, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(path.Attribute, path.Sub, path.Where)
	for _, member := range []filter.JSONObject{{"value": "u1", "type": "User"}, {"value": "u2", "type": "User"}, {"value": "g1", "type": "Group"}} {
		fmt.Println(member["value"], path.Where.Match(member))
	}
	// Output:
	// members members.display value eq "u1" or type eq "group"
	// u1 true
	// u2 false
	// g1 true
}
