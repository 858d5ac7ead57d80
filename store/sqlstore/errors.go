package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"strings"

	"github.com/scimgroups/scimgroups/store"
)

// ErrOutcomeUnknown means that the connection was lost, or the time was up, while a
// change was being committed: it may have happened or not. It is not
// [store.ErrUnavailable], since repeating the change is not always harmless. The caller
// can find out by reading the group.
var ErrOutcomeUnknown = errors.New("sqlstore: it is not known whether the change was committed")

// fault classifies an error of the driver by its meaning for the transaction.
type fault uint8

const (
	otherFault    fault = iota
	uniqueFault         // a duplicate of a unique value
	contention          // refused in favor of other transactions; worth repeating at once
	disconnected        // the connection is lost; worth repeating on another one
	unavailable         // the database does not serve at the moment
	ambiguous           // the database does not know the outcome of the transaction
	valueFault          // the database cannot hold a value
	existingFault       // a table or an index to create exists already
)

// The errors of drivers are told apart by their methods, and those of
// github.com/go-sql-driver/mysql, which have none, by their fields, so that a host need
// not import a driver that it does not use.
type (
	stateError interface{ SQLState() string } // pgx, lib/pq
	codeError  interface{ Code() int }        // modernc.org/sqlite, ncruces/go-sqlite3
)

// mysqlNumber returns the number of an error of MariaDB or MySQL, or 0 if err is none:
// the field Number of a struct that also has the fields SQLState and Message.
func mysqlNumber(err error) uint16 {
	for err != nil {
		if v := reflect.ValueOf(err); v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
			number, state, message := v.Elem().FieldByName("Number"), v.Elem().FieldByName("SQLState"),
				v.Elem().FieldByName("Message")
			if number.Kind() == reflect.Uint16 && state.Kind() == reflect.Array && message.Kind() == reflect.String {
				return uint16(number.Uint())
			}
		}
		switch u := err.(type) { //nolint:errorlint // it unwraps errors itself
		case interface{ Unwrap() error }:
			err = u.Unwrap()
		case interface{ Unwrap() []error }:
			for _, e := range u.Unwrap() {
				if n := mysqlNumber(e); n != 0 {
					return n
				}
			}
			return 0
		default:
			return 0
		}
	}
	return 0
}

// fromServer reports whether err is a response of the server rather than an error of
// the driver.
func fromServer(err error) bool {
	var state stateError
	return errors.As(err, &state) || mysqlNumber(err) != 0
}

// Result codes of SQLite, the lower 8 bits of extended ones
// (https://www.sqlite.org/rescode.html).
const (
	sqliteError      = 1
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteReadOnly   = 8
	sqliteIOErr      = 10
	sqliteFull       = 13
	sqliteCantOpen   = 14
	sqliteTooBig     = 18
	sqliteConstraint = 19
)

func classify(err error) fault {
	var state stateError
	if errors.As(err, &state) {
		return classifyState(state.SQLState())
	}
	if number := mysqlNumber(err); number != 0 {
		return classifyMySQL(number)
	}
	var code codeError
	if errors.As(err, &code) {
		return classifySQLite(code.Code(), err)
	}
	var network net.Error
	switch {
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.As(err, &network):
		return disconnected
	}
	// Errors without a type: pgx and go-sql-driver/mysql return them for a connection that
	// was lost between two statements, the latter also for a statement that is too large.
	for _, e := range []struct {
		text string
		fault
	}{
		{"conn closed", disconnected},
		{"conn is closed", disconnected},
		{"invalid connection", disconnected},
		{"packet for query is too large", valueFault},
	} {
		if strings.Contains(err.Error(), e.text) {
			return e.fault
		}
	}
	return otherFault
}

// classifyState classifies the SQLSTATEs of PostgreSQL
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func classifyState(state string) fault {
	switch state {
	case "23505":
		return uniqueFault
	case "40001", "40P01", "55P03":
		return contention
	case "40003":
		return ambiguous
	case "57P01", "57P02", "57P05", "25P03", "25P04":
		return disconnected
	case "57P03", "57014", "25006":
		return unavailable
	case "54000":
		return valueFault
	case "42P07", "42P06", "42710", "42701":
		return existingFault
	}
	switch {
	case strings.HasPrefix(state, "08"):
		return disconnected
	case strings.HasPrefix(state, "53"), strings.HasPrefix(state, "58"):
		return unavailable
	case strings.HasPrefix(state, "22"):
		return valueFault
	}
	return otherFault
}

func classifySQLite(code int, err error) fault {
	switch code & 0xff {
	case sqliteBusy, sqliteLocked:
		return contention
	case sqliteConstraint:
		const primaryKey, unique = 1555, 2067
		if code == primaryKey || code == unique || strings.Contains(err.Error(), "UNIQUE constraint failed") {
			return uniqueFault
		}
	case sqliteIOErr, sqliteFull, sqliteCantOpen, sqliteReadOnly:
		return unavailable
	case sqliteTooBig:
		return valueFault
	case sqliteError:
		if strings.Contains(err.Error(), "already exists") {
			return existingFault
		}
	}
	return otherFault
}

// concurrentDDL reports whether a migration failed because another process is running
// the same one.
func concurrentDDL(err error) bool {
	switch classify(err) {
	case uniqueFault, contention, existingFault:
		return true
	}
	return false
}

// translate returns the error of package store for an error of the driver. The
// transaction must certainly not be committed.
func translate(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	switch classify(err) {
	case uniqueFault:
		// This is the only unique value that a client chooses. Ids are made by the store,
		// or by the host from the name.
		return &store.ConflictError{Attribute: "displayName"}
	case valueFault:
		return fmt.Errorf("sqlstore: the database cannot keep a value: %w", err)
	case contention, disconnected, unavailable:
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	return err
}
