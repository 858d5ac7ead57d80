package service

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// Caller says on whose groups an operation that writes is done, and for whom.
type Caller struct {
	Groups store.GroupStore
	// Tenant is the name of the tenant that the groups belong to.
	Tenant string
	// Subject is the name of the client, RequestID that of its request.
	Subject, RequestID string
	// OnChange, if not nil, is called after each change with an event of its own. What it
	// panics with goes to HookFailed.
	OnChange   func(ctx context.Context, e store.Event)
	HookFailed func(err error)
}

// origin returns the context of a write, which tells the store where it comes from. The
// store may be one of the host around one with an outbox, so it is always told.
func (c *Caller) origin(ctx context.Context, op store.Operation) context.Context {
	return store.WithOrigin(ctx, store.Origin{Operation: op, Subject: c.Subject, RequestID: c.RequestID})
}

// changed tells the host of a change that has been made. Nothing that the hook does can
// undo it or change the response.
func (c *Caller) changed(ctx context.Context, change *store.Change) {
	if c.OnChange == nil || !change.Changed {
		return
	}
	at := change.Group.LastModified
	origin := store.OriginFrom(ctx)
	if origin.Operation == store.OperationDelete {
		at = time.Now()
	}
	defer func() {
		if p := recover(); p != nil {
			c.HookFailed(AsPanic(p))
		}
	}()
	e := store.Event{Tenant: c.Tenant, Time: at, Origin: origin, Change: *change}
	c.OnChange(context.WithoutCancel(ctx), e.Clone())
}

// resolve returns the members to store of those that are to be added.
func (s *Service) resolve(ctx context.Context, members []store.Member) ([]store.Member, error) {
	if s.Resolve == nil || len(members) == 0 {
		return members, nil
	}
	return s.Resolve(ctx, members)
}

// Create creates a group (RFC 7644 §3.3).
func (s *Service) Create(ctx context.Context, c *Caller, r *patch.Resource) (store.Change, error) {
	ctx = c.origin(ctx, store.OperationCreate)
	g := r.Group()
	var err error
	if g.Members, err = s.resolve(ctx, g.Members); err != nil {
		return store.Change{}, err
	}
	change, err := c.Groups.Create(ctx, g)
	if err != nil {
		return store.Change{}, err
	}
	c.changed(ctx, &change)
	return change, nil
}

// Update replaces or patches a group (RFC 7644 §3.5), if the condition holds. It returns
// the quirks that made a difference to this group, besides those of the edit. extensions
// asks for the extensions of the group in the Change.
func (s *Service) Update(ctx context.Context, c *Caller, op store.Operation, id string, e *patch.Edit,
	condition *store.Condition, extensions bool) (_ store.Change, tolerated patch.Quirks, err error) {
	ctx = c.origin(ctx, op)
	if s.Resolve != nil {
		e, err = e.MapMembers(func(members []store.Member) ([]store.Member, error) { return s.Resolve(ctx, members) })
		if err != nil {
			return store.Change{}, 0, err
		}
	}
	u := e.Update(&tolerated)
	u.If, u.Extensions = condition, extensions
	if edit := u.Head; edit != nil && s.NamesAreIDs {
		u.Head = func(head *store.Group) error {
			name := head.DisplayName
			if err := edit(head); err != nil {
				return err
			}
			if head.DisplayName != name {
				return fault.Mutability("displayName is the id of the group and cannot be changed")
			}
			return nil
		}
	}
	change, err := s.update(ctx, c, id, u)
	return change, tolerated, err
}

func (s *Service) update(ctx context.Context, c *Caller, id string, u store.Update) (store.Change, error) {
	if err := CheckID(id); err != nil {
		return store.Change{}, err
	}
	change, err := c.Groups.Update(ctx, id, u)
	if err != nil {
		return store.Change{}, err
	}
	c.changed(ctx, &change)
	return change, nil
}

// addMembers adds members to a group, as a PATCH does. Their values are canonical.
func (s *Service) addMembers(ctx context.Context, c *Caller, id string, members ...store.Member) (store.Change, error) {
	ctx = c.origin(ctx, store.OperationPatch)
	resolved, err := s.resolve(ctx, members)
	if err != nil {
		return store.Change{}, err
	}
	return s.update(ctx, c, id, store.Update{Members: store.MemberEdits{{Op: store.AddMembers, Members: resolved}}})
}

// Delete deletes a group (RFC 7644 §3.6), if the condition holds.
func (s *Service) Delete(ctx context.Context, c *Caller, id string, condition *store.Condition) (store.Change, error) {
	if err := CheckID(id); err != nil {
		return store.Change{}, err
	}
	ctx = c.origin(ctx, store.OperationDelete)
	change, err := c.Groups.Delete(ctx, id, condition)
	if err != nil {
		return store.Change{}, err
	}
	c.changed(ctx, &change)
	return change, nil
}

// Written returns a group that was written (RFC 7644 §3.1). members says whether the
// response shows any of its members; an existing group has to be read for them. The
// change was made, and must not be denied because the group cannot be read afterwards:
// with an error, Written returns what is known of the group.
func (s *Service) Written(ctx context.Context, groups store.GroupStore, op store.Operation, change *store.Change,
	members bool) (store.Group, error) {
	g := change.Group
	switch {
	case !members:
		return g, nil
	case op == store.OperationCreate && !change.Truncated:
		g.Members = change.Added
		slices.SortFunc(g.Members, func(a, b store.Member) int { return strings.Compare(a.Value, b.Value) })
		return g, nil
	}
	read, _, err := s.Get(ctx, groups, g.ID, true, Preconditions{})
	if err != nil {
		return g, err
	}
	return read, nil
}
