package service

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/store"
)

// Fault is what a client is told of an error (RFC 7644 §3.12).
type Fault struct {
	scimerrors.ScimError
	// RetryAfter is the value of the Retry-After field, or "" if there is none.
	RetryAfter string
	// Internal reports that the service is to blame, not the client. The error must be
	// logged.
	Internal bool
}

// FaultOf returns what a client is told of err: what a ScimError in it says, or what an
// error of package store or a context means, or else that there was an internal error,
// without a word of its text.
func FaultOf(err error) Fault {
	var (
		fault     scimerrors.ScimError
		faultRef  *scimerrors.ScimError
		conflict  *store.ConflictError
		invalid   *store.InvalidError
		unknown   *store.UnknownMemberError
		cycle     *store.CycleError
		throttled *store.ThrottledError
	)
	switch {
	case errors.As(err, &fault) && hasStatus(fault):
		return Fault{ScimError: fault}
	case errors.As(err, &faultRef) && faultRef != nil && hasStatus(*faultRef):
		return Fault{ScimError: *faultRef}
	case errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrUnavailable):
		return says(http.StatusNotFound, "", "there is no group with this id")
	case errors.Is(err, store.ErrVersionMismatch):
		return says(http.StatusPreconditionFailed, "", "the version of the group does not meet the condition of the request")
	case errors.Is(err, store.ErrNoTarget):
		return says(http.StatusBadRequest, scimerrors.ScimTypeNoTarget, "no member matches the path")
	case errors.Is(err, store.ErrImmutable):
		return says(http.StatusBadRequest, scimerrors.ScimTypeMutability,
			"type and $ref of a member cannot be changed once they are set")
	case errors.Is(err, store.ErrClearRefused):
		return invalidValue("the group has too many members to remove them all at once")
	case errors.Is(err, store.ErrTooMany):
		return says(http.StatusBadRequest, scimerrors.ScimTypeTooMany, "the query has too many results; narrow the filter")
	case errors.As(err, &conflict):
		return says(http.StatusConflict, scimerrors.ScimTypeUniqueness, "another group has this "+conflict.Attribute)
	case errors.As(err, &invalid):
		return invalidValue(invalid.Attribute + " " + invalid.Reason)
	case errors.As(err, &unknown):
		return invalidValue("members: unknown value " + listed(unknown.Values))
	case errors.As(err, &cycle):
		return invalidValue("members: " + strconv.Quote(cycle.Value) + " would make the group a member of itself")
	case errors.As(err, &throttled):
		f := says(http.StatusTooManyRequests, "", "too many requests")
		f.RetryAfter = strconv.FormatInt(seconds(throttled.RetryAfter), 10)
		return f
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		f := says(http.StatusServiceUnavailable, "", "the service is not available at the moment")
		f.RetryAfter, f.Internal = "5", !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrNotFound)
		return f
	}
	f := says(http.StatusInternalServerError, "", "internal error")
	f.Internal = true
	return f
}

func hasStatus(e scimerrors.ScimError) bool { return e.Status >= 300 && e.Status <= 599 }

func says(status int, t scimerrors.ScimType, detail string) Fault {
	return Fault{ScimError: scimerrors.ScimError{Status: status, ScimType: t, Detail: detail}}
}

func invalidValue(detail string) Fault {
	return says(http.StatusBadRequest, scimerrors.ScimTypeInvalidValue, detail)
}

// seconds returns d in whole seconds, at least one (RFC 9110 §10.2.3).
func seconds(d time.Duration) int64 { return max(1, int64(math.Ceil(d.Seconds()))) }

// listed quotes at most ten of the values.
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
