-- +goose Up
-- The changes that were made and that nobody has acknowledged, one row for each
-- group that a change made another one. It is filled with Options.Outbox only.
CREATE TABLE {{.Outbox}} (
    -- When the change was made, in microseconds since 1970 in UTC. It grows with
    -- each change of a group.
    made      INTEGER NOT NULL,
    -- The random number of the change, and which of its entries this is.
    change_id INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    tenant    TEXT NOT NULL,
    -- The change, as JSON.
    entry     TEXT NOT NULL,
    PRIMARY KEY (made, change_id, number, tenant)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE {{.Outbox}};
