package wire

import (
	"net/url"
	"strings"
)

// AppendGroupURL appends the URL of a group below a base URL.
func AppendGroupURL(b []byte, base, id string) []byte {
	b = append(b, base...)
	b = append(b, "/Groups/"...)
	return appendPathEscaped(b, id)
}

func appendPathEscaped(b []byte, s string) []byte {
	if unreserved(s) {
		return append(b, s...)
	}
	return append(b, url.PathEscape(s)...)
}

// unreserved reports whether s stands in a URL as it is.
func unreserved(s string) bool {
	var other uint8
	for i := 0; i < len(s); i++ {
		other |= reserved[s[i]] // no branch for each of many bytes
	}
	return other == 0
}

// reserved is 0 for the characters of RFC 3986 §2.3, which need no escape.
var reserved = func() (is [256]uint8) {
	for c := range is {
		is[c] = 1
	}
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~") {
		is[c] = 0
	}
	return is
}()

// absolute returns a reference as a URL. A relative one is below the base URL.
func absolute(base, ref string) string {
	if strings.Contains(ref, "://") || strings.HasPrefix(ref, "urn:") {
		return ref
	}
	return base + "/" + strings.TrimLeft(ref, "/")
}
