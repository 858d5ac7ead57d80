package scimtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	// maxBody is how many bytes of a response are read.
	maxBody = 32 << 20
	// maxShown is how many bytes of a body a finding shows.
	maxShown = 2000
	// maxWait is the longest Retry-After that is waited for, and maxRetries how often.
	maxWait    = 2 * time.Minute
	maxRetries = 5
)

// session sends requests to a service, no faster than it may.
type session struct {
	*service
	target   Target
	interval time.Duration // between requests; 0 for none

	mu        sync.Mutex
	next      time.Time // when the next request may be sent
	requests  int
	throttled []*Exchange
}

// reply is a response that was read.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// send sends a request, and sends it again if the service says that it should be later,
// unless that is too often or too late. Headers are names and values; an empty value
// removes what would be sent otherwise.
func (s *session) send(ctx context.Context, method, url, body string, headers []string) (*reply, error) {
	for try := 0; ; try++ {
		if err := s.turn(ctx); err != nil {
			return nil, err
		}
		r, err := s.once(ctx, method, url, body, headers)
		if err != nil {
			return nil, err
		}
		wait, later := retryAfter(r)
		if !later {
			return r, nil
		}
		shown := r.show(method, url, body, headers)
		shown.Headers = nil
		if after := r.header.Get("Retry-After"); after != "" {
			shown.Headers = []string{"Retry-After: " + after}
		}
		s.mu.Lock()
		s.throttled = append(s.throttled, shown)
		s.mu.Unlock()
		if try == maxRetries || wait > maxWait {
			return r, nil
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

func (s *session) once(ctx context.Context, method, url, body string, headers []string) (*reply, error) {
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	request, err := http.NewRequestWithContext(ctx, method, url, content)
	if err != nil {
		return nil, err
	}
	h := request.Header
	h.Set("User-Agent", "scimtest")
	h.Set("Accept", mediaType+", application/json") // some know only the latter
	if body != "" {
		h.Set("Content-Type", mediaType)
	}
	if s.target.Token != "" {
		h.Set("Authorization", "Bearer "+s.target.Token)
	}
	for name, values := range s.target.Header {
		h[name] = values
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if name, value := headers[i], headers[i+1]; value == "" {
			h.Del(name)
		} else {
			h.Set(name, value)
		}
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	r := &reply{status: response.StatusCode, header: response.Header}
	if r.body, err = io.ReadAll(io.LimitReader(response.Body, maxBody)); err != nil {
		return nil, fmt.Errorf("%s %s: the body cannot be read: %w", method, url, err)
	}
	return r, nil
}

// turn waits until a request may be sent.
func (s *session) turn(ctx context.Context) error {
	return sleep(ctx, s.book(1))
}

// book counts n requests and returns how long to wait before the first.
func (s *session) book(n int) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests += n
	now := time.Now()
	if s.next.Before(now) {
		s.next = now
	}
	wait := s.next.Sub(now)
	s.next = s.next.Add(time.Duration(n) * s.interval)
	return wait
}

func (s *session) sent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// retryAfter returns how long to wait before a request is sent again, if it should be.
func retryAfter(r *reply) (wait time.Duration, later bool) {
	after := r.header.Get("Retry-After")
	if r.status != http.StatusTooManyRequests && (r.status != http.StatusServiceUnavailable || after == "") {
		return 0, false
	}
	wait = time.Second
	if seconds, err := strconv.Atoi(after); err == nil {
		wait = time.Duration(max(seconds, 0)) * time.Second
	} else if at, err := http.ParseTime(after); err == nil {
		wait = max(time.Until(at), 0)
	}
	return wait, true
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// show returns what a finding shows of an exchange. Only headers that a rule chose are
// in it, and never a credential.
func (r *reply) show(method, url, body string, headers []string) *Exchange {
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(body)) == nil {
		body = compact.String()
	}
	e := &Exchange{Method: method, URL: url, Request: cut(body), Status: r.status, Response: cut(string(r.body))}
	for i := 0; i+1 < len(headers); i += 2 {
		if name, value := headers[i], headers[i+1]; value != "" && !strings.EqualFold(name, "Authorization") {
			e.Headers = append(e.Headers, name+": "+value)
		}
	}
	return e
}

// cut returns the beginning of a text, as valid UTF-8.
func cut(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= maxShown {
		return s
	}
	end := maxShown
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
