-- +goose NO TRANSACTION

-- +goose Up
-- One row for each tenant, which changes that put groups into groups lock where
-- circles are refused.
CREATE TABLE IF NOT EXISTS {{.Nesting}} (
    tenant  varbinary(200) NOT NULL PRIMARY KEY,
    changes bigint NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- +goose Down
DROP TABLE IF EXISTS {{.Nesting}};
