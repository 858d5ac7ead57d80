package patch

import (
	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// Edit is a compiled change. It is immutable and may be applied any number of
// times, concurrently too.
type Edit struct {
	steps     []step
	members   store.MemberEdits
	supplied  map[*filter.Attribute]bool
	tolerated Quirks
	maxClear  int // Limits.MaxClear
}

// Tolerated returns the quirks that made a difference when the body was compiled.
func (e *Edit) Tolerated() Quirks { return e.tolerated }

// Members returns the edits of the members. They must not be changed.
func (e *Edit) Members() store.MemberEdits { return e.members }

// Head returns the edit of the head of the group, or nil if the body names nothing but
// members. It returns the quirks that made a difference to this head, beside those
// that [Edit.Tolerated] returns. Errors are errors.ScimError values; the head must not
// be used after one.
func (e *Edit) Head() func(head *store.Group) (Quirks, error) {
	if len(e.steps) == 0 {
		return nil
	}
	return e.editHead
}

func (e *Edit) editHead(head *store.Group) (found Quirks, err error) {
	looks := 0
	for i := range e.steps {
		if s := &e.steps[i]; s.kind == stepExtension {
			if looks += s.extension.looks(head); looks > maxRescans {
				return found, errTooManyRescans()
			}
		}
		if err := e.steps[i].apply(head, &found); err != nil {
			return found, err
		}
	}
	return found, nil
}

// Update returns the [store.Update] of the edit, with the quirks that made a difference
// to the head added to found, which may be nil. Its Head is nil if the body names
// nothing but members.
func (e *Edit) Update(found *Quirks) store.Update {
	u := store.Update{Members: e.members}
	if edit := e.Head(); edit != nil {
		u.Head = func(head *store.Group) error {
			q, err := edit(head)
			if found != nil {
				*found |= q
			}
			return err
		}
	}
	return u
}

// Apply edits the head and returns the edits of the members.
func (e *Edit) Apply(head *store.Group) (store.MemberEdits, error) {
	if _, err := e.editHead(head); err != nil {
		return nil, err
	}
	return e.members, nil
}

// MapMembers is the edit with what f makes of the members that it adds. f is
// called once, with each of them once, and not at all if there is none; members
// that it leaves out are not added. Nothing else may be changed but their
// sub-attributes.
func (e *Edit) MapMembers(f func([]store.Member) ([]store.Member, error)) (*Edit, error) {
	var all []store.Member
	seen := make(map[string]bool)
	for i := range e.members {
		for _, m := range e.members[i].Members {
			if !seen[m.Value] {
				seen[m.Value] = true
				all = append(all, m)
			}
		}
	}
	if len(all) == 0 {
		return e, nil
	}
	mapped, err := f(all)
	if err != nil {
		return nil, err
	}
	byValue := make(map[string]store.Member, len(mapped))
	for _, m := range mapped {
		byValue[m.Value] = m
	}
	other := *e
	other.members = append(store.MemberEdits(nil), e.members...)
	for i := range other.members {
		edit := &other.members[i]
		if len(edit.Members) == 0 {
			continue
		}
		members := make([]store.Member, 0, len(edit.Members))
		for _, m := range edit.Members {
			if m, ok := byValue[m.Value]; ok {
				members = append(members, m)
			}
		}
		edit.Members = members
		if len(members) == 0 && edit.Op == store.ReplaceMembers {
			*edit = store.MemberEdit{Op: store.ClearMembers, Max: e.maxClear} // as if nobody had been named
		}
	}
	return &other, nil
}

// Supplied reports whether the client sent a value for the attribute, which
// decides whether one with returned "request" is answered (RFC 7643 §7).
func (e *Edit) Supplied(a *filter.Attribute) bool { return e.supplied[a] }

func (e *Edit) supply(a *filter.Attribute) {
	if a.Returned != filter.ReturnedRequest {
		return
	}
	if e.supplied == nil {
		e.supplied = make(map[*filter.Attribute]bool)
	}
	e.supplied[a] = true
}
