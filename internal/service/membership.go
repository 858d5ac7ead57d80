package service

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// MembershipType is the resource type of memberships.
const MembershipType = "GroupMember"

// Membership is one member of one group, as a resource of its own
// (draft-zollner-scim-group-members).
type Membership struct {
	GroupID string
	Member  store.Member
}

// ID returns the id of the membership, which consists of letters, digits, "-", "_" and
// one ".".
func (m *Membership) ID() string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(m.GroupID)) + "." + encode([]byte(m.Member.Value))
}

// ParseMembershipID returns the membership with an id, as far as the id tells it, or
// [store.ErrNotFound] if there cannot be one.
func ParseMembershipID(id string) (Membership, error) {
	group, member, ok := strings.Cut(id, ".")
	g, err1 := base64.RawURLEncoding.DecodeString(group)
	v, err2 := base64.RawURLEncoding.DecodeString(member)
	m := Membership{GroupID: string(g), Member: store.Member{Value: string(v)}}
	if !ok || err1 != nil || err2 != nil || m.ID() != id ||
		adapter.ValidID(m.GroupID) != nil || !utf8.Valid(v) || bytes.IndexByte(v, 0) >= 0 {
		return Membership{}, store.ErrNotFound
	}
	return m, nil
}

// Memberships runs operations on memberships. It is immutable and safe for concurrent
// use.
type Memberships struct {
	groups        *Service
	schema        schema.Schema
	table         *filter.Table
	filters       filter.Options
	group, member *filter.Attribute // group.value and member.value
}

// NewMemberships returns the Memberships of the groups of s; sc is the schema of the
// draft.
func NewMemberships(s *Service, sc schema.Schema) (*Memberships, error) {
	table, err := filter.NewTable(filter.Definition{Core: sc})
	if err != nil {
		return nil, err
	}
	m := &Memberships{groups: s, schema: sc, table: table, filters: filter.Options{Limits: s.Patch.Filter},
		group: table.Lookup("group.value"), member: table.Lookup("member.value")}
	m.filters.Rewrite = m.canonical
	return m, nil
}

// canonical brings the values of members in filters into their canonical form.
func (s *Memberships) canonical(c *filter.Compare) filter.Node {
	if c.Attribute != s.member || c.Literal.Kind() != filter.StringLiteral || c.Op != filter.Eq && c.Op != filter.Ne {
		return c
	}
	return compare(c.Attribute, c.Op, s.groups.canonical(c.Literal.Text()))
}

// membershipResource lets a filter look at a membership.
type membershipResource struct {
	*Membership
	schema string
}

// Attribute implements [filter.Resource].
func (m *membershipResource) Attribute(a *filter.Attribute) filter.Value {
	switch a.Name {
	case "id":
		return filter.StringValue(m.ID())
	case "group":
		return filter.ObjectValue(filter.JSONObject{"value": m.GroupID})
	case "member":
		return filter.ObjectValue(&m.Member)
	case "schemas":
		return filter.JSONValue([]any{m.schema})
	case "meta":
		return filter.ObjectValue(filter.JSONObject{"resourceType": MembershipType})
	}
	return filter.Value{}
}

// Get returns the membership of a group id and the value of a member with what the group
// knows of the member. It returns [store.ErrNotFound] if the group does not have it.
func (s *Memberships) Get(ctx context.Context, groups store.GroupStore, m Membership) (Membership, error) {
	f := filter.New(filter.AllOf(
		compare(s.groups.ID, filter.Eq, m.GroupID),
		&filter.Exists{Attribute: s.groups.Members, Where: compare(s.groups.MemberValue, filter.Eq, m.Member.Value)},
	))
	page, err := groups.List(ctx, store.Query{Filter: f, Limit: 1})
	if err == nil && len(page.Groups) == 0 {
		err = store.ErrNotFound
	}
	if err == nil {
		err = detail(ctx, groups, &m)
	}
	return m, err
}

// detail reads what a group knows of a member beside its value.
func detail(ctx context.Context, groups store.GroupStore, m *Membership) error {
	var members []store.Member
	if scanner, ok := groups.(store.MemberScanner); ok {
		// There is nothing, or next to nothing, between what comes before and it.
		members = make([]store.Member, 16)
		n, err := scanner.ScanMembers(ctx, m.GroupID, before(m.Member.Value), members)
		if err != nil {
			return err
		}
		members = members[:n]
	} else {
		g, err := groups.Get(ctx, m.GroupID, store.Selection{Members: true})
		if err != nil {
			return err
		}
		members = g.Members
	}
	for _, found := range members {
		if found.Value == m.Member.Value {
			m.Member = found
		}
	}
	return nil
}

// Add adds a member to a group. It returns the membership with what the store has made of
// the member.
func (s *Memberships) Add(ctx context.Context, c *Caller, m Membership) (Membership, store.Change, error) {
	m.Member.Value = s.groups.canonical(m.Member.Value)
	if most := s.groups.Patch.Limits.Effective().MaxName; len(m.Member.Value) > most {
		return m, store.Change{}, fault.InvalidValue("member.value must not be longer than %d bytes", most)
	}
	ctx = c.origin(ctx, store.OperationPatch)
	members, err := s.groups.resolve(ctx, []store.Member{m.Member})
	if err == nil && len(members) == 0 {
		err = &store.UnknownMemberError{Values: []string{m.Member.Value}}
	}
	if err != nil {
		return m, store.Change{}, err
	}
	edits := store.MemberEdits{{Op: store.AddMembers, Members: members}}
	change, err := s.groups.update(ctx, c, m.GroupID, store.Update{Members: edits})
	switch {
	case errors.Is(err, store.ErrNotFound):
		err = fault.InvalidValue("group.value: there is no group with this id")
	case err == nil && len(change.Added) == 0:
		err = scimerrors.ScimError{Status: http.StatusConflict, ScimType: scimerrors.ScimTypeUniqueness,
			Detail: "the group has this member"}
	case err == nil:
		m.Member = change.Added[0]
	}
	return m, change, err
}

// Remove removes a member from a group. It returns [store.ErrNotFound] if the group does
// not have the member.
func (s *Memberships) Remove(ctx context.Context, c *Caller, m Membership) (store.Change, error) {
	ctx = c.origin(ctx, store.OperationPatch)
	edits := store.MemberEdits{{Op: store.RemoveMembers, Values: []string{m.Member.Value}}}
	change, err := s.groups.update(ctx, c, m.GroupID, store.Update{Members: edits})
	if err == nil && change.NumRemoved == 0 {
		err = store.ErrNotFound
	}
	return change, err
}

// before returns a string that is less than s, with little or nothing in between. It
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

// errNeeded is the error of a list of memberships that would have to look at all groups.
var errNeeded = fault.TooMany(`a list of memberships needs a filter with group.value eq "…" or member.value eq "…"`)

// Query compiles a query for a list of memberships, as [Service.Query] does one for
// groups. They have no order but that of groups and members.
func (s *Memberships) Query(q *Query) (compiled store.Query, tolerated patch.Quirks, err error) {
	if q.Filter == nil {
		return compiled, 0, errNeeded
	}
	options := s.filters
	options.Tolerate = q.Quirks.Filter()
	if compiled.Filter, err = s.table.Filter(*q.Filter, &options); err != nil {
		return compiled, 0, err
	}
	return compiled, patch.FilterQuirks(compiled.Filter.Tolerated()), s.groups.page(q, &compiled)
}

// MembershipPlace is a place in a list of memberships, for a page by cursor.
type MembershipPlace struct {
	// At is "" at the beginning. It may contain values of the memberships, so it must
	// not reach clients unsealed.
	At string
	// Total is the length of the list, or -1 if it is not known.
	Total int
}

// MembershipPage is a page of memberships, in ascending order of group and member.
type MembershipPage struct {
	Memberships []Membership
	Total       int
	// Next is where the next page by cursor starts; nil if there is none.
	Next *MembershipPlace
}

// List returns the memberships of one group, or those of one member: the filter must
// name at least one of them. A page by cursor starts at from; for a page by index from
// is nil. mayRead decides whether the subject may read a group: it fails for the group
// that the filter names, and other groups are left out.
func (s *Memberships) List(ctx context.Context, groups store.GroupStore, q store.Query, from *MembershipPlace,
	mayRead func(groupID string) error) (MembershipPage, error) {
	l := &membershipList{Memberships: s, store: groups, filter: q.Filter, mayRead: mayRead,
		limit: q.Limit, before: q.Offset}
	if from != nil {
		l.byCursor, l.before = true, 0
		l.afterGroup, l.afterMember, _ = strings.Cut(from.At, "\x00")
		if from.Total >= 0 {
			l.total, l.known = from.Total, true
		}
	}
	inGroups, byGroup := q.Filter.Values(s.group)
	ofMembers, byMember := q.Filter.Values(s.member)
	var err error
	switch {
	case byMember && len(ofMembers) == 1:
		err = l.ofMember(ctx, ofMembers[0], inGroups, byGroup)
	case byGroup && len(inGroups) == 1:
		err = l.ofGroup(ctx, inGroups[0])
	case byGroup && len(inGroups) == 0, byMember && len(ofMembers) == 0:
	default:
		err = errNeeded
	}
	page := MembershipPage{Memberships: l.all, Total: l.total}
	if l.more {
		last := &l.all[len(l.all)-1]
		page.Next = &MembershipPlace{At: last.GroupID + "\x00" + last.Member.Value, Total: l.total}
	}
	return page, err
}

// membershipList is a page of memberships while it is being filled.
type membershipList struct {
	*Memberships
	store   store.GroupStore
	filter  *filter.Filter
	mayRead func(groupID string) error

	limit                   int
	before                  int // how many come before the page, by index
	byCursor                bool
	afterGroup, afterMember string // the membership before the page, by cursor

	all     []Membership
	total   int
	known   bool // total is that of all, not of those that were offered
	offered int  // how many that match have been offered
	more    bool // there are some after the page, by cursor
}

func (l *membershipList) match(m *Membership) bool {
	return l.filter.Match(&membershipResource{m, l.schema.ID})
}

// offer gives the page the next membership. It reports whether the page is full and
// needs no more, not even to know how many there are.
func (l *membershipList) offer(m Membership) (full bool) {
	l.offered++
	if !l.known {
		l.total = l.offered
	}
	switch {
	case l.offered <= l.before:
	case len(l.all) < l.limit:
		l.all = append(l.all, m)
	case l.byCursor && l.limit > 0:
		l.more = true
	}
	return l.full()
}

func (l *membershipList) full() bool {
	return l.known && len(l.all) == l.limit && (!l.byCursor || l.limit == 0 || l.more)
}

// groupsAtATime is how many groups of a member are read at a time, of each no more
// than its head.
const groupsAtATime = 10_000

// ofMember fills the page with the memberships of one member: one in each group that
// has it. Their details are read for the page alone, unless the filter looks at them.
func (l *membershipList) ofMember(ctx context.Context, member string, inGroups []string, byGroup bool) error {
	detailed := !l.namesOnly(l.filter)
	q := l.groupsOf(member, inGroups, byGroup)
	for more := !l.full(); more; {
		found, err := l.store.List(ctx, q)
		if err != nil {
			return err
		}
		q.From = found.Next
		more = q.From != ""
		for i := range found.Groups {
			m := Membership{GroupID: found.Groups[i].ID, Member: store.Member{Value: member}}
			if l.mayRead(m.GroupID) != nil {
				continue
			}
			if detailed {
				if err := detail(ctx, l.store, &m); errors.Is(err, store.ErrNotFound) {
					continue // deleted in the meantime
				} else if err != nil {
					return err
				}
			}
			if l.match(&m) && l.offer(m) {
				more = false
				break
			}
		}
	}
	for i := 0; i < len(l.all) && !detailed; i++ {
		if err := detail(ctx, l.store, &l.all[i]); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// groupsOf returns the query for the groups that a member is in, from where the page
// starts.
func (l *membershipList) groupsOf(member string, inGroups []string, byGroup bool) store.Query {
	has := compare(l.groups.MemberValue, filter.Eq, member)
	where := []filter.Node{&filter.Exists{Attribute: l.groups.Members, Where: has}}
	if byGroup {
		var ids []filter.Node
		for _, id := range inGroups {
			ids = append(ids, compare(l.groups.ID, filter.Eq, id))
		}
		where = append(where, filter.AnyOf(ids...))
	}
	if l.afterGroup != "" {
		where = append(where, compare(l.groups.ID, filter.Gt, l.afterGroup))
	}
	f := filter.New(filter.AllOf(where...))
	q := store.Query{Filter: f, SortBy: l.groups.ID, SkipTotal: true, Limit: groupsAtATime}
	if l.known {
		q.Limit = min(groupsAtATime, l.limit+1)
	}
	return q
}

// namesOnly reports whether a filter looks at nothing but who is a member of what.
func (s *Memberships) namesOnly(f *filter.Filter) bool {
	for c := range f.Comparisons() {
		if c.Attribute != s.group && c.Attribute != s.member {
			return false
		}
	}
	return true
}

// ofGroup fills the page with the memberships of one group.
func (l *membershipList) ofGroup(ctx context.Context, group string) error {
	if err := l.mayRead(group); err != nil {
		return err
	}
	_, all := l.filter.Root().(*filter.Compare) // it asks for no more than the group
	err := l.count(ctx, group, all)
	if err == nil && !l.full() {
		err = l.offerMembers(ctx, group, all)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil // a group that does not exist has no members
	}
	return err
}

// count lets the store count the members of a group, if it can and their number is the
// total of the page.
func (l *membershipList) count(ctx context.Context, group string, all bool) (err error) {
	counter, counts := l.store.(store.MemberCounter)
	if _, scans := l.store.(store.MemberScanner); scans && counts && all && !l.known {
		l.total, err = counter.CountMembers(ctx, group)
		l.known = err == nil
	}
	return err
}

// offerMembers offers the members of a group that match to the page, until it is full.
func (l *membershipList) offerMembers(ctx context.Context, group string, all bool) error {
	m := Membership{GroupID: group}
	after := l.afterMember
	scanner, scans := l.store.(store.MemberScanner)
	if !scans {
		g, err := l.store.Get(ctx, group, store.Selection{Members: true})
		if err != nil {
			return err
		}
		slices.SortFunc(g.Members, func(a, b store.Member) int { return strings.Compare(a.Value, b.Value) })
		for _, m.Member = range g.Members {
			if m.Member.Value > after && (all || l.match(&m)) && l.offer(m) {
				break
			}
		}
		return nil
	}
	size := pieceSize
	if l.known {
		size = min(size, l.before+l.limit+1)
	}
	piece := make([]store.Member, size)
	for {
		n, err := scanner.ScanMembers(ctx, group, after, piece)
		if err != nil {
			return err
		}
		for _, m.Member = range piece[:n] {
			if (all || l.match(&m)) && l.offer(m) {
				return nil
			}
		}
		if n < len(piece) {
			return nil
		}
		after = piece[n-1].Value
	}
}
