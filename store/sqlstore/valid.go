package sqlstore

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// maxKey is the maximum length in bytes of a text in an index: displayName (folded),
// externalId and the value of a member. An entry of a B-tree index of PostgreSQL has at
// most 2,704 bytes, and holds a tenant and an id too.
const maxKey = 1_500

// maxTenant is the maximum length of a tenant's name in bytes.
const maxTenant = 200

// keepable reports whether every database can hold the text. In PostgreSQL a text has no
// NUL, and must be valid UTF-8.
func keepable(text string) bool {
	return utf8.ValidString(text) && strings.IndexByte(text, 0) < 0
}

func validText(attribute, text string, limit int) error {
	switch {
	case strings.IndexByte(text, 0) >= 0:
		return &store.InvalidError{Attribute: attribute, Reason: "must not contain a NUL character"}
	case !utf8.ValidString(text):
		return &store.InvalidError{Attribute: attribute, Reason: "must be valid UTF-8"}
	case limit > 0 && len(text) > limit:
		return &store.InvalidError{Attribute: attribute, Reason: fmt.Sprintf("must not be longer than %d bytes", limit)}
	}
	return nil
}

func validHead(g *store.Group) error {
	if err := validText("displayName", g.DisplayName, 0); err != nil {
		return err
	}
	if err := validText("displayName", filter.Fold(g.DisplayName), maxKey); err != nil {
		return err
	}
	if err := validText("externalId", g.ExternalID, maxKey); err != nil {
		return err
	}
	for urn, attributes := range g.Extensions {
		for name, value := range attributes {
			if err := validJSON(urn+":"+name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func validMembers(members []store.Member) error {
	for i := range members {
		m := &members[i]
		if err := validText("members.value", m.Value, maxKey); err != nil {
			return err
		}
		for _, s := range []struct{ attribute, text string }{
			{"members.type", m.Type}, {"members.display", m.Display}, {"members.$ref", m.Ref},
		} {
			if err := validText(s.attribute, s.text, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// validJSON checks a value of an extension: its strings as any text, and that its numbers
// are not too long for the database.
func validJSON(attribute string, v any) error {
	switch v := v.(type) {
	case string:
		return validText(attribute, v, 0)
	case json.Number:
		plain := string(plainNumber(v))
		whole, fraction, _ := strings.Cut(plain, ".")
		if strings.ContainsAny(plain, "eE") || len(whole) > maxDigits || len(fraction) > maxDigits {
			return &store.InvalidError{
				Attribute: attribute,
				Reason:    fmt.Sprintf("must not have more than %d digits on a side of the decimal point", maxDigits),
			}
		}
	case []any:
		for _, item := range v {
			if err := validJSON(attribute, item); err != nil {
				return err
			}
		}
	case map[string]any:
		for name, item := range v {
			if err := validText(attribute, name, 0); err != nil {
				return err
			}
			if err := validJSON(attribute, item); err != nil {
				return err
			}
		}
	}
	return nil
}
