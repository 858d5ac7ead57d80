package scim

import (
	"net/http"
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/store"
)

// undoWithin is the time for taking back groups of a bulk request that cannot be what was
// asked for.
var undoWithin = 10 * time.Second

// bulk serves POST /Bulk (RFC 7644 §3.7).
func (x *exchange) bulk() (response, error) {
	body, err := x.body()
	if err != nil {
		return response{}, err
	}
	operations, failOnErrors, tolerated, err := wire.DecodeBulk(body, x.compiler())
	x.seen.used |= tolerated
	if err != nil {
		return response{}, err
	}
	if most := x.h.config.Limits.MaxBulkOperations; len(operations) > most {
		return response{}, fault.New(
			http.StatusRequestEntityTooLarge,
			"the request has more than %d operations (maxOperations)",
			most,
		)
	}
	b := service.Bulk{
		Operations: make([]service.BulkOperation, len(operations)), FailOnErrors: failOnErrors,
		Quirks: x.quirks, Patch: x.h.dialect.Patch, UndoWithin: undoWithin,
		Authorize: func(op store.Operation, groupID string) (*service.Caller, error) {
			err := x.authorize(Operation(op), groupID)
			return x.caller(), err
		},
		Report: func(err error) { x.tell(err) },
	}
	for i := range operations {
		b.Operations[i] = x.h.bulkOperation(&operations[i])
	}
	out := x.service().Bulk(x.ctx, &b)
	x.seen.used |= out.Tolerated
	x.seen.added += out.Added
	x.seen.removed += out.Removed
	var results []wire.BulkResult
	for i, r := range out.Results {
		if r.Done {
			results = append(results, x.bulkResult(&operations[i], &b.Operations[i], &r))
		}
	}
	return response{status: http.StatusOK, body: wire.AppendBulk(nil, x.h.dialect, x.base(), results)}, nil
}

// bulkMethods are the methods of operations.
var bulkMethods = map[string]store.Operation{
	http.MethodPost: store.OperationCreate, http.MethodPut: store.OperationReplace,
	http.MethodPatch: store.OperationPatch, http.MethodDelete: store.OperationDelete,
}

// bulkOperation finds out what an operation is to do, and to which group.
func (h *Handler) bulkOperation(o *wire.BulkOperation) service.BulkOperation {
	o.Method = strings.ToUpper(o.Method)
	op := service.BulkOperation{Operation: bulkMethods[o.Method], BulkID: o.BulkID, Data: o.Data}
	if o.Version != "" {
		op.If = service.ParsePreconditions([]string{o.Version}, nil).Condition()
	}
	path := o.Path
	before, bulkID, refers := service.CutBulkReference(path)
	if refers {
		op.GroupRef = &bulkID
		path = before + "id" // which is not known yet
	}
	rt := h.router.Route(path)
	switch {
	case o.Method == "":
		op.Err = fault.InvalidSyntax("method is missing")
	case o.Path == "":
		op.Err = fault.InvalidSyntax("path is missing")
	case rt.Endpoint == wire.NoEndpoint || strings.ContainsAny(o.Path, "?#"):
		op.Err = fault.New(http.StatusNotFound, "there is no endpoint %q", fault.Shorten(o.Path))
	case rt.Endpoint != wire.GroupsEndpoint && rt.Endpoint != wire.GroupEndpoint:
		op.Err = fault.New(http.StatusNotImplemented, "only groups can be changed in bulk")
	case op.Operation == "" || (rt.Endpoint == wire.GroupsEndpoint) != (op.Operation == store.OperationCreate):
		op.Err = fault.New(http.StatusMethodNotAllowed, "the method does not go with the path")
		fallthrough
	default:
		if !refers {
			op.GroupID = rt.ID
		}
	}
	return op
}

// bulkResult tells what became of an operation.
func (x *exchange) bulkResult(o *wire.BulkOperation, op *service.BulkOperation, r *service.BulkResult) wire.BulkResult {
	result := wire.BulkResult{
		Method:  o.Method,
		BulkID:  o.BulkID,
		GroupID: r.GroupID,
		Version: r.Version,
		Status:  http.StatusOK,
	}
	switch op.Operation {
	case store.OperationCreate:
		result.Status = http.StatusCreated
	case store.OperationDelete:
		result.Status = http.StatusNoContent
	}
	if r.Err != nil {
		e := x.told(r.Err)
		result.Fault = &e
	}
	return result
}
