-- +goose Up
-- One row for each tenant, which changes that put groups into groups lock where
-- circles are refused.
CREATE TABLE {{.Nesting}} (
    tenant  text COLLATE "C" PRIMARY KEY,
    -- How many there were. It is written so that transactions that see one state of
    -- the database notice each other.
    changes bigint NOT NULL
);
-- Members are compared exactly. The index on the column goes with it.
CREATE INDEX {{.Index "members_holders"}} ON {{.Members}} (tenant, value, group_id);
ALTER TABLE {{.Members}} DROP COLUMN value_fold;

-- +goose Down
ALTER TABLE {{.Members}} ADD COLUMN value_fold text COLLATE "C";
UPDATE {{.Members}} SET value_fold = lower(value);
ALTER TABLE {{.Members}} ALTER COLUMN value_fold SET NOT NULL;
CREATE INDEX {{.Index "members_value"}} ON {{.Members}} (value_fold, tenant, group_id);
DROP INDEX {{.Stored "members_holders"}};
DROP TABLE {{.Nesting}};
