package scim

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/internal/fault"
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

func (x *exchange) getGroupMember() error {
	m, err := service.ParseMembershipID(x.route.ID)
	if err != nil {
		return err
	}
	if err := x.authorize(OperationRead, m.GroupID); err != nil {
		return err
	}
	if m, err = x.h.memberships.Get(x.ctx, x.groups, m); err != nil {
		return err
	}
	x.sendGroupMember(http.StatusOK, &m)
	return nil
}

func (x *exchange) addGroupMember() error {
	body, err := x.body()
	if err != nil {
		return err
	}
	var message struct{ Group, Member struct{ Value, Type string } }
	if err := x.unmarshal(body, GroupMemberSchema, &message); err != nil {
		return err
	}
	m := service.Membership{GroupID: message.Group.Value, Member: store.Member{Value: message.Member.Value, Type: message.Member.Type}}
	if m.GroupID == "" || m.Member.Value == "" {
		return fault.InvalidValue("group.value and member.value are required")
	}
	if err := x.authorize(OperationPatch, m.GroupID); err != nil {
		return err
	}
	m, change, err := x.h.memberships.Add(x.ctx, x.caller(), m)
	if err != nil {
		return err
	}
	x.count(&change)
	x.sendGroupMember(http.StatusCreated, &m)
	return nil
}

func (x *exchange) removeGroupMember() error {
	m, err := service.ParseMembershipID(x.route.ID)
	if err != nil {
		return err
	}
	if err := x.authorize(OperationPatch, m.GroupID); err != nil {
		return err
	}
	change, err := x.h.memberships.Remove(x.ctx, x.caller(), m)
	if err != nil {
		return err
	}
	x.count(&change)
	x.status(http.StatusNoContent)
	return nil
}

// listGroupMembers answers the memberships of one group, or those of one member:
// the filter must name at least one of them.
func (x *exchange) listGroupMembers() error {
	if err := x.authorize(OperationList, ""); err != nil {
		return err
	}
	q, err := wire.DecodeQuery(x.r.URL.RawQuery, x.h.dialect)
	if err != nil {
		return err
	}
	words := x.words(q)
	compiled, tolerated, err := x.h.memberships.Query(&words)
	x.used |= tolerated
	if err != nil {
		return err
	}
	list := wire.List{}
	var from *service.MembershipPlace
	var binding []byte
	if q.Cursor != nil {
		binding = q.Binding(x.tenant, x.route.Endpoint, &compiled)
		began, err := x.h.cursors.Open(*q.Cursor, compiled.Limit, binding)
		if err != nil {
			return err
		}
		from = &service.MembershipPlace{Total: began.Total}
		from.GroupID, from.Member, _ = strings.Cut(began.At, "\x00")
	} else {
		list.StartIndex = compiled.Offset + 1
	}
	page, err := x.h.memberships.List(x.ctx, x.groups, compiled, from, func(groupID string) error { return x.authorize(OperationRead, groupID) })
	if err != nil {
		return err
	}
	list.Total, list.Items = page.Total, len(page.Memberships)
	if next := page.Next; next != nil {
		if list.Next, err = x.h.cursors.Seal(wire.Cursor{At: next.GroupID + "\x00" + next.Member, Total: next.Total}, compiled.Limit, binding); err != nil {
			return err
		}
	}
	x.answered = list.Items
	e := x.h.format.MembershipEncoder(x.base())
	b := wire.AppendListHead(nil, x.h.dialect, &list)
	for i := range page.Memberships {
		if i > 0 {
			b = append(b, ',')
		}
		m := &page.Memberships[i]
		b = e.AppendMembership(b, m.ID(), m.GroupID, &m.Member)
	}
	x.send(http.StatusOK, append(b, "]}"...))
	return nil
}

func (x *exchange) sendGroupMember(code int, m *service.Membership) {
	location := x.base() + wire.MembershipPath + "/" + m.ID()
	x.w.Header().Set("Location", location)
	x.w.Header().Set("Content-Location", location)
	x.answered = 1
	x.send(code, x.h.format.MembershipEncoder(x.base()).AppendMembership(nil, m.ID(), m.GroupID, &m.Member))
}

// addMetadata gives a group its membersMetadata, if the answer is to have it.
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
		"ref":    x.base() + wire.MembershipPath + "?filter=" + url.QueryEscape(string(jsontext.AppendQuote([]byte("group.value eq "), g.ID))),
	}
	if counter, ok := x.groups.(store.MemberCounter); ok {
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
