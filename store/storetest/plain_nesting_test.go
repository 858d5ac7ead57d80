package storetest_test

import (
	"context"
	"slices"
	"time"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// nests says that the plain store does something about groups that are members.
func (p *plain) nests() bool { return p.nesting != store.NestingOff }

func (p *plain) isGroup(id string) bool {
	_, ok := p.groups[id]
	return ok && !p.has("gives groups no Type")
}

// circle returns a CycleError if circles are refused and the group, as it is going
// to be, would be in one. It goes down from its members.
func (p *plain) circle(g store.Group) error {
	if p.nesting != store.NestingAcyclic {
		return nil
	}
	for _, m := range g.Members {
		if p.has("asks for Types to refuse circles") && m.Type != "Group" ||
			p.has("refuses only direct circles") && p.below(m.Value, 1)[g.ID] {
			continue
		}
		if m.Value == g.ID || p.below(m.Value, 100)[g.ID] {
			return &store.CycleError{Value: m.Value}
		}
	}
	return nil
}

// below returns the members of a group, and theirs.
func (p *plain) below(id string, depth int) map[string]bool {
	out := map[string]bool{}
	for level := []string{id}; len(level) > 0 && depth > 0; depth-- {
		var next []string
		for _, id := range level {
			for _, m := range p.groups[id].Members {
				if !out[m.Value] {
					out[m.Value] = true
					next = append(next, m.Value)
				}
			}
		}
		level = next
	}
	return out
}

// leave removes a deleted group from those that hold it.
func (p *plain) leave(id string) {
	if !p.nests() || p.has("leaves deleted groups where they are") {
		return
	}
	for other, g := range p.groups {
		if i := slices.IndexFunc(g.Members, func(m store.Member) bool { return m.Value == id }); i >= 0 {
			g.Members = slices.Delete(slices.Clone(g.Members), i, i+1)
			if !p.has("does not count a member that is deleted") {
				g = adapter.Touch(g, time.Now())
			}
			p.groups[other] = g
		}
	}
}

// CountMembers makes scanner a [store.MemberCounter].
func (s scanner) CountMembers(ctx context.Context, id string) (int, error) {
	g, err := s.Get(ctx, id, store.Selection{Members: true})
	if s.has("counts the members of a group that is gone") {
		return 0, nil
	}
	return len(g.Members), err
}

// GroupsOf makes scanner a [store.MembershipFinder]. It lets the fallback do it,
// with a wrong query if it has a fault.
func (s scanner) GroupsOf(ctx context.Context, q store.MembershipQuery) ([]store.Membership, error) {
	switch s.fault {
	case "finds direct groups only":
		q.Transitive = false
	case "starts every page of memberships at the first":
		q.After = ""
	case "returns as many memberships as there are":
		q.Limit = 10_000
	}
	found, err := store.GroupsOf(ctx, struct{ store.GroupStore }{s}, q)
	if s.has("says that all memberships are direct") {
		for i := range found {
			found[i].Direct = true
		}
	}
	return found, err
}

// Get leaves members out, if there are too many.
func (s scanner) Get(ctx context.Context, id string, sel store.Selection) (store.Group, error) {
	g, err := s.plain.Get(ctx, id, sel)
	s.omit(&g, sel)
	return g, err
}

// List is like Get.
func (s scanner) List(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := s.plain.List(ctx, q)
	for i := range page.Groups {
		s.omit(&page.Groups[i], q.Select)
	}
	return page, err
}

func (s scanner) omit(g *store.Group, sel store.Selection) {
	n := len(g.Members)
	if s.has("omits one member too early") {
		n++
	}
	if !sel.Members || sel.MaxMembers == 0 || n <= sel.MaxMembers {
		return
	}
	g.MembersOmitted = !s.has("does not say what it omits")
	if !s.has("returns the members that it says it omits") {
		g.Members = nil
	}
}
