package sqlstore

import (
	"strings"

	"github.com/scimgroups/scimgroups/store"
)

// typing writes what statements say about members that are groups. Where nobody
// has to know, all of it is empty or false.
type typing struct {
	dialect Dialect
	on      bool
}

func newTyping(o Options) typing {
	return typing{dialect: o.Dialect, on: o.Nesting != store.NestingOff}
}

// known begins a statement that adds members, of which condition says the ids. In
// PostgreSQL the groups among them are locked, as a foreign key locks what it
// refers to: none of them is deleted before the transaction has ended, so that
// whoever deletes one then sees who holds it. (SQLite has one writer.)
func (t typing) known(condition string) string {
	if !t.on || t.dialect == SQLite {
		return ""
	}
	return `WITH known AS (` + t.among(condition) + `) `
}

// among returns the ids of groups of which condition says the ids, and locks them
// in the same way.
func (t typing) among(condition string) string {
	lock := ""
	if t.dialect == PostgreSQL {
		lock = ` ORDER BY g.id FOR KEY SHARE`
	}
	return `SELECT g.id FROM {groups} AS g WHERE g.tenant = ?1 AND g.id ` + condition + lock
}

// is says that value is the id of a group.
func (t typing) is(value string) string {
	switch {
	case !t.on:
		return `FALSE`
	case t.dialect == SQLite:
		return `EXISTS (SELECT 1 FROM {groups} AS g WHERE g.tenant = ?1 AND g.id = ` + value + `)`
	}
	return value + ` IN (SELECT known.id FROM known)`
}

// as is the type of a member with this value.
func (t typing) as(given, value string) string {
	if !t.on {
		return given
	}
	group := `'` + store.ResourceType + `'`
	return strings.NewReplacer("{given}", given, "{is}", t.is(value), "{group}", group).
		Replace(`CASE WHEN {given} = '' AND {is} THEN {group} ELSE {given} END`)
}
