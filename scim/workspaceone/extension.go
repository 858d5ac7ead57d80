package workspaceone

import (
	_ "embed"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/scim"
)

// Schema is the URN of the extension of groups in Workspace ONE Access.
const Schema = "urn:scim:schemas:extension:workspace:1.0"

//go:embed schema.json
var schemaJSON []byte

// Extension returns the extension of groups in Workspace ONE Access:
// distinguishedName, internalGroupType, domain, description, compositionRules (JSON
// in a string), compositionRulesV2, userStoreUuid, parents (which only the store
// sets) and email.
func Extension() filter.Extension {
	extensions, err := scim.ParseExtensions(schemaJSON)
	if err != nil {
		panic(err) // the embedded file is broken
	}
	return extensions[0]
}
