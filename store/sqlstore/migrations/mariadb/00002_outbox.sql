-- +goose NO TRANSACTION

-- +goose Up
-- The changes that were made and that nobody has acknowledged, one row for each
-- group that a change made another one. Only stores with an outbox fill it.
CREATE TABLE IF NOT EXISTS {{.Outbox}} (
    -- When the change was made, in microseconds since 1970 in UTC. It grows with
    -- each change of a group.
    made      bigint NOT NULL,
    -- The random number of the change, and which of its entries this is.
    change_id bigint NOT NULL,
    number    bigint NOT NULL,
    tenant    varbinary(200) NOT NULL,
    -- The change, as JSON.
    entry     longtext CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */ NOT NULL,
    PRIMARY KEY (made, change_id, number, tenant)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- +goose Down
DROP TABLE IF EXISTS {{.Outbox}};
