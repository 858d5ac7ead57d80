package sqlstore_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/sqlstore"
)

func TestConcurrentOpenOfEmptyDatabase(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		f := e.fixture(t)
		file := ""
		if e.dialect == sqlstore.SQLite {
			file = filepath.Join(t.TempDir(), "new.db")
		}
		var wait sync.WaitGroup
		for range 10 {
			db := f.db
			if file != "" {
				db = openSQLite(t, file) // a pool of its own, as another process has
			}
			wait.Go(func() {
				s, err := sqlstore.Open(t.Context(), db, f.options)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := s.List(t.Context(), store.Query{Limit: 1}); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
	})
}

func TestReopenKeepsGroups(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		f := e.fixture(t)
		g, err := f.open(t).Create(t.Context(), store.Group{DisplayName: "a", Members: []store.Member{{Value: "m"}}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.open(t).Get(t.Context(), g.Group.ID, store.Selection{Members: true})
		if err != nil || got.DisplayName != "a" || len(got.Members) != 1 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestPrintSQLSufficesForSkipMigrations(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		f := e.fixture(t)
		o := f.options
		o.SkipMigrations = true
		if o.Schema != "" {
			exec(t, f, `CREATE SCHEMA "`+o.Schema+`"`)
		}
		var b strings.Builder
		if err := sqlstore.PrintSQL(&b, o); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(b.String(), "-- 00001_groups.sql\n") || strings.Contains(b.String(), "goose") || strings.Contains(b.String(), "DROP TABLE") {
			t.Errorf("printed\n%s", b.String())
		}
		exec(t, f, b.String())
		s, err := sqlstore.Open(t.Context(), f.db, o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Create(t.Context(), store.Group{DisplayName: "a"}); err != nil {
			t.Error(err)
		}
	})
}

func TestMigrationsAreGooseFiles(t *testing.T) {
	files, err := sqlstore.Migrations(sqlstore.Options{Dialect: sqlstore.PostgreSQL, Schema: "people", Prefix: "p_"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := fs.ReadFile(files, "00001_groups.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"-- +goose Up\n", "-- +goose Down\n", `CREATE TABLE "people"."p_groups"`, `CREATE INDEX "p_members_value" ON "people"."p_members"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("there is no %q", want)
		}
	}
}

func TestStoresWithDifferentPrefixesShareDatabase(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		f := e.fixture(t)
		one := f.open(t)
		two := f.open(t, func(o *sqlstore.Options) { o.Prefix = "Other_" })
		for _, s := range []*sqlstore.Store{one, two} {
			if _, err := s.Create(t.Context(), store.Group{DisplayName: "a"}); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestOpenRejectsInvalidOptions(t *testing.T) {
	db := openSQLite(t, filepath.Join(t.TempDir(), "x.db"))
	for name, o := range map[string]sqlstore.Options{
		"no dialect":                {},
		"a schema in SQLite":        {Dialect: sqlstore.SQLite, Schema: "s"},
		"a schema with a quote":     {Dialect: sqlstore.PostgreSQL, Schema: `s"; DROP`},
		"a prefix with a space":     {Dialect: sqlstore.SQLite, Prefix: "a b"},
		"a prefix with a digit":     {Dialect: sqlstore.SQLite, Prefix: "1a"},
		"a prefix that is too long": {Dialect: sqlstore.SQLite, Prefix: strings.Repeat("a", 41)},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := sqlstore.Open(t.Context(), db, o); err == nil {
				t.Error("Open accepts them")
			}
			if _, err := sqlstore.Migrations(o); err == nil {
				t.Error("Migrations accepts them")
			}
			if err := sqlstore.PrintSQL(&strings.Builder{}, o); err == nil {
				t.Error("PrintSQL accepts them")
			}
		})
	}
	if _, err := sqlstore.Open(t.Context(), nil, sqlstore.Options{Dialect: sqlstore.SQLite}); err == nil {
		t.Error("Open accepts no database")
	}
}

func TestDuplicateNamesCanBeTurnedOnAndOff(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		f := e.fixture(t)
		allow := func(o *sqlstore.Options) { o.AllowDuplicateNames = true }
		create := func(s *sqlstore.Store) (string, error) {
			g, err := s.Create(t.Context(), store.Group{DisplayName: "Same"})
			return g.Group.ID, err
		}
		var conflict *store.ConflictError
		if _, err := create(f.open(t)); err != nil {
			t.Fatal(err)
		}
		id, err := create(f.open(t, allow))
		if err != nil {
			t.Fatalf("allowed: %v", err)
		}
		if _, err := sqlstore.Open(t.Context(), f.db, f.options); err == nil {
			t.Error("duplicates can be forbidden while there are some")
		}
		if _, err := f.open(t, allow).Delete(t.Context(), id, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := f.open(t, allow).Create(t.Context(), store.Group{DisplayName: "Else"}); err != nil {
			t.Fatal(err)
		}
		s := f.open(t)
		if _, err := create(s); !errors.As(err, &conflict) {
			t.Errorf("forbidden again: %v", err)
		}
		if _, err := s.Create(t.Context(), store.Group{DisplayName: "ELSE"}); !errors.As(err, &conflict) {
			t.Errorf("a group that was made while duplicates were allowed: %v", err)
		}
	})
}

func TestMigrationsKeepDataOfEarlierReleases(t *testing.T) {
	table := groupTable(t)
	// MariaDB is new in this release.
	onEach(t, []engine{sqliteEngine, committedEngine}, func(t *testing.T, e engine) {
		f := e.fixture(t)
		// The tables of the first release, with a group in them that holds another one.
		files, err := sqlstore.Migrations(f.options)
		if err != nil {
			t.Fatal(err)
		}
		first, err := fs.ReadFile(files, "00001_groups.sql")
		if err != nil {
			t.Fatal(err)
		}
		up, _, _ := strings.Cut(string(first), "-- +goose Down")
		if f.options.Schema != "" {
			exec(t, f, `CREATE SCHEMA "`+f.options.Schema+`"`)
		}
		exec(t, f, up)
		exec(t, f, `CREATE TABLE `+f.table("migrations")+` (version_id bigint PRIMARY KEY, applied bigint NOT NULL)`)
		exec(t, f, `INSERT INTO `+f.table("migrations")+` VALUES (0, 0), (1, 0)`)
		for _, name := range []string{"Outer", "Inner"} {
			exec(t, f, `INSERT INTO `+f.table("groups")+` (tenant, id, external_id, display_name, display_fold, name_twin, created, modified, version, change_id)
				VALUES ('', '`+name+`', '', '`+name+`', '`+strings.ToLower(name)+`', '', 1, 1, 1, 0)`)
		}
		exec(t, f, `INSERT INTO `+f.table("members")+` (tenant, group_id, value, value_fold, type, display, ref)
			VALUES ('', 'Outer', 'Inner', 'inner', '', 'In', ''), ('', 'Outer', 'User', 'user', 'User', '', '')`)

		s := f.open(t)
		got, err := s.Get(t.Context(), "Outer", store.Selection{Members: true})
		want := []store.Member{{Value: "Inner", Display: "In"}, {Value: "User", Type: "User"}}
		if err != nil || !slices.Equal(got.Members, want) {
			t.Errorf("got %+v, %v", got, err)
		}
		for text, want := range map[string]int{`members.value eq "User"`: 1, `members.value eq "user"`: 0} {
			if page, err := s.List(t.Context(), store.Query{Filter: compiled(t, table, text), Limit: 1}); err != nil || page.Total != want {
				t.Errorf("%s: %d, %v", text, page.Total, err)
			}
		}
		if _, err := s.Delete(t.Context(), "Inner", nil); err != nil {
			t.Error(err)
		}
		if n, err := s.CountMembers(t.Context(), "Outer"); err != nil || n != 1 {
			t.Errorf("there are %d members, %v", n, err)
		}
	})
}

// TestMigrationsCanBeReverted reverts the migrations with goose.
func TestMigrationsCanBeReverted(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		f := e.fixture(t)
		s := f.open(t)
		if _, err := s.Create(t.Context(), store.Group{DisplayName: "a", Members: []store.Member{{Value: "M"}}}); err != nil {
			t.Fatal(err)
		}
		files, err := sqlstore.Migrations(f.options)
		if err != nil {
			t.Fatal(err)
		}
		names, err := fs.Glob(files, "*.sql")
		if err != nil || len(names) != 3 {
			t.Fatalf("the migrations are %q, %v", names, err)
		}
		slices.Reverse(names)
		for _, name := range names {
			text, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			_, down, _ := strings.Cut(string(text), "-- +goose Down\n")
			exec(t, f, down)
		}
		exec(t, f, `DROP TABLE `+f.table("migrations"))
		if _, err := f.open(t).Create(t.Context(), store.Group{DisplayName: "a"}); err != nil {
			t.Error(err)
		}
	})
}
