package service

import (
	"bytes"
	"errors"
	"net/http"
	"runtime/debug"
)

// recoverTo makes an error of a panic. It must be deferred.
func recoverTo(err *error) {
	if p := recover(); p != nil {
		*err = AsPanic(p)
	}
}

// AsPanic makes an error of what was recovered from a panic. It panics with
// [http.ErrAbortHandler] again, which is for net/http.
func AsPanic(p any) error {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	return &panicError{value: p, stack: bytes.TrimSpace(debug.Stack())}
}

// panicError is a panic on its way to the log.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return "panic: " + panicText(e.value) + "\n" + string(e.stack) }

func panicText(v any) string {
	switch v := v.(type) {
	case error:
		return v.Error()
	case string:
		return v
	}
	return "of an unusual type"
}
