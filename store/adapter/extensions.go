package adapter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/scimgroups/scimgroups/internal/jsontext"
	"github.com/scimgroups/scimgroups/store"
)

// UnmarshalExtensions decodes the JSON of [store.Extensions]. Numbers keep their
// spelling, whatever their size. It omits attributes that are null, an empty list or an
// empty object, and extensions without attributes. It returns nil for empty text, null
// and {}.
func UnmarshalExtensions(text []byte) (store.Extensions, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var e store.Extensions
	if err := d.Decode(&e); err != nil {
		return nil, fmt.Errorf("adapter: extensions: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("adapter: extensions: text after the JSON object")
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

// equalExtensions reports whether e and f have the same attributes with equal values.
// Numbers are equal if they are written alike.
func equalExtensions(e, f store.Extensions) bool {
	for _, pair := range [][2]store.Extensions{{e, f}, {f, e}} {
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
