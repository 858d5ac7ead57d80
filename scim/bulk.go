package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// bulkIDPrefix stands before the bulkId of another operation where a value or a
// path means the resource that it creates (RFC 7644 §3.7.2).
const bulkIDPrefix = "bulkId:"

// bulk answers POST /Bulk (RFC 7644 §3.7).
//
// Operations run one after the other, each in a transaction of its own. Where an
// operation needs the id of a group that a later one creates, it waits for it, and
// so do later operations on the same group. A new group does not wait for its
// members: those that do not exist yet are linked when they do, so that groups may
// refer to each other in circles. If one of them cannot be created after all, the
// groups that wait for it are taken back, since they cannot be what was asked for.
func (x *exchange) bulk() error {
	body, err := x.body()
	if err != nil {
		return err
	}
	operations, failOnErrors, tolerated, err := wire.DecodeBulk(body, x.compiler())
	x.used |= tolerated
	if err != nil {
		return err
	}
	if most := x.h.config.Limits.MaxBulkOperations; len(operations) > most {
		return fault.New(http.StatusRequestEntityTooLarge, "the request has more than %d operations (maxOperations)", most)
	}
	job := bulkJob{x: x, operations: make([]bulkOperation, len(operations)), failOnErrors: failOnErrors, creators: make(map[string]*bulkOperation), dependents: make(map[string][]*bulkOperation)}
	defer job.forward()
	for i := range operations {
		job.operations[i].BulkOperation = operations[i]
	}
	job.prepare()
	job.run()
	x.send(http.StatusOK, wire.AppendBulk(nil, x.h.dialect, x.base(), job.results()))
	return nil
}

// bulkOperation is one operation and what came of it.
type bulkOperation struct {
	wire.BulkOperation

	needs   []string        // bulkIds that must have an id before it can run
	members []string        // bulkIds of members of the group that it creates
	circle  *bulkCircle     // of the group that it creates
	links   []store.Member  // members that it gets when they are all there
	awaits  map[string]bool // bulkIds of those that are not
	done    bool
	status  int
	fault   error
	id      string        // of the group
	after   store.Version // of the group
}

type bulkJob struct {
	x            *exchange
	operations   []bulkOperation
	failOnErrors int
	faults       int
	creators     map[string]*bulkOperation   // by bulkId
	dependents   map[string][]*bulkOperation // by bulkId: those that create groups which need it
	undoing      context.Context             // of what is being taken back, if something is
	undone       context.CancelFunc          // ends it
}

// prepare finds out which operation needs which, and what is wrong with those
// that refer to others at first sight.
func (j *bulkJob) prepare() {
	for i := range j.operations {
		op := &j.operations[i]
		op.Method = strings.ToUpper(op.Method)
		if op.Method != http.MethodPost || op.BulkID == "" {
			continue
		}
		if j.creators[op.BulkID] != nil {
			op.fault = fault.InvalidValue("duplicate bulkId %q", fault.Shorten(op.BulkID))
			continue
		}
		j.creators[op.BulkID] = op
	}
	for i := range j.operations {
		op := &j.operations[i]
		if id, ok := bulkReference(op.Path); ok {
			op.needs = append(op.needs, id)
		}
		// A prefix may be written with escapes.
		if op.fault == nil && (bytes.Contains(op.Data, []byte(bulkIDPrefix)) || bytes.Contains(op.Data, []byte(`\u`))) {
			op.fault = j.references(op)
		}
		if j.creators[op.BulkID] != op {
			continue
		}
		for id := range op.dependencies() {
			j.dependents[id] = append(j.dependents[id], op)
		}
	}
	j.findCircles()
}

// references compiles an operation without running it, to see to what it refers.
func (j *bulkJob) references(op *bulkOperation) error {
	post := op.Method == http.MethodPost
	members, others := make(map[string]bool), make(map[string]bool)
	compiler := j.resolving(func(text string, use patch.IDUse) (string, bool) {
		id, ok := j.reference(text, use)
		switch {
		case !ok:
		case post && use == patch.MemberID && !members[id]:
			members[id] = true
			op.members = append(op.members, id)
		case !(post && use == patch.MemberID) && !others[id]:
			others[id] = true
			op.needs = append(op.needs, id)
		}
		return text, ok
	})
	kind := OperationReplace // whose body is that of a POST
	if op.Method == http.MethodPatch {
		kind = OperationPatch
	}
	_, err := j.x.compileWith(compiler, kind, op.Data)
	return err
}

// bulkReference answers the bulkId that a value or a path refers to: bulkId:x, or
// the path of a resource that ends with it.
func bulkReference(text string) (id string, ok bool) {
	if i := strings.LastIndexByte(text, '/'); i >= 0 {
		text = text[i+1:]
	}
	return strings.CutPrefix(text, bulkIDPrefix)
}

// reference is bulkReference for a string that may be text as well: then it must
// name an operation of the request.
func (j *bulkJob) reference(text string, use patch.IDUse) (id string, ok bool) {
	id, ok = bulkReference(text)
	return id, ok && (use != patch.TextID || j.creators[id] != nil)
}

// run executes operations in order, as often as that brings one forward.
func (j *bulkJob) run() {
	var late error // why it ended before its end
	for progress := true; progress && late == nil; {
		progress = false
		waiting := make(map[string]bool) // groups with an operation that waits
		for i := range j.operations {
			op := &j.operations[i]
			if op.done {
				continue
			}
			if late = j.x.ctx.Err(); late != nil || j.stopped() {
				break
			}
			rt, resolved := j.target(op)
			if op.fault == nil && (!resolved || !j.ready(op) || rt.ID != "" && waiting[rt.ID]) {
				waiting[rt.ID] = true
				continue
			}
			progress = true
			j.forward()
			if op.fault == nil {
				op.fault = j.one(op, rt)
			}
			j.finish(op)
		}
	}
	if late != nil {
		late = j.x.told(late)
	}
	for i := range j.operations {
		if op := &j.operations[i]; !op.done && !j.stopped() {
			if op.fault = late; late == nil {
				op.fault = unresolved(op.needs...)
			}
			j.finish(op)
		}
	}
	for i := range j.operations {
		// A job that ended at its errors has left groups without their members.
		if op := &j.operations[i]; op.done && op.fault == nil && len(op.links) > 0 {
			j.undo(op, unresolved(j.lost(op)))
		}
	}
}

func (j *bulkJob) stopped() bool { return j.failOnErrors > 0 && j.faults >= j.failOnErrors }

// lost names a member of a group that is not there.
func (j *bulkJob) lost(op *bulkOperation) string {
	for _, id := range op.members {
		if _, ok := j.created(id); !ok {
			return id
		}
	}
	return ""
}

// unresolved is the fault of an operation whose references lead nowhere.
func unresolved(ids ...string) error {
	detail := "the operation waits for one that cannot run"
	if len(ids) > 0 {
		detail = fmt.Sprintf("the bulkId %q cannot be resolved", fault.Shorten(ids[0]))
	}
	return scimerrors.ScimError{Status: http.StatusConflict, Detail: detail}
}

// created answers the id of the group that an operation has created.
func (j *bulkJob) created(bulkID string) (string, bool) {
	creator := j.creators[bulkID]
	if creator == nil || !creator.done || creator.fault != nil {
		return "", false
	}
	return creator.id, true
}

// target routes the path of an operation, with the id of a created group in it;
// ok is false if that group is not there yet. If it never will be that is the fault
// of the operation.
func (j *bulkJob) target(op *bulkOperation) (rt wire.Route, ok bool) {
	path := op.Path
	if bulkID, refers := bulkReference(path); refers {
		id, ok := j.created(bulkID)
		if creator := j.creators[bulkID]; !ok && op.fault == nil && (creator == nil || creator.done) {
			op.fault = unresolved(bulkID)
		}
		if !ok {
			return wire.Route{}, false
		}
		path = strings.TrimSuffix(path, bulkIDPrefix+bulkID) + url.PathEscape(id)
	}
	return j.x.h.router.Route(path), true
}

// finish notes what came of an operation, and gives the group that it created to
// those that have been waiting for it.
func (j *bulkJob) finish(op *bulkOperation) {
	op.done = true
	if op.fault != nil {
		j.faults++
	}
	if j.creators[op.BulkID] != op {
		return
	}
	for _, other := range j.dependents[op.BulkID] {
		switch {
		case !other.done || other.fault != nil:
		case op.fault != nil:
			j.undo(other, unresolved(op.BulkID))
		case other.awaits[op.BulkID]:
			if delete(other.awaits, op.BulkID); len(other.awaits) > 0 {
				continue
			}
			if err := j.link(other); err != nil {
				j.undo(other, err)
			}
		}
	}
	op.circle.settle()
}

// one runs an operation. A panic of a hook or the store is its fault alone.
func (j *bulkJob) one(op *bulkOperation, rt wire.Route) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = asPanic(p)
		}
	}()
	x := j.x
	switch {
	case op.Method == "":
		return fault.InvalidSyntax("method is missing")
	case op.Path == "":
		return fault.InvalidSyntax("path is missing")
	case rt.Endpoint == wire.NoEndpoint || strings.ContainsAny(op.Path, "?#"):
		return fault.New(http.StatusNotFound, "there is no endpoint %q", fault.Shorten(op.Path))
	case rt.Endpoint != wire.GroupsEndpoint && rt.Endpoint != wire.GroupEndpoint:
		return fault.New(http.StatusNotImplemented, "only groups can be changed in bulk")
	}
	op.id = rt.ID
	var conditions service.Preconditions
	if op.Version != "" {
		conditions = service.ParsePreconditions([]string{op.Version}, nil)
	}
	switch {
	case rt.Endpoint == wire.GroupsEndpoint && op.Method == http.MethodPost:
		return j.create(op)
	case rt.Endpoint == wire.GroupEndpoint && op.Method == http.MethodPut:
		return j.change(op, OperationReplace, conditions)
	case rt.Endpoint == wire.GroupEndpoint && op.Method == http.MethodPatch:
		return j.change(op, OperationPatch, conditions)
	case rt.Endpoint == wire.GroupEndpoint && op.Method == http.MethodDelete:
		op.status = http.StatusNoContent
		if err := x.authorize(OperationDelete, op.id); err != nil {
			return err
		}
		return x.remove(op.id, conditions)
	}
	return fault.New(http.StatusMethodNotAllowed, "the method does not go with the path")
}

// resolving is the compiler of the request with a way to resolve ids.
func (j *bulkJob) resolving(resolve func(text string, use patch.IDUse) (id string, later bool)) *patch.Compiler {
	return j.x.service().Resolving(j.x.quirks, resolve)
}

// compiler resolves the references of an operation to groups that have been
// created, and notes the first that leads nowhere. mayWait leaves members that are
// groups which are still to be created as they are.
func (j *bulkJob) compiler(lost *string, mayWait bool) *patch.Compiler {
	return j.resolving(func(text string, use patch.IDUse) (id string, later bool) {
		bulkID, ok := j.reference(text, use)
		if !ok {
			return text, false
		}
		if id, ok := j.created(bulkID); ok {
			if prefix := strings.TrimSuffix(text, bulkIDPrefix+bulkID); prefix != "" {
				return prefix + url.PathEscape(id), false
			}
			return id, false
		}
		if creator := j.creators[bulkID]; (creator == nil || creator.done || !mayWait || use != patch.MemberID) && *lost == "" {
			*lost = bulkID
		}
		return text, true
	})
}

func (j *bulkJob) create(op *bulkOperation) error {
	if op.BulkID == "" {
		return fault.InvalidSyntax("a POST needs a bulkId")
	}
	if err := j.x.authorize(OperationCreate, ""); err != nil {
		return err
	}
	if isMissing(op.Data) {
		return errNoData
	}
	var lost string
	resource, err := j.x.resource(j.compiler(&lost, true), op.Data)
	if err != nil {
		return err
	}
	if lost != "" {
		return unresolved(lost)
	}
	op.awaits = make(map[string]bool)
	resource, err = resource.MapMembers(func(members []store.Member) ([]store.Member, error) {
		return slices.DeleteFunc(members, func(m store.Member) bool {
			id, ok := bulkReference(m.Value)
			if ok && !op.awaits[id] {
				op.awaits[id] = true
				op.links = append(op.links, m)
			}
			return ok
		}), nil
	})
	if err != nil {
		return err
	}
	created, err := j.x.create(resource)
	op.id, op.after, op.status = created.ID, created.Version, http.StatusCreated
	return err
}

var errNoData = fault.InvalidSyntax("data is missing")

func isMissing(data json.RawMessage) bool { return len(data) == 0 || string(data) == "null" }

func (j *bulkJob) change(op *bulkOperation, kind Operation, conditions service.Preconditions) error {
	if err := j.x.authorize(kind, op.id); err != nil {
		return err
	}
	if isMissing(op.Data) {
		return errNoData
	}
	var lost string
	edit, err := j.x.compileWith(j.compiler(&lost, false), kind, op.Data)
	if err != nil {
		return err
	}
	if lost != "" {
		return unresolved(lost)
	}
	change, err := j.x.change(kind.event(), op.id, edit, conditions)
	op.after, op.status = change.Group.Version, http.StatusOK
	return err
}

// link gives a group the members that it has been waiting for, as one PATCH would.
func (j *bulkJob) link(op *bulkOperation) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = asPanic(p)
		}
	}()
	j.forward()
	members := op.links
	op.links = nil
	for i := range members {
		m := &members[i]
		bulkID, _ := bulkReference(m.Value)
		id, ok := j.created(bulkID)
		if !ok {
			return unresolved(bulkID)
		}
		if f := j.x.h.config.CanonicalMember; f != nil {
			id = f(id)
		}
		m.Value, m.Type, m.Ref = id, store.ResourceType, ""
	}
	if j.x.h.config.MemberResolver != nil {
		if members, err = j.x.resolveMembers(members); err != nil {
			return err
		}
	}
	change, err := j.x.groups.Update(j.x.origin(store.OperationPatch), op.id, store.Update{Members: store.MemberEdits{{Op: store.AddMembers, Members: members}}})
	if err != nil {
		return err
	}
	op.after = change.Group.Version
	if change.Changed {
		j.x.changed(store.OperationPatch, change)
	}
	return nil
}

// undo takes back the creation of a group that cannot have what it needs, and then
// those of the groups that need it.
func (j *bulkJob) undo(op *bulkOperation, fault error) {
	op.fault = fault
	j.faults++
	if err := j.takeBack(op); err != nil {
		j.x.tell(err)
	}
	for _, other := range j.dependents[op.BulkID] {
		if other.done && other.fault == nil {
			j.undo(other, unresolved(op.BulkID))
		}
	}
}

// undoWithin is the time to take groups back in that cannot be what was asked for,
// from one operation that goes forward to the next.
var undoWithin = 10 * time.Second

// forward ends the time to take groups back in: the next that has to be gets its own.
func (j *bulkJob) forward() {
	if j.undoing != nil {
		j.undone()
		j.undoing = nil
	}
}

func (j *bulkJob) takeBack(op *bulkOperation) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = asPanic(p)
		}
	}()
	if j.undoing == nil {
		// That the client has gone or the time is over may be why it is needed.
		j.undoing, j.undone = context.WithTimeout(context.WithoutCancel(j.x.ctx), undoWithin)
	}
	defer func(ctx context.Context) { j.x.ctx = ctx }(j.x.ctx)
	j.x.ctx = j.undoing
	if err := j.x.remove(op.id, service.Preconditions{}); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

// results are those of the operations that were done.
func (j *bulkJob) results() []wire.BulkResult {
	var out []wire.BulkResult
	for i := range j.operations {
		op := &j.operations[i]
		if !op.done {
			continue
		}
		r := wire.BulkResult{Method: op.Method, BulkID: op.BulkID, GroupID: op.id, Version: op.after, Status: op.status}
		if op.fault != nil {
			e := j.x.told(op.fault)
			r.Fault = &e
		}
		out = append(out, r)
	}
	return out
}
