package main

import (
	"maps"
	"slices"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/scim/workspaceone"
)

// profiles are the ways to behave that -profile offers.
var profiles = map[string]func(*scim.Config, *storeOptions){
	"default": func(*scim.Config, *storeOptions) {},
	"strict":  func(c *scim.Config, _ *storeOptions) { c.Tolerate.Quirks = patch.Strict },
	"lenient": func(c *scim.Config, _ *storeOptions) { c.Tolerate.Quirks = patch.Lenient },
	"interop": func(c *scim.Config, _ *storeOptions) { c.Profile = scim.Interop },
	"ipsie":   func(c *scim.Config, _ *storeOptions) { c.Profile = scim.IPSIE },
	"opsera": func(c *scim.Config, o *storeOptions) {
		c.Dialect = scim.Opsera
		c.Auth.PublicDiscovery = true
		c.Limits.MaxCount = 100
		o.idFromName = true
	},
	"workspaceone": func(c *scim.Config, o *storeOptions) {
		c.Dialect = scim.WorkspaceONE
		c.Extensions = append(c.Extensions, workspaceone.Extension())
		c.Limits.MaxCount, c.Limits.DefaultCount = 10_000, 20
		o.directory = true
	},
	"scim11": func(c *scim.Config, _ *storeOptions) {
		c.Dialect = scim.SCIM11
		c.Extensions = append(c.Extensions, scim.OktaExtension())
	},
}

func profileNames() []string { return slices.Sorted(maps.Keys(profiles)) }
