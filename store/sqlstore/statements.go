package sqlstore

import (
	"strings"
)

// statements are the texts of all statements that do not depend on a query,
// made once when the store is opened.
type statements struct {
	head         string // tenant, id
	bareHead     string // tenant, id; without extensions
	headLocked   string // tenant, id
	insertGroup  string // all columns
	updateGroup  string // tenant, id, then what changed
	touchGroup   string // tenant, id, modified, version, change_id
	lastChange   string // tenant, id
	deleteGroup  string // tenant, id
	addMember    string // tenant, group, then the columns of one member
	addMembers   string // tenant, group, then a set of members
	setMembers   string // tenant, group, then a set of members
	differing    string // tenant, group, then a set of members
	removeOne    string // tenant, group, value
	remove       string // tenant, group, a set of values
	removeOthers string // tenant, group, a set of values
	removeAll    string // tenant, group
	dropMembers  string // tenant, group
	countMembers string // tenant, group, how far to count
	members      string // tenant, group, limit
	scan         string // tenant, group, after, limit
	membersOf    string // tenant, a set of groups, limit for each; PostgreSQL only
	twins        string
	untwin       string
}

const (
	headColumns   = `g.id, g.external_id, g.display_name, g.extensions, g.created, g.modified, g.version`
	memberColumns = `m.value, m.type, m.display, m.ref`
)

// bareColumns are headColumns with no extensions.
func bareColumns(d Dialect) string {
	null := "NULL AS extensions"
	if d == PostgreSQL {
		null = "NULL::jsonb AS extensions"
	}
	return strings.Replace(headColumns, "g.extensions", null, 1)
}

// placeholders turns ?1, ?2 … into what the dialect writes for them. No
// statement of this package has a question mark that is anything else.
func placeholders(d Dialect, text string) string {
	if d == PostgreSQL {
		return strings.ReplaceAll(text, "?", "$")
	}
	return text
}

func newStatements(o Options) statements {
	n := names{o}
	// A set of values is one parameter, and so is a set of members for each
	// column: an array in PostgreSQL, a JSON list in SQLite.
	values := `SELECT value FROM json_each(?3)`
	set := `(SELECT s.value ->> 0 AS value, s.value ->> 1 AS value_fold, s.value ->> 2 AS type, s.value ->> 3 AS display,
		s.value ->> 4 AS ref, s.value ->> 5 AS type_fold, s.value ->> 6 AS display_fold FROM json_each(?3) AS s) AS s`
	jsonType, lock := "", ""
	if o.Dialect == PostgreSQL {
		values = `SELECT v FROM unnest(?3::text[]) AS s(v)`
		set = `unnest(?3::text[], ?4::text[], ?5::text[], ?6::text[], ?7::text[], ?8::text[], ?9::text[])
			AS s(value, value_fold, type, display, ref, type_fold, display_fold)`
		jsonType, lock = "::jsonb", " FOR UPDATE"
	}
	text := func(s string) string {
		return placeholders(o.Dialect, strings.NewReplacer("{groups}", n.Groups(), "{members}", n.Members(),
			"{head}", headColumns, "{member}", memberColumns, "{values}", values, "{set}", set,
			"{jsonb}", jsonType).Replace(s))
	}
	// The members of one group.
	const these = ` WHERE m.tenant = ?1 AND m.group_id = ?2`
	// RETURNING does not know the alias in SQLite.
	const returning = ` RETURNING value, type, display, ref`
	head := `SELECT {head} FROM {groups} AS g WHERE g.tenant = ?1 AND g.id = ?2`
	return statements{
		head:       text(head),
		bareHead:   text(strings.ReplaceAll(head, "{head}", bareColumns(o.Dialect))),
		headLocked: text(head + lock),
		insertGroup: text(`INSERT INTO {groups} (tenant, id, external_id, display_name, display_fold, name_twin,
			extensions, extension_keys, created, modified, version, change_id)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7{jsonb}, ?8{jsonb}, ?9, ?10, ?11, ?12)`),
		updateGroup: text(`UPDATE {groups} SET external_id = ?3, display_name = ?4, display_fold = ?5, name_twin = ?6,
			extensions = ?7{jsonb}, extension_keys = ?8{jsonb}, modified = ?9, version = ?10, change_id = ?11 WHERE tenant = ?1 AND id = ?2`),
		touchGroup:  text(`UPDATE {groups} SET modified = ?3, version = ?4, change_id = ?5 WHERE tenant = ?1 AND id = ?2`),
		lastChange:  text(`SELECT g.version, g.change_id FROM {groups} AS g WHERE g.tenant = ?1 AND g.id = ?2` + lock),
		deleteGroup: text(`DELETE FROM {groups} WHERE tenant = ?1 AND id = ?2`),
		addMember: text(`INSERT INTO {members} (tenant, group_id, value, value_fold, type, display, ref, type_fold, display_fold)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING`),
		// WHERE true keeps SQLite from reading ON CONFLICT as a join.
		addMembers: text(`INSERT INTO {members} (tenant, group_id, value, value_fold, type, display, ref, type_fold, display_fold)
			SELECT ?1, ?2, s.value, s.value_fold, s.type, s.display, s.ref, s.type_fold, s.display_fold FROM {set}
			WHERE true ON CONFLICT DO NOTHING RETURNING value`),
		// They are all there; this way both databases look them up by their key.
		setMembers: text(`INSERT INTO {members} (tenant, group_id, value, value_fold, type, display, ref, type_fold, display_fold)
			SELECT ?1, ?2, s.value, s.value_fold, s.type, s.display, s.ref, s.type_fold, s.display_fold FROM {set}
			WHERE true ON CONFLICT (tenant, group_id, value) DO UPDATE SET type = excluded.type, display = excluded.display,
			ref = excluded.ref, type_fold = excluded.type_fold, display_fold = excluded.display_fold`),
		// CROSS JOIN makes SQLite go through the set, not through the group.
		differing: text(`SELECT {member} FROM {set} CROSS JOIN {members} AS m` + these + ` AND m.value = s.value
			AND (s.type <> '' AND s.type <> m.type OR s.display <> '' AND s.display <> m.display OR s.ref <> '' AND s.ref <> m.ref)`),
		removeOne:    text(`DELETE FROM {members} AS m` + these + ` AND m.value = ?3` + returning),
		remove:       text(`DELETE FROM {members} AS m` + these + ` AND m.value IN ({values})` + returning),
		removeOthers: text(`DELETE FROM {members} AS m` + these + ` AND m.value NOT IN ({values})` + returning),
		removeAll:    text(`DELETE FROM {members} AS m` + these + returning),
		dropMembers:  text(`DELETE FROM {members} AS m` + these),
		countMembers: text(`SELECT count(*) FROM (SELECT 1 FROM {members} AS m` + these + ` LIMIT ?3) AS c`),
		members:      text(`SELECT {member} FROM {members} AS m` + these + ` ORDER BY m.value LIMIT ?3`),
		scan:         text(`SELECT {member} FROM {members} AS m` + these + ` AND m.value > ?3 ORDER BY m.value LIMIT ?4`),
		membersOf: text(`SELECT m.group_id, {member} FROM unnest(?2::text[]) AS i(id) CROSS JOIN LATERAL (
			SELECT m.group_id, {member} FROM {members} AS m WHERE m.tenant = ?1 AND m.group_id = i.id ORDER BY m.value LIMIT ?3) AS m`),
		twins:  text(`SELECT EXISTS (SELECT 1 FROM {groups} WHERE name_twin <> '')`),
		untwin: text(`UPDATE {groups} SET name_twin = '' WHERE name_twin <> ''`),
	}
}
