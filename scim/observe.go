package scim

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/scimgroups/scimgroups/internal/service"
)

// Observation is what can be measured of one request. It contains nothing personal and
// nothing that a client could make large, so all of it is fit for metrics.
type Observation struct {
	// Method and Endpoint of the request: "PATCH", "/Groups/{id}". The method is the
	// one that was obeyed, or "_OTHER" if HTTP does not define it.
	Method, Endpoint string
	// Status of the response.
	Status int
	// Duration from the first to the last byte of work.
	Duration time.Duration
	// Added and Removed count the members that a write really added and removed.
	Added, Removed int
	// Groups is the number of groups in the response.
	Groups int
	// Subject is the sender of the request; empty if authentication failed.
	Subject Subject
	// Err is the fault of the service behind a 5xx response.
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
	w.begun()
	return w.ResponseWriter.Write(b)
}

// begun notes that the response has begun, with status 200 by default.
func (w *observed) begun() {
	if w.status < http.StatusOK {
		w.status = http.StatusOK
	}
}

// Unwrap lets [http.ResponseController] reach the writer below.
func (w *observed) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush implements [http.Flusher] for callers that type-assert it.
func (w *observed) Flush() {
	w.begun()
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// observe calls the Observe hook, and returns a function for the end of the request.
func (x *exchange) observe() (end func()) {
	hook := x.h.config.Observe
	if hook == nil {
		return func() {}
	}
	start := time.Now()
	var done func(Observation)
	x.guard("Observe", func() {
		var ctx context.Context
		if ctx, done = hook(x.ctx, x.r); ctx != nil {
			x.ctx = ctx
		}
	})
	return func() {
		if done == nil {
			return
		}
		x.guard("Observe", func() {
			done(Observation{Method: x.methodName(), Endpoint: x.route.Endpoint.String(), Status: x.out.status,
				Duration: time.Since(start), Added: x.seen.added, Removed: x.seen.removed, Groups: x.seen.groups,
				Subject: x.subject, Err: x.seen.failure})
		})
	}
}

// methodName returns the method, or "_OTHER" for one that HTTP does not define.
func (x *exchange) methodName() string {
	method := x.seen.method
	if method == "" {
		method = x.r.Method // turned away before it was looked at
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return method
	}
	return "_OTHER"
}

// guard runs a hook of the host whose failure must not change the response.
func (x *exchange) guard(name string, hook func()) {
	defer func() {
		if p := recover(); p != nil {
			x.hookFailed(name, service.AsPanic(p))
		}
	}()
	hook()
}

func (x *exchange) hookFailed(name string, err error) {
	x.h.log.LogAttrs(x.ctx, slog.LevelError, "scim: a hook failed", slog.String("hook", name),
		slog.String("request_id", x.requestID()), slog.Any("error", err))
}

// Observe is the type of [Config.Observe]: it is called when a request comes in,
// and returns the context to continue with (with a span in it, for example; nil leaves it
// as it is) and a function for the end, which may be nil.
type Observe func(ctx context.Context, r *http.Request) (context.Context, func(Observation))
