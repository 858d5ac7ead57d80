package scim

import (
	_ "embed"

	"github.com/scimgroups/scimgroups/filter"
)

// WorkspaceSchema is the URN of the extension that groups have in Workspace ONE
// Access.
const WorkspaceSchema = "urn:scim:schemas:extension:workspace:1.0"

//go:embed schemas/workspace.json
var workspaceSchemaJSON []byte

// WorkspaceExtension is the extension that groups have in Workspace ONE Access:
// distinguishedName, internalGroupType, domain, description, compositionRules (JSON
// in a string), compositionRulesV2, userStoreUuid, parents (which only the store
// sets) and email.
func WorkspaceExtension() filter.Extension { return embeddedExtension(workspaceSchemaJSON) }

//go:embed schemas/okta.json
var oktaSchemaJSON []byte

// OktaExtension is the extension urn:okta:custom:group:1.0 with the description
// that Okta sends in SCIM 1.1 (developer.okta.com, SCIM 1.1 guide).
func OktaExtension() filter.Extension { return embeddedExtension(oktaSchemaJSON) }

func embeddedExtension(definition []byte) filter.Extension {
	extensions, err := ParseExtensions(definition)
	if err != nil {
		panic(err) // the embedded file is broken
	}
	return extensions[0]
}
