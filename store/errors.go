package store

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Faults that every store reports in the same way. They may be wrapped; the
// handler finds them with errors.Is and errors.As.
var (
	// ErrNotFound says that there is no group with this id (404).
	ErrNotFound = errors.New("store: no such group")
	// ErrVersionMismatch says that the group is at another version than the one
	// that the client named (412).
	ErrVersionMismatch = errors.New("store: the group has another version")
	// ErrNoTarget says that an edit with MustMatch matched no member (400
	// noTarget).
	ErrNoTarget = errors.New("store: no member matches")
	// ErrImmutable says that an edit would change a sub-attribute of a member that
	// cannot be changed (400 mutability).
	ErrImmutable = errors.New("store: the sub-attribute cannot be changed")
	// ErrClearRefused says that a group has more members than may be cleared at
	// once (400 invalidValue).
	ErrClearRefused = errors.New("store: the group has too many members to be cleared")
	// ErrTooMany says that a list has more results, or takes more work, than the
	// store is willing to do (400 tooMany).
	ErrTooMany = errors.New("store: too many results")
	// ErrBadPosition says that a Position is not one of this store, or not for
	// this query.
	ErrBadPosition = errors.New("store: bad position")
	// ErrUnavailable says that the store cannot be used at the moment; trying
	// again later may help (503). It is never used for a change that may have
	// happened.
	ErrUnavailable = errors.New("store: unavailable")
)

// ConflictError says that a unique value belongs to another group (409
// uniqueness).
type ConflictError struct {
	// Attribute is the name of the attribute, such as "displayName".
	Attribute string
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("store: another group has this %s", e.Attribute)
}

// InvalidError says that the store cannot keep a value (400 invalidValue): a
// name that cannot serve as an id, say.
type InvalidError struct {
	// Attribute is the name of the attribute.
	Attribute string
	// Reason ends the sentence "displayName …"; it is shown to the client.
	Reason string
}

func (e *InvalidError) Error() string { return fmt.Sprintf("store: %s %s", e.Attribute, e.Reason) }

// UnknownMemberError says that there is nothing with these ids that could be a
// member (400 invalidValue).
type UnknownMemberError struct {
	Values []string
}

func (e *UnknownMemberError) Error() string {
	return "store: unknown members: " + strings.Join(e.Values, ", ")
}

// ThrottledError says that the store wants fewer requests (429).
type ThrottledError struct {
	// RetryAfter is when to try again; it is rounded up to whole seconds.
	RetryAfter time.Duration
}

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("store: throttled, try again in %v", e.RetryAfter)
}

// CycleError says that a group cannot become a member because it would then be a
// member of itself, directly or through other groups (400 invalidValue).
type CycleError struct {
	// Value is the id of the group that cannot become a member.
	Value string
}

func (e *CycleError) Error() string {
	return "store: the group would be a member of itself: " + e.Value
}
