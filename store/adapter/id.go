package adapter

import (
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/scimgroups/scimgroups/store"
)

// NewID returns a new id for a group: a UUID of version 7 (RFC 9562 §5.7) in lower
// case. Ids that one process makes ascend in byte order. NewID is safe for concurrent
// use.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// maxIDLength is the greatest length of an id, in characters.
const maxIDLength = 200

// ValidID returns nil if a group may have the id, as [store.Group] says, or else a
// [*store.InvalidError] for the attribute "id".
func ValidID(id string) error {
	reason := ""
	switch {
	case id == "":
		reason = "must not be empty"
	case !utf8.ValidString(id):
		reason = "must be valid UTF-8"
	case strings.ContainsRune(id, 0):
		reason = "must not contain a NUL character"
	case utf8.RuneCountInString(id) > maxIDLength:
		reason = "must not be longer than 200 characters"
	case id == "." || id == ".." || id == ".search":
		reason = "must not be " + id // has another meaning in a URL
	case strings.Contains(strings.ToLower(id), "bulkid"):
		reason = `must not contain "bulkId"` // RFC 7643 §3.1
	default:
		return nil
	}
	return &store.InvalidError{Attribute: "id", Reason: reason}
}
