package patch

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
)

// PatchOpSchema is the URN of a PATCH request (RFC 7644 §3.5.2).
const PatchOpSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

type opKind uint8

const (
	opAdd opKind = iota + 1
	opRemove
	opReplace
	opMerge // of SCIM 1.1; see Merge
)

func (k opKind) String() string { return [...]string{"", "add", "remove", "replace", "merge"}[k] }

// operation is one element of Operations, not decoded yet.
type operation struct{ op, path, value json.RawMessage }

// decodeOperation finds the parts of an operation.
func decodeOperation(raw json.RawMessage) (o operation, err error) {
	if raw[0] != '{' {
		return o, fault.InvalidSyntax("an operation must be an object")
	}
	for p := pairsOf(raw); p.next(); {
		var part *json.RawMessage
		switch {
		case p.is("op"):
			part = &o.op
		case p.is("path"):
			part = &o.path
		case p.is("value"):
			part = &o.value
		default:
			continue
		}
		if *part != nil {
			return o, p.twice()
		}
		*part = p.value
	}
	return o, nil
}

// Patch compiles a PatchOp message. The order of its operations is kept; if one
// of them is faulty there is no Edit (RFC 7644 §3.5.2).
func (c *Compiler) Patch(body []byte) (*Edit, error) {
	message, err := c.checkBody(body)
	if err != nil {
		return nil, err
	}
	p := c.patching()
	operations, err := p.c.decodeOperations(message)
	if err != nil {
		return nil, err
	}
	for i := range operations {
		if err := p.operation(&operations[i]); err != nil {
			return nil, fault.Within(fmt.Sprintf("Operations[%d]", i), err)
		}
	}
	return p.done(), nil
}

// IsPatchOp tells a PatchOp message from a partial group, as SCIM 1.1 patches with:
// only the former has Operations.
func IsPatchOp(body []byte) bool {
	var message struct{ Operations json.RawMessage }
	return json.Unmarshal(body, &message) == nil && message.Operations != nil
}

func (c *compilation) decodeOperations(message json.RawMessage) ([]operation, error) {
	var schemas, raw, op json.RawMessage
	if err := fields(message, field{"schemas", &schemas}, field{"Operations", &raw}, field{"op", &op}); err != nil {
		return nil, err
	}
	if raw == nil && op != nil && c.tolerates(BareOperation) {
		o, err := decodeOperation(message)
		return []operation{o}, err
	}
	if err := c.checkSchemas(schemas, PatchOpSchema); err != nil {
		return nil, err
	}
	if isNull(raw) || raw[0] != '[' {
		return nil, fault.InvalidSyntax("Operations must be a list of operations")
	}
	n := countElements(raw)
	if n > c.o.MaxOperations {
		return nil, fault.InvalidSyntax("the request has more than %d operations", c.o.MaxOperations)
	}
	operations := make([]operation, 0, n)
	err := eachElement(raw, func(item json.RawMessage) error {
		o, err := decodeOperation(item)
		if err != nil {
			return fault.Within(fmt.Sprintf("Operations[%d]", len(operations)), err)
		}
		operations = append(operations, o)
		return nil
	})
	if err == nil && len(operations) == 0 {
		err = fault.InvalidSyntax("Operations is empty")
	}
	return operations, err
}

// patching is the compilation of one PATCH.
type patching struct {
	c       compilation
	edit    *Edit
	members memberBuilder

	// Most operations of a long request have the path of the one before.
	lastPath string
	last     filter.Path

	// named is what the value at hand has named so far; see once.
	named map[string]bool

	// lastStep is where in edit.steps the last step is that changes an attribute of
	// an extension.
	lastStep map[*filter.Attribute]int
}

func (c *Compiler) patching() *patching {
	return &patching{
		c: compilation{Compiler: c}, edit: &Edit{maxClear: c.o.MaxClear},
		members: memberBuilder{max: c.o.MaxMembers, maxClear: c.o.MaxClear},
	}
}

func (p *patching) done() *Edit {
	p.edit.members, p.edit.tolerated = p.members.edits(), p.c.tolerated
	return p.edit
}

func (p *patching) operation(o *operation) error {
	if isNull(o.op) {
		return fault.InvalidSyntax("op is missing")
	}
	op, ok := text(o.op)
	var kind opKind
	switch {
	case !ok:
		return fault.InvalidSyntax("op must be a string")
	case strings.EqualFold(op, "add"):
		kind = opAdd
	case strings.EqualFold(op, "remove"):
		kind = opRemove
	case strings.EqualFold(op, "replace"):
		kind = opReplace
	default:
		return fault.InvalidSyntax("op %q is not add, remove or replace", fault.Shorten(op))
	}
	if o.value == nil && kind != opRemove {
		return fault.InvalidValue("%s needs a value", kind)
	}
	at, ok := text(o.path)
	if !ok && !isNull(o.path) {
		return fault.InvalidSyntax("path must be a string")
	}
	clear(p.named)
	if at == "" {
		return p.pathless(kind, o.value)
	}
	path, err := p.path(at)
	if err != nil {
		var fe *filter.Error
		if errors.As(err, &fe) && fe.Unknown && p.c.tolerates(UnknownAttributes) {
			return nil
		}
		return err
	}
	return p.at(kind, path, o.value, false)
}

func (p *patching) path(text string) (filter.Path, error) {
	if text != "" && text == p.lastPath {
		return p.last, nil
	}
	path, err := p.c.table.Path(text, &p.c.paths)
	if err == nil {
		p.lastPath, p.last = text, path
		p.c.tolerated |= FilterQuirks(path.Tolerated())
	}
	return path, err
}

// pathless compiles an operation without a path, whose value is an object with
// the attributes to add, replace or (members only) remove.
func (p *patching) pathless(kind opKind, raw json.RawMessage) error {
	if isNull(raw) || raw[0] != '{' {
		if kind == opRemove {
			return fault.NoTarget("a remove needs a path")
		}
		return fault.InvalidValue("the value of %s without a path must be an object with attributes", kind)
	}
	if kind == opRemove {
		return p.pathlessRemove(raw)
	}
	return p.eachAttribute(raw, func(path filter.Path, raw json.RawMessage) error {
		return p.at(kind, path, raw, true)
	})
}

// eachAttribute calls f with each attribute in an object, in the order of their
// names: an attribute comes before its sub-attributes.
func (p *patching) eachAttribute(object json.RawMessage, f func(filter.Path, json.RawMessage) error) error {
	for _, pair := range sortedPairs(object) {
		path, err := p.name(pair.name)
		if err != nil {
			if isNull(pair.value) || p.c.tolerates(UnknownAttributes) {
				continue
			}
			return err
		}
		if err := p.once(path, fault.Shorten(pair.name)); err != nil {
			return err
		}
		if err := f(path, pair.value); err != nil {
			return err
		}
	}
	return nil
}

// once refuses a name that the value at hand has for the second time, be it in
// another spelling, or once in the object of its extension and once beside it.
func (p *patching) once(path filter.Path, name string) error {
	key := pathKey(path)
	if p.named[key] {
		return twice(name)
	}
	if p.named == nil {
		p.named = make(map[string]bool)
	}
	p.named[key] = true
	return nil
}

// pathlessRemove removes the members that the value names, and nothing else.
func (p *patching) pathlessRemove(object json.RawMessage) error {
	members, err := p.c.nothingButMembers(object)
	if err != nil {
		return err
	}
	if isNull(members) || !p.c.tolerates(PathlessRemove) {
		return fault.NoTarget("a remove needs a path")
	}
	return p.c.wholeMembers(&p.members, opRemove, members)
}

// name resolves a name in the value of an operation without a path.
func (p *patching) name(name string) (filter.Path, error) {
	if urn, ok := p.c.table.ExtensionURN(name); ok {
		return filter.Path{Extension: urn}, nil
	}
	a := p.c.table.Lookup(name)
	if a == nil || a.Element() {
		return filter.Path{}, fault.InvalidPath("the group has no attribute %q", fault.Shorten(name))
	}
	if strings.ContainsAny(name, ".:") && !p.c.tolerates(CompoundKeys) {
		return filter.Path{}, fault.InvalidPath("%q is a path, not the name of an attribute", fault.Shorten(name))
	}
	if a.Parent != nil {
		return filter.Path{Attribute: a.Parent, Sub: a}, nil
	}
	return filter.Path{Attribute: a}, nil
}

func pathKey(path filter.Path) string {
	switch {
	case path.Extension != "":
		return path.Extension
	case path.Sub != nil:
		return path.Sub.String()
	}
	return path.Attribute.String()
}

// at compiles an operation on what path names. inValue says that the attribute
// stood in the value of an operation without a path, where clients send whole
// resources: what the server alone may set is ignored there (RFC 7644 §3.5.1),
// while a path to it is an error.
func (p *patching) at(kind opKind, path filter.Path, raw json.RawMessage, inValue bool) error {
	if path.Extension != "" {
		return p.extension(kind, path.Extension, raw, inValue)
	}
	a := path.Attribute
	if a == p.c.members {
		return p.c.memberOperation(&p.members, kind, path, raw)
	}
	p.edit.supply(a)
	if a.Extension {
		return p.extensionAttribute(kind, path, raw, inValue)
	}
	switch a.Name {
	case "displayName", "externalId":
		return p.coreText(kind, a, raw)
	case "id":
		if inValue {
			return nil
		}
		return p.id(kind, raw)
	case "schemas":
		if kind == opRemove {
			return fault.Mutability("schemas cannot be removed")
		}
		return nil // they follow from the attributes that the group has
	}
	if inValue {
		return nil
	}
	return fault.Mutability("%s is set by the server", a)
}

// coreText compiles an operation on displayName or externalId.
func (p *patching) coreText(kind opKind, a *filter.Attribute, raw json.RawMessage) error {
	s := step{kind: stepName, attribute: a}
	if kind == opAdd && isNull(raw) && !a.Required {
		return nil // nothing is added
	}
	if kind == opRemove || isNull(raw) {
		if a.Required {
			return fault.Mutability("%s is required and cannot be removed", a)
		}
	} else if value, ok := text(raw); !ok {
		return fault.InvalidValue("%s must be a string", a)
	} else if s.text = value; value == "" && a.Required {
		return fault.InvalidValue("%s is required and cannot be empty", a)
	} else if err := p.c.checkName(a.Name, value); err != nil {
		return err
	}
	p.edit.steps = append(p.edit.steps, s)
	return nil
}

// id compiles an operation on the id, which may only say what is the case.
func (p *patching) id(kind opKind, raw json.RawMessage) error {
	s := step{kind: stepID}
	value, ok := text(raw)
	if kind == opRemove || !ok {
		return fault.Mutability("id is set by the server")
	}
	s.text = value
	p.edit.steps = append(p.edit.steps, s)
	return nil
}
