package sqlfilter_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/filter/sqlfilter"
)

func compile(t testing.TB, text string) *filter.Filter {
	t.Helper()
	f, err := deviceTable(t).Filter(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// columnsOf are the columns of the tests in a dialect.
func columnsOf(d sqlfilter.Dialect) sqlfilter.Columns {
	i := slices.IndexFunc(engines, func(e engine) bool { return e.Dialect == d })
	return engines[i].columns()
}

func TestWhere(t *testing.T) {
	for name, c := range map[string]struct {
		filter string
		sql    string
		args   []any
		rest   string // "" if the translation is exact
	}{
		"equality of folded text":                                 {`name eq "A"`, `(d.name_fold = $1::text)`, []any{"a"}, ""},
		"a prefix is a range":                                     {`name sw "A"`, `(d.name_fold >= $1::text AND d.name_fold < $2::text)`, []any{"a", "b"}, ""},
		"a prefix of the greatest character is a half-open range": {"name sw \"\U0010FFFF\"", `(d.name_fold >= $1::text)`, []any{"\U0010FFFF"}, ""},
		"a pattern of LIKE is plain text":                         {`name co "%_"`, `(strpos(d.name_fold COLLATE "C", $1::text) > 0)`, []any{"%_"}, ""},
		"not of what is exact":                                    {`not (floor gt 1)`, `NOT ((d.floor IS NOT NULL AND d.floor > $1::bigint))`, []any{int64(1)}, ""},
		"what cannot be said selects all":                         {`notes eq "x"`, `TRUE`, nil, `notes eq "x"`},
		"not of what cannot be said selects all":                  {`not (notes eq "x")`, `TRUE`, nil, `not (notes eq "x")`},
		"the rest of a conjunction is what cannot be said":        {`floor eq 1 and notes eq "x" and active eq true`, `((d.floor IS NOT NULL AND d.floor = $1::bigint) AND (d.active IS NOT NULL AND d.active))`, []any{int64(1)}, `notes eq "x"`},
		"a disjunction with what cannot be said selects all":      {`floor eq 1 or notes eq "x"`, `TRUE`, nil, `floor eq 1 or notes eq "x"`},
		"not of a conjunction that can be said in part":           {`not (floor eq 1 and notes eq "x")`, `TRUE`, nil, `not (floor eq 1 and notes eq "x")`},
		"not of a disjunction that can be said in part":           {`not (floor eq 1 or notes eq "x")`, `NOT ((d.floor IS NOT NULL AND d.floor = $1::bigint))`, []any{int64(1)}, `not (floor eq 1 or notes eq "x")`},
		"an element that an index finds is looked for first":      {`ports.value eq "x"`, `d.id IN (SELECT p.device FROM ports AS p WHERE (p.value = $1::text))`, []any{"x"}, ""},
		"other elements are looked at one by one":                 {`ports.label pr`, `EXISTS (SELECT 1 FROM ports AS p WHERE p.device = d.id AND (p.label IS NOT NULL AND p.label <> ''))`, nil, ""},
		"between two microseconds nothing is equal":               {`seen eq "2026-01-01T00:00:00.0000001Z"`, `FALSE`, nil, ""},
		"NUL is not for PostgreSQL":                               {`name eq "a\u0000"`, `TRUE`, nil, `name eq "a\u0000"`},
	} {
		t.Run(name, func(t *testing.T) {
			got := sqlfilter.Where(compile(t, c.filter), sqlfilter.PostgreSQL, columnsOf(sqlfilter.PostgreSQL), 0)
			if got.SQL != c.sql || !slices.Equal(got.Args, c.args) {
				t.Errorf("got  %s %q\nwant %s %q", got.SQL, got.Args, c.sql, c.args)
			}
			if rest := fmt.Sprint(got.Rest); c.rest == "" && got.Rest != nil || c.rest != "" && rest != c.rest {
				t.Errorf("the rest is %s, and should be %q", rest, c.rest)
			}
		})
	}
}

func TestParameters(t *testing.T) {
	f := compile(t, `name eq "a" and serial eq "b" and (floor eq 3 or floor eq 4)`)
	for d, want := range map[sqlfilter.Dialect]struct {
		sql  string
		args []any
	}{
		sqlfilter.PostgreSQL: {"$3::text $4::text $5::bigint $6::bigint", []any{"a", "b", int64(3), int64(4)}},
		sqlfilter.SQLite:     {"?3 ?4 ?5 ?6", []any{"a", "b", int64(3), int64(4)}},
		sqlfilter.MariaDB:    {"? ? ? ? ?", []any{"a", "b", "b", int64(3), int64(4)}},
	} {
		c := sqlfilter.Where(f, d, columnsOf(d), 2)
		var got []string
		for _, word := range strings.FieldsFunc(c.SQL, func(r rune) bool { return strings.ContainsRune(" ()", r) }) {
			if strings.ContainsAny(word, "?$") {
				got = append(got, word)
			}
		}
		if strings.Join(got, " ") != want.sql || !slices.Equal(c.Args, want.args) {
			t.Errorf("%s: %s %q", d, c.SQL, c.Args)
		}
	}
}

func TestScopeHasParameters(t *testing.T) {
	columns := sqlfilter.Columns{Elements: map[string]sqlfilter.Elements{"ports": {
		From: "ports AS p", Join: "p.device = d.id", Key: "d.id", Ref: "p.device", Scope: "p.site = ? AND p.floor = ?", ScopeArgs: []any{"north", 2},
		Columns: map[string]sqlfilter.Column{"value": {Expr: "p.value", Bytewise: true, Indexed: true}},
	}}}
	f := compile(t, `ports.value eq "x"`)
	for d, want := range map[sqlfilter.Dialect]string{
		sqlfilter.PostgreSQL: `d.id IN (SELECT p.device FROM ports AS p WHERE p.site = $2::text AND p.floor = $3 AND (p.value = $4::text))`,
		sqlfilter.MariaDB:    `d.id IN (SELECT p.device FROM ports AS p WHERE p.site = ? AND p.floor = ? AND (p.value = ?))`,
	} {
		c := sqlfilter.Where(f, d, columns, 1)
		if c.SQL != want || !slices.Equal(c.Args, []any{"north", 2, "x"}) {
			t.Errorf("%s: %s %q", d, c.SQL, c.Args)
		}
	}
	// Without ScopeArgs the text may use the parameters of the caller.
	elements := columns.Elements["ports"]
	elements.Scope, elements.ScopeArgs = "p.site = $1", nil
	columns.Elements["ports"] = elements
	c := sqlfilter.Where(f, sqlfilter.PostgreSQL, columns, 1)
	if want := `d.id IN (SELECT p.device FROM ports AS p WHERE p.site = $1 AND (p.value = $2::text))`; c.SQL != want || !slices.Equal(c.Args, []any{"x"}) {
		t.Errorf("%s %q", c.SQL, c.Args)
	}
}

func TestWhereAndOrderByPanicWithoutADialect(t *testing.T) {
	for name, call := range map[string]func(){
		"Where":   func() { sqlfilter.Where(nil, nil, sqlfilter.Columns{}, 0) },
		"OrderBy": func() { sqlfilter.OrderBy(deviceTable(t).Lookup("name"), nil, sqlfilter.Columns{}, 0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s does not panic", name)
				}
			}()
			call()
		}()
	}
}

// TestMariaDBFindsLookUpsByIndexes reads plans: a DEPENDENT subquery is one that is
// evaluated for each row.
func TestMariaDBFindsLookUpsByIndexes(t *testing.T) {
	i := slices.IndexFunc(engines, func(e engine) bool { return e.Dialect == sqlfilter.MariaDB })
	e := engines[i]
	db := e.open(t)
	e.createTables(t, db)
	for _, statement := range []string{
		`CREATE INDEX names ON devices (name_fold)`, `CREATE INDEX serials ON devices (serial)`, `CREATE INDEX values_of_ports ON ports (value)`,
		`INSERT INTO devices (id, name, name_fold, serial) SELECT seq, seq, seq, seq FROM seq_1_to_2000`,
		`INSERT INTO ports (device, value) SELECT seq, seq FROM seq_1_to_2000`, `ANALYZE TABLE devices, ports`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Skipf("%s: %v", statement, err) // MySQL has no sequences of this kind
		}
	}
	columns := e.columns()
	serial := columns.Attributes["serial"]
	serial.Indexed = true
	columns.Attributes["serial"] = serial
	for _, text := range []string{
		`name eq "7"`, `name sw "77"`, `serial eq "7"`, `ports.value eq "7"`, `ports[value eq "7" and label pr]`,
		`name eq "7" or serial eq "8"`, `name eq "7" or ports.value eq "8"`, `ports.value eq "7" or ports.value eq "8"`,
	} {
		c := sqlfilter.Where(compile(t, text), e.Dialect, columns, 0)
		rows, err := db.Query(`EXPLAIN SELECT d.* FROM devices AS d WHERE `+c.SQL, c.Args...)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id, kind, table, access, possible, key, length, ref, read, extra sql.NullString
			if err := rows.Scan(&id, &kind, &table, &access, &possible, &key, &length, &ref, &read, &extra); err != nil {
				t.Fatal(err)
			}
			if n, _ := strconv.Atoi(read.String); n > 200 || strings.Contains(kind.String, "DEPENDENT") {
				t.Errorf("%s: %s reads %s by %s %s %s", text, kind.String, table.String, access.String, key.String, read.String)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNoTextOfAFilterIsInTheSQL(t *testing.T) {
	const secret = "Zz9'\"`;--%_\\$1?1"
	quoted, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"name", "serial", "colour", "ports.value", "ports.label", "tags", extensionURN + ":exact", extensionURN + ":words", extensionURN + ":owner.display"} {
		for _, op := range []string{"eq", "ne", "co", "sw", "ew", "gt", "le"} {
			for _, e := range engines {
				c := sqlfilter.Where(compile(t, path+" "+op+" "+string(quoted)), e.Dialect, e.columns(), 0)
				if strings.Contains(strings.ToLower(c.SQL), "zz9") || strings.Contains(c.SQL, "\x00") {
					t.Errorf("%s", c.SQL)
				}
			}
		}
	}
}

func TestSelective(t *testing.T) {
	c := columnsOf(sqlfilter.SQLite)
	for text, want := range map[string]bool{
		`name eq "a"`:                                 true,
		`name eq "a" and notes pr`:                    true,
		`name eq null`:                                false,
		`name sw "a"`:                                 false,
		`not (name eq "a")`:                           false,
		`name eq "a" or floor eq 1`:                   false,
		`name eq "a" or name eq "b"`:                  true,
		`name eq "a" or ports.value eq "b"`:           true,
		`name eq "a" or name sw "b"`:                  false,
		`not (name eq "a" or name eq "b")`:            false,
		`floor eq 1 and (name eq "a" or name eq "b")`: true,
		`ports.value eq "a"`:                          true,
		`ports[value eq "a" and label pr]`:            true,
		`ports[value eq "a" or label pr]`:             false,
		`ports[value eq "a" or value eq "b"]`:         true,
		`ports.label eq "a"`:                          false,
		`serial eq "a"`:                               false,
	} {
		if got := sqlfilter.Where(compile(t, text), sqlfilter.SQLite, c, 0).Selective; got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

func TestWhereTranslatesFiltersOverElements(t *testing.T) {
	p, err := deviceTable(t).Path(`ports[value eq "a" and speed gt 1]`, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := sqlfilter.Where(p.Where, sqlfilter.SQLite, sqlfilter.Columns{Attributes: map[string]sqlfilter.Column{"ports.value": {Expr: "p.value"}}}, 0)
	if c.SQL != "(p.value = ?1)" || c.Rest == nil {
		t.Errorf("%s, rest %v", c.SQL, c.Rest)
	}
	if !c.Rest.Match(filter.JSONObject{"value": "a", "speed": json.Number("2")}) || c.Rest.Match(filter.JSONObject{"value": "a", "speed": json.Number("1")}) {
		t.Errorf("the rest %v is not about elements", c.Rest)
	}
}

func TestWhereWithoutAFilterSelectsEverything(t *testing.T) {
	if c := sqlfilter.Where(nil, sqlfilter.SQLite, sqlfilter.Columns{}, 0); c.SQL != "TRUE" || c.Rest != nil || c.Args != nil {
		t.Errorf("%+v", c)
	}
}

func TestKeysHoldWhatIsCompared(t *testing.T) {
	got, err := sqlfilter.Keys(map[string]map[string]any{
		"urn:a": {
			"text":   "Été",
			"date":   "2026-01-01T01:00:00+01:00",
			"number": json.Number("-12.50"),
			"yes":    true,
			"none":   nil,
			"empty":  []any{},
			"list":   []any{map[string]any{"value": "a"}, map[string]any{"value": "b", "primary": true}},
		},
		"urn:b": {"none": nil},
	})
	want := `{"urn:a":{"date":[{"s":"2026-01-01T01:00:00+01:00","f":"2026-01-01t01:00:00+01:00","t":"2026-01-01T00:00:00.000000000Z","p":"1"}],` +
		`"list":[{"o":{"primary":[{"b":"true","p":"1"}],"value":[{"s":"b","p":"1"}]},"p":"1"},{"o":{"value":[{"s":"a","p":"1"}]},"p":"1"}],` +
		`"number":[{"n":"07ffffffffffffffd874~","p":"1"}],"text":[{"s":"Été","f":"été","p":"1"}],"yes":[{"b":"true","p":"1"}]}}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s\nwant %s, %v", got, want, err)
	}
	if none, err := sqlfilter.Keys(nil); none != nil || err != nil {
		t.Errorf("nothing has keys %s, %v", none, err)
	}
}

// FuzzNumberKeys has two numbers compare as their keys do.
func FuzzNumberKeys(f *testing.F) {
	for _, a := range numbers {
		for _, b := range numbers {
			f.Add(a, b)
		}
	}
	f.Add("1e1152921504606846977", "1e1152921504606846976")
	f.Add("0.00000000000000000000000000001e5", "-1e-99999999999999999999")
	attribute := &filter.Attribute{Name: "n", Type: filter.Decimal}
	key := func(n string) string {
		doc, err := sqlfilter.Keys(map[string]map[string]any{"u": {"n": json.Number(n)}})
		if err != nil {
			return ""
		}
		var keys map[string]map[string][]struct{ N string }
		if err := json.Unmarshal(doc, &keys); err != nil {
			return ""
		}
		return keys["u"]["n"][0].N
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		eq, err := filter.NewCompare(attribute, filter.Eq, json.Number(b))
		if err != nil {
			t.Skip()
		}
		if _, err := filter.NewCompare(attribute, filter.Eq, json.Number(a)); err != nil {
			t.Skip()
		}
		lt, err := filter.NewCompare(attribute, filter.Lt, json.Number(b))
		if err != nil {
			t.Fatal(err)
		}
		r := filter.JSONResource{"n": json.Number(a)}
		x, y := key(a), key(b)
		if got, want := x == y, filter.New(eq).Match(r); got != want {
			t.Errorf("%s eq %s: %t, and the keys are %q and %q", a, b, want, x, y)
		}
		if got, want := x < y, filter.New(lt).Match(r); got != want {
			t.Errorf("%s lt %s: %t, and the keys are %q and %q", a, b, want, x, y)
		}
	})
}
