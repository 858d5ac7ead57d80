package filter

import (
	"strconv"
	"strings"

	"github.com/scimgroups/scimgroups/internal/fault"
)

// Error is an error in a filter or a path. errors.As finds in it the errors.ScimError
// (status 400, invalidFilter or invalidPath) for the response.
type Error struct {
	// Offset is where the error is, in bytes from the start of the text.
	Offset int
	// Token is the part of the text that is wrong, shortened. It is empty at the end.
	Token string
	// Reason says what is wrong with it.
	Reason string
	// Unknown means that the text is well formed, but names an attribute that the
	// resource type does not have.
	Unknown bool

	path bool // the text is a path
}

// Error returns the offset, the token and the reason.
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

// Unwrap returns the errors.ScimError for the response.
func (e *Error) Unwrap() error {
	token := ""
	if e.Token != "" {
		token = ", " + strconv.Quote(e.Token)
	}
	if e.path {
		return fault.InvalidPath("Invalid path at offset %d%s: %s.", e.Offset, token, e.Reason)
	}
	return fault.InvalidFilter("Invalid filter at offset %d%s: %s.", e.Offset, token, e.Reason)
}
