-- +goose Up
-- A SCIM group without its members. Times are microseconds since 1970 in UTC.
CREATE TABLE {{.Groups}} (
    tenant         TEXT NOT NULL,
    id             TEXT NOT NULL,
    external_id    TEXT NOT NULL,
    display_name   TEXT NOT NULL,
    -- display_name as it is compared: folded by the application.
    display_fold   TEXT NOT NULL,
    -- '' where names are unique, the id where duplicates are allowed.
    name_twin      TEXT NOT NULL,
    -- The attributes of extensions, and the same as filters and sorting compare them.
    extensions     TEXT,
    extension_keys TEXT,
    created        INTEGER NOT NULL,
    modified       INTEGER NOT NULL,
    version        INTEGER NOT NULL,
    -- A random number that the last change left, to tell whether it was committed.
    change_id      INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX {{.Index "groups_name"}} ON {{.Groups}} (tenant, display_fold, name_twin);
CREATE INDEX {{.Index "groups_external"}} ON {{.Groups}} (tenant, external_id, created, id);
CREATE INDEX {{.Index "groups_created"}} ON {{.Groups}} (tenant, created, id);
CREATE INDEX {{.Index "groups_modified"}} ON {{.Groups}} (tenant, modified, created, id);
CREATE INDEX {{.Index "groups_twins"}} ON {{.Groups}} (tenant, id) WHERE name_twin <> '';

-- One row for each member of a group.
CREATE TABLE {{.Members}} (
    tenant       TEXT NOT NULL,
    group_id     TEXT NOT NULL,
    value        TEXT NOT NULL,
    value_fold   TEXT NOT NULL,
    type         TEXT NOT NULL,
    display      TEXT NOT NULL,
    ref          TEXT NOT NULL,
    -- The folded form where it is not simply lower(), that is, beyond ASCII.
    type_fold    TEXT,
    display_fold TEXT,
    PRIMARY KEY (tenant, group_id, value)
) WITHOUT ROWID;
CREATE INDEX {{.Index "members_value"}} ON {{.Members}} (value_fold, tenant, group_id);

-- +goose Down
DROP TABLE {{.Members}};
DROP TABLE {{.Groups}};
