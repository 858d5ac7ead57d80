-- +goose Up
-- Members are compared exactly. The value comes first: with the tenant before it,
-- SQLite would take the primary key to be as good.
CREATE INDEX {{.Index "members_holders"}} ON {{.Members}} (value, tenant, group_id);
DROP INDEX {{.Stored "members_value"}};
ALTER TABLE {{.Members}} DROP COLUMN value_fold;

-- +goose Down
ALTER TABLE {{.Members}} ADD COLUMN value_fold TEXT NOT NULL DEFAULT '';
UPDATE {{.Members}} SET value_fold = lower(value);
CREATE INDEX {{.Index "members_value"}} ON {{.Members}} (value_fold, tenant, group_id);
DROP INDEX {{.Stored "members_holders"}};
