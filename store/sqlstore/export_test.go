package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/scimgroups/scimgroups/store"
)

// ExplainList returns the plan for a page of a list, without the count of the total.
func (s *Store) ExplainList(ctx context.Context, q store.Query) (string, error) {
	q.SkipTotal = true
	l := listing{Store: s, query: q}
	if err := l.compile(); err != nil {
		return "", err
	}
	return s.explain(ctx, l.statement(""), func() []any { return l.args })
}

// ExplainCount returns the plan for the total of a list.
func (s *Store) ExplainCount(ctx context.Context, q store.Query) (string, error) {
	l := listing{Store: s, query: q}
	if err := l.compile(); err != nil {
		return "", err
	}
	return s.explain(ctx, `SELECT count(*) FROM `+l.groups()+` WHERE `+l.conditions(part{}), func() []any { return l.args })
}

// ExplainGet returns the plan for a group by its id.
func (s *Store) ExplainGet(ctx context.Context, id string) (string, error) {
	return s.explain(ctx, s.engine.text.head, func() []any { return []any{s.tenant, id} })
}

// ExplainScan returns the plan for ScanMembers.
func (s *Store) ExplainScan(ctx context.Context, id, after string, limit int) (string, error) {
	return s.explain(ctx, s.engine.text.scan, func() []any { return []any{s.tenant, id, after, limit} })
}

// ExplainGroupsOf returns the plan for GroupsOf.
func (s *Store) ExplainGroupsOf(ctx context.Context, q store.MembershipQuery) (string, error) {
	text := s.engine.text.groupsOf
	if q.Transitive {
		text = s.engine.text.groupsAbove
	}
	return s.explain(ctx, text, func() []any { return []any{s.tenant, q.Member, q.After, q.Limit} })
}

// ExplainCircle returns the plan for a search for cycles.
func (s *Store) ExplainCircle(ctx context.Context, id string, values ...string) (string, error) {
	return s.explain(ctx, s.engine.text.circle, func() []any { return []any{s.tenant, id, s.engine.options.sql.valueSet(values)} })
}

// ExplainDelete returns the plans for the groups that hold a group that is deleted: for
// their locks, and for the removal of the group from them.
func (s *Store) ExplainDelete(ctx context.Context, id string) (string, error) {
	lock, err := s.explain(ctx, s.engine.text.headsLocked, func() []any { return []any{s.tenant, id} })
	if err != nil {
		return "", err
	}
	expel, err := s.explain(ctx, s.engine.text.expel.first(), func() []any { return []any{s.tenant, id} })
	return lock + expel, err
}

// ExplainAdd returns the plan for adding members.
func (s *Store) ExplainAdd(ctx context.Context, id string, values ...string) (string, error) {
	members := make([]store.Member, len(values))
	for i, v := range values {
		members[i].Value = v
	}
	return s.explain(ctx, s.engine.text.addMembers.first(), func() []any {
		return append([]any{s.tenant, id}, s.engine.memberSet(members)...)
	})
}

// ExplainDirect returns the plans for a direct change: for the read, and for the statement
// that adds members and removes others. Without direct changes it returns nothing.
func (s *Store) ExplainDirect(ctx context.Context, id string, adds, removes []string) (string, error) {
	e := s.engine
	if e.text.named == "" {
		return "", nil
	}
	set := e.options.sql.valueSet
	read, err := s.explain(ctx, e.text.named, func() []any { return []any{s.tenant, id, false, set(removes), set(adds)} })
	if err != nil {
		return "", err
	}
	members := make([]store.Member, len(adds))
	for i, v := range adds {
		members[i].Value = v
	}
	write, err := s.explain(ctx, e.text.changeNamed, func() []any {
		return append([]any{s.tenant, id, 1, 2, 3, set(adds), set(removes)}, e.memberSet(members)...)
	})
	return read + write, err
}

// ExplainReadOutbox returns the plan for the oldest entries of the outbox.
func (s *Store) ExplainReadOutbox(ctx context.Context) (string, error) {
	return s.explain(ctx, s.engine.text.readOutbox, func() []any { return []any{100} })
}

func (s *Store) explain(ctx context.Context, statement string, args func() []any) (string, error) {
	prefix := "EXPLAIN "
	if s.engine.options.Dialect == SQLite {
		prefix = "EXPLAIN QUERY PLAN "
	}
	rows, err := s.engine.options.sql.bind(s.engine.db).QueryContext(ctx, prefix+statement, args()...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var plan strings.Builder
	cells, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range cells {
		targets[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return "", err
		}
		line := make([]string, len(cells))
		for i, c := range cells {
			line[i] = c.String
		}
		switch s.engine.options.Dialect {
		case SQLite:
			line = line[3:] // without numbers of nodes
		case MariaDB:
			line = slices.Delete(line, 4, 5) // without indexes that it might have used
		}
		plan.WriteString(strings.Join(line, " | ") + "\n")
	}
	return plan.String(), rows.Err()
}

// first returns the statement that finds the rows.
func (r returning) first() string {
	if r.read != "" {
		return r.read
	}
	return r.write
}

// InGo reports whether a part of the query is evaluated outside of the database.
func (s *Store) InGo(q store.Query) (bool, error) {
	l := listing{Store: s, query: q}
	err := l.compile()
	return l.inGo, err
}

// LockOfHead returns the statement that locks a group, in a database that routes
// statements by their tenant or in one that does not.
func LockOfHead(o Options, routed bool) string {
	o, err := o.complete()
	if err != nil {
		panic(err)
	}
	o.routed = routed
	return newStatements(o).headLocked
}
