package scim

import (
	"net/http"
	"net/url"
	"strings"
)

// baseOf is the base URL of a request: the configured one, or else what the
// request says of itself.
func (h *Handler) baseOf(r *http.Request, tail string) string {
	if h.base != "" {
		return h.base
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	// http.StripPrefix changes URL.Path but not RequestURI.
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if i := strings.Index(path, "://"); i >= 0 { // absolute-form (RFC 9112 §3.2.2)
		path = path[i+3:]
		if i = strings.IndexByte(path, '/'); i >= 0 {
			path = path[i:]
		}
	}
	if tail == "" || !strings.HasSuffix(path, tail) {
		path = r.URL.EscapedPath()
	}
	path = strings.TrimRight(strings.TrimSuffix(path, tail), "/")
	if plain(r.Host) && plain(path) {
		return scheme + r.Host + path
	}
	// What a client may write into a request line or a Host header need not be
	// fit for a URL.
	u := url.URL{Scheme: strings.TrimSuffix(scheme, "://"), Host: r.Host, RawPath: path}
	if unescaped, err := url.PathUnescape(path); err == nil {
		u.Path = unescaped
	}
	return u.String()
}

// plain reports whether s has nothing but characters that may stand in a URL as
// they are.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			strings.IndexByte("-_.~/:[]", c) >= 0 {
			continue
		}
		return false
	}
	return true
}
