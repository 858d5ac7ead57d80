package patch

import "github.com/scimgroups/scimgroups/store"

// memberBuilder collects the operations on members of one request and combines those
// that belong together into one edit: additions and removals of different members may
// change places, so they need at most one edit of each kind.
type memberBuilder struct {
	max, maxClear int
	merge         bool // members that are added and are present are merged
	named         int
	conditions    int // that are evaluated for every member; see maxConditions
	done          store.MemberEdits

	// What follows is not in done yet.
	additions []store.Member     // those with Value "" have been withdrawn
	removals  []string           // disjoint from additions
	pending   map[string]pending // of each Value; nil until there is a second operation
}

// pending says where a Value is pending: in additions at index-1, or in removals if it is
// 0.
type pending struct{ addition int }

// index fills pending with what the first operation left.
func (b *memberBuilder) index() {
	if b.pending != nil || len(b.additions)+len(b.removals) == 0 {
		return
	}
	b.pending = make(map[string]pending, len(b.additions)+len(b.removals)+16)
	for _, v := range b.removals {
		b.pending[v] = pending{}
	}
	for i := range b.additions {
		if _, ok := b.pending[b.additions[i].Value]; ok {
			b.additions[i] = store.Member{} // a duplicate
		} else {
			b.pending[b.additions[i].Value] = pending{i + 1}
		}
	}
}

// count reports whether the request may name n more members.
func (b *memberBuilder) count(n int) bool {
	b.named += n
	return b.named <= b.max
}

// add adds members. It returns false if the request names too many, as do remove and
// replace.
func (b *memberBuilder) add(members []store.Member) bool {
	if !b.count(len(members)) {
		return false
	}
	if b.index(); b.pending == nil {
		b.additions = append(b.additions, members...)
		return true
	}
	for _, m := range members {
		at, ok := b.pending[m.Value]
		if ok && at.addition > 0 {
			if b.merge {
				b.additions[at.addition-1].Merge(m)
			}
			continue // otherwise the first addition counts
		}
		if ok { // it is removed before it is added
			b.flush()
		}
		b.additions = append(b.additions, m)
		if b.pending == nil {
			b.pending = make(map[string]pending)
		}
		b.pending[m.Value] = pending{len(b.additions)}
	}
	return true
}

// remove removes the members with these values.
func (b *memberBuilder) remove(values []string) bool {
	if !b.count(len(values)) {
		return false
	}
	if b.index(); b.pending == nil {
		b.removals = append(b.removals, values...)
		return true
	}
	for _, v := range values {
		at, ok := b.pending[v]
		if ok && at.addition == 0 {
			continue
		}
		if ok {
			b.additions[at.addition-1] = store.Member{} // the group may have had it before
		}
		b.removals = append(b.removals, v)
		b.pending[v] = pending{}
	}
	return true
}

// replace makes the members the only ones.
func (b *memberBuilder) replace(members []store.Member) bool {
	if !b.count(len(members)) {
		return false
	}
	if len(members) > 0 {
		// Members that stay keep their sub-attributes, so what is pending matters.
		b.edit(store.MemberEdit{Op: store.ReplaceMembers, Members: members})
		return true
	}
	b.clear()
	return true
}

// clear removes all members. What is pending matters only to how many there are.
func (b *memberBuilder) clear() {
	if b.maxClear == 0 {
		b.reset()
	}
	b.edit(store.MemberEdit{Op: store.ClearMembers, Max: b.maxClear})
}

// edit appends an edit that cannot be combined with others.
func (b *memberBuilder) edit(e store.MemberEdit) {
	b.flush()
	b.done = append(b.done, e)
}

func (b *memberBuilder) reset() { b.additions, b.removals, b.pending = nil, nil, nil }

// flush moves what is pending to done.
func (b *memberBuilder) flush() {
	additions, merge := b.additions[:0], false
	for _, m := range b.additions {
		if m.Value != "" {
			additions = append(additions, m)
			merge = merge || b.merge && m != store.Member{Value: m.Value}
		}
	}
	if len(b.removals) > 0 {
		b.done = append(b.done, store.MemberEdit{Op: store.RemoveMembers, Values: b.removals})
	}
	if len(additions) > 0 {
		b.done = append(b.done, store.MemberEdit{Op: store.AddMembers, Members: additions, Merge: merge})
	}
	b.reset()
}

// all returns the edits of all operations.
func (b *memberBuilder) all() store.MemberEdits {
	b.flush()
	return b.done
}
