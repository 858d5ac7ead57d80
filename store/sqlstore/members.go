package sqlstore

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/filter/sqlfilter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// changer applies edits to the members of one group, whose head is locked, and records
// their net difference. Every edit takes one or a few statements over sets, whatever the
// number of members that it names.
type changer struct {
	*engine
	tx         runner
	tenant, id string
	touched    map[string]*touched
	// unlisted is the number of members that were removed without being read. None of
	// them is in touched.
	unlisted int
	// groups holds the Values of the added members that are groups, if cycles are
	// refused.
	groups map[string]bool
}

// touched is a member that an edit has changed: as it was before all edits, and as it is
// now. A Value of "" means that the member is absent.
type touched struct{ before, now store.Member }

func (s *Store) changer(tx runner, id string) *changer {
	return &changer{engine: s.engine, tx: tx, tenant: s.tenant, id: id, touched: map[string]*touched{}}
}

// changed records the change of a member.
func (c *changer) changed(value string, before, now store.Member) {
	t := c.touched[value]
	if t == nil {
		t = &touched{before: before}
		c.touched[value] = t
	}
	t.now = now
}

// net returns the difference that all edits together make, with lists of any length.
// Members that are counted in unlisted are missing.
func (c *changer) net() (change store.MemberChange) {
	for value, t := range c.touched {
		switch {
		case t.before == t.now:
		case t.before.Value == "":
			change.Added = append(change.Added, t.now)
		case t.now.Value == "":
			change.Removed = append(change.Removed, value)
		default:
			change.Altered = append(change.Altered, t.now)
		}
	}
	return change
}

// count completes what net has returned: it counts the members, and drops the lists
// if they are too long or incomplete.
func (c *changer) count(change *store.MemberChange) {
	most := store.MaxChangeMembers
	if c.unlisted > 0 {
		most = -1
	}
	adapter.Count(change, most)
	change.NumRemoved += c.unlisted
}

// apply applies edits in order.
func (c *changer) apply(ctx context.Context, edits store.MemberEdits) error {
	for len(edits) > 0 {
		e, rest := edits[0], edits[1:]
		if (e.Op == store.AddMembers || e.Op == store.RemoveMembers) && !e.Merge {
			// Adjacent edits of the same kind become one set.
			e.Members, e.Values = slices.Clip(e.Members), slices.Clip(e.Values)
			for ; len(rest) > 0 && rest[0].Op == e.Op && !rest[0].Merge; rest = rest[1:] {
				e.Members = append(e.Members, rest[0].Members...)
				e.Values = append(e.Values, rest[0].Values...)
			}
		}
		if err := c.one(ctx, &e, rest); err != nil {
			return err
		}
		edits = rest
	}
	return nil
}

// one applies an edit that is followed by others.
func (c *changer) one(ctx context.Context, e *store.MemberEdit, rest store.MemberEdits) error {
	switch e.Op {
	case store.AddMembers:
		if err := validMembers(e.Members); err != nil {
			return settle(err)
		}
		if e.Merge {
			return c.merge(ctx, e.Members)
		}
		return c.add(ctx, e.Members)
	case store.RemoveMembers:
		return c.remove(ctx, e.Values)
	case store.ClearMembers:
		return c.clear(ctx, e.Max, rest)
	case store.ReplaceMembers:
		if err := validMembers(e.Members); err != nil {
			return settle(err)
		}
		if len(e.Members) == 0 {
			return c.clear(ctx, 0, rest)
		}
		return c.replace(ctx, e.Members)
	case store.RemoveMatching:
		return c.removeMatching(ctx, e)
	case store.SetMatching:
		return c.setMatching(ctx, e)
	}
	return nil
}

// added records that a member was added, with the Type that the database has given it,
// and whether it is a group.
func (c *changer) added(m store.Member, as string, group bool) {
	m.Type = as
	c.changed(m.Value, store.Member{}, m)
	if group && c.options.Nesting == store.NestingAcyclic {
		if c.groups == nil {
			c.groups = map[string]bool{}
		}
		c.groups[m.Value] = true
	}
}

// add adds the members that are absent. Groups among them get their Type in the same
// statement.
func (c *changer) add(ctx context.Context, members []store.Member) error {
	var as string
	var group bool
	if len(members) == 1 {
		return c.run(ctx, c.text.addMember, memberRow(&members[0]), func(rows *sql.Rows) error {
			if err := rows.Scan(&as, &group); err != nil {
				return err
			}
			c.added(members[0], as, group)
			return nil
		})
	}
	// The first of two members with the same Value counts, and the rows of a statement
	// have no order.
	first := make(map[string]*store.Member, min(len(members), chunk))
	for part := range slices.Chunk(members, chunk) {
		clear(first)
		set := make([]store.Member, 0, len(part))
		for i := range part {
			if first[part[i].Value] == nil {
				first[part[i].Value] = &part[i]
				set = append(set, part[i])
			}
		}
		err := c.run(ctx, c.text.addMembers, c.memberSet(set), func(rows *sql.Rows) error {
			var value string
			if err := rows.Scan(&value, &as, &group); err != nil {
				return err
			}
			c.added(*first[value], as, group)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// remove removes members by their values.
func (c *changer) remove(ctx context.Context, values []string) error {
	if len(values) == 1 && keepable(values[0]) {
		return c.deleted(ctx, c.text.removeOne, values[0])
	}
	for part := range slices.Chunk(values, chunk) {
		part = slices.DeleteFunc(slices.Clone(part), func(v string) bool { return !keepable(v) })
		if err := c.deleted(ctx, c.text.remove, c.options.sql.valueSet(part)); err != nil {
			return err
		}
	}
	return nil
}

// deleted runs a statement that deletes members and returns them.
func (c *changer) deleted(ctx context.Context, statement returning, args ...any) error {
	return c.run(ctx, statement, args, func(rows *sql.Rows) error {
		var m store.Member
		if err := scanMember(rows, &m); err != nil {
			return err
		}
		c.changed(m.Value, m, store.Member{})
		return nil
	})
}

// clear removes all members, unless there are more than most. A Change lists at most
// store.MaxChangeMembers, so of a larger group it reads only those members that a later
// edit may add again.
func (c *changer) clear(ctx context.Context, most int, rest store.MemberEdits) error {
	if most > 0 {
		more, err := c.hasMoreThan(ctx, most)
		if err != nil {
			return err
		}
		if more {
			return settle(store.ErrClearRefused)
		}
	}
	// With more members than this, the net difference exceeds the bound whatever happens
	// to the members that are touched by now or named by a later edit.
	listed := store.MaxChangeMembers + len(c.touched)
	for i := range rest {
		listed += len(rest[i].Members)
	}
	large := false
	if most == 0 || most > listed {
		var err error
		if large, err = c.hasMoreThan(ctx, listed); err != nil {
			return err
		}
	}
	if !large {
		return c.deleted(ctx, c.text.removeAll)
	}
	for i := range rest {
		if err := c.meet(ctx, rest[i].Members); err != nil {
			return err
		}
	}
	result, err := c.tx.ExecContext(ctx, c.text.dropMembers, c.tenant, c.id)
	if err != nil {
		return err
	}
	removed, err := result.RowsAffected()
	if err != nil {
		return err
	}
	c.unlisted += int(removed)
	for _, t := range c.touched {
		if t.now.Value != "" {
			t.now = store.Member{}
			c.unlisted--
		}
	}
	return nil
}

// meet records those of the members that are present and not touched yet, unchanged.
func (c *changer) meet(ctx context.Context, members []store.Member) error {
	for part := range slices.Chunk(members, chunk) {
		values := make([]string, 0, len(part))
		for i := range part {
			if v := part[i].Value; c.touched[v] == nil && keepable(v) {
				values = append(values, v)
			}
		}
		err := c.query(ctx, c.text.membersAmong, []any{c.options.sql.valueSet(values)}, func(rows *sql.Rows) error {
			var m store.Member
			if err := scanMember(rows, &m); err != nil {
				return err
			}
			c.changed(m.Value, m, m)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// hasMoreThan reports whether the group has more than n members at this point.
func (c *changer) hasMoreThan(ctx context.Context, n int) (bool, error) {
	var found int
	err := c.tx.QueryRowContext(ctx, c.text.countUpTo, c.tenant, c.id, oneMore(n)).Scan(&found)
	return found > n, err
}

// replace makes members the only ones, and writes only those that differ. It reads the
// members that are present: they are usually about as many as were given, and so the
// database need not receive those that stay, nor choose how to compare two large sets
// that it knows nothing about.
func (c *changer) replace(ctx context.Context, members []store.Member) error {
	w := c.wanted(members)
	var gone []string
	err := c.query(ctx, c.text.members, []any{c.limit(0)}, func(rows *sql.Rows) error {
		var m store.Member
		if err := scanMember(rows, &m); err != nil {
			return err
		}
		if !w.meet(m) {
			gone = append(gone, m.Value)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := c.remove(ctx, gone); err != nil {
		return err
	}
	return w.write(ctx)
}

// merge adds the members that are absent, and merges the others with the given ones. It
// reads no other members.
func (c *changer) merge(ctx context.Context, members []store.Member) error {
	w := c.wanted(members)
	values := slices.Collect(maps.Keys(w.missing))
	for part := range slices.Chunk(values, chunk) {
		err := c.query(ctx, c.text.membersAmong, []any{c.options.sql.valueSet(part)}, func(rows *sql.Rows) error {
			var m store.Member
			if err := scanMember(rows, &m); err != nil {
				return err
			}
			w.meet(m)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return w.write(ctx)
}

// wanted holds members that are to be present after an edit.
type wanted struct {
	*changer
	missing map[string]*store.Member // those that are absent, or present and may differ
	untyped []string                 // Values of those that may get the Type of a group
	stay    []store.Member           // those that are present and may differ, as they are
}

func (c *changer) wanted(members []store.Member) *wanted {
	w := &wanted{changer: c, missing: make(map[string]*store.Member, len(members))}
	for i := range members {
		if w.missing[members[i].Value] == nil {
			w.missing[members[i].Value] = &members[i]
		}
	}
	return w
}

// meet records a member that is present, and reports whether it is wanted.
func (w *wanted) meet(m store.Member) bool {
	is := w.missing[m.Value]
	if is == nil {
		return false
	}
	if m.Type == "" && is.Type == "" && w.options.Nesting != store.NestingOff {
		w.untyped = append(w.untyped, m.Value)
		w.stay = append(w.stay, m)
	} else if merged := m; merged.Merge(*is) {
		w.stay = append(w.stay, m)
	} else {
		delete(w.missing, m.Value)
	}
	return true
}

// write merges the members that were met and differ, and adds the others.
func (w *wanted) write(ctx context.Context) error {
	group, err := w.groupsAmong(ctx, w.untyped)
	if err != nil {
		return err
	}
	var differ []store.Member
	for _, m := range w.stay {
		before, from := m, *w.missing[m.Value]
		if from.Type == "" && group[m.Value] {
			from.Type = store.ResourceType
		}
		delete(w.missing, m.Value)
		if m.Merge(from) {
			w.changed(m.Value, before, m)
			differ = append(differ, m)
		}
	}
	if err := w.set(ctx, differ); err != nil {
		return err
	}
	added := make([]store.Member, 0, len(w.missing))
	for _, m := range w.missing {
		added = append(added, *m)
	}
	return w.add(ctx, added)
}

// groupsAmong returns which of the values are ids of groups.
func (c *changer) groupsAmong(ctx context.Context, values []string) (map[string]bool, error) {
	groups := map[string]bool{}
	for part := range slices.Chunk(values, chunk) {
		err := query(ctx, c.tx, c.text.groupsAmong, []any{c.tenant, c.options.sql.valueSet(part)},
			func(rows *sql.Rows) error {
				var id string
				err := rows.Scan(&id)
				groups[id] = true
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	return groups, nil
}

// removeMatching removes the members that a filter matches.
func (c *changer) removeMatching(ctx context.Context, e *store.MemberEdit) error {
	where := c.where(e.Where)
	removed := 0
	if where.Rest == nil {
		statement := c.options.sql.deleting(c.isTenant(`m.tenant`)+` AND m.group_id = `+c.parameter(2)+` AND `+where.SQL,
			`value, type, display, ref`)
		for _, text := range []*string{&statement.read, &statement.write} {
			*text = strings.ReplaceAll(*text, `{members}`, names{c.options}.Members())
		}
		err := c.run(ctx, statement, where.Args, func(rows *sql.Rows) error {
			var m store.Member
			if err := scanMember(rows, &m); err != nil {
				return err
			}
			removed++
			c.changed(m.Value, m, store.Member{})
			return nil
		})
		if err != nil {
			return err
		}
	} else {
		members, err := c.matching(ctx, where)
		if err != nil {
			return err
		}
		values := make([]string, len(members))
		for i := range members {
			values[i] = members[i].Value
		}
		if err := c.remove(ctx, values); err != nil {
			return err
		}
		removed = len(values)
	}
	switch {
	case removed == 0 && e.MustMatch:
		return settle(store.ErrNoTarget)
	case e.Max > 0 && removed > e.Max:
		left, err := c.hasMoreThan(ctx, 0)
		if err == nil && !left {
			err = settle(store.ErrClearRefused)
		}
		return err
	}
	return nil
}

// setMatching sets sub-attributes of the members that a filter matches.
func (c *changer) setMatching(ctx context.Context, e *store.MemberEdit) error {
	members, err := c.matching(ctx, c.where(e.Where))
	if err != nil {
		return err
	}
	if len(members) == 0 && e.MustMatch {
		return settle(store.ErrNoTarget)
	}
	var differ []store.Member
	for i := range members {
		before := members[i]
		changed, err := e.Set.Apply(&members[i])
		if err != nil {
			return settle(err)
		}
		if changed {
			c.changed(before.Value, before, members[i])
			differ = append(differ, members[i])
		}
	}
	if err := validMembers(differ); err != nil {
		return settle(err)
	}
	return c.set(ctx, differ)
}

// set writes the sub-attributes of members that are present.
func (c *changer) set(ctx context.Context, members []store.Member) error {
	for part := range slices.Chunk(members, chunk) {
		args := append([]any{c.tenant, c.id}, c.memberSet(part)...)
		if _, err := c.tx.ExecContext(ctx, c.text.setMembers, args...); err != nil {
			return err
		}
	}
	return nil
}

// where translates a filter over members; the first two parameters are the
// tenant and the group.
func (c *changer) where(f *filter.Filter) sqlfilter.Clause {
	columns := map[string]sqlfilter.Column{}
	for name, column := range memberAttributes() {
		columns["members."+name] = column
	}
	where := sqlfilter.Where(f, c.options.Dialect, sqlfilter.Columns{Attributes: columns}, 2)
	where.SQL = c.options.sql.numbered(where.SQL, 2)
	return where
}

// matching returns the members that a filter matches.
func (c *changer) matching(ctx context.Context, where sqlfilter.Clause) ([]store.Member, error) {
	statement := `SELECT ` + memberColumns + ` FROM ` + names{c.options}.Members() + ` AS m WHERE ` +
		c.isTenant(`m.tenant`) + ` AND m.group_id = ` + c.parameter(2) + ` AND ` + where.SQL
	var out []store.Member
	err := c.query(ctx, statement, where.Args, func(rows *sql.Rows) error {
		var m store.Member
		if err := scanMember(rows, &m); err != nil {
			return err
		}
		if where.Rest == nil || where.Rest.Match(&m) {
			out = append(out, m)
		}
		return nil
	})
	return out, err
}

// query runs a statement whose first two parameters are the tenant and the
// group, and calls each with every row.
func (c *changer) query(ctx context.Context, statement string, args []any, each func(*sql.Rows) error) error {
	return query(ctx, c.tx, statement, append([]any{c.tenant, c.id}, args...), each)
}

// run is query for a statement that writes.
func (c *changer) run(ctx context.Context, statement returning, args []any, each func(*sql.Rows) error) error {
	return statement.run(ctx, c.tx, append([]any{c.tenant, c.id}, args...), each)
}

func query(ctx context.Context, db runner, statement string, args []any, each func(*sql.Rows) error) error {
	rows, err := db.QueryContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func scanMember(rows *sql.Rows, m *store.Member) error {
	return rows.Scan(&m.Value, &m.Type, &m.Display, &m.Ref)
}

func (d *engine) parameter(n int) string {
	return d.options.sql.placeholders("?" + strconv.Itoa(n))
}
