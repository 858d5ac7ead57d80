package adapter

import (
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// Rank determines the place of a group in an ordered list: by the key of the attribute
// that the list is sorted by, then by creation, then by id. An ascending list is in the
// order of Compare. A descending list is its exact reverse, including ties and groups
// without a value.
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

// CompareKeys compares two results of [SortKey] byte by byte. The empty key, of a group
// without a value, is greater than all others.
func CompareKeys(a, b string) int {
	if (a == "") != (b == "") {
		if a == "" {
			return 1
		}
		return -1
	}
	return strings.Compare(a, b)
}

// SortKey returns the [filter.Attribute.SortKey] of the value of a by which g is sorted;
// see [store.Query]. The byte order of keys is the order of values. SortKey returns "" if
// a is nil or complex, and if g has no value of the type of a.
func SortKey(g *store.Group, a *filter.Attribute) string {
	if a == nil {
		return ""
	}
	return a.SortKey(sortValue(g, a))
}

// sortValue returns the value of a by which g is sorted, or nil.
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

// single returns the primary value of a list, or else its first. It returns v itself if
// it is not a list.
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
