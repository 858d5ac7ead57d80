package service

import (
	"strconv"
	"strings"

	"github.com/scimgroups/scimgroups/store"
)

// Preconditions are the If-Match and If-None-Match of a request (RFC 9110 §13, RFC
// 7644 §3.14). The zero value holds for every version.
//
// Entity-tags are weak, and both fields compare them weakly. RFC 9110 §13.1.1 wants
// If-Match to compare strongly, by which a weak tag never matches; RFC 7644 §3.14 uses
// exactly such tags with If-Match, so SCIM prevails here.
type Preconditions struct {
	match, noneMatch *tags
}

type tags struct {
	opaque []string
	any    bool // "*"
}

// ParsePreconditions parses the values of both fields. A nil list stands for a field
// that the request does not have. An entity-tag without quotes, as some clients send
// it, is accepted; one that no group ever had matches nothing.
func ParsePreconditions(ifMatch, ifNoneMatch []string) Preconditions {
	return Preconditions{match: parseTags(ifMatch), noneMatch: parseTags(ifNoneMatch)}
}

func parseTags(lists []string) *tags {
	if lists == nil {
		return nil
	}
	t := &tags{}
	for _, list := range lists {
		for tag := range strings.SplitSeq(list, ",") {
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
func (p Preconditions) Any() bool { return p.match != nil || p.noneMatch != nil }

// Check returns [store.ErrVersionMismatch] if a write to a group of version v must not
// take place.
func (p Preconditions) Check(v store.Version) error {
	if unchanged, err := p.NotModified(v); unchanged || err != nil {
		return store.ErrVersionMismatch
	}
	return nil
}

// NotModified reports whether a read of a group of version v would tell the client
// nothing new. It returns [store.ErrVersionMismatch] if the client wants another
// version.
func (p Preconditions) NotModified(v store.Version) (bool, error) {
	if p.match != nil && !p.match.hold(v) {
		return false, store.ErrVersionMismatch
	}
	return p.noneMatch != nil && p.noneMatch.hold(v), nil
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
