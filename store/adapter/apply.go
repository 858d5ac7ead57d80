package adapter

import (
	"slices"
	"time"

	"github.com/scimgroups/scimgroups/internal/jsontext"
	"github.com/scimgroups/scimgroups/store"
)

// Timestamp returns t as a group has it: in UTC and truncated to the microsecond.
func Timestamp(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// FirstVersion returns the version of a group that is created at t. It is higher than
// the last version of any group deleted before t, so a store need not remember deleted
// groups.
func FirstVersion(t time.Time) store.Version { return store.Version(t.UnixMicro()) }

// Head returns a copy of g without its members.
func Head(g store.Group) store.Group { return Select(g, store.Selection{Extensions: true}) }

// Select returns a copy of g with the parts that sel selects. The copy shares no memory
// with g. Select ignores sel.MaxMembers, as a store without a [store.MemberScanner] may.
func Select(g store.Group, sel store.Selection) store.Group {
	if !sel.Members {
		g.Members, g.MembersOmitted = nil, false
	}
	if !sel.Extensions {
		g.Extensions = nil
	}
	return g.Clone()
}

// SameHead reports whether a and b have the same ExternalID, DisplayName and
// Extensions, so that an Update from one to the other changes nothing. Numbers in
// extensions are equal if they are written alike.
func SameHead(a, b *store.Group) bool {
	return a.ExternalID == b.ExternalID && a.DisplayName == b.DisplayName && equalExtensions(a.Extensions, b.Extensions)
}

// ChangedAttributes returns the paths of the attributes that differ between two
// states of a group's head, as [store.Change] lists them. An attribute without a
// value, such as null or an empty list, equals an absent attribute (RFC 7643 §2.5).
func ChangedAttributes(before, after *store.Group) []string {
	var changed []string
	if before.DisplayName != after.DisplayName {
		changed = append(changed, "displayName")
	}
	if before.ExternalID != after.ExternalID {
		changed = append(changed, "externalId")
	}
	head := len(changed)
	for _, pair := range [][2]store.Extensions{
		{before.Extensions, after.Extensions},
		{after.Extensions, before.Extensions},
	} {
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

// New returns the group to store when g is created at now, and the Change to return.
// The group has the given id, its times and first version, and its members in ascending
// order of Value without duplicates. The results share no memory with g or with each
// other.
func New(g store.Group, id string, now time.Time) (store.Group, store.Change) {
	g = g.Clone()
	g.ID = id
	g.Created = Timestamp(now)
	g.LastModified = g.Created
	g.Version = FirstVersion(g.Created)
	g.Members = sortMembers(g.Members)
	return g, Created(g, slices.Clone(g.Members))
}

// Created returns the Change of a Create that stored g with the members added. It keeps
// added.
func Created(g store.Group, added []store.Member) store.Change {
	c := store.Change{Group: Head(g), Attributes: ChangedAttributes(&store.Group{}, &g), Changed: true}
	c.Added = added
	Count(&c.MemberChange, store.MaxChangeMembers)
	return c
}

// Apply performs an Update at now for a store that has the whole group in memory. It
// checks the condition, edits the head, applies the edits to g.Members, and returns the
// group to store and the Change to return. The version rises and LastModified moves if,
// and only if, something changed. LastModified never decreases.
//
// Apply does not change g. The head that u.Head edits and the results share no memory
// with g or with each other. The store must make the step atomic, and must check that a
// new displayName is free.
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

// Deleted returns the Change of a Delete of g, or [store.ErrVersionMismatch] if c does
// not hold.
func Deleted(g store.Group, c *store.Condition) (store.Change, error) {
	if err := c.Check(g.Version); err != nil {
		return store.Change{}, err
	}
	return store.Change{Group: Select(g, store.Selection{}), FormerName: g.DisplayName, Changed: true}, nil
}

// Touch returns g with the next version and modified at now. LastModified never
// decreases.
func Touch(g store.Group, now time.Time) store.Group {
	g.Version++
	if now = Timestamp(now); now.After(g.LastModified) {
		g.LastModified = now
	}
	return g
}

// Count sets the counts of c to the lengths of its lists. If they add up to more than
// most, it drops the lists and sets Truncated.
func Count(c *store.MemberChange, most int) {
	c.NumAdded, c.NumRemoved, c.NumAltered = len(c.Added), len(c.Removed), len(c.Altered)
	if c.NumAdded+c.NumRemoved+c.NumAltered > most {
		c.Added, c.Removed, c.Altered, c.Truncated = nil, nil, nil, true
	}
}
