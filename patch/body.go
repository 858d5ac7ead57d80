package patch

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/fault"
)

// checkBody looks at what must be known before a body is decoded: that it is
// UTF-8 (RFC 7644 §3.8), that it does not nest too deep, that no string has the
// character NUL in it, which not every database can keep, and that it is a JSON
// object, which it answers without the space around it.
func (c *Compiler) checkBody(body []byte) (json.RawMessage, error) {
	if err := c.checkText(body); err != nil {
		return nil, err
	}
	if !json.Valid(body) {
		var raw json.RawMessage
		return nil, syntaxFault(json.Unmarshal(body, &raw)) // which says why
	}
	raw := json.RawMessage(bytes.TrimSpace(body))
	if raw[0] != '{' {
		return nil, fault.InvalidSyntax("the body must not be a JSON %s, but an object", kindOf(raw))
	}
	return raw, nil
}

// kindOf names the kind of a JSON value.
func kindOf(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

func (c *Compiler) checkText(body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return fault.InvalidSyntax("the request has no body")
	}
	if !utf8.Valid(body) {
		return fault.InvalidSyntax("the body is not UTF-8")
	}
	depth, inString := 0, false
	for i := 0; i < len(body); i++ {
		switch b := body[i]; {
		case inString && b == '\\':
			if bytes.HasPrefix(body[i:], []byte(`\u0000`)) {
				return fault.InvalidValue("the body has the character U+0000 in a string (offset %d)", i)
			}
			i++
		case b == '"':
			inString = !inString
		case inString:
		case b == '{' || b == '[':
			if depth++; depth > c.o.MaxDepth {
				return fault.InvalidSyntax("the body nests deeper than %d levels (offset %d)", c.o.MaxDepth, i)
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return nil
}

// syntaxFault explains an error of encoding/json.
func syntaxFault(err error) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fault.InvalidSyntax("the body is not JSON: %v (offset %d)", syntax, syntax.Offset)
	case errors.As(err, &typ) && typ.Field != "":
		return fault.InvalidSyntax("%s must not be a JSON %s", strings.ToLower(typ.Field[:1])+typ.Field[1:], typ.Value)
	case errors.As(err, &typ):
		return fault.InvalidSyntax("the body must not be a JSON %s", typ.Value)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fault.InvalidSyntax("the body ends too early")
	}
	return fault.InvalidSyntax("the body cannot be read: %v", err)
}

// decodeValue decodes the value of an attribute for [filter.Attribute.Normalize],
// with exact numbers.
func decodeValue(a *filter.Attribute, raw json.RawMessage) (any, error) {
	if err := subsOnce(a, raw); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, syntaxFault(err)
	}
	return v, nil
}

// subsOnce refuses a value that has a sub-attribute twice. Names that a does not
// have are refused or ignored elsewhere, all of them.
func subsOnce(a *filter.Attribute, raw json.RawMessage) error {
	switch raw[0] {
	case '[':
		return eachElement(raw, func(item json.RawMessage) error { return subsOnce(a, item) })
	case '{':
		var seen []*filter.Attribute
		return eachPair(raw, func(name string, value json.RawMessage) error {
			sub := a.SubAttribute(name)
			if sub == nil {
				return nil
			}
			if slices.Contains(seen, sub) {
				return twice(sub.String())
			}
			seen = append(seen, sub)
			return subsOnce(sub, value)
		})
	}
	return nil
}

// isNull reports whether a value is missing or null, which are the same (RFC
// 7643 §2.5).
func isNull(raw json.RawMessage) bool {
	return len(raw) == 0 || string(raw) == "null"
}

// isEmpty reports whether a value means unassigned: null or an empty list.
func isEmpty(raw json.RawMessage) bool {
	return isNull(raw) || raw[0] == '[' && raw[skipSpace(raw, 1)] == ']'
}

// Unmarshal decodes the body of another message (a SearchRequest, say) into v,
// with the same checks as those of this package: bounds, UTF-8, the URN that
// "schemas" must hold, unless it is "", and that no name is there twice. v points to
// a struct whose fields are called as the attributes are, and so are those of the
// structs in it. It returns the quirks that made a difference.
func (c *Compiler) Unmarshal(body []byte, schema string, v any) (tolerated Quirks, err error) {
	object, err := c.checkBody(body)
	if err != nil {
		return 0, err
	}
	var schemas json.RawMessage
	if err := fields(object, field{"schemas", &schemas}); err != nil {
		return 0, err
	}
	one := compilation{Compiler: c}
	if schema != "" {
		if err := one.checkSchemas(schemas, schema); err != nil {
			return 0, err
		}
	}
	if err := fieldsOnce(object, reflect.TypeOf(v)); err != nil {
		return 0, err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return 0, syntaxFault(err)
	}
	return one.tolerated, nil
}

// fieldsOnce refuses an object that has a name twice for which t has a field. What t
// keeps as it is (json.RawMessage) is not looked into.
func fieldsOnce(raw json.RawMessage, t reflect.Type) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 && raw[0] == '[':
		return eachElement(raw, func(item json.RawMessage) error { return fieldsOnce(item, t.Elem()) })
	case t.Kind() != reflect.Struct || raw[0] != '{':
		return nil
	}
	fields := reflect.VisibleFields(t)
	seen := make([]bool, len(fields))
	for p := pairsOf(raw); p.next(); {
		for i, f := range fields {
			if !f.IsExported() || !p.is(f.Name) {
				continue
			}
			if seen[i] {
				return p.twice()
			}
			seen[i] = true
			if err := fieldsOnce(p.value, f.Type); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkSchemas looks for one of some URNs in the "schemas" of a body. Other URNs
// beside it are ignored: Entra ID sends one of its own.
func (c *compilation) checkSchemas(schemas json.RawMessage, want ...string) error {
	err := lookForSchema(schemas, want)
	if err != nil && c.tolerates(MissingSchemas) {
		return nil
	}
	return err
}

func lookForSchema(schemas json.RawMessage, want []string) error {
	if isNull(schemas) {
		return fault.InvalidSyntax("schemas is missing; it must hold %s", want[0])
	}
	if schemas[0] != '[' {
		return fault.InvalidSyntax("schemas must be a list of strings")
	}
	found := false
	err := eachElement(schemas, func(raw json.RawMessage) error {
		urn, ok := text(raw)
		if !ok {
			return fault.InvalidSyntax("schemas must be a list of strings")
		}
		for _, w := range want {
			found = found || strings.EqualFold(urn, w)
		}
		return nil
	})
	if err == nil && !found {
		err = fault.InvalidSyntax("schemas does not hold %s", want[0])
	}
	return err
}
