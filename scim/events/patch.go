package events

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// patch is the PATCH that has the effect of an update; nil if there is none that may
// be told. Removals come first, so that a receiver needs no room for more members
// than there are in the end.
func (e *Encoder) patch(ev *store.Event) any {
	if !e.few(ev, len(ev.Added)+len(ev.Removed)+len(ev.Altered)) {
		return nil
	}
	p := PatchOp{Schemas: []string{patch.PatchOpSchema}}
	for _, path := range ev.Attributes {
		op, ok := e.assign(&ev.Group, path)
		if !ok {
			return nil
		}
		p.Operations = append(p.Operations, op)
	}
	for _, value := range slices.Sorted(slices.Values(ev.Removed)) {
		p.Operations = append(p.Operations, Operation{Op: "remove", Path: memberPath(value)})
	}
	for _, m := range sorted(ev.Altered) {
		object := member(m)
		if m.Display == "" {
			object["display"] = nil // it may have had one (RFC 7643 §2.5)
		}
		p.Operations = append(p.Operations, Operation{Op: "replace", Path: memberPath(m.Value), Value: object})
	}
	if len(ev.Added) > 0 {
		list := make([]any, len(ev.Added))
		for i, m := range sorted(ev.Added) {
			list[i] = member(m)
		}
		p.Operations = append(p.Operations, Operation{Op: "add", Path: "members", Value: list})
	}
	if len(p.Operations) == 0 {
		return nil
	}
	return p
}

// assign is the operation that gives an attribute of the head the value that it has.
func (e *Encoder) assign(g *store.Group, path string) (Operation, bool) {
	var value any
	switch path {
	case "displayName":
		value = g.DisplayName
	case "externalId":
		if g.ExternalID != "" {
			value = g.ExternalID
		}
	default:
		// The URN of a schema may have a dot in it, and the name of an attribute has
		// no colon (RFC 7643 §2.1).
		i := strings.LastIndexByte(path, ':')
		if i < 0 {
			return Operation{}, false
		}
		urn, name := path[:i], path[i+1:]
		a, ok := e.attributesOf(urn).ContainsAttribute(name)
		if !ok || secret(a) {
			return Operation{}, false
		}
		value = g.Extensions[urn][name]
		if object, ok := value.(map[string]any); ok {
			value = whole(a, object)
		}
	}
	if value == nil {
		return Operation{Op: "remove", Path: path}, true
	}
	return Operation{Op: "replace", Path: path, Value: value}, true
}

// whole is the value of a complex attribute with null for the sub-attributes that it
// does not have, since a replace leaves alone what it does not name (RFC 7644
// §3.5.2.3).
func whole(a schema.CoreAttribute, object map[string]any) map[string]any {
	out := make(map[string]any, len(object))
	for _, sub := range a.SubAttributes() {
		out[sub.Name()] = nil
	}
	maps.Copy(out, object)
	return out
}

// memberPath is the value path of one member.
func memberPath(value string) string {
	var quoted strings.Builder
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // a string has JSON
	}
	return "members[value eq " + strings.TrimSpace(quoted.String()) + "]"
}
