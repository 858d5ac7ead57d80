package wire

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/jsontext"
	"github.com/scimgroups/scimgroups/store"
)

// GroupFormat is what the JSON of all groups of a service has in common.
type GroupFormat struct {
	Dialect    Dialect
	Extensions []string          // the URNs of the extensions of groups
	Endpoints  map[string]string // resource type -> endpoint, as /Users
}

// GroupEncoder encodes groups, by hand because it is the hot path: nothing is
// allocated but the buffer. A group is its head, its members one by one, and its end.
type GroupEncoder struct {
	*GroupFormat
	Base       string // of the URLs
	Projection *Projection

	first bool // no member of the group has been appended

	// The members of a group are of one type mostly, so what they have in common is
	// written once: see ofType.
	typed         bool
	memberType    string
	refStart      []byte // of a $ref, up to the value; empty if there is none
	typeAttribute []byte // with a comma; empty if there is none
	// What follows the value of a member that has neither display nor $ref of its
	// own: up to where the value stands again, in the $ref, and from there on.
	middle, end []byte

	plain bool // it is worth a look whether values stand in JSON as they are
}

// AppendHead appends a group up to its members.
func (e *GroupEncoder) AppendHead(b []byte, g *store.Group) []byte {
	e.first = true
	b = append(b, `{"schemas":["`...)
	b = append(b, e.Dialect.CoreSchema()...)
	b = append(b, '"')
	for _, urn := range e.Extensions {
		if len(g.Extensions[urn]) > 0 {
			b = append(b, ',')
			b = jsontext.AppendQuote(b, urn)
		}
	}
	b = append(b, `],"id":`...)
	b = jsontext.AppendQuote(b, g.ID)
	if e.Projection.externalID && g.ExternalID != "" {
		b = append(b, `,"externalId":`...)
		b = jsontext.AppendQuote(b, g.ExternalID)
	}
	if e.Projection.displayName && g.DisplayName != "" {
		b = append(b, `,"displayName":`...)
		b = jsontext.AppendQuote(b, g.DisplayName)
	}
	for i := range e.Projection.extensions {
		b = e.appendExtension(b, &e.Projection.extensions[i], g)
	}
	return e.appendMeta(b, g)
}

// Fetch looks at both ends of the values of members that are going to be appended. In
// a group that has grown over time each value is in memory of its own; one look after
// the other lets the waits for it overlap, which they do not while JSON is written
// between them.
func (e *GroupEncoder) Fetch(members []store.Member) {
	var ends byte
	for i := range members {
		if v := members[i].Value; v != "" {
			ends |= v[0] | v[len(v)-1]
		}
	}
	e.plain = e.Projection.members.value && ends < utf8.RuneSelf
}

// AppendMember appends a member of the group, faster if it was fetched. It appends
// nothing if nothing of the member is wanted.
func (e *GroupEncoder) AppendMember(b []byte, m *store.Member) []byte {
	before := len(b)
	if e.first {
		b = append(b, `,"members":[`...)
	} else {
		b = append(b, ',')
	}
	start := len(b)
	if b = e.appendMember(b, m); len(b) == start+len(`{}`) {
		return b[:before]
	}
	e.first = false
	return b
}

// AppendEnd appends the end of the group.
func (e *GroupEncoder) AppendEnd(b []byte) []byte {
	if !e.first {
		b = append(b, ']')
	}
	return append(b, '}')
}

func (e *GroupEncoder) appendMember(b []byte, m *store.Member) []byte {
	if !e.typed || m.Type != e.memberType {
		e.ofType(m.Type)
	}
	want := &e.Projection.members
	if e.plain && jsontext.PlainLength(m.Value) == len(m.Value) && (m.Ref == "" || !want.ref) &&
		(m.Display == "" || !want.display) &&
		(len(e.middle) == 0 || unreserved(m.Value)) {
		b = append(b, `{"value":"`...)
		b = append(b, m.Value...)
		if len(e.middle) > 0 {
			b = append(b, e.middle...)
			b = append(b, m.Value...)
		}
		return append(b, e.end...)
	}
	b = append(b, '{')
	start := len(b)
	if want.value {
		b = append(b, `"value":`...)
		b = jsontext.AppendQuote(b, m.Value)
	}
	if want.ref {
		switch {
		case m.Ref != "":
			b = append(separated(b, start), `"$ref":`...)
			b = jsontext.AppendQuote(b, absolute(e.Base, m.Ref))
		case len(e.refStart) > 0:
			b = append(separated(b, start), e.refStart...)
			b = appendPathEscaped(b, m.Value)
			b = append(b, '"')
		}
	}
	if want.typ && len(e.typeAttribute) > 0 {
		if len(b) == start {
			b = append(b, e.typeAttribute[1:]...)
		} else {
			b = append(b, e.typeAttribute...)
		}
	}
	if want.display && m.Display != "" {
		b = append(separated(b, start), `"display":`...)
		b = jsontext.AppendQuote(b, m.Display)
	}
	return append(b, '}')
}

// ofType writes what all members of a type have in common.
func (e *GroupEncoder) ofType(name string) {
	e.typed, e.memberType = true, name
	b, endpoint := e.refStart[:0], e.Endpoints[name]
	if b == nil {
		b = make([]byte, 0, 2*(len(e.Base)+len(endpoint)+len(name))+2*len(`"$ref":"/,"type":""`)+len(`",""}`))
	}
	if endpoint != "" {
		b = jsontext.AppendQuote(append(b, `"$ref":`...), e.Base+endpoint+"/")
		b = b[:len(b)-1] // the value follows
	}
	ref := len(b)
	if name != "" {
		b = jsontext.AppendQuote(append(b, `,"type":`...), name)
	}
	typ := len(b)
	if e.Projection.members.ref && endpoint != "" {
		b = append(append(b, `",`...), b[:ref]...)
	}
	middle := len(b)
	b = append(b, '"')
	if e.Projection.members.typ {
		b = append(b, b[ref:typ]...)
	}
	b = append(b, '}')
	e.refStart, e.typeAttribute, e.middle, e.end = b[:ref], b[ref:typ], b[typ:middle], b[middle:]
}

func (e *GroupEncoder) appendMeta(b []byte, g *store.Group) []byte {
	m := &e.Projection.meta
	if (*m == metaParts{}) {
		return b
	}
	b = append(b, `,"meta":{`...)
	start := len(b)
	if m.resourceType && e.Dialect.TypedMeta() {
		b = append(b, `"resourceType":"`+store.ResourceType+`"`...)
	}
	if m.created {
		b = append(separated(b, start), `"created":`...)
		b = appendTime(b, g.Created)
	}
	if m.lastModified {
		b = append(separated(b, start), `"lastModified":`...)
		b = appendTime(b, g.LastModified)
	}
	if m.location {
		b = append(separated(b, start), `"location":"`...)
		b = AppendGroupURL(b, e.Base, g.ID)
		b = append(b, '"')
	}
	if m.version {
		b = append(separated(b, start), `"version":"W/\"`...)
		b = strconv.AppendUint(b, uint64(g.Version), 10)
		b = append(b, `\""`...)
	}
	return append(b, '}')
}

func (e *GroupEncoder) appendExtension(b []byte, p *extensionProjection, g *store.Group) []byte {
	attributes := g.Extensions[p.urn]
	if len(attributes) == 0 {
		return b
	}
	before := len(b)
	b = append(b, ',')
	b = jsontext.AppendQuote(b, p.urn)
	b = append(b, `:{`...)
	start := len(b)
	for i := range p.attributes {
		a := &p.attributes[i]
		v, ok := attributes[a.Name]
		if !ok || v == nil {
			continue
		}
		at := len(b)
		b = append(separated(b, start), '"')
		b = append(b, a.Name...)
		b = append(b, `":`...)
		if b, ok = appendValue(b, v, a.subs); !ok {
			b = b[:at]
		}
	}
	if len(b) == start {
		return b[:before]
	}
	return append(b, '}')
}

// appendValue appends the value of an extension attribute; subs are the wanted
// sub-attributes of a complex one. ok is false if nothing of it is wanted.
func appendValue(b []byte, v any, subs []*filter.Attribute) (_ []byte, ok bool) {
	switch v := v.(type) {
	case string:
		return jsontext.AppendQuote(b, v), true
	case bool:
		return strconv.AppendBool(b, v), true
	case json.Number:
		return append(b, v...), true
	case []any:
		before := len(b)
		b = append(b, '[')
		start := len(b)
		for _, item := range v {
			at := len(b)
			if b, ok = appendValue(separated(b, start), item, subs); !ok {
				b = b[:at]
			}
		}
		if len(b) == start {
			return b[:before], false
		}
		return append(b, ']'), true
	case map[string]any:
		before := len(b)
		b = append(b, '{')
		start := len(b)
		for _, sub := range subs {
			item, ok := v[sub.Name]
			if !ok || item == nil {
				continue
			}
			at := len(b)
			b = append(separated(b, start), '"')
			b = append(b, sub.Name...)
			b = append(b, `":`...)
			if b, ok = appendValue(b, item, nil); !ok {
				b = b[:at]
			}
		}
		if len(b) == start {
			return b[:before], false
		}
		return append(b, '}'), true
	case nil:
		return b, false
	}
	// Not what the contract says, but what a host's store may hold: numbers.
	text, err := json.Marshal(v)
	if err != nil {
		return b, false
	}
	return append(b, text...), true
}

// separated appends a comma unless the object or list that began at start is
// still empty.
func separated(b []byte, start int) []byte {
	if len(b) > start {
		return append(b, ',')
	}
	return b
}

func appendTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, filter.TimeFormat)
	return append(b, '"')
}
