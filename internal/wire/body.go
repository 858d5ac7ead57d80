package wire

import (
	"mime"
	"strings"
)

// AcceptedMediaTypes are the media types of bodies, as the Accept header lists them
// (RFC 7644 §3.8, §8.1).
const AcceptedMediaTypes = "application/scim+json, application/json"

// AcceptsContentType reports whether a Content-Type is one of AcceptedMediaTypes, in
// UTF-8. None at all is taken for one.
func AcceptsContentType(value string) bool {
	if value == "" || value == "application/scim+json" || value == "application/json" {
		return true
	}
	kind, params, err := mime.ParseMediaType(value)
	if err != nil || kind != "application/scim+json" && kind != "application/json" {
		return false
	}
	charset := params["charset"]
	return charset == "" || strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}

// AcceptsContentEncoding reports whether a Content-Encoding leaves a body as it is.
func AcceptsContentEncoding(value string) bool {
	return value == "" || strings.EqualFold(value, "identity")
}
