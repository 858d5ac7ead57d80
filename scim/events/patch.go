package events

import (
	"maps"
	"slices"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/jsontext"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// patch returns the PatchOp that has the effect of an update, or nil if it must not be
// reported in full. Removals come first, so that a receiver needs no room for more
// members than there are in the end.
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
	altered := sorted(ev.Altered)
	for i, object := range e.members(altered) {
		object := object.(map[string]any)
		if altered[i].Display == "" {
			object["display"] = nil // it may have had one (RFC 7643 §2.5)
		}
		p.Operations = append(p.Operations, Operation{Op: "replace", Path: memberPath(altered[i].Value), Value: object})
	}
	if len(ev.Added) > 0 {
		p.Operations = append(p.Operations, Operation{Op: "add", Path: "members", Value: e.members(sorted(ev.Added))})
	}
	if len(p.Operations) == 0 {
		return nil
	}
	return p
}

// assign returns the operation that gives an attribute of the head the value that it
// has. ok is false if clients cannot read all of it.
func (e *Encoder) assign(g *store.Group, path string) (op Operation, ok bool) {
	var value any
	switch a := e.table.Lookup(path); {
	case path == "displayName":
		value = g.DisplayName
	case path == "externalId":
		if g.ExternalID != "" {
			value = g.ExternalID
		}
	case a == nil || !a.Extension || e.secret(a):
		return Operation{}, false
	default:
		value = g.Extensions[a.Schema][a.Name]
		if object, ok := value.(map[string]any); ok {
			value = whole(a, object)
		}
	}
	if value == nil {
		return Operation{Op: "remove", Path: path}, true
	}
	return Operation{Op: "replace", Path: path, Value: value}, true
}

// secret reports whether clients cannot read an attribute or one of its sub-attributes.
func (e *Encoder) secret(a *filter.Attribute) bool {
	hidden := func(a *filter.Attribute) bool { return !e.readable.Wants(a) }
	return hidden(a) || slices.ContainsFunc(a.Sub, hidden)
}

// whole returns the value of a complex attribute with null for the sub-attributes that it
// does not have, since a replace leaves alone what it does not name (RFC 7644
// §3.5.2.3).
func whole(a *filter.Attribute, object map[string]any) map[string]any {
	out := make(map[string]any, len(a.Sub))
	for _, sub := range a.Sub {
		out[sub.Name] = nil
	}
	maps.Copy(out, object)
	return out
}

// memberPath returns the value path of one member.
func memberPath(value string) string {
	return string(jsontext.AppendQuote([]byte("members[value eq "), value)) + "]"
}
