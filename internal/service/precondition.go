package service

import (
	"slices"
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

// Condition returns the condition under which a write may take place, or nil if there is
// none.
func (p Preconditions) Condition() *store.Condition {
	match, noneMatch := p.match, p.noneMatch
	switch {
	case noneMatch != nil && noneMatch.any:
		return &store.Condition{} // it never holds where there is a group
	case match != nil && !match.any:
		c := &store.Condition{Versions: match.versions()}
		if noneMatch != nil {
			excluded := noneMatch.versions()
			c.Versions = slices.DeleteFunc(c.Versions, func(v store.Version) bool { return slices.Contains(excluded, v) })
		}
		return c
	case noneMatch != nil:
		return &store.Condition{Versions: noneMatch.versions(), Not: true}
	}
	return nil
}

// versions returns the versions that the tags name. A tag that no group ever had names
// none.
func (t *tags) versions() (versions []store.Version) {
	for _, tag := range t.opaque {
		if n, err := strconv.ParseUint(tag, 10, 64); err == nil && strconv.FormatUint(n, 10) == tag {
			versions = append(versions, store.Version(n))
		}
	}
	return versions
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
