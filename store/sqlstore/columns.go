package sqlstore

import (
	"strings"

	"github.com/scimgroups/scimgroups/filter/sqlfilter"
	"github.com/scimgroups/scimgroups/store"
)

// memberAttributes returns the columns of the sub-attributes of a member, in a query
// whose table of members is m.
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

// columns returns the columns of the attributes of a group, in a query whose table of
// groups is g and whose first parameter is the tenant.
func (d *engine) columns() sqlfilter.Columns {
	dialect := d.options.sql
	n := names{d.options}
	micros := func(column string) sqlfilter.Column {
		return sqlfilter.Column{Kind: sqlfilter.Micros, Expr: column,
			Written: strings.ReplaceAll(dialect.micros, "{c}", column)}
	}
	constant := func(s string) sqlfilter.Column {
		return sqlfilter.Column{Kind: sqlfilter.Text, Expr: s}
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
			"meta.resourceType": constant(dialect.cast("'" + store.ResourceType + "'")),
			"meta.version":      constant(dialect.concat(`'W/"'`, dialect.cast("g.version"), `'"'`)),
			"meta.created":      micros("g.created"),
			"meta.lastModified": micros("g.modified"),
		},
		Elements: map[string]sqlfilter.Elements{
			"members": {
				From: n.Members() + " AS m", Join: "m.tenant = g.tenant AND m.group_id = g.id",
				Key: "g.id", Ref: "m.group_id", Scope: dialect.scope(d.isTenant("m.tenant")), Columns: memberAttributes(),
			},
			"schemas": {
				From: strings.ReplaceAll(dialect.schemaURNs, "{core}",
					dialect.cast("'"+store.GroupSchema+"'")),
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
