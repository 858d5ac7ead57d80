package service

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/scimgroups/scimgroups/store"
)

// CheckID returns [store.ErrNotFound] for what cannot be the id of a group.
func CheckID(id string) error {
	if id == "" || !utf8.ValidString(id) || strings.IndexByte(id, 0) >= 0 {
		return store.ErrNotFound
	}
	return nil
}

// Get returns a group. members says whether the response shows any of its members. If
// the client has the version of the group already, unchanged is true and g is the head.
func (s *Service) Get(ctx context.Context, groups store.GroupStore, id string, members bool, p Preconditions) (
	g store.Group, unchanged bool, err error) {
	if err := CheckID(id); err != nil {
		return store.Group{}, false, err
	}
	if p.Any() {
		// A client that has this version does not cost a read of the members.
		head, err := groups.Get(ctx, id, store.Selection{})
		if err != nil {
			return store.Group{}, false, err
		}
		if unchanged, err = p.NotModified(head.Version); unchanged || err != nil {
			return head, unchanged, err
		}
	}
	g, err = groups.Get(ctx, id, s.selection(groups, members))
	return g, false, err
}

// selection returns what to read of a group. Extensions are always read: without them it
// is not known which schemas the group has.
func (s *Service) selection(groups store.GroupStore, members bool) store.Selection {
	sel := store.Selection{Members: members, Extensions: true}
	if _, ok := groups.(store.MemberScanner); ok && s.InPieces {
		sel.MaxMembers = pieceSize
	}
	return sel
}

// pieceSize is how many members are read at a time where the store can do so.
const pieceSize = 1000

// Members reads the members that Get and List have left out of groups, in pieces. All
// pieces share one memory, so that what a response takes does not depend on the size of
// its groups.
type Members struct {
	// Groups is the store that the groups come from.
	Groups store.GroupStore
	// Listed says that the groups are part of a list. If one of them is deleted before
	// all of its members have been read, the list has to be tried again.
	Listed bool

	piece []store.Member
}

// Next returns the members of g that follow the piece that it returned last, or the
// first piece if that is nil. It returns none at the end.
func (m *Members) Next(ctx context.Context, g *store.Group, last []store.Member) ([]store.Member, error) {
	after := ""
	switch {
	case !g.MembersOmitted && last == nil:
		return g.Members, nil
	case last == nil:
	case !g.MembersOmitted || len(last) < pieceSize:
		return nil, nil
	default:
		after = last[len(last)-1].Value
	}
	if m.piece == nil {
		m.piece = make([]store.Member, pieceSize)
	}
	n, err := m.Groups.(store.MemberScanner).ScanMembers(ctx, g.ID, after, m.piece)
	if m.Listed && errors.Is(err, store.ErrNotFound) {
		err = fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	return m.piece[:n], err
}
