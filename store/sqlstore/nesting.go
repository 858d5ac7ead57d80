package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/scimgroups/scimgroups/store"
)

// circle refuses with a [store.CycleError] what closes a circle of groups, after
// members were added. It follows memberships upwards from the group, where there
// are only groups, and not down through all members.
//
// Two transactions that each close half of a circle do not see what the other has
// done, so they come one after the other: who has put a group into a group waits
// at the row of the tenant. What committed until then is seen by the statement
// that looks for circles, or at the levels that go on with an older state the
// database refuses the transaction, because the row has been written since.
func (c *changer) circle(ctx context.Context, added []store.Member) error {
	if c.options.Nesting != store.NestingAcyclic {
		return nil
	}
	var values []string
	for i := range added {
		// Where ids are known before there is a group, one may be created at this
		// moment that this transaction does not see.
		if c.options.hostIDs || c.groups[added[i].Value] {
			values = append(values, added[i].Value)
		}
	}
	if len(values) == 0 {
		return nil
	}
	if c.options.sql.lockNesting {
		if _, err := c.tx.ExecContext(ctx, c.text.lockNesting, c.tenant); err != nil {
			return err
		}
	}
	var value string
	err := c.tx.QueryRowContext(ctx, c.text.circle, c.tenant, c.id, c.options.sql.valueSet(values)).Scan(&value)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return settle(&store.CycleError{Value: value})
}
