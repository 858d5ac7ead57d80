package scim

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/internal/jsontext"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/store"
)

// The URNs of draft-zollner-scim-group-members, which [Config.MembershipDraft] turns
// on. It is an individual draft that may change or go away, and so may this.
const (
	GroupMemberSchema         = wire.MembershipSchema
	GroupMembersExtension     = "urn:ietf:params:scim:schemas:extension:groupMembers:2.0:Group"
	membersMetadata           = "membersMetadata"
	groupMembersDocumentation = "Memberships of groups, which can be paged (draft)."
)

//go:embed schemas/groupmember.json
var groupMemberJSON []byte

//go:embed schemas/groupmembers-extension.json
var groupMembersExtensionJSON []byte

// setGroupMembers prepares the draft, and adds its extension to those of groups.
func (h *Handler) setGroupMembers() error {
	if !h.config.MembershipDraft {
		return nil
	}
	h.members = new(schema.Schema)
	if err := json.Unmarshal(groupMemberJSON, h.members); err != nil {
		return err
	}
	extensions, err := ParseExtensions(groupMembersExtensionJSON)
	if err != nil {
		return err
	}
	h.config.Extensions = append(slices.Clone(h.config.Extensions), extensions...)
	return nil
}

func (x *exchange) getGroupMember() (response, error) {
	m, err := service.ParseMembershipID(x.route.ID)
	if err != nil {
		return response{}, err
	}
	if err := x.authorize(OperationRead, m.GroupID); err != nil {
		return response{}, err
	}
	if m, err = x.h.memberships.Get(x.ctx, x.tenant.Groups, m); err != nil {
		return response{}, err
	}
	return x.groupMember(http.StatusOK, &m), nil
}

func (x *exchange) addGroupMember() (response, error) {
	body, err := x.body()
	if err != nil {
		return response{}, err
	}
	groupID, member, tolerated, err := wire.DecodeMembership(body, x.compiler())
	x.seen.used |= tolerated
	if err != nil {
		return response{}, err
	}
	m := service.Membership{GroupID: groupID, Member: member}
	if err := x.authorize(OperationPatch, m.GroupID); err != nil {
		return response{}, err
	}
	m, change, err := x.h.memberships.Add(x.ctx, x.caller(), m)
	if err != nil {
		return response{}, err
	}
	x.count(&change)
	return x.groupMember(http.StatusCreated, &m), nil
}

func (x *exchange) removeGroupMember() (response, error) {
	m, err := service.ParseMembershipID(x.route.ID)
	if err != nil {
		return response{}, err
	}
	if err := x.authorize(OperationPatch, m.GroupID); err != nil {
		return response{}, err
	}
	change, err := x.h.memberships.Remove(x.ctx, x.caller(), m)
	if err != nil {
		return response{}, err
	}
	x.count(&change)
	return noContent()
}

// listGroupMembers lists the memberships of one group, or those of one member:
// the filter must name at least one of them.
func (x *exchange) listGroupMembers() (response, error) {
	if err := x.authorize(OperationList, ""); err != nil {
		return response{}, err
	}
	q, err := wire.DecodeQuery(x.r.URL.RawQuery, x.h.dialect)
	if err != nil {
		return response{}, err
	}
	words := x.words(q)
	compiled, tolerated, err := x.h.memberships.Query(&words)
	x.seen.used |= tolerated
	if err != nil {
		return response{}, err
	}
	list := wire.List{}
	var from *service.MembershipPlace
	var binding []byte
	if q.Cursor != nil {
		binding = q.Binding(x.tenant.Name, x.route.Endpoint, &compiled)
		began, err := x.h.cursors.Open(*q.Cursor, compiled.Limit, binding)
		if err != nil {
			return response{}, err
		}
		from = (*service.MembershipPlace)(&began)
	} else {
		list.StartIndex = compiled.Offset + 1
	}
	page, err := x.h.memberships.List(
		x.ctx,
		x.tenant.Groups,
		compiled,
		from,
		func(groupID string) error { return x.authorize(OperationRead, groupID) },
	)
	if err != nil {
		return response{}, err
	}
	list.Total, list.Items = page.Total, len(page.Memberships)
	if next := page.Next; next != nil {
		if list.Next, err = x.h.cursors.Seal(wire.Cursor(*next), compiled.Limit, binding); err != nil {
			return response{}, err
		}
	}
	e := x.h.format.MembershipEncoder(x.base())
	b := wire.AppendListHead(nil, x.h.dialect, &list)
	for i := range page.Memberships {
		if i > 0 {
			b = append(b, ',')
		}
		m := &page.Memberships[i]
		b = e.AppendMembership(b, m.ID(), m.GroupID, &m.Member)
	}
	return response{status: http.StatusOK, body: append(b, "]}"...), shown: list.Items}, nil
}

// groupMember returns the response that shows a membership.
func (x *exchange) groupMember(status int, m *service.Membership) response {
	return response{status: status, shown: 1, location: x.base() + wire.MembershipPath + "/" + m.ID(),
		body: x.h.format.MembershipEncoder(x.base()).AppendMembership(nil, m.ID(), m.GroupID, &m.Member)}
}

// addMetadata gives a group its membersMetadata, if the response shows it.
func (x *exchange) addMetadata(g *store.Group, p *wire.Projection) error {
	if x.h.members == nil || !p.HasExtension(GroupMembersExtension) {
		return nil
	}
	policy := "hybrid"
	if x.h.config.Members.Returned == MembersNever {
		policy = "external"
	}
	metadata := map[string]any{
		"policy": policy,
		"ref": x.base() + wire.MembershipPath + "?filter=" + url.QueryEscape(
			string(jsontext.AppendQuote([]byte("group.value eq "), g.ID)),
		),
	}
	if counter, ok := x.tenant.Groups.(store.MemberCounter); ok {
		n, err := counter.CountMembers(x.ctx, g.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		metadata["memberCount"] = json.Number(fmt.Sprint(n))
	}
	g.Extensions = g.Extensions.Clone()
	if g.Extensions == nil {
		g.Extensions = make(store.Extensions)
	}
	g.Extensions[GroupMembersExtension] = map[string]any{membersMetadata: metadata}
	return nil
}
