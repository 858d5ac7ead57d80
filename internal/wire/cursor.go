package wire

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/store"
)

// The scimTypes that RFC 9865 §2.1 adds to RFC 7644.
const (
	InvalidCursor scimerrors.ScimType = "invalidCursor"
	expiredCursor scimerrors.ScimType = "expiredCursor"
	invalidCount  scimerrors.ScimType = "invalidCount"
)

// minCursorKey is the length of the shortest key in bytes.
const minCursorKey = 16

// Cursor is where a page starts in a list.
type Cursor struct {
	// At is the position in the list; "" for its beginning.
	At string
	// Total is the length of the list when its first page was read, or -1 if it is not
	// known. To count all for each page would make a walk through all pages cost their
	// square; RFC 9865 §2 lets totalResults be an estimate.
	Total int
}

// Cursors seals cursors (RFC 9865) and opens them. A cursor is encrypted
// (AES-256-GCM), since a position may hold names of groups and must not be made by
// clients. It is bound to the query that it continues, so that nothing can be
// reached with it that the query itself would not reach. Cursors holds no state: what
// one replica sealed, another opens with the same key.
type Cursors struct {
	// Now returns the time. NewCursors sets it to time.Now.
	Now func() time.Time

	aeads   []cipher.AEAD // the first seals, all open
	timeout time.Duration
}

// NewCursors returns the Cursors of keys, the first of which seals. If there is none,
// it makes a random one. Cursors expire after timeout, if it is positive.
func NewCursors(keys [][]byte, timeout time.Duration) (*Cursors, error) {
	if len(keys) == 0 {
		key := make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return nil, err
		}
		keys = [][]byte{key}
	}
	c := &Cursors{Now: time.Now, timeout: timeout}
	for _, key := range keys {
		if len(key) < minCursorKey {
			return nil, fmt.Errorf("scim: a cursor key needs at least %d bytes", minCursorKey)
		}
		derived, err := hkdf.Key(sha256.New, key, nil, "scimgroups cursor 2", 32)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(derived)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		c.aeads = append(c.aeads, aead)
	}
	return c, nil
}

// maxPosition is the length of the longest position in bytes that is sealed: servers
// bound URLs, and a cursor is a third longer.
const maxPosition = 6 << 10

// Seal returns the text of a cursor in the list that binding describes, with pages of
// count.
func (c *Cursors) Seal(at Cursor, count int, binding []byte) (string, error) {
	if len(at.At) > maxPosition {
		return "", fault.InvalidValue(
			"sortBy: a value is too long for a cursor; sort by another attribute, or page by startIndex",
		)
	}
	plain := binary.AppendUvarint(nil, uint64(c.Now().Unix()))
	plain = binary.AppendUvarint(plain, uint64(count))
	plain = binary.AppendVarint(plain, int64(at.Total))
	plain = append(plain, at.At...)
	aead := c.aeads[0]
	sealed := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	_, _ = rand.Read(sealed) // never fails, says its documentation
	sealed = aead.Seal(sealed, sealed, plain, binding)
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// ErrCursor is the error of a cursor that is not one of the query.
var ErrCursor = fault.BadRequest(InvalidCursor, "the cursor is not one of this query")

// Open returns the cursor that Seal made a text of. The empty text is the beginning of
// the list. It returns ErrCursor for forged, foreign and mismatched cursors alike (RFC
// 9865 §5.2); only an authentic one is reported as expired, or as having another
// count.
func (c *Cursors) Open(text string, count int, binding []byte) (Cursor, error) {
	if text == "" {
		return Cursor{Total: -1}, nil
	}
	// Strict, and no line breaks, which the decoder would skip: there is one way to
	// write a cursor.
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return Cursor{}, ErrCursor
	}
	for _, aead := range c.aeads {
		if len(sealed) < aead.NonceSize() {
			break
		}
		if plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], binding); err == nil {
			return c.decode(plain, count)
		}
	}
	return Cursor{}, ErrCursor
}

// decode decodes what Seal has encrypted.
func (c *Cursors) decode(plain []byte, count int) (Cursor, error) {
	issued, n := binary.Uvarint(plain)
	before, m := binary.Uvarint(plain[max(n, 0):])
	if n <= 0 || m <= 0 {
		return Cursor{}, ErrCursor
	}
	total, k := binary.Varint(plain[n+m:])
	if k <= 0 {
		return Cursor{}, ErrCursor
	}
	if c.timeout > 0 && c.Now().Sub(time.Unix(int64(issued), 0)) > c.timeout+time.Second {
		return Cursor{}, fault.BadRequest(expiredCursor, "the cursor is older than %d seconds", c.timeout/time.Second)
	}
	if before != uint64(count) {
		return Cursor{}, fault.BadRequest(invalidCount, "count must be the same on every page")
	}
	return Cursor{At: string(plain[n+m+k:]), Total: int(total)}, nil
}

// Binding returns what ties a cursor to its query: the filter and the order as they
// were compiled, the names, the endpoint and the tenant. Two ways to write one query
// have the same binding.
func (q *Query) Binding(tenant string, e Endpoint, compiled *store.Query) []byte {
	h := sha256.New()
	part := func(s string) { fmt.Fprintf(h, "%d:%s", len(s), s) }
	part(tenant)
	part(e.String())
	if compiled.Filter != nil {
		part(compiled.Filter.String())
	}
	part("order")
	if compiled.SortBy != nil {
		part(compiled.SortBy.String())
	}
	part(strconv.FormatBool(compiled.Descending))
	for _, names := range [][]string{q.Attributes, q.ExcludedAttributes} {
		part("names")
		sorted := make([]string, len(names))
		for i, name := range names {
			sorted[i] = strings.ToLower(name)
		}
		slices.Sort(sorted)
		for _, name := range slices.Compact(sorted) {
			part(name)
		}
	}
	return h.Sum(nil)
}
