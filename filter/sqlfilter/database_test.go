package sqlfilter_test

import (
	"database/sql"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/scimgroups/scimgroups/filter/sqlfilter"
	"github.com/scimgroups/scimgroups/internal/databasetest"
)

// engine is a kind of database that the tests run on: how the tables of columns are
// made there.
type engine struct {
	sqlfilter.Dialect
	open func(t *testing.T) *sql.DB
	// types replace the words in capitals in the statements that create the tables.
	types *strings.Replacer
	// timestamps says that the column bought is a timestamp, not a number.
	timestamps bool
	// parameters turns $1, $2 … into what the database reads.
	parameters func(statement string) string
}

var engines = []engine{
	{
		Dialect: sqlfilter.SQLite,
		open: func(t *testing.T) *sql.DB {
			return pool(t, "sqlite", filepath.Join(t.TempDir(), "test.db"))
		},
		types: strings.NewReplacer("BYTEWISE", "text", "LINGUISTIC", "text", "OTHER", "text",
			"KEYS", "text", "WHEN", "bigint"),
		parameters: func(statement string) string { return strings.ReplaceAll(statement, "$", "?") },
	},
	{
		Dialect: sqlfilter.PostgreSQL,
		open: func(t *testing.T) *sql.DB {
			u, _, _ := databasetest.PostgreSQL.Schema(t)
			return pool(t, "pgx", u.String())
		},
		types: strings.NewReplacer("BYTEWISE", `text COLLATE "C"`, "LINGUISTIC", `text COLLATE "en-x-icu"`,
			"OTHER", `text COLLATE "tr-x-icu"`, "KEYS", "jsonb", "WHEN", "timestamptz"),
		timestamps: true,
		parameters: func(statement string) string { return statement },
	},
	{
		Dialect: sqlfilter.MariaDB,
		open: func(t *testing.T) *sql.DB {
			return pool(t, "mysql", databasetest.MariaDB(t).FormatDSN())
		},
		types: strings.NewReplacer("BYTEWISE", "varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
			"LINGUISTIC", "varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
			"OTHER", "varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_turkish_ci", "KEYS", "json", "WHEN", "datetime(6)"),
		timestamps: true,
		parameters: func(statement string) string { return parameter.ReplaceAllString(statement, "?") },
	},
}

var parameter = regexp.MustCompile(`\$\d+`)

func pool(t *testing.T, driver, source string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}
