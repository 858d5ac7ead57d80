package wire

import (
	"net/http"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/jsontext"
)

// WorkspaceONE is the flavor of SCIM 1.1 of VMware (now Omnissa) Workspace ONE
// Access.
var WorkspaceONE Dialect = workspaceONE{}

type workspaceONE struct{ scim11 }

// Methods leaves out PUT.
func (d workspaceONE) Methods(e Endpoint) string {
	if e == GroupEndpoint {
		return "GET, HEAD, PATCH, DELETE, OPTIONS"
	}
	return d.scim11.Methods(e)
}

// Index refuses negative numbers too. Its errors are 404.
func (d workspaceONE) Index(name, text string) (int, error) {
	n, err := d.scim11.Index(name, text)
	if err != nil {
		return 0, fault.New(http.StatusNotFound, "%s must be an integer", name)
	}
	if n < 0 {
		return 0, fault.New(http.StatusNotFound, "%s must not be negative", name)
	}
	return n, nil
}

func (workspaceONE) RefusesUnknownNames() bool { return true }

// SelectsNothing reports whether a filter was escaped twice.
func (workspaceONE) SelectsNothing(filter string) bool { return strings.Contains(filter, "%2") }

// Define lets the attributes of extensions be named without their URN.
func (d workspaceONE) Define(t *filter.Definition) {
	d.scim11.Define(t)
	t.BareExtensionNames = true
}

// workspaceCodes are the codes of errors by their status.
var workspaceCodes = map[int]string{
	http.StatusBadRequest:            "bad.request",
	http.StatusUnauthorized:          "unauthorized",
	http.StatusForbidden:             "forbidden",
	http.StatusNotFound:              "not.found",
	http.StatusMethodNotAllowed:      "method.not.allowed",
	http.StatusConflict:              "conflict",
	http.StatusPreconditionFailed:    "precondition.failed",
	http.StatusRequestEntityTooLarge: "request.too.large",
	http.StatusUnsupportedMediaType:  "unsupported.media.type",
	http.StatusTooManyRequests:       "too.many.requests",
	http.StatusNotImplemented:        "not.implemented",
	http.StatusServiceUnavailable:    "unavailable",
}

func (workspaceONE) AppendError(b []byte, e scimerrors.ScimError) []byte {
	code, ok := workspaceCodes[e.Status]
	if !ok {
		code = "internal.error"
	}
	b = append(b, `{"errors":[{"code":`...)
	b = jsontext.AppendQuote(b, code)
	b = append(b, `,"message":`...)
	b = jsontext.AppendQuote(b, e.Detail)
	return append(b, `,"parameters":null}]}`...)
}

// SchemaFilter requires a filter.
func (d workspaceONE) SchemaFilter(text string, _ bool) (name string, one bool, err error) {
	return d.scim11.SchemaFilter(text, true)
}
