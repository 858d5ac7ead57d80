package wire

import "github.com/scimgroups/scimgroups/patch"

// Opsera is SCIM 2.0 as Opsera's "SCIM2 Groups" API has it
// (docs.opsera.ai/api-reference/reference/scim2-groups).
var Opsera Dialect = opsera{}

type opsera struct{ scim2 }

func (opsera) Quirks(q patch.Quirks) patch.Quirks {
	return (q | patch.PatchAnswers200) &^ patch.MissingSchemas
}
func (opsera) Cursors() bool     { return false }
func (opsera) Bulk() bool        { return false }
func (opsera) NamesAreIDs() bool { return true }

// Config says that sorting and ETags are not supported, although both work.
func (opsera) Config(c ServiceProviderConfig) any {
	c.Sort.Supported, c.ETag.Supported = false, false
	return c
}
