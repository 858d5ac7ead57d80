package store

import (
	_ "embed"
	"encoding/json"
	"slices"

	"github.com/elimity-com/scim/schema"
)

// GroupSchema is the URN of the core schema of groups (RFC 7643 §4.2).
const GroupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group"

// ResourceType is the meta.resourceType of every group.
const ResourceType = "Group"

//go:embed schemas/group.json
var groupSchemaJSON []byte

// Schema returns the core schema of groups: that of RFC 7643 §8.7.1 with its errata, and
// with a unique displayName and a caseExact members.value, as the contract of
// [GroupStore] has them. memberTypes are the resource types that members may have in
// addition to User and Group. The attribute table of groups is built from it:
//
//	table, err := filter.NewTable(filter.Definition{Core: store.Schema()})
func Schema(memberTypes ...string) schema.Schema {
	var definition map[string]any
	var s schema.Schema
	err := json.Unmarshal(groupSchemaJSON, &definition)
	if err == nil {
		allowTypes(definition, memberTypes)
		var b []byte
		if b, err = json.Marshal(definition); err == nil {
			err = json.Unmarshal(b, &s)
		}
	}
	if err != nil {
		panic(err) // the embedded file is broken
	}
	return s
}

// allowTypes adds resource types to the types that members may have.
func allowTypes(definition map[string]any, types []string) {
	attributes := definition["attributes"].([]any)
	members := attributes[slices.IndexFunc(attributes,
		func(a any) bool { return a.(map[string]any)["name"] == "members" })]
	for _, sub := range members.(map[string]any)["subAttributes"].([]any) {
		for _, list := range []string{"referenceTypes", "canonicalValues"} {
			values, ok := sub.(map[string]any)[list].([]any)
			if !ok {
				continue
			}
			for _, name := range types {
				values = append(values, name)
			}
			sub.(map[string]any)[list] = values
		}
	}
}
