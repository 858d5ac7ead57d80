package store

import (
	"strconv"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/jsontext"
)

// Group is a SCIM group (RFC 7643 §4.2). Its head is everything except Members.
//
// All text in it is valid UTF-8 without NUL characters, which databases cannot store;
// the Handler of package scim rejects anything else before a store sees it.
type Group struct {
	// ID is the permanent identifier, chosen by the store (RFC 7643 §3.1): never
	// empty, unique, compared exactly, at most 200 characters, without "bulkId" in
	// it in any letter case, and not ".", ".." or ".search". A slash or a space in it
	// is fine. Package store/adapter checks and makes ids.
	ID string
	// ExternalID is the identifier that the provisioning client assigned. It need not be
	// unique (RFC 7643 §3.1). Defaults to "", none.
	ExternalID string
	// DisplayName is the required, human-readable name. It is compared as
	// [filter.Fold] folds it.
	DisplayName string
	// Members holds the members if they were selected ([Selection]), in no particular
	// order and without duplicate Values. It is nil in a head.
	Members []Member
	// MembersOmitted reports that the group has more members than Selection.MaxMembers,
	// so that Members is nil.
	MembersOmitted bool
	// Extensions holds the attributes of extension schemas: URN → attribute → value,
	// with names in the spelling of the schema. Values are those that encoding/json
	// decodes with UseNumber: string, bool, json.Number, []any and map[string]any. A null,
	// an empty list and an empty object are not kept. A store that keeps extensions as
	// JSON should read them with UnmarshalExtensions of package store/adapter, which
	// keeps numbers exact.
	Extensions Extensions
	// Created and LastModified are set by the store, in UTC and to the
	// microsecond; they are equal until the first change.
	Created, LastModified time.Time
	// Version changes with every change of the group or its members.
	Version Version
}

// Member is an element of a group's members. Value identifies it. The other fields
// describe it, and may be empty.
type Member struct {
	// Value is the id of the member, never empty and compared exactly.
	Value string
	// Type is the resource type of the member, such as "User" or "Group".
	Type string
	// Display is a name for people to read.
	Display string
	// Ref is the member's URI if it cannot be derived from Type and Value.
	Ref string
}

// Extensions maps the URN of an extension schema to its attributes.
type Extensions map[string]map[string]any

// Version numbers the states of a group. Each change gives a higher version, and a group
// that is created with the id of a deleted group starts above the last version of that
// group.
type Version uint64

// String returns the entity-tag of the version, W/"n", as in meta.version and the ETag
// header (RFC 7644 §3.14).
func (v Version) String() string {
	return string(v.Append(make([]byte, 0, 24)))
}

// Append appends the result of String to b.
func (v Version) Append(b []byte) []byte {
	b = append(b, `W/"`...)
	b = strconv.AppendUint(b, uint64(v), 10)
	return append(b, '"')
}

// Clone returns a deep copy of g.
func (g Group) Clone() Group {
	g.Members = append([]Member(nil), g.Members...)
	g.Extensions = g.Extensions.Clone()
	return g
}

// Clone returns a deep copy of e.
func (e Extensions) Clone() Extensions {
	if e == nil {
		return nil
	}
	out := make(Extensions, len(e))
	for urn, attributes := range e {
		out[urn] = jsontext.Clone(attributes).(map[string]any)
	}
	return out
}

// Attribute implements [filter.Resource], so that a compiled filter can examine the
// group. meta.location has no value here; the Handler of package scim turns comparisons
// with it into comparisons with id before a store sees them.
func (g *Group) Attribute(a *filter.Attribute) filter.Value {
	if a.Extension {
		return filter.JSONValue(g.Extensions[a.Schema][a.Name])
	}
	switch a.Name {
	case "id":
		return filter.StringValue(g.ID)
	case "externalId":
		return optional(g.ExternalID)
	case "displayName":
		return optional(g.DisplayName)
	case "members":
		return filter.ElementsValue((*memberList)(g))
	case "meta":
		return filter.ObjectValue((*groupMeta)(g))
	case "schemas":
		urns := []any{GroupSchema}
		for urn := range g.Extensions {
			urns = append(urns, urn)
		}
		return filter.JSONValue(urns)
	}
	return filter.Value{}
}

// optional returns the value of a string, or no value if it is empty.
func optional(s string) filter.Value {
	if s == "" {
		return filter.Value{}
	}
	return filter.StringValue(s)
}

// groupMeta is the meta attribute of a group.
type groupMeta Group

func (g *groupMeta) Attribute(a *filter.Attribute) filter.Value {
	switch a.Name {
	case "resourceType":
		return filter.StringValue(ResourceType)
	case "created":
		return filter.TimeValue(g.Created)
	case "lastModified":
		return filter.TimeValue(g.LastModified)
	case "version":
		return filter.StringValue(g.Version.String())
	}
	return filter.Value{}
}

// Attribute implements [filter.Resource], so that a compiled filter can examine the
// member.
func (m *Member) Attribute(a *filter.Attribute) filter.Value {
	switch a.Name {
	case "value":
		return filter.StringValue(m.Value)
	case "type":
		return optional(m.Type)
	case "display":
		return optional(m.Display)
	case "$ref":
		return optional(m.Ref)
	}
	return filter.Value{}
}

// memberList is the members attribute of a group.
type memberList Group

func (g *memberList) Each(yield func(filter.Resource) bool) {
	for i := range g.Members {
		if !yield(&g.Members[i]) {
			return
		}
	}
}

func (g *memberList) Find(value string) (filter.Resource, bool) {
	for i := range g.Members {
		if g.Members[i].Value == value {
			return &g.Members[i], true
		}
	}
	return nil, false
}
