package scim

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/scimgroups/scimgroups/store"
)

// preconditions are the If-Match and If-None-Match of a request (RFC 9110 §13,
// RFC 7644 §3.14).
//
// Entity-tags are weak, and both headers compare them weakly. RFC 9110 §13.1.1
// wants If-Match to compare strongly, by which a weak tag never matches; RFC 7644
// §3.14 uses exactly such tags with If-Match, so here SCIM prevails.
type preconditions struct {
	ifMatch, ifNoneMatch       []string // the opaque tags
	anyMatch, noneMatch        bool     // "*"
	hasIfMatch, hasIfNoneMatch bool
}

func preconditionsOf(r *http.Request) preconditions {
	var p preconditions
	if values, ok := r.Header["If-Match"]; ok {
		p.hasIfMatch = true
		p.ifMatch, p.anyMatch = entityTags(values)
	}
	if values, ok := r.Header["If-None-Match"]; ok {
		p.hasIfNoneMatch = true
		p.ifNoneMatch, p.noneMatch = entityTags(values)
	}
	return p
}

// entityTags takes a list of entity-tags apart. A tag without quotes, as some
// clients send it, is taken as it is; one that never was ours matches nothing.
func entityTags(values []string) (tags []string, any bool) {
	for _, value := range values {
		for _, tag := range strings.Split(value, ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" {
				any = true
				continue
			}
			tag = strings.TrimPrefix(tag, "W/")
			tags = append(tags, strings.Trim(tag, `"`))
		}
	}
	return tags, any
}

// check decides the preconditions of a write against the group as it is.
func (p *preconditions) check(head *store.Group) error {
	if p.hasIfMatch && !p.anyMatch && !holds(p.ifMatch, head.Version) {
		return store.ErrVersionMismatch
	}
	if p.hasIfNoneMatch && (p.noneMatch || holds(p.ifNoneMatch, head.Version)) {
		return store.ErrVersionMismatch
	}
	return nil
}

// notModified decides the preconditions of a read: 304 if the client has this
// version, 412 if it wants another one.
func (p *preconditions) notModified(head *store.Group) (bool, error) {
	if p.hasIfMatch && !p.anyMatch && !holds(p.ifMatch, head.Version) {
		return false, store.ErrVersionMismatch
	}
	return p.hasIfNoneMatch && (p.noneMatch || holds(p.ifNoneMatch, head.Version)), nil
}

func holds(tags []string, v store.Version) bool {
	opaque := strconv.FormatUint(uint64(v), 10)
	for _, tag := range tags {
		if tag == opaque {
			return true
		}
	}
	return false
}
