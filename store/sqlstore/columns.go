package sqlstore

import (
	"strings"

	"github.com/scimgroups/scimgroups/filter/sqlfilter"
	"github.com/scimgroups/scimgroups/store"
)

// memberAttributes are the columns of the sub-attributes of a member, in a query
// where the table is m.
func memberAttributes() map[string]sqlfilter.Column {
	text := func(column string) sqlfilter.Column {
		return sqlfilter.Column{Kind: sqlfilter.Text, Expr: column, Bytewise: true, EmptyIsAbsent: true}
	}
	folded := func(column, fold string) sqlfilter.Column {
		c := text(column)
		c.Folded = fold
		return c
	}
	value := text("m.value")
	value.Indexed = true
	return map[string]sqlfilter.Column{
		"value":   value,
		"type":    folded("m.type", "coalesce(m.type_fold, lower(m.type))"),
		"display": folded("m.display", "coalesce(m.display_fold, lower(m.display))"),
		"$ref":    text("m.ref"),
	}
}

// columns says where the attributes of a group are, in a query where the table
// is g and the first parameter the tenant.
func (d *engine) columns() sqlfilter.Columns {
	dialect := d.options.Dialect
	n := names{d.options}
	micros := func(column string) sqlfilter.Column {
		return sqlfilter.Column{Kind: sqlfilter.Micros, Expr: column, Written: written(dialect, column)}
	}
	scope := d.isTenant("m.tenant")
	if dialect == SQLite {
		// The plus keeps SQLite, which knows nothing of the data, from taking all
		// members of the tenant for fewer than those with one value.
		scope = "+" + scope
	}
	constant := func(s string) sqlfilter.Column {
		return sqlfilter.Column{Kind: sqlfilter.Text, Expr: s}
	}
	extensions := `SELECT j.key FROM json_each(g.extensions) AS j`
	if dialect == PostgreSQL {
		extensions = `SELECT jsonb_object_keys(g.extensions)`
	}
	return sqlfilter.Columns{
		Attributes: map[string]sqlfilter.Column{
			"id": {
				Kind:          sqlfilter.Text,
				Expr:          "g.id",
				Bytewise:      true,
				EmptyIsAbsent: true,
				Indexed:       true,
			},
			"externalId": {
				Kind:          sqlfilter.Text,
				Expr:          "g.external_id",
				Bytewise:      true,
				EmptyIsAbsent: true,
				Indexed:       true,
			},
			"displayName": {
				Kind:          sqlfilter.Text,
				Expr:          "g.display_name",
				Folded:        "g.display_fold",
				Bytewise:      true,
				EmptyIsAbsent: true,
				Indexed:       true,
			},
			"meta.resourceType": constant(cast(dialect, "'"+store.ResourceType+"'")),
			"meta.version":      constant(`('W/"' || ` + cast(dialect, "g.version") + ` || '"')`),
			"meta.created":      micros("g.created"),
			"meta.lastModified": micros("g.modified"),
		},
		Elements: map[string]sqlfilter.Elements{
			"members": {
				From: n.Members() + " AS m", Join: "m.tenant = g.tenant AND m.group_id = g.id",
				Key: "g.id", Ref: "m.group_id", Scope: scope, Columns: memberAttributes(),
			},
			"schemas": {
				From: `(SELECT ` + cast(
					dialect,
					"'"+store.GroupSchema+"'",
				) + ` AS value UNION ALL ` + extensions + `) AS u`,
				Columns: map[string]sqlfilter.Column{"value": constant("u.value")},
			},
		},
		Resources: sqlfilter.Elements{
			From:  n.Groups() + " AS g",
			Key:   "g.id",
			Ref:   "g.id",
			Scope: d.isTenant("g.tenant"),
		},
		Keys: "g.extension_keys",
	}
}

// cast makes text of an expression.
func cast(d Dialect, x string) string {
	if d == PostgreSQL {
		return x + "::text"
	}
	return "CAST(" + x + " AS TEXT)"
}

// written is a column of microseconds in [filter.TimeFormat].
func written(d Dialect, column string) string {
	expression := `(strftime('%Y-%m-%dT%H:%M:%S', {c} / 1000000, 'unixepoch') || CASE WHEN {c} % 1000000 = 0 THEN ''
		ELSE '.' || rtrim(substr(CAST(1000000 + {c} % 1000000 AS TEXT), 2), '0') END || 'Z')`
	if d == PostgreSQL {
		expression = `(to_char(timestamp '1970-01-01' + {c} / 1000000 * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS') ||
		CASE WHEN {c} % 1000000 = 0 THEN '' ELSE '.' || rtrim(substr((1000000 + {c} % 1000000)::text, 2), '0') END || 'Z')`
	}
	return strings.ReplaceAll(expression, "{c}", column)
}
