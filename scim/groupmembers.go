package scim

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/internal/wire"
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
		return service.Compare(c.Attribute, c.Op, form(c.Literal.Text()))
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
	if m.id() != id || store.ValidID(m.groupID) != nil || !utf8.Valid(v) || bytes.IndexByte(v, 0) >= 0 {
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
	f := filter.New(filter.AllOf(
		service.Compare(x.h.core.ID, filter.Eq, m.groupID),
		&filter.Exists{Attribute: x.h.core.Members, Where: service.Compare(x.h.core.MemberValue, filter.Eq, m.member.Value)},
	))
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
	m, err := groupMemberOf(x.route.ID)
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
	if err := x.unmarshal(body, GroupMemberSchema, &message); err != nil {
		return err
	}
	m := groupMember{groupID: message.Group.Value, member: store.Member{Value: message.Member.Value, Type: message.Member.Type}}
	if m.groupID == "" || m.member.Value == "" {
		return fault.BadRequest(scimerrors.ScimTypeInvalidValue, "group.value and member.value are required")
	}
	if f := x.h.config.CanonicalMember; f != nil {
		m.member.Value = f(m.member.Value)
	}
	if most := x.h.config.Limits.Body.MaxName; len(m.member.Value) > most {
		return fault.BadRequest(scimerrors.ScimTypeInvalidValue, "member.value must not be longer than "+strconv.Itoa(most)+" bytes")
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
	m, err := groupMemberOf(x.route.ID)
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
	f, err := x.filter(m.table, l.filter, &options)
	if err != nil {
		return err
	}
	limit, err := x.pageSize(l)
	if err != nil {
		return err
	}
	groups, byGroup := f.Values(m.group)
	members, byMember := f.Values(m.member)
	page, err := x.newMembershipPage(l, limit, f)
	if err != nil {
		return err
	}
	switch {
	case byMember && len(members) == 1:
		err = x.membershipsOfMember(f, members[0], groups, byGroup, &page)
	case byGroup && len(groups) == 1:
		err = x.membershipsOfGroup(f, groups[0], &page)
	case byGroup && len(groups) == 0, byMember && len(members) == 0:
	default:
		return fault.BadRequest(scimerrors.ScimTypeTooMany, needed)
	}
	if err != nil {
		return err
	}
	return x.sendMemberships(l, f, &page)
}

// membershipPage is a page of memberships, in ascending order of group and member,
// while it fills.
type membershipPage struct {
	limit    int
	before   int       // how many come before it, by index
	began    traversal // by cursor
	byCursor bool

	all     []groupMember
	total   int
	known   bool   // total is that of all, not of what was offered
	offered int    // how many have been, of those that match
	next    string // the position for the next page by cursor
}

// newMembershipPage is a page that nothing has been offered to yet.
func (x *exchange) newMembershipPage(l *listRequest, limit int, f *filter.Filter) (page membershipPage, err error) {
	page = membershipPage{limit: limit, byCursor: l.hasCursor, before: l.startIndex - 1}
	if !l.hasCursor {
		return page, nil
	}
	page.before = 0
	if page.began, err = x.h.cursors.openTraversal(l.cursor, limit, x.membershipBinding(l, f)); err == nil && page.began.total >= 0 {
		page.total, page.known = page.began.total, true
	}
	return page, err
}

// after is the membership that a page by cursor comes after.
func (p *membershipPage) after() (group, member string) {
	group, member, _ = strings.Cut(string(p.began.at), "\x00")
	return group, member
}

// offer gives the page the next membership. full says that it needs no more, not
// even to know how many there are.
func (p *membershipPage) offer(m groupMember) (full bool) {
	p.offered++
	if !p.known {
		p.total = p.offered
	}
	switch {
	case p.offered <= p.before:
	case len(p.all) < p.limit:
		p.all = append(p.all, m)
	case p.byCursor && p.limit > 0 && p.next == "":
		p.next = p.all[p.limit-1].position()
	}
	return p.full()
}

func (p *membershipPage) full() bool {
	return p.known && len(p.all) == p.limit && (!p.byCursor || p.limit == 0 || p.next != "")
}

// groupsAtATime is how many groups of a member are read at a time, of each no more
// than its head.
const groupsAtATime = 10_000

// membershipsOfMember is a page of those of one member: one in each group that has
// it. What there is to tell of them is read for the page alone, unless the filter
// has to know it of all.
func (x *exchange) membershipsOfMember(f *filter.Filter, member string, groups []string, byGroup bool, page *membershipPage) error {
	where := []filter.Node{&filter.Exists{Attribute: x.h.core.Members, Where: service.Compare(x.h.core.MemberValue, filter.Eq, member)}}
	if byGroup {
		var ids []filter.Node
		for _, id := range groups {
			ids = append(ids, service.Compare(x.h.core.ID, filter.Eq, id))
		}
		where = append(where, filter.AnyOf(ids...))
	}
	if after, _ := page.after(); after != "" {
		where = append(where, service.Compare(x.h.core.ID, filter.Gt, after))
	}
	detailed := !x.h.members.namesOnly(f)
	q := store.Query{Filter: filter.New(filter.AllOf(where...)), SortBy: x.h.core.ID, Limit: groupsAtATime, SkipTotal: true}
	if page.known {
		q.Limit = min(groupsAtATime, page.limit+1)
	}
	for more := !page.full(); more; {
		found, err := x.groups.List(x.ctx, q)
		if err != nil {
			return err
		}
		q.From = found.Next
		more = q.From != ""
		for i := range found.Groups {
			m := groupMember{groupID: found.Groups[i].ID, member: store.Member{Value: member}}
			if x.authorize(OperationRead, m.groupID) != nil {
				continue
			}
			if detailed {
				if err := x.detail(&m); errors.Is(err, store.ErrNotFound) {
					continue // deleted in the meantime
				} else if err != nil {
					return err
				}
			}
			if f.Match(&m) && page.offer(m) {
				more = false
				break
			}
		}
	}
	for i := 0; i < len(page.all) && !detailed; i++ {
		if err := x.detail(&page.all[i]); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// namesOnly reports whether a filter looks at nothing but who is a member of what.
func (m *groupMembers) namesOnly(f *filter.Filter) bool {
	for c := range f.Comparisons() {
		if c.Attribute != m.group && c.Attribute != m.member {
			return false
		}
	}
	return true
}

// membershipsOfGroup is a page of those of one group.
func (x *exchange) membershipsOfGroup(f *filter.Filter, group string, page *membershipPage) error {
	if err := x.authorize(OperationRead, group); err != nil {
		return err
	}
	_, all := f.Root().(*filter.Compare) // it asks for no more than the group
	err := x.countMemberships(group, all, page)
	if err == nil && !page.full() {
		err = x.offerMembers(group, page, func(m *groupMember) bool { return all || f.Match(m) })
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil // a group that is not there has no members
	}
	return err
}

// countMemberships lets the store count all members of a group, if it can and that
// is the total of the page.
func (x *exchange) countMemberships(group string, all bool, page *membershipPage) (err error) {
	counter, counts := x.groups.(store.MemberCounter)
	if _, scans := x.groups.(store.MemberScanner); scans && counts && all && !page.known {
		page.total, err = counter.CountMembers(x.ctx, group)
		page.known = err == nil
	}
	return err
}

// offerMembers offers members of a group that match to a page, until it is full.
func (x *exchange) offerMembers(group string, page *membershipPage, match func(*groupMember) bool) error {
	m := groupMember{groupID: group}
	_, after := page.after()
	scanner, scans := x.groups.(store.MemberScanner)
	if !scans {
		g, err := x.groups.Get(x.ctx, group, store.Selection{Members: true})
		if err != nil {
			return err
		}
		slices.SortFunc(g.Members, func(a, b store.Member) int { return strings.Compare(a.Value, b.Value) })
		for _, m.member = range g.Members {
			if m.member.Value > after && match(&m) && page.offer(m) {
				break
			}
		}
		return nil
	}
	size := scanAtATime
	if page.known {
		size = min(size, page.before+page.limit+1)
	}
	piece := make([]store.Member, size)
	for {
		n, err := scanner.ScanMembers(x.ctx, group, after, piece)
		if err != nil {
			return err
		}
		for _, m.member = range piece[:n] {
			if match(&m) && page.offer(m) {
				return nil
			}
		}
		if n < len(piece) {
			return nil
		}
		after = piece[n-1].Value
	}
}

func (x *exchange) membershipBinding(l *listRequest, f *filter.Filter) []byte {
	return x.binding(l, &store.Query{Filter: f})
}

func (x *exchange) sendMemberships(l *listRequest, f *filter.Filter, page *membershipPage) error {
	links := wire.List{Total: page.total}
	if !l.hasCursor {
		links.StartIndex = l.startIndex
	}
	if page.next != "" {
		on := traversal{store.Position(page.next), page.total}
		links.Next = x.h.cursors.seal(on.position(), page.limit, x.membershipBinding(l, f))
	}
	e := x.groupMemberEncoder()
	x.sendList(&links, len(page.all), func(b []byte, i int) []byte { return e.appendGroupMember(b, &page.all[i]) })
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
	b = wire.AppendString(b, m.groupID)
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
		"ref":    x.base() + groupMembersPath + "?filter=" + url.QueryEscape(string(wire.AppendString([]byte("group.value eq "), g.ID))),
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
