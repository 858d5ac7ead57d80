// Package api has the tests that look at the module as a whole: at its exported API,
// at which package imports which, and at what no compiler checks.
//
// The exported API is in testdata/api.txt at the root of the module. A change of it
// shows in that file, which is written anew with
//
//	go test ./internal/api -update
package api
