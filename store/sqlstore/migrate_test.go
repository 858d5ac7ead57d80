package sqlstore_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/sqlstore"
)

func TestTenProcessesCanOpenAnEmptyDatabaseAtOnce(t *testing.T) {
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

func TestADatabaseIsOpenedAgainWithWhatIsInIt(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		f := e.fixture(t)
		g, err := f.open(t).Create(t.Context(), store.Group{DisplayName: "a", Members: []store.Member{{Value: "m"}}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.open(t).Get(t.Context(), g.ID, store.Selection{Members: true})
		if err != nil || got.DisplayName != "a" || len(got.Members) != 1 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestWhatPrintSQLPrintsIsEnoughForAStoreThatSkipsMigrations(t *testing.T) {
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
		if !strings.HasPrefix(b.String(), "-- 00001_groups.sql\n") || strings.Contains(b.String(), "goose") || strings.Contains(b.String(), "DROP") {
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

func TestMigrationsAreFilesOfGoose(t *testing.T) {
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

func TestTwoStoresWithDifferentPrefixesShareADatabase(t *testing.T) {
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

func TestOptionsThatCannotBeMeantAreRefused(t *testing.T) {
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

func TestDuplicateNamesCanBeAllowedAndForbiddenAgain(t *testing.T) {
	onEach(t, bothEngines, func(t *testing.T, e engine) {
		f := e.fixture(t)
		allow := func(o *sqlstore.Options) { o.AllowDuplicateNames = true }
		create := func(s *sqlstore.Store) (string, error) {
			g, err := s.Create(t.Context(), store.Group{DisplayName: "Same"})
			return g.ID, err
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
		if err := f.open(t, allow).Delete(t.Context(), id, nil); err != nil {
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
