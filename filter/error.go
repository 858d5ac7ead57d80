package filter

import (
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/elimity-com/scim/errors"
)

// Error says what is wrong with a filter or a path, and where. errors.As finds
// in it the errors.ScimError (status 400, invalidFilter or invalidPath) that a
// server answers with.
type Error struct {
	// Offset is where the trouble starts, in bytes from the start of the text.
	Offset int
	// Token is the part of the text that is wrong, shortened; "" at the end.
	Token string
	// Reason says what is wrong with it.
	Reason string
	// Unknown says that the text is well formed, but names an attribute that the
	// resource type does not have.
	Unknown bool

	path bool // the text is a path
}

// Error names the reason, the token and the offset.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("filter: at offset ")
	b.WriteString(strconv.Itoa(e.Offset))
	if e.Token != "" {
		b.WriteString(", ")
		b.WriteString(strconv.Quote(e.Token))
	}
	b.WriteString(": ")
	b.WriteString(e.Reason)
	return b.String()
}

// Unwrap is the errors.ScimError that tells the client.
func (e *Error) Unwrap() error {
	what, scimType := "filter", errors.ScimTypeInvalidFilter
	if e.path {
		what, scimType = "path", errors.ScimTypeInvalidPath
	}
	detail := "Invalid " + what + " at offset " + strconv.Itoa(e.Offset)
	if e.Token != "" {
		detail += ", " + strconv.Quote(e.Token)
	}
	return errors.ScimError{ScimType: scimType, Detail: detail + ": " + e.Reason + ".", Status: http.StatusBadRequest}
}

// maxToken is how much of the text an error repeats, in bytes.
const maxToken = 40

// shorten cuts s to what an error repeats of it, between two runes.
func shorten(s string) string {
	if len(s) <= maxToken {
		return s
	}
	end := maxToken
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
