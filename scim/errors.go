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
		return service.Fault{ScimError: scimError(challenge.Status(), detail)}, "WWW-Authenticate", challenge.header(h.challenge)
	case errors.As(err, &tooLarge):
		err = fault.New(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", tooLarge.Limit)
	}
	if f = service.FaultOf(err); f.RetryAfter != "" {
		header = "Retry-After"
	}
	return f, header, f.RetryAfter
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
	x.send(e.Status, x.h.dialect.AppendError(nil, e))
}

// tell is problem; what is nobody's fault but the service's is logged, and the
// client gets the id under which it was.
func (x *exchange) tell(err error) (e scimerrors.ScimError, header, value string) {
	f, header, value := x.h.problem(err)
	if e = f.ScimError; !f.Internal {
		return e, header, value
	}
	x.failure = err
	id := x.requestID()
	x.h.log.LogAttrs(x.ctx, slog.LevelError, "scim: request failed",
		slog.String("request_id", id), slog.String("method", x.r.Method),
		slog.String("endpoint", x.route.Endpoint.String()), slog.Int("status", e.Status), slog.Any("error", err))
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
		x.fail(service.AsPanic(p))
	}
}
