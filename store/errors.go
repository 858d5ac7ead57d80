package store

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Errors that every store returns in the same way. They may be wrapped; callers use
// errors.Is.
var (
	// ErrNotFound reports that no group has this id (404).
	ErrNotFound = errors.New("store: no such group")
	// ErrVersionMismatch reports that the version of the group does not meet the
	// [Condition] (412).
	ErrVersionMismatch = errors.New("store: version mismatch")
	// ErrNoTarget reports that an edit with MustMatch matched no member (400 noTarget).
	ErrNoTarget = errors.New("store: no member matches")
	// ErrImmutable reports that an edit would change an immutable sub-attribute of a
	// member (400 mutability).
	ErrImmutable = errors.New("store: immutable sub-attribute")
	// ErrClearRefused reports that a group has more members than an edit may clear at
	// once (400 invalidValue).
	ErrClearRefused = errors.New("store: too many members to clear at once")
	// ErrTooMany reports that a list has more results, or takes more work, than the
	// store permits (400 tooMany).
	ErrTooMany = errors.New("store: too many results")
	// ErrBadPosition reports a Position that the store did not make, or that is not for
	// this query.
	ErrBadPosition = errors.New("store: bad position")
	// ErrUnavailable reports that the store cannot be used at the moment; a later
	// attempt may succeed (503). It is never returned for a change that may have
	// happened.
	ErrUnavailable = errors.New("store: unavailable")
)

// ConflictError reports that a unique value belongs to another group (409 uniqueness).
type ConflictError struct {
	// Attribute is the name of the attribute, such as "displayName".
	Attribute string
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("store: another group has this %s", e.Attribute)
}

// InvalidError reports that the store cannot keep a value (400 invalidValue), such as a
// displayName that is not a valid id.
type InvalidError struct {
	// Attribute is the name of the attribute.
	Attribute string
	// Reason follows the name of the attribute in a sentence that is shown to the
	// client: "must not be empty".
	Reason string
}

func (e *InvalidError) Error() string { return fmt.Sprintf("store: %s %s", e.Attribute, e.Reason) }

// UnknownMemberError reports that the store knows no members with these Values (400
// invalidValue).
type UnknownMemberError struct {
	Values []string
}

func (e *UnknownMemberError) Error() string {
	return "store: unknown members: " + strings.Join(e.Values, ", ")
}

// ThrottledError reports that the store wants fewer requests (429).
type ThrottledError struct {
	// RetryAfter is the time to wait before a retry. It is rounded up to whole seconds.
	RetryAfter time.Duration
}

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("store: throttled, try again in %v", e.RetryAfter)
}

// CycleError reports that a group cannot become a member because it would then be a
// member of itself, directly or through other groups (400 invalidValue).
type CycleError struct {
	// Value is the id of the group that cannot become a member.
	Value string
}

func (e *CycleError) Error() string {
	return "store: the group would be a member of itself: " + e.Value
}
