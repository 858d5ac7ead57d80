package sqlstore

import (
	"strings"

	"github.com/scimgroups/scimgroups/store"
)

// typing writes the parts of statements that tell which members are groups. With
// [store.NestingOff] they are empty or false.
type typing struct {
	sql *dialect
	on  bool
}

func newTyping(o Options) typing {
	return typing{sql: o.sql, on: o.Nesting != store.NestingOff}
}

// known begins a statement that adds the members whose values condition holds for.
func (t typing) known(condition string) string {
	if !t.on {
		return ""
	}
	return strings.Replace(t.sql.known, "{condition}", condition, 1)
}

// is is the condition that value is the id of a group.
func (t typing) is(value string) string {
	if !t.on {
		return `FALSE`
	}
	return strings.Replace(t.sql.isGroup, "{value}", value, 1)
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
