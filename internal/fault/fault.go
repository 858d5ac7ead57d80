// Package fault makes the errors that are a client's fault (RFC 7644 §3.12): values of
// the type ScimError of elimity-com/scim.
package fault

import (
	"errors"
	"fmt"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
)

// New returns an error with a status and no scimType.
func New(status int, format string, args ...any) error {
	return scimerrors.ScimError{Status: status, Detail: fmt.Sprintf(format, args...)}
}

// BadRequest returns an error with status 400 and a scimType (RFC 7644, table 9).
func BadRequest(t scimerrors.ScimType, format string, args ...any) error {
	return scimerrors.ScimError{Status: 400, ScimType: t, Detail: fmt.Sprintf(format, args...)}
}

// InvalidFilter returns an error with the scimType invalidFilter.
func InvalidFilter(format string, args ...any) error {
	return BadRequest(scimerrors.ScimTypeInvalidFilter, format, args...)
}

// InvalidPath returns an error with the scimType invalidPath.
func InvalidPath(format string, args ...any) error {
	return BadRequest(scimerrors.ScimTypeInvalidPath, format, args...)
}

// InvalidSyntax returns an error with the scimType invalidSyntax.
func InvalidSyntax(format string, args ...any) error {
	return BadRequest(scimerrors.ScimTypeInvalidSyntax, format, args...)
}

// InvalidValue returns an error with the scimType invalidValue.
func InvalidValue(format string, args ...any) error {
	return BadRequest(scimerrors.ScimTypeInvalidValue, format, args...)
}

// Mutability returns an error with the scimType mutability.
func Mutability(format string, args ...any) error {
	return BadRequest(scimerrors.ScimTypeMutability, format, args...)
}

// NoTarget returns an error with the scimType noTarget.
func NoTarget(format string, args ...any) error {
	return BadRequest(scimerrors.ScimTypeNoTarget, format, args...)
}

// TooMany returns an error with the scimType tooMany.
func TooMany(format string, args ...any) error {
	return BadRequest(scimerrors.ScimTypeTooMany, format, args...)
}

// Within returns err with the place where it was found in front of its detail.
func Within(place string, err error) error {
	var e scimerrors.ScimError
	if !errors.As(err, &e) {
		return fmt.Errorf("%s: %w", place, err)
	}
	e.Detail = place + ": " + e.Detail
	return e
}

// Shorten cuts a text of a client to at most 80 bytes and an ellipsis, so that it does
// not fill an error or a log.
func Shorten(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
