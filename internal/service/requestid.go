package service

// maxRequestID is the length of the longest request id that a client may choose, in
// bytes.
const maxRequestID = 64

// RequestID returns the id that a client has given its request, if that is short and
// plain enough for logs and events, or else "".
func RequestID(id string) string {
	if len(id) > maxRequestID {
		return ""
	}
	for i := range len(id) {
		if c := id[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return ""
		}
	}
	return id
}
