package scim

import (
	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/store"
)

// Opsera is SCIM 2.0 as Opsera's "SCIM2 Groups" API has it
// (docs.opsera.ai/api-reference/reference/scim2-groups). The id of a group is its
// name, so the store has to make ids of names (memory.Options.IDFromName,
// sqlstore.Options.NewID), and a group cannot be renamed: a PUT or PATCH with
// another displayName is answered 400 mutability. A PATCH is answered 200 with the
// group. There is no /Bulk and no paging
// by cursor, and the configuration says that sorting and ETags are not supported,
// although sortBy is obeyed.
//
// The API serves its configuration to everybody ([Config.PublicDiscovery]) and
// has pages of 100 groups (Limits.MaxCount).
func Opsera() *Dialect {
	d := SCIM2()
	d.bulk, d.cursors = false, false
	d.namesAreIDs, d.patchAnswers = true, true
	d.config = func(h *Handler) any {
		c := h.serviceProviderConfig()
		c.Sort.Supported, c.ETag.Supported = false, false
		return c
	}
	return d
}

// checkName refuses to rename a group whose id is its name.
func (d *Dialect) checkName(before string, head *store.Group) error {
	if d.namesAreIDs && head.DisplayName != before {
		return fault.BadRequest(scimerrors.ScimTypeMutability, "displayName is the id of the group and cannot be changed")
	}
	return nil
}
