package sqlfilter_test

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/filter/sqlfilter"
)

// The resources of these tests are devices, to have every type of attribute in
// a column, in another table, and in an extension.
const (
	deviceURN    = "urn:example:2.0:Device"
	extensionURN = "urn:example:2.0:Device:more"
)

func text(name string, exact, multi bool) schema.CoreAttribute {
	return schema.SimpleCoreAttribute(schema.SimpleStringParams(schema.StringParams{Name: name, CaseExact: exact, MultiValued: multi}))
}

func deviceTable(t testing.TB) *filter.Table {
	t.Helper()
	table, err := filter.NewTable(filter.Definition{
		Core: schema.Schema{ID: deviceURN, Name: optional.NewString("Device"), Attributes: []schema.CoreAttribute{
			text("name", false, false),   // with a folded column
			text("serial", true, false),  // caseExact, empty if absent, with a linguistic collation
			text("colour", false, false), // without a folded column
			schema.SimpleCoreAttribute(schema.SimpleBooleanParams(schema.BooleanParams{Name: "active"})),
			schema.SimpleCoreAttribute(schema.SimpleNumberParams(schema.NumberParams{Name: "floor", Type: schema.AttributeTypeInteger()})),
			schema.SimpleCoreAttribute(schema.SimpleDateTimeParams(schema.DateTimeParams{Name: "seen"})),
			schema.SimpleCoreAttribute(schema.SimpleDateTimeParams(schema.DateTimeParams{Name: "bought"})), // a timestamptz
			text("notes", false, false), // in no column at all
			schema.ComplexCoreAttribute(schema.ComplexParams{Name: "ports", MultiValued: true, SubAttributes: []schema.SimpleParams{
				schema.SimpleStringParams(schema.StringParams{Name: "value", CaseExact: true}),
				schema.SimpleStringParams(schema.StringParams{Name: "label"}),
				schema.SimpleNumberParams(schema.NumberParams{Name: "speed", Type: schema.AttributeTypeInteger()}),
			}}),
			text("tags", false, true), // rows of another table
		}},
		Extensions: []filter.Extension{{Schema: schema.Schema{ID: extensionURN, Name: optional.NewString("More"), Attributes: []schema.CoreAttribute{
			text("exact", true, false),
			text("loose", false, false),
			text("words", false, true),
			text("codes", true, true),
			schema.SimpleCoreAttribute(schema.SimpleBooleanParams(schema.BooleanParams{Name: "flag"})),
			schema.SimpleCoreAttribute(schema.SimpleNumberParams(schema.NumberParams{Name: "count", Type: schema.AttributeTypeInteger()})),
			schema.SimpleCoreAttribute(schema.SimpleNumberParams(schema.NumberParams{Name: "weight", Type: schema.AttributeTypeDecimal()})),
			schema.SimpleCoreAttribute(schema.SimpleDateTimeParams(schema.DateTimeParams{Name: "expires"})),
			schema.ComplexCoreAttribute(schema.ComplexParams{Name: "owner", SubAttributes: []schema.SimpleParams{
				schema.SimpleStringParams(schema.StringParams{Name: "value", CaseExact: true}),
				schema.SimpleStringParams(schema.StringParams{Name: "display"}),
			}}),
			schema.ComplexCoreAttribute(schema.ComplexParams{Name: "sites", MultiValued: true, SubAttributes: []schema.SimpleParams{
				schema.SimpleStringParams(schema.StringParams{Name: "value"}),
				schema.SimpleBooleanParams(schema.BooleanParams{Name: "primary"}),
				schema.SimpleNumberParams(schema.NumberParams{Name: "floors", Type: schema.AttributeTypeInteger()}),
				schema.SimpleDateTimeParams(schema.DateTimeParams{Name: "since"}),
			}}),
		}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// columns describes the tables that createTables makes.
func (e engine) columns() sqlfilter.Columns {
	bought := sqlfilter.Column{Kind: sqlfilter.Micros, Expr: "d.bought", Nullable: true}
	if e.timestamps {
		bought.Kind = sqlfilter.Timestamp
	}
	return sqlfilter.Columns{
		Attributes: map[string]sqlfilter.Column{
			"name":   {Expr: "d.name", Folded: "d.name_fold", Bytewise: true, Indexed: true},
			"serial": {Expr: "d.serial", EmptyIsAbsent: true},
			"colour": {Expr: "d.colour", Nullable: true},
			"active": {Kind: sqlfilter.Boolean, Expr: "d.active", Nullable: true},
			"floor":  {Kind: sqlfilter.Integer, Expr: "d.floor", Nullable: true},
			"seen":   {Kind: sqlfilter.Micros, Expr: "d.seen", Nullable: true},
			"bought": bought,
		},
		Elements: map[string]sqlfilter.Elements{
			"ports": {From: "ports AS p", Join: "p.device = d.id", Ref: "p.device", Key: "d.id", Columns: map[string]sqlfilter.Column{
				"value": {Expr: "p.value", Indexed: true},
				"label": {Expr: "p.label", Nullable: true},
				"speed": {Kind: sqlfilter.Integer, Expr: "p.speed", Nullable: true},
			}},
			"tags": {From: "tags AS t", Join: "t.device = d.id", Columns: map[string]sqlfilter.Column{
				"value": {Expr: "t.value", Folded: "t.fold"},
			}},
		},
		Resources: sqlfilter.Elements{From: "devices AS d", Key: "d.id", Ref: "d.id", Scope: "d.id >= ?", ScopeArgs: []any{0}},
		Keys:      "d.more",
	}
}

func (e engine) createTables(t testing.TB, db *sql.DB) {
	t.Helper()
	for _, statement := range []string{
		`CREATE TABLE devices (id bigint PRIMARY KEY, name BYTEWISE NOT NULL, name_fold BYTEWISE NOT NULL, serial LINGUISTIC,
			colour OTHER, active boolean, floor bigint, seen bigint, bought WHEN, more KEYS)`,
		`CREATE TABLE ports (device bigint NOT NULL, value LINGUISTIC NOT NULL, label OTHER, speed bigint)`,
		`CREATE TABLE tags (device bigint NOT NULL, value LINGUISTIC NOT NULL, fold LINGUISTIC NOT NULL)`,
	} {
		if _, err := db.Exec(e.types.Replace(statement)); err != nil {
			t.Fatal(err)
		}
	}
}

// words are texts that are hard to compare: letter case beyond ASCII, what folds
// into ASCII, what is more than one character when folded, composed and not,
// patterns of LIKE, quotes, and prefixes of each other.
var words = []string{
	"a", "A", "ab", "aB", "AB", "abc", "b", "ba", "S", "s", "ſ", "K", "k", "\u212a", "ß", "ss", "SS", "ẞ", "ﬁ", "fi", "İ", "i", "I", "ı",
	"é", "e\u0301", "É", "E\u0301", "%", "_", "a%b", "a_b", `\`, `a\b`, "'", `"`, "a'b", "' OR 1=1 --", "😀", "😀a", "\U0010FFFF", "\uD7FF", "\uE000",
	"σ", "ς", "Σ", "z", "Z", "~", " ", "a b", "0", "10", "9", "true", "2026-01-01", "2026-01-01T00:00:00Z", "ǰ", "ŉ", "$.a", "[0]",
	"a ", "a  ", " a", "é ", "a\t", "a\u00a0", "<&>", "\u2028", "\n", `\u0041`, "İı", "Iı",
}

var times = []string{
	"2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.000001Z",
	"2025-12-31T23:59:59.999999999Z", "2026-01-01", "1969-07-20T20:17:40Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2026-01-01T00:00:00.5000001Z",
}

var numbers = []string{
	"0", "-0", "1", "-1", "1.0", "10", "1e1", "0.1", "0.10", "0.10000000000000000001", "1E-1", "-0.5", "-5e-1", "9007199254740993", "9007199254740992",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e400", "-1e400", "1e-400", "123456789012345678901234567890", "2", "-2", "100", "99.99",
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func maybe(r *rand.Rand, v any) any {
	if r.IntN(4) == 0 {
		return nil
	}
	return v
}

func someText(r *rand.Rand) string {
	switch r.IntN(8) {
	case 0:
		return ""
	case 1:
		return pick(r, words) + pick(r, words)
	}
	return pick(r, words)
}

// several is a list of values, or one of them alone, or none.
func several(r *rand.Rand, one func() any) any {
	switch r.IntN(5) {
	case 0:
		return nil
	case 1:
		return one()
	}
	list := make([]any, r.IntN(4))
	for i := range list {
		list[i] = one()
	}
	return list
}

// stray is v, or now and then a value of another type than the schema says.
func stray(r *rand.Rand, v any) any {
	if r.IntN(12) == 0 {
		return pick(r, []any{"x", "1", true, json.Number("1"), "2026-01-01T00:00:00Z", nil, ""})
	}
	return v
}

// device is a random device as JSON.
func device(r *rand.Rand) filter.JSONResource {
	d := filter.JSONResource{
		"name":   someText(r),
		"serial": maybe(r, someText(r)),
		"colour": maybe(r, someText(r)),
		"active": maybe(r, r.IntN(2) == 0),
		"floor":  maybe(r, json.Number(fmt.Sprint(r.IntN(5)-2))),
		"seen":   maybe(r, randomTime(r)),
		"bought": maybe(r, randomTime(r)),
	}
	if d["serial"] == "" {
		d["serial"] = nil
	}
	ports := []any{}
	for range r.IntN(4) {
		ports = append(ports, map[string]any{"value": someText(r), "label": maybe(r, someText(r)), "speed": maybe(r, json.Number(fmt.Sprint(r.IntN(3))))})
	}
	d["ports"] = ports
	tags := []any{}
	for range r.IntN(4) {
		tags = append(tags, someText(r))
	}
	d["tags"] = tags
	number := func() any { return stray(r, json.Number(pick(r, numbers))) }
	more := map[string]any{
		"exact":   stray(r, maybe(r, someText(r))),
		"loose":   stray(r, maybe(r, someText(r))),
		"words":   several(r, func() any { return stray(r, someText(r)) }),
		"codes":   several(r, func() any { return stray(r, someText(r)) }),
		"flag":    stray(r, maybe(r, r.IntN(2) == 0)),
		"count":   maybe(r, number()),
		"weight":  maybe(r, number()),
		"expires": stray(r, maybe(r, pick(r, times))),
		"owner":   stray(r, maybe(r, map[string]any{"value": maybe(r, someText(r)), "display": stray(r, maybe(r, someText(r)))})),
		"sites": several(r, func() any {
			return stray(r, map[string]any{"value": maybe(r, someText(r)), "primary": maybe(r, r.IntN(3) == 0), "floors": maybe(r, number()), "since": maybe(r, pick(r, times))})
		}),
	}
	if r.IntN(5) > 0 {
		d[extensionURN] = more
	}
	return d
}

// randomTime is a dateTime with microseconds, as the columns hold it, in the
// form of filter.TimeFormat.
func randomTime(r *rand.Rand) string {
	t := time.Date(2026, 1, 1, 0, 0, 0, pick(r, []int{0, 1000, 500_000_000}), time.UTC).Add(time.Duration(r.IntN(3)-1) * time.Hour)
	return t.Format(filter.TimeFormat)
}

func (e engine) insertDevice(t testing.TB, db *sql.DB, id int, v filter.JSONResource) {
	t.Helper()
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := db.Exec(e.parameters(statement), args...); err != nil {
			t.Fatal(err)
		}
	}
	moment := func(v any, micros bool) any {
		s, ok := v.(string)
		if !ok {
			return nil
		}
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		if micros {
			return at.UnixMicro()
		}
		return at
	}
	integer := func(v any) any {
		if n, ok := v.(json.Number); ok {
			i, _ := n.Int64()
			return i
		}
		return nil
	}
	var keys any
	if more, ok := v[extensionURN].(map[string]any); ok {
		k, err := sqlfilter.Keys(map[string]map[string]any{extensionURN: more})
		if err != nil {
			t.Fatal(err)
		}
		if k != nil {
			keys = string(k)
		}
	}
	name := v["name"].(string)
	serial, _ := v["serial"].(string)
	exec(`INSERT INTO devices VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, id, name, filter.Fold(name), serial, v["colour"],
		v["active"], integer(v["floor"]), moment(v["seen"], true), moment(v["bought"], !e.timestamps), keys)
	for _, p := range v["ports"].([]any) {
		p := p.(map[string]any)
		exec(`INSERT INTO ports VALUES ($1, $2, $3, $4)`, id, p["value"], p["label"], integer(p["speed"]))
	}
	for _, tag := range v["tags"].([]any) {
		exec(`INSERT INTO tags VALUES ($1, $2, $3)`, id, tag, filter.Fold(tag.(string)))
	}
}

// comparison is a random comparison with an attribute.
func comparison(r *rand.Rand, a *filter.Attribute) filter.Node {
	for {
		op := filter.Op(r.IntN(int(filter.Pr) + 1))
		var value any
		switch {
		case op == filter.Pr, r.IntN(15) == 0:
		case a.Type == filter.Boolean:
			value = r.IntN(2) == 0
		case a.Type == filter.Integer || a.Type == filter.Decimal:
			value = json.Number(pick(r, numbers))
		case a.Type == filter.DateTime:
			value = pick(r, []string{pick(r, times), randomTime(r), "2026", "Z", "t0"})
		default:
			value = pick(r, []string{someText(r), pick(r, words), "", "a\x00b"})
			if s := value.(string); strings.Contains(s, "\x00") && r.IntN(10) > 0 {
				value = "a"
			}
		}
		if c, err := filter.NewCompare(a, op, value); err == nil {
			return c
		}
	}
}

// node is a random filter; scope is nil for a resource.
func node(r *rand.Rand, attributes []*filter.Attribute, scope *filter.Attribute, depth int) filter.Node {
	terms := func() []filter.Node {
		out := make([]filter.Node, 2+r.IntN(2))
		for i := range out {
			out[i] = node(r, attributes, scope, depth-1)
		}
		return out
	}
	if depth > 0 {
		switch r.IntN(6) {
		case 0:
			return filter.And(terms())
		case 1:
			return filter.Or(terms())
		case 2, 3:
			return filter.Not{Node: node(r, attributes, scope, depth-1)}
		}
	}
	if scope != nil {
		return comparison(r, pick(r, scope.Sub))
	}
	a := pick(r, attributes)
	switch {
	case a.Type == filter.Complex && a.MultiValued || len(a.Sub) > 0 && a.MultiValued && r.IntN(2) == 0:
		if r.IntN(2) == 0 {
			return &filter.Exists{Attribute: a, Where: node(r, nil, a, depth-1)}
		}
		if a.Type == filter.Complex {
			return comparison(r, pick(r, a.Sub))
		}
	case a.Type == filter.Complex:
		if r.IntN(3) == 0 {
			return &filter.Exists{Attribute: a, Where: node(r, nil, a, depth-1)}
		}
		return comparison(r, pick(r, a.Sub))
	}
	return comparison(r, a)
}

// lookUps is a random filter of comparisons that indexes can answer, and a few others.
func lookUps(r *rand.Rand, table *filter.Table, depth int) filter.Node {
	if depth > 0 && r.IntN(3) > 0 {
		terms := make([]filter.Node, 2+r.IntN(2))
		for i := range terms {
			terms[i] = lookUps(r, table, depth-1)
		}
		switch r.IntN(7) {
		case 0, 1, 2:
			return filter.Or(terms)
		case 3:
			return filter.Not{Node: filter.Or(terms)}
		}
		return filter.And(terms)
	}
	text := func() string { return pick(r, []string{"a", "b", "ab", "s", "i", "z", someText(r)}) }
	eq := func(name string) filter.Node {
		c, err := filter.NewCompare(table.Lookup(name), filter.Eq, text())
		if err != nil {
			panic(err)
		}
		return c
	}
	switch r.IntN(6) {
	case 0, 1:
		return eq("name")
	case 2, 3:
		return eq("ports.value")
	case 4:
		return &filter.Exists{Attribute: table.Lookup("ports"), Where: filter.And{eq("ports.value"), eq("ports.label")}}
	}
	return eq("serial")
}

func TestWhereSelectsWhatTheMatcherDoes(t *testing.T) {
	table := deviceTable(t)
	var attributes []*filter.Attribute
	for _, a := range append(table.Attributes(), table.ExtensionAttributes(extensionURN)...) {
		if a.Schema != "" {
			attributes = append(attributes, a)
		}
	}
	for _, e := range engines {
		t.Run(e.String(), func(t *testing.T) {
			t.Parallel()
			db := e.open(t)
			e.createTables(t, db)
			r := rand.New(rand.NewPCG(1, 2))
			devices := make([]filter.JSONResource, 150)
			for i := range devices {
				devices[i] = device(r)
				e.insertDevice(t, db, i, devices[i])
			}
			exact := 0
			const rounds = 1500
			for range rounds {
				f := filter.New(node(r, attributes, nil, 3))
				if r.IntN(3) == 0 {
					f = filter.New(lookUps(r, table, 3))
				}
				c := sqlfilter.Where(f, e.Dialect, e.columns(), 0)
				if c.Rest == nil {
					exact++
				}
				rows, err := db.Query(`SELECT d.id FROM devices AS d WHERE `+c.SQL, c.Args...)
				if err != nil {
					t.Fatalf("%s\n%s\n%q\n%v", f, c.SQL, c.Args, err)
				}
				selected := map[int]bool{}
				for rows.Next() {
					var id int
					if err := rows.Scan(&id); err != nil {
						t.Fatal(err)
					}
					selected[id] = true
				}
				if err := rows.Err(); err != nil {
					t.Fatalf("%s\n%s\n%q\n%v", f, c.SQL, c.Args, err)
				}
				for id, v := range devices {
					got := selected[id] && (c.Rest == nil || c.Rest.Match(v))
					if want := f.Match(v); got != want {
						t.Fatalf("filter %s\nrest %v\n%s\n%q\nselects %v: %t, and should: %t", f, c.Rest, c.SQL, c.Args, v, got, want)
					}
				}
			}
			t.Logf("%d of %d filters are translated exactly", exact, rounds)
			if exact < rounds/2 {
				t.Error("that is too few")
			}
		})
	}
}

func TestOrderSortsAsTheValuesDo(t *testing.T) {
	table := deviceTable(t)
	for _, e := range engines {
		t.Run(e.String(), func(t *testing.T) {
			t.Parallel()
			db := e.open(t)
			e.createTables(t, db)
			r := rand.New(rand.NewPCG(3, 4))
			devices := make([]filter.JSONResource, 200)
			for i := range devices {
				devices[i] = device(r)
				e.insertDevice(t, db, i, devices[i])
			}
			for _, name := range []string{"exact", "loose", "words", "flag", "count", "weight", "expires", "owner.display", "sites.value", "sites.floors"} {
				a := table.Lookup(extensionURN + ":" + name)
				o, ok := sqlfilter.OrderBy(a, e.Dialect, e.columns(), 0)
				if !ok {
					t.Errorf("there is no order by %s", a)
					continue
				}
				args := o.Args
				if e.Dialect == sqlfilter.MariaDB {
					args = append(args, args...)
				}
				rows, err := db.Query(`SELECT d.id FROM devices AS d WHERE `+o.SQL+` > '' ORDER BY `+o.SQL, args...)
				if err != nil {
					t.Fatal(err)
				}
				previous := -1
				for rows.Next() {
					var id int
					if err := rows.Scan(&id); err != nil {
						t.Fatal(err)
					}
					if previous >= 0 && !inOrder(t, a, counts(devices[previous], a), counts(devices[id], a)) {
						t.Errorf("%s: %v comes before %v", a, counts(devices[previous], a), counts(devices[id], a))
					}
					previous = id
				}
				if err := rows.Err(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestPagesFollowTheOrder reads lists page by page, each from the key and the id of
// the last resource of the page before it.
func TestPagesFollowTheOrder(t *testing.T) {
	table := deviceTable(t)
	for _, e := range engines {
		t.Run(e.String(), func(t *testing.T) {
			t.Parallel()
			db := e.open(t)
			e.createTables(t, db)
			r := rand.New(rand.NewPCG(5, 6))
			devices := make([]filter.JSONResource, 200)
			for i := range devices {
				devices[i] = device(r)
				e.insertDevice(t, db, i, devices[i])
			}
			for _, name := range []string{"name", "serial", "floor", "seen", "X:exact", "X:loose", "X:words", "X:flag", "X:weight", "X:expires", "X:owner.value", "X:sites.since"} {
				a := table.Lookup(strings.Replace(name, "X:", extensionURN+":", 1))
				o, ok := sqlfilter.OrderBy(a, e.Dialect, e.columns(), 0)
				if !ok {
					t.Errorf("there is no order by %s", a)
					continue
				}
				type rank struct {
					key string
					id  int
				}
				var want []rank
				for id, d := range devices {
					v := d[a.Name]
					if a.Extension {
						v = counts(d, a)
					}
					if key := a.SortKey(v); key != "" {
						want = append(want, rank{key, id})
					}
				}
				slices.SortFunc(want, func(x, y rank) int { return cmp.Or(strings.Compare(x.key, y.key), x.id-y.id) })
				present := o.SQL + ` > ''`
				if o.Numeric {
					present = o.SQL + ` IS NOT NULL`
				}
				for _, descending := range []bool{false, true} {
					beyond, direction := ">", "ASC"
					if descending {
						beyond, direction = "<", "DESC"
						slices.Reverse(want)
					}
					var got []int
					var key any
					for id, more := -1, true; more; {
						// Every $n stands once, in order, as MariaDB wants it.
						statement, args := "SELECT d.id, ", append([]any(nil), o.Args...)
						next := func(v any) string {
							args = append(args, v)
							return "$" + strconv.Itoa(len(args))
						}
						again := func() string { // the expression with parameters of its own
							again, ok := sqlfilter.OrderBy(a, e.Dialect, e.columns(), len(args))
							if !ok {
								t.Fatalf("there is no order by %s any more", a)
							}
							args = append(args, again.Args...)
							return again.SQL
						}
						statement += o.SQL + " FROM devices AS d WHERE " + strings.Replace(present, o.SQL, again(), 1)
						if id >= 0 {
							statement += " AND (" + again() + " " + beyond + " " + next(key)
							statement += " OR " + again() + " = " + next(key) + " AND d.id " + beyond + " " + next(id) + ")"
						}
						statement += " ORDER BY " + again() + " " + direction + ", d.id " + direction + " LIMIT 7"
						rows, err := db.Query(e.parameters(statement), args...)
						if err != nil {
							t.Fatalf("%s\n%q\n%v", statement, args, err)
						}
						for more = false; rows.Next(); more = true {
							var number int64
							var text string
							key = &text
							if o.Numeric {
								key = &number
							}
							if err := rows.Scan(&id, key); err != nil {
								t.Fatal(err)
							}
							if key = text; o.Numeric {
								key = number
							}
							got = append(got, id)
						}
						if err := rows.Err(); err != nil {
							t.Fatal(err)
						}
					}
					if !slices.EqualFunc(got, want, func(id int, r rank) bool { return id == r.id }) {
						t.Errorf("%s %s: got %v, want %v", a, direction, got, want)
					}
				}
			}
		})
	}
}

// counts is the value of an extension attribute that counts for sorting.
func counts(d filter.JSONResource, a *filter.Attribute) any {
	more, _ := d[extensionURN].(map[string]any)
	one := func(v any) any {
		list, ok := v.([]any)
		if !ok {
			return v
		}
		for _, item := range list {
			if o, ok := item.(map[string]any); ok && o["primary"] == true {
				return item
			}
		}
		for _, item := range list {
			if item != nil {
				return item
			}
		}
		return nil
	}
	if a.Parent == nil {
		return one(more[a.Name])
	}
	object, _ := one(more[a.Parent.Name]).(map[string]any)
	return one(object[a.Name])
}

// inOrder says that x is not greater than y, as "le" has it.
func inOrder(t *testing.T, a *filter.Attribute, x, y any) bool {
	t.Helper()
	if a.Type == filter.Boolean {
		return x != true || y == true
	}
	alone := &filter.Attribute{Name: "value", Type: a.Type, CaseExact: a.CaseExact}
	c, err := filter.NewCompare(alone, filter.Le, y)
	if err != nil {
		t.Fatalf("%s: %v: %v", a, y, err)
	}
	return filter.New(c).Match(filter.JSONResource{"value": x})
}
