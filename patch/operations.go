package patch

import (
	"errors"
	"fmt"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/jsontext"
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

func opOf(text string) (kind opKind, ok bool) {
	for kind := opAdd; kind <= opReplace; kind++ {
		if strings.EqualFold(text, kind.String()) {
			return kind, true
		}
	}
	return 0, false
}

// Patch compiles a PatchOp message. The order of its operations is kept. If one of them
// is invalid, there is no Edit (RFC 7644 §3.5.2).
func (c *Compiler) Patch(body []byte) (*Edit, error) {
	p := c.patching()
	message, err := p.parse(body)
	if err != nil {
		return nil, err
	}
	return p.patch(message)
}

func (p *patching) patch(message jsontext.Value) (*Edit, error) {
	operations, err := p.operations(message)
	if err != nil {
		return nil, err
	}
	for i := range operations {
		if err := p.operation(&operations[i]); err != nil {
			return nil, inOperation(i, err)
		}
	}
	return p.done(), nil
}

func inOperation(i int, err error) error { return fault.Within(fmt.Sprintf("Operations[%d]", i), err) }

// operation is one element of Operations, not decoded yet.
type operation struct{ op, path, value jsontext.Value }

// operations returns the operations of a message.
func (c *compilation) operations(message jsontext.Value) ([]operation, error) {
	var schemas, list, op jsontext.Value
	if err := find(message, field{"schemas", &schemas}, field{"Operations", &list}, field{"op", &op}); err != nil {
		return nil, err
	}
	if list == nil && op != nil && c.tolerates(BareOperation) {
		o, err := operationOf(message)
		return []operation{o}, err
	}
	if err := c.checkSchemas(schemas, PatchOpSchema); err != nil {
		return nil, err
	}
	if list.Kind() != '[' {
		return nil, fault.InvalidSyntax("Operations must be a list of operations")
	}
	n := list.Len()
	switch {
	case n == 0:
		return nil, fault.InvalidSyntax("Operations is empty")
	case n > c.o.MaxOperations:
		return nil, fault.InvalidSyntax("the request has more than %d operations", c.o.MaxOperations)
	}
	operations := make([]operation, 0, n)
	for item := range list.Elements() {
		o, err := operationOf(item)
		if err != nil {
			return nil, inOperation(len(operations), err)
		}
		operations = append(operations, o)
	}
	return operations, nil
}

func operationOf(v jsontext.Value) (o operation, err error) {
	if v.Kind() != '{' {
		return o, fault.InvalidSyntax("an operation must be an object")
	}
	err = find(v, field{"op", &o.op}, field{"path", &o.path}, field{"value", &o.value})
	return o, err
}

// patching is the compilation of one PATCH.
type patching struct {
	compilation
	edit  *Edit
	edits memberBuilder
	names names // in the value of the current operation

	// Most operations of a long request have the path of the previous one.
	lastPath string
	last     filter.Path

	// extensions has the last step of each attribute of an extension.
	extensions map[*filter.Attribute]*extensionStep
}

func (c *Compiler) patching() *patching {
	return &patching{
		compilation: compilation{Compiler: c},
		edit:        &Edit{maxClear: c.o.MaxClear},
		edits:       memberBuilder{max: c.o.MaxMembers, maxClear: c.o.MaxClear},
	}
}

func (p *patching) done() *Edit {
	p.edit.members, p.edit.tolerated = p.edits.all(), p.tolerated
	return p.edit
}

func (p *patching) add(s step) { p.edit.steps = append(p.edit.steps, s) }

// operation compiles one operation.
func (p *patching) operation(o *operation) error {
	if o.op.IsNull() {
		return fault.InvalidSyntax("op is missing")
	}
	op, ok := o.op.Text()
	if !ok {
		return fault.InvalidSyntax("op must be a string")
	}
	kind, ok := opOf(op)
	if !ok {
		return fault.InvalidSyntax("op %q is not add, remove or replace", fault.Shorten(op))
	}
	if o.value == nil && kind != opRemove {
		return fault.InvalidValue("%s needs a value", kind)
	}
	text, ok := o.path.Text()
	if !ok && !o.path.IsNull() {
		return fault.InvalidSyntax("path must be a string")
	}
	clear(p.names)
	if text == "" && p.o.Interoperable {
		return fault.InvalidSyntax("%s needs a path", kind)
	}
	if text == "" {
		return p.pathless(kind, o.value)
	}
	path, known, err := p.path(text)
	if err != nil || !known {
		return err
	}
	return p.at(kind, path, o.value, false)
}

// path resolves a path. known is false if it names an attribute that the group does not
// have and that is to be ignored.
func (p *patching) path(text string) (path filter.Path, known bool, err error) {
	if text != "" && text == p.lastPath {
		return p.last, true, nil
	}
	if path, err = p.table.Path(text, &p.paths); err != nil {
		var fe *filter.Error
		if errors.As(err, &fe) && fe.Unknown && p.tolerates(UnknownAttributes) {
			return path, false, nil
		}
		return path, false, err
	}
	p.tolerated |= FilterQuirks(path.Tolerated())
	p.lastPath, p.last = text, path
	return path, true, nil
}

// pathless compiles an operation without a path, whose value is an object with the
// attributes to add or replace, or the members to remove.
func (p *patching) pathless(kind opKind, value jsontext.Value) error {
	if kind == opRemove {
		return p.pathlessRemove(value)
	}
	if text, ok := value.Text(); ok {
		object, err := jsontext.Parse([]byte(text), p.o.MaxDepth)
		if err == nil && object.Kind() == '{' && p.tolerates(TextObject) {
			value = object
		}
	}
	if value.Kind() != '{' {
		return fault.InvalidValue("the value of %s without a path must be an object with attributes", kind)
	}
	return p.eachAttribute(value, func(path filter.Path, value jsontext.Value) error {
		return p.at(kind, path, value, true)
	})
}

// pathlessRemove removes the members that the value names, and nothing else.
func (p *patching) pathlessRemove(value jsontext.Value) error {
	if value.Kind() == '{' {
		members, err := p.onlyMembers(value)
		if err != nil {
			return err
		}
		if !members.IsNull() && p.tolerates(PathlessRemove) {
			return p.allMembers(opRemove, members)
		}
	}
	return fault.NoTarget("a remove needs a path")
}

// eachAttribute calls f with each attribute of an object, in the order of their names: an
// attribute comes before its sub-attributes.
func (p *patching) eachAttribute(object jsontext.Value, f func(filter.Path, jsontext.Value) error) error {
	for _, pair := range sortedPairs(object) {
		path, err := p.name(pair.name)
		if err != nil {
			if pair.value.IsNull() || p.tolerates(UnknownAttributes) {
				continue
			}
			return err
		}
		if err := p.names.add(keyOfPath(path), pair.name); err != nil {
			return err
		}
		if err := f(path, pair.value); err != nil {
			return err
		}
	}
	return nil
}

// name resolves a name in the value of an operation without a path.
func (p *patching) name(name string) (filter.Path, error) {
	if urn, ok := p.table.ExtensionURN(name); ok {
		return filter.Path{Extension: urn}, nil
	}
	a := p.table.Lookup(name)
	if a == nil || a.Element() {
		return filter.Path{}, fault.InvalidPath("the group has no attribute %q", fault.Shorten(name))
	}
	if strings.ContainsAny(name, ".:") && !p.tolerates(CompoundKeys) {
		return filter.Path{}, fault.InvalidPath("%q is a path, not the name of an attribute", fault.Shorten(name))
	}
	return pathTo(a), nil
}

func pathTo(a *filter.Attribute) filter.Path {
	if a.Parent != nil {
		return filter.Path{Attribute: a.Parent, Sub: a}
	}
	return filter.Path{Attribute: a}
}

func keyOfPath(path filter.Path) string {
	switch {
	case path.Extension != "":
		return path.Extension
	case path.Sub != nil:
		return path.Sub.String()
	}
	return path.Attribute.String()
}

// at compiles an operation on what a path names. inValue reports that the attribute was
// in the value of an operation without a path, where clients send whole resources: what
// only the server may set is ignored there (RFC 7644 §3.5.1), and is an error as a path.
func (p *patching) at(kind opKind, path filter.Path, value jsontext.Value, inValue bool) error {
	if path.Extension != "" {
		return p.extension(kind, path.Extension, value, inValue)
	}
	a := path.Attribute
	if a == p.members {
		return p.onMembers(kind, path, value)
	}
	p.edit.supplied.add(a)
	if a.Extension {
		return p.extensionAttribute(kind, path, value, inValue)
	}
	switch {
	case a.Name == "displayName" || a.Name == "externalId":
		return p.text(kind, a, value)
	case a.Name == "schemas":
		if kind == opRemove {
			return fault.Mutability("schemas cannot be removed")
		}
		return p.checkKnownSchemas(value) // they follow from the attributes that the group has
	case inValue:
		return nil
	case a.Name == "id":
		return p.id(kind, value)
	}
	return fault.Mutability("%s is set by the server", a)
}

// text compiles an operation on displayName or externalId.
func (p *patching) text(kind opKind, a *filter.Attribute, value jsontext.Value) error {
	if kind == opAdd && value.IsNull() && !a.Required {
		return nil // nothing is added
	}
	if kind == opRemove || value.IsNull() {
		if a.Required {
			return fault.Mutability("%s is required and cannot be removed", a)
		}
		p.add(&setText{a, ""})
		return nil
	}
	text, ok := p.unlisted(value).Text()
	if !ok {
		return fault.InvalidValue("%s must be a string", a)
	}
	if text == "" && a.Required {
		return fault.InvalidValue("%s is required and cannot be empty", a)
	}
	if err := p.checkName(a.Name, text); err != nil {
		return err
	}
	p.add(&setText{a, text})
	return nil
}

// unlisted returns the value of a single-valued attribute, which may be in a list by itself.
func (c *compilation) unlisted(v jsontext.Value) jsontext.Value {
	if v.Kind() == '[' && v.Len() == 1 && c.tolerates(ListedValue) {
		for item := range v.Elements() {
			return item
		}
	}
	return v
}

// id compiles an operation on the id, which may only repeat the id of the group.
func (p *patching) id(kind opKind, value jsontext.Value) error {
	id, ok := value.Text()
	if kind == opRemove || !ok {
		return fault.Mutability("id is set by the server")
	}
	p.add(checkID(id))
	return nil
}
