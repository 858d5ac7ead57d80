package store

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"
)

// Place is a place between two groups of a list; a [Position] is made of it.
type Place struct {
	// Rank is that of a group that was next to the place. It need not be there any
	// more. Without an ID the place is the end of the list.
	Rank
	// After says that the place is behind the group, not before it.
	After bool
	// Backward says that the page wanted is the one that ends here, not the one
	// that starts here.
	Backward bool
}

// Precedes reports whether a group of rank r stands before the place in the list
// that q describes.
func (p Place) Precedes(q Query, r Rank) bool {
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

// Position writes a place of the list that q describes. What it answers has only
// letters, digits, "-" and "_".
func (p Place) Position(q Query) Position {
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
	for _, text := range []string{q.order(), p.Key, p.ID} {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	b = binary.AppendVarint(b, p.Created.Unix())
	b = binary.AppendUvarint(b, uint64(p.Created.Nanosecond()))
	return Position(base64.RawURLEncoding.EncodeToString(b))
}

// order names the attribute that the list is sorted by.
func (q Query) order() string {
	if q.SortBy == nil {
		return ""
	}
	return q.SortBy.String()
}

// Place reads q.From, which must not be "". It answers [ErrBadPosition], wrapped,
// if that is not what [Place.Position] wrote for a query of the same order.
func (q Query) Place() (Place, error) {
	b, err := base64.RawURLEncoding.DecodeString(string(q.From))
	if err != nil || len(b) < 2 || b[0] != positionFormat || b[1] >= placeDescending<<1 {
		return Place{}, fmt.Errorf("%w: not one of this store", ErrBadPosition)
	}
	flags, b := b[1], b[2:]
	var texts [3]string
	for i := range texts {
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)-n) {
			return Place{}, fmt.Errorf("%w: cut short", ErrBadPosition)
		}
		texts[i], b = string(b[n:n+int(length)]), b[n+int(length):]
	}
	seconds, n := binary.Varint(b)
	if n <= 0 {
		return Place{}, fmt.Errorf("%w: cut short", ErrBadPosition)
	}
	nanoseconds, m := binary.Uvarint(b[n:])
	if m <= 0 || nanoseconds >= 1e9 || n+m != len(b) {
		return Place{}, fmt.Errorf("%w: bad end", ErrBadPosition)
	}
	if texts[0] != q.order() || q.Descending != (flags&placeDescending != 0) {
		return Place{}, fmt.Errorf("%w: for a list in another order", ErrBadPosition)
	}
	return Place{
		Rank:     Rank{Key: texts[1], Created: time.Unix(seconds, int64(nanoseconds)).UTC(), ID: texts[2]},
		After:    flags&placeAfter != 0,
		Backward: flags&placeBackward != 0,
	}, nil
}
