package scim

import (
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/patch"
)

func scimError(status int, detail string) scimerrors.ScimError {
	return scimerrors.ScimError{Status: status, Detail: detail}
}

var (
	errEncoded = &httpError{header: "Accept-Encoding", value: "identity",
		ScimError: scimError(http.StatusUnsupportedMediaType, "the body must not be compressed")}
	errMediaType = &httpError{
		header: "Accept",
		value:  wire.AcceptedMediaTypes,
		ScimError: scimError(
			http.StatusUnsupportedMediaType,
			"the body must be application/scim+json or application/json in UTF-8",
		),
	}
)

// body reads the body of a request, within the bound.
func (x *exchange) body() ([]byte, error) {
	if !wire.AcceptsContentEncoding(x.r.Header.Get("Content-Encoding")) {
		return nil, errEncoded
	}
	if !wire.AcceptsContentType(x.r.Header.Get("Content-Type")) && !x.tolerates(patch.AnyContentType) {
		return nil, errMediaType
	}
	limit := x.h.config.Limits.MaxBody
	if x.r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	inTime := x.bodyInTime()
	body, err := x.readBody(limit)
	switch {
	case err == nil:
		inTime()
		return body, nil
	case isTooLarge(err):
		return nil, err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, fault.New(http.StatusRequestTimeout, "the body did not come in time")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fault.InvalidSyntax("the body ends too early")
	}
	return nil, fault.InvalidSyntax("the body cannot be read")
}

// bodyInTime gives a client the Timeout to send its body in, so that it does not hold
// a place for ever, and returns a function that ends that. The function must not be called
// where the body does not come: net/http would wait for the rest.
func (x *exchange) bodyInTime() (end func()) {
	timeout := x.h.config.Limits.Timeout
	if timeout <= 0 {
		return func() {}
	}
	if host := x.out.server.ReadTimeout; host > 0 && host < timeout {
		return func() {}
	}
	// Not every ResponseWriter has deadlines; then the server's own must do.
	controller := http.NewResponseController(x.out.w)
	_ = controller.SetReadDeadline(time.Now().Add(timeout))
	return func() { _ = controller.SetReadDeadline(time.Time{}) }
}

// readBody reads the body to its end, into little more memory than it needs if its length
// is as announced.
func (x *exchange) readBody(limit int64) ([]byte, error) {
	const trusted = 64 << 10 // more is not set aside before it is there
	r := http.MaxBytesReader(x.out.w, x.r.Body, limit)
	// One more than it says, for the read that finds the end.
	body := make([]byte, 0, min(max(x.r.ContentLength, 511), trusted)+1)
	for {
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return body, err
		}
		if len(body) == cap(body) {
			body = slices.Grow(body, len(body))
		}
	}
}

func isTooLarge(err error) bool {
	var tooLarge *http.MaxBytesError
	return errors.As(err, &tooLarge)
}
