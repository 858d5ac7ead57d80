package service

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// bulkIDPrefix stands before the bulkId of another operation where a value or a path
// means the resource that the operation creates (RFC 7644 §3.7.2).
const bulkIDPrefix = "bulkId:"

// CutBulkReference returns what stands before a reference to the bulkId of another
// operation, and the bulkId: the text is bulkId:x, or the path of a resource that ends
// with it.
func CutBulkReference(text string) (before, bulkID string, ok bool) {
	before = text[:strings.LastIndexByte(text, '/')+1]
	bulkID, ok = strings.CutPrefix(text[len(before):], bulkIDPrefix)
	return before, bulkID, ok
}

// Bulk is a bulk request (RFC 7644 §3.7).
type Bulk struct {
	Operations []BulkOperation
	// FailOnErrors is the number of errors after which the request ends, or 0 if it does
	// not.
	FailOnErrors int

	// Quirks are those that the bodies may have.
	Quirks patch.Quirks
	// Patch compiles the body of a PATCH.
	Patch func(c *patch.Compiler, body []byte) (*patch.Edit, error)
	// Authorize returns the Caller for whom an operation is done, or an error if the
	// subject must not do it to the group. A group that is to be created has no id.
	Authorize func(op store.Operation, groupID string) (*Caller, error)
	// Report is called with errors that are not part of a result.
	Report func(err error)
	// UndoWithin is the time for taking groups back between two operations.
	UndoWithin time.Duration
}

// BulkOperation is an operation of a bulk request.
type BulkOperation struct {
	// Operation is "" if the method is not that of one.
	Operation store.Operation
	// BulkID is the name of the operation.
	BulkID string
	// GroupID is the id of the group that the path names. If the path names the group
	// that another operation creates, GroupRef is the bulkId of that operation.
	GroupID  string
	GroupRef *string
	// If is the condition on the version of the group.
	If   *store.Condition
	Data json.RawMessage
	// Err is what is wrong with the method or the path, if something is. The operation
	// fails with it when its turn comes.
	Err error
}

// BulkResult is what became of an operation.
type BulkResult struct {
	// Done reports whether the operation was looked at. The request may have ended
	// before it.
	Done bool
	// GroupID is the id of the group, if it has one, and Version that of the group
	// afterwards, or 0 if it is not known.
	GroupID string
	Version store.Version
	// Err is the error of the operation. It had no effect then.
	Err error
}

// BulkOutcome is what became of a bulk request.
type BulkOutcome struct {
	Results []BulkResult // of the operations, in their order
	// Tolerated are the quirks that made a difference.
	Tolerated patch.Quirks
	// Added and Removed are how many members were added and removed.
	Added, Removed int
}

// Bulk runs the operations of a bulk request.
//
// Operations run one after the other, each in a transaction of its own. Where an
// operation needs the id of a group that a later one creates, it waits for it, and so do
// later operations on the same group. A new group does not wait for its members: those
// that do not exist yet are linked when they do, so that groups may refer to each other
// in circles. If one of them cannot be created after all, the groups that wait for it
// are taken back, since they cannot be what was asked for.
func (s *Service) Bulk(ctx context.Context, b *Bulk) BulkOutcome {
	j := bulkJob{Bulk: b, service: s, operations: make([]bulkOperation, len(b.Operations)),
		creators: make(map[string]*bulkOperation), dependents: make(map[string][]*bulkOperation)}
	defer j.forward()
	j.prepare()
	j.run(ctx)
	j.outcome.Results = make([]BulkResult, len(j.operations))
	for i := range j.operations {
		j.outcome.Results[i] = j.operations[i].result
	}
	return j.outcome
}

// bulkOperation is an operation while it runs.
type bulkOperation struct {
	*BulkOperation
	result BulkResult
	caller *Caller // for whom it is done

	needs   []string        // bulkIds that must have an id before it can run
	members []string        // bulkIds of members of the group that it creates
	circle  *bulkCircle     // of the group that it creates
	links   []store.Member  // members that it gets when they all exist
	awaits  map[string]bool // bulkIds of those that do not
}

type bulkJob struct {
	*Bulk
	service    *Service
	operations []bulkOperation
	errors     int
	creators   map[string]*bulkOperation   // by bulkId
	dependents map[string][]*bulkOperation // by bulkId: those that create groups which need it
	undoing    context.Context             // of what is being taken back, if something is
	undone     context.CancelFunc          // ends it
	outcome    BulkOutcome
}

// prepare finds out which operation needs which, and what is wrong at first sight with
// those that refer to others.
func (j *bulkJob) prepare() {
	for i := range j.operations {
		op := &j.operations[i]
		op.BulkOperation = &j.Operations[i]
		if op.Operation != store.OperationCreate || op.BulkID == "" {
			continue
		}
		if j.creators[op.BulkID] != nil {
			op.result.Err = fault.InvalidValue("duplicate bulkId %q", fault.Shorten(op.BulkID))
			continue
		}
		j.creators[op.BulkID] = op
	}
	for i := range j.operations {
		op := &j.operations[i]
		if op.GroupRef != nil {
			op.needs = append(op.needs, *op.GroupRef)
		}
		// A prefix may be written with escapes.
		refers := bytes.Contains(op.Data, []byte(bulkIDPrefix)) || bytes.Contains(op.Data, []byte(`\u`))
		if refers && op.result.Err == nil {
			op.result.Err = j.references(op)
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
	creates := op.Operation == store.OperationCreate
	members, others := make(map[string]bool), make(map[string]bool)
	compiler := j.service.resolving(j.Quirks, func(text string, use patch.IDUse) (string, bool) {
		_, id, ok := j.reference(text, use)
		switch {
		case !ok:
		case creates && use == patch.MemberID && !members[id]:
			members[id] = true
			op.members = append(op.members, id)
		case !(creates && use == patch.MemberID) && !others[id]:
			others[id] = true
			op.needs = append(op.needs, id)
		}
		return text, ok
	})
	_, err := j.compile(compiler, op)
	return err
}

// reference is CutBulkReference for a string that may be text as well. It must name an
// operation of the request then.
func (j *bulkJob) reference(text string, use patch.IDUse) (before, id string, ok bool) {
	before, id, ok = CutBulkReference(text)
	return before, id, ok && (use != patch.TextID || j.creators[id] != nil)
}

// compile compiles the body of a PUT or a PATCH.
func (j *bulkJob) compile(c *patch.Compiler, op *bulkOperation) (*patch.Edit, error) {
	if op.Operation == store.OperationPatch {
		edit, err := j.Patch(c, op.Data)
		if err == nil {
			j.outcome.Tolerated |= edit.Tolerated()
		}
		return edit, err
	}
	resource, err := j.resource(c, op)
	if err != nil {
		return nil, err
	}
	return resource.Replace(), nil
}

// resource compiles the body of a POST or a PUT.
func (j *bulkJob) resource(c *patch.Compiler, op *bulkOperation) (*patch.Resource, error) {
	resource, err := c.Resource(op.Data)
	if err == nil {
		j.outcome.Tolerated |= resource.Tolerated()
	}
	return resource, err
}

// run executes the operations in order, as often as that brings one forward.
func (j *bulkJob) run(ctx context.Context) {
	var late error // why it ended early
	for progress := true; progress && late == nil; {
		progress = false
		waiting := make(map[string]bool) // groups with an operation that waits
		for i := range j.operations {
			op := &j.operations[i]
			if op.result.Done {
				continue
			}
			if late = ctx.Err(); late != nil || j.stopped() {
				break
			}
			id, resolved := j.target(op)
			if op.result.Err == nil && (!resolved || !j.ready(op) || id != "" && waiting[id]) {
				waiting[id] = true
				continue
			}
			progress = true
			j.forward()
			if op.result.Err == nil {
				op.result.Err = j.one(ctx, op, id)
			}
			j.finish(ctx, op)
		}
	}
	if late != nil {
		j.Report(late)
		late = FaultOf(late).ScimError // reported once, not for each operation
	}
	for i := range j.operations {
		if op := &j.operations[i]; !op.result.Done && !j.stopped() {
			if op.result.Err = late; late == nil {
				op.result.Err = unresolved(op.needs...)
			}
			j.finish(ctx, op)
		}
	}
	for i := range j.operations {
		// A job that ended at its errors has left groups without their members.
		if op := &j.operations[i]; op.result.Done && op.result.Err == nil && len(op.links) > 0 {
			j.undo(ctx, op, unresolved(j.lost(op)))
		}
	}
}

func (j *bulkJob) stopped() bool { return j.FailOnErrors > 0 && j.errors >= j.FailOnErrors }

// lost names a member of a group that does not exist.
func (j *bulkJob) lost(op *bulkOperation) string {
	for _, id := range op.members {
		if _, ok := j.created(id); !ok {
			return id
		}
	}
	return ""
}

// unresolved is the error of an operation whose references lead nowhere.
func unresolved(ids ...string) error {
	if len(ids) == 0 {
		return fault.New(http.StatusConflict, "the operation waits for one that cannot run")
	}
	return fault.New(http.StatusConflict, "the bulkId %q cannot be resolved", fault.Shorten(ids[0]))
}

// created returns the id of the group that an operation has created.
func (j *bulkJob) created(bulkID string) (string, bool) {
	creator := j.creators[bulkID]
	if creator == nil || !creator.result.Done || creator.result.Err != nil {
		return "", false
	}
	return creator.result.GroupID, true
}

// target returns the id of the group that an operation is about; ok is false if that
// group does not exist yet. If it never will, that is the error of the operation.
func (j *bulkJob) target(op *bulkOperation) (id string, ok bool) {
	if op.GroupRef == nil {
		return op.GroupID, true
	}
	id, ok = j.created(*op.GroupRef)
	if creator := j.creators[*op.GroupRef]; !ok && op.result.Err == nil && (creator == nil || creator.result.Done) {
		op.result.Err = unresolved(*op.GroupRef)
	}
	return id, ok
}

// finish notes what became of an operation, and gives the group that it created to those
// that have been waiting for it.
func (j *bulkJob) finish(ctx context.Context, op *bulkOperation) {
	op.result.Done = true
	if op.result.Err != nil {
		j.errors++
	}
	if j.creators[op.BulkID] != op {
		return
	}
	for _, other := range j.dependents[op.BulkID] {
		switch {
		case !other.result.Done || other.result.Err != nil:
		case op.result.Err != nil:
			j.undo(ctx, other, unresolved(op.BulkID))
		case other.awaits[op.BulkID]:
			if delete(other.awaits, op.BulkID); len(other.awaits) > 0 {
				continue
			}
			if err := j.link(ctx, other); err != nil {
				j.undo(ctx, other, err)
			}
		}
	}
	op.circle.settle()
}

// one runs an operation. A panic of a hook or the store is its error alone.
func (j *bulkJob) one(ctx context.Context, op *bulkOperation, id string) (err error) {
	defer recoverTo(&err)
	if op.Err != nil {
		return op.Err
	}
	op.result.GroupID = id
	if op.Operation == store.OperationCreate && op.BulkID == "" {
		return fault.InvalidSyntax("a POST needs a bulkId")
	}
	if op.caller, err = j.Authorize(op.Operation, id); err != nil {
		return err
	}
	if op.Operation == store.OperationDelete {
		_, err = j.service.Delete(ctx, op.caller, id, op.If)
		return err
	}
	if len(op.Data) == 0 || string(op.Data) == "null" {
		return fault.InvalidSyntax("data is missing")
	}
	if op.Operation == store.OperationCreate {
		return j.create(ctx, op)
	}
	return j.change(ctx, op)
}

// compiler resolves the references of an operation to groups that have been created, and
// notes the first that leads nowhere. mayWait leaves members that are groups which are
// still to be created as they are.
func (j *bulkJob) compiler(lost *string, mayWait bool) *patch.Compiler {
	return j.service.resolving(j.Quirks, func(text string, use patch.IDUse) (id string, later bool) {
		before, bulkID, ok := j.reference(text, use)
		if !ok {
			return text, false
		}
		if id, ok := j.created(bulkID); ok {
			if before != "" {
				return before + url.PathEscape(id), false
			}
			return id, false
		}
		creator := j.creators[bulkID]
		waits := mayWait && use == patch.MemberID && creator != nil && !creator.result.Done
		if !waits && *lost == "" {
			*lost = bulkID
		}
		return text, true
	})
}

func (j *bulkJob) create(ctx context.Context, op *bulkOperation) error {
	var lost string
	resource, err := j.resource(j.compiler(&lost, true), op)
	if err != nil {
		return err
	}
	if lost != "" {
		return unresolved(lost)
	}
	op.awaits = make(map[string]bool)
	resource, err = resource.MapMembers(func(members []store.Member) ([]store.Member, error) {
		return slices.DeleteFunc(members, func(m store.Member) bool {
			_, id, ok := CutBulkReference(m.Value)
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
	change, err := j.service.Create(ctx, op.caller, resource)
	j.note(op, &change)
	return err
}

// note notes what an operation changed.
func (j *bulkJob) note(op *bulkOperation, change *store.Change) {
	op.result.GroupID, op.result.Version = change.Group.ID, change.Group.Version
	j.outcome.Added += change.NumAdded
	j.outcome.Removed += change.NumRemoved
}

func (j *bulkJob) change(ctx context.Context, op *bulkOperation) error {
	var lost string
	edit, err := j.compile(j.compiler(&lost, false), op)
	if err != nil {
		return err
	}
	if lost != "" {
		return unresolved(lost)
	}
	change, tolerated, err := j.service.Update(ctx, op.caller, op.Operation, op.result.GroupID, edit, op.If, false)
	j.outcome.Tolerated |= tolerated
	if err == nil {
		j.note(op, &change)
	}
	return err
}

// link gives a group the members that it has been waiting for, as one PATCH would.
func (j *bulkJob) link(ctx context.Context, op *bulkOperation) (err error) {
	defer recoverTo(&err)
	j.forward()
	members := op.links
	op.links = nil
	for i := range members {
		m := &members[i]
		_, bulkID, _ := CutBulkReference(m.Value)
		id, ok := j.created(bulkID)
		if !ok {
			return unresolved(bulkID)
		}
		m.Value, m.Type, m.Ref = j.service.canonical(id), store.ResourceType, ""
	}
	change, err := j.service.addMembers(ctx, op.caller, op.result.GroupID, members...)
	if err == nil {
		j.note(op, &change)
	}
	return err
}

// undo takes back the creation of a group that cannot have what it needs, and then those
// of the groups that need it.
func (j *bulkJob) undo(ctx context.Context, op *bulkOperation, why error) {
	op.result.Err = why
	j.errors++
	if err := j.takeBack(ctx, op); err != nil {
		j.Report(err)
	}
	for _, other := range j.dependents[op.BulkID] {
		if other.result.Done && other.result.Err == nil {
			j.undo(ctx, other, unresolved(op.BulkID))
		}
	}
}

// forward ends the time for taking groups back. The next that has to be taken back gets
// a time of its own.
func (j *bulkJob) forward() {
	if j.undoing != nil {
		j.undone()
		j.undoing = nil
	}
}

func (j *bulkJob) takeBack(ctx context.Context, op *bulkOperation) (err error) {
	defer recoverTo(&err)
	if j.undoing == nil {
		// That the client has gone or the time is over may be why it is needed.
		j.undoing, j.undone = context.WithTimeout(context.WithoutCancel(ctx), j.UndoWithin)
	}
	_, err = j.service.Delete(j.undoing, op.caller, op.result.GroupID, nil)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
