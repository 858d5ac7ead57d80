package ratelimit

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func newLimiter(o Options) (*limiter, *time.Time) {
	now := time.Unix(1_000_000, 0)
	l := New(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }), o).(*limiter)
	l.now = func() time.Time { return now }
	return l, &now
}

func send(l http.Handler, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/scim/v2/Groups", nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	l.ServeHTTP(w, r)
	return w
}

func TestAClientMayMakeABurstAndThenTheRate(t *testing.T) {
	l, now := newLimiter(Options{PerSecond: 2, Burst: 3})
	for i := range 3 {
		if w := send(l, "a"); w.Code != http.StatusNoContent {
			t.Fatalf("request %d of the burst: %d", i, w.Code)
		}
	}
	w := send(l, "a")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" || w.Header().Get("Content-Type") != "application/scim+json" {
		t.Fatalf("after the burst: %d %v", w.Code, w.Header())
	}
	for range 10 {
		send(l, "a") // refused requests use nothing up
	}
	*now = now.Add(500 * time.Millisecond)
	if w := send(l, "a"); w.Code != http.StatusNoContent {
		t.Errorf("after the wait: %d", w.Code)
	}
	if w := send(l, "a"); w.Code != http.StatusTooManyRequests {
		t.Errorf("one more: %d", w.Code)
	}
}

func TestClientsDoNotUseUpEachOthersRequests(t *testing.T) {
	l, _ := newLimiter(Options{PerSecond: 1})
	for _, token := range []string{"a", "b", ""} {
		if w := send(l, token); w.Code != http.StatusNoContent {
			t.Errorf("client %q: %d", token, w.Code)
		}
	}
	if w := send(l, "b"); w.Code != http.StatusTooManyRequests {
		t.Errorf("b again: %d", w.Code)
	}
}

func TestTheSpellingOfCredentialsMakesNoDifference(t *testing.T) {
	l, _ := newLimiter(Options{PerSecond: 1})
	for i, header := range []string{"Bearer t", "bEARER t", "Bearer   t", " Bearer t "} {
		r := httptest.NewRequest("GET", "/Groups", nil)
		r.Header.Set("Authorization", header)
		w := httptest.NewRecorder()
		if l.ServeHTTP(w, r); (w.Code == http.StatusNoContent) != (i == 0) {
			t.Errorf("%q: %d", header, w.Code)
		}
	}
}

func TestTheNumberOfClientsIsBounded(t *testing.T) {
	l, _ := newLimiter(Options{PerSecond: 1, Clients: 10})
	for i := range 1000 {
		send(l, fmt.Sprint(i))
	}
	if n := len(l.recent) + len(l.earlier); n > 10 || n < 5 {
		t.Errorf("%d clients are remembered", n)
	}
	for i := 995; i < 1000; i++ {
		if w := send(l, fmt.Sprint(i)); w.Code != http.StatusTooManyRequests {
			t.Errorf("client %d was forgotten: %d", i, w.Code)
		}
	}
}
