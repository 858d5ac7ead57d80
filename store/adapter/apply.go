package adapter

import (
	"slices"
	"time"

	"github.com/scimgroups/scimgroups/internal/jsontext"
	"github.com/scimgroups/scimgroups/store"
)

// Timestamp returns t as groups carry it: in UTC and to the microsecond.
func Timestamp(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// FirstVersion returns the version of a group that is created at t. It is above the
// last version of a group deleted before t, so that deleted groups need not be
// remembered.
func FirstVersion(t time.Time) store.Version { return store.Version(t.UnixMicro()) }

// Head returns a copy of g without its members.
func Head(g store.Group) store.Group { return Select(g, store.Selection{Extensions: true}) }

// Select returns a copy of g with the parts that sel selects. It ignores
// sel.MaxMembers: it is for stores without a [store.MemberScanner], which have the
// members at hand anyway. The copy shares no memory with g.
func Select(g store.Group, sel store.Selection) store.Group {
	if !sel.Members {
		g.Members, g.MembersOmitted = nil, false
	}
	if !sel.Extensions {
		g.Extensions = nil
	}
	return g.Clone()
}

// SameHead reports whether an Update that turns the head a into b leaves the group
// as it is: whether ExternalID, DisplayName and Extensions are equal. Numbers in
// extensions are equal if they are written alike.
func SameHead(a, b *store.Group) bool {
	return a.ExternalID == b.ExternalID && a.DisplayName == b.DisplayName && equalExtensions(a.Extensions, b.Extensions)
}

// ChangedAttributes returns the paths of the attributes that differ between two
// states of a group's head, as [store.Change] lists them. An attribute without a
// value, such as null or an empty list, equals an absent one (RFC 7643 §2.5).
func ChangedAttributes(before, after *store.Group) []string {
	var changed []string
	if before.DisplayName != after.DisplayName {
		changed = append(changed, "displayName")
	}
	if before.ExternalID != after.ExternalID {
		changed = append(changed, "externalId")
	}
	head := len(changed)
	for _, pair := range [][2]store.Extensions{{before.Extensions, after.Extensions}, {after.Extensions,
		before.Extensions}} {
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

// New returns the group to store when g is created at now, and the Change to return
// for it. The group has the id, the time, the first version, and its members in
// ascending order of Value without duplicates. The two share no memory with g or
// with each other.
func New(g store.Group, id string, now time.Time) (store.Group, store.Change) {
	g = g.Clone()
	g.ID = id
	g.Created = Timestamp(now)
	g.LastModified = g.Created
	g.Version = FirstVersion(g.Created)
	g.Members = sortMembers(g.Members)
	return g, Created(g, slices.Clone(g.Members))
}

// Created returns the Change of a Create that has stored g with the members added.
func Created(g store.Group, added []store.Member) store.Change {
	c := store.Change{Group: Head(g), Attributes: ChangedAttributes(&store.Group{}, &g), Changed: true}
	c.Added = added
	Count(&c.MemberChange, store.MaxChangeMembers)
	return c
}

// Apply performs an Update at now for an adapter that has the whole group in memory:
// it checks the condition, edits the head, applies the edits to g.Members, and
// returns the group to store and the Change. The version and LastModified move if,
// and only if, something changed; LastModified never goes back. g is not changed, and
// neither u.Head nor the results share memory with it or with each other. The adapter
// has to make the step atomic, and to check that a new displayName is free.
func Apply(g store.Group, u store.Update, now time.Time) (after store.Group, change store.Change, err error) {
	if err := u.If.Check(g.Version); err != nil {
		return store.Group{}, store.Change{}, err
	}
	after = g
	if u.Head != nil {
		head := Head(g)
		if err := u.Head(&head); err != nil {
			return store.Group{}, store.Change{}, err
		}
		after.ExternalID, after.DisplayName, after.Extensions = head.ExternalID, head.DisplayName, head.Extensions
	}
	if after.Members, change.MemberChange, err = ApplyEdits(g.Members, u.Members); err != nil {
		return store.Group{}, store.Change{}, err
	}
	change.FormerName = g.DisplayName
	change.Attributes = ChangedAttributes(&g, &after)
	change.Changed = !change.IsZero() || !SameHead(&g, &after)
	if change.Changed {
		after = Touch(after, now)
	}
	change.Group = Select(after, store.Selection{Extensions: u.Head != nil || u.Extensions})
	after.Extensions = after.Extensions.Clone()
	Count(&change.MemberChange, store.MaxChangeMembers)
	return after, change, nil
}

// Deleted returns the Change of a Delete under condition c, for an adapter that has
// the whole group in memory, or [store.ErrVersionMismatch].
func Deleted(g store.Group, c *store.Condition) (store.Change, error) {
	if err := c.Check(g.Version); err != nil {
		return store.Change{}, err
	}
	return store.Change{Group: Select(g, store.Selection{}), FormerName: g.DisplayName, Changed: true}, nil
}

// Touch returns g with the next version, last modified at now, but never earlier than
// before.
func Touch(g store.Group, now time.Time) store.Group {
	g.Version++
	if now = Timestamp(now); now.After(g.LastModified) {
		g.LastModified = now
	}
	return g
}

// Count sets the counts of c to the lengths of its lists, and drops the lists if they
// are longer than most together.
func Count(c *store.MemberChange, most int) {
	c.NumAdded, c.NumRemoved, c.NumAltered = len(c.Added), len(c.Removed), len(c.Altered)
	if c.NumAdded+c.NumRemoved+c.NumAltered > most {
		c.Added, c.Removed, c.Altered, c.Truncated = nil, nil, nil, true
	}
}
