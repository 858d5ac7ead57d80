package storetest_test

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// plain is a store without optional interfaces. It is correct if fault is empty.
type plain struct {
	fault   string
	nesting store.Nesting
	mu      sync.Mutex
	groups  map[string]store.Group
	lists   int
}

func (p *plain) has(fault string) bool { return p.fault == fault }

func (p *plain) Create(ctx context.Context, g store.Group) (store.Change, error) {
	if err := ctx.Err(); err != nil && !p.has("ignores the context") {
		return store.Change{}, err
	}
	if p.has("checks the name before locking") {
		p.mu.Lock()
		taken := p.taken(g.DisplayName, "")
		p.mu.Unlock()
		if taken {
			return store.Change{}, &store.ConflictError{Attribute: "displayName"}
		}
		time.Sleep(time.Millisecond)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.has("checks the name before locking") && p.taken(g.DisplayName, "") {
		return store.Change{}, &store.ConflictError{Attribute: "displayName"}
	}
	made, _ := adapter.New(g, adapter.NewID(), time.Now())
	if p.has("keeps the extensions that it was given") {
		made.Extensions = g.Extensions
	}
	if p.has("keeps the nanoseconds") {
		made.Created = made.Created.Add(1)
		made.LastModified = made.Created
	}
	if p.nests() && !p.has("types members only in updates") {
		made.Members = adapter.TypeMembers(made.Members, p.isGroup)
	}
	p.groups[made.ID] = made
	change := adapter.Created(made, slices.Clone(made.Members))
	if p.has("does not report the members of a new group") {
		change.MemberChange = store.MemberChange{}
	}
	return change, nil
}

func (p *plain) taken(name, id string) bool {
	for other, g := range p.groups {
		same := filter.Fold(g.DisplayName) == filter.Fold(name)
		if p.has("compares names exactly") {
			same = g.DisplayName == name
		}
		if p.has("folds ASCII only") {
			same = strings.EqualFold(g.DisplayName, name)
		}
		if same && (other != id || p.has("conflicts with itself") && g.DisplayName != name) {
			return true
		}
	}
	return false
}

func (p *plain) Get(ctx context.Context, id string, sel store.Selection) (store.Group, error) {
	if err := ctx.Err(); err != nil && !p.has("ignores the context") {
		return store.Group{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for other, g := range p.groups {
		if other != id && !(p.has("finds ids in any letter case") && strings.EqualFold(id, other)) {
			continue
		}
		if p.has("returns the members that it keeps") {
			members := g.Members
			g = adapter.Select(g, sel)
			g.Members = members
			return g, nil
		}
		return adapter.Select(g, sel), nil
	}
	return store.Group{}, store.ErrNotFound
}

func (p *plain) List(ctx context.Context, q store.Query) (store.Page, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if q.From != "" && p.has("pages by offset") {
		place, err := adapter.PlaceOf(q)
		if err != nil {
			return store.Page{}, err
		}
		from := q
		from.From, from.Limit = "", 1<<20
		whole, _ := adapter.List(p.all(ctx), from)
		q.From = ""
		for _, g := range whole.Groups {
			if !place.Backward && place.Precedes(q, adapter.RankOf(q, &g)) {
				q.Offset++
			}
		}
		if p.lists++; p.lists%3 == 0 {
			q.Offset++
		}
	}
	page, err := adapter.List(p.all(ctx), q)
	if p.has("counts the page only") && err == nil {
		page.Total = len(page.Groups)
	}
	if p.has("omits Previous") {
		page.Previous = ""
	}
	if p.has("ignores descending") && q.SortBy != nil && q.Descending {
		slices.Reverse(page.Groups)
	}
	if p.has("returns groups as they are after matching") {
		p.mu.Unlock()
		time.Sleep(50 * time.Microsecond)
		p.mu.Lock()
		for i := range page.Groups {
			page.Groups[i] = adapter.Select(p.groups[page.Groups[i].ID], q.Select)
		}
	}
	return page, err
}

func (p *plain) all(ctx context.Context) iter.Seq2[store.Group, error] {
	return func(yield func(store.Group, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(store.Group{}, err)
			return
		}
		for _, g := range slices.Collect(maps.Values(p.groups)) {
			if p.has("does not show extensions to filters") {
				g.Extensions = nil
			}
			if !yield(g, nil) {
				return
			}
		}
	}
}

func (p *plain) Update(ctx context.Context, id string, u store.Update) (store.Change, error) {
	if err := ctx.Err(); err != nil {
		return store.Change{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	before, ok := p.groups[id]
	if !ok {
		return store.Change{}, store.ErrNotFound
	}
	if p.has("reads, changes and writes without a lock") {
		p.mu.Unlock()
		time.Sleep(50 * time.Microsecond)
	}
	after, change, err := p.edit(before, u)
	if p.has("reads, changes and writes without a lock") {
		p.mu.Lock()
	}
	if err != nil {
		if p.has("keeps half of a failed change") {
			before.ExternalID = "half"
			p.groups[id] = before
		}
		return store.Change{}, err
	}
	if p.taken(after.DisplayName, id) {
		return store.Change{}, &store.ConflictError{Attribute: "displayName"}
	}
	if err := p.cycle(after); err != nil {
		return store.Change{}, err
	}
	if p.has("checks for cycles before locking") {
		p.mu.Unlock()
		time.Sleep(50 * time.Microsecond)
		p.mu.Lock()
	}
	if p.has("shows the head before the members") && !change.IsZero() {
		half := after
		half.Members = before.Members
		p.groups[id] = half
		p.mu.Unlock()
		time.Sleep(50 * time.Microsecond)
		p.mu.Lock()
	}
	p.groups[id] = after
	return change, nil
}

func (p *plain) edit(before store.Group, u store.Update) (after store.Group, change store.Change, err error) {
	u.Members = slices.Clone(u.Members)
	if p.nests() {
		u.Members = adapter.TypeEdits(u.Members, p.isGroup)
	}
	for i := range u.Members {
		if p.has("ignores Max") {
			u.Members[i].Max = 0
		}
		if p.has("does not merge") {
			u.Members[i].Merge = false
		}
	}
	if p.has("ignores the condition of an update") {
		u.If = nil
	}
	after, change, err = adapter.Apply(before, u, time.Now())
	if err != nil {
		return after, change, err
	}
	switch p.fault {
	case "counts an Update without effect as a change":
		if !change.Changed {
			after = adapter.Touch(after, time.Now())
			change.Changed, change.Group = true, adapter.Head(after)
		}
	case "ignores changes of members":
		if change.Changed && adapter.SameHead(&before, &after) {
			after.Version = before.Version
			change.Changed, change.Group = false, adapter.Head(after)
		}
	case "does not report attributes":
		change.Attributes = nil
	case "forgets the former name":
		change.FormerName = change.Group.DisplayName
	case "omits extensions":
		change.Group.Extensions = nil
	case "does not set Truncated":
		change.Truncated = false
	case "does not report altered members":
		change.Altered = nil
	case "reports all members as added":
		change.Added = slices.Clone(after.Members)
	case "adds present members again":
		after.Members = append(slices.Clone(after.Members), change.Added...)
	case "loses display":
		for i := range after.Members {
			after.Members[i].Display = ""
		}
	}
	return after, change, nil
}

func (p *plain) Delete(ctx context.Context, id string, c *store.Condition) (store.Change, error) {
	if err := ctx.Err(); err != nil {
		return store.Change{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	g, ok := p.groups[id]
	if !ok {
		if p.has("deletes absent groups") {
			return store.Change{}, nil
		}
		return store.Change{}, store.ErrNotFound
	}
	if p.has("ignores the condition of a delete") {
		c = nil
	}
	change, err := adapter.Deleted(g, c)
	if err != nil {
		return store.Change{}, err
	}
	if p.has("returns no head of a deleted group") {
		change.Group = store.Group{ID: id}
	}
	delete(p.groups, id)
	p.leave(id)
	return change, nil
}

// scanner is a plain store with the optional interfaces.
type scanner struct{ *plain }

func (s scanner) ScanMembers(ctx context.Context, id, after string, into []store.Member) (int, error) {
	g, err := s.Get(ctx, id, store.Selection{Members: true})
	if err != nil {
		return 0, err
	}
	if s.has("scans in the order of addition") {
		slices.Reverse(g.Members)
	}
	i := 0
	for i < len(g.Members) && g.Members[i].Value <= after {
		i++
	}
	if s.has("skips a member between pieces") && after != "" && i < len(g.Members) {
		i++
	}
	n := copy(into, g.Members[i:])
	for j := range into[:n] {
		if s.has("keeps the Ref of the last piece") {
			into[j].Ref = "old"
		}
	}
	return n, nil
}
