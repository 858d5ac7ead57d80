package service

import (
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
)

// Attributes are the attributes of the core schema that have a meaning of their own.
type Attributes struct {
	ID, ExternalID, DisplayName, Members, Meta        *filter.Attribute
	MemberValue, MemberType, MemberDisplay, MemberRef *filter.Attribute
	Location                                          *filter.Attribute
}

// AttributesOf finds them in a table.
func AttributesOf(t *filter.Table) Attributes {
	return Attributes{
		ID: t.Lookup("id"), ExternalID: t.Lookup("externalId"), DisplayName: t.Lookup("displayName"),
		Members: t.Lookup("members"), Meta: t.Lookup("meta"),
		MemberValue: t.Lookup("members.value"), MemberType: t.Lookup("members.type"),
		MemberDisplay: t.Lookup("members.display"), MemberRef: t.Lookup("members.$ref"),
		Location: t.Lookup("meta.location"),
	}
}

// Compare returns a comparison of an attribute whose type is string.
func Compare(a *filter.Attribute, op filter.Op, value string) *filter.Compare {
	c, err := filter.NewCompare(a, op, value)
	if err != nil {
		panic(err) // strings compare with strings
	}
	return c
}

// Sorting resolves sortBy and sortOrder (RFC 7644 §3.4.2.3); either is "" if it is
// not given.
func (c *Attributes) Sorting(t *filter.Table, by, order string) (a *filter.Attribute, descending bool, err error) {
	descending = strings.EqualFold(order, "descending")
	if order != "" && !descending && !strings.EqualFold(order, "ascending") {
		return nil, false, fault.BadRequest(scimerrors.ScimTypeInvalidValue, "sortOrder must be ascending or descending")
	}
	if by == "" {
		return nil, descending, nil
	}
	a = t.Lookup(by)
	switch {
	case a == nil:
		return nil, false, fault.BadRequest(scimerrors.ScimTypeInvalidPath, "sortBy: the group has no such attribute")
	case a == c.Location:
		a = c.ID // the one is the other with the base URL in front
	case a == c.Members || a.Parent == c.Members:
		return nil, false, fault.BadRequest(scimerrors.ScimTypeInvalidPath, "sortBy: groups cannot be sorted by their members")
	}
	if a.Element() {
		a = a.Parent
	}
	if a.Type != filter.Complex {
		return a, descending, nil
	}
	value := a.SubAttribute("value")
	if value == nil {
		return nil, false, fault.BadRequest(scimerrors.ScimTypeInvalidPath, "sortBy: "+a.String()+" is complex; name one of its sub-attributes")
	}
	return value, descending, nil
}
