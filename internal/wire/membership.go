package wire

import (
	"github.com/scimgroups/scimgroups/internal/jsontext"
	"github.com/scimgroups/scimgroups/store"
)

// MembershipSchema is the URN of memberships (draft-zollner-scim-group-members).
const MembershipSchema = "urn:ietf:params:scim:schemas:core:2.0:GroupMember"

// MembershipPath is the endpoint of memberships.
const MembershipPath = "/GroupMembers"

// MembershipEncoder returns an encoder for the members in memberships.
func (f *GroupFormat) MembershipEncoder(base string) *GroupEncoder {
	return &GroupEncoder{
		GroupFormat: f,
		Base:        base,
		Projection:  &Projection{members: memberParts{value: true, ref: true, typ: true}},
	}
}

// AppendMembership appends the membership of a member in a group.
func (e *GroupEncoder) AppendMembership(b []byte, id, groupID string, m *store.Member) []byte {
	b = append(b, `{"schemas":["`+MembershipSchema+`"],"id":"`...)
	b = append(b, id...)
	b = append(b, `","group":{"value":`...)
	b = jsontext.AppendQuote(b, groupID)
	b = append(b, `,"$ref":"`...)
	b = AppendGroupURL(b, e.Base, groupID)
	b = append(b, `"},"member":`...)
	b = e.appendMember(b, m)
	b = append(b, `,"meta":{"resourceType":"GroupMember","location":"`...)
	b = append(b, e.Base...)
	b = append(b, MembershipPath+"/"...)
	b = append(b, id...)
	return append(b, `"}}`...)
}
