package wire

import (
	"net/http"

	scimerrors "github.com/elimity-com/scim/errors"
)

// badRequest returns an error of status 400.
func badRequest(t scimerrors.ScimType, detail string) error {
	return scimerrors.ScimError{Status: http.StatusBadRequest, ScimType: t, Detail: detail}
}

// failure returns an error that has no scimType.
func failure(status int, detail string) error {
	return scimerrors.ScimError{Status: status, Detail: detail}
}
