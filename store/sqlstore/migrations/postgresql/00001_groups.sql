-- +goose Up
-- A SCIM group without its members. Times are microseconds since 1970 in UTC.
CREATE TABLE {{.Groups}} (
    tenant         text COLLATE "C" NOT NULL,
    id             text COLLATE "C" NOT NULL,
    external_id    text COLLATE "C" NOT NULL,
    display_name   text COLLATE "C" NOT NULL,
    -- display_name as it is compared: folded by the application.
    display_fold   text COLLATE "C" NOT NULL,
    -- '' where names are unique, the id where duplicates are allowed.
    name_twin      text COLLATE "C" NOT NULL,
    -- The attributes of extensions, and the same as filters and sorting compare them.
    extensions     jsonb,
    extension_keys jsonb,
    created        bigint NOT NULL,
    modified       bigint NOT NULL,
    version        bigint NOT NULL,
    -- A random number that the last change left, to tell whether it was committed.
    change_id      bigint NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX {{.Index "groups_name"}} ON {{.Groups}} (tenant, display_fold, name_twin);
CREATE INDEX {{.Index "groups_external"}} ON {{.Groups}} (tenant, external_id, created, id);
CREATE INDEX {{.Index "groups_created"}} ON {{.Groups}} (tenant, created, id);
CREATE INDEX {{.Index "groups_modified"}} ON {{.Groups}} (tenant, modified, created, id);
CREATE INDEX {{.Index "groups_twins"}} ON {{.Groups}} (tenant, id) WHERE name_twin <> '';

-- One row for each member of a group.
CREATE TABLE {{.Members}} (
    tenant       text COLLATE "C" NOT NULL,
    group_id     text COLLATE "C" NOT NULL,
    value        text COLLATE "C" NOT NULL,
    value_fold   text COLLATE "C" NOT NULL,
    type         text COLLATE "C" NOT NULL,
    display      text COLLATE "C" NOT NULL,
    ref          text COLLATE "C" NOT NULL,
    -- The folded form where it is not simply lower(), that is, beyond ASCII.
    type_fold    text COLLATE "C",
    display_fold text COLLATE "C",
    PRIMARY KEY (tenant, group_id, value)
);
CREATE INDEX {{.Index "members_value"}} ON {{.Members}} (value_fold, tenant, group_id);

-- +goose Down
DROP TABLE {{.Members}};
DROP TABLE {{.Groups}};
