package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// maxDirect is the largest number of members that a direct change names. For larger
// changes the round trips that it saves do not matter.
const maxDirect = 1000

// directChange adds members to a group and removes others without a transaction block,
// in two round trips. The first reads the head, and those of the members that are
// present. From these the Change is known. The second makes the change in one
// statement, if the group still has the version that was read.
//
// The version makes that safe. Every change of the members raises it in the same
// transaction, so while it stands, the members are those that were read, and the
// statement, which begins later, sees them all. The statement does not wait for locks:
// if another writer has the group, or deletes a group among the members, it does
// nothing, and neither does it if the version differs. The change is then made in a
// transaction, as all others are.
type directChange struct {
	store    *Store
	id       string
	changeID int64
	update   *store.Update
	adds     map[string]*store.Member
	removes  map[string]bool
}

// direct returns the direct change for an update, or nil if it has to be made in a
// transaction.
func (s *Store) direct(id string, changeID int64, u *store.Update) *directChange {
	o := s.engine.options
	if s.engine.text.named == "" || o.Isolation > sql.LevelReadCommitted || o.outbox || u.Head != nil {
		return nil
	}
	d := &directChange{s, id, changeID, u, map[string]*store.Member{}, map[string]bool{}}
	named := 0
	for i := range u.Members {
		e := &u.Members[i]
		if named += len(e.Members) + len(e.Values); named > maxDirect {
			return nil
		}
		switch {
		case e.Op == store.AddMembers && !e.Merge && validMembers(e.Members) == nil:
			for j := range e.Members {
				if m := &e.Members[j]; d.adds[m.Value] == nil {
					d.adds[m.Value] = m
				}
			}
		case e.Op == store.RemoveMembers:
			for _, value := range e.Values {
				if keepable(value) {
					d.removes[value] = true
				}
			}
		default:
			return nil
		}
	}
	for value := range d.removes {
		if d.adds[value] != nil {
			return nil
		}
	}
	if d.adds[""] != nil || len(d.adds) > 0 && o.Nesting == store.NestingAcyclic && o.hostIDs {
		return nil
	}
	return d
}

// run makes the change. It returns false if the change has to be made in a transaction.
// It sets done before it writes anything.
func (d *directChange) run(ctx context.Context, conn runner, done *store.Change) (bool, error) {
	before, present, groups, err := d.read(ctx, conn)
	if err != nil {
		return false, err
	}
	if err := d.update.If.Check(before.Version); err != nil {
		return false, settle(err)
	}
	change := store.Change{Group: before, FormerName: before.DisplayName}
	var known []string
	for value, m := range d.adds {
		if present[value] {
			continue
		}
		added := *m
		if groups[value] {
			known = append(known, value)
			if added.Type == "" {
				added.Type = store.ResourceType
			}
		}
		change.Added = append(change.Added, added)
	}
	for value := range d.removes {
		if present[value] {
			change.Removed = append(change.Removed, value)
		}
	}
	adapter.Count(&change.MemberChange, store.MaxChangeMembers)
	if change.IsZero() {
		*done = change
		return true, nil
	}
	if len(known) > 0 && d.store.engine.options.Nesting == store.NestingAcyclic {
		return false, nil
	}
	change.Changed = true
	change.Group.Version++
	change.Group.LastModified = d.store.after(&before)
	*done = change
	return d.write(ctx, conn, before.Version, known, &change)
}

// read reads the head, the named members that are present, and the members to add that
// are groups.
func (d *directChange) read(ctx context.Context, conn runner) (
	head store.Group,
	present, groups map[string]bool,
	err error,
) {
	named := make([]string, 0, len(d.adds)+len(d.removes))
	for value := range d.adds {
		named = append(named, value)
	}
	adds := named
	if d.store.engine.options.Nesting == store.NestingOff {
		adds = nil
	}
	for value := range d.removes {
		named = append(named, value)
	}
	e := d.store.engine
	if len(named) == 1 {
		value := named[0]
		var member, group bool
		head, err = scanHead(conn.QueryRowContext(ctx, e.text.namedOne, d.store.tenant, d.id, d.update.Extensions,
			value).Scan, &member, &group)
		if errors.Is(err, sql.ErrNoRows) {
			err = settle(store.ErrNotFound)
		}
		return head, map[string]bool{value: member}, map[string]bool{value: group && len(adds) > 0}, err
	}
	var members, ids sql.NullString
	head, err = scanHead(conn.QueryRowContext(ctx, e.text.named, d.store.tenant, d.id, d.update.Extensions,
		e.options.sql.valueSet(named), e.options.sql.valueSet(adds)).Scan, &members, &ids)
	if errors.Is(err, sql.ErrNoRows) {
		return head, nil, nil, settle(store.ErrNotFound)
	}
	if err == nil {
		present, err = setOf(members)
	}
	if err == nil {
		groups, err = setOf(ids)
	}
	return head, present, groups, err
}

// setOf returns the set of strings that a JSON list holds.
func setOf(list sql.NullString) (map[string]bool, error) {
	if !list.Valid {
		return nil, nil
	}
	var values []string
	if err := json.Unmarshal([]byte(list.String), &values); err != nil {
		return nil, settle(fmt.Errorf("sqlstore: %w", err))
	}
	set := make(map[string]bool, len(values))
	for _, v := range values {
		set[v] = true
	}
	return set, nil
}

// write makes the change if the group has the version. Like a commit, the statement
// runs to its end when the context of the caller ends: it does not wait for others.
func (d *directChange) write(
	ctx context.Context,
	conn runner,
	version store.Version,
	known []string,
	change *store.Change,
) (bool, error) {
	if ctx.Err() != nil {
		return false, settle(context.Cause(ctx))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishIn)
	defer cancel()
	e := d.store.engine
	set := e.options.sql.valueSet
	modified := change.Group.LastModified.UnixMicro()
	args := []any{d.store.tenant, d.id, int64(version), modified, d.changeID}
	text := e.text.changeNamed
	switch {
	case change.NumRemoved == 0 && change.NumAdded == 1 && len(known) == 0:
		text = e.text.addOneNamed
		args = append(args, memberRow(&change.Added[0])...)
	case change.NumRemoved == 0 && len(known) == 0:
		text = e.text.addNamed
		args = append(args, e.memberSet(change.Added)...)
	case change.NumAdded == 0:
		text = e.text.removeNamed
		args = append(args, set(change.Removed))
	default:
		args = append(args, set(known), set(change.Removed))
		args = append(args, e.memberSet(change.Added)...)
	}
	var changed int
	err := conn.QueryRowContext(ctx, text, args...).Scan(&changed)
	if err = commitFault(err); errors.As(err, new(*unansweredError)) {
		return false, err
	}
	// What the database refuses, a lock that another writer has above all, the
	// transaction waits for or reports.
	return err == nil && changed == 1, nil
}
