package events

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/internal/service"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// Options configures an [Encoder]. Issuer is required.
type Options struct {
	// Issuer is the iss claim (RFC 8417 §2.2).
	Issuer string
	// Audience is the aud claim: the receivers, or their feeds. Defaults to none.
	Audience []string

	// Full asks for full events, which carry data, instead of notices. An event is a
	// notice nevertheless if
	//
	//   - it would name more members than MaxMembers,
	//   - it is about an attribute of an extension that is not among Extensions,
	//   - it is a PATCH of an attribute that clients cannot read, in whole or in part:
	//     one that is writeOnly or returned "never" (RFC 7643 §7),
	//   - it is a PUT of which only the head of the group is known; see
	//     ReplaceAsPatch.
	//
	// Data never contains what clients cannot read, so a receiver of create and put
	// events does not get it. Defaults to notices.
	Full bool
	// MaxMembers is the largest number of members that a full event names. Defaults to
	// 1,000.
	MaxMembers int
	// ReplaceAsPatch reports a PUT by a prov:patch:full event with the same effect, as
	// RFC 9967 §5 recommends for groups of many members. Otherwise a PUT becomes
	// prov:put:full if Event.Group.Members is not nil, because the host has read the
	// whole group at Event.Group.Version, and prov:put:notice if it is nil, as events
	// have it that come from a hook or an outbox.
	ReplaceAsPatch bool
	// Extensions are the extension schemas of groups, as Config.Extensions of package
	// scim has them.
	Extensions []filter.Extension

	// NewID returns the jti of a token. Defaults to 128 random bits.
	NewID func() string
	// Now is the clock for iat. Defaults to time.Now.
	Now func() time.Time
	// Transaction returns the txn of an event. Defaults to a hash of Issuer and the
	// tenant, operation, group id and version of the event: it is unique to the change,
	// and the same however often the event is encoded.
	Transaction func(store.Event) string
}

// Encoder makes the claims of tokens about events. It is immutable and safe for
// concurrent use. A service with tenants has an Encoder for each of them, since their
// base URLs differ.
type Encoder struct {
	o        Options
	table    *filter.Table
	readable *service.Projection
}

// NewEncoder returns an Encoder. It returns an error if Issuer is missing or Extensions
// contradict each other.
func NewEncoder(o Options) (*Encoder, error) {
	if o.Issuer == "" {
		return nil, errors.New("events: Options.Issuer is missing")
	}
	o.Audience = slices.Clone(o.Audience)
	o.MaxMembers = cmp.Or(o.MaxMembers, 1000)
	if o.NewID == nil {
		o.NewID = randomID
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	table, err := filter.NewTable(filter.Definition{Core: store.Schema(), Extensions: o.Extensions})
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	// An attribute that is returned on request can be read.
	requested := func(*filter.Attribute) bool { return true }
	readable, err := service.NewProjection(table, nil, nil, requested)
	return &Encoder{o: o, table: table, readable: readable}, err
}

func randomID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// EventURIs returns the URIs of the events that the Encoder makes, for the
// securityEvents.eventUris of RFC 9967 §4.
func (e *Encoder) EventURIs() []string {
	if e.o.Full {
		return []string{CreateNotice, CreateFull, PatchNotice, PatchFull, PutNotice, PutFull, Delete}
	}
	return []string{CreateNotice, PatchNotice, PutNotice, Delete}
}

// Claims returns the claims of a token about ev. It returns an error if the event has an
// unknown operation or no group id.
func (e *Encoder) Claims(ev store.Event) (Claims, error) {
	if ev.Group.ID == "" {
		return Claims{}, errors.New("events: the event has no group id")
	}
	uri, payload, err := e.payload(&ev)
	if err != nil {
		return Claims{}, err
	}
	c := Claims{
		Issuer:      e.o.Issuer,
		Audience:    slices.Clone(e.o.Audience),
		ID:          e.o.NewID(),
		IssuedAt:    e.o.Now().Unix(),
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

func (e *Encoder) transaction(ev store.Event) string {
	if e.o.Transaction != nil {
		return e.o.Transaction(ev)
	}
	// An id has each version once, but a deletion has that of the change before it.
	// Lengths keep the parts from running into one another.
	var b []byte
	for _, part := range []string{e.o.Issuer, ev.Tenant, string(ev.Operation), ev.Group.ID} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	sum := sha256.Sum256(binary.AppendUvarint(b, uint64(ev.Group.Version)))
	return hex.EncodeToString(sum[:16])
}

// payload returns the URI of the event for ev, and what it says.
func (e *Encoder) payload(ev *store.Event) (uri string, p Payload, err error) {
	p.Version = ev.Group.Version.String()
	switch ev.Operation {
	case store.OperationCreate:
		if e.o.Full && e.few(ev, len(ev.Added)) && e.knows(ev.Group.Extensions) {
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
		case !e.o.Full:
		case e.o.ReplaceAsPatch:
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
		if e.o.Full {
			if p.Data = e.patch(ev); p.Data != nil {
				return PatchFull, p, nil
			}
		}
		p.Attributes = changed(ev)
		return PatchNotice, p, nil
	case store.OperationDelete:
		return Delete, Payload{}, nil // RFC 9967 §2.4.4
	}
	return "", Payload{}, fmt.Errorf("events: unknown operation %q", ev.Operation)
}

// few reports whether a full event may name this number of members.
func (e *Encoder) few(ev *store.Event, members int) bool {
	return !ev.Truncated && members <= e.o.MaxMembers
}

// changed returns the paths of what an update changed.
func changed(ev *store.Event) []string {
	paths := slices.Clone(ev.Attributes)
	switch {
	case ev.Truncated || len(ev.Added)+len(ev.Removed)+len(ev.Altered) > 0:
		paths = append(paths, "members")
	case len(paths) == 0:
		// Something has changed, but the event does not say what. It is better to name
		// too much than nothing.
		paths = head(&ev.Group)
	}
	return paths
}

// head returns the paths of the attributes that the head of a group has.
func head(g *store.Group) []string { return adapter.ChangedAttributes(&store.Group{}, g) }
