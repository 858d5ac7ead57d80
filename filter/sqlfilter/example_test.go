package sqlfilter_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"log"

	"github.com/elimity-com/scim/schema"
	_ "modernc.org/sqlite"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/filter/sqlfilter"
)

// userColumns says where the attributes of a user are in a table of the host.
var userColumns = sqlfilter.Columns{
	Attributes: map[string]sqlfilter.Column{
		"userName":     {Expr: "u.name", Folded: "u.name_folded", Bytewise: true, Indexed: true},
		"active":       {Kind: sqlfilter.Boolean, Expr: "u.active"},
		"meta.created": {Kind: sqlfilter.Micros, Expr: "u.created"},
	},
	Elements: map[string]sqlfilter.Elements{
		"emails": {
			From: "emails AS e", Join: "e.user_id = u.id",
			Key: "u.id", Ref: "e.user_id", // an address is looked up by its index
			Columns: map[string]sqlfilter.Column{
				"value": {Expr: "e.value", Folded: "e.value_folded", Bytewise: true, Indexed: true},
				"type":  {Expr: "e.type", Nullable: true},
			},
		},
	},
}

// users compiles a filter over users.
func users(text string) *filter.Filter {
	table, err := filter.NewTable(filter.Definition{Core: schema.CoreUserSchema()})
	if err != nil {
		log.Fatal(err)
	}
	f, err := table.Filter(text, nil)
	if err != nil {
		log.Fatal(err)
	}
	return f
}

// A host filters its own tables of users. What SQL cannot decide is matched afterwards.
func Example() {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.Exec(`
		CREATE TABLE users (id integer PRIMARY KEY, name text NOT NULL, name_folded text NOT NULL, active boolean, created bigint);
		CREATE TABLE emails (user_id integer, value text NOT NULL, value_folded text NOT NULL, type text);
		INSERT INTO users VALUES (1, 'Ada', 'ada', TRUE, 0), (2, 'Grace', 'grace', TRUE, 0), (3, 'adele', 'adele', FALSE, 0);
		INSERT INTO emails VALUES (1, 'ada@example.com', 'ada@example.com', 'work');`)
	if err != nil {
		log.Fatal(err)
	}

	for _, text := range []string{`userName sw "AD" and active eq true`, `emails.value ew "@EXAMPLE.com"`} {
		c := sqlfilter.Where(users(text), sqlfilter.SQLite, userColumns, 0)
		rows, err := db.Query(`SELECT u.name FROM users AS u WHERE `+c.SQL, c.Args...)
		if err != nil {
			log.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				log.Fatal(err)
			}
			if c.Rest == nil || c.Rest.Match(filter.JSONResource{"userName": name}) {
				fmt.Println(text, "→", name)
			}
		}
		if err := rows.Err(); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// userName sw "AD" and active eq true → Ada
	// emails.value ew "@EXAMPLE.com" → Ada
}

// The caller has two parameters of its own, which MariaDB does not number.
func ExampleWhere() {
	f := users(`emails.value eq "Ada@example.com" and active eq true`)
	for _, d := range []sqlfilter.Dialect{sqlfilter.SQLite, sqlfilter.PostgreSQL, sqlfilter.MariaDB} {
		c := sqlfilter.Where(f, d, userColumns, 2)
		fmt.Println(c.SQL)
		fmt.Println(c.Args, c.Selective)
	}
	// Output:
	// (u.id IN (SELECT e.user_id FROM emails AS e WHERE (e.value_folded = ?3)) AND u.active)
	// [ada@example.com] true
	// (u.id IN (SELECT e.user_id FROM emails AS e WHERE (e.value_folded = $3::text)) AND u.active)
	// [ada@example.com] true
	// (u.id IN (SELECT e.user_id FROM emails AS e WHERE (e.value_folded = ?)) AND u.active)
	// [ada@example.com] true
}

// There is no column of nickName, so that it is left to the caller.
func ExampleClause() {
	c := sqlfilter.Where(users(`active eq true and nickName co "x"`), sqlfilter.SQLite, userColumns, 0)
	fmt.Println(c.SQL)
	fmt.Println(c.Rest)
	// Output:
	// u.active
	// nickName co "x"
}

// A scope keeps the look-up of elements within a tenant.
func ExampleElements() {
	columns := sqlfilter.Columns{Elements: map[string]sqlfilter.Elements{
		"emails": {
			From: "emails AS e", Join: "e.tenant = u.tenant AND e.user_id = u.id",
			Key: "u.id", Ref: "e.user_id", Scope: "e.tenant = ?", ScopeArgs: []any{"acme"},
			Columns: map[string]sqlfilter.Column{
				"value": {Expr: "e.value", Folded: "e.value_folded", Bytewise: true, Indexed: true},
				"type":  {Expr: "e.type", Folded: "e.type", Bytewise: true, Nullable: true},
			},
		},
	}}
	for _, text := range []string{`emails.value eq "ada@example.com"`, `emails[type eq "work"]`} {
		c := sqlfilter.Where(users(text), sqlfilter.SQLite, columns, 0)
		fmt.Println(c.SQL, c.Args)
	}
	// Output:
	// u.id IN (SELECT e.user_id FROM emails AS e WHERE e.tenant = ?1 AND (e.value_folded = ?2)) [acme ada@example.com]
	// EXISTS (SELECT 1 FROM emails AS e WHERE e.tenant = u.tenant AND e.user_id = u.id AND (e.type IS NOT NULL AND (e.type = ?1))) [work]
}

// A list is sorted by a column if it has one. Ids decide between equal values.
func ExampleOrderBy() {
	table, err := filter.NewTable(filter.Definition{Core: schema.CoreUserSchema()})
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"userName", "meta.created", "nickName"} {
		o, ok := sqlfilter.OrderBy(table.Lookup(name), sqlfilter.PostgreSQL, userColumns, 0)
		if !ok {
			fmt.Println(name, "is sorted by the caller")
			continue
		}
		fmt.Printf("ORDER BY %s, u.id -- numeric: %t\n", o.SQL, o.Numeric)
	}
	// Output:
	// ORDER BY u.name_folded, u.id -- numeric: false
	// ORDER BY u.created, u.id -- numeric: true
	// nickName is sorted by the caller
}

// The attributes of an extension are stored with their keys, by which they compare.
func ExampleKeys() {
	const lease = "urn:example:2.0:Device:lease"
	keys, err := sqlfilter.Keys(map[string]map[string]any{lease: {
		"holder": "Zoë",
		"rent":   json.Number("12.50"),
	}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(keys))

	table, err := filter.NewTable(filter.Definition{
		Core: schema.Schema{ID: "urn:example:2.0:Device"},
		Extensions: []filter.Extension{{Schema: schema.Schema{ID: lease, Attributes: []schema.CoreAttribute{
			schema.SimpleCoreAttribute(schema.SimpleNumberParams(schema.NumberParams{
				Name: "rent", Type: schema.AttributeTypeDecimal(),
			})),
		}}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	f, err := table.Filter(lease+":rent gt 12.5", nil)
	if err != nil {
		log.Fatal(err)
	}
	c := sqlfilter.Where(f, sqlfilter.PostgreSQL, sqlfilter.Columns{Keys: "d.keys"}, 0)
	fmt.Println(c.SQL)
	fmt.Println(c.Args)
	// Output:
	// {"urn:example:2.0:Device:lease":{"holder":[{"s":"Zoë","f":"zoë","p":"1"}],"rent":[{"n":"28000000000000002125","p":"1"}]}}
	// EXISTS (SELECT 1 FROM jsonb_array_elements((d.keys -> $1::text -> $2::text)) AS k1 WHERE ((k1.value ->> 'n') IS NOT NULL AND (k1.value ->> 'n') COLLATE "C" > $3::text))
	// [urn:example:2.0:Device:lease rent 28000000000000002125]
}
