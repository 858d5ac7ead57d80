package elimitygroups

import (
	"net/http"
	"strings"

	"github.com/scimgroups/scimgroups/store"
)

// preconditionOf is the If-Match and If-None-Match of a write (RFC 9110 §13.1). Both
// compare weakly: the tags of RFC 7644 §3.14 are weak.
func preconditionOf(r *http.Request) func(head store.Group) error {
	match, hasMatch := r.Header["If-Match"]
	none, hasNone := r.Header["If-None-Match"]
	return func(head store.Group) error {
		if hasMatch && !names(match, head.Version) || hasNone && names(none, head.Version) {
			return store.ErrVersionMismatch
		}
		return nil
	}
}

// names reports whether a list of entity-tags names the version, or any. Some clients
// leave out the quotes.
func names(header []string, v store.Version) bool {
	own := opaque(v.String())
	for _, list := range header {
		for _, tag := range strings.Split(list, ",") {
			if tag = strings.TrimSpace(tag); tag == "*" || opaque(tag) == own {
				return true
			}
		}
	}
	return false
}

func opaque(tag string) string { return strings.Trim(strings.TrimPrefix(tag, "W/"), `"`) }
