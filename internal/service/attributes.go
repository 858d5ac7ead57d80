package service

import (
	"github.com/scimgroups/scimgroups/filter"
)

// attributes are the attributes of the core schema that have a meaning of their own.
type attributes struct {
	ID, ExternalID, DisplayName, Members, Meta        *filter.Attribute
	MemberValue, MemberType, MemberDisplay, MemberRef *filter.Attribute
	Location                                          *filter.Attribute
}

func attributesOf(t *filter.Table) *attributes {
	return &attributes{
		ID: t.Lookup("id"), ExternalID: t.Lookup("externalId"), DisplayName: t.Lookup("displayName"),
		Members: t.Lookup("members"), Meta: t.Lookup("meta"),
		MemberValue: t.Lookup("members.value"), MemberType: t.Lookup("members.type"),
		MemberDisplay: t.Lookup("members.display"), MemberRef: t.Lookup("members.$ref"),
		Location: t.Lookup("meta.location"),
	}
}

// compare returns a comparison of an attribute whose type is string.
func compare(a *filter.Attribute, op filter.Op, value string) *filter.Compare {
	c, err := filter.NewCompare(a, op, value)
	if err != nil {
		panic(err) // strings compare with strings
	}
	return c
}
