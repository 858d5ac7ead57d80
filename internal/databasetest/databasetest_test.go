package databasetest_test

import (
	"database/sql"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/scimgroups/scimgroups/internal/databasetest"
)

func TestASchemaIsEmptyAndDroppedAfterTheTest(t *testing.T) {
	for _, server := range []databasetest.Server{databasetest.PostgreSQL, databasetest.PgBouncer, databasetest.Citus} {
		t.Run(string(server), func(t *testing.T) {
			const count = `SELECT count(*) FROM information_schema.schemata WHERE schema_name = $1`
			var name string
			if !t.Run("test", func(t *testing.T) {
				_, schema, beside := server.Schema(t)
				name = schema
				expect(t, beside, 1, count, name)
				expect(t, beside, 0, `SELECT count(*) FROM information_schema.tables WHERE table_schema = $1`, name)
			}) || name == "" {
				return
			}
			db, err := sql.Open("pgx", server.URL(t, nil).String())
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			expect(t, db, 0, count, name)
		})
	}
}

func TestADatabaseIsEmptyAndDroppedAfterTheTest(t *testing.T) {
	const count = `SELECT count(*) FROM information_schema.schemata WHERE schema_name = ?`
	var config *mysql.Config
	if !t.Run("test", func(t *testing.T) {
		config = databasetest.MariaDB(t)
		db := open(t, config)
		expect(t, db, 1, count, config.DBName)
		expect(t, db, 0, `SELECT count(*) FROM information_schema.tables WHERE table_schema = ?`, config.DBName)
	}) || config == nil {
		return
	}
	name := config.DBName
	config.DBName = ""
	expect(t, open(t, config), 0, count, name)
}

func open(t *testing.T, config *mysql.Config) *sql.DB {
	t.Helper()
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	return db
}

func expect(t *testing.T, db *sql.DB, want int, query string, arguments ...any) {
	t.Helper()
	var got int
	if err := db.QueryRowContext(t.Context(), query, arguments...).Scan(&got); err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("%s: %d, want %d", query, got, want)
	}
}
