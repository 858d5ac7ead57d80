package scim

import "time"

// SetUndoWithin changes the time to take groups back in, until restore is called.
func SetUndoWithin(d time.Duration) (restore func()) {
	before := undoWithin
	undoWithin = d
	return func() { undoWithin = before }
}
