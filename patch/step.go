package patch

import (
	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/store"
)

type stepKind uint8

const (
	stepName      stepKind = iota + 1 // set displayName or externalId to text
	stepID                            // text must be the id of the group
	stepExtension                     // change an attribute of an extension
	stepReplace                       // put resource in the place of the head
)

// step is one change of the head of a group.
type step struct {
	kind      stepKind
	attribute *filter.Attribute
	text      string
	extension extensionStep
	resource  *Resource
}

func (s *step) apply(head *store.Group, found *Quirks) error {
	switch s.kind {
	case stepName:
		if s.attribute.Name == "displayName" {
			head.DisplayName = s.text
		} else {
			head.ExternalID = s.text
		}
	case stepID:
		if s.text != head.ID {
			return fault.Mutability("id cannot be changed")
		}
	case stepExtension:
		return s.extension.apply(head, found)
	case stepReplace:
		return s.resource.replace(head)
	}
	return nil
}
