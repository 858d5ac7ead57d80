package elimitygroups

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/scimgroups/scimgroups/internal/service"
)

// told turns an error or a panic into what the server can put into a response: a
// ScimError by value, with a status that the server knows, since it tells clients the
// text of all other errors. The server knows neither 429 nor 503.
func (h *ResourceHandler) told(r *http.Request, err *error) {
	if p := recover(); p != nil {
		*err = service.AsPanic(p)
	}
	if *err == nil {
		return
	}
	f := service.FaultOf(*err)
	if f.Status == http.StatusTooManyRequests || f.Status == http.StatusServiceUnavailable {
		f.Status, f.Detail = http.StatusInternalServerError, "the service is not available at the moment; try again later"
	}
	if f.Status >= http.StatusInternalServerError && !errors.Is(*err, context.Canceled) {
		h.report(r, *err)
	}
	*err = f.ScimError
}

// report logs an error that clients do not learn of.
func (h *ResourceHandler) report(r *http.Request, err error) {
	h.log.LogAttrs(r.Context(), slog.LevelError, "elimitygroups: request failed",
		slog.String("method", r.Method), slog.Any("error", err))
}
