-- +goose NO TRANSACTION
-- DDL commits by itself here, so each statement can be run any number of times, and by
-- several processes at once.

-- +goose Up
-- A SCIM group without its members. Times are microseconds since 1970 in UTC. Keys are
-- text in UTF-8, kept as binary so that they compare by their bytes and fit into an
-- index: CONVERT(id USING utf8mb4) is readable everywhere.
CREATE TABLE IF NOT EXISTS {{.Groups}} (
    tenant         varbinary(200) NOT NULL,
    id             varbinary(800) NOT NULL,
    external_id    varbinary(1500) NOT NULL,
    display_name   longtext CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */ NOT NULL,
    -- display_name as it is compared: folded by the application.
    display_fold   varbinary(1500) NOT NULL,
    -- '' where names are unique, the id where duplicates are allowed.
    name_twin      varbinary(800) NOT NULL,
    -- The attributes of extensions, and the same as filters and sorting compare them. The
    -- first is text, since JSON in MySQL does not keep numbers as they are written.
    extensions     longtext CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */,
    extension_keys json,
    created        bigint NOT NULL,
    modified       bigint NOT NULL,
    version        bigint NOT NULL,
    -- A random number that the last change left, to tell whether it was committed.
    change_id      bigint NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE KEY {{.Index "groups_name"}} (tenant, display_fold, name_twin),
    KEY {{.Index "groups_external"}} (tenant, external_id, created, id),
    KEY {{.Index "groups_created"}} (tenant, created, id),
    KEY {{.Index "groups_modified"}} (tenant, modified, created, id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- One row for each member of a group.
CREATE TABLE IF NOT EXISTS {{.Members}} (
    tenant       varbinary(200) NOT NULL,
    group_id     varbinary(800) NOT NULL,
    value        varbinary(1500) NOT NULL,
    type         longtext CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */ NOT NULL,
    display      longtext CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */ NOT NULL,
    ref          longtext CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */ NOT NULL,
    -- The folded form where it is not simply lower(), that is, beyond ASCII.
    type_fold    longtext CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */,
    display_fold longtext CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */,
    PRIMARY KEY (tenant, group_id, value),
    KEY {{.Index "members_holders"}} (tenant, value, group_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- +goose Down
DROP TABLE IF EXISTS {{.Members}};
DROP TABLE IF EXISTS {{.Groups}};
