package scim

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/service"

	scimerrors "github.com/elimity-com/scim/errors"
)

const invalidVers = scimerrors.ScimTypeInvalidVersion

// httpError is a fault that has headers of its own.
type httpError struct {
	scimerrors.ScimError
	header, value string
}

func (e *httpError) Unwrap() error { return e.ScimError }

// problem turns an error into what the client is told, and a header with a value if
// it has one.
func (h *Handler) problem(err error) (f service.Fault, header, value string) {
	var own *httpError
	var challenge *Challenge
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &own):
		return service.Fault{ScimError: own.ScimError}, own.header, own.value
	case errors.As(err, &challenge):
		detail := challenge.Description
		if detail == "" {
			detail = "authentication is required"
		}
		return service.Fault{
				ScimError: scimError(challenge.Status(), detail),
			}, "WWW-Authenticate", challenge.header(
				h.challenge,
			)
	case errors.As(err, &tooLarge):
		err = fault.New(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", tooLarge.Limit)
	}
	if f = service.FaultOf(err); f.RetryAfter != "" {
		header = "Retry-After"
	}
	return f, header, f.RetryAfter
}

// fail sends the response to an error, unless a response has begun.
func (x *exchange) fail(err error) {
	e, header, value := x.tell(err)
	if x.out.status != 0 {
		// The client has part of a response, which must not pass for a whole one.
		panic(http.ErrAbortHandler)
	}
	x.seen.groups = 0
	_ = x.send(&response{status: e.Status, header: header, value: value, body: x.h.dialect.AppendError(nil, e)})
}

// tell is problem, except that it logs a fault of the service, and gives the client the id
// under which it did.
func (x *exchange) tell(err error) (e scimerrors.ScimError, header, value string) {
	f, header, value := x.h.problem(err)
	if e = f.ScimError; !f.Internal {
		return e, header, value
	}
	x.seen.failure = err
	id := x.requestID()
	x.h.log.LogAttrs(x.ctx, slog.LevelError, "scim: request failed",
		slog.String("request_id", id), slog.String("method", x.r.Method),
		slog.String("endpoint", x.route.Endpoint.String()), slog.Int("status", e.Status), slog.Any("error", err))
	x.out.w.Header().Set("X-Request-Id", id)
	if e.Status == http.StatusInternalServerError {
		e.Detail += "; the service has logged it as request " + id
	}
	return e, header, value
}

// told returns what the client is told of an error in a part of a response.
func (x *exchange) told(err error) scimerrors.ScimError {
	e, _, _ := x.tell(err)
	return e
}

// recover keeps a panic of a hook or a store from reaching net/http.
func (x *exchange) recover() {
	if p := recover(); p != nil {
		x.fail(service.AsPanic(p))
	}
}
