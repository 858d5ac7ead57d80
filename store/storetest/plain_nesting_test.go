package storetest_test

import (
	"context"
	"slices"
	"time"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// nests reports whether the store treats groups that are members specially.
func (p *plain) nests() bool { return p.nesting != store.NestingOff }

func (p *plain) isGroup(id string) bool {
	_, ok := p.groups[id]
	return ok && !p.has("does not type members")
}

// cycle returns a CycleError if cycles are refused and g would be in one.
func (p *plain) cycle(g store.Group) error {
	if p.nesting != store.NestingAcyclic {
		return nil
	}
	for _, m := range g.Members {
		if p.has("refuses only cycles of typed members") && m.Type != "Group" ||
			p.has("refuses only direct cycles") && p.below(m.Value, 1)[g.ID] {
			continue
		}
		if m.Value == g.ID || p.below(m.Value, 100)[g.ID] {
			return &store.CycleError{Value: m.Value}
		}
	}
	return nil
}

// below returns the members of a group and of the groups in it, down to a depth.
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

// leave removes a deleted group from the groups that contain it.
func (p *plain) leave(id string) {
	if !p.nests() || p.has("keeps deleted groups as members") {
		return
	}
	for other, g := range p.groups {
		if i := slices.IndexFunc(g.Members, func(m store.Member) bool { return m.Value == id }); i >= 0 {
			g.Members = slices.Delete(slices.Clone(g.Members), i, i+1)
			if !p.has("keeps the version when a member is deleted") {
				g = adapter.Touch(g, time.Now())
			}
			p.groups[other] = g
		}
	}
}

// CountMembers makes scanner a [store.MemberCounter].
func (s scanner) CountMembers(ctx context.Context, id string) (int, error) {
	g, err := s.Get(ctx, id, store.Selection{Members: true})
	if s.has("counts the members of a deleted group") {
		return 0, nil
	}
	return len(g.Members), err
}

// GroupsOf makes scanner a [store.MembershipFinder]. It uses the fallback, with a wrong
// query if the store has a fault.
func (s scanner) GroupsOf(ctx context.Context, q store.MembershipQuery) ([]store.Membership, error) {
	switch s.fault {
	case "finds only direct groups":
		q.Transitive = false
	case "starts every page of memberships at the first":
		q.After = ""
	case "ignores the Limit of memberships":
		q.Limit = 10_000
	}
	found, err := store.GroupsOf(ctx, struct{ store.GroupStore }{s}, q)
	if s.has("reports all memberships as direct") {
		for i := range found {
			found[i].Direct = true
		}
	}
	return found, err
}

// Get omits members if there are too many.
func (s scanner) Get(ctx context.Context, id string, sel store.Selection) (store.Group, error) {
	g, err := s.plain.Get(ctx, id, sel)
	s.omit(&g, sel)
	return g, err
}

// List omits members if there are too many.
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
	g.MembersOmitted = !s.has("does not set MembersOmitted")
	if !s.has("returns omitted members") {
		g.Members = nil
	}
}
