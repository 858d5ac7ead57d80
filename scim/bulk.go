package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/scimgroups/scimgroups/patch"
	"github.com/scimgroups/scimgroups/store"
)

// The URNs of the messages of RFC 7644 §3.7.
const (
	bulkRequestSchema  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	bulkResponseSchema = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

// bulkIDPrefix stands before the bulkId of another operation where a value or a
// path means the resource that it creates (RFC 7644 §3.7.2).
const bulkIDPrefix = "bulkId:"

// bulk answers POST /Bulk (RFC 7644 §3.7).
//
// Operations run one after the other, each in a transaction of its own. An
// operation that needs the id of a group which a later one creates waits for it,
// and so do later operations on the same group. Members that do not exist yet
// are linked when they do, so that groups may refer to each other in circles.
func (x *exchange) bulk() error {
	body, err := x.body()
	if err != nil {
		return err
	}
	var message struct {
		FailOnErrors *int
		Operations   []bulkOperation
	}
	if err := x.compiler().Unmarshal(body, bulkRequestSchema, &message); err != nil {
		return err
	}
	if message.Operations == nil {
		return badRequest(scimerrors.ScimTypeInvalidSyntax, "Operations is missing")
	}
	if most := x.h.config.Limits.MaxBulkOperations; len(message.Operations) > most {
		return statusError(http.StatusRequestEntityTooLarge, "the request has more than "+strconv.Itoa(most)+" operations (maxOperations)")
	}
	job := bulkJob{x: x, operations: message.Operations, created: make(map[string]string)}
	if message.FailOnErrors != nil {
		job.failOnErrors = *message.FailOnErrors
	}
	job.prepare()
	job.run()
	x.send(http.StatusOK, job.appendResponse(nil))
	return nil
}

// bulkOperation is one operation and what came of it.
type bulkOperation struct {
	Method, Path, BulkID, Version string
	Data                          json.RawMessage

	needs  []string // bulkIds without which it cannot run
	done   bool
	status int
	fault  error
	id     string        // of the group
	after  store.Version // of the group
	links  []bulkLink    // members that do not exist yet
}

// bulkLink is a member to be: the group that an operation is going to create.
type bulkLink struct {
	bulkID string
	member store.Member
}

type bulkJob struct {
	x            *exchange
	operations   []bulkOperation
	failOnErrors int
	faults       int
	creators     map[string]*bulkOperation // by bulkId
	created      map[string]string         // bulkId -> id
}

// prepare finds out which operation needs which.
func (j *bulkJob) prepare() {
	j.creators = make(map[string]*bulkOperation)
	for i := range j.operations {
		op := &j.operations[i]
		op.Method = strings.ToUpper(op.Method)
		if op.Method != http.MethodPost || op.BulkID == "" {
			continue
		}
		if j.creators[op.BulkID] != nil {
			op.refuse(badRequest(scimerrors.ScimTypeInvalidValue, "the bulkId "+strconv.Quote(op.BulkID)+" is there twice"))
			continue
		}
		j.creators[op.BulkID] = op
	}
	for i := range j.operations {
		if op := &j.operations[i]; op.fault == nil {
			op.needs = references(op.Path)
			if op.Method != http.MethodPost {
				op.needs = append(op.needs, references(string(op.Data))...)
			}
		}
	}
}

// references answers the bulkIds that a text refers to. What only looks like one
// is none, since no operation has it.
func references(text string) (ids []string) {
	for {
		i := strings.Index(text, bulkIDPrefix)
		if i < 0 {
			return ids
		}
		text = text[i+len(bulkIDPrefix):]
		end := strings.IndexAny(text, "\"\\/ ]")
		if end < 0 {
			end = len(text)
		}
		ids = append(ids, text[:end])
	}
}

func (op *bulkOperation) refuse(err error) { op.fault = err }

// run executes operations in order, as often as that brings one forward.
func (j *bulkJob) run() {
	for progress := true; progress; {
		progress = false
		waiting := make(map[string]bool) // paths with an operation that waits
		for i := range j.operations {
			op := &j.operations[i]
			if op.done {
				continue
			}
			if j.stopped() {
				return
			}
			target, ready := j.resolve(op.Path)
			if op.fault == nil && (!ready || !j.ready(op) || waiting[target]) {
				waiting[target] = true
				continue
			}
			progress = true
			j.execute(op, target)
		}
	}
	for i := range j.operations {
		if op := &j.operations[i]; !op.done && !j.stopped() {
			op.refuse(j.unresolved(op))
			j.finish(op)
		}
	}
}

func (j *bulkJob) stopped() bool { return j.failOnErrors > 0 && j.faults >= j.failOnErrors }

// ready reports whether all that the operation needs is there, or never will be.
func (j *bulkJob) ready(op *bulkOperation) bool {
	for _, id := range op.needs {
		if creator := j.creators[id]; creator != nil && creator != op && !creator.done {
			return false
		}
	}
	return true
}

func (j *bulkJob) unresolved(op *bulkOperation) error {
	for _, id := range op.needs {
		if _, ok := j.created[id]; !ok {
			return scimerrors.ScimError{Status: http.StatusConflict, Detail: "the bulkId " + strconv.Quote(id) + " cannot be resolved"}
		}
	}
	return scimerrors.ScimError{Status: http.StatusConflict, Detail: "the operation waits for one that cannot run"}
}

// resolve puts the ids of created groups into a path.
func (j *bulkJob) resolve(path string) (string, bool) {
	i := strings.Index(path, bulkIDPrefix)
	if i < 0 {
		return path, true
	}
	id, ok := j.created[path[i+len(bulkIDPrefix):]]
	if !ok {
		return path, false
	}
	return path[:i] + url.PathEscape(id), true
}

func (j *bulkJob) execute(op *bulkOperation, path string) {
	if op.fault == nil {
		op.fault = j.one(op, path)
	}
	j.finish(op)
}

func (j *bulkJob) finish(op *bulkOperation) {
	op.done = true
	if op.fault != nil {
		j.faults++
	}
	if op.Method == http.MethodPost && op.BulkID != "" && j.creators[op.BulkID] == op {
		if op.fault == nil {
			j.created[op.BulkID] = op.id
		}
		j.link(op)
	}
}

// one runs an operation. A panic of a hook or the store is its fault alone.
func (j *bulkJob) one(op *bulkOperation, path string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = asPanic(p)
		}
	}()
	x := j.x
	rt := x.h.route(path)
	if rt.endpoint == nowhere || strings.ContainsAny(path, "?#") {
		return statusError(http.StatusNotFound, "there is no endpoint "+strconv.Quote(shortened(path)))
	}
	if rt.endpoint != groupsEndpoint && rt.endpoint != groupEndpoint {
		return statusError(http.StatusNotImplemented, "only groups can be changed in bulk")
	}
	op.id = rt.id
	conditions := preconditions{}
	if op.Version != "" {
		conditions.hasIfMatch = true
		conditions.ifMatch, conditions.anyMatch = entityTags([]string{op.Version})
	}
	switch {
	case rt.endpoint == groupsEndpoint && op.Method == http.MethodPost:
		return j.create(op)
	case rt.endpoint == groupEndpoint && op.Method == http.MethodPut:
		return j.change(op, OperationReplace, http.StatusOK, &conditions)
	case rt.endpoint == groupEndpoint && op.Method == http.MethodPatch:
		return j.change(op, OperationPatch, http.StatusOK, &conditions)
	case rt.endpoint == groupEndpoint && op.Method == http.MethodDelete:
		op.status = http.StatusNoContent
		if err := x.authorize(OperationDelete, op.id); err != nil {
			return err
		}
		return x.remove(op.id, &conditions)
	case op.Method == "":
		return badRequest(scimerrors.ScimTypeInvalidSyntax, "method is missing")
	}
	return statusError(http.StatusMethodNotAllowed, "the method does not go with the path")
}

func (j *bulkJob) create(op *bulkOperation) error {
	if op.BulkID == "" {
		return badRequest(scimerrors.ScimTypeInvalidSyntax, "a POST needs a bulkId")
	}
	if err := j.x.authorize(OperationCreate, ""); err != nil {
		return err
	}
	data, err := j.data(op, true)
	if err != nil {
		return err
	}
	resource, err := j.x.compiler().Resource(data)
	if err != nil {
		return err
	}
	created, err := j.x.create(j.deferLinks(op, resource))
	op.id, op.after, op.status = created.ID, created.Version, http.StatusCreated
	return err
}

// deferLinks takes the members out that do not exist yet, to be linked when they do.
func (j *bulkJob) deferLinks(op *bulkOperation, resource *patch.Resource) *patch.Resource {
	return resource.WithoutMembers(func(m store.Member) bool {
		id, ok := strings.CutPrefix(m.Value, bulkIDPrefix)
		if !ok {
			return false
		}
		op.links = append(op.links, bulkLink{id, m})
		return true
	})
}

func (j *bulkJob) change(op *bulkOperation, kind Operation, status int, conditions *preconditions) error {
	if err := j.x.authorize(kind, op.id); err != nil {
		return err
	}
	data, err := j.data(op, false)
	if err != nil {
		return err
	}
	edit, err := j.x.compile(kind, data)
	if err != nil {
		return err
	}
	change, err := j.x.change(kind.event(), op.id, edit, conditions)
	op.after, op.status = change.Group.Version, status
	return err
}

// data is the data of an operation with the ids of created groups in the place
// of bulkIds. Those that are still to be created stay if that is allowed.
func (j *bulkJob) data(op *bulkOperation, mayWait bool) ([]byte, error) {
	if len(op.Data) == 0 || string(op.Data) == "null" {
		return nil, badRequest(scimerrors.ScimTypeInvalidSyntax, "data is missing")
	}
	if !bytes.Contains(op.Data, []byte(bulkIDPrefix)) {
		return op.Data, nil
	}
	d := json.NewDecoder(bytes.NewReader(op.Data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, badRequest(scimerrors.ScimTypeInvalidSyntax, "data is not JSON")
	}
	var unknown string
	v = substitute(v, func(s string) string {
		for _, id := range references(s) {
			if created, ok := j.created[id]; ok {
				s = strings.ReplaceAll(s, bulkIDPrefix+id, created)
			} else if creator := j.creators[id]; creator == nil || !mayWait || creator.done {
				unknown = id
			}
		}
		return s
	})
	if unknown != "" {
		return nil, scimerrors.ScimError{Status: http.StatusConflict, Detail: "the bulkId " + strconv.Quote(shortened(unknown)) + " cannot be resolved"}
	}
	return json.Marshal(v)
}

// substitute replaces the strings in a JSON value.
func substitute(v any, f func(string) string) any {
	switch v := v.(type) {
	case string:
		return f(v)
	case []any:
		for i := range v {
			v[i] = substitute(v[i], f)
		}
	case map[string]any:
		for name := range v {
			v[name] = substitute(v[name], f)
		}
	}
	return v
}

// link adds the group that an operation created to those that wait for it as a
// member, itself among them. If it was not created, those cannot be as they
// should, and go again.
func (j *bulkJob) link(made *bulkOperation) {
	for i := range j.operations {
		op := &j.operations[i]
		if op.fault != nil || op.id == "" {
			continue
		}
		for l := range op.links {
			link := &op.links[l]
			if link.bulkID != made.BulkID {
				continue
			}
			if err := j.linkOne(op, link, made); err != nil {
				j.undo(op, err)
				break
			}
		}
	}
	// What it waits for itself may be there already.
	for l := range made.links {
		link := &made.links[l]
		target := j.creators[link.bulkID]
		if made.fault != nil || target == made || target == nil || !target.done {
			continue
		}
		if err := j.linkOne(made, link, target); err != nil {
			j.undo(made, err)
		}
	}
}

func (j *bulkJob) linkOne(op *bulkOperation, link *bulkLink, target *bulkOperation) (err error) {
	if target.fault != nil {
		return scimerrors.ScimError{Status: http.StatusConflict, Detail: "the bulkId " + strconv.Quote(link.bulkID) + " cannot be resolved"}
	}
	defer func() {
		if p := recover(); p != nil {
			err = asPanic(p)
		}
	}()
	m := link.member
	m.Value, m.Type, m.Ref = target.id, store.ResourceType, ""
	change, err := j.x.groups.Update(j.x.ctx, op.id, func(*store.Group) (store.MemberEdits, error) {
		return store.MemberEdits{{Op: store.AddMembers, Members: []store.Member{m}}}, nil
	})
	if err == nil {
		op.after = change.Group.Version
		j.x.changed(GroupPatched, change.Group, change.MemberChange)
	}
	return err
}

// undo takes back the creation of a group that cannot be linked.
func (j *bulkJob) undo(op *bulkOperation, fault error) {
	op.fault = fault
	j.faults++
	delete(j.created, op.BulkID)
	if err := j.x.remove(op.id, &preconditions{}); err != nil && !errors.Is(err, store.ErrNotFound) {
		j.x.tell(err)
	}
}

func (j *bulkJob) appendResponse(b []byte) []byte {
	b = append(b, `{"schemas":["`+bulkResponseSchema+`"],"Operations":[`...)
	start := len(b)
	base := j.x.base()
	for i := range j.operations {
		op := &j.operations[i]
		if !op.done {
			continue
		}
		b = append(separated(b, start), `{"method":`...)
		b = appendString(b, op.Method)
		if op.BulkID != "" {
			b = append(b, `,"bulkId":`...)
			b = appendString(b, op.BulkID)
		}
		failed := op.fault != nil
		if op.id != "" && !(failed && op.Method == http.MethodPost) {
			b = append(b, `,"location":"`...)
			b = appendGroupURL(b, base, op.id)
			b = append(b, '"')
		}
		if !failed && op.after != 0 {
			b = append(b, `,"version":`...)
			b = appendString(b, op.after.String())
		}
		status := op.status
		var e scimerrors.ScimError
		if failed {
			e = j.x.told(op.fault)
			status = e.Status
		}
		b = append(b, `,"status":"`...)
		b = strconv.AppendInt(b, int64(status), 10)
		b = append(b, '"')
		if failed {
			b = append(b, `,"response":`...)
			b = appendError(b, e)
		}
		b = append(b, '}')
	}
	return append(b, "]}"...)
}

func shortened(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "…"
	}
	return s
}
