package patch

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/jsontext"
)

// parse returns the JSON object that a body is. It checks what must be known before the
// object is decoded; see [jsontext.Parse].
func (c *compilation) parse(body []byte) (jsontext.Value, error) {
	if rest, found := bytes.CutPrefix(body, byteOrderMark); found {
		if !c.tolerates(ByteOrderMark) {
			return nil, fault.InvalidSyntax("the body begins with a byte order mark, which JSON does not have")
		}
		body = rest
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, fault.InvalidSyntax("the request has no body")
	}
	v, err := jsontext.Parse(body, c.o.MaxDepth)
	if err != nil {
		return nil, textFault(err)
	}
	if v.Kind() != '{' {
		return nil, fault.InvalidSyntax("the body must be a JSON object, not a JSON %s", v.Kind())
	}
	return v, nil
}

// byteOrderMark is U+FEFF in UTF-8, which must not begin a JSON text (RFC 8259 §8.1).
var byteOrderMark = []byte("\ufeff")

// textFault explains an error of jsontext.
func textFault(err error) error {
	var e *jsontext.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.NUL {
		return fault.InvalidValue("the body %s (offset %d)", e.Reason, e.Offset)
	}
	return fault.InvalidSyntax("the body %s (offset %d)", e.Reason, e.Offset)
}

// duplicate returns the fault of a name that occurs again: only the client knows which of
// the values counts. encoding/json would use the last.
func duplicate(name string) error {
	return fault.InvalidSyntax("duplicate attribute %q", fault.Shorten(name))
}

// field is an attribute of a message and its value in an object; see find.
type field struct {
	name  string
	value *jsontext.Value
}

// find sets the values of the fields that an object has, whose names may be in any letter
// case. It ignores other names.
func find(object jsontext.Value, fields ...field) error {
	for name, value := range object.Pairs() {
		for _, f := range fields {
			if !name.EqualFold(f.name) {
				continue
			}
			if *f.value != nil {
				text, _ := name.Text()
				return duplicate(text)
			}
			*f.value = value
			break
		}
	}
	return nil
}

// names is the set of the attributes that a resource, or the value of an operation, has
// named so far.
type names map[string]bool

// add refuses a name that stands for the same attribute, the key, as an earlier one: in
// another spelling, or inside the object of an extension and beside it.
func (n *names) add(key, name string) error {
	if (*n)[key] {
		return duplicate(name)
	}
	if *n == nil {
		*n = make(names)
	}
	(*n)[key] = true
	return nil
}

// pair is a name and its value in an object.
type pair struct {
	name  string
	value jsontext.Value
}

// sortedPairs returns the pairs of an object in the order of their names.
func sortedPairs(object jsontext.Value) []pair {
	var out []pair
	for name, value := range object.Pairs() {
		text, _ := name.Text()
		out = append(out, pair{text, value})
	}
	slices.SortStableFunc(out, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	return out
}

// isUnassigned reports whether a value is missing, null or an empty list (RFC 7643 §2.5).
func isUnassigned(v jsontext.Value) bool { return v.IsNull() || v.Kind() == '[' && v.IsEmpty() }

// decode decodes the value of an attribute for [filter.Attribute.Normalize]. It refuses
// duplicate sub-attributes.
func decode(a *filter.Attribute, v jsontext.Value) (any, error) {
	if err := checkDuplicates(a, v); err != nil {
		return nil, err
	}
	return v.Decode(), nil
}

// checkDuplicates ignores names that a does not have: they are refused or ignored
// elsewhere.
func checkDuplicates(a *filter.Attribute, v jsontext.Value) error {
	switch v.Kind() {
	case '[':
		for item := range v.Elements() {
			if err := checkDuplicates(a, item); err != nil {
				return err
			}
		}
	case '{':
		var seen []*filter.Attribute
		for name, value := range v.Pairs() {
			text, _ := name.Text()
			sub := a.SubAttribute(text)
			if sub == nil {
				continue
			}
			if slices.Contains(seen, sub) {
				return duplicate(sub.String())
			}
			seen = append(seen, sub)
			if err := checkDuplicates(sub, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkSchemas requires that the "schemas" of a body contain one of some URNs. Other URNs
// beside it are ignored: Entra ID sends one of its own.
func (c *compilation) checkSchemas(schemas jsontext.Value, want ...string) error {
	quirk := ForeignSchemas
	if schemas.IsNull() {
		quirk = MissingSchemas
	}
	err := findSchema(schemas, want)
	if err != nil && c.tolerates(quirk) {
		return nil
	}
	return err
}

func findSchema(schemas jsontext.Value, want []string) error {
	if schemas.IsNull() {
		return fault.InvalidSyntax("schemas is missing; it must contain %s", want[0])
	}
	if schemas.Kind() != '[' {
		return fault.InvalidSyntax("schemas must be a list of strings")
	}
	found := false
	for item := range schemas.Elements() {
		urn, ok := item.Text()
		if !ok {
			return fault.InvalidSyntax("schemas must be a list of strings")
		}
		found = found || slices.ContainsFunc(want, func(w string) bool { return strings.EqualFold(urn, w) })
	}
	if !found {
		return fault.InvalidSyntax("schemas does not contain %s", want[0])
	}
	return nil
}

// Unmarshal decodes the body of another message, such as a SearchRequest, into v, which
// points to a struct whose fields have the names of the attributes, as have those of the
// structs in it. It makes the same checks as the other methods: bounds, UTF-8, the URN
// that "schemas" must contain, unless it is "", and no duplicate names. It returns the
// quirks that made a difference.
func (c *Compiler) Unmarshal(body []byte, schema string, v any) (tolerated Quirks, err error) {
	one := compilation{Compiler: c}
	object, err := one.parse(body)
	if err != nil {
		return 0, err
	}
	var schemas jsontext.Value
	if err := find(object, field{"schemas", &schemas}); err != nil {
		return 0, err
	}
	if schema != "" {
		if err := one.checkSchemas(schemas, schema); err != nil {
			return 0, err
		}
	}
	if err := checkFields(object, reflect.TypeOf(v)); err != nil {
		return 0, err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return 0, typeFault(err)
	}
	return one.tolerated, nil
}

// checkFields refuses duplicate names for which a struct has a field. It does not look
// into what t keeps as it is (json.RawMessage).
func checkFields(v jsontext.Value, t reflect.Type) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 && v.Kind() == '[':
		for item := range v.Elements() {
			if err := checkFields(item, t.Elem()); err != nil {
				return err
			}
		}
		return nil
	case t.Kind() != reflect.Struct || v.Kind() != '{':
		return nil
	}
	fields := reflect.VisibleFields(t)
	seen := make([]bool, len(fields))
	for name, value := range v.Pairs() {
		for i, f := range fields {
			if !f.IsExported() || !name.EqualFold(f.Name) {
				continue
			}
			if seen[i] {
				text, _ := name.Text()
				return duplicate(text)
			}
			seen[i] = true
			if err := checkFields(value, f.Type); err != nil {
				return err
			}
		}
	}
	return nil
}

// typeFault explains an error of encoding/json about a well-formed body.
func typeFault(err error) error {
	var e *json.UnmarshalTypeError
	switch {
	case errors.As(err, &e) && e.Field != "":
		return fault.InvalidSyntax("%s must not be a JSON %s", strings.ToLower(e.Field[:1])+e.Field[1:], e.Value)
	case errors.As(err, &e):
		return fault.InvalidSyntax("the body must not be a JSON %s", e.Value)
	}
	return fault.InvalidSyntax("the body cannot be read: %v", err)
}
