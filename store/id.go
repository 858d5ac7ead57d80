package store

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// ids makes ids that ascend.
type ids struct {
	// last is the number that the newest id began with: milliseconds since 1970 in
	// the upper 48 bits, a fraction of a millisecond in 12 bits below.
	last atomic.Uint64
}

var process ids

// NewID makes an id for a group: a UUID of version 7 (RFC 9562 §5.7) in lower
// case. Ids that one process makes ascend in byte order, however many it makes
// in a millisecond (RFC 9562 §6.2, method 3); 62 bits are random. It is safe for
// concurrent use.
func NewID() string { return process.next(time.Now()) }

func (s *ids) next(now time.Time) string {
	stamp := uint64(now.UnixMilli())<<12 | uint64(now.Nanosecond()%1e6)<<12/1e6
	for {
		last := s.last.Load()
		if stamp <= last {
			stamp = last + 1
		}
		if s.last.CompareAndSwap(last, stamp) {
			break
		}
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], stamp>>12<<16|0x7000|stamp&0xfff)
	rand.Read(b[8:]) // never fails: crypto/rand ends the process rather than answer an error
	b[8] = b[8]&0x3f | 0x80

	var text [36]byte
	hex.Encode(text[:8], b[:4])
	hex.Encode(text[9:13], b[4:6])
	hex.Encode(text[14:18], b[6:8])
	hex.Encode(text[19:23], b[8:10])
	hex.Encode(text[24:], b[10:])
	for _, i := range []int{8, 13, 18, 23} {
		text[i] = '-'
	}
	return string(text[:])
}

// MaxIDLength is the greatest length of an id, in characters.
const MaxIDLength = 200

// ValidID answers an [*InvalidError] that names "id" if the id cannot be that of
// a group; see [Group.ID].
func ValidID(id string) error {
	reason := ""
	switch {
	case id == "":
		reason = "must not be empty"
	case !utf8.ValidString(id):
		reason = "must be valid UTF-8"
	case strings.ContainsRune(id, 0):
		reason = "must not contain a NUL character"
	case utf8.RuneCountInString(id) > MaxIDLength:
		reason = "must not be longer than 200 characters"
	case id == "." || id == ".." || id == ".search":
		reason = "must not be " + id // these mean something else in a URL
	case strings.Contains(strings.ToLower(id), "bulkid"):
		reason = `must not contain "bulkId"` // RFC 7643 §3.1
	default:
		return nil
	}
	return &InvalidError{Attribute: "id", Reason: reason}
}
