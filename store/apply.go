package store

import (
	"slices"
	"time"

	"github.com/scimgroups/scimgroups/internal/jsontext"
)

// Timestamp is t as groups carry it: in UTC and to the microsecond.
func Timestamp(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// Head is a copy of g without its members.
func (g Group) Head() Group {
	g.Members, g.MembersOmitted = nil, false
	g.Extensions = g.Extensions.Clone()
	return g
}

// Select is a copy of g with what sel asks for, whatever number of members that
// is: it is for stores without a [MemberScanner], for whom it would be in vain to
// leave them out. It shares no memory with g.
func (g Group) Select(sel Selection) Group {
	if !sel.Members {
		g.Members, g.MembersOmitted = nil, false
	}
	if !sel.Extensions {
		g.Extensions = nil
	}
	return g.Clone()
}

// HeadsEqual reports whether an Update that makes b of the head a leaves the
// group as it is: whether ExternalID, DisplayName and Extensions are the same.
// Numbers in extensions are the same if they are written the same.
func HeadsEqual(a, b *Group) bool {
	return a.ExternalID == b.ExternalID && a.DisplayName == b.DisplayName && a.Extensions.Equal(b.Extensions)
}

// ChangedAttributes names what is different between two states of a group's head:
// displayName, externalId and the attributes of extensions, as paths (RFC 7644
// §3.5.2) and in that order, extensions sorted. What only the store sets (id, meta)
// and the members are left out. An attribute without a value, such as null or an
// empty list, is the same as none (RFC 7643 §2.5).
func ChangedAttributes(before, after *Group) []string {
	var changed []string
	if before.DisplayName != after.DisplayName {
		changed = append(changed, "displayName")
	}
	if before.ExternalID != after.ExternalID {
		changed = append(changed, "externalId")
	}
	head := len(changed)
	for _, pair := range [][2]Extensions{{before.Extensions, after.Extensions}, {after.Extensions, before.Extensions}} {
		for urn, attributes := range pair[0] {
			for name, value := range attributes {
				other := pair[1][urn][name]
				if !jsontext.Equal(value, other) && !(jsontext.IsUnassigned(value) && jsontext.IsUnassigned(other)) {
					changed = append(changed, urn+":"+name)
				}
			}
		}
	}
	slices.Sort(changed[head:])
	return slices.Compact(changed)
}

// New is the group that an adapter stores when g is created at now: a copy with
// the id, with the time and the first version, and with its members in ascending
// order of Value, each once.
func (g Group) New(id string, now time.Time) Group {
	g = g.Clone()
	g.ID = id
	g.Created = Timestamp(now)
	g.LastModified = g.Created
	g.Version = FirstVersion(g.Created)
	g.Members = sortMembers(g.Members)
	return g
}

// Edit is [GroupStore.Update] for an adapter that has the whole group in memory:
// it calls fn with the head of g, applies the edits to g.Members, and answers the
// group as it is at now and the Change. The version and LastModified move if,
// and only if, something changed; LastModified never goes back. g is not changed,
// and neither fn nor the two results share memory with it or with each other.
// The adapter has to make the step atomic, and to check that a new displayName
// is free.
func (g Group) Edit(fn UpdateFunc, now time.Time) (after Group, change Change, err error) {
	head := g.Head()
	edits, err := fn(&head)
	if err != nil {
		return Group{}, Change{}, err
	}
	after = g
	after.ExternalID, after.DisplayName, after.Extensions = head.ExternalID, head.DisplayName, head.Extensions.Clone()
	after.Members, change.MemberChange, err = ApplyEdits(g.Members, edits)
	if err != nil {
		return Group{}, Change{}, err
	}
	change.Changed = !change.IsZero() || !HeadsEqual(&g, &after)
	if change.Changed {
		after = after.Touched(now)
	}
	change.Group = after.Head()
	return after, change, nil
}

// Touched is g with the next version, last modified at now, but never earlier
// than before.
func (g Group) Touched(now time.Time) Group {
	g.Version++
	if now = Timestamp(now); now.After(g.LastModified) {
		g.LastModified = now
	}
	return g
}
