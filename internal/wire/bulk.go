package wire

import (
	"encoding/json"
	"net/http"
	"strconv"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/jsontext"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// BulkOperation is an operation of a bulk request.
type BulkOperation struct {
	Method, Path, BulkID, Version string
	Data                          json.RawMessage
}

// DecodeBulk decodes the body of a bulk request (RFC 7644 §3.7) with a compiler of
// bodies. failOnErrors is 0 if it is not given. DecodeBulk returns the quirks that
// made a difference too.
func DecodeBulk(
	body []byte,
	c *patch.Compiler,
) (operations []BulkOperation, failOnErrors int, _ patch.Quirks, _ error) {
	var message struct {
		FailOnErrors int
		Operations   []BulkOperation
	}
	tolerated, err := c.Unmarshal(body, "urn:ietf:params:scim:api:messages:2.0:BulkRequest", &message)
	if err == nil && message.Operations == nil {
		err = fault.InvalidSyntax("Operations is missing")
	}
	return message.Operations, message.FailOnErrors, tolerated, err
}

// BulkResult is what became of an operation of a bulk request.
type BulkResult struct {
	Method, BulkID string
	GroupID        string        // "" if it has none
	Version        store.Version // of the group afterwards; 0: none
	Status         int
	Fault          *scimerrors.ScimError // nil: it succeeded
}

// AppendBulk appends the response to a bulk request.
func AppendBulk(b []byte, d Dialect, base string, results []BulkResult) []byte {
	b = append(b, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],"Operations":[`...)
	for i := range results {
		if i > 0 {
			b = append(b, ',')
		}
		b = results[i].append(b, d, base)
	}
	return append(b, "]}"...)
}

func (r *BulkResult) append(b []byte, d Dialect, base string) []byte {
	b = append(b, `{"method":`...)
	b = jsontext.AppendQuote(b, r.Method)
	if r.BulkID != "" {
		b = append(b, `,"bulkId":`...)
		b = jsontext.AppendQuote(b, r.BulkID)
	}
	if r.GroupID != "" && (r.Fault == nil || r.Method != http.MethodPost) {
		b = append(b, `,"location":"`...)
		b = AppendGroupURL(b, base, r.GroupID)
		b = append(b, '"')
	}
	status := r.Status
	if r.Fault != nil {
		status = r.Fault.Status
	} else if r.Version != 0 {
		b = append(b, `,"version":`...)
		b = jsontext.AppendQuote(b, r.Version.String())
	}
	b = append(b, `,"status":"`...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, '"')
	if r.Fault != nil {
		b = append(b, `,"response":`...)
		b = d.AppendError(b, *r.Fault)
	}
	return append(b, '}')
}
