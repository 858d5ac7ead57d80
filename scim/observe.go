package scim

import (
	"context"
	"net/http"
	"time"
)

// Observation is what can be measured of one request. It holds nothing that a
// client could make large or that is personal, so all of it is fit for metrics.
type Observation struct {
	// Method and Endpoint of the request: "PATCH", "/Groups/{id}".
	Method, Endpoint string
	// Status of the answer.
	Status int
	// Duration from the first to the last byte of work.
	Duration time.Duration
	// Added and Removed are how many members a write really added and removed.
	Added, Removed int
	// Groups is how many groups the answer has.
	Groups int
	// Subject is who sent the request; empty if it was turned away.
	Subject Subject
	// Err is what went wrong in the service, for 5xx answers.
	Err error
}

// observed is a ResponseWriter that remembers the status.
type observed struct {
	http.ResponseWriter
	status int
}

func (w *observed) WriteHeader(status int) {
	if w.status == 0 || w.status < 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *observed) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets [http.ResponseController] reach the writer below.
func (w *observed) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// observe starts to watch the exchange and answers what ends it.
func (x *exchange) observe() (end func()) {
	hook := x.h.config.Observe
	if hook == nil {
		return func() {}
	}
	start := time.Now()
	ctx, done := hook(x.ctx, x.r)
	if ctx == nil {
		ctx = x.ctx
	}
	x.ctx = ctx
	w := &observed{ResponseWriter: x.w}
	x.w = w
	return func() {
		if done != nil {
			done(Observation{Method: x.r.Method, Endpoint: x.route.endpoint.String(), Status: w.status,
				Duration: time.Since(start), Added: x.added, Removed: x.removed, Groups: x.answered,
				Subject: x.subject, Err: x.failure})
		}
	}
}

// Observe is the type of [Config.Observe]: it is called when a request comes in,
// and answers the context to go on with (with a span in it, say; nil leaves it
// as it is) and a function for the end, which may be nil.
type Observe func(ctx context.Context, r *http.Request) (context.Context, func(Observation))
