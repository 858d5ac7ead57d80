package events

import (
	"slices"
	"strings"
	"time"

	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// representation is a group as a client would read it, but for the URIs that depend
// on where the service is: meta.location, and the $ref of members of this service.
func (e *Encoder) representation(g *store.Group, members []store.Member) map[string]any {
	schemas := []string{store.GroupSchema}
	object := map[string]any{"id": g.ID, "displayName": g.DisplayName}
	if g.ExternalID != "" {
		object["externalId"] = g.ExternalID
	}
	for _, x := range e.Extensions {
		attributes := make(map[string]any)
		for name, value := range g.Extensions[x.Schema.ID] {
			if value, ok := readable(x.Schema.Attributes, name, value); ok {
				attributes[name] = value
			}
		}
		if len(attributes) > 0 {
			schemas = append(schemas, x.Schema.ID)
			object[x.Schema.ID] = attributes
		}
	}
	object["schemas"] = schemas
	if len(members) > 0 {
		list := make([]any, len(members))
		for i, m := range sorted(members) {
			list[i] = member(m)
		}
		object["members"] = list
	}
	meta := map[string]any{"resourceType": store.ResourceType, "version": g.Version.String()}
	for name, at := range map[string]time.Time{"created": g.Created, "lastModified": g.LastModified} {
		if !at.IsZero() {
			meta[name] = at.UTC().Format(filter.TimeFormat)
		}
	}
	object["meta"] = meta
	return object
}

// sorted makes events of the same change equal.
func sorted(members []store.Member) []store.Member {
	return slices.SortedFunc(slices.Values(members), func(a, b store.Member) int { return strings.Compare(a.Value, b.Value) })
}

// knows reports whether the schema of every attribute is among Extensions.
func (e *Encoder) knows(x store.Extensions) bool {
	for urn, attributes := range x {
		for name, value := range attributes {
			if _, ok := e.attributesOf(urn).ContainsAttribute(name); !ok && value != nil {
				return false
			}
		}
	}
	return true
}

func (e *Encoder) attributesOf(urn string) schema.Attributes {
	for _, x := range e.Extensions {
		if x.Schema.ID == urn {
			return x.Schema.Attributes
		}
	}
	return nil
}

// hidden reports whether clients cannot read an attribute (RFC 7643 §7).
func hidden(a schema.CoreAttribute) bool {
	return a.Returned() == "never" || a.Mutability() == "writeOnly"
}

// readable is the value of an attribute without what is hidden; ok is false if
// nothing is left of it.
func readable(attributes schema.Attributes, name string, value any) (_ any, ok bool) {
	a, ok := attributes.ContainsAttribute(name)
	if !ok || value == nil || hidden(a) {
		return nil, false
	}
	switch value := value.(type) {
	case []any:
		var list []any
		for _, item := range value {
			if object, ok := item.(map[string]any); ok {
				if object = readableObject(a.SubAttributes(), object); len(object) > 0 {
					list = append(list, object)
				}
			} else {
				list = append(list, item)
			}
		}
		return list, len(list) > 0
	case map[string]any:
		object := readableObject(a.SubAttributes(), value)
		return object, len(object) > 0
	}
	return value, true
}

func readableObject(subs schema.Attributes, object map[string]any) map[string]any {
	out := make(map[string]any, len(object))
	for name, value := range object {
		if value, ok := readable(subs, name, value); ok {
			out[name] = value
		}
	}
	return out
}

// secret reports whether an attribute or one of its sub-attributes is hidden.
func secret(a schema.CoreAttribute) bool {
	return hidden(a) || slices.ContainsFunc(a.SubAttributes(), hidden)
}
