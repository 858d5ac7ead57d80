package scim

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/internal/wire"
	"github.com/scimgroups/scimgroups/store"
)

// The scimTypes that RFC 9865 §2.1 adds to RFC 7644.
const (
	invalidCursor scimerrors.ScimType = "invalidCursor"
	expiredCursor scimerrors.ScimType = "expiredCursor"
	invalidCount  scimerrors.ScimType = "invalidCount"
)

// minCursorKey is the length of the shortest cursor key in bytes.
const minCursorKey = 16

// cursorSealer makes cursors (RFC 9865) out of the positions of a store and takes
// them apart again. A cursor is sealed (AES-256-GCM), since a position may hold
// names of groups and must not be made by clients; and it is bound to the query
// that it continues, so that nothing can be reached with it that the query
// itself would not reach. It holds no state: cursors of one replica are good at
// the others that have the key.
type cursorSealer struct {
	aeads   []cipher.AEAD // the first seals, all open
	timeout time.Duration
	now     func() time.Time
}

func newCursorSealer(keys [][]byte, timeout time.Duration) (*cursorSealer, error) {
	if len(keys) == 0 {
		key := make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return nil, err
		}
		keys = [][]byte{key}
	}
	s := &cursorSealer{timeout: timeout, now: time.Now}
	for _, key := range keys {
		if len(key) < minCursorKey {
			return nil, fmt.Errorf("scim: a cursor key needs at least %d bytes", minCursorKey)
		}
		derived, err := hkdf.Key(sha256.New, key, nil, "scimgroups cursor 1", 32)
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
		s.aeads = append(s.aeads, aead)
	}
	return s, nil
}

// seal makes a cursor for a position of the list that binding describes, with
// pages of count.
func (s *cursorSealer) seal(p string, count int, binding []byte) string {
	plain := binary.AppendUvarint(nil, uint64(s.now().Unix()))
	plain = binary.AppendUvarint(plain, uint64(count))
	plain = append(plain, p...)
	aead := s.aeads[0]
	sealed := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	_, _ = rand.Read(sealed) // never fails, says its documentation
	sealed = aead.Seal(sealed, sealed, plain, binding)
	return base64.RawURLEncoding.EncodeToString(sealed)
}

var errCursor = fault.BadRequest(invalidCursor, "the cursor is not one of this query")

// open takes a cursor apart. Whatever is wrong with it, forged, foreign or of
// another query, the error is the same (RFC 9865 §5.2); only one that was good
// once may be told to be expired, or that the count has changed.
func (s *cursorSealer) open(cursor string, count int, binding []byte) (string, error) {
	// Strict, and no line breaks, which the decoder would skip: there is one way
	// to write a cursor.
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || strings.ContainsAny(cursor, "\r\n") {
		return "", errCursor
	}
	for _, aead := range s.aeads {
		if len(sealed) < aead.NonceSize() {
			break
		}
		plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], binding)
		if err != nil {
			continue
		}
		issued, n := binary.Uvarint(plain)
		if n <= 0 {
			break
		}
		before, m := binary.Uvarint(plain[n:])
		if m <= 0 {
			break
		}
		if s.timeout > 0 && s.now().Sub(time.Unix(int64(issued), 0)) > s.timeout+time.Second {
			return "", fault.BadRequest(expiredCursor, "the cursor is older than "+strconv.FormatInt(int64(s.timeout/time.Second), 10)+" seconds")
		}
		if before != uint64(count) {
			return "", fault.BadRequest(invalidCount, "count must be the same on every page")
		}
		return string(plain[n+m:]), nil
	}
	return "", errCursor
}

// binding is what ties a cursor to its query: the normalised filter, the order,
// the projection, the endpoint and the tenant. Two ways to write one query have
// the same.
func (x *exchange) binding(l *listRequest, q *store.Query, more ...string) []byte {
	h := sha256.New()
	part := func(s string) { fmt.Fprintf(h, "%d:%s", len(s), s) }
	part(x.tenant)
	part(x.route.Endpoint.String())
	if q.Filter != nil {
		part(q.Filter.String())
	}
	part("order")
	if q.SortBy != nil {
		part(q.SortBy.String())
	}
	part(strconv.FormatBool(q.Descending))
	for _, names := range [][]string{l.attributes, l.excluded} {
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
	for _, s := range more {
		part(s)
	}
	return h.Sum(nil)
}

// traversal is what the cursor of a list says: where it goes on, and how many groups
// there were when it began. To count them all for each page would make a walk
// through all pages cost their square; RFC 9865 §2 lets totalResults be an estimate.
type traversal struct {
	at    string
	total int
}

func (t traversal) position() string {
	return strconv.Itoa(t.total) + " " + t.at
}

// openTraversal takes a cursor apart. Without one it is the beginning, of which the
// total is not known.
func (s *cursorSealer) openTraversal(cursor string, count int, binding []byte) (traversal, error) {
	if cursor == "" {
		return traversal{total: -1}, nil
	}
	position, err := s.open(cursor, count, binding)
	if err != nil {
		return traversal{}, err
	}
	total, at, _ := strings.Cut(position, " ")
	t := traversal{at: at}
	if t.total, err = strconv.Atoi(total); err != nil {
		return t, errCursor
	}
	return t, nil
}

// maxPosition bounds cursors, a third longer than the position in them, to what
// servers take in a URL.
const maxPosition = 6 << 10

// listByCursor answers one page of a traversal by cursor (RFC 9865 §2).
func (x *exchange) listByCursor(l *listRequest, q store.Query, p *projection) error {
	binding := x.binding(l, &q)
	began, err := x.h.cursors.openTraversal(l.cursor, q.Limit, binding)
	if err != nil {
		return err
	}
	q.From, q.SkipTotal = store.Position(began.at), began.total >= 0
	page, err := x.h.service.List(x.ctx, x.groups, q, p.showsMembers())
	if errors.Is(err, store.ErrBadPosition) {
		return errCursor
	}
	if err != nil {
		return err
	}
	if page.Total < 0 {
		page.Total = began.total
	}
	links := wire.List{Total: page.Total}
	link := func(at store.Position) string {
		return x.h.cursors.seal(traversal{string(at), page.Total}.position(), q.Limit, binding)
	}
	if max(len(page.Next), len(page.Previous)) > maxPosition {
		return fault.BadRequest(scimerrors.ScimTypeInvalidValue, "sortBy: a value is too long for a cursor; sort by another attribute, or go by startIndex")
	}
	if q.Limit > 0 && page.Next != "" {
		links.Next = link(page.Next)
	}
	if q.Limit > 0 && page.Previous != "" && q.From != "" {
		links.Previous = link(page.Previous)
	}
	return x.sendPage(&page, &links, p)
}
