package scim

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/scimgroups/scimgroups/internal/service"
)

// Observation is what can be measured of one request. It holds nothing that a
// client could make large or that is personal, so all of it is fit for metrics.
type Observation struct {
	// Method and Endpoint of the request: "PATCH", "/Groups/{id}". The method is the
	// one that was obeyed, and "_OTHER" if it is none of HTTP's.
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
	w.begun()
	return w.ResponseWriter.Write(b)
}

// begun notes that the answer has begun, with 200 if nothing else was said.
func (w *observed) begun() {
	if w.status < http.StatusOK {
		w.status = http.StatusOK
	}
}

// Unwrap lets [http.ResponseController] reach the writer below.
func (w *observed) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush implements [http.Flusher], for who asks for that.
func (w *observed) Flush() {
	w.begun()
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// observe starts to watch the exchange and answers what ends it.
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
	w := &observed{ResponseWriter: x.w}
	x.w = w
	return func() {
		if done == nil {
			return
		}
		x.guard("Observe", func() {
			done(Observation{Method: x.methodName(), Endpoint: x.route.Endpoint.String(), Status: w.status,
				Duration: time.Since(start), Added: x.added, Removed: x.removed, Groups: x.answered,
				Subject: x.subject, Err: x.failure})
		})
	}
}

// methodName is the method, unless the client made it up.
func (x *exchange) methodName() string {
	method := x.observedMethod
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
// and answers the context to go on with (with a span in it, say; nil leaves it
// as it is) and a function for the end, which may be nil.
type Observe func(ctx context.Context, r *http.Request) (context.Context, func(Observation))
