package scim

import (
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/core"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/store"
)

// The URNs of draft-zollner-scim-group-members, which [Config.GroupMembers] turns
// on. It is an individual draft that may change or go away, and so may this.
const (
	GroupMemberSchema         = "urn:ietf:params:scim:schemas:core:2.0:GroupMember"
	GroupMembersExtension     = "urn:ietf:params:scim:schemas:extension:groupMembers:2.0:Group"
	groupMemberType           = "GroupMember"
	membersMetadata           = "membersMetadata"
	groupMembersPath          = "/GroupMembers"
	groupMembersDocumentation = "Memberships of groups, which can be paged (draft)."
)

//go:embed schemas/groupmember.json
var groupMemberJSON []byte

//go:embed schemas/groupmembers-extension.json
var groupMembersExtensionJSON []byte

// groupMembers is what the Handler needs for the draft.
type groupMembers struct {
	schema schema.Schema
	table  *filter.Table
	group  *filter.Attribute // group.value
	member *filter.Attribute // member.value
}

// setGroupMembers prepares the draft, and adds its extension to those of groups.
func (h *Handler) setGroupMembers() error {
	if !h.config.GroupMembers {
		return nil
	}
	m := &groupMembers{}
	if err := json.Unmarshal(groupMemberJSON, &m.schema); err != nil {
		return err
	}
	var err error
	if m.table, err = filter.NewTable(filter.Definition{Core: m.schema}); err != nil {
		return err
	}
	m.group, m.member = m.table.Lookup("group.value"), m.table.Lookup("member.value")
	extensions, err := ParseExtensions(groupMembersExtensionJSON)
	if err != nil {
		return err
	}
	h.config.Extensions = append(slices.Clone(h.config.Extensions), extensions...)
	h.members = m
	return nil
}

// canonical brings the values of members in filters into their canonical form.
func (m *groupMembers) canonical(form func(string) string) func(*filter.Compare) filter.Node {
	if form == nil {
		return nil
	}
	return func(c *filter.Compare) filter.Node {
		if c.Attribute != m.member || c.Literal.Kind() != filter.StringLiteral || c.Op != filter.Eq && c.Op != filter.Ne {
			return c
		}
		return core.Compare(c.Attribute, c.Op, form(c.Literal.Text()))
	}
}

// groupMember is one membership, and what a filter over memberships looks at.
type groupMember struct {
	groupID string
	member  store.Member
}

func (m *groupMember) id() string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(m.groupID)) + "." + encode([]byte(m.member.Value))
}

// position is where a membership stands in the order of lists.
func (m *groupMember) position() string { return m.groupID + "\x00" + m.member.Value }

func groupMemberOf(id string) (m groupMember, err error) {
	group, member, ok := strings.Cut(id, ".")
	g, err1 := base64.RawURLEncoding.DecodeString(group)
	v, err2 := base64.RawURLEncoding.DecodeString(member)
	if !ok || err1 != nil || err2 != nil {
		return m, store.ErrNotFound
	}
	m = groupMember{groupID: string(g), member: store.Member{Value: string(v)}}
	if m.id() != id || store.ValidID(m.groupID) != nil {
		return m, store.ErrNotFound
	}
	return m, nil
}

// Attribute implements [filter.Resource].
func (m *groupMember) Attribute(a *filter.Attribute) filter.Value {
	switch a.Name {
	case "id":
		return filter.StringValue(m.id())
	case "group":
		return filter.ObjectValue(filter.JSONObject{"value": m.groupID})
	case "member":
		return filter.ObjectValue(&m.member)
	case "schemas":
		return filter.JSONValue([]any{GroupMemberSchema})
	case "meta":
		return filter.ObjectValue(filter.JSONObject{"resourceType": groupMemberType})
	}
	return filter.Value{}
}

// membership finds a membership, whose group the subject must be allowed to read.
func (x *exchange) membership(m *groupMember) error {
	f := filter.New(filter.And{
		core.Compare(x.h.core.ID, filter.Eq, m.groupID),
		&filter.Exists{Attribute: x.h.core.Members, Where: core.Compare(x.h.core.MemberValue, filter.Eq, m.member.Value)},
	})
	page, err := x.groups.List(x.ctx, store.Query{Filter: f, Limit: 1})
	if err != nil {
		return err
	}
	if len(page.Groups) == 0 {
		return store.ErrNotFound
	}
	return x.detail(m)
}

// detail reads what a group knows of a member beside its value.
func (x *exchange) detail(m *groupMember) error {
	var members []store.Member
	if scanner, ok := x.groups.(store.MemberScanner); ok {
		// There is nothing, or next to nothing, between what comes before and it.
		members = make([]store.Member, 16)
		n, err := scanner.ScanMembers(x.ctx, m.groupID, before(m.member.Value), members)
		if err != nil {
			return err
		}
		members = members[:n]
	} else {
		g, err := x.groups.Get(x.ctx, m.groupID, store.Selection{Members: true})
		if err != nil {
			return err
		}
		members = g.Members
	}
	for _, found := range members {
		if found.Value == m.member.Value {
			m.member = found
		}
	}
	return nil
}

// before is a string that is less than s, with little or nothing in between. It
// is UTF-8 without NUL, as everything is that a store is asked for.
func before(s string) string {
	r, size := utf8.DecodeLastRuneInString(s)
	s = s[:len(s)-size]
	switch r {
	case 1:
		return s
	case 0xE000:
		r = 0xD800 // there are no surrogates in UTF-8
	}
	return s + string(r-1) + string(utf8.MaxRune)
}

func (x *exchange) getGroupMember() error {
	m, err := groupMemberOf(x.route.id)
	if err != nil {
		return err
	}
	if err := x.authorize(OperationRead, m.groupID); err != nil {
		return err
	}
	if err := x.membership(&m); err != nil {
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
	if err := x.compiler().Unmarshal(body, GroupMemberSchema, &message); err != nil {
		return err
	}
	m := groupMember{groupID: message.Group.Value, member: store.Member{Value: message.Member.Value, Type: message.Member.Type}}
	if m.groupID == "" || m.member.Value == "" {
		return fault.BadRequest(scimerrors.ScimTypeInvalidValue, "group.value and member.value are required")
	}
	if f := x.h.config.CanonicalMember; f != nil {
		m.member.Value = f(m.member.Value)
	}
	if err := x.authorize(OperationPatch, m.groupID); err != nil {
		return err
	}
	members := []store.Member{m.member}
	if x.h.config.MemberResolver != nil {
		if members, err = x.resolveMembers(members); err != nil {
			return err
		}
		if len(members) == 0 {
			return &store.UnknownMemberError{Values: []string{m.member.Value}}
		}
	}
	change, err := x.groups.Update(x.origin(GroupPatched), m.groupID, func(*store.Group) (store.MemberEdits, error) {
		return store.MemberEdits{{Op: store.AddMembers, Members: members}}, nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return fault.BadRequest(scimerrors.ScimTypeInvalidValue, "group.value: there is no group with this id")
	}
	if err != nil {
		return err
	}
	if len(change.Added) == 0 {
		return scimerrors.ScimError{Status: http.StatusConflict, ScimType: scimerrors.ScimTypeUniqueness, Detail: "the group has this member"}
	}
	m.member = change.Added[0]
	x.changed(GroupPatched, change.Group, change.MemberChange)
	x.sendGroupMember(http.StatusCreated, &m)
	return nil
}

func (x *exchange) removeGroupMember() error {
	m, err := groupMemberOf(x.route.id)
	if err != nil {
		return err
	}
	if err := x.authorize(OperationPatch, m.groupID); err != nil {
		return err
	}
	change, err := x.groups.Update(x.origin(GroupPatched), m.groupID, func(*store.Group) (store.MemberEdits, error) {
		return store.MemberEdits{{Op: store.RemoveMembers, Values: []string{m.member.Value}}}, nil
	})
	if err != nil {
		return err
	}
	if len(change.Removed) == 0 {
		return store.ErrNotFound
	}
	x.changed(GroupPatched, change.Group, change.MemberChange)
	x.status(http.StatusNoContent)
	return nil
}

// listGroupMembers answers the memberships of one group, or those of one member:
// the filter must name at least one of them.
func (x *exchange) listGroupMembers() error {
	if err := x.authorize(OperationList, ""); err != nil {
		return err
	}
	l, err := x.listRequest()
	if err != nil {
		return err
	}
	m := x.h.members
	const needed = `a list of memberships needs a filter with group.value eq "…" or member.value eq "…"`
	if !l.hasFilter {
		return fault.BadRequest(scimerrors.ScimTypeTooMany, needed)
	}
	options := x.filters()
	options.Rewrite = m.canonical(x.h.config.CanonicalMember)
	f, err := m.table.Filter(l.filter, &options)
	if err != nil {
		return err
	}
	limit, err := x.pageSize(l)
	if err != nil {
		return err
	}
	groups, byGroup := f.Values(m.group)
	members, byMember := f.Values(m.member)
	var page membershipPage
	switch {
	case byMember && len(members) == 1:
		page, err = x.membershipsOfMember(f, members[0], groups, byGroup, l, limit)
	case byGroup && len(groups) == 1:
		page, err = x.membershipsOfGroup(f, groups[0], l, limit)
	case byGroup && len(groups) == 0, byMember && len(members) == 0:
	default:
		return fault.BadRequest(scimerrors.ScimTypeTooMany, needed)
	}
	if err != nil {
		return err
	}
	page.filter = f
	return x.sendMemberships(l, limit, &page)
}

// membershipPage holds memberships in ascending order of group and member.
type membershipPage struct {
	all   []groupMember
	total int
	// offset is the index of the first of all.
	offset int
	next   string // for a page by cursor
	cut    bool   // all is one page already
	filter *filter.Filter
}

// membershipsOfMember is a page of those of one member: one in each group that has
// it. What there is to tell of them is read for the page alone, unless the filter
// has to know it of all.
func (x *exchange) membershipsOfMember(f *filter.Filter, member string, groups []string, byGroup bool, l *listRequest, limit int) (membershipPage, error) {
	page := membershipPage{cut: true, offset: l.startIndex - 1}
	began := traversal{total: -1}
	if l.hasCursor {
		var err error
		if began, err = x.openMembershipCursor(l, limit, f); err != nil {
			return page, err
		}
	}
	where := filter.And{&filter.Exists{Attribute: x.h.core.Members, Where: core.Compare(x.h.core.MemberValue, filter.Eq, member)}}
	if byGroup {
		or := filter.Or{}
		for _, id := range groups {
			or = append(or, core.Compare(x.h.core.ID, filter.Eq, id))
		}
		where = append(where, or)
	}
	if after, _, _ := strings.Cut(string(began.at), "\x00"); after != "" {
		where = append(where, core.Compare(x.h.core.ID, filter.Gt, after))
	}
	detailed := !x.h.members.namesOnly(f.Root())
	q := store.Query{Filter: filter.New(where), SortBy: x.h.core.ID, Limit: x.h.config.Limits.MaxCount, SkipTotal: true}
	for {
		found, err := x.groups.List(x.ctx, q)
		if err != nil {
			return page, err
		}
		for i := range found.Groups {
			m := groupMember{groupID: found.Groups[i].ID, member: store.Member{Value: member}}
			if x.authorize(OperationRead, m.groupID) != nil {
				continue
			}
			if detailed {
				if err := x.detail(&m); errors.Is(err, store.ErrNotFound) {
					continue // deleted in the meantime
				} else if err != nil {
					return page, err
				}
			}
			if !f.Match(&m) {
				continue
			}
			page.total++
			switch {
			case len(page.all) < limit && (l.hasCursor || page.total >= l.startIndex):
				page.all = append(page.all, m)
			case l.hasCursor && limit > 0:
				page.next = page.all[limit-1].position()
			}
			if page.next != "" && began.total >= 0 {
				break
			}
		}
		if q.From = found.Next; q.From == "" || page.next != "" && began.total >= 0 {
			break
		}
	}
	if began.total >= 0 {
		page.total = began.total
	}
	for i := 0; i < len(page.all) && !detailed; i++ {
		if err := x.detail(&page.all[i]); err != nil && !errors.Is(err, store.ErrNotFound) {
			return page, err
		}
	}
	return page, nil
}

// namesOnly reports whether a filter looks at nothing but who is a member of what.
func (m *groupMembers) namesOnly(n filter.Node) bool {
	switch n := n.(type) {
	case filter.And:
		return !slices.ContainsFunc(n, func(n filter.Node) bool { return !m.namesOnly(n) })
	case filter.Or:
		return !slices.ContainsFunc(n, func(n filter.Node) bool { return !m.namesOnly(n) })
	case filter.Not:
		return m.namesOnly(n.Node)
	case *filter.Compare:
		return n.Attribute == m.group || n.Attribute == m.member
	}
	return false
}

// membershipsOfGroup are those of one group, a page of them where the store can
// read it by itself.
func (x *exchange) membershipsOfGroup(f *filter.Filter, group string, l *listRequest, limit int) (membershipPage, error) {
	var page membershipPage
	if err := x.authorize(OperationRead, group); err != nil {
		return page, err
	}
	scanner, scans := x.groups.(store.MemberScanner)
	counter, counts := x.groups.(store.MemberCounter)
	_, plain := f.Root().(*filter.Compare)
	if scans && counts && plain && l.hasCursor {
		return x.scanMemberships(scanner, counter, group, l, limit, f)
	}
	after := ""
	for {
		var members []store.Member
		var err error
		if scans {
			members, err = x.scanMembers(group, after)
		} else {
			var g store.Group
			g, err = x.groups.Get(x.ctx, group, store.Selection{Members: true})
			members = g.Members
			slices.SortFunc(members, func(a, b store.Member) int { return strings.Compare(a.Value, b.Value) })
		}
		if errors.Is(err, store.ErrNotFound) {
			return page, nil
		}
		if err != nil {
			return page, err
		}
		for _, member := range members {
			if m := (groupMember{groupID: group, member: member}); f.Match(&m) {
				page.add(m, l, limit)
			}
		}
		if !scans || len(members) < scanAtATime {
			return page, nil
		}
		after = members[len(members)-1].Value
	}
}

// add counts a membership, and keeps it if it is on the page by index; those
// before the page are only counted. A page by cursor is cut out later.
func (p *membershipPage) add(m groupMember, l *listRequest, limit int) {
	p.total++
	if l.hasCursor {
		p.all = append(p.all, m)
		return
	}
	p.cut, p.offset = true, l.startIndex-1
	if p.total >= l.startIndex && len(p.all) < limit {
		p.all = append(p.all, m)
	}
}

// scanMemberships reads one page by cursor, and nothing else.
func (x *exchange) scanMemberships(scanner store.MemberScanner, counter store.MemberCounter, group string, l *listRequest, limit int, f *filter.Filter) (membershipPage, error) {
	page := membershipPage{cut: true, filter: f}
	began, err := x.openMembershipCursor(l, limit, f)
	if err != nil {
		return page, err
	}
	if page.total = began.total; page.total < 0 {
		page.total, err = counter.CountMembers(x.ctx, group)
	}
	if errors.Is(err, store.ErrNotFound) {
		return membershipPage{cut: true, filter: f}, nil
	}
	if err != nil {
		return page, err
	}
	if limit == 0 {
		return page, nil
	}
	members := make([]store.Member, limit+1)
	n, err := scanner.ScanMembers(x.ctx, group, string(began.at), members)
	if errors.Is(err, store.ErrNotFound) {
		return membershipPage{cut: true, filter: f}, nil
	}
	if err != nil {
		return page, err
	}
	if members = members[:n]; n > limit {
		members = members[:limit]
		page.next = members[limit-1].Value
	}
	for _, member := range members {
		page.all = append(page.all, groupMember{groupID: group, member: member})
	}
	return page, nil
}

func (x *exchange) membershipBinding(l *listRequest, f *filter.Filter) []byte {
	return x.binding(l, &store.Query{Filter: f})
}

// openMembershipCursor answers the membership (or member) that a page by cursor
// comes after.
func (x *exchange) openMembershipCursor(l *listRequest, limit int, f *filter.Filter) (traversal, error) {
	return x.h.cursors.openTraversal(l.cursor, limit, x.membershipBinding(l, f))
}

func (x *exchange) sendMemberships(l *listRequest, limit int, page *membershipPage) error {
	links := pageLinks{total: page.total}
	if !l.hasCursor {
		links.startIndex = l.startIndex
	}
	list := page.all
	if !page.cut {
		from := l.startIndex - 1
		if l.hasCursor {
			began, err := x.openMembershipCursor(l, limit, page.filter)
			if err != nil {
				return err
			}
			after := string(began.at)
			from = 0
			for from < len(list) && after != "" && list[from].position() <= after {
				from++
			}
		}
		list = list[min(from, len(list)):]
		if len(list) > limit {
			list = list[:limit]
			if l.hasCursor && limit > 0 {
				page.next = list[limit-1].position()
			}
		}
	}
	if page.next != "" {
		on := traversal{store.Position(page.next), page.total}
		links.next = x.h.cursors.seal(on.position(), limit, x.membershipBinding(l, page.filter))
	}
	e := x.groupMemberEncoder()
	x.sendList(&links, len(list), func(b []byte, i int) []byte { return e.appendGroupMember(b, &list[i]) })
	return nil
}

func (x *exchange) sendGroupMember(code int, m *groupMember) {
	location := x.base() + groupMembersPath + "/" + m.id()
	x.w.Header().Set("Location", location)
	x.w.Header().Set("Content-Location", location)
	x.answered = 1
	x.send(code, x.groupMemberEncoder().appendGroupMember(nil, m))
}

func (x *exchange) groupMemberEncoder() *encoder {
	return &encoder{h: x.h, base: x.base(), p: &projection{members: memberParts{value: true, ref: true, typ: true}}}
}

func (e *encoder) appendGroupMember(b []byte, m *groupMember) []byte {
	id := m.id()
	b = append(b, `{"schemas":["`+GroupMemberSchema+`"],"id":"`...)
	b = append(b, id...)
	b = append(b, `","group":{"value":`...)
	b = appendString(b, m.groupID)
	b = append(b, `,"$ref":"`...)
	b = appendGroupURL(b, e.base, m.groupID)
	b = append(b, `"},"member":`...)
	b = e.appendMember(b, &m.member)
	b = append(b, `,"meta":{"resourceType":"`+groupMemberType+`","location":"`...)
	b = append(b, e.base...)
	b = append(b, groupMembersPath+"/"...)
	b = append(b, id...)
	return append(b, `"}}`...)
}

// addMetadata gives a group its membersMetadata, if the answer is to have it.
func (x *exchange) addMetadata(g *store.Group, p *projection) error {
	if x.h.members == nil || !p.wantsExtension(GroupMembersExtension) {
		return nil
	}
	policy := "hybrid"
	if x.h.config.Members == filter.ReturnedNever {
		policy = "external"
	}
	metadata := map[string]any{
		"policy": policy,
		"ref":    x.base() + groupMembersPath + "?filter=" + url.QueryEscape(string(appendString([]byte("group.value eq "), g.ID))),
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
