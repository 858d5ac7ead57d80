// Package ratelimit bounds the rate of requests of each client, as a middleware around
// a scim.Handler or any other [http.Handler]. It is a package of its own so that only
// its users depend on golang.org/x/time.
//
//	limited := ratelimit.New(handler, ratelimit.Options{PerSecond: 25, Burst: 50})
//	mux.Handle("/scim/v2/", limited)
//
// The response to a request beyond the limit is 429 with a SCIM error and Retry-After
// (RFC 6585 §4), after which identity providers try again.
package ratelimit

import (
	"crypto/sha256"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Options are the limits of each client.
type Options struct {
	// PerSecond is how many requests a client may make in the long run. It must be
	// positive. Entra ID needs at least 25.
	PerSecond float64
	// Burst is how many requests a client may make at once. Defaults to PerSecond, and
	// at least 1.
	Burst int
	// Key returns the client of a request. Defaults to [ByCredentials].
	Key func(r *http.Request) string
	// Clients is how many clients are remembered. Beyond that, those that were away
	// longest are forgotten, and have a full burst again. Defaults to 10,000.
	Clients int
}

// ByCredentials takes requests with the same credentials for those of one client, and
// requests without credentials for those of their address. It does not check
// credentials: someone guessing tokens is a new client with each of them, so put a
// limit by address in front where that matters.
func ByCredentials(r *http.Request) string {
	if scheme, credentials, _ := strings.Cut(strings.TrimSpace(r.Header.Get("Authorization")), " "); scheme != "" {
		// The scheme is case-insensitive (RFC 9110 §11.1). Credentials are not kept in the
		// clear.
		sum := sha256.Sum256([]byte(strings.ToLower(scheme) + " " + strings.TrimSpace(credentials)))
		return string(sum[:])
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// New returns a handler that bounds the requests that reach next. It panics if
// PerSecond is not positive.
func New(next http.Handler, o Options) http.Handler {
	if !(o.PerSecond > 0) {
		panic("ratelimit: Options.PerSecond must be positive")
	}
	if o.Burst <= 0 {
		o.Burst = max(1, int(math.Ceil(o.PerSecond)))
	}
	if o.Key == nil {
		o.Key = ByCredentials
	}
	if o.Clients <= 0 {
		o.Clients = 10_000
	}
	return &limiter{next: next, o: o, now: time.Now, recent: make(map[string]*rate.Limiter)}
}

type limiter struct {
	next http.Handler
	o    Options
	now  func() time.Time

	mu sync.Mutex
	// The clients of late, and those before them, each at most half of Options.Clients.
	recent, earlier map[string]*rate.Limiter
}

func (l *limiter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if wait := l.wait(l.o.Key(r)); wait > 0 {
		refuse(w, wait)
		return
	}
	l.next.ServeHTTP(w, r)
}

// wait takes a token of the client, or returns how long the client has to wait for one.
func (l *limiter) wait(key string) time.Duration {
	now := l.now()
	reservation := l.bucket(key).ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now) // it was not used
	}
	return wait
}

// bucket returns the tokens of a client.
func (l *limiter) bucket(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.recent[key]; b != nil {
		return b
	}
	b := l.earlier[key]
	if b == nil {
		b = rate.NewLimiter(rate.Limit(l.o.PerSecond), l.o.Burst)
	}
	if len(l.recent) >= max(1, l.o.Clients/2) {
		l.recent, l.earlier = make(map[string]*rate.Limiter), l.recent
	}
	l.recent[key] = b
	return b
}

func refuse(w http.ResponseWriter, wait time.Duration) {
	const body = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"429","detail":"too many requests"}`
	header := w.Header()
	header.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	header.Set("Content-Type", "application/scim+json")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = w.Write([]byte(body))
}
