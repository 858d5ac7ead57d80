package sqlstore

import (
	"strings"

	"github.com/scimgroups/scimgroups/store"
)

// statements are the texts of all statements that do not depend on a query,
// made once when the store is opened.
type statements struct {
	head           string    // tenant, id
	bareHead       string    // tenant, id; without extensions
	headLocked     string    // tenant, id
	bareHeadLocked string    // tenant, id; without extensions
	headsLocked    string    // tenant, id; the head of the group and of those that hold it
	insertGroup    string    // all columns
	updateGroup    string    // tenant, id, then what changed
	touchGroup     string    // tenant, id, modified, version, change_id
	touchGroups    returning // tenant, modified, a set of groups, change_id
	lastChange     string    // tenant, id
	deleteGroup    string    // tenant, id
	addMember      returning // tenant, group, then the columns of one member
	addMembers     returning // tenant, group, then a set of members
	setMembers     string    // tenant, group, then a set of members
	groupsAmong    string    // tenant, a set of values
	named          string    // tenant, group, whether to read extensions, two sets of values; see directChange
	namedOne       string    // tenant, group, whether to read extensions, a value
	addOneNamed    string    // tenant, group, version, modified, change_id, the columns of one member that is no group
	addNamed       string    // tenant, group, version, modified, change_id, a set of members, none of them groups
	removeNamed    string    // tenant, group, version, modified, change_id, a set of values
	changeNamed    string    // tenant, group, version, modified, change_id, sets of groups, of values, and of members
	removeOne      returning // tenant, group, value
	remove         returning // tenant, group, a set of values
	removeAll      returning // tenant, group
	dropMembers    string    // tenant, group
	expel          returning // tenant, value
	countUpTo      string    // tenant, group, limit
	countMembers   string    // tenant, group
	members        string    // tenant, group, limit
	membersAmong   string    // tenant, group, a set of values
	scan           string    // tenant, group, after, limit
	membersOf      string    // tenant, a set of groups, limit for each; PostgreSQL only
	groupsOf       string    // tenant, member, after, limit
	groupsAbove    string    // tenant, member, after, limit; transitive
	lockNesting    string    // tenant; see dialect.lockNesting
	circle         string    // tenant, group, a set of values
	tell           string    // tenant, change_id, a set of entries
	readOutbox     string    // limit
	ackOutbox      string    // a set of keys
	pruneOutbox    string    // before, limit
	twins          string
	untwin         string
}

const (
	headColumns   = `g.id, g.external_id, g.display_name, g.extensions, g.created, g.modified, g.version`
	memberColumns = `m.value, m.type, m.display, m.ref`

	// these ends a statement on the members m of one group.
	these = ` WHERE m.tenant = ?1 AND m.group_id = ?2`
	// insert begins a statement that adds members.
	insert = `INSERT INTO {members} (tenant, group_id, value, type, display, ref, type_fold, display_fold) `

	selectHead = `SELECT {head} FROM {groups} AS g WHERE g.tenant = ?1 AND g.id = ?2`
	// selectGroups selects the groups whose ids {condition} holds for, and keeps them
	// from being deleted.
	selectGroups = `SELECT g.id FROM {groups} AS g WHERE g.tenant = ?1 AND g.id {condition}{refer}`
)

// parameters writes the parameters of a statement, of which the first is the tenant.
func (o Options) parameters(text string) string {
	if !o.routed {
		text = o.sql.hideTenant(text)
	}
	return o.sql.placeholders(text)
}

// isTenant is the condition that a column is the tenant.
func (d *engine) isTenant(column string) string {
	return d.options.parameters(column + " = ?1")
}

func newStatements(o Options) statements {
	n := names{o}
	braces := append([]string{
		"{groups}", n.Groups(),
		"{members}", n.Members(),
		"{outbox}", n.Outbox(),
		"{nesting}", n.Nesting(),
		"{members by value}", n.Index("members_holders"),
		"{head}", headColumns,
		"{bare}", o.sql.bareColumns(),
		"{member}", memberColumns,
	}, o.sql.replacements...)
	replacer := strings.NewReplacer(braces...)
	fill := func(s string) string { return o.parameters(replacer.Replace(replacer.Replace(s))) }
	typed := newTyping(o)
	const memberRow = `value, type, display, ref`
	removing := func(where, columns string) returning {
		r := o.sql.deleting(strings.TrimPrefix(where, ` WHERE `), columns)
		return returning{fill(r.read), fill(r.write)}
	}
	headsLocked := o.sql.headsLocked
	if o.Nesting == store.NestingOff {
		headsLocked = o.sql.headsLockedAlone
	}
	t := statements{
		named:          fill(o.sql.named),
		namedOne:       fill(o.sql.namedOne),
		addOneNamed:    fill(o.sql.addOneNamed),
		addNamed:       fill(o.sql.addNamed),
		removeNamed:    fill(o.sql.removeNamed),
		changeNamed:    fill(o.sql.changeNamed),
		head:           fill(selectHead),
		bareHead:       fill(`SELECT {bare} FROM {groups} AS g WHERE g.tenant = ?1 AND g.id = ?2`),
		headLocked:     fill(selectHead + `{lock}`),
		bareHeadLocked: fill(`SELECT {bare} FROM {groups} AS g WHERE g.tenant = ?1 AND g.id = ?2{lock}`),
		headsLocked:    fill(headsLocked),
		insertGroup: fill(`INSERT INTO {groups} (tenant, id, external_id, display_name, display_fold, name_twin,
			extensions, extension_keys, created, modified, version, change_id)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7{jsonb}, ?8{jsonb}, ?9, ?10, ?11, ?12)`),
		updateGroup: fill(`UPDATE {groups} SET external_id = ?3, display_name = ?4, display_fold = ?5, name_twin = ?6,
			extensions = ?7{jsonb}, extension_keys = ?8{jsonb}, modified = ?9, version = ?10, change_id =
				?11 WHERE tenant = ?1 AND id = ?2`),
		touchGroup: fill(
			`UPDATE {groups} SET modified = ?3, version = ?4, change_id = ?5 WHERE tenant = ?1 AND id = ?2`,
		),
		touchGroups: returning{write: fill(
			`UPDATE {groups} SET modified = CASE WHEN modified < ?2 THEN ?2 ELSE modified + 1 END, version = version + 1,
			change_id = ?4 WHERE tenant = ?1 AND id {in values}
			RETURNING id, external_id, display_name, extensions, created, modified, version`,
		)},
		lastChange:  fill(`SELECT g.version, g.change_id FROM {groups} AS g WHERE g.tenant = ?1 AND g.id = ?2{lock}`),
		deleteGroup: fill(`DELETE FROM {groups} WHERE tenant = ?1 AND id = ?2`),
		addMember: returning{write: fill(
			typed.known(`= ?3`) + insert + `VALUES (?1, ?2, ?3, ` + typed.as(`?4`, `?3`) + `, ?5, ?6, ?7, ?8)
			ON CONFLICT DO NOTHING RETURNING type, ` + typed.is(`value`),
		)},
		// WHERE true keeps SQLite from reading ON CONFLICT as a join.
		addMembers: returning{write: fill(
			typed.known(
				`{in values}`,
			) + insert + `SELECT ?1, ?2, s.value, ` + typed.as(
				`s.type`,
				`s.value`,
			) + `, s.display, s.ref,
			s.type_fold, s.display_fold FROM {set} WHERE true ON CONFLICT DO NOTHING RETURNING value, type, ` + typed.is(
				`value`,
			),
		)},
		// All of them are present. This way the database looks them up by their key.
		setMembers: fill(
			insert + `SELECT ?1, ?2, s.value, s.type, s.display, s.ref, s.type_fold, s.display_fold FROM {set}
			WHERE true ON CONFLICT (tenant, group_id, value) DO UPDATE SET type = excluded.type, display = excluded.display,
			ref = excluded.ref, type_fold = excluded.type_fold, display_fold = excluded.display_fold`,
		),
		groupsAmong: fill(strings.Replace(selectGroups, `{condition}`, `{among}`, 1)),
		removeOne:   removing(these+` AND m.value = ?3`, memberRow),
		remove:      removing(these+` AND m.value {in values}`, memberRow),
		removeAll:   removing(these, memberRow),
		dropMembers: fill(`DELETE FROM {members} AS m` + these),
		expel:       removing(`{of tenant} AND m.value = ?2 AND m.group_id <> ?2`, `group_id`),
		countUpTo:   fill(`SELECT count(*) FROM (SELECT 1 FROM {members} AS m` + these + ` LIMIT ?3) AS c`),
		countMembers: fill(
			`SELECT (SELECT count(*) FROM {members} AS m` + these + `) FROM {groups} AS g WHERE g.tenant = ?1 AND g.id = ?2`,
		),
		members:      fill(`SELECT {member} FROM {members} AS m` + these + ` ORDER BY m.value LIMIT ?3`),
		membersAmong: fill(`SELECT {member} FROM {members} AS m` + these + ` AND m.value {in values}`),
		scan: fill(
			`SELECT {member} FROM {members} AS m` + these + ` AND m.value > ?3 ORDER BY m.value LIMIT ?4`,
		),
		membersOf: fill(`SELECT m.group_id, {member} FROM unnest(?2::text[]) AS i(id) CROSS JOIN LATERAL (
			SELECT m.group_id, {member} FROM {members} AS m WHERE m.tenant = ?1 AND m.group_id = i.id ORDER
				BY m.value LIMIT ?3) AS m`),
		groupsOf: fill(
			`SELECT {bare}, TRUE FROM (SELECT m.group_id AS id FROM {members} AS m WHERE m.tenant = ?1 AND m.value = ?2
			AND m.group_id > ?3 ORDER BY m.group_id LIMIT ?4) AS a {heads} ORDER BY a.id`,
		),
		groupsAbove: fill(
			`WITH RECURSIVE above(id) AS (SELECT m.group_id FROM {members} AS m WHERE m.tenant = ?1 AND m.value = ?2
			UNION SELECT m.group_id FROM above AS a {holders})
			SELECT {bare}, EXISTS (SELECT 1 FROM {members} AS m WHERE m.tenant = ?1 AND m.group_id = a.id AND m.value = ?2)
			FROM (SELECT id FROM above WHERE id > ?3 ORDER BY id LIMIT ?4) AS a {heads} ORDER BY a.id`,
		),
		lockNesting: fill(
			`INSERT INTO {nesting} AS n (tenant, changes) VALUES (?1, 1) ON CONFLICT (tenant) DO UPDATE SET
				changes = n.changes + 1`,
		),
		circle: fill(`WITH RECURSIVE above(id) AS (
				SELECT g.id FROM {groups} AS g WHERE g.tenant = ?1 AND g.id = ?2 UNION SELECT m.group_id FROM above AS a {holders})
			SELECT a.id FROM above AS a WHERE a.id {in values} ORDER BY a.id LIMIT 1`),
		tell: fill(
			`INSERT INTO {outbox} (tenant, change_id, made, number, entry) SELECT ?1, ?2, s.made, s.number,
				s.entry FROM {entries}`,
		),
		readOutbox: fill(`SELECT o.made, o.change_id, o.number, o.tenant, o.entry FROM {outbox} AS o
			ORDER BY o.made, o.change_id, o.number LIMIT ?1`),
		ackOutbox: fill(`DELETE FROM {outbox} WHERE (made, change_id, number) IN ({keys})`),
		pruneOutbox: fill(
			`DELETE FROM {outbox} WHERE (made, change_id, number) IN (SELECT o.made, o.change_id, o.number FROM {outbox} AS o
			WHERE o.made < ?1 ORDER BY o.made, o.change_id, o.number LIMIT ?2)`,
		),
		twins:  fill(`SELECT EXISTS (SELECT 1 FROM {groups} WHERE name_twin <> '')`),
		untwin: fill(`UPDATE {groups} SET name_twin = '' WHERE name_twin <> ''`),
	}
	if o.sql.adapt != nil {
		o.sql.adapt(&t, fill, typed.on)
	}
	return t
}
