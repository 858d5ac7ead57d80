package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/scimgroups/scimgroups/internal/jsontext"
)

// UnmarshalExtensions reads what encoding/json made of [Extensions]. Numbers stay
// exactly as they are written, whatever their size. Nothing, null and {} are
// nil; attributes that are null, an empty list or an empty object, and
// extensions without attributes, are left out.
func UnmarshalExtensions(text []byte) (Extensions, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var e Extensions
	if err := d.Decode(&e); err != nil {
		return nil, fmt.Errorf("store: extensions: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("store: extensions: text after the JSON object")
	}
	for urn, attributes := range e {
		for name, value := range attributes {
			if jsontext.IsUnassigned(value) {
				delete(attributes, name)
			}
		}
		if len(attributes) == 0 {
			delete(e, urn)
		}
	}
	if len(e) == 0 {
		return nil, nil
	}
	return e, nil
}

// Equal reports whether both hold the same attributes with the same values.
// Numbers are the same if they are written the same.
func (e Extensions) Equal(f Extensions) bool {
	for _, pair := range [][2]Extensions{{e, f}, {f, e}} {
		for urn, attributes := range pair[0] {
			if len(attributes) == 0 {
				continue
			}
			others := pair[1][urn]
			if len(attributes) != len(others) {
				return false
			}
			for name, value := range attributes {
				other, ok := others[name]
				if !ok || !jsontext.Equal(value, other) {
					return false
				}
			}
		}
	}
	return true
}
