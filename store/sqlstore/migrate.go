package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"text/template"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

//go:embed migrations
var migrationFiles embed.FS

// Migrations returns the migrations for these options, in the format of goose: one file
// for each, whose name begins with its version. It uses only Dialect, Schema and Prefix
// of the options.
func Migrations(o Options) (fs.FS, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	return renderMigrations(o)
}

func renderMigrations(o Options) (fs.FS, error) {
	files, err := fs.Sub(migrationFiles, "migrations/"+o.Dialect.String())
	return rendered{files, names{o}}, err
}

// rendered is a file system whose files are templates that are executed when they are
// opened.
type rendered struct {
	fs.FS
	data any
}

// Open implements [fs.FS].
func (r rendered) Open(name string) (fs.File, error) {
	f, err := r.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || info.IsDir() {
		return f, err
	}
	t, err := template.ParseFS(r.FS, name)
	if err != nil {
		return nil, err
	}
	out := &renderedFile{File: f}
	if err := t.Execute(&out.text, r.data); err != nil {
		return nil, err
	}
	out.size = int64(out.text.Len())
	return out, nil
}

// renderedFile is a file whose content has been replaced.
type renderedFile struct {
	fs.File
	text bytes.Buffer
	size int64
}

// Read implements [fs.File].
func (f *renderedFile) Read(b []byte) (int, error) { return f.text.Read(b) }

// Stat implements [fs.File].
func (f *renderedFile) Stat() (fs.FileInfo, error) {
	info, err := f.File.Stat()
	return renderedInfo{info, f.size}, err
}

type renderedInfo struct {
	fs.FileInfo
	size int64
}

// Size implements [fs.FileInfo].
func (i renderedInfo) Size() int64 { return i.size }

// PrintSQL writes the SQL that creates the tables and indexes for these options, for
// hosts that run their own migrations and open the store with SkipMigrations. The
// migrations are in the order in which they must be run, each after a comment with its
// file name. Later releases only append to them. PrintSQL uses only Dialect, Schema and
// Prefix of the options.
func PrintSQL(w io.Writer, o Options) error {
	files, err := Migrations(o)
	if err != nil {
		return err
	}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		text, err := fs.ReadFile(files, entry.Name())
		if err != nil {
			return err
		}
		_, up, _ := strings.Cut(string(text), "-- +goose Up\n")
		up, _, _ = strings.Cut(up, "-- +goose Down\n")
		if _, err := fmt.Fprintf(w, "-- %s\n%s\n", entry.Name(), strings.TrimSpace(up)); err != nil {
			return err
		}
	}
	return nil
}

// migrate brings the schema up to date. It takes no lock that could be left behind: each
// migration is one transaction that also inserts its version into a table where that is
// the primary key. Of several processes that start at once, one commits. The others fail
// because of what it has created, try again, and find the migration done.
func migrate(ctx context.Context, db *sql.DB, o Options) error {
	files, err := renderMigrations(o)
	if err != nil {
		return err
	}
	versions := &versionTable{names: names{o}}
	deadline := time.Now().Add(migrateFor)
	for pause := newPause(10*time.Millisecond, 500*time.Millisecond); ; {
		err := runMigrations(ctx, db, versions, files)
		if err == nil || ctx.Err() != nil || !concurrentDDL(err) || time.Now().After(deadline) {
			return err
		}
		if err := pause.wait(ctx); err != nil {
			return err
		}
	}
}

// migrateFor is how long processes that start at once try again.
const migrateFor = 30 * time.Second

func runMigrations(ctx context.Context, db *sql.DB, versions *versionTable, files fs.FS) error {
	exists, err := versions.TableExists(ctx, db)
	if err != nil {
		return fmt.Errorf("sqlstore: migrations: %w", err)
	}
	if exists {
		// A process that died may have left the table without its first row, where DDL
		// commits by itself.
		err = versions.begin(ctx, db)
	} else {
		err = versions.prepare(ctx, db)
	}
	if err != nil {
		return fmt.Errorf("sqlstore: migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectCustom, db, files,
		goose.WithStore(versions), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("sqlstore: migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("sqlstore: migrations: %w", err)
	}
	return nil
}

// versionTable is goose's record of the migrations that were run. That of goose itself
// has a sequence and allows duplicate versions; this one does neither.
type versionTable struct {
	names names
}

var _ database.StoreExtender = (*versionTable)(nil)

// prepare creates the schema and the version table.
func (v *versionTable) prepare(ctx context.Context, db *sql.DB) error {
	if schema := v.names.o.Schema; schema != "" {
		// CREATE SCHEMA IF NOT EXISTS needs the privilege to create it even if it exists.
		var there bool
		err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1)`, schema).
			Scan(&there)
		if err != nil {
			return err
		}
		if !there {
			if _, err := db.ExecContext(ctx, `CREATE SCHEMA "`+schema+`"`); err != nil {
				return err
			}
		}
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // a no-op after a commit
	if err := v.CreateVersionTable(ctx, tx); err != nil {
		return err
	}
	if err := v.begin(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// begin inserts version 0, which goose expects, if it is missing.
func (v *versionTable) begin(ctx context.Context, db database.DBTxConn) error {
	_, err := v.GetMigration(ctx, db, 0)
	if errors.Is(err, database.ErrVersionNotFound) {
		err = v.Insert(ctx, db, database.InsertRequest{Version: 0})
	}
	return err
}

// Tablename implements [database.Store].
func (v *versionTable) Tablename() string { return v.names.Migrations() }

// CreateVersionTable implements [database.Store].
func (v *versionTable) CreateVersionTable(ctx context.Context, db database.DBTxConn) error {
	_, err := db.ExecContext(
		ctx,
		`CREATE TABLE `+v.Tablename()+` (version_id bigint PRIMARY KEY, applied bigint NOT NULL)`,
	)
	return err
}

// TableExists implements [database.StoreExtender].
func (v *versionTable) TableExists(ctx context.Context, db database.DBTxConn) (there bool, err error) {
	err = v.on(db).QueryRowContext(ctx, v.names.o.sql.tableExists, v.Tablename()).Scan(&there)
	return there, err
}

// Insert implements [database.Store].
func (v *versionTable) Insert(ctx context.Context, db database.DBTxConn, r database.InsertRequest) error {
	_, err := v.on(db).ExecContext(ctx, v.sql(`INSERT INTO `+v.Tablename()+` (version_id, applied) VALUES (?1, ?2)`),
		r.Version, v.names.o.Clock().UnixMicro())
	return err
}

// Delete implements [database.Store].
func (v *versionTable) Delete(ctx context.Context, db database.DBTxConn, version int64) error {
	_, err := v.on(db).ExecContext(ctx, v.sql(`DELETE FROM `+v.Tablename()+` WHERE version_id = ?1`), version)
	return err
}

// GetMigration implements [database.Store].
func (v *versionTable) GetMigration(
	ctx context.Context,
	db database.DBTxConn,
	version int64,
) (*database.GetMigrationResult, error) {
	var micros int64
	err := v.on(db).QueryRowContext(ctx, v.sql(`SELECT applied FROM `+v.Tablename()+` WHERE version_id = ?1`), version).
		Scan(&micros)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, database.ErrVersionNotFound
	}
	if err != nil {
		return nil, err
	}
	return &database.GetMigrationResult{Timestamp: time.UnixMicro(micros).UTC(), IsApplied: true}, nil
}

// GetLatestVersion implements [database.Store].
func (v *versionTable) GetLatestVersion(ctx context.Context, db database.DBTxConn) (int64, error) {
	var version sql.NullInt64
	if err := db.QueryRowContext(ctx, `SELECT max(version_id) FROM `+v.Tablename()).Scan(&version); err != nil {
		return 0, err
	}
	if !version.Valid {
		return 0, database.ErrVersionNotFound
	}
	return version.Int64, nil
}

// ListMigrations implements [database.Store].
func (v *versionTable) ListMigrations(
	ctx context.Context,
	db database.DBTxConn,
) ([]*database.ListMigrationsResult, error) {
	rows, err := db.QueryContext(ctx, `SELECT version_id FROM `+v.Tablename()+` ORDER BY version_id DESC`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []*database.ListMigrationsResult
	for rows.Next() {
		r := &database.ListMigrationsResult{IsApplied: true}
		if err := rows.Scan(&r.Version); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func (v *versionTable) on(db runner) runner { return v.names.o.sql.bind(db) }

func (v *versionTable) sql(text string) string { return v.names.o.sql.placeholders(text) }
