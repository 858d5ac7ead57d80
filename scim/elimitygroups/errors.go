package elimitygroups

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/scimgroups/scimgroups/scim"
	"github.com/scimgroups/scimgroups/store"
)

// told makes an error, or a panic, what the server can answer: a ScimError by value,
// with a status that the server knows, since it tells clients the text of all other
// errors.
func (h *ResourceHandler) told(r *http.Request, err *error) {
	if p := recover(); p != nil {
		if p == http.ErrAbortHandler {
			panic(p)
		}
		*err = fmt.Errorf("elimitygroups: panic: %v\n%s", p, debug.Stack())
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

// problem is an error as a client is told of it (RFC 7644 §3.12).
func problem(err error) scimerrors.ScimError {
	var (
		fault     scimerrors.ScimError
		conflict  *store.ConflictError
		invalid   *store.InvalidError
		unknown   *store.UnknownMemberError
		throttled *store.ThrottledError
	)
	bad := func(t scimerrors.ScimType, detail string) scimerrors.ScimError {
		return scimerrors.ScimError{Status: http.StatusBadRequest, ScimType: t, Detail: detail}
	}
	switch {
	case errors.As(err, &fault) && fault.Status >= 300 && fault.Status <= 599:
		return fault
	case errors.Is(err, scim.ErrForbidden):
		return scimerrors.ScimError{Status: http.StatusForbidden, Detail: "the client may not do this"}
	case errors.Is(err, store.ErrNotFound):
		return scimerrors.ScimError{Status: http.StatusNotFound, Detail: "there is no group with this id"}
	case errors.Is(err, store.ErrVersionMismatch):
		return scimerrors.ScimError{Status: http.StatusPreconditionFailed, Detail: "the group has another version than the request asks for"}
	case errors.Is(err, store.ErrNoTarget):
		return bad(scimerrors.ScimTypeNoTarget, "no member matches the path")
	case errors.Is(err, store.ErrImmutable):
		return bad(scimerrors.ScimTypeMutability, "type and $ref of a member cannot be changed once they are set")
	case errors.Is(err, store.ErrClearRefused):
		return bad(scimerrors.ScimTypeInvalidValue, "the group has too many members to remove them all at once")
	case errors.Is(err, store.ErrTooMany):
		return bad(scimerrors.ScimTypeTooMany, "the query has too many results; narrow the filter")
	case errors.As(err, &conflict):
		return scimerrors.ScimError{Status: http.StatusConflict, ScimType: scimerrors.ScimTypeUniqueness,
			Detail: "another group has this " + conflict.Attribute}
	case errors.As(err, &invalid):
		return bad(scimerrors.ScimTypeInvalidValue, invalid.Attribute+" "+invalid.Reason)
	case errors.As(err, &unknown):
		return bad(scimerrors.ScimTypeInvalidValue, "members: there is nothing with the value "+listed(unknown.Values))
	case errors.As(err, &throttled), errors.Is(err, store.ErrUnavailable),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		// The server has no 429 and no 503.
		return scimerrors.ScimError{Status: http.StatusInternalServerError, Detail: "the service is not available at the moment; try again later"}
	}
	return scimerrors.ScimError{Status: http.StatusInternalServerError, Detail: "internal error"}
}

// listed names at most ten values.
func listed(values []string) string {
	var quoted []string
	for _, v := range values[:min(10, len(values))] {
		quoted = append(quoted, strconv.Quote(v))
	}
	if len(values) > 10 {
		quoted = append(quoted, "…")
	}
	return strings.Join(quoted, ", ")
}
