package adapter

import (
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// Rank is what the place of a group in an ordered list depends on: the key of the
// attribute that the list is sorted by, then the creation, then the id. An ascending list
// is in the order of Compare; a descending one is its exact reverse, ties and groups
// without a value included.
type Rank struct {
	// Key is the result of [SortKey], or "" if the list is not sorted by an attribute.
	Key     string
	Created time.Time
	ID      string
}

// RankOf returns the rank of g in the list of q.
func RankOf(q store.Query, g *store.Group) Rank {
	return Rank{Key: SortKey(g, q.SortBy), Created: g.Created, ID: g.ID}
}

// Compare returns a negative number if r comes before s in an ascending list, a positive
// number if it comes after s, and 0 if they are equal.
func (r Rank) Compare(s Rank) int {
	if c := CompareKeys(r.Key, s.Key); c != 0 {
		return c
	}
	if c := r.Created.Compare(s.Created); c != 0 {
		return c
	}
	return strings.Compare(r.ID, s.ID)
}

// CompareKeys compares two results of [SortKey] byte by byte, except that the empty key,
// of a group without a value, is greater than all others.
func CompareKeys(a, b string) int {
	if (a == "") != (b == "") {
		if a == "" {
			return 1
		}
		return -1
	}
	return strings.Compare(a, b)
}

// SortKey returns the [filter.Attribute.SortKey] of the value that g sorts by (see SortBy
// of [store.Query]): the byte order of keys is the order of values. It returns "" for a
// nil attribute, for a complex one, and for a group that has no value or one of another
// type than the attribute.
func SortKey(g *store.Group, a *filter.Attribute) string {
	if a == nil {
		return ""
	}
	return a.SortKey(sortValue(g, a))
}

// sortValue returns the one value of the group that counts.
func sortValue(g *store.Group, a *filter.Attribute) any {
	top := a.Top()
	if !top.Extension {
		if a.Parent == nil {
			switch a.Name {
			case "id":
				return g.ID
			case "externalId":
				return g.ExternalID
			case "displayName":
				return g.DisplayName
			case "schemas":
				return store.GroupSchema
			}
			return nil
		}
		switch a.Parent.Name + "." + a.Name {
		case "meta.resourceType":
			return store.ResourceType
		case "meta.created":
			return g.Created
		case "meta.lastModified":
			return g.LastModified
		case "meta.version":
			return g.Version.String()
		case "schemas.value":
			return store.GroupSchema
		}
		return nil
	}
	v := single(g.Extensions[top.Schema][top.Name])
	if a.Parent != nil && !a.Element() {
		object, _ := v.(map[string]any)
		v = single(object[a.Name])
	}
	return v
}

// single returns the primary one of several values, or else the first.
func single(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	if i := filter.Primary(list); i >= 0 {
		return list[i]
	}
	return nil
}
