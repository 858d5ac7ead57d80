package store

import (
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/filter"
)

// Rank is the place of a group in an ordered list: by the key of the attribute
// that the list is sorted by, then by creation, then by id. An ascending list is
// in the order of Compare; a descending one is exactly the reverse of it, ties
// and groups without a value included.
type Rank struct {
	// Key is what [SortKey] answers; "" if the list is not sorted by an attribute.
	Key     string
	Created time.Time
	ID      string
}

// Rank is the place of g in the list.
func (q Query) Rank(g *Group) Rank {
	return Rank{Key: SortKey(g, q.SortBy), Created: g.Created, ID: g.ID}
}

// Compare answers a negative number if r comes before s in an ascending list, a
// positive one if it comes after it, and 0 if they are the same.
func (r Rank) Compare(s Rank) int {
	if c := CompareKeys(r.Key, s.Key); c != 0 {
		return c
	}
	if c := r.Created.Compare(s.Created); c != 0 {
		return c
	}
	return strings.Compare(r.ID, s.ID)
}

// CompareKeys compares two keys of [SortKey]: byte by byte, but the empty one, of
// a group without a value, is greater than all others.
func CompareKeys(a, b string) int {
	if (a == "") != (b == "") {
		if a == "" {
			return 1
		}
		return -1
	}
	return strings.Compare(a, b)
}

// SortKey is [filter.Attribute.SortKey] of the value that groups sort by (see
// [Query.SortBy]): the keys of two groups are in byte order as their values are. It
// is "" for a nil attribute, for a complex one, and for a group that has no value or
// one of another type than the attribute.
func SortKey(g *Group, a *filter.Attribute) string {
	if a == nil {
		return ""
	}
	return a.SortKey(sortValue(g, a))
}

// sortValue is the one value of the group that counts.
func sortValue(g *Group, a *filter.Attribute) any {
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
				return GroupSchema
			}
			return nil
		}
		switch a.Parent.Name + "." + a.Name {
		case "meta.resourceType":
			return ResourceType
		case "meta.created":
			return g.Created
		case "meta.lastModified":
			return g.LastModified
		case "meta.version":
			return g.Version.String()
		case "schemas.value":
			return GroupSchema
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

// single is the one value that counts.
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
