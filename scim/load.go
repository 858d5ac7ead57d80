package scim

import (
	"context"
	"net/http"
	"sync/atomic"
)

// gate bounds the number of concurrent requests.
type gate struct {
	most    int64
	running atomic.Int64
}

func (g *gate) enter() bool {
	if g.most <= 0 {
		return true
	}
	if g.running.Add(1) > g.most {
		g.running.Add(-1)
		return false
	}
	return true
}

func (g *gate) leave() {
	if g.most > 0 {
		g.running.Add(-1)
	}
}

// errBusy is the error of a request beyond that bound (RFC 9110 §15.6.4).
var errBusy = &httpError{header: "Retry-After", value: "1",
	ScimError: scimError(http.StatusServiceUnavailable, "the service has too many requests in flight")}

// deadline gives the request the deadline of Limits.Timeout.
func (x *exchange) deadline() context.CancelFunc {
	if x.h.config.Limits.Timeout <= 0 {
		return func() {}
	}
	var cancel context.CancelFunc
	x.ctx, cancel = context.WithTimeout(x.ctx, x.h.config.Limits.Timeout)
	return cancel
}

// noServer stands for a server of another kind. It must not be changed.
var noServer http.Server

// serverOf returns the http.Server that received a request, or an empty one if another
// kind of server did.
func serverOf(r *http.Request) *http.Server {
	if server, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok {
		return server
	}
	return &noServer
}
