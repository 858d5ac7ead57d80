// Package ratelimit bounds how many requests a client may make, as a middleware
// around a scim.Handler or any other [http.Handler]. It is a package of its own
// so that golang.org/x/time comes to those only who use it.
//
//	limited := ratelimit.New(handler, ratelimit.Options{PerSecond: 25, Burst: 50})
//	mux.Handle("/scim/v2/", limited)
//
// What is too much is answered 429 with a SCIM error and Retry-After (RFC 6585
// §4), on which identity providers wait and try again.
package ratelimit

import (
	"container/list"
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

// Options say how much is too much.
type Options struct {
	// PerSecond is how many requests a client may make in the long run; it must be
	// above 0. Entra ID wants 25 at least.
	PerSecond float64
	// Burst is how many it may make at once; default PerSecond, and at least 1.
	Burst int
	// Key names the client of a request. Nil means [ByCredentials].
	Key func(r *http.Request) string
	// Clients is how many clients are remembered; default 10,000. The one that was
	// longest away is forgotten first, and starts with a full burst again.
	Clients int
}

// ByCredentials takes requests with the same credentials for those of one client,
// and requests without any for those of their address. It does not ask whether
// the credentials are good: who guesses tokens is a new client with each of them,
// so put a limit by address in front where that matters.
func ByCredentials(r *http.Request) string {
	if scheme, credentials, _ := strings.Cut(strings.TrimSpace(r.Header.Get("Authorization")), " "); scheme != "" {
		// However the scheme is spelt (RFC 9110 §11.1); and not kept in the clear.
		sum := sha256.Sum256([]byte(strings.ToLower(scheme) + " " + strings.TrimSpace(credentials)))
		return string(sum[:])
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// New bounds the requests that reach next. It panics if PerSecond is not above 0.
func New(next http.Handler, o Options) http.Handler {
	if !(o.PerSecond > 0) {
		panic("ratelimit: Options.PerSecond must be above 0")
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
	return &limiter{next: next, o: o, clients: make(map[string]*list.Element), recent: list.New(), now: time.Now}
}

type limiter struct {
	next http.Handler
	o    Options
	now  func() time.Time

	mu      sync.Mutex
	clients map[string]*list.Element // of *client
	recent  *list.List               // the most recent first
}

type client struct {
	key    string
	bucket *rate.Limiter
}

func (l *limiter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if wait := l.wait(l.o.Key(r)); wait > 0 {
		refuse(w, wait)
		return
	}
	l.next.ServeHTTP(w, r)
}

// wait takes a token of the client, or says how long it has to wait for one.
func (l *limiter) wait(key string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.clients[key]
	if ok {
		l.recent.MoveToFront(e)
	} else {
		e = l.recent.PushFront(&client{key: key, bucket: rate.NewLimiter(rate.Limit(l.o.PerSecond), l.o.Burst)})
		l.clients[key] = e
		if l.recent.Len() > l.o.Clients {
			last := l.recent.Remove(l.recent.Back()).(*client)
			delete(l.clients, last.key)
		}
	}
	now := l.now()
	reservation := e.Value.(*client).bucket.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now) // it was not used
	}
	return wait
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
