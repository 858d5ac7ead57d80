package adapter

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/scimgroups/scimgroups/store"
)

// Place is a place between two groups of a list. A [store.Position] encodes it.
type Place struct {
	// Rank is the rank of a group next to the place. The group need not exist any more.
	// Without an ID the place is the end of the list.
	Rank
	// After says that the place is after that group. Defaults to false, before it.
	After bool
	// Backward says that the page ends at the place. Defaults to false, a page that
	// starts there.
	Backward bool
}

// Precedes reports whether a group of rank r comes before the place in the list of q.
func (p Place) Precedes(q store.Query, r Rank) bool {
	if p.ID == "" {
		return true
	}
	c := r.Compare(p.Rank)
	if q.Descending {
		c = -c
	}
	return c < 0 || c == 0 && p.After
}

const positionFormat = 1

const (
	placeAfter = 1 << iota
	placeBackward
	placeDescending
)

// Position encodes p, a place in the list of q.
func (p Place) Position(q store.Query) store.Position {
	var flags byte
	if p.After {
		flags |= placeAfter
	}
	if p.Backward {
		flags |= placeBackward
	}
	if q.Descending {
		flags |= placeDescending
	}
	b := []byte{positionFormat, flags}
	for _, text := range []string{order(q), p.Key, p.ID} {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	b = binary.AppendVarint(b, p.Created.Unix())
	b = binary.AppendUvarint(b, uint64(p.Created.Nanosecond()))
	return store.Position(b)
}

// order returns the name of the attribute that q sorts by, or "".
func order(q store.Query) string {
	if q.SortBy == nil {
		return ""
	}
	return q.SortBy.String()
}

// PlaceOf decodes q.From, which must not be empty. It returns [store.ErrBadPosition],
// wrapped, unless [Place.Position] made q.From for a query with the same order.
func PlaceOf(q store.Query) (Place, error) {
	b := q.From
	if len(b) < 2 || b[0] != positionFormat || b[1] >= placeDescending<<1 {
		return Place{}, fmt.Errorf("%w: unknown format", store.ErrBadPosition)
	}
	flags, rest := b[1], []byte(b[2:])
	var texts [3]string
	for i := range texts {
		length, n := binary.Uvarint(rest)
		if n <= 0 || length > uint64(len(rest)-n) {
			return Place{}, fmt.Errorf("%w: truncated", store.ErrBadPosition)
		}
		texts[i], rest = string(rest[n:n+int(length)]), rest[n+int(length):]
	}
	seconds, n := binary.Varint(rest)
	if n <= 0 {
		return Place{}, fmt.Errorf("%w: truncated", store.ErrBadPosition)
	}
	nanoseconds, m := binary.Uvarint(rest[n:])
	if m <= 0 || nanoseconds >= 1e9 || n+m != len(rest) {
		return Place{}, fmt.Errorf("%w: malformed time", store.ErrBadPosition)
	}
	if texts[0] != order(q) || q.Descending != (flags&placeDescending != 0) {
		return Place{}, fmt.Errorf("%w: for a list in another order", store.ErrBadPosition)
	}
	return Place{
		Rank:     Rank{Key: texts[1], Created: time.Unix(seconds, int64(nanoseconds)).UTC(), ID: texts[2]},
		After:    flags&placeAfter != 0,
		Backward: flags&placeBackward != 0,
	}, nil
}
