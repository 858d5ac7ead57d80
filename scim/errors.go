package scim

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/scimgroups/scimgroups/store"
)

const errorSchema = "urn:ietf:params:scim:api:messages:2.0:Error"

// The scimTypes of RFC 9865 §2.1 and RFC 7644 table 9 that are used by hand.
const invalidVers = scimerrors.ScimTypeInvalidVersion

// httpError is a fault that has headers of its own.
type httpError struct {
	scimerrors.ScimError
	header, value string
}

func (e *httpError) Unwrap() error { return e.ScimError }

func badRequest(t scimerrors.ScimType, detail string) error {
	return scimerrors.ScimError{Status: http.StatusBadRequest, ScimType: t, Detail: detail}
}

func statusError(status int, detail string) error {
	return scimerrors.ScimError{Status: status, Detail: detail}
}

// problem turns an error into what the client is told (RFC 7644 §3.12). internal
// says that the error is nobody's fault but the service's and is to be logged.
func problem(err error) (e scimerrors.ScimError, header, value string, internal bool) {
	var (
		own       *httpError
		fault     scimerrors.ScimError
		faultRef  *scimerrors.ScimError
		challenge *Challenge
		conflict  *store.ConflictError
		invalid   *store.InvalidError
		unknown   *store.UnknownMemberError
		cycle     *store.CycleError
		throttled *store.ThrottledError
		tooLarge  *http.MaxBytesError
		says      = func(status int, t scimerrors.ScimType, detail string) {
			e = scimerrors.ScimError{Status: status, ScimType: t, Detail: detail}
		}
		badRequests = func(t scimerrors.ScimType, detail string) { says(http.StatusBadRequest, t, detail) }
	)
	switch {
	case errors.As(err, &own):
		return own.ScimError, own.header, own.value, false
	case errors.As(err, &challenge):
		detail := challenge.Description
		if detail == "" {
			detail = "authentication is required"
		}
		says(challenge.Status(), "", detail)
		return e, "WWW-Authenticate", challenge.header(), false
	case errors.As(err, &fault) && fault.Status >= 300 && fault.Status <= 599:
		return fault, "", "", false
	case errors.As(err, &faultRef) && faultRef != nil && faultRef.Status >= 300 && faultRef.Status <= 599:
		return *faultRef, "", "", false
	case errors.Is(err, ErrForbidden):
		says(http.StatusForbidden, "", "the client may not do this")
	case errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrUnavailable):
		says(http.StatusNotFound, "", "there is no group with this id")
	case errors.Is(err, store.ErrVersionMismatch):
		says(http.StatusPreconditionFailed, "", "the group has another version than the request asks for")
	case errors.Is(err, store.ErrNoTarget):
		badRequests(scimerrors.ScimTypeNoTarget, "no member matches the path")
	case errors.Is(err, store.ErrImmutable):
		badRequests(scimerrors.ScimTypeMutability, "type and $ref of a member cannot be changed once they are set")
	case errors.Is(err, store.ErrClearRefused):
		badRequests(scimerrors.ScimTypeInvalidValue, "the group has too many members to remove them all at once")
	case errors.Is(err, store.ErrTooMany):
		badRequests(scimerrors.ScimTypeTooMany, "the query has too many results; narrow the filter")
	case errors.As(err, &conflict):
		says(http.StatusConflict, scimerrors.ScimTypeUniqueness, "another group has this "+conflict.Attribute)
	case errors.As(err, &invalid):
		badRequests(scimerrors.ScimTypeInvalidValue, invalid.Attribute+" "+invalid.Reason)
	case errors.As(err, &unknown):
		badRequests(scimerrors.ScimTypeInvalidValue, "members: there is nothing with the value "+listed(unknown.Values))
	case errors.As(err, &cycle):
		badRequests(scimerrors.ScimTypeInvalidValue, "members: with "+strconv.Quote(cycle.Value)+" the group would be a member of itself")
	case errors.As(err, &throttled):
		says(http.StatusTooManyRequests, "", "too many requests")
		return e, "Retry-After", retryAfter(throttled.RetryAfter), false
	case errors.As(err, &tooLarge):
		says(http.StatusRequestEntityTooLarge, "", "the body is larger than "+strconv.FormatInt(tooLarge.Limit, 10)+" bytes")
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		says(http.StatusServiceUnavailable, "", "the service is not available at the moment")
		return e, "Retry-After", "5", !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrNotFound)
	default:
		says(http.StatusInternalServerError, "", "internal error")
		return e, "", "", true
	}
	return e, "", "", false
}

// listed names at most ten values.
func listed(values []string) string {
	more := ""
	if len(values) > 10 {
		values, more = values[:10], ", …"
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = strconv.Quote(v)
	}
	return strings.Join(quoted, ", ") + more
}

func retryAfter(d time.Duration) string {
	return strconv.FormatInt(max(1, int64(math.Ceil(d.Seconds()))), 10)
}

// fail answers an error, unless the answer has begun.
func (x *exchange) fail(err error) {
	e, header, value := x.tell(err)
	if x.wrote {
		// The client has part of an answer, and must not take it for a whole one.
		panic(http.ErrAbortHandler)
	}
	if header != "" {
		x.w.Header().Set(header, value)
	}
	x.send(e.Status, x.h.dialect.appendError(nil, e))
}

// tell is problem; what is nobody's fault but the service's is logged, and the
// client gets the id under which it was.
func (x *exchange) tell(err error) (e scimerrors.ScimError, header, value string) {
	e, header, value, internal := problem(err)
	if !internal {
		return e, header, value
	}
	x.failure = err
	id := x.requestID()
	x.h.log.LogAttrs(x.ctx, slog.LevelError, "scim: request failed",
		slog.String("request_id", id), slog.String("method", x.r.Method),
		slog.String("endpoint", x.route.endpoint.String()), slog.Int("status", e.Status), slog.Any("error", err))
	x.w.Header().Set("X-Request-Id", id)
	if e.Status == http.StatusInternalServerError {
		e.Detail += "; the service has logged it as request " + id
	}
	return e, header, value
}

// told is an error as the client is told of it in a part of an answer.
func (x *exchange) told(err error) scimerrors.ScimError {
	e, _, _ := x.tell(err)
	return e
}

// recover keeps a panic of a hook or a store from reaching net/http.
func (x *exchange) recover() {
	if p := recover(); p != nil {
		x.fail(asPanic(p))
	}
}

// asPanic makes an error of a panic. The one that net/http knows goes on.
func asPanic(p any) error {
	if p == http.ErrAbortHandler {
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

func appendError(b []byte, e scimerrors.ScimError) []byte {
	b = append(b, `{"schemas":["`+errorSchema+`"],"status":"`...)
	b = strconv.AppendInt(b, int64(e.Status), 10)
	b = append(b, '"')
	if e.ScimType != "" {
		b = append(b, `,"scimType":`...)
		b = appendString(b, string(e.ScimType))
	}
	if e.Detail != "" {
		b = append(b, `,"detail":`...)
		b = appendString(b, e.Detail)
	}
	return append(b, '}')
}
