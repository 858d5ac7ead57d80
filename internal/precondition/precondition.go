// Package precondition decides If-Match and If-None-Match (RFC 9110 §13, RFC 7644
// §3.14).
//
// Entity-tags are weak, and both headers compare them weakly. RFC 9110 §13.1.1
// wants If-Match to compare strongly, by which a weak tag never matches; RFC 7644
// §3.14 uses exactly such tags with If-Match, so here SCIM prevails.
package precondition

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/scimgroups/scimgroups/store"
)

// Conditions are those of one request. The zero value asks for nothing.
type Conditions struct {
	match, noneMatch *tags
}

type tags struct {
	opaque []string
	any    bool // "*"
}

// Of reads the conditions of a request.
func Of(header http.Header) Conditions {
	return Conditions{match: parse(header["If-Match"]), noneMatch: parse(header["If-None-Match"])}
}

// IfMatch asks for the version of an entity-tag, as an operation of a bulk request
// does.
func IfMatch(tag string) Conditions { return Conditions{match: parse([]string{tag})} }

// parse takes lists of entity-tags apart. A tag without quotes, as some clients
// send it, is taken as it is; one that never was ours matches nothing.
func parse(lists []string) *tags {
	if lists == nil {
		return nil
	}
	t := &tags{}
	for _, list := range lists {
		for _, tag := range strings.Split(list, ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" {
				t.any = true
				continue
			}
			t.opaque = append(t.opaque, strings.Trim(strings.TrimPrefix(tag, "W/"), `"`))
		}
	}
	return t
}

// Any reports whether there is a condition.
func (c Conditions) Any() bool { return c.match != nil || c.noneMatch != nil }

// Check decides about a write to a group of the version: [store.ErrVersionMismatch]
// if a condition does not hold.
func (c Conditions) Check(v store.Version) error {
	if unchanged, err := c.NotModified(v); unchanged || err != nil {
		return store.ErrVersionMismatch
	}
	return nil
}

// NotModified decides about a read: true if the client has this version, and
// [store.ErrVersionMismatch] if it wants another one.
func (c Conditions) NotModified(v store.Version) (bool, error) {
	if c.match != nil && !c.match.hold(v) {
		return false, store.ErrVersionMismatch
	}
	return c.noneMatch != nil && c.noneMatch.hold(v), nil
}

func (t *tags) hold(v store.Version) bool {
	if t.any {
		return true
	}
	own := strconv.FormatUint(uint64(v), 10)
	for _, tag := range t.opaque {
		if tag == own {
			return true
		}
	}
	return false
}
