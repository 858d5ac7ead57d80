package scim

import (
	_ "embed"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/wire"
)

// Dialect is a version of the protocol, or the flavor of one product. A dialect
// only decodes requests into the same edits and queries, and encodes the same
// groups: Handlers with different dialects may serve one store at the same time.
// The zero value is [SCIM2].
type Dialect struct{ codec wire.Dialect }

func (d Dialect) orDefault() wire.Dialect {
	if d.codec == nil {
		return wire.SCIM2
	}
	return d.codec
}

// SCIM2 is the dialect of RFC 7643 and RFC 7644.
var SCIM2 = Dialect{wire.SCIM2}

// Opsera is SCIM 2.0 as Opsera's "SCIM2 Groups" API has it
// (docs.opsera.ai/api-reference/reference/scim2-groups):
//
//   - the id of a group is its name, so the store has to derive ids from names
//     (memory.Options.IDFromName, sqlstore.Options.NewID), and a group cannot be
//     renamed: a PUT or PATCH with another displayName is 400 mutability;
//   - the response to a PATCH is 200 with the group;
//   - there is no /Bulk and no paging by cursor, and the configuration says that
//     sorting and ETags are not supported, although both work.
//
// The API serves its configuration to everybody ([Auth.PublicDiscovery]) and has
// pages of 100 groups (Limits.MaxCount).
var Opsera = Dialect{wire.Opsera}

// SCIM11 is the dialect of SCIM 1.1 (draft-scim-api-01), which Okta, PingFederate,
// CyberArk and SailPoint can speak:
//
//   - groups and lists carry urn:scim:schemas:core:1.0, and the media type is
//     application/json;
//   - a PATCH is a partial group that is merged by the value of its members, with
//     "operation":"delete" to remove one and meta.attributes to clear; a PatchOp
//     of SCIM 2.0 is understood too;
//   - a POST may carry another method in X-HTTP-Method-Override;
//   - the configuration is at /ServiceProviderConfigs, and errors are
//     {"Errors":[{"description":…,"code":"404"}]}.
var SCIM11 = Dialect{wire.SCIM11}

// WorkspaceONE is the flavor of SCIM 1.1 of VMware (now Omnissa) Workspace ONE
// Access:
//
//   - there is no PUT;
//   - attributes of extensions may be named without their URN, and a name in
//     attributes or excludedAttributes that groups do not have is an error;
//   - a count or startIndex that is not usable is 404;
//   - a filter that was escaped twice selects nothing;
//   - /Schemas has to be asked for one schema by its name;
//   - errors are {"errors":[{"code":…,"message":…,"parameters":null}]}.
//
// Package workspaceone has the rest: the extension of groups, and what Workspace ONE
// Access adds to groups by itself.
var WorkspaceONE = Dialect{wire.WorkspaceONE}

//go:embed schemas/okta.json
var oktaSchemaJSON []byte

// OktaExtension returns the extension urn:okta:custom:group:1.0 with the description
// that Okta sends in SCIM 1.1 (developer.okta.com, SCIM 1.1 guide).
func OktaExtension() filter.Extension {
	extensions, err := ParseExtensions(oktaSchemaJSON)
	if err != nil {
		panic(err) // the embedded file is broken
	}
	return extensions[0]
}
