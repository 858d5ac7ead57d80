package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/scimgroups/scimgroups/store"
)

// circle returns a [store.CycleError] if members that were added close a cycle of
// groups. It follows memberships upwards from the group, where there are only groups,
// and not down through all members.
//
// Two transactions that each close half of a cycle do not see each other's members, so
// they run one at a time: a transaction that puts a group into a group waits for the row
// of the tenant. The statement that looks for cycles then sees what was committed until
// then. At the isolation levels that continue with an older snapshot, the database
// refuses the transaction, because the row has been written since.
func (c *changer) circle(ctx context.Context, added []store.Member) error {
	if c.options.Nesting != store.NestingAcyclic {
		return nil
	}
	var values []string
	for i := range added {
		// If ids are known before their groups exist, a group may be created at this
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
