package events

import (
	"slices"
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// representation returns a group as a client reads it, without the URIs that depend on
// where the service is: meta.location, and the $ref of members of this service.
func (e *Encoder) representation(g *store.Group, members []store.Member) map[string]any {
	whole := *g
	whole.Members = sorted(members)
	object := e.readable.Object(&whole, givenRef)
	schemas := []string{store.GroupSchema}
	for _, x := range e.o.Extensions {
		if object[x.Schema.ID] != nil {
			schemas = append(schemas, x.Schema.ID)
		}
	}
	meta := map[string]any{"resourceType": store.ResourceType, "version": g.Version.String()}
	for name, at := range map[string]time.Time{"created": g.Created, "lastModified": g.LastModified} {
		if !at.IsZero() {
			meta[name] = at.UTC().Format(filter.TimeFormat)
		}
	}
	object["schemas"], object["id"], object["meta"] = schemas, g.ID, meta
	return object
}

// members returns members as JSON objects.
func (e *Encoder) members(members []store.Member) []any {
	list, _ := e.readable.Object(&store.Group{Members: members}, givenRef)["members"].([]any)
	return list
}

// givenRef returns the $ref that a member was given.
func givenRef(m *store.Member) string { return m.Ref }

// sorted returns members in the order of their values, so that events about the same
// change are equal.
func sorted(members []store.Member) []store.Member {
	byValue := func(a, b store.Member) int { return strings.Compare(a.Value, b.Value) }
	return slices.SortedFunc(slices.Values(members), byValue)
}

// knows reports whether Options.Extensions has the schema of every attribute.
func (e *Encoder) knows(x store.Extensions) bool {
	for urn, attributes := range x {
		for name, value := range attributes {
			if value != nil && e.table.Lookup(urn+":"+name) == nil {
				return false
			}
		}
	}
	return true
}
