package patch

import (
	"encoding/json"
	"reflect"
	"slices"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/store"
)

// extensionStep is an operation on one attribute of an extension, with its value
// checked and normalised.
type extensionStep struct {
	op        opKind
	attribute *filter.Attribute
	where     *filter.Filter
	sub       *filter.Attribute
	// value is what to add or set: for a complex attribute an object whose null
	// members are to be unassigned, for a multi-valued one a list (unless sub or
	// where name elements of it). For a remove it is the list of elements that
	// are to be removed, or of a single complex attribute the object whose
	// sub-attributes are, or nil for all that the path names.
	value any
	// create is the element to add where the value path matches none.
	create map[string]any
	// again says that an earlier step of the request walks through the attribute too.
	again bool
}

// extension compiles an operation on all of an extension, by its URN.
func (p *patching) extension(kind opKind, urn string, raw json.RawMessage, inValue bool) error {
	if isNull(raw) {
		if kind == opAdd {
			return nil
		}
		for _, a := range p.c.table.ExtensionAttributes(urn) {
			if a.Mutability == filter.ReadOnly {
				continue
			}
			if err := p.extensionAttribute(opRemove, filter.Path{Attribute: a}, nil, inValue); err != nil {
				return err
			}
		}
		return nil
	}
	if kind == opRemove && isEmpty(raw) {
		return nil // names nothing
	}
	return p.eachIn(urn, raw, func(path filter.Path, raw json.RawMessage) error {
		if kind == opRemove && isNull(raw) {
			return nil // names nothing
		}
		p.edit.supply(path.Attribute)
		// An attribute inside the object of its extension is in a value, wherever
		// the object itself stood.
		return p.extensionAttribute(kind, path, raw, true)
	})
}

// eachIn calls f with each attribute in the object of an extension.
func (p *patching) eachIn(urn string, raw json.RawMessage, f func(filter.Path, json.RawMessage) error) error {
	if isNull(raw) {
		return nil
	}
	if raw[0] != '{' {
		return fault.InvalidValue("%s must be an object with attributes", urn)
	}
	for _, pair := range sortedPairs(raw) {
		a := p.c.table.Lookup(urn + ":" + pair.name)
		if a == nil || a.Element() {
			if isNull(pair.value) || p.c.tolerates(UnknownAttributes) {
				continue
			}
			return fault.InvalidPath("%s has no attribute %q", urn, fault.Shorten(pair.name))
		}
		path := filter.Path{Attribute: a}
		if a.Parent != nil {
			path = filter.Path{Attribute: a.Parent, Sub: a}
		}
		if err := p.once(path, a.String()); err != nil {
			return err
		}
		if err := f(path, pair.value); err != nil {
			return err
		}
	}
	return nil
}

// extensionAttribute compiles an operation on one attribute of an extension.
func (p *patching) extensionAttribute(kind opKind, path filter.Path, raw json.RawMessage, inValue bool) error {
	a, sub := path.Attribute, path.Sub
	target := a
	if sub != nil {
		target = sub
	}
	if a.Mutability == filter.ReadOnly || target.Mutability == filter.ReadOnly {
		if inValue {
			return nil
		}
		return fault.Mutability("%s is set by the server", target)
	}
	if isEmpty(raw) {
		switch {
		case kind == opReplace && path.Where != nil && sub == nil:
			return fault.InvalidValue("%s[…]: a replace needs a value", a)
		case kind == opReplace:
			kind = opRemove
		case kind == opAdd:
			return nil
		case raw != nil && !isNull(raw) && path.Where == nil:
			return nil // a remove that names nothing
		}
		raw = nil
	}
	s := extensionStep{op: kind, attribute: a, where: path.Where, sub: sub}
	var err error
	if s.value, err = p.c.stepValue(&s, target, raw); err != nil {
		return err
	}
	if kind == opAdd && p.c.request.Quirks.Has(CreateUnmatched) && path.Where != nil {
		s.create = equalities(path.Where)
	}
	p.addStep(s)
	return nil
}

// addStep appends a step, or the values of it to an earlier one that does the same to
// the same attribute: a thousand operations that add one value each are one that adds
// a thousand.
func (p *patching) addStep(s extensionStep) {
	last, again := p.lastStep[s.attribute]
	if again && p.edit.steps[last].extension.extend(&s) {
		return
	}
	s.again = again
	if p.lastStep == nil {
		p.lastStep = make(map[*filter.Attribute]int)
	}
	p.lastStep[s.attribute] = len(p.edit.steps)
	p.edit.steps = append(p.edit.steps, step{kind: stepExtension, extension: s})
}

// extend takes over the values of the next step for the same attribute, if it comes
// to the same. It does not where steps have to be told apart: the second one that
// sets what is immutable is a fault, and one that makes an element primary changes
// others.
func (s *extensionStep) extend(next *extensionStep) bool {
	values, ok := s.value.([]any)
	more, ok2 := next.value.([]any)
	switch {
	case !ok || !ok2 || s.op == opReplace || s.op != next.op || s.sub != next.sub || s.where != nil || next.where != nil,
		s.attribute.Mutability == filter.Immutable || s.sub != nil && s.sub.Mutability == filter.Immutable,
		s.op == opAdd && slices.ContainsFunc(more, filter.IsPrimary):
		return false
	}
	s.value = append(values, more...)
	return true
}

// looks is how many values the step looks at beyond one walk through the attribute
// and one through its own value.
func (s *extensionStep) looks(head *store.Group) int {
	each := 0
	switch {
	case s.where != nil || s.sub != nil && s.attribute.MultiValued:
		each = countValues(s.value) // every element gets them
	case s.op == opReplace || s.value == nil:
		return 0 // what is there does not matter
	case s.op == opRemove:
		values, _ := s.value.([]any)
		each = max(0, len(shapesOf(values))-1)
	}
	if s.again && s.where != nil {
		for range s.where.Comparisons() {
			each++
		}
	} else if s.again {
		each++
	}
	if each == 0 {
		return 0
	}
	return each * countValues(head.Extensions[s.attribute.Schema][s.attribute.Name])
}

func errTooManyRescans() error {
	return fault.TooMany("the operations have to look at more than %d values of extension attributes again; send fewer, or all that is to be added, and all that is to be removed, in one list", maxRescans)
}

// countValues counts the elements of lists.
func countValues(v any) (n int) {
	switch v := v.(type) {
	case []any:
		n = len(v)
		for _, item := range v {
			n += countValues(item)
		}
	case map[string]any:
		for _, item := range v {
			n += countValues(item)
		}
	}
	return n
}

// stepValue checks and normalises the value of an operation.
func (c *compilation) stepValue(s *extensionStep, target *filter.Attribute, raw json.RawMessage) (any, error) {
	if raw == nil {
		return nil, nil
	}
	v, err := decodeValue(target, raw)
	if err != nil {
		return nil, err
	}
	v = c.resolveReferences(target, c.knownOnly(target, v))
	if err := c.checkTypes(target, v, s.where == nil || s.sub != nil); err != nil {
		return nil, err
	}
	if s.op == opRemove {
		switch {
		case s.where != nil && s.sub == nil, target.Type != filter.Complex && !target.MultiValued:
			return nil, nil // the path says it all
		case !target.MultiValued:
			return named(target, v)
		}
		return valueList(target, v)
	}
	switch {
	case s.where != nil && s.sub == nil && target.Type != filter.Complex:
		return element(target.SubAttribute("value"), v)
	case target.Type == filter.Complex && (!target.MultiValued || s.where != nil):
		return object(target, v, s.op)
	}
	return element(target, v)
}

// element normalises a value. One that comes to nothing is an error: what means
// "unassigned" has been dealt with before.
func element(a *filter.Attribute, v any) (any, error) {
	v, err := a.Normalize(v)
	if err == nil && v == nil {
		err = fault.InvalidValue("%s has no value", a)
	}
	if err == nil && v == "" && a.Required {
		err = fault.InvalidValue("%s is required and cannot be empty", a)
	}
	return v, err
}

// valueList normalises the elements that a remove names: elements of a simple
// attribute, or objects with some of the sub-attributes.
func valueList(a *filter.Attribute, v any) (any, error) {
	if a.Type != filter.Complex {
		return element(a, v)
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	out := make([]any, 0, len(list))
	for _, item := range list {
		object, err := named(a, item)
		if err != nil {
			return nil, err
		}
		out = append(out, object)
	}
	return out, nil
}

// named is partial for an object that says what to remove, which must be
// something.
func named(a *filter.Attribute, v any) (map[string]any, error) {
	object, err := partial(a, v)
	if err != nil {
		return nil, err
	}
	for name, item := range object {
		if item == nil {
			delete(object, name)
		}
	}
	if len(object) == 0 {
		return nil, fault.InvalidValue("%s: the value to remove names nothing", a)
	}
	return object, nil
}

// partial normalises an object with some of the sub-attributes of a.
func partial(a *filter.Attribute, v any) (map[string]any, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fault.InvalidValue("%s must be an object", a)
	}
	out := make(map[string]any, len(object))
	for name, item := range object {
		sub := a.SubAttribute(name)
		if sub == nil {
			if item == nil {
				continue
			}
			return nil, fault.InvalidValue("%s has no sub-attribute %q", a, fault.Shorten(name))
		}
		n, err := sub.Normalize(item)
		if err != nil {
			return nil, err
		}
		out[sub.Name] = n
	}
	return out, nil
}

// object is partial without what only the server may set. A null unassigns, but
// not in an add.
func object(a *filter.Attribute, v any, op opKind) (map[string]any, error) {
	out, err := partial(a, v)
	if err != nil {
		return nil, err
	}
	for name, item := range out {
		if a.SubAttribute(name).Mutability == filter.ReadOnly || item == nil && op == opAdd {
			delete(out, name)
		}
	}
	return out, nil
}

// equalities are the sub-attributes that a value filter compares with eq and
// joins with and; nil if it is another kind of filter.
func equalities(where *filter.Filter) map[string]any {
	out := make(map[string]any)
	var walk func(n filter.Node) bool
	walk = func(n filter.Node) bool {
		switch n := n.(type) {
		case filter.And:
			for _, term := range n {
				if !walk(term) {
					return false
				}
			}
			return true
		case *filter.Compare:
			if n.Op != filter.Eq || n.Attribute.Element() {
				return false
			}
			switch n.Literal.Kind() {
			case filter.StringLiteral:
				out[n.Attribute.Name] = n.Literal.Text()
			case filter.BooleanLiteral:
				out[n.Attribute.Name] = n.Literal.Boolean()
			case filter.NumberLiteral:
				out[n.Attribute.Name] = json.Number(n.Literal.Text())
			default:
				return false
			}
			return true
		}
		return false
	}
	if !walk(where.Root()) {
		return nil
	}
	return out
}

func (s *extensionStep) apply(head *store.Group, found *Quirks) error {
	a := s.attribute
	before := head.Extensions[a.Schema][a.Name]
	after, err := s.change(before, found)
	if err != nil {
		return err
	}
	if a.Mutability == filter.Immutable && before != nil && !keeps(before, after) {
		return fault.Mutability("%s cannot be changed", a)
	}
	if isUnassigned(after) {
		if a.Required && s.op != opAdd {
			return fault.Mutability("%s is required and cannot be removed", a)
		}
	} else if isUnassigned(before) && a.Type == filter.Complex {
		// What was put together out of parts must have all its parts.
		if _, err := a.Normalize(cloneValue(after)); err != nil {
			return err
		}
	}
	assign(head, a, after)
	return nil
}

// keeps reports whether after is before, with nothing but sub-attributes added
// that had no value (RFC 7644 §3.5.2).
func keeps(before, after any) bool {
	switch before := before.(type) {
	case map[string]any:
		object, ok := after.(map[string]any)
		for name, v := range before {
			ok = ok && reflect.DeepEqual(v, object[name])
		}
		return ok
	case []any:
		list, ok := after.([]any)
		ok = ok && len(list) == len(before)
		for i := 0; ok && i < len(before); i++ {
			ok = keeps(before[i], list[i])
		}
		return ok
	}
	return reflect.DeepEqual(before, after)
}

// assign sets an attribute of an extension, or unassigns it if v is nothing.
func assign(head *store.Group, a *filter.Attribute, v any) {
	if isUnassigned(v) {
		delete(head.Extensions[a.Schema], a.Name)
		if len(head.Extensions[a.Schema]) == 0 {
			delete(head.Extensions, a.Schema)
		}
		return
	}
	if head.Extensions == nil {
		head.Extensions = make(store.Extensions)
	}
	if head.Extensions[a.Schema] == nil {
		head.Extensions[a.Schema] = make(map[string]any)
	}
	head.Extensions[a.Schema][a.Name] = v
}

// isUnassigned reports whether a value is none (RFC 7643 §2.5).
func isUnassigned(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// change answers the value of the attribute after the operation. It changes
// nothing that the group has.
func (s *extensionStep) change(before any, found *Quirks) (any, error) {
	a := s.attribute
	switch {
	case s.where != nil && a.MultiValued:
		return s.changeMatching(before, found)
	case s.where != nil:
		return s.changeIfMatching(before)
	case s.sub != nil && a.MultiValued:
		return s.changeEach(before)
	case s.sub != nil:
		object, _ := before.(map[string]any)
		return s.changeSub(object)
	case s.op == opRemove && s.value != nil && !a.MultiValued:
		object, _ := before.(map[string]any)
		return withoutSubs(a, object, s.value.(map[string]any))
	case s.op == opMerge:
		return mergedByValue(a, before, s.value.([]any))
	case s.op == opRemove && s.value != nil:
		return without(a, before, s.value.([]any)), nil
	case s.op == opRemove:
		return nil, nil
	case a.MultiValued && s.op == opAdd:
		return appended(a, before, s.value.([]any)), nil
	case a.MultiValued:
		return cloneValue(s.value), nil
	case a.Type == filter.Complex:
		object, _ := before.(map[string]any)
		return s.merged(object)
	}
	return cloneValue(s.value), nil
}

// changeMatching changes the elements that the value path selects (RFC 7644
// §3.5.2.1 to §3.5.2.3).
func (s *extensionStep) changeMatching(before any, found *Quirks) (any, error) {
	list, _ := before.([]any)
	after := make([]any, 0, len(list)+1)
	matched, primary := 0, -1
	for _, item := range list {
		if !s.matches(item) {
			after = append(after, item)
			continue
		}
		matched++
		changed, keep, err := s.changeElement(item)
		if err != nil {
			return nil, err
		}
		if !keep {
			continue
		}
		after = append(after, changed)
		if filter.IsPrimary(changed) && !filter.IsPrimary(item) {
			primary = len(after) - 1
		}
	}
	if matched == 0 && s.op != opRemove {
		if s.create == nil {
			return nil, fault.NoTarget("%s has no value that the path selects", s.attribute)
		}
		*found |= CreateUnmatched
		object, _ := cloneValue(s.create).(map[string]any)
		changed, _, err := s.changeElement(object)
		if err != nil {
			return nil, err
		}
		if changed, err = s.attribute.Normalize([]any{changed}); err != nil {
			return nil, err
		}
		created, _ := changed.([]any)
		return appended(s.attribute, before, created), nil
	}
	return resetPrimary(after, primary), nil
}

func (s *extensionStep) matches(item any) bool {
	if object, ok := item.(map[string]any); ok {
		return s.where.Match(filter.JSONObject(object))
	}
	return s.where.Match(filter.JSONObject{"value": item})
}

// changeElement applies the operation to one selected element; keep is false if
// nothing of it is left.
func (s *extensionStep) changeElement(item any) (after any, keep bool, err error) {
	if s.op == opRemove && s.sub == nil {
		return nil, false, nil
	}
	object, complex := item.(map[string]any)
	if !complex {
		return cloneValue(s.value), true, nil
	}
	var changed map[string]any
	if s.sub != nil {
		changed, err = s.changeSub(object)
	} else {
		changed, err = s.merged(object)
	}
	return changed, len(changed) > 0, err
}

// changeIfMatching is changeMatching for a single complex attribute.
func (s *extensionStep) changeIfMatching(before any) (any, error) {
	if before == nil || !s.matches(before) {
		if s.op == opRemove {
			return before, nil
		}
		return nil, fault.NoTarget("%s is not what the path selects", s.attribute)
	}
	after, keep, err := s.changeElement(before)
	if !keep {
		after = nil
	}
	return after, err
}

// changeEach changes a sub-attribute of every element. If there is none, an add
// or replace creates one (RFC 7644 §3.5.2.1).
func (s *extensionStep) changeEach(before any) (any, error) {
	list, _ := before.([]any)
	if len(list) == 0 && s.op != opRemove {
		list = []any{map[string]any{}}
	}
	after := make([]any, 0, len(list))
	primary := -1
	for _, item := range list {
		object, _ := item.(map[string]any)
		changed, err := s.changeSub(object)
		if err != nil {
			return nil, err
		}
		if len(changed) > 0 {
			after = append(after, changed)
		}
		if filter.IsPrimary(changed) && s.sub.Name == "primary" {
			primary = len(after) - 1 // there can be one only: the last
		}
	}
	return resetPrimary(after, primary), nil
}

// changeSub changes one sub-attribute of an object.
func (s *extensionStep) changeSub(object map[string]any) (map[string]any, error) {
	before := object[s.sub.Name]
	var after any
	switch {
	case s.op == opRemove && s.value != nil:
		after = without(s.sub, before, s.value.([]any))
	case s.op == opRemove:
	case s.sub.MultiValued && s.op == opAdd:
		after = appended(s.sub, before, s.value.([]any))
	default:
		after = cloneValue(s.value)
	}
	if isUnassigned(after) {
		after = nil
	}
	return with(object, s.sub, after)
}

// withoutSubs is a copy of object without the sub-attributes that named has.
func withoutSubs(a *filter.Attribute, object, named map[string]any) (map[string]any, error) {
	out := object
	var err error
	for name := range named {
		if out, err = with(out, a.SubAttribute(name), nil); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// with is a copy of object with another value for one sub-attribute.
func with(object map[string]any, sub *filter.Attribute, v any) (map[string]any, error) {
	before := object[sub.Name]
	if sub.Mutability == filter.Immutable && before != nil && !reflect.DeepEqual(before, v) {
		return nil, fault.Mutability("%s cannot be changed", sub)
	}
	if sub.Required && before != nil && v == nil {
		return nil, fault.Mutability("%s is required and cannot be removed", sub)
	}
	out := make(map[string]any, len(object)+1)
	for name, item := range object {
		out[name] = item
	}
	if v == nil {
		delete(out, sub.Name)
	} else {
		out[sub.Name] = v
	}
	return out, nil
}

// merged is object with the sub-attributes of the value.
func (s *extensionStep) merged(object map[string]any) (map[string]any, error) {
	return mergeObject(s.attribute, object, s.value.(map[string]any), s.op == opAdd)
}

// mergeObject is object with the sub-attributes of from; a nil there unassigns,
// and multi-valued ones are appended to if extend says so.
func mergeObject(a *filter.Attribute, object, from map[string]any, extend bool) (map[string]any, error) {
	out := object
	var err error
	for name, v := range from {
		sub := a.SubAttribute(name)
		if values, ok := v.([]any); ok && extend {
			v = appended(sub, object[name], values)
		}
		if out, err = with(out, sub, cloneValue(v)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// cloneValue copies a value of the Edit, which may be applied again.
func cloneValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, item := range v {
			out[name] = cloneValue(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = cloneValue(item)
		}
		return out
	}
	return v
}
