package sqlstore

import (
	"context"
	"sync/atomic"
	"time"
)

// statistics keeps PostgreSQL from treating large tables as if they were empty.
//
// A connection keeps the plans of its statements, and makes most of them while there are
// few rows or none. For an empty table one index is as good as another, and the one that
// is chosen then may make each later request read a whole tenant. PostgreSQL drops such
// plans when it analyzes a table. Autovacuum does that within minutes, if it is on. The
// store asks for it as the tables grow, so that the first import does not depend on
// autovacuum.
//
// Nor must the planner see which tenant a statement is about: it would believe a tenant
// that is newer than the last analysis to have no rows, and again choose any index. See
// hideTenant. (SQLite plans by its indexes alone.)
type statistics struct{ groups, members rows }

// rows are those of one table.
type rows struct {
	count atomic.Int64 // rows when the store was opened, and those that this process has added
	due   atomic.Int64 // the count at which to analyze the table
}

// A table is analyzed at firstAnalysis rows, at four times as many, and so on up to
// lastAnalysis. Up to that size an analysis is quick, and a plan for as many rows is good
// for any number.
const (
	firstAnalysis = 100
	lastAnalysis  = firstAnalysis << 10 // 102,400
	analyzeAtMost = 2 * time.Second
)

// add counts rows, and reports whether it is time to analyze the table.
func (r *rows) add(n int) bool {
	count, due := r.count.Add(int64(n)), r.due.Load()
	return count >= due && due <= lastAnalysis && r.due.CompareAndSwap(due, nextAnalysis(count))
}

// analyzed makes an analysis due again soon if it failed, for lack of a connection perhaps.
func (r *rows) analyzed(err error) {
	if err != nil {
		r.due.Store(r.count.Load() + firstAnalysis)
	}
}

// nextAnalysis returns the number of rows at which a table with count rows is analyzed next.
func nextAnalysis(count int64) int64 {
	due := int64(firstAnalysis)
	for due <= count {
		due *= 4
	}
	return due
}

// grown records that rows have been added.
func (d *engine) grown(ctx context.Context, groups, members int) {
	if d.options.sql.analyze == "" {
		return
	}
	n := names{d.options}
	ctx = context.WithoutCancel(ctx) // the next may wait for it as well
	if groups > 0 && d.statistics.groups.add(groups) {
		d.statistics.groups.analyzed(d.analyze(ctx, n.Groups()))
	}
	if members > 0 && d.statistics.members.add(members) {
		d.statistics.members.analyzed(d.analyze(ctx, n.Members()))
	}
}

// beginStatistics takes up what PostgreSQL knows of the tables, and analyzes those
// that never were, such as those that a host has copied into the database.
func (d *engine) beginStatistics(ctx context.Context) {
	if d.options.sql.analyze == "" {
		return
	}
	n := names{d.options}
	for _, table := range []struct {
		name string
		*rows
	}{{n.Groups(), &d.statistics.groups}, {n.Members(), &d.statistics.members}} {
		known := d.known(ctx, table.name)
		if known <= 0 {
			_ = d.analyze(ctx, table.name)
			known = d.known(ctx, table.name)
		}
		table.count.Store(max(0, known))
		table.due.Store(nextAnalysis(max(0, known)))
	}
}

// known is how many rows PostgreSQL believes a table to have, or 0.
func (d *engine) known(ctx context.Context, table string) int64 {
	var n float64
	if d.db.QueryRowContext(ctx, d.options.sql.rows, table).Scan(&n) != nil {
		return 0
	}
	return int64(n)
}

// analyze does no harm where it fails: a role that does not own the table may not,
// and other databases that speak PostgreSQL's language may not know it.
func (d *engine) analyze(ctx context.Context, table string) error {
	ctx, cancel := context.WithTimeout(ctx, analyzeAtMost)
	defer cancel()
	_, err := d.db.ExecContext(ctx, d.options.sql.analyze+table)
	return err
}
