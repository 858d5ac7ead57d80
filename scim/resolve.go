package scim

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/scimgroups/scimgroups/store"
)

// MemberResolver knows what can be a member of a group. It is called before the store
// is touched, with the members that a request names to be added, whether the group has
// them already or not: a PUT names them all. It is never called with members that a
// request does not name or that it removes.
type MemberResolver interface {
	// ResolveMembers returns one Resolution for each of the members, in their order. No
	// two members have the same value. It is called concurrently, with at most
	// [Members.ResolveBatch] members, and must observe ctx, in which
	// [store.OriginFrom] finds the subject and the id of the request. It may return any
	// error of package store; the response is the same.
	ResolveMembers(ctx context.Context, members []store.Member) ([]Resolution, error)
}

// MemberResolverFunc is a function that is a MemberResolver.
type MemberResolverFunc func(ctx context.Context, members []store.Member) ([]Resolution, error)

// ResolveMembers implements [MemberResolver].
func (f MemberResolverFunc) ResolveMembers(ctx context.Context, members []store.Member) ([]Resolution, error) {
	return f(ctx, members)
}

// Resolution is what is known of one member.
type Resolution struct {
	// Unknown says that nothing with this value can be a member. [Members.OnUnknown]
	// says what happens then.
	Unknown bool
	// Type, Display and Ref replace what the client has sent, where they are not empty.
	Type, Display, Ref string
}

// OnUnknownMember says what to do with members that a [MemberResolver] does not know.
type OnUnknownMember uint8

const (
	// RejectUnknown refuses the whole request with 400 invalidValue, naming them.
	RejectUnknown OnUnknownMember = iota
	// SkipUnknown leaves them out and logs their number. Okta and Entra ID send the
	// members of a group in batches, and give up a batch of which one is refused.
	SkipUnknown
	// AcceptUnknown stores them as the client has sent them.
	AcceptUnknown
)

// resolveMembers asks the host about members that are to be added, in batches, and
// returns those to store.
func (h *Handler) resolveMembers(ctx context.Context, members []store.Member) ([]store.Member, error) {
	out := make([]store.Member, 0, len(members))
	var unknown []string
	for batch := range slices.Chunk(members, h.config.Members.ResolveBatch) {
		// The host may write to its argument.
		resolutions, err := h.config.Members.Resolver.ResolveMembers(ctx, slices.Clone(batch))
		if err != nil {
			return nil, fmt.Errorf("resolving members: %w", err)
		}
		if len(resolutions) != len(batch) {
			return nil, fmt.Errorf(
				"scim: the MemberResolver returned %d resolutions for %d members",
				len(resolutions),
				len(batch),
			)
		}
		for i, m := range batch {
			r := &resolutions[i]
			if r.Unknown {
				unknown = append(unknown, m.Value)
				if h.config.Members.OnUnknown != AcceptUnknown {
					continue
				}
			}
			m.Type, m.Display, m.Ref = cmp.Or(r.Type, m.Type), cmp.Or(r.Display, m.Display), cmp.Or(r.Ref, m.Ref)
			out = append(out, m)
		}
	}
	if len(unknown) == 0 {
		return out, nil
	}
	switch h.config.Members.OnUnknown {
	case RejectUnknown:
		return nil, &store.UnknownMemberError{Values: unknown}
	case SkipUnknown:
		h.log.LogAttrs(ctx, slog.LevelWarn, "scim: unknown members were left out",
			slog.String("request_id", store.OriginFrom(ctx).RequestID), slog.Int("count", len(unknown)))
	}
	return out, nil
}
