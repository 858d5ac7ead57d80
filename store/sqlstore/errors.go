package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/scimgroups/scimgroups/store"
)

// ErrOutcomeUnknown says that the connection was lost, or the time was up,
// while a change was being committed: it may have happened or not. It is not
// [store.ErrUnavailable], since doing the same again is not always harmless. The
// caller can find out by reading the group.
var ErrOutcomeUnknown = errors.New("sqlstore: it is not known whether the change was committed")

// fault is what an error of the driver means for the transaction.
type fault uint8

const (
	otherFault    fault = iota
	uniqueFault         // a unique value is there already
	contention          // refused for the sake of other transactions; worth repeating at once
	disconnected        // the connection is gone; worth repeating on another
	unavailable         // the database does not serve at the moment
	ambiguous           // the database says that it does not know how the transaction ended
	valueFault          // the database cannot hold a value
	existingFault       // something that was to be created is there already
)

// The drivers' errors are told apart by the methods that they have, so that
// nobody has to import a driver that they do not use.
type (
	stateError interface{ SQLState() string } // pgx, lib/pq
	codeError  interface{ Code() int }        // modernc.org/sqlite, ncruces/go-sqlite3
)

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
	// What is left of pgx has no type: errors of a connection that died between
	// two statements.
	if text := err.Error(); strings.Contains(text, "conn closed") || strings.Contains(text, "conn is closed") {
		return disconnected
	}
	return otherFault
}

// classifyState knows the SQLSTATEs of PostgreSQL
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

// concurrentDDL says that a migration failed because somebody else is running
// the same.
func concurrentDDL(err error) bool {
	switch classify(err) {
	case uniqueFault, contention, existingFault:
		return true
	}
	return false
}

// translate makes an error of the contract of an error of the driver, for a
// transaction that certainly has not happened.
func translate(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	switch classify(err) {
	case uniqueFault:
		// The only unique value that a client chooses. (Ids are made by the store, or
		// by the host from the name.)
		return &store.ConflictError{Attribute: "displayName"}
	case valueFault:
		return fmt.Errorf("sqlstore: the database cannot keep a value: %w", err)
	case contention, disconnected, unavailable:
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	return err
}
