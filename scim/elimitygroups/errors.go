package elimitygroups

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/scimgroups/scimgroups/internal/service"

	scimerrors "github.com/elimity-com/scim/errors"
)

// told makes an error, or a panic, what the server can answer: a ScimError by value,
// with a status that the server knows, since it tells clients the text of all other
// errors.
func (h *ResourceHandler) told(r *http.Request, err *error) {
	if p := recover(); p != nil {
		*err = service.AsPanic(p)
	}
	if *err == nil {
		return
	}
	e := problem(*err)
	if e.Status >= http.StatusInternalServerError && !errors.Is(*err, context.Canceled) {
		h.report(r, *err)
	}
	*err = e
}

// report logs what a client is not told.
func (h *ResourceHandler) report(r *http.Request, err error) {
	h.log.LogAttrs(r.Context(), slog.LevelError, "elimitygroups: request failed",
		slog.String("method", r.Method), slog.Any("error", err))
}

// problem is what a client is told of an error. The server has no 429 and no 503.
func problem(err error) scimerrors.ScimError {
	e := service.FaultOf(err).ScimError
	if e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable {
		e = scimerrors.ScimError{Status: http.StatusInternalServerError, Detail: "the service is not available at the moment; try again later"}
	}
	return e
}
