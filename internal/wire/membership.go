package wire

import (
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/jsontext"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// MembershipSchema is the URN of memberships (draft-zollner-scim-group-members).
const MembershipSchema = "urn:ietf:params:scim:schemas:core:2.0:GroupMember"

// MembershipPath is the endpoint of memberships.
const MembershipPath = "/GroupMembers"

// DecodeMembership decodes the body of a new membership with a compiler of bodies. It
// returns the quirks that made a difference too.
func DecodeMembership(body []byte, c *patch.Compiler) (groupID string, m store.Member, _ patch.Quirks, _ error) {
	var message struct{ Group, Member struct{ Value, Type string } }
	tolerated, err := c.Unmarshal(body, MembershipSchema, &message)
	if err == nil && (message.Group.Value == "" || message.Member.Value == "") {
		err = fault.InvalidValue("group.value and member.value are required")
	}
	return message.Group.Value, store.Member{Value: message.Member.Value, Type: message.Member.Type}, tolerated, err
}

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
