package events

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// Encoder makes claims of events. It must not be changed once it is in use, and is
// then safe for concurrent use. A service with tenants has one for each, since their
// base URLs differ.
type Encoder struct {
	// Issuer is the iss claim; it is required (RFC 8417 §2.2).
	Issuer string
	// Audience is the aud claim: the receivers, or their feeds.
	Audience []string

	// Full asks for full events, with data, instead of notices. An event is a notice
	// all the same if
	//
	//   - it would name more members than MaxMembers,
	//   - it is about an attribute of an extension that is not among Extensions,
	//   - it is a PATCH of an attribute that clients cannot read, or of which they
	//     cannot read all: one that is writeOnly or returned "never" (RFC 7643 §7),
	//   - it is a PUT of which only the head of the group is known; see
	//     ReplaceAsPatch.
	//
	// What clients cannot read is in no data, so that a receiver of create and put
	// events does not get it.
	Full bool
	// MaxMembers is how many members a full event may name; 0 means 1,000.
	MaxMembers int
	// ReplaceAsPatch tells a PUT by a prov:patch:full event that has the same
	// effect, as RFC 9967 §5 recommends for groups of many members. Otherwise a PUT is
	// told by prov:put:full if Event.Group.Members is not nil, because the host has
	// read them at Event.Group.Version, and else by prov:put:notice: events come with
	// the head of the group only.
	ReplaceAsPatch bool
	// Extensions are those of [scim.Config].
	Extensions []filter.Extension

	// NewID makes the jti of a token; nil means one of 128 random bits.
	NewID func() string
	// Now is the clock for iat; nil means time.Now.
	Now func() time.Time
	// Transaction gives the txn of an event; nil means one that is made of Issuer and
	// the event's tenant, kind, group id and version. That is unique to the change
	// and always the same, however often the event is encoded.
	Transaction func(store.Event) string
}

// EventURIs are the URIs of the events that the Encoder makes, for the
// securityEvents.eventUris of RFC 9967 §4.
func (e *Encoder) EventURIs() []string {
	if e.Full {
		return []string{CreateNotice, CreateFull, PatchNotice, PatchFull, PutNotice, PutFull, Delete}
	}
	return []string{CreateNotice, PatchNotice, PutNotice, Delete}
}

// Claims makes the claims of a token about ev. It fails if the Issuer is missing, or
// the event has no kind that there is or no group id.
func (e *Encoder) Claims(ev store.Event) (Claims, error) {
	if e.Issuer == "" {
		return Claims{}, fmt.Errorf("events: Encoder.Issuer is missing")
	}
	if ev.Group.ID == "" {
		return Claims{}, fmt.Errorf("events: the event has no group id")
	}
	uri, payload, err := e.payload(&ev)
	if err != nil {
		return Claims{}, err
	}
	c := Claims{
		Issuer:      e.Issuer,
		Audience:    slices.Clone(e.Audience),
		ID:          e.newID(),
		IssuedAt:    e.now().Unix(),
		Transaction: e.transaction(ev),
		SubjectID: SubjectID{
			Format: "scim", URI: "/Groups/" + url.PathEscape(ev.Group.ID),
			ExternalID: ev.Group.ExternalID, ID: ev.Group.ID,
		},
		Events: map[string]Payload{uri: payload},
	}
	if at := ev.Group.LastModified; ev.Operation != store.OperationDelete && !at.IsZero() {
		c.EventTime = at.Unix()
	}
	return c, nil
}

func (e *Encoder) newID() string {
	if e.NewID != nil {
		return e.NewID()
	}
	var id [16]byte
	rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

func (e *Encoder) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

func (e *Encoder) transaction(ev store.Event) string {
	if e.Transaction != nil {
		return e.Transaction(ev)
	}
	// A version is there once in the life of an id, but a deletion has that of the
	// change before it. Lengths keep the parts from running into one another.
	var b []byte
	for _, part := range []string{e.Issuer, ev.Tenant, string(ev.Operation), ev.Group.ID} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	sum := sha256.Sum256(binary.AppendUvarint(b, uint64(ev.Group.Version)))
	return hex.EncodeToString(sum[:16])
}

// payload picks the event and encodes what is told of it.
func (e *Encoder) payload(ev *store.Event) (uri string, p Payload, err error) {
	p.Version = ev.Group.Version.String()
	switch ev.Operation {
	case store.OperationCreate:
		if e.Full && e.few(ev, len(ev.Added)) && e.knows(ev.Group.Extensions) {
			p.Data = e.representation(&ev.Group, ev.Added)
			return CreateFull, p, nil
		}
		p.Attributes = append([]string{"id"}, head(&ev.Group)...)
		if len(ev.Added) > 0 || ev.Truncated {
			p.Attributes = append(p.Attributes, "members")
		}
		return CreateNotice, p, nil
	case store.OperationReplace:
		members := ev.Group.Members
		switch {
		case !e.Full:
		case e.ReplaceAsPatch:
			if p.Data = e.patch(ev); p.Data != nil {
				return PatchFull, p, nil
			}
		case members != nil && !ev.Group.MembersOmitted && e.few(ev, len(members)) && e.knows(ev.Group.Extensions):
			p.Data = e.representation(&ev.Group, members)
			return PutFull, p, nil
		}
		p.Attributes = changed(ev)
		return PutNotice, p, nil
	case store.OperationPatch:
		if e.Full {
			if p.Data = e.patch(ev); p.Data != nil {
				return PatchFull, p, nil
			}
		}
		p.Attributes = changed(ev)
		return PatchNotice, p, nil
	case store.OperationDelete:
		return Delete, Payload{}, nil // RFC 9967 §2.4.4
	}
	return "", Payload{}, fmt.Errorf("events: no event for the operation %q", ev.Operation)
}

func (e *Encoder) few(ev *store.Event, members int) bool {
	return !ev.Truncated && members <= cmp.Or(e.MaxMembers, 1000)
}

// changed names what an update changed.
func changed(ev *store.Event) []string {
	paths := slices.Clone(ev.Attributes)
	switch {
	case ev.Truncated || len(ev.Added)+len(ev.Removed)+len(ev.Altered) > 0:
		paths = append(paths, "members")
	case len(paths) == 0:
		// Something did change. Whoever made the event has not said what: name too
		// much rather than nothing.
		paths = head(&ev.Group)
	}
	return paths
}

// head names the attributes that the head of a group has.
func head(g *store.Group) []string { return adapter.ChangedAttributes(&store.Group{}, g) }
