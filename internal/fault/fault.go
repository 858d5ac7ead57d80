// Package fault makes the errors that are a client's fault (RFC 7644 §3.12).
package fault

import (
	"net/http"

	scimerrors "github.com/elimity-com/scim/errors"
)

// BadRequest returns an error with status 400.
func BadRequest(t scimerrors.ScimType, detail string) error {
	return scimerrors.ScimError{Status: http.StatusBadRequest, ScimType: t, Detail: detail}
}
