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
)

// plain is a right store without faults, and a wrong one with one.
type plain struct {
	fault   string
	nesting store.Nesting
	mu      sync.Mutex
	groups  map[string]store.Group
	lists   int
}

func (p *plain) has(fault string) bool { return p.fault == fault }

func (p *plain) Create(ctx context.Context, g store.Group) (store.Group, error) {
	if err := ctx.Err(); err != nil && !p.has("goes on when the context is done") {
		return store.Group{}, err
	}
	if p.has("looks for the name before it takes the lock") {
		p.mu.Lock()
		taken := p.taken(g.DisplayName, "")
		p.mu.Unlock()
		if taken {
			return store.Group{}, &store.ConflictError{Attribute: "displayName"}
		}
		time.Sleep(time.Millisecond)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.has("looks for the name before it takes the lock") && p.taken(g.DisplayName, "") {
		return store.Group{}, &store.ConflictError{Attribute: "displayName"}
	}
	made := g.New(store.NewID(), time.Now())
	if p.has("keeps the extensions that it was given") {
		made.Extensions = g.Extensions
	}
	if p.has("keeps the nanoseconds") {
		made.Created = made.Created.Add(1)
		made.LastModified = made.Created
	}
	if p.nests() && !p.has("tells groups only when they are added") {
		made = made.Typed(p.isGroup)
	}
	p.groups[made.ID] = made
	return made.Head(), nil
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
	if err := ctx.Err(); err != nil && !p.has("goes on when the context is done") {
		return store.Group{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for other, g := range p.groups {
		if other != id && !(p.has("finds ids in any letter case") && strings.EqualFold(id, other)) {
			continue
		}
		if p.has("answers the members that it keeps") {
			members := g.Members
			g = g.Select(sel)
			g.Members = members
			return g, nil
		}
		return g.Select(sel), nil
	}
	return store.Group{}, store.ErrNotFound
}

func (p *plain) List(ctx context.Context, q store.Query) (store.Page, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if q.From != "" && p.has("pages by offset") {
		place, err := q.Place()
		if err != nil {
			return store.Page{}, err
		}
		from := q
		from.From, from.Limit = "", 1<<20
		whole, _ := store.ListGroups(p.all(ctx), from)
		q.From = ""
		for _, g := range whole.Groups {
			if !place.Backward && place.Precedes(q, q.Rank(&g)) {
				q.Offset++
			}
		}
		if p.lists++; p.lists%3 == 0 {
			q.Offset++
		}
	}
	page, err := store.ListGroups(p.all(ctx), q)
	if p.has("counts the page only") && err == nil {
		page.Total = len(page.Groups)
	}
	if p.has("forgets the way back") {
		page.Previous = ""
	}
	if p.has("ignores descending") && q.SortBy != nil && q.Descending {
		slices.Reverse(page.Groups)
	}
	if p.has("answers groups as they are after it has matched them") {
		p.mu.Unlock()
		time.Sleep(50 * time.Microsecond)
		p.mu.Lock()
		for i := range page.Groups {
			page.Groups[i] = p.groups[page.Groups[i].ID].Select(q.Select)
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

func (p *plain) Update(ctx context.Context, id string, fn store.UpdateFunc) (store.Change, error) {
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
	after, change, err := p.edit(before, fn)
	if p.has("reads, changes and writes without a lock") {
		p.mu.Lock()
	}
	if err != nil {
		if p.has("keeps half of a change that failed") {
			before.ExternalID = "half"
			p.groups[id] = before
		}
		return store.Change{}, err
	}
	if p.taken(after.DisplayName, id) {
		return store.Change{}, &store.ConflictError{Attribute: "displayName"}
	}
	if err := p.circle(after); err != nil {
		return store.Change{}, err
	}
	if p.has("looks for circles before it takes the lock") {
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

func (p *plain) edit(before store.Group, fn store.UpdateFunc) (after store.Group, change store.Change, err error) {
	after, change, err = before.Edit(func(head *store.Group) (store.MemberEdits, error) {
		edits, err := fn(head)
		if p.nests() {
			edits = edits.Typed(p.isGroup)
		}
		if p.has("clears however many there are") {
			for i := range edits {
				edits[i].Max = 0
			}
		}
		if p.has("merges nobody") {
			for i := range edits {
				edits[i].Merge = false
			}
		}
		return edits, err
	}, time.Now())
	if err != nil {
		return after, change, err
	}
	switch p.fault {
	case "counts a change of nothing":
		if !change.Changed {
			after = after.Touched(time.Now())
			change.Changed, change.Group = true, after.Head()
		}
	case "does not count members":
		if change.Changed && store.HeadsEqual(&before, &after) {
			after.Version = before.Version
			change.Changed, change.Group = false, after.Head()
		}
	case "says nothing of altered members":
		change.Altered = nil
	case "says that all members are added":
		change.Added = slices.Clone(after.Members)
	case "adds members that are there again":
		after.Members = append(slices.Clone(after.Members), change.Added...)
	case "loses display":
		for i := range after.Members {
			after.Members[i].Display = ""
		}
	}
	return after, change, nil
}

func (p *plain) Delete(ctx context.Context, id string, check func(store.Group) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	g, ok := p.groups[id]
	if !ok {
		if p.has("deletes what is not there") {
			return nil
		}
		return store.ErrNotFound
	}
	if check != nil {
		if err := check(g.Head()); err != nil && !p.has("does not heed the check") {
			return err
		}
	}
	delete(p.groups, id)
	p.leave(id)
	return nil
}

// scanner is a plain store that can scan members.
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
		if s.has("leaves the Ref of the piece before") {
			into[j].Ref = "old"
		}
	}
	return n, nil
}
