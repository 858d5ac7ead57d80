package patch

import (
	"slices"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/store"
)

// Edit is a compiled change of a group. It is immutable and may be applied any number
// of times, also concurrently.
type Edit struct {
	steps     []step // of the head
	members   store.MemberEdits
	supplied  supplied
	tolerated Quirks
	maxClear  int // Limits.MaxClear
}

// step is one change of the head of a group.
type step interface {
	apply(head *store.Group, a *application) error
}

// application is one application of an Edit to a head.
type application struct {
	tolerated Quirks // that made a difference to this head
	rescanned int    // values of extension attributes; see maxRescans
}

// Update returns the Edit as the update of a group. Its Head is nil if the body names
// nothing but members; its Members must not be modified.
//
// Head may be called again, also with another head. Its errors are errors.ScimError
// values, after which the head must not be used. If found is not nil, Head sets it to the
// quirks that made a difference to the head it was last called with, which
// [Edit.Tolerated] does not contain.
func (e *Edit) Update(found *Quirks) store.Update {
	u := store.Update{Members: e.members}
	if len(e.steps) > 0 {
		u.Head = func(head *store.Group) error {
			var a application
			err := e.apply(head, &a)
			if found != nil {
				*found = a.tolerated
			}
			return err
		}
	}
	return u
}

func (e *Edit) apply(head *store.Group, a *application) error {
	for _, s := range e.steps {
		if err := s.apply(head, a); err != nil {
			return err
		}
	}
	return nil
}

// Tolerated returns the quirks that made a difference when the body was compiled.
func (e *Edit) Tolerated() Quirks { return e.tolerated }

// Supplied reports whether the client sent a value for an attribute, which decides
// whether one with returned "request" is part of the response (RFC 7643 §7).
func (e *Edit) Supplied(a *filter.Attribute) bool { return e.supplied[a] }

// MapMembers returns an Edit that adds the members that f returns instead of those that
// e adds. f is called once, with each of those once, or not at all if there are none. It
// may leave members out and change their sub-attributes, but not their values.
func (e *Edit) MapMembers(f func([]store.Member) ([]store.Member, error)) (*Edit, error) {
	var all []store.Member
	for i := range e.members {
		all = append(all, e.members[i].Members...)
	}
	if len(all) == 0 {
		return e, nil
	}
	mapped, err := f(distinct(all))
	if err != nil {
		return nil, err
	}
	byValue := make(map[string]store.Member, len(mapped))
	for _, m := range mapped {
		byValue[m.Value] = m
	}
	other := *e
	other.members = slices.Clone(e.members)
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
			// As if the request had named none.
			*edit = store.MemberEdit{Op: store.ClearMembers, Max: e.maxClear}
		}
	}
	return &other, nil
}

// distinct returns the members with each value once. The first of a value counts.
func distinct(members []store.Member) []store.Member {
	seen := make(map[string]bool, len(members))
	out := make([]store.Member, 0, len(members))
	for _, m := range members {
		if !seen[m.Value] {
			seen[m.Value] = true
			out = append(out, m)
		}
	}
	return out
}

// supplied is the set of attributes with returned "request" that a client sent.
type supplied map[*filter.Attribute]bool

func (s *supplied) add(a *filter.Attribute) {
	if a.Returned != filter.ReturnedRequest {
		return
	}
	if *s == nil {
		*s = make(supplied)
	}
	(*s)[a] = true
}

// setText sets displayName or externalId.
type setText struct {
	attribute *filter.Attribute
	text      string
}

func (s *setText) apply(head *store.Group, _ *application) error {
	if s.attribute.Name == "displayName" {
		head.DisplayName = s.text
	} else {
		head.ExternalID = s.text
	}
	return nil
}

// checkID requires that the group has this id.
type checkID string

func (id checkID) apply(head *store.Group, _ *application) error {
	if string(id) != head.ID {
		return fault.Mutability("id cannot be changed")
	}
	return nil
}
