package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/filter/sqlfilter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// List implements [store.GroupStore]. Filter, order and paging happen in the database, in
// one statement. What the database cannot evaluate exactly (see [sqlfilter.Clause]) is
// evaluated here, over a stream of the groups that it selects. The Total then takes a
// look at each of them.
func (s *Store) List(ctx context.Context, q store.Query) (store.Page, error) {
	if err := s.ready(ctx); err != nil {
		return store.Page{}, err
	}
	// No list is that long, so anything beyond is the same.
	q.Limit, q.Offset = min(max(q.Limit, 0), farthest), min(max(q.Offset, 0), farthest)
	if q.From != "" {
		q.Offset = 0
	}
	l := listing{Store: s, query: q}
	if err := l.compile(); err != nil {
		return store.Page{}, err
	}
	if l.inGo {
		return l.stream(ctx)
	}
	var page store.Page
	err := errNeedsTransaction
	if !q.Select.Members {
		err = s.engine.look(ctx, func(db runner) (err error) {
			page, err = l.page(ctx, db, false)
			return err
		})
	}
	if errors.Is(err, errNeedsTransaction) {
		err = s.engine.read(ctx, func(tx runner) (err error) {
			page, err = l.page(ctx, tx, true)
			if err == nil && q.Select.Members {
				err = s.addMembers(ctx, tx, page.Groups, q.Select.MaxMembers)
			}
			return err
		})
	}
	if err != nil {
		return store.Page{}, err
	}
	return page, nil
}

const farthest = 1 << 30

// errNeedsTransaction means that a page takes more than one statement, and so needs a
// transaction in which all of them see the same state.
var errNeedsTransaction = errors.New("sqlstore: the page takes several statements")

// listing is one call of List.
type listing struct {
	*Store
	query store.Query
	where sqlfilter.Clause
	order *sqlfilter.Order // nil for the order of creation
	key   string           // order.SQL, as an expression to sort by
	alone bool             // whether no two groups have the same key
	// created and id are the columns, as expressions to sort by.
	created, id string
	place       adapter.Place
	inGo        bool
	args        []any
}

func (l *listing) compile() (err error) {
	d := l.engine
	if l.query.From != "" {
		if l.place, err = adapter.PlaceOf(l.query); err != nil {
			return err
		}
		if !keepable(l.place.Key) || !keepable(l.place.ID) {
			return fmt.Errorf("%w: not text", store.ErrBadPosition)
		}
	}
	columns := d.columns()
	l.where = sqlfilter.Where(l.query.Filter, d.options.Dialect, columns, 1)
	l.where.SQL = d.options.sql.numbered(l.where.SQL, 1)
	l.args = append([]any{l.tenant}, l.where.Args...)
	l.inGo = l.where.Rest != nil
	l.created, l.id = l.unordered("g.created", true), l.unordered("g.id", false)
	if l.query.SortBy == nil || l.inGo {
		return nil
	}
	order, ok := sqlfilter.OrderBy(l.query.SortBy, d.options.Dialect, columns, len(l.args))
	if !ok {
		l.inGo = true
		return nil
	}
	order.SQL = d.options.sql.numbered(order.SQL, len(l.args))
	l.order = &order
	l.args = append(l.args, order.Args...)
	switch l.query.SortBy.String() {
	case "id":
		l.order.Nullable, l.alone = false, true // never empty
	case "displayName":
		// Without further columns it has the order of an index in SQLite too.
		l.order.Nullable, l.alone = false, !d.options.AllowDuplicateNames
	}
	l.key = l.unordered(order.SQL, order.Numeric)
	if order.Numeric && l.place.Key != "" {
		if _, err := strconv.ParseInt(l.place.Key, 10, 64); err != nil {
			return fmt.Errorf("%w: not a number", store.ErrBadPosition)
		}
	}
	return nil
}

// unordered returns x, or if an index finds the few groups that the filter matches, an
// expression that the planner does not recognize as the order of another index: it must
// not walk through all groups in order until the page is full.
func (l *listing) unordered(x string, numeric bool) string {
	if !l.where.Selective {
		return x
	}
	return l.engine.options.sql.seldom(x, numeric)
}

// arg adds a parameter and returns its placeholder.
func (l *listing) arg(v any, kind string) string {
	l.args = append(l.args, v)
	return l.engine.options.sql.typed(l.engine.parameter(len(l.args)), kind)
}

// part is one of the two parts of an ordered list: the groups with a value, and
// those without one, which come last. Each is a range of an index.
type part struct {
	empty bool
}

// parts returns the parts of the list, in ascending order.
func (l *listing) parts() []part {
	if l.order != nil && l.order.Nullable {
		return []part{{false}, {true}}
	}
	return []part{{false}}
}

// side returns the condition for the groups of a part on one side of the place in
// ascending order: above or below it, and on it if inclusive.
func (l *listing) side(p part, above, inclusive bool) string {
	placeEmpty := l.order != nil && l.place.Key == ""
	if p.empty != placeEmpty {
		if p.empty == above {
			return "TRUE"
		}
		return "FALSE"
	}
	operator := "<"
	if above {
		operator = ">"
	}
	if inclusive {
		operator += "="
	}
	if l.order != nil && l.alone {
		return l.key + " " + operator + " " + l.placeKey()
	}
	columns := []string{l.created, l.id}
	values := []string{l.arg(l.place.Created.UnixMicro(), "bigint"), l.arg(l.place.ID, "text")}
	if l.order != nil && !p.empty && l.key != l.created {
		columns, values = slices.Insert(columns, 0, l.key), slices.Insert(values, 0, l.placeKey())
	}
	return l.engine.options.sql.compare(columns, operator, values)
}

// placeKey returns the placeholder of the key of the place.
func (l *listing) placeKey() string {
	if l.order.Numeric {
		micros, _ := strconv.ParseInt(l.place.Key, 10, 64) // checked by compile
		return l.arg(micros, "bigint")
	}
	return l.arg(l.place.Key, "text")
}

// conditions returns the conditions of a part: the tenant, the filter, and whether there
// is a value.
func (l *listing) conditions(p part) string {
	c := l.engine.isTenant(`g.tenant`) + ` AND ` + l.where.SQL
	switch {
	case p.empty:
		c += ` AND (` + l.key + ` IS NULL OR ` + l.key + ` = '')`
		if l.key == "g.external_id" {
			c = strings.Replace(c, l.key+" IS NULL OR ", "", 1) // NOT NULL, and the index is enough
		}
	case l.order != nil && l.order.Nullable:
		c += ` AND ` + l.key + ` > ''`
	}
	return c
}

func (l *listing) groups() string { return names{l.engine.options}.Groups() + ` AS g` }

// page reads one page. If that takes several statements and there is no transaction, it
// fails with errNeedsTransaction.
func (l *listing) page(ctx context.Context, db runner, transaction bool) (store.Page, error) {
	q := l.query

	count := `(SELECT count(*) FROM ` + l.groups() + ` WHERE ` + l.conditions(part{}) + `)`
	if l.order != nil && l.order.Nullable {
		count = `(SELECT count(*) FROM ` + l.groups() + ` WHERE ` + l.engine.isTenant(
			`g.tenant`,
		) + ` AND ` + l.where.SQL + `)`
	}
	countArgs := append([]any{l.tenant}, l.where.Args...)
	counted := func() (n int, err error) {
		err = db.QueryRowContext(ctx, `SELECT `+count, countArgs...).Scan(&n)
		return n, err
	}
	if q.Limit == 0 {
		page := store.Page{Total: -1}
		if !q.SkipTotal {
			var err error
			if page.Total, err = counted(); err != nil {
				return store.Page{}, err
			}
		}
		return page, nil
	}
	if q.From != "" && l.place.ID == "" && !l.place.Backward {
		return l.beyond(counted, transaction)
	}

	reading, known := *l, -1 // a copy, as its arguments grow
	if q.From == "" && q.Offset >= farOffset && !q.SkipTotal {
		if !transaction {
			return store.Page{}, settle(errNeedsTransaction)
		}
		var err error
		if known, err = counted(); err != nil {
			return store.Page{}, err
		}
		if known < 2*q.Offset {
			return l.fromEnd(ctx, db, known)
		}
		reading.query.SkipTotal = true // once is enough
	}

	rows, before, total, err := reading.rows(ctx, db, count)
	if err != nil {
		return store.Page{}, err
	}
	total = max(total, known)
	if len(rows) == 0 && (q.From != "" || q.Offset > 0) {
		return l.beyond(counted, transaction)
	}
	more := len(rows) > q.Limit
	rows = rows[:min(len(rows), q.Limit)]
	page := store.Page{Total: total}
	hasBefore, hasAfter := q.Offset > 0, more
	if q.From != "" {
		hasBefore = before
		if l.place.Backward {
			slices.Reverse(rows)
			hasBefore, hasAfter = more, before
		}
	} else if q.SkipTotal && !more {
		page.Total = q.Offset + len(rows)
	}
	l.fill(&page, rows, hasBefore, hasAfter)
	return page, nil
}

// fill sets the groups of a page, and the positions of the pages around it.
func (l *listing) fill(page *store.Page, rows []row, hasBefore, hasAfter bool) {
	page.Groups = make([]store.Group, len(rows))
	for i := range rows {
		page.Groups[i] = rows[i].Group
	}
	var first, last *adapter.Rank
	if len(rows) > 0 {
		first, last = rows[0].rank(), rows[len(rows)-1].rank()
	}
	page.Previous, page.Next = adapter.Positions(l.query, first, last, hasBefore, hasAfter)
}

// farOffset is the offset from which it is worth a statement to find out which end of the
// list is nearer: the database walks over all groups between that end and the page.
const farOffset = 1_000

// fromEnd reads a page by offset, from the end of the list.
func (l *listing) fromEnd(ctx context.Context, db runner, total int) (store.Page, error) {
	page, rest := store.Page{Total: total}, total-l.query.Offset
	var rows []row
	if rest > 0 {
		backward := *l
		backward.place.Backward = true
		backward.query.SkipTotal = true
		backward.query.Limit = min(l.query.Limit, rest)
		backward.query.Offset = rest - backward.query.Limit
		var err error
		if rows, _, _, err = backward.rows(ctx, db, ""); err != nil {
			return store.Page{}, err
		}
		rows = rows[:min(len(rows), backward.query.Limit)] // without the one before the page
		slices.Reverse(rows)
	}
	l.fill(&page, rows, total > 0, rest > l.query.Limit)
	return page, nil
}

// beyond returns a page without groups that is not the first.
func (l *listing) beyond(counted func() (int, error), transaction bool) (store.Page, error) {
	if !transaction {
		return store.Page{}, settle(errNeedsTransaction)
	}
	total, err := counted()
	if err != nil {
		return store.Page{}, err
	}
	// With no group on this side of the place, all are on the other.
	before, after := total > 0, false
	if l.query.From != "" && l.place.Backward {
		before, after = after, before
	}
	page := store.Page{Total: total}
	page.Previous, page.Next = adapter.Positions(l.query, nil, nil, before, after)
	return page, nil
}

// row is a group with the key by which it is sorted.
type row struct {
	store.Group
	key sql.NullString
}

func (r *row) rank() *adapter.Rank {
	return &adapter.Rank{Key: r.key.String, Created: r.Created, ID: r.ID}
}

// rows reads up to one group more than asked for, starting at the place or the
// offset, in reading direction; whether there are groups on the other side of
// the place; and the total, -1 if it is not asked for.
func (l *listing) rows(ctx context.Context, db runner, count string) (out []row, before bool, total int, err error) {
	total = -1
	err = query(ctx, db, l.statement(count), l.args, func(rows *sql.Rows) error {
		var r row
		g, err := scanHead(rows.Scan, &r.key, &before, &total)
		if err != nil {
			return err
		}
		r.Group = g
		out = append(out, r)
		return nil
	})
	if err == nil && len(out) == 0 && l.query.From == "" && l.query.Offset == 0 {
		total = 0
	}
	return out, before, total, err
}

// statement returns the statement for rows. Its parameters are l.args.
func (l *listing) statement(count string) string {
	q, d := l.query, l.engine.options.sql
	ascending := q.Descending == l.place.Backward // the reading direction
	direction := directions[ascending]
	parts := l.parts()
	inclusive := l.place.Backward == l.place.After

	columns := d.bareColumns()
	if q.Select.Extensions {
		columns = headColumns
	}
	extra := `-1`
	if !q.SkipTotal {
		extra = count
	}
	other := `FALSE`
	if q.From != "" && l.place.ID != "" {
		var sides []string
		for _, p := range parts {
			if side := l.side(p, !ascending, !inclusive); side != "FALSE" {
				// Not EXISTS: the order leads to the index, and the first row is enough.
				sides = append(sides, `(SELECT 1 FROM `+l.groups()+` WHERE `+l.conditions(p)+` AND `+side+
					` ORDER BY `+l.orderBy(p, !ascending)+` LIMIT 1) IS NOT NULL`)
			}
		}
		other = `(` + strings.Join(append(sides, `FALSE`), ` OR `) + `)`
	}
	limit, offset := l.arg(q.Limit+1, "bigint"), l.arg(q.Offset, "bigint")
	// The parts that the page can be in. The place is in one of them.
	var branches []branch
	for i, p := range parts {
		side := "TRUE"
		if q.From != "" && l.place.ID != "" {
			side = l.side(p, ascending, inclusive)
		}
		if side == "FALSE" {
			continue
		}
		b := branch{number: i, key: d.noText}
		if l.order != nil && !p.empty {
			b.key = l.key
		}
		b.from = ` FROM ` + l.groups() + ` WHERE ` + l.conditions(
			p,
		) + ` AND ` + side + ` ORDER BY ` + l.orderBy(
			p,
			ascending,
		)
		branches = append(branches, b)
	}
	more := `, ` + other + `, ` + extra
	if len(branches) == 1 {
		return `SELECT ` + columns + `, ` + branches[0].key + more + branches[0].from + ` LIMIT ` + limit +
			` OFFSET ` + offset
	}
	// Each branch is in the order of an index and ends early, so at most two pages are
	// left to sort.
	until := l.arg(q.Limit+1+q.Offset, "bigint")
	var selects []string
	for _, b := range branches {
		selects = append(
			selects,
			fmt.Sprintf(`SELECT * FROM (SELECT %s, %s AS sort_key, %d AS part%s LIMIT %s) AS b%[3]d`,
				columns, b.key, b.number, b.from, until),
		)
	}
	sortKey := "x.sort_key" + d.bytewise
	return `SELECT x.id, x.external_id, x.display_name, x.extensions, x.created, x.modified, x.version,
		x.sort_key` + more +
		` FROM (` + strings.Join(
		selects,
		` UNION ALL `,
	) + `) AS x ORDER BY x.part` + direction + `, ` + sortKey + direction +
		`, x.created` + direction + `, x.id` + direction + ` LIMIT ` + limit + ` OFFSET ` + offset
}

// branch is the part of a statement that reads one part of the list.
type branch struct {
	number    int
	key, from string
}

// directions are the directions of an order, by whether it is ascending.
var directions = map[bool]string{true: " ASC", false: " DESC"}

// orderBy returns the order of the groups of a part.
func (l *listing) orderBy(p part, ascending bool) string {
	order := []string{l.created, l.id}
	if l.order != nil && !p.empty {
		switch {
		case l.alone:
			order = []string{l.key}
		case l.key != l.created:
			order = slices.Insert(order, 0, l.key)
		}
	}
	return strings.Join(order, directions[ascending]+", ") + directions[ascending]
}

// streamed is the number of groups that stream reads at a time.
const streamed = 500

// stream lists groups by a filter or an order that the database cannot evaluate.
func (l *listing) stream(ctx context.Context) (store.Page, error) {
	// The groups that the database selects match the filter if they match its rest.
	q := l.query
	q.Filter = l.where.Rest
	q.Select.Members = false
	need := store.Selection{Members: adapter.NeedsMembers(q), Extensions: adapter.NeedsExtensions(q)}
	var page store.Page
	err := l.engine.read(ctx, func(tx runner) error {
		var err error
		page, err = adapter.List(func(yield func(store.Group, error) bool) {
			l.candidates(ctx, tx, need, yield)
		}, q)
		if err == nil && l.query.Select.Members {
			err = l.addMembers(ctx, tx, page.Groups, q.Select.MaxMembers)
		}
		if errors.Is(err, store.ErrBadPosition) {
			return settle(err)
		}
		return err
	})
	if err != nil {
		return store.Page{}, err
	}
	return page, nil
}

// candidates yields every group that the WHERE clause selects.
func (l *listing) candidates(
	ctx context.Context,
	tx runner,
	need store.Selection,
	yield func(store.Group, error) bool,
) {
	columns := l.engine.options.sql.bareColumns()
	if need.Extensions {
		columns = headColumns
	}
	n := len(l.args)
	statement := fmt.Sprintf(
		`SELECT %s FROM %s WHERE %s AND %s ORDER BY g.created, g.id LIMIT %s`,
		columns,
		l.groups(),
		l.conditions(part{}),
		l.engine.options.sql.compare([]string{"g.created", "g.id"}, ">",
			[]string{l.engine.parameter(n + 1), l.engine.parameter(n + 2)}),
		l.engine.parameter(n+3),
	)
	created, id := time.UnixMicro(-1<<62), ""
	for {
		var groups []store.Group
		args := append(slices.Clip(l.args), created.UnixMicro(), id, streamed)
		err := query(ctx, tx, statement, args, func(rows *sql.Rows) error {
			g, err := scanHead(rows.Scan)
			groups = append(groups, g)
			return err
		})
		if err == nil && need.Members {
			err = l.addMembers(ctx, tx, groups, 0)
		}
		if err != nil {
			yield(store.Group{}, err)
			return
		}
		for _, g := range groups {
			if !yield(g, nil) {
				return
			}
		}
		if len(groups) < streamed {
			return
		}
		created, id = groups[len(groups)-1].Created, groups[len(groups)-1].ID
	}
}
