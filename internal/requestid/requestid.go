// Package requestid decides which ids of requests are fit for logs and events.
package requestid

import "net/http"

// maxLength of an id that a client may choose, in bytes.
const maxLength = 64

// Of is the X-Request-Id of a request, or "" if it has none that is short and plain.
func Of(h http.Header) string {
	id := h.Get("X-Request-Id")
	if len(id) > maxLength {
		return ""
	}
	for i := range len(id) {
		if c := id[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return ""
		}
	}
	return id
}
