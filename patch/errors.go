package patch

import (
	"errors"
	"fmt"
	"net/http"

	scimerrors "github.com/elimity-com/scim/errors"
)

// fault is a client's mistake (RFC 7644 §3.12, table 9).
func fault(t scimerrors.ScimType, format string, args ...any) error {
	return scimerrors.ScimError{Status: http.StatusBadRequest, ScimType: t, Detail: fmt.Sprintf(format, args...)}
}

func invalidSyntax(format string, args ...any) error {
	return fault(scimerrors.ScimTypeInvalidSyntax, format, args...)
}

func invalidValue(format string, args ...any) error {
	return fault(scimerrors.ScimTypeInvalidValue, format, args...)
}

func invalidPath(format string, args ...any) error {
	return fault(scimerrors.ScimTypeInvalidPath, format, args...)
}

func mutability(format string, args ...any) error {
	return fault(scimerrors.ScimTypeMutability, format, args...)
}

func noTarget(format string, args ...any) error {
	return fault(scimerrors.ScimTypeNoTarget, format, args...)
}

// within puts the place where a fault was found in front of its detail.
func within(place string, err error) error {
	var se scimerrors.ScimError
	if !errors.As(err, &se) {
		return fmt.Errorf("%s: %w", place, err)
	}
	se.Detail = place + ": " + se.Detail
	return se
}
