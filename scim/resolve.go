package scim

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// MemberResolver knows who can be a member of a group. It is asked before the
// store is touched, about the members that a request names to be added, whether
// the group has them already or not: a PUT names them all. It is never asked
// about members that a request does not name or that it removes.
type MemberResolver interface {
	// ResolveMembers answers one Resolution for each of the members, in their
	// order. No value is there twice. It is called concurrently, with at most
	// [Config.ResolveAtATime] members, and has to observe ctx. Its errors are
	// answered like those of a store.
	ResolveMembers(ctx context.Context, members []store.Member) ([]Resolution, error)
}

// MemberResolverFunc makes a MemberResolver of a function.
type MemberResolverFunc func(ctx context.Context, members []store.Member) ([]Resolution, error)

// ResolveMembers implements [MemberResolver].
func (f MemberResolverFunc) ResolveMembers(ctx context.Context, members []store.Member) ([]Resolution, error) {
	return f(ctx, members)
}

// Resolution is what is known of one member.
type Resolution struct {
	// Unknown says that there is nothing with this value that could be a member.
	// What happens then [Config.UnknownMembers] says.
	Unknown bool
	// Type, Display and Ref, where they are not empty, take the place of what the
	// client sent.
	Type, Display, Ref string
}

// UnknownMembers says what to do with members that a [MemberResolver] does not
// know.
type UnknownMembers uint8

const (
	// RejectUnknown refuses the whole request with 400 invalidValue, naming them.
	RejectUnknown UnknownMembers = iota
	// SkipUnknown leaves them out and logs how many there were. Okta and Entra ID
	// send the members of a group in batches, and give the batch up for one
	// member that is refused.
	SkipUnknown
	// AcceptUnknown stores them as the client sent them.
	AcceptUnknown
)

// resolveMembers asks the host about members that are to be added, in batches,
// and answers those that are to be stored.
func (x *exchange) resolveMembers(members []store.Member) ([]store.Member, error) {
	resolver := x.h.config.MemberResolver
	out := make([]store.Member, 0, len(members))
	var unknown []string
	for len(members) > 0 {
		batch := members[:min(len(members), x.h.config.ResolveAtATime)]
		members = members[len(batch):]
		given := append([]store.Member(nil), batch...) // the host may write to its argument
		resolutions, err := resolver.ResolveMembers(x.ctx, given)
		if err != nil {
			return nil, fmt.Errorf("resolving members: %w", err)
		}
		if len(resolutions) != len(batch) {
			return nil, fmt.Errorf("scim: the MemberResolver answered %d resolutions for %d members", len(resolutions), len(batch))
		}
		for i, m := range batch {
			r := &resolutions[i]
			if r.Unknown {
				unknown = append(unknown, m.Value)
				if x.h.config.UnknownMembers != AcceptUnknown {
					continue
				}
			}
			for _, s := range []struct{ to, from *string }{{&m.Type, &r.Type}, {&m.Display, &r.Display}, {&m.Ref, &r.Ref}} {
				if *s.from != "" {
					*s.to = *s.from
				}
			}
			out = append(out, m)
		}
	}
	if len(unknown) == 0 {
		return out, nil
	}
	switch x.h.config.UnknownMembers {
	case RejectUnknown:
		return nil, &store.UnknownMemberError{Values: unknown}
	case SkipUnknown:
		x.h.log.LogAttrs(x.ctx, slog.LevelWarn, "scim: unknown members were left out",
			slog.String("request_id", x.requestID()), slog.Int("count", len(unknown)))
	}
	return out, nil
}

// resolveEdit resolves the members that an edit adds.
func (x *exchange) resolveEdit(e *patch.Edit) (*patch.Edit, error) {
	if x.h.config.MemberResolver == nil {
		return e, nil
	}
	return e.MapMembers(x.resolveMembers)
}

// resolveResource resolves the members of a group to create.
func (x *exchange) resolveResource(r *patch.Resource) (*patch.Resource, error) {
	if x.h.config.MemberResolver == nil {
		return r, nil
	}
	return r.MapMembers(x.resolveMembers)
}
